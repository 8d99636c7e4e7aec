//! What a fuzzer reaches: everything that reads what strangers send, and what must hold whatever they send.
//!
//! `fuzz/` drives these by coverage; the test below replays the inputs that it kept. A probe that does not hold panics.

#![allow(clippy::expect_used, clippy::panic, reason = "a probe tells by a panic what does not hold")]

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::{
    alert::{Alert, change::Change, senders},
    chat::{Unproven, discord, mattermost, slack},
    config::Secret,
    grammar::{self, Completions},
    incident::{refusal::Refusal, role::Roles},
    people::Person,
};

fn nobody(name: &str) -> Result<Person, String> {
    Person::named(name).map_err(|why| why.to_string())
}

/// A refusal says what stands in the way and what would work, in words that can be shown.
fn says_something(refusal: &Refusal) {
    for text in [&refusal.why, &refusal.instead] {
        assert!(!text.trim().is_empty(), "a refusal without a word: {refusal:?}");
        assert!(text.chars().count() <= 4_000, "a refusal without an end: {} characters", text.len());
    }
}

/// The text of a command, as somebody types it, and as it is completed and asked about while they type.
pub fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match grammar::parse(&text, &nobody, &Roles::default()) {
        Ok(spoken) => {
            assert_eq!(
                grammar::parse(&text, &nobody, &Roles::default()),
                Ok(spoken),
                "the same words, the same meaning"
            )
        }
        Err(refusal) => says_something(&refusal),
    }
    let argv: Vec<String> = text.split('\n').map(str::to_owned).collect();
    if let Err(refusal) = grammar::parse_argv(&argv, None, &nobody, &Roles::default()) {
        says_something(&refusal);
    }
    let path: Vec<&str> = text.split(' ').take(2).collect();
    for (_, value) in grammar::autocomplete(&path, "text", &text, &Completions::default()) {
        assert!(!value.is_empty(), "nothing is offered");
    }
    drop(grammar::help(Some(&text), &Roles::default()));
}

/// An interaction as Discord sends it.
pub fn discord(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Some(Err(refusal)) = discord::read_through(&event) {
        says_something(&refusal);
    }
}

/// A request as Slack sends it, in each of its ways, and its signature.
pub fn slack(bytes: &[u8]) {
    slack::read_through(bytes);
}

/// What Mattermost sends by its WebSocket and over HTTP.
pub fn mattermost(bytes: &[u8]) {
    mattermost::read_through(bytes);
}

/// Signatures: what was not signed with the secret is not taken, and what was is, once only for what was signed.
///
/// The first byte says what is done to a rightly signed request; the rest is its body.
pub fn signature(bytes: &[u8]) {
    let Some((&what, body)) = bytes.split_first() else { return };
    let (secret, other) = (Secret::new("one secret of this house"), Secret::new("another one"));
    let now = 1_795_205_588;
    let mut signed = slack::Signed { body: body.to_vec(), ..slack::Signed::default() };
    signed.timestamp = Some(now.to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length will do");
    mac.update(format!("v0:{now}:").as_bytes());
    mac.update(body);
    signed.signature = Some(format!("v0={}", hex::encode(mac.finalize().into_bytes())));
    assert_eq!(signed.verify(&secret, now), Ok(()), "what was signed is taken");
    assert_eq!(signed.verify(&other, now), Err(Unproven::Forged), "with this secret only");
    assert_eq!(signed.verify(&secret, now + 301), Err(Unproven::Late), "and not for long");
    match what % 4 {
        0 => signed.body.push(what),
        1 => signed.timestamp = Some((now + 1).to_string()),
        2 => signed.signature = Some(String::from_utf8_lossy(body).into_owned()),
        _ => {
            if let Some(signature) = &mut signed.signature {
                signature.truncate(signature.len().saturating_sub(2));
            }
        }
    }
    assert!(signed.verify(&secret, now).is_err(), "nothing of it can be changed");
}

/// A delivery of a monitor, to each sender there is. What is taken can be stored, and read again as it was.
pub fn alerts(bytes: &[u8]) {
    for listed in senders::ALL.iter().chain(senders::CHANGES) {
        let sender = listed.sender(&senders::Settings::default());
        let Ok(intake) = sender.read(bytes, None) else { continue };
        for mut alert in intake.alerts {
            alert.mask();
            assert!(!alert.title.trim().is_empty(), "an alert has a title");
            let stored = serde_json::to_string(&alert).expect("an alert can be stored");
            assert_eq!(serde_json::from_str::<Alert>(&stored).expect("and read again"), alert);
        }
        for draft in intake.changes {
            let mut change = draft.taken(chrono::DateTime::UNIX_EPOCH);
            change.mask();
            assert!(
                !change.title.trim().is_empty() && !change.id.is_empty(),
                "a change has a title and an identity"
            );
            let stored = serde_json::to_string(&change).expect("a change can be stored");
            assert_eq!(serde_json::from_str::<Change>(&stored).expect("and read again"), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    type Probe = fn(&[u8]);

    /// Each probe's inputs: those that fuzzing kept, and those that once failed.
    #[test]
    fn what_fuzzing_found_stays_found() {
        let probes: [(&str, Probe); 6] = [
            ("words", super::words),
            ("discord", super::discord),
            ("slack", super::slack),
            ("mattermost", super::mattermost),
            ("signature", super::signature),
            ("alerts", super::alerts),
        ];
        for (name, probe) in probes {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
            let inputs = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
            let count = inputs.map(|file| probe(&std::fs::read(file).unwrap())).count();
            assert!(count > 0, "{name} has inputs");
        }
    }
}

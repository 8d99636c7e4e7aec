//! What a fuzzer reaches: everything that reads what strangers send, and what must hold whatever they send.
//!
//! `fuzz/` drives these by coverage; the test below replays the inputs that it kept. A probe that does not hold panics.

#![allow(clippy::expect_used, clippy::panic, reason = "a probe tells by a panic what does not hold")]

use ed25519_dalek::{Signer, SigningKey};
use serde_json::Value;

use crate::{
    alert::{Alert, change::Change, senders},
    chat::{Unproven, discord, mattermost, slack},
    grammar::{self, Completions},
    incident::{refusal::Refusal, role::Roles},
    mail::Letter,
    people::Person,
    signature::{Plain, Request, Scheme, Unsigned, sample},
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
    drop(grammar::help(Some(&text), grammar::Lexicon::usual()));
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
/// The first byte says which scheme and what is done to a rightly signed request; the rest is its body.
pub fn signature(bytes: &[u8]) {
    let Some((&what, body)) = bytes.split_first() else { return };
    for scheme in sample::ALL {
        shared_secret(scheme, what, body);
    }
    ed25519(what, body);
    // Headers that strangers write, of any length and any letters.
    let text = String::from_utf8_lossy(body);
    let header = |_: &str| Some(&*text);
    let plain = Plain { header: "x".into(), timestamp_header: Some("y".into()) };
    for scheme in sample::ALL {
        let keys = [scheme.key(sample::SECRET).expect("a good secret")];
        let taken = scheme.verify(Request { header: &header, body }, &keys, &plain, 0);
        assert!(taken.is_err(), "nobody guesses a signature");
        drop(scheme.key(&text));
    }
}

fn shared_secret(scheme: Scheme, what: u8, body: &[u8]) {
    let now = 1_795_205_588;
    let key = |secret| scheme.key(secret).expect("a good secret");
    let plain = Plain { header: "x-signature".into(), timestamp_header: None };
    let mut headers = sample::signed(scheme, sample::SECRET, body, now);
    let verify = |headers: &[(&str, String)], body: &[u8], secret, now| {
        let header = |name: &str| {
            let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        scheme.verify(Request { header: &header, body }, &[key(secret)], &plain, now)
    };
    let proven = verify(&headers, body, sample::SECRET, now).expect("what was signed is taken");
    // Hex digits in capitals are the same digits; what is Base64, or signed itself, is another thing then.
    let loud = headers.iter().map(|(name, value)| match value.split_once('=') {
        Some((version, digits)) => (*name, format!("{version}={}", digits.to_uppercase())),
        None => (*name, value.to_uppercase()),
    });
    if let Ok(loud) = verify(&loud.collect::<Vec<_>>(), body, sample::SECRET, now) {
        assert_eq!(loud, proven, "the same signature names the same delivery");
    }
    let other = verify(&headers, body, sample::OTHER, now);
    assert!(matches!(other, Err(Unsigned::Forged(_))), "with this secret only");
    let has_time = matches!(scheme, Scheme::StandardWebhooks | Scheme::Slack);
    let late = matches!(verify(&headers, body, sample::SECRET, now + 301), Err(Unsigned::Stale { .. }));
    assert_eq!(late, has_time, "and not for long, where the time is signed");
    let mut changed = body.to_vec();
    let at = usize::from(what) % headers.len();
    match what % 3 {
        0 => changed.push(what),
        1 => headers[at].1.insert(0, char::from(what % 26 + b'a')),
        _ => drop(headers.remove(at)),
    }
    assert!(verify(&headers, &changed, sample::SECRET, now).is_err(), "nothing of it can be changed");
}

/// Discord's, whose key everybody may know.
fn ed25519(what: u8, body: &[u8]) {
    let now = 1_795_205_588;
    let signing = SigningKey::from_bytes(&[7; 32]);
    let key = signing.verifying_key();
    let signature = signing.sign(&[now.to_string().as_bytes(), body].concat());
    let signed = discord::Signed {
        timestamp: Some(now.to_string()),
        signature: Some(hex::encode(signature.to_bytes())),
        body: body.to_vec(),
    };
    assert_eq!(signed.verify(&key, now), Ok(()), "what was signed is taken");
    assert_eq!(signed.verify(&key, now + 301), Err(Unproven::Late), "and not for long");
    let mut changed = signed.clone();
    match what % 4 {
        0 => changed.body.push(what),
        1 => changed.timestamp = Some((now + 1).to_string()),
        2 => changed.signature = Some(String::from_utf8_lossy(body).into_owned()),
        _ => changed.signature = changed.signature.map(|digits| digits.replace(['0', '1'], "2")),
    }
    assert!(changed == signed || changed.verify(&key, now).is_err(), "nothing of it can be changed");
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

/// A letter, of whatever parts and encodings. What is made of it can be read by its hook.
pub fn letter(bytes: &[u8]) {
    let letter = Letter::read(bytes);
    assert_eq!(letter.key(), Letter::read(bytes).key(), "the same letter is known again");
    serde_json::from_slice::<Value>(&letter.as_json()).expect("its parts are JSON");
    assert!(std::str::from_utf8(&letter.as_text()).is_ok());
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    type Probe = fn(&[u8]);

    /// Each probe's inputs: those that fuzzing kept, and those that once failed.
    #[test]
    fn what_fuzzing_found_stays_found() {
        let probes: [(&str, Probe); 7] = [
            ("words", super::words),
            ("discord", super::discord),
            ("slack", super::slack),
            ("mattermost", super::mattermost),
            ("signature", super::signature),
            ("alerts", super::alerts),
            ("letter", super::letter),
        ];
        for (name, probe) in probes {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
            let inputs = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
            let count = inputs.map(|file| probe(&std::fs::read(file).unwrap())).count();
            assert!(count > 0, "{name} has inputs");
        }
    }
}

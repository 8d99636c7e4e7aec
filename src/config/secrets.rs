//! Secrets come from the environment or from a file of their own, one of the two; never empty, never an example.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::environment::variable;
use super::format::Fault;
use super::report::{Place, Report};
use super::{Config, Secret, TeamRoster, trust};

/// The largest secret file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// The least length of a token that we choose ourselves, in characters.
const OWN_CHARS_MIN: usize = 16;
/// What stands in examples, compared without case, `-` and `_`.
const EXAMPLES: [&str; 12] = [
    "changeme",
    "changemechangeme",
    "secret",
    "password",
    "passwd",
    "token",
    "example",
    "test",
    "todo",
    "placeholder",
    "yourtoken",
    "yoursecret",
];

/// One secret setting.
struct Slot<'c> {
    key: String,
    secret: &'c mut Option<Secret>,
    file: &'c Option<PathBuf>,
    /// Chosen by the operator for this program, not handed out by a service.
    is_ours: bool,
    is_required: bool,
}

/// Fills every secret from its file, and reports what cannot be read, is given twice, or is none. A relative path is
/// seen from `base`.
pub(super) fn resolve(config: &mut Config, base: &Path, report: &mut Report<'_>) {
    fill(slots(config), base, report);
}

/// The same for rosters that stand in a file of their own.
pub(super) fn resolve_rosters(rosters: &mut [TeamRoster], base: &Path, report: &mut Report<'_>) {
    let mut slots = Vec::new();
    for (index, roster) in rosters.iter_mut().enumerate() {
        of_roster(&format!("roster[{index}]"), roster, &mut slots);
    }
    fill(slots, base, report);
}

fn fill(slots: Vec<Slot<'_>>, base: &Path, report: &mut Report<'_>) {
    for slot in slots {
        let file_key = format!("{}_file", slot.key);
        let name = slot.key.rsplit('.').next().unwrap_or_default();
        match (slot.secret.is_some(), slot.file) {
            (true, Some(_)) => {
                let (here, there) = (report.place_of(&slot.key), report.place_of(&file_key));
                let (here, there) = (report.in_words(&here), report.in_words(&there));
                let what = format!("`{name}` and `{name}_file` are both given ({here}, {there})");
                report.at(&file_key, what, "Take one of them away.");
                continue;
            }
            (false, Some(file)) => match read(base, file) {
                Ok(text) => *slot.secret = Some(Secret::new(text)),
                Err((what, hint)) => {
                    report.at(&file_key, what, hint);
                    continue;
                }
            },
            (false, None) if slot.is_required => {
                let hint = format!("Give `{name}_file`, or set {}.", variable(&slot.key));
                report.at(&slot.key, format!("`{name}` is missing"), hint);
            }
            _ => {}
        }
        let fault = slot.secret.as_ref().and_then(|secret| fault(secret.expose(), slot.is_ours));
        if let Some((what, hint)) = fault {
            let at = if slot.file.is_some() { &file_key } else { &slot.key };
            report.at(at, what, hint);
        }
    }
}

macro_rules! slot {
    ($slots:expr, $key:expr, $section:expr, $secret:ident, $file:ident, $is_ours:expr, $is_required:expr) => {
        $slots.push(Slot {
            key: format!("{}.{}", $key, stringify!($secret)),
            secret: &mut $section.$secret,
            file: &$section.$file,
            is_ours: $is_ours,
            is_required: $is_required,
        })
    };
}

/// Those of a roster.
fn of_roster<'c>(key: &str, roster: &'c mut TeamRoster, slots: &mut Vec<Slot<'c>>) {
    slot!(slots, key, roster, calendar_token, calendar_token_file, true, false);
    if let Some(source) = &mut roster.source {
        slot!(slots, format!("{key}.source"), source, calendar, calendar_file, false, false);
        slot!(slots, format!("{key}.source"), source, token, token_file, false, false);
    }
}

/// All secret settings there are.
fn slots(config: &mut Config) -> Vec<Slot<'_>> {
    let mut slots = Vec::new();
    for (index, token) in config.auth.token.iter_mut().enumerate() {
        slot!(slots, format!("auth.token[{index}]"), token, token, token_file, true, true);
    }
    for (name, hook) in &mut config.hooks {
        let key = format!("hooks.{name}");
        slot!(slots, key, hook, token, token_file, true, false);
        slot!(slots, key, hook, token_next, token_next_file, true, false);
        slot!(slots, key, hook, secret, secret_file, false, false);
        slot!(slots, key, hook, secret_next, secret_next_file, false, false);
        if let Some(mailbox) = &mut hook.mailbox {
            let key = format!("{key}.mailbox");
            slot!(slots, key, mailbox, password, password_file, false, true);
        }
    }
    for (index, one) in config.heartbeat.iter_mut().enumerate() {
        let key = format!("heartbeat[{index}]");
        slot!(slots, key, one, token, token_file, true, false);
        slot!(slots, key, one, token_next, token_next_file, true, false);
    }
    for (name, sender) in &mut config.senders {
        slot!(slots, format!("senders.{name}"), sender, api_token, api_token_file, false, false);
    }
    if let Some(discord) = &mut config.discord {
        slot!(slots, "discord", discord, token, token_file, false, true);
    }
    if let Some(matrix) = &mut config.matrix {
        slot!(slots, "matrix", matrix, access_token, access_token_file, false, true);
    }
    if let Some(mattermost) = &mut config.mattermost {
        slot!(slots, "mattermost", mattermost, bot_token, bot_token_file, false, true);
        slot!(slots, "mattermost", mattermost, command_token, command_token_file, false, false);
    }
    if let Some(slack) = &mut config.slack {
        slot!(slots, "slack", slack, bot_token, bot_token_file, false, true);
        slot!(slots, "slack", slack, app_token, app_token_file, false, false);
        slot!(slots, "slack", slack, signing_secret, signing_secret_file, false, false);
    }
    if let Some(x) = &mut config.x {
        slot!(slots, "x", x, bearer_token, bearer_token_file, false, false);
        slot!(slots, "x", x, api_key, api_key_file, false, false);
        slot!(slots, "x", x, api_secret, api_secret_file, false, false);
        slot!(slots, "x", x, access_token, access_token_file, false, false);
        slot!(slots, "x", x, access_token_secret, access_token_secret_file, false, false);
    }
    for (name, pager) in &mut config.pagers {
        slot!(slots, format!("pagers.{name}"), pager, token, token_file, false, false);
    }
    for (index, roster) in config.roster.iter_mut().enumerate() {
        of_roster(&format!("roster[{index}]"), roster, &mut slots);
    }
    if let Some(statuspage) = &mut config.statuspage {
        slot!(slots, "statuspage", statuspage, api_key, api_key_file, false, true);
    }
    slots
}

/// A fingerprint of every secret that is given, by its key.
pub(super) fn fingerprints(config: &Config) -> BTreeMap<String, String> {
    let mut config = config.clone();
    let given = slots(&mut config).into_iter();
    given
        .filter_map(|slot| {
            let digest = Sha256::digest(slot.secret.as_ref()?.expose().as_bytes());
            Some((slot.key, hex::encode(digest)))
        })
        .collect()
}

fn read(base: &Path, file: &Path) -> Result<String, Fault> {
    // A name without a slash may be the secret itself in the wrong place; it is not repeated.
    let named = match file.to_str() {
        Some(path) if path.contains('/') => format!("the file `{path}`"),
        _ => "the file that is named here".to_owned(),
    };
    let hint = "Give the path of a file that holds nothing but the secret; a relative path is seen from the \
                directory of the settings file.";
    let failed = |error: std::io::Error| (format!("{named} cannot be read: {error}"), hint.to_owned());
    let mut bytes = Vec::new();
    File::open(base.join(file))
        .and_then(|open| open.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err((format!("{named} is larger than {FILE_BYTES_MAX} bytes"), hint.to_owned()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| (format!("{named} holds bytes that are not UTF-8 text"), hint.to_owned()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Why this cannot be a secret, if so. Says nothing of what it is.
fn fault(secret: &str, is_ours: bool) -> Option<Fault> {
    let own_hint = "Make one, for example by `openssl rand -hex 32`.";
    let hint = if is_ours { own_hint } else { "Copy it from the service that hands it out." };
    let mut characters = secret.chars();
    let first = characters.next();
    let bare: String = secret.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let what = if secret.trim().is_empty() {
        "the secret is empty".to_owned()
    } else if secret.chars().any(|c| c.is_control() || c.is_whitespace()) {
        "the secret holds a space or a line break".to_owned()
    } else if EXAMPLES.contains(&bare.as_str()) || characters.all(|c| Some(c) == first) {
        "this is an example, not a secret".to_owned()
    } else if is_ours && secret.chars().count() < OWN_CHARS_MIN {
        format!("the secret is shorter than {OWN_CHARS_MIN} characters")
    } else {
        return None;
    };
    Some((what, hint.to_owned()))
}

/// Two people behind one token cannot be told apart, and whoever sends alerts must not be able to take command.
pub(super) fn shared_tokens(config: &Config, report: &mut Report<'_>) {
    for (index, token) in config.auth.token.iter().enumerate() {
        let Some(secret) = &token.token else { continue };
        let before = config.auth.token.iter().take(index);
        if before.filter_map(|other| other.token.as_ref()).any(|other| other == secret) {
            let key = given_at(&format!("auth.token[{index}].token"), report);
            report.at(&key, "an earlier [[auth.token]] has the same token", "Make one for each.");
        }
        for (n, roster) in config.roster.iter().enumerate() {
            if roster.calendar_token.as_ref() == Some(secret) {
                let what = format!(
                    "the calendar of `{}` has the same token as the [[auth.token]] number {}",
                    roster.name,
                    index + 1
                );
                let hint = "Make one for each: whoever reads the calendar could otherwise take command.";
                let key = calendar_at(n, report);
                report.at(&key, what, hint);
            }
        }
        for (key, other) in trust::tokens(config) {
            if other == secret {
                let what = format!("the hook has the same token as the [[auth.token]] number {}", index + 1);
                let key = given_at(&key, report);
                report.at(&key, what, "Make one for each: the sender could otherwise take command.");
            }
        }
    }
}

/// Where the token of a roster's calendar was given. Of a roster in a file of its own it is known here which setting names the file.
fn calendar_at(n: usize, report: &Report<'_>) -> String {
    const FILES: &str = "on_call.rosters_from";
    let is_written = |key: &str| report.exact_place_of(key).is_some();
    if is_written(FILES) && !is_written(&format!("roster[{n}].name")) {
        return FILES.to_owned();
    }
    given_at(&format!("roster[{n}].calendar_token"), report)
}

/// The key by which a secret was given: its own, or its file's.
fn given_at(key: &str, report: &Report<'_>) -> String {
    match report.exact_place_of(key) {
        Some(Place::File(_) | Place::Variable(_)) => key.to_owned(),
        _ => format!("{key}_file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_and_short_tokens_are_no_secrets() {
        for text in [
            "",
            " ",
            "changeme",
            "change-me",
            "SECRET",
            "password",
            "xxxxxxxxxxxxxxxxxxxx",
            "a b c d e f g h i",
        ] {
            assert!(fault(text, false).is_some(), "{text}");
        }
        assert!(fault("fifteen-letters", true).is_some());
        assert_eq!(fault("fifteen-letters", false), None, "a service's own may be short");
        assert_eq!(fault("sixteen-letters!", true), None);
    }
}

//! Commands that are messages: by what they begin, where a chat has no commands of its own.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{grammar, incident::id::IncidentId};

/// No word that is so long is a slip of the hand.
const WORD_BYTES_MAX: usize = 64;
/// Words that are remembered; then all are forgotten.
const SLIPS_MAX: usize = 1_000;

/// The words of a command: after `prefix`, or in an incident's own space after `!` alone. `None`: not for us.
pub(super) fn command(body: &str, prefix: &str, is_in_space: bool) -> Option<String> {
    let body = body.trim();
    let begins = body.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if begins {
        let rest = body.get(prefix.len()..).unwrap_or_default();
        // As one speaks to somebody.
        let after = rest.strip_prefix([':', ',']).unwrap_or(rest);
        if after.trim().is_empty() {
            return Some("help".to_owned());
        }
        if after.starts_with(char::is_whitespace) {
            return Some(after.trim().to_owned());
        }
    }
    let rest = behind_sign(body).filter(|_| is_in_space)?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    grammar::is_verb_said(behind_target(&words)).then(|| rest.to_owned())
}

/// The words behind the incident that they may begin with.
fn behind_target<'w, 's>(words: &'w [&'s str]) -> &'w [&'s str] {
    match words {
        [first, verb @ ..] if first.parse::<IncidentId>().is_ok() => verb,
        words => words,
    }
}

fn behind_sign(body: &str) -> Option<&str> {
    body.trim().strip_prefix('!').filter(|rest| !rest.starts_with(char::is_whitespace))
}

/// What was one slip of the hand away from a command and is answered with what was meant: each word once in a place, until the next
/// start. It may be a command of another bot there, whose users mean it every time.
#[derive(Debug, Default)]
pub(super) struct Slips(Mutex<HashMap<String, String>>);

impl Slips {
    /// The words of a message in an incident's own space, if it is such a slip that is to be answered. `event` is the same whenever
    /// the same message is heard.
    pub fn heard(&self, body: &str, prefix: &str, place: &str, event: &str) -> Option<String> {
        let rest = behind_sign(body)?;
        let word = rest.split_whitespace().next().filter(|word| word.len() <= WORD_BYTES_MAX)?.to_lowercase();
        let is_slip = grammar::is_verb_meant(&word) || is_severity_meant(&word);
        if format!("!{word}").starts_with(&prefix.to_lowercase()) || !is_slip {
            return None;
        }
        self.is_first(format!("{place} {word}"), event).then(|| rest.to_owned())
    }

    /// What is said to whoever typed a command of ours as it is not typed in that place: `!note x` in the command post, `! note x` and
    /// `!!note x` anywhere. Of each verb each person hears it once in a place. `by`: their account.
    pub fn hint(&self, body: &str, prefix: &str, (place, by): (&str, &str), event: &str) -> Option<String> {
        let rest = body.trim().strip_prefix('!')?;
        let words: Vec<&str> =
            rest.trim_start_matches('!').split_whitespace().filter(|word| *word != "!").collect();
        let verb = behind_target(&words);
        if !grammar::is_verb_said(verb) {
            return None;
        }
        let target: String = words[..words.len() - verb.len()].iter().map(|id| format!("{id} ")).collect();
        let verb = grammar::verb_said(verb);
        let first = verb.split(' ').next().unwrap_or_default().to_lowercase();
        let is_first = self.is_first(format!("{place} {by} {first}"), event);
        is_first.then(|| format!("Nothing was done. Here it is typed `{prefix} {target}{verb}`."))
    }

    /// Whether nobody was answered under this key, but for what comes again.
    fn is_first(&self, key: String, event: &str) -> bool {
        let mut answered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.len() >= SLIPS_MAX {
            answered.clear();
        }
        answered.entry(key).or_insert_with(|| event.to_owned()) == event
    }
}

/// `sev9`: whoever types it hears which there are.
fn is_severity_meant(word: &str) -> bool {
    let digits = word.strip_prefix("sev").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_begins_with_the_prefix_and_in_an_incidents_own_space_with_the_verb() {
        let here = |body: &str| command(body, "!incident", true);
        let elsewhere = |body: &str| command(body, "!incident", false);
        assert_eq!(elsewhere("!incident note  a\nb").as_deref(), Some("note  a\nb"));
        assert_eq!(elsewhere(" !Incident declare x ").as_deref(), Some("declare x"));
        assert_eq!(elsewhere("!incident").as_deref(), Some("help"));
        for other in ["!incidents", "note x", "!note x", "", "!", "say !incident note x"] {
            assert_eq!(elsewhere(other), None, "{other}");
        }
        assert_eq!(here("!note the database failed").as_deref(), Some("note the database failed"));
        for words in
            ["role accept pio", "take", "Stop we lose writes", "sev1", "break glass I must", "ack", "next"]
        {
            let said = format!("!{words}");
            assert_eq!(here(&said).as_deref(), Some(words), "what is short for a verb is heard too");
        }
        assert_eq!(here("!INC-1 status").as_deref(), Some("INC-1 status"));
        for spoken in ["!incident: status", "!Incident, status", "!incident:  status"] {
            assert_eq!(elsewhere(spoken).as_deref(), Some("status"), "{spoken}");
        }
        assert_eq!(elsewhere("!incident:").as_deref(), Some("help"));
        assert_eq!(elsewhere("!incident:x"), None);
        assert_eq!(here("!incidents are bad"), None);
        for other in ["!weather berlin", "! note x", "note x", "!", "!!note x", "🚨!note"] {
            assert_eq!(here(other), None, "{other}");
        }
        assert_eq!(command("🚨 x", "!incident", true), None, "a prefix may end within a character");
    }

    #[test]
    fn a_slip_is_not_lost_in_silence_and_the_command_of_another_bot_is_answered_once() {
        let slips = Slips::default();
        let heard = |body: &str, place: &str, event: &str| slips.heard(body, "!incident", place, event);
        for words in ["nte the db is back", "Note, it is back", "staus"] {
            let body = format!("!{words}");
            assert_eq!(command(&body, "!incident", true), None, "{words}");
            assert_eq!(heard(&body, "room", words).as_deref(), Some(words));
        }
        assert_eq!(heard("!sev9", "room", "$0").as_deref(), Some("sev9"), "it hears which there are");
        assert_eq!(heard("!stats", "room", "$1").as_deref(), Some("stats"));
        assert_eq!(heard("!stats", "room", "$1").as_deref(), Some("stats"), "the same, heard again");
        assert_eq!(heard("!Stats now", "room", "$2"), None);
        assert_eq!(heard("!stats", "another", "$3").as_deref(), Some("stats"));
        for other in ["!weather berlin", "! nte x", "nte x", "!", "!!nte x", "!incidents are bad"] {
            assert_eq!(heard(other, "room", other), None, "{other}");
        }
        assert_eq!(heard(&format!("!sev{}", "9".repeat(60_000)), "room", "$4"), None, "nobody slips so far");
    }

    #[test]
    fn whoever_types_a_command_as_it_is_typed_elsewhere_is_told_once_how_it_is_typed_here() {
        let slips = Slips::default();
        let hint = |body: &str, by: &str| slips.hint(body, "!incident", ("room", by), body);
        for (body, typed) in [
            ("! note z", "!incident note …"),
            ("!status", "!incident status"),
            ("!!take", "!incident take"),
            ("! ! list", "!incident list"),
            ("!INC-1 next", "!incident INC-1 next"),
        ] {
            let told = format!("Nothing was done. Here it is typed `{typed}`.");
            assert_eq!(hint(body, "@ada:s").as_ref(), Some(&told), "{body}");
            assert_eq!(hint(body, "@ada:s").as_ref(), Some(&told), "{body}, heard again");
        }
        assert_eq!(hint("!note y", "@ada:s"), None, "she has heard it");
        assert!(hint("!note y", "@bo:s").is_some());
        for other in ["!weather berlin", "!", "! ", "note z", "!?", "!staus", "!INC-1", "Hurra! status"] {
            assert_eq!(hint(other, "@ada:s"), None, "{other}");
        }
    }
}

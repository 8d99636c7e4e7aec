//! Commands that are messages: by what they begin, where a chat has no commands of its own.

use crate::grammar;

/// The words of a command: after `prefix`, or in an incident's own space after `!` alone. `None`: not for us.
pub(super) fn command(body: &str, prefix: &str, is_in_space: bool) -> Option<String> {
    let body = body.trim();
    let begins = body.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if begins {
        let rest = body.get(prefix.len()..).unwrap_or_default();
        if rest.is_empty() {
            return Some("help".to_owned());
        }
        if rest.starts_with(char::is_whitespace) {
            return Some(rest.trim().to_owned());
        }
    }
    let rest = body.strip_prefix('!').filter(|_| is_in_space)?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    // Other bots have words of their own; a slip in one of ours is answered with what was meant.
    let is_slip = || !begins && words.first().is_some_and(|word| grammar::is_verb_meant(word));
    let is_ours = !rest.starts_with(char::is_whitespace) && (grammar::is_verb_said(&words) || is_slip());
    is_ours.then(|| rest.trim().to_owned())
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
        for words in ["nte the db is back", "Note, it is back", "staus"] {
            assert_eq!(here(&format!("!{words}")).as_deref(), Some(words), "a slip is not lost in silence");
        }
        assert_eq!(here("!incidents are bad"), None);
        for other in ["!weather berlin", "! note x", "note x", "!", "!!note x", "🚨!note"] {
            assert_eq!(here(other), None, "{other}");
        }
        assert_eq!(command("🚨 x", "!incident", true), None, "a prefix may end within a character");
    }
}

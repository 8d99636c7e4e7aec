//! Words that the language has for itself. What a team calls something is not read where it begins with one of them.

use super::{
    tree::{self, SHORT, tree},
    walk,
};
use crate::incident::{id::IncidentId, phase::Phase};

/// The words that are read first where a line begins with what the team would call a severity: `close` of «Close call». None: the name
/// is understood.
pub fn over_severity(name: &str) -> Option<String> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words.first()?.to_lowercase();
    if walk::is_prefix(&first)
        || is_number(&first)
        || walk::is_severity(&first)
        || tree().find_subcommand(&first).is_some()
    {
        return Some(first);
    }
    // A name may be only the beginning of a short form, and a reason its end: `break`, and `break glass`.
    let meets = |short: &str| short.split(' ').zip(&words).all(|(own, word)| word.eq_ignore_ascii_case(own));
    SHORT.iter().map(|(short, _)| *short).find(|short| meets(short)).map(str::to_owned)
}

/// The same of a status, behind `phase`: `review` of «Review cause». A verb that leads to this very status may be its name.
pub fn over_status(name: &str, status: Phase) -> Option<String> {
    let first = name.split_whitespace().next()?.to_lowercase();
    if is_number(&first) {
        return Some(first);
    }
    let verb = tree::at(&["phase"])?.find_subcommand(&first)?.get_name();
    let is_itself = name.eq_ignore_ascii_case(verb)
        && walk::leading_to(status).is_some_and(|path| path.last() == Some(&verb));
    (!is_itself).then_some(first)
}

/// An incident's: what follows is then said of it.
fn is_number(word: &str) -> bool {
    word.parse::<IncidentId>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grammar::{Known, Spoken, parse},
        incident::{command::Command, names::Names, severity::Severity},
        people::Person,
    };

    fn said(text: &str, names: Names) -> Option<Command> {
        let nobody = |name: &str| -> Result<Person, String> { Err(format!("There is no {name}.")) };
        match parse(text, &nobody, &Known { names, ..Known::default() }) {
            Ok(Spoken::On { command, .. }) => Some(command),
            _ => None,
        }
    }

    fn raises(name: &str) -> bool {
        let names = Names::default().severity_named(Severity::Sev4, Some(name.into()));
        let meant = Command::Severity { to: Severity::Sev4, reason: "nobody noticed".into() };
        said(&format!("{name} nobody noticed"), names) == Some(meant)
    }

    #[test]
    fn a_name_of_a_severity_is_understood_or_it_is_known_what_is_read_in_its_place() {
        for (name, own) in [
            ("Close call", "close"),
            ("Log entry", "log"),
            ("Roll Call late", "roll call"),
            ("Sev1 like", "sev1"),
            ("Incident", "incident"),
            ("INC-7 again", "inc-7"),
        ] {
            assert_eq!(over_severity(name).as_deref(), Some(own), "{name}");
            assert!(!raises(name), "{name}");
        }
        assert_eq!(over_severity("break").as_deref(), Some("break glass"));
        for name in ["Critical", "Closed", "Not so bad", "Break even", "P-1", "重大"] {
            assert_eq!(over_severity(name), None, "{name}");
            assert!(raises(name), "{name}");
        }
        for verb in tree().get_subcommands() {
            for word in std::iter::once(verb.get_name()).chain(verb.get_all_aliases()) {
                assert_eq!(over_severity(&format!("{word} x")).as_deref(), Some(word));
            }
        }
        assert!(SHORT.iter().all(|(short, _)| over_severity(short).is_some()));
    }

    #[test]
    fn a_name_of_a_status_is_understood_or_it_is_known_what_is_read_in_its_place() {
        let enters = |name: &str, status| {
            let names = Names::default().phase_named(status, Some(name.into()));
            let meant = Command::Enter { phase: status, reason: "by eve".into() };
            said(&format!("phase {name} by eve"), names) == Some(meant)
        };
        for (name, status, own) in [
            ("Review cause", Phase::Identified, "review"),
            ("Review done", Phase::Review, "review"),
            ("Merge", Phase::Closed, "merge"),
            ("Inc-3 again", Phase::Closed, "inc-3"),
        ] {
            assert_eq!(over_status(name, status).as_deref(), Some(own), "{name}");
            assert!(!enters(name, status), "{name}");
        }
        for (name, status) in [
            ("Review", Phase::Review),
            ("Identify", Phase::Identified),
            ("Reviewing", Phase::Identified),
            ("Close watch", Phase::Monitoring),
        ] {
            assert_eq!(over_status(name, status), None, "{name}");
            assert!(enters(name, status), "{name}");
        }
    }
}

//! Playbooks as an incident plays them: checklists, with a role and often the words for each step.
//!
//! An incident stores all of what it begins: its timeline reads the same when the file is another, or gone.

use serde::{Deserialize, Serialize};

use super::{phase::Phase, role::Role, severity::Severity, state::Incident};
use crate::alert::rules::glob;

/// Stands in a step's words for what is to be filled in.
const BLANK: char = '…';

/// A checklist for one kind of trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playbook {
    pub id: String,
    pub title: String,
    /// Which alerts it is for, by title; `*` stands for any run of characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// From this severity on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    #[serde(default)]
    pub steps: Vec<Step>,
}

impl Playbook {
    /// Whether it begins by itself: all that it asks for is there, and it asks for something.
    pub fn fits(&self, severity: Severity, titles: &[&str]) -> bool {
        let is_for_some = self.alert.is_some() || self.severity.is_some();
        let is_bad_enough = self.severity.is_none_or(|from| !from.worse_than(severity));
        let has_alert = self.alert.as_ref().is_none_or(|wanted| titles.iter().any(|one| glob(wanted, one)));
        is_for_some && is_bad_enough && has_alert
    }

    /// What it is for, in words; empty where it begins by hand only.
    pub fn is_for(&self) -> String {
        let severity = self.severity.map(|from| format!("from {from} on"));
        let alert = self.alert.as_ref().map(|title| format!("alerts «{title}»"));
        severity.into_iter().chain(alert).collect::<Vec<_>>().join(", ")
    }
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    /// Who does it.
    pub role: Role,
    pub text: String,
    /// The words of the command language that do it, where there are some; `…` stands for what is to be filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// Only then it is asked for.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
    /// Whoever has this role must approve it: nobody else ticks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve: Option<Role>,
    /// So long after it was done it is open again, while the incident is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_minutes: Option<u32>,
}

impl Step {
    /// Whose it is: to tick it, and to be offered it.
    pub fn whose(&self) -> &Role {
        self.approve.as_ref().unwrap_or(&self.role)
    }

    pub fn has_blank(&self) -> bool {
        self.say.as_ref().is_some_and(|say| say.contains(BLANK))
    }

    /// Its words with what somebody gave for the blank; several are one, from the first to the last.
    pub fn filled(&self, given: &str) -> Option<String> {
        let say = self.say.as_deref()?;
        let Some((before, rest)) = say.split_once(BLANK) else { return Some(say.to_owned()) };
        let after = rest.rsplit_once(BLANK).map_or(rest, |(_, after)| after);
        let given = given.trim();
        // `@…` takes a name, `@name` and a mention.
        let before =
            if given.starts_with(['@', '<']) { before.strip_suffix('@').unwrap_or(before) } else { before };
        Some(format!("{before}{given}{after}"))
    }
}

/// When a step is asked for: all that is named must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub incident_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// This one, or worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

impl When {
    fn is_always(&self) -> bool {
        *self == When::default()
    }

    pub fn holds(&self, incident: &Incident) -> bool {
        self.incident_type.as_ref().is_none_or(|name| incident.incident_type.as_ref() == Some(name))
            && self.phase.is_none_or(|phase| incident.phase == phase)
            && self.severity.is_none_or(|from| !from.worse_than(incident.severity))
    }

    /// `of type security, while monitoring`
    pub fn in_words(&self) -> String {
        let of = self.incident_type.as_ref().map(|name| format!("of type {name}"));
        let phase = self.phase.map(|phase| format!("in the phase {phase}"));
        let severity = self.severity.map(|from| format!("from {from} on"));
        [of, phase, severity].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(say: &str) -> Step {
        Step {
            id: "P1".into(),
            role: Role::ic(),
            text: "Do it".into(),
            say: Some(say.into()),
            when: When::default(),
            approve: None,
            every_minutes: None,
        }
    }

    #[test]
    fn what_is_given_stands_in_place_of_all_blanks_and_a_name_has_one_at_sign() {
        for (say, given, said) in [
            ("command take", "", "command take"),
            ("update draft --next 20m …", " We look. ", "update draft --next 20m We look."),
            ("can site … | … | …", "down | we look | a hand", "can site down | we look | a hand"),
            ("role offer pio @…", "bo", "role offer pio @bo"),
            ("role offer pio @…", "@bo", "role offer pio @bo"),
            ("role offer pio @…", "<@123>", "role offer pio <@123>"),
            ("task add @… 10m check it", "bo", "task add @bo 10m check it"),
        ] {
            assert_eq!(step(say).filled(given).as_deref(), Some(said));
        }
    }

    #[test]
    fn a_playbook_begins_by_itself_for_what_it_names_and_for_nothing_else() {
        let of = |severity, alert: Option<&str>| Playbook {
            id: "p".into(),
            title: "P".into(),
            alert: alert.map(str::to_owned),
            severity,
            steps: vec![],
        };
        let down = ["CheckoutSiteDown"];
        assert!(of(Some(Severity::Sev2), None).fits(Severity::Sev1, &[]), "worse than asked for");
        assert!(!of(Some(Severity::Sev2), None).fits(Severity::Sev3, &[]));
        assert!(of(None, Some("*SiteDown*")).fits(Severity::Sev5, &down));
        assert!(of(Some(Severity::Sev1), Some("*SiteDown*")).fits(Severity::Sev1, &down));
        assert!(!of(Some(Severity::Sev1), Some("*SiteDown*")).fits(Severity::Sev1, &[]), "both must hold");
        assert!(!of(Some(Severity::Sev1), Some("*SiteDown*")).fits(Severity::Sev2, &down));
        assert!(!of(None, None).fits(Severity::Sev1, &down), "by hand only");
    }
}

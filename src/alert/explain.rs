//! Why a situation is what it is: how it was grouped, which rules were looked at, what they decide.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::flapping::Flaps;
use super::rules::{Action, Open, Rulebook};
use super::situation::Situation;
use super::text::quote;
use super::{Alert, AlertSeverity};

/// The whole answer, for people (`Display`) and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// `S-1`; empty for one that is not stored.
    pub situation: String,
    pub title: String,
    pub source: String,
    pub severity: AlertSeverity,
    pub firing: u32,
    pub total: u32,
    /// How one of its alerts flaps.
    #[serde(default)]
    pub flapping: Option<Flaps>,
    /// A sentence.
    pub grouped: String,
    /// The title of the alert that decides: of those that fire the one of which most is made; of several the worst, then the newest.
    pub judged_by: String,
    /// The rules that are looked at, in their order; the last one matches, if any does.
    pub rules: Vec<Looked>,
    /// How many more rules there are, which are not looked at.
    pub not_looked_at: usize,
    /// What the rules decide now, and why.
    pub decision: String,
    pub reason: String,
    /// The incident that it would join now.
    pub incident: Option<String>,
    /// What became of it, if it was decided before.
    pub became: Option<Became>,
}

/// One rule that is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    pub n: usize,
    pub name: String,
    pub matches: bool,
    /// Why it does not match.
    pub why: Option<String>,
}

/// What was decided when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Became {
    /// `record`, `card`, `attach`, `page`, `declare`; `linked` by a person.
    pub decision: String,
    pub reason: Option<String>,
    pub incident: Option<String>,
}

impl Explanation {
    pub fn of(book: &Rulebook, id: &str, situation: &Situation, lead: &Alert, open: &Open) -> Explanation {
        let looked: Vec<Looked> = book
            .looked(situation, lead, open.now)
            .into_iter()
            .map(|one| Looked {
                n: one.n,
                name: one.rule.name.clone(),
                matches: one.miss.is_none(),
                why: one.miss.map(|miss| miss.to_string()),
            })
            .collect();
        let decision = book.decide(situation, lead, open);
        let grouped = match &situation.grouped_by {
            Some(group) => format!("by the group {}: {}", quote(group), situation.group_key),
            None => format!("as {} groups: {}", situation.source, quote(&situation.group_key)),
        };
        Explanation {
            situation: id.to_owned(),
            title: situation.title.clone(),
            source: situation.source.clone(),
            severity: situation.severity,
            firing: situation.firing,
            total: situation.total,
            flapping: None,
            grouped,
            judged_by: lead.title.clone(),
            not_looked_at: book.rules().len() - looked.len(),
            rules: looked,
            decision: decision.action.word().to_owned(),
            reason: decision.reason,
            incident: decision.incident,
            became: None,
        }
    }
}

/// What a decision comes to, in a sentence.
pub fn outcome(action: &Action) -> String {
    match action {
        Action::Record => "It would be stored, and nobody told.".to_owned(),
        Action::Card => "It would be a card, from which a person may declare.".to_owned(),
        Action::Attach | Action::AttachTo(_) => "It would join the open incident.".to_owned(),
        Action::Page(calling) => format!(
            "SEV{} «{}» would be in triage, and {} paged until somebody answers.",
            calling.severity,
            calling.title.as_deref().unwrap_or_default(),
            calling.whom()
        ),
        Action::Declare(declaring) => {
            let title = declaring.title.as_deref().unwrap_or_default();
            let mut told = format!("SEV{} «{title}» would be declared", declaring.severity);
            if let Some(name) = &declaring.incident_type {
                told.push_str(&format!(", of the type {name}"));
            }
            for (field, value) in &declaring.fields {
                told.push_str(&format!(", {field}: {value}"));
            }
            for (role, person) in &declaring.roles {
                told.push_str(&format!(", {role} offered to {person}"));
            }
            if let Some(playbook) = &declaring.playbook {
                told.push_str(&format!(", by the playbook {playbook}"));
            }
            told + "."
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = if self.situation.is_empty() { "A situation:" } else { &self.situation };
        writeln!(
            f,
            "{id} {} – {}, {} firing of {}, from {}",
            self.title,
            self.severity.word(),
            self.firing,
            self.total,
            self.source
        )?;
        if let Some(flaps) = self.flapping {
            writeln!(f, "It is {flaps}")?;
        }
        writeln!(f, "Grouped {}", self.grouped)?;
        writeln!(f, "Judged by its alert «{}»", self.judged_by)?;
        if self.rules.is_empty() {
            writeln!(f, "There are no rules: `[[alerts.rule]]` in the settings, or a file of them.")?;
        }
        for one in &self.rules {
            let why = one.why.as_deref().map_or("matches".to_owned(), |why| format!("no: {why}"));
            writeln!(f, "{:>5}  {}  {why}", one.n, quote(&one.name))?;
        }
        match self.not_looked_at {
            0 => {}
            1 => writeln!(f, "       The one after it is not looked at.")?,
            n => writeln!(f, "       The {n} after it are not looked at.")?,
        }
        write!(f, "Now: {}", self.reason)?;
        if let Some(became) = &self.became {
            let incident = became.incident.as_deref().map(|id| format!(", {id}")).unwrap_or_default();
            write!(f, "\nWhat became of it: {}{incident}", became.decision)?;
            if let Some(reason) = &became.reason {
                write!(f, ". {reason}")?;
            }
        }
        Ok(())
    }
}

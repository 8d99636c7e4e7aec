//! Every alert requires action: what a responder says of one that did not, or did too late.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Alert, text::one_line};
use crate::{mask::Masked, people::Person};

/// Labels that name the rule an alert comes from, the surest first.
const RULES: [&str; 8] =
    ["alertname", "alert_name", "rule_name", "rulename", "rule", "monitor", "check", "trigger"];

/// Characters of a word that is no mark which are said again.
const SHOWN_CHARS_MAX: usize = 40;

/// The rule that an alert comes from, by the name that its sender gives it; else its title.
pub fn rule_of(alert: &Alert) -> String {
    let named = RULES.iter().filter_map(|label| alert.labels.get(*label)).find(|value| !value.is_empty());
    named.unwrap_or(&alert.title).clone()
}

/// What a responder says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Somebody had to do something, and could.
    Actionable,
    /// Nobody had to do anything.
    Noise,
    /// It was right, and came when it was known already.
    Late,
}

impl Verdict {
    pub const ALL: [Verdict; 3] = [Verdict::Actionable, Verdict::Noise, Verdict::Late];

    pub fn word(self) -> &'static str {
        match self {
            Verdict::Actionable => "actionable",
            Verdict::Noise => "noise",
            Verdict::Late => "late",
        }
    }
}

impl std::str::FromStr for Verdict {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|verdict| verdict.word().eq_ignore_ascii_case(word.trim()));
        found.ok_or_else(|| {
            let shown = one_line(word, SHOWN_CHARS_MAX);
            format!("«{shown}» is no mark of an alert. Write actionable, noise or late.")
        })
    }
}

/// What is marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Situation(i64),
    /// Every alert of this rule, by its name.
    Rule(String),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::Situation(id) => write!(f, "S-{id}"),
            Subject::Rule(name) => write!(f, "«{name}»"),
        }
    }
}

/// A mark, with who set it and when. A later one on the same subject takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub id: Uuid,
    pub subject: Subject,
    pub verdict: Verdict,
    /// May be empty.
    pub reason: String,
    pub by: Person,
    /// The door they came by.
    pub via: String,
    pub at: DateTime<Utc>,
}

impl Judgement {
    /// `noise (Ada: the disk cleans itself)`
    pub fn words(&self) -> String {
        match self.reason.as_str() {
            "" => format!("{} ({})", self.verdict.word(), self.by),
            reason => format!("{} ({}: {reason})", self.verdict.word(), self.by),
        }
    }

    pub fn mask(&mut self) -> Masked {
        let mut seen = Masked::default();
        seen.mask(&mut self.reason);
        if let Subject::Rule(name) = &mut self.subject {
            seen.mask(name);
        }
        seen
    }
}

/// The mark that holds for a situation: the last one.
pub fn standing(marks: &[Judgement], situation: i64) -> Option<&Judgement> {
    marks.iter().filter(|mark| mark.subject == Subject::Situation(situation)).max_by_key(|mark| mark.at)
}

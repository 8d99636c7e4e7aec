//! What people arranged about alerts: a maintenance window, a silence, an acknowledgement; and whether the sender was told.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::rules::Matchers;
use super::situation::Situation;
use super::window::{Effect, Span, Time, Window};
use crate::people::Person;

/// One arrangement, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrangement {
    pub id: i64,
    pub by: Person,
    pub at: DateTime<Utc>,
    /// Why; may be empty.
    pub reason: String,
    /// Of no other arrangement of any installation: the senders' own records show it.
    pub mark: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    pub what: Arranged,
}

/// It was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub by: Person,
    pub at: DateTime<Utc>,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Arranged {
    Window {
        name: String,
        matching: Matchers,
        effect: Effect,
        #[serde(flatten)]
        span: Span,
    },
    /// What comes for this situation, and for another of the same group, is recorded and counted, not told.
    Silence {
        #[serde(flatten)]
        of: Subject,
        until: DateTime<Utc>,
    },
    Acknowledgement {
        #[serde(flatten)]
        of: Subject,
        /// A sender that only knows silences is silent until then.
        until: DateTime<Utc>,
    },
}

/// The situation that it is about, and which senders are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub situation: i64,
    pub source: String,
    pub group_key: String,
    /// By hook.
    pub passed: BTreeMap<String, Passed>,
}

/// Whether a sender was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "passed", rename_all = "snake_case")]
pub enum Passed {
    Waiting,
    /// With what the sender calls it, if it says.
    Done {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    Failed {
        why: String,
    },
}

/// What becomes of an arrangement after it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amendment {
    Passed { to: String, passed: Passed },
    Ended(Ended),
}

impl Arrangement {
    pub fn subject(&self) -> Option<&Subject> {
        match &self.what {
            Arranged::Window { .. } => None,
            Arranged::Silence { of, .. } | Arranged::Acknowledgement { of, .. } => Some(of),
        }
    }

    /// When it ends by itself.
    pub fn until(&self) -> DateTime<Utc> {
        match &self.what {
            Arranged::Window { span, .. } => span.until,
            Arranged::Silence { until, .. } | Arranged::Acknowledgement { until, .. } => *until,
        }
    }

    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended.is_none() && now < self.until()
    }

    /// The window, if it is one.
    pub fn window(&self) -> Option<Window> {
        match &self.what {
            Arranged::Window { name, matching, effect, span } => Some(Window {
                name: name.clone(),
                matching: matching.clone(),
                effect: *effect,
                time: Time::Once(*span),
            }),
            _ => None,
        }
    }

    /// The key under which a sender is asked something.
    pub fn key(&self, situation: i64, how: &str) -> String {
        format!("S-{situation}/{how}/{}", self.mark)
    }

    pub fn is_silence(&self) -> bool {
        matches!(self.what, Arranged::Silence { .. })
    }

    /// Whether it is a silence of this situation.
    pub fn silences(&self, id: i64, situation: &Situation) -> bool {
        self.is_silence()
            && self.subject().is_some_and(|of| {
                of.situation == id || (of.source == situation.source && of.group_key == situation.group_key)
            })
    }

    pub fn amend(&mut self, amendment: Amendment) {
        match amendment {
            Amendment::Ended(ended) => self.ended = Some(self.ended.take().unwrap_or(ended)),
            Amendment::Passed { to, passed } => {
                if let Arranged::Silence { of, .. } | Arranged::Acknowledgement { of, .. } = &mut self.what {
                    of.passed.insert(to, passed);
                }
            }
        }
    }
}

impl Subject {
    /// How it stands with the senders, as it stands after «acknowledged by Ada»; empty where none takes it.
    pub fn told(&self) -> String {
        let one = |(to, passed): (&String, &Passed)| match passed {
            Passed::Waiting => format!("on its way to {to}"),
            Passed::Done { .. } => format!("passed on to {to}"),
            Passed::Failed { why } => format!("NOT passed on to {to}: {}", why.trim_end_matches('.')),
        };
        self.passed.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

//! What an alert must be for a rule to match.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::glob;
use crate::alert::{Alert, AlertSeverity, situation::Situation};

/// What an alert must be to match: all that is said. In patterns `*` stands for any run of characters, `?` for
/// one; everything else for itself, case included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Matchers {
    /// Pattern of the hook's name.
    pub source: Option<String>,
    /// At least this severe. An unknown severity is below all others.
    pub severity: Option<AlertSeverity>,
    /// Patterns of labels, by the label's name. A label that is not there matches only the empty pattern, so
    /// that `*` means "has this label".
    pub labels: BTreeMap<String, String>,
    /// At least so many alerts of the group fire.
    pub firing: Option<u32>,
}

impl Matchers {
    /// Whether an alert of a situation is all that is said here.
    pub fn matches(&self, situation: &Situation, alert: &Alert) -> bool {
        self.source.as_ref().is_none_or(|p| glob(p, &alert.source))
            && self.severity.is_none_or(|least| alert.severity >= least)
            && self.firing.is_none_or(|least| situation.firing >= least)
            && self.labels.iter().all(|(name, pattern)| match alert.labels.get(name) {
                Some(value) => glob(pattern, value),
                None => pattern.is_empty(),
            })
    }

    pub(super) fn is_everything(&self) -> bool {
        *self == Matchers::default()
    }
}

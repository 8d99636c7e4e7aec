//! Answers: what came of a command, and the same again for a repeat.

use serde::{Deserialize, Serialize};

use super::{Desk, refuse};
use crate::incident::{chart::Chart, id::IncidentId, refusal::Refusal};

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub incident: Option<IncidentId>,
    /// The last entry written; `None` for a reading.
    pub seq: Option<u64>,
    /// What the text says, to be drawn where pictures can be shown.
    #[serde(skip)]
    pub chart: Option<Chart>,
}

pub(super) fn again(asked: &str, before: &str, answer: &str) -> Result<Answer, Refusal> {
    if asked != before {
        return Err(Refusal::invalid(
            "This idempotency key was used for something else.",
            "Use a new key for a new request.",
        ));
    }
    serde_json::from_str(answer).map_err(|e| {
        Refusal::unavailable(format!("The first answer cannot be read: {e}."), "Look at the timeline.")
    })
}

impl Desk {
    pub(super) async fn answered(&self, key: Option<&str>, asked: &str) -> Result<Option<Answer>, Refusal> {
        let Some(key) = key else { return Ok(None) };
        match self.journal.answered(key).await.map_err(refuse)? {
            Some((before, answer)) => again(asked, &before, &answer).map(Some),
            None => Ok(None),
        }
    }
}

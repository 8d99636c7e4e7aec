//! Answers: what came of a command, and the same again for a repeat.

use serde::{Deserialize, Serialize};

use super::{Changed, Desk, refuse};
use crate::{
    incident::{
        chart::Chart,
        id::IncidentId,
        refusal::{Because, Refusal},
    },
    journal::{Append, JournalError, Mark, Once, rows::NewDelivery},
};

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub incident: Option<IncidentId>,
    /// The last entry written; `None` for a reading.
    pub seq: Option<u64>,
    /// It says no more than that words are taken down which stand where they were written: a mark on them says as much.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_plain: bool,
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

    /// What was answered under a key, whatever was asked; `None` also where the journal does not answer.
    pub async fn answer_under(&self, key: &str) -> Option<Answer> {
        let (_, answer) = self.journal.answered(key).await.ok()??;
        serde_json::from_str(&answer).ok()
    }

    /// Writes marks that belong to no incident, and answers; a repeat gets the first answer.
    pub(super) async fn write_marks(
        &self,
        marks: Vec<Mark>,
        deliveries: Vec<NewDelivery>,
        once: Option<String>,
        asked: &str,
        text: String,
    ) -> Result<Answer, Refusal> {
        let answer = Answer { text, ..Answer::default() };
        let once = once.map(|key| Once {
            key,
            asked: asked.to_owned(),
            answer: serde_json::to_string(&answer).unwrap_or_default(),
            at: self.world.now(),
        });
        match self.append(Append { marks, deliveries, once, ..Append::default() }).await {
            Ok(()) => {
                self.tell(Changed::Alerts);
                Ok(answer)
            }
            Err(JournalError::AnsweredBefore { asked: before, answer }) => again(asked, &before, &answer),
            // The same key in the same batch: the other one is durable now, and asked for here.
            Err(JournalError::Conflict) => Err(Refusal::new(
                Because::Conflict,
                "The same was asked twice at the same moment.",
                "Nothing to do: the other one was done.",
            )),
            Err(error) => Err(refuse(error)),
        }
    }
}

//! Accountability and planning: who was asked whether they are here, and the time that is being planned for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Incident;
use crate::people::Person;

/// An open roll call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollCall {
    /// The timeline entry it stands in.
    pub seq: u64,
    pub by: Person,
    pub asked: Vec<Person>,
    pub answered: Vec<Person>,
    pub due_at: DateTime<Utc>,
}

/// An operational period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub n: u32,
    pub since: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// What the commander lays stress on in it.
    pub emphasis: String,
}

impl Period {
    /// Whether its time is over by then; it stands until the next one begins or somebody ends it.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.ends_at <= now
    }
}

impl Incident {
    /// Who was asked in the open roll call, has not answered, and has not left.
    pub fn unaccounted(&self) -> Vec<&Person> {
        let Some(call) = &self.roll_call else { return vec![] };
        let has_left = |one: &Person| {
            self.participants.get(&one.id).is_some_and(|participant| participant.checked_out.is_some())
        };
        call.asked
            .iter()
            .filter(|one| !call.answered.iter().any(|here| here.id == one.id) && !has_left(one))
            .collect()
    }
}

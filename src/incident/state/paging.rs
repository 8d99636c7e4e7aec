//! Calls for help that wake people: what was begun, how far it has come, who answered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Incident;
use crate::{
    incident::paging::{Called, Step},
    people::Person,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paging {
    pub n: u32,
    /// The timeline entry that began it.
    pub seq: u64,
    /// The escalation of the settings that it follows, if it does.
    pub escalation: Option<String>,
    pub about: String,
    pub steps: Vec<Step>,
    pub rounds: u32,
    pub again_minutes: u32,
    /// The incident's severity began it.
    pub is_automatic: bool,
    /// The step and the round that was taken last, both counted from 0.
    pub taken: Option<(u32, u32)>,
    /// Everybody who was paged, each once.
    pub people: Vec<Person>,
    pub pagers: Vec<String>,
    pub state: PagingState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PagingState {
    Open,
    Acknowledged {
        by: Person,
        at: DateTime<Utc>,
    },
    /// Stopped, over with the incident, or everybody was called as often as they should be.
    Over,
}

/// What comes next: a step, or after the last one the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextStep {
    pub step: u32,
    pub round: u32,
    pub after_minutes: u32,
    pub is_end: bool,
}

impl Paging {
    pub fn is_open(&self) -> bool {
        self.state == PagingState::Open
    }

    pub fn next(&self) -> NextStep {
        let of = |step: u32| self.steps.get(step as usize);
        let (step, round, after_minutes) = match self.taken {
            None => (0, 0, of(0).map_or(0, |step| step.after_minutes)),
            Some((step, round)) => match of(step + 1) {
                Some(next) => (step + 1, round, next.after_minutes),
                None => (0, round + 1, self.again_minutes),
            },
        };
        NextStep { step, round, after_minutes, is_end: round >= self.rounds }
    }
}

impl Incident {
    pub fn paging(&self, n: u32) -> Option<&Paging> {
        self.pagings.iter().find(|paging| paging.n == n)
    }

    pub fn open_pagings(&self) -> impl Iterator<Item = &Paging> {
        self.pagings.iter().filter(|paging| paging.is_open())
    }

    pub(super) fn page(&mut self, n: u32, taken: (u32, u32), called: &[Called], pagers: &[String]) {
        let Some(paging) = self.pagings.iter_mut().find(|paging| paging.n == n) else { return };
        paging.taken = Some(taken);
        for one in called {
            if !paging.people.iter().any(|known| known.id == one.person.id) {
                paging.people.push(one.person.clone());
            }
        }
        for pager in pagers {
            if !paging.pagers.contains(pager) {
                paging.pagers.push(pager.clone());
            }
        }
    }

    pub(super) fn acknowledge_pagings(&mut self, which: &[u32], by: &Person, at: DateTime<Utc>) {
        for paging in self.pagings.iter_mut().filter(|paging| which.contains(&paging.n)) {
            paging.state = PagingState::Acknowledged { by: by.clone(), at };
        }
    }

    pub(super) fn end_paging(&mut self, which: impl Fn(u32) -> bool) {
        for paging in self.pagings.iter_mut().filter(|paging| paging.is_open() && which(paging.n)) {
            paging.state = PagingState::Over;
        }
    }
}

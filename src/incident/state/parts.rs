//! What an incident is made of: roles held, offers, tasks, reports, public posts, situations, links.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    alert::window::Span,
    incident::{
        event::{CanParts, Draft},
        role::Role,
    },
    people::Person,
};

/// Planned work: when it is to be done, and the services it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    #[serde(flatten)]
    pub span: Span,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// A chat's, as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    pub since: DateTime<Utc>,
    /// It takes lines all the while; only what people type there is not heard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deaf: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub role: Role,
    pub person: Person,
    pub since: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub role: Role,
    pub to: Person,
    pub by: Person,
    pub expires_at: DateTime<Utc>,
    pub briefing_sections: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub person: Person,
    pub first_seen: DateTime<Utc>,
    pub checked_in: Option<DateTime<Utc>>,
    pub checked_out: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveState {
    Open,
    Met,
    Dropped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    pub n: u32,
    pub text: String,
    pub state: ObjectiveState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    Assigned,
    Understood,
    Overdue,
    Reported,
    Cancelled,
}

impl TaskState {
    pub fn is_open(self) -> bool {
        matches!(self, Self::Assigned | Self::Understood | Self::Overdue)
    }
    pub fn word(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Understood => "understood",
            Self::Overdue => "overdue",
            Self::Reported => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub n: u32,
    /// The timeline entry that assigned it.
    pub seq: u64,
    /// The timeline entry that reported its result.
    pub reported_in: Option<u64>,
    pub text: String,
    /// `None`: whoever had it declined it, and nobody has it yet.
    pub owner: Option<Person>,
    pub assigned_by: Person,
    pub due_at: Option<DateTime<Utc>>,
    pub state: TaskState,
    pub result: Option<String>,
}

impl Task {
    pub fn is_of(&self, person: &Person) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.id == person.id)
    }

    /// Open, and nobody's.
    pub fn is_free(&self) -> bool {
        self.owner.is_none() && self.state.is_open()
    }

    /// `Ada`, or `nobody`.
    pub fn whose(&self) -> String {
        self.owner.as_ref().map_or_else(|| "nobody".to_owned(), Person::to_string)
    }

    /// Whose it is, and how it stands: `Ada, understood`; `nobody has it`.
    pub fn standing(&self) -> String {
        match (&self.owner, self.state) {
            (None, TaskState::Assigned | TaskState::Understood) => "nobody has it".to_owned(),
            (None, TaskState::Overdue) => "nobody has it, overdue".to_owned(),
            (None, state) => state.word().to_owned(),
            (Some(owner), state) => format!("{owner}, {}", state.word()),
        }
    }
}

/// What could go wrong, or hurt somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hazard {
    pub n: u32,
    /// The timeline entry that named it.
    pub seq: u64,
    pub text: String,
    /// What is done about it; empty where nothing is yet.
    pub mitigation: String,
    pub by: Person,
    pub is_open: bool,
}

/// An executive was asked whether they wish to take command, and has not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutiveQuestion {
    /// The timeline entry that asked.
    pub seq: u64,
    pub to: Person,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Risky, and without a go yet.
    Waiting,
    Going,
    Overdue,
    Held,
    Done,
    Dropped,
}

impl ActionState {
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Dropped)
    }
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waits for a go",
            Self::Going => "under way",
            Self::Overdue => "overdue",
            Self::Held => "held",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// What somebody said that they are about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub n: u32,
    /// The timeline entry that announced it.
    pub seq: u64,
    /// The timeline entry that reported its result.
    pub reported_in: Option<u64>,
    pub text: String,
    pub by: Person,
    pub is_risky: bool,
    pub minutes: Option<u32>,
    /// The end of its time box, once it may begin.
    pub due_at: Option<DateTime<Utc>>,
    pub state: ActionState,
    pub result: Option<String>,
}

/// Nobody changes anything until this is lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub by: Person,
    /// In which role they stopped it.
    pub as_safety: bool,
    pub at: DateTime<Utc>,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    Open,
    Decided,
    Withdrawn,
}

/// What is decided when its time is over, unless it is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub n: u32,
    /// The timeline entry it stands in.
    pub seq: u64,
    pub text: String,
    pub by: Person,
    pub ends_at: DateTime<Utc>,
    pub objectors: Vec<Person>,
    pub state: ProposalState,
}

/// Who was asked to look when somebody last asked for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assist {
    pub by: Person,
    pub at: DateTime<Utc>,
    pub asked: Vec<Person>,
}

/// A CAN report: conditions, actions, needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Can {
    /// The timeline entry it stands in.
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub by: Person,
    pub conditions: String,
    pub actions: String,
    pub needs: String,
    /// What it said first, and what replaced parts of it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Box<Corrected>>,
}

/// A CAN report that was corrected. Kept apart, as a correction that is redacted counts no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    pub at: DateTime<Utc>,
    pub conditions: String,
    pub actions: String,
    pub needs: String,
    /// The corrections in their order, each with its timeline entry and the time that it stated.
    pub by: Vec<(u64, CanParts, Option<DateTime<Utc>>)>,
}

impl Can {
    pub(super) fn correct(&mut self, seq: u64, parts: &CanParts, at: Option<DateTime<Utc>>) {
        let mut corrected = self.corrected.take().unwrap_or_else(|| {
            Box::new(Corrected {
                at: self.at,
                conditions: self.conditions.clone(),
                actions: self.actions.clone(),
                needs: self.needs.clone(),
                by: vec![],
            })
        });
        corrected.by.push((seq, parts.clone(), at));
        self.read(corrected);
    }

    /// Takes one correction away, if it is one of this report.
    pub(super) fn uncorrect(&mut self, seq: u64) {
        if let Some(mut corrected) = self.corrected.take() {
            corrected.by.retain(|(by, ..)| *by != seq);
            self.read(corrected);
        }
    }

    fn read(&mut self, corrected: Box<Corrected>) {
        self.at = corrected.at;
        self.conditions.clone_from(&corrected.conditions);
        self.actions.clone_from(&corrected.actions);
        self.needs.clone_from(&corrected.needs);
        for (_, parts, at) in &corrected.by {
            parts.replace(&mut self.conditions, &mut self.actions, &mut self.needs);
            self.at = at.unwrap_or(self.at);
        }
        self.corrected = (!corrected.by.is_empty()).then_some(corrected);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRecord {
    pub by: Person,
    pub at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// What it is bound to ([`crate::post::basis`]); empty once severity or phase have changed since.
    pub basis: String,
    pub alone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishRecord {
    pub at: DateTime<Utc>,
    pub approved_at: DateTime<Utc>,
    pub by: Person,
    pub next_update_at: Option<DateTime<Utc>>,
    /// Destination, and what became of it: `None` on the way, `Some(Ok(url))`, `Some(Err(why))`.
    pub destinations: BTreeMap<String, Option<Result<Option<String>, String>>>,
}

/// A public post: draft, then approved, then published; or dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub n: u32,
    pub draft: Draft,
    pub author: Person,
    pub drafted_at: DateTime<Utc>,
    pub approval: Option<ApprovalRecord>,
    pub published: Option<PublishRecord>,
    pub dropped: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    pub id: i64,
    pub title: String,
    pub source: String,
    pub firing: u64,
    pub total: u64,
    #[serde(default)]
    pub acknowledged: u64,
    /// One of its alerts was told to flap, and not yet to be steady.
    #[serde(default)]
    pub is_flapping: bool,
}

/// Words of an entry that stand in the state until others take their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    Title,
    Summary,
    /// Of an objective, by its number.
    Objective(u32),
    Stop,
    Emphasis,
    /// Of a public update, by its number.
    Draft(u32),
    /// Why a public update was dropped.
    Dropped(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The timeline entry it stands in.
    pub seq: u64,
    pub label: String,
    pub url: String,
}

/// What a field of the organization's own was filled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldValue {
    pub value: String,
    /// The timeline entry it stands in.
    pub seq: u64,
}

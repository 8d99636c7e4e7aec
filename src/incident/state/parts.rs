//! What an incident is made of: roles held, offers, tasks, reports, public posts, situations, links.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    incident::{event::Draft, role::Role},
    people::Person,
};

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
    pub owner: Person,
    pub assigned_by: Person,
    pub due_at: Option<DateTime<Utc>>,
    pub state: TaskState,
    pub result: Option<String>,
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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The timeline entry it stands in.
    pub seq: u64,
    pub label: String,
    pub url: String,
}

/// When each milestone was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestones {
    pub impact_started: Option<DateTime<Utc>>,
    pub detected: Option<DateTime<Utc>>,
    pub declared: Option<DateTime<Utc>>,
    pub identified: Option<DateTime<Utc>>,
    pub mitigated: Option<DateTime<Utc>>,
    pub resolved: Option<DateTime<Utc>>,
    pub closed: Option<DateTime<Utc>>,
}

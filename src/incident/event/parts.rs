//! What events are made of, and what stands around one in an entry.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Event;
use crate::{
    incident::{
        id::IncidentId,
        role::{Role, by_name},
    },
    people::Person,
    post::{ComponentState, Impact, PublicPhase},
};

/// Where an event's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The house's own clock, as the command came in.
    House,
    /// A person said when it happened (a late entry).
    Stated,
    /// When the message was written that it was taken from, by the chat's clock.
    Chat,
    /// The monitoring's time stamp.
    Alert,
    /// A drill's virtual clock.
    Drill,
}

/// Who did it, in which role at that time, and through which door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    #[serde(flatten)]
    pub person: Person,
    /// The highest role held at that time; `None` for bystanders and the house.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "by_name")]
    pub role: Option<Role>,
    /// The door: `console`, `cli`, `api`, `discord`, `alertmanager`, `timer`, `drill`.
    pub via: String,
}

/// An action by its number, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionOf {
    pub n: u32,
    pub by: Person,
}

/// An entry whose words came from another incident, which was merged into this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The entry of the other one.
    pub there: u64,
    pub here: u64,
}

/// One entry of the journal, before it has its place in the hash chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub incident: IncidentId,
    /// 1, 2, 3 … without a gap: the order of the timeline.
    pub seq: u64,
    pub id: Uuid,
    /// When it happened, UTC.
    pub occurred_at: DateTime<Utc>,
    pub time_source: TimeSource,
    /// When it was written down, UTC, by the house's clock.
    pub recorded_at: DateTime<Utc>,
    pub actor: Actor,
    #[serde(flatten)]
    pub event: Event,
}

/// An alert as the timeline shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRef {
    pub source: String,
    pub fingerprint: String,
    pub title: String,
    pub firing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The parts of a CAN report that a correction replaces: `None` stays as it was, an empty one is there no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanParts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<String>,
}

impl CanParts {
    /// Each with its name, in the order of a report.
    pub fn named(&self) -> [(&'static str, Option<&String>); 3] {
        [
            ("conditions", self.conditions.as_ref()),
            ("actions", self.actions.as_ref()),
            ("needs", self.needs.as_ref()),
        ]
    }

    /// Puts them in the place of what a report said.
    pub fn replace(&self, conditions: &mut String, actions: &mut String, needs: &mut String) {
        for ((_, new), old) in self.named().into_iter().zip([conditions, actions, needs]) {
            if let Some(new) = new {
                old.clone_from(new);
            }
        }
    }
}

/// A maintenance window that alerts fall into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InWindow {
    pub name: String,
    pub until: DateTime<Utc>,
}

/// The clock of a drill: virtual time runs `speed` times as fast as real time from STARTEX on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DrillClock {
    pub started_real: DateTime<Utc>,
    pub started_virtual: DateTime<Utc>,
    /// Virtual seconds per real second, above zero.
    pub speed: f64,
}

impl Eq for DrillClock {}

/// A moment further away is as good as never; calendars, and sums with it, reach beyond.
const FAR_MS: i64 = 1_000 * 366 * 24 * 3_600_000;

fn moved(from: DateTime<Utc>, by_ms: f64) -> DateTime<Utc> {
    let by = chrono::Duration::milliseconds((by_ms as i64).clamp(-FAR_MS, FAR_MS));
    from.checked_add_signed(by).unwrap_or(from)
}

impl DrillClock {
    pub fn virtual_at(&self, real: DateTime<Utc>) -> DateTime<Utc> {
        let real_ms = (real - self.started_real).num_milliseconds() as f64;
        moved(self.started_virtual, real_ms * self.speed)
    }
    pub fn real_at(&self, virt: DateTime<Utc>) -> DateTime<Utc> {
        let virt_ms = (virt - self.started_virtual).num_milliseconds() as f64;
        moved(self.started_real, virt_ms / self.speed)
    }
}

/// A public post as drafted: the exact text, and what an approval is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub title: String,
    pub phase: PublicPhase,
    pub impact: Impact,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<(String, ComponentState)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_update_minutes: Option<u32>,
    /// The earlier post that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<u32>,
    /// What each destination is sent, word for word: filled by the templates of the moment it was drafted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
}

/// What a reminder speaks of, besides what it says in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owed {
    /// The tasks and actions that became overdue with it, and steps of playbooks that are due again: no line of their own.
    Late,
    /// CAN reports, which are reminded of again.
    Reports,
    /// Roles that nobody has, which are reminded of again.
    Roles,
    /// That alerts begin no further call, as there were as many as there may be: told once.
    Calls,
    /// A first word to the public.
    FirstWord,
}

/// What has a number in an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    Objective,
    Task,
    Hazard,
    Action,
    Proposal,
}

/// Whom a silence has been brought to, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    Commander,
    Deputy,
    Everyone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_a_drill_breaks_at_no_speed() {
        let at: DateTime<Utc> = "2026-01-02T03:00:00Z".parse().unwrap();
        let later = at + chrono::Duration::hours(2);
        for speed in [1e-300, 1e-12, 0.5, 1.0, 1e12, f64::MAX, f64::INFINITY] {
            let clock = DrillClock { started_real: at, started_virtual: at, speed };
            for moment in [clock.virtual_at(later), clock.real_at(later), clock.real_at(at)] {
                assert!(moment + chrono::Duration::milliseconds(1) > at, "{speed}");
            }
        }
    }
}

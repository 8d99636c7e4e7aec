//! What the desk looks up beforehand: of alerts, of other incidents, and of what comes from one of them.

use crate::{
    alert::flapping::Flaps,
    incident::{
        event::{AlertRef, InWindow},
        id::IncidentId,
        phase::Phase,
        severity::Severity,
        state::{Hazard, Incident, Situation, Stop, Task},
    },
    people::Person,
};

/// What the alert store knows of a situation when it is linked, or when it has moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SituationFacts {
    pub id: i64,
    pub title: String,
    pub source: String,
    pub firing: u64,
    pub total: u64,
    /// How many of those that fire somebody at the sender is on.
    pub acknowledged: u64,
    /// The maintenance window that they fall into.
    pub within: Option<InWindow>,
    /// The alerts worth a reader's eye: the first ones, at most a couple of dozen.
    pub alerts: Vec<AlertRef>,
    /// Why a rule links it, in a sentence; empty where a person does.
    pub because: String,
    /// Another incident had it that is over.
    pub is_left: bool,
    /// How one of them flaps.
    pub flapping: Option<Flaps>,
    /// The rule that resolves the incident when none of its alerts fires any more.
    pub ended_by: Option<String>,
    /// Minutes since the last of it fired, once it was quiet for so long that it is not waited for any more.
    pub quiet_minutes: Option<i64>,
}

/// What the rules must know of the incident that another is merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeFacts {
    pub commander: Person,
    pub severity: Severity,
    pub phase: Phase,
    pub is_restricted: bool,
    /// Ids of those who may see it, if it is restricted.
    pub seen_by: Option<std::collections::BTreeSet<String>>,
}

/// What a list of sub-incidents tells of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFacts {
    pub id: IncidentId,
    pub title: String,
    pub severity: Severity,
    pub phase: Phase,
}

/// What the rules must know of the incident that another is put under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentFacts {
    pub commander: Person,
    pub phase: Phase,
    /// Those that it is itself a part of, the nearest first.
    pub ancestors: Vec<IncidentId>,
    pub children: usize,
    /// Who may see it, if it is restricted.
    pub circle: Option<Vec<Person>>,
}

impl ParentFacts {
    pub fn of(incident: &Incident, ancestors: Vec<IncidentId>) -> ParentFacts {
        ParentFacts {
            commander: incident.commander.clone(),
            phase: incident.phase,
            ancestors,
            children: incident.children.len(),
            circle: incident.circle_people(),
        }
    }
}

/// What goes along from an incident that was merged into another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Luggage {
    /// Who merged it.
    #[serde(default)]
    pub by: Option<Person>,
    pub from: IncidentId,
    pub title: String,
    pub severity: Severity,
    /// Entries on its timeline, which stays where it is.
    pub entries: u64,
    pub situations: Vec<Situation>,
    pub tasks: Vec<Task>,
    #[serde(default)]
    pub hazards: Vec<Hazard>,
    /// Nobody changes anything: also not where it goes on.
    #[serde(default)]
    pub stop: Option<Stop>,
    /// The entry that the title stands in, and that in which it was stopped.
    #[serde(default)]
    pub titled_in: Option<u64>,
    #[serde(default)]
    pub stopped_in: Option<u64>,
}

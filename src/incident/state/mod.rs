//! The incident as it stands: the fold of its events.
//!
//! What grows without end (notes, repeats of alerts) is counted here, not kept: folding or keeping the state of an
//! incident with 100,000 entries costs what it costs with ten.

mod fold;
mod parts;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{event::DrillClock, id::IncidentId, kind::Kind, phase::Phase, role::Role, severity::Severity};
use crate::{people::Person, post::PublicPhase};
pub use parts::*;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub title: String,
    pub summary: String,
    pub severity: Severity,
    pub phase: Phase,
    pub opened_by: Person,
    /// The command token: exactly one holder at all times, from the declaration on.
    pub commander: Person,
    pub commander_since: DateTime<Utc>,
    pub commanders: Vec<(Person, DateTime<Utc>)>,
    pub command_offer: Option<Offer>,
    pub roles: Vec<Assignment>,
    pub offers: Vec<Offer>,
    pub participants: BTreeMap<String, Participant>,
    pub objectives: Vec<Objective>,
    pub tasks: Vec<Task>,
    pub cans: BTreeMap<String, Can>,
    pub posts: Vec<Post>,
    pub situations: BTreeMap<i64, Situation>,
    pub links: Vec<Link>,
    pub decisions: u64,
    pub notes: u64,
    pub milestones: Milestones,
    pub next_update_due: Option<DateTime<Utc>>,
    pub drill_clock: Option<DrillClock>,
    pub scenario: Option<String>,
    /// The last entry folded in.
    pub seq: u64,
    pub updated_at: DateTime<Utc>,
}
impl Incident {
    pub fn kind(&self) -> Kind {
        self.id.kind
    }

    /// The incident's own time for a moment of the house's clock: the same, except in a drill.
    pub fn time_at(&self, real: DateTime<Utc>) -> DateTime<Utc> {
        self.drill_clock.map_or(real, |clock| clock.virtual_at(real))
    }

    /// The moment of the house's clock at which the incident's own time is `virt`.
    pub fn real_time_at(&self, virt: DateTime<Utc>) -> DateTime<Utc> {
        self.drill_clock.map_or(virt, |clock| clock.real_at(virt))
    }

    pub fn task(&self, n: u32) -> Option<&Task> {
        self.tasks.iter().find(|task| task.n == n)
    }
    pub fn post(&self, n: u32) -> Option<&Post> {
        self.posts.iter().find(|post| post.n == n)
    }

    /// Who answers for a role: its holders, else the holder of the role it reports to, up to the commander, who
    /// holds every role that is not delegated.
    pub fn holders(&self, role: &Role) -> Vec<&Person> {
        if role.is_command() {
            return vec![&self.commander];
        }
        let held: Vec<_> = self.roles.iter().filter(|a| a.role == *role).map(|a| &a.person).collect();
        if !held.is_empty() {
            return held;
        }
        match role.def().reports_to.and_then(|up| up.parse::<Role>().ok()) {
            Some(up) => self.holders(&up),
            None => vec![&self.commander],
        }
    }

    /// The roles that a person has been given, command first.
    pub fn roles_of(&self, person: &Person) -> Vec<Role> {
        let mut roles = Vec::new();
        if self.commander.id == person.id {
            roles.push(Role::ic());
        }
        roles.extend(self.roles.iter().filter(|a| a.person.id == person.id).map(|a| a.role.clone()));
        roles
    }

    /// People who report straight to the commander.
    pub fn direct_reports(&self) -> usize {
        let mut people: Vec<_> = self
            .roles
            .iter()
            .filter(|a| {
                let up = a.role.def().reports_to.and_then(|up| up.parse::<Role>().ok());
                up.is_some_and(|up| self.holders(&up).iter().any(|p| p.id == self.commander.id))
            })
            .map(|a| a.person.id.as_str())
            .filter(|id| *id != self.commander.id)
            .collect();
        people.sort_unstable();
        people.dedup();
        people.len()
    }

    pub fn open_tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.state.is_open())
    }

    pub fn firing(&self) -> u64 {
        self.situations.values().map(|situation| situation.firing).sum()
    }

    pub fn last_published(&self) -> Option<&Post> {
        self.posts
            .iter()
            .filter(|post| post.published.is_some())
            .max_by_key(|post| post.published.as_ref().map(|p| p.at))
    }

    /// The public phase that a new post takes unless it says otherwise.
    pub fn public_phase(&self) -> PublicPhase {
        self.phase.public().unwrap_or(PublicPhase::Resolved)
    }
}

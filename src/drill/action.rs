//! What a drill can expect of its players: an event of the timeline, by its stored name.

use crate::incident::{
    event::{Entry, Event},
    phase::Phase,
    role::Role,
};

/// Events that people cause; what the house does by itself is expected of nobody.
pub const NAMES: [&str; 52] = [
    "incident.declared",
    "incident.retitled",
    "incident.summarized",
    "incident.severity_changed",
    "incident.phase_changed",
    "incident.merged_into",
    "command.established",
    "command.offered",
    "command.declined",
    "command.offer_withdrawn",
    "command.transferred",
    "role.offered",
    "role.accepted",
    "role.declined",
    "role.relieved",
    "role.released",
    "checkin",
    "checkout",
    "objective.set",
    "objective.met",
    "objective.dropped",
    "task.assigned",
    "task.understood",
    "task.extended",
    "task.reported",
    "task.cancelled",
    "task.declined",
    "task.reopened",
    "task.given",
    "hazard.named",
    "hazard.cleared",
    "decision.recorded",
    "action.announced",
    "action.cleared",
    "action.held",
    "action.done",
    "action.dropped",
    "actions.stopped",
    "actions.resumed",
    "proposal.made",
    "proposal.objected",
    "proposal.objection_withdrawn",
    "proposal.withdrawn",
    "assist.asked",
    "can",
    "note",
    "evidence",
    "entry.corrected",
    "update.drafted",
    "update.approved",
    "update.published",
    "update.dropped",
];

/// An action that somebody is expected to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// One of [`NAMES`].
    pub event: &'static str,
    /// Only with this role (`role.*`).
    pub role: Option<Role>,
    /// Only into this phase (`incident.phase_changed`).
    pub phase: Option<Phase>,
}

impl Action {
    /// Whether a person took it with this entry.
    pub fn is_done_by(&self, entry: &Entry) -> bool {
        if entry.event.name() != self.event || !is_persons(entry) {
            return false;
        }
        let role = match &entry.event {
            Event::RoleOffered { role, .. }
            | Event::RoleAccepted { role, .. }
            | Event::RoleDeclined { role, .. }
            | Event::RoleRelieved { role, .. }
            | Event::RoleReleased { role, .. } => Some(role),
            _ => None,
        };
        let phase = match &entry.event {
            Event::PhaseChanged { to, .. } => Some(*to),
            _ => None,
        };
        self.role.as_ref().is_none_or(|wanted| role == Some(wanted))
            && self.phase.is_none_or(|wanted| phase == Some(wanted))
    }

    /// As it stands in a sentence: `role.accepted pio`.
    pub fn words(&self) -> String {
        let role = self.role.as_ref().map(|role| format!(" {}", role.slug())).unwrap_or_default();
        let phase = self.phase.map(|phase| format!(" {}", phase.word())).unwrap_or_default();
        format!("{}{role}{phase}", self.event)
    }
}

/// Whether a person of flesh and blood (or one that the drill plays) caused it, not the house.
pub fn is_persons(entry: &Entry) -> bool {
    entry.actor.person.id != crate::people::Person::house().id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_an_event_that_the_timeline_stores() {
        for name in NAMES {
            let error =
                serde_json::from_str::<Event>(&format!("{{\"type\":\"{name}\"}}")).unwrap_err().to_string();
            assert!(!error.contains("unknown variant"), "{name}: {error}");
        }
    }
}

//! What a rule on alerts, or the settings, give an incident along: offers of roles, a playbook; and how a rule ends one.

use uuid::Uuid;

use super::*;
use crate::incident::{
    event::{Actor, Entry},
    id::IncidentId,
};

/// What follows on the events by which an incident is declared. What a rule offers comes before what the settings offer. What would be
/// refused to a person is left out: a rule that asks for too much must not keep an incident from being declared.
pub(super) fn given(declare: &Declare, events: &[Happened], scene: &Scene<'_>) -> Vec<Event> {
    let is_bare = declare.usual_offers.iter().all(Vec::is_empty);
    if declare.offers.is_empty() && is_bare && declare.playbook.is_none() {
        return vec![];
    }
    let Some(incident) = as_declared(declare, events, scene) else { return vec![] };
    let is_new = |(role, _): &&(Role, Person)| declare.offers.iter().all(|(offered, _)| offered != role);
    let usual = declare.usual_offers.get(usize::from(incident.severity.level() - 1));
    let usual = usual.into_iter().flatten().filter(is_new);
    let mut given = Vec::new();
    let own = declare.playbook.as_deref().and_then(|id| super::playbook::named_by_rule(id, scene.policy));
    if let Some(playbook) = declare.playbook.as_ref().filter(|_| own.is_none()) {
        let told = log::link(&incident, "playbook", playbook, None)
            .or_else(|_| log::note(&format!("Playbook: {playbook}"), None, scene));
        given.extend(told);
    }
    for (role, to) in declare.offers.iter().chain(usual) {
        given.extend(match role.is_command() {
            true => command::offer(&incident, to, scene),
            false => roles::offer(&incident, role, to, scene),
        });
    }
    let along = given.into_iter().flat_map(|decision| decision.events).map(|happened| happened.event);
    own.into_iter().chain(along).collect()
}

/// The incident as it stands after these events.
fn as_declared(declare: &Declare, events: &[Happened], scene: &Scene<'_>) -> Option<Incident> {
    let mut incident: Option<Incident> = None;
    for (seq, happened) in (1..).zip(events) {
        let entry = Entry {
            incident: IncidentId::new(declare.kind, 1),
            seq,
            id: Uuid::nil(),
            occurred_at: scene.now,
            time_source: TimeSource::House,
            recorded_at: scene.now,
            actor: Actor { person: scene.person.clone(), role: None, via: String::new() },
            event: happened.event.clone(),
        };
        match &mut incident {
            None => incident = Incident::open(&entry),
            Some(incident) => incident.apply(&entry),
        }
    }
    incident
}

/// The end of an incident of which nothing fires any more, where the rule that declared it says so.
pub(super) fn resolved(incident: &Incident, rule: &str) -> Option<Event> {
    let from = incident.phase;
    matches!(from, Phase::Investigating | Phase::Identified | Phase::Monitoring).then(|| {
        let reason = format!("its alerts cleared, and the rule «{}» ends it then", clean(rule));
        Event::PhaseChanged { from, to: Phase::Resolved, reason }
    })
}

//! Sub-incidents: what is a matter of its own, led by its own commander, and yet a part of a greater one.

use super::*;
use crate::incident::{
    command::{ParentFacts, PartFacts},
    id::IncidentId,
    names::Names,
};

/// Incidents below one at most, and steps from one to the topmost.
const CHILDREN_MAX: usize = 50;
const DEPTH_MAX: usize = 5;

fn check_parent(
    id: Option<IncidentId>,
    kind: Kind,
    parent: IncidentId,
    facts: Option<&ParentFacts>,
) -> Result<(), Refusal> {
    if id == Some(parent) {
        return Err(Refusal::invalid(
            format!("{parent} cannot be a part of itself."),
            "Name the greater one: `under INC-1`.",
        ));
    }
    let Some(facts) = facts else { return Err(Refusal::no_such(parent)) };
    // What planned work broke is an incident, and a part of it.
    let is_broken_by_work = parent.kind == Kind::Planned && kind == Kind::Real;
    if parent.kind != kind && !is_broken_by_work {
        return Err(Refusal::conflict(
            format!("{parent} and this one are not of one kind."),
            "Only incidents of one kind belong together: nothing of an exercise becomes real.",
        ));
    }
    if facts.phase.is_over() {
        return Err(Refusal::conflict(
            format!("{parent} is {}.", facts.phase.standing()),
            "Put it under one that goes on, or open that one again first.",
        ));
    }
    if id.is_some_and(|id| facts.ancestors.contains(&id)) {
        return Err(Refusal::conflict(
            format!("{parent} is a part of this incident: each would be a part of the other."),
            "Take it out there first (`sub leave`).",
        ));
    }
    if facts.ancestors.len() + 1 >= DEPTH_MAX {
        return Err(Refusal::conflict(
            format!(
                "{parent} is {} steps below the topmost; {DEPTH_MAX} is the limit.",
                facts.ancestors.len()
            ),
            "Put it under one further up.",
        ));
    }
    room_for("sub-incidents", facts.children, CHILDREN_MAX)
}

/// What a declaration under another says, and who may see it then.
pub(super) fn declared(
    declare: &Declare,
    scene: &Scene<'_>,
) -> Result<(Option<Event>, Option<Vec<Person>>), Refusal> {
    let own = declare.restricted.then(|| vec![scene.person.clone()]);
    let Some(parent) = declare.under else { return Ok((None, own)) };
    check_parent(None, declare.kind, parent, declare.parent.as_deref())?;
    let circle = declare.parent.as_ref().and_then(|facts| facts.circle.clone());
    if circle.is_none() && declare.restricted {
        return Err(Refusal::conflict(
            format!("{parent} is not restricted: everybody would read there of this one."),
            "Declare it on its own, without --under.",
        ));
    }
    // A part of what few may see is for the same few.
    Ok((Some(Event::PutUnder { parent }), circle))
}

/// Only what the same people may see belongs together.
fn is_for_the_same(incident: &Incident, facts: Option<&ParentFacts>) -> bool {
    let circle = facts.and_then(|facts| facts.circle.as_ref());
    let ids = |people: &Vec<Person>| people.iter().map(|one| one.id.clone()).collect::<BTreeSet<_>>();
    circle.map(ids) == incident.seen_by()
}

pub(super) fn put_under(incident: &Incident, parent: IncidentId, facts: Option<&ParentFacts>) -> Ruling {
    let id = incident.id;
    check_parent(Some(id), incident.kind(), parent, facts)?;
    if let Some(known) = incident.parent {
        let instead =
            if known == parent { "Nothing to do." } else { "Take it out there first: `sub leave`." };
        return Err(Refusal::conflict(format!("{id} is a part of {known} already."), instead));
    }
    if !is_for_the_same(incident, facts) {
        return Err(Refusal::conflict(
            format!("{id} and {parent} are not for the same people."),
            "Only what the same people may see belongs together: restrict both, and let the same people in.",
        ));
    }
    Ok(Decision::one(
        Event::PutUnder { parent },
        format!("{id} is a sub-incident of {parent}. {} stays in command of it.", incident.commander),
    ))
}

pub(super) fn leave(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    let Some(parent) = incident.parent else {
        return Err(Refusal::conflict(
            format!("{} is a part of no other incident.", incident.id),
            "Nothing to do.",
        ));
    };
    let reason = optional_text("reason", reason, scene)?;
    Ok(Decision::one(
        Event::LeftParent { parent, reason },
        format!("{} is no longer a part of {parent}.", incident.id),
    ))
}

/// The lesser one tells how it stands; `None`: it has left.
pub(super) fn told(incident: &Incident, child: IncidentId, phase: Option<Phase>) -> Ruling {
    let event = match (incident.children.get(&child), phase) {
        (None, Some(phase)) => Event::ChildJoined { child, phase },
        (Some(known), Some(phase)) if known.is_over() != phase.is_over() => {
            Event::ChildMoved { child, phase }
        }
        (Some(_), None) => Event::ChildLeft { child },
        _ => return Ok(Decision::read("")),
    };
    Ok(Decision::one(event, ""))
}

/// The greater one is restricted now: whoever reads here is told no more of it.
pub(super) fn parted(incident: &Incident, parent: IncidentId) -> Ruling {
    if incident.parent != Some(parent) {
        return Ok(Decision::read(""));
    }
    Ok(Decision::one(Event::LeftParent { parent, reason: "it goes on by itself".into() }, ""))
}

/// The greater one was merged: this one is a part of the one that goes on, or by itself where it is that one, or cannot be a part of
/// it (as for a circle, or for other people).
pub(super) fn regroup(
    incident: &Incident,
    was: IncidentId,
    into: IncidentId,
    facts: Option<&ParentFacts>,
) -> Decision {
    if incident.parent != Some(was) {
        return Decision::read("");
    }
    let is_for_the_same = facts.is_some() && is_for_the_same(incident, facts);
    // Where others read, that one is not named.
    let whither = if is_for_the_same { into.to_string() } else { "another".to_owned() };
    let left = Event::LeftParent { parent: was, reason: format!("it was merged into {whither}") };
    let fits = into != incident.id
        && is_for_the_same
        && check_parent(Some(incident.id), incident.kind(), into, facts).is_ok();
    let joined = fits.then_some(Event::PutUnder { parent: into });
    Decision::many(std::iter::once(left).chain(joined), "")
}

/// Nothing is closed over a part of it that goes on, unless that is meant.
pub(super) fn check_closed(incident: &Incident) -> Result<(), Refusal> {
    let open: Vec<String> = incident.open_children().map(|child| child.to_string()).collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(Refusal::conflict(
        format!("Open sub-incidents: {}.", open.join(", ")),
        "Close the sub-incidents first; or, if they shall go on by themselves, `close --leave-open`.",
    ))
}

/// Its parts, each with what the desk knows of it.
pub(super) fn list(incident: &Incident, parts: &[PartFacts], names: &Names) -> String {
    let parent = incident.parent.map(|parent| format!("{} is a part of {parent}.", incident.id));
    let children =
        incident.children.iter().map(|(child, phase)| match parts.iter().find(|part| part.id == *child) {
            Some(part) => format!(
                "- {child} {} – {}, {}",
                part.title,
                names.how_bad(child.kind, part.severity),
                names.phase(part.phase)
            ),
            None => format!("- {child}: {}", if phase.is_over() { names.phase(*phase) } else { "open" }),
        });
    let children: Vec<String> = children.collect();
    let head = match children.len() {
        0 => {
            format!("{id} has no sub-incidents. To open one: `declare TITLE --under {id}`.", id = incident.id)
        }
        1 => format!("{} has one sub-incident:", incident.id),
        n => format!("{} has {n} sub-incidents:", incident.id),
    };
    parent.into_iter().chain([head]).chain(children).collect::<Vec<_>>().join("\n")
}

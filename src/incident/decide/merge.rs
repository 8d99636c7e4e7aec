//! Two that are one: what ends as a duplicate, and what goes along to the other.

use super::lifecycle::{leaves_readers_hanging, next};
use super::*;
use crate::incident::{
    command::{Luggage, MergeFacts},
    id::IncidentId,
    state::Task,
};

/// The incident ends as a duplicate; its timeline stays, and what is open goes along.
pub(super) fn merge(
    incident: &Incident,
    into: IncidentId,
    other: Option<&MergeFacts>,
    reason: &str,
    scene: &Scene<'_>,
) -> Ruling {
    let id = incident.id;
    if into == id {
        return Err(Refusal::invalid(
            format!("{id} cannot be merged into itself."),
            "Say it in the one that goes on: `merge INC-2`.",
        ));
    }
    let Some(other) = other else {
        return Err(Refusal::not_found(format!("There is no {into}."), "`list` has those that are open."));
    };
    if into.kind == Kind::Planned {
        return Err(Refusal::conflict(
            format!("{into} is planned work, and merges with nothing."),
            format!("What it broke is a part of it: `{id} under {into}`."),
        ));
    }
    if into.kind != id.kind {
        return Err(Refusal::conflict(
            format!("{id} and {into} are not of one kind."),
            "Only two of one kind are merged: nothing of an exercise becomes real.",
        ));
    }
    if other.phase.is_over() {
        return Err(Refusal::conflict(
            format!("{into} is {}.", scene.policy.names.standing(other.phase)),
            match next(incident.kind(), other.phase).contains(&Phase::Investigating) {
                true => format!("Merge into one that goes on, or open it again: `{into} reopen REASON`."),
                false => "Merge into one that goes on; `list` shows them.".into(),
            },
        ));
    }
    if other.is_restricted != incident.restricted.is_some() {
        let (why, instead) = if other.is_restricted {
            (format!("{into} is restricted and {id} is not."), format!("`{id} restrict` or `{into} open up`"))
        } else {
            (format!("{id} is restricted and {into} is not."), format!("`{into} restrict` or `{id} open up`"))
        };
        return Err(Refusal::conflict(
            why,
            format!("Only what the same people may see is merged: {instead} first."),
        ));
    }
    let strangers = match (&other.seen_by, incident.seen_by()) {
        (Some(there), Some(here)) => there.difference(&here).count(),
        _ => 0,
    };
    if strangers > 0 {
        return Err(Refusal::conflict(
            format!("Of those who see {into}, {strangers} may not see {id}."),
            format!("Only what the same people may see is merged: `{id} admit NAME` first."),
        ));
    }
    if is_real(incident) && leaves_readers_hanging(incident) {
        return Err(Refusal::conflict(
            format!("The public reads of {id}."),
            format!("Publish a last update there first: `{id} update draft --phase resolved TEXT`."),
        ));
    }
    let reason = optional_text("reason", reason, scene)?;
    let left: Vec<_> =
        incident.open_actions().map(|action| format!("{} ({})", action.n, action.by)).collect();
    let left = if left.is_empty() {
        String::new()
    } else {
        format!(" Open actions do not go along: {}. Announce them there.", left.join(", "))
    };
    Ok(Decision::many(
        vec![
            Event::MergedInto { into, reason },
            Event::PhaseChanged { from: incident.phase, to: Phase::Merged, reason: format!("it is {into}") },
        ],
        format!(
            "{id} is merged into {into}, where its alerts, open tasks and hazards go on. {} is in command there.{left}",
            other.commander
        ),
    ))
}

/// Whose a task is that came along: what nobody had is for whoever gives out the work here, or gave it out there.
fn heir<'a>(task: &'a Task, incident: &'a Incident) -> &'a Person {
    let givers = [&incident.commander, &task.assigned_by];
    let heirs = task.owner.iter().chain(givers);
    heirs.into_iter().find(|one| one.id != Person::house().id).unwrap_or(&incident.commander)
}

/// In the incident that goes on.
pub(super) fn merged_in(incident: &Incident, luggage: &Luggage) -> Ruling {
    if incident.merged_in.contains(&luggage.from) {
        return Ok(Decision::read(""));
    }
    let mut events = vec![Event::MergedIn {
        from: luggage.from,
        title: luggage.title.clone(),
        severity: luggage.severity,
        entries: luggage.entries,
    }];
    if !incident.phase.is_over() {
        let alerts = luggage.situations.iter().filter(|one| !incident.situations.contains_key(&one.id));
        events.extend(alerts.map(|one| Event::AlertsLinked {
            situation: one.id,
            title: one.title.clone(),
            source: one.source.clone(),
            firing: one.firing,
            total: one.total,
            alerts: vec![],
            within: None,
            because: String::new(),
        }));
        let first = incident.tasks.iter().map(|task| task.n).max().unwrap_or(0) + 1;
        events.extend((first..).zip(&luggage.tasks).map(|(n, task)| Event::TaskAssigned {
            n,
            text: task.text.clone(),
            owner: heir(task, incident).clone(),
            due_at: task.due_at,
        }));
        let first = incident.hazards.iter().map(|hazard| hazard.n).max().unwrap_or(0) + 1;
        events.extend((first..).zip(&luggage.hazards).map(|(n, hazard)| Event::HazardNamed {
            n,
            text: hazard.text.clone(),
            mitigation: hazard.mitigation.clone(),
            by: Some(hazard.by.clone()),
        }));
    }
    Ok(Decision::many(events, format!("{} was merged into {}.", luggage.from, incident.id)))
}

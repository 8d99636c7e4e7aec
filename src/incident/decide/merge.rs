//! Two that are one: what ends as a duplicate, and what goes along to the other.

use super::lifecycle::{called_for_now, leaves_readers_hanging, next};
use super::*;
use crate::{
    incident::{
        command::{Luggage, MergeFacts},
        event::Copied,
        id::IncidentId,
        sentence::ended,
        state::{ObjectiveState, Stop, Task, Wording},
    },
    post,
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
    if other.phase == Phase::Triage && incident.phase != Phase::Triage {
        return Err(Refusal::conflict(
            format!("{into} is in triage: nobody has said yet that it is an incident."),
            format!("Confirm {into} first: `{into} confirm`. Or merge the other way: `{id} merge {into}`."),
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
    let (stop, left) = (if incident.stop.is_some() { "stop, " } else { "" }, left(incident, scene));
    let left = if left.is_empty() {
        String::new()
    } else {
        format!(" Not taken along, to be said anew there where it still holds: {}.", left.join("; "))
    };
    let raised = if incident.severity.worse_than(other.severity) {
        let names = &scene.policy.names;
        let (from, to) = (names.severity(other.severity), names.severity(incident.severity));
        format!(" {into} is raised from {from} to {to}, as {id} is worse.")
    } else {
        String::new()
    };
    Ok(Decision::many(
        vec![
            Event::MergedInto { into, reason },
            Event::PhaseChanged { from: incident.phase, to: Phase::Merged, reason: format!("it is {into}") },
        ],
        format!(
            "{id} is merged into {into}, where its {stop}alerts, open tasks and hazards go on. {} is in command there.{raised}{left}",
            other.commander
        ),
    ))
}

/// What is open and goes nowhere when the incident ends as a duplicate, each with whose it is.
fn left(incident: &Incident, scene: &Scene<'_>) -> Vec<String> {
    let listed = |what: &str, all: Vec<String>| match all.as_slice() {
        [] => None,
        [one] => Some(format!("{what} {one}")),
        _ => Some(format!("{what}s {}", all.join(", "))),
    };
    let actions = incident.open_actions().map(|action| format!("{} ({})", action.n, action.by));
    let proposals = incident.open_proposals().map(|proposal| format!("{} ({})", proposal.n, proposal.by));
    let objectives = incident.objectives.iter().filter(|one| one.state == ObjectiveState::Open);
    let updates =
        incident.open_posts().map(|post| match post::standing_approval(incident, post, scene.now) {
            Ok(_) => format!("{} (of {}, approved)", post.n, post.author),
            Err(_) => format!("{} (of {})", post.n, post.author),
        });
    let command = incident.command_offer.iter().map(|offer| format!("the offer of command to {}", offer.to));
    let unified =
        incident.unify_offer.iter().map(|offer| format!("the offer of a part in command to {}", offer.to));
    let roles = incident
        .offers
        .iter()
        .map(|offer| format!("the offer of {} to {}", offer.role.shown(scene.policy.words), offer.to));
    let roll = incident.roll_call.as_ref().map(|call| format!("the roll call of {}", call.by));
    let period = incident.period.as_ref().map(|period| format!("operational period {}", period.n));
    let numbered = [
        listed("action", actions.collect()),
        listed("proposal", proposals.collect()),
        listed("objective", objectives.map(|one| one.n.to_string()).collect()),
        listed("public update", updates.collect()),
    ];
    numbered
        .into_iter()
        .flatten()
        .chain(command)
        .chain(unified)
        .chain(roles)
        .chain(roll)
        .chain(period)
        .collect()
}

/// Whose a task is that came along: what nobody had is for whoever gives out the work here, or gave it out there.
fn heir<'a>(task: &'a Task, incident: &'a Incident) -> &'a Person {
    let givers = [&incident.commander, &task.assigned_by];
    let heirs = task.owner.iter().chain(givers);
    heirs.into_iter().find(|one| one.id != Person::house().id).unwrap_or(&incident.commander)
}

/// In the incident that goes on.
pub(super) fn merged_in(incident: &Incident, luggage: &Luggage, scene: &Scene<'_>) -> Ruling {
    // Once for each merge: opened again, and ended as this one once more, it has more entries than before.
    if incident.taken_in.get(&luggage.from).is_some_and(|taken| *taken >= luggage.entries) {
        return Ok(Decision::read(""));
    }
    let taken = if incident.phase.is_over() { vec![] } else { unpacked(incident, luggage, scene) };
    // Its own entry is the next one here; what was taken over follows it.
    let first = incident.seq + 1;
    let titled = luggage.titled_in.map(|there| Copied { there, here: first });
    let others =
        (first + 1..).zip(&taken).filter_map(|(here, (_, there))| Some(Copied { there: (*there)?, here }));
    let copies = titled.into_iter().chain(others).collect();
    let merged = Event::MergedIn {
        from: luggage.from,
        title: luggage.title.clone(),
        severity: luggage.severity,
        entries: luggage.entries,
        copies,
        by: luggage.by.clone(),
    };
    let events = std::iter::once(merged).chain(taken.into_iter().map(|(event, _)| event));
    Ok(Decision::many(events, format!("{} was merged into {}.", luggage.from, incident.id)))
}

/// What comes along, each with the entry there that has its words. The stop comes first: whatever else there is to do waits for it.
/// What came with an earlier merge, and is open here still, comes only once.
fn unpacked(incident: &Incident, luggage: &Luggage, scene: &Scene<'_>) -> Vec<(Event, Option<u64>)> {
    let is_here = |there: u64, open: &[u64]| {
        incident.same_words(luggage.from, there).iter().any(|here| open.contains(here))
    };
    let stands: Vec<u64> = incident.stop.iter().filter_map(|_| incident.entry_of(Wording::Stop)).collect();
    let stop = luggage.stop.as_ref();
    let stop = stop.filter(|_| luggage.stopped_in.is_none_or(|there| !is_here(there, &stands)));
    let stop = stop.map(|stop| (stopped(incident, luggage.from, stop), luggage.stopped_in));
    let alerts = luggage.situations.iter().map(|one| {
        let linked = Event::AlertsLinked {
            situation: one.id,
            title: one.title.clone(),
            source: one.source.clone(),
            firing: one.firing,
            total: one.total,
            alerts: vec![],
            within: None,
            because: String::new(),
        };
        (linked, None)
    });
    let first = incident.tasks.iter().map(|task| task.n).max().unwrap_or(0) + 1;
    let open: Vec<u64> = incident.open_tasks().map(|task| task.seq).collect();
    let tasks = luggage.tasks.iter().filter(|task| !is_here(task.seq, &open));
    let tasks = (first..).zip(tasks).map(|(n, task)| {
        let (text, owner, due_at) = (task.text.clone(), heir(task, incident).clone(), task.due_at);
        (Event::TaskAssigned { n, text, owner, due_at }, Some(task.seq))
    });
    let first = incident.hazards.iter().map(|hazard| hazard.n).max().unwrap_or(0) + 1;
    let open: Vec<u64> = incident.open_hazards().map(|hazard| hazard.seq).collect();
    let hazards = luggage.hazards.iter().filter(|hazard| !is_here(hazard.seq, &open));
    let hazards = (first..).zip(hazards).map(|(n, hazard)| {
        let (text, mitigation) = (hazard.text.clone(), hazard.mitigation.clone());
        (Event::HazardNamed { n, text, mitigation, by: Some(hazard.by.clone()) }, Some(hazard.seq))
    });
    let raised = raised(incident, luggage, scene).into_iter().map(|event| (event, None));
    stop.into_iter().chain(alerts).chain(tasks).chain(hazards).chain(raised).collect()
}

/// What goes on is as bad as the worse of the two.
fn raised(incident: &Incident, luggage: &Luggage, scene: &Scene<'_>) -> Vec<Event> {
    let (from, to) = (incident.severity, luggage.severity);
    if !to.worse_than(from) {
        return vec![];
    }
    let reason = format!("{} was merged into it", luggage.from);
    let changed = Event::SeverityChanged { from, to, reason, rated: None };
    std::iter::once(changed).chain(called_for_now(incident, to, scene)).collect()
}

/// Of two stops the stricter one stands: what was stopped as Safety Officer is lifted by fewer people. The other is told.
fn stopped(incident: &Incident, from: IncidentId, stop: &Stop) -> Event {
    if incident.stop.as_ref().is_some_and(|known| known.as_safety || !stop.as_safety) {
        let text = format!("{from} was stopped as well, by {}: {}", stop.by, ended(&stop.reason));
        return Event::Noted { text, until: None, is_mark: false };
    }
    Event::ActionsStopped {
        reason: stop.reason.clone(),
        by: Some(stop.by.clone()),
        as_safety: stop.as_safety,
    }
}

/// Words that were redacted in the one are not read on in the other.
pub(super) fn redact_too(incident: &Incident, there: Option<IncidentId>, targets: &[u64]) -> Decision {
    let there = there.map_or_else(|| "elsewhere".to_owned(), |there| format!("in {there}"));
    let reason = format!("the same words were redacted {there}");
    let redacted = |target: &u64| Event::EntryRedacted { target: *target, reason: reason.clone() };
    // Somebody may have done so here meanwhile.
    Decision::many(targets.iter().filter(|target| !incident.redacted.contains(target)).map(redacted), "")
}

//! The work: objectives, tasks with an owner and a time box, CAN reports.

use super::*;
use crate::incident::state::{ObjectiveState, Task, TaskState};

const OBJECTIVES_MAX: usize = 100;
const TASKS_MAX: usize = 1_000;
const SERVICES_MAX: usize = 200;
/// A time box of more than a week is no time box.
const MINUTES_MAX: u32 = 7 * 24 * 60;

pub(super) fn set_objective(incident: &Incident, new: &str, scene: &Scene<'_>) -> Ruling {
    room_for("objectives", incident.objectives.len(), OBJECTIVES_MAX)?;
    let new = text("objective", new, scene)?;
    let n = incident.objectives.iter().map(|o| o.n).max().unwrap_or(0) + 1;
    Ok(Decision::one(Event::ObjectiveSet { n, text: new }, format!("Objective {n} is set.")))
}

fn open_objective(incident: &Incident, n: u32) -> Result<(), Refusal> {
    match incident.objectives.iter().find(|objective| objective.n == n) {
        Some(objective) if objective.state == ObjectiveState::Open => Ok(()),
        Some(_) => Err(Refusal::conflict(format!("Objective {n} is settled already."), "Nothing to do.")),
        None => Err(Refusal::not_found(format!("There is no objective {n}."), "`status` lists them.")),
    }
}

pub(super) fn meet_objective(incident: &Incident, n: u32) -> Ruling {
    open_objective(incident, n)?;
    Ok(Decision::one(Event::ObjectiveMet { n }, format!("Objective {n} is met.")))
}

pub(super) fn drop_objective(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    open_objective(incident, n)?;
    let reason = text("reason", reason, scene)?;
    Ok(Decision::one(Event::ObjectiveDropped { n, reason }, format!("Objective {n} is dropped.")))
}

pub(super) fn time_box(minutes: u32) -> Result<Duration, Refusal> {
    if (1..=MINUTES_MAX).contains(&minutes) {
        Ok(Duration::minutes(i64::from(minutes)))
    } else {
        Err(Refusal::invalid(
            format!("A time box of {minutes} minutes makes no sense."),
            format!("Give 1 to {MINUTES_MAX} minutes: 10m, 2h."),
        ))
    }
}

pub(super) fn assign(
    incident: &Incident,
    owner: Option<&Person>,
    what: &str,
    minutes: Option<u32>,
    scene: &Scene<'_>,
) -> Ruling {
    room_for("tasks", incident.tasks.len(), TASKS_MAX)?;
    if !incident.phase.is_active() && incident.phase != Phase::Resolved && incident.phase != Phase::Review {
        return Err(Refusal::conflict(
            format!("{} is {}.", incident.id, scene.policy.names.standing(incident.phase)),
            "No new tasks go in.",
        ));
    }
    let what = text("task", what, scene)?;
    let due_at = minutes.map(time_box).transpose()?.map(|time_box| scene.now + time_box);
    let owner = owner.unwrap_or(scene.person).clone();
    let n = incident.tasks.iter().map(|task| task.n).max().unwrap_or(0) + 1;
    let due = due_at.map(|due| format!(", report back by {}", clock_time(due))).unwrap_or_default();
    let reply = if owner.id == scene.person.id {
        format!("Task #{n} is yours{due}.")
    } else {
        format!("Task #{n} for {owner}{due}. {owner}: `task ack {n}` when understood.")
    };
    Ok(Decision::one(Event::TaskAssigned { n, text: what, owner, due_at }, reply))
}

fn open_task(incident: &Incident, n: u32) -> Result<&Task, Refusal> {
    match incident.task(n) {
        Some(task) if task.state.is_open() => Ok(task),
        Some(task) => {
            Err(Refusal::conflict(format!("Task #{n} is {} already.", task.state.word()), "Nothing to do."))
        }
        None => Err(Refusal::not_found(format!("There is no task #{n}."), "`task list` has them all.")),
    }
}

/// The owner answers for a task, or whoever does for all.
fn my_task<'a>(incident: &'a Incident, n: u32, scene: &Scene<'_>) -> Result<&'a Task, Refusal> {
    let task = open_task(incident, n)?;
    if task.owner.id == scene.person.id || answers_for_all(incident, scene.person) {
        Ok(task)
    } else {
        Err(Refusal::forbidden(format!("Task #{n} is {}'s.", task.owner), "Ask them, or the commander."))
    }
}

pub(super) fn understand(incident: &Incident, n: u32, scene: &Scene<'_>) -> Ruling {
    let task = my_task(incident, n, scene)?;
    if task.state == TaskState::Understood {
        return Err(Refusal::conflict(format!("Task #{n} is understood already."), "Nothing to do."));
    }
    let still = if task.state == TaskState::Overdue {
        format!(", and overdue still (`task more {n} 10m` gives it a new time)")
    } else {
        String::new()
    };
    let reply = format!("Task #{n} is understood{still}: {}", task.text);
    Ok(Decision::one(Event::TaskUnderstood { n }, reply))
}

pub(super) fn extend(incident: &Incident, n: u32, minutes: u32, scene: &Scene<'_>) -> Ruling {
    my_task(incident, n, scene)?;
    let due_at = scene.now + time_box(minutes)?;
    Ok(Decision::one(
        Event::TaskExtended { n, due_at },
        format!("Task #{n} now runs until {}.", clock_time(due_at)),
    ))
}

pub(super) fn report(incident: &Incident, n: u32, result: &str, scene: &Scene<'_>) -> Ruling {
    my_task(incident, n, scene)?;
    let result = text("result", result, scene)?;
    Ok(Decision::one(Event::TaskReported { n, result }, format!("Task #{n} is done.")))
}

pub(super) fn cancel(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    open_task(incident, n)?;
    let reason = text("reason", reason, scene)?;
    Ok(Decision::one(Event::TaskCancelled { n, reason }, format!("Task #{n} is cancelled.")))
}

pub(super) fn can(
    incident: &Incident,
    service: &str,
    conditions: &str,
    actions: &str,
    needs: &str,
    scene: &Scene<'_>,
) -> Ruling {
    let service = text_within("service", service, 60)?;
    if !incident.cans.contains_key(&service) {
        room_for("services with reports", incident.cans.len(), SERVICES_MAX)?;
    }
    let event = Event::CanReported {
        service: service.clone(),
        conditions: text("conditions", conditions, scene)?,
        actions: optional_text("actions", actions, scene)?,
        needs: optional_text("needs", needs, scene)?,
    };
    Ok(Decision::one(event, format!("CAN report for {service} is in.")))
}

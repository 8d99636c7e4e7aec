//! The work: objectives, tasks with an owner and a time box, CAN reports.

use super::*;
use crate::incident::{
    briefing,
    event::CanParts,
    sentence::{brief, ended},
    state::{Can, Objective, ObjectiveState, Task, TaskState},
    summary,
};

const OBJECTIVES_MAX: usize = 100;
const TASKS_MAX: usize = 1_000;
const SERVICES_MAX: usize = 200;
const SERVICES_NAMED_MAX: usize = 5;
/// A time box of more than a week is no time box.
const MINUTES_MAX: u32 = 7 * 24 * 60;

pub(super) fn set_objective(incident: &Incident, new: &str, scene: &Scene<'_>) -> Ruling {
    room_for("objectives", incident.objectives.len(), OBJECTIVES_MAX)?;
    let new = text("objective", new, scene)?;
    let n = incident.objectives.iter().map(|o| o.n).max().unwrap_or(0) + 1;
    Ok(Decision::one(Event::ObjectiveSet { n, text: new }, format!("Objective {n} is set.")))
}

fn open_objective(incident: &Incident, n: u32) -> Result<&Objective, Refusal> {
    match incident.objectives.iter().find(|objective| objective.n == n) {
        Some(objective) if objective.state == ObjectiveState::Open => Ok(objective),
        Some(_) => Err(Refusal::conflict(format!("Objective {n} is settled already."), "Nothing to do.")),
        None => {
            Err(Refusal::not_found(format!("There is no objective {n}."), "`objective list` has them all."))
        }
    }
}

pub(super) fn meet_objective(incident: &Incident, n: u32) -> Ruling {
    let objective = open_objective(incident, n)?;
    let reply = format!("Objective {n} is met: {}", named(&objective.text));
    Ok(Decision::one(Event::ObjectiveMet { n }, reply))
}

pub(super) fn drop_objective(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let objective = open_objective(incident, n)?;
    let reason = text("reason", reason, scene)?;
    let reply = format!("Objective {n} is dropped: {}", named(&objective.text));
    Ok(Decision::one(Event::ObjectiveDropped { n, reason }, reply))
}

/// All of them, below the operational period that goes on.
pub(super) fn objectives(incident: &Incident, scene: &Scene<'_>) -> String {
    let state = |state| match state {
        ObjectiveState::Open => "open",
        ObjectiveState::Met => "met",
        ObjectiveState::Dropped => "dropped",
    };
    let all = incident.objectives.iter();
    let all = all.map(|objective| format!("{} {} – {}", objective.n, objective.text, state(objective.state)));
    let lines: Vec<String> = briefing::period(incident, scene.now).into_iter().chain(all).collect();
    if lines.is_empty() {
        return format!("{} has no objectives. To set one: `objective add TEXT`.", incident.id);
    }
    lines.join("\n")
}

pub(super) fn time_box(minutes: u32) -> Result<Duration, Refusal> {
    lasts_within("a time box", minutes, 1..=MINUTES_MAX, "10m, 2h")
}

pub(super) fn assign(
    incident: &Incident,
    owner: Option<&Person>,
    what: &str,
    minutes: Option<u32>,
    scene: &Scene<'_>,
) -> Ruling {
    room_for("tasks", incident.tasks.len(), TASKS_MAX)?;
    if incident.phase.is_over() {
        return Err(Refusal::conflict(
            format!("{} is {}.", incident.id, scene.policy.names.standing(incident.phase)),
            "No new tasks go in.",
        ));
    }
    let what = text("task", what, scene)?;
    let due_at = minutes.map(time_box).transpose()?.map(|time_box| scene.now + time_box);
    let owner = owner.unwrap_or(scene.person).clone();
    check_works(incident, &owner, scene)?;
    let n = incident.tasks.iter().map(|task| task.n).max().unwrap_or(0) + 1;
    let is_mine = owner.id == scene.person.id;
    let time_box = match due_at {
        Some(due) => format!(" Report back by {}.", dated(due)),
        // Who gives it out may not be who may change its time.
        None if is_mine || answers_for_all(incident, scene.person) => {
            format!(" No time box: `task more {n} 10m`.")
        }
        None => " No time box.".to_owned(),
    };
    // With its text: whose name or time box was read as a part of it, sees so.
    let what_is_said = brief(&what);
    let reply = if is_mine {
        format!("Task #{n} is yours: «{what_is_said}».{time_box}")
    } else {
        format!("Task #{n} for {owner}: «{what_is_said}».{time_box} {owner}: `task ack {n}` when understood.")
    };
    Ok(Decision::one(Event::TaskAssigned { n, text: what, owner, due_at }, reply))
}

/// Nobody is given what they would be refused to do.
fn check_works(incident: &Incident, owner: &Person, scene: &Scene<'_>) -> Result<(), Refusal> {
    if rights::may_work(incident, owner) {
        return Ok(());
    }
    let roles = incident.roles_of(owner);
    let titles: Vec<String> = roles.iter().map(|role| role.shown(scene.policy.words)).collect();
    let releases: Vec<String> = roles.iter().map(|role| format!("`role release {}`", role.slug())).collect();
    Err(Refusal::conflict(
        format!("{owner} is {} here, and only reads along: no task can be theirs.", titles.join(", ")),
        format!("Give it to somebody else, or ask {owner} to give that up first: {}.", releases.join(", ")),
    ))
}

fn open_task(incident: &Incident, n: u32) -> Result<&Task, Refusal> {
    match incident.task(n) {
        Some(task) if task.state.is_open() => Ok(task),
        Some(task) => {
            Err(Refusal::conflict(format!("Task #{n} is {} already.", task.state.word()), "Nothing to do."))
        }
        None => Err(no_task(n)),
    }
}

fn no_task(n: u32) -> Refusal {
    Refusal::not_found(format!("There is no task #{n}."), "`task list` has them all.")
}

/// The owner answers for a task, or whoever does for all.
fn my_task<'a>(incident: &'a Incident, n: u32, scene: &Scene<'_>) -> Result<&'a Task, Refusal> {
    let task = open_task(incident, n)?;
    if task.is_of(scene.person) || answers_for_all(incident, scene.person) {
        return Ok(task);
    }
    match &task.owner {
        Some(owner) => {
            Err(Refusal::forbidden(format!("Task #{n} is {owner}'s."), "Ask them, or the commander."))
        }
        None => Err(nobodys(n)),
    }
}

fn nobodys(n: u32) -> Refusal {
    Refusal::conflict(
        format!("Nobody has task #{n}."),
        format!("Take it: `task give {n}`; or give it to somebody: `task give {n} @NAME`."),
    )
}

/// Whether nothing can be theirs here: the house, who checked out, and who may not see it any more.
fn is_gone(incident: &Incident, person: &Person) -> bool {
    person.id == Person::house().id
        || !incident.may_see(person)
        || incident.participants.get(&person.id).is_some_and(|part| part.checked_out.is_some())
}

/// Whom a task goes up to when its time is over: the commander; what is the commander's own, a deputy.
pub(super) fn goes_up_to(incident: &Incident, owner: Option<&Person>) -> Option<Person> {
    let is_other = |one: &&Person| owner.is_none_or(|owner| owner.id != one.id);
    let mut up = std::iter::once(&incident.commander).chain(incident.given("deputy")).filter(is_other);
    up.find(|one| one.id != Person::house().id).cloned()
}

pub(super) fn understand(incident: &Incident, n: u32, scene: &Scene<'_>) -> Ruling {
    let task = my_task(incident, n, scene)?;
    if task.owner.is_none() {
        return Err(nobodys(n));
    }
    if task.state == TaskState::Understood {
        return Err(Refusal::conflict(format!("Task #{n} is understood already."), "Nothing to do."));
    }
    let still = if task.state == TaskState::Overdue {
        format!(", and overdue still (`task more {n} 10m` gives it a new time)")
    } else {
        String::new()
    };
    let reply = format!("Task #{n} is understood{still}: {}", ended(&task.text));
    Ok(Decision::one(Event::TaskUnderstood { n }, reply))
}

pub(super) fn extend(incident: &Incident, n: u32, minutes: u32, scene: &Scene<'_>) -> Ruling {
    let task = my_task(incident, n, scene)?;
    let due_at = scene.now + time_box(minutes)?;
    let reply = format!("Task #{n} now runs until {}: {}", dated(due_at), named(&task.text));
    Ok(Decision::one(Event::TaskExtended { n, due_at }, reply))
}

pub(super) fn report(incident: &Incident, n: u32, result: &str, scene: &Scene<'_>) -> Ruling {
    let task = my_task(incident, n, scene)?;
    let result = text("result", result, scene)?;
    let reply = format!("Task #{n} is done: {}", named(&task.text));
    Ok(Decision::one(Event::TaskReported { n, result }, reply))
}

pub(super) fn cancel(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let task = open_task(incident, n)?;
    let reason = text("reason", reason, scene)?;
    let reply = format!("Task #{n} is cancelled: {}", named(&task.text));
    Ok(Decision::one(Event::TaskCancelled { n, reason }, reply))
}

/// It goes back to whoever gave it; where that is the same person, or nobody who is here, to the commander.
pub(super) fn decline(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let task = my_task(incident, n, scene)?;
    let Some(owner) = task.owner.clone() else { return Err(nobodys(n)) };
    let reason = text("reason", reason, scene)?;
    let givers = [&task.assigned_by, &incident.commander];
    let to = givers.into_iter().find(|one| one.id != owner.id && !is_gone(incident, one)).cloned();
    let back = match &to {
        Some(to) => format!("It goes back to {to}: `task give {n} @NAME`."),
        None => format!("`task give {n} @NAME` gives it to somebody."),
    };
    Ok(Decision::one(
        Event::TaskDeclined { n, owner, reason, to },
        format!("Task #{n} is declined, and nobody has it now. {back}"),
    ))
}

/// Its time box before is over and done with: it has the one that is said, or none.
pub(super) fn reopen(
    incident: &Incident,
    n: u32,
    reason: &str,
    minutes: Option<u32>,
    scene: &Scene<'_>,
) -> Ruling {
    let task = incident.task(n).ok_or_else(|| no_task(n))?;
    match task.state {
        TaskState::Reported => {}
        TaskState::Cancelled => {
            return Err(Refusal::conflict(
                format!("Task #{n} was cancelled, not reported as done."),
                "Give it anew: `task add [@NAME] TEXT`.",
            ));
        }
        _ => return Err(Refusal::conflict(format!("Task #{n} is open."), "Nothing to do.")),
    }
    let me = scene.person;
    if !task.is_of(me) && task.assigned_by.id != me.id && !answers_for_all(incident, me) {
        return Err(Refusal::forbidden(
            format!("Task #{n} was {}'s, and {} gave it.", task.whose(), task.assigned_by),
            "Tell them, or the commander, what is still to be done.",
        ));
    }
    let reason = text("reason", reason, scene)?;
    let due_at = minutes.map(time_box).transpose()?.map(|time_box| scene.now + time_box);
    let owner = task.owner.clone().filter(|owner| !is_gone(incident, owner));
    let due = due_at.map(|due| format!(", due {}", dated(due))).unwrap_or_default();
    let reply = match &owner {
        Some(owner) if owner.id == me.id => format!("Task #{n} is open again, and yours{due}."),
        Some(owner) => {
            format!("Task #{n} is open again, and {owner}'s{due}. {owner}: `task ack {n}` when understood.")
        }
        None => format!(
            "Task #{n} is open again{due}. {} is gone, so nobody has it: `task give {n} @NAME`.",
            task.whose()
        ),
    };
    Ok(Decision::one(Event::TaskReopened { n, reason, owner, due_at }, reply))
}

/// To somebody, or to oneself. Without a new time box the one that it has goes on, unless it is over.
pub(super) fn give(
    incident: &Incident,
    n: u32,
    owner: Option<&Person>,
    minutes: Option<u32>,
    scene: &Scene<'_>,
) -> Ruling {
    let task = open_task(incident, n)?;
    let me = scene.person;
    let owner = owner.unwrap_or(me).clone();
    if task.is_of(&owner) {
        return Err(Refusal::conflict(
            format!("Task #{n} is {owner}'s already."),
            format!("A new time: `task more {n} 10m`."),
        ));
    }
    check_works(incident, &owner, scene)?;
    // What somebody has is theirs until they decline it, or are relieved of it by who gives out tasks.
    let gives_out = incident.roles_of(me);
    let gives_out =
        gives_out.iter().any(|role| may(Standing::Holds(role), Verb::AssignTask, incident.kind()));
    if let Some(now) = task.owner.as_ref().filter(|now| now.id != me.id && !gives_out) {
        return Err(Refusal::forbidden(
            format!("Task #{n} is {now}'s."),
            format!("Ask them to `task decline {n} REASON`, or the commander to give it to you."),
        ));
    }
    let due_at = match minutes {
        Some(minutes) => Some(scene.now + time_box(minutes)?),
        None => task.due_at.filter(|due| *due > scene.now),
    };
    let due = due_at.map(|due| format!(", due {}", dated(due))).unwrap_or_default();
    let reply = if owner.id == me.id {
        format!("Task #{n} is yours{due}: {}", task.text)
    } else {
        format!("Task #{n} is {owner}'s{due}. {owner}: `task ack {n}` when understood.")
    };
    Ok(Decision::one(Event::TaskGiven { n, owner, due_at }, reply))
}

pub(super) fn can(
    incident: &Incident,
    service: &str,
    conditions: &str,
    actions: &str,
    needs: &str,
    scene: &Scene<'_>,
) -> Ruling {
    let said = text_within("service", bare(service), 60)?;
    let known = known_service(incident, &said);
    if known.is_none() {
        room_for("services with reports", incident.cans.len(), SERVICES_MAX)?;
    }
    let service = known.cloned().unwrap_or(said);
    let event = Event::CanReported {
        service: service.clone(),
        conditions: text("conditions", conditions, scene)?,
        actions: optional_text("actions", actions, scene)?,
        needs: optional_text("needs", needs, scene)?,
    };
    Ok(Decision::one(event, format!("CAN report for {service} is in.")))
}

/// `checkout:` is «checkout», with what is said of it behind.
fn bare(service: &str) -> &str {
    service.trim().trim_end_matches([':', '：', ' '])
}

/// A service that there is a report on, as it was first written.
fn known_service<'a>(incident: &'a Incident, said: &str) -> Option<&'a String> {
    let said = bare(said);
    let alike = |known: &&String| known.to_lowercase() == said.to_lowercase();
    incident.cans.get_key_value(said).map(|(name, _)| name).or_else(|| incident.cans.keys().find(alike))
}

/// What stands for nothing where a part of a report is to be taken away.
const NONE: [&str; 3] = ["-", "–", "—"];

/// A part as a correction has it: what is empty stays as it was, a hyphen takes it away.
fn part(what: &str, said: &str, scene: &Scene<'_>) -> Result<Option<String>, Refusal> {
    match said.trim() {
        "" => Ok(None),
        // Without its conditions a report says nothing.
        said if NONE.contains(&said) && what != "conditions" => Ok(Some(String::new())),
        said if NONE.contains(&said) => text(what, "", scene).map(Some),
        said => text(what, said, scene).map(Some),
    }
}

/// What was typed as `CONDITIONS | ACTIONS | NEEDS`: as a report is split, what follows the second bar is all of the last part.
pub(super) fn parts_of(said: &str) -> [&str; 3] {
    let mut parts = said.splitn(3, '|').map(str::trim);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// A correction of the report that stands in an entry, part by part; what is empty stays as it was.
///
/// The commander, the deputy, Operations and the scribe correct anybody's, as they answer for all; others their own.
pub(super) fn correct_can(
    incident: &Incident,
    (n, author): (u64, &Person),
    said: [&str; 3],
    (at, reason): (Option<StatedTime>, &str),
    scene: &Scene<'_>,
) -> Ruling {
    if author.id != scene.person.id && !answers_for_all(incident, scene.person) {
        return Err(Refusal::forbidden(
            format!("The report in entry {n} is {author}'s."),
            "Ask them to correct it, or the commander; or give one of your own: `can SERVICE CONDITIONS`.",
        ));
    }
    let [conditions, actions, needs] = said;
    let parts = CanParts {
        conditions: part("conditions", conditions, scene)?,
        actions: part("actions", actions, scene)?,
        needs: part("needs", needs, scene)?,
    };
    let occurred_at = at.map(|at| stated(at, scene.now)).transpose()?;
    if parts == CanParts::default() && occurred_at.is_none() {
        return Err(Refusal::invalid(
            "Nothing in that report would change.",
            format!(
                "Write `correct {n} CONDITIONS | ACTIONS | NEEDS`: what is left empty stays, a - takes it away."
            ),
        ));
    }
    let reason = optional_text("reason", reason, scene)?;
    let standing = incident.cans.iter().find(|(_, can)| can.seq == n);
    let now = match standing {
        Some((service, can)) => {
            let mut can = Can { corrected: None, ..can.clone() };
            parts.replace(&mut can.conditions, &mut can.actions, &mut can.needs);
            format!("It reads now: {}", ended(&summary::report(service, &can)))
        }
        None => "A later report on that service is the one that counts.".to_owned(),
    };
    let said = clean(&said.join(" | "));
    let text = said.trim_end_matches([' ', '|']).to_owned();
    Ok(Decision::one(
        Event::EntryCorrected { target: n, text, occurred_at, reason, can: Some(parts) },
        format!("The report in entry {n} is corrected; what it said before stays in the record. {now}"),
    ))
}

/// The last report on a service.
pub(super) fn correct_last_can(
    incident: &Incident,
    service: &str,
    said: [&str; 3],
    scene: &Scene<'_>,
) -> Ruling {
    let Some(can) = known_service(incident, service).and_then(|name| incident.cans.get(name)) else {
        let named: Vec<&str> = incident.cans.keys().take(SERVICES_NAMED_MAX).map(String::as_str).collect();
        let instead = match named.as_slice() {
            [] => "Give one: `can SERVICE CONDITIONS`.".to_owned(),
            some => format!("There are reports on {}.", some.join(", ")),
        };
        return Err(Refusal::not_found("There is no report on that service to correct.", instead));
    };
    correct_can(incident, (can.seq, &can.by), said, (None, ""), scene)
}

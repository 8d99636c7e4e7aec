//! Actions: what somebody is about to do, said before it is done. A risky one waits for a go; a stop freezes them all.

use super::*;
use crate::incident::{
    event::ActionOf,
    role::defined,
    sentence::{and, done_how, either, ended, go_on},
    state::{Action, ActionState},
};

const ACTIONS_MAX: usize = 1_000;

pub(super) fn announce(
    incident: &Incident,
    what: &str,
    is_risky: bool,
    minutes: Option<u32>,
    scene: &Scene<'_>,
) -> Ruling {
    room_for("actions", incident.actions.len(), ACTIONS_MAX)?;
    let what = text("action", what, scene)?;
    if let Some(minutes) = minutes {
        super::work::time_box(minutes)?;
    }
    let n = incident.actions.iter().map(|action| action.n).max().unwrap_or(0) + 1;
    let waits_for = if is_risky { incident.who_clears(scene.person) } else { vec![] };
    let reply = match &incident.stop {
        Some(stop) => {
            let (by, reason) = (&stop.by, ended(&stop.reason));
            let risky = " It is risky: when the stop is lifted, it needs a go of its own.";
            let then = if is_risky { risky } else { "" };
            format!("Action {n} is announced, but {by} stopped everything: {reason} Wait.{then}")
        }
        None if !is_risky => {
            format!("Action {n} is announced. Say what came of it: `action done {n} RESULT`.")
        }
        None if waits_for.is_empty() => {
            format!(
                "Action {n} is risky: wait. Nobody is here who can give it a go; `take` command, or wait."
            )
        }
        None if waits_for.iter().any(|one| one.id == scene.person.id) => {
            format!("Action {n} is risky, and nobody else is here to ask. Think twice; then `action go {n}`.")
        }
        None => format!(
            "Action {n} is risky: wait for the go. {}: `action go {n}` or `action hold {n} REASON`.",
            either(&waits_for)
        ),
    };
    let is_stopped = incident.stop.is_some();
    Ok(Decision::one(
        Event::ActionAnnounced { n, text: what, is_risky, waits_for, minutes, is_stopped },
        reply,
    ))
}

fn open_action(incident: &Incident, n: u32) -> Result<&Action, Refusal> {
    match incident.action(n) {
        Some(action) if action.state.is_open() => Ok(action),
        Some(action) => Err(Refusal::conflict(
            format!("Action {n} is {} already.", action.state.word()),
            "Nothing to do.",
        )),
        None => Err(Refusal::not_found(format!("There is no action {n}."), "`action list` has them all.")),
    }
}

fn must_not_be_stopped(incident: &Incident) -> Result<(), Refusal> {
    match &incident.stop {
        None => Ok(()),
        Some(stop) => Err(Refusal::conflict(
            format!("{} stopped everything: {}", stop.by, ended(&stop.reason)),
            "Nothing gets a go until `resume` lifts the stop.",
        )),
    }
}

pub(super) fn go(incident: &Incident, n: u32, scene: &Scene<'_>) -> Ruling {
    let action = open_action(incident, n)?;
    must_not_be_stopped(incident)?;
    if !matches!(action.state, ActionState::Waiting | ActionState::Held) {
        return Err(Refusal::conflict(
            format!("Action {n} waits for nothing; it is {}.", action.state.word()),
            format!("To keep {} from it: `action hold {n} REASON`.", action.by),
        ));
    }
    let others = incident.who_clears(&action.by);
    if action.by.id == scene.person.id && !others.iter().any(|one| one.id == scene.person.id) {
        return Err(Refusal::forbidden(
            format!("Action {n} is your own; a second person looks at what is risky."),
            format!("Ask {}: `action go {n}`.", either(&others)),
        ));
    }
    Ok(Decision::one(Event::ActionCleared { n }, format!("{} may go: {}", action.by, ended(&action.text))))
}

pub(super) fn hold(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let action = open_action(incident, n)?;
    if action.state == ActionState::Held {
        return Err(Refusal::conflict(
            format!("Action {n} is held already."),
            format!("To let it go on: `action go {n}`."),
        ));
    }
    let reason = text("reason", reason, scene)?;
    Ok(Decision::one(
        Event::ActionHeld { n, reason },
        format!("Action {n} is held: {} {}: do not do it until it has a go.", named(&action.text), action.by),
    ))
}

/// Who announced it answers for it, or whoever does for all.
fn my_action<'a>(incident: &'a Incident, n: u32, scene: &Scene<'_>) -> Result<&'a Action, Refusal> {
    let action = open_action(incident, n)?;
    if action.by.id == scene.person.id || answers_for_all(incident, scene.person) {
        Ok(action)
    } else {
        Err(Refusal::forbidden(format!("Action {n} is {}'s.", action.by), "Ask them, or the commander."))
    }
}

/// What was done is taken down even if it should not have been: the timeline is to be true.
pub(super) fn done(incident: &Incident, n: u32, result: &str, scene: &Scene<'_>) -> Ruling {
    let action = my_action(incident, n, scene)?;
    let result = text("result", result, scene)?;
    let without_go = matches!(action.state, ActionState::Waiting | ActionState::Held);
    let is_stopped = incident.stop.is_some();
    let stands = match done_how(without_go, is_stopped) {
        None => String::new(),
        Some(how) => format!(", and stands on the timeline as done {how}"),
    };
    let reply = format!("Action {n} is done{stands}: {}", named(&action.text));
    Ok(Decision::one(Event::ActionDone { n, result, without_go, is_stopped }, reply))
}

pub(super) fn drop_action(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let action = my_action(incident, n, scene)?;
    let reason = optional_text("reason", reason, scene)?;
    let reply = format!("Action {n} will not be done: {}", named(&action.text));
    Ok(Decision::one(Event::ActionDropped { n, reason }, reply))
}

pub(super) fn stop(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    if let Some(stop) = &incident.stop {
        return Err(Refusal::conflict(
            format!("{} stopped everything already: {}", stop.by, ended(&stop.reason)),
            "To lift it: `resume`.",
        ));
    }
    let reason = text("reason", reason, scene)?;
    let open: Vec<_> = incident
        .open_actions()
        .map(|action| format!("{} ({}, {})", action.n, action.text, action.by))
        .collect();
    let what = if open.is_empty() {
        "No action is open; new ones wait.".to_owned()
    } else {
        format!("Hands off: {}.", open.join("; "))
    };
    Ok(Decision::one(
        Event::ActionsStopped { reason, by: None, as_safety: false },
        format!("STOP. Nobody changes anything. {what} `resume` lifts it."),
    ))
}

pub(super) fn resume(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    let Some(stop) = &incident.stop else {
        return Err(Refusal::conflict("Nothing is stopped.", "To stop every action: `stop REASON`."));
    };
    // What the Safety Officer stopped, Operations does not start again over their head.
    let may = incident.roles_of(scene.person).iter().any(|role| matches!(role.rights(), "ic" | "safety"));
    if stop.as_safety && !may {
        let safety: Vec<Person> = incident.given("safety").cloned().collect();
        let whom = if safety.is_empty() { vec![incident.commander.clone()] } else { safety };
        let safety_title = defined("safety").map(|role| role.shown(scene.policy.words)).unwrap_or_default();
        return Err(Refusal::forbidden(
            format!("{} stopped it as {safety_title}.", stop.by),
            format!("{} can lift it, or {} in command.", and(&whom), incident.commander),
        ));
    }
    let reason = optional_text("reason", reason, scene)?;
    let wait: Vec<String> = incident
        .open_actions()
        .filter(|action| matches!(action.state, ActionState::Waiting | ActionState::Held))
        .map(|action| format!("{} ({})", action.n, action.by))
        .collect();
    let wait = if wait.is_empty() {
        String::new()
    } else {
        format!(" A go of their own need: {}.", wait.join(", "))
    };
    let going = |action: &&Action| matches!(action.state, ActionState::Going | ActionState::Overdue);
    let of = |action: &Action| ActionOf { n: action.n, by: action.by.clone() };
    let free: Vec<ActionOf> = incident.open_actions().filter(going).map(of).collect();
    let reply = format!("The stop is lifted.{}{wait}", go_on(&free));
    Ok(Decision::one(Event::ActionsResumed { reason, free }, reply))
}

pub(super) fn list(incident: &Incident) -> String {
    let mut lines = Vec::new();
    if let Some(stop) = incident.standing_stop() {
        lines.push(format!(
            "STOPPED by {} at {}: {} `resume` lifts it.",
            stop.by,
            dated(stop.at),
            ended(&stop.reason)
        ));
    }
    lines.extend(incident.actions.iter().filter(|action| action.state != ActionState::Dropped).map(
        |action| {
            let risky = if action.is_risky { ", risky" } else { "" };
            let due = action.due_at.filter(|_| action.state.is_open());
            let due = due.map(|due| format!(", due {}", dated(due))).unwrap_or_default();
            let result = action.result.as_ref().map(|result| format!(": {result}")).unwrap_or_default();
            format!(
                "{} {} – {}{risky}, {}{due}{result}",
                action.n,
                action.text,
                action.by,
                incident.standing_of(action)
            )
        },
    ));
    if lines.is_empty() {
        return format!("{} has no actions. Before you change something: `action WHAT`.", incident.id);
    }
    lines.join("\n")
}

/// A time box that is over; not while everything is stopped, and not for what has been held since.
pub(super) fn due(incident: &Incident, n: u32, due_at: DateTime<Utc>, scene: &Scene<'_>) -> Ruling {
    match incident.action(n) {
        Some(action)
            if action.state == ActionState::Going
                && incident.stop.is_none()
                && action.due_at == Some(due_at)
                && scene.now >= due_at =>
        {
            let ops: Vec<Person> =
                incident.given("ops").filter(|one| one.id != action.by.id).cloned().collect();
            let to: Vec<Person> = if ops.is_empty() {
                super::work::goes_up_to(incident, Some(&action.by)).into_iter().collect()
            } else {
                ops
            };
            let event = Event::ActionOverdue { n, by: Some(action.by.clone()), to };
            Ok(Decision::one(event, format!("Action {n} is late.")))
        }
        _ => Ok(Decision::read("")),
    }
}

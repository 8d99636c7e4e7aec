//! For whoever is new or stuck, and for a room that has fallen silent: a second pair of eyes, nudges, quiet.

use super::*;
use crate::incident::{
    alternates,
    event::Whom,
    sentence::{and, some_of},
    state::{Assignment, TaskState, Unbroken},
};

/// A quiet that lasts longer is no quiet but an end.
const QUIET_MINUTES_MAX: u32 = 4 * 60;
/// What is open that one nudge names.
const OPEN_NAMED_MAX: usize = 4;

/// Wakes the next one who has not been asked yet: a deputy, the commander, who else has the asker's part or is over it, who is
/// next in line for the asker's part or for command; then whoever is here, and at last whoever is on call.
pub(super) fn assist(incident: &Incident, about: &str, scene: &Scene<'_>) -> Ruling {
    let me = scene.person;
    let about = optional_text("question", about, scene)?;
    let before: &[Person] = match &incident.assist {
        Some(assist)
            if assist.by.id == me.id && scene.now - assist.at < crate::incident::state::ASSIST_ANEW =>
        {
            &assist.asked
        }
        _ => &[],
    };
    let house = Person::house();
    let mut ladder: Vec<&Person> = incident.given("deputy").chain([&incident.commander]).collect();
    for role in incident.roles_of(me) {
        let alike = |held: &&Assignment| held.role.family() == role.family();
        ladder.extend(incident.roles.iter().filter(alike).map(|held| &held.person));
        if let Some(up) = role.reports_to() {
            ladder.extend(incident.holders(&up));
        }
    }
    let ic = Role::ic();
    let mine = incident.roles_of(me);
    let in_line = mine.iter().chain([&ic]).flat_map(|role| alternates::of(incident, scene.policy, role));
    ladder.extend(in_line);
    let is_gone =
        |one: &Person| incident.participants.get(&one.id).is_some_and(|part| part.checked_out.is_some());
    ladder.retain(|one| one.id != me.id && one.id != house.id && !is_gone(one));
    let here: Vec<&Person> = incident.present().into_iter().filter(|one| one.id != me.id).collect();
    let is_among = |people: &[Person], one: &Person| people.iter().any(|known| known.id == one.id);
    let asked: Vec<Person> = match ladder.iter().find(|one| !is_among(before, one)) {
        Some(next) => vec![(*next).clone()],
        None => here.iter().map(|one| (*one).clone()).collect(),
    };
    let is_exhausted = asked.iter().all(|one| is_among(before, one));
    let is_left = ladder.iter().chain(&here).any(|one| !is_among(before, one) && !is_among(&asked, one));
    let help = super::paging::for_help(incident, &about, scene);
    let is_woken = help.is_some() || incident.open_pagings().next().is_some();
    let bring = bring_in(incident, scene);
    let reply = match (asked.as_slice(), is_exhausted) {
        ([], _) if is_woken => "You are the only one here: whoever is on call is woken.".to_owned(),
        ([], _) => format!("You are the only one here. {bring}"),
        (_, true) if is_woken => {
            "Everybody here was asked before, and nobody new is left: whoever is on call is woken.".to_owned()
        }
        (_, true) => format!("Everybody here was asked before, and nobody new is left. {bring}"),
        (some, false) => {
            let are = if let [one] = some { format!("{one} is") } else { format!("{} are", and(some)) };
            let then = match (is_left, is_woken) {
                (true, _) => "If nobody comes, say it again: the next one is asked.".to_owned(),
                (false, true) => "If nobody comes, say it again: whoever is on call is woken.".to_owned(),
                (false, false) => format!("Everybody here has been asked already. {bring}"),
            };
            format!("{are} asked to look. Good that you ask. {then}")
        }
    };
    let called = help.filter(|_| is_exhausted);
    let mut events = vec![Event::AssistAsked { text: about, asked }];
    events.extend(called);
    Ok(Decision::many(events, reply))
}

/// How whoever asks gets somebody else to come: by what they may do themselves, or may ask of others.
fn bring_in(incident: &Incident, scene: &Scene<'_>) -> String {
    let me = scene.person;
    if rights::may_assign(incident, me) {
        return "Bring somebody in: `task add @NAME TEXT` tells them what you need.".to_owned();
    }
    let commander = &incident.commander;
    if commander.id != Person::house().id {
        return format!("{commander} can bring somebody in by `task add @NAME TEXT`: ask them to.");
    }
    if rights::may_take_command(incident, me, scene) {
        return "Nobody is in command: `take`, then `task add @NAME TEXT` brings somebody in.".to_owned();
    }
    "Nobody is in command: ask somebody outside to come and to say `take`.".to_owned()
}

pub(super) fn quiet(minutes: u32, scene: &Scene<'_>) -> Ruling {
    let quiet = lasts_within("a time without reminders", minutes, 1..=QUIET_MINUTES_MAX, "`snooze 30m`")?;
    let until = scene.now + quiet;
    Ok(Decision::one(
        Event::QuietAsked { until },
        format!(
            "No reminders until {}. Overdue tasks and actions, the end of an operational period, and what the public is owed \
             are still told.",
            dated(until)
        ),
    ))
}

/// Who is asked after the commander: the deputies; where there are none, those who are next in line for command. Nobody who would
/// be refused it.
fn seconds(incident: &Incident, scene: &Scene<'_>) -> Vec<Person> {
    let takes = |one: &&Person| !incident.has_command(one) && rights::may_take_command(incident, one, scene);
    let deputies: Vec<Person> = incident.given("deputy").filter(takes).cloned().collect();
    if deputies.is_empty() { in_line(incident, scene) } else { deputies }
}

fn in_line(incident: &Incident, scene: &Scene<'_>) -> Vec<Person> {
    let takes = |one: &&Person| rights::may_take_command(incident, one, scene);
    alternates::of(incident, scene.policy, &Role::ic()).filter(takes).cloned().collect()
}

/// Nobody has written for a while, or whoever has command has not, however much others did. The commander is asked first, then
/// the deputy or who is next in line, then everybody.
pub(super) fn silence(incident: &Incident, scene: &Scene<'_>) -> Ruling {
    let minutes = scene.policy.silence_minutes(incident.severity);
    let is_listening = minutes > 0 && incident.phase.is_active();
    let unbroken = is_listening.then(|| incident.silence.unbroken(minutes, scene.now)).flatten();
    let Some(Unbroken { nudges, of_command }) = unbroken else { return Ok(Decision::read("")) };
    let has_commander = incident.commander.id != Person::house().id;
    let seconds = seconds(incident, scene);
    let whom = match nudges {
        0 if has_commander => Whom::Commander,
        0 | 1 if !seconds.is_empty() => Whom::Deputy,
        _ => Whom::Everyone,
    };
    let asked = match whom {
        Whom::Commander => vec![incident.commander.clone()],
        Whom::Deputy => seconds,
        Whom::Everyone => {
            // Who writes is there, checked in or not.
            let there = incident.participants.values().filter(|one| one.checked_out.is_none());
            let mut here: Vec<Person> = there.map(|one| one.person.clone()).collect();
            for one in in_line(incident, scene) {
                if here.iter().all(|other| other.id != one.id) {
                    here.push(one);
                }
            }
            // Whoever may not take over could not help; the commander could write, unless it is about the commander.
            here.retain(|one| match incident.has_command(one) {
                true => of_command.is_none(),
                false => rights::may_take_command(incident, one, scene),
            });
            here
        }
    };
    let so_long = |since: DateTime<Utc>| u32::try_from((scene.now - since).num_minutes()).unwrap_or(0);
    let event = Event::Nudged {
        whom,
        asked,
        silent_minutes: so_long(incident.silence.heard_at),
        command_minutes: of_command.map(so_long),
        open: open(incident, scene),
    };
    Ok(Decision::one(event, "Nothing was written for a while."))
}

/// What is late or waits, together in one nudge.
fn open(incident: &Incident, scene: &Scene<'_>) -> Vec<String> {
    let mut open = Vec::new();
    if incident.standing_stop().is_some() {
        open.push("everything is stopped".to_owned());
    }
    if incident.next_update_due.is_some_and(|due| due <= scene.now) {
        open.push("the public update is late".to_owned());
    }
    let waiting = incident.open_actions().filter(|a| a.state == crate::incident::state::ActionState::Waiting);
    open.extend(waiting.map(|action| format!("action {} waits for a go", action.n)));
    let late = incident.open_tasks().filter(|task| task.state == TaskState::Overdue);
    open.extend(late.map(|task| match &task.owner {
        Some(owner) => format!("task #{} of {owner} is late", task.n),
        None => format!("task #{} is late, and nobody has it", task.n),
    }));
    some_of(open.into_iter(), OPEN_NAMED_MAX)
}

/// Why this person may take command of one who does not answer: the silence was brought to them, and is not broken.
pub(super) fn succession(incident: &Incident, scene: &Scene<'_>) -> Option<String> {
    let (whom, since) = incident.silence.unanswered?;
    let is_second = || seconds(incident, scene).iter().any(|one| one.id == scene.person.id);
    let may = whom == Whom::Everyone || whom == Whom::Deputy && is_second();
    may.then(|| format!("{} did not answer since {}", incident.commander, dated(since)))
}

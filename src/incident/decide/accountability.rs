//! Accountability: roll calls (a personnel accountability report), and whom each reports to.

use super::*;
use crate::incident::{relief::relief, sentence::and};

/// Time to answer, in minutes.
const MINUTES_USUAL: u32 = 5;
const MINUTES_MAX: u32 = 60;

pub(super) fn roll_call(incident: &Incident, minutes: Option<u32>, scene: &Scene<'_>) -> Ruling {
    if let Some(call) = &incident.roll_call {
        let missing: Vec<Person> = incident.unaccounted().into_iter().cloned().collect();
        return Err(Refusal::conflict(
            format!("{} called the roll already; still missing: {}.", call.by, and(&missing)),
            format!("It ends at {}; whoever is here says `here`.", dated(call.due_at)),
        ));
    }
    let minutes = minutes.unwrap_or(MINUTES_USUAL);
    let lasts = lasts_within("a roll call", minutes, 1..=MINUTES_MAX, "`roll call 5m`")?;
    let asked: Vec<Person> =
        incident.present().into_iter().filter(|one| one.id != scene.person.id).cloned().collect();
    if asked.is_empty() {
        return Err(Refusal::conflict(
            "Nobody else is checked in.",
            "Whoever comes says `checkin`; `crew list` says who is here.",
        ));
    }
    let due_at = scene.now + lasts;
    let reply = format!(
        "Roll call: {}. They have until {} to say `here`; whoever is missing then is told to {}.",
        and(&asked),
        dated(due_at),
        incident.commander
    );
    Ok(Decision::one(Event::RollCalled { asked, due_at }, reply))
}

/// `here`: an answer to the roll call; without one, or unasked, a check-in.
pub(super) fn here(incident: &Incident, note: &str, scene: &Scene<'_>) -> Ruling {
    let me = scene.person;
    let is_in =
        |part: &crate::incident::state::Participant| part.checked_in.is_some() && part.checked_out.is_none();
    let is_in = incident.participants.get(&me.id).is_some_and(is_in);
    let Some(call) = incident.roll_call.as_ref().filter(|call| call.asked.iter().any(|one| one.id == me.id))
    else {
        if !is_in {
            return roles::check_in(incident, None, note, scene);
        }
        return Err(Refusal::conflict(
            "Nobody calls the roll of you just now, and you are checked in.",
            "Nothing to do; `roll call` asks the others.",
        ));
    };
    if call.answered.iter().any(|one| one.id == me.id) {
        return Err(Refusal::conflict("You have answered already.", "Nothing to do."));
    }
    let note = optional_text("note", note, scene)?;
    let mut events = vec![Event::RollAnswered { note }];
    let left = incident.unaccounted().into_iter().filter(|one| one.id != me.id).count();
    if left == 0 {
        let (of, to) = (call.asked.len() as u64, incident.commander.clone());
        events.push(Event::RollClosed { missing: vec![], of, to });
    }
    let reply = match left {
        0 => "Here. Everybody has answered.".to_owned(),
        left => format!("Here. {left} still missing."),
    };
    Ok(Decision::many(events, reply))
}

/// The time of a roll call is over.
pub(super) fn roll_due(incident: &Incident, seq: u64, scene: &Scene<'_>) -> Ruling {
    let Some(call) = incident.roll_call.as_ref().filter(|call| call.seq == seq && scene.now >= call.due_at)
    else {
        return Ok(Decision::read(""));
    };
    let missing = incident.unaccounted().into_iter().cloned().collect();
    let closed = Event::RollClosed { missing, of: call.asked.len() as u64, to: incident.commander.clone() };
    Ok(Decision::one(closed, "The roll call is over."))
}

/// `role report`: whom somebody reports to from now on.
pub(super) fn report_to(incident: &Incident, who: &Person, to: &Person, scene: &Scene<'_>) -> Ruling {
    if who.id == to.id {
        return Err(Refusal::invalid("Nobody reports to themselves.", "Name the one above them."));
    }
    if incident.has_command(who) {
        return Err(Refusal::conflict(
            format!("{who} is in command and reports to nobody here."),
            "Hand command over first, if that is meant: `command offer NAME`.",
        ));
    }
    let has_part = |one: &Person| incident.has_command(one) || incident.participants.contains_key(&one.id);
    // Whoever leads somebody has to be there for it.
    if has_part(to) && !incident.has_command(to) && incident.present().iter().all(|one| one.id != to.id) {
        return Err(Refusal::conflict(
            format!("{to} is not here, and cannot lead anybody."),
            "They say `checkin` first, or are given a role.",
        ));
    }
    if let Some(stranger) = [who, to].into_iter().find(|one| !has_part(one)) {
        return Err(Refusal::conflict(
            format!("{stranger} has no part in {} yet.", incident.id),
            "They say `checkin` first, or are given a role.",
        ));
    }
    if incident.supervisor(who).is_some_and(|above| above.id == to.id) {
        return Err(Refusal::conflict(format!("{who} reports to {to} already."), "Nothing to do."));
    }
    if incident.is_below(to, who) {
        return Err(Refusal::conflict(
            format!("{to} reports to {who}, straight or by others: that would be a circle."),
            format!(
                "Say first whom {to} is to report to. Everybody has one supervisor, and the last is the commander."
            ),
        ));
    }
    let mut then = incident.clone();
    then.reports_to.insert(who.id.clone(), to.clone());
    Ok(Decision::one(
        Event::ReportsTo { who: who.clone(), to: to.clone() },
        format!("{who} reports to {to} now, and to nobody else.{}", span_of_control(&then, to, scene)),
    ))
}

/// Span of control is a guideline: said, never enforced.
pub(super) fn span_of_control(then: &Incident, to: &Person, scene: &Scene<'_>) -> String {
    let reports = then.reports_of(to);
    if reports < scene.policy.span_warn {
        return String::new();
    }
    let helps = relief(then, to, scene.policy.words);
    format!("\n{reports} people now report straight to {to}. {helps}")
}

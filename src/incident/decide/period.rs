//! Operational periods: the time that a plan is made for. Objectives that are open go along from one to the next.

use super::*;
use crate::incident::state::{Objective, ObjectiveState};

const MINUTES_MIN: u32 = 15;
const MINUTES_MAX: u32 = 24 * 60;

fn open(incident: &Incident) -> Vec<&Objective> {
    incident.objectives.iter().filter(|one| one.state == ObjectiveState::Open).collect()
}

pub(super) fn start(incident: &Incident, minutes: u32, emphasis: &str, scene: &Scene<'_>) -> Ruling {
    let limits = MINUTES_MIN..=MINUTES_MAX;
    let lasts = lasts_within("an operational period", minutes, limits, "`period start 2h`")?;
    let emphasis = optional_text("emphasis", emphasis, scene)?;
    let n = incident.periods + 1;
    let ends_at = scene.now + lasts;
    let objectives: Vec<u32> = open(incident).iter().map(|one| one.n).collect();
    let advice = match objectives.len() {
        0 => " No objective is open: `objective add TEXT` says what is to be reached in it.".to_owned(),
        1 => " One open objective goes along.".to_owned(),
        many => format!(" {many} open objectives go along."),
    };
    let what = if n == 1 { " It is the time that one plan is made for." } else { "" };
    let reply = format!("Operational period {n} began; it ends at {}.{what}{advice}", dated(ends_at));
    let ended =
        incident.period.as_ref().map(|before| Event::PeriodEnded { n: before.n, reason: String::new() });
    let events = ended.into_iter().chain([Event::PeriodStarted { n, ends_at, emphasis, objectives }]);
    Ok(Decision::many(events, reply))
}

pub(super) fn end(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    let Some(period) = &incident.period else {
        return Err(Refusal::conflict(
            "No operational period is under way.",
            "To begin one: `period start 2h`.",
        ));
    };
    let reason = optional_text("reason", reason, scene)?;
    Ok(Decision::one(
        Event::PeriodEnded { n: period.n, reason },
        format!("Operational period {} is over; its open objectives stay.", period.n),
    ))
}

/// Its time is over: somebody plans the next one.
pub(super) fn due(incident: &Incident, n: u32, scene: &Scene<'_>) -> Ruling {
    let Some(period) = incident.period.as_ref().filter(|one| one.n == n && scene.now >= one.ends_at) else {
        return Ok(Decision::read(""));
    };
    if !incident.phase.is_active() {
        return Ok(Decision::read(""));
    }
    let who = incident.who_is(&Role::planning());
    let left = open(incident).len();
    let what = format!(
        "The time of operational period {} is over. {who}: `period start 2h` begins the next; open objectives that go along: {left}.",
        period.n
    );
    Ok(Decision::one(Event::Reminded { what: what.clone(), executive: false, of: vec![] }, what))
}

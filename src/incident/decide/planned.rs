//! Planned work: announced beforehand, begun at its time, done or taken back. It has its own clock and wakes nobody.

use super::*;
use crate::{
    alert::window::{DAYS_MAX, Span},
    incident::state::Plan,
};

const SERVICES_MAX: usize = 20;
const SERVICE_CHARS_MAX: usize = 80;
/// Who plans further ahead plans again.
const AHEAD_DAYS_MAX: i64 = 366;

const EXAMPLE: &str = "`maintenance schedule \"db upgrade\" from 02:00 to 04:00 service db Checkout is slow meanwhile`; times are UTC.";

pub(super) fn open(declare: &Declare, scene: &Scene<'_>) -> Ruling {
    let title = super::lifecycle::title(&declare.title)?;
    let Some(plan) = &declare.plan else {
        return Err(Refusal::invalid("Planned work has a time.", format!("Write {EXAMPLE}")));
    };
    if declare.triage || declare.began.is_some() || declare.ended.is_some() || declare.situation.is_some() {
        return Err(Refusal::invalid(
            "Planned work lies ahead, and comes from no alert.",
            "For what happened by itself: `declare WHAT IS WRONG`.",
        ));
    }
    if declare.severity.is_some() || declare.rated.is_some() {
        return Err(Refusal::invalid(
            "Planned work has no severity: it hurts nobody by itself.",
            "Leave the severity out. What the work breaks is declared with one, under it.",
        ));
    }
    let span = check(span(plan.from, plan.until, plan.minutes, scene.now), scene)?;
    let services = services(&plan.services)?;
    let (put_under, circle) = super::relations::declared(declare, scene)?;
    let (classified, _) = super::taxonomy::declared(declare, scene)?;
    let about = optional_text("text", &plan.text, scene)?;
    let mut events = vec![
        Event::Declared {
            title: title.clone(),
            kind: declare.kind,
            // It hurts nobody by itself.
            severity: Severity::Sev5,
            triage: false,
            drill_clock: None,
            began: None,
            ended: None,
            rated: None,
        },
        Event::WorkPlanned { span, services: services.clone() },
        Event::CommandEstablished { by: scene.person.clone() },
    ];
    if let Some(people) = circle {
        events.push(Event::Restricted { people, reason: String::new() });
    }
    events.extend(put_under);
    events.extend(classified);
    if !about.is_empty() {
        events.push(Event::Summarized { text: about });
    }
    let window = match services.as_slice() {
        [] => " No alert is expected by it: name services, if some are.".to_owned(),
        some => format!(" Meanwhile alerts of {} are told with its name.", some.join(", ")),
    };
    let reply = format!(
        "{title} is planned from {} to {}. {} leads it. It begins by itself at its time.{window} To tell the public, \
         in its place: `update draft TEXT`.",
        dated(span.from),
        dated(span.until),
        scene.person
    );
    Ok(Decision::many(events, reply))
}

fn check(span: Span, scene: &Scene<'_>) -> Result<Span, Refusal> {
    let wrong = if span.until <= span.from {
        Some("it would end before it begins".to_owned())
    } else if span.until <= scene.now {
        Some("it would be over already".to_owned())
    } else if span.until - span.from > Duration::days(DAYS_MAX) {
        Some(format!("it would be longer than {DAYS_MAX} days"))
    } else if span.from - scene.now > Duration::days(AHEAD_DAYS_MAX) {
        Some(format!("it would begin more than {AHEAD_DAYS_MAX} days from now"))
    } else {
        None
    };
    wrong.map_or(Ok(span), |why| {
        Err(Refusal::invalid(format!("That is no time for planned work: {why}."), format!("Write {EXAMPLE}")))
    })
}

fn services(named: &[String]) -> Result<Vec<String>, Refusal> {
    let mut all: Vec<String> = Vec::new();
    for name in named.iter().map(|name| clean(name).trim().to_owned()).filter(|name| !name.is_empty()) {
        if name.chars().count() > SERVICE_CHARS_MAX || name.contains('\n') {
            return Err(Refusal::invalid(
                format!("The name of a service has at most {SERVICE_CHARS_MAX} characters, on one line."),
                "Give it as alerts name it.",
            ));
        }
        if !all.contains(&name) {
            all.push(name);
        }
    }
    if all.len() > SERVICES_MAX {
        return Err(Refusal::invalid(
            format!("Those are {} services; {SERVICES_MAX} is the limit.", all.len()),
            "Plan it in parts.",
        ));
    }
    Ok(all)
}

/// The plan of an incident, where it is planned work that is not over.
fn planned<'a>(incident: &'a Incident, scene: &Scene<'_>) -> Result<&'a Plan, Refusal> {
    match &incident.plan {
        Some(plan) if matches!(incident.phase, Phase::Scheduled | Phase::InProgress) => Ok(plan),
        Some(_) => Err(Refusal::conflict(
            format!(
                "{} is {}: its time has passed.",
                incident.id,
                scene.policy.names.standing(incident.phase)
            ),
            "Plan it anew: `maintenance schedule`.",
        )),
        None => Err(no_work(incident)),
    }
}

pub(super) fn no_work(incident: &Incident) -> Refusal {
    Refusal::conflict(
        format!("{} is no planned work.", incident.id),
        format!("To plan some, write {EXAMPLE}"),
    )
}

pub(super) fn shift(
    incident: &Incident,
    from: Option<StatedTime>,
    until: Option<StatedTime>,
    scene: &Scene<'_>,
) -> Ruling {
    let plan = planned(incident, scene)?;
    if from.is_none() && until.is_none() {
        return Err(Refusal::invalid(
            "Neither a beginning nor an end was said.",
            format!("Write `maintenance move {id} from 03:00 to 05:00`; times are UTC.", id = incident.id),
        ));
    }
    if from.is_some() && incident.phase == Phase::InProgress {
        return Err(Refusal::conflict(
            format!("{} has begun: only its end can be another.", incident.id),
            "Leave the beginning out, or `maintenance extend 1h`.",
        ));
    }
    let length = plan.span.until - plan.span.from;
    let begin = from.map_or(plan.span.from, |from| ahead(from, scene.now));
    // Of another beginning alone, the length stays.
    let end = match until {
        Some(until) => ahead(until, begin.max(scene.now)),
        None => after(begin, length),
    };
    planned_anew(incident, plan, Span { from: begin, until: end }, scene)
}

pub(super) fn extend(incident: &Incident, minutes: u32, scene: &Scene<'_>) -> Ruling {
    let plan = planned(incident, scene)?;
    if minutes == 0 {
        return Err(Refusal::invalid(
            "That is no time at all.",
            "Write how much longer it takes: `maintenance extend 30m`.",
        ));
    }
    // What is late already is given the time from now on.
    let until = after(plan.span.until.max(scene.now), Duration::minutes(i64::from(minutes)));
    planned_anew(incident, plan, Span { until, ..plan.span }, scene)
}

fn planned_anew(incident: &Incident, plan: &Plan, span: Span, scene: &Scene<'_>) -> Ruling {
    let span = check(span, scene)?;
    if span == plan.span {
        return Err(Refusal::conflict("That is its time already.", "Nothing to do."));
    }
    let told = match incident.last_published() {
        Some(_) => {
            let id = incident.id;
            format!(" The public was told another time: `{id} update draft TEXT`.")
        }
        None => String::new(),
    };
    Ok(Decision::one(
        Event::WorkPlanned { span, services: plan.services.clone() },
        format!("{} is planned from {} to {}.{told}", incident.id, dated(span.from), dated(span.until)),
    ))
}

/// Its time has come.
pub(super) fn begins(incident: &Incident, at: DateTime<Utc>, scene: &Scene<'_>) -> Ruling {
    let is_due = incident.phase == Phase::Scheduled
        && incident.plan.as_ref().is_some_and(|plan| plan.span.from == at && scene.now >= at);
    if !is_due {
        return Ok(Decision::read(""));
    }
    let reason = "its time has come".to_owned();
    Ok(Decision::one(Event::PhaseChanged { from: Phase::Scheduled, to: Phase::InProgress, reason }, ""))
}

/// It was to be over: whoever leads it is told, and what fires from now on is told as ever.
pub(super) fn overrun(incident: &Incident, at: DateTime<Utc>, scene: &Scene<'_>) -> Ruling {
    let is_late = incident.phase == Phase::InProgress
        && incident.plan.as_ref().is_some_and(|plan| plan.span.until == at && scene.now >= at);
    if !is_late {
        return Ok(Decision::read(""));
    }
    let what = format!(
        "{}: the work was to be over {}. Done? `maintenance complete`. More time? `maintenance extend 30m`. It broke something? \
         `declare WHAT --under {id}`.",
        incident.commander,
        dated(at),
        id = incident.id
    );
    Ok(Decision::one(Event::Reminded { what: what.clone(), executive: false, of: vec![] }, what))
}

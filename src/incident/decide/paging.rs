//! Whom to wake: a call is begun by a severity or by a responder, taken step by step, and ends when somebody answers.

use super::*;
use crate::{
    incident::{
        command::{PageByRule, SituationFacts},
        event::Owed,
        paging::{Called, Calls, Escalation, Means, Step, Target, is_for_real},
        sentence::and,
        state::{Paging, PagingState},
    },
    roster,
};

/// Calls that one incident holds.
const PAGINGS_MAX: usize = 50;
/// Of a call that a responder begins, or a rule on alerts: how often, and how long after each other.
const ROUNDS: u32 = 3;
const AGAIN_MINUTES: u32 = 5;

/// The call that a severity begins by itself, unless it was begun before: what comes later of the same incident wakes
/// nobody a second time.
pub(super) fn called_for(
    begun: &[Paging],
    severity: Severity,
    kind: Kind,
    is_restricted: bool,
    policy: &Policy,
) -> Option<Event> {
    if !kind.is_clocked() || is_restricted {
        return None;
    }
    let mut known = policy.paging.escalations.iter();
    let escalation = known.find(|one| one.severities.contains(&severity))?;
    if begun.iter().any(|paging| paging.escalation.as_deref() == Some(escalation.name.as_str())) {
        return None;
    }
    Some(begins(number(begun), escalation, "", true))
}

/// The call that a rule on alerts begins for what is in triage. Whom it names, the settings had when they were read; should they be
/// gone all the same, the first escalation is better than nobody.
pub(super) fn called_by_rule(page: &PageByRule, policy: &Policy) -> Option<Event> {
    let means = &policy.paging;
    let usual = || means.escalations.first().map(|one| begins(1, one, &page.about, true));
    let to = |target| once(1, target, page.about.clone(), true);
    match &page.whom {
        Whom::Usual => usual(),
        Whom::Person(person) => Some(to(Target::Person(person.clone()))),
        Whom::Named(name) => match (escalation(means, name), roster::find(&means.rosters, name)) {
            (Some(one), _) => Some(begins(1, one, &page.about, true)),
            (None, Ok((of, layer))) => Some(to(Target::Roster(format!("{}/{}", of.name, layer.name)))),
            (None, Err(_)) => usual(),
        },
    }
}

/// What a rule paged for in triage has stopped firing: nobody is called any more.
pub(super) fn calmed(incident: &Incident) -> Option<Event> {
    let open: Vec<u32> = by_rule(incident).filter(|paging| paging.is_open()).map(|paging| paging.n).collect();
    let reason = "its alerts cleared".to_owned();
    (!open.is_empty()).then_some(Event::PagingStopped { pagings: open, reason })
}

/// Nothing fired any more, now some of it does, and nobody has taken it up: the same are called again.
pub(super) fn called_again(incident: &Incident, facts: &SituationFacts) -> Option<Event> {
    let last = by_rule(incident).last()?;
    let is_left = !is_taken_up(incident) && incident.open_pagings().next().is_none();
    let is_back = facts.firing > 0 && incident.firing() == 0;
    if is_left && is_back { begun_again(incident, last, facts, None) } else { None }
}

/// A call like one before, for alerts that fire again; where there were as many as there may be, that there is none: once. `rule`
/// is the one by which it goes on, if it is known.
pub(super) fn begun_again(
    incident: &Incident,
    before: &Paging,
    facts: &SituationFacts,
    rule: Option<&str>,
) -> Option<Event> {
    if incident.pagings.len() >= PAGINGS_MAX {
        return (!incident.no_more_calls).then(|| no_more(incident, before, facts, rule));
    }
    Some(Event::PagingBegun {
        n: number(&incident.pagings),
        escalation: before.escalation.clone(),
        about: before.about.clone(),
        steps: before.steps.clone(),
        rounds: before.rounds,
        again_minutes: before.again_minutes,
        is_automatic: true,
    })
}

/// Who would have been paged, that it is not done any more, and what to do.
fn no_more(incident: &Incident, would: &Paging, facts: &SituationFacts, rule: Option<&str>) -> Event {
    let mut whom: Vec<String> = Vec::new();
    for name in would.steps.iter().flat_map(|step| &step.to).map(Target::to_string) {
        if !whom.contains(&name) {
            whom.push(name);
        }
    }
    let by = rule.map_or_else(String::new, |rule| format!(" by the rule «{}»", clean(rule)));
    let ask = match incident.commander.id == Person::house().id {
        true => "Is this still one incident?".to_owned(),
        false => format!("{}, is this still one incident?", incident.commander),
    };
    let what = format!(
        "S-{} «{}» fires again, and {} would be paged again{by}; but {} has had {PAGINGS_MAX} calls, which is the limit: its alerts \
         page nobody any more. {ask} Another one pages anew: `declare WHAT`. What only comes and goes: `silence S-{} 2h REASON`.",
        facts.id,
        clean(&facts.title),
        whom.join(", "),
        incident.id,
        facts.id,
    );
    Event::Reminded { what, executive: false, of: vec![Owed::Calls] }
}

/// Nobody took up what a rule paged for, and it has been quiet for long.
pub(super) fn lapsed(incident: &Incident, minutes: i64) -> Option<Event> {
    by_rule(incident).next()?;
    let is_quiet = incident.firing() == 0 && !is_taken_up(incident);
    is_quiet.then(|| Event::PhaseChanged {
        from: incident.phase,
        to: Phase::Cancelled,
        reason: format!("nothing of it fired for {minutes} minutes, and nobody had taken it up"),
    })
}

/// In triage no severity calls anybody, so what began by itself was begun by a rule on alerts.
fn by_rule(incident: &Incident) -> impl Iterator<Item = &Paging> {
    let is_in_triage = incident.phase == Phase::Triage;
    incident.pagings.iter().filter(move |paging| is_in_triage && paging.is_automatic)
}

/// Whether anybody answered, or did anything at all.
fn is_taken_up(incident: &Incident) -> bool {
    let is_answered = |paging: &Paging| matches!(paging.state, PagingState::Acknowledged { .. });
    incident.milestones.acknowledged.is_some() || incident.pagings.iter().any(is_answered)
}

/// [`called_for`], where something about an incident changed.
pub(super) fn called_for_now(incident: &Incident, severity: Severity, policy: &Policy) -> Option<Event> {
    called_for(&incident.pagings, severity, incident.kind(), incident.restricted.is_some(), policy)
}

fn escalation<'a>(means: &'a Means, name: &str) -> Option<&'a Escalation> {
    means.escalations.iter().find(|one| one.name.eq_ignore_ascii_case(name))
}

fn number(begun: &[Paging]) -> u32 {
    begun.last().map_or(1, |paging| paging.n + 1)
}

fn begins(n: u32, escalation: &Escalation, about: &str, is_automatic: bool) -> Event {
    Event::PagingBegun {
        n,
        escalation: Some(escalation.name.clone()),
        about: about.to_owned(),
        steps: escalation.steps.clone(),
        rounds: escalation.rounds,
        again_minutes: escalation.again_minutes,
        is_automatic,
    }
}

/// A responder calls somebody, whoever is on call, or everybody whom an escalation names.
pub(super) fn begin(incident: &Incident, whom: &Whom, about: &str, scene: &Scene<'_>) -> Ruling {
    if incident.kind() == Kind::Planned {
        return Err(Refusal::conflict(
            format!("{} is planned work: nobody is paged for it.", incident.id),
            format!("If it broke something: `declare WHAT --under {id}`, and page there.", id = incident.id),
        ));
    }
    if !incident.phase.is_active() {
        return Err(Refusal::conflict(
            format!(
                "{} is {}: nobody is paged for it.",
                incident.id,
                scene.policy.names.standing(incident.phase)
            ),
            "`reopen REASON` first, then page.",
        ));
    }
    let about = optional_text("text", about, scene)?;
    let means = &scene.policy.paging;
    let n = number(&incident.pagings);
    let named = match whom {
        Whom::Usual => Some(means.escalations.first().ok_or_else(|| {
            Refusal::invalid(
                "Whom to page was not said, and the settings have no [[escalation]].",
                "Name somebody: `page @ann`, or a roster: `page primary`.",
            )
        })?),
        Whom::Named(name) => escalation(means, name),
        Whom::Person(_) => None,
    };
    let event = match (named, whom) {
        (Some(escalation), _) => begins(n, escalation, &about, false),
        (None, Whom::Person(person)) => {
            if is_for_real(incident.kind()) && !means.reach.contains_key(&person.id) {
                return Err(unreachable(person));
            }
            if !incident.may_see(person) {
                return Err(Refusal::forbidden(
                    format!("{person} may not see {}, which is restricted.", incident.id),
                    format!("`admit @{}` first, then page them.", person.id),
                ));
            }
            once(n, Target::Person(person.clone()), about, false)
        }
        (None, Whom::Named(name)) => {
            let (of, layer) = roster::find(&means.rosters, name).map_err(|why| {
                Refusal::not_found(why, "Name one of these, an escalation, or somebody: `page @ann`.")
            })?;
            once(n, Target::Roster(format!("{}/{}", of.name, layer.name)), about, false)
        }
        (None, Whom::Usual) => return Ok(Decision::read("")),
    };
    let mut events = Vec::new();
    if let Event::PagingBegun { steps, .. } = &event
        && let Some(same) = incident.open_pagings().find(|open| open.steps == *steps)
    {
        // A call that has woken nobody so far stands in nobody's way: whom it means may be another by now.
        if same.taken.is_none() || !same.people.is_empty() || !same.pagers.is_empty() {
            return Err(Refusal::conflict(
                format!("{} paged already, in call {}.", are(same), same.n),
                "They are called again until somebody acknowledges (`ack`). `page stop` ends it.",
            ));
        }
        let reason = format!("call {} reached nobody, and is begun anew", same.n);
        events.push(Event::PagingStopped { pagings: vec![same.n], reason });
    }
    room_for("calls", incident.pagings.len(), PAGINGS_MAX)?;
    events.push(event);
    let rehearsal = if is_for_real(incident.kind()) {
        ""
    } else {
        " This is an exercise: only pagers that are safe for drills are used."
    };
    let reply = format!(
        "People are woken now (call {n}). It ends when somebody says `ack`, or with `page stop`.{rehearsal}"
    );
    Ok(Decision::many(events, reply))
}

/// Somebody who is alone asks for help: the usual ones are woken, unless somebody is being woken already.
pub(super) fn for_help(incident: &Incident, about: &str, scene: &Scene<'_>) -> Option<Event> {
    let escalation = scene.policy.paging.escalations.first()?;
    let is_quiet =
        incident.restricted.is_some() || incident.kind() == Kind::Test || !incident.phase.is_active();
    let is_called = incident.open_pagings().next().is_some() || incident.pagings.len() >= PAGINGS_MAX;
    (!is_quiet && !is_called).then(|| begins(number(&incident.pagings), escalation, about, false))
}

fn unreachable(person: &Person) -> Refusal {
    Refusal::invalid(
        format!("{person} cannot be paged: the settings name no way to reach them."),
        format!("Add `page = [\"PAGER:ADDRESS\"]` to the [[person]] {}, or page a roster.", person.id),
    )
}

fn are(paging: &Paging) -> String {
    match paging.people.as_slice() {
        [] => "The same are being".to_owned(),
        [one] => format!("{one} is being"),
        several => format!("{} are being", and(several)),
    }
}

fn once(n: u32, target: Target, about: String, is_automatic: bool) -> Event {
    Event::PagingBegun {
        n,
        escalation: None,
        about,
        steps: vec![Step { to: vec![target], after_minutes: 0 }],
        rounds: ROUNDS,
        again_minutes: AGAIN_MINUTES,
        is_automatic,
    }
}

/// The clock takes the next step. What it was set for may be past: somebody acknowledged, or the step was taken.
pub(super) fn next(
    incident: &Incident,
    n: u32,
    (step, round): (u32, u32),
    calls: &Calls,
    scene: &Scene<'_>,
) -> Ruling {
    let Some(paging) = incident.paging(n).filter(|paging| paging.is_open()) else {
        return Ok(Decision::read(""));
    };
    let due = paging.next();
    if (due.step, due.round) != (step, round) || !incident.phase.is_active() {
        return Ok(Decision::read(""));
    }
    if due.is_end {
        return Ok(Decision::one(Event::PagingExhausted { n }, "Nobody acknowledged."));
    }
    if paging.is_automatic
        && let Some(here) =
            incident.present().into_iter().find(|here| calls.people.iter().any(|one| one.id == here.id))
    {
        let event = Event::PageAcknowledged { pagings: vec![n], here: Some(here.clone()) };
        return Ok(Decision::one(event, format!("{here} is here already.")));
    }
    let means = &scene.policy.paging;
    let is_rehearsal = !is_for_real(incident.kind());
    let may_be_used = |pager: &String| !is_rehearsal || means.safe_for_drills.contains(pager);
    let (mut called, mut missed) = (Vec::<Called>::new(), calls.missed.clone());
    for person in &calls.people {
        let reach = means.reach.get(&person.id).map_or(&[][..], Vec::as_slice);
        if called.iter().any(|one| one.person.id == person.id) {
            continue;
        }
        if !incident.may_see(person) {
            missed.push(format!("{person} may not see this incident."));
        } else if reach.is_empty() && !is_rehearsal {
            missed.push(format!("{person} cannot be paged: the settings name no way to reach them."));
        } else {
            let by = reach.iter().filter(|pager| may_be_used(pager)).cloned().collect();
            called.push(Called { person: person.clone(), by });
        }
    }
    let mut pagers: Vec<String> = calls.pagers.iter().filter(|pager| may_be_used(pager)).cloned().collect();
    if incident.restricted.is_some() {
        missed.extend(
            pagers.drain(..).map(|pager| format!("{pager} may wake people who must not know of this.")),
        );
    }
    let event = Event::Paged { n, step, round, called, pagers, missed, is_rehearsal };
    Ok(Decision::one(event, ""))
}

pub(super) fn acknowledge(incident: &Incident, scene: &Scene<'_>) -> Ruling {
    let open: Vec<u32> = incident.open_pagings().map(|paging| paging.n).collect();
    if open.is_empty() {
        return Err(match incident.pagings.last().map(|paging| &paging.state) {
            Some(PagingState::Acknowledged { by, at }) => Refusal::conflict(
                format!("{by} acknowledged at {} already.", dated(*at)),
                "`checkin` says that you are here as well.",
            ),
            _ => Refusal::conflict(
                format!("Nobody is being paged for {}.", incident.id),
                "`page @ann` or `page primary` begins it.",
            ),
        });
    }
    let event = Event::PageAcknowledged { pagings: open, here: None };
    let has = match incident.phase {
        Phase::Triage => {
            " Look, then say what it is: `confirm` makes it an incident; `take`, then `cancel REASON`, if it is none."
        }
        _ if incident.has_command(scene.person) => "",
        _ => " `take` makes you the commander, `next` says what is due.",
    };
    Ok(Decision::one(event, format!("Acknowledged: nobody else is paged for {}.{has}", incident.id)))
}

pub(super) fn stop(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    let reason = optional_text("reason", reason, scene)?;
    let open: Vec<u32> = incident.open_pagings().map(|paging| paging.n).collect();
    if open.is_empty() {
        let why = format!("Nobody is being paged for {}.", incident.id);
        return Err(Refusal::conflict(why, "Nothing to do."));
    }
    Ok(Decision::one(Event::PagingStopped { pagings: open, reason }, "Nobody is paged any more."))
}

/// A page that will not arrive is told to those who are here; the next step comes all the same.
pub(super) fn failed(incident: &Incident, n: u32, to: Option<&Person>, pager: &str, why: &str) -> Ruling {
    if incident.paging(n).is_none() {
        return Err(Refusal::not_found(format!("There is no call {n}."), "Nothing to do."));
    }
    let event = Event::PageFailed { n, to: to.cloned(), pager: pager.to_owned(), why: why.to_owned() };
    Ok(Decision::one(event, ""))
}

/// How the calls of this incident stand.
pub(super) fn list(incident: &Incident) -> String {
    if incident.pagings.is_empty() {
        return format!("Nobody was paged for {}.", incident.id);
    }
    let one = |paging: &Paging| {
        let mut named: Vec<String> = paging.people.iter().map(Person::to_string).collect();
        named.extend(paging.pagers.iter().cloned());
        let named = if named.is_empty() { "nobody yet".to_owned() } else { named.join(", ") };
        let state = match &paging.state {
            PagingState::Open => "waits for an answer (`ack`)".to_owned(),
            PagingState::Acknowledged { by, at } => format!("{by} acknowledged at {}", dated(*at)),
            PagingState::Over => "over".to_owned(),
        };
        format!("Call {}: {named} – {state}", paging.n)
    };
    incident.pagings.iter().map(one).collect::<Vec<_>>().join("\n")
}

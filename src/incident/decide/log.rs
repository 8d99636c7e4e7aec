//! The log: notes, decisions, evidence; corrections and redactions that keep what they replace; key moments; linked alerts.

use super::*;
use crate::incident::{command::SituationFacts, id::IncidentId, permission::keeps_record, sum::Sum};

const LINKS_MAX: usize = 200;
const PINS_MAX: usize = 100;
const SITUATIONS_MAX: usize = 1_000;
const URL_CHARS_MAX: usize = 2_000;
/// The stored name of a CAN report, which is corrected part by part.
const CAN: &str = "can";
/// That of a decision.
const DECISION: &str = "decision.recorded";
/// That of a page or a file.
const LINK: &str = "evidence";

pub(super) fn note(new: &str, at: Option<StatedTime>, scene: &Scene<'_>) -> Ruling {
    let new = text("note", new, scene)?;
    let at = at.map(|at| stated(at, scene.now)).transpose()?;
    let reply = match at {
        Some(at) => format!("Noted, as a late entry for {}.", dated(at)),
        None => "Noted.".to_owned(),
    };
    let happened = Happened {
        event: Event::Noted { text: new, until: None, is_mark: false },
        at: at.map(|at| (at, TimeSource::Stated)),
    };
    Ok(Decision::many([happened], reply))
}

pub(super) fn mark(new: &str, scene: &Scene<'_>) -> Ruling {
    let new = text("note", new, scene)?;
    Ok(Decision::one(Event::Noted { text: new, until: None, is_mark: true }, "Noted."))
}

/// What lasted stands at the time at which it began.
pub(super) fn note_span(new: &str, from: StatedTime, until: StatedTime, scene: &Scene<'_>) -> Ruling {
    let new = text("note", new, scene)?;
    let from = stated(from, scene.now)?;
    let until = stated(until, scene.now)?;
    if until < from {
        return Err(Refusal::invalid(
            format!("It would be over {}, before it began {}.", dated(until), dated(from)),
            "Give an end after the beginning, with the dates if it went past midnight: \
             `note --from 2026-11-19T23:50Z --until 2026-11-20T00:40Z TEXT`.",
        ));
    }
    let reply = format!("Noted, from {} until {}.", dated(from), dated(until));
    let happened = Happened {
        event: Event::Noted { text: new, until: Some(until), is_mark: false },
        at: Some((from, TimeSource::Stated)),
    };
    Ok(Decision::many([happened], reply))
}

pub(super) fn decision(_: &Incident, new: &str, scene: &Scene<'_>) -> Ruling {
    let new = text("decision", new, scene)?;
    Ok(Decision::one(Event::DecisionRecorded { text: new }, "The decision is recorded."))
}

pub(super) fn link(incident: &Incident, label: &str, url: &str, sum: Option<&Sum>) -> Ruling {
    room_for("links", incident.links.len(), LINKS_MAX)?;
    let label = text_within("label", label, 100)?;
    let url = text_within("address", url, URL_CHARS_MAX)?;
    // Anything else (javascript:, file:) would be run by who presses it.
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace) {
        return Err(Refusal::invalid(
            format!("«{}» is no web address.", url.chars().take(60).collect::<String>()),
            "Give one that starts with https:// or http://.",
        ));
    }
    let reply = format!("{label} is linked.");
    Ok(Decision::one(Event::LinkAdded { label, url, sum: sum.cloned() }, reply))
}

fn target(scene: &Scene<'_>, seq: u64) -> Result<crate::incident::decide::Target, Refusal> {
    scene.target.cloned().ok_or_else(|| {
        Refusal::not_found(
            format!("There is no entry {seq} on this timeline."),
            "Take the number from the timeline, where it stands before each entry.",
        )
    })
}

/// Notes and decisions are corrected by who wrote them, or by who keeps the record for all. What `follows` a message takes the
/// words that its author gave it, whoever put it here; so do the files that came with it.
pub(super) fn correct(
    incident: &Incident,
    seq: u64,
    new: &str,
    (at, reason): (Option<StatedTime>, &str),
    follows: bool,
    scene: &Scene<'_>,
) -> Ruling {
    let target = target(scene, seq)?;
    if target.is_redacted {
        return Err(Refusal::conflict(format!("Entry {seq} is redacted."), "Write a new note."));
    }
    if !(target.is_correctable || follows && target.name == LINK) {
        return Err(Refusal::conflict(
            format!("Entry {seq} is not somebody's account: it is what was done."),
            "Say what was wrong with it in a note.",
        ));
    }
    if target.name == CAN {
        let said = super::work::parts_of(new);
        return super::work::correct_can(incident, (seq, &target.author), said, (at, reason), scene);
    }
    if !follows {
        check_author(incident, &target, scene)?;
    }
    let new = text("correction", new, scene)?;
    let occurred_at = at.map(|at| stated(at, scene.now)).transpose()?;
    let reason = optional_text("reason", reason, scene)?;
    Ok(Decision::one(
        Event::EntryCorrected { target: seq, text: new, occurred_at, reason, can: None },
        format!("Entry {seq} is corrected; what it said before stays in the record."),
    ))
}

fn check_author(incident: &Incident, target: &Target, scene: &Scene<'_>) -> Result<(), Refusal> {
    let me = scene.person;
    if target.author.id == me.id || incident.roles_of(me).iter().any(keeps_record) {
        return Ok(());
    }
    let (what, otherwise) = match target.name {
        DECISION => ("decision", "what you would do instead: `propose TEXT`, or `note TEXT`"),
        _ => ("note", "what you know yourself: `note TEXT`"),
    };
    let ask = if target.author.id == Person::house().id {
        "Ask the commander to correct it"
    } else {
        "Ask them to correct it, or the commander"
    };
    Err(Refusal::forbidden(
        format!("The {what} in entry {} is {}'s.", target.seq, target.author),
        format!("{ask}; {otherwise}."),
    ))
}

pub(super) fn redact(incident: &Incident, seq: u64, reason: &str, scene: &Scene<'_>) -> Ruling {
    let target = target(scene, seq)?;
    if target.is_redacted || incident.redacted.contains(&seq) {
        return Err(Refusal::conflict(format!("Entry {seq} is redacted already."), "Nothing to do."));
    }
    let why = if !target.is_redactable {
        Some("only titles, texts and reasons that somebody wrote can be; reasons of redactions stay readable")
    } else if incident.is_public(seq) {
        Some("the public has it")
    } else {
        None
    };
    if let Some(why) = why {
        return Err(Refusal::conflict(
            format!("Entry {seq} cannot be redacted: {why}."),
            "Say what was wrong with it in a note.",
        ));
    }
    let reason = text("reason", reason, scene)?;
    let dropped = incident.open_draft_in(seq).map_or_else(String::new, |n| {
        format!(" Public update {n} had these words and is dropped; it was never public.")
    });
    let copies = elsewhere(incident, &target);
    Ok(Decision::one(
        Event::EntryRedacted { target: seq, reason },
        format!(
            "Entry {seq} is hidden from every reading and export; the record keeps it sealed in its chain.{copies} Of the chats, \
             the bot takes its own lines of the last 14 days back; older ones, what people wrote there, and answers that quoted \
             it, stay until they are deleted there.{dropped}"
        ),
    ))
}

/// What becomes of the words where they stand in another incident as well.
fn elsewhere(incident: &Incident, target: &Target) -> String {
    let hidden = |other: IncidentId| format!(" As far as {other} has its words, they are hidden there too.");
    let left = |other: IncidentId| format!(" As far as {other} has its words, redact them there as well.");
    if let Some((of, _)) = incident.copies.get(&target.seq) {
        return hidden(*of);
    }
    let next = incident.merged_into.map(|into| if target.is_followed { hidden(into) } else { left(into) });
    // What came along before it was kept where from: the house has written it here.
    let is_taken_over = target.author.id == Person::house().id;
    let is_known = |from: &IncidentId| incident.copies.values().any(|(of, _)| of == from);
    let unknown = incident.merged_in.iter().filter(|from| is_taken_over && !is_known(from));
    next.into_iter().chain(unknown.map(|from| left(*from))).collect()
}

pub(super) fn pin(incident: &Incident, seq: u64, scene: &Scene<'_>) -> Ruling {
    let target = target(scene, seq)?;
    if target.is_redacted {
        return Err(Refusal::conflict(format!("Entry {seq} is redacted."), "Mark another one."));
    }
    if incident.pins.contains(&seq) {
        return Err(Refusal::conflict(format!("Entry {seq} is a key moment already."), "Nothing to do."));
    }
    room_for("key moments", incident.pins.len(), PINS_MAX)?;
    Ok(Decision::one(
        Event::EntryPinned { target: seq },
        format!("Entry {seq} is a key moment: it stands first in exports."),
    ))
}

pub(super) fn unpin(incident: &Incident, seq: u64) -> Ruling {
    if !incident.pins.contains(&seq) {
        return Err(Refusal::conflict(
            format!("Entry {seq} is not marked as a key moment."),
            "Nothing to do.",
        ));
    }
    Ok(Decision::one(
        Event::EntryUnpinned { target: seq },
        format!("Entry {seq} is not marked as a key moment any more."),
    ))
}

pub(super) fn link_situation(
    incident: &Incident,
    id: i64,
    facts: Option<&SituationFacts>,
    scene: &Scene<'_>,
) -> Ruling {
    let Some(facts) = facts else {
        return Err(Refusal::not_found(
            format!("There is no group of alerts S-{id} that is free to be linked."),
            "`alerts` lists those that are open.",
        ));
    };
    // What went along when this one was merged, and was left there, is known here still.
    let is_known = incident.situations.contains_key(&id);
    if is_known && !facts.is_left {
        return Err(Refusal::conflict(format!("S-{id} is linked already."), "Nothing to do."));
    }
    if !is_known {
        room_for("linked situations", incident.situations.len(), SITUATIONS_MAX)?;
    }
    let mut events = vec![super::declare::linked(facts)];
    if incident.phase.is_active() && incident.phase != Phase::Triage {
        let begun = super::playbook::called_for_now(incident, incident.severity, [facts], scene.policy);
        events.extend(begun);
    }
    events.extend(super::paging::called_again(incident, facts));
    if scene.is_house {
        events.extend(super::rule::fires_again(incident, facts, scene));
    }
    Ok(Decision::many(
        events,
        format!("S-{id} ({}) is linked: {} firing of {}.", facts.title, facts.firing, facts.total),
    ))
}

pub(super) fn situation_moved(incident: &Incident, facts: &SituationFacts, scene: &Scene<'_>) -> Ruling {
    let Some(known) = incident.situations.get(&facts.id) else {
        return Err(Refusal::conflict(format!("S-{} is not linked here.", facts.id), "Nothing to do."));
    };
    // What flaps was told to flap: then only what is worse than that is told.
    if facts.flapping.is_some() && known.is_flapping && facts.firing <= known.firing {
        return Ok(Decision::read(""));
    }
    if facts.flapping.is_none() && facts.firing == 0 && (known.firing > 0 || known.is_flapping) {
        let others = incident.situations.values().filter(|other| other.id != facts.id);
        let is_last = others.map(|other| other.firing).sum::<u64>() == 0;
        let ended_by = facts.ended_by.as_deref().filter(|_| is_last);
        let resolved = ended_by.and_then(|rule| super::rule::resolved(incident, rule));
        // What flapped is told to have cleared when it was steady: it may have been quiet for long by then.
        let lapsed = facts.quiet_minutes.filter(|_| is_last).and_then(|minutes| {
            let mut quiet = incident.clone();
            if let Some(known) = quiet.situations.get_mut(&facts.id) {
                known.firing = 0;
            }
            super::paging::lapsed(&quiet, minutes)
        });
        let asks = is_last && incident.phase.is_active() && resolved.is_none() && lapsed.is_none();
        let (title, total) = (facts.title.clone(), facts.total);
        let in_triage = incident.phase == Phase::Triage;
        let cleared = Event::AlertsCleared { situation: facts.id, title, total, asks, in_triage };
        // What lapses ends its calls by itself.
        let calmed = if is_last && lapsed.is_none() { super::paging::calmed(incident) } else { None };
        let follows = resolved.into_iter().chain(calmed).chain(lapsed);
        return Ok(Decision::many(std::iter::once(cleared).chain(follows), ""));
    }
    let now = (facts.firing, facts.total, facts.acknowledged);
    let is_same = now == (known.firing, known.total, known.acknowledged);
    let lapsed = facts.quiet_minutes.and_then(|minutes| super::paging::lapsed(incident, minutes));
    if is_same && facts.flapping.is_some() == known.is_flapping {
        // Only repeats: counted in the alert store, nothing for a reader; but the end of what nobody took up.
        return Ok(Decision::many(lapsed, ""));
    }
    let again = super::paging::called_again(incident, facts);
    let relapsed = super::rule::fires_again(incident, facts, scene);
    let event = Event::AlertsChanged {
        situation: facts.id,
        title: facts.title.clone(),
        firing: facts.firing,
        total: facts.total,
        alerts: facts.alerts.clone(),
        acknowledged: facts.acknowledged,
        flapping: facts.flapping,
    };
    Ok(Decision::many(std::iter::once(event).chain(again).chain(relapsed).chain(lapsed), ""))
}

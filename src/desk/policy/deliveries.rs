//! What goes out with entries: lines, cards, public updates, pages; and the words that wait for none.

use chrono::{DateTime, Utc};

use crate::{
    desk::paging::PAGER,
    incident::{
        event::{Entry, Event, Owed},
        id::IncidentId,
        paging::{Act, Means},
        state::{Incident, Paging, PagingState},
    },
    journal::rows::{IncidentRow, NewDelivery, Quoted, What},
    people::Person,
};

/// What a reader of the chat is told line by line; the rest stands on the card.
pub fn is_said(event: &Event) -> bool {
    !matches!(
        event,
        Event::Declared { .. }
            | Event::CommandEstablished { .. }
            | Event::AlertsChanged { flapping: None, .. }
            | Event::UpdateDelivered { .. }
            | Event::Startex { .. }
    )
}

/// Whether a reminder beside it names what became overdue, or is due again.
fn is_told_with(entry: &Entry, entries: &[Entry]) -> bool {
    matches!(
        entry.event,
        Event::TaskOverdue { .. } | Event::ActionOverdue { .. } | Event::StepReopened { .. }
    ) && entries.iter().any(|other| other.event.reminds_of(Owed::Late))
}

/// What an entry brings: its line in the chats, calls, and a public update to wherever it goes. `entries` are those written with it.
pub(super) fn of_entry(
    incident: &Incident,
    entry: &Entry,
    entries: &[Entry],
    chats: &[String],
    now: DateTime<Utc>,
) -> Vec<NewDelivery> {
    let mut out = Vec::new();
    // A chat that is away is told how long it was, and what it missed, when it is back. In one that is not heard people type
    // on, and should know that it does nothing.
    let absent = match &entry.event {
        Event::ChatLost { chat, is_deaf: false, .. } | Event::ChatBack { chat, was_deaf: false, .. } => {
            Some(chat)
        }
        _ => None,
    };
    if let Event::EntryRedacted { target, .. } = entry.event {
        out.extend(chats.iter().map(|chat| unsay(incident.id, entry.seq, target, chat, now)));
    }
    if is_said(&entry.event) && !is_told_with(entry, entries) {
        out.extend(chats.iter().filter(|chat| absent != Some(*chat)).map(|chat| NewDelivery {
            key: format!("{}/{}", incident.id, entry.seq),
            destination: chat.clone(),
            lane: lane(incident.id, chat),
            incident: Some(incident.id),
            what: What::Say { seq: entry.seq },
            same: None,
            at: now,
        }));
    }
    out.extend(pages(incident, entry, now));
    if let Event::UpdatePublished { n, destinations, .. } = &entry.event {
        // The built-in page and the sandbox of a drill are written with the entry itself.
        let outside = destinations.iter().filter(|d| !matches!(d.as_str(), "page" | "sandbox"));
        out.extend(outside.map(|destination| NewDelivery {
            key: format!("{}/p{n}", incident.id),
            destination: destination.clone(),
            lane: lane(incident.id, destination),
            incident: Some(incident.id),
            what: What::Post { n: *n },
            same: None,
            at: now,
        }));
    }
    out
}

/// The card of an incident as it is after its last entry, wherever cards are shown.
pub(super) fn cards(incident: &Incident, chats: &[String], now: DateTime<Utc>) -> Vec<NewDelivery> {
    cards_of(incident.id, &incident.seq.to_string(), chats, now)
}

/// The card of an incident that did not change itself, wherever cards are shown.
pub fn incident_cards(row: &IncidentRow, now: DateTime<Utc>, chats: &[String]) -> Vec<NewDelivery> {
    cards_of(row.id, &format!("{}/{}", row.seq, now.timestamp_millis()), chats, now)
}

fn cards_of(id: IncidentId, revision: &str, chats: &[String], now: DateTime<Utc>) -> Vec<NewDelivery> {
    let card = |chat: &String| NewDelivery {
        key: format!("{id}/card/{revision}"),
        destination: chat.clone(),
        lane: lane(id, chat),
        incident: Some(id),
        what: What::Card,
        same: Some(format!("card/{id}")),
        at: now,
    };
    chats.iter().map(card).collect()
}

fn lane(id: IncidentId, destination: &str) -> String {
    format!("{destination}/{id}")
}

/// What a chat shows of a redacted entry is taken out of sight: behind its line, if that waits yet.
fn unsay(incident: IncidentId, redaction: u64, seq: u64, chat: &str, now: DateTime<Utc>) -> NewDelivery {
    NewDelivery {
        key: format!("{incident}/{redaction}/unsay"),
        destination: chat.to_owned(),
        lane: lane(incident, chat),
        incident: Some(incident),
        what: What::Unsay { seq },
        same: None,
        at: now,
    }
}

/// The word to those who can take a secret out of a message that was put on the timeline; it was masked in the entries up to `seq`.
pub fn secret(
    incident: IncidentId,
    seq: u64,
    chat: &str,
    kinds: String,
    of: &Quoted,
    now: DateTime<Utc>,
) -> NewDelivery {
    let key = format!("{incident}/secret/{seq}");
    NewDelivery {
        // Nothing that waits keeps it waiting.
        lane: format!("{chat}/{key}"),
        key,
        destination: chat.to_owned(),
        incident: Some(incident),
        what: What::Secret { kinds, of: of.clone() },
        same: None,
        at: now,
    }
}

/// Whom a step calls; and, to the services that were called, that it is answered or over.
fn pages(incident: &Incident, entry: &Entry, now: DateTime<Utc>) -> Vec<NewDelivery> {
    let mut out = Vec::new();
    let mut page = |n: u32, which: String, to: Option<&Person>, pager: &str, act: Act| {
        let whom = to.map_or("", |person| person.id.as_str());
        let destination = format!("{PAGER}{pager}");
        out.push(NewDelivery {
            key: format!("{}/page/{n}/{which}/{whom}", incident.id),
            lane: format!("{destination}/{}/{whom}", incident.id),
            destination,
            incident: Some(incident.id),
            what: What::Page { n, to: to.cloned(), act },
            same: None,
            at: now,
        });
    };
    let mut tell = |pagings: &mut dyn Iterator<Item = &Paging>, act: Act| {
        for paging in pagings {
            for pager in &paging.pagers {
                page(paging.n, entry.seq.to_string(), None, pager, act);
            }
        }
    };
    match &entry.event {
        Event::Paged { n, step, round, called, pagers, .. } => {
            let which = format!("{round}.{step}");
            for (one, pager) in called.iter().flat_map(|one| one.by.iter().map(move |pager| (one, pager))) {
                page(*n, which.clone(), Some(&one.person), pager, Act::Trigger);
            }
            for pager in pagers {
                page(*n, which.clone(), None, pager, Act::Trigger);
            }
        }
        Event::PageAcknowledged { pagings, .. } => {
            tell(&mut incident.pagings.iter().filter(|one| pagings.contains(&one.n)), Act::Acknowledge);
        }
        Event::PagingStopped { pagings, .. } => {
            tell(&mut incident.pagings.iter().filter(|one| pagings.contains(&one.n)), Act::Resolve);
        }
        Event::PhaseChanged { from, to, .. } if from.is_active() && !to.is_active() => {
            tell(&mut incident.pagings.iter(), Act::Resolve);
        }
        _ => {}
    }
    out
}

/// What rings on at those who were called is told that somebody has it, or that it is over: behind their page, in its lane.
pub(super) fn hushes(
    incident: &Incident,
    entry: &Entry,
    means: &Means,
    now: DateTime<Utc>,
) -> Vec<NewDelivery> {
    let act = match &entry.event {
        Event::PageAcknowledged { .. } => Act::Acknowledge,
        Event::PagingStopped { .. } | Event::PhaseChanged { .. } => Act::Resolve,
        _ => return vec![],
    };
    let is_meant = |paging: &Paging| match &entry.event {
        Event::PageAcknowledged { pagings, .. } | Event::PagingStopped { pagings, .. } => {
            pagings.contains(&paging.n)
        }
        // What was answered is quiet already.
        Event::PhaseChanged { from, to, .. } => {
            from.is_active() && !to.is_active() && !matches!(paging.state, PagingState::Acknowledged { .. })
        }
        _ => false,
    };
    let mut out = Vec::new();
    for paging in incident.pagings.iter().filter(|paging| is_meant(paging)) {
        for person in &paging.people {
            let reach = means.reach.get(&person.id).into_iter().flatten();
            out.extend(reach.filter(|pager| means.ring_on.contains(*pager)).map(|pager| {
                let destination = format!("{PAGER}{pager}");
                NewDelivery {
                    key: format!("{}/page/{}/{}/{}", incident.id, paging.n, entry.seq, person.id),
                    lane: format!("{destination}/{}/{}", incident.id, person.id),
                    destination,
                    incident: Some(incident.id),
                    what: What::Page { n: paging.n, to: Some(person.clone()), act },
                    same: None,
                    at: now,
                }
            }));
        }
    }
    out
}

/// The card of a situation, wherever cards are shown.
pub fn situation_cards(id: i64, revision: i64, chats: &[String], now: DateTime<Utc>) -> Vec<NewDelivery> {
    chats
        .iter()
        .map(|chat| NewDelivery {
            key: format!("S-{id}/{revision}"),
            destination: chat.clone(),
            lane: format!("{chat}/S-{id}"),
            incident: None,
            what: What::Situation { id },
            same: Some(format!("S-{id}")),
            at: now,
        })
        .collect()
}

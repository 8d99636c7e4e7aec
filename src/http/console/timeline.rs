//! The timeline: newest first, so that what just happened stands on top of a phone too. In the order in which it was
//! written down; what happened at another time says so.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;

use super::{
    Shared,
    clock::{Clock, Stamp},
    frame::{self, Frame, Left},
};
use crate::{
    desk::{Desk, refuse},
    incident::{
        chain::Sealed,
        event::{Entry, TimeSource},
        id::IncidentId,
        refusal::Refusal,
        role::Words,
        sentence::{InNames, Knowing},
        state::Incident,
        timeline::{self, Line},
    },
    journal::JournalError,
    people::{Person, door},
};

/// Lines on a page of the whole timeline.
const PAGE: u64 = 200;
/// Entries read at once where a filter looks through them.
const SEARCHED: u64 = 2_000;
/// Characters of a filter.
const FILTER_CHARS_MAX: usize = 200;

pub struct LineView {
    pub seq: u64,
    pub at: Stamp,
    /// When it was written down, where that is another time.
    pub recorded: Option<Stamp>,
    pub who: String,
    pub role: Option<String>,
    /// The door, as people call it.
    pub via: String,
    pub is_house: bool,
    /// The first word of its stored name: what a colour stands for.
    pub family: &'static str,
    pub text: String,
    pub original: Option<String>,
    pub original_at: Option<Stamp>,
    pub corrected_by: Option<u64>,
    pub reworded_by: Option<String>,
    pub redacted_by: Option<u64>,
    pub is_late: bool,
    pub important: bool,
    pub pinned: bool,
}

fn view(line: Line, clock: &Clock, words: Words) -> LineView {
    let is_house = line.actor.id == Person::house().id;
    LineView {
        seq: line.seq,
        at: clock.stamp(line.occurred_at),
        recorded: (line.is_late || line.time_source == TimeSource::Alert)
            .then(|| clock.stamp(line.recorded_at)),
        role: line.role.as_ref().map(|role| role.shown(words)),
        who: line.actor.name,
        via: door(&line.via).to_owned(),
        is_house,
        family: line.name.split('.').next().unwrap_or_default(),
        text: line.text,
        original: line.original,
        original_at: line.original_at.map(|at| clock.stamp(at)),
        corrected_by: line.corrected_by,
        reworded_by: line.reworded_by.map(|by| by.name),
        redacted_by: line.redacted_by,
        is_late: line.is_late,
        important: line.important,
        pinned: line.pinned,
    }
}

/// Lines `from` to `to`, both included, newest first: costs what these lines cost, and the few corrections.
pub async fn lines(
    desk: &Desk,
    incident: &Incident,
    (from, to): (u64, u64),
    clock: &Clock,
) -> Result<Vec<LineView>, Refusal> {
    let changes = changes(desk, incident.id).await?;
    between(desk, incident, (from, to), &changes, clock).await
}

fn read(sealed: &Sealed) -> Result<Entry, Refusal> {
    serde_json::from_str(&sealed.body).map_err(|e| {
        let what = format!("{} entry {}", sealed.incident, sealed.seq);
        refuse(JournalError::Damaged { what, why: e.to_string() })
    })
}

/// The corrections and redactions of an incident: read once, however many pages are looked through.
async fn changes(desk: &Desk, id: IncidentId) -> Result<Vec<Entry>, Refusal> {
    desk.journal.changing_entries(id).await.map_err(refuse)?.iter().map(read).collect()
}

async fn between(
    desk: &Desk,
    incident: &Incident,
    (from, to): (u64, u64),
    changes: &[Entry],
    clock: &Clock,
) -> Result<Vec<LineView>, Refusal> {
    let from = from.max(1);
    let limit = (to + 1).saturating_sub(from);
    let sealed = desk.journal.entries(incident.id, from, limit).await.map_err(refuse)?;
    let last = sealed.last().map_or(0, |sealed| sealed.seq);
    let mut entries = sealed.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // What was corrected or redacted later reads as it does now.
    entries.extend(changes.iter().filter(|change| change.seq > last).cloned());
    let settings = desk.settings();
    let told = InNames(&settings.policy, |at| clock.stamp(at).short);
    let mut lines = timeline::lines(entries, &Knowing(&told, incident));
    lines.retain(|line| line.seq <= last);
    // The mark may stand behind these entries.
    for line in &mut lines {
        line.pinned = incident.pins.contains(&line.seq);
    }
    lines.reverse();
    Ok(lines.into_iter().map(|line| view(line, clock, settings.policy.words)).collect())
}

/// Leaves a page's worth of what was found; returns before which entry the older ones stand.
fn cut(found: &mut Vec<LineView>, older: Option<u64>) -> Option<u64> {
    if found.len() as u64 <= PAGE {
        return older;
    }
    found.truncate(PAGE as usize);
    found.last().map(|line| line.seq)
}

fn fits(line: &LineView, lower: &str) -> bool {
    lower.is_empty() || line.text.to_lowercase().contains(lower) || line.who.to_lowercase().contains(lower)
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    before: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/timeline.html")]
struct Page {
    frame: Frame,
    id: String,
    title: String,
    lines: Vec<LineView>,
    filter: String,
    entries: u64,
    older: Option<u64>,
}

pub async fn page(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let Some(me) = shared.visitor(&headers) else {
        return frame::who_are_you(&shared, &format!("/console/i/{id}/timeline"));
    };
    frame::answer(&shared, &me, build(&shared, &me, &id, asked, Left::carried(&headers)).await)
}

async fn build(shared: &Shared, me: &Person, id: &str, asked: Asked, left: Left) -> Result<Page, Refusal> {
    let id = frame::incident_id(id)?;
    let desk = &shared.console.desk;
    let incident = desk.seen_by(me).incident(id).await?;
    let clock = frame::clock_at(shared, me, incident.time_at(desk.world.now()));
    let filter: String = asked.q.trim().chars().take(FILTER_CHARS_MAX).collect();
    let lower = filter.to_lowercase();
    let mut to = asked.before.map_or(incident.seq, |before| before.saturating_sub(1).min(incident.seq));
    let mut shown: Vec<LineView> = Vec::new();
    let mut older = None;
    let step = if lower.is_empty() { PAGE } else { SEARCHED };
    let changes = changes(desk, id).await?;
    // A filter looks on until one page's worth is found.
    while to > 0 {
        let from = to.saturating_sub(step - 1).max(1);
        let found = between(desk, &incident, (from, to), &changes, &clock).await?;
        shown.extend(found.into_iter().filter(|line| fits(line, &lower)));
        older = (from > 1).then_some(from);
        to = from - 1;
        if lower.is_empty() || shown.len() as u64 >= PAGE {
            break;
        }
    }
    let older = cut(&mut shown, older);
    let mut frame = Frame::new(shared, Some(me), format!("Timeline of {id}"), "").leave(left);
    frame.banner = incident.kind().banner();
    frame.events = format!("/console/events?incident={id}");
    frame.incident = Some(id.to_string());
    Ok(Page {
        frame,
        id: id.to_string(),
        title: incident.title.clone(),
        lines: shown,
        filter,
        entries: incident.seq,
        older,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        export::samples::{Journal, note},
        incident::kind::Kind,
    };

    #[test]
    fn a_filter_that_finds_much_shows_a_pages_worth_and_says_where_the_older_ones_stand() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-01T00:00:00Z");
        for _ in 0..300 {
            j.say("Bo", None, note("seen"));
        }
        let clock = Clock { tz: chrono_tz::Tz::UTC, now: j.at };
        let found = || -> Vec<LineView> {
            j.paper().lines.into_iter().rev().map(|line| view(line, &clock, Words::Nims)).collect()
        };
        let mut much = found();
        assert_eq!(cut(&mut much, None), Some(102));
        assert_eq!((much.len() as u64, much[0].seq, much[199].seq), (PAGE, 301, 102));
        let mut little: Vec<LineView> = found().into_iter().take(3).collect();
        assert_eq!((cut(&mut little, Some(7)), little.len()), (Some(7), 3));
    }

    #[test]
    fn where_something_was_said_is_called_as_people_call_it() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-01T00:00:00Z");
        let clock = Clock { tz: chrono_tz::Tz::UTC, now: j.at };
        j.say("Bo", None, note("seen"));
        let line = j.paper().lines.pop().unwrap();
        let said = |via: &str| view(Line { via: via.into(), ..line.clone() }, &clock, Words::Nims).via;
        assert_eq!(
            ["cli", "discord", "console", "alertmanager"].map(said),
            ["command line", "Discord", "console", "alertmanager"]
        );
    }
}

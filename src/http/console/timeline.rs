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
        event::{Entry, TimeSource},
        refusal::Refusal,
        role::Words,
        sentence::InNames,
        state::Incident,
        timeline::{self, Line},
    },
    journal::JournalError,
    people::Person,
};

/// Lines on a page of the whole timeline.
const PAGE: u64 = 200;
/// Characters of a filter.
const FILTER_CHARS_MAX: usize = 200;

pub struct LineView {
    pub seq: u64,
    pub at: Stamp,
    /// When it was written down, where that is another time.
    pub recorded: Option<Stamp>,
    pub who: String,
    pub role: Option<String>,
    pub via: String,
    pub is_house: bool,
    /// The first word of its stored name: what a colour stands for.
    pub family: &'static str,
    pub text: String,
    pub original: Option<String>,
    pub original_at: Option<Stamp>,
    pub corrected_by: Option<u64>,
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
        via: line.via,
        is_house,
        family: line.name.split('.').next().unwrap_or_default(),
        text: line.text,
        original: line.original,
        original_at: line.original_at.map(|at| clock.stamp(at)),
        corrected_by: line.corrected_by,
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
    let (id, from) = (incident.id, from.max(1));
    let mut sealed = desk.journal.entries(id, from, (to + 1).saturating_sub(from)).await.map_err(refuse)?;
    let last = sealed.last().map_or(0, |sealed| sealed.seq);
    // What was corrected or redacted later reads as it does now.
    sealed.extend(
        desk.journal.changing_entries(id).await.map_err(refuse)?.into_iter().filter(|s| s.seq > last),
    );
    let entries = sealed
        .iter()
        .map(|sealed| {
            serde_json::from_str::<Entry>(&sealed.body).map_err(|e| {
                refuse(JournalError::Damaged {
                    what: format!("{id} entry {}", sealed.seq),
                    why: e.to_string(),
                })
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let settings = desk.settings();
    let mut lines = timeline::lines(entries, &InNames(&settings.policy, |at| clock.stamp(at).short));
    lines.retain(|line| line.seq <= last);
    // The mark may stand behind these entries.
    for line in &mut lines {
        line.pinned = incident.pins.contains(&line.seq);
    }
    lines.reverse();
    Ok(lines.into_iter().map(|line| view(line, clock, settings.policy.words)).collect())
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
    // A filter looks through page after page until one page's worth is found.
    while to > 0 {
        let from = to.saturating_sub(PAGE - 1).max(1);
        let found = lines(desk, &incident, (from, to), &clock).await?;
        shown.extend(found.into_iter().filter(|line| fits(line, &lower)));
        older = (from > 1).then_some(from);
        to = from - 1;
        if lower.is_empty() || shown.len() as u64 >= PAGE {
            break;
        }
    }
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

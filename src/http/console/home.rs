//! The first page: what is open, what fires that nobody has taken up, what was; and the way to declare.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;

use super::{
    Shared,
    alerts::{self, SituationCard},
    clock::{Clock, Due, Stamp},
    frame::{self, Frame, Left},
};
use crate::{
    incident::{names::Names, phase::Phase, severity::Severity},
    journal::rows::{IncidentFilter, IncidentRow},
    people::Person,
};

/// Incidents read for the lists.
const ROWS_MAX: u32 = 300;
/// Of those that are over, shown.
const OVER_SHOWN: usize = 30;
const SITUATIONS_SHOWN: usize = 20;
const ALERTS_SHOWN: u32 = 3;

pub struct Row {
    pub id: String,
    pub title: String,
    pub how_bad: String,
    level: u8,
    pub tone: &'static str,
    pub phase: String,
    pub commander: String,
    pub declared: Stamp,
    pub next_update: Option<Due>,
    pub drafts: usize,
    pub is_stopped: bool,
}

#[derive(Template)]
#[template(path = "console/home.html")]
struct Page {
    frame: Frame,
    open: Vec<Row>,
    exercises: Vec<Row>,
    over: Vec<Row>,
    situations: Vec<SituationCard>,
    /// `… and 12 more`, where there are.
    more: Option<String>,
    severities: Vec<(&'static str, String, String)>,
    /// The severity that is chosen unless another is.
    usual: &'static str,
    /// The words of the matrix.
    impacts: Vec<String>,
    urgencies: Vec<String>,
}

/// What can be chosen: the word, the name, when it is that; what holds `now` too, though it be out of use.
pub fn severities(names: &Names, now: Option<Severity>) -> Vec<(&'static str, String, String)> {
    let choice = |one: Severity| (one.word(), names.severity(one), names.meaning(one).to_owned());
    names.offered(now).map(choice).collect()
}

/// A phase as people read it: the team's own name for it, or its word.
pub fn phase(names: &Names, phase: Phase) -> String {
    names.phase(phase).to_owned()
}

fn row(row: &IncidentRow, clock: &Clock, names: &Names) -> Row {
    Row {
        id: row.id.to_string(),
        title: row.title.clone(),
        how_bad: names.how_bad(row.id.kind, row.severity),
        level: row.severity.level(),
        tone: row.severity.word(),
        phase: phase(names, row.phase),
        commander: row.commander.to_string(),
        declared: clock.stamp(row.declared_at),
        next_update: None,
        drafts: 0,
        is_stopped: false,
    }
}

pub async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else { return frame::who_are_you(&shared, "/console") };
    let left = Left::carried(&headers);
    show(&shared, &headers, &me, left).await
}

pub async fn show(shared: &Shared, _headers: &HeaderMap, me: &Person, left: Left) -> Response {
    match build(shared, me, left).await {
        Ok(page) => frame::render(&page, StatusCode::OK),
        Err(refusal) => frame::refusal_page(shared, Some(me), &refusal),
    }
}

async fn build(shared: &Shared, me: &Person, left: Left) -> Result<Page, crate::incident::refusal::Refusal> {
    let desk = &shared.console.desk;
    let settings = desk.settings();
    let policy = &settings.policy;
    let clock = frame::clock_at(shared, me, desk.world.now());
    let open_rows = desk.seen_by(me).list(IncidentFilter::open()).await?;
    let all = desk.seen_by(me).list(IncidentFilter::all(ROWS_MAX)).await?;
    let (mut open, mut exercises) = (Vec::new(), Vec::new());
    for found in &open_rows {
        let mut shown = row(found, &clock, &policy.names);
        // The list row does not hold the promise to the public; the folded state is at hand.
        if let Ok(incident) = desk.incident(found.id).await {
            let own = Clock { now: incident.time_at(clock.now), ..clock };
            shown.next_update = incident.next_update_due.map(|at| own.due(at, incident.real_time_at(at)));
            shown.drafts =
                incident.posts.iter().filter(|p| p.published.is_none() && p.dropped.is_none()).count();
            shown.is_stopped = incident.standing_stop().is_some();
        }
        if found.id.kind.is_for_the_public() { open.push(shown) } else { exercises.push(shown) }
    }
    open.sort_by_key(|row| row.level);
    let over = all
        .iter()
        .filter(|row| row.phase.is_over())
        .take(OVER_SHOWN)
        .map(|found| row(found, &clock, &policy.names))
        .collect();
    let waiting = desk.waiting(0, SITUATIONS_SHOWN).await?;
    let situations = alerts::waiting_cards(shared, me, &waiting, ALERTS_SHOWN, &clock).await?;
    Ok(Page {
        frame: Frame::new(shared, Some(me), "Incidents", "home").leave(left),
        open,
        exercises,
        over,
        situations,
        more: waiting.more.map(|more| more.to_string()),
        severities: severities(&policy.names, None),
        usual: policy.names.nearest_used(Severity::Sev2).word(),
        impacts: policy.matrix.impacts().to_vec(),
        urgencies: policy.matrix.urgencies().to_vec(),
    })
}

#[derive(Deserialize)]
pub struct HelpOf {
    verb: Option<String>,
}

#[derive(Template)]
#[template(path = "console/help.html")]
struct HelpPage {
    frame: Frame,
    text: String,
}

pub async fn help(State(shared): State<Shared>, Query(of): Query<HelpOf>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else { return frame::who_are_you(&shared, "/console/help") };
    // A page has room for every verb.
    let verb = of.verb.as_deref().or(Some("verbs"));
    let text = (shared.console.help)(verb, (&shared.console.desk.settings().policy).into());
    frame::render(&HelpPage { frame: Frame::new(&shared, Some(&me), "Help", "help"), text }, StatusCode::OK)
}

//! Alert situations with their alerts: those that nobody has taken up, those of open incidents, the last ones; what they
//! tell, what was changed before, and whether they deserve it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::Response,
};
use chrono::Duration;
use serde::Deserialize;
use url::Url;

use super::{
    Shared,
    apart::{self, Label},
    clock::{Clock, Stamp},
    evidence::{self, ChangeLine, DAYS, EvidenceLine, FIRED_MAX, ReportView, StoryView},
    frame::{self, Frame, Left},
    heartbeats,
    picture::Day,
};
use crate::{
    alert::{
        AlertSeverity,
        cause::{CLOSE_MINUTES, Story},
    },
    desk::{
        refuse,
        view::{Stood, Waiting},
    },
    incident::{id::IncidentId, refusal::Refusal},
    journal::rows::{AlertRow, IncidentFilter, SituationFilter, SituationRow},
    people::Person,
};

/// As a form of this page names it, to be led back here.
pub const PAGE: &str = "alerts";
pub const PATH: &str = "/console/alerts";
/// Of those that wait, on one page; and the furthest that one begins.
const SITUATIONS_SHOWN: usize = 100;
const FROM_MAX: usize = 10_000;
/// Incidents with alerts that are shown, and the alerts of one of them.
const INCIDENTS_SHOWN: usize = 20;
const OF_INCIDENT_SHOWN: usize = 20;
/// Situations looked through for those that are quiet again.
const OVER_READ: u32 = 300;
const OVER_SHOWN: usize = 100;
const ALERTS_SHOWN: u32 = 5;
/// Changes of the last day that are drawn, and those that are listed.
const CHANGES_READ: u32 = 500;
const CHANGES_SHOWN: usize = 10;
/// For how long alerts can be silenced by a button, in hours and in words; never longer than the settings let anybody.
const SILENCES: [(u32, &str); 5] = [(1, "1h"), (2, "2h"), (4, "4h"), (8, "8h"), (24, "24h")];

pub struct AlertLine {
    pub title: String,
    /// What tells it from the others of its situation.
    pub apart: Vec<Label>,
    pub description: String,
    pub is_firing: bool,
    pub severity: &'static str,
    pub since: Stamp,
    pub times: u64,
    pub links: Vec<(&'static str, String)>,
}

pub struct SituationCard {
    pub id: i64,
    pub title: String,
    pub source: String,
    pub severity: &'static str,
    pub tone: &'static str,
    pub firing: u32,
    pub total: u32,
    pub since: Stamp,
    pub incident: Option<String>,
    pub is_open: bool,
    pub alerts: Vec<AlertLine>,
    /// Alerts that are not shown.
    pub more: u32,
    /// What it tells of, and why it is thought so.
    pub tells: Vec<EvidenceLine>,
    /// `cleared 5 times in 12 min`, where one of its alerts flaps.
    pub flapping: Option<String>,
    /// What people arranged about it: `acknowledged by Ada; silenced until …`; empty where nothing is.
    pub stands: String,
    /// What the press that acknowledges it is called, where it can be.
    pub acknowledge: Option<&'static str>,
    /// For how long it can be silenced; empty where it cannot.
    pub silences: Vec<&'static str>,
    pub can_unsilence: bool,
    /// The mark that holds, in words.
    pub mark: Option<String>,
    /// A mark can be set here.
    pub can_mark: bool,
}

/// Situations that may tell of one thing: of an incident, or that began about the same time.
pub struct Together {
    pub incident: Option<(String, String)>,
    pub story: StoryView,
    pub situations: Vec<SituationCard>,
    /// Situations of the incident that are not shown.
    pub more: usize,
}

/// An address that may be pressed: http or https, without credentials.
pub fn safe_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_safe =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    is_safe.then(|| url.into())
}

fn card(row: &SituationRow, alerts: &[AlertRow], clock: &Clock) -> SituationCard {
    let situation = &row.situation;
    let apart = apart::labels(&alerts.iter().map(|row| &row.alert).collect::<Vec<_>>());
    SituationCard {
        id: row.id,
        title: situation.title.clone(),
        source: situation.source.clone(),
        severity: situation.severity.word(),
        tone: match (situation.firing, situation.severity >= AlertSeverity::Error) {
            (0, _) => "good",
            (_, true) => "sev1",
            (_, false) => "sev3",
        },
        firing: situation.firing,
        total: situation.total,
        since: clock.stamp(situation.opened_at),
        incident: row.incident.map(|id| id.to_string()),
        is_open: row.is_open,
        alerts: alerts
            .iter()
            .zip(apart)
            .map(|(row, apart)| AlertLine {
                title: row.alert.title.clone(),
                apart,
                description: row.alert.description.clone(),
                is_firing: row.is_firing,
                severity: row.alert.severity.word(),
                since: clock.stamp(row.alert.starts_at.unwrap_or(row.first_seen)),
                times: row.times,
                links: row
                    .alert
                    .links
                    .iter()
                    .filter_map(|l| Some((l.kind.word(), safe_url(&l.url)?)))
                    .collect(),
            })
            .collect(),
        more: situation.total.saturating_sub(u32::try_from(alerts.len()).unwrap_or(u32::MAX)),
        tells: vec![],
        flapping: None,
        stands: String::new(),
        acknowledge: None,
        silences: vec![],
        can_unsilence: false,
        mark: None,
        can_mark: false,
    }
}

impl SituationCard {
    /// With what people arranged about it, and what the reader can.
    fn standing(self, row: &SituationRow, stood: &Stood, me: &Person, hours_max: u32) -> SituationCard {
        let mut words = stood.words.trim_start_matches("; ").to_owned();
        if stood.is_recorded {
            let and = if words.is_empty() { "" } else { "; " };
            words.push_str(&format!("{and}recorded, nobody is told"));
        }
        let fires = row.is_open && row.situation.firing > 0;
        SituationCard {
            flapping: stood.flapping.map(|flaps| flaps.in_words()),
            stands: words,
            acknowledge: match &stood.acknowledged_by {
                None => fires.then_some("Acknowledge"),
                Some(by) => (fires && by.id != me.id).then_some("Take it over"),
            },
            silences: match fires && !stood.is_silenced {
                true => SILENCES.iter().filter(|one| one.0 <= hours_max).map(|one| one.1).collect(),
                false => vec![],
            },
            can_unsilence: row.is_open && stood.is_silenced,
            ..self
        }
    }
}

/// The cards of what waits for somebody, with so many alerts of each.
pub async fn waiting_cards(
    shared: &Shared,
    me: &Person,
    waiting: &Waiting,
    alerts: u32,
    clock: &Clock,
) -> Result<Vec<SituationCard>, Refusal> {
    let desk = &shared.console.desk;
    let hours_max = desk.settings().silence_hours_max;
    let mut cards = Vec::with_capacity(waiting.rows.len());
    for (row, stood) in waiting.rows.iter().zip(&waiting.stands) {
        let of = desk.journal.alerts_of(row.id, alerts).await.map_err(refuse)?;
        cards.push(card(row, &of, clock).standing(row, stood, me, hours_max));
    }
    Ok(cards)
}

#[derive(Template)]
#[template(path = "console/alerts.html")]
struct Page {
    frame: Frame,
    /// How many heartbeats are in which state.
    heartbeats: String,
    day: Day,
    free: Vec<Together>,
    /// Somebody is on them, or nobody is told.
    held: Vec<SituationCard>,
    /// `… and 12 more`, and where they begin unless that is further than is listed.
    more: Option<(String, Option<usize>)>,
    /// Those before these begin there.
    before: Option<usize>,
    taken: Vec<Together>,
    /// Incidents whose alerts are not looked for.
    more_taken: usize,
    over: Vec<SituationCard>,
    /// So much is open that nothing is listed that is not.
    is_over_left_out: bool,
    changes: Vec<ChangeLine>,
    report: ReportView,
}

/// From which of those that wait on.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    from: String,
}

pub async fn page(State(shared): State<Shared>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else { return frame::who_are_you(&shared, PATH) };
    let from = asked.from.parse::<usize>().unwrap_or(0).min(FROM_MAX);
    frame::answer(&shared, &me, build(&shared, &me, from, Left::carried(&headers)).await)
}

/// The page after a form of it.
pub async fn show(shared: &Shared, me: &Person, left: Left) -> Response {
    frame::answer(shared, me, build(shared, me, 0, left).await)
}

async fn build(shared: &Shared, me: &Person, from: usize, left: Left) -> Result<Page, Refusal> {
    let desk = &shared.console.desk;
    let now = desk.world.now();
    let clock = frame::clock_at(shared, me, now);
    let waiting = desk.waiting(from, SITUATIONS_SHOWN).await?;
    let shown = waiting.rows.len();
    let (mut unheld, mut held, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for (row, stood) in waiting.rows.into_iter().zip(waiting.stands) {
        match (row.situation.firing, stood.is_taken_up()) {
            (0, _) => over.push(row),
            (_, true) => held.push(row),
            (_, false) => unheld.push(row),
        }
    }
    let mut of_incidents = BTreeMap::<IncidentId, Vec<SituationRow>>::new();
    let is_over_left_out = waiting.more.is_some();
    if !is_over_left_out {
        for row in desk.seen_by(me).situations(SituationFilter::Recent { limit: OVER_READ }).await? {
            match row.incident {
                Some(id) if row.is_open => of_incidents.entry(id).or_default().push(row),
                None if row.is_open => {}
                _ => over.push(row),
            }
        }
    }
    over.truncate(OVER_SHOWN);
    let (taken, more_taken) = taken(shared, me, of_incidents, &clock).await?;
    let free = free(shared, me, unheld, &clock).await?;
    let held = cards(shared, me, &held, &Story::default(), &clock).await?;
    let over = cards(shared, me, &over, &Story::default(), &clock).await?;
    let fired = shared.recent.fired(desk).await?;
    let report = desk.report_of(me, now - Duration::days(DAYS), &fired, FIRED_MAX).await?;
    let changes = desk.last_changes(now - Duration::days(1), CHANGES_READ).await?;
    let mut frame = Frame::new(shared, Some(me), "Alerts", "alerts").leave(left);
    frame.page = PAGE;
    Ok(Page {
        frame,
        heartbeats: heartbeats::summary(&(shared.console.heartbeats)()),
        day: Day::of(&fired, &changes, &clock),
        free,
        held,
        more: waiting.more.map(|more| {
            let next = from + shown;
            (more.to_string(), (next <= FROM_MAX).then_some(next))
        }),
        before: (from > 0).then(|| from.saturating_sub(SITUATIONS_SHOWN)),
        taken,
        more_taken,
        over,
        is_over_left_out,
        changes: changes.iter().take(CHANGES_SHOWN).map(|one| evidence::change(one, &clock)).collect(),
        report: ReportView::of(&report, &clock),
    })
}

/// What nobody has taken up stays in its order, the worst first; what began about the same time has its story where the first of it
/// stands.
async fn free(
    shared: &Shared,
    me: &Person,
    rows: Vec<SituationRow>,
    clock: &Clock,
) -> Result<Vec<Together>, Refusal> {
    let desk = &shared.console.desk;
    let mut group_of = BTreeMap::new();
    let mut stories = Vec::new();
    for group in close_in_time(&rows) {
        group_of.extend(group.iter().map(|row| (row.id, stories.len())));
        stories.push((desk.story_of_rows(&group).await?, false));
    }
    let mut all = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some(row) = rows.next() {
        let group = group_of.get(&row.id).copied();
        let mut beside = vec![row];
        while let Some(next) = rows.next_if(|next| group_of.get(&next.id).copied() == group) {
            beside.push(next);
        }
        let Some(group) = group else { continue };
        let Some((story, is_told)) = stories.get_mut(group) else { continue };
        let mut one = together(shared, me, None, &beside, story, clock).await?;
        if *is_told {
            one.story = StoryView::default();
        }
        *is_told = true;
        all.push(one);
    }
    Ok(all)
}

/// The alerts of incidents, of the worst incident first, and of how many more incidents they were not looked for. `known` are those of
/// incidents that may be over.
async fn taken(
    shared: &Shared,
    me: &Person,
    mut known: BTreeMap<IncidentId, Vec<SituationRow>>,
    clock: &Clock,
) -> Result<(Vec<Together>, usize), Refusal> {
    let desk = &shared.console.desk;
    let mut open = desk.seen_by(me).list(IncidentFilter::open()).await?;
    open.sort_by_key(|row| (row.severity.level(), Reverse(row.declared_at)));
    let mut ids: Vec<IncidentId> = open.into_iter().map(|row| row.id).collect();
    let ended: Vec<IncidentId> = known.keys().rev().filter(|id| !ids.contains(id)).copied().collect();
    ids.extend(ended);
    let (mut all, mut looked) = (Vec::new(), 0);
    for id in &ids {
        if all.len() == INCIDENTS_SHOWN {
            break;
        }
        looked += 1;
        let linked = SituationFilter::Linked { incident: *id };
        let mut rows = desk.seen_by(me).situations(linked).await?;
        rows.extend(known.remove(id).unwrap_or_default());
        rows.retain(|row| row.is_open);
        rows.sort_by_key(|row| (row.situation.firing == 0, Reverse((row.situation.severity, row.id))));
        rows.dedup_by_key(|row| row.id);
        if rows.is_empty() {
            continue;
        }
        let more = rows.len().saturating_sub(OF_INCIDENT_SHOWN);
        rows.truncate(OF_INCIDENT_SHOWN);
        let incident = desk.seen_by(me).incident(*id).await?;
        let story = desk.story_of(&incident).await?;
        let named = Some((id.to_string(), incident.title));
        all.push(Together { more, ..together(shared, me, named, &rows, &story, clock).await? });
    }
    Ok((all, ids.len() - looked))
}

/// Situations in groups whose members began within a while of the next; in each they stay in their order.
fn close_in_time(rows: &[SituationRow]) -> Vec<Vec<SituationRow>> {
    let mut by_time: Vec<(usize, &SituationRow)> = rows.iter().enumerate().collect();
    by_time.sort_by_key(|(_, row)| Reverse(row.situation.opened_at));
    let mut groups: Vec<Vec<(usize, &SituationRow)>> = Vec::new();
    for (place, row) in by_time {
        let is_close = |(_, before): &(usize, &SituationRow)| {
            before.situation.opened_at - row.situation.opened_at <= Duration::minutes(CLOSE_MINUTES)
        };
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(is_close) => group.push((place, row)),
            _ => groups.push(vec![(place, row)]),
        }
    }
    let in_order = |mut group: Vec<(usize, &SituationRow)>| -> Vec<SituationRow> {
        group.sort_by_key(|(place, _)| *place);
        group.into_iter().map(|(_, row)| row.clone()).collect()
    };
    groups.into_iter().map(in_order).collect()
}

async fn together(
    shared: &Shared,
    me: &Person,
    incident: Option<(String, String)>,
    rows: &[SituationRow],
    story: &Story,
    clock: &Clock,
) -> Result<Together, Refusal> {
    let situations = cards(shared, me, rows, story, clock).await?;
    Ok(Together { incident, story: StoryView::of(story, clock), situations, more: 0 })
}

async fn cards(
    shared: &Shared,
    me: &Person,
    rows: &[SituationRow],
    story: &Story,
    clock: &Clock,
) -> Result<Vec<SituationCard>, Refusal> {
    let desk = &shared.console.desk;
    let hours_max = desk.settings().silence_hours_max;
    let stands = desk.seen_by(me).stood(rows).await?;
    let mut cards = Vec::new();
    for (row, stood) in rows.iter().zip(&stands) {
        let alerts = desk.journal.alerts_of(row.id, ALERTS_SHOWN).await.map_err(refuse)?;
        let mark = desk.seen_by(me).mark_on(row.id).await?;
        cards.push(SituationCard {
            tells: evidence::of_situation(story, row.id, clock),
            mark: mark.map(|mark| mark.words()),
            can_mark: true,
            ..card(row, &alerts, clock).standing(row, stood, me, hours_max)
        });
    }
    Ok(cards)
}

#[cfg(test)]
mod tests {
    use super::safe_url;

    #[test]
    fn only_web_addresses_can_be_pressed() {
        assert_eq!(
            safe_url("https://grafana.example/d/7?a=\"b\"").as_deref(),
            Some("https://grafana.example/d/7?a=%22b%22")
        );
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "https://a:b@c.example",
            "//x",
            "ftp://x",
            "",
        ] {
            assert_eq!(safe_url(text), None, "{text}");
        }
    }
}

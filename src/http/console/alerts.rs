//! Alert situations with their alerts: those that nobody has taken up, those of open incidents, the last ones; what they
//! tell, what was changed before, and whether they deserve it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::State, http::HeaderMap, http::StatusCode, response::Response};
use chrono::Duration;
use url::Url;

use super::{
    Shared,
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
    desk::refuse,
    incident::{id::IncidentId, refusal::Refusal},
    journal::rows::{AlertRow, SituationFilter, SituationRow},
    people::Person,
};

const SITUATIONS_SHOWN: u32 = 100;
const ALERTS_SHOWN: u32 = 5;
/// Changes of the last day that are drawn, and those that are listed.
const CHANGES_READ: u32 = 500;
const CHANGES_SHOWN: usize = 10;

pub struct AlertLine {
    pub title: String,
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
}

/// An address that may be pressed: http or https, without credentials.
pub fn safe_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_safe =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    is_safe.then(|| url.into())
}

pub fn card(row: &SituationRow, alerts: &[AlertRow], clock: &Clock) -> SituationCard {
    let situation = &row.situation;
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
            .map(|row| AlertLine {
                title: row.alert.title.clone(),
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
        mark: None,
        can_mark: false,
    }
}

#[derive(Template)]
#[template(path = "console/alerts.html")]
struct Page {
    frame: Frame,
    /// How many heartbeats are in which state.
    heartbeats: String,
    day: Day,
    free: Vec<Together>,
    taken: Vec<Together>,
    over: Vec<SituationCard>,
    changes: Vec<ChangeLine>,
    report: ReportView,
}

pub async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else { return frame::who_are_you(&shared, "/console/alerts") };
    match build(&shared, &me, Left::carried(&headers)).await {
        Ok(page) => frame::render(&page, StatusCode::OK),
        Err(refusal) => frame::refusal_page(&shared, Some(&me), &refusal),
    }
}

async fn build(shared: &Shared, me: &Person, left: Left) -> Result<Page, Refusal> {
    let desk = &shared.console.desk;
    let now = desk.world.now();
    let clock = frame::clock_at(shared, me, now);
    let mut of_incidents = BTreeMap::<IncidentId, Vec<SituationRow>>::new();
    let (mut unlinked, mut over) = (Vec::new(), Vec::new());
    for row in desk.seen_by(me).situations(SituationFilter::Recent { limit: SITUATIONS_SHOWN }).await? {
        match row.incident {
            Some(id) if row.is_open => of_incidents.entry(id).or_default().push(row),
            None if row.is_open && row.situation.firing > 0 => unlinked.push(row),
            _ => over.push(row),
        }
    }
    let mut free = Vec::new();
    for rows in close_in_time(unlinked) {
        let story = desk.story_of_rows(&rows).await?;
        free.push(together(shared, me, None, &rows, &story, &clock).await?);
    }
    let mut taken = Vec::new();
    for (id, rows) in of_incidents.into_iter().rev() {
        let incident = desk.seen_by(me).incident(id).await?;
        let story = desk.story_of(&incident).await?;
        let named = Some((id.to_string(), incident.title));
        taken.push(together(shared, me, named, &rows, &story, &clock).await?);
    }
    let over = cards(shared, me, &over, &Story::default(), &clock).await?;
    let fired = shared.recent.fired(desk).await?;
    let report = desk.report_of(me, now - Duration::days(DAYS), &fired, FIRED_MAX).await?;
    let changes = desk.last_changes(now - Duration::days(1), CHANGES_READ).await?;
    Ok(Page {
        frame: Frame::new(shared, Some(me), "Alerts", "alerts").leave(left),
        heartbeats: heartbeats::summary(&(shared.console.heartbeats)()),
        day: Day::of(&fired, &changes, &clock),
        free,
        taken,
        over,
        changes: changes.iter().take(CHANGES_SHOWN).map(|one| evidence::change(one, &clock)).collect(),
        report: ReportView::of(&report, &clock),
    })
}

/// Situations in groups whose members began within a while of the next, the newest first.
fn close_in_time(mut rows: Vec<SituationRow>) -> Vec<Vec<SituationRow>> {
    rows.sort_by_key(|row| std::cmp::Reverse(row.situation.opened_at));
    let mut groups: Vec<Vec<SituationRow>> = Vec::new();
    for row in rows {
        let is_close = |before: &SituationRow| {
            before.situation.opened_at - row.situation.opened_at <= Duration::minutes(CLOSE_MINUTES)
        };
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(is_close) => group.push(row),
            _ => groups.push(vec![row]),
        }
    }
    groups
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
    Ok(Together { incident, story: StoryView::of(story, clock), situations })
}

async fn cards(
    shared: &Shared,
    me: &Person,
    rows: &[SituationRow],
    story: &Story,
    clock: &Clock,
) -> Result<Vec<SituationCard>, Refusal> {
    let desk = &shared.console.desk;
    let mut cards = Vec::new();
    for row in rows {
        let alerts = desk.journal.alerts_of(row.id, ALERTS_SHOWN).await.map_err(refuse)?;
        let mark = desk.seen_by(me).mark_on(row.id).await?;
        cards.push(SituationCard {
            tells: evidence::of_situation(story, row.id, clock),
            mark: mark.map(|mark| mark.words()),
            can_mark: true,
            ..card(row, &alerts, clock)
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

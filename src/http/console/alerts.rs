//! Alert situations with their alerts: those that nobody has taken up, and the last ones.

use askama::Template;
use axum::{extract::State, http::HeaderMap, http::StatusCode, response::Response};
use url::Url;

use super::{
    Shared,
    clock::{Clock, Stamp},
    frame::{self, Frame, Left},
};
use crate::{
    alert::AlertSeverity,
    desk::refuse,
    incident::refusal::Refusal,
    journal::rows::{AlertRow, SituationFilter, SituationRow},
    people::Person,
};

const SITUATIONS_SHOWN: u32 = 100;
const ALERTS_SHOWN: u32 = 25;

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
    }
}

#[derive(Template)]
#[template(path = "console/alerts.html")]
struct Page {
    frame: Frame,
    free: Vec<SituationCard>,
    others: Vec<SituationCard>,
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
    let clock = frame::clock_at(shared, me, desk.world.now());
    let (mut free, mut others) = (Vec::new(), Vec::new());
    for row in desk.seen_by(me).situations(SituationFilter::Recent { limit: SITUATIONS_SHOWN }).await? {
        let alerts = desk.journal.alerts_of(row.id, ALERTS_SHOWN).await.map_err(refuse)?;
        let is_free = row.is_open && row.incident.is_none();
        (if is_free { &mut free } else { &mut others }).push(card(&row, &alerts, &clock));
    }
    Ok(Page { frame: Frame::new(shared, Some(me), "Alerts", "alerts").leave(left), free, others })
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

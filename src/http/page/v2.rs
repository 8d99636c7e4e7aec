//! The documents of the public API v2 of Atlassian Statuspage, so that whatever reads such a page reads this one.
//!
//! Each struct is the list of what may be said: a field that does not stand here cannot get out.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    PageSettings,
    model::{PublicComponent, PublicIncident, PublicView},
};
use crate::post::{ComponentState, Impact, PublicPhase};

/// Incidents in `incidents.json` at most, as at Statuspage.
const INCIDENTS_MAX: usize = 50;

#[derive(Serialize)]
struct Page<'a> {
    id: &'a str,
    name: &'a str,
    url: &'a str,
    time_zone: &'static str,
    updated_at: String,
}

#[derive(Serialize)]
struct Status {
    indicator: &'static str,
    description: &'static str,
}

impl Status {
    fn of(view: &PublicView, now: DateTime<Utc>) -> Status {
        let impact = view.impact();
        if view.is_under_maintenance(now) {
            // Statuspage's own pages say so, its documentation does not: <https://github.com/cloudsmith-io/cloudsmith-api/issues/25>.
            return Status { indicator: "maintenance", description: "Service Under Maintenance" };
        }
        Status { indicator: impact.word(), description: sentence(impact) }
    }
}

#[derive(Serialize)]
struct Component<'a> {
    id: String,
    name: &'a str,
    status: ComponentState,
    created_at: String,
    updated_at: String,
    position: usize,
    description: Option<&'a str>,
    showcase: bool,
    start_date: Option<String>,
    group_id: Option<String>,
    page_id: &'a str,
    group: bool,
    only_show_if_degraded: bool,
}

#[derive(Serialize)]
struct Affected<'a> {
    code: String,
    name: &'a str,
    old_status: ComponentState,
    new_status: ComponentState,
}

#[derive(Serialize)]
struct Update<'a> {
    id: String,
    status: PublicPhase,
    body: &'a str,
    incident_id: &'a str,
    created_at: String,
    updated_at: String,
    display_at: String,
    affected_components: Option<Vec<Affected<'a>>>,
    deliver_notifications: bool,
    custom_tweet: Option<String>,
    tweet_id: Option<u64>,
}

#[derive(Serialize)]
struct Incident<'a> {
    id: &'a str,
    name: &'a str,
    status: PublicPhase,
    created_at: String,
    updated_at: String,
    monitoring_at: Option<String>,
    resolved_at: Option<String>,
    impact: &'static str,
    shortlink: String,
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_for: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_until: Option<String>,
    page_id: &'a str,
    incident_updates: Vec<Update<'a>>,
    components: Vec<Component<'a>>,
}

#[derive(Serialize)]
struct Document<'a> {
    page: Page<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<Component<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incidents: Option<Vec<Incident<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_maintenances: Option<Vec<Incident<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

/// The page's state in a sentence, as Statuspage words it.
pub fn sentence(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "All Systems Operational",
        Impact::Minor => "Minor Service Outage",
        Impact::Major => "Partial System Outage",
        Impact::Critical => "Major Service Outage",
    }
}

/// Twelve letters and digits that stay the same for the same name.
fn short_id(kind: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{kind}\0{name}"));
    hex::encode(digest).chars().take(12).collect()
}

struct Writer<'a> {
    view: &'a PublicView,
    settings: &'a PageSettings,
    now: DateTime<Utc>,
    page_id: String,
    url: String,
}

impl<'a> Writer<'a> {
    fn stamp(&self, at: DateTime<Utc>) -> String {
        if self.settings.tz == Tz::UTC {
            at.to_rfc3339_opts(SecondsFormat::Millis, true)
        } else {
            at.with_timezone(&self.settings.tz).to_rfc3339_opts(SecondsFormat::Millis, false)
        }
    }

    fn page(&self) -> Page<'_> {
        Page {
            id: &self.page_id,
            name: &self.settings.title,
            url: &self.url,
            time_zone: self.settings.tz.name(),
            updated_at: self.stamp(self.view.updated_at.unwrap_or_default()),
        }
    }

    fn component(&self, position: usize, shown: &'a PublicComponent) -> Component<'_> {
        let created = shown.first_told_at.unwrap_or_default();
        Component {
            id: short_id("component", &shown.component.name),
            name: &shown.component.name,
            status: shown.state,
            created_at: self.stamp(created),
            updated_at: self.stamp(shown.last_told_at.unwrap_or(created)),
            position: position + 1,
            description: shown.component.description.as_deref(),
            showcase: true,
            start_date: None,
            group_id: shown.component.group.as_deref().map(|group| short_id("group", group)),
            page_id: &self.page_id,
            group: false,
            only_show_if_degraded: false,
        }
    }

    fn components(&self) -> Vec<Component<'_>> {
        self.view.components.iter().enumerate().map(|(i, c)| self.component(i, c)).collect()
    }

    fn incident(&self, shown: &'a PublicIncident) -> Incident<'_> {
        let incident_updates = shown
            .posts
            .iter()
            .map(|post| {
                let affected: Vec<Affected<'_>> = post
                    .affected
                    .iter()
                    .map(|(name, old_status, new_status)| Affected {
                        code: short_id("component", name),
                        name,
                        old_status: *old_status,
                        new_status: *new_status,
                    })
                    .collect();
                let at = self.stamp(post.at);
                Update {
                    id: format!("{}-p{}", shown.id, post.n),
                    status: post.phase,
                    body: &post.text,
                    incident_id: &shown.id,
                    created_at: at.clone(),
                    updated_at: at.clone(),
                    display_at: at,
                    affected_components: (!affected.is_empty()).then_some(affected),
                    deliver_notifications: true,
                    custom_tweet: None,
                    tweet_id: None,
                }
            })
            .collect();
        let components = self.view.components.iter().enumerate();
        Incident {
            id: &shown.id,
            name: &shown.title,
            // Its time comes by itself; nobody need say so.
            status: if shown.is_under_way(self.now) { PublicPhase::InProgress } else { shown.phase },
            created_at: self.stamp(shown.created_at),
            updated_at: self.stamp(shown.updated_at),
            monitoring_at: shown.monitoring_at.map(|at| self.stamp(at)),
            resolved_at: shown.resolved_at.map(|at| self.stamp(at)),
            impact: if shown.planned.is_some() { "maintenance" } else { shown.impact.word() },
            shortlink: format!("{}#{}", self.url, shown.id),
            started_at: self.stamp(shown.planned.map_or(shown.created_at, |span| span.from)),
            scheduled_for: shown.planned.map(|span| self.stamp(span.from)),
            scheduled_until: shown.planned.map(|span| self.stamp(span.until)),
            page_id: &self.page_id,
            incident_updates,
            components: components
                .filter(|(_, c)| shown.components.contains_key(&c.component.name))
                .map(|(i, c)| self.component(i, c))
                .collect(),
        }
    }

    fn open(&self) -> Vec<Incident<'_>> {
        self.view.open.iter().map(|incident| self.incident(incident)).collect()
    }

    /// Planned work that is told of; with `under_way`, only what has begun, or only what has not.
    fn planned(&self, under_way: Option<bool>) -> Vec<Incident<'_>> {
        let is_meant =
            |work: &&PublicIncident| under_way.is_none_or(|wanted| work.is_under_way(self.now) == wanted);
        self.view.planned.iter().filter(is_meant).map(|work| self.incident(work)).collect()
    }

    /// Planned work of late, too: what is over comes last.
    fn all_planned(&self) -> Vec<Incident<'_>> {
        let over = self.view.past.iter().filter(|one| one.planned.is_some());
        let mut all = self.planned(None);
        all.extend(over.map(|work| self.incident(work)));
        all.truncate(INCIDENTS_MAX);
        all
    }

    fn all(&self) -> Vec<Incident<'_>> {
        let past = self.view.past.iter().filter(|one| one.planned.is_none());
        let mut all: Vec<&PublicIncident> = self.view.open.iter().chain(past).collect();
        all.sort_by_key(|incident| std::cmp::Reverse((incident.created_at, &incident.id)));
        all.into_iter().take(INCIDENTS_MAX).map(|incident| self.incident(incident)).collect()
    }
}

/// Every document with its path.
///
/// # Errors
/// What cannot be written as JSON, which these types rule out.
pub fn documents(
    view: &PublicView,
    settings: &PageSettings,
    now: DateTime<Utc>,
) -> serde_json::Result<Vec<(&'static str, Vec<u8>)>> {
    let writer =
        Writer { view, settings, now, page_id: short_id("page", &settings.title), url: settings.page_url() };
    let empty = || Document {
        page: writer.page(),
        components: None,
        incidents: None,
        scheduled_maintenances: None,
        status: None,
    };
    let status = || Some(Status::of(view, now));
    [
        (
            "/status/api/v2/summary.json",
            Document {
                components: Some(writer.components()),
                incidents: Some(writer.open()),
                scheduled_maintenances: Some(writer.planned(None)),
                status: status(),
                ..empty()
            },
        ),
        ("/status/api/v2/status.json", Document { status: status(), ..empty() }),
        ("/status/api/v2/components.json", Document { components: Some(writer.components()), ..empty() }),
        ("/status/api/v2/incidents.json", Document { incidents: Some(writer.all()), ..empty() }),
        ("/status/api/v2/incidents/unresolved.json", Document { incidents: Some(writer.open()), ..empty() }),
        (
            "/status/api/v2/scheduled-maintenances.json",
            Document { scheduled_maintenances: Some(writer.all_planned()), ..empty() },
        ),
        (
            "/status/api/v2/scheduled-maintenances/upcoming.json",
            Document { scheduled_maintenances: Some(writer.planned(Some(false))), ..empty() },
        ),
        (
            "/status/api/v2/scheduled-maintenances/active.json",
            Document { scheduled_maintenances: Some(writer.planned(Some(true))), ..empty() },
        ),
    ]
    .into_iter()
    .map(|(path, document)| Ok((path, serde_json::to_vec(&document)?)))
    .collect()
}

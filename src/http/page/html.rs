//! The page as HTML: no script at all, readable in print, on a phone, in the dark.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    PageSettings,
    model::{PublicIncident, PublicView},
    paragraphs,
};
use crate::post::{ComponentState, Impact};

struct Stamp {
    iso: String,
    utc: String,
    /// In the organization's zone, where that is not UTC.
    local: Option<String>,
}

struct ShownPost {
    phase: &'static str,
    at: Stamp,
    paragraphs: Vec<Vec<String>>,
    corrects: Option<Stamp>,
}

struct ShownIncident {
    id: String,
    title: String,
    impact: &'static str,
    impact_words: &'static str,
    posts: Vec<ShownPost>,
    next_update: Option<Stamp>,
    next_is_late: bool,
    components: Vec<String>,
    /// Of planned work: from when, until when.
    planned: Option<(Stamp, Stamp)>,
    state: &'static str,
}

struct ShownComponent {
    name: String,
    description: Option<String>,
    state: &'static str,
    words: &'static str,
}

struct Group {
    name: Option<String>,
    components: Vec<ShownComponent>,
}

#[derive(Template)]
#[template(path = "page/status.html")]
struct Page {
    title: String,
    organization: String,
    headline: &'static str,
    tone: &'static str,
    open: Vec<ShownIncident>,
    planned: Vec<ShownIncident>,
    past: Vec<(String, Vec<ShownIncident>)>,
    groups: Vec<Group>,
    days: u32,
    zone: Option<&'static str>,
    updated: Option<Stamp>,
}

fn stamp(at: DateTime<Utc>, settings: &PageSettings) -> Stamp {
    let local = at.with_timezone(&settings.tz);
    let is_utc = settings.tz == chrono_tz::Tz::UTC;
    Stamp {
        iso: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        utc: at.format("%-d %b %Y, %H:%M UTC").to_string(),
        local: (!is_utc).then(|| local.format("%-d %b, %H:%M %Z").to_string()),
    }
}

fn impact_words(impact: Impact) -> (&'static str, &'static str) {
    match impact {
        Impact::None => ("none", "No impact"),
        Impact::Minor => ("minor", "Minor impact"),
        Impact::Major => ("major", "Major impact"),
        Impact::Critical => ("critical", "Critical impact"),
    }
}

fn state_words(state: ComponentState) -> (&'static str, &'static str) {
    match state {
        ComponentState::Operational => ("none", "Operational"),
        ComponentState::DegradedPerformance => ("minor", "Degraded performance"),
        ComponentState::PartialOutage => ("major", "Partial outage"),
        ComponentState::MajorOutage => ("critical", "Major outage"),
        ComponentState::UnderMaintenance => ("maintenance", "Under maintenance"),
    }
}

fn shown(incident: &PublicIncident, settings: &PageSettings, now: DateTime<Utc>) -> ShownIncident {
    let (impact, words) = match incident.planned {
        Some(_) => ("maintenance", "Maintenance"),
        None => impact_words(incident.impact),
    };
    ShownIncident {
        id: incident.id.clone(),
        title: incident.title.clone(),
        impact,
        impact_words: words,
        posts: incident
            .posts
            .iter()
            .map(|post| ShownPost {
                phase: post.phase.title(),
                at: stamp(post.at, settings),
                paragraphs: paragraphs(&post.text),
                corrects: post.corrects.map(|at| stamp(at, settings)),
            })
            .collect(),
        next_update: incident.next_update_at.map(|at| stamp(at, settings)),
        next_is_late: incident.next_update_at.is_some_and(|at| at < now),
        components: incident.components.keys().cloned().collect(),
        planned: incident.planned.map(|span| (stamp(span.from, settings), stamp(span.until, settings))),
        state: if incident.is_under_way(now) { "In progress" } else { incident.phase.title() },
    }
}

pub fn page(view: &PublicView, settings: &PageSettings, now: DateTime<Utc>) -> Result<String, askama::Error> {
    let impact = view.impact();
    let (headline, tone) = match (impact, view.open.is_empty()) {
        _ if view.is_under_maintenance(now) => ("Maintenance is under way", "maintenance"),
        (Impact::None, true) => ("All systems operational", "none"),
        (Impact::None, false) => ("We are looking into an incident", "minor"),
        (Impact::Minor, _) => ("Minor service outage", "minor"),
        (Impact::Major, _) => ("Partial system outage", "major"),
        (Impact::Critical, _) => ("Major service outage", "critical"),
    };
    let mut groups: Vec<Group> = Vec::new();
    for component in &view.components {
        let (state, words) = state_words(component.state);
        let shown = ShownComponent {
            name: component.component.name.clone(),
            description: component.component.description.clone(),
            state,
            words,
        };
        match groups.iter_mut().find(|group| group.name == component.component.group) {
            Some(group) => group.components.push(shown),
            None => groups.push(Group { name: component.component.group.clone(), components: vec![shown] }),
        }
    }
    let mut past: Vec<(String, Vec<ShownIncident>)> = Vec::new();
    for incident in &view.past {
        let day = incident.created_at.with_timezone(&settings.tz).format("%A, %-d %B %Y").to_string();
        match past.last_mut() {
            Some((last, incidents)) if *last == day => incidents.push(shown(incident, settings, now)),
            _ => past.push((day, vec![shown(incident, settings, now)])),
        }
    }
    Page {
        title: settings.title.clone(),
        organization: settings.organization.clone(),
        headline,
        tone,
        open: view.open.iter().map(|incident| shown(incident, settings, now)).collect(),
        planned: view.planned.iter().map(|work| shown(work, settings, now)).collect(),
        past,
        groups,
        days: settings.days,
        zone: (settings.tz != chrono_tz::Tz::UTC).then(|| settings.tz.name()),
        updated: view.updated_at.map(|at| stamp(at, settings)),
    }
    .render()
}

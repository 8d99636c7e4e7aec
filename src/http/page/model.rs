//! What the public may know, sorted for reading: components with their state, incidents with their posts.
//!
//! Built from published posts of real incidents and of planned work alone ([`PublicPostRow`]); nothing else of the house comes in here, so
//! nothing else can stand on the page, in its documents or in its feed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::PageSettings;
use crate::{
    alert::window::Span,
    config::Component,
    incident::kind::Kind,
    journal::rows::PublicPostRow,
    post::{ComponentState, Impact, PublicPhase},
};

/// One published post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicPost {
    pub n: u32,
    pub at: DateTime<Utc>,
    pub phase: PublicPhase,
    pub text: String,
    /// Component, its state before, its state by this post.
    pub affected: Vec<(String, ComponentState, ComponentState)>,
    /// When the post that this one corrects was published.
    pub corrects: Option<DateTime<Utc>>,
}

/// One incident as the public knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicIncident {
    /// `INC-1`
    pub id: String,
    pub title: String,
    pub phase: PublicPhase,
    /// The worst that any of its posts said.
    pub impact: Impact,
    /// What its newest post says.
    pub impact_now: Impact,
    pub next_update_at: Option<DateTime<Utc>>,
    /// Newest first.
    pub posts: Vec<PublicPost>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub monitoring_at: Option<DateTime<Utc>>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// Component, and the newest that a post of this incident says of it.
    pub components: BTreeMap<String, ComponentState>,
    /// Of planned work: its time, as the newest post has it.
    pub planned: Option<Span>,
}

impl PublicIncident {
    pub fn is_open(&self) -> bool {
        !self.phase.is_last()
    }

    /// Planned work whose time has come by what the public was told, or that was said to have begun.
    pub fn is_under_way(&self, now: DateTime<Utc>) -> bool {
        match self.phase {
            PublicPhase::InProgress => true,
            PublicPhase::Scheduled => self.planned.is_some_and(|span| span.from <= now),
            _ => false,
        }
    }
}

/// A component and how it does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicComponent {
    pub component: Component,
    pub state: ComponentState,
    /// When a post first and last spoke of it.
    pub first_told_at: Option<DateTime<Utc>>,
    pub last_told_at: Option<DateTime<Utc>>,
}

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicView {
    pub components: Vec<PublicComponent>,
    /// Newest first.
    pub open: Vec<PublicIncident>,
    /// Planned work that is not over, the soonest first.
    pub planned: Vec<PublicIncident>,
    /// Resolved within the days shown, newest first.
    pub past: Vec<PublicIncident>,
    /// The newest post.
    pub updated_at: Option<DateTime<Utc>>,
    /// The first post of the oldest incident that is open.
    pub oldest_open_at: Option<DateTime<Utc>>,
}

/// 0 is best, 4 is worst.
fn badness(state: ComponentState) -> u8 {
    match state {
        ComponentState::Operational => 0,
        ComponentState::UnderMaintenance => 1,
        ComponentState::DegradedPerformance => 2,
        ComponentState::PartialOutage => 3,
        ComponentState::MajorOutage => 4,
    }
}

impl PublicView {
    /// `rows` in any order.
    pub fn of(rows: Vec<PublicPostRow>, settings: &PageSettings, now: DateTime<Utc>) -> PublicView {
        let mut by_incident: BTreeMap<_, Vec<PublicPostRow>> = BTreeMap::new();
        // The projection holds nothing else; asked once more, as this is the last door before the public.
        for row in rows.into_iter().filter(|row| row.incident.kind.is_for_the_public()) {
            by_incident.entry((row.incident.kind.prefix(), row.incident.number)).or_default().push(row);
        }
        let is_shown = |name: &str| settings.components.iter().any(|component| component.name == name);
        let mut incidents: Vec<PublicIncident> =
            by_incident.into_values().filter_map(|rows| incident(rows, &is_shown)).collect();
        incidents.sort_by_key(|incident| std::cmp::Reverse((incident.created_at, incident.id.clone())));
        let components = settings.components.iter().map(|c| component(c, &incidents, now)).collect();
        let updated_at = incidents.iter().map(|incident| incident.updated_at).max();
        let (open, past): (Vec<_>, Vec<_>) = incidents.into_iter().partition(PublicIncident::is_open);
        let since = settings.shown_from(now);
        let oldest_open_at = open.iter().map(|incident| incident.created_at).min();
        let (mut planned, open): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|incident| incident.planned.is_some());
        planned.sort_by_key(|work| (work.planned.map(|span| span.from), work.id.clone()));
        let past = past.into_iter().filter(|incident| incident.updated_at >= since).collect();
        PublicView { components, open, planned, past, updated_at, oldest_open_at }
    }

    /// From when on posts have to be read for the next page to say the same: those that are shown, those of the oldest incident that
    /// is open, and the newest one, by which readers tell whether anything is new.
    pub fn read_from(&self, shown_from: DateTime<Utc>) -> DateTime<Utc> {
        [self.oldest_open_at, self.updated_at].into_iter().flatten().fold(shown_from, Ord::min)
    }

    /// Whether planned work goes on, and nothing hurts.
    pub fn is_under_maintenance(&self, now: DateTime<Utc>) -> bool {
        self.open.is_empty()
            && self.impact() == Impact::None
            && self.planned.iter().any(|work| work.is_under_way(now))
    }

    /// The worst of what open incidents and components say, in Statuspage's words of impact.
    pub fn impact(&self) -> Impact {
        let of_components = self.components.iter().map(|component| match component.state {
            ComponentState::Operational | ComponentState::UnderMaintenance => Impact::None,
            ComponentState::DegradedPerformance => Impact::Minor,
            ComponentState::PartialOutage => Impact::Major,
            ComponentState::MajorOutage => Impact::Critical,
        });
        self.open
            .iter()
            .map(|incident| incident.impact_now)
            .chain(of_components)
            .max()
            .unwrap_or(Impact::None)
    }
}

fn incident(mut rows: Vec<PublicPostRow>, is_shown: &dyn Fn(&str) -> bool) -> Option<PublicIncident> {
    rows.sort_by_key(|row| (row.published_at, row.n));
    let (first, last) = (rows.first()?, rows.last()?);
    let phase = last.post.phase;
    let at_of: BTreeMap<String, DateTime<Utc>> =
        rows.iter().map(|row| (row.post.id.clone(), row.published_at)).collect();
    let reached = |wanted| rows.iter().rev().find(|row| row.post.phase == wanted).map(|row| row.published_at);
    let mut components = BTreeMap::new();
    let mut posts = Vec::new();
    for row in &rows {
        let mut affected = Vec::new();
        for (name, state) in row.post.components.iter().filter(|(name, _)| is_shown(name)) {
            let before = components.insert(name.clone(), *state).unwrap_or(ComponentState::Operational);
            affected.push((name.clone(), before, *state));
        }
        posts.push(PublicPost {
            n: row.n,
            at: row.published_at,
            phase: row.post.phase,
            text: row.post.text.clone(),
            affected,
            corrects: row.post.corrects.as_ref().and_then(|id| at_of.get(id).copied()),
        });
    }
    posts.reverse();
    let is_over = phase.is_last();
    Some(PublicIncident {
        id: last.incident.to_string(),
        title: last.post.title.clone(),
        phase,
        impact: rows.iter().map(|row| row.post.impact).max().unwrap_or(Impact::None),
        impact_now: last.post.impact,
        next_update_at: last.post.next_update_at.filter(|_| !is_over),
        created_at: first.published_at,
        updated_at: last.published_at,
        monitoring_at: reached(PublicPhase::Monitoring),
        resolved_at: if is_over { reached(phase) } else { None },
        planned: last.post.planned.filter(|_| last.incident.kind == Kind::Planned),
        posts,
        components,
    })
}

fn component(component: &Component, incidents: &[PublicIncident], now: DateTime<Utc>) -> PublicComponent {
    let said = incidents
        .iter()
        // What planned work will do to it, it does from its time on.
        .filter(|incident| incident.is_open() && (incident.planned.is_none() || incident.is_under_way(now)))
        .filter_map(|i| i.components.get(&component.name));
    let told = || {
        incidents
            .iter()
            .flat_map(|i| &i.posts)
            .filter(|p| p.affected.iter().any(|(name, ..)| *name == component.name))
    };
    PublicComponent {
        state: said.copied().max_by_key(|state| badness(*state)).unwrap_or(ComponentState::Operational),
        first_told_at: told().map(|post| post.at).min(),
        last_told_at: told().map(|post| post.at).max(),
        component: component.clone(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::post::PostView;

    fn now() -> DateTime<Utc> {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn settings(days: u32) -> PageSettings {
        PageSettings {
            title: "Status".into(),
            organization: "Example".into(),
            public_url: None,
            tz: chrono_tz::Tz::UTC,
            components: vec![],
            days,
        }
    }

    fn told(number: u32, phase: PublicPhase, days_ago: i64) -> PublicPostRow {
        let incident = crate::incident::id::IncidentId::new(Kind::Real, number);
        let published_at = now() - Duration::days(days_ago);
        let post = PostView {
            id: format!("{incident}/p1"),
            incident: incident.to_string(),
            title: "Checkout fails".into(),
            phase,
            impact: Impact::Minor,
            text: "Text.".into(),
            texts: BTreeMap::new(),
            components: vec![],
            next_update_at: None,
            planned: None,
            approved_at: published_at,
            is_first: true,
            corrects: None,
            page_url: None,
        };
        PublicPostRow { incident, n: 1, published_at, post }
    }

    /// The journal gives every post of an incident one of whose posts is as young as that.
    fn read(rows: &[PublicPostRow], since: DateTime<Utc>) -> Vec<PublicPostRow> {
        rows.iter().filter(|row| row.published_at >= since).cloned().collect()
    }

    #[test]
    fn when_the_newest_update_was_stays_known_after_it_is_shown_no_more() {
        let rows = [told(1, PublicPhase::Resolved, 40), told(2, PublicPhase::Resolved, 30)];
        let settings = settings(14);
        let first = PublicView::of(rows.to_vec(), &settings, now());
        assert!(first.past.is_empty());
        let again = read(&rows, first.read_from(settings.shown_from(now())));
        assert_eq!(again.len(), 1, "and no more is read than that");
        assert_eq!(PublicView::of(again, &settings, now()), first);
        assert_eq!(first.updated_at, Some(rows[1].published_at));
    }

    #[test]
    fn an_open_incident_is_read_from_its_first_word_on() {
        let rows = [told(1, PublicPhase::Investigating, 40), told(2, PublicPhase::Resolved, 1)];
        let view = PublicView::of(rows.to_vec(), &settings(14), now());
        assert_eq!(view.read_from(settings(14).shown_from(now())), rows[0].published_at);
    }

    #[test]
    fn the_longest_span_of_days_shows_everything() {
        let view = PublicView::of(vec![told(1, PublicPhase::Resolved, 4_000)], &settings(u32::MAX), now());
        assert_eq!(view.past.len(), 1);
    }
}

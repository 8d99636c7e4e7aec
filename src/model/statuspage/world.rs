//! The page, components and incidents of the modelled Statuspage, and the documents it makes of them.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    config::secret::Secret,
    post::{ComponentState, Impact, PublicPhase},
};

/// The rate limit is counted over so many seconds.
pub const WINDOW_S: i64 = 60;

#[derive(Debug, Clone)]
pub struct Component {
    pub id: String,
    pub name: String,
    pub state: ComponentState,
}

#[derive(Debug, Clone)]
pub struct Update {
    pub id: String,
    pub status: PublicPhase,
    pub body: String,
    pub created_at: DateTime<Utc>,
    /// Whether the page's subscribers were told.
    pub notified: bool,
    /// Component id, state before, state after.
    pub affected: Vec<(String, ComponentState, ComponentState)>,
}

#[derive(Debug, Clone)]
pub struct Incident {
    pub id: String,
    pub name: String,
    pub status: PublicPhase,
    pub impact_override: Option<Impact>,
    pub created_at: DateTime<Utc>,
    pub metadata: Map<String, Value>,
    pub component_ids: Vec<String>,
    /// Oldest first.
    pub updates: Vec<Update>,
}

/// What create and update take; other fields of the official description are not modelled and are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
    status: Option<PublicPhase>,
    impact_override: Option<Impact>,
    body: Option<String>,
    #[serde(default)]
    components: BTreeMap<String, ComponentState>,
    component_ids: Option<Vec<String>>,
    deliver_notifications: Option<bool>,
    metadata: Option<Map<String, Value>>,
}

#[derive(Debug)]
pub struct World {
    pub page_id: String,
    pub page_name: String,
    pub key: Secret,
    pub components: Vec<Component>,
    /// Oldest first.
    pub incidents: Vec<Incident>,
    /// Calls allowed in [`WINDOW_S`] seconds.
    pub calls_per_window: usize,
    calls: VecDeque<DateTime<Utc>>,
    ids: u64,
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl World {
    pub fn new(page_id: &str, page_name: &str, key: Secret, components: &[&str]) -> Self {
        let components = components
            .iter()
            .enumerate()
            .map(|(n, name)| Component {
                id: format!("c{n:011}"),
                name: (*name).to_owned(),
                state: ComponentState::Operational,
            })
            .collect();
        Self {
            page_id: page_id.to_owned(),
            page_name: page_name.to_owned(),
            key,
            components,
            incidents: Vec::new(),
            calls_per_window: 60,
            calls: VecDeque::new(),
            ids: 0,
        }
    }

    /// Counts one call; false if the limit is reached.
    pub fn count(&mut self, now: DateTime<Utc>) -> bool {
        let start = now - TimeDelta::seconds(WINDOW_S);
        while self.calls.front().is_some_and(|at| *at <= start) {
            self.calls.pop_front();
        }
        let free = self.calls.len() < self.calls_per_window;
        if free {
            self.calls.push_back(now);
        }
        free
    }

    fn id(&mut self, letter: char) -> String {
        self.ids += 1;
        format!("{letter}{:011}", self.ids)
    }

    fn check(&self, change: &Change) -> Result<(), String> {
        let too_long = |text: &Option<String>, max| text.as_ref().is_some_and(|t| t.chars().count() > max);
        if too_long(&change.name, 255) {
            return Err("Name is too long (maximum is 255 characters)".to_owned());
        }
        if too_long(&change.body, 25_000) {
            return Err("Body is too long (maximum is 25000 characters)".to_owned());
        }
        let known = |id: &String| self.components.iter().any(|c| c.id == *id);
        if !change.components.keys().chain(change.component_ids.iter().flatten()).all(known) {
            return Err("Component not found".to_owned());
        }
        if change.metadata.iter().flatten().any(|(_, value)| !value.is_object()) {
            return Err("Metadata top-level values must be objects".to_owned());
        }
        Ok(())
    }

    pub fn create(&mut self, change: Change, now: DateTime<Utc>) -> Result<Incident, String> {
        let Some(name) = change.name.clone().filter(|n| !n.trim().is_empty()) else {
            return Err("Name can't be blank".to_owned());
        };
        self.check(&change)?;
        let incident = Incident {
            id: self.id('i'),
            name,
            status: change.status.unwrap_or(PublicPhase::Investigating),
            impact_override: None,
            created_at: now,
            metadata: Map::new(),
            component_ids: Vec::new(),
            updates: Vec::new(),
        };
        let incident = self.apply(incident, change, now);
        self.incidents.push(incident.clone());
        Ok(incident)
    }

    /// `None` if there is no such incident.
    pub fn update(
        &mut self,
        id: &str,
        change: Change,
        now: DateTime<Utc>,
    ) -> Option<Result<Incident, String>> {
        let incident = self.incidents.iter().find(|i| i.id == id)?.clone();
        if let Err(why) = self.check(&change) {
            return Some(Err(why));
        }
        let incident = self.apply(incident, change, now);
        if let Some(place) = self.incidents.iter_mut().find(|i| i.id == id) {
            *place = incident.clone();
        }
        Some(Ok(incident))
    }

    fn apply(&mut self, mut incident: Incident, change: Change, now: DateTime<Utc>) -> Incident {
        incident.name = change.name.unwrap_or(incident.name);
        incident.status = change.status.unwrap_or(incident.status);
        incident.impact_override = change.impact_override.or(incident.impact_override);
        incident.metadata = change.metadata.unwrap_or(incident.metadata);
        for id in change.component_ids.into_iter().flatten().chain(change.components.keys().cloned()) {
            if !incident.component_ids.contains(&id) {
                incident.component_ids.push(id);
            }
        }
        let mut affected = Vec::new();
        for (id, state) in change.components {
            if let Some(component) = self.components.iter_mut().find(|c| c.id == id) {
                affected.push((id, component.state, state));
                component.state = state;
            }
        }
        if let Some(body) = change.body {
            let update = Update {
                id: self.id('u'),
                status: incident.status,
                body,
                created_at: now,
                notified: change.deliver_notifications.unwrap_or(true),
                affected,
            };
            incident.updates.push(update);
        }
        incident
    }

    /// What visitors see, and whether an incident matters to the page's state.
    pub fn impact(&self, incident: &Incident) -> Impact {
        incident.impact_override.unwrap_or_else(|| {
            let worst = |c: &Component| match c.state {
                ComponentState::MajorOutage => Impact::Critical,
                ComponentState::PartialOutage => Impact::Major,
                ComponentState::DegradedPerformance => Impact::Minor,
                ComponentState::Operational | ComponentState::UnderMaintenance => Impact::None,
            };
            let mine = self.components.iter().filter(|c| incident.component_ids.contains(&c.id));
            mine.map(worst).max_by_key(|i| *i as u8).unwrap_or(Impact::None)
        })
    }

    pub fn component_json(&self, component: &Component) -> Value {
        json!({"id": component.id, "page_id": self.page_id, "name": component.name, "status": component.state,
               "group": false, "group_id": null, "description": null, "showcase": true})
    }

    pub fn incident_json(&self, incident: &Incident, public: bool) -> Value {
        let name = |id: &str| {
            self.components.iter().find(|c| c.id == id).map(|c| c.name.clone()).unwrap_or_default()
        };
        let updates: Vec<Value> = incident
            .updates
            .iter()
            .rev()
            .map(|u| {
                let affected: Vec<Value> = u
                    .affected
                    .iter()
                    .map(|(id, old, new)| {
                        json!({"code": id, "name": name(id), "old_status": old, "new_status": new})
                    })
                    .collect();
                json!({"id": u.id, "incident_id": incident.id, "status": u.status, "body": u.body,
                       "created_at": stamp(u.created_at), "updated_at": stamp(u.created_at),
                       "display_at": stamp(u.created_at), "affected_components": affected,
                       "deliver_notifications": u.notified, "custom_tweet": null, "tweet_id": null})
            })
            .collect();
        let reached =
            |phase| incident.updates.iter().find(|u| u.status == phase).map(|u| stamp(u.created_at));
        let components: Vec<Value> = self
            .components
            .iter()
            .filter(|c| incident.component_ids.contains(&c.id))
            .map(|c| self.component_json(c))
            .collect();
        let mut all = json!({
            "id": incident.id, "page_id": self.page_id, "name": incident.name, "status": incident.status,
            "impact": self.impact(incident), "created_at": stamp(incident.created_at),
            "updated_at": stamp(incident.updates.last().map_or(incident.created_at, |u| u.created_at)),
            "monitoring_at": reached(PublicPhase::Monitoring), "resolved_at": reached(PublicPhase::Resolved),
            "shortlink": format!("https://stspg.io/{}", incident.id), "incident_updates": updates,
            "components": components,
        });
        if !public {
            all["impact_override"] = json!(incident.impact_override);
            all["metadata"] = Value::Object(incident.metadata.clone());
        }
        all
    }

    pub fn unresolved(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.iter().rev().filter(|i| i.status != PublicPhase::Resolved)
    }

    /// The page's state in one word and one sentence, as the public documents have it.
    pub fn indicator(&self) -> (Impact, &'static str) {
        let worst =
            self.unresolved().map(|i| self.impact(i)).max_by_key(|i| *i as u8).unwrap_or(Impact::None);
        let sentence = match worst {
            Impact::None => "All Systems Operational",
            Impact::Minor => "Minor Service Outage",
            Impact::Major => "Partial System Outage",
            Impact::Critical => "Major Service Outage",
        };
        (worst, sentence)
    }

    pub fn public_page(&self, now: DateTime<Utc>) -> Value {
        json!({"id": self.page_id, "name": self.page_name, "url": "", "time_zone": "Etc/UTC", "updated_at": stamp(now)})
    }
}

//! What visitors of the modelled status page get: the documents of its public API v2, and the page itself.

use askama::Template;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::Shared;
use crate::post::ComponentState;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(page))
        .route("/api/v2/summary.json", get(summary))
        .route("/api/v2/status.json", get(status))
        .route("/api/v2/components.json", get(components))
        .route("/api/v2/incidents.json", get(incidents))
        .route("/api/v2/incidents/unresolved.json", get(unresolved))
}

fn document(shared: &Shared, parts: &[(&str, Value)]) -> Json<Value> {
    let mut all = json!({ "page": shared.world().public_page((shared.now)()) });
    for (name, value) in parts {
        all[*name] = value.clone();
    }
    Json(all)
}

fn status_part(shared: &Shared) -> Value {
    let (indicator, description) = shared.world().indicator();
    json!({ "indicator": indicator, "description": description })
}

fn components_part(shared: &Shared) -> Value {
    let world = shared.world();
    world.components.iter().map(|c| world.component_json(c)).collect()
}

fn unresolved_part(shared: &Shared) -> Value {
    let world = shared.world();
    world.unresolved().map(|i| world.incident_json(i, true)).collect()
}

async fn summary(State(shared): State<Shared>) -> Json<Value> {
    document(
        &shared,
        &[
            ("components", components_part(&shared)),
            ("incidents", unresolved_part(&shared)),
            ("scheduled_maintenances", json!([])),
            ("status", status_part(&shared)),
        ],
    )
}

async fn status(State(shared): State<Shared>) -> Json<Value> {
    document(&shared, &[("status", status_part(&shared))])
}

async fn components(State(shared): State<Shared>) -> Json<Value> {
    document(&shared, &[("components", components_part(&shared))])
}

async fn incidents(State(shared): State<Shared>) -> Json<Value> {
    let all: Value = {
        let world = shared.world();
        world.incidents.iter().rev().take(50).map(|i| world.incident_json(i, true)).collect()
    };
    document(&shared, &[("incidents", all)])
}

async fn unresolved(State(shared): State<Shared>) -> Json<Value> {
    document(&shared, &[("incidents", unresolved_part(&shared))])
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ name }} (a model of Statuspage)</title>
<style>body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#172b4d}
.state{padding:.75rem 1rem;border:1px solid #dfe1e6;border-radius:4px;font-weight:600}
li{display:flex;justify-content:space-between;border-bottom:1px solid #dfe1e6;padding:.4rem 0}ul{list-style:none;padding:0}
p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0}small{color:#505f79}</style></head>
<body><h1>{{ name }}</h1><p><small>A model for demonstration and tests. Nothing here is public.</small></p>
<p class="state">{{ state }}</p>
<ul>{% for c in components %}<li><span>{{ c.0 }}</span><span>{{ c.1 }}</span></li>{% endfor %}</ul>
<h2>Incidents</h2>
{% for i in incidents %}<section id="{{ i.id }}"><h3>{{ i.name }} <small>{{ i.impact }}</small></h3>
{% for u in i.updates %}<p><b>{{ u.status }}</b> - {{ u.body }}</p><small>{{ u.at }}{% if u.notified %} · subscribers told{% endif %}</small>{% endfor %}</section>
{% else %}<p>No incidents reported.</p>{% endfor %}</body></html>"#
)]
struct Page {
    name: String,
    state: &'static str,
    components: Vec<(String, &'static str)>,
    incidents: Vec<Shown>,
}

struct Shown {
    id: String,
    name: String,
    impact: String,
    updates: Vec<ShownUpdate>,
}

struct ShownUpdate {
    status: &'static str,
    body: String,
    at: String,
    notified: bool,
}

async fn page(State(shared): State<Shared>) -> Response {
    let world = shared.world();
    let incidents = world
        .incidents
        .iter()
        .rev()
        .map(|i| Shown {
            id: i.id.clone(),
            name: i.name.clone(),
            impact: format!("{:?} impact", world.impact(i)),
            updates: i
                .updates
                .iter()
                .rev()
                .map(|u| ShownUpdate {
                    status: u.status.title(),
                    body: u.body.clone(),
                    at: u.created_at.format("%Y-%m-%d %H:%M UTC").to_string(),
                    notified: u.notified,
                })
                .collect(),
        })
        .collect();
    let page = Page {
        name: world.page_name.clone(),
        state: world.indicator().1,
        components: world.components.iter().map(|c| (c.name.clone(), words(c.state))).collect(),
        incidents,
    };
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn words(state: ComponentState) -> &'static str {
    match state {
        ComponentState::Operational => "Operational",
        ComponentState::DegradedPerformance => "Degraded Performance",
        ComponentState::PartialOutage => "Partial Outage",
        ComponentState::MajorOutage => "Major Outage",
        ComponentState::UnderMaintenance => "Under Maintenance",
    }
}

//! A model of Atlassian Statuspage: one page with components, incidents, updates and subscribers' notices.
//!
//! It answers the manage API v1 under `/v1` and the public documents under `/api/v2`, with the rate limit that
//! the official description names, and shows at `/` what the public would see.

mod public;
#[cfg(test)]
mod tests;
mod world;

use std::{collections::HashMap, io};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use self::world::{Change, World};
pub use self::world::{Component, Incident, Update};
use super::{fault::Fault, stand::Stand};
use crate::{
    config::secret::Secret,
    publish::{Now, statuspage::StatuspageSettings},
};

/// A running Statuspage with one page. It stops when it is dropped.
pub struct StatuspageModel {
    stand: Stand<World>,
}

type Shared = super::stand::Shared<World>;

impl std::ops::Deref for StatuspageModel {
    type Target = Stand<World>;
    fn deref(&self) -> &Stand<World> {
        &self.stand
    }
}

impl StatuspageModel {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(
        page_id: &str,
        page_name: &str,
        key: Secret,
        components: &[&str],
        now: Now,
    ) -> io::Result<Self> {
        let shared = Shared::new(World::new(page_id, page_name, key, components), now);
        let api = Router::new()
            .route("/v1/pages/{page}/components", get(components_list))
            .route("/v1/pages/{page}/incidents", get(incidents_list).post(incident_create))
            .route("/v1/pages/{page}/incidents/unresolved", get(incidents_unresolved))
            .route("/v1/pages/{page}/incidents/{id}", get(incident_show).patch(incident_update))
            .layer(from_fn_with_state(shared.clone(), admit));
        Ok(Self { stand: Stand::start(shared, api, public::routes(), say).await? })
    }

    /// Settings of a publisher that posts here, without waits between its calls.
    pub fn settings(&self) -> StatuspageSettings {
        let world = self.world();
        StatuspageSettings {
            api_key: world.key.clone(),
            page_id: world.page_id.clone(),
            base_url: format!("{}/v1", self.url()),
            min_gap_ms: 0,
            ..StatuspageSettings::default()
        }
    }
    /// Every incident, oldest first.
    pub fn incidents(&self) -> Vec<Incident> {
        self.world().incidents.clone()
    }
    pub fn components(&self) -> Vec<Component> {
        self.world().components.clone()
    }
    /// Someone deletes the incident in Statuspage's own pages.
    pub fn delete(&self, id: &str) {
        self.world().incidents.retain(|i| i.id != id);
    }
    /// Calls allowed in 60 seconds.
    pub fn limit(&self, calls_per_window: usize) {
        self.world().calls_per_window = calls_per_window;
    }
}

fn error(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(json!({ "error": message }))).into_response()
}

fn say(fault: Fault) -> Response {
    match fault {
        Fault::Limit => too_many(),
        Fault::Break => error(500, "Internal server error"),
        _ => error(403, "Forbidden"),
    }
}

fn too_many() -> Response {
    error(420, "Too many requests: each API token is limited to 1 request / second, on a 60 second window.")
}

/// Key, rate and page, in that order.
async fn admit(
    State(shared): State<Shared>,
    Path(path): Path<HashMap<String, String>>,
    request: Request,
    next: Next,
) -> Response {
    let refusal = {
        let mut world = shared.world();
        let given = request.headers().get("authorization").and_then(|v| v.to_str().ok());
        let key = given.and_then(|v| v.strip_prefix("OAuth ")).map(Secret::new);
        if key.as_ref() != Some(&world.key) {
            Some(error(401, "Could not authenticate"))
        } else if !world.count((shared.now)()) {
            Some(too_many())
        } else if path.get("page") != Some(&world.page_id) {
            Some(error(404, "Page not found"))
        } else {
            None
        }
    };
    match refusal {
        Some(refusal) => refusal,
        None => next.run(request).await,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    q: Option<String>,
    limit: Option<usize>,
    page: Option<usize>,
    per_page: Option<usize>,
}

fn rows<T>(all: impl Iterator<Item = T>, query: &Rows) -> Vec<T> {
    let count = query.limit.or(query.per_page).unwrap_or(100).clamp(1, 100);
    all.skip(query.page.unwrap_or(1).saturating_sub(1) * count).take(count).collect()
}

async fn components_list(State(shared): State<Shared>, Query(query): Query<Rows>) -> Response {
    let world = shared.world();
    axum::Json(rows(world.components.iter().map(|c| world.component_json(c)), &query)).into_response()
}

async fn incidents_list(State(shared): State<Shared>, Query(query): Query<Rows>) -> Response {
    let world = shared.world();
    let wanted = query.q.as_deref().unwrap_or_default().to_lowercase();
    let fits = |i: &&Incident| {
        i.name.to_lowercase().contains(&wanted)
            || i.status.word().contains(&wanted)
            || i.updates.iter().any(|u| u.body.to_lowercase().contains(&wanted))
    };
    let found = world.incidents.iter().rev().filter(fits).map(|i| world.incident_json(i, false));
    axum::Json(rows(found, &query)).into_response()
}

async fn incidents_unresolved(State(shared): State<Shared>, Query(query): Query<Rows>) -> Response {
    let world = shared.world();
    axum::Json(rows(world.unresolved().map(|i| world.incident_json(i, false)), &query)).into_response()
}

async fn incident_show(State(shared): State<Shared>, Path((_, id)): Path<(String, String)>) -> Response {
    let world = shared.world();
    match world.incidents.iter().find(|i| i.id == id) {
        Some(incident) => axum::Json(world.incident_json(incident, false)).into_response(),
        None => error(404, "Incident not found"),
    }
}

#[derive(Deserialize)]
struct Envelope {
    incident: Change,
}

fn change(body: &Bytes) -> Result<Change, String> {
    serde_json::from_slice::<Envelope>(body)
        .map(|envelope| envelope.incident)
        .map_err(|e| format!("Bad request: {e}"))
}

async fn incident_create(State(shared): State<Shared>, body: Bytes) -> Response {
    let change = match change(&body) {
        Ok(change) => change,
        Err(why) => return error(400, &why),
    };
    let mut world = shared.world();
    match world.create(change, (shared.now)()) {
        Ok(incident) => {
            (StatusCode::CREATED, axum::Json(world.incident_json(&incident, false))).into_response()
        }
        Err(why) => unprocessable(&why),
    }
}

async fn incident_update(
    State(shared): State<Shared>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let change = match change(&body) {
        Ok(change) => change,
        Err(why) => return error(400, &why),
    };
    let mut world = shared.world();
    match world.update(&id, change, (shared.now)()) {
        Some(Ok(incident)) => axum::Json(world.incident_json(&incident, false)).into_response(),
        Some(Err(why)) => unprocessable(&why),
        None => error(404, "Incident not found"),
    }
}

fn unprocessable(why: &str) -> Response {
    let body: Value = json!({ "error": [why] });
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(body)).into_response()
}

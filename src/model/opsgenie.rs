//! A model of Opsgenie, as far as an acknowledgement goes. <https://docs.opsgenie.com/docs/alert-api#acknowledge-alert>

use std::{collections::BTreeMap, io};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use super::{fault::Fault, stand::Stand};
use crate::publish::Now;

/// A running Opsgenie. It stops when it is dropped.
pub struct OpsgenieModel {
    stand: Stand<World>,
}

type Shared = super::stand::Shared<World>;

pub struct World {
    key: String,
    /// By id: who acknowledged it, if anybody did.
    alerts: BTreeMap<String, Option<String>>,
}

impl std::ops::Deref for OpsgenieModel {
    type Target = Stand<World>;
    fn deref(&self) -> &Stand<World> {
        &self.stand
    }
}

impl OpsgenieModel {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(key: &str, now: Now) -> io::Result<Self> {
        let api = Router::new()
            .route("/v2/alerts/{id}/acknowledge", post(acknowledge))
            .route("/v2/alerts/{id}/unacknowledge", post(unacknowledge));
        let world = World { key: key.to_owned(), alerts: BTreeMap::new() };
        Ok(Self { stand: Stand::start(Shared::new(world, now), api, Router::new(), say).await? })
    }

    pub fn create(&self, id: &str) {
        self.world().alerts.insert(id.to_owned(), None);
    }
    pub fn acknowledged_by(&self, id: &str) -> Option<String> {
        self.world().alerts.get(id).cloned().flatten()
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message, "took": 0.001, "requestId": "9ae63dd7" }))).into_response()
}

fn say(fault: Fault) -> Response {
    match fault {
        Fault::Limit => error(StatusCode::TOO_MANY_REQUESTS, "You are making too many requests!"),
        Fault::Break => error(StatusCode::SERVICE_UNAVAILABLE, "Internal error"),
        _ => error(StatusCode::FORBIDDEN, "You are not authorized to access this resource"),
    }
}

/// A request is taken at once and done in its own time; what is not there is found out then.
async fn acknowledge(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let by = body["user"].as_str().unwrap_or("API").to_owned();
    taken(&mut shared.world(), &id, &query, &headers, Some(by))
}

async fn unacknowledge(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    Json(_): Json<Value>,
) -> Response {
    taken(&mut shared.world(), &id, &query, &headers, None)
}

fn taken(
    world: &mut World,
    id: &str,
    query: &BTreeMap<String, String>,
    headers: &HeaderMap,
    by: Option<String>,
) -> Response {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok());
    if key != Some(&format!("GenieKey {}", world.key)) {
        return error(StatusCode::UNAUTHORIZED, "Could not authenticate");
    }
    if query.get("identifierType").is_some_and(|kind| kind != "id") {
        return error(StatusCode::UNPROCESSABLE_ENTITY, "Identifier type should be one of [id]");
    }
    if let Some(known) = world.alerts.get_mut(id) {
        *known = by;
    }
    let taken = json!({ "result": "Request will be processed", "took": 0.107, "requestId": "43a29c5c" });
    (StatusCode::ACCEPTED, Json(taken)).into_response()
}

//! A model of PagerDuty, as far as an acknowledgement goes: incidents by the REST API v2, alerts by the Events API v2.
//!
//! <https://developer.pagerduty.com/api-reference/>, <https://developer.pagerduty.com/docs/send-alert-event>

use std::{collections::BTreeMap, io};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{post, put},
};
use serde_json::{Value, json};

use super::{fault::Fault, stand::Stand};
use crate::publish::Now;

/// A running PagerDuty. It stops when it is dropped.
pub struct PagerDutyModel {
    stand: Stand<World>,
}

type Shared = super::stand::Shared<World>;

pub struct World {
    /// The account's API key, and the mail address of the one user there is.
    key: String,
    user: String,
    routing_key: String,
    /// By id: `triggered`, `acknowledged` or `resolved`.
    incidents: BTreeMap<String, String>,
    /// By the monitor's own key.
    alerts: BTreeMap<String, String>,
}

impl std::ops::Deref for PagerDutyModel {
    type Target = Stand<World>;
    fn deref(&self) -> &Stand<World> {
        &self.stand
    }
}

impl PagerDutyModel {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(key: &str, user: &str, routing_key: &str, now: Now) -> io::Result<Self> {
        let api = Router::new().route("/incidents/{id}", put(update)).route("/v2/enqueue", post(enqueue));
        let world = World {
            key: key.to_owned(),
            user: user.to_owned(),
            routing_key: routing_key.to_owned(),
            incidents: BTreeMap::new(),
            alerts: BTreeMap::new(),
        };
        Ok(Self { stand: Stand::start(Shared::new(world, now), api, Router::new(), say).await? })
    }

    /// Somebody is paged for an incident.
    pub fn trigger(&self, id: &str) {
        self.world().incidents.insert(id.to_owned(), "triggered".to_owned());
    }
    /// A monitor raised an alert under its own key.
    pub fn raise(&self, key: &str) {
        self.world().alerts.insert(key.to_owned(), "triggered".to_owned());
    }
    pub fn incident(&self, id: &str) -> Option<String> {
        self.world().incidents.get(id).cloned()
    }
    pub fn alert(&self, key: &str) -> Option<String> {
        self.world().alerts.get(key).cloned()
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": { "message": message, "code": 2001, "errors": [message] } })))
        .into_response()
}

fn say(fault: Fault) -> Response {
    match fault {
        Fault::Limit => error(StatusCode::TOO_MANY_REQUESTS, "Rate Limit Exceeded"),
        Fault::Break => error(StatusCode::INTERNAL_SERVER_ERROR, "Internal Error"),
        _ => error(StatusCode::FORBIDDEN, "Access Denied"),
    }
}

async fn update(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut world = shared.world();
    if header("authorization") != format!("Token token={}", world.key) {
        return error(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    if header("from") != world.user {
        return error(StatusCode::BAD_REQUEST, "Requester User Not Found");
    }
    let Some(status) = body["incident"]["status"].as_str() else {
        return error(StatusCode::BAD_REQUEST, "Invalid Input Provided");
    };
    let Some(known) = world.incidents.get_mut(&id) else {
        return error(StatusCode::NOT_FOUND, "Not Found");
    };
    status.clone_into(known);
    Json(json!({ "incident": { "id": id, "type": "incident", "status": status } })).into_response()
}

async fn enqueue(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.world();
    if body["routing_key"] != world.routing_key.as_str() {
        return error(StatusCode::BAD_REQUEST, "Event object is invalid");
    }
    let (Some(action), Some(key)) = (body["event_action"].as_str(), body["dedup_key"].as_str()) else {
        return error(StatusCode::BAD_REQUEST, "Event object is invalid");
    };
    // An acknowledgement of what nobody raised has no effect, and is taken.
    if let Some(known) = world.alerts.get_mut(key)
        && action == "acknowledge"
    {
        "acknowledged".clone_into(known);
    }
    let taken = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
    (StatusCode::ACCEPTED, Json(taken)).into_response()
}

//! Services that know by themselves whom to wake.

use std::collections::HashMap;

use axum::{
    Form, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Alert, Shared, TOKEN, World, error};

impl World {
    /// One open alert for each key.
    fn trigger(&mut self, service: &'static str, key: &str, summary: &str) {
        let open = self
            .alerts
            .iter_mut()
            .find(|one| one.service == service && one.key == key && one.state != "resolved");
        match open {
            Some(alert) => alert.times += 1,
            None => self.alerts.push(Alert {
                service,
                key: key.to_owned(),
                summary: summary.to_owned(),
                state: "triggered",
                times: 1,
            }),
        }
    }

    fn change(&mut self, service: &str, key: &str, state: &'static str) {
        let mut all = self.alerts.iter_mut();
        if let Some(alert) =
            all.find(|one| one.service == service && one.key == key && one.state != "resolved")
        {
            alert.state = state;
        }
    }
}

/// 202 for what is taken; an event without key or summary is none.
pub(super) async fn pagerduty(State(shared): State<Shared>, Json(event): Json<Value>) -> Response {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if text(&event["routing_key"]) != TOKEN {
        return error(400, "Event object is invalid: Invalid routing key");
    }
    let (action, key) = (text(&event["event_action"]), text(&event["dedup_key"]));
    let mut world = shared.world();
    match action.as_str() {
        "trigger" => {
            let payload = &event["payload"];
            let is_whole = ["summary", "source", "severity"].iter().all(|field| payload[field].is_string());
            if !is_whole {
                return error(400, "Event object is invalid: 'payload' is incomplete");
            }
            world.trigger("pagerduty", &key, &text(&payload["summary"]));
        }
        "acknowledge" => world.change("pagerduty", &key, "acknowledged"),
        "resolve" => world.change("pagerduty", &key, "resolved"),
        _ => return error(400, "Event object is invalid: 'event_action' is unknown"),
    }
    let body = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

fn is_genie(headers: &HeaderMap) -> bool {
    let expected = format!("GenieKey {TOKEN}");
    headers.get("authorization").is_some_and(|given| given.as_bytes() == expected.as_bytes())
}

fn taken() -> Response {
    let body = json!({ "result": "Request will be processed", "took": 0.1, "requestId": "43a29c5c" });
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

pub(super) async fn opsgenie_create(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(alert): Json<Value>,
) -> Response {
    if !is_genie(&headers) {
        return error(401, "Could not authenticate");
    }
    let message = alert["message"].as_str().unwrap_or_default();
    let alias = alert["alias"].as_str().unwrap_or_default();
    let is_level =
        alert["priority"].as_str().is_some_and(|one| ["P1", "P2", "P3", "P4", "P5"].contains(&one));
    if message.is_empty() || message.chars().count() > 130 || alias.chars().count() > 512 || !is_level {
        return error(422, "Request body is not processable. Please check the errors.");
    }
    shared.world().trigger("opsgenie", alias, message);
    taken()
}

pub(super) async fn opsgenie_change(
    State(shared): State<Shared>,
    Path((alias, what)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !is_genie(&headers) {
        return error(401, "Could not authenticate");
    }
    if query.get("identifierType").map(String::as_str) != Some("alias") {
        return error(404, "Alert does not exist");
    }
    let state = match what.as_str() {
        "acknowledge" => "acknowledged",
        "close" => "resolved",
        _ => return error(404, "No such action"),
    };
    shared.world().change("opsgenie", &alias, state);
    taken()
}

pub(super) async fn goalert(
    State(shared): State<Shared>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if field("token") != TOKEN {
        return error(401, "Unauthorized");
    }
    if field("summary").is_empty() {
        return error(400, "summary is required");
    }
    let mut world = shared.world();
    match field("action") {
        "close" => world.change("goalert", field("dedup"), "resolved"),
        _ => world.trigger("goalert", field("dedup"), field("summary")),
    }
    StatusCode::NO_CONTENT.into_response()
}

pub(super) async fn calendar(State(shared): State<Shared>) -> Response {
    ([("content-type", "text/calendar; charset=utf-8")], shared.world().calendar.clone()).into_response()
}

/// A page of those that it was told, as many as are asked for.
pub(super) async fn oncalls(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let expected = format!("Token token={TOKEN}");
    if headers.get("authorization").is_none_or(|given| given.as_bytes() != expected.as_bytes()) {
        return error(401, "Unauthorized");
    }
    let number =
        |name: &str, usual: usize| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (limit, offset) = (number("limit", 25), number("offset", 0));
    let world = shared.world();
    let rows: Vec<&Value> = world.oncalls.iter().skip(offset).take(limit).collect();
    let more = world.oncalls.len() > offset + rows.len();
    Json(json!({ "oncalls": rows, "limit": limit, "offset": offset, "more": more, "total": null }))
        .into_response()
}

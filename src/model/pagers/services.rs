//! Services that know by themselves whom to wake.

use std::collections::HashMap;

use axum::{
    Form, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
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

/// The schedule that GoAlert and Grafana OnCall have.
pub const SCHEDULE: &str = "SBM7DV7BKFUYU";
/// Of GoAlert's `shifts`.
const DAYS_MAX: i64 = 50;
/// On a page of Grafana OnCall.
const PAGE: usize = 50;

fn failed(message: &str) -> Response {
    Json(json!({ "errors": [{ "message": message, "path": [] }], "data": null })).into_response()
}

/// GoAlert's GraphQL with an API key that was made for a query of `Schedule.shifts`, and for no other.
pub(super) async fn goalert_graphql(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    let expected = format!("Bearer {TOKEN}");
    if headers.get("authorization").is_none_or(|given| given.as_bytes() != expected.as_bytes()) {
        return error(401, "Unauthorized");
    }
    let query = asked["query"].as_str().unwrap_or_default();
    let is_whole = ["schedule(id: $schedule)", "shifts(start: $from, end: $until)", "$from: ISOTimestamp!"];
    if !is_whole.iter().all(|part| query.contains(part)) {
        return failed("wrong query for API key");
    }
    let of = |name: &str| asked["variables"][name].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let (Some(from), Some(until)) = (of("from"), of("until")) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, failed("invalid ISOTimestamp")).into_response();
    };
    if until < from || until > from + Duration::days(DAYS_MAX) {
        return failed("EndTime: cannot be more than 50 days past StartTime");
    }
    if asked["variables"]["schedule"] != SCHEDULE {
        return Json(json!({ "data": { "schedule": null } })).into_response();
    }
    Json(json!({ "data": { "schedule": { "shifts": shared.world().shifts } } })).into_response()
}

/// Grafana OnCall's export of final shifts.
pub(super) async fn final_shifts(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let detail =
        |status: StatusCode, detail: &str| (status, Json(json!({ "detail": detail }))).into_response();
    if headers.get("authorization").is_none_or(|given| given.as_bytes() != TOKEN.as_bytes()) {
        return detail(StatusCode::FORBIDDEN, "Invalid token.");
    }
    if id != SCHEDULE {
        return detail(StatusCode::NOT_FOUND, "Not found.");
    }
    let day = |name: &str| query.get(name).and_then(|text| text.parse::<NaiveDate>().ok());
    let (Some(start), Some(end)) = (day("start_date"), day("end_date")) else {
        return detail(StatusCode::BAD_REQUEST, "start_date and end_date are required.");
    };
    if end < start || (end - start).num_days() > 365 {
        return detail(StatusCode::BAD_REQUEST, "end_date must be greater than or equal to start_date");
    }
    let page: usize = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let world = shared.world();
    let pages = world.shifts.len().div_ceil(PAGE).max(1);
    if page == 0 || page > pages {
        return detail(StatusCode::NOT_FOUND, "Invalid page.");
    }
    let rows: Vec<&Value> = world.shifts.iter().skip((page - 1) * PAGE).take(PAGE).collect();
    let next = (page < pages).then(|| format!("https://oncall.example.org/?page={}", page + 1));
    Json(json!({
        "count": world.shifts.len(), "next": next, "previous": null, "results": rows,
        "current_page_number": page, "page_size": PAGE, "total_pages": pages,
    }))
    .into_response()
}

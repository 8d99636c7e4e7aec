//! What rings at somebody's.

use std::collections::HashMap;

use axum::{
    Form, Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Rung, Shared, TOKEN, error};

fn ring(
    shared: &Shared,
    service: &'static str,
    to: &str,
    text: &str,
    link: Option<&str>,
    tag: &str,
) -> String {
    let mut world = shared.world();
    let id = format!("{service}{}", world.rung.len() + 1);
    world.rung.push(Rung {
        service,
        to: to.to_owned(),
        text: text.to_owned(),
        link: link.map(str::to_owned),
        id: id.clone(),
        at: (shared.now)(),
        tag: tag.to_owned(),
        is_silent: false,
    });
    id
}

fn is_bearer(headers: &HeaderMap) -> bool {
    let expected = format!("Bearer {TOKEN}");
    headers.get("authorization").is_some_and(|given| given.as_bytes() == expected.as_bytes())
}

fn shown(rung: &Rung) -> Value {
    json!({ "id": rung.id, "time": rung.at.timestamp(), "event": "message", "topic": rung.to, "message": rung.text })
}

pub(super) async fn ntfy_publish(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_bearer(&headers) {
        return error(403, "forbidden");
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return error(400, "invalid request: request body must be valid JSON");
    };
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    if text("topic").is_empty() || text("message").len() > 4_096 || message["priority"].as_u64() > Some(5) {
        return error(400, "invalid request");
    }
    let id = ring(&shared, "ntfy", text("topic"), text("message"), message["click"].as_str(), "");
    let world = shared.world();
    Json(world.rung.iter().find(|one| one.id == id).map(shown)).into_response()
}

/// What the topic keeps, a line each.
pub(super) async fn ntfy_poll(
    State(shared): State<Shared>,
    Path(topic): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !is_bearer(&headers) {
        return error(403, "forbidden");
    }
    let since: i64 = query.get("since").and_then(|since| since.parse().ok()).unwrap_or(0);
    let world = shared.world();
    let kept = world
        .rung
        .iter()
        .filter(|one| one.service == "ntfy" && one.to == topic && one.at.timestamp() >= since);
    kept.map(|one| format!("{}\n", shown(one))).collect::<String>().into_response()
}

pub(super) async fn pushover(
    State(shared): State<Shared>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let number = |name: &str| field(name).parse::<u32>().unwrap_or(0);
    let refuse = |what: &str| {
        let body = json!({ "status": 0, "request": "r", "errors": [what] });
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    };
    if field("token") != TOKEN {
        return refuse("application token is invalid");
    }
    if field("user").len() != 30 {
        return refuse("user identifier is not a valid user, group, or subscribed user key");
    }
    if field("message").is_empty() || field("message").chars().count() > 1_024 || field("url").len() > 512 {
        return refuse("message cannot be blank or too long");
    }
    if field("priority") == "2" && !(number("retry") >= 30 && (1..=10_800).contains(&number("expire"))) {
        return refuse("retry and expire must be supplied with priority=2");
    }
    let id = ring(
        &shared,
        "pushover",
        field("user"),
        field("message"),
        form.get("callback").map(String::as_str),
        field("tags"),
    );
    Json(json!({ "status": 1, "request": "r", "receipt": id })).into_response()
}

pub(super) async fn pushover_cancel(
    State(shared): State<Shared>,
    Path(tag): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    if form.get("token").map(String::as_str) != Some(TOKEN) {
        return error(400, "application token is invalid");
    }
    let tag = tag.trim_end_matches(".json");
    for rung in shared.world().rung.iter_mut().filter(|one| one.service == "pushover" && one.tag == tag) {
        rung.is_silent = true;
    }
    Json(json!({ "status": 1, "request": "r" })).into_response()
}

fn is_account(headers: &HeaderMap, account: &str) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{account}:{TOKEN}")));
    headers.get("authorization").is_some_and(|given| given.as_bytes() == expected.as_bytes())
}

fn message(rung: &Rung) -> Value {
    json!({ "sid": rung.id, "to": rung.to, "body": rung.text, "date_created": rung.at.to_rfc2822(), "status": "queued" })
}

pub(super) async fn twilio_create(
    State(shared): State<Shared>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    if !is_account(&headers, &account) {
        return error(401, "Authenticate");
    }
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if !field("To").starts_with('+') {
        return error(400, &format!("Invalid 'To' Phone Number: {}", field("To")));
    }
    if field("From").is_empty() == field("MessagingServiceSid").is_empty()
        || field("Body").chars().count() > 1_600
    {
        return error(400, "A 'From' phone number is required.");
    }
    let id = ring(&shared, "twilio", field("To"), field("Body"), None, "");
    let world = shared.world();
    (StatusCode::CREATED, Json(world.rung.iter().find(|one| one.id == id).map(message))).into_response()
}

pub(super) async fn twilio_list(
    State(shared): State<Shared>,
    Path(account): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !is_account(&headers, &account) {
        return error(401, "Authenticate");
    }
    let to = query.get("To").cloned().unwrap_or_default();
    let world = shared.world();
    let messages: Vec<Value> =
        world.rung.iter().rev().filter(|one| one.service == "twilio" && one.to == to).map(message).collect();
    Json(json!({ "messages": messages })).into_response()
}

/// A receiver as Standard Webhooks wants it: it checks the signature, and takes each id once.
pub(super) async fn webhook(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = STANDARD.decode(TOKEN.trim_start_matches("whsec_")).unwrap_or_default();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return error(500, "no key") };
    mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    mac.update(&body);
    let given = header("webhook-signature").strip_prefix("v1,").and_then(|given| STANDARD.decode(given).ok());
    if given.is_none_or(|given| mac.verify_slice(&given).is_err()) {
        return error(401, "the signature does not fit");
    }
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = header("webhook-id").to_owned();
    let is_known = shared.world().rung.iter().any(|one| one.service == "webhook" && one.tag == id);
    if !is_known {
        let data = &event["data"];
        let text = |name: &str| data[name].as_str().unwrap_or_default();
        ring(&shared, "webhook", text("to"), text("text"), data["acknowledge_url"].as_str(), &id);
    }
    StatusCode::NO_CONTENT.into_response()
}

//! The front of the Web API: who calls, with which arguments, and how an answer looks.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Shared, methods, world::Whisper};
use crate::{
    config::secret::Secret,
    model::{fault::Fault, server::cut},
};

/// Answers to one command.
const HOOK_USES_MAX: u32 = 5;
const HOOK_MINUTES: i64 = 30;

/// Why a method does nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    Error(&'static str),
    /// With a sentence of its own.
    Because(&'static str, String),
    MissingScope(&'static str),
    /// Too many; seconds to wait.
    Limited(u32),
}

pub(super) type Args = BTreeMap<String, String>;

/// The arguments of a call, from the query, a form or JSON.
pub(super) fn arguments(uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Args {
    let mut args: Args =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        for (name, value) in json.as_object().into_iter().flatten() {
            args.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    } else {
        args.extend(url::form_urlencoded::parse(body).into_owned());
    }
    args
}

/// Nothing gets through while Slack is away.
pub(super) async fn admit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if shared.world().is_away {
        return cut(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    next.run(request).await
}

pub(super) async fn call(
    State(shared): State<Shared>,
    Path(method): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut args = arguments(&uri, &headers, &body);
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    let token = token.or_else(|| args.remove("token")).map(Secret::new);
    let mut world = shared.world();
    world.now = (shared.now)();
    let done = match token {
        None => Err(Refusal::Error("not_authed")),
        Some(token) if method == "apps.connections.open" && token != world.app_token => {
            Err(Refusal::Error("invalid_auth"))
        }
        Some(token) if method != "apps.connections.open" && token != world.bot_token => {
            Err(Refusal::Error("invalid_auth"))
        }
        Some(_) => methods::call(&mut world, &method, &args),
    };
    drop(world);
    shared.send_all();
    answer(done)
}

fn answer(done: Result<Value, Refusal>) -> Response {
    let body = match done {
        Ok(mut body) => {
            body["ok"] = json!(true);
            body
        }
        Err(Refusal::Error(error)) => json!({"ok": false, "error": error}),
        Err(Refusal::Because(error, why)) => {
            json!({"ok": false, "error": error, "response_metadata": {"messages": [format!("[ERROR] {why}")]}})
        }
        Err(Refusal::MissingScope(scope)) => {
            json!({"ok": false, "error": "missing_scope", "needed": scope, "provided": "chat:write"})
        }
        Err(Refusal::Limited(seconds)) => {
            let mut response =
                (StatusCode::TOO_MANY_REQUESTS, Json(json!({"ok": false, "error": "ratelimited"})))
                    .into_response();
            response.headers_mut().insert("retry-after", HeaderValue::from(seconds));
            return response;
        }
    };
    Json(body).into_response()
}

pub(super) fn say(fault: Fault) -> Response {
    match fault {
        Fault::Limit => answer(Err(Refusal::Limited(1))),
        Fault::Break => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        _ => answer(Err(Refusal::Error("restricted_action"))),
    }
}

/// An answer to a command, where Slack said that it is to go.
pub(super) async fn respond(
    State(shared): State<Shared>,
    Path(hook): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut world = shared.world();
    world.now = (shared.now)();
    let now = world.now;
    let Some(found) = world.hooks.get_mut(&hook) else { return StatusCode::NOT_FOUND.into_response() };
    found.uses += 1;
    if found.uses > HOOK_USES_MAX || (now - found.at).num_minutes() >= HOOK_MINUTES {
        return (StatusCode::NOT_FOUND, "used_url").into_response();
    }
    let (user, channel) = (found.user.clone(), found.channel.clone());
    let text = body["text"].as_str().unwrap_or_default().to_owned();
    if body["response_type"] != "ephemeral" || body["replace_original"] == true || text.is_empty() {
        return (StatusCode::BAD_REQUEST, "invalid_payload").into_response();
    }
    let thread = body["thread_ts"].as_str().map(str::to_owned);
    world.whispers.push(Whisper { user, channel: Some(channel), thread, text });
    "ok".into_response()
}

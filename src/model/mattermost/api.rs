//! The front of the REST API: who calls, how often, and how an answer looks.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::DATE},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::Shared;
use crate::{
    config::secret::Secret,
    model::{fault::Fault, server::cut},
};

/// Status, id and words of an error.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal(pub u16, pub &'static str, pub String);

pub(super) type Done = Result<Value, Refusal>;

pub(super) fn refuse(status: u16, id: &'static str, message: impl Into<String>) -> Refusal {
    Refusal(status, id, message.into())
}

pub(super) fn forbidden() -> Refusal {
    refuse(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.")
}

/// A request's answer, with this status when it is well.
pub(super) fn answer(status: StatusCode, done: Done) -> Response {
    match done {
        Ok(body) => (status, Json(body)).into_response(),
        Err(Refusal(status, id, message)) => {
            let body = json!({"id": id, "message": message, "detailed_error": "", "request_id": "r", "status_code": status});
            (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), Json(body)).into_response()
        }
    }
}

fn limited() -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "limit exceeded").into_response();
    for (name, value) in [("x-ratelimit-limit", 10), ("x-ratelimit-remaining", 0), ("x-ratelimit-reset", 1)] {
        response.headers_mut().insert(name, HeaderValue::from(value));
    }
    response
}

/// Says what time it is there, as every server does.
pub(super) async fn date(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = (shared.now)().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(now) = HeaderValue::from_str(&now) {
        response.headers_mut().insert(DATE, now);
    }
    response
}

/// Whether Mattermost is there, asks who calls, and counts.
pub(super) async fn admit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let refused = {
        let mut world = shared.world();
        world.now = (shared.now)();
        if world.is_away {
            return cut(StatusCode::SERVICE_UNAVAILABLE.into_response());
        }
        let second = world.now.timestamp();
        let count = if world.asked.0 == second { world.asked.1 + 1 } else { 1 };
        world.asked = (second, count);
        if world.limit.is_some_and(|limit| count > limit) {
            return limited();
        }
        let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(Secret::new);
        let is_api = request.uri().path().starts_with("/api/");
        is_api && token.as_ref() != Some(&world.bot_token)
    };
    if refused {
        let why = "Invalid or expired session, please login again.";
        return answer(StatusCode::OK, Err(refuse(401, "api.context.session_expired.app_error", why)));
    }
    next.run(request).await
}

pub(super) fn say(fault: Fault) -> Response {
    match fault {
        Fault::Limit => limited(),
        Fault::Break => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        _ => answer(StatusCode::OK, Err(forbidden())),
    }
}

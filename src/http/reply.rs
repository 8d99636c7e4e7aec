//! How refusals look over HTTP: a status code and two sentences.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::incident::refusal::{Because, Refusal};

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// `invalid`, `forbidden`, `not_found`, `conflict`, `limit`, `unavailable`, `unauthorized`
    pub code: &'static str,
    /// What stands in the way.
    pub why: String,
    /// What would work.
    pub instead: String,
}

/// Seconds after which a sender may try again when the disk cannot keep up.
const RETRY_AFTER_SECONDS: u32 = 5;

pub fn error(
    status: StatusCode,
    code: &'static str,
    why: impl Into<String>,
    instead: impl Into<String>,
) -> Response {
    let body = ErrorBody { error: ErrorDetail { code, why: why.into(), instead: instead.into() } };
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"commandpost\""));
    }
    response
}

/// Gives the framework's own refusals (a method, a path or a parameter that does not fit) the form of all others. On a
/// page for people only where there is no text at all.
pub async fn in_sentences(response: Response, is_for_programs: bool) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_bare = match kind {
        None => true,
        Some(kind) => is_for_programs && kind.starts_with(b"text/plain"),
    };
    let status = response.status();
    if !is_bare || !status.is_client_error() {
        return response;
    }
    let kept = response.headers().get(header::ALLOW).cloned();
    let said = axum::body::to_bytes(response.into_body(), 4_096).await.unwrap_or_default();
    let said: String = String::from_utf8_lossy(&said).chars().filter(|c| !c.is_control()).take(300).collect();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        return wrong_method(kept);
    }
    let (why, instead) = if said.is_empty() {
        (format!("The request was refused: {status}."), "describes what there is")
    } else {
        (said, "describes what fits here")
    };
    error(status, "invalid", why, format!("GET /api/v1/openapi.json {instead}."))
}

/// `allow` names the methods that do something there; without it, the router adds it.
pub fn wrong_method(allow: Option<HeaderValue>) -> Response {
    let mut response = error(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid",
        "That method does nothing at this address.",
        "The header `Allow` names those that do.",
    );
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

pub fn refused(refusal: &Refusal) -> Response {
    let (status, code) = match refusal.because {
        Because::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        Because::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        Because::NotFound => (StatusCode::NOT_FOUND, "not_found"),
        Because::Conflict => (StatusCode::CONFLICT, "conflict"),
        Because::Limit => (StatusCode::TOO_MANY_REQUESTS, "limit"),
        Because::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    error(status, code, &refusal.why, &refusal.instead)
}

pub fn unauthorized(is_open: bool) -> Response {
    let instead = if is_open {
        "Say who you are: a header `X-Commandpost-Person: NAME`."
    } else {
        "Send `Authorization: Bearer TOKEN` with a token of the configuration's [[auth.token]]."
    };
    error(StatusCode::UNAUTHORIZED, "unauthorized", "Nobody is known behind this request.", instead)
}

//! `GET /oncall/NAME.ics`: a roster as a calendar, for whoever may use the API; and `GET /oncall/NAME/TOKEN.ics`, for calendar programs,
//! which can show nothing but an address.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{auth, reply};
use crate::{desk::Desk, incident::refusal::Refusal};

/// How the name of a calendar ends.
const ENDING: &str = ".ics";

/// For whoever is known at the door: to be put behind its guard.
pub fn guarded(desk: Arc<Desk>) -> Router {
    Router::new().route("/oncall/{file}", get(of_file)).with_state(desk)
}

/// For whoever shows the roster's token.
pub fn by_token(desk: Arc<Desk>) -> Router {
    Router::new().route("/oncall/{name}/{token}", get(of_token)).with_state(desk)
}

async fn of_file(State(desk): State<Arc<Desk>>, Path(file): Path<String>) -> Response {
    match file.strip_suffix(ENDING) {
        Some(name) => calendar(&desk, name).await,
        None => reply::refused(&none()),
    }
}

async fn of_token(State(desk): State<Arc<Desk>>, Path((name, token)): Path<(String, String)>) -> Response {
    let settings = desk.settings();
    let token = token.strip_suffix(ENDING).unwrap_or(&token);
    if settings.calendar_tokens.get(&name).is_some_and(|secret| auth::same(token, secret)) {
        return calendar(&desk, &name).await;
    }
    // The same words, whether the roster or the token is another.
    tracing::warn!("somebody asked for a calendar with a token that is none");
    reply::refused(&none())
}

fn none() -> Refusal {
    Refusal::not_found(
        "There is no such calendar.",
        "It is /oncall/NAME.ics, or /oncall/NAME/TOKEN.ics with the `calendar_token` of the [[roster]].",
    )
}

async fn calendar(desk: &Desk, name: &str) -> Response {
    match desk.calendar(name).await {
        Ok(text) => {
            let mut response = text.into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }
        Err(refusal) => reply::refused(&refusal),
    }
}

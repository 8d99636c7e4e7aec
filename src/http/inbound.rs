//! `POST /chat/{chat}/{way}`: what a chat sends by itself. It proves that it is the chat; its door knows by what.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use serde_json::Value;

use super::{body::Bodies, reply};

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// Nothing to say is an empty answer.
    Answered(Option<Value>),
    /// It is not from whom it says, or too old.
    Unauthorized,
    /// It is not what the chat sends.
    Unreadable,
    /// It is to be said again.
    TooEarly,
    /// The chat has no such way.
    Unknown,
}

/// Takes a request: the way it came, its headers, its body.
pub type Take =
    Arc<dyn Fn(String, HeaderMap, Bytes) -> Pin<Box<dyn Future<Output = Taken> + Send>> + Send + Sync>;

/// The chats that send by themselves, by name.
pub struct Inbound {
    pub chats: BTreeMap<&'static str, Take>,
    pub bodies: Bodies,
}

pub fn router(inbound: Arc<Inbound>) -> Router {
    Router::new().route("/chat/{chat}/{way}", post(take)).with_state(inbound)
}

async fn take(
    State(inbound): State<Arc<Inbound>>,
    Path((chat, way)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let not_found = || {
        let what = "Nothing is sent there.";
        reply::error(StatusCode::NOT_FOUND, "not_found", what, "See the chat's page in the documentation.")
    };
    let Some(door) = inbound.chats.get(chat.as_str()) else { return not_found() };
    let held = match inbound.bodies.read(&headers, body).await {
        Ok(held) => held,
        Err(response) => return response,
    };
    match door(way, headers, held.bytes.clone()).await {
        Taken::Answered(None) => StatusCode::OK.into_response(),
        Taken::Answered(Some(answer)) => Json(answer).into_response(),
        Taken::Unauthorized => reply::error(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Nothing in the request proves that the chat sent it, it is older than five minutes, or it came before.",
            "Check the chat's signing secret or token in the settings, and the clocks.",
        ),
        Taken::Unreadable => reply::error(
            StatusCode::BAD_REQUEST,
            "invalid",
            "That is not what the chat sends there.",
            "See the chat's page in the documentation for which address takes what.",
        ),
        Taken::TooEarly => reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The chat has not yet told this commandpost whom it serves, so nothing was done.",
            "Send it again.",
        ),
        Taken::Unknown => not_found(),
    }
}

//! Signs of life.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::Api;

/// Who gives signs of life, when each was heard last, and what is missed.
#[utoipa::path(get, path = "/api/v1/heartbeats", tag = "alerts",
    responses((status = 200, description = "Heartbeats", body = Object)))]
pub(crate) async fn heartbeats(State(api): State<Arc<Api>>) -> Response {
    Json(serde_json::json!({ "heartbeats": api.heartbeats.list() })).into_response()
}

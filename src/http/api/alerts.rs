//! Alert situations.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::{Api, reply};
use crate::journal::rows::SituationFilter;

/// Alert situations, newest first.
#[utoipa::path(get, path = "/api/v1/situations", tag = "alerts",
    responses((status = 200, description = "Situations", body = Object)))]
pub(crate) async fn situations(State(api): State<Arc<Api>>) -> Response {
    match api.desk.situations(SituationFilter::Recent { limit: 200 }).await {
        Ok(rows) => Json(serde_json::json!({ "situations": rows })).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

//! Alert situations.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{Api, reply};
use crate::{http::auth::Who, journal::rows::SituationFilter};

/// Why a situation is what it is: how it was grouped, which rules are looked at and why they do not match, what became of it.
#[utoipa::path(get, path = "/api/v1/situations/{id}/explain", params(("id" = String, Path, example = "S-1")), tag = "alerts",
    responses((status = 200, description = "The explanation", body = Object), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn explain(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Response {
    let Ok(id) = name.trim_start_matches("S-").parse() else {
        let why = "That is no alert situation.";
        return reply::error(StatusCode::NOT_FOUND, "not_found", why, "Write S-3.");
    };
    match api.desk.explain(id, &who.person).await {
        Ok(told) => Json(told).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// Alert situations, newest first.
#[utoipa::path(get, path = "/api/v1/situations", tag = "alerts",
    responses((status = 200, description = "Situations", body = Object)))]
pub(crate) async fn situations(State(api): State<Arc<Api>>, Extension(who): Extension<Who>) -> Response {
    match api.desk.seen_by(&who.person).situations(SituationFilter::Recent { limit: 200 }).await {
        Ok(rows) => Json(serde_json::json!({ "situations": rows })).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

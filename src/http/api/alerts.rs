//! Alert situations.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::{Api, reply};
use crate::{http::auth::Who, journal::rows::SituationFilter};

/// Alert situations, newest first.
#[utoipa::path(get, path = "/api/v1/situations", tag = "alerts",
    responses((status = 200, description = "Situations", body = Object)))]
pub(crate) async fn situations(State(api): State<Arc<Api>>, Extension(who): Extension<Who>) -> Response {
    match api.desk.seen_by(&who.person).situations(SituationFilter::Recent { limit: 200 }).await {
        Ok(rows) => Json(serde_json::json!({ "situations": rows })).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

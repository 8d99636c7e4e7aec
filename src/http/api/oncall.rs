//! Who is on call.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Api, moment, reply};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OnCallQuery {
    /// A roster, or a layer of one: `web/secondary`. Left out, all of them.
    pub roster: Option<String>,
    /// At that moment, RFC 3339; left out, now.
    pub at: Option<String>,
}

/// Who is on call: a row for each layer of each roster, with its time and who comes next.
#[utoipa::path(get, path = "/api/v1/oncall", params(OnCallQuery), tag = "oncall",
    responses((status = 200, description = "Who is on call", body = Object),
        (status = 404, description = "There is no such roster", body = reply::ErrorBody),
        (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn oncall(State(api): State<Arc<Api>>, Query(query): Query<OnCallQuery>) -> Response {
    let at = match moment("at", query.at.as_deref()) {
        Ok(at) => at.unwrap_or_else(|| api.desk.world.now()),
        Err(refusal) => return reply::refused(&refusal),
    };
    match api.desk.on_call(query.roster.as_deref(), at).await {
        Ok(rows) => Json(serde_json::json!({ "at": at, "on_call": rows })).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

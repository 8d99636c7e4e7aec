//! The outbox: what waits to leave the house, and a person's hand on it.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{AnswerBody, Api, reply, write_access};
use crate::{
    http::auth::Who,
    journal::{Handle, rows::DeliveryFilter},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DropBody {
    /// Why it is not to be said any more.
    pub reason: String,
}

/// What waits to leave the house, and why.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "outbox",
    responses((status = 200, description = "Deliveries", body = Object)))]
pub(crate) async fn outbox(State(api): State<Arc<Api>>, Extension(who): Extension<Who>) -> Response {
    match api.desk.seen_by(&who.person).deliveries(DeliveryFilter::Open).await {
        Ok(rows) => Json(serde_json::json!({ "deliveries": rows })).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// Tries a delivery again, now.
#[utoipa::path(post, path = "/api/v1/outbox/{n}/retry", params(("n" = i64, Path)), tag = "outbox",
    responses((status = 200, body = AnswerBody), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn outbox_retry(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(n): Path<i64>,
) -> Response {
    api.handle(&who, n, Handle::Retry).await
}

/// Gives a delivery up, with a reason.
#[utoipa::path(post, path = "/api/v1/outbox/{n}/drop", params(("n" = i64, Path)), request_body = DropBody, tag = "outbox",
    responses((status = 200, body = AnswerBody), (status = 404, body = reply::ErrorBody), (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn outbox_drop(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(n): Path<i64>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match api.json::<DropBody>(&headers, body).await {
        Ok(body) => api.handle(&who, n, Handle::Drop { reason: body.reason }).await,
        Err(response) => response,
    }
}

impl Api {
    async fn handle(&self, who: &Who, n: i64, how: Handle) -> Response {
        if let Err(response) = write_access(who) {
            return response;
        }
        match self.desk.handle_delivery(&who.person, who.is_admin, n, how).await {
            Ok(text) => Json(AnswerBody { text, incident: None, seq: None }).into_response(),
            Err(refusal) => reply::refused(&refusal),
        }
    }
}

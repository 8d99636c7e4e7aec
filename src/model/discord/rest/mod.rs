//! The REST API v10: one file for each kind of resource, the routes and the door check here.

mod account;
mod channels;
mod commands;
mod guild;
mod interactions;
mod messages;
mod pins;
mod threads;
mod webhooks;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header::AUTHORIZATION},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use serde_json::Value;

pub(super) use self::{account::me_json, interactions::answer};
use super::{
    error::ApiError,
    fault::{Faults, meddle},
    ratelimit::limit,
    service::Service,
};
use crate::model::recorder::{Recorder, record};

type Reply = Result<Response, ApiError>;

fn ok(value: Value) -> Reply {
    Ok(Json(value).into_response())
}

fn created(value: Value) -> Reply {
    Ok((StatusCode::CREATED, Json(value)).into_response())
}

fn empty() -> Reply {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// All routes, with the record, the faults and the limits around them.
pub(super) fn router(service: &Service, recorder: &Recorder, faults: &Faults) -> Router {
    let with_token = Router::new()
        .merge(account::routes())
        .merge(channels::routes())
        .merge(commands::routes())
        .merge(guild::routes())
        .merge(messages::routes())
        .merge(pins::routes())
        .merge(threads::routes())
        .route_layer(from_fn_with_state(service.clone(), limit))
        .route_layer(from_fn_with_state(service.clone(), only_the_bot));
    let open = Router::new()
        .merge(account::open_routes())
        .merge(interactions::routes())
        .merge(webhooks::routes())
        .route_layer(from_fn_with_state(service.clone(), limit));
    Router::new()
        .nest("/api/v10", with_token.merge(open))
        .merge(account::files())
        .fallback(async || ApiError::NOT_FOUND)
        .method_not_allowed_fallback(async || ApiError::METHOD_NOT_ALLOWED)
        .layer(from_fn_with_state(faults.clone(), meddle))
        .layer(from_fn_with_state(recorder.clone(), record))
        .with_state(service.clone())
}

async fn only_the_bot(State(service): State<Service>, request: Request, next: Next) -> Response {
    let expected = service.look(|w| format!("Bot {}", w.token));
    let given = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if given == expected { next.run(request).await } else { ApiError::UNAUTHORIZED.into_response() }
}

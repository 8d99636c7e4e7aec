//! The settings, read anew without a restart.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Api, reply, write_access};
use crate::{http::auth::Who, incident::refusal::Refusal};

/// What became of settings that were read anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// What is another now: `hooks: grafana added`.
    pub changed: Vec<String>,
    /// What is written otherwise, and waits for a start.
    pub at_start: Vec<String>,
    /// Playbooks with a mistake, and what is in force instead: a sentence each.
    pub refused: Vec<String>,
}

/// Reads the settings anew.
pub type Reload = Arc<dyn Fn() -> BoxFuture<'static, Result<Reloaded, Refusal>> + Send + Sync>;

/// Reads the settings anew, as SIGHUP does: hooks, heartbeats, people, rosters, rules, playbooks. Settings with a mistake change
/// nothing. For admins.
#[utoipa::path(post, path = "/api/v1/reload", tag = "settings",
    responses((status = 200, description = "What changed", body = Reloaded),
        (status = 403, description = "Not an admin", body = reply::ErrorBody),
        (status = 422, description = "The settings have mistakes; nothing changed", body = reply::ErrorBody)))]
pub(crate) async fn reload(State(api): State<Arc<Api>>, Extension(who): Extension<Who>) -> Response {
    if let Err(response) = write_access(&who) {
        return response;
    }
    if !who.is_admin {
        let instead = "Use an admin's token, or send SIGHUP: `systemctl reload commandpost`.";
        return reply::refused(&Refusal::forbidden("Only an admin has the settings read anew.", instead));
    }
    match (api.reload)().await {
        Ok(reloaded) => Json(reloaded).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

//! The REST API, version 1. Described by the OpenAPI document that it serves at `/api/v1/openapi.json`.

mod alerts;
mod arrange;
mod commands;
pub mod document;
mod drills;
mod export;
mod heartbeats;
mod incidents;
mod names;
mod oncall;
mod outbox;
mod reload;
pub(crate) mod timeline;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{
    auth::Who,
    body::Bodies,
    metrics::Metrics,
    reply,
    routes::{self, Route, get, post},
};
use crate::{
    desk::{
        Answer, Caller, Desk,
        heartbeats::Heartbeats,
        words::{Resolve, Words},
    },
    incident::{
        id::IncidentId,
        refusal::{Because, Refusal},
    },
    wall::{is_of_our_calendar, shown},
};
pub use alerts::span;
pub use export::export_bytes;
pub use names::TeamNames;
pub use reload::{Reload, Reloaded};

pub struct Api {
    pub desk: Arc<Desk>,
    pub resolve: Resolve,
    pub bodies: Bodies,
    pub metrics: Arc<Metrics>,
    pub heartbeats: Arc<Heartbeats>,
    pub time_zone: chrono_tz::Tz,
    /// Reads the settings anew.
    pub reload: Reload,
    /// Fires when the server stops: drills end in order.
    pub stop: tokio_util::sync::CancellationToken,
}

/// Everything that is served, but for the document that describes it.
fn routes() -> Vec<Route<Arc<Api>>> {
    vec![
        get("/api/v1/incidents", incidents::list),
        post("/api/v1/incidents", incidents::declare),
        get("/api/v1/incidents/{id}", incidents::one),
        get("/api/v1/incidents/{id}/timeline", timeline::timeline),
        post("/api/v1/incidents/{id}/commands", commands::command),
        get("/api/v1/incidents/{id}/export", export::export),
        get("/api/v1/incidents/{id}/verify", incidents::verify),
        post("/api/v1/commands", commands::command_anywhere),
        get("/api/v1/incidents/{id}/why", alerts::why_incident),
        get("/api/v1/situations", alerts::situations),
        get("/api/v1/situations/{n}/why", alerts::why_situation),
        get("/api/v1/alerts/marks", alerts::marks),
        post("/api/v1/alerts/marks", alerts::mark),
        get("/api/v1/alerts/report", alerts::report),
        get("/api/v1/changes", alerts::changes),
        post("/api/v1/changes", alerts::add_change),
        post("/api/v1/situations/{n}/acknowledge", arrange::acknowledge),
        post("/api/v1/situations/{n}/silence", arrange::silence),
        post("/api/v1/situations/{n}/unsilence", arrange::unsilence),
        get("/api/v1/maintenance", arrange::arranged),
        post("/api/v1/maintenance", arrange::add_window),
        post("/api/v1/maintenance/{n}/end", arrange::end_window),
        get("/api/v1/heartbeats", heartbeats::heartbeats),
        get("/api/v1/oncall", oncall::oncall),
        get("/api/v1/situations/{id}/explain", alerts::explain),
        get("/api/v1/outbox", outbox::outbox),
        post("/api/v1/outbox/{n}/retry", outbox::outbox_retry),
        post("/api/v1/outbox/{n}/drop", outbox::outbox_drop),
        post("/api/v1/reload", reload::reload),
        post("/api/v1/drills", drills::play_drill),
        post("/api/v1/drills/{id}/end", drills::end_drill),
    ]
}

pub fn router(api: Arc<Api>) -> Router {
    routes::router(routes())
        .route("/api/v1/openapi.json", routing::get(document::serve))
        .fallback(|| async {
            reply::error(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is nothing at this address.",
                "GET /api/v1/openapi.json describes what there is.",
            )
        })
        .with_state(api)
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AnswerBody {
    /// What a person would be told.
    pub text: String,
    #[schema(example = "INC-1")]
    pub incident: Option<String>,
    /// The last timeline entry written; none for a reading.
    pub seq: Option<u64>,
}

impl From<Answer> for AnswerBody {
    fn from(answer: Answer) -> Self {
        Self { text: answer.text, incident: answer.incident.map(|id| id.to_string()), seq: answer.seq }
    }
}

#[allow(clippy::result_large_err, reason = "the error is the answer itself")]
fn id(text: &str) -> Result<IncidentId, Response> {
    text.parse().map_err(|why: String| {
        reply::error(StatusCode::NOT_FOUND, "not_found", why, "GET /api/v1/incidents lists them.")
    })
}

/// A moment of a query, RFC 3339.
fn moment(name: &str, text: Option<&str>) -> Result<Option<DateTime<Utc>>, Refusal> {
    let read = |text: &str| {
        text.trim().parse::<DateTime<Utc>>().ok().filter(is_of_our_calendar).ok_or_else(|| {
            Refusal::invalid(
                format!("`{name}` is «{}», which is no time.", shown(text)),
                format!("Write {name}=2026-11-20T09:12:00Z."),
            )
        })
    };
    text.map(read).transpose()
}

#[allow(clippy::result_large_err, reason = "the error is the answer itself")]
fn write_access(who: &Who) -> Result<(), Response> {
    if who.may_write {
        return Ok(());
    }
    Err(reply::error(
        StatusCode::FORBIDDEN,
        "forbidden",
        "This token may only read.",
        "Use a token with scope \"api\".",
    ))
}

impl Api {
    /// The desk's ears as a drill uses them.
    fn say_words(&self) -> crate::desk::drill::SayFn {
        let (desk, resolve) = (self.desk.clone(), self.resolve.clone());
        Arc::new(move |caller, here, text, once| {
            let (desk, resolve) = (desk.clone(), resolve.clone());
            Box::pin(async move { desk.say(caller, here, Words::Text(text), once, &resolve).await })
        })
    }

    async fn json<T: DeserializeOwned>(&self, headers: &HeaderMap, body: Body) -> Result<T, Response> {
        let held = self.bodies.read(headers, body).await?;
        let bad = |why: String| {
            reply::error(
                StatusCode::BAD_REQUEST,
                "invalid",
                why,
                "GET /api/v1/openapi.json describes the body.",
            )
        };
        let text = std::str::from_utf8(&held.bytes)
            .map_err(|e| bad(format!("The body is not UTF-8 (at byte {}).", e.valid_up_to())))?;
        if text.trim().is_empty() {
            return Err(bad("The body is empty.".into()));
        }
        serde_json::from_str(text).map_err(|e| bad(format!("The body does not fit: {e}.")))
    }

    fn caller(who: &Who, headers: &HeaderMap) -> Caller {
        // The command line and the console in a terminal say that they are it; everything else here is the API.
        let said = headers.get("x-commandpost-via").map(|via| via.as_bytes());
        let via = ["cli", "console"].into_iter().find(|door| said == Some(door.as_bytes())).unwrap_or("api");
        Caller::person(who.person.clone(), via).admin(who.is_admin)
    }

    fn answer(&self, caller_via: &str, answer: Result<Answer, Refusal>, done: StatusCode) -> Response {
        match answer {
            Ok(answer) => {
                self.metrics.command(caller_via, "done");
                (done, Json(AnswerBody::from(answer))).into_response()
            }
            Err(refusal) => {
                self.metrics.command(
                    caller_via,
                    if refusal.because == Because::Unavailable { "unavailable" } else { "refused" },
                );
                reply::refused(&refusal)
            }
        }
    }
}

/// The caller's idempotency key, its own for each person.
fn once(who: &Who, headers: &HeaderMap) -> Option<String> {
    let key = headers.get("idempotency-key")?.to_str().ok()?;
    (!key.is_empty() && key.len() <= 200).then(|| format!("api/{}/{key}", who.person.id))
}

//! What is arranged about alerts: acknowledgements, silences, maintenance windows.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{AnswerBody, Api, once, reply, write_access};
use crate::{
    grammar::Arrange, http::auth::Who, incident::command::StatedTime, journal::rows::ArrangementFilter,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeBody {
    /// What you do.
    #[serde(default)]
    pub comment: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceBody {
    pub minutes: u32,
    /// Why.
    pub reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// Why.
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowBody {
    #[schema(example = "db upgrade")]
    pub name: String,
    /// Left out, now.
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
    /// Labels that alerts must have, by name; left out, all alerts.
    #[serde(default)]
    pub labels: std::collections::BTreeMap<String, String>,
    /// They are recorded, and nobody is told until it ends.
    #[serde(default)]
    pub record: bool,
}

/// Says that somebody is on these alerts; the sender is told where it can be.
#[utoipa::path(post, path = "/api/v1/situations/{n}/acknowledge", params(("n" = i64, Path)), request_body = AcknowledgeBody,
    tag = "alerts", responses((status = 200, body = AnswerBody), (status = 404, body = reply::ErrorBody), (status = 409, body = reply::ErrorBody)))]
pub(crate) async fn acknowledge(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(situation): Path<i64>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match api.json::<AcknowledgeBody>(&headers, body).await {
        Ok(AcknowledgeBody { comment }) => {
            api.arrange(&who, &headers, Arrange::Acknowledge { situation, comment }).await
        }
        Err(response) => response,
    }
}

/// Silences these alerts for a time: they are counted, and nobody is told.
#[utoipa::path(post, path = "/api/v1/situations/{n}/silence", params(("n" = i64, Path)), request_body = SilenceBody, tag = "alerts",
    responses((status = 200, body = AnswerBody), (status = 404, body = reply::ErrorBody), (status = 409, body = reply::ErrorBody),
        (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn silence(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(situation): Path<i64>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match api.json::<SilenceBody>(&headers, body).await {
        Ok(SilenceBody { minutes, reason }) => {
            api.arrange(&who, &headers, Arrange::Silence { situation, minutes, reason }).await
        }
        Err(response) => response,
    }
}

/// Ends a silence before its time.
#[utoipa::path(post, path = "/api/v1/situations/{n}/unsilence", params(("n" = i64, Path)), request_body = EndBody, tag = "alerts",
    responses((status = 200, body = AnswerBody), (status = 404, body = reply::ErrorBody), (status = 409, body = reply::ErrorBody)))]
pub(crate) async fn unsilence(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(situation): Path<i64>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match api.json::<EndBody>(&headers, body).await {
        Ok(EndBody { reason }) => api.arrange(&who, &headers, Arrange::Unsilence { situation, reason }).await,
        Err(response) => response,
    }
}

/// The windows and silences that people made and that have not ended. The windows of the settings are told by
/// `maintenance list`.
#[utoipa::path(get, path = "/api/v1/maintenance", tag = "alerts",
    responses((status = 200, description = "Windows and silences", body = Object)))]
pub(crate) async fn arranged(State(api): State<Arc<Api>>, Extension(who): Extension<Who>) -> Response {
    let live = ArrangementFilter::Live { now: api.desk.world.now() };
    match api.desk.seen_by(&who.person).arrangements(live).await {
        Ok(rows) => Json(serde_json::json!({ "arrangements": rows })).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// Plans a maintenance window.
#[utoipa::path(post, path = "/api/v1/maintenance", request_body = WindowBody, tag = "alerts",
    responses((status = 200, body = AnswerBody), (status = 409, body = reply::ErrorBody), (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn add_window(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match api.json::<WindowBody>(&headers, body).await {
        Ok(new) => {
            let asked = Arrange::AddWindow {
                name: new.name,
                from: new.from.map(StatedTime::At),
                to: Some(StatedTime::At(new.to)),
                minutes: None,
                labels: new.labels.into_iter().collect(),
                records: new.record,
            };
            api.arrange(&who, &headers, asked).await
        }
        Err(response) => response,
    }
}

/// Ends a window, or takes it back.
#[utoipa::path(post, path = "/api/v1/maintenance/{n}/end", params(("n" = i64, Path)), request_body = EndBody, tag = "alerts",
    responses((status = 200, body = AnswerBody), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn end_window(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(n): Path<i64>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match api.json::<EndBody>(&headers, body).await {
        Ok(EndBody { reason }) => api.arrange(&who, &headers, Arrange::EndWindow { n, reason }).await,
        Err(response) => response,
    }
}

impl Api {
    async fn arrange(&self, who: &Who, headers: &HeaderMap, asked: Arrange) -> Response {
        if let Err(response) = write_access(who) {
            return response;
        }
        let caller = Self::caller(who, headers);
        let via = caller.via.clone();
        let answer = self.desk.arrange(caller, asked, once(who, headers)).await;
        self.answer(&via, answer, StatusCode::OK)
    }
}

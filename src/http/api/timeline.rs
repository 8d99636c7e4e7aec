//! The timeline of an incident.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Api, id, reply};
use crate::{http::auth::Who, incident::timeline::Line};

/// One line of a timeline as it reads now.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineItem {
    pub seq: u64,
    pub occurred_at: DateTime<Utc>,
    /// When it was over, where it lasted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    pub recorded_at: DateTime<Utc>,
    /// `house`, `stated`, `chat`, `alert` or `drill`
    #[schema(value_type = String)]
    pub time_source: crate::incident::event::TimeSource,
    pub actor: String,
    pub role: Option<String>,
    pub via: String,
    pub name: &'static str,
    pub text: String,
    /// What a correction replaced.
    pub original: Option<String>,
    pub corrected_by: Option<u64>,
    /// Whose words these are, where that is somebody else than the actor: who corrected it.
    pub reworded_by: Option<String>,
    pub redacted_by: Option<u64>,
    /// A turning point: what a reader in a hurry reads.
    pub important: bool,
}

impl From<Line> for TimelineItem {
    fn from(line: Line) -> Self {
        Self {
            seq: line.seq,
            occurred_at: line.occurred_at,
            until: line.until,
            recorded_at: line.recorded_at,
            time_source: line.time_source,
            actor: line.actor.name,
            role: line.role.map(|role| role.slug().to_owned()),
            via: line.via,
            name: line.name,
            text: line.text,
            original: line.original,
            corrected_by: line.corrected_by,
            reworded_by: line.reworded_by.map(|by| by.name),
            redacted_by: line.redacted_by,
            important: line.important,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    pub incident: String,
    pub entries: Vec<TimelineItem>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    /// First entry wanted.
    #[serde(default)]
    pub from: u64,
}

/// The timeline as it reads now, corrections and redactions folded in.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/timeline", tag = "incidents",
    params(("id" = String, Path, example = "INC-1"), TimelineQuery),
    responses((status = 200, body = Timeline), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn timeline(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(query): Query<TimelineQuery>,
) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match api.desk.seen_by(&who.person).timeline(id, query.from).await {
        Ok(lines) => {
            let entries = lines.into_iter().map(TimelineItem::from).collect();
            Json(Timeline { incident: id.to_string(), entries }).into_response()
        }
        Err(refusal) => reply::refused(&refusal),
    }
}

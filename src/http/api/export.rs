//! An incident on paper.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Api, Who, id, reply};
use crate::{
    desk::Desk,
    export::{Format, Source},
    incident::{id::IncidentId, names::Shown, refusal::Refusal},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `markdown`, `json` or `csv`
    pub format: Option<String>,
    /// IANA zone: `Europe/Berlin`
    pub tz: Option<String>,
}

/// The timeline on paper.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/export", tag = "incidents",
    params(("id" = String, Path, example = "INC-1"), ExportQuery),
    responses((status = 200, description = "Markdown, JSON or CSV", body = String), (status = 404, body = reply::ErrorBody),
        (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn export(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let format = match query.format.as_deref().unwrap_or("markdown").parse::<Format>() {
        Ok(format) => format,
        Err(why) => {
            return reply::refused(&Refusal::invalid(why.to_string(), "Use format=markdown, json or csv."));
        }
    };
    let tz = match query.tz.as_deref().map(str::parse::<chrono_tz::Tz>).transpose() {
        Ok(tz) => {
            tz.or_else(|| api.desk.settings().zones.get(&who.person.id).copied()).unwrap_or(api.time_zone)
        }
        Err(_) => {
            let shown: String = query.tz.unwrap_or_default().chars().take(40).collect();
            return reply::refused(&Refusal::invalid(
                format!("«{shown}» is no time zone."),
                "Use an IANA name: Europe/Berlin, UTC.",
            ));
        }
    };
    if let Err(refusal) = api.desk.seen_by(&who.person).incident(id).await {
        return reply::refused(&refusal);
    }
    match export_bytes(&api.desk, id, format, tz).await {
        Ok(bytes) => (
            [
                (header::CONTENT_TYPE, format.content_type().to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", format.file_name(id))),
            ],
            bytes,
        )
            .into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// An export of a whole incident, made off the async threads. Who may see it was asked before.
pub async fn export_bytes(
    desk: &Desk,
    id: IncidentId,
    format: Format,
    tz: chrono_tz::Tz,
) -> Result<Vec<u8>, Refusal> {
    let (incident, entries, sealed) = desk.record(id).await?;
    let mut story = desk.story_of(&incident).await?;
    let settings = desk.settings();
    let made = tokio::task::spawn_blocking(move || {
        let lines = format.lines(entries, &incident, &settings.policy, tz);
        // What was redacted of an alert must not come back by another way.
        if lines.iter().any(|line| line.name.starts_with("alert.") && line.redacted_by.is_some()) {
            story.evidence.clear();
        }
        format.write(&Source {
            incident: &incident,
            entries: &sealed,
            lines: &lines,
            story: &story,
            shown: Shown::from(&settings.policy),
            tz,
            exported_by_version: env!("CARGO_PKG_VERSION"),
        })
    });
    match made.await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(Refusal::unavailable(
            format!("The export could not be made: {error}."),
            "Try another format.",
        )),
        Err(error) => Err(Refusal::unavailable(format!("The export broke down: {error}."), "Try again.")),
    }
}

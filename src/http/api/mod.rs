//! The REST API, version 1. Described by the OpenAPI document that it serves at `/api/v1/openapi.json`.

pub mod document;
mod drills;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use super::{auth::Who, body::Bodies, metrics::Metrics, reply};
use crate::{
    desk::{
        Answer, Caller, Desk,
        words::{Resolve, Words},
    },
    export::{Format, Source},
    incident::{
        command::{Declare, SituationFacts},
        id::IncidentId,
        kind::Kind,
        refusal::{Because, Refusal},
        severity::Severity,
        state::Incident,
        timeline::Line,
    },
    journal::{Handle, rows::*},
};

pub struct Api {
    pub desk: Arc<Desk>,
    pub resolve: Resolve,
    pub bodies: Bodies,
    pub metrics: Arc<Metrics>,
    pub time_zone: chrono_tz::Tz,
    /// The zones of people who have one of their own, by id.
    pub zones: BTreeMap<String, chrono_tz::Tz>,
    /// Fires when the server stops: drills end in order.
    pub stop: tokio_util::sync::CancellationToken,
}

pub fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/api/v1/openapi.json", get(document::serve))
        .route("/api/v1/incidents", get(list).post(declare))
        .route("/api/v1/incidents/{id}", get(one))
        .route("/api/v1/incidents/{id}/timeline", get(timeline))
        .route("/api/v1/incidents/{id}/commands", post(command))
        .route("/api/v1/incidents/{id}/export", get(export))
        .route("/api/v1/incidents/{id}/verify", get(verify))
        .route("/api/v1/commands", post(command_anywhere))
        .route("/api/v1/situations", get(situations))
        .route("/api/v1/outbox", get(outbox))
        .route("/api/v1/outbox/{n}/retry", post(outbox_retry))
        .route("/api/v1/outbox/{n}/drop", post(outbox_drop))
        .merge(drills::router())
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

/// Opens an incident.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    /// What is wrong, in a few words.
    #[schema(example = "checkout is down", max_length = 200)]
    pub title: String,
    /// `sev1` (critical) to `sev5` (cosmetic); `sev2` if left out.
    #[schema(example = "sev1")]
    pub severity: Option<String>,
    /// The alert situation that it comes from: `S-3`.
    pub situation: Option<String>,
    /// Seen, not yet declared.
    #[serde(default)]
    pub triage: bool,
    /// A test of the installation, not a real incident: it gets a `TEST-` number and nothing of it is published.
    #[serde(default)]
    pub test: bool,
}

/// Words of the command language, as somebody would type them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandBody {
    #[schema(example = "severity sev2")]
    pub text: Option<String>,
    /// The same, already split into words.
    pub argv: Option<Vec<String>>,
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

/// One incident in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentItem {
    #[schema(example = "INC-1")]
    pub id: String,
    pub title: String,
    /// `real`, `drill` or `test`
    pub kind: &'static str,
    pub severity: &'static str,
    pub phase: &'static str,
    pub commander: String,
    pub declared_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub entries: u64,
}

impl From<IncidentRow> for IncidentItem {
    fn from(row: IncidentRow) -> Self {
        Self {
            id: row.id.to_string(),
            title: row.title,
            kind: row.id.kind.word(),
            severity: row.severity.word(),
            phase: row.phase.word(),
            commander: row.commander.name,
            declared_at: row.declared_at,
            updated_at: row.updated_at,
            entries: row.seq,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentList {
    pub incidents: Vec<IncidentItem>,
}

/// One line of a timeline as it reads now.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineItem {
    pub seq: u64,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    /// `house`, `stated`, `alert` or `drill`
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
    pub redacted_by: Option<u64>,
}

impl From<Line> for TimelineItem {
    fn from(line: Line) -> Self {
        Self {
            seq: line.seq,
            occurred_at: line.occurred_at,
            recorded_at: line.recorded_at,
            time_source: line.time_source,
            actor: line.actor.name,
            role: line.role.map(|role| role.slug().to_owned()),
            via: line.via,
            name: line.name,
            text: line.text,
            original: line.original,
            corrected_by: line.corrected_by,
            redacted_by: line.redacted_by,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    pub incident: String,
    pub entries: Vec<TimelineItem>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Closed ones too.
    #[serde(default)]
    pub all: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    /// First entry wanted.
    #[serde(default)]
    pub from: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `markdown`, `json` or `csv`
    pub format: Option<String>,
    /// IANA zone: `Europe/Berlin`
    pub tz: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DropBody {
    /// Why it is not to be said any more.
    pub reason: String,
}

#[allow(clippy::result_large_err, reason = "the error is the answer itself")]
fn id(text: &str) -> Result<IncidentId, Response> {
    text.parse().map_err(|why: String| {
        reply::error(StatusCode::NOT_FOUND, "not_found", why, "GET /api/v1/incidents lists them.")
    })
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
        // The command line says that it is the command line; everything else here is the API.
        let is_cli = headers.get("x-commandpost-via").is_some_and(|via| via.as_bytes() == b"cli");
        Caller::person(who.person.clone(), if is_cli { "cli" } else { "api" })
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

    async fn say(
        &self,
        who: &Who,
        headers: &HeaderMap,
        here: Option<IncidentId>,
        body: CommandBody,
    ) -> Response {
        if let Err(response) = write_access(who) {
            return response;
        }
        let words = match (body.text, body.argv) {
            (Some(text), None) => Words::Text(text),
            (None, Some(argv)) => Words::Argv(argv),
            _ => {
                return reply::error(
                    StatusCode::BAD_REQUEST,
                    "invalid",
                    "The body has neither or both of `text` and `argv`.",
                    "Send {\"text\": \"note the database failed over\"}.",
                );
            }
        };
        let caller = Self::caller(who, headers);
        let via = caller.via.clone();
        let answer = self.desk.say(caller, here, words, once(who, headers), &self.resolve).await;
        self.answer(&via, answer, StatusCode::OK)
    }
}

/// The caller's idempotency key, its own for each person.
fn once(who: &Who, headers: &HeaderMap) -> Option<String> {
    let key = headers.get("idempotency-key")?.to_str().ok()?;
    (!key.is_empty() && key.len() <= 200).then(|| format!("api/{}/{key}", who.person.id))
}

/// Incidents, open ones unless `all`.
#[utoipa::path(get, path = "/api/v1/incidents", params(ListQuery), tag = "incidents",
    responses((status = 200, body = IncidentList), (status = 401, body = reply::ErrorBody)))]
pub(crate) async fn list(State(api): State<Arc<Api>>, Query(query): Query<ListQuery>) -> Response {
    let filter = if query.all { IncidentFilter::all(1_000) } else { IncidentFilter::open() };
    match api.desk.list(filter).await {
        Ok(rows) => Json(IncidentList { incidents: rows.into_iter().map(IncidentItem::from).collect() })
            .into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// Declares an incident. The caller is its Incident Commander until relieved.
#[utoipa::path(post, path = "/api/v1/incidents", request_body = NewIncident, tag = "incidents",
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat with the same key gets the first answer.")),
    responses((status = 201, body = AnswerBody), (status = 400, body = reply::ErrorBody), (status = 401, body = reply::ErrorBody),
        (status = 403, body = reply::ErrorBody), (status = 409, body = reply::ErrorBody), (status = 413, body = reply::ErrorBody),
        (status = 422, body = reply::ErrorBody), (status = 429, body = reply::ErrorBody), (status = 503, body = reply::ErrorBody)))]
pub(crate) async fn declare(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(response) = write_access(&who) {
        return response;
    }
    let new: NewIncident = match api.json(&headers, body).await {
        Ok(new) => new,
        Err(response) => return response,
    };
    let severity = match new.severity.as_deref().map(str::parse::<Severity>).transpose() {
        Ok(severity) => severity.unwrap_or(Severity::Sev2),
        Err(why) => {
            return reply::refused(&Refusal::invalid(
                why,
                "Leave it out if in doubt: it can be changed at any time.",
            ));
        }
    };
    let situation =
        match new.situation.as_deref().map(|s| s.trim_start_matches("S-").parse::<i64>()).transpose() {
            // The facts are looked up at the desk; only the number counts here.
            Ok(id) => id.map(|id| SituationFacts {
                id,
                title: String::new(),
                source: String::new(),
                firing: 0,
                total: 0,
                alerts: vec![],
            }),
            Err(_) => return reply::refused(&Refusal::invalid("That is no alert situation.", "Write S-3.")),
        };
    let declare = Declare {
        title: new.title,
        severity,
        kind: if new.test { Kind::Test } else { Kind::Real },
        triage: new.triage,
        situation,
        drill: None,
    };
    let caller = Api::caller(&who, &headers);
    let via = caller.via.clone();
    let along = crate::desk::Along { once: once(&who, &headers), ..Default::default() };
    let answer = api.desk.declare(caller, declare, along).await;
    api.answer(&via, answer, StatusCode::CREATED)
}

/// One incident as it stands.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", params(("id" = String, Path, example = "INC-1")), tag = "incidents",
    responses((status = 200, description = "The incident's state", body = Object), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn one(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match api.desk.incident(id).await {
        Ok(incident) => Json(shown(&incident)).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// The state as the API shows it: the fold, with the kind beside the id.
fn shown(incident: &Incident) -> serde_json::Value {
    let mut value = serde_json::to_value(incident).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("kind".into(), incident.kind().word().into());
        object.insert("entries".into(), incident.seq.into());
    }
    value
}

/// The timeline as it reads now, corrections and redactions folded in.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/timeline", tag = "incidents",
    params(("id" = String, Path, example = "INC-1"), TimelineQuery),
    responses((status = 200, body = Timeline), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn timeline(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    Query(query): Query<TimelineQuery>,
) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let known = api.desk.incident(id).await;
    let lines = match known {
        Ok(_) => api.desk.timeline(id, query.from).await,
        Err(refusal) => Err(refusal),
    };
    match lines {
        Ok(lines) => {
            let entries = lines.into_iter().map(TimelineItem::from).collect();
            Json(Timeline { incident: id.to_string(), entries }).into_response()
        }
        Err(refusal) => reply::refused(&refusal),
    }
}

/// Says words on an incident, as somebody would type them in its channel.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/commands", request_body = CommandBody, tag = "commands",
    params(("id" = String, Path, example = "INC-1"),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat with the same key gets the first answer.")),
    responses((status = 200, body = AnswerBody), (status = 400, body = reply::ErrorBody), (status = 401, body = reply::ErrorBody),
        (status = 403, body = reply::ErrorBody), (status = 404, body = reply::ErrorBody), (status = 409, body = reply::ErrorBody),
        (status = 413, body = reply::ErrorBody), (status = 422, body = reply::ErrorBody), (status = 429, body = reply::ErrorBody),
        (status = 503, body = reply::ErrorBody)))]
pub(crate) async fn command(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match api.json(&headers, body).await {
        Ok(body) => api.say(&who, &headers, Some(id), body).await,
        Err(response) => response,
    }
}

/// Says words that name their incident, or need none: `list`, `alerts`, `declare …`, `INC-1 note …`.
#[utoipa::path(post, path = "/api/v1/commands", request_body = CommandBody, tag = "commands",
    responses((status = 200, body = AnswerBody), (status = 400, body = reply::ErrorBody), (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn command_anywhere(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match api.json(&headers, body).await {
        Ok(body) => api.say(&who, &headers, None, body).await,
        Err(response) => response,
    }
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
        Ok(tz) => tz.or_else(|| api.zones.get(&who.person.id).copied()).unwrap_or(api.time_zone),
        Err(_) => {
            let shown: String = query.tz.unwrap_or_default().chars().take(40).collect();
            return reply::refused(&Refusal::invalid(
                format!("«{shown}» is no time zone."),
                "Use an IANA name: Europe/Berlin, UTC.",
            ));
        }
    };
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

/// An export of a whole incident, made off the async threads.
pub async fn export_bytes(
    desk: &Desk,
    id: IncidentId,
    format: Format,
    tz: chrono_tz::Tz,
) -> Result<Vec<u8>, Refusal> {
    let incident = desk.incident(id).await?;
    let sealed = desk.sealed(id).await?;
    let lines = desk.timeline(id, 1).await?;
    let made = tokio::task::spawn_blocking(move || {
        format.write(&Source {
            incident: &incident,
            entries: &sealed,
            lines: &lines,
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

/// Checks the hash chain.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/verify", params(("id" = String, Path, example = "INC-1")), tag = "incidents",
    responses((status = 200, description = "Entries, head of the chain, and what is wrong", body = Object), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn verify(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match api.desk.verify(id).await {
        Ok(verified) => Json(verified).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// Alert situations, newest first.
#[utoipa::path(get, path = "/api/v1/situations", tag = "alerts",
    responses((status = 200, description = "Situations", body = Object)))]
pub(crate) async fn situations(State(api): State<Arc<Api>>) -> Response {
    match api.desk.situations(SituationFilter::Recent { limit: 200 }).await {
        Ok(rows) => Json(serde_json::json!({ "situations": rows })).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// What waits to leave the house, and why.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "outbox",
    responses((status = 200, description = "Deliveries", body = Object)))]
pub(crate) async fn outbox(State(api): State<Arc<Api>>) -> Response {
    match api.desk.journal.deliveries(DeliveryFilter::Open).await {
        Ok(rows) => Json(serde_json::json!({ "deliveries": rows })).into_response(),
        Err(error) => reply::refused(&crate::desk::refuse(error)),
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

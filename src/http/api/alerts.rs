//! Alert situations: what they tell, what people made of them, and what was changed before.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AnswerBody, Api, id, moment, once, reply, write_access};
use crate::{
    alert::{
        flapping::Flaps,
        judgement::{Subject, Verdict},
        senders,
    },
    export::alerts::ReportFormat,
    http::auth::Who,
    incident::refusal::Refusal,
    journal::rows::{JudgementFilter, SituationFilter, SituationRow},
    people::Person,
    wall::{lasting, shown},
};

/// Changes and marks in one answer.
const LISTED_MAX: u32 = 200;
/// Situations in one answer, and the furthest that an answer begins: each reads those before it as well.
const SITUATIONS_MAX: u32 = 200;
const FROM_MAX: u32 = 10_000;
const LOOK_DAYS_MAX: i64 = 366;

/// Why a situation is what it is: how it was grouped, which rules are looked at and why they do not match, what became of it.
#[utoipa::path(get, path = "/api/v1/situations/{id}/explain", params(("id" = String, Path, example = "S-1")), tag = "alerts",
    responses((status = 200, description = "The explanation", body = Object), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn explain(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Response {
    let Ok(id) = name.trim_start_matches("S-").parse() else {
        let why = "That is no alert situation.";
        return reply::error(StatusCode::NOT_FOUND, "not_found", why, "Write S-3.");
    };
    answer(api.desk.explain(id, &who.person).await)
}

/// A situation, and what people arranged about it.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    row: SituationRow,
    /// Who is on it, as they said here; what the sender knows stands in the situation's own count.
    acknowledged_by: Option<Person>,
    is_silenced: bool,
    /// How one of its alerts flaps: how often it cleared, in how many minutes.
    flapping: Option<Flaps>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SituationsQuery {
    /// First situation wanted, counted from 0 in this order: the `next` of the answer before.
    #[serde(default)]
    pub from: u32,
}

/// Alert situations, 200 at a time: those that nobody has taken up first, then those that somebody is on or nobody is told of, those of incidents, each the worst first; last what is over.
#[utoipa::path(get, path = "/api/v1/situations", params(SituationsQuery), tag = "alerts",
    responses((status = 200, description = "Situations, and in `next` where those after them begin, if there are any", body = Object),
        (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn situations(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Query(query): Query<SituationsQuery>,
) -> Response {
    let from = query.from;
    if from > FROM_MAX {
        let why = format!("`from` is {from}; the limit is {FROM_MAX}.");
        return reply::refused(&Refusal::invalid(why, "What is open and worst stands at the beginning."));
    }
    answer(listed(&api, &who.person, from).await)
}

/// Situations from one on, and what people arranged about each.
async fn listed(api: &Api, person: &Person, from: u32) -> Result<serde_json::Value, Refusal> {
    let eyes = api.desk.seen_by(person);
    // One more than are shown, to know whether there are any.
    let limit = from + SITUATIONS_MAX + 1;
    let rows = eyes.situations(SituationFilter::Recent { limit }).await?;
    let next = from + SITUATIONS_MAX;
    let next = (rows.len() == limit as usize && next <= FROM_MAX).then_some(next);
    let rows: Vec<_> = rows.into_iter().skip(from as usize).take(SITUATIONS_MAX as usize).collect();
    let stands = eyes.stood(&rows).await?;
    let listed = rows.into_iter().zip(stands).map(|(row, stood)| Listed {
        row,
        acknowledged_by: stood.acknowledged_by,
        is_silenced: stood.is_silenced,
        flapping: stood.flapping,
    });
    Ok(serde_json::json!({ "situations": listed.collect::<Vec<_>>(), "next": next }))
}

fn answer<T: serde::Serialize>(told: Result<T, Refusal>) -> Response {
    match told {
        Ok(told) => Json(told).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// What users feel, likely why, and what changed before: of an incident.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/why", params(("id" = String, Path, example = "INC-1")), tag = "alerts",
    responses((status = 200, description = "Evidence, each with its reason, and changes", body = Object),
        (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn why_incident(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match api.desk.seen_by(&who.person).incident(id).await {
        Ok(incident) => answer(api.desk.story_of(&incident).await),
        Err(refusal) => reply::refused(&refusal),
    }
}

/// What users feel, likely why, and what changed before: of a situation, S-1, beside those of its time.
#[utoipa::path(get, path = "/api/v1/situations/{n}/why", params(("n" = i64, Path)), tag = "alerts",
    responses((status = 200, description = "Evidence, each with its reason, and changes", body = Object),
        (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn why_situation(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(n): Path<i64>,
) -> Response {
    answer(api.desk.seen_by(&who.person).story_of_situation(n).await)
}

/// A mark on alerts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkBody {
    /// A situation, or the name of a rule.
    #[schema(example = "S-3")]
    pub alert: String,
    /// `actionable`, `noise` or `late`
    #[schema(example = "noise")]
    pub mark: String,
    #[serde(default)]
    pub reason: String,
}

/// Says whether alerts deserved it.
#[utoipa::path(post, path = "/api/v1/alerts/marks", request_body = MarkBody, tag = "alerts",
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat with the same key gets the first answer.")),
    responses((status = 200, body = AnswerBody), (status = 400, body = reply::ErrorBody), (status = 403, body = reply::ErrorBody),
        (status = 404, body = reply::ErrorBody), (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn mark(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(response) = write_access(&who) {
        return response;
    }
    let body: MarkBody = match api.json(&headers, body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let verdict = match body.mark.parse::<Verdict>() {
        Ok(verdict) => verdict,
        Err(why) => {
            return reply::refused(&Refusal::invalid(why, "{\"alert\": \"S-3\", \"mark\": \"noise\"}"));
        }
    };
    let number = body.alert.strip_prefix(['S', 's']).and_then(|rest| rest.strip_prefix('-'));
    let subject = match number.and_then(|n| n.parse().ok()) {
        Some(n) => Subject::Situation(n),
        None => Subject::Rule(body.alert),
    };
    let caller = Api::caller(&who, &headers);
    let via = caller.via.clone();
    let marked = api.desk.mark(caller, subject, verdict, body.reason, once(&who, &headers)).await;
    api.answer(&via, marked, StatusCode::OK)
}

/// The marks of the last 30 days, the latest first.
#[utoipa::path(get, path = "/api/v1/alerts/marks", tag = "alerts",
    responses((status = 200, description = "Marks, with who set them and when", body = Object)))]
pub(crate) async fn marks(State(api): State<Arc<Api>>, Extension(who): Extension<Who>) -> Response {
    let at = api.desk.world.now() - Duration::days(30);
    let filter = JudgementFilter::Since { at, limit: LISTED_MAX };
    let found = api.desk.seen_by(&who.person).judgements(filter).await;
    answer(found.map(|marks| serde_json::json!({ "marks": marks })))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// Over how long: `30d`, `12h`
    pub since: Option<String>,
    /// `json`, `text`, `csv` or `markdown`
    pub format: Option<String>,
}

/// How long to look back, as it is typed: `30d`, `12h`.
///
/// # Errors
/// A sentence.
pub fn span(text: &str) -> Result<Duration, Refusal> {
    let span =
        lasting(text).filter(|span| *span > Duration::zero() && *span <= Duration::days(LOOK_DAYS_MAX));
    span.ok_or_else(|| {
        let why = format!("«{}» is no length of time.", shown(text));
        Refusal::invalid(why, "Write 30d or 12h, a year at most.")
    })
}

/// Which rules cry wolf, what was never acted on, what first told of each incident and what should have, what came late.
#[utoipa::path(get, path = "/api/v1/alerts/report", params(ReportQuery), tag = "alerts",
    responses((status = 200, description = "The report", body = Object), (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn report(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Query(query): Query<ReportQuery>,
) -> Response {
    let since = match span(query.since.as_deref().unwrap_or("30d")) {
        Ok(span) => api.desk.world.now() - span,
        Err(refusal) => return reply::refused(&refusal),
    };
    let format = match query.format.as_deref().unwrap_or("json").parse::<ReportFormat>() {
        Ok(format) => format,
        Err(why) => return reply::refused(&Refusal::invalid(why, "Use format=json.")),
    };
    match api.desk.alert_report(&who.person, since).await {
        Ok(report) => {
            ([(header::CONTENT_TYPE, format.content_type())], format.write(&report)).into_response()
        }
        Err(refusal) => reply::refused(&refusal),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ChangesQuery {
    /// Those that began since then, RFC 3339; a day if left out
    pub since: Option<String>,
}

/// What was changed, the latest first.
#[utoipa::path(get, path = "/api/v1/changes", params(ChangesQuery), tag = "alerts",
    responses((status = 200, description = "Changes", body = Object), (status = 422, body = reply::ErrorBody)))]
pub(crate) async fn changes(State(api): State<Arc<Api>>, Query(query): Query<ChangesQuery>) -> Response {
    let since = match moment("since", query.since.as_deref()) {
        Ok(since) => since.unwrap_or_else(|| api.desk.world.now() - Duration::days(1)),
        Err(refusal) => return reply::refused(&refusal),
    };
    let found = api.desk.last_changes(since, LISTED_MAX).await;
    answer(found.map(|changes| serde_json::json!({ "changes": changes })))
}

/// Tells of a change, in the words of the sender `change`: `{"change": "rolled out 1.2.3", "service": "checkout"}`.
#[utoipa::path(post, path = "/api/v1/changes", request_body = Object, tag = "alerts",
    responses((status = 200, description = "A receipt", body = Object), (status = 400, body = reply::ErrorBody),
        (status = 403, body = reply::ErrorBody)))]
pub(crate) async fn add_change(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(response) = write_access(&who) {
        return response;
    }
    let held = match api.bodies.read(&headers, body).await {
        Ok(held) => held,
        Err(response) => return response,
    };
    let settings = senders::Settings { source: "api".to_owned(), ..senders::Settings::default() };
    let Some(listed) = senders::listed("change") else { return StatusCode::NOT_FOUND.into_response() };
    match listed.sender(&settings).read(&held.bytes, None) {
        Ok(intake) => {
            let by = &who.person.name;
            let told = intake.changes.into_iter().map(|draft| draft.or_by(by)).collect();
            answer(
                api.desk
                    .take_changes(told)
                    .await
                    .map(|(receipt, count)| serde_json::json!({ "receipt": receipt, "changes": count })),
            )
        }
        Err(why) => {
            let instead = "Send {\"change\": \"rolled out 1.2.3\", \"service\": \"checkout\"}.";
            reply::error(StatusCode::BAD_REQUEST, "invalid", why.to_string(), instead)
        }
    }
}

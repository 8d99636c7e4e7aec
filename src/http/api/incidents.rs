//! Incidents: the list, declaring, one as it stands, its verification.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AnswerBody, Api, TeamNames, id, once, reply, write_access};
use crate::{
    desk::absence::Away,
    http::auth::Who,
    incident::{
        command::{Declare, PlanText, SituationFacts, StatedTime},
        kind::Kind,
        matrix::{Matrix, Rated},
        refusal::Refusal,
        severity::Severity,
        state::Incident,
    },
    journal::rows::{IncidentFilter, IncidentRow},
};

/// Opens an incident.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    /// What is wrong, in a few words.
    #[schema(example = "checkout is down", max_length = 200)]
    pub title: String,
    /// `sev1` (critical) to `sev5` (cosmetic); left out, that of the type, or `sev2`.
    #[schema(example = "sev1")]
    pub severity: Option<String>,
    /// In place of a severity, with `urgency`: how many are hit, in a word of the settings' matrix.
    #[serde(default)]
    #[schema(example = "high")]
    pub impact: Option<String>,
    /// How soon it must be mended, in a word of the settings' matrix.
    #[serde(default)]
    #[schema(example = "low")]
    pub urgency: Option<String>,
    /// The alert situation that it comes from: `S-3`.
    pub situation: Option<String>,
    /// Seen, not yet declared.
    #[serde(default)]
    pub triage: bool,
    /// A test of the installation, not a real incident: it gets a `TEST-` number and nothing of it is published.
    #[serde(default)]
    pub test: bool,
    /// Only the caller, and whom they let in, may see it.
    #[serde(default)]
    pub restricted: bool,
    /// Its type, as the settings name them.
    #[serde(default, rename = "type")]
    #[schema(example = "security")]
    pub incident_type: Option<String>,
    /// Fields of the organization's own, by name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Planned work in place of an incident: when it is to be done.
    #[serde(default)]
    pub planned: Option<PlannedWork>,
    /// The greater incident that it is a part of.
    #[serde(default)]
    #[schema(example = "INC-1")]
    pub under: Option<String>,
    /// When it really began, where that was before now.
    #[schema(example = "2026-11-20T09:12:00Z")]
    pub began: Option<DateTime<Utc>>,
    /// When it was over: it is declared for the record, and resolved at once.
    #[schema(example = "2026-11-20T10:40:00Z")]
    pub ended: Option<DateTime<Utc>>,
}

/// When planned work is to be done, and what it is about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedWork {
    /// When it begins; left out, now.
    #[schema(example = "2026-11-22T02:00:00Z")]
    pub from: Option<DateTime<Utc>>,
    /// When it is to be over.
    #[schema(example = "2026-11-22T04:00:00Z")]
    pub until: DateTime<Utc>,
    /// The services whose alerts it expects, by the names of the settings or those that alerts give them.
    #[serde(default)]
    pub services: Vec<String>,
    /// What is done, and what people notice.
    #[serde(default)]
    pub text: String,
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
    /// Only some people may see it, the caller among them.
    pub restricted: bool,
    /// Somebody stopped every action, until `resume`.
    pub stopped: bool,
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
            restricted: row.seen_by.is_some(),
            stopped: false,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentList {
    pub incidents: Vec<IncidentItem>,
    /// The chats that do not answer.
    pub away: Vec<Away>,
    pub names: TeamNames,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Closed ones too.
    #[serde(default)]
    pub all: bool,
}

/// Incidents, open ones unless `all`.
#[utoipa::path(get, path = "/api/v1/incidents", params(ListQuery), tag = "incidents",
    responses((status = 200, body = IncidentList), (status = 401, body = reply::ErrorBody)))]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Query(query): Query<ListQuery>,
) -> Response {
    let filter = if query.all { IncidentFilter::all(1_000) } else { IncidentFilter::open() };
    match api.desk.seen_by(&who.person).list(filter).await {
        Ok(rows) => {
            let mut incidents = Vec::with_capacity(rows.len());
            for row in rows {
                let (id, is_over) = (row.id, row.phase.is_over());
                // The row does not hold it; the folded state of what goes on is at hand.
                let stopped = !is_over
                    && api.desk.look_at(id, |one| one.standing_stop().is_some()).await.unwrap_or_default();
                incidents.push(IncidentItem { stopped, ..IncidentItem::from(row) });
            }
            let names = TeamNames::from(&api.desk.settings().policy);
            Json(IncidentList { incidents, away: api.desk.away(), names }).into_response()
        }
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
        Ok(severity) => severity,
        Err(why) => {
            return reply::refused(&Refusal::invalid(
                why,
                "Leave it out if in doubt: it can be changed at any time.",
            ));
        }
    };
    let (severity, rated) = match rated(&new, severity, &api.desk.settings().policy.matrix) {
        Ok(rated) => rated,
        Err(refusal) => return reply::refused(&refusal),
    };
    let situation =
        match new.situation.as_deref().map(|s| s.trim_start_matches("S-").parse::<i64>()).transpose() {
            // The facts are looked up at the desk; only the number counts here.
            Ok(id) => id.map(|id| SituationFacts { id, ..SituationFacts::default() }),
            Err(_) => return reply::refused(&Refusal::invalid("That is no alert situation.", "Write S-3.")),
        };
    let under = match new.under.as_deref().map(str::parse).transpose() {
        Ok(under) => under,
        Err(why) => return reply::refused(&Refusal::invalid(why, "Write INC-1.")),
    };
    let kind = match (&new.planned, new.test) {
        (Some(_), false) => Kind::Planned,
        (Some(_), true) => {
            return reply::refused(&Refusal::invalid("A test is no planned work.", "Leave one of them out."));
        }
        (None, true) => Kind::Test,
        (None, false) => Kind::Real,
    };
    let declare = Declare {
        under,
        rated,
        triage: new.triage,
        situation,
        restricted: new.restricted,
        began: new.began.map(StatedTime::At),
        ended: new.ended.map(StatedTime::At),
        incident_type: new.incident_type,
        fields: new.fields.into_iter().collect(),
        plan: new.planned.map(|plan| PlanText {
            from: plan.from.map(StatedTime::At),
            until: Some(StatedTime::At(plan.until)),
            minutes: None,
            services: plan.services,
            text: plan.text,
        }),
        ..Declare::new(new.title, severity, kind)
    };
    let caller = Api::caller(&who, &headers);
    let via = caller.via.clone();
    let along = crate::desk::Along { once: once(&who, &headers), ..Default::default() };
    let answer = api.desk.declare(caller, declare, along).await;
    api.answer(&via, answer, StatusCode::CREATED)
}

/// The severity, and by what it was found.
fn rated(
    new: &NewIncident,
    severity: Option<Severity>,
    matrix: &Matrix,
) -> Result<(Option<Severity>, Option<Rated>), Refusal> {
    match (&new.impact, &new.urgency) {
        (None, None) => Ok((severity, None)),
        (Some(impact), Some(urgency)) if severity.is_none() => {
            let (severity, rated) = matrix.rate(impact, urgency)?;
            Ok((Some(severity), Some(rated)))
        }
        (Some(_), Some(_)) => Err(Refusal::invalid(
            "A severity is given, and impact and urgency too.",
            "Give one or the other.",
        )),
        _ => Err(Refusal::invalid(
            "Impact and urgency make a severity together; one of them is missing.",
            "Give both, or `severity`.",
        )),
    }
}

/// One incident as it stands.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", params(("id" = String, Path, example = "INC-1")), tag = "incidents",
    responses((status = 200, description = "The incident's state", body = Object), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn one(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match api.desk.seen_by(&who.person).incident(id).await {
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

/// Checks the hash chain.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/verify", params(("id" = String, Path, example = "INC-1")), tag = "incidents",
    responses((status = 200, description = "Entries, head of the chain, and what is wrong", body = Object), (status = 404, body = reply::ErrorBody)))]
pub(crate) async fn verify(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Response {
    let id = match id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match api.desk.seen_by(&who.person).verify(id).await {
        Ok(verified) => Json(verified).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

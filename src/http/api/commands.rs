//! Words of the command language.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{AnswerBody, Api, id, once, reply, write_access};
use crate::{desk::words::Words, http::auth::Who, incident::id::IncidentId};

/// Words of the command language, as somebody would type them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandBody {
    #[schema(example = "severity sev2")]
    pub text: Option<String>,
    /// The same, already split into words.
    pub argv: Option<Vec<String>>,
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

impl Api {
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

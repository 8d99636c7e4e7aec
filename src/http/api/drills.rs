//! `POST /api/v1/drills`: plays a drill on the running server and tells it line by line while it goes on.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;
use utoipa::{IntoParams, ToSchema};

use super::{AnswerBody, Api, reply, write_access};
use crate::{
    desk::drill::{self, Options},
    drill::read,
    http::auth::Who,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Playing {
    /// Exercise seconds per real second; 1 if left out.
    #[serde(default = "real_time")]
    speed: f64,
    /// The scenario's file name, for messages.
    #[serde(default)]
    file: String,
}

fn real_time() -> f64 {
    1.0
}

/// Why a drill ends before its time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// `ended by hand` if left out.
    #[schema(example = "something real has happened")]
    reason: Option<String>,
}

/// Plays a drill and tells it line by line as it happens.
///
/// The summary comes last; a reader who goes away ends the drill.
#[utoipa::path(post, path = "/api/v1/drills", tag = "drills", params(Playing),
    request_body(content = String, content_type = "application/yaml", description = "The scenario's text"),
    responses((status = 200, description = "What happens, line by line", body = String, content_type = "text/plain"),
        (status = 401, body = reply::ErrorBody), (status = 403, body = reply::ErrorBody), (status = 413, body = reply::ErrorBody),
        (status = 422, body = reply::ErrorBody), (status = 503, body = reply::ErrorBody)))]
pub(crate) async fn play_drill(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Query(playing): Query<Playing>,
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
    let text = String::from_utf8_lossy(&held.bytes).into_owned();
    let settings = api.desk.settings();
    let (file, policy) = (playing.file.as_str(), &settings.policy);
    let (roles, reads) = (&policy.roles, |words: &str| drill::fits(words, policy));
    let scenario = match read(if file.is_empty() { "scenario" } else { file }, &text, &reads, roles) {
        Ok(scenario) => scenario,
        Err(problems) => {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            return reply::error(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                problems.join("\n"),
                "Mend the scenario; `commandpost check` shows its mistakes.",
            );
        }
    };
    let (lines, told) = mpsc::unbounded_channel::<Bytes>();
    let stop = api.stop.child_token();
    let options = Options { speed: playing.speed, play: None };
    let run = {
        let (desk, say, stop) = (api.desk.clone(), api.say_words(), stop.clone());
        async move {
            let mut out = |line: &str| {
                // Nobody may be listening any more.
                drop(lines.send(Bytes::from(format!("{line}\n"))));
            };
            let report = drill::run(desk, say, scenario, options, tokio::io::empty(), &mut out, stop).await;
            match report {
                Ok(report) => out(&format!("\n{}", report.summary)),
                Err(refusal) => out(&format!("The drill broke off: {refusal}")),
            }
        }
    };
    tokio::spawn(run);
    let stream = futures_util::stream::unfold((told, stop.drop_guard()), next_line);
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from_stream(stream)).into_response()
}

type Told = (mpsc::UnboundedReceiver<Bytes>, DropGuard);

async fn next_line((mut told, guard): Told) -> Option<(Result<Bytes, std::convert::Infallible>, Told)> {
    let line = told.recv().await?;
    Some((Ok(line), (told, guard)))
}

/// Ends a drill that is still open.
#[utoipa::path(post, path = "/api/v1/drills/{id}/end", tag = "drills", request_body = EndBody,
    params(("id" = String, Path, example = "DRILL-1")),
    responses((status = 200, body = AnswerBody), (status = 400, body = reply::ErrorBody), (status = 401, body = reply::ErrorBody),
        (status = 403, body = reply::ErrorBody), (status = 404, body = reply::ErrorBody), (status = 409, body = reply::ErrorBody)))]
pub(crate) async fn end_drill(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(response) = write_access(&who) {
        return response;
    }
    let id = match super::id(&name) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let given: EndBody = match api.json(&headers, body).await {
        Ok(given) => given,
        Err(response) => return response,
    };
    let reason = given.reason.unwrap_or_else(|| "ended by hand".to_owned());
    if let Err(refusal) = api.desk.seen_by(&who.person).incident(id).await {
        return reply::refused(&refusal);
    }
    match drill::end(&api.desk, id, &reason).await {
        Ok(answer) => axum::Json(AnswerBody::from(answer)).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

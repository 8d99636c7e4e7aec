//! `POST /api/v1/drills`: plays a drill on the running server and tells it line by line while it goes on.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use super::{AnswerBody, Api, reply, write_access};
use crate::{
    desk::drill::{self, Options},
    drill::read,
    http::auth::Who,
};

pub(super) fn router() -> Router<Arc<Api>> {
    Router::new().route("/api/v1/drills", post(play)).route("/api/v1/drills/{id}/end", post(end))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Playing {
    /// Exercise seconds per real second.
    #[serde(default = "real_time")]
    speed: f64,
    /// The scenario's file name, for messages.
    #[serde(default)]
    file: String,
}

fn real_time() -> f64 {
    1.0
}

/// The body is the scenario's text. The answer is text, a line at a time, the summary last; a reader who goes away
/// ends the drill.
async fn play(
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
    let scenario =
        match read(if playing.file.is_empty() { "scenario" } else { &playing.file }, &text, &drill::fits) {
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

async fn end(
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
    let given: HashMap<String, String> = match api.json(&headers, body).await {
        Ok(given) => given,
        Err(response) => return response,
    };
    let reason = given.get("reason").map_or("ended by hand", String::as_str);
    match drill::end(&api.desk, id, reason).await {
        Ok(answer) => axum::Json(AnswerBody::from(answer)).into_response(),
        Err(refusal) => reply::refused(&refusal),
    }
}

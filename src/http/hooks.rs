//! `POST /hooks/{name}`: what monitoring sends. 2xx means on disk; overload is 503, never 429, since Alertmanager
//! retries only 5xx. A sender that can send no header has its token in the path: `POST /hooks/{name}/{token}`.
//!
//! Answered without the router and its layers: in a storm they would cost more than reading the alert.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::{
    auth,
    body::Bodies,
    metrics::Metrics,
    reply,
    server::{Fast, Guard, Incoming},
};
use crate::{
    alert::{Sender, senders},
    config::Secret,
    desk::Desk,
    mask::Masked,
};

/// One configured hook.
#[derive(Debug)]
pub struct Hook {
    pub sender: Box<dyn Sender>,
    /// What a caller must present; `None` only on loopback.
    pub token: Option<Secret>,
    /// Keep what cannot be read as one generic alert instead of refusing it.
    pub keep_unreadable: bool,
}

pub struct Hooks {
    pub desk: Arc<Desk>,
    pub hooks: HashMap<String, Hook>,
    pub bodies: Bodies,
    pub metrics: Arc<Metrics>,
    pub guard: Arc<Guard>,
}

#[derive(Debug, Serialize)]
struct Receipt {
    receipt: String,
    new: u64,
    changed: u64,
    repeated: u64,
    /// On disk, and counted as new, changed or repeated a moment later: many came at once.
    #[serde(skip_serializing_if = "is_none")]
    waiting: u64,
    /// Changes taken.
    #[serde(skip_serializing_if = "is_none")]
    changes: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// A CloudEvent in binary mode, whose attributes are headers, in the structured one.
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>
fn structured(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    headers.get("ce-specversion")?;
    let mut event = serde_json::Map::new();
    for (name, value) in headers {
        if let (Some(name), Ok(value)) = (name.as_str().strip_prefix("ce-"), value.to_str()) {
            event.insert(name.to_owned(), value.into());
        }
    }
    let data = serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
    event.insert("data".to_owned(), data);
    serde_json::to_vec(&event).ok()
}

impl Hooks {
    /// Answers what is for a hook.
    pub fn answer(self: &Arc<Self>, request: Incoming) -> Fast {
        let Some(name) = request.uri().path().strip_prefix("/hooks/") else { return Fast::Routed(request) };
        let (name, shown) = name.split_once('/').map_or((name, None), |(name, token)| (name, Some(token)));
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (name, shown, hooks) = (plain(name), shown.map(plain), self.clone());
        Fast::Later(Box::pin(async move { hooks.take(&name, shown, request).await }))
    }

    /// Takes one delivery of the hook `name`; `shown` is a token from the path.
    async fn take(&self, name: &str, shown: Option<String>, request: Incoming) -> Response {
        if *request.method() != Method::POST {
            return reply::wrong_method(Some(HeaderValue::from_static("POST")));
        }
        if let Err(foreign) = self.guard.hook(&request) {
            return *foreign;
        }
        let Some(hook) = self.hooks.get(name) else {
            let mut names: Vec<_> = self.hooks.keys().map(String::as_str).collect();
            names.sort_unstable();
            let shown: String = name.chars().take(40).collect();
            return reply::error(
                StatusCode::NOT_FOUND,
                "not_found",
                format!("There is no hook «{shown}»."),
                format!("The hooks here: {}.", names.join(", ")),
            );
        };
        if let Some(token) = &hook.token
            && ![auth::presented(request.headers()), shown]
                .iter()
                .flatten()
                .any(|given| auth::same(given, token))
        {
            // Not the path: what follows the hook's name is its token.
            tracing::warn!(client = self.guard.client(&request), hook = name, "a token was refused");
            self.metrics.hook(name, "unauthorized");
            return reply::error(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                format!("The hook {name} needs its token."),
                format!(
                    "Send `Authorization: Bearer TOKEN` with the token of [hooks.{name}], or post to /hooks/{name}/TOKEN."
                ),
            );
        }
        let (head, body) = request.into_parts();
        let headers = &head.headers;
        let held = match self.bodies.read(headers, body).await {
            Ok(held) => held,
            Err(response) => {
                self.metrics.hook(name, "refused");
                return response;
            }
        };
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let event = structured(headers, &held.bytes);
        let read = match &event {
            Some(event) => hook.sender.read(event, None),
            None => hook.sender.read(&held.bytes, content_type),
        };
        let intake = match read {
            Ok(intake) => intake,
            Err(rejected) if hook.keep_unreadable && !held.bytes.is_empty() => {
                self.metrics.hook(name, "kept");
                senders::kept::keep(name, &held.bytes, &rejected)
            }
            Err(rejected) => {
                self.metrics.hook(name, "refused");
                return reply::error(
                    StatusCode::BAD_REQUEST,
                    "invalid",
                    rejected.to_string(),
                    "Nothing was taken. The page of this sender in the documentation shows what to configure there.",
                );
            }
        };
        let notes = intake.notes;
        let changes = intake.changes.len() as u64;
        if let Err(refusal) = self.desk.take_changes(intake.changes).await {
            self.metrics.hook(name, "unavailable");
            return reply::error(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                refusal.why,
                refusal.instead,
            );
        }
        if intake.alerts.is_empty() && changes == 0 {
            let mut told = notes.join(" ");
            Masked::default().mask(&mut told);
            tracing::info!(hook = name, notes = told, "a message without an alert");
        }
        if let Some(url) = intake.open_once {
            // No secret of ours: whoever has the address can do no more with it than to let the sender send here.
            tracing::warn!(hook = name, url, "open this once, if you ordered it");
        }
        match self.desk.take_alerts(intake.alerts).await {
            Ok((receipt, taken)) => {
                self.metrics.hook(name, "taken");
                self.metrics.alerts(name, taken.new + taken.changed + taken.repeated + taken.waiting);
                let receipt = receipt.to_string();
                let id = HeaderValue::from_str(&receipt).ok();
                let body = Receipt {
                    receipt,
                    new: taken.new,
                    changed: taken.changed,
                    repeated: taken.repeated,
                    waiting: taken.waiting,
                    changes,
                    notes,
                };
                let mut response = (StatusCode::OK, Json(body)).into_response();
                if let Some(id) = id {
                    response.headers_mut().insert(HeaderName::from_static("x-receipt"), id);
                }
                response
            }
            Err(refusal) => {
                self.metrics.hook(name, "unavailable");
                // Whatever the reason, the sender is to try again.
                reply::error(StatusCode::SERVICE_UNAVAILABLE, "unavailable", refusal.why, refusal.instead)
            }
        }
    }
}

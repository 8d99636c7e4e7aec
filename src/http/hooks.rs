//! `POST /hooks/{name}`: what monitoring sends. 2xx means on disk; overload is 503, never 429, since Alertmanager
//! retries only 5xx. A sender that can send no header has its token in the path: `POST /hooks/{name}/{token}`.
//!
//! Answered without the router and its layers: in a storm they would cost more than reading the alert.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::{
    body::{Bodies, TooLarge},
    metrics::Metrics,
    proxies::Peer,
    reply,
    server::{Fast, Guard, Incoming},
    share::Share,
    sns::{Doubt, Heard, Sns},
    trust::{Origin, Proofs, Refused},
};
use crate::{
    alert::{Intake, Sender},
    desk::{Desk, heartbeats::Heartbeats},
    incident::refusal::{Because, Refusal},
    journal::{AlertsAnswered, AlertsOnce},
    mask::Masked,
};

pub mod backlog;
mod parts;
mod reading;
pub mod refused;

use reading::Read;

/// A longer key is none.
const KEY_BYTES_MAX: usize = 200;

/// One configured hook.
#[derive(Debug)]
pub struct Hook {
    pub sender: Box<dyn Sender>,
    /// What a caller must show.
    pub proofs: Proofs,
    /// For messages of Amazon's, where they are to be signed.
    pub sns: Option<Arc<Sns>>,
    /// Its alerts may hold the sign of life of a watchdog.
    pub has_watchdog: bool,
    /// Of what all hooks use together.
    pub share: Arc<Share>,
    /// Keep what cannot be read as one generic alert instead of refusing it.
    pub keep_unreadable: bool,
}

impl Hook {
    /// Whether whoever posts here has to show who they are.
    pub fn asks_who(&self) -> bool {
        self.proofs.asks_who() || self.sns.is_some()
    }

    /// Whether a request without a body can show that it may know what came here.
    pub(super) fn can_be_asked(&self) -> bool {
        self.proofs.asks_at_the_head() || !self.asks_who()
    }
}

/// What is served at `/hooks/`, by its name.
#[derive(Debug, Default)]
pub struct Served {
    pub hooks: HashMap<String, Arc<Hook>>,
    /// What who gives a sign of life must show.
    pub beats: HashMap<String, Arc<Proofs>>,
}

pub struct Hooks {
    pub desk: Arc<Desk>,
    /// Another one when the settings are read anew: a request goes on with the hook that it came to.
    pub served: ArcSwap<Served>,
    pub heartbeats: Arc<Heartbeats>,
    pub bodies: Bodies,
    pub metrics: Arc<Metrics>,
    pub guard: Arc<Guard>,
    pub backlog: backlog::Backlog,
    pub refusals: refused::Refusals,
}

#[derive(Debug, Serialize)]
pub(super) struct Receipt {
    receipt: String,
    /// Those of the further parts of a delivery that was taken in parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further_receipts: Vec<String>,
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

/// Who asks whether they may send events here, as the webhooks of CloudEvents and Azure Event Grid do before the first one.
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection>
fn asks_to_send<B>(request: &axum::http::Request<B>) -> Option<HeaderValue> {
    let origin = request.headers().get("webhook-request-origin").cloned();
    origin.filter(|_| *request.method() == Method::OPTIONS)
}

fn may_send(origin: HeaderValue) -> Response {
    let headers = [
        (HeaderName::from_static("webhook-allowed-origin"), origin),
        (HeaderName::from_static("webhook-allowed-rate"), HeaderValue::from_static("*")),
        (header::ALLOW, HeaderValue::from_static("POST")),
    ];
    (StatusCode::OK, headers).into_response()
}

/// What a hook takes a body for, before its sender reads it.
enum Checked {
    /// To be read; the id is the same when the delivery comes again.
    Read(Option<String>),
    /// It was done with what it asks, and this is told of it.
    Done(String),
}

impl Hooks {
    /// The hook of this name.
    pub(super) fn hook(&self, name: &str) -> Option<Arc<Hook>> {
        self.served.load().hooks.get(name).cloned()
    }

    /// Answers what is for a hook.
    pub fn answer(self: &Arc<Self>, request: Incoming) -> Fast {
        let Some(name) = request.uri().path().strip_prefix("/hooks/") else { return Fast::Routed(request) };
        let (name, rest) = name.split_once('/').map_or((name, None), |(name, rest)| (name, Some(rest)));
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (name, rest, hooks) = (plain(name), rest.map(plain), self.clone());
        Fast::Later(Box::pin(async move {
            match (name.as_str(), rest.as_deref()) {
                ("heartbeat", Some(rest)) => hooks.beat(rest, &request).await,
                ("receipts", Some(receipt)) => hooks.receipt(receipt, &request).await,
                (_, token) => hooks.take(&name, token, request).await,
            }
        }))
    }

    /// Whether who asks may, by the head of the request; `token` is one from the path.
    pub(super) fn admit<B>(
        &self,
        name: &str,
        proofs: &Proofs,
        token: Option<&str>,
        request: &axum::http::Request<B>,
    ) -> Result<(), Refused> {
        let peer = request.extensions().get::<Peer>().map(|Peer(peer)| peer.ip());
        let origin = Origin { peer, proxies: &self.guard.proxies, headers: request.headers() };
        proofs.head(origin, token, self.desk.world.now()).inspect_err(|refused| {
            // Not the path: what follows the hook's name is its token.
            let client = self.guard.client(request);
            tracing::warn!(client, hook = name, why = refused.why, "a request was refused");
            self.metrics.hook(name, "unauthorized");
        })
    }

    /// Takes one delivery of the hook `name`; `token` is one from the path.
    async fn take(self: &Arc<Self>, name: &str, token: Option<&str>, request: Incoming) -> Response {
        let asks = asks_to_send(&request);
        if *request.method() != Method::POST && asks.is_none() {
            return reply::wrong_method(Some(HeaderValue::from_static("POST")));
        }
        if let Err(foreign) = self.guard.hook(&request) {
            return *foreign;
        }
        let Some(hook) = self.hook(name) else {
            let served = self.served.load();
            let mut names: Vec<_> = served.hooks.keys().map(String::as_str).collect();
            names.sort_unstable();
            return reply::error(
                StatusCode::NOT_FOUND,
                "not_found",
                format!("There is no hook {}.", shown(name)),
                format!("The hooks here: {}.", names.join(", ")),
            );
        };
        if let Err(refused) = self.admit(name, &hook.proofs, token, &request) {
            return refused.response();
        }
        if let Some(origin) = asks {
            // Where only a body can prove whose it is, nobody is told that they may send.
            if hook.can_be_asked() {
                return may_send(origin);
            }
            return reply::wrong_method(Some(HeaderValue::from_static("POST")));
        }
        let (head, body) = request.into_parts();
        let headers = &head.headers;
        let held = match self.bodies.read_of(Some(&hook.share), headers, body).await {
            Ok(held) => held,
            Err(response) => return self.refuse(name, &hook, response).await,
        };
        let id = match self.check(name, &hook, headers, &held.bytes).await {
            Ok(Checked::Read(id)) => id,
            Ok(Checked::Done(told)) => {
                tracing::info!(hook = name, told, "a message was done with");
                self.metrics.hook(name, "taken");
                return Json(serde_json::json!({ "notes": [told] })).into_response();
            }
            Err(response) => {
                let client = self.guard.client_at(head.extensions.get::<Peer>(), headers);
                tracing::warn!(client, hook = name, "a message was refused: nothing proves whose it is");
                let is_for_later = response.status() == StatusCode::SERVICE_UNAVAILABLE;
                self.metrics.hook(name, if is_for_later { "unavailable" } else { "unauthorized" });
                return *response;
            }
        };
        let key = match key_of(name, id, headers) {
            Ok(key) => key,
            Err(response) => return self.refuse(name, &hook, *response).await,
        };
        let Read { mut intake, once, room: _room } = match self.read(name, &hook, headers, held, key).await {
            Ok(read) => read,
            Err(response) => return self.refuse(name, &hook, *response).await,
        };
        if hook.has_watchdog
            && let Err(refusal) = self.heartbeats.hear_watchdogs(name, &mut intake.alerts).await
        {
            return self.failed(name, &refusal);
        }
        let has_alerts = !intake.alerts.is_empty();
        if has_alerts && self.backlog.is_behind() {
            return self.behind(name, "What came before", backlog::OLDEST_MAX);
        }
        self.tell_of(name, &intake);
        // What goes in parts has one of them under way at a time.
        let together =
            if once.is_some() { intake.alerts.len() } else { intake.alerts.len().min(parts::TOGETHER_MAX) };
        let turn = tokio::time::timeout(backlog::LINE_MAX, hook.share.turn(together)).await;
        let Ok(_turn) = turn else {
            return self.behind(name, "What this source sent before", backlog::LINE_MAX);
        };
        // It may have fallen behind while this one stood in its line.
        if has_alerts && self.backlog.is_behind() {
            return self.behind(name, "What came before", backlog::OLDEST_MAX);
        }
        match self.hand_on(name, intake, once).await {
            Ok((receipt, is_repeat)) => {
                if !is_repeat {
                    self.metrics.stored();
                }
                received(receipt, is_repeat)
            }
            Err(refusal) => {
                if refusal.because == Because::Unavailable {
                    self.metrics.not_stored(self.desk.world.now(), &refusal.why);
                }
                self.failed(name, &refusal)
            }
        }
    }

    /// The disk does not keep up; the sender is to try again, before it gives up waiting.
    fn behind(&self, name: &str, what: &str, longer_than: Duration) -> Response {
        self.metrics.hook(name, "unavailable");
        let why = format!("{what} waits for the disk for more than {} seconds.", longer_than.as_secs());
        let instead = "Nothing of this was taken. Send it again in a few seconds.";
        reply::error(StatusCode::SERVICE_UNAVAILABLE, "unavailable", why, instead)
    }

    /// Counts a refusal; of one for its size people are told as well.
    async fn refuse(&self, name: &str, hook: &Hook, response: Response) -> Response {
        let is_for_later = response.status() == StatusCode::SERVICE_UNAVAILABLE;
        self.metrics.hook(name, if is_for_later { "unavailable" } else { "refused" });
        let too_large = response.extensions().get::<TooLarge>().cloned();
        if let Some(too_large) = too_large {
            self.tell_refused(name, hook, too_large).await;
        }
        response
    }

    /// Whether a body is from whom it should be, where its hook asks that.
    async fn check(
        &self,
        name: &str,
        hook: &Hook,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Checked, Box<Response>> {
        if hook.sns.is_none() && !hook.proofs.asks_a_signature() {
            return Ok(Checked::Read(None));
        }
        let now = self.desk.world.now();
        let id = hook.proofs.body(headers, body, now).map_err(|refused| Box::new(refused.response()))?;
        let Some(sns) = &hook.sns else { return Ok(Checked::Read(id)) };
        match sns.hear(body, now).await {
            Ok(Heard::Message { id }) => Ok(Checked::Read(Some(id))),
            Ok(Heard::Confirmed { topic }) => {
                Ok(Checked::Done(format!("The subscription to {topic} is confirmed.")))
            }
            Err(doubt @ Doubt::Later(_)) => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Err(Box::new(reply::error(status, "unavailable", doubt.to_string(), "Send it again.")))
            }
            Err(doubt) => {
                let instead = format!("Nothing was taken. `topics` of [hooks.{name}] says what is.");
                let status = StatusCode::UNAUTHORIZED;
                Err(Box::new(reply::error(status, "unauthorized", doubt.to_string(), instead)))
            }
        }
    }

    /// What of a delivery is for the log.
    pub(super) fn tell_of(&self, name: &str, intake: &Intake) {
        if intake.alerts.is_empty() && intake.changes.is_empty() && !intake.notes.is_empty() {
            let mut told = intake.notes.join(" ");
            Masked::default().mask(&mut told);
            tracing::info!(hook = name, notes = told, "a message without an alert");
        }
        if let Some(url) = &intake.open_once {
            // No secret of ours: whoever has the address can do no more with it than to let the sender send here.
            tracing::warn!(hook = name, url, "open this once, if you ordered it");
        }
    }

    /// On disk when this returns. Whether it came, and was answered, before.
    pub(super) async fn hand_on(
        &self,
        name: &str,
        intake: Intake,
        once: Option<AlertsOnce>,
    ) -> Result<(Receipt, bool), Refusal> {
        let Intake { alerts, changes, notes, .. } = intake;
        let changed_there = changes.len() as u64;
        if !changes.is_empty() {
            // One that is told twice is merged with itself.
            self.desk.take_changes(changes).await?;
        }
        let Some(once) = once else {
            let (mut receipts, taken) = self.take_in_parts(name, alerts).await?;
            self.metrics.hook(name, "taken");
            let receipt = Receipt {
                receipt: receipts.remove(0),
                further_receipts: receipts,
                new: taken.new,
                changed: taken.changed,
                repeated: taken.repeated,
                waiting: taken.waiting,
                changes: changed_there,
                notes,
            };
            return Ok((receipt, false));
        };
        let _under_way = self.backlog.begin();
        let (answered, is_repeat) = self.desk.take_alerts_once(alerts, once).await?;
        let AlertsAnswered { receipt, new, changed, repeated } = answered;
        self.metrics.hook(name, if is_repeat { "repeated" } else { "taken" });
        if !is_repeat {
            self.metrics.alerts(name, new + changed + repeated);
        }
        let receipt = Receipt {
            receipt,
            further_receipts: vec![],
            new,
            changed,
            repeated,
            waiting: 0,
            changes: changed_there,
            notes,
        };
        Ok((receipt, is_repeat))
    }

    pub(super) fn failed(&self, name: &str, refusal: &Refusal) -> Response {
        if refusal.because == Because::Invalid {
            self.metrics.hook(name, "refused");
            return reply::refused(refusal);
        }
        self.metrics.hook(name, "unavailable");
        // Whatever the reason, the sender is to try again.
        reply::error(StatusCode::SERVICE_UNAVAILABLE, "unavailable", &refusal.why, &refusal.instead)
    }
}

pub(super) fn shown(name: &str) -> String {
    format!("«{}»", name.chars().take(40).collect::<String>())
}

/// The key of a delivery: what was proven to name it, or what its sender says.
fn key_of(name: &str, id: Option<String>, headers: &HeaderMap) -> Result<Option<String>, Box<Response>> {
    match (id, headers.get("idempotency-key")) {
        (Some(id), _) => Ok(Some(format!("hook/{name}/id/{id}"))),
        (None, None) => Ok(None),
        (None, Some(key)) => match key.to_str() {
            Ok(key) if !key.is_empty() && key.len() <= KEY_BYTES_MAX => {
                Ok(Some(format!("hook/{name}/key/{key}")))
            }
            _ => Err(Box::new(reply::error(
                StatusCode::BAD_REQUEST,
                "invalid",
                format!(
                    "The Idempotency-Key is empty, longer than {KEY_BYTES_MAX} bytes, or not of plain letters."
                ),
                "Nothing was taken. Send a UUID, for example, the same one when you send the same body again.",
            ))),
        },
    }
}

fn received(receipt: Receipt, is_repeat: bool) -> Response {
    let id = HeaderValue::from_str(&receipt.receipt).ok();
    let mut response = (StatusCode::OK, Json(receipt)).into_response();
    let headers = response.headers_mut();
    if let Some(id) = id {
        headers.insert(HeaderName::from_static("x-receipt"), id);
    }
    if is_repeat {
        headers.insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    }
    response
}

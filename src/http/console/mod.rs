//! The console: the incident in a browser. Pages are made here and work without a script; forms are commands that go
//! the way typed words go; a small script keeps an open page current.

mod alerts;
mod apart;
mod board;
mod briefing;
mod called;
mod clock;
mod coded;
mod evidence;
mod frame;
mod heartbeats;
mod home;
mod incident;
mod line;
mod live;
mod next;
mod outbox;
mod picture;
mod playbook;
mod posts;
mod record;
mod say;
mod timeline;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use chrono_tz::Tz;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Component,
    desk::{Answer, Caller, Desk, heartbeats::HeartbeatView},
    grammar::Lexicon,
    http::routes::{self, Route, get, post},
    incident::{id::IncidentId, refusal::Refusal},
    people::Person,
};

/// Says a line of the command language: who, on which incident, the words, and the key under which a repeat is
/// answered with the first answer.
pub type Say = Arc<
    dyn Fn(Caller, Option<IncidentId>, String, Option<String>) -> BoxFuture<'static, Result<Answer, Refusal>>
        + Send
        + Sync,
>;
/// Whom a request comes from, if the door recognizes them.
pub type Who = Arc<dyn Fn(&HeaderMap) -> Option<Person> + Send + Sync>;

/// Whether a request may decide about everything in the outbox.
pub type IsAdmin = Arc<dyn Fn(&HeaderMap) -> bool + Send + Sync>;

/// How the heartbeats stand.
pub type Beats = Arc<dyn Fn() -> Vec<HeartbeatView> + Send + Sync>;

/// What the console stands on.
pub struct Console {
    pub desk: Arc<Desk>,
    pub say: Say,
    pub who: Who,
    /// No logins are set up: a visitor gives a name. Where they are, whom `who` does not know is turned away.
    pub asks_name: bool,
    /// The help of the command language, whole or of one verb.
    pub help: fn(Option<&str>, Lexicon<'_>) -> String,
    /// Lines offered while somebody types.
    pub words: Vec<String>,
    /// Components that a public update can speak of.
    pub components: Vec<Component>,
    pub tz: Tz,
    /// Whether a request comes with the rights of an admin token.
    pub is_admin: IsAdmin,
    pub heartbeats: Beats,
    /// The organization's name.
    pub title: String,
    /// Ends the live streams, so that they do not hold up a shutdown.
    pub stop: CancellationToken,
}

#[derive(Clone)]
pub(crate) struct Shared {
    pub console: Arc<Console>,
    pub streams: Arc<Semaphore>,
    pub recent: Arc<evidence::Recent>,
}

impl Shared {
    /// The zone in which somebody is shown times.
    pub fn zone(&self, me: Option<&Person>) -> Tz {
        let settings = self.console.desk.settings();
        me.and_then(|me| settings.zones.get(&me.id)).copied().unwrap_or(self.console.tz)
    }

    /// Who is there: recognized by the door, or by the name given.
    pub fn visitor(&self, headers: &HeaderMap) -> Option<Person> {
        (self.console.who)(headers).or_else(|| {
            let name =
                self.console.asks_name.then(|| visitor::cookie(headers, visitor::NAME_COOKIE)).flatten()?;
            visitor::person(&name).ok()
        })
    }
}

const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Every route, under `/console`.
fn served() -> Vec<Route<Shared>> {
    vec![
        get("/", home::page),
        get("/i/{id}", incident::page),
        get("/i/{id}/timeline", timeline::page),
        get("/i/{id}/briefing", briefing::page),
        get("/i/{id}/playbook", playbook::page),
        get("/alerts", alerts::page),
        get("/heartbeats", heartbeats::page),
        get("/outbox", outbox::page),
        post("/outbox", outbox::handle),
        get("/help", home::help),
        get("/name", frame::name_page),
        post("/name", frame::give_name),
        post("/say", say::say),
        get("/events", live::events),
        get("/assets/app.js", script),
        get("/assets/console.css", style),
    ]
}

/// Method and path of every route of the console, for who tries them all.
pub fn routes() -> Vec<(Method, String)> {
    served().into_iter().map(|route| (route.method, format!("/console{}", route.path))).collect()
}

/// The routes, to be mounted under `/console` (`Router::nest`).
pub fn router(console: Arc<Console>) -> Router {
    let streams = Arc::new(Semaphore::new(live::STREAMS_MAX));
    let shared = Shared { console, streams, recent: Arc::default() };
    routes::router(served())
        .fallback(missing)
        .layer(DefaultBodyLimit::max(line::LINE_BYTES_MAX * 4))
        .layer(middleware::from_fn(headers))
        .with_state(shared)
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let sent = response.headers_mut();
    for (name, value) in HEADERS {
        sent.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    sent.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn missing(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let refusal = Refusal::not_found("There is no such page.", "The incidents are on the first page.");
    frame::refusal_page(&shared, shared.visitor(&headers).as_ref(), &refusal)
}

fn asset(body: &'static str, content_type: &'static str, headers: &HeaderMap) -> Response {
    let digest = hex::encode(Sha256::digest(body));
    let tag = format!("\"{}\"", digest.get(..16).unwrap_or_default());
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let about = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if is_known {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

async fn script(headers: HeaderMap) -> Response {
    asset(include_str!("../assets/app.js"), "text/javascript; charset=utf-8", &headers)
}

async fn style(headers: HeaderMap) -> Response {
    asset(include_str!("../assets/console.css"), "text/css; charset=utf-8", &headers)
}

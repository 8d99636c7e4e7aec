//! The built-in public status page: made anew when something is published, handed out as ready-made bytes.
//!
//! What is served comes from [`Journal::public_posts`] alone. Rendering happens beside the requests: a reader costs a
//! look into a map, and while the database does not answer, the last good page goes on being served.

mod feed;
mod html;
pub mod model;
mod v2;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    config::Component,
    desk::{Changed, Desk, clock::World},
    journal::Journal,
};
use model::PublicView;

/// Paths that the page answers, from the root.
pub const PATHS: [&str; 11] = [
    "/status",
    "/status/style.css",
    "/status/feed.atom",
    "/status/api/v2/summary.json",
    "/status/api/v2/status.json",
    "/status/api/v2/components.json",
    "/status/api/v2/incidents.json",
    "/status/api/v2/incidents/unresolved.json",
    "/status/api/v2/scheduled-maintenances.json",
    "/status/api/v2/scheduled-maintenances/upcoming.json",
    "/status/api/v2/scheduled-maintenances/active.json",
];

/// However fast timelines grow, the page is made anew no more often than this.
const REFRESH_GAP: Duration = Duration::from_millis(200);

/// Headers that go with each of these answers, besides type and tag.
pub const HEADERS: [(&str, &str); 6] = [
    ("cache-control", "public, max-age=10"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
];

const STYLE: &str = include_str!("../assets/status.css");

/// How the page is set up here.
#[derive(Debug, Clone)]
pub struct PageSettings {
    pub title: String,
    pub organization: String,
    /// The base under which the public reaches this installation: links and the feed's names come from it.
    pub public_url: Option<Url>,
    pub tz: Tz,
    pub components: Vec<Component>,
    /// Days for which a resolved incident is shown.
    pub days: u32,
}

impl PageSettings {
    /// Where the page is: absolute if the installation's address is known, else a path.
    pub fn page_url(&self) -> String {
        let base = self.public_url.as_ref().map(Url::as_str).unwrap_or_default();
        format!("{}/status", base.trim_end_matches('/'))
    }

    /// What was told before this is shown no more, unless it is of an incident that is open.
    fn shown_from(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let days = chrono::Duration::days(i64::from(self.days));
        now.checked_sub_signed(days).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// An answer, ready to go out.
#[derive(Debug, Clone)]
pub struct Ready {
    pub bytes: Bytes,
    /// A strong entity tag (RFC 9110), quotes included.
    pub etag: HeaderValue,
    /// All that goes with it, put together once.
    headers: HeaderMap,
}

impl Ready {
    fn new(bytes: impl Into<Bytes>, content_type: &'static str) -> Ready {
        let bytes = bytes.into();
        let digest = hex::encode(Sha256::digest(&bytes));
        let tag = format!("\"{}\"", digest.get(..32).unwrap_or(&digest));
        let etag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"0\""));
        let mut headers = HeaderMap::with_capacity(HEADERS.len() + 2);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::ETAG, etag.clone());
        for (name, value) in HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Ready { bytes, etag, headers }
    }

    /// Whether a reader who sends this `If-None-Match` has these bytes.
    pub fn is_known(&self, headers: &HeaderMap) -> bool {
        let own = self.etag.as_bytes();
        headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
            value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|tag| {
                // Weak comparison, as the standard asks for here.
                tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == own
            })
        })
    }
}

/// Why the page could not be made anew. The one before goes on being served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("{0}")]
    Journal(#[from] crate::journal::JournalError),
    #[error("the page cannot be written: {0}")]
    Template(#[from] askama::Error),
    #[error("the page's documents cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

type Pages = HashMap<&'static str, Arc<Ready>>;

/// The page and its documents in memory.
pub struct StatusPage {
    journal: Arc<dyn Journal>,
    world: Arc<dyn World>,
    settings: PageSettings,
    /// `None` until the journal has been read once: an empty page would be a claim.
    ready: RwLock<Option<Arc<Pages>>>,
    /// Posts from here on make the page, by [`PublicView::read_from`]. `None` before the first reading, which reads everything.
    since: Mutex<Option<DateTime<Utc>>>,
    /// One at a time, so that an older reading never replaces a newer one.
    making: tokio::sync::Mutex<()>,
}

impl StatusPage {
    pub fn new(journal: Arc<dyn Journal>, world: Arc<dyn World>, settings: PageSettings) -> Arc<StatusPage> {
        Arc::new(StatusPage {
            journal,
            world,
            settings,
            ready: RwLock::new(None),
            since: Mutex::new(None),
            making: tokio::sync::Mutex::new(()),
        })
    }

    /// Reads what is published and makes the page anew.
    ///
    /// # Errors
    /// The journal does not answer; what was ready stays.
    pub async fn refresh(&self) -> Result<(), PageError> {
        let _one_at_a_time = self.making.lock().await;
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = self.journal.public_posts(since.unwrap_or(DateTime::UNIX_EPOCH)).await?;
        let now = self.world.now();
        let view = PublicView::of(rows, &self.settings, now);
        let pages = self.make(&view, now)?;
        let next_since = view.read_from(self.settings.shown_from(now));
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(next_since);
        *self.ready.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(pages));
        Ok(())
    }

    fn make(&self, view: &PublicView, now: DateTime<Utc>) -> Result<Pages, PageError> {
        let page = html::page(view, &self.settings, now)?;
        let feed = feed::atom(view, &self.settings);
        let mut all = vec![
            ("/status", Ready::new(page, "text/html; charset=utf-8")),
            ("/status/style.css", Ready::new(STYLE, "text/css; charset=utf-8")),
            ("/status/feed.atom", Ready::new(feed, "application/atom+xml; charset=utf-8")),
        ];
        for (path, document) in v2::documents(view, &self.settings, now)? {
            all.push((path, Ready::new(document, "application/json; charset=utf-8")));
        }
        Ok(all.into_iter().map(|(path, ready)| (path, Arc::new(ready))).collect())
    }

    /// Makes the page anew when a real incident changes, and every minute: until `stop` fires. The first change shows at
    /// once; those that follow it closely show together.
    pub async fn keep_fresh(self: Arc<Self>, desk: Arc<Desk>, stop: CancellationToken) {
        let mut changes = desk.changes();
        let mut minute = tokio::time::interval(Duration::from_secs(60));
        minute.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut was_well = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = minute.tick() => {}
                changed = changes.recv() => match changed {
                    Ok(Changed::Incident { id, .. }) if id.kind.is_for_the_public() => {}
                    Ok(_) => continue,
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
            }
            // What has changed up to here is in this one.
            while !matches!(changes.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
            match self.refresh().await {
                Ok(()) => was_well = true,
                Err(error) => {
                    // Said once, not every minute.
                    if was_well {
                        tracing::warn!(%error, "the status page shows its last good state");
                    }
                    was_well = false;
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(REFRESH_GAP) => {}
            }
        }
    }

    /// The answer to a path of [`PATHS`], without a copy; `None` for others, and before the journal was ever read.
    pub fn bytes(&self, path: &str) -> Option<Arc<Ready>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        self.ready.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(path).cloned()
    }
}

/// A text as paragraphs of lines: an empty line parts paragraphs.
pub(crate) fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![vec![]];
    for line in text.lines() {
        match (line.trim().is_empty(), all.last_mut()) {
            (true, Some(last)) if !last.is_empty() => all.push(vec![]),
            (false, Some(last)) => last.push(line.trim_end().to_owned()),
            _ => {}
        }
    }
    all.retain(|lines| !lines.is_empty());
    all
}

/// The ready-made answer to a plain reader, for a server that looks here before it routes. `None` for every path and
/// method that is not the page's.
pub fn ready_answer<B>(page: &StatusPage, request: &axum::http::Request<B>) -> Option<Response> {
    if *request.method() != axum::http::Method::GET || !request.uri().path().starts_with("/status") {
        return None;
    }
    let ready = page.bytes(request.uri().path())?;
    Some(answer(&ready, request.headers()))
}

/// The routes, with their whole paths. GET and HEAD.
pub fn router(page: Arc<StatusPage>) -> Router {
    let mut router = Router::new().route("/status/", get(serve));
    for path in PATHS {
        router = router.route(path, get(serve));
    }
    router.with_state(page)
}

async fn serve(State(page): State<Arc<StatusPage>>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(ready) = page.bytes(uri.path()) else {
        let text = "The status is being read; try again in a few seconds.\n";
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "5"), (header::CACHE_CONTROL, "no-store")],
            text,
        )
            .into_response();
    };
    answer(&ready, &headers)
}

fn answer(ready: &Ready, headers: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = ready.headers.clone();
    if ready.is_known(headers) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
    } else {
        *response.body_mut() = Body::from(ready.bytes.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_paragraphs_and_lines() {
        let shown = paragraphs("One.\nTwo.\n\n\nThree.\r\n");
        assert_eq!(shown, [vec!["One.".to_owned(), "Two.".into()], vec!["Three.".into()]]);
        assert!(paragraphs(" \n\n").is_empty());
    }

    #[test]
    fn a_reader_who_has_the_bytes_is_recognized_however_the_tag_is_sent() {
        let ready = Ready::new("x", "text/plain");
        let own = ready.etag.to_str().unwrap().to_owned();
        let known = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            ready.is_known(&headers)
        };
        assert!(known(&own) && known(&format!("W/{own}")) && known(&format!("\"a\", {own}")) && known("*"));
        assert!(!known("\"a\"") && !known(own.trim_matches('"')) && !ready.is_known(&HeaderMap::new()));
    }
}

//! Atlassian Statuspage, manage API v1: the first post creates an incident, later ones update it.
//!
//! Each write carries a mark in the incident's `metadata` (our incident and post), which comes back when incidents
//! are read: so a post whose answer was lost is found before it would be sent twice. A component that the page
//! does not have does not hold up the post: it is left out, with a line in the log; [`StatuspagePublisher::names`]
//! lists the page's components, to check settings against.
//! Description: the official OpenAPI document, "Statuspage API", which also sets one request a second.

mod body;
mod settings;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use reqwest::{Client, Method, Url, header::HeaderValue};
use serde::Deserialize;
use tokio::{
    sync::Mutex,
    time::{Interval, MissedTickBehavior},
};

use self::body::Remote;
pub use self::settings::StatuspageSettings;
use crate::{
    config::secret::Secret,
    incident::kind::Real,
    outbox::{
        port::{BoxFuture, Outcome, Publisher, Reconciled},
        wire::{self, Answer, Lost},
    },
    post::{Approved, ComponentState, PostView},
};

/// Pages of 100 rows read at most.
const PAGES_MAX: usize = 10;
const ROWS: usize = 100;
/// The limit is counted over a minute: without word from the server, that long is waited.
const WAIT_S: u64 = 60;
const WAIT_S_MAX: u64 = 3600;

pub struct StatuspagePublisher {
    key: Secret,
    page: String,
    notify: bool,
    base: Url,
    client: Client,
    min_gap: Duration,
    gate: Mutex<Option<Interval>>,
    /// Component name, in lower case, to id. Empty until first asked.
    components: Mutex<HashMap<String, String>>,
}

/// Why a read brought nothing.
enum Unread {
    Lost(String),
    Refused(Answer),
    Unreadable,
}

/// Where a post goes.
enum Target {
    New,
    Update(String),
}

impl StatuspagePublisher {
    /// # Errors
    /// A sentence for whoever wrote the settings.
    pub fn new(settings: &StatuspageSettings) -> Result<Self, String> {
        if settings.api_key.is_empty() || settings.page_id.is_empty() {
            return Err(
                "Statuspage needs api_key and page_id (both under \"API info\" in its user menu)".to_owned()
            );
        }
        if !settings.page_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(format!("statuspage.page_id = \"{}\" is no page id", settings.page_id));
        }
        Ok(Self {
            key: settings.api_key.clone(),
            page: settings.page_id.clone(),
            notify: settings.notify_subscribers,
            base: wire::base_url("statuspage.base_url", &settings.base_url)?,
            client: wire::client(settings.connect_timeout_ms, settings.total_timeout_ms)?,
            min_gap: Duration::from_millis(settings.min_gap_ms),
            gate: Mutex::new(None),
            components: Mutex::new(HashMap::new()),
        })
    }

    /// The names of the page's components, in lower case, sorted.
    ///
    /// # Errors
    /// A sentence, if the page could not be asked.
    pub async fn names(&self) -> Result<Vec<String>, String> {
        let mut all: Vec<String> =
            self.read_components().await.map_err(|e| self.why(e))?.into_keys().collect();
        all.sort();
        Ok(all)
    }

    /// One post. Private to the house: what may leave it comes as an `Approved<Real>`, through the trait.
    pub(crate) async fn send(&self, post: &PostView, key: &str, earlier: Option<&str>) -> Outcome {
        if let Err(why) = body::check(post) {
            return Outcome::Failed { why };
        }
        let components = match self.ids(&post.components).await {
            Ok(ids) => ids,
            Err(unread) => return self.before(unread),
        };
        let target = match self.target(post, earlier).await {
            Ok(target) => target,
            Err(unread) => return self.before(unread),
        };
        let (method, path) = match &target {
            Target::New => (Method::POST, vec!["incidents"]),
            Target::Update(id) => (Method::PATCH, vec!["incidents", id.as_str()]),
        };
        let url = match self.url(&path, &[]) {
            Ok(url) => url,
            Err(why) => return Outcome::Failed { why },
        };
        let change = body::change(post, key, components, self.notify);
        match self.call(self.request(method, url).json(&change)).await {
            Ok(answer) if answer.status == 404 => self.gone(&target),
            Ok(answer) => self.outcome(&answer, &target),
            Err(Lost::NotSent(why)) => {
                Outcome::Retry { after: None, why: format!("Statuspage could not be reached: {why}") }
            }
            Err(Lost::MaybeSent(why)) => Outcome::Unknown {
                why: format!("Statuspage was asked to post, but its answer was lost: {why}"),
            },
        }
    }

    fn outcome(&self, answer: &Answer, target: &Target) -> Outcome {
        if answer.ok() {
            let remote: Option<Remote> = answer.json();
            let known = match target {
                Target::New => None,
                Target::Update(id) => Some(id.clone()),
            };
            return match remote {
                Some(remote) => Outcome::Sent { external_id: Some(remote.id), url: remote.shortlink },
                None => Outcome::Sent { external_id: known, url: None },
            };
        }
        match answer.status {
            408 | 500.. => Outcome::Unknown {
                why: format!("Statuspage answered {}: {}", answer.status, answer.quote(&[&self.key])),
            },
            _ => self.refusal(answer),
        }
    }

    /// An answer that says that nothing was done.
    fn refusal(&self, answer: &Answer) -> Outcome {
        let said = answer.quote(&[&self.key]);
        match answer.status {
            401 | 403 => Outcome::Failed {
                why: format!(
                    "Statuspage refused our API key ({}: {said}). Make a new one under \"API info\", put it in \
                     statuspage.api_key and restart.",
                    answer.status
                ),
            },
            420 | 429 => {
                let after = answer.retry_after(WAIT_S, WAIT_S_MAX);
                Outcome::Retry {
                    after: Some(after),
                    why: format!("Statuspage's rate limit is reached; waiting {} s", after.as_secs()),
                }
            }
            404 => Outcome::Failed { why: self.no_page() },
            409 | 425 => {
                Outcome::Retry { after: None, why: format!("Statuspage answered {}: {said}", answer.status) }
            }
            status => Outcome::Failed { why: format!("Statuspage refused the post ({status}: {said}).") },
        }
    }

    fn gone(&self, target: &Target) -> Outcome {
        let why = match target {
            Target::New => self.no_page(),
            Target::Update(id) => format!(
                "Statuspage does not know incident {id} any more, which this incident's first post made: it was \
                 deleted there. Post this update by hand, or publish a new first post."
            ),
        };
        Outcome::Failed { why }
    }

    fn no_page(&self) -> String {
        format!("Statuspage has no page {} for our API key. Check statuspage.page_id.", self.page)
    }

    /// What a failed read means for a post that has not been sent yet.
    fn before(&self, unread: Unread) -> Outcome {
        match unread {
            Unread::Refused(answer) if answer.status < 500 && answer.status != 408 => self.refusal(&answer),
            other => Outcome::Retry { after: None, why: self.why(other) },
        }
    }

    /// A later post updates the incident of the first one; if its id was never learnt, the mark finds it.
    async fn target(&self, post: &PostView, earlier: Option<&str>) -> Result<Target, Unread> {
        if let Some(id) = earlier {
            return Ok(Target::Update(id.to_owned()));
        }
        if post.is_first {
            return Ok(Target::New);
        }
        let found = self.search(None, |remote| remote.is_of(&post.incident)).await?;
        Ok(found.map_or(Target::New, |remote| Target::Update(remote.id)))
    }

    /// Whether the post is on the page.
    pub(crate) async fn look(&self, post: &PostView, key: &str, earlier: Option<&str>) -> Reconciled {
        let found = match earlier {
            Some(id) => self.incident(id).await.map(|remote| remote.filter(|r| r.has(post, key))),
            None if post.is_first => self.search(Some(post), |remote| remote.has(post, key)).await,
            None => self.search(None, |remote| remote.is_of(&post.incident) && remote.has(post, key)).await,
        };
        match found {
            Ok(Some(remote)) => Reconciled::Arrived { external_id: Some(remote.id), url: remote.shortlink },
            Ok(None) => Reconciled::Absent,
            Err(unread) => Reconciled::CannotTell { why: self.why(unread) },
        }
    }

    async fn incident(&self, id: &str) -> Result<Option<Remote>, Unread> {
        match self.get(&["incidents", id], &[]).await {
            Ok(answer) => answer.json().map(Some).ok_or(Unread::Unreadable),
            Err(Unread::Refused(answer)) if answer.status == 404 => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The newest incident that fits; `first` bounds the search to what its sending can have made.
    async fn search(
        &self,
        first: Option<&PostView>,
        fits: impl Fn(&Remote) -> bool,
    ) -> Result<Option<Remote>, Unread> {
        for page in 1..=PAGES_MAX {
            let query = [("limit", ROWS.to_string()), ("page", page.to_string())];
            let rows: Vec<Remote> =
                self.get(&["incidents"], &query).await?.json().ok_or(Unread::Unreadable)?;
            let count = rows.len();
            let older =
                |r: &Remote| first.is_some_and(|p| r.created_at.is_some_and(|at| at < body::since(p)));
            let last_is_older = rows.last().is_some_and(older);
            if let Some(found) = rows.into_iter().find(|r| !older(r) && fits(r)) {
                return Ok(Some(found));
            }
            if count < ROWS || last_is_older {
                return Ok(None);
            }
        }
        Err(Unread::Lost(format!("more than {} incidents on the page", PAGES_MAX * ROWS)))
    }

    async fn ids(
        &self,
        wanted: &[(String, ComponentState)],
    ) -> Result<BTreeMap<String, ComponentState>, Unread> {
        let mut ids = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(ids);
        }
        let mut known = self.components.lock().await;
        let key = |name: &str| name.trim().to_lowercase();
        if wanted.iter().any(|(name, _)| !known.contains_key(&key(name))) {
            *known = self.read_components().await?;
        }
        for (name, state) in wanted {
            match known.get(&key(name)) {
                Some(id) => {
                    ids.insert(id.clone(), *state);
                }
                None => {
                    tracing::warn!(component = %name, "Statuspage has no component of this name; left out")
                }
            }
        }
        Ok(ids)
    }

    async fn read_components(&self) -> Result<HashMap<String, String>, Unread> {
        let mut known = HashMap::new();
        for page in 1..=PAGES_MAX {
            let query = [("page", page.to_string()), ("per_page", ROWS.to_string())];
            let rows: Vec<Component> =
                self.get(&["components"], &query).await?.json().ok_or(Unread::Unreadable)?;
            let count = rows.len();
            // A group has no state of its own.
            for row in rows.into_iter().filter(|row| row.group != Some(true)) {
                known.entry(row.name.trim().to_lowercase()).or_insert(row.id);
            }
            if count < ROWS {
                break;
            }
        }
        Ok(known)
    }

    async fn get(&self, path: &[&str], query: &[(&str, String)]) -> Result<Answer, Unread> {
        let url = self.url(path, query).map_err(Unread::Lost)?;
        match self.call(self.request(Method::GET, url)).await {
            Ok(answer) if answer.ok() => Ok(answer),
            Ok(answer) => Err(Unread::Refused(answer)),
            Err(lost) => Err(Unread::Lost(lost.why())),
        }
    }

    fn why(&self, unread: Unread) -> String {
        match unread {
            Unread::Lost(why) => format!("Statuspage could not be asked: {why}"),
            Unread::Unreadable => "Statuspage's answer could not be read".to_owned(),
            Unread::Refused(answer) => self.refusal(&answer).why().unwrap_or_default().to_owned(),
        }
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Result<Answer, Lost> {
        if !self.min_gap.is_zero() {
            let mut gate = self.gate.lock().await;
            let interval = gate.get_or_insert_with(|| {
                let mut interval = tokio::time::interval(self.min_gap);
                interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
                interval
            });
            interval.tick().await;
        }
        wire::call(request).await
    }

    fn url(&self, path: &[&str], query: &[(&str, String)]) -> Result<Url, String> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| "statuspage.base_url takes no path".to_owned())?
            .pop_if_empty()
            .extend(["pages", &self.page])
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        let request = self.client.request(method, url);
        match HeaderValue::try_from(format!("OAuth {}", self.key.expose())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header("authorization", value)
            }
            // A key with a line break in it: the answer will be 401, which says what to do.
            Err(_) => request,
        }
    }
}

#[derive(Deserialize)]
struct Component {
    id: String,
    name: String,
    group: Option<bool>,
}

impl Publisher for StatuspagePublisher {
    fn name(&self) -> &str {
        "statuspage"
    }

    fn check(&self, post: &PostView) -> Result<(), String> {
        body::check(post)
    }

    fn publish<'a>(
        &'a self,
        post: &'a Approved<Real>,
        key: &'a str,
        earlier: Option<&'a str>,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.send(post, key, earlier))
    }

    fn reconcile<'a>(
        &'a self,
        post: &'a Approved<Real>,
        key: &'a str,
        earlier: Option<&'a str>,
    ) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.look(post, key, earlier))
    }
}

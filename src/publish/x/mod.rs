//! X (Twitter), API v2: the incident's first post is a tweet, later ones reply to it.
//!
//! X knows no idempotency key, but it refuses a text that the account has posted shortly before. After an answer
//! was lost we look through the account's own posts for the same words: [`text::Found::is`].
//! Description: the official OpenAPI document of X API v2 (`POST /2/tweets`, `GET /2/users/me`,
//! `GET /2/users/{id}/tweets`).

pub mod oauth1;
mod settings;
mod text;

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::{Client, Method, Url, header::HeaderValue};
use serde::Deserialize;
use tokio::sync::Mutex;

pub use self::settings::XSettings;
use self::text::Found;
use super::{Nonce, Now};
use crate::{
    config::secret::Secret,
    incident::kind::Real,
    outbox::{
        port::{BoxFuture, Outcome, Publisher, Reconciled},
        wire::{self, Answer, Lost},
    },
    post::{Approved, PostView},
};

/// How far the clocks of X and ours may differ when we look for a post.
const SKEW_MINUTES: i64 = 5;
/// Pages of 100 posts looked through at most.
const PAGES_MAX: usize = 10;
/// Waits that X asks for are believed up to a day.
const WAIT_S_MAX: i64 = 24 * 3600;

enum Identity {
    OAuth1(oauth1::Keys),
    Bearer(Secret),
}

impl Identity {
    fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::OAuth1(k) => vec![&k.consumer_key, &k.consumer_secret, &k.token, &k.token_secret],
            Self::Bearer(token) => vec![token],
        }
    }
}

pub struct XPublisher {
    identity: Identity,
    base: Url,
    /// Where the account's posts are read: `https://x.com/HANDLE`.
    web: String,
    client: Client,
    now: Now,
    nonce: Nonce,
    /// Our own account's id, once X has told it.
    user: Mutex<Option<String>>,
}

/// Why X could not be asked.
enum Asked {
    Lost(Lost),
    Refused(Answer),
}

impl XPublisher {
    /// # Errors
    /// A sentence for whoever wrote the settings.
    pub fn new(settings: &XSettings, now: Now, nonce: Nonce) -> Result<Self, String> {
        let four = [
            ("api_key", &settings.api_key),
            ("api_key_secret", &settings.api_key_secret),
            ("access_token", &settings.access_token),
            ("access_token_secret", &settings.access_token_secret),
        ];
        let missing: Vec<&str> = four.iter().filter(|(_, v)| v.is_empty()).map(|(name, _)| *name).collect();
        let identity = match (missing.as_slice(), settings.bearer_token.is_empty()) {
            ([], _) => Identity::OAuth1(oauth1::Keys {
                consumer_key: settings.api_key.clone(),
                consumer_secret: settings.api_key_secret.clone(),
                token: settings.access_token.clone(),
                token_secret: settings.access_token_secret.clone(),
            }),
            (_, false) => Identity::Bearer(settings.bearer_token.clone()),
            (missing, true) => {
                return Err(format!(
                    "X needs api_key, api_key_secret, access_token and access_token_secret (or bearer_token); missing: {}",
                    missing.join(", ")
                ));
            }
        };
        Ok(Self {
            identity,
            base: wire::base_url("x.base_url", &settings.base_url)?,
            // X leads from `/i/status/ID` to the post, whoever's it is.
            web: format!(
                "{}/{}",
                settings.web_url.trim_end_matches('/'),
                settings.handle.as_deref().unwrap_or("i")
            ),
            client: wire::client(settings.connect_timeout_ms, settings.total_timeout_ms)?,
            now,
            nonce,
            user: Mutex::new(None),
        })
    }

    /// One post. Private to the house: what may leave it comes as an `Approved<Real>`, through the trait.
    pub(crate) async fn send(&self, post: &PostView, _key: &str, earlier: Option<&str>) -> Outcome {
        if let Err(why) = text::check(post) {
            return Outcome::Failed { why };
        }
        let text = text::compose(post);
        let mut body = serde_json::json!({ "text": text });
        if let Some(id) = earlier {
            if !is_id(id) {
                return Outcome::Failed {
                    why: format!(
                        "The incident's first post on X is recorded as \"{id}\", which is no id of X."
                    ),
                };
            }
            body["reply"] = serde_json::json!({ "in_reply_to_tweet_id": id });
        }
        let url = match self.url(&["2", "tweets"], &[]) {
            Ok(url) => url,
            Err(why) => return Outcome::Failed { why },
        };
        let answer = match wire::call(self.request(Method::POST, url).json(&body)).await {
            Ok(answer) => answer,
            Err(Lost::NotSent(why)) => {
                return Outcome::Retry { after: None, why: format!("X could not be reached: {why}") };
            }
            Err(Lost::MaybeSent(why)) => {
                return Outcome::Unknown {
                    why: format!("X was asked to post, but its answer was lost: {why}"),
                };
            }
        };
        if answer.status == 403 && answer.quote(&[]).to_lowercase().contains("duplicate content") {
            return self.duplicate(post, earlier).await;
        }
        self.outcome(&answer)
    }

    fn outcome(&self, answer: &Answer) -> Outcome {
        let status = answer.status;
        if answer.ok() {
            let id = answer.json::<One<Id>>().map(|one| one.data.id).filter(|id| is_id(id));
            return Outcome::Sent { url: id.as_deref().map(|id| self.link(id)), external_id: id };
        }
        let said = answer.quote(&self.identity.secrets());
        match status {
            401 => Outcome::Failed {
                why: format!(
                    "X refused our credentials (401: {said}). Make new keys and tokens in the developer portal, put \
                     them in the settings and restart; a bearer token expires after two hours."
                ),
            },
            403 => Outcome::Failed {
                why: format!(
                    "X does not allow this post (403: {said}). Check that the app has \"Read and write\" permission, \
                     that its access token was made after that was set, and that the first post still stands."
                ),
            },
            429 => {
                let after = self.wait(answer);
                Outcome::Retry {
                    after: Some(after),
                    why: format!("X's rate limit is reached; it asks to wait {} s", after.as_secs()),
                }
            }
            // Nothing was done, and nothing is wrong with the post.
            409 | 425 => Outcome::Retry { after: None, why: format!("X answered {status}: {said}") },
            408 | 500.. => Outcome::Unknown { why: format!("X answered {status}: {said}") },
            _ => Outcome::Failed { why: format!("X refused the post ({status}: {said}).") },
        }
    }

    /// X says that the words are there already: from an attempt of ours whose answer was lost, or from before.
    async fn duplicate(&self, post: &PostView, earlier: Option<&str>) -> Outcome {
        match self.look(post, earlier).await {
            Reconciled::Arrived { external_id, url } => Outcome::Sent { external_id, url },
            Reconciled::Absent => Outcome::Failed {
                why: "X refuses a text that this account has posted before. Change the wording and approve it anew."
                    .to_owned(),
            },
            Reconciled::CannotTell { why } => Outcome::Unknown {
                why: format!("X says that this text was posted already, but it could not be looked up: {why}"),
            },
        }
    }

    /// Whether the post is among the account's own.
    pub(crate) async fn look(&self, post: &PostView, earlier: Option<&str>) -> Reconciled {
        let text = text::compose(post);
        let since = post.approved_at - TimeDelta::minutes(SKEW_MINUTES);
        match self.find(&text, earlier, since).await {
            Ok(Some(id)) => Reconciled::Arrived { url: Some(self.link(&id)), external_id: Some(id) },
            Ok(None) => Reconciled::Absent,
            Err(why) => Reconciled::CannotTell { why },
        }
    }

    async fn find(
        &self,
        text: &str,
        earlier: Option<&str>,
        since: DateTime<Utc>,
    ) -> Result<Option<String>, String> {
        let user = self.user_id().await?;
        // The official description names the parameter `post.fields`; services of the older naming answer it with
        // 400 and know `tweet.fields`.
        let mut fields = "post.fields";
        let start = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut next: Option<String> = None;
        let mut pages = 0;
        while pages < PAGES_MAX {
            let mut query = vec![
                ("max_results", "100".to_owned()),
                (fields, "conversation_id,created_at,entities".to_owned()),
                ("start_time", start.clone()),
            ];
            query.extend(next.clone().map(|token| ("pagination_token", token)));
            let page: Page = match self.get(&["2", "users", &user, "tweets"], &query).await {
                Err(Asked::Refused(answer)) if answer.status == 400 && fields == "post.fields" => {
                    fields = "tweet.fields";
                    continue;
                }
                other => self.parsed(other)?,
            };
            let hit = page
                .data
                .iter()
                .find(|p| p.created_at.is_none_or(|at| at >= since) && p.is(text, earlier) && is_id(&p.id));
            if let Some(found) = hit {
                return Ok(Some(found.id.clone()));
            }
            match page.meta.next_token {
                Some(token) => next = Some(token),
                None => return Ok(None),
            }
            pages += 1;
        }
        Err(format!("more than {} posts since the approval; look at the account", PAGES_MAX * 100))
    }

    async fn user_id(&self) -> Result<String, String> {
        let mut user = self.user.lock().await;
        if let Some(id) = user.as_ref() {
            return Ok(id.clone());
        }
        let me: One<Id> = self.parsed(self.get(&["2", "users", "me"], &[]).await)?;
        if !is_id(&me.data.id) {
            return Err("X did not say which account ours is".to_owned());
        }
        Ok(user.insert(me.data.id).clone())
    }

    async fn get(&self, path: &[&str], query: &[(&str, String)]) -> Result<Answer, Asked> {
        let url = self.url(path, query).map_err(|why| Asked::Lost(Lost::NotSent(why)))?;
        let answer = wire::call(self.request(Method::GET, url)).await.map_err(Asked::Lost)?;
        if answer.ok() { Ok(answer) } else { Err(Asked::Refused(answer)) }
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, got: Result<Answer, Asked>) -> Result<T, String> {
        match got {
            Ok(answer) => answer.json().ok_or_else(|| "X's answer could not be read".to_owned()),
            Err(Asked::Lost(lost)) => Err(format!("X could not be asked: {}", lost.why())),
            Err(Asked::Refused(answer)) if answer.status == 429 => {
                Err(format!("X's rate limit is reached; it asks to wait {} s", self.wait(&answer).as_secs()))
            }
            Err(Asked::Refused(answer)) => Err(format!(
                "X does not show our posts ({}: {}); check the account",
                answer.status,
                answer.quote(&self.identity.secrets())
            )),
        }
    }

    /// The account's daily limits count beside that of the 15 minutes; the latest reset of a used-up one decides.
    fn wait(&self, answer: &Answer) -> Duration {
        let daily = ["x-user-limit-24hour", "x-app-limit-24hour"]
            .into_iter()
            .filter(|name| answer.header_i64(&format!("{name}-remaining")) == Some(0))
            .filter_map(|name| answer.header_i64(&format!("{name}-reset")));
        let reset = daily.chain(answer.header_i64("x-rate-limit-reset")).max();
        let now = (self.now)().timestamp();
        let wait_s = reset.map_or(60, |at| at.saturating_sub(now)).clamp(1, WAIT_S_MAX);
        Duration::from_secs(wait_s.unsigned_abs())
    }

    fn url(&self, path: &[&str], query: &[(&str, String)]) -> Result<Url, String> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| "x.base_url takes no path".to_owned())?
            .pop_if_empty()
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        let header = match &self.identity {
            Identity::OAuth1(keys) => {
                oauth1::authorization(keys, method.as_str(), &url, &(self.nonce)(), (self.now)().timestamp())
            }
            Identity::Bearer(token) => format!("Bearer {}", token.expose()),
        };
        let request = self.client.request(method, url);
        match HeaderValue::try_from(header) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header("authorization", value)
            }
            // A token with a line break in it: X will answer 401, which says what to do.
            Err(_) => request,
        }
    }

    fn link(&self, id: &str) -> String {
        format!("{}/status/{id}", self.web)
    }
}

impl Publisher for XPublisher {
    fn name(&self) -> &str {
        "x"
    }

    fn check(&self, post: &PostView) -> Result<(), String> {
        text::check(post)
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
        _key: &'a str,
        earlier: Option<&'a str>,
    ) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.look(post, earlier))
    }
}

fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[derive(Deserialize)]
struct One<T> {
    data: T,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    data: Vec<Found>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    next_token: Option<String>,
}

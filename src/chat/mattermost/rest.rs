//! Requests to Mattermost's REST API and its WebSocket: with time limits, and one brake for all.
//!
//! After <https://api.mattermost.com/>. Its rate limit is one for everything that an account asks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap, multipart::Form};
use serde_json::Value;

use super::{
    moment::{Moment, ahead_ms},
    trouble::{Refused, Trouble},
};
use crate::{
    chat::{
        files::PATIENCE,
        health::Reach,
        picture::Picture,
        trouble::patiently,
        websocket::{self, Socket},
        wire::{ANSWER_BYTES_MAX, Brake, body as body_of, client, plainly, quote},
    },
    config::Secret,
    desk::clock::World,
};

/// Longest wait that an answer may impose on us, in seconds.
const WAIT_MAX_SECONDS: u64 = 3_600;
/// Where an answer of 429 names no time.
const WAIT_SECONDS: u64 = 2;
/// A number above this is a moment and no length of time: it has been seen as both.
const MOMENT_SECONDS: u64 = 1_000_000_000;
const ID_CHARS_MAX: usize = 120;

pub(super) struct Rest {
    client: reqwest::Client,
    base: String,
    token: Secret,
    world: Arc<dyn World>,
    brake: Brake,
    /// How much Mattermost's clock is ahead of ours, by its last answer that says so.
    ahead_ms: AtomicI64,
    /// Whether the REST API answers.
    pub reach: Reach,
}

impl Rest {
    /// # Errors
    /// When no HTTP client can be built on this machine.
    pub fn new(base: &str, token: Secret, world: Arc<dyn World>) -> Result<Self, String> {
        Ok(Self {
            client: client("Mattermost")?,
            base: base.to_owned(),
            token,
            world,
            brake: Brake::default(),
            ahead_ms: AtomicI64::default(),
            reach: Reach::default(),
        })
    }

    pub async fn get(&self, path: &str) -> Result<Value, Trouble> {
        self.ask(path, &[]).await
    }
    pub async fn ask(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Trouble> {
        self.call(Method::GET, path, query, None).await
    }
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.call(Method::POST, path, &[], Some(body)).await
    }
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.call(Method::PUT, path, &[], Some(body)).await
    }
    /// What nothing else waits for; without a body if there is none.
    pub async fn patiently(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Trouble> {
        patiently(|| self.call(method.clone(), path, &[], body)).await
    }

    /// Answers a slash command. `hook` is a secret, and the only part of the address that is taken from the request: our
    /// words go to this server and no other.
    pub async fn respond(&self, hook: &str, body: &Value) -> Result<(), Trouble> {
        let request = self.client.post(format!("{}/hooks/commands/{hook}", self.base)).json(body);
        let response = request.send().await.map_err(Trouble::lost)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        match status {
            200..=299 => Ok(()),
            429 => Err(Trouble::Wait(self.reset(&headers))),
            500..=599 => Err(Trouble::Broken(status.to_string())),
            _ => {
                let (id, message) =
                    ("hooks.commands".to_owned(), "the command is answered, or too old".into());
                Err(Trouble::Refused(Refused { status, id, message }))
            }
        }
    }

    /// Puts a file into a channel, where nobody sees it until a message has it.
    pub async fn upload(&self, channel: &str, picture: &Picture) -> Result<Value, Trouble> {
        let form = Form::new().text("channel_id", channel.to_owned()).part("files", picture.part());
        let request = self.client.post(format!("{}/api/v4/files", self.base)).timeout(PATIENCE);
        self.sent(request.multipart(form)).await
    }

    /// A file of a post.
    pub async fn file(&self, id: &str) -> Result<Response, String> {
        let token = format!("Bearer {}", self.token.expose());
        let request = self.client.get(format!("{}/api/v4/files/{id}", self.base)).timeout(PATIENCE);
        request.header("authorization", token).send().await.map_err(|e| plainly(&e.without_url()))
    }

    /// A new WebSocket, not yet told who we are.
    pub async fn socket(&self) -> Result<Socket, Trouble> {
        let url = format!("{}/api/v4/websocket", self.base.replacen("http", "ws", 1));
        websocket::open(&self.client, &*self.world, &url).await.map_err(Trouble::NotSent)
    }
    /// Now, as far as Mattermost has told what its clock shows; until then it is taken to agree with ours.
    pub fn moment(&self) -> Moment {
        let ours = self.world.now();
        let theirs = ours.timestamp_millis().saturating_add(self.ahead_ms.load(Relaxed));
        Moment { ours, theirs }
    }
    /// The token, for the socket's first words.
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// `path` is below `/api/v4`.
    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Value, Trouble> {
        let mut request = self.client.request(method, format!("{}/api/v4{path}", self.base)).query(query);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.sent(request).await
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Value, Trouble> {
        if let Some(wait) = self.brake.left(self.world.now()) {
            return Err(Trouble::Wait(wait));
        }
        self.reach.noting(&*self.world, self.answered(request), Trouble::no_answer).await
    }

    async fn answered(&self, request: RequestBuilder) -> Result<Value, Trouble> {
        let request = request.header("authorization", format!("Bearer {}", self.token.expose()));
        let response = request.send().await.map_err(Trouble::lost)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if let Some(ahead) = ahead_ms(&headers, self.world.now()) {
            self.ahead_ms.store(ahead, Relaxed);
        }
        let bytes = body_of(response, ANSWER_BYTES_MAX).await.map_err(Trouble::MaybeSent)?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        match status {
            200..=299 if value.is_object() || value.is_array() => Ok(value),
            200..=299 => Err(Trouble::MaybeSent("the answer could not be read".into())),
            429 => {
                let wait = self.reset(&headers);
                self.brake.set(self.world.now(), wait);
                Err(Trouble::Wait(wait))
            }
            500..=599 => Err(Trouble::Broken(status.to_string())),
            _ => Err(Trouble::Refused(Refused {
                status,
                id: value["id"].as_str().unwrap_or_default().chars().take(ID_CHARS_MAX).collect(),
                message: quote(value["message"].as_str().unwrap_or("no reason given"), &[&self.token]),
            })),
        }
    }

    fn reset(&self, headers: &HeaderMap) -> Duration {
        reset(headers, self.world.now())
    }
}

/// When the limit is over.
fn reset(headers: &HeaderMap, now: DateTime<Utc>) -> Duration {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let seconds = match number("x-ratelimit-reset").or_else(|| number("retry-after")) {
        Some(moment) if moment > MOMENT_SECONDS => {
            moment.saturating_sub(u64::try_from(now.timestamp()).unwrap_or_default())
        }
        Some(seconds) => seconds,
        None => WAIT_SECONDS,
    };
    Duration::from_secs(seconds.clamp(1, WAIT_MAX_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mattermost_gets_the_time_it_asks_for_within_reason_however_it_says_it() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let wait = |name: &'static str, text: &str| {
            reset(&HeaderMap::from_iter([(name.parse().unwrap(), text.parse().unwrap())]), now).as_secs()
        };
        assert_eq!(wait("x-ratelimit-reset", "7"), 7);
        assert_eq!(wait("x-ratelimit-reset", "0"), 1);
        assert_eq!(wait("x-ratelimit-reset", "1800000009"), 9, "as a moment");
        assert_eq!(wait("x-ratelimit-reset", "1700000000"), 1, "a moment that is past");
        assert_eq!(wait("x-ratelimit-reset", "18446744073709551615"), WAIT_MAX_SECONDS);
        assert_eq!(wait("x-ratelimit-reset", "soon"), WAIT_SECONDS);
        assert_eq!(wait("retry-after", "3"), 3);
        assert_eq!(reset(&HeaderMap::new(), now).as_secs(), WAIT_SECONDS);
    }
}

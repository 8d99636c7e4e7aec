//! Requests to Slack's Web API: with time limits, a brake for each method, and a pace for each channel.
//!
//! After <https://docs.slack.dev/apis/web-api/>. Arguments go form-encoded, which every method takes; `ok` in the answer
//! says whether it was done, whatever the HTTP status.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration as StdDuration,
};

use chrono::{DateTime, Duration, Utc};
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};
use serde_json::Value;

use super::trouble::{Refused, Trouble};
use crate::{
    chat::{
        files::PATIENCE,
        health::Reach,
        trouble::patiently,
        websocket::{self, Socket},
        wire::{ANSWER_BYTES_MAX, body as body_of, client, plainly, quote},
    },
    config::Secret,
    desk::clock::World,
};

/// Longest wait that an answer may impose on us, in seconds.
const WAIT_MAX_SECONDS: u64 = 3_600;
/// Where an answer of 429 names no time.
const WAIT_SECONDS: u64 = 5;
/// Whoever would have to stand in line for longer comes again later.
const LINE_MAX: StdDuration = StdDuration::from_secs(20);
/// Channels and methods remembered.
const REMEMBERED_MAX: usize = 10_000;
/// Where answers to commands are sent in the real Slack.
const HOOKS: &str = "https://hooks.slack.com/";
/// Where files lie in the real Slack.
const FILES: &str = "https://files.slack.com/";

/// Arguments of a method.
pub(super) type Args<'a> = &'a [(&'a str, String)];

/// Until when a method is not to be called, and when the next message may go to a channel.
#[derive(Debug, Default)]
struct Brakes {
    methods: HashMap<String, DateTime<Utc>>,
    channels: HashMap<String, DateTime<Utc>>,
}

pub(super) struct Rest {
    client: reqwest::Client,
    base: String,
    bot_token: Secret,
    app_token: Option<Secret>,
    world: Arc<dyn World>,
    gap: StdDuration,
    brakes: Mutex<Brakes>,
    /// Whether the Web API answers.
    pub reach: Reach,
}

impl Rest {
    /// # Errors
    /// When no HTTP client can be built on this machine.
    pub fn new(settings: &super::SlackSettings, world: Arc<dyn World>) -> Result<Self, String> {
        Ok(Self {
            client: client("Slack")?,
            base: settings.base_url.trim_end_matches('/').to_owned(),
            bot_token: settings.bot_token.clone(),
            app_token: settings.app_token.clone(),
            world,
            gap: settings.message_gap,
            brakes: Mutex::default(),
            reach: Reach::default(),
        })
    }

    /// Asks for something.
    pub async fn ask(&self, method: &str, args: Args<'_>) -> Result<Value, Trouble> {
        let request = self.request(Method::GET, method, &self.bot_token).query(args);
        self.call(method, method, request).await
    }
    /// Has something done.
    pub async fn tell(&self, method: &str, args: Args<'_>) -> Result<Value, Trouble> {
        let request = self.request(Method::POST, method, &self.bot_token).form(args);
        self.call(method, method, request).await
    }
    /// What nothing else waits for: where Slack asks for a moment, it gets it at once.
    pub async fn patiently(&self, method: &str, args: Args<'_>) -> Result<Value, Trouble> {
        patiently(|| self.tell(method, args)).await
    }
    /// Posts a message, when it is the channel's turn.
    pub async fn post(&self, channel: &str, args: Args<'_>) -> Result<Value, Trouble> {
        let method = "chat.postMessage";
        let brake = format!("{method} {channel}");
        if let Some(wait) = self.braked(&brake) {
            return Err(Trouble::Wait(wait));
        }
        match self.stand_in_line(channel) {
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(wait) => return Err(Trouble::Wait(wait)),
        }
        let request = self.request(Method::POST, method, &self.bot_token).form(args);
        self.call(method, &brake, request).await
    }
    /// A new socket.
    pub async fn socket(&self) -> Result<Socket, Trouble> {
        let method = "apps.connections.open";
        let none = Secret::default();
        let token = self.app_token.as_ref().unwrap_or(&none);
        let answer = self.call(method, method, self.request(Method::POST, method, token)).await?;
        let url = answer["url"].as_str();
        let url = url.ok_or_else(|| Trouble::MaybeSent("the answer has no address".into()))?;
        websocket::open(&self.client, &*self.world, url).await.map_err(Trouble::NotSent)
    }
    /// Answers a command where Slack said that its answer is to go. That address is a secret.
    pub async fn respond(&self, url: &str, body: &Value) -> Result<(), Trouble> {
        // It came signed or by our socket; our words go to Slack alone, all the same.
        if !url.starts_with(HOOKS) && !url.starts_with(&format!("{}/", self.base)) {
            let error = "invalid_response_url".to_owned();
            return Err(Trouble::Refused(Refused { error, needed: String::new(), message: String::new() }));
        }
        let response = self.client.post(url).json(body).send().await.map_err(Trouble::lost)?;
        answered(&response)
    }

    /// A file that lies with Slack, fetched with our token, which goes nowhere else.
    pub async fn file(&self, url: &str) -> Result<Response, String> {
        if !url.starts_with(FILES) && !url.starts_with(&format!("{}/", self.base)) {
            return Err("it does not lie with Slack".into());
        }
        let token = format!("Bearer {}", self.bot_token.expose());
        let request = self.client.get(url).timeout(PATIENCE).header("authorization", token);
        request.send().await.map_err(|e| plainly(&e.without_url()))
    }

    /// Puts a file where Slack has made a place for it. That address is a secret, and all that is asked for.
    pub async fn upload(&self, url: &str, bytes: &[u8]) -> Result<(), Trouble> {
        if !url.starts_with(FILES) && !url.starts_with(&format!("{}/", self.base)) {
            let error = "invalid_upload_url".to_owned();
            return Err(Trouble::Refused(Refused { error, needed: String::new(), message: String::new() }));
        }
        let request = self.client.post(url).header("content-type", "application/octet-stream");
        let response = request.timeout(PATIENCE).body(bytes.to_vec()).send().await.map_err(Trouble::lost)?;
        answered(&response)
    }

    fn request(&self, verb: Method, method: &str, token: &Secret) -> RequestBuilder {
        self.client
            .request(verb, format!("{}/api/{method}", self.base))
            .header("authorization", format!("Bearer {}", token.expose()))
    }

    async fn call(&self, method: &str, brake: &str, request: RequestBuilder) -> Result<Value, Trouble> {
        if let Some(wait) = self.braked(brake) {
            return Err(Trouble::Wait(wait));
        }
        self.reach.noting(&*self.world, self.sent(method, brake, request), Trouble::no_answer).await
    }

    async fn sent(&self, method: &str, brake: &str, request: RequestBuilder) -> Result<Value, Trouble> {
        let response = request.send().await.map_err(Trouble::lost)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = body_of(response, ANSWER_BYTES_MAX).await.map_err(Trouble::MaybeSent)?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if status == 429 || value["error"] == "ratelimited" || value["error"] == "rate_limited" {
            let wait = retry_after(&headers);
            self.set_brake(brake, wait);
            return Err(Trouble::Wait(wait));
        }
        if status >= 500 {
            return Err(Trouble::Broken(status.to_string()));
        }
        match value["ok"].as_bool() {
            Some(true) => Ok(value),
            Some(false) => {
                if let Some(messages) = value["response_metadata"]["messages"].as_array() {
                    tracing::debug!(method, ?messages, "Slack's words on a refusal");
                }
                Err(Trouble::refused(&self.quote(&value["error"]), &self.quote(&value["needed"]), || {
                    self.quote(&value["response_metadata"]["messages"][0])
                }))
            }
            None => Err(Trouble::MaybeSent(format!("the answer to {method} could not be read"))),
        }
    }

    fn braked(&self, brake: &str) -> Option<StdDuration> {
        let now = self.world.now();
        let mut brakes = self.brakes.lock().unwrap_or_else(PoisonError::into_inner);
        brakes.methods.retain(|_, until| *until > now);
        brakes.methods.get(brake).and_then(|until| (*until - now).to_std().ok())
    }

    fn set_brake(&self, brake: &str, wait: StdDuration) {
        let until = self.world.now() + Duration::from_std(wait).unwrap_or_else(|_| Duration::seconds(60));
        let mut brakes = self.brakes.lock().unwrap_or_else(PoisonError::into_inner);
        if brakes.methods.len() >= REMEMBERED_MAX {
            brakes.methods.clear();
        }
        brakes.methods.insert(brake.to_owned(), until);
    }

    /// Takes the channel's next turn: how long until then. Whoever would wait for too long takes none.
    fn stand_in_line(&self, channel: &str) -> Result<StdDuration, StdDuration> {
        let now = self.world.now();
        let gap = Duration::from_std(self.gap).unwrap_or_else(|_| Duration::seconds(1));
        let mut brakes = self.brakes.lock().unwrap_or_else(PoisonError::into_inner);
        brakes.channels.retain(|_, next| *next > now);
        if brakes.channels.len() >= REMEMBERED_MAX {
            brakes.channels.clear();
        }
        let turn = brakes.channels.get(channel).copied().unwrap_or(now);
        let wait = (turn - now).to_std().unwrap_or_default();
        if wait > LINE_MAX {
            return Err(wait);
        }
        brakes.channels.insert(channel.to_owned(), turn + gap);
        Ok(wait)
    }

    /// A word of Slack's, without our tokens.
    fn quote(&self, said: &Value) -> String {
        let tokens: Vec<&Secret> =
            [Some(&self.bot_token), self.app_token.as_ref()].into_iter().flatten().collect();
        quote(said.as_str().unwrap_or_default(), &tokens)
    }
}

/// What an answer says that has no words of Slack's.
fn answered(response: &Response) -> Result<(), Trouble> {
    let status = response.status().as_u16();
    match status {
        200..=299 => Ok(()),
        429 => Err(Trouble::Wait(retry_after(response.headers()))),
        500..=599 => Err(Trouble::Broken(status.to_string())),
        _ => {
            let error = format!("status {status}");
            Err(Trouble::Refused(Refused { error, needed: String::new(), message: String::new() }))
        }
    }
}

fn retry_after(headers: &HeaderMap) -> StdDuration {
    let seconds = headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|s| s.parse().ok());
    StdDuration::from_secs(seconds.unwrap_or(WAIT_SECONDS).clamp(1, WAIT_MAX_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_gets_the_time_it_asks_for_within_reason() {
        let wait = |text: &str| {
            let header = HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&header).as_secs()
        };
        assert_eq!(wait("30"), 30);
        assert_eq!(wait("0"), 1);
        assert_eq!(wait("18446744073709551615"), WAIT_MAX_SECONDS);
        assert_eq!(wait("soon"), WAIT_SECONDS);
        assert_eq!(retry_after(&HeaderMap::new()).as_secs(), WAIT_SECONDS);
    }
}

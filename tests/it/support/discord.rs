//! A modelled Discord with a clock that stands still, and a plain REST client for it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use commandpost::model::{
    discord::{Discord, ManualClock},
    recorder::Recorded,
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use super::{openapi::OpenApi, specs};

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub method: Method,
    pub path: String,
}

pub struct Bench {
    pub discord: Discord,
    pub clock: ManualClock,
    pub client: reqwest::Client,
}

impl Bench {
    pub async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let start: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().expect("a time");
        let clock = ManualClock::at(start);
        let discord = Discord::start(clock.clock()).await.expect("two free ports");
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(20))
            .timeout(Duration::from_secs(90))
            .build()
            .expect("a client");
        Self { discord, clock, client }
    }

    /// A call with the bot's token; `body` null sends none.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.try_call(method, path, body).await.expect("an answer")
    }
    pub async fn try_call(&self, method: Method, path: &str, body: &Value) -> reqwest::Result<Answer> {
        let url = format!("{}/api/v10{path}", self.discord.url());
        let mut request = self.client.request(method.clone(), url);
        request = request.header("authorization", format!("Bot {}", self.discord.token()));
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
        let path = path.split('?').next().unwrap_or_default().to_owned();
        Ok(Answer { status, headers, body, method, path })
    }
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &Value::Null).await
    }
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, body).await
    }
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, body).await
    }
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &Value::Null).await
    }
}

/// A verb as Discord's slash command that it stands below: `incident declare`, `record entry correct`.
pub fn slash(verb: &str) -> String {
    let first = verb.split(' ').next().unwrap_or_default();
    format!("{} {verb}", commandpost::grammar::discord_root(first))
}

/// Whatever was sent to it mentions nobody, and is as Discord describes it.
pub fn as_described(discord: &Discord, test: &str) {
    let requests = discord.requests();
    for request in requests.iter().filter(|r| matches!(r.method.as_str(), "POST" | "PATCH")) {
        let Some(body) = request.json() else { continue };
        no_mentions(&body, &request.path);
    }
    let everywhere = discord.channels().into_iter().chain(discord.threads());
    for message in everywhere.flat_map(|c| discord.messages(c.id)) {
        let none =
            message.mentions.is_empty() && message.mention_roles.is_empty() && !message.mention_everyone;
        assert!(none || message.author != discord.bot(), "{message:?}");
    }
    let Some(file) = specs::find(test, "discord/openapi.json") else { return };
    let to_the_api = |r: &Recorded| r.path.starts_with("/api/");
    let requests: Vec<Recorded> = requests.into_iter().filter(to_the_api).collect();
    assert_eq!(OpenApi::read(&file, "/api/v10").violations(&requests), Vec::<String>::new());
}

/// Whatever has text in it says that it mentions nobody.
fn no_mentions(body: &Value, path: &str) {
    for part in [body, &body["data"], &body["message"]] {
        if part.get("content").is_some() || part.get("embeds").is_some() {
            assert_eq!(part["allowed_mentions"], json!({"parse": []}), "{path}: {body}");
        }
    }
}

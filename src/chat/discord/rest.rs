//! Requests to Discord's REST API v10: with time limits, one brake for all, and no mention ever.
//!
//! serenity's own HTTP is not used: it loses `Retry-After`, waits without limit and has no time-out at all.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration as StdDuration,
};

use chrono::Duration;
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap, multipart::Form};
use serde_json::{Value, json};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit};

use super::{
    DiscordSettings,
    brakes::{Brakes, Left, Route},
    pace::Pace,
};
use crate::{
    chat::{
        files::PATIENCE,
        health::Reach,
        picture::Picture,
        trouble::lost_answer,
        websocket::{self, Socket},
        wire::{ANSWER_BYTES_MAX, body as body_of, plainly, quote},
    },
    config::Secret,
    desk::clock::World,
};

const CONNECT: StdDuration = StdDuration::from_secs(5);
/// An answer to an interaction is worth nothing after three seconds.
const CALLBACK_WITHIN: StdDuration = StdDuration::from_millis(1_200);
/// Requests wait so long for their turn. Those before them may hang, each as long as a request may take, and an errand has a minute.
const TURN_WITHIN: StdDuration = StdDuration::from_secs(5);
/// For a budget that is spent a request waits here so long, and is tried anew otherwise: no longer than the shortest pause before that
/// (`outbox/plan.rs`), as whatever else waits to go out has to wait with it.
const WAIT_HERE: StdDuration = StdDuration::from_millis(500);
/// Longest wait that an answer may impose on us.
const WAIT_MAX_SECONDS: f64 = 3_600.0;
/// Where files lie in the real Discord.
const FILES: &str = "https://cdn.discordapp.com/";

/// Why a request did not go well.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    /// No connection came about: it had no effect.
    NotSent(String),
    /// The connection broke after sending: it may have had its effect.
    MaybeSent(String),
    /// Too much was asked; not again before this time has passed.
    Wait(StdDuration),
    /// Discord refuses: status, its own code, its words.
    Refused { status: u16, code: u64, message: String },
    /// Discord itself is in trouble (5xx).
    Broken(u16),
}

impl Trouble {
    pub fn code(&self) -> u64 {
        match self {
            Self::Refused { code, .. } => *code,
            _ => 0,
        }
    }
    /// Unknown channel.
    pub fn is_channel_gone(&self) -> bool {
        self.code() == 10003
    }
    /// Unknown message.
    pub fn is_message_gone(&self) -> bool {
        self.code() == 10008
    }
    /// Missing access, missing permissions.
    pub fn is_forbidden(&self) -> bool {
        matches!(self.code(), 50001 | 50013)
    }
    /// Unknown member, unknown user.
    pub fn is_nobody(&self) -> bool {
        matches!(self.code(), 10007 | 10013)
    }
    /// Why nobody answered, or nobody who could: Discord may be away.
    fn no_answer(&self) -> Option<String> {
        matches!(self, Self::NotSent(_) | Self::MaybeSent(_) | Self::Broken(_)).then(|| self.why())
    }
    pub fn is_bad_token(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }
    pub fn why(&self) -> String {
        match self {
            Self::NotSent(why) => format!("Discord could not be reached: {why}."),
            Self::MaybeSent(why) => lost_answer("Discord", why),
            Self::Wait(after) => format!("Discord asks to wait {} s.", after.as_secs_f64().ceil()),
            Self::Refused { status: 401, .. } => {
                "Discord does not know the bot's token: set a valid one (`discord.token`) and start again."
                    .to_owned()
            }
            Self::Refused { status, code, message } => {
                format!("Discord refused with {status}, code {code}: {message}")
            }
            Self::Broken(status) => format!("Discord is in trouble itself: it answered {status}."),
        }
    }
}

/// What a request holds until its answer is there.
#[derive(Default)]
struct Admitted<'r> {
    _lane: Option<OwnedMutexGuard<()>>,
    /// Where requests go one by one, as one of them may hold all behind it.
    turn: Option<tokio::sync::MutexGuard<'r, ()>>,
    place: Option<OwnedSemaphorePermit>,
}

pub(super) struct Rest {
    client: reqwest::Client,
    base: String,
    token: Secret,
    answer_within: StdDuration,
    world: Arc<dyn World>,
    brakes: Mutex<Brakes>,
    pace: Pace,
    /// Whose turn it is where requests go one by one.
    turn: tokio::sync::Mutex<()>,
    /// Whether there are answers.
    pub reach: Reach,
}

impl Rest {
    /// # Errors
    /// When no HTTP client can be built on this machine.
    pub fn new(settings: &DiscordSettings, world: Arc<dyn World>) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(settings.answer_within)
            .pool_idle_timeout(StdDuration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("DiscordBot (commandpost, ", env!("CARGO_PKG_VERSION"), ")"))
            .build()
            .map_err(|e| format!("The HTTP client for Discord could not be built: {e}."))?;
        Ok(Self {
            client,
            base: settings.base_url.trim_end_matches('/').to_owned(),
            token: settings.token.clone(),
            answer_within: settings.answer_within,
            world,
            brakes: Mutex::default(),
            pace: Pace::default(),
            turn: tokio::sync::Mutex::default(),
            reach: Reach::default(),
        })
    }

    /// A file of a message, which lies where no token is asked for.
    pub async fn file(&self, url: &str) -> Result<Response, String> {
        if !url.starts_with(FILES) && !url.starts_with(&format!("{}/", self.base)) {
            return Err("it does not lie with Discord".into());
        }
        self.client.get(url).timeout(PATIENCE).send().await.map_err(|e| plainly(&e.without_url()))
    }

    /// A WebSocket to the gateway, at the address that it told; not yet told who we are.
    pub async fn socket(&self, url: &str) -> Result<Socket, Trouble> {
        websocket::open(&self.client, &*self.world, url).await.map_err(Trouble::NotSent)
    }

    pub async fn get(&self, path: &str) -> Result<Value, Trouble> {
        self.call(Method::GET, path, None).await
    }
    /// The answer as it came. A list may be so long that all of it should not be read at once.
    pub async fn get_unread(&self, path: &str) -> Result<Vec<u8>, Trouble> {
        self.answer(Route::of(&Method::GET, path), Method::GET, path, None, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        self.call(Method::POST, path, Some(body)).await
    }
    /// A message with a picture.
    pub async fn post_with(&self, path: &str, body: Value, picture: &Picture) -> Result<Value, Trouble> {
        let route = Route::of(&Method::POST, path);
        self.answer(route, Method::POST, path, Some(body), Some(picture)).await.map(|answer| read(&answer))
    }
    pub async fn patch(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        self.call(Method::PATCH, path, Some(body)).await
    }
    /// Another name or topic. Discord has a limit of its own for these, which must not hold up what else is changed there.
    pub async fn rename(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        let route = Route::of_name(&Method::PATCH, path);
        self.answer(route, Method::PATCH, path, Some(body), None).await.map(|answer| read(&answer))
    }
    pub async fn put(&self, path: &str, body: Option<Value>) -> Result<Value, Trouble> {
        self.call(Method::PUT, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Result<Value, Trouble> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Trouble> {
        let route = Route::of(&method, path);
        self.answer(route, method, path, body, None).await.map(|answer| read(&answer))
    }

    /// The answer as it came. `path` is below `/api/v10`.
    async fn answer(
        &self,
        route: Route,
        method: Method,
        path: &str,
        body: Option<Value>,
        picture: Option<&Picture>,
    ) -> Result<Vec<u8>, Trouble> {
        // What belongs to an interaction has its token in the path, and limits of its own.
        let of_interaction = path.starts_with("/interactions/") || path.starts_with("/webhooks/");
        let admitted = self.admitted(&route, of_interaction).await?;
        let mut request = self.client.request(method, format!("{}/api/v10{path}", self.base));
        if path.starts_with("/interactions/") {
            request = request.timeout(CALLBACK_WITHIN.min(self.answer_within));
        }
        if !of_interaction {
            request = request.header("authorization", format!("Bot {}", self.token.expose()));
        }
        if let Some(mut body) = body {
            hush(path, &mut body);
            request = match picture {
                None => request.json(&body),
                Some(picture) => request.multipart(
                    Form::new().text("payload_json", body.to_string()).part("files[0]", picture.part()),
                ),
            };
        }
        let done = self.reach.noting(&*self.world, self.sent(&route, request), Trouble::no_answer).await;
        self.pace.answered(admitted.place);
        // A refusal is as good a sign as a yes that the limit does not bite.
        if admitted.turn.is_some() && matches!(done, Ok(_) | Err(Trouble::Refused { .. })) {
            self.brakes().got_through();
        }
        done
    }

    /// Waits until a request may go, unless that is too long.
    async fn admitted(&self, route: &Route, of_interaction: bool) -> Result<Admitted<'_>, Trouble> {
        if of_interaction {
            let wait = self.brake(route, of_interaction);
            return wait.map_or_else(|| Ok(Admitted::default()), |wait| Err(Trouble::Wait(wait)));
        }
        let lane = loop {
            let budget = self.brakes().budget(route);
            let lane = in_time(self.pace.lane(budget.clone())).await?;
            // Which it is may have been told meanwhile.
            if self.brakes().budget(route) == budget {
                break lane;
            }
        };
        let mut patience = WAIT_HERE;
        loop {
            let turn = self.turn().await?;
            let place = in_time(self.pace.place()).await?;
            let Some(wait) = self.brake(route, of_interaction) else {
                return Ok(Admitted { _lane: Some(lane), turn, place });
            };
            // Those of other budgets go meanwhile.
            drop((turn, place));
            patience = patience.checked_sub(wait).ok_or(Trouble::Wait(wait))?;
            tokio::time::sleep(wait).await;
        }
    }

    /// The turn of a request, where they go one by one.
    async fn turn(&self) -> Result<Option<tokio::sync::MutexGuard<'_, ()>>, Trouble> {
        if !self.brakes().is_one_by_one(self.world.now()) {
            return Ok(None);
        }
        in_time(self.turn.lock()).await.map(Some)
    }

    async fn sent(&self, route: &Route, request: RequestBuilder) -> Result<Vec<u8>, Trouble> {
        let response = request.send().await.map_err(|e| {
            // The address may have an interaction's token in it.
            let e = e.without_url();
            let why = plainly(&e);
            if e.is_connect() || e.is_builder() { Trouble::NotSent(why) } else { Trouble::MaybeSent(why) }
        })?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = body_of(response, ANSWER_BYTES_MAX).await.unwrap_or_default();
        let is_done = (200..=299).contains(&status);
        let value = if is_done { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(Value::Null) };
        self.note_limits(route, status, &headers, &value);
        match status {
            _ if is_done => Ok(bytes),
            429 => Err(Trouble::Wait(retry_after(&headers, &value))),
            500..=599 => Err(Trouble::Broken(status)),
            _ => Err(Trouble::Refused {
                status,
                code: value["code"].as_u64().unwrap_or(0),
                message: self.quote(&value),
            }),
        }
    }

    /// How long this route, or everything, must wait.
    fn brake(&self, route: &Route, of_interaction: bool) -> Option<StdDuration> {
        let now = self.world.now();
        self.brakes().wait(route, of_interaction, now)?.to_std().ok()
    }

    fn brakes(&self) -> MutexGuard<'_, Brakes> {
        self.brakes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_limits(&self, route: &Route, status: u16, headers: &HeaderMap, value: &Value) {
        let now = self.world.now();
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let mut brakes = self.brakes();
        // The last call that was left: the next would be refused.
        let none_until = (header("x-ratelimit-remaining") == Some("0"))
            .then(|| header("x-ratelimit-reset-after")?.parse::<f64>().ok())
            .flatten()
            .map(|seconds| now + Duration::milliseconds(milliseconds(seconds)))
            .filter(|_| status != 429);
        brakes.note(route, Left { bucket: header("x-ratelimit-bucket"), none_until });
        if status != 429 {
            return;
        }
        let until =
            now + Duration::from_std(retry_after(headers, value)).unwrap_or_else(|_| Duration::seconds(60));
        // An answer that is not JSON comes from the wall before Discord, and that one shuts out everything.
        if value["global"] == true || headers.contains_key("x-ratelimit-global") || value.is_null() {
            tracing::warn!(%until, "Discord's limit for the whole bot is reached; everything waits");
            brakes.hold_all(until);
        } else {
            brakes.hold(route, until);
        }
    }

    /// What Discord says of its refusal: one line, capped, without our token.
    fn quote(&self, value: &Value) -> String {
        let mut said = value["message"].as_str().unwrap_or("no reason given").to_owned();
        if let Some(errors) = value.get("errors") {
            said = format!("{said} {errors}");
        }
        quote(&said, &[&self.token])
    }
}

/// A 2xx whose body cannot be read is null: it was done.
fn read(answer: &[u8]) -> Value {
    serde_json::from_slice(answer).unwrap_or(Value::Null)
}

/// What comes of waiting for a turn, if it comes in time.
async fn in_time<T>(waiting: impl Future<Output = T>) -> Result<T, Trouble> {
    tokio::time::timeout(TURN_WITHIN, waiting).await.map_err(|_| Trouble::Wait(TURN_WITHIN))
}

/// As it is sent to `path`, where another way leads there.
pub(super) fn hushed(path: &str, mut body: Value) -> Value {
    hush(path, &mut body);
    body
}

/// `allowed_mentions` that allow none, wherever a message is in the body: Discord reads mentions if they are left out.
fn hush(path: &str, body: &mut Value) {
    let message = if path.starts_with("/interactions/") {
        matches!(body["type"].as_u64(), Some(4 | 7)).then(|| &mut body["data"])
    } else if path.ends_with("/threads") {
        body.get_mut("message")
    } else {
        (path.contains("/messages") || path.starts_with("/webhooks/")).then_some(body)
    };
    if let Some(message) = message.filter(|m| m.is_object()) {
        message["allowed_mentions"] = json!({"parse": []});
    }
}

fn milliseconds(seconds: f64) -> i64 {
    (seconds.clamp(0.0, WAIT_MAX_SECONDS) * 1_000.0).ceil() as i64
}

fn retry_after(headers: &HeaderMap, value: &Value) -> StdDuration {
    let header = headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|s| s.parse().ok());
    // The body has fractions of a second, the header whole ones.
    let seconds = value["retry_after"].as_f64().or(header).unwrap_or(5.0);
    StdDuration::from_millis(milliseconds(seconds).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{config, desk::clock::System};

    /// A Discord that answers by the path that is asked for; returns its address.
    async fn discord() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = [0; 4_096];
                let length = socket.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let (status, body) = match request.split(' ').nth(1) {
                    Some("/api/v10/limited") => (429, r#"{"global": true, "retry_after": 0}"#),
                    Some("/api/v10/broken") => (502, "{}"),
                    Some("/api/v10/refused") => (404, r#"{"code": 10008, "message": "Unknown Message"}"#),
                    _ => (200, "{}"),
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        url
    }

    #[tokio::test]
    async fn a_refusal_shows_as_a_yes_does_that_the_limit_of_the_whole_bot_is_over() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let discord: config::Discord = toml::from_str(&format!(
            "base_url = \"{}\"\napplication_id = \"2\"\nguild_id = \"3\"\nchannel_id = \"4\"",
            discord().await
        ))
        .unwrap();
        let settings = DiscordSettings::from_config(&discord, "token".into(), &[]);
        for path in ["/refused", "/done"] {
            let mut rest = Rest::new(&settings, Arc::new(System)).unwrap();
            rest.pace = Pace::of(1_000, StdDuration::ZERO);
            let is_one_by_one = || rest.brakes().is_one_by_one(rest.world.now());
            assert_eq!(rest.get("/limited").await, Err(Trouble::Wait(StdDuration::ZERO)));
            // Whoever does not answer says nothing of it.
            for _ in 0..60 {
                assert_eq!(rest.get("/broken").await, Err(Trouble::Broken(502)));
            }
            assert!(is_one_by_one());
            let mut answered = 0;
            while is_one_by_one() {
                let done = rest.get(path).await;
                assert!(matches!(done, Ok(_) | Err(Trouble::Refused { status: 404, .. })), "{done:?}");
                answered += 1;
            }
            assert_eq!(answered, 50, "{path}");
        }
    }

    #[test]
    fn no_message_leaves_without_its_mentions_switched_off() {
        let none = json!({"parse": []});
        for (path, body, at) in [
            ("/channels/1/messages", json!({"content": "x"}), ""),
            (
                "/channels/1/messages/2",
                json!({"content": "x", "allowed_mentions": {"parse": ["everyone"]}}),
                "",
            ),
            ("/webhooks/1/t", json!({"content": "x"}), ""),
            ("/webhooks/1/t/messages/@original", json!({"content": "x"}), ""),
            ("/interactions/1/t/callback", json!({"type": 4, "data": {"content": "x"}}), "/data"),
            ("/channels/1/threads", json!({"name": "n", "message": {"content": "x"}}), "/message"),
        ] {
            let mut body = body;
            hush(path, &mut body);
            assert_eq!(body.pointer(&format!("{at}/allowed_mentions")), Some(&none), "{path}");
        }
        let mut thread = json!({"name": "n"});
        hush("/channels/1/messages/2/threads", &mut thread);
        assert_eq!(thread, json!({"name": "n"}), "a thread's name mentions nobody");
    }
}

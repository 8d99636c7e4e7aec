//! Requests to the homeserver's Client-Server API: with time limits, one brake for all, and no mention ever.
//!
//! After <https://spec.matrix.org/latest/client-server-api/>. What is sent has a transaction id, so that the same
//! request may be made again whenever its answer was lost.

use std::{sync::Arc, time::Duration as StdDuration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    chat::{
        files::PATIENCE,
        picture::Picture,
        trouble::{AFTER_MISTAKE, Limiting, patiently},
        wire::{ANSWER_BYTES_MAX, Brake, TOO_LATE, TOTAL, body as body_of, client, plainly, quote},
    },
    config::Secret,
    desk::clock::World,
    outbox::port::Outcome,
};

/// The homeserver holds a question for news open so long.
pub(super) const LISTEN: StdDuration = StdDuration::from_secs(25);
/// Longest wait that an answer may impose on us, in milliseconds.
const WAIT_MAX_MS: u64 = 3_600_000;
/// Where an answer of 429 names no time.
const WAIT_MS: u64 = 5_000;
/// Where a homeserver has files, if it does not know the way of today.
const OLDER_MEDIA: &str = "/_matrix/media/v3/download";
/// RFC 3986, section 2.3: what need not be encoded in a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An id as a part of a path.
pub(super) fn part(id: &str) -> String {
    utf8_percent_encode(id, PART).to_string()
}

/// Why a request did not go well.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    /// No connection, or it broke: it may have had its effect, and may be made again.
    Lost(String),
    /// Too much was asked; not again before this time has passed.
    Wait(StdDuration),
    /// The homeserver refuses: status, the code that the specification gives it, its words.
    Refused { status: u16, code: String, message: String },
    /// The homeserver itself is in trouble (5xx).
    Broken(u16),
}

impl Trouble {
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            _ => "",
        }
    }
    pub fn is_forbidden(&self) -> bool {
        self.code() == "M_FORBIDDEN"
    }
    pub fn is_not_found(&self) -> bool {
        self.code() == "M_NOT_FOUND"
    }
    pub fn is_bad_request(&self) -> bool {
        matches!(self, Self::Refused { status: 400, code, .. } if !code.is_empty())
    }
    pub fn why(&self) -> String {
        match self {
            Self::Lost(why) if why == TOO_LATE => "The Matrix homeserver did not answer in time.".to_owned(),
            Self::Lost(why) => format!("The Matrix homeserver did not answer: {why}."),
            Self::Wait(after) => {
                format!("The Matrix homeserver asks to wait {} s.", after.as_secs_f64().ceil())
            }
            Self::Refused { code, .. } if code == "M_UNKNOWN_TOKEN" || code == "M_MISSING_TOKEN" => {
                "The Matrix homeserver does not know the bot's access token: set a valid one \
                 (`matrix.access_token`) and start again."
                    .to_owned()
            }
            Self::Refused { status, code, .. } if code.is_empty() => format!(
                "What answers at `matrix.homeserver` is no Matrix homeserver: it said {status} and no more."
            ),
            Self::Refused { status, code, message } => {
                format!("The Matrix homeserver refused with {status} {code}: {message}")
            }
            Self::Broken(status) => {
                format!("The Matrix homeserver is in trouble itself: it answered {status}.")
            }
        }
    }

    /// What becomes of an errand. `doing` fits in "The bot may not … the room".
    pub fn outcome(&self, doing: &str, room: &str) -> Outcome {
        let why = self.why();
        match self {
            Self::Wait(after) => Outcome::Retry { after: Some(*after), why },
            Self::Lost(_) | Self::Broken(_) => Outcome::Retry { after: None, why },
            Self::Refused { code, .. } if code.is_empty() || code.ends_with("_TOKEN") => {
                Outcome::Retry { after: Some(AFTER_MISTAKE), why }
            }
            Self::Refused { message, .. } if self.is_forbidden() => Outcome::Forbidden {
                why: format!(
                    "The bot may not {doing} the room {room} ({message}). Invite it there, or give it the power level; \
                     it is tried again by itself."
                ),
            },
            Self::Refused { .. } => Outcome::Failed { why },
        }
    }
}

impl Limiting for Trouble {
    fn wait(&self) -> Option<StdDuration> {
        match self {
            Self::Wait(after) => Some(*after),
            _ => None,
        }
    }
}

pub(super) struct Rest {
    client: reqwest::Client,
    base: String,
    token: Secret,
    world: Arc<dyn World>,
    brake: Brake,
}

impl Rest {
    /// # Errors
    /// When no HTTP client can be built on this machine.
    pub fn new(base: &str, token: Secret, world: Arc<dyn World>) -> Result<Self, String> {
        Ok(Self { client: client("Matrix")?, base: base.to_owned(), token, world, brake: Brake::default() })
    }

    pub async fn get(&self, path: &str) -> Result<Value, Trouble> {
        self.call(Method::GET, path, &[], None, TOTAL).await
    }
    pub async fn ask(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Trouble> {
        self.call(Method::GET, path, query, None, TOTAL).await
    }
    /// What is new. The question is held open until there is something.
    pub async fn listen(&self, query: &[(&str, String)]) -> Result<Value, Trouble> {
        self.call(Method::GET, "/sync", query, None, LISTEN + TOTAL).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        self.call(Method::POST, path, &[], Some(body), TOTAL).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        self.call(Method::PUT, path, &[], Some(body), TOTAL).await
    }

    /// What was put in the place of an event, the newest first: a page of at most a hundred.
    pub async fn replacing(&self, room: &str, event: &str, from: Option<String>) -> Result<Value, Trouble> {
        let mut query = vec![("limit", "100".to_owned())];
        query.extend(from.map(|from| ("from", from)));
        let below = format!("rooms/{}/relations/{}/m.replace", part(room), part(event));
        let request = self.client.get(format!("{}/_matrix/client/v1/{below}", self.base));
        self.sent(request.timeout(TOTAL).query(&query), true).await
    }

    /// A file that a message names by its `mxc://` address: the way of today, where a homeserver does not know it the older one.
    /// One that `is_encrypted` by the older way alone, on which a proxy decrypts it: the sum of a closed file would be of no use.
    pub async fn media(&self, address: &str, is_encrypted: bool) -> Result<Response, String> {
        let (server, id) = address
            .strip_prefix("mxc://")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| "it has no address of Matrix".to_owned())?;
        let file = format!("{}/{}", part(server), part(id));
        let ask = async |path: &str| {
            let token = format!("Bearer {}", self.token.expose());
            let request = self.client.get(format!("{}{path}/{file}", self.base)).timeout(PATIENCE);
            request.header("authorization", token).send().await.map_err(|e| plainly(&e.without_url()))
        };
        if is_encrypted {
            return ask(OLDER_MEDIA).await;
        }
        match ask("/_matrix/client/v1/media/download").await? {
            answer if answer.status() == StatusCode::NOT_FOUND => ask(OLDER_MEDIA).await,
            answer => Ok(answer),
        }
    }

    /// Puts a picture on the homeserver; returns its `mxc://` address.
    pub async fn upload(&self, picture: &Picture) -> Result<String, Trouble> {
        let request = self.client.post(format!("{}/_matrix/media/v3/upload", self.base));
        let request = request.query(&[("filename", &picture.name)]).header("content-type", "image/png");
        let put = self.sent(request.timeout(PATIENCE).body(picture.png.clone()), false).await?;
        let lost = || Trouble::Lost("the answer to a picture could not be read".into());
        put["content_uri"].as_str().map(str::to_owned).ok_or_else(lost)
    }

    /// What nothing else waits for.
    pub async fn patiently(&self, method: Method, path: &str, body: Value) -> Result<Value, Trouble> {
        patiently(|| self.call(method.clone(), path, &[], Some(body.clone()), TOTAL)).await
    }

    /// Sends a message under a transaction id; returns the event's id. Mentions are switched off.
    pub async fn send(&self, room: &str, txn: &str, mut content: Value) -> Result<String, Trouble> {
        hush(&mut content);
        let path = format!("/rooms/{}/send/m.room.message/{}", part(room), part(txn));
        let sent = self.put(&path, content).await?;
        let lost = || Trouble::Lost("the answer to a message could not be read".into());
        // Made again under the same transaction id, it gets the same answer.
        sent["event_id"].as_str().map(str::to_owned).ok_or_else(lost)
    }

    /// Puts a sign on an event under a transaction id. One that is there already is as good.
    pub async fn mark(&self, room: &str, txn: &str, event: &str, sign: &str) -> Result<(), Trouble> {
        let relates = json!({"rel_type": "m.annotation", "event_id": event, "key": sign});
        let path = format!("/rooms/{}/send/m.reaction/{}", part(room), part(txn));
        match self.put(&path, json!({ "m.relates_to": relates })).await {
            Err(trouble) if trouble.code() == "M_DUPLICATE_ANNOTATION" => Ok(()),
            put => put.map(drop),
        }
    }

    /// `path` is below `/_matrix/client/v3`.
    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<Value>,
        limit: StdDuration,
    ) -> Result<Value, Trouble> {
        let is_reading = method == Method::GET;
        let mut request = self
            .client
            .request(method, format!("{}/_matrix/client/v3{path}", self.base))
            .timeout(limit)
            .query(query);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.sent(request, is_reading).await
    }

    async fn sent(&self, request: RequestBuilder, is_reading: bool) -> Result<Value, Trouble> {
        if let Some(wait) = self.brake.left(self.world.now()).filter(|_| !is_reading) {
            return Err(Trouble::Wait(wait));
        }
        let request = request.header("authorization", format!("Bearer {}", self.token.expose()));
        let response = request.send().await.map_err(|e| Trouble::Lost(plainly(&e.without_url())))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = body_of(response, ANSWER_BYTES_MAX).await.map_err(Trouble::Lost)?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        match status {
            200..=299 if value.is_object() => Ok(value),
            200..=299 => Err(Trouble::Lost("the answer could not be read".into())),
            429 => {
                let wait = retry_after(&headers, &value);
                if !is_reading {
                    self.brake.set(self.world.now(), wait);
                }
                Err(Trouble::Wait(wait))
            }
            500..=599 => Err(Trouble::Broken(status)),
            _ => Err(Trouble::Refused {
                status,
                code: value["errcode"].as_str().unwrap_or_default().chars().take(60).collect(),
                message: self.quote(&value),
            }),
        }
    }

    /// What the homeserver says of its refusal, without our token.
    fn quote(&self, value: &Value) -> String {
        quote(value["error"].as_str().unwrap_or("no reason given"), &[&self.token])
    }
}

/// An empty list of mentions, in the message and in what it puts in place of another: without it, words of the body
/// would be searched for names and for everybody.
fn hush(content: &mut Value) {
    content["m.mentions"] = json!({});
    if content["m.new_content"].is_object() {
        content["m.new_content"]["m.mentions"] = json!({});
    }
}

fn retry_after(headers: &HeaderMap, value: &Value) -> StdDuration {
    let header = headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|s| s.parse::<u64>().ok());
    let ms = value["retry_after_ms"].as_u64().or(header.map(|s| s.saturating_mul(1_000)));
    StdDuration::from_millis(ms.unwrap_or(WAIT_MS).min(WAIT_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_leaves_without_its_mentions_switched_off() {
        let mut content = json!({"body": "x", "m.mentions": {"room": true},
            "m.new_content": {"body": "x", "m.mentions": {"user_ids": ["@a:b"]}}});
        hush(&mut content);
        assert_eq!(content["m.mentions"], json!({}));
        assert_eq!(content["m.new_content"]["m.mentions"], json!({}));
    }

    #[test]
    fn a_homeserver_that_asks_for_time_gets_it_within_reason() {
        let wait = |value: Value| retry_after(&HeaderMap::new(), &value).as_millis();
        assert_eq!(wait(json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1_234})), 1_234);
        assert_eq!(wait(json!({"retry_after_ms": u64::MAX})), u128::from(WAIT_MAX_MS));
        assert_eq!(wait(json!({"retry_after_ms": "soon"})), u128::from(WAIT_MS));
        let header = HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, "7".parse().unwrap())]);
        assert_eq!(retry_after(&header, &Value::Null).as_secs(), 7);
    }

    #[test]
    fn an_id_is_one_part_of_a_path_whatever_is_in_it() {
        assert_eq!(part("!a/../b:c?d"), "%21a%2F..%2Fb%3Ac%3Fd");
    }

    #[test]
    fn what_may_have_arrived_is_sent_again_and_what_cannot_arrive_is_not() {
        let refused =
            |status, code: &str| Trouble::Refused { status, code: code.into(), message: "m".into() };
        let retries = |trouble: Trouble| trouble.outcome("write in", "!r:s").is_tried_again();
        for trouble in [
            Trouble::Lost("x".into()),
            Trouble::Broken(502),
            Trouble::Wait(StdDuration::from_secs(1)),
            refused(401, "M_UNKNOWN_TOKEN"),
            refused(403, "M_FORBIDDEN"),
            refused(404, ""),
        ] {
            assert!(retries(trouble.clone()), "{trouble:?}");
        }
        assert!(!retries(refused(413, "M_TOO_LARGE")));
    }
}

//! Telling the app: by its newest socket, or over HTTP with a signature. What is not acknowledged within three seconds did
//! not get through: an event is told again, a person is shown that there was no answer.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    Shared, SlackModel,
    world::{Out, Told, Whisper, World},
};

const ACK_MS: i64 = 3_000;
const RETRIES_MAX: u32 = 3;
/// What a person is shown in place of an answer.
const NO_ANSWER: &str = "/incident failed with the error \"operation_timeout\"";

impl SlackModel {
    /// Tells the app; returns the number under which the acknowledgement comes.
    pub(super) fn tell(&self, kind: &'static str, payload: impl FnOnce(&mut World) -> Value) -> String {
        let id = self.with(|w| {
            let payload = payload(w);
            let id = w.id('E');
            w.told.insert(id.clone(), Told { kind, payload, at: w.now, retries: 0, ack: None });
            id
        });
        self.send(&id);
        id
    }

    pub(super) fn repeat(&self, id: &str) {
        self.with(|w| {
            if let Some(told) = w.told.get_mut(id) {
                told.retries += 1;
                told.at = w.now;
            }
        });
        self.send(id);
    }

    fn send(&self, id: &str) {
        let over_http = self.with(|w| {
            if w.app_url.is_none() {
                w.send_by_socket(id);
            }
            w.app_url.clone()
        });
        if let Some(url) = over_http {
            tokio::spawn(post(self.shared.clone(), url, id.to_owned()));
        }
    }
}

impl World {
    /// By the newest socket. Without one a command gets no answer, and an event waits for the next socket.
    pub(super) fn send_by_socket(&mut self, id: &str) {
        let Some(told) = self.told.get(id) else { return };
        let envelope = json!({
            "envelope_id": id, "type": told.kind, "payload": told.payload,
            "accepts_response_payload": takes_answer(told),
            "retry_attempt": told.retries, "retry_reason": if told.retries > 0 { "timeout" } else { "" },
        });
        let sent = self.sockets.values().next_back().map(|s| s.send(Out::Text(envelope.to_string())).is_ok());
        if sent != Some(true) && told.kind == "slash_commands" {
            let (user, channel) = (text(&told.payload["user_id"]), text(&told.payload["channel_id"]));
            self.no_answer(user, channel);
        }
    }
    /// Events that nobody acknowledged are told to a socket that is new.
    pub(super) fn tell_again(&mut self) {
        let waiting: Vec<String> = self
            .told
            .iter_mut()
            .filter(|(_, told)| told.ack.is_none() && told.kind == "events_api")
            .map(|(id, told)| {
                told.retries += 1;
                id.clone()
            })
            .collect();
        for id in waiting {
            let now = self.now;
            if let Some(told) = self.told.get_mut(&id) {
                told.at = now;
            }
            self.send_by_socket(&id);
        }
    }
    fn no_answer(&mut self, user: String, channel: String) {
        self.whispers.push(Whisper { user, channel: Some(channel), thread: None, text: NO_ANSWER.into() });
    }

    /// An acknowledgement came. After three seconds it is none any more.
    pub(super) fn acknowledge(&mut self, id: &str, payload: Value) {
        let now = self.now;
        let Some(told) = self.told.get_mut(id) else { return };
        if told.ack.is_some() {
            return;
        }
        let is_command = told.kind == "slash_commands";
        let (user, channel) = (text(&told.payload["user_id"]), text(&told.payload["channel_id"]));
        if (now - told.at).num_milliseconds() > ACK_MS {
            if is_command {
                self.no_answer(user, channel);
            }
            return;
        }
        told.ack = Some(payload.clone());
        if let Some(text) = payload["text"].as_str().filter(|_| is_command && !payload["text"].is_null()) {
            let text = text.to_owned();
            self.whispers.push(Whisper { user, channel: Some(channel), thread: None, text });
        }
    }
}

fn takes_answer(told: &Told) -> bool {
    told.kind == "slash_commands" || told.payload["type"] == "view_submission"
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `v0=…` over the body.
pub(super) fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("v0:{timestamp}:").as_bytes());
    mac.update(body);
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

/// One request and its retries.
async fn post(shared: Shared, app: String, id: String) {
    let Ok(client) = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_millis(3_500))
        .build()
    else {
        return;
    };
    for attempt in 0..=RETRIES_MAX {
        let (secret, timestamp, told) = {
            let mut world = shared.world();
            world.now = (shared.now)();
            let now = world.now;
            let Some(told) = world.told.get_mut(&id) else { return };
            (told.at, told.retries) = (now, told.retries.max(attempt));
            let told = told.clone();
            (world.signing_secret.clone(), now.timestamp().to_string(), told)
        };
        let (path, kind, body) = match told.kind {
            "slash_commands" => ("commands", "application/x-www-form-urlencoded", form(&told.payload)),
            "interactive" => {
                let payload = json!({"payload": told.payload.to_string()});
                ("interactions", "application/x-www-form-urlencoded", form(&payload))
            }
            _ => ("events", "application/json", told.payload.to_string()),
        };
        let mut request = client
            .post(format!("{app}/{path}"))
            .header("content-type", kind)
            .header("x-slack-signature", signature(secret.expose(), &timestamp, body.as_bytes()))
            .header("x-slack-request-timestamp", timestamp);
        if told.retries > 0 {
            request = request
                .header("x-slack-retry-num", told.retries.to_string())
                .header("x-slack-retry-reason", "http_timeout");
        }
        let answer = match request.body(body).send().await {
            Ok(response) if response.status().is_success() => response.bytes().await.ok(),
            _ => None,
        };
        if settled(&shared, &id, &told, answer.as_deref()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Whether there is nothing more to do about it.
fn settled(shared: &Shared, id: &str, told: &Told, answer: Option<&[u8]>) -> bool {
    let mut world = shared.world();
    world.now = (shared.now)();
    if let Some(bytes) = answer {
        world.acknowledge(id, serde_json::from_slice(bytes).unwrap_or_else(|_| json!({})));
        return true;
    }
    if told.kind == "slash_commands" {
        world.no_answer(text(&told.payload["user_id"]), text(&told.payload["channel_id"]));
    }
    told.kind != "events_api"
}

fn form(fields: &Value) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.as_object().into_iter().flatten() {
        form.append_pair(name, value.as_str().unwrap_or_default());
    }
    form.finish()
}

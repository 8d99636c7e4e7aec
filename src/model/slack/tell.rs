//! Telling the app: by its newest socket, or over HTTP with a signature. What is not acknowledged within three seconds did
//! not get through: an event is told again, a person is shown that there was no answer.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    Shared, SlackModel,
    world::{Message, Out, Told, Whisper, World},
};

const RETRIES_MAX: u32 = 3;
/// What a person is shown in place of an answer.
const NO_ANSWER: &str = "/incident failed with the error \"operation_timeout\"";

impl SlackModel {
    /// Tells the app; returns the number under which the acknowledgement comes.
    pub(super) fn tell(&self, kind: &'static str, payload: impl FnOnce(&mut World) -> Value) -> String {
        let id = self.with(|w| {
            let payload = payload(w);
            w.is_to_be_told(kind, payload)
        });
        self.shared.send_all();
        id
    }

    pub(super) fn repeat(&self, id: &str) {
        self.with(|w| {
            if let Some(told) = w.told.get_mut(id) {
                told.retries += 1;
                told.at = w.now;
                w.unsent.push(id.to_owned());
            }
        });
        self.shared.send_all();
    }
}

impl Shared {
    /// Sends what is to be told, by socket or over HTTP.
    pub(super) fn send_all(&self) {
        let mut world = self.world();
        for id in std::mem::take(&mut world.unsent) {
            match world.app_url.clone() {
                Some(url) => drop(tokio::spawn(post(self.clone(), url, id))),
                None => world.send_by_socket(&id),
            }
        }
    }
}

impl World {
    /// The app is to be told this; returns the number under which the acknowledgement comes.
    fn is_to_be_told(&mut self, kind: &'static str, payload: Value) -> String {
        let id = self.id('E');
        self.told.insert(id.clone(), Told { kind, payload, at: self.now, retries: 0, ack: None });
        self.unsent.push(id.clone());
        id
    }
    /// Of every message the app is told, people's and its own, where it is in the channel.
    pub(super) fn tell_of(&mut self, channel: &str, message: &Message) -> String {
        let mut event = self.message_json(message);
        if !message.files.is_empty() {
            event["subtype"] = json!("file_share");
        }
        self.tell_in(channel, &message.ts, event)
    }
    pub(super) fn tell_of_change(&mut self, channel: &str, before: &Message, now: &Message) -> String {
        let at = self.ts();
        let event = json!({
            "type": "message", "subtype": "message_changed", "hidden": true, "ts": at,
            "message": self.message_json(now), "previous_message": self.message_json(before),
        });
        self.tell_in(channel, &at, event)
    }
    /// Returns the number of the acknowledgement; none where the app is not in the channel.
    fn tell_in(&mut self, channel: &str, at: &str, mut event: Value) -> String {
        let found = self.channels.get(channel).filter(|found| found.members.contains(&self.bot_user));
        let Some(found) = found else { return String::new() };
        event["channel_type"] = json!(if found.is_private { "group" } else { "channel" });
        (event["channel"], event["event_ts"]) = (json!(channel), json!(at));
        let payload = self.event_json(event);
        self.is_to_be_told("events_api", payload)
    }
    /// By the newest socket. Without one a command gets no answer, and an event waits for the next socket.
    fn send_by_socket(&mut self, id: &str) {
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
        let (now, patience_ms) = (self.now, self.patience_ms);
        let Some(told) = self.told.get_mut(id) else { return };
        if told.ack.is_some() {
            return;
        }
        let is_command = told.kind == "slash_commands";
        let (user, channel) = (text(&told.payload["user_id"]), text(&told.payload["channel_id"]));
        if (now - told.at).num_milliseconds() > patience_ms {
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
    let patience_ms = u64::try_from(shared.world().patience_ms).unwrap_or_default();
    let limit = Duration::from_millis(patience_ms + 500);
    let Ok(client) = reqwest::Client::builder().connect_timeout(limit).timeout(limit).build() else {
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

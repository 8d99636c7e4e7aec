//! Socket Mode: hears Slack over a WebSocket that we open, so that nothing of ours need be reached from outside.
//!
//! After <https://docs.slack.dev/apis/events-api/using-socket-mode>. Slack asks for another connection every few hours
//! (`disconnect`); the next is opened before the last is given up, so that nothing falls between the two. What comes by
//! both is done once.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_tungstenite::tungstenite::Message;

use super::{NAME, SlackDoor, answer::Ack, heard::Way, trouble::Trouble};
use crate::chat::{bring::catch_up, trouble::AFTER_MISTAKE, websocket::Socket, wire::plainly};

const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 30_000;
/// A connection that lived this long was a good one.
const STEADY: chrono::TimeDelta = chrono::TimeDelta::seconds(30);
const HELLO_PATIENCE: Duration = Duration::from_secs(15);
/// We ask for a sign of life this often, and give the connection up when there was none for twice as long.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A connection that was replaced brings out its acknowledgements, and ends.
const DRAIN: Duration = Duration::from_secs(10);

/// What becomes of a connection.
enum Turn {
    /// Another one is wanted.
    Refresh,
    /// It is gone; the sentence says why.
    Gone(String, Option<Duration>),
}

/// A connection's number and what becomes of it.
type Turns = mpsc::UnboundedSender<(u64, Turn)>;

impl SlackDoor {
    /// Keeps a socket open until the door is stopped.
    pub(super) async fn listen_by_socket(self: Arc<Self>) {
        let (turns, mut turned) = mpsc::unbounded_channel();
        let mut connections = JoinSet::new();
        let (mut number, mut failures) = (0_u64, 0_u32);
        while !self.stop.is_cancelled() {
            number += 1;
            let opened = tokio::select! {
                () = self.stop.cancelled() => break,
                opened = self.open_socket() => opened,
            };
            let pause = match opened {
                Ok(socket) => {
                    let opened_at = self.desk.world.now();
                    let (door, turns) = (self.clone(), turns.clone());
                    connections.spawn(async move { door.converse(socket, number, turns).await });
                    if self.standing.set_connected(true, self.desk.world.now()) {
                        tracing::info!("the socket to Slack is open");
                        let door = self.clone();
                        tokio::spawn(async move { door.learn_team().await });
                        catch_up(&self.desk, NAME).await;
                    }
                    // Until it is to be replaced; what becomes of those before it is of no matter.
                    let turn = loop {
                        tokio::select! {
                            () = self.stop.cancelled() => break None,
                            Some((of, turn)) = turned.recv() => if of == number { break Some(turn) },
                            Some(_) = connections.join_next() => {}
                        }
                    };
                    let is_steady = self.desk.world.now() - opened_at >= STEADY;
                    if is_steady {
                        failures = 0;
                    }
                    match turn {
                        None => break,
                        Some(Turn::Refresh) if is_steady => continue,
                        // It hears on for a while. One that is to be replaced at once, over and over, gets a pause.
                        Some(Turn::Refresh) => Duration::ZERO,
                        Some(Turn::Gone(why, after)) => self.is_deaf(why, after),
                    }
                }
                Err(trouble) => {
                    let after = trouble.is_bad_token().then_some(AFTER_MISTAKE);
                    let after = if let Trouble::Wait(wait) = trouble { Some(wait) } else { after };
                    self.is_deaf(trouble.why(), after)
                }
            };
            let full = FIRST_PAUSE_MS.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE_MS);
            let own = Duration::from_millis((full as f64 * (0.5 + 0.5 * self.desk.world.chance())) as u64);
            failures = failures.saturating_add(1);
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep(own.max(pause)) => {}
            }
        }
        drop(turns);
        // Each ends by itself: it hears the door close.
        while connections.join_next().await.is_some() {}
        self.standing.set_connected(false, self.desk.world.now());
    }

    /// Nothing is heard any more; returns how long at least that will be so.
    fn is_deaf(&self, why: String, after: Option<Duration>) -> Duration {
        if self.standing.set_connected(false, self.desk.world.now()) {
            tracing::warn!("nothing is heard from Slack: {why}");
        }
        self.standing.error(why);
        after.unwrap_or_default()
    }

    /// A socket that has said hello.
    async fn open_socket(&self) -> Result<Socket, Trouble> {
        let mut socket = self.rest.socket().await?;
        let hello = async {
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Text(text) = message {
                    return serde_json::from_str::<Value>(text.as_str()).unwrap_or_default();
                }
            }
            Value::Null
        };
        let hello = tokio::time::timeout(HELLO_PATIENCE, hello).await.unwrap_or_default();
        if hello["type"] == "hello" {
            Ok(socket)
        } else {
            Err(Trouble::NotSent("the socket says no hello".into()))
        }
    }

    async fn converse(self: Arc<Self>, socket: Socket, number: u64, turns: Turns) {
        let (mut out, mut heard) = socket.split();
        let (acks, mut to_send) = mpsc::unbounded_channel::<(Value, Ack)>();
        let mut ticks = tokio::time::interval(PING_EVERY);
        ticks.reset();
        let (mut silent_ticks, mut draining) = (0_u8, false);
        let say = |turn| drop(turns.send((number, turn)));
        let drained = tokio::time::sleep(Duration::from_secs(u64::from(u32::MAX)));
        tokio::pin!(drained);
        let gone = loop {
            tokio::select! {
                message = heard.next() => {
                    silent_ticks = 0;
                    let text = match message {
                        Some(Ok(Message::Text(text))) => text,
                        Some(Ok(Message::Close(_))) | None => break "Slack closed the socket".to_owned(),
                        Some(Ok(_)) => continue,
                        Some(Err(error)) => break format!("the socket broke: {}", plainly(&error)),
                    };
                    let Ok(envelope) = serde_json::from_str::<Value>(text.as_str()) else { continue };
                    if envelope["type"] == "disconnect" {
                        let reason = envelope["reason"].as_str().unwrap_or_default();
                        tracing::info!(reason, "Slack asks for another socket");
                        if reason == "link_disabled" {
                            let why = "Socket Mode is switched off in the app's settings. Switch it on, or take \
                                       `slack.app_token` away";
                            say(Turn::Gone(format!("{why}."), Some(AFTER_MISTAKE)));
                            return;
                        }
                        if !draining {
                            draining = true;
                            say(Turn::Refresh);
                            drained.set(tokio::time::sleep(DRAIN));
                        }
                        continue;
                    }
                    self.take_envelope(envelope, &acks);
                }
                Some((envelope, ack)) = to_send.recv() => {
                    let sent = out.send(Message::text(with_ack(&envelope, &ack))).await;
                    if let Err(error) = sent {
                        self.tell_otherwise(ack);
                        break format!("the socket broke: {}", plainly(&error));
                    }
                }
                _ = ticks.tick() => {
                    silent_ticks += 1;
                    if silent_ticks > 2 {
                        break "the socket is silent".to_owned();
                    }
                    if let Err(error) = out.send(Message::Ping(Vec::new().into())).await {
                        break format!("the socket broke: {}", plainly(&error));
                    }
                }
                () = &mut drained => break "it was replaced".to_owned(),
                () = self.stop.cancelled() => break "the door is closed".to_owned(),
            }
        };
        to_send.close();
        // What was done meanwhile is said, by this socket if it still takes it.
        while let Ok((envelope, ack)) = to_send.try_recv() {
            if out.send(Message::text(with_ack(&envelope, &ack))).await.is_err() {
                self.tell_otherwise(ack);
            }
        }
        drop(out.close().await);
        say(Turn::Gone(format!("{gone}."), None));
    }

    /// Has an envelope seen to; its acknowledgement comes by `acks`.
    fn take_envelope(self: &Arc<Self>, envelope: Value, acks: &mpsc::UnboundedSender<(Value, Ack)>) {
        let Some(way) = envelope["type"].as_str().and_then(Way::of_envelope) else { return };
        if !envelope["envelope_id"].is_string() {
            return;
        }
        if let Some(retry) = envelope["retry_attempt"].as_u64().filter(|retry| *retry > 0) {
            tracing::info!(retry, reason = envelope["retry_reason"].as_str(), "Slack says something again");
        }
        let (door, acks) = (self.clone(), acks.clone());
        tokio::spawn(async move {
            let takes_answer = envelope["accepts_response_payload"] == true;
            let ack = door.hear(way, &envelope["payload"], takes_answer).await;
            if let Err(unsent) = acks.send((envelope["envelope_id"].clone(), ack)) {
                let (_, ack) = unsent.0;
                door.tell_otherwise(ack);
            }
        });
    }

    /// The acknowledgement did not get through: the asker is told in another way.
    fn tell_otherwise(self: &Arc<Self>, ack: Ack) {
        if let Some((heard, text)) = ack.told {
            let door = self.clone();
            tokio::spawn(async move { door.later_answer(&heard, &text).await });
        }
    }
}

fn with_ack(envelope: &Value, ack: &Ack) -> String {
    let mut said = json!({"envelope_id": envelope});
    if ack.body.as_object().is_some_and(|body| !body.is_empty()) {
        said["payload"] = ack.body.clone();
    }
    said.to_string()
}

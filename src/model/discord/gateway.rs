//! The gateway v10: one task for each WebSocket connection.
//! <https://discord.com/developers/docs/events/gateway>

use std::time::Duration;

use axum::{
    Router,
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    rest::me_json,
    service::Service,
    session::{Link, Out, PRIVILEGED, Session},
    world::World,
};

/// How long a closing connection may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// A client's payload may be this many bytes (Discord closes with 4002 above it).
const PAYLOAD_BYTES_MAX: usize = 4096;

/// Sessions without a connection that may still be resumed.
const IDLE_SESSIONS_MAX: usize = 16;

const UNKNOWN_OPCODE: u16 = 4001;
const DECODE_ERROR: u16 = 4002;
const NOT_AUTHENTICATED: u16 = 4003;
const AUTHENTICATION_FAILED: u16 = 4004;
const ALREADY_AUTHENTICATED: u16 = 4005;
const INVALID_SEQ: u16 = 4007;
const DISALLOWED_INTENTS: u16 = 4014;

/// Which of the gateway's addresses a connection came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// The one that REST tells.
    Own,
    /// The one that READY names for resuming.
    Resume,
}

/// Answers a WebSocket on any path, as the gateway's URL has none.
pub(super) fn router(service: &Service, address: Address) -> Router {
    Router::new().fallback(open).with_state((service.clone(), address))
}

async fn open(State((service, address)): State<(Service, Address)>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| async move { converse(service, socket, address).await })
}

async fn converse(service: Service, mut socket: WebSocket, address: Address) {
    let (link, mut told) = unbounded_channel();
    let (number, interval_ms) = service.with(|w| {
        w.next_link += 1;
        w.links.insert(w.next_link, link.clone());
        (w.next_link, w.heartbeat_interval_ms)
    });
    let hello = json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": interval_ms}});
    if socket.send(Message::Text(hello.to_string().into())).await.is_ok() {
        relay(&service, &mut socket, (number, address), &link, &mut told).await;
    }
    service.with(|w| {
        w.links.remove(&number);
        for session in w.sessions.values_mut() {
            session.link.take_if(|(n, _)| *n == number);
        }
    });
}

async fn relay(
    service: &Service,
    socket: &mut WebSocket,
    (number, address): (u64, Address),
    link: &Link,
    told: &mut UnboundedReceiver<Out>,
) {
    let mut is_hushed = false;
    loop {
        tokio::select! {
            out = told.recv() => match out {
                Some(Out::Hush) => is_hushed = true,
                // The session keeps it, for whoever resumes.
                Some(Out::Text(_)) if is_hushed => {}
                Some(Out::Text(text)) => {
                    if socket.send(Message::Text(text.into())).await.is_err() {
                        return;
                    }
                }
                Some(Out::Close(code)) => return say_goodbye(socket, code).await,
                Some(Out::Cut) | None => return,
            },
            heard = socket.recv() => match heard {
                Some(Ok(_)) if is_hushed => {}
                Some(Ok(Message::Text(text))) => {
                    service.with(|w| hear(w, (number, address), link, &text));
                }
                Some(Ok(Message::Binary(bytes))) => {
                    service.with(|w| hear(w, (number, address), link, &String::from_utf8_lossy(&bytes)));
                }
                Some(Ok(Message::Close(frame))) => {
                    // 1000 and 1001 end the session; anything else leaves it open for a resume.
                    if frame.is_none_or(|f| matches!(f.code, 1000 | 1001)) {
                        service.with(|w| end_session(w, number));
                    }
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

async fn say_goodbye(socket: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: reason(code).into() };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        let _ = tokio::time::timeout(GOODBYE, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    }
}

fn reason(code: u16) -> &'static str {
    match code {
        4000 => "Unknown error.",
        UNKNOWN_OPCODE => "Unknown opcode.",
        DECODE_ERROR => "Error while decoding payload.",
        NOT_AUTHENTICATED => "Not authenticated.",
        AUTHENTICATION_FAILED => "Authentication failed.",
        ALREADY_AUTHENTICATED => "Already authenticated.",
        INVALID_SEQ => "Invalid seq.",
        4008 => "Rate limited.",
        4009 => "Session timed out.",
        4010 => "Invalid shard.",
        4011 => "Sharding required.",
        4012 => "Invalid API version.",
        4013 => "Invalid intent(s).",
        DISALLOWED_INTENTS => "Disallowed intent(s).",
        _ => "",
    }
}

/// A session does not outlive these.
pub(super) fn ends_session(code: u16) -> bool {
    matches!(code, 1000 | 1001 | 4003 | 4004 | 4007 | 4009 | 4010..=4014)
}

pub(super) fn end_session(w: &mut World, number: u64) {
    w.sessions.retain(|_, s| s.link.as_ref().is_none_or(|(n, _)| *n != number));
}

fn tell(link: &Link, payload: &Value) {
    // A closed connection is noticed by its own task.
    let _ = link.send(Out::Text(payload.to_string()));
}

fn close(w: &mut World, number: u64, link: &Link, code: u16) {
    if ends_session(code) {
        end_session(w, number);
    }
    let _ = link.send(Out::Close(code));
}

fn hear(w: &mut World, (number, address): (u64, Address), link: &Link, text: &str) {
    let payload: Value = match serde_json::from_str(text) {
        Ok(payload) if text.len() <= PAYLOAD_BYTES_MAX => payload,
        _ => return close(w, number, link, DECODE_ERROR),
    };
    let own = w.sessions.values().any(|s| s.link.as_ref().is_some_and(|(n, _)| *n == number));
    match payload["op"].as_u64() {
        Some(1) => {
            if !w.acks_stopped {
                tell(link, &json!({"op": 11, "s": null, "t": null, "d": null}));
            }
        }
        Some(2 | 6) if own => close(w, number, link, ALREADY_AUTHENTICATED),
        Some(2) => {
            if address == Address::Resume {
                w.begun_elsewhere += 1;
            }
            identify(w, number, link, &payload["d"]);
        }
        Some(6) if address == Address::Own && w.resumes_elsewhere_only => begin_anew(link),
        Some(6) => {
            if resume(w, number, link, &payload["d"]) && address == Address::Resume {
                w.resumed_elsewhere += 1;
            }
        }
        Some(3 | 4 | 8 | 31) if !own => close(w, number, link, NOT_AUTHENTICATED),
        Some(3 | 4 | 31) => {}
        Some(8) if w.members_untold => {}
        Some(8) => members(w, number, &payload["d"]),
        _ => close(w, number, link, UNKNOWN_OPCODE),
    }
}

fn is_the_bot(w: &World, data: &Value) -> bool {
    data["token"].as_str().is_some_and(|t| t.trim_start_matches("Bot ") == w.token)
}

fn identify(w: &mut World, number: u64, link: &Link, data: &Value) {
    if !is_the_bot(w, data) {
        return close(w, number, link, AUTHENTICATION_FAILED);
    }
    if let Some(code) = w.turns_away {
        return close(w, number, link, code);
    }
    let Some(intents) = data["intents"].as_u64() else { return close(w, number, link, 4013) };
    if intents & PRIVILEGED & !w.intents_allowed != 0 {
        return close(w, number, link, DISALLOWED_INTENTS);
    }
    let now = w.now;
    if !w.session_starts.take(now) {
        // Discord ends all sessions of the application, and takes its token away.
        for (_, link) in std::mem::take(&mut w.sessions).into_values().filter_map(|session| session.link) {
            let _ = link.send(Out::Close(AUTHENTICATION_FAILED));
        }
        w.token.push_str("-reset");
        return close(w, number, link, AUTHENTICATION_FAILED);
    }
    let id = hex::encode(w.id().0.to_be_bytes());
    let mut session = Session::new(id.clone(), intents, (number, link.clone()));
    let mut ready = json!({
        "v": 10, "user": me_json(w), "guilds": [{"id": w.guild, "unavailable": true}], "session_id": id,
        "resume_gateway_url": w.resume_url, "session_type": "normal", "private_channels": [],
        "relationships": [], "presences": [], "user_settings": {}, "geo_ordered_rtc_regions": [],
        "guild_join_requests": [], "application": {"id": w.application, "flags": 0}, "_trace": [],
    });
    if data["shard"].is_array() {
        ready["shard"] = data["shard"].clone();
    }
    session.tell("READY", &ready);
    session.tell("GUILD_CREATE", &w.guild_create());
    let mut idle: Vec<String> =
        w.sessions.values().filter(|s| s.link.is_none()).map(|s| s.id.clone()).collect();
    // Ids grow with time, so the oldest come first.
    idle.truncate(idle.len().saturating_sub(IDLE_SESSIONS_MAX));
    w.sessions.retain(|id, _| !idle.contains(id));
    w.sessions.insert(id, session);
}

/// Nobody knows that session.
fn begin_anew(link: &Link) {
    tell(link, &json!({"op": 9, "s": null, "t": null, "d": false}));
}

/// Returns whether the session goes on.
fn resume(w: &mut World, number: u64, link: &Link, data: &Value) -> bool {
    if !is_the_bot(w, data) {
        close(w, number, link, AUTHENTICATION_FAILED);
        return false;
    }
    let seq = data["seq"].as_u64().unwrap_or(0);
    let session = data["session_id"].as_str().and_then(|id| w.sessions.get_mut(id));
    let Some(session) = session else {
        begin_anew(link);
        return false;
    };
    let id = session.id.clone();
    if seq > session.seq {
        w.sessions.remove(&id);
        close(w, number, link, INVALID_SEQ);
        return false;
    }
    let Some(missed) = session.since(seq) else {
        w.sessions.remove(&id);
        begin_anew(link);
        return false;
    };
    if let Some((_, old)) = session.link.replace((number, link.clone())) {
        // Two connections cannot speak for one session.
        let _ = old.send(Out::Close(4000));
    }
    for text in missed {
        let _ = link.send(Out::Text(text));
    }
    session.tell("RESUMED", &json!({"_trace": []}));
    true
}

fn members(w: &mut World, number: u64, data: &Value) {
    let all: Vec<Value> = w.members.values().map(|m| w.member_json(m)).collect();
    let mut chunk = json!({
        "guild_id": w.guild, "members": all, "chunk_index": 0, "chunk_count": 1, "not_found": [],
    });
    if !data["nonce"].is_null() {
        chunk["nonce"] = data["nonce"].clone();
    }
    let own = w.sessions.values_mut().find(|s| s.link.as_ref().is_some_and(|(n, _)| *n == number));
    if let Some(session) = own {
        session.tell("GUILD_MEMBERS_CHUNK", &chunk);
    }
}

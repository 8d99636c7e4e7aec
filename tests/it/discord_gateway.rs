//! The modelled gateway keeps Discord's protocol, and fails on demand.

use std::time::Duration;

use commandpost::model::discord::Discord;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::support::discord::Bench;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(90);
const GUILDS_AND_MESSAGES: u64 = 1 | 1 << 9;
const MESSAGE_CONTENT: u64 = 1 << 15;

/// A gateway client that does nothing by itself.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(bench: &Bench) -> Self {
        let url = bench.get("/gateway").await.body["url"].as_str().unwrap_or_default().to_owned();
        Self::open_at(&url).await
    }
    async fn open_at(url: &str) -> Self {
        let connecting = connect_async(format!("{url}/?v=10&encoding=json"));
        let (socket, _) =
            tokio::time::timeout(PATIENCE, connecting).await.expect("in time").expect("a handshake");
        let mut socket = Self(socket);
        assert_eq!(socket.next().await["op"], 10, "HELLO comes first");
        socket
    }
    async fn send(&mut self, payload: &Value) {
        self.0.send(Message::text(payload.to_string())).await.expect("an open connection");
    }
    async fn heard(&mut self) -> Option<Message> {
        let heard = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something in time");
        heard.and_then(Result::ok)
    }
    async fn next(&mut self) -> Value {
        match self.heard().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("expected a payload, heard {other:?}"),
        }
    }
    async fn closed(&mut self) -> u16 {
        match self.heard().await {
            Some(Message::Close(Some(frame))) => frame.code.into(),
            other => panic!("expected a close frame, heard {other:?}"),
        }
    }
    async fn identify(&mut self, discord: &Discord, intents: u64) {
        let properties = json!({"os": "linux", "browser": "test", "device": "test"});
        let data = json!({"token": discord.token(), "intents": intents, "properties": properties});
        self.send(&json!({"op": 2, "d": data})).await;
    }
    /// Identifies, and returns READY.
    async fn ready(&mut self, discord: &Discord, intents: u64) -> Value {
        self.identify(discord, intents).await;
        let ready = self.next().await;
        assert_eq!(ready["t"], "READY", "{ready}");
        let guild = self.next().await;
        assert_eq!((&guild["t"], &guild["s"]), (&json!("GUILD_CREATE"), &json!(2)));
        ready["d"].clone()
    }
    async fn resume(&mut self, discord: &Discord, session: &Value, seq: u64) {
        let data = json!({"token": discord.token(), "session_id": session, "seq": seq});
        self.send(&json!({"op": 6, "d": data})).await;
    }
}

#[tokio::test]
async fn protocol_errors_are_closed_with_discords_codes() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    d.gateway().allow_intents(GUILDS_AND_MESSAGES);
    let wrong_token = json!({"op": 2, "d": {"token": "nope", "intents": 1, "properties": {}}});
    for (payload, code) in [
        (wrong_token, 4004),
        (json!({"op": 2, "d": {"token": d.token(), "intents": MESSAGE_CONTENT, "properties": {}}}), 4014),
        (json!({"op": 3, "d": {}}), 4003),
        (json!({"op": 99}), 4001),
        (json!("x".repeat(5000)), 4002),
    ] {
        let mut socket = Socket::open(&bench).await;
        socket.send(&payload).await;
        assert_eq!(socket.closed().await, code, "{payload}");
    }
    let mut socket = Socket::open(&bench).await;
    socket.ready(d, 1).await;
    socket.identify(d, 1).await;
    assert_eq!(socket.closed().await, 4005);
}

#[tokio::test]
async fn a_session_is_told_what_it_asked_for_and_no_more() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops, secret) = (d.person("ada"), d.text_channel("ops"), d.text_channel("secret"));
    d.deny(secret, d.bot(), commandpost::model::discord::permissions::VIEW_CHANNEL);
    let mut blind = Socket::open(&bench).await;
    blind.ready(d, GUILDS_AND_MESSAGES).await;
    let mut reader = Socket::open(&bench).await;
    reader.ready(d, GUILDS_AND_MESSAGES | MESSAGE_CONTENT).await;
    d.say(ada, secret, "not for the bot").expect("ada may talk");
    d.say(ada, ops, "for the bot").expect("ada may talk");
    assert_eq!(blind.next().await["d"]["content"], "", "without MESSAGE_CONTENT a message is empty");
    assert_eq!(reader.next().await["d"]["content"], "for the bot", "and of hidden channels nothing is told");
}

#[tokio::test]
async fn a_resume_tells_what_was_missed_and_only_of_sessions_that_are_known() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops) = (d.person("ada"), d.text_channel("ops"));
    let intents = GUILDS_AND_MESSAGES | MESSAGE_CONTENT;
    let mut socket = Socket::open(&bench).await;
    let session = socket.ready(d, intents).await["session_id"].clone();
    d.gateway().cut();
    assert!(
        !matches!(socket.heard().await, Some(Message::Text(_) | Message::Close(_))),
        "cut without a word"
    );
    d.say(ada, ops, "missed").expect("ada may talk");

    let mut socket = Socket::open(&bench).await;
    socket.resume(d, &session, 2).await;
    let missed = socket.next().await;
    assert_eq!((&missed["d"]["content"], &missed["s"]), (&json!("missed"), &json!(3)));
    assert_eq!(socket.next().await["t"], "RESUMED");

    d.gateway().forget_sessions();
    let mut socket = Socket::open(&bench).await;
    socket.resume(d, &session, 2).await;
    let invalid = socket.next().await;
    assert_eq!((&invalid["op"], &invalid["d"]), (&json!(9), &json!(false)));
    let session = socket.ready(d, intents).await["session_id"].clone();

    let mut socket = Socket::open(&bench).await;
    socket.resume(d, &session, 99).await;
    assert_eq!(socket.closed().await, 4007);
}

#[tokio::test]
async fn a_session_goes_on_at_the_address_that_ready_named() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let mut socket = Socket::open(&bench).await;
    let ready = socket.ready(d, GUILDS_AND_MESSAGES).await;
    let (session, there) = (&ready["session_id"], ready["resume_gateway_url"].as_str().expect("an address"));
    d.gateway().resume_elsewhere_only(true);
    let mut socket = Socket::open(&bench).await;
    socket.resume(d, session, 2).await;
    assert_eq!(socket.next().await["op"], 9, "nobody knows it here");
    let mut socket = Socket::open_at(there).await;
    socket.resume(d, session, 2).await;
    assert_eq!(socket.next().await["t"], "RESUMED");
    assert_eq!(d.gateway().resumed_elsewhere(), 1);
}

#[tokio::test]
async fn one_session_more_than_a_day_has_costs_the_bot_all_of_them_and_its_token() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let starts = async || bench.get("/gateway/bot").await.body["session_start_limit"].clone();
    assert_eq!(starts().await["remaining"], 1_000);
    let (now, token) = (bench.clock.now(), d.token());
    d.gateway().leave_session_starts(1, now + chrono::TimeDelta::hours(3));
    let mut first = Socket::open(&bench).await;
    first.ready(d, GUILDS_AND_MESSAGES).await;
    let told = starts().await;
    assert_eq!((&told["remaining"], &told["reset_after"]), (&json!(0), &json!(3 * 3_600_000)));
    let mut second = Socket::open(&bench).await;
    second.identify(d, GUILDS_AND_MESSAGES).await;
    assert_eq!((second.closed().await, first.closed().await), (4004, 4004));
    assert_ne!(d.token(), token);
    bench.clock.advance(chrono::TimeDelta::hours(3));
    let mut third = Socket::open(&bench).await;
    third.ready(d, GUILDS_AND_MESSAGES).await;
}

#[tokio::test]
async fn heartbeats_are_acknowledged_until_they_are_not() {
    let bench = Bench::new().await;
    let mut socket = Socket::open(&bench).await;
    socket.send(&json!({"op": 1, "d": null})).await;
    assert_eq!(socket.next().await["op"], 11);
    bench.discord.gateway().stop_acks(true);
    socket.send(&json!({"op": 1, "d": null})).await;
    socket.identify(&bench.discord, 1).await;
    assert_eq!(socket.next().await["t"], "READY", "no acknowledgement came before");
}

#[tokio::test]
async fn the_gateway_can_go_silent_and_away_and_come_back_with_its_sessions() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let url = bench.get("/gateway").await.body["url"].as_str().unwrap_or_default().to_owned();
    let mut socket = Socket::open(&bench).await;
    let session = socket.ready(d, GUILDS_AND_MESSAGES).await["session_id"].clone();
    d.gateway().go_away().await;
    assert!(connect_async(url.as_str()).await.is_err(), "nobody listens");
    d.gateway().never_handshake(true);
    d.gateway().come_back().await.expect("the same port");
    let handshake = tokio::time::timeout(Duration::from_millis(300), connect_async(url.as_str())).await;
    assert!(handshake.is_err(), "TCP is accepted, the handshake is not answered");
    d.gateway().never_handshake(false);
    let mut socket = Socket::open(&bench).await;
    socket.resume(d, &session, 2).await;
    assert_eq!(socket.next().await["t"], "RESUMED");
    assert_eq!(d.gateway().sessions(), 1);
}

//! What people are told of encryption, by a door before a homeserver of one room.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, Router, extract::Request, http::StatusCode};
use chrono_tz::Tz;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    chat::{Say, matrix::MatrixSettings, people::People},
    config::{MatrixSpace, Secret},
    desk::{Answer, Desk, Settings, clock::System},
    journal::sqlite::SqliteJournal,
    people::Person,
};

const ROOM: &str = "!room:s";
/// The one message there, for which the proxy has no key.
const CLOSED: &str = "$closed";
const IN_PLACE: &str =
    "** Unable to decrypt: The sender's device has not sent us the keys for this message. **";

struct Homeserver {
    is_encrypted: bool,
    /// What of the room it refuses: `send`.
    refused: Mutex<&'static str>,
    /// What the bot said: below which message, in which words.
    said: Mutex<Vec<(String, String)>>,
}

impl Homeserver {
    fn refuses(&self, what: &'static str) {
        *self.refused.lock().unwrap() = what;
    }

    fn answer(&self, path: &str, body: &[u8]) -> (StatusCode, Json<Value>) {
        let parts: Vec<&str> = path.split('/').skip(4).collect();
        let refused = *self.refused.lock().unwrap();
        if parts.get(2).is_some_and(|part| *part == refused) {
            return (StatusCode::FORBIDDEN, Json(json!({"errcode": "M_FORBIDDEN", "error": "No."})));
        }
        let answer = match parts.as_slice() {
            ["account", "whoami"] => json!({"user_id": "@bot:s"}),
            ["join", _] => json!({"room_id": ROOM}),
            ["rooms", _, "state", _] if self.is_encrypted => json!({"algorithm": "m.megolm.v1.aes-sha2"}),
            ["rooms", _, "event", _] => message("m.room.encrypted", json!({"ciphertext": "AwgAEnACgAkL"})),
            ["rooms", _, "context", _] => json!({"end": "behind"}),
            ["rooms", _, "messages"] => {
                json!({"chunk": [message("m.room.message", json!({"msgtype": "m.text", "body": IN_PLACE}))]})
            }
            ["rooms", _, "send", ..] => {
                let content: Value = serde_json::from_slice(body).unwrap();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let below = text(&content["m.relates_to"]["m.in_reply_to"]["event_id"]);
                self.said.lock().unwrap().push((below, text(&content["body"])));
                json!({"event_id": "$said"})
            }
            _ => return (StatusCode::NOT_FOUND, Json(json!({"errcode": "M_NOT_FOUND", "error": "No."}))),
        };
        (StatusCode::OK, Json(answer))
    }
}

fn message(kind: &str, content: Value) -> Value {
    json!({"type": kind, "event_id": CLOSED, "sender": "@ada:s", "content": content})
}

struct House {
    homeserver: Arc<Homeserver>,
    url: String,
    desk: Arc<Desk>,
    _dir: TempDir,
}

impl House {
    async fn open(is_encrypted: bool) -> House {
        drop(rustls::crypto::ring::default_provider().install_default());
        let homeserver =
            Arc::new(Homeserver { is_encrypted, refused: Mutex::new(""), said: Mutex::default() });
        let asked = homeserver.clone();
        let answer = move |request: Request| {
            let homeserver = asked.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                homeserver.answer(head.uri.path(), &body)
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let dir = tempfile::tempdir().unwrap();
        let journal = Arc::new(SqliteJournal::open(dir.path()).await.unwrap());
        let desk = Desk::new(journal, Arc::new(System), Settings::default());
        House { homeserver, url, desk, _dir: dir }
    }

    /// The door of another run.
    async fn start(&self, encrypting_proxy: bool) -> Arc<MatrixDoor> {
        let settings = MatrixSettings {
            token: Secret::new("token"),
            homeserver: self.url.clone(),
            room: ROOM.to_owned(),
            alerts_room: None,
            space: MatrixSpace::Room,
            encrypting_proxy,
            prefix: "!incident".to_owned(),
            people: Arc::new(People::new(NAME, HashMap::new())),
            accounts: HashMap::new(),
            tz: Tz::UTC,
        };
        let say: Say = Arc::new(|_, _, _, _| Box::pin(async { Ok(Answer::default()) }));
        let door = MatrixDoor::open(settings, self.desk.clone(), say, CancellationToken::new()).unwrap();
        door.stand().await.unwrap();
        door
    }

    /// Below which messages the bot said something with these words.
    fn told(&self, words: &str) -> Vec<String> {
        let said = self.homeserver.said.lock().unwrap();
        said.iter().filter(|(_, said)| said.contains(words)).map(|(below, _)| below.clone()).collect()
    }
}

fn said(event: &str) -> Said<'_> {
    Said { room: ROOM, thread: None, event, person: Person::named("Ada").unwrap(), incident: None }
}

async fn hears(door: &MatrixDoor, event: &str, says: Says) -> bool {
    door.hear_encrypted(&said(event), "tag", &says).await
}

#[tokio::test]
async fn a_room_is_told_of_a_missing_key_until_that_is_said_and_then_no_more() {
    let house = House::open(true).await;
    let door = house.start(true).await;
    house.homeserver.refuses("send");
    assert!(!hears(&door, "$1", Says::NoKey).await);
    house.homeserver.refuses("");
    assert!(hears(&door, "$2", Says::NoKey).await);
    assert!(!hears(&door, "$3", Says::Encrypted).await);
    let door = house.start(true).await;
    assert!(!hears(&door, "$4", Says::NoKey).await);
    assert_eq!(house.told("has no key"), ["$2"]);
}

#[tokio::test]
async fn a_room_is_told_why_it_is_refused_until_that_is_said_and_then_no_more() {
    for is_started_again in [false, true] {
        let house = House::open(true).await;
        house.homeserver.refuses("send");
        let mut door = house.start(false).await;
        assert!(door.encrypted.is_refused(ROOM), "whether it knows or not");
        house.homeserver.refuses("");
        if is_started_again {
            door = house.start(false).await;
        }
        for event in ["$1", "$2"] {
            hears(&door, event, Says::Encrypted).await;
        }
        let door = house.start(false).await;
        hears(&door, "$3", Says::Encrypted).await;
        assert!(door.encrypted.is_refused(ROOM));
        assert_eq!(house.told("reads no encrypted rooms").len(), 1, "{is_started_again}");
    }
}

#[tokio::test]
async fn the_words_of_a_proxy_in_a_room_that_is_not_encrypted_are_somebodys() {
    let house = House::open(false).await;
    let door = house.start(true).await;
    assert!(!hears(&door, "$1", Says::NoKey).await);
    assert!(house.told("").is_empty());
}

async fn pins(door: &Arc<MatrixDoor>, event: &str) {
    if let Some(reply) = door.put_on_timeline(&said(event), CLOSED).await.unwrap() {
        assert!(door.send(&reply).await);
    }
}

#[tokio::test]
async fn whoever_pins_a_message_of_an_incident_that_cannot_be_read_is_told_each_time() {
    let house = House::open(true).await;
    let door = house.start(true).await;
    pins(&door, "$0").await;
    assert!(house.told("").is_empty(), "no incident is worked on there");
    door.bindings.bind("INC-1", "space", ROOM).await.unwrap();
    for (pin, refused) in [("$1", ""), ("$2", ""), ("$3", "context"), ("$4", "messages"), ("$5", "event")] {
        house.homeserver.refuses(refused);
        pins(&door, pin).await;
    }
    assert_eq!(house.told("The message is not on the timeline."), [CLOSED; 5]);
}

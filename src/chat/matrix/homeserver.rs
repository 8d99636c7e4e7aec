//! A homeserver of one room, and a door before it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::Request, http::StatusCode};
use chrono_tz::Tz;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{MatrixDoor, MatrixSettings, NAME, answer::Said};
use crate::{
    chat::{Say, people::People},
    config::{MatrixSpace, Secret},
    desk::{Along, Answer, Caller, Desk, Settings, clock::System},
    incident::{command::Declare, id::IncidentId, kind::Kind, severity::Severity},
    journal::sqlite::SqliteJournal,
    people::Person,
};

pub(super) const ROOM: &str = "!room:s";
/// The same in a path.
const POST: &str = "%21room%3As";
/// The one message there, for which a proxy has no key.
pub(super) const CLOSED: &str = "$closed";
/// What a proxy puts in its place.
const IN_PLACE: &str =
    "** Unable to decrypt: The sender's device has not sent us the keys for this message. **";

pub(super) struct Homeserver {
    is_encrypted: bool,
    /// What of the room it refuses: `send`, or of that `m.reaction` alone.
    refused: Mutex<&'static str>,
    /// What it was asked for.
    asked: Mutex<Vec<String>>,
    /// What the bot said: below which message, in which words.
    said: Mutex<Vec<(String, String)>>,
    /// What it has to tell of rooms, question by question.
    news: Mutex<VecDeque<Value>>,
}

impl Homeserver {
    pub fn refuses(&self, what: &'static str) {
        *self.refused.lock().unwrap() = what;
    }

    pub fn has_news(&self, rooms: Value) {
        self.news.lock().unwrap().push_back(rooms);
    }

    pub fn forget_asked(&self) {
        self.asked.lock().unwrap().clear();
    }

    /// What it was asked to redact, in the order of the names.
    pub fn redacted(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let event =
            |path: &String| Some(path.split_once("/redact/")?.1.split_once('/')?.0.replace("%24", "$"));
        let mut redacted: Vec<String> = asked.iter().filter_map(event).collect();
        redacted.sort();
        redacted
    }

    fn answer(&self, path: &str, query: &str, body: &[u8]) -> (StatusCode, Json<Value>) {
        self.asked.lock().unwrap().push(path.to_owned());
        if path.ends_with("/createRoom") && String::from_utf8_lossy(body).contains("m.megolm.v1.aes-sha2") {
            self.asked.lock().unwrap().push("an encrypted room".to_owned());
        }
        let parts: Vec<&str> = path.split('/').skip(4).collect();
        let refused = *self.refused.lock().unwrap();
        if parts.iter().skip(2).take(2).any(|part| *part == refused) {
            return (StatusCode::FORBIDDEN, Json(json!({"errcode": "M_FORBIDDEN", "error": "No."})));
        }
        let answer = match parts.as_slice() {
            ["account", "whoami"] => json!({"user_id": "@bot:s"}),
            ["sync"] => {
                json!({"next_batch": "next", "rooms": self.news.lock().unwrap().pop_front()})
            }
            ["createRoom"] => json!({"room_id": "!made:s"}),
            ["join", _] => json!({"room_id": ROOM}),
            ["rooms", POST, "join"] => json!({"room_id": ROOM}),
            ["rooms", POST, "joined_members"] => {
                json!({"joined": {"@zed:s": {"display_name": "Zed Zulu"}, "@ada:s": {"display_name": "A. L."}}})
            }
            ["rooms", _, "joined_members"] => json!({"joined": {"@mallory:t": {"display_name": "Ada"},
                "@zoe:t": {"display_name": "Zoë"}}}),
            ["rooms", _, "state", _] if self.is_encrypted => json!({"algorithm": "m.megolm.v1.aes-sha2"}),
            ["rooms", _, "state", "m.room.name", _] => json!({"event_id": "$card-name-3"}),
            ["rooms", _, "event", "%24deleted"] => json!({"type": "m.room.message", "event_id": "$deleted",
                "sender": "@ada:s", "content": {}, "unsigned": {"redacted_because": {"sender": "@ada:s"}}}),
            ["rooms", _, "event", _] => message("m.room.encrypted", json!({"ciphertext": "AwgAEnACgAkL"})),
            ["rooms", _, "context", _] => json!({"end": "behind"}),
            // Its names, the newest first.
            ["rooms", _, "messages"] if query.contains("m.room.name") => json!({"chunk": [
                {"event_id": "$card-name-3", "content": {"name": "INC-1 now"}},
                {"event_id": "$card-name-2", "content": {"name": "INC-1 before"}},
                {"event_id": "$card-name-x", "content": {}},
                {"event_id": "$card-name-1", "content": {"name": "INC-1 at first"}},
            ]}),
            ["rooms", _, "messages"] => {
                json!({"chunk": [message("m.room.message", json!({"msgtype": "m.text", "body": IN_PLACE}))]})
            }
            ["rooms", _, "send", kind, _] => {
                let content: Value = serde_json::from_slice(body).unwrap();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let relates = &content["m.relates_to"];
                self.said.lock().unwrap().push(match *kind {
                    "m.reaction" => (text(&relates["event_id"]), text(&relates["key"])),
                    _ => (text(&relates["m.in_reply_to"]["event_id"]), text(&content["body"])),
                });
                json!({"event_id": "$said"})
            }
            // Its edits, the newest first; another's among them is none of the bot's.
            ["rooms", _, "relations", "%24card", "m.replace"] => json!({"chunk": [
                {"event_id": "$card-3", "sender": "@bot:s"}, {"event_id": "$card-x", "sender": "@ada:s"},
                {"event_id": "$card-2", "sender": "@bot:s"}, {"event_id": "$card-1", "sender": "@bot:s"},
            ]}),
            ["rooms", _, "redact", event, _] if event.starts_with("%24card") => {
                json!({"event_id": "$redaction"})
            }
            ["rooms", _, "redact", ..] => {
                let refused = json!({"errcode": "M_UNKNOWN", "error": "It is in a different room."});
                return (StatusCode::BAD_REQUEST, Json(refused));
            }
            _ => return (StatusCode::NOT_FOUND, Json(json!({"errcode": "M_NOT_FOUND", "error": "No."}))),
        };
        (StatusCode::OK, Json(answer))
    }
}

fn message(kind: &str, content: Value) -> Value {
    json!({"type": kind, "event_id": CLOSED, "sender": "@ada:s", "content": content})
}

pub(super) struct House {
    pub homeserver: Arc<Homeserver>,
    url: String,
    desk: Arc<Desk>,
    _dir: TempDir,
}

impl House {
    pub async fn open(is_encrypted: bool) -> House {
        drop(rustls::crypto::ring::default_provider().install_default());
        let homeserver = Arc::new(Homeserver {
            is_encrypted,
            refused: Mutex::new(""),
            asked: Mutex::default(),
            said: Mutex::default(),
            news: Mutex::default(),
        });
        let asked = homeserver.clone();
        let answer = move |request: Request| {
            let homeserver = asked.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                homeserver.answer(head.uri.path(), head.uri.query().unwrap_or_default(), &body)
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
    pub async fn start(&self, encrypting_proxy: bool) -> Arc<MatrixDoor> {
        self.start_with(encrypting_proxy, Answer::default()).await
    }

    /// The same, before a desk that answers everything like this.
    pub async fn start_with(&self, encrypting_proxy: bool, answer: Answer) -> Arc<MatrixDoor> {
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
        let say: Say = Arc::new(move |_, _, _, _| {
            let answer = answer.clone();
            Box::pin(async move { Ok(answer) })
        });
        let door = MatrixDoor::open(settings, self.desk.clone(), say, CancellationToken::new()).unwrap();
        door.stand().await.unwrap();
        door
    }

    /// An incident, just declared.
    pub async fn incident(&self) -> IncidentId {
        let ada = Caller::person(Person::named("Ada").unwrap(), NAME);
        let declare = Declare::new("Payments fail", Severity::Sev2, Kind::Real);
        self.desk.declare(ada, declare, Along::default()).await.unwrap().incident.unwrap()
    }

    /// Below which messages the bot said something with these words.
    pub fn told(&self, words: &str) -> Vec<String> {
        let said = self.homeserver.said.lock().unwrap();
        said.iter().filter(|(_, said)| said.contains(words)).map(|(below, _)| below.clone()).collect()
    }

    /// How often it was asked for something of the room.
    pub fn asked(&self, what: &str) -> usize {
        self.homeserver.asked.lock().unwrap().iter().filter(|path| path.ends_with(what)).count()
    }
}

pub(super) fn said(event: &str) -> Said<'_> {
    let person = Person::named("Ada").unwrap();
    Said { room: ROOM, thread: None, event, person, incident: None, written_at: None }
}

//! A real Synapse (PyPI's `matrix-synapse`) on loopback, and people with accounts on it who type.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::program::{client, free_port, until};

/// What was done where there was nothing more to say.
pub const MARK: &str = "✅";

/// Everything as often as anybody likes.
pub const NO_LIMITS: &str = "
rc_message: {per_second: 1000, burst_count: 1000}
rc_invites:
  per_room: {per_second: 1000, burst_count: 1000}
  per_user: {per_second: 1000, burst_count: 1000}
  per_issuer: {per_second: 1000, burst_count: 1000}
rc_joins:
  local: {per_second: 1000, burst_count: 1000}
  remote: {per_second: 1000, burst_count: 1000}
rc_room_creation: {per_second: 1000, burst_count: 1000}
";

/// Where the Python stands in which Synapse is installed: as `./test` installs it, or as `COMMANDPOST_SYNAPSE` says.
/// Without one, says that and why.
pub fn installed() -> Option<PathBuf> {
    let python = match std::env::var_os("COMMANDPOST_SYNAPSE") {
        Some(python) => PathBuf::from(python),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target/synapse/bin/python"),
    };
    let is_there = python.parent().is_some_and(|bin| bin.join("synapse_homeserver").is_file());
    if !is_there {
        println!(
            "SKIPPED: the real Synapse; it is not at {} (./test installs it there from PyPI)",
            python.display()
        );
    }
    is_there.then_some(python)
}

/// How often what is sent was taken, and was refused for being too much.
#[derive(Debug, Default)]
pub struct Tally {
    pub taken: AtomicU64,
    pub refused: AtomicU64,
}

pub struct Synapse {
    home: TempDir,
    python: PathBuf,
    pub port: u16,
    client: reqwest::Client,
    child: Option<Child>,
}

impl Drop for Synapse {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Synapse {
    /// A homeserver named `localhost` with `more` in its settings; started. `None`: it is not installed here.
    pub async fn start(more: &str) -> Option<Synapse> {
        let python = installed()?;
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let made = Command::new(&python)
            .current_dir(home.path())
            .args(["-m", "synapse.app.homeserver", "--server-name", "localhost", "--report-stats=no"])
            .args(["--config-path", "homeserver.yaml", "--generate-config"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let over = format!(
            "listeners: [{{port: {port}, bind_addresses: ['127.0.0.1'], type: http, tls: false, \
             resources: [{{names: [client], compress: false}}]}}]\n\
             trusted_key_servers: []\nfederation_domain_whitelist: []\n\
             enable_registration: true\nenable_registration_without_verification: true\n\
             rc_registration: {{per_second: 1000, burst_count: 1000}}\n{more}"
        );
        fs::write(home.path().join("over.yaml"), over).unwrap();
        let mut synapse = Synapse { home, python, port, client: client(), child: None };
        synapse.up().await;
        Some(synapse)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// An address that leads here and loses every third answer to what is sent, after it had its effect.
    pub async fn forgetful(&self) -> String {
        let sent = Arc::new(AtomicU64::new(0));
        self.through(move |_| sent.fetch_add(1, Ordering::Relaxed).is_multiple_of(3)).await
    }

    /// An address that leads here, and what became of what is sent to it.
    pub async fn watched(&self) -> (String, Arc<Tally>) {
        let tally = Arc::new(Tally::default());
        let kept = tally.clone();
        let count = move |status: StatusCode| {
            let of = if status == StatusCode::TOO_MANY_REQUESTS { &kept.refused } else { &kept.taken };
            of.fetch_add(1, Ordering::Relaxed);
            false
        };
        (self.through(count).await, tally)
    }

    /// An address that leads here. `loses` is asked about each answer to what is sent.
    async fn through(&self, loses: impl Fn(StatusCode) -> bool + Clone + Send + Sync + 'static) -> String {
        let (client, to) = (self.client.clone(), self.url());
        let pass = move |request: axum::extract::Request| {
            let (client, loses) = (client.clone(), loses.clone());
            let (method, url) = (request.method().clone(), format!("{to}{}", request.uri()));
            let token = request.headers().get("authorization").cloned();
            async move {
                let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
                let is_sent = method == "PUT";
                let mut request = client.request(method, url).body(body);
                if let Some(token) = token {
                    request = request.header("authorization", token);
                }
                let Ok(answer) = request.send().await else {
                    return (StatusCode::BAD_GATEWAY, Vec::new());
                };
                let (status, body) = (answer.status(), answer.bytes().await.unwrap_or_default());
                if is_sent && loses(status) {
                    return (StatusCode::BAD_GATEWAY, Vec::new());
                }
                (status, body.to_vec())
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = axum::Router::new().fallback(pass);
        tokio::spawn(async move { axum::serve(listener, proxy).await.unwrap() });
        url
    }

    /// Starts it (again), on the same data.
    pub async fn up(&mut self) {
        let log = || {
            let file = self.home.path().join("out.log");
            OpenOptions::new().create(true).append(true).open(file).unwrap()
        };
        let child = Command::new(&self.python)
            .current_dir(self.home.path())
            .args(["-m", "synapse.app.homeserver", "-c", "homeserver.yaml", "-c", "over.yaml"])
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let (client, url) = (self.client.clone(), format!("{}/health", self.url()));
        until(120, "Synapse ready", || async {
            client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// Stops it, in order.
    pub fn down(&mut self) {
        let mut child = self.child.take().unwrap();
        let sent = Command::new("kill").arg(child.id().to_string()).status();
        assert!(sent.unwrap().success());
        child.wait().unwrap();
    }

    /// A new account.
    pub async fn account(&self, name: &str) -> Account {
        let url = format!("{}/_matrix/client/v3/register", self.url());
        let body = json!({"username": name, "password": format!("{name}-password"), "device_id": name,
            "initial_device_display_name": name, "auth": {"type": "m.login.dummy"}});
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        let told: Value = answer.json().await.unwrap();
        Account {
            id: told["user_id"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned(),
            token: told["access_token"].as_str().unwrap().to_owned(),
            base: format!("{}/_matrix/client/v3", self.url()),
            client: self.client.clone(),
            sent: AtomicU64::new(0),
        }
    }
}

/// Somebody with an account, at a keyboard.
pub struct Account {
    pub id: String,
    pub token: String,
    base: String,
    client: reqwest::Client,
    sent: AtomicU64,
}

pub fn part(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Account {
    /// A request below `/_matrix/client/v3`; what the homeserver says, whatever it is.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.base);
        let mut request = self.client.request(method.parse().unwrap(), url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Puts a file with the homeserver; returns its address.
    pub async fn uploads(&self, name: &str, bytes: &[u8]) -> String {
        let base = self.base.replace("/_matrix/client/v3", "");
        let url = format!("{base}/_matrix/media/v3/upload?filename={name}");
        let request = self.client.post(url).bearer_auth(&self.token).body(bytes.to_vec());
        let kept: Value = request.send().await.unwrap().json().await.unwrap();
        kept["content_uri"].as_str().unwrap_or_else(|| panic!("{kept}")).to_owned()
    }

    pub async fn make_room(&self, body: Value) -> String {
        let made = self.call("POST", "/createRoom", Some(body)).await;
        made["room_id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    pub async fn join(&self, room: &str) {
        let joined = self.call("POST", &format!("/join/{}", part(room)), Some(json!({}))).await;
        assert!(joined["room_id"].is_string(), "{joined}");
    }

    /// Sends an event; returns its id.
    pub async fn send(&self, room: &str, kind: &str, content: Value) -> String {
        let n = self.sent.fetch_add(1, Ordering::Relaxed);
        let path = format!("/rooms/{}/send/{kind}/{}-{n}", part(room), part(&self.id));
        let sent = self.call("PUT", &path, Some(content)).await;
        sent["event_id"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned()
    }

    /// Types a line.
    pub async fn types(&self, room: &str, text: &str) -> String {
        self.send(room, "m.room.message", json!({"msgtype": "m.text", "body": text})).await
    }

    /// Types a line in a thread.
    pub async fn types_below(&self, room: &str, root: &str, text: &str) -> String {
        let relates = json!({"rel_type": "m.thread", "event_id": root});
        self.send(room, "m.room.message", json!({"msgtype": "m.text", "body": text, "m.relates_to": relates}))
            .await
    }

    /// Everything that was ever sent to a room, the oldest first, as this account sees it.
    pub async fn history(&self, room: &str) -> Vec<Value> {
        let (mut all, mut from) = (Vec::new(), String::new());
        loop {
            let path = format!("/rooms/{}/messages?dir=f&limit=500{from}", part(room));
            let page = self.call("GET", &path, None).await;
            let chunk = page["chunk"].as_array().unwrap_or_else(|| panic!("{page}"));
            all.extend(chunk.iter().cloned());
            match page["end"].as_str() {
                Some(end) if !chunk.is_empty() => from = format!("&from={}", part(end)),
                _ => return all,
            }
        }
    }

    /// The reply to an event, or the mark that says as much, once it is there; there is one and no more.
    pub async fn answered(&self, room: &str, event: &str) -> String {
        let reply = || async {
            let answer = |one: &Value| {
                let (content, relates) = (&one["content"], &one["content"]["m.relates_to"]);
                let is_reply =
                    relates["m.in_reply_to"]["event_id"] == event && content["msgtype"] == "m.notice";
                let is_mark = relates["event_id"] == event && relates["key"] == MARK;
                let shown = if is_mark { Some(MARK) } else { content["body"].as_str().filter(|_| is_reply) };
                shown.map(str::to_owned)
            };
            let replies: Vec<String> = self.history(room).await.iter().filter_map(answer).collect();
            assert!(replies.len() <= 1, "{replies:?}");
            replies.into_iter().next()
        };
        let begun = Instant::now();
        loop {
            if let Some(reply) = reply().await {
                return reply;
            }
            assert!(begun.elapsed() < Duration::from_secs(90), "no answer to {event}");
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// The first event of this kind, once it is there.
    pub async fn sees(&self, room: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            if let Some(event) = self.history(room).await.into_iter().find(|event| is_it(event)) {
                return event;
            }
            assert!(begun.elapsed() < Duration::from_secs(90), "it is not in {room}");
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// Gives a command, and waits for its answer.
    pub async fn asks(&self, room: &str, text: &str) -> String {
        let event = self.types(room, text).await;
        self.answered(room, &event).await
    }

    /// The room that this account was invited to under a name that begins so; goes in.
    pub async fn invited_to(&self, name: &str) -> String {
        let begun = Instant::now();
        let mut since = String::new();
        loop {
            // Without a place to begin at, Synapse gives the same answer for two minutes.
            let news = self.call("GET", &format!("/sync?timeout=0{since}"), None).await;
            since = format!("&since={}", part(news["next_batch"].as_str().unwrap()));
            for (room, invite) in news["rooms"]["invite"].as_object().into_iter().flatten() {
                let events = invite["invite_state"]["events"].as_array().unwrap();
                let named = |event: &Value| {
                    event["content"]["name"].as_str().is_some_and(|found| found.starts_with(name))
                };
                if events.iter().any(named) {
                    self.join(room).await;
                    return room.clone();
                }
            }
            assert!(begun.elapsed() < Duration::from_secs(90), "no invitation to {name}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

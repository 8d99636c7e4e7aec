//! Prism, which nobody here wrote, stands between the bot and the modelled Discord, and holds every request and every answer
//! of a whole incident against Discord's own description.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::house::House;
use crate::support::{
    program::{client, free_port},
    specs,
};

/// Prism reads the whole description first, which takes a busy machine a while.
const PATIENCE: Duration = Duration::from_secs(240);

/// The program; `./test` installs one from npm.
fn prism() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/prism/node_modules/.bin/prism");
    let found = std::env::var_os("COMMANDPOST_PRISM").map_or(own, PathBuf::from);
    let works = Command::new(&found).arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        println!("SKIPPED: what_the_bot_sends: Prism not found (COMMANDPOST_PRISM is the program)");
    }
    works.then_some(found)
}

/// A Prism before something; killed when dropped.
struct Prism {
    child: Child,
    url: String,
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Prism {
    async fn before(upstream: &str, program: &Path, description: &Path) -> Prism {
        let port = free_port();
        let mut command = Command::new(program);
        command.args(["proxy", "-h", "127.0.0.1", "-p", &port.to_string()]).arg(description).arg(upstream);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let prism = Prism { child, url: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while client().get(format!("{}/gateway", prism.url)).send().await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "Prism is not ready");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        prism
    }
}

/// What the bot asks of Discord in an incident.
const ASKED: [(&str, &str); 14] = [
    ("GET", "/channels/1"),
    ("PATCH", "/channels/1"),
    ("GET", "/channels/1/messages?limit=1"),
    ("POST", "/channels/1/messages"),
    ("GET", "/channels/1/messages/1"),
    ("PATCH", "/channels/1/messages/1"),
    ("POST", "/channels/1/messages/1/threads"),
    ("POST", "/channels/1/threads"),
    ("GET", "/channels/1/thread-members"),
    ("PUT", "/channels/1/thread-members/1"),
    ("PUT", "/channels/1/messages/pins/1"),
    ("POST", "/interactions/1/x/callback"),
    ("POST", "/webhooks/1/x"),
    ("PATCH", "/webhooks/1/x/messages/@original"),
];

impl Prism {
    /// Asks each of these once. The first time it makes itself a checker of the description, which takes a busy machine longer
    /// than the bot waits.
    async fn warm_up(&self) {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        for (method, path) in ASKED {
            let request = client.request(method.parse().expect("a method"), format!("{}{path}", self.url));
            drop(request.json(&json!({"content": "x"})).send().await.expect("an answer"));
        }
    }
}

/// What Prism objected to: method and path, and its words.
type Objections = Arc<Mutex<Vec<String>>>;

/// An address with `/api/v10` before the paths, as Discord has it and its description has not. It keeps what Prism says.
async fn with_prefix(prism: &str, objections: Objections) -> String {
    let (client, to) = (client(), prism.to_owned());
    let pass = move |request: Request| {
        let (client, to, objections) = (client.clone(), to.clone(), objections.clone());
        async move { forward(&client, &to, &objections, request).await }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(
        async move { axum::serve(listener, Router::new().fallback(pass)).await.expect("it serves") },
    );
    url
}

async fn forward(client: &reqwest::Client, to: &str, objections: &Objections, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.to_string().trim_start_matches("/api/v10").to_owned();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let mut on = client.request(parts.method.clone(), format!("{to}{path}")).body(body);
    for name in ["authorization", "content-type", "user-agent"] {
        if let Some(value) = parts.headers.get(name) {
            on = on.header(name, value);
        }
    }
    let Ok(answer) = on.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    if let Some(said) = headers.get("sl-violations") {
        let said: Value = serde_json::from_slice(said.as_bytes()).unwrap_or_default();
        objections.lock().expect("not broken").push(format!("{} {path}: {said}", parts.method));
    }
    let mut back = Response::new(Body::from(answer.bytes().await.unwrap_or_default()));
    *back.status_mut() = status;
    for (name, value) in headers.iter().filter(|(name, _)| name.as_str().starts_with("x-ratelimit")) {
        back.headers_mut().insert(name, value.clone());
    }
    back
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bot_sends_in_a_whole_incident_is_what_discord_describes() {
    let Some(program) = prism() else { return };
    let Some(description) = specs::find("what_the_bot_sends", "discord/openapi.json") else { return };
    let mut house = House::new().await;
    house.patience = PATIENCE;
    let prism = Prism::before(&format!("{}/api/v10", house.discord.url()), &program, &description).await;
    prism.warm_up().await;
    house.discord.recorder().clear();
    let objections = Objections::default();
    let base_url = with_prefix(&prism.url, objections.clone()).await;
    let bot = house.open(commandpost::chat::discord::DiscordSettings { base_url, ..house.settings() });
    house
        .eventually("the bot to be ready", || {
            let health = bot.door.health();
            (health.connected && health.commands_registered).then_some(())
        })
        .await;
    let (space, card) = house.declare("Checkout fails").await;
    house.ask(house.ada, space.id, "note", json!({"text": "the database failed over"})).await;
    let button = card.custom_ids().into_iter().find(|name| name.ends_with("|note")).expect("a button");
    let pressed = house.discord.press(house.bob, card.id, &button).expect("a button");
    pressed.modal().await.expect("a form");
    let sent = house.discord.submit_modal(&pressed, json!({"text": "by a form"})).expect("it fits");
    sent.message().await.expect("an answer");
    house.gate.send_replace(false);
    let slow = house.slash(house.ada, space.id, "note", json!({"text": "a slow one"})).await;
    assert_eq!(slow.answer().await.expect("announced").kind, 5);
    house.gate.send_replace(true);
    slow.message().await.expect("an answer");
    house.ask(house.ada, space.id, "crew restrict", json!({})).await;
    house.ask(house.ada, space.id, "crew admit", json!({"who": house.bob.to_string()})).await;
    house.ask(house.ada, space.id, "crew expel", json!({"who": house.bob.to_string()})).await;
    house.ask(house.ada, space.id, "resolve", json!({"reason": "rolled back"})).await;
    house.end(bot, "prism").await;
    assert_eq!(*objections.lock().expect("not broken"), Vec::<String>::new());
    assert!(house.discord.requests().len() > 15, "it went through Prism");
}

//! Discord over HTTP: its endpoint, told by signed requests, and no gateway.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use commandpost::{
    chat::{
        Unproven,
        discord::{DiscordDoor, NAME, Signed, WAY},
    },
    desk::clock::{System, World},
    http::{
        body::Bodies,
        inbound::{self, Inbound, Take, Taken},
    },
    model::discord::{Discord, Id, ManualClock},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::house::{Bot, House};
use crate::support::program::{Program, client};

/// Serves the door's endpoint; returns its address.
async fn serve(door: Arc<DiscordDoor>) -> (String, JoinHandle<()>) {
    let take: Take = Arc::new(move |way, headers, body| {
        let door = door.clone();
        Box::pin(async move {
            assert_eq!(way, WAY);
            let header =
                |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let request = Signed {
                timestamp: header("x-signature-timestamp"),
                signature: header("x-signature-ed25519"),
                body: body.to_vec(),
            };
            match door.receive(&request).await {
                Ok(answer) => Taken::Answered(Some(answer)),
                Err(Unproven::Unreadable) => Taken::Unreadable,
                Err(_) => Taken::Unauthorized,
            }
        })
    });
    let inbound = Inbound { chats: BTreeMap::from([(NAME, take)]), bodies: Bodies::new(1024 * 1024) };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/chat/discord/interactions", listener.local_addr().expect("an address"));
    let router = inbound::router(Arc::new(inbound));
    (url, tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") }))
}

/// A house that Discord reaches over HTTP alone.
async fn reached() -> (House, Bot, JoinHandle<()>) {
    // Discord's clock stands still, and what it signs must not be older than the door, which is opened a little later.
    let ahead = System.now() + chrono::TimeDelta::minutes(1);
    let mut house = House::with_clock(ManualClock::at(ahead).clock()).await;
    house.public_key = Some(house.discord.public_key());
    let bot = house.start().await;
    let (url, server) = serve(bot.door.clone()).await;
    house.discord.reach_over_http(&url).await.expect("Discord takes the endpoint");
    (house, bot, server)
}

#[tokio::test]
async fn a_whole_incident_goes_over_http_without_a_gateway() {
    let (house, bot, server) = reached().await;
    let (space, card) = house.declare("Checkout fails").await;
    house.ask(house.ada, space.id, "note", json!({"text": "the database failed over"})).await;
    let typing = house.discord.autocomplete(
        house.ada,
        space.id,
        &crate::support::discord::slash("status"),
        json!({"incident": ""}),
        "incident",
    );
    let choices = typing.expect("it is offered").choices().await.expect("choices");
    assert!(choices.iter().any(|(label, _)| label.contains("INC-1")), "{choices:?}");
    let button = card.custom_ids().into_iter().find(|name| name.ends_with("|note")).expect("a button");
    let pressed = house.discord.press(house.bob, card.id, &button).expect("a button");
    pressed.modal().await.expect("a form");
    let sent = house.discord.submit_modal(&pressed, json!({"text": "by a form"})).expect("it fits");
    assert!(sent.message().await.expect("an answer").is_ephemeral());
    house.quiet().await;
    let lines: Vec<String> = house.lines(space.id).into_iter().map(|line| line.content).collect();
    for words in ["the database failed over", "by a form"] {
        assert_eq!(lines.iter().filter(|line| line.contains(words)).count(), 1, "{lines:#?}");
    }
    assert_eq!(house.discord.gateway().connections(), 0, "nobody listens at the gateway");
    let callbacks = house.discord.requests().into_iter().filter(|r| r.path.contains("/callback"));
    assert_eq!(callbacks.count(), 0, "the first answer goes with Discord's own request");
    house.end(bot, "over_http").await;
    server.abort();
}

#[tokio::test]
async fn what_takes_long_is_announced_in_time_over_http_and_answered_later() {
    let (house, bot, server) = reached().await;
    let (space, _) = house.declare("Checkout fails").await;
    house.gate.send_replace(false);
    let slow = house.slash(house.ada, space.id, "note", json!({"text": "a slow one"})).await;
    let first = slow.answer().await.expect("announced");
    assert_eq!(first.kind, 5);
    house.gate.send_replace(true);
    let told = slow.message().await.expect("an answer");
    assert!(told.is_ephemeral() && !told.is_loading(), "{told:?}");
    house.end(bot, "late_over_http").await;
    server.abort();
}

struct Endpoint {
    post: Program,
    discord: Discord,
}

impl Endpoint {
    /// The server itself, with Discord's requests switched on.
    async fn new() -> Endpoint {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let discord = Discord::start(Arc::new(|| System.now())).await.expect("two free ports");
        let channel = discord.text_channel("command-post");
        let mut post = Program::new("");
        let token = post.secret("token", &discord.token());
        post.configure(&format!(
            "[discord]\nbase_url = \"{}\"\ntoken_file = \"{token}\"\napplication_id = \"{}\"\nguild_id = \"{}\"\n\
             channel_id = \"{channel}\"\ninteractions = \"http\"\npublic_key = \"{}\"\n",
            discord.url(),
            discord.application(),
            discord.guild(),
            discord.public_key(),
        ));
        post.start().await;
        Endpoint { post, discord }
    }

    fn url(&self) -> String {
        self.post.url("/chat/discord/interactions")
    }

    async fn send(&self, timestamp: &str, signature: &str, body: &str) -> (u16, Value) {
        let request = client()
            .post(self.url())
            .header("x-signature-timestamp", timestamp)
            .header("x-signature-ed25519", signature)
            .body(body.to_owned());
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }
}

/// A person declares an incident.
fn declaration(discord: &Discord, person: Id, interaction: &str, title: &str) -> String {
    json!({
        "id": interaction, "application_id": discord.application(), "type": 2, "token": "t", "version": 1,
        "guild_id": discord.guild(), "channel_id": "100000000000000007",
        "member": {"user": {"id": person, "username": "ada"}},
        "data": {"id": "1", "name": "incident", "type": 1,
            "options": [{"type": 1, "name": "declare", "options": [{"type": 3, "name": "title", "value": title}]}]},
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_discord_signed_within_five_minutes_is_taken_and_once() {
    let mut endpoint = Endpoint::new().await;
    let discord = endpoint.discord.clone();
    discord.reach_over_http(&endpoint.url()).await.expect("Discord takes the endpoint");
    let (now, ada) = (System.now().timestamp(), discord.person("ada"));
    let body = declaration(&discord, ada, "100000000000000009", "x");
    let at = |seconds: i64| (now + seconds).to_string();
    let other = body.replace("\"x\"", "\"y\"");
    for (timestamp, signature, body) in [
        (at(0), discord.sign(&at(0), &other), &body),
        (at(0), discord.sign(&at(0), &body), &other),
        (at(1), discord.sign(&at(0), &body), &body),
        (at(-600), discord.sign(&at(-600), &body), &body),
        (at(600), discord.sign(&at(600), &body), &body),
        (at(0), "00".repeat(64), &body),
        (at(0), String::new(), &body),
    ] {
        let (status, answer) = endpoint.send(&timestamp, &signature, body).await;
        assert_eq!(status, 401, "{timestamp}: {answer}");
    }
    let (status, answer) = endpoint.send(&at(0), &discord.sign(&at(0), &body), &body).await;
    assert_eq!((status, &answer["type"]), (200, &json!(4)), "{answer}");
    assert_eq!(answer["data"]["allowed_mentions"], json!({"parse": []}), "{answer}");
    assert!(answer["data"]["content"].as_str().is_some_and(|text| text.contains("INC-1")), "{answer}");
    for again in [0, 1] {
        let (status, _) = endpoint.send(&at(again), &discord.sign(&at(again), &body), &body).await;
        assert_eq!(status, 401, "what came once does not come again");
    }
    let (status, _) = endpoint.send(&at(0), &discord.sign(&at(0), &body).to_uppercase(), &body).await;
    assert_eq!(status, 401, "nor with its signature in capitals");
    let (status, _) = endpoint.send(&at(0), &discord.sign(&at(0), "{"), "{").await;
    assert_eq!(status, 400);
    let all = endpoint.post.document("/api/v1/incidents").await.to_string();
    assert!(all.contains("INC-1") && !all.contains("INC-2"), "{all}");
    assert!(endpoint.post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_signed_before_a_restart_is_not_taken_after_it() {
    let mut endpoint = Endpoint::new().await;
    let discord = endpoint.discord.clone();
    let ada = discord.person("ada");
    let body = declaration(&discord, ada, "100000000000000009", "x");
    let before = System.now().timestamp();
    let at = before.to_string();
    let (status, answer) = endpoint.send(&at, &discord.sign(&at, &body), &body).await;
    assert_eq!(status, 200, "{answer}");
    assert!(endpoint.post.stop().success());
    // What is signed in the second of the start may have been signed after it.
    while System.now().timestamp() == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    endpoint.post.start().await;
    let (status, _) = endpoint.send(&at, &discord.sign(&at, &body), &body).await;
    assert_eq!(status, 401, "whoever listened in sends it again");
    let ping = json!({"type": 1}).to_string();
    let (status, _) = endpoint.send(&at, &discord.sign(&at, &ping), &ping).await;
    assert_eq!(status, 200, "nothing is done for it, and Discord may give up who refuses one");
    let now = System.now().timestamp().to_string();
    let anew = declaration(&discord, ada, "100000000000000010", "y");
    let (status, answer) = endpoint.send(&now, &discord.sign(&now, &anew), &anew).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["data"]["content"].as_str().is_some_and(|text| text.contains("INC-2")), "{answer}");
    assert!(endpoint.post.stop().success());
}

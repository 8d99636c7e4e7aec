//! The modelled Discord answers a bot as Discord's own description says, and keeps what it was told.

use chrono::TimeDelta;
use commandpost::model::discord::{Id, permissions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    discord::{Answer, Bench},
    openapi::OpenApi,
    specs,
};

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Walks through every resource of the model once, and returns all answers.
async fn tour(bench: &Bench) -> Vec<Answer> {
    let d = &bench.discord;
    let (ada, ops, forum) = (d.person("ada"), d.text_channel("ops"), d.forum("incidents"));
    let (app, guild) = (d.application(), d.guild());
    let mut all = vec![
        bench.get("/gateway").await,
        bench.get("/gateway/bot").await,
        bench.get("/users/@me").await,
        bench.get(&format!("/users/{ada}")).await,
        bench.get("/users/@me/guilds").await,
        bench.get(&format!("/guilds/{guild}")).await,
        bench.get(&format!("/guilds/{guild}/channels")).await,
        bench.get(&format!("/guilds/{guild}/roles")).await,
        bench.get(&format!("/guilds/{guild}/members?limit=100")).await,
        bench.get(&format!("/guilds/{guild}/members/{ada}")).await,
        bench.get(&format!("/channels/{ops}")).await,
        bench.post("/users/@me/channels", &json!({"recipient_id": ada})).await,
    ];
    let card = json!({
        "content": "INC-7", "nonce": "outbox-1", "enforce_nonce": true, "allowed_mentions": {"parse": []},
        "embeds": [{"title": "Payments down", "description": "since 12:00", "color": 15_158_332,
            "fields": [{"name": "Commander", "value": "ada", "inline": true}], "footer": {"text": "drill"}}],
        "components": [
            {"type": 1, "components": [
                {"type": 2, "style": 1, "label": "Acknowledge", "custom_id": "ack"},
                {"type": 2, "style": 5, "label": "Page", "url": "https://status.example"}]},
            {"type": 1, "components": [{"type": 3, "custom_id": "sev", "placeholder": "Severity",
                "options": [{"label": "One", "value": "sev1"}, {"label": "Two", "value": "sev2"}]}]},
        ],
    });
    let sent = bench.post(&format!("/channels/{ops}/messages"), &card).await;
    let message = text(&sent.body, "id").to_owned();
    all.push(sent);
    let reply = json!({"content": "see above", "message_reference": {"message_id": message}});
    all.push(bench.post(&format!("/channels/{ops}/messages"), &reply).await);
    all.push(bench.get(&format!("/channels/{ops}/messages?limit=10")).await);
    all.push(bench.get(&format!("/channels/{ops}/messages/{message}")).await);
    all.push(
        bench.patch(&format!("/channels/{ops}/messages/{message}"), &json!({"content": "INC-7b"})).await,
    );
    let reaction = format!("/channels/{ops}/messages/{message}/reactions/%E2%9C%85/@me");
    all.push(bench.put(&reaction, &Value::Null).await);
    all.push(bench.put(&format!("/channels/{ops}/pins/{message}"), &Value::Null).await);
    all.push(bench.get(&format!("/channels/{ops}/pins")).await);
    all.push(bench.delete(&format!("/channels/{ops}/pins/{message}")).await);
    all.push(bench.put(&format!("/channels/{ops}/messages/pins/{message}"), &Value::Null).await);
    all.push(bench.get(&format!("/channels/{ops}/messages/pins")).await);
    let thread = json!({"name": "INC-7 payments", "auto_archive_duration": 1440});
    all.push(bench.post(&format!("/channels/{ops}/messages/{message}/threads"), &thread).await);
    all.push(bench.get(&format!("/channels/{ops}/messages/{message}")).await);
    let open = bench.post(&format!("/channels/{ops}/threads"), &json!({"name": "talk", "type": 11})).await;
    let thread = text(&open.body, "id").to_owned();
    all.push(open);
    let post = json!({"name": "INC-8", "message": {"content": "first"}});
    all.push(bench.post(&format!("/channels/{forum}/threads"), &post).await);
    all.push(bench.put(&format!("/channels/{thread}/thread-members/{ada}"), &Value::Null).await);
    all.push(bench.get(&format!("/channels/{thread}/thread-members")).await);
    all.push(bench.get(&format!("/guilds/{guild}/threads/active")).await);
    all.push(bench.patch(&format!("/channels/{thread}"), &json!({"archived": true, "locked": true})).await);
    let channel = json!({"name": "INC 9 Search", "type": 0, "topic": "commander: none"});
    let made = bench.post(&format!("/guilds/{guild}/channels"), &channel).await;
    let room = text(&made.body, "id").to_owned();
    all.push(made);
    all.push(bench.patch(&format!("/channels/{room}"), &json!({"topic": "commander: ada"})).await);
    let overwrite = json!({"type": 1, "allow": 1024, "deny": 0});
    all.push(bench.put(&format!("/channels/{room}/permissions/{ada}"), &overwrite).await);
    all.push(bench.post(&format!("/channels/{room}/typing"), &Value::Null).await);
    all.push(bench.delete(&format!("/channels/{room}")).await);
    let commands = json!([{"name": "incident", "description": "Incidents", "type": 1, "options": [
        {"type": 1, "name": "declare", "description": "Declare one", "options": [
            {"type": 3, "name": "title", "description": "What is wrong", "required": true, "max_length": 100}]}]}]);
    for place in [format!("/applications/{app}"), format!("/applications/{app}/guilds/{guild}")] {
        all.push(bench.put(&format!("{place}/commands"), &commands).await);
        let listed = bench.get(&format!("{place}/commands")).await;
        all.push(bench.get(&format!("{place}/commands/{}", text(&listed.body[0], "id"))).await);
        all.push(listed);
    }
    all.push(bench.delete(&format!("/channels/{ops}/messages/{message}")).await);
    all
}

#[tokio::test]
async fn answers_and_the_requests_for_them_fit_discords_own_description() {
    let Some(file) = specs::find("discord answers", "discord/openapi.json") else { return };
    let api = OpenApi::read(&file, "/api/v10");
    let bench = Bench::new().await;
    let answers = tour(&bench).await;
    let failed: Vec<_> = answers.iter().filter(|a| !a.status.is_success()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let wrong: Vec<String> = answers
        .iter()
        .flat_map(|a| {
            let path = format!("/api/v10{}", a.path);
            api.answer_violations(a.method.as_str(), &path, a.status.as_u16(), &a.body)
        })
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    let requests = bench.discord.requests();
    assert_eq!(requests.len(), answers.len());
    assert_eq!(api.violations(&requests), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_sent_twice_with_one_nonce_stands_once() {
    let bench = Bench::new().await;
    let (ops, other) = (bench.discord.text_channel("ops"), bench.discord.text_channel("other"));
    let body = json!({"content": "once", "nonce": "n1", "enforce_nonce": true});
    let first = bench.post(&format!("/channels/{ops}/messages"), &body).await;
    let second = bench.post(&format!("/channels/{ops}/messages"), &body).await;
    assert_eq!(first.body["id"], second.body["id"]);
    assert_eq!(bench.discord.messages(ops).len(), 1);
    let elsewhere = bench.post(&format!("/channels/{other}/messages"), &body).await;
    assert_ne!(first.body["id"], elsewhere.body["id"], "a nonce counts in its own channel");
    bench.clock.advance(TimeDelta::minutes(6));
    bench.post(&format!("/channels/{ops}/messages"), &body).await;
    assert_eq!(bench.discord.messages(ops).len(), 2, "and for a few minutes only");
}

#[tokio::test]
async fn what_was_missed_can_be_listed_after_a_message() {
    let bench = Bench::new().await;
    let (ada, ops) = (bench.discord.person("ada"), bench.discord.text_channel("ops"));
    let ids: Vec<Id> = ["one", "two", "three"]
        .iter()
        .map(|t| bench.discord.say(ada, ops, t).expect("ada may talk").id)
        .collect();
    let listed = bench.get(&format!("/channels/{ops}/messages?after={}&limit=100", ids[0])).await;
    let contents: Vec<&str> =
        listed.body.as_array().expect("a list").iter().map(|m| text(m, "content")).collect();
    assert_eq!(contents, ["three", "two"]);
}

#[tokio::test]
async fn nobody_is_notified_when_mentions_are_switched_off() {
    let bench = Bench::new().await;
    let (ada, ops) = (bench.discord.person("ada"), bench.discord.text_channel("ops"));
    bench.discord.let_bot(permissions::ADMINISTRATOR);
    let content = format!("@everyone <@{ada}>");
    let quiet = json!({"content": content, "allowed_mentions": {"parse": []}});
    bench.post(&format!("/channels/{ops}/messages"), &quiet).await;
    bench.post(&format!("/channels/{ops}/messages"), &json!({"content": content})).await;
    let messages = bench.discord.messages(ops);
    assert!(!messages[0].mention_everyone && messages[0].mentions.is_empty());
    assert!(messages[1].mention_everyone && messages[1].mentions == [ada]);
}

#[tokio::test]
async fn an_interaction_must_be_answered_in_three_seconds_and_ends_after_fifteen_minutes() {
    let bench = Bench::new().await;
    let (d, clock) = (&bench.discord, &bench.clock);
    let (ada, ops, app) = (d.person("ada"), d.text_channel("ops"), d.application());
    let command = json!([{"name": "ping", "description": "Ping"}]);
    bench.put(&format!("/applications/{app}/commands"), &command).await;

    d.slash(ada, ops, "ping", json!({})).expect("registered");
    // Without a gateway session the bot never hears of it; this test looks the token up as the bot would.
    let hear = |n: usize| d.heard().into_iter().nth(n).expect("an interaction");
    let answer = |id: Id, token: &str| format!("/interactions/{id}/{token}/callback");
    let body = json!({"type": 4, "data": {"content": "pong"}});

    let (id, token) = hear(0);
    clock.advance(TimeDelta::milliseconds(3001));
    let late = bench.post(&answer(id, &token), &body).await;
    assert_eq!((late.status.as_u16(), &late.body["code"]), (404, &json!(10062)));

    let asked = d.slash(ada, ops, "ping", json!({})).expect("registered");
    let (id, token) = hear(1);
    clock.advance(TimeDelta::milliseconds(2999));
    assert_eq!(bench.post(&answer(id, &token), &body).await.status, 204);
    assert_eq!(asked.message().await.expect("a message").content, "pong");
    let twice = bench.post(&answer(id, &token), &body).await;
    assert_eq!((twice.status.as_u16(), &twice.body["code"]), (400, &json!(40060)));

    let original = format!("/webhooks/{app}/{token}/messages/@original");
    assert_eq!(bench.patch(&original, &json!({"content": "pong!"})).await.status, 200);
    clock.advance(TimeDelta::minutes(15));
    let over = bench.patch(&original, &json!({"content": "too late"})).await;
    assert_eq!((over.status.as_u16(), &over.body["code"]), (401, &json!(50027)));
    assert_eq!(asked.message().await.expect("a message").content, "pong!");
}

#[tokio::test]
async fn the_callback_with_its_response_fits_the_description() {
    let Some(file) = specs::find("discord callback", "discord/openapi.json") else { return };
    let api = OpenApi::read(&file, "/api/v10");
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops, app) = (d.person("ada"), d.text_channel("ops"), d.application());
    let commands = json!([{"name": "ping", "description": "Ping"}]);
    bench.put(&format!("/applications/{app}/commands"), &commands).await;
    d.slash(ada, ops, "ping", json!({})).expect("registered");
    let (id, token) = d.heard().pop().expect("an interaction");
    let body = json!({"type": 4, "data": {"content": "pong", "components": [
        {"type": 1, "components": [{"type": 2, "style": 2, "label": "Again", "custom_id": "again"}]}]}});
    let path = format!("/interactions/{id}/{token}/callback");
    let told = bench.call(Method::POST, &format!("{path}?with_response=true"), &body).await;
    let mut wrong =
        api.answer_violations("POST", &format!("/api/v10{path}"), told.status.as_u16(), &told.body);
    let follow =
        bench.post(&format!("/webhooks/{app}/{token}"), &json!({"content": "and more", "flags": 64})).await;
    let hook = format!("/api/v10/webhooks/{app}/{token}");
    wrong.extend(api.answer_violations("POST", &hook, follow.status.as_u16(), &follow.body));
    let original = format!("/webhooks/{app}/{token}/messages/@original");
    let read = bench.get(&original).await;
    wrong.extend(api.answer_violations("GET", &format!("/api/v10{original}"), 200, &read.body));
    wrong.extend(api.violations(&d.requests()));
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(d.messages(ops).len(), 1, "the follow-up was for ada's eyes only");
}

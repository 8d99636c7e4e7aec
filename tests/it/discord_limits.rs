//! The modelled Discord refuses what Discord refuses, and fails in the ways that the internet fails.

use std::time::Duration;

use chrono::TimeDelta;
use commandpost::model::discord::{Budget, Fault, Id, Impossible, RateLimits, permissions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::discord::{Answer, Bench};

fn refused(answer: &Answer) -> (u16, u64) {
    (answer.status.as_u16(), answer.body["code"].as_u64().unwrap_or(u64::MAX))
}

#[tokio::test]
async fn refusals_have_discords_status_and_code() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops, secret) = (d.person("ada"), d.text_channel("ops"), d.text_channel("secret"));
    d.deny(secret, d.bot(), permissions::VIEW_CHANNEL);
    d.deny(ops, d.bot(), permissions::PIN_MESSAGES);
    d.refuse_dms(ada);
    let hers = d.say(ada, ops, "mine").expect("ada may talk").id;
    let dm = bench.post("/users/@me/channels", &json!({"recipient_id": ada})).await;
    let dm = dm.body["id"].as_str().unwrap_or_default().to_owned();
    let hi = json!({"content": "hi"});

    let without_token = bench.client.get(format!("{}/api/v10/users/@me", d.url())).send().await;
    assert_eq!(without_token.expect("an answer").status(), 401);
    assert_eq!(refused(&bench.post("/channels/1/messages", &hi).await), (404, 10003));
    assert_eq!(refused(&bench.post(&format!("/channels/{secret}/messages"), &hi).await), (403, 50001));
    assert_eq!(
        refused(&bench.put(&format!("/channels/{ops}/pins/{hers}"), &Value::Null).await),
        (403, 50013)
    );
    assert_eq!(refused(&bench.patch(&format!("/channels/{ops}/messages/{hers}"), &hi).await), (403, 50005));
    assert_eq!(refused(&bench.get(&format!("/channels/{ops}/messages/1")).await), (404, 10008));
    assert_eq!(refused(&bench.post(&format!("/channels/{dm}/messages"), &hi).await), (403, 50007));
    assert_eq!(refused(&bench.post(&format!("/channels/{ops}/messages"), &json!({})).await), (400, 50006));
    assert_eq!(refused(&bench.get("/channels/ops").await), (400, 50035));
    assert_eq!(refused(&bench.get("/nowhere").await), (404, 0));
}

#[tokio::test]
async fn a_form_beyond_the_limits_is_refused_with_the_place_of_each_fault() {
    let bench = Bench::new().await;
    let ops = bench.discord.text_channel("ops");
    let rows: Vec<Value> = (0..6)
        .map(|i| json!({"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": format!("{i}")}]}))
        .collect();
    let twice = json!([{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "a", "custom_id": "same"},
        {"type": 2, "style": 1, "label": "b", "custom_id": "same"}]}]);
    for (body, place) in [
        (json!({"content": "x".repeat(2001)}), "/content/_errors/0/code"),
        (json!({"embeds": [{"title": "x".repeat(257)}]}), "/embeds/0/title/_errors/0/code"),
        (
            json!({"embeds": [{"fields": [{"name": "n", "value": ""}]}]}),
            "/embeds/0/fields/0/value/_errors/0/code",
        ),
        (
            json!({"embeds": [{"description": "x".repeat(4096)}, {"description": "x".repeat(1905)}]}),
            "/embeds/1/_errors/0/code",
        ),
        (json!({"content": "x", "components": rows}), "/components/_errors/0/code"),
        (json!({"content": "x", "components": twice}), "/components/_errors/0/code"),
        (json!({"content": "x", "nonce": "n".repeat(26)}), "/nonce/_errors/0/code"),
    ] {
        let answer = bench.post(&format!("/channels/{ops}/messages"), &body).await;
        assert_eq!(refused(&answer), (400, 50035), "{place}");
        assert!(answer.body["errors"].pointer(place).is_some(), "{place}: {}", answer.body);
    }
    assert!(bench.discord.messages(ops).is_empty());
}

#[tokio::test]
async fn a_channel_is_renamed_twice_in_ten_minutes_and_no_more() {
    let bench = Bench::new().await;
    let ops = format!("/channels/{}", bench.discord.text_channel("ops"));
    assert_eq!(bench.patch(&ops, &json!({"name": "INC 1 open"})).await.body["name"], "inc-1-open");
    assert_eq!(bench.patch(&ops, &json!({"topic": "t"})).await.status, 200);
    bench.clock.advance(TimeDelta::minutes(4));
    let third = bench.patch(&ops, &json!({"name": "inc-1-closed"})).await;
    assert_eq!(third.status, 429);
    assert_eq!(third.body["retry_after"], 360.0);
    assert_eq!(third.headers["retry-after"], "360");
    bench.clock.advance(TimeDelta::minutes(6));
    assert_eq!(bench.patch(&ops, &json!({"name": "inc-1-closed"})).await.status, 200);
}

#[tokio::test]
async fn roles_are_given_and_taken_below_the_bots_own_alone() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, role) = (d.person("ada"), d.role("commander", 0));
    let path = format!("/guilds/{}/members/{ada}/roles", d.guild());
    assert_eq!(bench.put(&format!("{path}/{role}"), &Value::Null).await.status, 204);
    assert_eq!(d.having(role), [ada]);
    assert_eq!(refused(&bench.put(&format!("{path}/1"), &Value::Null).await), (404, 10011));
    d.raise_role(role);
    assert_eq!(refused(&bench.put(&format!("{path}/{role}"), &Value::Null).await), (403, 50013));
    let nobody = format!("/guilds/{}/members/1/roles/{}", d.guild(), d.role("other", 0));
    assert_eq!(refused(&bench.put(&nobody, &Value::Null).await), (404, 10007));
}

#[tokio::test]
async fn what_others_wrote_is_read_with_the_intent_for_it_alone() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops) = (d.person("ada"), d.text_channel("ops"));
    let said = d.say(ada, ops, "the database failed over").expect("ada may talk").id;
    let read = async || bench.get(&format!("/channels/{ops}/messages/{said}")).await.body["content"].clone();
    assert_eq!(read().await, "the database failed over");
    d.gateway().allow_intents(0);
    assert_eq!(read().await, "");
}

#[tokio::test]
async fn budgets_are_kept_for_each_route_and_channel_and_told_in_the_headers() {
    let bench = Bench::new().await;
    let (a, b) = (bench.discord.text_channel("a"), bench.discord.text_channel("b"));
    let window = Duration::from_secs(5);
    let limits = RateLimits { per_bucket: Some(Budget { calls: 2, window }), global: None };
    bench.discord.limit(limits);
    let (a, b) = (format!("/channels/{a}/messages"), format!("/channels/{b}/messages"));
    let hi = json!({"content": "hi"});
    let first = bench.post(&a, &hi).await;
    assert_eq!(first.headers["x-ratelimit-remaining"], "1");
    assert_eq!(bench.post(&a, &hi).await.status, 200);
    let third = bench.post(&a, &hi).await;
    assert_eq!((third.status.as_u16(), &third.body["global"]), (429, &json!(false)));
    assert_eq!(third.headers["retry-after"], "5");
    assert_eq!(third.headers["x-ratelimit-bucket"], first.headers["x-ratelimit-bucket"]);
    assert_eq!(bench.post(&b, &hi).await.status, 200, "another channel has a budget of its own");
    bench.clock.advance(TimeDelta::seconds(5));
    assert_eq!(bench.post(&a, &hi).await.status, 200);

    bench.discord.limit(RateLimits { per_bucket: None, global: Some(Budget { calls: 1, window }) });
    assert_eq!(bench.post(&a, &hi).await.status, 200);
    let over = bench.post(&b, &hi).await;
    assert_eq!((over.status.as_u16(), &over.body["global"]), (429, &json!(true)));
    assert_eq!(over.headers["x-ratelimit-global"], "true");
}

#[tokio::test]
async fn each_fault_meets_the_calls_it_was_armed_for_and_no_others() {
    let bench = Bench::new().await;
    let (d, ops) = (&bench.discord, bench.discord.text_channel("ops"));
    let path = format!("/channels/{ops}/messages");
    let say = |t: &str| json!({"content": t});
    d.faults().next_on(1, Fault::Refuse, "POST", "/messages");
    assert_eq!(bench.get(&path).await.status, 200, "armed for POST only");
    assert!(bench.try_call(Method::POST, &path, &say("refused")).await.is_err());
    d.faults().next_at(1, Fault::Status(503), "GET", "/gateway");
    assert_eq!(bench.get("/gateway/bot").await.status, 200, "armed for another path");
    assert_eq!(bench.get("/gateway").await.status, 503);
    d.faults().next(1, Fault::LoseAnswer);
    assert!(bench.try_call(Method::POST, &path, &say("lost answer")).await.is_err());
    d.faults().next(1, Fault::Status(502));
    assert_eq!(bench.post(&path, &say("502")).await.status, 502);
    d.faults().next(1, Fault::TooMany { retry_after: 1.5, global: true });
    let limited = bench.post(&path, &say("429")).await;
    assert_eq!((limited.status.as_u16(), &limited.body["retry_after"]), (429, &json!(1.5)));
    d.faults().next(1, Fault::Garble);
    assert_eq!(bench.post(&path, &say("garbled")).await.body, Value::Null);
    d.faults().next(1, Fault::BlackHole);
    let patience = Duration::from_millis(300);
    let unheard = tokio::time::timeout(patience, bench.try_call(Method::POST, &path, &say("nothing"))).await;
    assert!(unheard.is_err(), "a black hole does not answer");
    assert_eq!(bench.post(&path, &say("well again")).await.status, 200);
    let said: Vec<String> = d.messages(ops).into_iter().map(|m| m.content).collect();
    assert_eq!(said, ["lost answer", "garbled", "well again"]);
}

#[tokio::test]
async fn rest_goes_away_and_comes_back_on_the_same_port() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/gateway").await.status, 200);
    bench.discord.rest_goes_away().await;
    assert!(bench.try_call(Method::GET, "/gateway", &Value::Null).await.is_err());
    bench.discord.rest_comes_back().await.expect("the same port");
    assert_eq!(bench.get("/gateway").await.status, 200);
}

#[tokio::test]
async fn people_can_do_no_more_than_discords_client_lets_them() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops) = (d.person("ada"), d.text_channel("ops"));
    let commands = json!([{"name": "sev", "description": "Set", "options": [
        {"type": 3, "name": "level", "description": "Level", "required": true,
         "choices": [{"name": "One", "value": "1"}]}]}]);
    let (app, path) = (d.application(), format!("/channels/{ops}/messages"));
    bench.put(&format!("/applications/{app}/commands"), &commands).await;
    let buttons = json!({"content": "x", "components": [{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "No", "custom_id": "off", "disabled": true}]}]});
    let message: Id =
        bench.post(&path, &buttons).await.body["id"].as_str().unwrap_or("0").parse().expect("an id");
    let why = |outcome: Result<_, Impossible>| outcome.err().map(|e: Impossible| e.0).unwrap_or_default();
    assert!(why(d.slash(ada, ops, "nothing", json!({}))).contains("registered"));
    assert!(why(d.slash(ada, ops, "sev", json!({}))).contains("required"));
    assert!(why(d.slash(ada, ops, "sev", json!({"level": "9"}))).contains("choices"));
    assert!(why(d.slash(ada, ops, "sev", json!({"depth": "1"}))).contains("no option"));
    assert!(why(d.press(ada, message, "absent")).contains("has: off"));
    assert!(why(d.press(ada, message, "off")).contains("greyed out"));
    assert!(d.slash(ada, ops, "sev", json!({"level": "1"})).is_ok());
}

#[tokio::test]
async fn command_sets_that_discord_refuses_are_refused() {
    let bench = Bench::new().await;
    let path = format!("/applications/{}/commands", bench.discord.application());
    let one = |change: Value| {
        let mut command = json!({"name": "incident", "description": "Incidents"});
        for (key, value) in change.as_object().into_iter().flatten() {
            command[key.as_str()] = value.clone();
        }
        json!([command])
    };
    let option = |name: &str, required: bool| json!({"type": 3, "name": name, "description": "d", "required": required});
    for bad in [
        one(json!({"name": "Incident"})),
        one(json!({"name": "two words"})),
        one(json!({"description": "x".repeat(101)})),
        one(json!({"options": [option("a", false), option("b", true)]})),
        one(json!({"options": (0..26).map(|i| option(&format!("o{i}"), false)).collect::<Vec<_>>()})),
        json!([{"name": "a", "description": "d"}, {"name": "a", "description": "d"}]),
    ] {
        assert_eq!(refused(&bench.put(&path, &bad).await), (400, 50035), "{bad}");
    }
    assert_eq!(bench.put(&path, &one(json!({}))).await.status, 200);
}

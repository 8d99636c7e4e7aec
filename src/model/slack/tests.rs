//! The model keeps the limits that an app meets in Slack.

use serde_json::{Value, json};

use super::SlackModel;
use crate::{
    config::secret::Secret,
    model::official::{client, clock::Clock},
};

struct Bench {
    slack: SlackModel,
    clock: Clock,
    channel: String,
    token: Secret,
}

impl Bench {
    async fn new() -> Bench {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Clock::new();
        let slack = SlackModel::start(clock.now()).await.unwrap();
        let (channel, token) = (slack.channel("general"), slack.bot_token());
        Bench { slack, clock, channel, token }
    }

    async fn call(&self, method: &str, args: &[(&str, &str)]) -> (u16, Value) {
        let request = client().post(format!("{}/api/{method}", self.slack.url()));
        let answer = request.bearer_auth(self.token.expose()).form(args).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn error(&self, method: &str, args: &[(&str, &str)]) -> String {
        let (_, answer) = self.call(method, args).await;
        answer["error"].as_str().unwrap_or("none").to_owned()
    }
}

#[tokio::test]
async fn a_channel_takes_one_message_a_second() {
    let bench = Bench::new().await;
    let args = [("channel", bench.channel.as_str()), ("text", "x")];
    assert_eq!(bench.call("chat.postMessage", &args).await.0, 200);
    let (status, answer) = bench.call("chat.postMessage", &args).await;
    assert_eq!((status, answer["error"].as_str()), (429, Some("ratelimited")));
    bench.clock.forward(1);
    assert_eq!(bench.call("chat.postMessage", &args).await.0, 200);
}

#[tokio::test]
async fn what_slack_refuses_is_refused_in_its_words() {
    let bench = Bench::new().await;
    let here = bench.channel.as_str();
    let long = "x".repeat(40_001);
    let post = |text: &'static str| [("channel", here), ("text", text)];
    assert_eq!(bench.error("conversations.create", &[("name", "general")]).await, "name_taken");
    assert_eq!(bench.error("conversations.create", &[("name", "No Such")]).await, "invalid_name_specials");
    assert_eq!(bench.error("chat.postMessage", &[("channel", here), ("text", &long)]).await, "msg_too_long");
    assert_eq!(bench.error("chat.postMessage", &post("")).await, "no_text");
    assert_eq!(
        bench.error("chat.postMessage", &[("channel", "C9"), ("text", "x")]).await,
        "channel_not_found"
    );
    let update = [("channel", here), ("ts", "1.2"), ("text", "x")];
    assert_eq!(bench.error("chat.update", &update).await, "message_not_found");
    for blocks in [
        json!([{"type": "section"}]),
        json!([{"type": "header", "text": {"type": "plain_text", "text": "x".repeat(151)}}]),
        json!([{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]),
        json!([{"type": "input"}]),
        json!(vec![json!({"type": "divider"}); 51]),
    ] {
        let args = [("channel", here), ("text", "x"), ("blocks", &blocks.to_string())];
        assert_eq!(bench.error("chat.postMessage", &args).await, "invalid_blocks", "{blocks}");
    }
    bench.slack.archive(here, true);
    assert_eq!(bench.error("chat.postMessage", &post("x")).await, "is_archived");
    bench.slack.archive(here, false);
    bench.slack.put_out(here);
    assert_eq!(bench.error("chat.postMessage", &post("x")).await, "not_in_channel");
    bench.slack.take_scope("chat:write");
    let (_, answer) = bench.call("chat.postMessage", &post("x")).await;
    assert_eq!(
        (answer["error"].as_str(), answer["needed"].as_str()),
        (Some("missing_scope"), Some("chat:write"))
    );
}

#[tokio::test]
async fn a_form_opens_once_and_within_three_seconds() {
    let bench = Bench::new().await;
    let ada = bench.slack.person("ada");
    let view = json!({"type": "modal", "title": {"type": "plain_text", "text": "T"},
        "blocks": [{"type": "divider"}]})
    .to_string();
    let trigger = bench.slack.with(|w| w.trigger(&ada));
    let args = [("trigger_id", trigger.as_str()), ("view", view.as_str())];
    assert_eq!(bench.error("views.open", &args).await, "none");
    assert_eq!(bench.error("views.open", &args).await, "exchanged_trigger_id");
    let trigger = bench.slack.with(|w| w.trigger(&ada));
    bench.clock.forward(3);
    let args = [("trigger_id", trigger.as_str()), ("view", view.as_str())];
    assert_eq!(bench.error("views.open", &args).await, "expired_trigger_id");
}

#[tokio::test]
async fn what_is_not_acknowledged_in_time_was_not_answered() {
    let bench = Bench::new().await;
    let ada = bench.slack.person("ada");
    // Nobody listens.
    bench.slack.slash(&ada, &bench.channel, "status").unwrap();
    assert!(bench.slack.whispers(&ada)[0].text.contains("operation_timeout"));
    let told = bench.slack.tell("slash_commands", |w| w.slash_json(&ada, "C1", "x"));
    bench.clock.forward(4);
    bench.slack.with(|w| w.acknowledge(&told, json!({"text": "too late"})));
    let seen = bench.slack.whispers(&ada);
    assert!(seen.iter().all(|one| one.text.contains("operation_timeout")), "{seen:?}");
}

//! The model keeps the limits that a bot meets in Mattermost, and takes what its documentation shows.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{MattermostModel, checks};
use crate::{
    config::secret::Secret,
    model::official::{client, clock::Clock},
};

struct Bench {
    mattermost: MattermostModel,
    clock: Clock,
    channel: String,
    token: Secret,
}

impl Bench {
    async fn new() -> Bench {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Clock::new();
        let mattermost = MattermostModel::start(clock.now()).await.unwrap();
        let (channel, token) = (mattermost.channel("general"), mattermost.bot_token());
        Bench { mattermost, clock, channel, token }
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/api/v4{path}", self.mattermost.url());
        let mut request = client().request(method.parse().unwrap(), url).bearer_auth(self.token.expose());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn post(&self, body: Value) -> (u16, Value) {
        self.call("POST", "/posts", Some(&body)).await
    }

    async fn error(&self, body: Value) -> String {
        self.post(body).await.1["id"].as_str().unwrap_or("none").to_owned()
    }
}

#[tokio::test]
async fn what_mattermost_refuses_is_refused_in_its_words() {
    let bench = Bench::new().await;
    let here = bench.channel.as_str();
    let say = |text: &str| json!({"channel_id": here, "message": text});
    assert_eq!(bench.post(say("x")).await.0, 201);
    assert_eq!(bench.error(say("")).await, "model.post.is_valid.msg.app_error");
    assert_eq!(bench.error(say(&"x".repeat(16_384))).await, "model.post.is_valid.message_length.app_error");
    let nowhere = json!({"channel_id": "c", "message": "x"});
    assert_eq!(
        bench.error(nowhere).await,
        "api.context.permissions.app_error",
        "nobody may write where nothing is"
    );
    let mut reply = say("x");
    reply["root_id"] = json!("p");
    assert_eq!(bench.error(reply).await, "api.post.create_post.root_id.app_error");
    let mut card = say("");
    card["props"] = json!({"attachments": [{"actions": [{"id": "a-b", "name": "x"}]}]});
    assert_eq!(bench.error(card).await, "model.post.is_valid.props.app_error");
    let taken = json!({"team_id": bench.mattermost.with(|w| w.team.clone()), "name": "general", "display_name": "x", "type": "O"});
    let (status, answer) = bench.call("POST", "/channels", Some(&taken)).await;
    assert_eq!(
        (status, answer["id"].as_str()),
        (400, Some("store.sql_channel.save_channel.exists.app_error"))
    );
    bench.mattermost.archive(here, true);
    assert_eq!(bench.error(say("x")).await, "api.post.create_post.can_not_post_to_deleted.error");
    bench.mattermost.archive(here, false);
    bench.mattermost.put_out(here);
    assert_eq!(bench.error(say("x")).await, "api.context.permissions.app_error");
    bench.mattermost.revoke_token();
    assert_eq!(bench.error(say("x")).await, "api.context.session_expired.app_error");
}

#[tokio::test]
async fn the_same_message_sent_again_within_half_a_minute_is_the_same_message() {
    let bench = Bench::new().await;
    let body = json!({"channel_id": bench.channel, "message": "x", "pending_post_id": "mine"});
    let first = bench.post(body.clone()).await.1["id"].clone();
    assert_eq!(bench.post(body.clone()).await.1["id"], first);
    bench.clock.forward(31);
    assert_ne!(bench.post(body).await.1["id"], first);
    assert_eq!(bench.mattermost.posts(&bench.channel).len(), 2);
}

#[tokio::test]
async fn a_limit_is_over_with_the_second() {
    let bench = Bench::new().await;
    bench.mattermost.limit(Some(2));
    for status in [200, 200, 429] {
        assert_eq!(bench.call("GET", "/users/me", None).await.0, status);
    }
    bench.clock.forward(1);
    assert_eq!(bench.call("GET", "/users/me", None).await.0, 200);
}

#[tokio::test]
async fn what_changed_since_a_moment_is_shown_with_what_was_deleted() {
    let bench = Bench::new().await;
    let ada = bench.mattermost.person("ada", "");
    let say = |text: &str| bench.mattermost.say(&ada, &bench.channel, None, text).unwrap();
    let (old, edited, deleted) = (say("old"), say("edited"), say("deleted"));
    let since = deleted.created_at;
    bench.mattermost.edit(&edited.id, "anew").unwrap();
    bench.mattermost.delete(&deleted.id).unwrap();
    bench.mattermost.react(&ada, &old.id, "pushpin").unwrap();
    let (_, list) =
        bench.call("GET", &format!("/channels/{}/posts?since={since}", bench.channel), None).await;
    assert_eq!(list["order"].as_array().unwrap().len(), 3, "{list}");
    assert_eq!(list["posts"][&edited.id]["message"], "anew");
    assert!(list["posts"][&deleted.id]["delete_at"].as_i64() > Some(0));
    assert_eq!(list["posts"][&old.id]["metadata"]["reactions"][0]["emoji_name"], "pushpin");
    let (_, page) =
        bench.call("GET", &format!("/channels/{}/posts?page=0&per_page=60", bench.channel), None).await;
    assert_eq!(page["order"].as_array().unwrap().len(), 2, "a page shows what is there");
}

#[tokio::test]
async fn a_form_opens_within_three_seconds() {
    let bench = Bench::new().await;
    let ada = bench.mattermost.person("ada", "");
    let open = async |trigger: String| {
        let body =
            json!({"trigger_id": trigger, "url": "http://app", "dialog": {"title": "T", "elements": []}});
        bench.call("POST", "/actions/dialogs/open", Some(&body)).await.1["id"].clone()
    };
    let trigger = || bench.mattermost.with(|w| w.trigger(&ada, &bench.channel));
    assert_eq!(open(trigger()).await, Value::Null);
    assert_eq!(open("made up".into()).await, "interactive_message.decode_trigger_id.base64_decode_failed");
    let late = trigger();
    bench.clock.forward(3);
    assert_eq!(open(late).await, "interactive_message.decode_trigger_id.expired");
}

/// The samples of the documentation; what Mattermost itself sends is read in `chat::mattermost`.
fn judged(name: &str, sample: &Value) -> Option<Result<(), String>> {
    let kind = sample["type"].as_str().unwrap_or_default();
    if sample["user_id"].is_string() || kind.starts_with("dialog_") || kind == "refresh" {
        return None;
    }
    Some(if sample["dialog"].is_object() {
        checks::of_opening(sample)
    } else if sample["display_name"].is_string() {
        checks::of_element(sample)
    } else if sample["attachments"].is_array() {
        checks::of_attachments(&sample["attachments"])
    } else if let Some(actions) = sample.as_array() {
        actions.iter().try_for_each(checks::of_action)
    } else if name.starts_with("interactive") {
        checks::of_press_answer(sample)
    } else {
        checks::of_form_answer(sample)
    })
}

#[test]
fn every_sample_of_the_documentation_is_taken_or_refused_with_a_sentence() {
    let root = std::env::var_os("COMMANDPOST_SPECS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs")),
        PathBuf::from,
    );
    let Ok(folder) = std::fs::read_dir(root.join("mattermost/examples")) else {
        println!("SKIPPED: every_sample_of_the_documentation: specifications not found");
        return;
    };
    // What is shown and not taken: longer than Mattermost allows, newer than what is modelled, or no whole thing.
    let refused = [
        ("dialogs_01.json", "an element is no object"),
        ("dialogs_08.json", "items is no part of an answer to a form"),
        ("dialogs_13.json", "display_name has 25 bytes of at most 24"),
        ("dialogs_14.json", "display_name has 27 bytes of at most 24"),
        ("dialogs_15.json", "display_name has 32 bytes of at most 24"),
        ("dialogs_23.json", "file is no type of an element"),
        ("dialogs_24.json", "file is no type of an element"),
        ("dialogs_25.json", "action_button is no type of an element"),
        ("dialogs_31.json", "title has 26 bytes of at most 24"),
        ("dialogs_33.json", "title has 26 bytes of at most 24"),
        ("dialogs_37.json", "display_name has 27 bytes of at most 24"),
        ("interactive_04.json", "the action leads nowhere"),
    ];
    let mut seen = 0;
    for file in folder {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".json") {
            continue;
        }
        let sample: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let Some(judged) = judged(&name, &sample) else { continue };
        let why = refused.iter().find(|(refused, _)| *refused == name).map(|(_, why)| (*why).to_owned());
        assert_eq!(judged.err(), why, "{name}");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

//! Slack's own Python SDK as a client of the model: that what we model is what Slack's people call, and that what we sign
//! and show is what they take.

use std::path::PathBuf;

use commandpost::{
    chat::slack::Signed,
    desk::clock::{System, World},
    model::slack::SlackModel,
};

use super::house::House;
use crate::support::python::run;

/// A Python that has `slack_sdk`; `./test` installs one.
fn python(test: &str) -> Option<PathBuf> {
    crate::support::python::with(test, "slack_sdk", "COMMANDPOST_SLACK_SDK", "slack_sdk")
}

const CLIENT: &str = r#"
import sys
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata
base, token, app_token, channel = sys.argv[1:5]
client = WebClient(token=token, base_url=base + "/api/")
me = client.auth_test()
assert me["bot_id"].startswith("B") and me["user_id"].startswith("U")
assert WebClient(token=app_token, base_url=base + "/api/").apps_connections_open(app_token=app_token)["url"].startswith("ws")
made = client.conversations_create(name="by-the-sdk")["channel"]["id"]
try:
    client.conversations_create(name="by-the-sdk")
    raise AssertionError("a name is there once")
except SlackApiError as error:
    assert error.response["error"] == "name_taken"
blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "verbatim": True}}]
posted = client.chat_postMessage(channel=made, text="hello", blocks=blocks,
                                 metadata=Metadata("commandpost_message", {"key": "k"}))
client.chat_update(channel=made, ts=posted["ts"], text="changed")
client.pins_add(channel=made, timestamp=posted["ts"])
client.bookmarks_add(channel_id=made, title="Console", type="link", link="https://example.com")
client.conversations_setTopic(channel=made, topic="a topic")
found = client.conversations_history(channel=made, include_all_metadata=True)["messages"]
assert found[0]["text"] == "changed" and found[0]["metadata"]["event_payload"]["key"] == "k", found
for bad in ([{"type": "section"}], [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]):
    try:
        client.chat_postMessage(channel=channel, text="x", blocks=bad)
        raise AssertionError("such blocks are none")
    except SlackApiError as error:
        assert error.response["error"] == "invalid_blocks"
try:
    WebClient(token="xoxb-wrong", base_url=base + "/api/").auth_test()
    raise AssertionError("a token is checked")
except SlackApiError as error:
    assert error.response["error"] == "invalid_auth"
print("done")
"#;

const SIGN: &str = r#"
import sys
from slack_sdk.signature import SignatureVerifier
secret, timestamp, body = sys.argv[1:4]
print(SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body.encode()))
"#;

const BLOCKS: &str = r#"
import json, sys
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
for block in json.loads(sys.argv[1]):
    parsed = Block.parse(block)
    assert parsed is not None and type(parsed) is not Block, block
    parsed.validate_json()
for view in json.loads(sys.argv[2]):
    View(**view).validate_json()
print("done")
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slacks_own_client_works_with_the_model() {
    let Some(python) = python("slacks_own_client_works_with_the_model") else { return };
    let slack = SlackModel::start(std::sync::Arc::new(|| System.now())).await.expect("a free port");
    let channel = slack.channel("general");
    let (url, bot, app) = (slack.url(), slack.bot_token(), slack.app_token());
    let done = tokio::task::spawn_blocking(move || {
        run(&python, CLIENT, &[&url, bot.expose(), app.expose(), &channel])
    });
    assert_eq!(done.await.expect("it ends"), "done");
    assert!(slack.requests().iter().all(|request| request.status == 200));
}

#[test]
fn what_slacks_own_code_signs_is_taken() {
    let Some(python) = python("what_slacks_own_code_signs_is_taken") else { return };
    let (secret, at, body) = ("8f742231b10e8888abcd99yyyzzz85a5", "1800000000", "text=é&x=%26+<y>");
    let signed = Signed {
        timestamp: Some(at.into()),
        signature: Some(run(&python, SIGN, &[secret, at, body])),
        retry: None,
        body: body.as_bytes().to_vec(),
    };
    assert_eq!(signed.verify(&secret.into(), 1_800_000_000), Ok(()));
    assert!(signed.verify(&"another".into(), 1_800_000_000).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_we_show_is_what_slacks_own_code_takes() {
    let Some(python) = python("what_we_show_is_what_slacks_own_code_takes") else { return };
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    house.slack.slash(&house.ada, &channel.id, "declare").expect("said").form().await.expect("a form");
    house.slack.slash(&house.bob, &channel.id, "command offer").expect("said").form().await.expect("a form");
    let views: Vec<serde_json::Value> = house.slack.forms().into_iter().map(|open| open.view).collect();
    let (blocks, views) = (serde_json::to_string(&card.blocks), serde_json::to_string(&views));
    let (blocks, views) = (blocks.expect("JSON"), views.expect("JSON"));
    let done = tokio::task::spawn_blocking(move || run(&python, BLOCKS, &[&blocks, &views]));
    assert_eq!(done.await.expect("it ends"), "done");
    house.end(bot, "blocks").await;
}

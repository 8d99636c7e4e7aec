//! Slack's own Python SDK as a client of the model: that what we model is what Slack's people call, and that what we sign
//! and show is what they take.

use std::{collections::BTreeSet, path::PathBuf};

use commandpost::{
    alert::Alert,
    chat::slack::Signed,
    desk::clock::{System, World},
    grammar::{self, Form},
    model::slack::SlackModel,
};
use serde_json::Value;

use super::house::House;
use crate::support::{house::alert, python::run};

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
blocks, views = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
for block in blocks:
    parsed = Block.parse(block)
    assert parsed is not None and type(parsed) is not Block, block
    parsed.validate_json()
for view in views:
    parsed = View(**view)
    parsed.validate_json()
    for block in parsed.blocks:
        assert block.type != "input" or block.element is not None, view
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

/// Every verb that asks for its words by a form.
fn verbs() -> BTreeSet<String> {
    let asks = |example: &String| {
        let words: Vec<&str> = example.split_whitespace().take(2).collect();
        let form = Form::of(&words.join(" ")).or_else(|| Form::of(words.first()?))?;
        Form::wanted(&form.name).is_some().then_some(form.name)
    };
    grammar::examples().iter().filter_map(asks).collect()
}

/// The blocks of every card, each once.
fn blocks(house: &House, all: &mut BTreeSet<String>) {
    for card in house.slack.channels().iter().flat_map(|channel| house.cards(&channel.id)) {
        all.extend(card.blocks.iter().map(Value::to_string));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_we_show_is_what_slacks_own_code_takes() {
    let Some(python) = python("what_we_show_is_what_slacks_own_code_takes") else { return };
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let verbs = verbs();
    for verb in &verbs {
        house.slack.slash(&house.ada, &channel.id, verb).expect("said");
        let name = format!("cp1|verb|{verb}");
        let is_open = || house.slack.forms().iter().any(|open| open.view["callback_id"] == name);
        house.eventually(&name, || is_open().then_some(())).await;
    }
    let views: Vec<Value> = house.slack.forms().into_iter().map(|open| open.view).collect();
    assert!(views.len() == verbs.len() && verbs.len() > 30, "{verbs:?}");

    // A night when everything comes at once, and its end.
    let mut all = BTreeSet::new();
    for words in [
        "severity sev1 payments too",
        "role offer pio @bob",
        "command offer @bob",
        "crew roll-call 5m",
        "action stop-all the replica lags",
        "hazard add db2 may fill up as well --mitigation watch its disk",
        "task add @bob 10m look at db2",
        "resolve rolled back",
        "close",
    ] {
        house.quiet().await;
        blocks(&house, &mut all);
        house.ask(&house.ada, &channel.id, words).await;
    }
    // A check of the installation, what was restricted, and alerts of no incident.
    house.ask(&house.ada, &house.post, "declare Are we heard? --test").await;
    house.ask(&house.ada, &house.post, "declare Data is out").await;
    house.quiet().await;
    let second = house.slack.channel_named("inc-2").expect("a channel").id;
    house.ask(&house.ada, &second, "crew restrict a customer's data is out").await;
    let firing = Alert { starts_at: None, ..alert("checkout", "db1") };
    house.desk.take_alerts(vec![firing]).await.expect("taken");
    house.desk.follow_once().await.expect("followed");
    house.eventually("the alerts' card", || house.cards(&house.alerts).pop()).await;
    house.quiet().await;
    blocks(&house, &mut all);
    assert!(all.len() > 20, "{all:#?}");

    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        file.display().to_string()
    };
    let blocks = file("blocks.json", format!("[{}]", Vec::from_iter(all).join(",")));
    let views = file("views.json", serde_json::to_string(&views).expect("JSON"));
    let done = tokio::task::spawn_blocking(move || run(&python, BLOCKS, &[&blocks, &views]));
    assert_eq!(done.await.expect("it ends"), "done");
    house.end(bot, "blocks").await;
}

//! Slack over HTTP: the server itself, told by signed requests.

use std::time::Duration;

use commandpost::{
    desk::clock::{System, World},
    model::slack::SlackModel,
};
use serde_json::{Value, json};

use crate::support::{
    program::{Program, until},
    slack_api,
};

struct Told {
    post: Program,
    slack: SlackModel,
    channel: String,
    ada: String,
}

impl Told {
    async fn new() -> Told {
        Told::of(true).await
    }

    /// Slack may be out of reach from the start.
    async fn of(slack_is_there: bool) -> Told {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let slack = SlackModel::start(std::sync::Arc::new(|| System.now())).await.expect("a free port");
        slack.message_gap(0);
        slack.patience(60_000);
        let (channel, ada) = (slack.channel("command-post"), slack.person("ada"));
        let mut post = Program::new("");
        let (bot, signing) = (slack.bot_token(), slack.signing_secret());
        let (bot, signing) = (post.secret("bot", bot.expose()), post.secret("signing", signing.expose()));
        post.configure(&format!(
            "[[person]]\nid = \"ada\"\nname = \"Ada\"\nslack = \"{ada}\"\n[slack]\nbase_url = \"{}\"\n\
             bot_token_file = \"{bot}\"\nsigning_secret_file = \"{signing}\"\nchannel = \"{channel}\"\n",
            slack.url()
        ));
        if !slack_is_there {
            slack.goes_away();
        }
        post.start().await;
        slack.reach_over_http(&post.url("/chat/slack"));
        Told { post, slack, channel, ada }
    }

    async fn ask(&self, channel: &str, text: &str) -> String {
        self.slack.slash(&self.ada, channel, text).expect("said").answer().await.expect("an answer").text
    }

    /// Has a note made by a signed command of this workspace; what its asker is told.
    async fn note_from(&self, team: &str, note: &str) -> String {
        let (now, channel, ada) = (System.now().timestamp(), &self.channel, &self.ada);
        let body = format!(
            "team_id={team}&channel_id={channel}&user_id={ada}&user_name=ada&text=INC-1+note+{note}&trigger_id={note}"
        );
        let signature = self.slack.sign(&now.to_string(), body.as_bytes());
        let (status, answer) = self.send("commands", &body, &signature, now).await;
        assert_eq!(status, 200, "{answer}");
        answer["text"].as_str().unwrap_or_default().to_owned()
    }

    async fn send(&self, way: &str, body: &str, signature: &str, at: i64) -> (u16, Value) {
        self.try_send(way, body, signature, at).await.expect("an answer")
    }

    /// Sends it again, marked as Slack marks an event that it says again.
    async fn send_marked(&self, way: &str, body: &str, signature: &str, at: i64) -> u16 {
        let request = self.post.client.post(self.post.url(&format!("/chat/slack/{way}")));
        let request = request.header("x-slack-request-timestamp", at.to_string());
        let request = request.header("x-slack-signature", signature).header("x-slack-retry-num", "1");
        request.body(body.to_owned()).send().await.expect("an answer").status().as_u16()
    }

    /// `None` where the connection was closed while the body was being sent.
    async fn try_send(&self, way: &str, body: &str, signature: &str, at: i64) -> Option<(u16, Value)> {
        let request = self.post.client.post(self.post.url(&format!("/chat/slack/{way}")));
        // A connection that is closed after a refusal is not taken for the next request.
        let request = request.header("connection", "close");
        let request = request.header("x-slack-request-timestamp", at.to_string());
        let answer =
            request.header("x-slack-signature", signature).body(body.to_owned()).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.unwrap_or_default()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_incident_goes_over_http() {
    let told = Told::new().await;
    let answer = told.ask(&told.channel, "declare Checkout fails").await;
    assert!(answer.contains("INC-1"), "{answer}");
    let patience = Duration::from_secs(30);
    let channel =
        told.slack.wait_for(patience, |slack| slack.channel_named("inc-1")).await.expect("a channel");
    told.ask(&channel.id, "note the database failed over").await;
    let card = |slack: &SlackModel| slack.messages(&channel.id).into_iter().find(|m| !m.blocks.is_empty());
    let card = told.slack.wait_for(patience, card).await.expect("a card");
    let press = card.buttons().into_iter().find(|name| name.ends_with("|note")).expect("a button");
    told.slack
        .press(&told.ada, &channel.id, &card.ts, &press)
        .expect("a button")
        .form()
        .await
        .expect("a form");
    let sent = told.slack.submit(&told.ada, json!({"text": "by a form"})).await.expect("it fits");
    sent.answer().await.expect("an answer");
    let (message, _) = told.slack.say(&told.ada, &channel.id, None, "it swaps").expect("said");
    let pinned = told.slack.react(&told.ada, &channel.id, &message, "pushpin").expect("put there");
    pinned.acknowledged().await.expect("in time");
    told.slack.say_again(&pinned);
    let lines = |slack: &SlackModel| {
        let lines: Vec<String> = slack.messages(&channel.id).into_iter().map(|m| m.text).collect();
        lines.iter().any(|line| line.contains("“it swaps”")).then_some(lines)
    };
    let lines = told.slack.wait_for(patience, lines).await.expect("the lines");
    for words in ["database failed over", "by a form", "“it swaps”"] {
        assert_eq!(lines.iter().filter(|line| line.contains(words)).count(), 1, "{words}: {lines:#?}");
    }
    slack_api::as_described(&told.slack.requests(), "slack over http");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_slack_signed_within_five_minutes_is_taken() {
    let told = Told::new().await;
    let now = System.now().timestamp();
    let body = json!({"type": "url_verification", "challenge": "c1"}).to_string();
    let sign = |at: i64, body: &str| told.slack.sign(&at.to_string(), body.as_bytes());
    let (status, answer) = told.send("events", &body, &sign(now, &body), now).await;
    assert_eq!((status, &answer["challenge"]), (200, &json!("c1")));
    let (status, _) = told.send("events", &body, &sign(now, &body), now).await;
    assert_eq!(status, 401, "whoever listened in sends it again");
    let digits = sign(now, &body).replace("v0=", "").to_uppercase();
    let (status, _) = told.send("events", &body, &format!("v0={digits}"), now).await;
    assert_eq!(status, 401, "in capitals they are the same digits");
    assert_eq!(told.send_marked("events", &body, &sign(now, &body), now).await, 200, "Slack itself does");
    let form = format!("command=%2Fincident&text=help&user_id=U1&channel_id={}&trigger_id=t1", told.channel);
    let (status, _) = told.send("commands", &form, &sign(now, &form), now).await;
    assert_eq!(status, 200);
    let again = told.send_marked("commands", &form, &sign(now, &form), now).await;
    assert_eq!(again, 401, "Slack says only events again, and the mark is not signed");
    for (signature, at) in [
        (sign(now - 600, &body), now - 600),
        (sign(now + 600, &body), now + 600),
        (sign(now, &body), now - 1),
        (sign(now, "other"), now),
        ("v0=00".to_owned(), now),
        (String::new(), now),
    ] {
        let (status, answer) = told.send("events", &body, &signature, at).await;
        assert_eq!(status, 401, "{at}: {answer}");
    }
    let (status, _) = told.send("nothing", &body, &sign(now, &body), now).await;
    assert_eq!(status, 404);
    let (status, _) = told.send("events", "{", &sign(now, "{"), now).await;
    assert_eq!(status, 400);
    let large = "x".repeat(2 * 1024 * 1024);
    // It is refused by its length: who is still sending may find the connection closed before the answer.
    let refused = told.try_send("events", &large, &sign(now, &large), now).await;
    assert!(refused.as_ref().is_none_or(|(status, _)| *status == 413), "{refused:?}");
    let body = json!({"type": "url_verification", "challenge": "c2"}).to_string();
    let (status, answer) = told.send("events", &body, &sign(now, &body), now).await;
    assert_eq!((status, &answer["challenge"]), (200, &json!("c2")), "it is there as before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_signed_before_a_restart_is_not_taken_after_it() {
    let mut told = Told::new().await;
    let slack = &told.slack;
    let sign = |at: i64, body: &str| slack.sign(&at.to_string(), body.as_bytes());
    let form = format!("command=%2Fincident&text=help&user_id=U1&channel_id={}&trigger_id=t1", told.channel);
    let event = json!({"type": "url_verification", "challenge": "c1"}).to_string();
    let before = System.now().timestamp();
    for (way, body) in [("commands", &form), ("events", &event)] {
        assert_eq!(told.send(way, body, &sign(before, body), before).await.0, 200, "{way}");
    }
    assert!(told.post.stop().success());
    // What is signed in the second of the start may have been signed after it.
    while System.now().timestamp() == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    told.post.start().await;
    for (way, body) in [("commands", &form), ("events", &event)] {
        assert_eq!(told.send(way, body, &sign(before, body), before).await.0, 401, "{way}");
    }
    assert_eq!(told.send_marked("commands", &form, &sign(before, &form), before).await, 401);
    let again = told.send_marked("events", &event, &sign(before, &event), before).await;
    assert_eq!(again, 200, "Slack says again what nobody was there to hear");
    let now = System.now().timestamp();
    assert_eq!(told.send("commands", &form, &sign(now, &form), now).await.0, 200, "it is said anew");
}

/// How often this note stands on the timeline.
async fn noted(post: &Program, note: &str) -> usize {
    post.timeline("INC-1", 1).await.iter().filter(|entry| entry["text"] == note).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_said_again_after_a_restart_is_done_once() {
    let mut told = Told::new().await;
    told.ask(&told.channel, "declare Checkout fails").await;
    let slack = &told.slack;
    let sign = |at: i64, body: &str| slack.sign(&at.to_string(), body.as_bytes());
    let bot = slack.bot();
    let (ada, channel) = (told.ada.clone(), told.channel.clone());
    let event = |id: &str, note: &str| {
        let event = json!({"type": "app_mention", "user": ada, "channel": channel, "ts": "1700000000.000100",
            "text": format!("<@{bot}> INC-1 note {note}")});
        json!({"type": "event_callback", "event_id": id, "event": event}).to_string()
    };
    let (first, before) = (event("Ev1", "db1 is full"), System.now().timestamp());
    assert_eq!(told.send("events", &first, &sign(before, &first), before).await.0, 200);
    until(30, "the note", || async { noted(&told.post, "db1 is full").await == 1 }).await;
    assert!(told.post.stop().success());
    // What is signed in the second of the start may have been signed after it.
    while System.now().timestamp() == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    told.post.start().await;
    assert_eq!(told.send_marked("events", &first, &sign(before, &first), before).await, 200);
    // Whatever it did was done before the next.
    let (next, now) = (event("Ev2", "db2 is full"), System.now().timestamp());
    assert_eq!(told.send("events", &next, &sign(now, &next), now).await.0, 200);
    until(30, "the next note", || async { noted(&told.post, "db2 is full").await == 1 }).await;
    // A stop lets what was begun be done.
    assert!(told.post.stop().success());
    told.post.start().await;
    assert_eq!(noted(&told.post, "db1 is full").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_workspace_is_told_that_it_is_served_elsewhere_and_nothing_is_done_for_it() {
    let told = Told::new().await;
    told.ask(&told.channel, "declare Checkout fails").await;
    let now = System.now().timestamp();
    let slash = |team: &str, trigger: &str| {
        format!(
            "{team}channel_id={}&user_id={}&user_name=ada&text=INC-1+note+from+{trigger}&trigger_id={trigger}",
            told.channel, told.ada
        )
    };
    let said = async |body: String| {
        let signature = told.slack.sign(&now.to_string(), body.as_bytes());
        let (status, answer) = told.send("commands", &body, &signature, now).await;
        assert_eq!(status, 200, "{answer}");
        answer["text"].as_str().unwrap_or_default().to_owned()
    };
    for (team, trigger) in
        [("team_id=T9999999999&", "afar"), ("team_id=T9999999999&enterprise_id=E9999999999&", "farther")]
    {
        let answer = said(slash(team, trigger)).await;
        assert!(answer.contains("serves another workspace"), "{team}: {answer}");
    }
    let shortcut = json!({"type": "shortcut", "callback_id": "declare_incident", "trigger_id": "t3",
        "team": {"id": "T9999999999"}, "user": {"id": told.ada}});
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", &shortcut.to_string())
        .finish();
    let signature = told.slack.sign(&now.to_string(), form.as_bytes());
    assert_eq!(told.send("interactions", &form, &signature, now).await.0, 200);
    // Its own, by itself or as a part of the organization for which the app is installed; and where Slack names none.
    for (team, trigger) in [
        ("team_id=T0000000001&", "here"),
        ("team_id=T9999999999&enterprise_id=T0000000001&", "our-organization"),
        ("", "nowhere"),
    ] {
        let answer = said(slash(team, trigger)).await;
        assert!(!answer.contains("another workspace"), "{team}: {answer}");
    }
    let timeline = told.post.timeline("INC-1", 1).await;
    let notes: Vec<&str> = timeline.iter().filter_map(|one| one["text"].as_str()).collect();
    for (trigger, is_there) in
        [("afar", false), ("farther", false), ("here", true), ("our-organization", true), ("nowhere", true)]
    {
        assert_eq!(notes.contains(&format!("from {trigger}").as_str()), is_there, "{trigger}: {notes:?}");
    }
    assert!(!told.slack.requests().iter().any(|one| one.path.contains("views.open")), "no form for them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_of_another_firm_in_a_shared_channel_is_told_so_and_nothing_is_done_for_them() {
    let told = Told::new().await;
    told.ask(&told.channel, "declare Checkout fails").await;
    let (slack, patience) = (&told.slack, Duration::from_secs(30));
    let channel = slack.wait_for(patience, |slack| slack.channel_named("inc-1")).await.expect("a channel");
    let firm = "T9999999999";
    let (stranger, colleague) = (slack.stranger("mallory", firm), slack.person("bo"));
    let (message, _) = slack.say(&told.ada, &channel.id, None, "it swaps").expect("said");
    let now = System.now().timestamp();
    let send = async |way: &str, body: String| {
        let signature = slack.sign(&now.to_string(), body.as_bytes());
        assert_eq!(told.send(way, &body, &signature, now).await.0, 200, "{body}");
    };
    let said = async |id: &str, event: Value| {
        let payload = json!({"type": "event_callback", "event_id": id, "team_id": "T0000000001",
            "is_ext_shared_channel": true, "event": event});
        send("events", payload.to_string()).await;
    };
    let mention = |user: &str, note: &str, team: Option<&str>| {
        let text = format!("<@{}> INC-1 note {note}", slack.bot());
        json!({"type": "app_mention", "user": user, "channel": channel.id, "ts": "1700000000.000100", "text": text,
            "team": team, "user_team": team, "source_team": team})
    };
    said("Ev1", mention(&stranger, "okapi", Some(firm))).await;
    // Slack need not say of which firm they are.
    said("Ev2", mention(&stranger, "quagga", None)).await;
    said(
        "Ev3",
        json!({"type": "reaction_added", "user": stranger, "reaction": "pushpin", "event_ts": message,
            "item": {"type": "message", "channel": channel.id, "ts": message}}),
    )
    .await;
    let shortcut = json!({"type": "shortcut", "callback_id": "declare_incident", "trigger_id": "t3",
        "team": {"id": "T0000000001"}, "user": {"id": stranger, "team_id": firm}});
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", &shortcut.to_string())
        .finish();
    send("interactions", form).await;
    said("Ev4", mention(&colleague, "own", None)).await;
    let is_told = |user: &str, words: &str| {
        let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        slack.requests().iter().any(|one| {
            let body = String::from_utf8_lossy(&one.body).into_owned();
            one.path.contains("chat.post") && body.contains(user) && body.contains(&words)
        })
    };
    until(30, "the colleague's note", || async { noted(&told.post, "own").await == 1 }).await;
    until(30, "the stranger is told", || async { is_told(&stranger, "another workspace than yours") }).await;
    // Whose somebody is Slack does not tell just now.
    slack.take_scope("users:read");
    said("Ev5", mention(&colleague, "tapir", None)).await;
    until(30, "the colleague is told", || async { is_told(&colleague, "Slack does not tell now") }).await;
    let timeline = told.post.timeline("INC-1", 1).await;
    let texts: Vec<&str> = timeline.iter().filter_map(|one| one["text"].as_str()).collect();
    for words in ["okapi", "quagga", "it swaps", "tapir"] {
        assert!(!texts.iter().any(|text| text.contains(words)), "{words}: {texts:?}");
    }
    for one in slack.requests() {
        let is_theirs = String::from_utf8_lossy(&one.body).contains(&stranger);
        assert!(!(one.path.contains("views.open") || is_theirs && one.path.contains("invite")), "{one:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_without_slack_its_own_workspace_is_served_and_a_stranger_is_not() {
    let mut told = Told::new().await;
    told.ask(&told.channel, "declare Checkout fails").await;
    assert!(told.post.stop().success());
    told.slack.goes_away();
    told.post.start().await;
    let refused = told.note_from("T9999999999", "strange").await;
    assert!(refused.contains("serves another workspace"), "{refused}");
    let done = told.note_from("T0000000001", "own").await;
    assert!(!done.contains("workspace"), "{done}");
    assert_eq!((noted(&told.post, "own").await, noted(&told.post, "strange").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_without_slack_the_bot_still_knows_when_it_is_spoken_to() {
    let mut told = Told::new().await;
    told.ask(&told.channel, "declare Checkout fails").await;
    assert!(told.post.stop().success());
    told.slack.goes_away();
    told.post.start().await;
    let event = json!({"type": "app_mention", "user": told.ada, "channel": told.channel, "ts": "1700000000.000100",
        "text": format!("<@{}> INC-1 note by mention", told.slack.bot())});
    let event =
        json!({"type": "event_callback", "event_id": "Ev1", "team_id": "T0000000001", "event": event});
    let (event, now) = (event.to_string(), System.now().timestamp());
    let signature = told.slack.sign(&now.to_string(), event.as_bytes());
    assert_eq!(told.send("events", &event, &signature, now).await.0, 200);
    until(30, "the note", || async { noted(&told.post, "by mention").await == 1 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_slack_has_said_which_workspace_is_served_nobody_is_and_everybody_is_told_why() {
    let told = Told::of(false).await;
    told.post.declare("bo", "Checkout fails").await;
    for (team, note) in [("T9999999999", "strange"), ("T0000000001", "early")] {
        let refused = told.note_from(team, note).await;
        assert!(refused.contains("which workspace it serves") && refused.contains("console"), "{refused}");
    }
    // An event is to be said again, and is done then; whoever pressed something reads from Slack that it did not work.
    let slack = &told.slack;
    let event = json!({"type": "app_mention", "user": told.ada, "channel": told.channel, "ts": "1700000000.000100",
        "text": format!("<@{}> INC-1 note mentioned", slack.bot())});
    let event =
        json!({"type": "event_callback", "event_id": "Ev1", "team_id": "T0000000001", "event": event});
    let event = event.to_string();
    let press = json!({"type": "block_actions", "team": {"id": "T0000000001"}, "user": {"id": told.ada},
        "channel": {"id": told.channel}, "trigger_id": "1.2.x", "actions": [{"action_id": "ack"}]});
    let press = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", &press.to_string())
        .finish();
    let now = System.now().timestamp();
    let sign = |body: &str| slack.sign(&now.to_string(), body.as_bytes());
    assert_eq!(told.send("events", &event, &sign(&event), now).await.0, 503);
    assert_eq!(told.send("interactions", &press, &sign(&press), now).await.0, 503);
    told.slack.comes_back();
    assert_eq!(told.send_marked("events", &event, &sign(&event), now).await, 200);
    until(30, "the note", || async { noted(&told.post, "mentioned").await == 1 }).await;
    let done = told.note_from("T0000000001", "own").await;
    assert!(!done.contains("workspace"), "{done}");
    let refused = told.note_from("T9999999999", "stranger").await;
    assert!(refused.contains("serves another workspace"), "{refused}");
    let of = async |note: &str| noted(&told.post, note).await;
    assert_eq!((of("strange").await, of("early").await, of("stranger").await, of("own").await), (0, 0, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_is_remembered_for_the_token_that_slack_named_it_for() {
    let mut told = Told::new().await;
    told.ask(&told.channel, "declare Checkout fails").await;
    assert!(told.post.stop().success());
    told.slack.goes_away();
    told.post.secret("bot", "xoxb-another-workspaces");
    told.post.start().await;
    let refused = told.note_from("T0000000001", "own").await;
    assert!(refused.contains("which workspace it serves"), "{refused}");
    assert_eq!(noted(&told.post, "own").await, 0);
}

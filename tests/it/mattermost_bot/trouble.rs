//! What may go wrong with Mattermost, and that nothing is lost, doubled or let loose by it.

use std::time::Duration;

use commandpost::{
    desk::{Along, Caller},
    incident::command::Command,
    model::fault::Fault,
    people::Person,
};
use serde_json::{Value, json};

use super::house::{House, MARK};
use crate::support::house::{try_again_at_once, waits};

/// Somebody writes in the console.
async fn note(house: &House, text: &str) {
    let caller = Caller::person(Person::named("Grace").expect("a name"), "console");
    let command = Command::Note { text: text.into(), at: None };
    let id = "INC-1".parse().expect("an id");
    house.desk.submit(caller, id, command, Along::default()).await.expect("noted");
}

/// What is left is tried again at once.
async fn again(house: &House) {
    try_again_at_once(&house.desk).await;
    house.quiet().await;
}

#[tokio::test]
async fn mattermost_does_not_wait_for_an_answer_however_slow_the_house_is() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    house.quiet().await;
    let (before, seen) = (house.mattermost.answers(), house.mattermost.whispers(&house.ada).len());
    house.gate.send_replace(false);
    let slow = house.mattermost.slash(&house.ada, &channel.id, None, "note slowly").expect("said");
    let pressed = house.mattermost.press(&house.bob, &card.id, "next").expect("a button");
    // Nothing is done yet, and both are told that they were heard.
    let heard = || (house.mattermost.answers() == before + 2).then_some(());
    house.eventually("both acknowledgements", heard).await;
    assert!(
        house.mattermost.whispers(&house.ada).len() == seen
            && house.mattermost.whispers(&house.bob).is_empty()
    );
    house.gate.send_replace(true);
    assert!(!slow.answer().await.expect("later").is_empty());
    assert!(!pressed.answer().await.expect("later").is_empty());
    house.quiet().await;
    assert_eq!(house.lines(&channel.id).iter().filter(|line| line.contains("slowly")).count(), 1);
    house.end(bot, "slow").await;
}

#[tokio::test]
async fn what_was_said_while_the_bot_was_away_is_done_when_it_is_back_in_order_and_once() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let pinned = house.mattermost.say(&house.bob, &channel.id, None, "it swaps").expect("said");
    house.mattermost.react(&house.ada, &pinned.id, "pushpin").expect("put there");
    house
        .until_timeline("the pin", |lines| lines.iter().any(|text| text.contains("Bob wrote: “it swaps")))
        .await;
    house.call(&house.ada, &channel.id, "!note before").await;
    house.quiet().await;
    house.stop(bot).await;

    let mut said = Vec::new();
    for n in 1..=5 {
        said.push(
            house.mattermost.say(&house.ada, &channel.id, None, &format!("!note away {n}")).expect("said"),
        );
    }
    let message = house.mattermost.say(&house.bob, &channel.id, None, "disk is full").expect("said");
    house.mattermost.react(&house.ada, &message.id, "pushpin").expect("put there");
    house.mattermost.edit(&pinned.id, "it swaps a lot").expect("edited");
    let bot = house.start().await;
    for one in &said {
        assert_eq!(house.eventually("a mark", || house.replies(one).pop()).await, MARK);
    }
    let has = |words: &'static str| move |lines: &[String]| lines.iter().any(|text| text.contains(words));
    house.until_timeline("the pin that was missed", has("Bob wrote: “disk is full")).await;
    house.until_timeline("the edit that was missed", has("it swaps a lot")).await;
    house.quiet().await;
    let lines = house.lines(&channel.id);
    assert!(!lines.iter().any(|line| line.contains("away")), "they stand there as typed: {lines:#?}");
    let timeline = house.timeline().await;
    let away: Vec<&String> = timeline.iter().filter(|text| text.starts_with("away")).collect();
    assert!(
        away.len() == 5 && away.iter().zip(1..).all(|(text, n)| **text == format!("away {n}")),
        "{timeline:#?}"
    );

    // The next run looks at the same again, and does nothing.
    house.stop(bot).await;
    let bot = house.start().await;
    house.call(&house.ada, &channel.id, "!note after").await;
    house.quiet().await;
    let timeline = house.timeline().await;
    for words in ["before", "away 1", "away 5", "disk is full", "after"] {
        assert_eq!(timeline.iter().filter(|text| text.contains(words)).count(), 1, "{words}: {timeline:#?}");
    }
    for one in &said {
        assert_eq!(house.replies(one).len(), 1, "answered once");
    }
    house.end(bot, "away").await;
}

#[tokio::test]
async fn what_was_said_before_the_first_start_was_said_to_nobody() {
    let house = House::new().await;
    let early =
        house.mattermost.say(&house.ada, &house.post, None, "!incident declare too early").expect("said");
    let bot = house.start().await;
    house.call(&house.ada, &house.post, "!incident declare Checkout fails").await;
    house.quiet().await;
    assert!(house.replies(&early).is_empty());
    assert!(house.mattermost.channel_named("inc-1-checkout-fails").is_some());
    house.end(bot, "early").await;
}

#[tokio::test]
async fn what_the_socket_left_out_is_looked_for() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.mattermost.lose_next_event();
    let lost = house.mattermost.say(&house.ada, &channel.id, None, "!note lost on its way").expect("said");
    // The number of the next one says so.
    house.call(&house.ada, &channel.id, "!note heard").await;
    house.eventually("the reply", || house.replies(&lost).pop()).await;
    // Cut without a word: it comes back by itself, and has what fell between.
    house.mattermost.cut_sockets();
    let between =
        house.mattermost.say(&house.ada, &channel.id, None, "!note between two sockets").expect("said");
    house.eventually("the reply", || house.replies(&between).pop()).await;
    house.quiet().await;
    let timeline = house.timeline().await;
    for words in ["lost on its way", "heard", "between two sockets"] {
        assert_eq!(timeline.iter().filter(|text| text.contains(words)).count(), 1, "{words}: {timeline:#?}");
    }
    house.end(bot, "gaps").await;
}

#[tokio::test]
async fn after_an_outage_everything_comes_in_order_and_once() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.mattermost.goes_away();
    house.eventually("the outage to be noticed", || (!bot.door.health().is_there).then_some(())).await;
    for n in 1..=6 {
        note(&house, &format!("while away {n}")).await;
    }
    waits(&house.desk, "INC-1").await;
    house.mattermost.comes_back();
    house.quiet().await;
    let lines: Vec<String> =
        house.lines(&channel.id).into_iter().filter(|line| line.contains("while away")).collect();
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert!(lines.iter().zip(1..).all(|(line, n)| line.contains(&format!("away {n} "))), "{lines:#?}");
    house.end(bot, "an outage").await;
}

#[tokio::test]
async fn a_mattermost_that_is_heard_and_answers_nothing_is_away_until_its_first_answer() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    // More than anybody asks in that time.
    house.mattermost.faults().next_writes(10_000, Fault::Break);
    house.mattermost.faults().next_reads(10_000, Fault::Break);
    for n in 1..=5 {
        note(&house, &format!("while away {n}")).await;
    }
    house.eventually("the outage to be noticed", || (!bot.door.health().is_there).then_some(())).await;
    assert_eq!(house.mattermost.sockets(), 1, "the WebSocket lives on");
    house.mattermost.faults().clear();
    house.eventually("Mattermost to be there", || bot.door.health().is_there.then_some(())).await;
    house.quiet().await;
    let lines: Vec<String> =
        house.lines(&channel.id).into_iter().filter(|line| line.contains("while away")).collect();
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines.iter().zip(1..).all(|(line, n)| line.contains(&format!("away {n} "))), "{lines:#?}");
    house.end(bot, "half an outage").await;
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_nothing_twice() {
    for fault in [Fault::LoseAnswer, Fault::Garble, Fault::Break, Fault::Limit] {
        let house = House::new().await;
        let bot = house.start().await;
        // The channel, and what comes next.
        house.mattermost.faults().next_writes(2, fault);
        house.ask(&house.ada, &house.post, "declare Checkout fails").await;
        house.quiet().await;
        let channel = house.mattermost.channel_named("inc-1").expect("a channel");
        assert_eq!(house.mattermost.channels().len(), 3, "{fault:?}: one channel");
        for n in 1..=3 {
            house.mattermost.faults().next_writes(1, fault);
            note(&house, &format!("note {n}")).await;
            house.quiet().await;
        }
        house.mattermost.faults().next_writes(1, fault);
        let said = house.mattermost.say(&house.ada, &channel.id, None, "!status").expect("said");
        house.eventually("a reply", || house.replies(&said).pop()).await;
        house.mattermost.faults().clear();
        house.call(&house.ada, &channel.id, "!status").await;
        let lines: Vec<String> =
            house.lines(&channel.id).into_iter().filter(|l| l.contains("note ")).collect();
        assert_eq!(lines.len(), 3, "{fault:?}: {lines:#?}");
        assert_eq!(house.cards(&channel.id).len(), 1, "{fault:?}");
        assert_eq!(house.lines(&house.post).len(), 0);
        assert_eq!(house.mattermost.posts(&house.post).len(), 1, "{fault:?}: announced once");
        assert_eq!(house.replies(&said).len(), 1, "{fault:?}: answered once");
        house.end(bot, "lost answers").await;
    }
}

#[tokio::test]
async fn a_limit_of_requests_is_kept_and_nothing_is_lost_by_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.mattermost.limit(Some(6));
    for n in 1..=8 {
        note(&house, &format!("note {n}")).await;
    }
    house.quiet().await;
    house.mattermost.limit(None);
    let lines: Vec<String> =
        house.lines(&channel.id).into_iter().filter(|line| line.contains("note ")).collect();
    assert!(
        lines.len() == 8 && lines.iter().zip(1..).all(|(line, n)| line.contains(&format!("note {n} "))),
        "{lines:#?}"
    );
    house.end(bot, "limits").await;
}

#[tokio::test]
async fn a_missing_permission_is_named_and_mended_without_a_restart() {
    let house = House::new().await;
    house.mattermost.take_permission("create_public_channel");
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "declare Checkout fails").await;
    let named = || bot.door.health().why.filter(|why| why.contains("permission"));
    let why = house.eventually("the reason", named).await;
    assert!(why.contains("may not make a channel") && why.contains(&house.post), "{why}");
    house.mattermost.give_permission("create_public_channel");
    again(&house).await;
    assert!(house.mattermost.channel_named("inc-1").is_some());
    house.end(bot, "permissions").await;
}

#[tokio::test]
async fn a_name_that_is_taken_a_deleted_card_and_a_bot_put_out_are_no_end() {
    let house = House::new().await;
    let others = house.mattermost.channel_of("inc-1-checkout-fails", &house.bob);
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "declare Checkout fails").await;
    house.quiet().await;
    let all = house.mattermost.channels();
    let own =
        all.iter().find(|one| one.name.starts_with("inc-1-checkout-fails-")).expect("a name of its own");
    assert!(house.mattermost.posts(&others).is_empty(), "somebody else's channel is left alone");
    // The card is posted anew with its next change, also where its deletion was not heard of.
    for is_heard in [true, false] {
        let card = house.cards(&own.id).pop().expect("a card");
        if !is_heard {
            house.mattermost.lose_next_event();
        }
        house.mattermost.delete(&card.id).expect("deleted");
        house
            .ask(&house.ada, &own.id, if is_heard { "severity sev1 worse" } else { "severity sev2 better" })
            .await;
        let another = || house.cards(&own.id).pop().filter(|again| again.id != card.id);
        house.eventually("another card", another).await;
        house.quiet().await;
    }
    // Into a public channel the bot comes back by itself.
    house.mattermost.put_out(&own.id);
    note(&house, "back inside").await;
    house.quiet().await;
    assert!(house.lines(&own.id).last().expect("a line").contains("back inside"));
    // An archived one is named; one that is gone for good is made anew.
    house.mattermost.archive(&own.id, true);
    note(&house, "nobody there").await;
    let named = || bot.door.health().why.filter(|why| why.contains("archived"));
    house.eventually("the reason", named).await;
    house.mattermost.destroy(&own.id);
    again(&house).await;
    let anew =
        house.mattermost.channels().into_iter().find(|one| one.name.starts_with("inc-1-checkout-fails-"));
    let anew = anew.expect("another channel");
    assert_ne!(anew.id, own.id);
    assert!(house.lines(&anew.id).last().expect("a line").contains("nobody there"));
    house.end(bot, "names").await;
}

#[tokio::test]
async fn a_card_follows_its_incident_also_where_texts_may_not_be_edited_for_long() {
    let house = House::new().await;
    house.mattermost.edit_limit(-1);
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    house.ask(&house.ada, &channel.id, "severity sev1 worse").await;
    house.quiet().await;
    let now = house.cards(&channel.id);
    assert!(now.len() == 1 && now[0].id == card.id && now[0].edited_at > 0, "{now:#?}");
    house.end(bot, "edits").await;
}

#[tokio::test]
async fn a_revoked_token_is_said_in_plain_words_not_tried_for_ever_and_never_repeated() {
    let house = House::new().await;
    let settings = house.settings();
    house.mattermost.revoke_token();
    let bot = house.open(settings);
    let why = house.eventually("the reason", || bot.door.health().why).await;
    assert!(why.contains("revoked") && why.contains("mattermost.bot_token"), "{why}");
    assert!(!why.contains("onlyforthemodelled"), "{why}");
    // It answers, if only with a refusal; once that is known nothing more is asked. The second try of what is tried for ever
    // comes within half of this.
    house.eventually("that it only hears nothing", || bot.door.health().is_deaf.then_some(())).await;
    let tried = || house.mattermost.requests().into_iter().map(|request| request.path).collect::<Vec<_>>();
    let before = tried();
    assert!(before.iter().all(|path| path == "/api/v4/users/me"), "{before:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(tried(), before);
    house.stop(bot).await;
}

async fn send(house: &House, way: &str, body: String, kind: &str) -> (u16, Value) {
    let client = crate::support::program::client();
    let request = client.post(format!("{}/chat/mattermost/{way}", house.url)).header("content-type", kind);
    let answer = request.body(body).send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn what_mattermost_did_not_send_is_not_done() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    house.quiet().await;
    let before = house.timeline().await;
    let (token, ada) = (house.mattermost.command_token(), house.ada.clone());
    let slash = |token: &str| {
        format!("token={token}&user_id={ada}&channel_id={}&text=note+forged&trigger_id=t1", channel.id)
    };
    let form = "application/x-www-form-urlencoded";
    for bad in ["", "wrong", &token.expose()[1..], &format!("{}x", token.expose())] {
        let (status, answer) = send(&house, "commands", slash(bad), form).await;
        assert_eq!(status, 401, "{bad}: {answer}");
    }
    // A press with a name that is right and a seal that is not, or of another button.
    let action = card.actions()[0].clone();
    let context = &action["integration"]["context"];
    assert!(context["seal"].is_string(), "{action}");
    let press = |context: Value| json!({"user_id": ada, "channel_id": channel.id, "post_id": card.id, "trigger_id": "t2", "context": context});
    for bad in [
        json!({"button": "cp1|INC-1|resolve"}),
        json!({"button": "cp1|INC-1|resolve", "seal": context["seal"]}),
        json!({"button": context["button"], "seal": "00"}),
        Value::Null,
    ] {
        let (status, answer) =
            send(&house, "actions", press(bad.clone()).to_string(), "application/json").await;
        assert_eq!(status, 401, "{bad}: {answer}");
    }
    // A form that was opened for Ada, sent in the name of Bob; with another name; with a state of one's own.
    let asked = house.mattermost.slash(&house.ada, &channel.id, None, "command offer").expect("said");
    let open = asked.form().await.expect("a form");
    let sent = |user: &str, name: &str, state: Value| {
        json!({"type": "dialog_submission", "callback_id": name, "state": state, "user_id": user,
            "channel_id": channel.id, "team_id": "", "submission": {"to": house.bob}, "cancelled": false})
    };
    let name = open.dialog["callback_id"].as_str().expect("a name");
    let state = &open.dialog["state"];
    for bad in [
        sent(&house.bob, name, state.clone()),
        sent(&house.ada, "cp1|verb|close", state.clone()),
        sent(&house.ada, name, json!("{\"note\":\"{}\"}")),
    ] {
        let (status, answer) = send(&house, "dialogs", bad.to_string(), "application/json").await;
        assert_eq!(status, 401, "{bad}: {answer}");
    }
    for (way, body, status) in [("nothing", "{}", 404), ("actions", "{", 400), ("dialogs", "", 400)] {
        assert_eq!(send(&house, way, body.into(), "application/json").await.0, status, "{way}");
    }
    assert_eq!(house.timeline().await, before);
    // Of another team, whatever its token.
    let elsewhere = format!("{}&team_id={}", slash(token.expose()), "z".repeat(26));
    let (status, answer) =
        send(&house, "commands", elsewhere.replace("trigger_id=t1", "trigger_id=t0"), form).await;
    let text = answer["text"].as_str().unwrap_or_default();
    assert!(status == 200 && text.contains("serves another team"), "{answer}");
    assert_eq!(house.timeline().await, before);
    // As Mattermost sends it, it is taken.
    let (status, answer) = send(&house, "commands", slash(token.expose()), form).await;
    assert_eq!((status, &answer["response_type"]), (200, &json!("ephemeral")), "{answer}");
    house.end(bot, "forgery").await;
}

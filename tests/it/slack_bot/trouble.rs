//! What may go wrong with Slack, and that nothing is lost, doubled or let loose by it.

use commandpost::{
    config::Secret,
    desk::{Along, Caller},
    incident::command::Command,
    model::fault::Fault,
    people::Person,
};

use super::{button, house::House};
use crate::support::house::{try_again_at_once, waits};

/// Somebody writes in the console.
async fn note(house: &House, text: &str) {
    let caller = Caller::person(Person::named("Grace").expect("a name"), "console");
    let command = Command::Note { text: text.into(), at: None };
    let id = "INC-1".parse().expect("an id");
    house.desk.submit(caller, id, command, Along::default()).await.expect("noted");
}

#[tokio::test]
async fn slack_is_answered_within_three_seconds_however_slow_the_house_is() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    house.quiet().await;
    // Slack's three seconds, and those that a machine loses that is busy.
    house.slack.patience(10_000);
    house.gate.send_replace(false);
    let slow = house.slack.slash(&house.ada, &channel.id, "note slowly").expect("said");
    let ack = slow.acknowledged().await.expect("in time");
    assert_eq!(ack, serde_json::json!({}), "acknowledged, not answered");
    let pressed =
        house.slack.press(&house.bob, &channel.id, &card.ts, &button(&card, "next")).expect("a button");
    pressed.acknowledged().await.expect("in time");
    assert!(house.slack.whispers(&house.bob).is_empty());
    house.gate.send_replace(true);
    assert!(!slow.answer().await.expect("later").text.is_empty());
    assert!(!pressed.answer().await.expect("later").text.is_empty());
    house.quiet().await;
    assert_eq!(house.lines(&channel.id).iter().filter(|line| line.contains("slowly")).count(), 1);
    // Nothing that the app was told is left without a word, its own messages among it.
    house.eventually("the last acknowledgement", || (house.slack.acknowledged().1 == 0).then_some(())).await;
    house.end(bot, "slow").await;
}

#[tokio::test]
async fn what_slack_says_twice_is_done_once() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let asked = house.slack.slash(&house.ada, &channel.id, "note once").expect("said");
    asked.answer().await.expect("an answer");
    house.slack.say_again(&asked);
    house.quiet().await;
    // And by the next process, which has not heard it before.
    house.stop(bot).await;
    let bot = house.start().await;
    house.slack.say_again(&asked);
    house.ask(&house.ada, &channel.id, "note twice").await;
    house.quiet().await;
    let lines = house.lines(&channel.id);
    assert_eq!(lines.iter().filter(|line| line.contains("once")).count(), 1, "{lines:?}");
    house.end(bot, "twice").await;
}

#[tokio::test]
async fn the_next_socket_is_open_before_the_last_is_closed() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.gate.send_replace(false);
    let early = house.slack.slash(&house.ada, &channel.id, "note before").expect("said");
    for reason in ["warning", "refresh_requested"] {
        house.slack.ask_refresh(reason);
        house.eventually("the next socket", || (house.slack.sockets() == 1).then_some(())).await;
        assert!(bot.door.health().is_there);
        house.gate.send_replace(true);
        assert!(!house.ask(&house.ada, &channel.id, "status").await.contains("timeout"));
    }
    early.acknowledged().await.expect("by the old socket");
    early.answer().await.expect("an answer");
    // Cut without a word: it comes back by itself, and an event that fell between is told again.
    let (message, _) = house.slack.say(&house.bob, &channel.id, None, "it swaps").expect("said");
    house.slack.cut_sockets();
    house.eventually("the cut", || (house.slack.sockets() == 0).then_some(())).await;
    let pinned = house.slack.react(&house.ada, &channel.id, &message, "pushpin").expect("put there");
    pinned.acknowledged().await.expect("by the next socket");
    house.quiet().await;
    assert_eq!(house.timeline().await.iter().filter(|text| text.contains("it swaps")).count(), 1);
    assert!(!house.ask(&house.ada, &channel.id, "note after").await.contains("timeout"));
    house.end(bot, "sockets").await;
}

#[tokio::test]
async fn after_an_outage_everything_comes_in_order_and_once() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.slack.goes_away();
    house.eventually("the outage to be noticed", || (!bot.door.health().is_there).then_some(())).await;
    for n in 1..=6 {
        note(&house, &format!("while away {n}")).await;
    }
    waits(&house.desk, "INC-1").await;
    house.slack.comes_back();
    house.quiet().await;
    let lines: Vec<String> =
        house.lines(&channel.id).into_iter().filter(|line| line.contains("while away")).collect();
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert!(lines.iter().zip(1..).all(|(line, n)| line.contains(&format!("away {n} "))), "{lines:#?}");
    house.end(bot, "an outage").await;
}

#[tokio::test]
async fn a_slack_that_is_heard_and_answers_nothing_is_away_until_its_first_answer() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    // More than anybody asks in that time.
    house.slack.faults().next_writes(10_000, Fault::Break);
    house.slack.faults().next_reads(10_000, Fault::Break);
    note(&house, "while away 1").await;
    house.eventually("the outage to be noticed", || (!bot.door.health().is_there).then_some(())).await;
    assert_eq!(house.slack.sockets(), 1, "the socket lives on");
    let why = bot.door.health().why.unwrap_or_default();
    assert!(why.contains("Slack is in trouble itself"), "{why}");
    // What is said is heard, and answered by the socket.
    for n in 2..=5 {
        let told = house.ask(&house.ada, &channel.id, &format!("note while away {n}")).await;
        assert!(!told.is_empty());
    }
    assert!(!bot.door.health().is_there, "Slack was not asked anything that it answered");
    house.slack.faults().clear();
    house.eventually("Slack to be there", || bot.door.health().is_there.then_some(())).await;
    house.quiet().await;
    let lines = house.lines(&channel.id).into_iter().filter(|line| line.contains("while away"));
    let lines: Vec<String> = lines.collect();
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
        house.slack.faults().next_writes(2, fault);
        house.ask(&house.ada, &house.post, "declare Checkout fails").await;
        house.quiet().await;
        let channel = house.slack.channel_named("inc-1").expect("a channel");
        assert_eq!(house.slack.channels().len(), 3, "{fault:?}: one channel");
        for n in 1..=3 {
            house.slack.faults().next_writes(1, fault);
            note(&house, &format!("note {n}")).await;
            house.quiet().await;
        }
        house.slack.faults().clear();
        let lines: Vec<String> =
            house.lines(&channel.id).into_iter().filter(|l| l.contains("note ")).collect();
        assert_eq!(lines.len(), 3, "{fault:?}: {lines:#?}");
        assert_eq!(house.cards(&channel.id).len(), 1, "{fault:?}");
        assert_eq!(house.slack.messages(&house.post).len(), 1, "{fault:?}: announced once");
        house.end(bot, "lost answers").await;
    }
}

#[tokio::test]
async fn a_channel_takes_one_message_at_a_time_and_nothing_is_lost_by_that() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let before = house.slack.requests().len();
    for n in 1..=8 {
        note(&house, &format!("note {n}")).await;
    }
    house.quiet().await;
    let lines: Vec<String> =
        house.lines(&channel.id).into_iter().filter(|line| line.contains("note ")).collect();
    assert!(lines.len() == 8 && lines.iter().zip(1..).all(|(line, n)| line.contains(&format!("note {n} "))));
    let refused = house.slack.requests().iter().skip(before).filter(|r| r.status == 429).count();
    assert_eq!(refused, 0, "the pace is ours");
    // Where Slack asks for more time, it gets it.
    house.slack.message_gap(1_200);
    for n in 9..=11 {
        note(&house, &format!("note {n}")).await;
    }
    house.quiet().await;
    let lines: Vec<String> =
        house.lines(&channel.id).into_iter().filter(|line| line.contains("note ")).collect();
    assert_eq!(lines.len(), 11, "{lines:#?}");
    house.end(bot, "the pace").await;
}

#[tokio::test]
async fn a_missing_scope_is_named_and_mended_without_a_restart() {
    let house = House::new().await;
    house.slack.take_scope("channels:manage");
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "declare Checkout fails").await;
    let why =
        house.eventually("the reason", || bot.door.health().why.filter(|why| why.contains("scope"))).await;
    assert!(why.contains("`channels:manage`") && why.contains("docs/slack.md"), "{why}");
    house.slack.give_scope("channels:manage");
    try_again_at_once(&house.desk).await;
    house.quiet().await;
    assert!(house.slack.channel_named("inc-1").is_some());
    house.end(bot, "scopes").await;
}

#[tokio::test]
async fn a_name_that_is_taken_a_deleted_card_and_a_bot_put_out_are_no_end() {
    let house = House::new().await;
    let others = house.slack.channel("inc-1-checkout-fails");
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "declare Checkout fails").await;
    house.quiet().await;
    let all = house.slack.channels();
    let own =
        all.iter().find(|one| one.name.starts_with("inc-1-checkout-fails-")).expect("a name of its own");
    assert!(house.slack.messages(&others).is_empty(), "somebody else's channel is left alone");
    // The card is posted anew with its next change.
    let card = house.cards(&own.id).pop().expect("a card");
    house.slack.delete(&own.id, &card.ts);
    house.ask(&house.ada, &own.id, "severity sev1 worse").await;
    house.quiet().await;
    let again = house.cards(&own.id).pop().expect("another card");
    assert_ne!(again.ts, card.ts);
    // Into a public channel the bot comes back by itself.
    house.slack.put_out(&own.id);
    note(&house, "back inside").await;
    house.quiet().await;
    assert!(house.lines(&own.id).last().expect("a line").contains("back inside"));
    house.end(bot, "names").await;
}

#[tokio::test]
async fn a_bad_token_is_not_tried_for_ever_and_is_never_repeated_and_lines_go_out_without_it() {
    let house = House::new().await;
    let mut settings = house.settings();
    settings.app_token = Some(Secret::new("xapp-not-the-token"));
    let bot = house.open(settings);
    let why = house.eventually("the reason", || bot.door.health().why).await;
    assert!(why.contains("slack.app_token") && !why.contains("not-the-token"), "{why}");
    house.eventually("that Slack takes lines", || bot.door.health().is_deaf.then_some(())).await;
    // The second try of what is tried for ever comes within half of the second after which that is known.
    let tried = house.slack.requests().into_iter().map(|request| request.path);
    assert_eq!(tried.filter(|path| path == "/api/apps.connections.open").count(), 1);
    house.stop(bot).await;
}

//! What may go wrong with Discord, and that nothing is lost, doubled or let loose by it.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use commandpost::{
    config::Secret,
    desk::clock::{System, World},
    grammar::Known,
    journal::rows::{DeliveryFilter, DeliveryState},
    model::discord::{Budget, Fault, Message, RateLimits, permissions},
};
use serde_json::json;

use super::house::{House, PATIENCE};

#[tokio::test]
async fn a_gateway_that_is_cut_comes_back_and_commands_work_again() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    house.discord.gateway().close(4000);
    // Said while nobody listens: the session replays it.
    house.ask(house.ada, thread.id, "note", json!({"text": "missed"})).await;
    house.eventually("a resume", || (counters.resumes.load(Relaxed) > 0).then_some(())).await;
    assert_eq!(counters.sessions.load(Relaxed), 1);
    // A session that is gone: a new one, and its READY comes in the middle of everything.
    house.discord.gateway().close(4009);
    house.eventually("another session", || (counters.sessions.load(Relaxed) == 2).then_some(())).await;
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "in a new session"})).await;
    house.quiet().await;
    assert_eq!(house.lines(thread.id).len(), 2);
    let puts = house
        .discord
        .requests()
        .iter()
        .filter(|r| r.method == "PUT" && r.path.ends_with("/commands"))
        .count();
    assert_eq!(puts, 1, "commands that are as they should be are left alone");
    house.end(bot, "gateway cut").await;
}

#[tokio::test]
async fn what_waits_goes_out_as_soon_as_the_gateway_is_back() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    // A session that goes on, and a new one.
    for code in [4000, 4009] {
        house.discord.deny(house.post, house.discord.bot(), permissions::SEND_MESSAGES_IN_THREADS);
        let before = house.discord.requests().len();
        house.ask(house.ada, thread.id, "note", json!({"text": format!("before {code}")})).await;
        let refused = || {
            let requests = house.discord.requests();
            requests[before..].iter().any(|r| r.path.ends_with("/messages") && r.status == 403).then_some(())
        };
        house.eventually("the refusal", refused).await;
        house.discord.deny(house.post, house.discord.bot(), 0);
        // It would be tried again in a minute.
        house.discord.gateway().close(code);
        let said = |line: &Message| line.content.contains(&format!("before {code}"));
        house.eventually("the line", || house.lines(thread.id).into_iter().find(said)).await;
    }
    house.end(bot, "back again").await;
}

#[tokio::test]
async fn a_gateway_lost_in_a_quiet_minute_is_not_taken_for_a_silent_discord() {
    let mut house = House::new().await;
    // Nothing else asks Discord anything meanwhile.
    house.watchdog = house.patience * 2;
    let bot = house.start().await;
    house.discord.gateway().never_handshake(true);
    house.discord.gateway().cut();
    house.eventually("that it only hears nothing", || bot.door.health().is_deaf.then_some(())).await;
    house.discord.gateway().never_handshake(false);
    house.stop(bot).await;
}

#[tokio::test]
async fn of_a_gateway_that_alone_stays_away_it_is_told_what_it_is_and_nothing_of_old_requests() {
    let mut house = House::new().await;
    house.watchdog = Duration::from_secs(3);
    let bot = house.start().await;
    let counters = bot.door.counters();
    house.discord.faults().next(100_000, Fault::LoseAnswer);
    house.discord.gateway().go_away().await;
    house.eventually("another try", || (counters.restarts.load(Relaxed) > 1).then_some(())).await;
    house.discord.faults().clear();
    let deaf = || {
        let health = bot.door.health();
        health.is_deaf.then(|| health.last_error.unwrap_or_default())
    };
    let why = house.eventually("that it only hears nothing", deaf).await;
    assert!(why.contains("gateway") && !why.contains("It may have been done"), "{why}");
    assert!(!why.contains("connected anew"), "{why}");
    house.discord.gateway().come_back().await.expect("the same ports");
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
    house.stop(bot).await;
}

#[tokio::test]
async fn a_gateway_that_never_answers_is_given_up_and_begun_anew() {
    let mut house = House::new().await;
    house.watchdog = Duration::from_secs(3);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    house.eventually("a sign of life", || (counters.signs_of_life.load(Relaxed) > 0).then_some(())).await;
    house.discord.gateway().never_handshake(true);
    house.discord.gateway().cut();
    house.eventually("the watchdog", || (counters.restarts.load(Relaxed) > 0).then_some(())).await;
    let health = bot.door.health();
    assert!(!health.connected && !health.gave_up);
    // The house goes on: what is said elsewhere reaches the thread all the same.
    house
        .desk
        .submit(
            commandpost::desk::Caller::person(
                commandpost::people::Person::named("Grace").expect("a name"),
                "console",
            ),
            "INC-1".parse().expect("an id"),
            commandpost::incident::command::Command::Note { text: "from the console".into(), at: None },
            commandpost::desk::Along::default(),
        )
        .await
        .expect("noted");
    house.quiet().await;
    assert!(house.lines(thread.id).last().expect("a line").content.contains("from the console"));
    house.discord.gateway().never_handshake(false);
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "gateway hang").await;
}

#[tokio::test]
async fn a_bad_token_is_not_tried_for_ever_and_the_health_says_what_to_do() {
    let mut house = House::new().await;
    let mut settings = house.settings();
    settings.token = Secret::new("not-the-token");
    let bot = house.open(settings);
    house.eventually("the end of trying", || bot.door.health().gave_up.then_some(())).await;
    let error = bot.door.health().last_error.unwrap_or_default();
    assert!(error.contains("discord.token") && !error.contains("not-the-token"), "{error}");
    house.stop(bot).await;
    assert!(house.discord.requests().len() < 5);

    // The gateway finds out first.
    for (code, what_to_do) in
        [(4004, "discord.token"), (4013, "take a newer one"), (4014, "developer portal")]
    {
        let bot = house.start().await;
        house.discord.gateway().close(code);
        house.eventually("the end of trying", || bot.door.health().gave_up.then_some(())).await;
        let error = bot.door.health().last_error.unwrap_or_default();
        assert!(error.contains(&format!("({code})")) && error.contains(what_to_do), "{error}");
        house.stop(bot).await;
    }

    // Nobody is let in. Of three of the codes serenity says nothing: it hangs, until its next heartbeat at the latest.
    house.watchdog = Duration::from_millis(1_500);
    house.discord.gateway().set_heartbeat_interval(500);
    for (code, what_to_do) in [
        (4004, "discord.token"),
        (4010, "take a newer one"),
        (4011, "take the bot out of the others"),
        (4012, "take a newer one"),
        (4013, "take a newer one"),
        (4014, "developer portal"),
    ] {
        house.discord.gateway().turn_away(Some(code));
        let bot = house.open(house.settings());
        house.eventually("the end of trying", || bot.door.health().gave_up.then_some(())).await;
        let error = bot.door.health().last_error.unwrap_or_default();
        assert!(error.contains(&format!("({code})")) && error.contains(what_to_do), "{error}");
        assert_eq!(bot.door.counters().sessions.load(Relaxed), 0);
        house.stop(bot).await;
    }
    // Whoever is given up without a reason is tried again.
    house.discord.gateway().turn_away(Some(4008));
    let bot = house.open(house.settings());
    house.eventually("another try", || (bot.door.counters().restarts.load(Relaxed) > 0).then_some(())).await;
    assert!(!bot.door.health().gave_up);
    house.stop(bot).await;
}

#[tokio::test]
async fn limits_are_kept_and_nothing_is_lost_by_them() {
    let house = House::with_clock(std::sync::Arc::new(|| System.now())).await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.discord.limit(RateLimits {
        per_bucket: Some(Budget { calls: 2, window: Duration::from_millis(700) }),
        global: None,
    });
    for n in 1..=5 {
        house.ask(house.ada, thread.id, "note", json!({"text": format!("note {n}")})).await;
    }
    house.quiet().await;
    house.discord.limit(RateLimits::default());
    let texts: Vec<String> = house.lines(thread.id).into_iter().map(|m| m.content).collect();
    assert_eq!(texts.len(), 5, "{texts:#?}");
    assert!(
        texts.iter().zip(1..).all(|(text, n)| text.contains(&format!("note {n}"))),
        "in order: {texts:#?}"
    );

    house.discord.recorder().clear();
    house.discord.faults().next(1, Fault::TooMany { retry_after: 0.6, global: true });
    house.ask(house.ada, thread.id, "note", json!({"text": "under a global limit"})).await;
    house.quiet().await;
    assert!(house.lines(thread.id).last().expect("a line").content.contains("under a global limit"));
    house.discord.faults().next_on(
        1,
        Fault::TooMany { retry_after: 0.4, global: false },
        "POST",
        "/messages",
    );
    house.ask(house.ada, thread.id, "note", json!({"text": "under a limit"})).await;
    house.quiet().await;
    let refused = house.discord.requests().iter().filter(|r| r.status == 429).count();
    assert!(refused <= 2, "asked again before the time was over: {refused}");
    assert_eq!(house.lines(thread.id).len(), 7);
    house.end(bot, "limits").await;
}

#[tokio::test]
async fn whatever_answer_is_lost_or_garbled_everything_stands_once() {
    for fault in [Fault::LoseAnswer, Fault::Garble, Fault::Status(502), Fault::Refuse] {
        for (method, path) in
            [("POST", "/messages"), ("POST", "/threads"), ("PATCH", "/messages/"), ("PUT", "/pins/")]
        {
            let house = House::new().await;
            let bot = house.start().await;
            house.discord.faults().next_on(1, fault, method, path);
            let (thread, _) = house.declare("Checkout fails").await;
            house.quiet().await;
            house.ask(house.ada, thread.id, "note", json!({"text": "first"})).await;
            house.quiet().await;
            house.discord.faults().clear();
            house.discord.faults().next_on(1, fault, "POST", &format!("{}/messages", thread.id));
            house.ask(house.ada, thread.id, "note", json!({"text": "second"})).await;
            house.quiet().await;
            let what = format!("{fault:?} on {method} {path}");
            assert_eq!(house.discord.messages(house.post).len(), 1, "{what}");
            assert_eq!(house.discord.threads().len(), 1, "{what}");
            assert_eq!(house.cards(thread.id).len(), 1, "{what}");
            let lines = house.lines(thread.id);
            assert_eq!(lines.len(), 2, "{what}: {lines:#?}");
            assert!(lines[0].content.contains("first") && lines[1].content.contains("second"), "{what}");
            let card = house.cards(thread.id).remove(0);
            assert!(card.pinned(), "{what}");
            house.end(bot, "lost answers").await;
        }
    }
}

#[tokio::test]
async fn an_answer_to_a_person_survives_a_lost_first_try() {
    let house = House::new().await;
    let bot = house.start().await;
    for fault in [Fault::LoseAnswer, Fault::Garble, Fault::Refuse, Fault::Status(503)] {
        house.discord.faults().next_on(1, fault, "POST", "/callback");
        let told = house.ask(house.ada, house.post, "help", json!({})).await;
        assert!(told.is_ephemeral() && told.content.contains("declare"), "{fault:?}: {told:?}");
    }
    house.end(bot, "first try").await;
}

#[tokio::test]
async fn an_answer_too_long_for_one_message_goes_on_in_the_next_for_the_askers_eyes() {
    let house = House::new().await;
    let bot = house.start().await;
    let asked = house.slash(house.ada, house.post, "help", json!({ "verb": "verbs" })).await;
    let known = Known::default();
    let help = commandpost::grammar::discord_help(Some("verbs"), (&known).into()).expect("a help");
    let end = help.trim_end().rsplit('`').next().expect("its end");
    let ending = async {
        while !asked.follow_up().await.expect("the rest").content.ends_with(end) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, ending).await.is_ok(), "its end comes: «{end}»");
    let rest = asked.followups(1).await.expect("the rest");
    let first = asked.message().await.expect("an answer");
    let whole: Vec<&str> = std::iter::once(&first).chain(&rest).map(|m| m.content.as_str()).collect();
    assert!(rest.iter().all(Message::is_ephemeral));
    assert!(whole.iter().all(|part| part.encode_utf16().count() <= 2_000));
    assert_eq!(whole.join("\n").lines().count(), help.trim_end().lines().count(), "{whole:#?}");
    assert!(house.discord.messages(house.post).is_empty(), "nobody else reads it");
    house.end(bot, "long answer").await;
}

#[tokio::test]
async fn a_missing_permission_is_said_in_plain_words_and_mended_by_giving_it() {
    let house = House::new().await;
    let bot = house.start().await;
    house.discord.deny(house.post, house.discord.bot(), permissions::SEND_MESSAGES);
    house.ask(house.ada, house.post, "declare", json!({"title": "Checkout fails"})).await;
    let said = house
        .eventually("the sentence", || {
            bot.door.health().last_error.filter(|why| why.contains("Send Messages"))
        })
        .await;
    assert!(said.contains(&house.post.to_string()) && said.contains("Give its role"), "{said}");
    house.discord.deny(house.post, house.discord.bot(), permissions::CREATE_PUBLIC_THREADS);
    retry_now(&house).await;
    house
        .eventually("the sentence", || {
            bot.door.health().last_error.filter(|why| why.contains("Create Public Threads"))
        })
        .await;
    house.discord.deny(house.post, house.discord.bot(), permissions::PIN_MESSAGES);
    retry_now(&house).await;
    let (thread, card) = house.space_of("INC-1").await;
    house
        .eventually("the sentence", || {
            bot.door.health().last_error.filter(|why| why.contains("Pin Messages"))
        })
        .await;
    house.quiet().await;
    assert!(!house.discord.message(card.id).expect("the card").pinned(), "a card is of use without");
    assert_eq!(house.discord.messages(house.post).len(), 1);
    assert_eq!(house.cards(thread.id).len(), 1);
    house.end(bot, "permissions").await;
}

/// A person mends it and asks for another try.
async fn retry_now(house: &House) {
    let now = System.now();
    for delivery in house.desk.journal.deliveries(DeliveryFilter::Open).await.expect("a list") {
        let retry = commandpost::journal::Handle::Retry;
        house.desk.journal.handle(delivery.n, retry, now).await.expect("retried");
    }
    // Wakes the outbox.
    house.desk.take_alerts(vec![]).await.expect("nothing taken");
}

#[tokio::test]
async fn what_moderators_delete_is_made_again_and_a_deleted_command_post_is_said() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, card) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.discord.delete(card.id);
    house.ask(house.ada, thread.id, "note", json!({"text": "the card is gone"})).await;
    house.quiet().await;
    let cards = house.cards(thread.id);
    assert!(cards.len() == 1 && cards[0].id != card.id && cards[0].pinned(), "{cards:#?}");

    house.discord.delete_channel(thread.id);
    house
        .ask(house.ada, house.post, "note", json!({"text": "the thread is gone", "incident": "INC-1"}))
        .await;
    house.quiet().await;
    let threads = house.discord.threads();
    assert_eq!(threads.len(), 1);
    assert_eq!(house.cards(threads[0].id).len(), 1);
    assert!(house.lines(threads[0].id).last().expect("a line").content.contains("the thread is gone"));

    let elsewhere = house.discord.text_channel("elsewhere");
    house.discord.delete_channel(house.post);
    house.ask(house.ada, elsewhere, "declare", json!({"title": "Another"})).await;
    let failed = async {
        loop {
            let all = house.desk.journal.deliveries(DeliveryFilter::Open).await.expect("a list");
            if let Some(failed) = all.into_iter().find(|d| d.state == DeliveryState::Failed) {
                return failed;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let failed = tokio::time::timeout(PATIENCE, failed).await.expect("a failure");
    let why = failed.error.unwrap_or_default();
    assert!(why.contains("is gone") && why.contains("discord.channel_id"), "{why}");
    house.stop(bot).await;
}

#[tokio::test]
async fn hostile_texts_mention_nobody_and_break_nothing() {
    let house = House::new().await;
    // With every right there is, a mention would go through if it were let.
    house.discord.let_bot(permissions::ADMINISTRATOR);
    let role = house.discord.role("everyone-on-call", 0);
    house.discord.nick(house.bob, "@everyone **bob** <@&1>");
    let bot = house.start().await;
    let hostile = [
        format!("@everyone @here <@{}> <@&{role}> <#{}>", house.ada, house.post),
        "[your bank](https://evil.example) ```rust\nx``` ||s|| # big\n> q\n- l".to_owned(),
        "\u{202e}@\u{200b}everyone\u{7} \\*x\\*".to_owned(),
        "🚨".repeat(1_300),
        "`*_~|".repeat(1_000),
    ];
    for text in &hostile {
        let title: String = text.chars().filter(|c| !c.is_control()).take(120).collect();
        let told = house.ask(house.bob, house.post, "declare", json!({"title": title})).await;
        assert!(told.mentions.is_empty() && !told.mention_everyone, "{told:?}");
        let id = told.content.split(" – ").next().unwrap_or_default().to_owned();
        let (thread, card) = house.space_of(&id).await;
        for name in ["note", "set summary"] {
            let text: String = text.chars().take(4_000).collect();
            house.ask(house.bob, thread.id, name, json!({"text": text})).await;
        }
        house.quiet().await;
        let lines = house.lines(thread.id);
        assert!(!lines.is_empty() && lines.iter().all(|m| m.content.ends_with('`')), "{lines:#?}");
        let card = house.discord.message(card.id).expect("the card");
        let shown = format!(
            "{} {}",
            card.embeds[0],
            lines.iter().map(|m: &Message| m.content.as_str()).collect::<String>()
        );
        for whole in ["@everyone", "@here", "<@", "<#", "](http", "```", "||s"] {
            assert!(!shown.contains(whole), "{whole}: {shown}");
        }
    }
    house.end(bot, "hostile texts").await;
}

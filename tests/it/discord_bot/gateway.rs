//! Sessions with the gateway: where they go on, when new ones may be begun, and what they find.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use chrono::TimeDelta;
use commandpost::{
    desk::clock::{System, World},
    model::discord::ManualClock,
};
use serde_json::json;

use super::House;

#[tokio::test]
async fn a_session_goes_on_where_discord_said_and_a_new_one_begins_at_the_gateway() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let (counters, gateway) = (bot.door.counters(), house.discord.gateway());
    gateway.resume_elsewhere_only(true);
    for times in 1..=2 {
        gateway.close(4000);
        let resumed = || (counters.resumes.load(Relaxed) == times).then_some(());
        house.eventually("a resume", resumed).await;
    }
    assert_eq!((gateway.resumed_elsewhere(), counters.sessions.load(Relaxed)), (2, 1));
    gateway.forget_sessions();
    gateway.cut();
    house.eventually("another session", || (counters.sessions.load(Relaxed) == 2).then_some(())).await;
    assert_eq!(gateway.begun_elsewhere(), 0);
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "addresses").await;
}

#[tokio::test]
async fn a_gateway_that_asks_for_another_connection_gets_it_and_the_session_goes_on() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    house.discord.gateway().ask_to_reconnect();
    // By whichever of the two it is told.
    house.ask(house.ada, thread.id, "note", json!({"text": "in between"})).await;
    house.eventually("a resume", || (counters.resumes.load(Relaxed) > 0).then_some(())).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "and on"})).await;
    house.quiet().await;
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed);
    let counted = (count(&counters.resumes), count(&counters.sessions), count(&counters.restarts));
    assert_eq!(counted, (1, 1, 0), "resumes, sessions, restarts");
    assert_eq!(house.lines(thread.id).len(), 2);
    house.end(bot, "another connection").await;
}

#[tokio::test]
async fn while_no_session_may_be_begun_none_is_tried_and_the_health_says_until_when() {
    let clock = ManualClock::at(System.now());
    let house = House::with_clock(clock.clock()).await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    let reset_at = clock.now() + TimeDelta::seconds(4);
    house.discord.gateway().leave_session_starts(0, reset_at);
    // One more would cost the bot its token.
    house.discord.gateway().close(4009);
    let why = house
        .eventually("the sentence", || {
            bot.door.health().last_error.filter(|why| why.contains("sessions a day"))
        })
        .await;
    assert!(why.contains("until ") && why.contains(" UTC") && why.contains("by itself"), "{why}");
    assert!(!bot.door.health().connected && !bot.door.health().gave_up);
    // The house goes on: what is said elsewhere reaches the thread all the same.
    let note = commandpost::incident::command::Command::Note { text: "from the console".into(), at: None };
    let grace = commandpost::people::Person::named("Grace").expect("a name");
    let caller = commandpost::desk::Caller::person(grace, "console");
    let id = "INC-1".parse().expect("an id");
    house.desk.submit(caller, id, note, commandpost::desk::Along::default()).await.expect("noted");
    house.quiet().await;
    assert!(house.lines(thread.id).last().expect("a line").content.contains("from the console"));
    assert_eq!(counters.sessions.load(Relaxed), 1);
    // Others read so: it is not silent, only what is typed there does nothing.
    house.eventually("that it only hears nothing", || bot.door.health().is_deaf.then_some(())).await;
    let stands = commandpost::desk::absence::Standing::from(bot.door.health());
    assert!(!stands.is_there && stands.why.is_some_and(|why| why.contains("sessions a day")));
    clock.advance(TimeDelta::seconds(5));
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
    assert!(!bot.door.health().is_deaf && bot.door.health().why_unheard.is_none());
    assert_eq!(counters.sessions.load(Relaxed), 2);
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "no sessions left").await;
}

#[tokio::test]
async fn what_became_of_messages_while_no_session_was_there_is_found_by_the_next_once() {
    let clock = ManualClock::at(System.now());
    let house = House::with_clock(clock.clock()).await;
    // As most applications: without the intent for what messages say.
    house.discord.gateway().allow_intents(1 << 9);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let discord = &house.discord;
    let mut said = Vec::new();
    for text in ["5xx since 03:02", "db1 is out of disk", "it is the load balancer", "nothing to see"] {
        let message = discord.say(house.bob, thread.id, text).expect("bob may talk");
        if text.starts_with("nothing") {
            discord.edit(house.bob, message.id, "nothing to see here").expect("it is bob's");
        }
        let taken = discord.message_command(house.ada, message.id, "Add to timeline").expect("registered");
        taken.message().await.expect("an answer");
        said.push(message.id);
    }
    let counters = bot.door.counters();
    discord.gateway().close(4009);
    clock.advance(TimeDelta::milliseconds(20));
    discord.edit(house.bob, said[0], "5xx since 02:58").expect("it is bob's");
    discord.delete(said[1]);
    house.eventually("another session", || (counters.sessions.load(Relaxed) == 2).then_some(())).await;
    let lines = async || {
        let lines = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
        lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
    };
    let followed = async {
        loop {
            let told = lines().await;
            let has = |what: &str| told.iter().any(|text| text.contains(what));
            if has("was changed in Discord since") && has("the message was deleted in the chat") {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(super::house::PATIENCE, followed).await.expect("followed");
    assert!(!told.iter().any(|text| text.starts_with("bob wrote: “db1")), "{told:#?}");
    for kept in ["bob wrote: “it is the load balancer", "bob wrote: “nothing to see here"] {
        assert!(told.iter().any(|text| text.starts_with(kept)), "{told:#?}");
    }
    // Another session, another process: nothing is followed twice, and nobody asks for what is gone.
    house.stop(bot).await;
    discord.recorder().clear();
    let bot = house.start().await;
    let looked_for = |id| {
        let path = format!("/messages/{id}");
        discord.requests().iter().filter(|r| r.method == "GET" && r.path.ends_with(&path)).count()
    };
    house.eventually("the look", || (looked_for(said[0]) == 1).then_some(())).await;
    house.quiet().await;
    assert_eq!(looked_for(said[1]), 0);
    assert_eq!(lines().await, told);
    // With the intent, its words replace the old ones.
    discord.gateway().allow_intents(u64::MAX);
    discord.gateway().close(4009);
    clock.advance(TimeDelta::milliseconds(20));
    discord.edit(house.bob, said[0], "5xx since 02:57").expect("it is bob's");
    let corrected = async {
        while !lines().await.iter().any(|text| text.contains("corrected to «bob wrote: “5xx since 02:57"))
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(super::house::PATIENCE, corrected).await.expect("corrected");
    house.end(bot, "missed").await;
}

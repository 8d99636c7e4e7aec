//! Sessions with the gateway: where they go on, when new ones may be begun, and what they find.

use std::sync::atomic::Ordering::Relaxed;

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
    clock.advance(TimeDelta::seconds(5));
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
    assert_eq!(counters.sessions.load(Relaxed), 2);
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "no sessions left").await;
}

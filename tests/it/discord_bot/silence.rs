//! A Discord that says nothing: requests without an answer, and a gateway that is connected and dead. Neither serenity nor a socket
//! gives these up by itself.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use commandpost::model::discord::Fault;
use serde_json::json;

use super::house::{Bot, House};

/// The status in the model's record of a request that gets no answer.
const UNANSWERED: u16 = 444;

/// How many requests got no answer.
fn unanswered(house: &House, path_end: &str) -> usize {
    let requests = house.discord.requests();
    requests.iter().filter(|r| r.status == UNANSWERED && r.path.ends_with(path_end)).count()
}

/// Until the watchdog has given the gateway up and, once it is mended, the bot is there again.
async fn begun_anew(house: &House, bot: &Bot, mend: impl FnOnce()) {
    let counters = bot.door.counters();
    let before = counters.sessions.load(Relaxed);
    house.eventually("the watchdog", || (counters.restarts.load(Relaxed) > 0).then_some(())).await;
    mend();
    house.eventually("another session", || (counters.sessions.load(Relaxed) > before).then_some(())).await;
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
}

#[tokio::test]
async fn a_line_whose_request_is_never_answered_stands_once_all_the_same() {
    let mut house = House::new().await;
    house.answer_within = Duration::from_secs(3);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.discord.faults().next_on(1, Fault::BlackHole, "POST", &format!("{}/messages", thread.id));
    for n in 1..=2 {
        house.ask(house.ada, thread.id, "note", json!({"text": format!("note {n}")})).await;
    }
    house.quiet().await;
    assert_eq!(unanswered(&house, "/messages"), 1);
    let lines: Vec<String> = house.lines(thread.id).into_iter().map(|line| line.content).collect();
    assert!(lines.len() == 2 && lines[0].contains("note 1") && lines[1].contains("note 2"), "{lines:#?}");
    house.end(bot, "a request in a black hole").await;
}

#[tokio::test]
async fn an_asker_is_answered_in_time_though_the_first_try_is_never_answered() {
    let house = House::new().await;
    let bot = house.start().await;
    house.discord.faults().next_on(1, Fault::BlackHole, "POST", "/callback");
    let told = house.ask(house.ada, house.post, "help", json!({})).await;
    assert!(told.is_ephemeral() && told.content.contains("declare"), "{told:?}");
    assert_eq!(unanswered(&house, "/callback"), 1);
    house.end(bot, "an answer in a black hole").await;
}

#[tokio::test]
async fn a_bot_whose_question_for_the_gateway_is_never_answered_asks_again_and_is_there() {
    let mut house = House::new().await;
    house.answer_within = Duration::from_secs(3);
    // serenity's own question, and not ours for how many sessions are left.
    house.discord.faults().next_at(1, Fault::BlackHole, "GET", "/gateway");
    let bot = house.start().await;
    assert_eq!(unanswered(&house, "/gateway"), 1);
    assert!(bot.door.counters().restarts.load(Relaxed) > 0);
    house.declare("Checkout fails").await;
    house.end(bot, "the gateway's address in a black hole").await;
}

#[tokio::test]
async fn a_connected_gateway_that_falls_silent_is_given_up_and_begun_anew() {
    let mut house = House::new().await;
    house.watchdog = Duration::from_secs(3);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    house.eventually("a sign of life", || (counters.signs_of_life.load(Relaxed) > 0).then_some(())).await;
    house.discord.gateway().fall_silent();
    begun_anew(&house, &bot, || {}).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "a silent gateway").await;
}

#[tokio::test]
async fn a_connection_after_a_cut_that_says_nothing_is_given_up_before_the_watchdog_would() {
    let mut house = House::new().await;
    // Longer than anything here is waited for.
    house.watchdog = Duration::from_secs(3_600);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    house.eventually("a sign of life", || (counters.signs_of_life.load(Relaxed) > 0).then_some(())).await;
    house.discord.gateway().never_handshake(true);
    house.discord.gateway().cut();
    house.eventually("the end of it", || (counters.restarts.load(Relaxed) > 0).then_some(())).await;
    house.discord.gateway().never_handshake(false);
    house.eventually("the connection", || bot.door.health().connected.then_some(())).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "a silent connection").await;
}

#[tokio::test]
async fn a_gateway_that_never_answered_a_question_is_given_up_when_its_heartbeats_end() {
    let mut house = House::new().await;
    let long = Duration::from_secs(3);
    (house.watchdog, house.without_heartbeat) = (long, long);
    house.discord.gateway().tell_members(false);
    house.discord.gateway().set_heartbeat_interval(300);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    assert_eq!(counters.signs_of_life.load(Relaxed), 0);
    // serenity hangs in a resume, and holds itself for connected.
    house.discord.gateway().never_handshake(true);
    house.discord.gateway().cut();
    begun_anew(&house, &bot, || house.discord.gateway().never_handshake(false)).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "no heartbeat").await;
}

#[tokio::test]
async fn a_gateway_that_takes_no_heartbeat_any_more_is_begun_anew() {
    let mut house = House::new().await;
    house.watchdog = Duration::from_millis(1_500);
    house.discord.gateway().set_heartbeat_interval(300);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let counters = bot.door.counters();
    house.eventually("a sign of life", || (counters.signs_of_life.load(Relaxed) > 0).then_some(())).await;
    house.discord.gateway().stop_acks(true);
    begun_anew(&house, &bot, || house.discord.gateway().stop_acks(false)).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "here again"})).await;
    house.end(bot, "no acknowledgement").await;
}

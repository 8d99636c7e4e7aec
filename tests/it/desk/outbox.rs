//! The outbox: what may leave the house leaves it once, in order, and nothing waits for what is broken.

use std::{sync::Arc, time::Duration as StdDuration};

use chrono::Duration;
use commandpost::{
    desk::Settings,
    incident::{
        command::{Command, DraftText},
        id::IncidentId,
        kind::Kind,
    },
    journal::{
        Handle,
        rows::{Delivery, DeliveryFilter, DeliveryState, What},
    },
    outbox::port::{Outcome, Reconciled},
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    courier::{Dead, Scripted, pump},
    faulty::Fault,
    house::{House, note, person},
};

async fn house(chats: &[&str], destinations: &[&str]) -> House {
    let mut settings =
        Settings { chats: chats.iter().map(|c| (*c).to_owned()).collect(), ..Settings::default() };
    settings.policy.destinations = destinations.iter().map(|d| (*d).to_owned()).collect();
    House::open(settings).await
}

/// Drafted by Bo, approved and published by Ada.
async fn publish(house: &House, id: IncidentId, n: u32) {
    house
        .say("Bo", id, Command::Draft(DraftText { text: format!("Update {n}"), ..DraftText::default() }))
        .await;
    house.say("Ada", id, Command::Approve { n, alone: None }).await;
    house.say("Ada", id, Command::Publish { n }).await;
}

async fn to(house: &House, destination: &str) -> Vec<Delivery> {
    let mut rows = house.journal.deliveries(DeliveryFilter::Recent { limit: 1_000 }).await.unwrap();
    rows.retain(|row| row.destination == destination);
    rows.reverse();
    rows
}

async fn delivered(house: &House, id: IncidentId) -> Vec<&'static str> {
    let names = house.names(id).await;
    names.into_iter().filter(|name| name.starts_with("update.deliver")).collect()
}

fn unknown() -> Outcome {
    Outcome::Unknown { why: "The answer was lost.".into() }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_the_post_is_sent_once() {
    let house = house(&[], &["x"]).await;
    let id = house.incident().await;
    publish(&house, id, 1).await;
    let arrived =
        Reconciled::Arrived { external_id: Some("tweet".into()), url: Some("https://x.example/1".into()) };
    let down = Reconciled::CannotTell { why: "Down.".into() };
    let x = Scripted::with("x", [unknown()], [down, arrived]);
    for _ in 0..4 {
        pump(&house.desk, &[&x]).await;
        house.world.later(Duration::minutes(10));
    }
    assert_eq!(x.asked(), ["deliver INC-1/p1: Update 1", "look INC-1/p1", "look INC-1/p1"]);
    assert_eq!(delivered(&house, id).await, ["update.delivered"]);
    let row = &to(&house, "x").await[0];
    assert_eq!((row.state, row.external_id.as_deref()), (DeliveryState::Sent, Some("tweet")));
}

#[tokio::test]
async fn a_destination_has_a_minute_to_show_what_it_took_before_anybody_looks() {
    let house = house(&[], &["x"]).await;
    let id = house.incident().await;
    house.world.later(Duration::minutes(10));
    publish(&house, id, 1).await;
    let x = Scripted::with("x", [unknown()], [Reconciled::Absent]);
    let sent = "deliver INC-1/p1: Update 1";
    pump(&house.desk, &[&x]).await;
    house.world.later(Duration::seconds(59));
    pump(&house.desk, &[&x]).await;
    assert_eq!(x.asked(), [sent]);
    house.world.later(Duration::seconds(1));
    pump(&house.desk, &[&x]).await;
    assert_eq!(x.asked(), [sent, "look INC-1/p1", sent]);
}

#[tokio::test]
async fn what_did_not_arrive_is_sent_again_after_the_look() {
    let house = house(&[], &["x"]).await;
    let id = house.incident().await;
    publish(&house, id, 1).await;
    let x = Scripted::with("x", [unknown()], [Reconciled::Absent]);
    for _ in 0..3 {
        pump(&house.desk, &[&x]).await;
        house.world.later(Duration::minutes(10));
    }
    assert_eq!(x.asked(), ["deliver INC-1/p1: Update 1", "look INC-1/p1", "deliver INC-1/p1: Update 1"]);
    assert_eq!(delivered(&house, id).await, ["update.delivered"]);
}

#[tokio::test]
async fn what_cannot_arrive_stands_on_the_timeline_and_a_person_may_try_again() {
    let house = house(&[], &["x"]).await;
    let id = house.incident().await;
    publish(&house, id, 1).await;
    let x = Scripted::with("x", [Outcome::Failed { why: "The account is locked.".into() }], []);
    pump(&house.desk, &[&x]).await;
    assert_eq!(delivered(&house, id).await, ["update.delivery_failed"]);
    assert!(house.texts(id).await.iter().any(|text| text.contains("The account is locked.")));
    let n = to(&house, "x").await[0].n;
    let refused = house.desk.handle_delivery(&person("Cy"), false, n, Handle::Retry).await.unwrap_err();
    assert!(refused.to_string().contains("Cy may not decide"), "{refused}");
    // Ada commands, so she may publish, so she may try again.
    house.desk.handle_delivery(&person("Ada"), false, n, Handle::Retry).await.unwrap();
    pump(&house.desk, &[&x]).await;
    assert_eq!(delivered(&house, id).await, ["update.delivery_failed", "update.delivered"]);
    assert!(house.desk.handle_delivery(&person("Ada"), true, n, Handle::Retry).await.is_err());
}

#[tokio::test]
async fn a_dropped_post_is_said_to_be_dropped() {
    let house = house(&[], &["x"]).await;
    let id = house.incident().await;
    publish(&house, id, 1).await;
    let n = to(&house, "x").await[0].n;
    let drop_it = |reason: &str| Handle::Drop { reason: reason.into() };
    assert!(house.desk.handle_delivery(&person("Ada"), true, n, drop_it(" ")).await.is_err());
    house.desk.handle_delivery(&person("Ada"), true, n, drop_it("the account is gone")).await.unwrap();
    assert_eq!(delivered(&house, id).await, ["update.delivery_failed"]);
    let x = Scripted::new("x");
    pump(&house.desk, &[&x]).await;
    assert_eq!(x.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_post_is_dropped_and_said_to_be_or_neither() {
    let mut settings = Settings::default();
    settings.policy.destinations = vec!["x".into()];
    let (house, faulty) = House::faulty(settings).await;
    let id = house.incident().await;
    publish(&house, id, 1).await;
    let n = to(&house, "x").await[0].n;
    let drop_it = || Handle::Drop { reason: "the account is gone".into() };
    faulty.fail(0, Fault::unavailable());
    assert!(house.desk.handle_delivery(&person("Ada"), true, n, drop_it()).await.is_err());
    assert_eq!(to(&house, "x").await[0].state, DeliveryState::Pending, "it can be dropped once more");
    house.desk.handle_delivery(&person("Ada"), true, n, drop_it()).await.unwrap();
    assert_eq!(to(&house, "x").await[0].state, DeliveryState::Dropped);
    assert_eq!(delivered(&house, id).await, ["update.delivery_failed"]);
    let refused = house.desk.handle_delivery(&person("Ada"), true, n, drop_it()).await.unwrap_err();
    assert!(refused.why.contains("is dropped already"), "{refused}");
    assert_eq!(delivered(&house, id).await, ["update.delivery_failed"], "said once");
    house.sound(id).await;
}

#[tokio::test]
async fn a_destination_that_asks_for_time_gets_it() {
    let house = house(&[], &["x"]).await;
    let id = house.incident().await;
    publish(&house, id, 1).await;
    let later = Outcome::Retry { after: Some(StdDuration::from_secs(90)), why: "Too many requests.".into() };
    let x = Scripted::with("x", [later], []);
    pump(&house.desk, &[&x]).await;
    house.world.later(Duration::seconds(89));
    pump(&house.desk, &[&x]).await;
    assert_eq!(x.asked().len(), 1);
    house.world.later(Duration::seconds(1));
    pump(&house.desk, &[&x]).await;
    assert_eq!(x.asked().len(), 2);
    assert_eq!(delivered(&house, id).await, ["update.delivered"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_destination_delays_no_other() {
    let house = house(&["chat", "dead"], &["x"]).await;
    let id = house.incident().await;
    let dead = tokio::spawn(house.desk.clone().run_outbox(Arc::new(Dead("dead")), CancellationToken::new()));
    for n in 0..20 {
        house.say("Bo", id, note(format!("note {n}"))).await;
    }
    publish(&house, id, 1).await;
    let (chat, x) = (Scripted::new("chat"), Scripted::new("x"));
    pump(&house.desk, &[&chat, &x]).await;
    assert!(to(&house, "chat").await.iter().all(|row| row.state == DeliveryState::Sent));
    assert_eq!(delivered(&house, id).await, ["update.delivered"]);
    assert!(to(&house, "dead").await.iter().all(|row| row.state.is_open()), "it all waits there");
    let said: Vec<_> = chat.asked().into_iter().filter(|asked| asked.contains(": note ")).collect();
    let expected: Vec<_> = (0..20).map(|n| format!("deliver INC-1/{}: note {n}", n + 3)).collect();
    assert_eq!(said, expected, "in order");
    dead.abort();
    drop(dead.await);
}

#[tokio::test]
async fn what_was_on_its_way_at_a_crash_is_looked_up_first() {
    let house = house(&["chat"], &["x"]).await;
    let id = house.incident().await;
    publish(&house, id, 1).await;
    // The process dies between the request and its answer.
    let claimed = house.journal.claim("x", house.desk.world.now(), 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let house = house.restarted();
    assert_eq!(house.journal.orphans_to_unknown().await.unwrap(), 1);
    let arrived = Reconciled::Arrived { external_id: Some("tweet".into()), url: None };
    let x = Scripted::with("x", [], [arrived]);
    pump(&house.desk, &[&x]).await;
    assert_eq!(x.asked(), Vec::<String>::new(), "it may not be shown yet");
    house.world.later(Duration::seconds(60));
    pump(&house.desk, &[&x]).await;
    assert_eq!(x.asked(), ["look INC-1/p1"]);
    assert_eq!(delivered(&house, id).await, ["update.delivered"]);
}

#[tokio::test]
async fn what_was_redacted_is_not_said_any_more() {
    let house = house(&["chat"], &[]).await;
    let id = house.incident().await;
    let noted = house.say("Bo", id, note("Mrs Smith called")).await.seq.unwrap();
    let correct = Command::Correct {
        target: noted,
        text: "Mrs Smith wrote".into(),
        at: None,
        reason: String::new(),
        follows: false,
    };
    house.say("Bo", id, correct).await;
    house.say("Bo", id, note("A customer called")).await;
    house.say("Bo", id, Command::Redact { target: noted, reason: "a name".into() }).await;
    let chat = Scripted::new("chat");
    pump(&house.desk, &[&chat]).await;
    let asked = chat.asked();
    assert!(asked.iter().all(|asked| !asked.contains("Smith")), "{asked:#?}");
    assert!(asked.iter().any(|asked| asked.contains("A customer called")));
    assert!(
        to(&house, "chat").await.iter().all(|row| row.state == DeliveryState::Sent),
        "nothing waits for it"
    );
}

#[tokio::test]
async fn a_line_says_what_its_number_stands_for_and_is_put_right_when_that_is_redacted() {
    let house = house(&["chat"], &[]).await;
    let id = house.incident().await;
    let task = Command::AssignTask { owner: None, text: "Call Mrs Smith".into(), minutes: None };
    let named = house.say("Bo", id, task).await.seq.unwrap();
    house.say("Bo", id, Command::ReportTask { n: 1, result: "she is well".into() }).await;
    let chat = Scripted::new("chat");
    pump(&house.desk, &[&chat]).await;
    let said = chat.asked();
    let line = "Task #1 («Call Mrs Smith») is done: she is well.";
    assert!(said.iter().any(|asked| asked.contains(line)), "{said:#?}");
    house.say("Bo", id, Command::Redact { target: named, reason: "a name".into() }).await;
    pump(&house.desk, &[&chat]).await;
    let after = chat.asked().split_off(said.len());
    let line = "Task #1 («[redacted]») is done: she is well.";
    assert!(after.iter().any(|asked| asked.contains(": unsaid ") && asked.contains(line)), "{after:#?}");
    assert!(after.iter().all(|asked| !asked.contains("Smith")), "{after:#?}");
}

#[tokio::test]
async fn what_was_said_before_it_was_redacted_is_taken_back_after_an_outage_and_a_restart_too() {
    let house = house(&["chat"], &[]).await;
    let id = house.incident().await;
    let noted = house.say("Bo", id, note("Mrs Smith called")).await.seq.unwrap();
    let correct = Command::Correct {
        target: noted,
        text: "Mrs Smith wrote".into(),
        at: None,
        reason: String::new(),
        follows: false,
    };
    let corrected = house.say("Bo", id, correct).await.seq.unwrap();
    pump(&house.desk, &[&Scripted::new("chat")]).await;
    house.say("Bo", id, Command::Redact { target: noted, reason: "a name".into() }).await;
    let chat = Scripted::with("chat", [Outcome::Retry { after: None, why: "it is away".into() }], []);
    pump(&house.desk, &[&chat]).await;
    let house = house.restarted();
    house.world.later(Duration::minutes(1));
    pump(&house.desk, &[&chat]).await;
    let reads = |seq: u64| format!("ext {id}/{seq} reads [redacted: a name]");
    let asked = chat.asked();
    let taken: Vec<&String> = asked.iter().filter(|asked| asked.contains("unsaid")).collect();
    assert_eq!(taken.len(), 2, "tried again: {asked:#?}");
    assert!(taken[1].contains(&reads(noted)) && taken[1].contains(&reads(corrected)), "{asked:#?}");
    assert!(asked.iter().all(|asked| !asked.contains("Smith")), "{asked:#?}");
}

#[tokio::test]
async fn one_card_stands_for_all_that_changed_while_it_waited() {
    let house = house(&["chat"], &[]).await;
    let id = house.incident().await;
    for n in 0..10 {
        house.say("Bo", id, note(format!("note {n}"))).await;
    }
    let cards = async || to(&house, "chat").await.iter().filter(|row| row.what == What::Card).count();
    assert_eq!(cards().await, 1);
    let chat = Scripted::new("chat");
    pump(&house.desk, &[&chat]).await;
    house.say("Bo", id, note("one more")).await;
    assert_eq!(cards().await, 2);
}

#[tokio::test]
async fn a_later_post_is_put_under_the_first_even_months_after() {
    let house = house(&[], &["x"]).await;
    let id = house.incident().await;
    let x = Scripted::new("x");
    publish(&house, id, 1).await;
    pump(&house.desk, &[&x]).await;
    publish(&house, id, 2).await;
    pump(&house.desk, &[&x]).await;
    house.world.later(Duration::days(200));
    house.journal.prune(house.desk.world.now()).await.unwrap();
    publish(&house, id, 3).await;
    pump(&house.desk, &[&x]).await;
    let first = Some("ext INC-1/p1".to_owned());
    assert_eq!(x.earlier(), [None, first.clone(), first]);
}

#[tokio::test]
async fn nothing_of_a_drill_or_a_test_leaves_for_the_public() {
    for kind in [Kind::Drill, Kind::Test] {
        let house = house(&["chat"], &["x", "statuspage"]).await;
        let id = house.declared(kind).await;
        publish(&house, id, 1).await;
        let rows = house.journal.deliveries(DeliveryFilter::Recent { limit: 100 }).await.unwrap();
        assert!(rows.iter().all(|row| row.destination == "chat" && !matches!(row.what, What::Post { .. })));
        let public = house.journal.public_posts(house.desk.world.now() - Duration::days(1)).await.unwrap();
        assert_eq!(public, []);
    }
}

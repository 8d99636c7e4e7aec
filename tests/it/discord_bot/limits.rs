//! The limit of the whole bot: what one call is refused for, all others wait for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use commandpost::{
    chat::discord::NAME,
    desk::{
        Desk, Settings,
        clock::{System, World},
    },
    journal::sqlite::SqliteJournal,
    model::discord::{Budget, Id, RateLimits},
};
use serde_json::json;
use uuid::Uuid;

use super::house::House;
use crate::support::house::waits;

/// The machine's clock, put forward by so many seconds.
#[derive(Default)]
struct Ahead(AtomicI64);

impl World for Ahead {
    fn now(&self) -> DateTime<Utc> {
        System.now() + TimeDelta::seconds(self.0.load(Relaxed))
    }
    fn id(&self) -> Uuid {
        System.id()
    }
    fn salt(&self) -> String {
        System.salt()
    }
    fn chance(&self) -> f64 {
        System.chance()
    }
}

fn refused(house: &House) -> usize {
    house.discord.requests().iter().filter(|request| request.status == 429).count()
}

#[tokio::test]
async fn what_one_call_meets_of_the_limit_of_the_whole_bot_holds_every_other_until_its_time_is_over() {
    let (world, dir) = (Arc::new(Ahead::default()), Arc::new(tempfile::tempdir().expect("a folder")));
    let journal = SqliteJournal::open(dir.path()).await.expect("a journal");
    let settings = Settings { chats: vec![NAME.into()], ..Settings::default() };
    let desk = Desk::new(Arc::new(journal), world.clone(), settings);
    let clock = world.clone();
    let house = House::at(Arc::new(move || clock.now()), desk, dir).await;
    let bot = house.start().await;
    let (first, _) = house.declare("Checkout fails").await;
    let (second, _) = house.declare("Search is slow").await;
    house.quiet().await;
    // A new place is looked at once more, whether it is called as it should be.
    let is_looked_at = |place: Id| {
        let path = format!("/channels/{place}");
        house
            .discord
            .requests()
            .iter()
            .any(|request| request.method == "GET" && request.path.ends_with(&path))
    };
    let places = || (is_looked_at(first.id) && is_looked_at(second.id)).then_some(());
    house.eventually("a look at both places", places).await;

    // A minute, which no machine is too busy for; the clock is put forward over it.
    let window = Duration::from_secs(60);
    house.discord.limit(RateLimits { per_bucket: None, global: Some(Budget { calls: 1, window }) });
    for text in ["the last that goes out", "one too many"] {
        house.ask(house.ada, first.id, "note", json!({ "text": text })).await;
    }
    waits(&house.desk, "INC-1").await;
    assert_eq!(refused(&house), 1);
    let before = house.discord.requests().len();
    // People are answered all the same.
    house.ask(house.bob, second.id, "note", json!({"text": "of another incident"})).await;
    waits(&house.desk, "INC-2").await;
    let is_limited = |path: &str| !path.contains("/interactions/") && !path.contains("/webhooks/");
    let requests = house.discord.requests();
    let asked = requests[before..].iter().filter(|request| is_limited(&request.path));
    let asked: Vec<String> = asked.map(|request| format!("{} {}", request.method, request.path)).collect();
    assert_eq!(asked, Vec::<String>::new(), "asked before the time was over");

    house.discord.limit(RateLimits::default());
    world.0.fetch_add(61, Relaxed);
    // Wakes the outbox.
    house.desk.take_alerts(vec![]).await.expect("nothing taken");
    house.quiet().await;
    for (thread, text) in [(first.id, "one too many"), (second.id, "of another incident")] {
        let lines = house.lines(thread);
        assert_eq!(lines.iter().filter(|line| line.content.contains(text)).count(), 1, "{lines:#?}");
    }
    assert_eq!(refused(&house), 1);
    house.end(bot, "the limit of the whole bot").await;
}

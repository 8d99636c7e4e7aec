//! The limit of the whole bot: what one call is refused for, all others wait for.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::TimeDelta;
use commandpost::{
    alert::{Alert, AlertSeverity, Status},
    chat::discord::NAME,
    desk::{
        Desk, Settings,
        clock::{System, World},
    },
    journal::{
        rows::{DeliveryFilter, DeliveryState},
        sqlite::SqliteJournal,
    },
    model::discord::{Budget, Id, RateLimits},
};
use serde_json::json;

use super::house::{House, PATIENCE};
use crate::support::{clock::Ahead, house::waits};

fn refused(house: &House) -> usize {
    house.discord.requests().iter().filter(|request| request.status == 429).count()
}

/// A house by that clock.
pub(super) async fn house_by(world: &Arc<Ahead>) -> House {
    let dir = Arc::new(tempfile::tempdir().expect("a folder"));
    let journal = SqliteJournal::open(dir.path()).await.expect("a journal");
    let settings = Settings { chats: vec![NAME.into()], ..Settings::default() };
    let desk = Desk::new(Arc::new(journal), world.clone(), settings);
    let clock = world.clone();
    House::at(Arc::new(move || clock.now()), desk, dir).await
}

/// A new place is looked at once more, whether it is called as it should be.
async fn are_looked_at(house: &House, places: &[Id]) {
    let is_looked_at = |place: &Id| {
        let path = format!("/channels/{place}");
        house
            .discord
            .requests()
            .iter()
            .any(|request| request.method == "GET" && request.path.ends_with(&path))
    };
    house.eventually("a look at each place", || places.iter().all(is_looked_at).then_some(())).await;
}

/// Until all that waits waits for a time to come. Returns how much that is.
async fn at_rest(house: &House, world: &Ahead) -> usize {
    let resting = async {
        loop {
            let open = house.desk.journal.deliveries(DeliveryFilter::Open).await.expect("a list");
            let now = world.now();
            // The others of a lane wait for its first.
            let mut lanes = BTreeSet::new();
            let mut firsts = open.iter().filter(|one| lanes.insert(one.lane.as_str()));
            if firsts.all(|one| one.state == DeliveryState::Pending && one.next_at > now) {
                return open.len();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, resting).await.expect("a rest")
}

#[tokio::test]
async fn what_one_call_meets_of_the_limit_of_the_whole_bot_holds_every_other_until_its_time_is_over() {
    let world = Arc::new(Ahead::default());
    let house = house_by(&world).await;
    let bot = house.start().await;
    let (first, _) = house.declare("Checkout fails").await;
    let (second, _) = house.declare("Search is slow").await;
    house.quiet().await;
    are_looked_at(&house, &[first.id, second.id]).await;

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
    world.later(TimeDelta::seconds(61));
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

/// Incidents with something waiting: as many would go out side by side.
const WAITING: usize = 12;
/// What the whole bot may ask in a minute: far less than waits.
const CALLS: u32 = 3;

#[tokio::test]
async fn what_waits_for_the_limit_of_the_whole_bot_does_not_run_into_it_again_together() {
    let world = Arc::new(Ahead::default());
    let house = house_by(&world).await;
    let bot = house.start().await;
    let mut places = Vec::new();
    for n in 1..=WAITING {
        places.push(house.declare(&format!("Fault {n}")).await.0.id);
    }
    house.quiet().await;
    are_looked_at(&house, &places).await;

    let window = Duration::from_secs(60);
    house.discord.limit(RateLimits { per_bucket: None, global: Some(Budget { calls: CALLS, window }) });
    for place in &places {
        house.ask(house.bob, *place, "note", json!({"text": "the same everywhere"})).await;
    }
    // A line and a card each, of which the first few went out. The limit stays.
    let mut left = at_rest(&house, &world).await;
    assert!(left > WAITING && refused(&house) > 0, "{left}");
    let mut times = 0;
    while left > 0 {
        let (refused_before, left_before) = (refused(&house), left);
        // Over the longest pause after a try, too: all that waits is due at the same moment.
        world.later(TimeDelta::seconds(400));
        // Wakes the outbox.
        house.desk.take_alerts(vec![]).await.expect("nothing taken");
        left = at_rest(&house, &world).await;
        times += 1;
        // Whoever is refused holds all behind them.
        let more = refused(&house) - refused_before;
        assert!(more <= 1, "{more} were refused, the time {times}");
        assert!(left < left_before, "nothing went out, the time {times}");
    }
    assert!(times > 3, "the limit ended {times} times");
    for place in places {
        let lines = house.lines(place);
        let said = lines.iter().filter(|line| line.content.contains("the same everywhere")).count();
        assert_eq!((said, house.cards(place).len()), (1, 1), "{lines:#?}");
    }
    house.end(bot, "many who wait").await;
}

/// A situation of its own, so a card of its own.
fn alert(n: usize) -> Alert {
    Alert {
        source: "prometheus".into(),
        fingerprint: format!("{n}"),
        status: Status::Firing,
        acknowledged: false,
        severity: AlertSeverity::Critical,
        severity_text: "page".into(),
        title: format!("Disk {n} is full"),
        description: String::new(),
        starts_at: None,
        ends_at: None,
        labels: [].into(),
        annotations: [].into(),
        links: vec![],
        group_key: format!("disk {n}"),
        notes: vec![],
    }
}

/// All these cards go out at once, while Discord has limits; how many requests it refused.
async fn refused_of(cards: usize, limits: RateLimits) -> usize {
    let house = House::with_clock(Arc::new(|| System.now())).await;
    let bot = house.start().await;
    house.discord.limit(limits);
    house.desk.take_alerts((0..cards).map(alert).collect()).await.expect("taken");
    house.desk.follow_once().await.expect("followed");
    house.quiet().await;
    assert_eq!(house.cards(house.alerts).len(), cards);
    let refused = refused(&house);
    house.discord.limit(RateLimits::default());
    house.end(bot, "many cards at once").await;
    refused
}

#[tokio::test]
async fn many_cards_at_once_do_not_run_into_the_limit_of_their_channel() {
    let channel = Budget { calls: 5, window: Duration::from_secs(1) };
    assert_eq!(refused_of(12, RateLimits { per_bucket: Some(channel), global: None }).await, 0);
}

#[tokio::test]
async fn many_cards_at_once_do_not_run_into_the_limit_of_the_whole_bot() {
    let bot = Budget { calls: 50, window: Duration::from_secs(1) };
    assert_eq!(refused_of(120, RateLimits { per_bucket: None, global: Some(bot) }).await, 0);
}

//! Heartbeats: missed once, back once, and nothing is missed that we could not hear.

use std::{collections::BTreeMap, sync::Arc};

use chrono::Duration;
use commandpost::{
    alert::{
        AlertSeverity,
        heartbeat::{Heartbeat, Watchdog},
    },
    desk::{Settings, heartbeats::Heartbeats},
    journal::rows::*,
};

use crate::support::house::{House, alert, resolved};

fn every_five_minutes(name: &str) -> Heartbeat {
    Heartbeat {
        name: name.into(),
        every: Duration::minutes(5),
        grace: Duration::minutes(2),
        severity: AlertSeverity::Critical,
        watchdog: None,
    }
}

async fn open(house: &House, all: &[Heartbeat]) -> Arc<Heartbeats> {
    Heartbeats::open(house.desk.clone(), all.to_vec()).await.unwrap()
}

/// Lets time pass as it does for the loop: with a look every now and then.
async fn minutes(house: &House, beats: &Heartbeats, minutes: i64) -> usize {
    let mut told = 0;
    for _ in 0..minutes * 2 {
        house.world.later(Duration::seconds(30));
        told += beats.look().await.unwrap();
    }
    told
}

async fn situations(house: &House) -> Vec<(String, u32)> {
    let rows = house.journal.situations(SituationFilter::Recent { limit: 10 }).await.unwrap();
    rows.into_iter().rev().map(|row| (row.situation.lead, row.situation.firing)).collect()
}

fn lead(firing: u32) -> (String, u32) {
    ("No sign of life from backup".to_owned(), firing)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_that_does_not_come_is_an_alert_and_ends_when_it_comes_again() {
    let house = House::open(Settings::default()).await;
    let beats = open(&house, &[every_five_minutes("backup")]).await;
    assert_eq!(minutes(&house, &beats, 6).await, 0, "the first has its time as well");
    for _ in 0..5 {
        beats.hear("backup").await.unwrap();
        assert_eq!(minutes(&house, &beats, 6).await, 0);
        assert_eq!(beats.list()[0].state, "late");
    }
    assert_eq!(minutes(&house, &beats, 20).await, 1);
    assert_eq!((situations(&house).await, beats.list()[0].state.as_str()), (vec![lead(1)], "missed"));
    beats.hear("backup").await.unwrap();
    assert_eq!(minutes(&house, &beats, 1).await, 1);
    assert_eq!((situations(&house).await, beats.list()[0].state.as_str()), (vec![lead(0)], "alive"));
    assert!(beats.hear("nobody").await.unwrap_err().to_string().contains("no heartbeat «nobody»"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_forgets_nothing_and_raises_no_false_alarm() {
    let house = House::open(Settings::default()).await;
    let all = [every_five_minutes("backup"), every_five_minutes("gone")];
    let beats = open(&house, &all).await;
    beats.hear("backup").await.unwrap();
    minutes(&house, &beats, 3).await;
    drop(beats);
    // Down for an hour, in which it beat and nobody was there.
    house.world.later(Duration::hours(1));
    let house = house.restarted();
    let beats = open(&house, &all).await;
    assert_eq!(minutes(&house, &beats, 6).await, 0);
    assert!(beats.list()[0].heard_at.is_some(), "when it was heard is remembered");
    // And now it is really gone, which a restart does not forget.
    assert_eq!(minutes(&house, &beats, 3).await, 2);
    drop(beats);
    let house = house.restarted();
    let beats = open(&house, &all[..1]).await;
    assert_eq!(minutes(&house, &beats, 10).await, 0, "it is told once");
    assert_eq!(beats.list()[0].state, "missed");
    let gone = situations(&house).await;
    assert!(gone.contains(&lead(1)) && gone.contains(&("No sign of life from gone".into(), 0)), "{gone:?}");
    beats.hear("backup").await.unwrap();
    assert_eq!(minutes(&house, &beats, 1).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stood_still_misses_nobody() {
    let house = House::open(Settings::default()).await;
    let beats = open(&house, &[every_five_minutes("backup")]).await;
    beats.hear("backup").await.unwrap();
    house.world.later(Duration::minutes(30));
    assert_eq!(beats.look().await.unwrap(), 0);
    assert_eq!(minutes(&house, &beats, 6).await, 0);
    assert_eq!(minutes(&house, &beats, 2).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_watchdog_is_a_sign_of_life_and_no_alert() {
    let house = House::open(Settings::default()).await;
    let watchdog = Watchdog {
        hook: "alertmanager".into(),
        labels: BTreeMap::from([("alertname".into(), "Watchdog".into())]),
    };
    let beat = Heartbeat { watchdog: Some(watchdog), ..every_five_minutes("backup") };
    let beats = open(&house, &[beat]).await;
    let mut sign = alert("g", "watchdog");
    sign.labels.insert("alertname".into(), "Watchdog".into());
    let other = alert("g", "db1");
    for _ in 0..4 {
        let mut alerts = vec![sign.clone(), other.clone()];
        beats.hear_watchdogs("alertmanager", &mut alerts).await.unwrap();
        assert_eq!(alerts, std::slice::from_ref(&other));
        assert_eq!(minutes(&house, &beats, 5).await, 0);
    }
    let mut elsewhere = vec![sign.clone()];
    beats.hear_watchdogs("grafana", &mut elsewhere).await.unwrap();
    assert_eq!(elsewhere, [sign.clone()], "only of the hook that is named");
    // Its end is no sign: it is what is to be noticed.
    let mut ended = vec![resolved(&sign)];
    beats.hear_watchdogs("alertmanager", &mut ended).await.unwrap();
    assert!(ended.is_empty());
    assert_eq!(minutes(&house, &beats, 3).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_that_the_disk_did_not_take_is_refused_and_not_missed() {
    let (house, faulty) = House::faulty(Settings::default()).await;
    let beats = open(&house, &[every_five_minutes("backup")]).await;
    beats.hear("backup").await.unwrap();
    minutes(&house, &beats, 5).await;
    faulty.deafen(true);
    let refused = beats.hear("backup").await.unwrap_err();
    assert!(refused.to_string().contains("the disk is full"), "{refused}");
    faulty.deafen(false);
    assert_eq!(minutes(&house, &beats, 6).await, 0, "it came, and was not taken");
    assert_eq!(minutes(&house, &beats, 2).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_the_settings_add_change_or_name_no_longer_is_watched_so_from_then_on() {
    let house = House::open(Settings::default()).await;
    let beats = open(&house, &[every_five_minutes("backup"), every_five_minutes("gone")]).await;
    beats.hear("backup").await.unwrap();
    assert_eq!(minutes(&house, &beats, 8).await, 2, "both are missed");
    beats.hear("backup").await.unwrap();
    assert_eq!(beats.look().await.unwrap(), 1);
    let hourly = Heartbeat { every: Duration::hours(1), ..every_five_minutes("backup") };
    beats.watch_these(vec![hourly.clone(), every_five_minutes("new")]).await.unwrap();
    // Its alert ends with it, and it is not known any more.
    let gone = situations(&house).await.into_iter().find(|(lead, _)| lead.ends_with("gone"));
    assert_eq!(gone, Some(("No sign of life from gone".to_owned(), 0)));
    assert!(beats.hear("gone").await.is_err());
    let rows = house.journal.heartbeats().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["backup", "new"]);
    // One has an hour now, the other what it was given first.
    assert_eq!(minutes(&house, &beats, 6).await, 0);
    beats.hear("new").await.unwrap();
    assert_eq!(minutes(&house, &beats, 8).await, 1);
    assert_eq!(beats.list().iter().map(|one| one.state.as_str()).collect::<Vec<_>>(), ["alive", "missed"]);
    // Shorter again: a whole period from now on, however long it still had.
    beats.watch_these(vec![every_five_minutes("backup")]).await.unwrap();
    assert_eq!(minutes(&house, &beats, 6).await, 0);
    assert_eq!(minutes(&house, &beats, 2).await, 1);
    // What is read after a start is the same.
    let again = open(&house, &[every_five_minutes("backup")]).await;
    assert_eq!(again.list(), beats.list());
}

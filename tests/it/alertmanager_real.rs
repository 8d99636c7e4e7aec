//! The real Alertmanager (Debian's package `prometheus-alertmanager`) sends to the real program: whichever of the two
//! goes down, and however, every alert is there once.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    alertmanager::{self, Alertmanager},
    program::{Program, fingerprints, look_into, until},
};

/// How commandpost goes down in the middle.
#[derive(Clone, Copy, PartialEq)]
enum Down {
    Term,
    Kill,
}

/// The stored alerts: (instance, is firing, how often it was told).
async fn stored(file: &Path) -> Vec<(String, bool, i64)> {
    let mut conn = look_into(file).await;
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as("SELECT alert, is_firing, times FROM alerts ORDER BY id")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    rows.into_iter()
        .map(|(alert, firing, times)| {
            let alert: Value = serde_json::from_str(&alert).unwrap();
            let title = alert["title"].as_str().unwrap().to_owned();
            (title.rsplit(' ').next().unwrap().to_owned(), firing == 1, times)
        })
        .collect()
}

async fn until_stored(file: &Path, what: &str, met: impl Fn(&[(String, bool, i64)]) -> bool) {
    until(60, what, || async { met(&stored(file).await) }).await;
}

fn has(rows: &[(String, bool, i64)], instance: &str, firing: bool) -> bool {
    rows.iter().any(|row| row.0 == instance && row.1 == firing)
}

async fn every_alert_is_there_once(down: Down) {
    let Some(sender) = alertmanager::installed() else {
        println!("SKIPPED: the real Alertmanager; install prometheus-alertmanager");
        return;
    };
    let mut post = Program::new("");
    post.start().await;
    let file = post.database();
    let mut am = Alertmanager::new(&post.url("/hooks/alertmanager"), post.client.clone());
    am.start(&sender).await;

    // One alone, three as a group, and repeats of them all.
    am.report(&[
        ("DiskFull", "db1", true),
        ("Slow", "web1", true),
        ("Slow", "web2", true),
        ("Slow", "web3", true),
    ])
    .await;
    until_stored(&file, "four alerts", |rows| rows.len() == 4).await;
    until_stored(&file, "repeats", |rows| rows.iter().all(|row| row.2 >= 2)).await;
    assert_eq!(stored(&file).await.len(), 4, "a repeat is no second alert");
    let situations = post.document("/api/v1/situations").await;
    let situations = situations["situations"].as_array().unwrap();
    assert_eq!(situations.len(), 2, "one situation a group: {situations:?}");

    // commandpost is down while one is resolved and another fires.
    match down {
        Down::Term => assert!(post.stop().success()),
        Down::Kill => post.kill(),
    }
    am.report(&[("Slow", "web1", false), ("Down", "gw1", true)]).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    post.start().await;
    until_stored(&file, "what happened while it was down", |rows| {
        has(rows, "gw1", true) && has(rows, "web1", false)
    })
    .await;

    // Alertmanager is killed; what fires is reported again, as Prometheus does.
    am.kill();
    am.start(&sender).await;
    let firing =
        [("DiskFull", "db1", true), ("Slow", "web2", true), ("Slow", "web3", true), ("Down", "gw1", true)];
    am.report(&firing).await;
    am.report(&[("Late", "mail1", true)]).await;
    until_stored(&file, "an alert after Alertmanager's restart", |rows| has(rows, "mail1", true)).await;

    // From the alert's card to an incident; that it is over stands on the timeline.
    let situations = post.document("/api/v1/situations").await;
    let disk = situations["situations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row.to_string().contains("DiskFull"))
        .unwrap_or_else(|| panic!("{situations}"));
    let card = format!("S-{}", disk["id"]);
    let declared =
        post.post("/api/v1/incidents", &json!({ "title": "db1 is full", "situation": card })).await;
    assert_eq!(declared.status, 201, "{}", declared.text);
    let incident = declared.json()["incident"].as_str().unwrap().to_owned();
    let names = |entries: &[Value]| -> Vec<String> {
        entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    };
    let timeline = post.timeline(&incident, 1).await;
    assert!(names(&timeline).contains(&"alert.linked".to_owned()), "{timeline:?}");
    am.report(&[("DiskFull", "db1", false)]).await;
    until(60, "the cleared alert on the timeline", || async {
        names(&post.timeline(&incident, 1).await).contains(&"alert.cleared".to_owned())
    })
    .await;

    let rows = stored(&file).await;
    let mut instances: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    instances.sort_unstable();
    assert_eq!(instances, ["db1", "gw1", "mail1", "web1", "web2", "web3"], "each once: {rows:?}");
    let mut prints = fingerprints(&file).await;
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), 6);
    assert!(has(&rows, "db1", false) && has(&rows, "web1", false) && has(&rows, "web2", true));
    post.verify_all().await;
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_alert_of_a_real_alertmanager_is_there_once_after_an_orderly_restart() {
    every_alert_is_there_once(Down::Term).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_alert_of_a_real_alertmanager_is_there_once_after_a_kill() {
    every_alert_is_there_once(Down::Kill).await;
}

//! What comes in: keys that are answered once, receipts that are found, sources that do not wait for each other, heartbeats.

use std::path::Path;

use commandpost::{
    alert::{Alert, heartbeat::Pulse},
    journal::{AlertBatch, AlertReceipt, AlertsAnswered, AlertsOnce, Journal, JournalError, rows::*},
};
use uuid::{Timestamp, Uuid};

use super::{
    Open,
    alerts::{take, tell, untold},
};
use crate::support::house::{alert, at};

async fn keyed(journal: &dyn Journal, key: &str, name: &str) -> Result<AlertReceipt, JournalError> {
    let once = Some(AlertsOnce { key: key.into(), asked: name.into() });
    let (alerts, receipt) = (vec![alert("g", name)], Uuid::from_u128(7));
    journal.take_alerts(AlertBatch { alerts, receipt, now: at(0), may_wait: true, once }).await
}

pub(super) async fn alerts_under_a_key_are_taken_once_and_their_answer_is_kept(open: Open, dir: &Path) {
    let opened = open(dir.to_owned()).await;
    let journal = opened.journal;
    assert_eq!(keyed(&*journal, "k", "db1").await.unwrap().new, 1);
    let answered =
        AlertsAnswered { receipt: Uuid::from_u128(7).to_string(), new: 1, changed: 0, repeated: 0 };
    let before = JournalError::AnsweredBefore {
        asked: "db1".into(),
        answer: serde_json::to_string(&answered).unwrap(),
    };
    assert_eq!(keyed(&*journal, "k", "db1").await, Err(before.clone()));
    assert_eq!(
        keyed(&*journal, "k", "db2").await,
        Err(before.clone()),
        "whoever asks sees that it is not theirs"
    );
    // Many in one moment: one of them is taken, and no other is taken for new.
    let many: Vec<_> = (0..40)
        .map(|_| {
            let journal = journal.clone();
            tokio::spawn(async move { keyed(&*journal, "m", "db3").await })
        })
        .collect();
    let mut taken = 0;
    for one in many {
        match one.await.unwrap() {
            Ok(receipt) => taken += receipt.new,
            Err(JournalError::Conflict | JournalError::AnsweredBefore { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(taken, 1);
    (opened.close)().await;
    drop(journal);
    let journal = open(dir.to_owned()).await.journal;
    assert_eq!(keyed(&*journal, "k", "db1").await, Err(before));
    let rows = journal.alerts_of(1, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.times).collect::<Vec<_>>(), [1, 1]);
}

/// An alert of a source, in a situation of its own.
fn of(source: &str, name: &str) -> Alert {
    Alert { source: source.into(), ..alert(name, name) }
}

pub(super) async fn a_quiet_source_is_looked_at_while_another_screams(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let loud: Vec<Alert> = (0..500).map(|n| of("loud", &format!("db{n}"))).collect();
    take(&*journal, &loud, 0).await;
    take(&*journal, &[of("quiet", "web"), of("another", "dns")], 1).await;
    let page = untold(&*journal).await;
    assert!(page.contains(&501) && page.contains(&502), "{page:?}");
    assert_eq!((page.len(), page[0]), (100, 1), "what the quiet leave, the loud has; the oldest first");
    assert!(page.is_sorted());
    let mut seen = 0;
    loop {
        let page = untold(&*journal).await;
        if page.is_empty() {
            break;
        }
        assert!(page.len() == 100 || seen + page.len() == 502, "a page is full until the last");
        seen += page.len();
        for id in page {
            tell(&*journal, id).await;
        }
    }
    assert_eq!(seen, 502);
}

pub(super) async fn what_a_request_brought_is_found_by_its_receipt(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let receipt = |second: i64| {
        let seconds = u64::try_from(at(second).timestamp()).unwrap();
        Uuid::new_v7(Timestamp::from_unix(uuid::NoContext, seconds, 0))
    };
    let mut receipts = Vec::new();
    for n in 0..60 {
        let (second, receipt) = (n * 20, receipt(n * 20));
        let alerts = vec![of("pingdom", &format!("web{n}")), of("pingdom", &format!("dns{n}"))];
        let batch = AlertBatch { alerts, receipt, now: at(second), may_wait: false, once: None };
        journal.take_alerts(batch).await.unwrap();
        receipts.push(receipt);
    }
    for (n, receipt) in receipts.iter().enumerate() {
        let found = journal.receipt(*receipt).await.unwrap();
        let first = i64::try_from(n).unwrap() * 2 + 1;
        assert_eq!(found.iter().map(|row| row.situation).collect::<Vec<_>>(), [first, first + 1]);
        assert!(found.iter().all(|row| row.source == "pingdom" && (row.alerts, row.firing) == (1, 1)));
    }
    for unknown in [receipt(40), receipt(100_000), Uuid::from_u128(7)] {
        assert_eq!(journal.receipt(unknown).await.unwrap(), []);
    }
}

pub(super) async fn heartbeats_are_remembered_and_forgotten(open: Open, dir: &Path) {
    let opened = open(dir.to_owned()).await;
    let row = |name: &str, heard: Option<i64>, missed: Option<i64>| HeartbeatRow {
        name: name.into(),
        pulse: Pulse { heard_at: heard.map(at), due_at: at(60), missed_since: missed.map(at), excused: 2 },
    };
    for row in [row("web", None, None), row("backup", Some(1), None), row("backup", Some(2), Some(3))] {
        opened.journal.keep_heartbeat(row).await.unwrap();
    }
    (opened.close)().await;
    drop(opened.journal);
    let journal = open(dir.to_owned()).await.journal;
    let expected = [row("backup", Some(2), Some(3)), row("web", None, None)];
    assert_eq!(journal.heartbeats().await.unwrap(), expected);
    journal.forget_heartbeat("backup").await.unwrap();
    journal.forget_heartbeat("nobody").await.unwrap();
    assert_eq!(journal.heartbeats().await.unwrap(), expected[1..]);
}

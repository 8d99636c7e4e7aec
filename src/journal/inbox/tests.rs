//! The inbox over crashes and damage.

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use super::*;
use crate::{
    alert::testing::alert,
    journal::{
        Journal,
        sqlite::{self, SqliteJournal},
    },
};

async fn connect(dir: &Path, file: &str) -> SqliteConnection {
    SqliteConnectOptions::new().filename(dir.join(file)).create_if_missing(true).connect().await.unwrap()
}

/// The inbox as it stands when the process is killed.
fn leave(dir: &Path, records: &[(i64, &str)]) {
    let mut buffer = log::Buffer::new();
    for (id, alerts) in records {
        buffer.add(*id, &Uuid::from_u128(7).to_string(), 1, |to| to.extend(alerts.bytes()));
    }
    log::Log::open(dir, 0).unwrap().write(&mut buffer, 0).unwrap();
}

fn stored(name: &str) -> String {
    serde_json::to_string(&[alert(name)]).unwrap()
}

/// Starts on what was left: the alerts of the first situation with how often each was seen, and what stays in the inbox.
async fn start(dir: &Path) -> (Vec<(String, u64)>, Vec<String>) {
    let journal = SqliteJournal::open(dir).await.unwrap();
    while journal.alerts_waiting() > 0 {
        tokio::task::yield_now().await;
    }
    let alerts = journal.alerts_of(1, 10).await.unwrap();
    journal.close().await;
    let left = laid_by::read(dir).unwrap().into_iter().map(|record| record.alerts).collect();
    assert_eq!(log::read(dir, 0).unwrap(), [], "what is placed or laid by is in the inbox no longer");
    (alerts.into_iter().map(|row| (row.alert.fingerprint, row.times)).collect(), left)
}

fn once(names: &[&str]) -> Vec<(String, u64)> {
    names.iter().map(|name| ((*name).to_owned(), 1)).collect()
}

#[tokio::test]
async fn what_a_crash_left_in_the_inbox_is_placed_once_and_what_is_damaged_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let torn = "[{\"torn".to_owned();
    leave(dir.path(), &[(1, &stored("db1")), (2, &torn), (3, &stored("db3"))]);
    assert_eq!(start(dir.path()).await, (once(&["db3", "db1"]), vec![torn.clone()]));
    // Placed and marked, but killed before it was taken out of the inbox.
    leave(dir.path(), &[(3, &stored("db3"))]);
    assert_eq!(start(dir.path()).await, (once(&["db3", "db1"]), vec![torn]));
}

#[tokio::test]
async fn an_inbox_that_was_taken_away_begins_after_what_was_placed() {
    let dir = tempfile::tempdir().unwrap();
    leave(dir.path(), &[(7, &stored("db1"))]);
    assert_eq!(start(dir.path()).await.0, once(&["db1"]));
    let journal = SqliteJournal::open(dir.path()).await.unwrap();
    let written: Vec<_> = (0..100)
        .map(|n| AlertBatch {
            alerts: vec![alert(&format!("web{n}"))],
            receipt: Uuid::from_u128(7),
            now: DateTime::UNIX_EPOCH,
            may_wait: true,
            once: None,
        })
        .map(|batch| journal.take_alerts(batch))
        .collect();
    for answer in written {
        answer.await.unwrap();
    }
    journal.close().await;
    let mut conn = connect(dir.path(), sqlite::FILE).await;
    let alerts: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM alerts").fetch_one(&mut conn).await.unwrap();
    assert_eq!(alerts, 101);
    assert!(marked(&mut conn).await.unwrap() > 7);
}

#[tokio::test]
async fn an_alert_that_cannot_be_placed_keeps_no_other_from_its_situation() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).await.unwrap();
    let first = AlertBatch {
        alerts: vec![alert("db1"), alert("db2")],
        receipt: Uuid::from_u128(7),
        now: DateTime::UNIX_EPOCH,
        may_wait: false,
        once: None,
    };
    journal.take_alerts(first).await.unwrap();
    journal.close().await;
    let mut conn = connect(dir.path(), sqlite::FILE).await;
    let key = alert("db2").key().to_vec();
    let damage = sqlx::query("UPDATE alerts SET situation = 'damaged' WHERE alert_key = $1").bind(key);
    damage.execute(&mut conn).await.unwrap();
    leave(dir.path(), &[(1, &stored("db2")), (2, &stored("db3")), (3, &stored("db4"))]);
    assert_eq!(start(dir.path()).await, (once(&["db4", "db3", "db1"]), vec![stored("db2")]));
    let mend = sqlx::query("UPDATE alerts SET situation = 1 WHERE situation = 'damaged'");
    mend.execute(&mut conn).await.unwrap();
    let (alerts, left) = start(dir.path()).await;
    assert_eq!((alerts.len(), left), (4, vec![]), "mended, it is placed at the next start");
}

/// A batch of one alert, on disk when this returns; what the clerk hands over of it.
async fn taken(offers: &mpsc::Sender<Offer>, jobs: &mut mpsc::UnboundedReceiver<Job>, id: i64) -> Handed {
    let alerts = vec![alert(&format!("db{id}"))];
    let receipt = Uuid::from_u128(7);
    let batch = AlertBatch { alerts, receipt, now: DateTime::UNIX_EPOCH, may_wait: true, once: None };
    let (answer, answered) = oneshot::channel();
    assert!(offers.send(Offer::Take(Box::new(Prepared::of(batch)), answer)).await.is_ok());
    assert_eq!(answered.await.unwrap().unwrap().waiting, 1);
    match jobs.recv().await {
        Some(Job::Place(placing, answer)) => {
            assert_eq!(placing.upto, id);
            (placing.must_sync, answer)
        }
        _ => panic!("alerts are handed over to be placed"),
    }
}

type Handed = (bool, oneshot::Sender<Result<bool, JournalError>>);

#[tokio::test]
async fn what_is_placed_stays_in_the_inbox_until_the_journal_has_it_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let (offers, offered) = mpsc::channel(1);
    let (journal, mut jobs) = mpsc::unbounded_channel();
    let (scribe, clerk) = open(dir.path(), offered, journal, Arc::default(), 0).unwrap();
    let scribe = tokio::task::spawn_blocking(move || scribe.run());
    let clerk = tokio::spawn(clerk.run());
    // A sync of it takes until somebody comes to write, and fails then.
    let wal = dir.path().join(format!("{}-wal", sqlite::FILE));
    assert!(std::process::Command::new("mkfifo").arg(&wal).status().unwrap().success());
    let files = 3 * 16 * 1_024 / stored("db1").len() as i64;
    for id in 1..=files {
        let (must_sync, answer) = taken(&offers, &mut jobs, id).await;
        assert!(!must_sync);
        answer.send(Ok(false)).unwrap();
    }
    assert_eq!(log::read(dir.path(), 0).unwrap().len() as i64, files, "nothing is written over");
    let writing = wal.clone();
    drop(
        tokio::task::spawn_blocking(move || File::options().write(true).open(writing))
            .await
            .unwrap()
            .unwrap(),
    );
    // Another sync might forget what the failed one lost: the journal's own is asked for.
    let mut id = files;
    loop {
        id += 1;
        let (must_sync, answer) = taken(&offers, &mut jobs, id).await;
        answer.send(Ok(must_sync)).unwrap();
        if must_sync {
            break;
        }
    }
    std::fs::remove_file(wal).unwrap();
    let on_disk = id;
    while log::read(dir.path(), 0).unwrap().first().is_some_and(|first| first.id == 1) {
        id += 1;
        assert!(id < on_disk + files, "what is on disk is written over");
        taken(&offers, &mut jobs, id).await.1.send(Ok(false)).unwrap();
    }
    offers.send(Offer::Close).await.ok().unwrap();
    clerk.await.unwrap();
    scribe.await.unwrap();
    assert_eq!(log::read(dir.path(), 0).unwrap(), [], "all is on disk: nothing is left");
}

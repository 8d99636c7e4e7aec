//! Groups of the settings: alerts of several senders in one situation, while they come close in time.

use commandpost::{
    alert::{
        Alert,
        group::{Group, Grouping},
    },
    journal::{AlertReceipt, Journal, sqlite::SqliteJournal},
};

use super::alerts::{one, take, tell};
use crate::support::house::{alert, resolved};

fn by_service() -> Grouping {
    let when = Default::default();
    Grouping::new(vec![Group { name: "s".into(), when, by: vec!["service|app".into()], within_minutes: 10 }])
}

fn of(source: &str, name: &str, label: &str) -> Alert {
    let labels = [(label.to_owned(), "checkout".to_owned())].into();
    Alert { source: source.into(), labels, ..alert(source, name) }
}

async fn placed(journal: &SqliteJournal, alert: &Alert, minute: i64) -> Vec<i64> {
    let AlertReceipt { situations, .. } = take(journal, std::slice::from_ref(alert), minute * 60).await;
    situations
}

#[tokio::test]
async fn several_senders_of_one_service_are_one_situation_while_they_come_close_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open_grouping(dir.path(), by_service()).await.unwrap();
    let (prometheus, pingdom) = (of("alertmanager", "5xx", "service"), of("pingdom", "www", "app"));
    assert_eq!(placed(&journal, &prometheus, 0).await, [1]);
    assert_eq!(placed(&journal, &pingdom, 9).await, [1]);
    let row = one(&journal, 1).await.situation;
    assert_eq!((row.firing, row.source.as_str()), (2, "alertmanager, pingdom"));
    assert_eq!((row.grouped_by.as_deref(), row.group_key.as_str()), (Some("s"), "service=checkout"));
    // Without the label, as its sender groups; what an exercise injects, too.
    assert_eq!(placed(&journal, &alert("alertmanager", "other"), 9).await, [2]);
    assert_eq!(placed(&journal, &of("exercise:drill", "5xx", "service"), 9).await, [3]);

    // Eleven minutes after the last change: another matter, also after a restart.
    journal.close().await;
    let journal = SqliteJournal::open_grouping(dir.path(), by_service()).await.unwrap();
    assert_eq!(placed(&journal, &of("nagios", "disk", "service"), 20).await, [4]);
    assert_eq!(placed(&journal, &of("zabbix", "cpu", "service"), 21).await, [4]);
    // What belonged to the first one still does.
    assert_eq!(placed(&journal, &resolved(&prometheus), 22).await, [1]);
    assert_eq!((one(&journal, 1).await.situation.firing, one(&journal, 4).await.situation.firing), (1, 2));
    journal.close().await;
    let journal = SqliteJournal::open_grouping(dir.path(), by_service()).await.unwrap();
    assert_eq!(placed(&journal, &resolved(&pingdom), 23).await, [1]);
    assert_eq!(placed(&journal, &of("monit", "swap", "app"), 24).await, [4]);
    // A quiet one that was displaced is closed as any other.
    for id in [1, 2, 3, 4] {
        tell(&journal, id).await;
    }
    let closed = journal.close_quiet_situations(crate::support::house::at(24 * 60)).await.unwrap();
    assert_eq!((closed, one(&journal, 1).await.is_open), (1, false));
}

#[tokio::test]
async fn of_one_body_those_that_belong_together_are_one_situation() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open_grouping(dir.path(), by_service()).await.unwrap();
    let all: Vec<Alert> = (0..50).map(|n| of(["a", "b", "c"][n % 3], &format!("h{n}"), "service")).collect();
    assert_eq!(take(&journal, &all, 0).await.situations, [1]);
    assert_eq!(one(&journal, 1).await.situation.total, 50);
}

//! Alerts: counted, gathered into situations, told once.

use std::path::Path;

use commandpost::{
    alert::{Alert, AlertSeverity, Status, flapping::Flapping, order::CHANGED_AT, situation::Situation},
    journal::{AlertBatch, AlertReceipt, Append, Journal, Mark, rows::*},
};
use uuid::Uuid;

use super::{Open, inc};
use crate::support::house::{alert, at, resolved};

pub(super) async fn take(journal: &dyn Journal, alerts: &[Alert], second: i64) -> AlertReceipt {
    let batch = AlertBatch {
        alerts: alerts.to_vec(),
        receipt: Uuid::from_u128(7),
        now: at(second),
        may_wait: false,
        once: None,
    };
    journal.take_alerts(batch).await.unwrap()
}

pub(super) async fn one(journal: &dyn Journal, id: i64) -> SituationRow {
    journal.situations(SituationFilter::One(id)).await.unwrap().remove(0)
}

pub(super) async fn untold(journal: &dyn Journal) -> Vec<i64> {
    let rows = journal.situations(SituationFilter::Untold { limit: 100 }).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

pub(super) async fn mark(journal: &dyn Journal, marks: Vec<Mark>) {
    journal.append(Append { marks, ..Append::default() }).await.unwrap();
}

pub(super) async fn tell(journal: &dyn Journal, id: i64) {
    let revision = one(journal, id).await.revision;
    mark(journal, vec![Mark::SituationTold { id, revision }]).await;
}

pub(super) async fn a_repeated_alert_is_counted_and_not_told(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let db1 = alert("g", "db1");
    let receipt = take(&*journal, std::slice::from_ref(&db1), 0).await;
    assert_eq!(
        (receipt.new, receipt.repeated, receipt.changed, &receipt.situations[..]),
        (1, 0, 0, &[1][..])
    );
    assert_eq!(untold(&*journal).await, [1]);
    tell(&*journal, 1).await;
    for second in 1..=3 {
        let receipt = take(&*journal, std::slice::from_ref(&db1), second).await;
        assert_eq!((receipt.new, receipt.repeated, receipt.changed), (0, 1, 0));
    }
    assert_eq!(untold(&*journal).await, Vec::<i64>::new());
    let row = journal.alerts_of(1, 10).await.unwrap().remove(0);
    assert_eq!((row.times, row.first_seen, row.last_seen), (4, at(0), at(3)));
    // Twice in one body: seen once more than once.
    take(&*journal, &[db1.clone(), db1.clone()], 4).await;
    assert_eq!(journal.alerts_of(1, 10).await.unwrap()[0].times, 6);
    let receipt = take(&*journal, &[resolved(&db1)], 5).await;
    assert_eq!((receipt.new, receipt.changed), (0, 1));
    let row = one(&*journal, 1).await;
    assert_eq!((row.situation.firing, row.situation.total, row.is_open), (0, 1, true));
    assert_eq!(untold(&*journal).await, [1]);
    let counts = journal.counts().await.unwrap();
    assert_eq!((counts.alerts, counts.alerts_firing, counts.situations_open), (1, 0, 1));
}

pub(super) async fn alerts_gather_by_group_and_a_new_start_is_a_new_alert(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let (db1, db2, web) = (alert("db", "db1"), alert("db", "db2"), alert("web", "web"));
    let receipt = take(&*journal, &[db1.clone(), web, db2], 0).await;
    assert_eq!((receipt.new, &receipt.situations[..]), (3, &[1, 2][..]));
    assert_eq!((one(&*journal, 1).await.situation.total, one(&*journal, 2).await.situation.total), (2, 1));
    // The same group from another sender is another matter.
    let elsewhere = Alert { source: "grafana".into(), ..db1.clone() };
    assert_eq!(take(&*journal, &[elsewhere], 1).await.situations, [3]);
    let again = Alert { starts_at: Some(at(0)), ..db1 };
    assert_eq!(take(&*journal, &[again], 2).await.new, 1);
    let row = one(&*journal, 1).await;
    assert_eq!((row.situation.firing, row.situation.total), (3, 3));
    let free = journal.situations(SituationFilter::Free { limit: 10 }).await.unwrap();
    assert_eq!(free.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(journal.alerts_of(1, 2).await.unwrap().len(), 2);
}

pub(super) async fn of_many_alerts_those_that_fire_are_shown_first_and_then_the_newest(
    open: Open,
    dir: &Path,
) {
    let journal = open(dir.to_owned()).await.journal;
    let alerts: Vec<_> = (1..=6).map(|n| alert("db", &format!("db{n}"))).collect();
    take(&*journal, &alerts, 0).await;
    take(&*journal, &[resolved(&alerts[1]), resolved(&alerts[5])], 1).await;
    let shown = async |limit| {
        let rows = journal.alerts_of(1, limit).await.unwrap();
        rows.into_iter().map(|row| row.alert.fingerprint).collect::<Vec<_>>()
    };
    assert_eq!(shown(10).await, ["db5", "db4", "db3", "db1", "db6", "db2"]);
    assert_eq!(shown(2).await, ["db5", "db4"]);
    let others: Vec<_> = (1..=3).map(|n| alert("web", &format!("web{n}"))).collect();
    take(&*journal, &others, 2).await;
    let of_each = journal.alerts_of_each(vec![2, 7, 1], 2).await.unwrap();
    let fingerprints: Vec<_> = of_each.iter().map(|row| (row.situation, &*row.alert.fingerprint)).collect();
    assert_eq!(
        fingerprints,
        [(2, "web3"), (2, "web2"), (1, "db5"), (1, "db4")],
        "of several at once as of one"
    );
}

pub(super) async fn what_fires_again_after_closing_opens_another_situation(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    // Its sender names no start: what it says last holds.
    let db1 = Alert { starts_at: None, ..alert("g", "db1") };
    take(&*journal, &[db1.clone(), alert("g", "db2")], 0).await;
    mark(&*journal, vec![Mark::SituationLinked { id: 1, incident: inc(1) }]).await;
    mark(&*journal, vec![Mark::SituationsOver { incident: inc(1) }]).await;
    assert!(!one(&*journal, 1).await.is_open);
    let receipt = take(&*journal, std::slice::from_ref(&db1), 1).await;
    assert_eq!(receipt.situations, [2]);
    let (before, now) = (one(&*journal, 1).await, one(&*journal, 2).await);
    assert_eq!((before.incident, before.is_open), (Some(inc(1)), false));
    assert_eq!((now.incident, now.is_open, now.situation.firing), (None, true, 1));

    // Quiet ones are closed too, but not while something fires or somebody is still to be told.
    take(&*journal, &[resolved(&db1)], 2).await;
    assert_eq!(journal.close_quiet_situations(at(100)).await.unwrap(), 0, "untold");
    tell(&*journal, 2).await;
    assert_eq!(journal.close_quiet_situations(at(2)).await.unwrap(), 0, "not quiet for long enough");
    assert_eq!(journal.close_quiet_situations(at(3)).await.unwrap(), 1);
    let receipt = take(&*journal, &[db1], 4).await;
    assert_eq!(receipt.situations, [3]);
    take(&*journal, &[alert("h", "web")], 5).await;
    assert_eq!(journal.counts().await.unwrap().alerts, 3, "an alert that fires again is no other one");
}

pub(super) async fn what_was_said_before_the_end_opens_nothing_again(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let db1 = alert("g", "db1");
    take(&*journal, &[resolved(&db1)], 0).await;
    take(&*journal, std::slice::from_ref(&db1), 1).await;
    let row = journal.alerts_of(1, 10).await.unwrap().remove(0);
    assert_eq!((row.is_firing, row.alert.status, row.times), (false, Status::Resolved, 2));
    assert_eq!(one(&*journal, 1).await.situation.firing, 0);
    tell(&*journal, 1).await;
    assert_eq!(journal.close_quiet_situations(at(100)).await.unwrap(), 1);
    let receipt = take(&*journal, std::slice::from_ref(&db1), 101).await;
    assert_eq!((&receipt.situations[..], receipt.new), (&[1][..], 0), "nor after it was closed");
    // In one body, in the wrong order.
    let db2 = alert("g", "db2");
    take(&*journal, &[resolved(&db2), db2.clone()], 102).await;
    assert_eq!(one(&*journal, 2).await.situation.firing, 0);
    // What says that it is later than the end does fire again.
    let changed = at(60).to_rfc3339();
    let again = Alert { annotations: [(CHANGED_AT.to_owned(), changed)].into(), ..db2.clone() };
    take(&*journal, std::slice::from_ref(&again), 103).await;
    take(&*journal, &[resolved(&db2)], 104).await;
    assert_eq!(one(&*journal, 2).await.situation.firing, 1);
}

pub(super) async fn a_mere_acknowledgement_leaves_what_the_alert_says(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let db1 = Alert { starts_at: None, ..alert("g", "db1") };
    let severity = AlertSeverity::Unknown;
    let mere = Alert { title: "db1".into(), severity, severity_text: String::new(), ..db1.clone() };
    let acknowledged = Alert { acknowledged: true, ..mere.clone() };
    take(&*journal, std::slice::from_ref(&db1), 0).await;
    take(&*journal, std::slice::from_ref(&acknowledged), 1).await;
    let row = journal.alerts_of(1, 10).await.unwrap().remove(0);
    assert_eq!(row.alert, Alert { acknowledged: true, ..db1.clone() });
    assert_eq!(one(&*journal, 1).await.situation.severity, AlertSeverity::Critical);
    let over = Alert { status: Status::Resolved, ends_at: Some(at(2)), ..mere.clone() };
    take(&*journal, std::slice::from_ref(&over), 2).await;
    let row = journal.alerts_of(1, 10).await.unwrap().remove(0);
    assert_eq!((row.is_firing, row.alert.title.as_str()), (false, db1.title.as_str()));
    // In one body, and of one that nobody knows.
    let db2 = Alert { fingerprint: "db2".into(), ..db1.clone() };
    let both =
        [db2.clone(), Alert { fingerprint: "db2".into(), title: "db2".into(), ..acknowledged.clone() }];
    take(&*journal, &both, 3).await;
    let stranger = Alert { fingerprint: "x".into(), title: "x".into(), ..acknowledged };
    take(&*journal, std::slice::from_ref(&stranger), 4).await;
    let rows = journal.alerts_of(1, 10).await.unwrap();
    let told =
        |name: &str| rows.iter().find(|row| row.alert.fingerprint == name).map(|row| row.alert.clone());
    assert_eq!(told("db2"), Some(Alert { acknowledged: true, ..db2 }));
    assert_eq!(told("x"), Some(stranger));
}

/// What a situation is, but for when it came in.
async fn ends(journal: &dyn Journal) -> Vec<(Situation, Vec<String>)> {
    let mut all = Vec::new();
    for row in journal.situations(SituationFilter::Recent { limit: 100 }).await.unwrap() {
        let alerts = journal.alerts_of(row.id, 100).await.unwrap();
        let mut alerts: Vec<String> = alerts.iter().map(|a| format!("{:?}", a.alert)).collect();
        alerts.sort();
        let (id, opened_at, updated_at) = (String::new(), at(0), at(0));
        all.push((Situation { id, opened_at, updated_at, ..row.situation }, alerts));
    }
    all.sort_by(|(one, _), (other, _)| one.group_key.cmp(&other.group_key));
    all
}

pub(super) async fn any_order_and_repetition_of_the_same_bodies_ends_in_the_same_situations(
    open: Open,
    dir: &Path,
) {
    let outbreak = |group: &str, name: &str, start: i64, end: Option<i64>| {
        let began = Alert { starts_at: Some(at(start)), ..alert(group, name) };
        let over = end.map(|end| Alert { ends_at: Some(at(end)), ..resolved(&began) });
        std::iter::once(began).chain(over)
    };
    let bodies: Vec<Alert> = outbreak("db", "db1", 0, Some(60))
        .chain(outbreak("db", "db1", 100, Some(160)))
        .chain(outbreak("db", "db1", 200, Some(260)))
        .chain(outbreak("db", "db2", 5, None))
        .chain(outbreak("web", "web1", 1, Some(2)))
        .chain(outbreak("web", "web2", 0, Some(9)))
        .collect();
    let mut known = None;
    for seed in 0u64..12 {
        let journal = open(dir.join(seed.to_string())).await.journal;
        // Some twice, in an order of each seed's own, one to three in a body.
        let mut told: Vec<Alert> = bodies.iter().chain(&bodies[seed as usize % 8..]).cloned().collect();
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        for i in (1..told.len()).rev() {
            told.swap(i, next() % (i + 1));
        }
        while !told.is_empty() {
            let rest = told.split_off((1 + next() % 3).min(told.len()));
            take(&*journal, &told, 300).await;
            told = rest;
        }
        let now = ends(&*journal).await;
        assert_eq!(known.get_or_insert(now.clone()), &now, "seed {seed}");
    }
    let known = known.unwrap();
    assert_eq!(known.iter().map(|(s, _)| (s.firing, s.total)).collect::<Vec<_>>(), [(1, 4), (0, 2)]);
    assert_eq!(known[1].0.title, "Disk full on web2 (+1 more)", "the one that began first");
    let flaps = known[0].0.clearings.flaps(Flapping::default(), at(300));
    assert_eq!(flaps.map(|flaps| flaps.times), Some(3));
}

pub(super) async fn what_ends_after_closing_opens_nothing(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let (db1, db2) = (alert("g", "db1"), alert("g", "db2"));
    take(&*journal, &[db1.clone(), db2.clone()], 0).await;
    tell(&*journal, 1).await;
    mark(&*journal, vec![Mark::SituationLinked { id: 1, incident: inc(1) }]).await;
    mark(&*journal, vec![Mark::SituationsOver { incident: inc(1) }]).await;
    let receipt = take(&*journal, &[resolved(&db1)], 1).await;
    assert_eq!((receipt.new, receipt.changed, &receipt.situations[..]), (0, 1, &[1][..]));
    let row = one(&*journal, 1).await;
    assert_eq!((row.situation.firing, row.is_open, untold(&*journal).await), (1, false, vec![1]));
    // Another of the group fires anew, the one before ends: each where it belongs.
    let db3 = alert("g", "db3");
    let receipt = take(&*journal, &[db3, resolved(&db2)], 2).await;
    assert_eq!(receipt.situations, [2, 1]);
    assert_eq!(one(&*journal, 1).await.situation.firing, 0);
    let other = one(&*journal, 2).await;
    assert_eq!((other.situation.firing, other.situation.total, other.is_open), (1, 1, true));
}

pub(super) async fn a_link_does_not_hide_what_moved_meanwhile(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    take(&*journal, &[alert("g", "db1")], 0).await;
    // Somebody looks, more comes in, and then it is linked: the incident has not heard of the rest.
    tell(&*journal, 1).await;
    take(&*journal, &[alert("g", "db2")], 1).await;
    mark(&*journal, vec![Mark::SituationLinked { id: 1, incident: inc(1) }]).await;
    assert_eq!(untold(&*journal).await, [1]);
    assert_eq!(one(&*journal, 1).await.decided.as_deref(), Some("linked"));
    let linked = journal.situations(SituationFilter::Linked { incident: inc(1) }).await.unwrap();
    assert_eq!(linked.len(), 1);
    // Told of an older revision than the last, it is not taken back.
    tell(&*journal, 1).await;
    mark(&*journal, vec![Mark::SituationTold { id: 1, revision: 1 }]).await;
    assert_eq!(untold(&*journal).await, Vec::<i64>::new());
}

/// What readers see of the alerts, but for the receipts and when they came.
async fn alerts_seen(journal: &dyn Journal) -> String {
    let mut rows = journal.situations(SituationFilter::Recent { limit: 100 }).await.unwrap();
    rows.sort_by_key(|row| row.id);
    let mut out = String::new();
    for row in rows {
        let s = &row.situation;
        out.push_str(&format!("{} {} {} {:?} {}\n", row.id, s.title, s.firing, s.severity, s.total));
        for alert in journal.alerts_of(row.id, 1_000).await.unwrap() {
            out.push_str(&format!("  {} {} {}\n", alert.alert.fingerprint, alert.is_firing, alert.times));
        }
    }
    out
}

/// Four hundred requests: each alert fires, some come again, half of them end.
fn storm() -> Vec<Vec<Alert>> {
    let of = |n: usize| alert(["db", "web", "dns"][n % 3], &format!("host{n}"));
    let fire = (0..100).map(|n| vec![of(n)]);
    let again = (0..100).map(|n| vec![of(n / 2), of(n)]);
    let end = (0..50).map(|n| vec![resolved(&of(n * 2))]);
    let new = (100..250).map(|n| vec![of(n)]);
    fire.chain(again).chain(end).chain(new).collect()
}

async fn take_storm(journal: &dyn Journal) {
    let written: Vec<_> = storm()
        .into_iter()
        .map(|alerts| AlertBatch {
            alerts,
            receipt: Uuid::from_u128(7),
            now: at(0),
            may_wait: true,
            once: None,
        })
        .map(|batch| journal.take_alerts(batch))
        .collect();
    let mut receipts = AlertReceipt::default();
    for answer in written {
        let AlertReceipt { new, repeated, changed, waiting, .. } = answer.await.unwrap();
        receipts.new += new;
        receipts.repeated += repeated;
        receipts.changed += changed;
        receipts.waiting += waiting;
    }
    assert!(receipts.waiting > 0, "nothing was set aside: {receipts:?}");
    let all: usize = storm().iter().map(Vec::len).sum();
    let AlertReceipt { new, repeated, changed, waiting, .. } = receipts;
    assert_eq!(new + repeated + changed + waiting, all as u64);
}

pub(super) async fn of_a_storm_every_alert_is_counted_as_if_it_had_come_alone(open: Open, dir: &Path) {
    let calm = open(dir.join("calm")).await.journal;
    for alerts in storm() {
        take(&*calm, &alerts, 0).await;
    }
    let journal = open(dir.join("storm")).await.journal;
    take_storm(&*journal).await;
    // Nothing else is written: what waits comes to its situations by itself.
    while journal.alerts_waiting() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(alerts_seen(&*journal).await, alerts_seen(&*calm).await);
}

pub(super) async fn what_a_storm_brought_is_placed_also_while_a_few_more_keep_coming(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let offer = |name: String| {
        let (alerts, receipt) = (vec![alert("g", &name)], Uuid::from_u128(7));
        journal.take_alerts(AlertBatch { alerts, receipt, now: at(0), may_wait: true, once: None })
    };
    let storm: Vec<_> = (0..50).map(|n| offer(format!("db{n}"))).collect();
    for answer in storm {
        answer.await.unwrap();
    }
    // Too few to be placed for their number, too often for it ever to be quiet.
    for n in 0..200 {
        if journal.counts().await.unwrap().alerts >= 50 {
            return;
        }
        offer(format!("web{n}")).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("they wait as long as something comes");
}

pub(super) async fn a_backup_holds_every_alert_that_was_acknowledged(open: Open, dir: &Path) {
    let journal = open(dir.join("house")).await.journal;
    take_storm(&*journal).await;
    let copy = dir.join("copy");
    std::fs::create_dir(&copy).unwrap();
    journal.backup(&copy.join(commandpost::journal::sqlite::FILE)).await.unwrap();
    let restored = open(copy).await.journal;
    assert_eq!(alerts_seen(&*restored).await, alerts_seen(&*journal).await);
    assert_eq!(restored.counts().await.unwrap().alerts, 250);
}

pub(super) async fn who_cannot_wait_finds_the_alerts_in_their_situation(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let batch = |n: usize, may_wait| AlertBatch {
        alerts: vec![alert("g", &format!("db{n}"))],
        receipt: Uuid::from_u128(7),
        now: at(0),
        may_wait,
        once: None,
    };
    let others: Vec<_> = (0..20).map(|n| journal.take_alerts(batch(n, true))).collect();
    let receipt = journal.take_alerts(batch(20, false)).await.unwrap();
    assert_eq!((receipt.new, receipt.waiting, &receipt.situations[..]), (1, 0, &[1][..]));
    for other in others {
        other.await.unwrap();
    }
}

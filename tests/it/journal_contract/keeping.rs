//! Keeping: what is pruned, copied, made anew and found again after reopening.

use std::path::Path;

use chrono::Duration;
use commandpost::{
    incident::{event::Event, phase::Phase, severity::Severity},
    journal::{
        Append, Journal, JournalError, Mark, Once,
        rows::*,
        sqlite::{OpenError, SqliteJournal},
    },
};

use super::{
    Open, Writing,
    alerts::take,
    inc,
    outbox::{claim, delivery, keys, queue, settlement},
    timers::timer,
};
use crate::support::house::{alert, at};

pub(super) async fn pruning_keeps_what_is_needed(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let once = |key: &str, second| {
        Some(Once { key: key.into(), asked: String::new(), answer: String::new(), at: at(second) })
    };
    journal.append(Append { once: once("old", 0), ..Append::default() }).await.unwrap();
    journal.append(Append { once: once("new", 100), ..Append::default() }).await.unwrap();
    let (mut open_still, mut over) = (Writing::new(1), Writing::new(2));
    journal.append(open_still.declared()).await.unwrap();
    journal.append(over.declared()).await.unwrap();
    let closed = Event::PhaseChanged { from: Phase::Investigating, to: Phase::Closed, reason: String::new() };
    journal.append(over.next(closed)).await.unwrap();
    let post = |number: u32| NewDelivery {
        incident: Some(inc(number)),
        what: What::Post { n: 1 },
        ..delivery(&format!("x/{number}"), &format!("post{number}"), None)
    };
    queue(
        &*journal,
        vec![
            post(1),
            post(2),
            delivery("s", "sent", None),
            delivery("f", "failed", None),
            delivery("p", "waits", None),
        ],
    )
    .await;
    for delivery in claim(&*journal, 0).await {
        let state = match delivery.key.as_str() {
            "failed" => DeliveryState::Failed,
            "waits" => DeliveryState::Pending,
            _ => DeliveryState::Sent,
        };
        journal.settle(settlement(&delivery, state, 1)).await.unwrap();
    }
    assert_eq!(journal.prune(at(1)).await.unwrap(), 1, "the old answer; what was sent is not older yet");
    assert_eq!(journal.prune(at(50)).await.unwrap(), 2, "a line that was sent, and the post of what is over");
    assert_eq!(journal.answered("old").await.unwrap(), None);
    assert!(journal.answered("new").await.unwrap().is_some());
    let left = journal.deliveries(DeliveryFilter::Recent { limit: 100 }).await.unwrap();
    assert_eq!(keys(&left), ["waits", "failed", "post1"]);
    let posts = journal.deliveries(DeliveryFilter::PostsOf { incident: inc(1) }).await.unwrap();
    assert_eq!(keys(&posts), ["post1"]);
    // Numbers are not given out twice.
    queue(&*journal, vec![delivery("z", "later", None)]).await;
    let newest = journal.deliveries(DeliveryFilter::Recent { limit: 1 }).await.unwrap().remove(0);
    assert_eq!((newest.key.as_str(), newest.n), ("later", 6));
}

/// Everything that readers see, to compare.
pub(super) async fn all_readings(journal: &dyn Journal) -> String {
    let mut out = String::new();
    let rows = journal.incidents(IncidentFilter::all(1_000)).await.unwrap();
    for row in &rows {
        let (state, last) = journal.load(row.id).await.unwrap().unwrap();
        out.push_str(&format!("{}\n{last}\n", serde_json::to_string(&state).unwrap()));
        out.push_str(&format!("{:?}\n", journal.entries(row.id, 1, 10_000).await.unwrap()));
    }
    out.push_str(&format!("{rows:?}\n{:?}\n", journal.public_posts(at(-1_000_000)).await.unwrap()));
    out.push_str(&format!(
        "{:?}\n",
        journal.situations(SituationFilter::Recent { limit: 100 }).await.unwrap()
    ));
    out.push_str(&format!("{:?}\n", journal.alerts_of(1, 100).await.unwrap()));
    out.push_str(&format!(
        "{:?}\n",
        journal.deliveries(DeliveryFilter::Recent { limit: 100 }).await.unwrap()
    ));
    out.push_str(&format!("{:?}\n", journal.timers_due(at(1_000_000), 100).await.unwrap()));
    out.push_str(&format!("{:?}\n", journal.bound("discord", "INC-1").await.unwrap()));
    out.push_str(&format!("{:?}\n", journal.answered("k").await.unwrap()));
    out.push_str(&format!("{:?}\n", journal.counts().await.unwrap()));
    out
}

fn linked() -> Event {
    Event::AlertsLinked {
        situation: 1,
        title: "Disk full".into(),
        source: "alertmanager".into(),
        firing: 1,
        total: 1,
        alerts: vec![],
        within: None,
        because: String::new(),
    }
}

/// A journal with something of everything in it.
pub(super) async fn furnish(journal: &dyn Journal) {
    let mut writings: Vec<Writing> = (1..=3).map(Writing::new).collect();
    for (number, writing) in (1..).zip(&mut writings) {
        journal.append(writing.declared()).await.unwrap();
        journal.append(writing.noted(format!("note {number}"))).await.unwrap();
        journal.append(writing.published(1)).await.unwrap();
        journal.append(writing.published(2)).await.unwrap();
        if number == 2 {
            take(journal, &[alert("g", "db1")], 0).await;
            let mut append = writing.next(linked());
            append.marks.push(Mark::SituationLinked { id: 1, incident: inc(2) });
            journal.append(append).await.unwrap();
        }
    }
    // The second turns out to be the first, which has its alerts from then on.
    let merged = vec![
        Event::MergedInto { into: inc(1), reason: String::new() },
        Event::PhaseChanged { from: Phase::Investigating, to: Phase::Merged, reason: String::new() },
    ];
    journal.append(writings[1].many(merged)).await.unwrap();
    let title = "Payments fail".to_owned();
    let (severity, entries) = (Severity::Sev2, 11);
    let merged_in = Event::MergedIn { from: inc(2), title, severity, entries, copies: vec![], by: None };
    let mut append = writings[0].many(vec![merged_in, linked()]);
    append.marks.push(Mark::SituationLinked { id: 1, incident: inc(1) });
    journal.append(append).await.unwrap();
    queue(journal, vec![delivery("a", "a1", None)]).await;
    let once = Some(Once { key: "k".into(), asked: "a".into(), answer: "b".into(), at: at(0) });
    journal.append(Append { timers: vec![timer("t", 9)], once, ..Append::default() }).await.unwrap();
    journal.bind("discord", "INC-1", "thread", "42").await.unwrap();
}

pub(super) async fn what_was_written_is_there_after_reopening(open: Open, dir: &Path) {
    let opened = open(dir.to_owned()).await;
    furnish(&*opened.journal).await;
    let before = all_readings(&*opened.journal).await;
    let late = opened.journal.clone();
    (opened.close)().await;
    drop(opened.journal);
    assert!(matches!(late.append(Writing::new(9).declared()).await, Err(JournalError::Unavailable(_))));
    drop(late);
    let opened = open(dir.to_owned()).await;
    assert_eq!(all_readings(&*opened.journal).await, before);
    // And the chains go on where they ended.
    let (state, last) = opened.journal.load(inc(1)).await.unwrap().unwrap();
    let mut writing = Writing { last: Some((state.seq, last)), state: Some(state), id: inc(1) };
    opened.journal.append(writing.noted("after")).await.unwrap();
    let mut verifier = commandpost::incident::chain::Verifier::new(inc(1));
    for sealed in opened.journal.entries(inc(1), 1, 100).await.unwrap() {
        verifier.next(&sealed).unwrap();
    }
    opened.journal.probe().await.unwrap();
}

pub(super) async fn a_backup_is_a_whole_journal_and_overwrites_nothing(open: Open, dir: &Path) {
    let journal = open(dir.join("house")).await.journal;
    furnish(&*journal).await;
    let before = all_readings(&*journal).await;
    let copy = dir.join("copy");
    std::fs::create_dir(&copy).unwrap();
    let file = copy.join(commandpost::journal::sqlite::FILE);
    journal.backup(&file).await.unwrap();
    assert!(
        matches!(journal.backup(&file).await, Err(JournalError::Unavailable(why)) if why.contains("exists"))
    );
    journal.append(Writing::new(7).declared()).await.unwrap();
    let restored = open(copy).await;
    assert_eq!(all_readings(&*restored.journal).await, before);
}

pub(super) async fn rebuilding_makes_the_same_projections(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    furnish(&*journal).await;
    let before = all_readings(&*journal).await;
    assert_eq!(journal.rebuild().await.unwrap(), 3);
    assert_eq!(all_readings(&*journal).await, before);
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let first = SqliteJournal::open(dir.path()).await.unwrap();
    let refused = SqliteJournal::open(dir.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Locked { .. }));
    assert!(refused.to_string().contains("Another commandpost works on"));
    first.close().await;
    SqliteJournal::open(dir.path()).await.unwrap().close().await;
}

#[tokio::test]
async fn only_recent_whole_incidents_are_on_the_public_page() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).await.unwrap();
    furnish(&journal).await;
    let all = journal.public_posts(at(0)).await.unwrap();
    assert_eq!(all.len(), 6);
    let last = all.iter().map(|post| post.published_at).max().unwrap();
    // One recent post brings the earlier ones of its incident with it.
    assert_eq!(journal.public_posts(last).await.unwrap().len(), 6);
    assert_eq!(journal.public_posts(last + Duration::seconds(1)).await.unwrap(), []);
    let mut posts = Vec::new();
    for id in journal.recorded().await.unwrap() {
        let of_it = journal.public_posts_of(id).await.unwrap();
        assert!(of_it.iter().all(|post| post.incident == id));
        posts.extend(of_it);
    }
    assert_eq!(posts.len(), all.len());
    assert!(all.iter().all(|post| posts.contains(post)));
}

//! What every journal keeps, whatever engine is under it. [`suite`] is written against the port; an engine joins by
//! opening itself in a folder.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use chrono::Duration;
use commandpost::{
    alert::Alert,
    incident::{
        command::TimerKind,
        event::{Actor, Draft, Entry, Event, TimeSource},
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        severity::Severity,
        state::Incident,
    },
    journal::{
        AlertBatch, Append, Handle, Journal, JournalError, Mark, Once,
        rows::*,
        sqlite::{OpenError, SqliteJournal},
    },
    post::{self, Impact, PublicPhase},
};
use uuid::Uuid;

use crate::support::house::{alert, at, person, resolved};

type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An open journal, and how it is closed for good.
struct Opened {
    journal: Arc<dyn Journal>,
    close: Box<dyn FnOnce() -> Closing + Send>,
}

type Opening = Pin<Box<dyn Future<Output = Opened>>>;

/// Opens the journal kept in a folder, making it where there is none.
type Open = Arc<dyn Fn(PathBuf) -> Opening + Send + Sync>;

fn sqlite() -> Open {
    Arc::new(|dir| {
        Box::pin(async move {
            let journal = SqliteJournal::open(&dir).await.unwrap();
            let closing = journal.clone();
            Opened { journal: Arc::new(journal), close: Box::new(move || Box::pin(closing.close())) }
        })
    })
}

/// Each promise of the journal on a fresh one.
macro_rules! suite {
    ($engine:ident: $($promise:ident),* $(,)?) => {
        mod $engine {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let dir = tempfile::tempdir().unwrap();
                super::$promise(super::$engine(), dir.path()).await;
            })*
        }
    };
}

suite!(sqlite:
    an_append_holds_only_on_the_entry_it_was_decided_on,
    one_hundred_callers_with_one_key_get_one_answer,
    what_is_queued_first_is_written_first,
    a_repeated_alert_is_counted_and_not_told,
    alerts_gather_by_group_and_a_new_start_is_a_new_alert,
    what_fires_again_after_closing_opens_another_situation,
    what_ends_after_closing_opens_nothing,
    a_link_does_not_hide_what_moved_meanwhile,
    a_lane_is_in_order_and_lanes_do_not_wait_for_each_other,
    what_was_being_sent_at_a_crash_is_unknown,
    a_person_retries_or_drops_what_waits,
    of_cards_that_wait_one_is_enough,
    timers_are_due_in_order_and_done_once,
    a_timer_set_anew_is_not_done_with_the_old_one,
    bindings_are_found_from_both_ends,
    pruning_keeps_what_is_needed,
    a_backup_is_a_whole_journal_and_overwrites_nothing,
    a_long_incident_reads_the_same_from_its_snapshot_and_from_its_entries,
    rebuilding_makes_the_same_projections,
    what_was_written_is_there_after_reopening,
);

fn inc(number: u32) -> IncidentId {
    IncidentId::new(Kind::Real, number)
}

/// An incident as its desk would append it: state, last entry, and a count for ids.
struct Writing {
    state: Option<Incident>,
    id: IncidentId,
    last: Option<(u64, Uuid)>,
}

impl Writing {
    fn new(number: u32) -> Writing {
        Writing { state: None, id: inc(number), last: None }
    }

    fn next(&mut self, event: Event) -> Append {
        self.many(vec![event])
    }

    fn many(&mut self, events: Vec<Event>) -> Append {
        let after = self.last;
        let mut entries = Vec::new();
        for event in events {
            let seq = self.last.map_or(0, |(seq, _)| seq) + 1;
            let now = at(i64::try_from(seq).unwrap());
            let entry = Entry {
                incident: self.id,
                seq,
                id: Uuid::from_u128(u128::from(self.id.number) << 64 | u128::from(seq)),
                occurred_at: now,
                time_source: TimeSource::House,
                recorded_at: now,
                actor: Actor { person: person("Ada"), role: None, via: "test".into() },
                event,
            };
            match &mut self.state {
                None => self.state = Incident::open(&entry),
                Some(state) => state.apply(&entry),
            }
            self.last = Some((seq, entry.id));
            entries.push(entry);
        }
        let state = self.state.as_ref().unwrap();
        Append {
            incident: Some(self.id),
            after,
            row: Some(IncidentRow::of(state)),
            posts: PublicPostRow::of(state, &entries),
            salts: entries.iter().map(|entry| format!("{:032x}", entry.seq)).collect(),
            entries,
            ..Append::default()
        }
    }

    fn declared(&mut self) -> Append {
        self.next(Event::Declared {
            title: "Payments fail".into(),
            kind: Kind::Real,
            severity: Severity::Sev2,
            triage: false,
            drill_clock: None,
        })
    }

    fn noted(&mut self, text: impl Into<String>) -> Append {
        self.next(Event::Noted { text: text.into() })
    }

    /// A public update, from draft to publication.
    fn published(&mut self, n: u32) -> Append {
        let draft = Draft {
            title: "Payments fail".into(),
            phase: PublicPhase::Investigating,
            impact: Impact::Major,
            text: format!("Update {n}"),
            components: vec![],
            next_update_minutes: None,
            corrects: None,
            texts: Default::default(),
        };
        let basis = post::basis(self.state.as_ref().unwrap(), &draft);
        self.many(vec![
            Event::UpdateDrafted { n, draft },
            Event::UpdateApproved { n, basis, expires_at: at(100_000), alone: None },
            Event::UpdatePublished {
                n,
                approved_at: at(1),
                next_update_at: None,
                destinations: vec!["page".into()],
            },
        ])
    }
}

async fn texts(journal: &dyn Journal, id: IncidentId) -> Vec<String> {
    let sealed = journal.entries(id, 1, 10_000).await.unwrap();
    sealed
        .iter()
        .filter_map(|sealed| match serde_json::from_str::<Entry>(&sealed.body).unwrap().event {
            Event::Noted { text } => Some(text),
            _ => None,
        })
        .collect()
}

async fn an_append_holds_only_on_the_entry_it_was_decided_on(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let mut writing = Writing::new(1);
    let declared = writing.declared();
    journal.append(declared.clone()).await.unwrap();
    assert_eq!(journal.append(declared).await, Err(JournalError::Conflict), "opened twice");
    let mut first = writing.noted("first");
    let mut other = first.clone();
    other.entries[0].id = Uuid::from_u128(99);
    journal.append(first.clone()).await.unwrap();
    assert_eq!(
        journal.append(other).await,
        Err(JournalError::Conflict),
        "the same number, decided beside it"
    );
    // The right number after another entry than the one that is there.
    first = writing.noted("second");
    first.after = Some((2, Uuid::from_u128(99)));
    assert_eq!(journal.append(first).await, Err(JournalError::Conflict));
    // What goes along with a refused append is not written either.
    let refused = Append {
        incident: Some(inc(1)),
        after: Some((1, Uuid::from_u128(1))),
        timers: vec![timer("INC-1/t", 5)],
        ..Append::default()
    };
    assert_eq!(journal.append(refused).await, Err(JournalError::Conflict));
    assert_eq!(journal.next_timer_at().await.unwrap(), None);
    assert_eq!(texts(&*journal, inc(1)).await, ["first"]);
    assert_eq!(journal.last_number(Kind::Real).await.unwrap(), 1);
    assert_eq!(journal.load(inc(2)).await.unwrap(), None);
}

async fn one_hundred_callers_with_one_key_get_one_answer(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let mut callers = Vec::new();
    for number in 1..=100 {
        let journal = journal.clone();
        callers.push(tokio::spawn(async move {
            let once = Once { key: "k".into(), asked: "a".into(), answer: number.to_string(), at: at(0) };
            // Twice in one commit is a conflict first: asked again, it has been answered.
            loop {
                let append = Append { once: Some(once.clone()), ..Writing::new(number).declared() };
                match journal.append(append).await {
                    Err(JournalError::Conflict) => {}
                    Ok(()) => return (true, number.to_string()),
                    Err(JournalError::AnsweredBefore { answer, .. }) => return (false, answer),
                    Err(error) => panic!("{error}"),
                }
            }
        }));
    }
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|(first, _)| *first).count(), 1);
    assert!(answers.iter().all(|(_, answer)| *answer == answers[0].1));
    let rows = journal.incidents(IncidentFilter::all(1_000)).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(journal.answered("k").await.unwrap(), Some(("a".into(), answers[0].1.clone())));
    assert_eq!(journal.answered("other").await.unwrap(), None);
}

async fn what_is_queued_first_is_written_first(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let mut waiting = Vec::new();
    let mut streams = [Writing::new(1), Writing::new(2), Writing::new(3)];
    for stream in &mut streams {
        waiting.push(journal.append(stream.declared()));
    }
    for n in 0..400 {
        for stream in &mut streams {
            waiting.push(journal.append(stream.noted(n.to_string())));
        }
    }
    // Answered in any order; written in the order in which they were given.
    waiting.reverse();
    for written in waiting {
        written.await.unwrap();
    }
    let expected: Vec<String> = (0..400).map(|n| n.to_string()).collect();
    for number in 1..=3 {
        assert_eq!(texts(&*journal, inc(number)).await, expected);
    }
}

async fn take(journal: &dyn Journal, alerts: &[Alert], second: i64) -> commandpost::journal::AlertReceipt {
    let batch = AlertBatch { alerts: alerts.to_vec(), receipt: Uuid::from_u128(7), now: at(second) };
    journal.take_alerts(batch).await.unwrap()
}

async fn one(journal: &dyn Journal, id: i64) -> SituationRow {
    journal.situations(SituationFilter::One(id)).await.unwrap().remove(0)
}

async fn untold(journal: &dyn Journal) -> Vec<i64> {
    let rows = journal.situations(SituationFilter::Untold { limit: 100 }).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

async fn mark(journal: &dyn Journal, marks: Vec<Mark>) {
    journal.append(Append { marks, ..Append::default() }).await.unwrap();
}

async fn tell(journal: &dyn Journal, id: i64) {
    let revision = one(journal, id).await.revision;
    mark(journal, vec![Mark::SituationTold { id, revision }]).await;
}

async fn a_repeated_alert_is_counted_and_not_told(open: Open, dir: &Path) {
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

async fn alerts_gather_by_group_and_a_new_start_is_a_new_alert(open: Open, dir: &Path) {
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

async fn what_fires_again_after_closing_opens_another_situation(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let db1 = alert("g", "db1");
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

async fn what_ends_after_closing_opens_nothing(open: Open, dir: &Path) {
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

async fn a_link_does_not_hide_what_moved_meanwhile(open: Open, dir: &Path) {
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

fn delivery(lane: &str, key: &str, same: Option<&str>) -> NewDelivery {
    NewDelivery {
        key: key.into(),
        destination: "chat".into(),
        lane: lane.into(),
        incident: Some(inc(1)),
        what: What::Card,
        same: same.map(str::to_owned),
        at: at(0),
    }
}

async fn queue(journal: &dyn Journal, deliveries: Vec<NewDelivery>) {
    journal.append(Append { deliveries, ..Append::default() }).await.unwrap();
}

fn settlement(delivery: &Delivery, state: DeliveryState, next: i64) -> Settlement {
    Settlement {
        n: delivery.n,
        state,
        attempts: delivery.attempts + 1,
        next_at: at(next),
        external_id: (state == DeliveryState::Sent).then(|| format!("x{}", delivery.n)),
        url: None,
        error: (state != DeliveryState::Sent).then(|| "no".to_owned()),
        now: at(next),
    }
}

async fn claim(journal: &dyn Journal, second: i64) -> Vec<Delivery> {
    journal.claim("chat", at(second), 10).await.unwrap()
}

fn keys(claimed: &[Delivery]) -> Vec<&str> {
    claimed.iter().map(|delivery| delivery.key.as_str()).collect()
}

async fn a_lane_is_in_order_and_lanes_do_not_wait_for_each_other(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    queue(
        &*journal,
        vec![
            delivery("a", "a1", None),
            delivery("a", "a2", None),
            delivery("b", "b1", None),
            delivery("b", "b2", None),
        ],
    )
    .await;
    assert_eq!(journal.claim("other", at(0), 10).await.unwrap(), []);
    assert_eq!(claim(&*journal, -1).await, [], "not due");
    let claimed = claim(&*journal, 0).await;
    assert_eq!(keys(&claimed), ["a1", "b1"]);
    assert_eq!(claimed[0].state, DeliveryState::Pending, "as it was before");
    assert_eq!(claim(&*journal, 0).await, [], "leased");
    // b goes on while a waits for its next attempt, and a's second waits behind its first.
    journal.settle(settlement(&claimed[1], DeliveryState::Sent, 0)).await.unwrap();
    journal.settle(settlement(&claimed[0], DeliveryState::Pending, 60)).await.unwrap();
    assert_eq!(keys(&claim(&*journal, 0).await), ["b2"]);
    assert_eq!(journal.next_delivery_at("chat").await.unwrap(), Some(at(60)), "a2 is due but waits its turn");
    let again = claim(&*journal, 60).await;
    assert_eq!((keys(&again), again[0].attempts), (vec!["a1"], 1));
    // Unknown goes before its lane, and is known as unknown when it comes back.
    journal.settle(settlement(&again[0], DeliveryState::Unknown, 90)).await.unwrap();
    assert_eq!(claim(&*journal, 89).await, []);
    let unknown = claim(&*journal, 90).await;
    assert_eq!((keys(&unknown), unknown[0].state), (vec!["a1"], DeliveryState::Unknown));
    // What has failed for good is out of the way.
    journal.settle(settlement(&unknown[0], DeliveryState::Failed, 90)).await.unwrap();
    assert_eq!(keys(&claim(&*journal, 90).await), ["a2"]);
    let sent = journal.deliveries(DeliveryFilter::One(claimed[1].n)).await.unwrap().remove(0);
    assert_eq!((sent.state, sent.external_id.as_deref()), (DeliveryState::Sent, Some("x3")));
    assert!(sent.settled_at.is_some());
    // A limit is a limit.
    queue(&*journal, (0..20).map(|n| delivery(&format!("l{n}"), "k", None)).collect()).await;
    assert_eq!(journal.claim("chat", at(100), 7).await.unwrap().len(), 7);
}

async fn what_was_being_sent_at_a_crash_is_unknown(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    queue(&*journal, vec![delivery("a", "a1", Some("card")), delivery("b", "b1", None)]).await;
    claim(&*journal, 0).await;
    queue(&*journal, vec![delivery("a", "a2", Some("card"))]).await;
    assert_eq!(journal.orphans_to_unknown().await.unwrap(), 2);
    assert_eq!(journal.orphans_to_unknown().await.unwrap(), 0);
    let claimed = claim(&*journal, 0).await;
    assert_eq!(keys(&claimed), ["a1", "b1"]);
    assert!(claimed.iter().all(|delivery| delivery.state == DeliveryState::Unknown));
}

async fn a_person_retries_or_drops_what_waits(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    queue(&*journal, vec![delivery("a", "a1", None), delivery("b", "b1", None), delivery("c", "c1", None)])
        .await;
    let claimed = claim(&*journal, 0).await;
    let drop_it = || Handle::Drop { reason: "dropped by Ada: old".into() };
    for how in [Handle::Retry, drop_it()] {
        assert!(!journal.handle(claimed[0].n, how, at(0)).await.unwrap(), "it is being sent right now");
    }
    assert!(!journal.handle(99, Handle::Retry, at(0)).await.unwrap());
    journal.settle(settlement(&claimed[0], DeliveryState::Failed, 0)).await.unwrap();
    journal.settle(settlement(&claimed[1], DeliveryState::Unknown, 500)).await.unwrap();
    journal.settle(settlement(&claimed[2], DeliveryState::Pending, 500)).await.unwrap();
    assert!(journal.handle(claimed[0].n, Handle::Retry, at(1)).await.unwrap());
    assert!(journal.handle(claimed[1].n, Handle::Retry, at(1)).await.unwrap());
    let again = claim(&*journal, 1).await;
    assert_eq!(
        again.iter().map(|d| d.state).collect::<Vec<_>>(),
        [DeliveryState::Pending, DeliveryState::Unknown],
        "an unknown one is looked up, not sent again"
    );
    assert!(journal.handle(claimed[2].n, drop_it(), at(1)).await.unwrap());
    assert!(!journal.handle(claimed[2].n, Handle::Retry, at(1)).await.unwrap(), "dropped is dropped");
    journal.settle(settlement(&claimed[2], DeliveryState::Sent, 2)).await.unwrap();
    let row = journal.deliveries(DeliveryFilter::One(claimed[2].n)).await.unwrap().remove(0);
    assert_eq!((row.state, row.error.as_deref()), (DeliveryState::Dropped, Some("dropped by Ada: old")));
}

async fn of_cards_that_wait_one_is_enough(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    for n in 0..5 {
        queue(
            &*journal,
            vec![delivery("a", &format!("card{n}"), Some("card")), delivery("a", &format!("say{n}"), None)],
        )
        .await;
    }
    let open = journal.deliveries(DeliveryFilter::Open).await.unwrap();
    assert_eq!(keys(&open), ["card0", "say0", "say1", "say2", "say3", "say4"]);
    // Once it is on its way, what changes then wants another.
    let claimed = claim(&*journal, 0).await;
    queue(&*journal, vec![delivery("a", "card5", Some("card"))]).await;
    journal.settle(settlement(&claimed[0], DeliveryState::Pending, 0)).await.unwrap();
    assert_eq!(journal.deliveries(DeliveryFilter::Open).await.unwrap().len(), 7);
}

fn timer(id: &str, second: i64) -> TimerRow {
    TimerRow { id: id.into(), incident: inc(1), kind: TimerKind::FirstUpdateDue, due_at: at(second) }
}

async fn timers_are_due_in_order_and_done_once(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let timers = vec![timer("late", 20), timer("soon", 10), timer("far", 30)];
    journal.append(Append { timers, ..Append::default() }).await.unwrap();
    assert_eq!(journal.next_timer_at().await.unwrap(), Some(at(10)));
    let due = journal.timers_due(at(20), 10).await.unwrap();
    assert_eq!(due, [timer("soon", 10), timer("late", 20)]);
    assert_eq!(journal.timers_due(at(20), 1).await.unwrap().len(), 1);
    mark(&*journal, vec![Mark::TimerDone { id: "soon".into(), due_at: at(10) }]).await;
    assert_eq!(journal.timers_due(at(25), 10).await.unwrap(), [timer("late", 20)]);
    // The same name again moves it.
    journal.append(Append { timers: vec![timer("late", 40)], ..Append::default() }).await.unwrap();
    assert_eq!(journal.next_timer_at().await.unwrap(), Some(at(30)));
    assert_eq!(journal.counts().await.unwrap().timers, 2);
}

async fn a_timer_set_anew_is_not_done_with_the_old_one(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    journal.append(Append { timers: vec![timer("task/1", 10)], ..Append::default() }).await.unwrap();
    // It is found due; before it is marked, somebody extends the task.
    journal.append(Append { timers: vec![timer("task/1", 50)], ..Append::default() }).await.unwrap();
    mark(&*journal, vec![Mark::TimerDone { id: "task/1".into(), due_at: at(10) }]).await;
    assert_eq!(journal.next_timer_at().await.unwrap(), Some(at(50)));
}

async fn bindings_are_found_from_both_ends(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    journal.bind("discord", "INC-1", "thread", "42").await.unwrap();
    journal.bind("discord", "INC-1", "card", "43").await.unwrap();
    journal.bind("slack", "INC-1", "thread", "44").await.unwrap();
    journal.bind("discord", "INC-1", "card", "45").await.unwrap();
    let mut bound = journal.bound("discord", "INC-1").await.unwrap();
    bound.sort();
    assert_eq!(bound, [("card".into(), "45".into()), ("thread".into(), "42".into())]);
    assert_eq!(journal.bound_to("discord", "thread", "42").await.unwrap().as_deref(), Some("INC-1"));
    for (destination, name, value) in [("slack", "thread", "42"), ("discord", "card", "43")] {
        assert_eq!(journal.bound_to(destination, name, value).await.unwrap(), None);
    }
}

async fn pruning_keeps_what_is_needed(open: Open, dir: &Path) {
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
async fn all_readings(journal: &dyn Journal) -> String {
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

/// A journal with something of everything in it.
async fn furnish(journal: &dyn Journal) {
    for number in 1..=3 {
        let mut writing = Writing::new(number);
        journal.append(writing.declared()).await.unwrap();
        journal.append(writing.noted(format!("note {number}"))).await.unwrap();
        journal.append(writing.published(1)).await.unwrap();
        journal.append(writing.published(2)).await.unwrap();
        if number == 2 {
            let linked = Event::AlertsLinked {
                situation: 1,
                title: "Disk full".into(),
                source: "alertmanager".into(),
                firing: 1,
                total: 1,
                alerts: vec![],
            };
            take(journal, &[alert("g", "db1")], 0).await;
            let mut append = writing.next(linked);
            append.marks.push(Mark::SituationLinked { id: 1, incident: inc(2) });
            journal.append(append).await.unwrap();
        }
    }
    queue(journal, vec![delivery("a", "a1", None)]).await;
    let once = Some(Once { key: "k".into(), asked: "a".into(), answer: "b".into(), at: at(0) });
    journal.append(Append { timers: vec![timer("t", 9)], once, ..Append::default() }).await.unwrap();
    journal.bind("discord", "INC-1", "thread", "42").await.unwrap();
}

async fn what_was_written_is_there_after_reopening(open: Open, dir: &Path) {
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

async fn a_backup_is_a_whole_journal_and_overwrites_nothing(open: Open, dir: &Path) {
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

async fn a_long_incident_reads_the_same_from_its_snapshot_and_from_its_entries(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let mut writing = Writing::new(1);
    let mut waiting = vec![journal.append(writing.declared())];
    for n in 2..=1_200 {
        let mut append = match n % 40 {
            0 => writing.next(Event::ObjectiveSet { n, text: format!("objective {n}") }),
            _ => writing.noted(format!("note {n}")),
        };
        if n % 500 == 0 {
            append.snapshot = Some(serde_json::to_string(writing.state.as_ref().unwrap()).unwrap());
        }
        waiting.push(journal.append(append));
    }
    for written in waiting {
        written.await.unwrap();
    }
    let from_snapshot = journal.load(inc(1)).await.unwrap();
    assert_eq!(from_snapshot, writing.state.zip(writing.last.map(|(_, id)| id)));
    // Rebuilding throws the snapshots away: what is read now comes from the entries alone.
    journal.rebuild().await.unwrap();
    assert_eq!(journal.load(inc(1)).await.unwrap(), from_snapshot);
    assert_eq!(journal.entries(inc(1), 1_191, 100).await.unwrap().len(), 10);
    assert_eq!(journal.entries(inc(1), 1, 3).await.unwrap().len(), 3);
    assert_eq!(journal.changing_entries(inc(1)).await.unwrap(), []);
}

async fn rebuilding_makes_the_same_projections(open: Open, dir: &Path) {
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
}

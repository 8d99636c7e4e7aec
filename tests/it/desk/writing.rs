//! Commands by many at once, over a journal that fails at times.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use commandpost::{
    desk::{Along, Settings},
    incident::{command::Command, event::Entry, kind::Kind, refusal::Because},
    journal::rows::IncidentFilter,
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tokio::sync::Notify;

use crate::support::{
    faulty::Fault,
    house::{House, caller, declare, note},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_people_write_at_once_and_everything_stands_in_order() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let mut people = Vec::new();
    for p in 0..50 {
        let desk = house.desk.clone();
        people.push(tokio::spawn(async move {
            let mut answered = Vec::new();
            for n in 0..10 {
                let said =
                    desk.submit(caller(&format!("P{p}")), id, note(format!("{p} {n}")), Along::default());
                answered.push(said.await.unwrap().seq.unwrap());
            }
            answered
        }));
    }
    let mut seqs = BTreeSet::new();
    for person in people {
        let answered = person.await.unwrap();
        assert!(answered.is_sorted(), "each person's words stand in the order they were said");
        seqs.extend(answered);
    }
    assert_eq!(seqs, (3..=502).collect());
    house.sound(id).await;
    let entries = house.desk.sealed(id).await.unwrap();
    let mut next: HashMap<String, u32> = HashMap::new();
    for sealed in entries.iter().skip(2) {
        let entry: Entry = serde_json::from_str(&sealed.body).unwrap();
        let commandpost::incident::event::Event::Noted { text, .. } = entry.event else {
            panic!("{entry:?}")
        };
        let (person, n) = text.split_once(' ').unwrap();
        let expected = next.entry(person.to_owned()).or_default();
        assert_eq!(n.parse::<u32>().unwrap(), *expected);
        *expected += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_fails_takes_nothing_else_with_it_and_leaves_nothing_behind() {
    let (house, journal) = House::faulty(Settings::default()).await;
    let id = house.incident().await;
    for after in [3, 4, 11, 30, 55] {
        journal.fail(after, Fault::unavailable());
    }
    for after in [7, 8, 20, 40, 41, 42] {
        journal.fail(after, Fault::conflict());
    }
    let people: Vec<_> = (0..60)
        .map(|n| {
            let desk = house.desk.clone();
            let said = format!("note {n}");
            tokio::spawn(async move {
                (said.clone(), desk.submit(caller("Bo"), id, note(said), Along::default()).await)
            })
        })
        .collect();
    let (mut kept, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for person in people {
        match person.await.unwrap() {
            (said, Ok(_)) => kept.insert(said),
            (said, Err(refusal)) => {
                assert_eq!(refusal.because, Because::Unavailable, "{refusal}");
                refused.insert(said)
            }
        };
    }
    assert_eq!(refused.len(), 5, "a conflict is decided again, a broken disk is said");
    house.sound(id).await;
    let written: BTreeSet<String> =
        house.texts(id).await.into_iter().filter(|t| t.starts_with("note")).collect();
    assert_eq!(written, kept);
    house.say("Bo", id, note("and on it goes")).await;
    let state = house.desk.incident(id).await.unwrap();
    assert_eq!(state.notes as usize, kept.len() + 1);
}

#[tokio::test]
async fn a_command_whose_commit_was_not_seen_to_succeed_stands_once() {
    let (house, journal) = House::faulty(Settings::default()).await;
    journal.fail(0, Fault::written());
    let id = house.incident().await;
    journal.fail(0, Fault::written());
    let noted = house.say("Bo", id, note("said once")).await;
    house.say("Bo", id, note("and then this")).await;
    assert_eq!(house.desk.list(IncidentFilter::all(10)).await.unwrap().len(), 1);
    assert_eq!(noted.seq, Some(3));
    assert_eq!(house.names(id).await, ["incident.declared", "command.established", "note", "note"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_shown_or_refused_by_what_is_not_written_yet() {
    let (house, journal) = House::faulty(Settings::default()).await;
    let id = house.incident().await;
    let until = Arc::new(Notify::new());
    journal.fail(0, Fault { until: Some(until.clone()), ..Fault::unavailable() });
    let before = journal.appends();
    let ask = |who: &'static str, command: Command| {
        let desk = house.desk.clone();
        tokio::spawn(async move { desk.submit(caller(who), id, command, Along::default()).await })
    };
    // Bo takes command, and the disk does not answer yet.
    let taking = ask("Bo", Command::TakeCommand { force: true, reason: "Ada is gone".into() });
    while journal.appends() == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let status = ask("Cy", Command::Status);
    // In what may never be, Ada has lost command and would be refused.
    let lowered = Command::Severity {
        to: commandpost::incident::severity::Severity::Sev4,
        reason: "half as bad".into(),
    };
    let lowering = ask("Ada", lowered);
    let desk = house.desk.clone();
    let reading = tokio::spawn(async move { desk.incident(id).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!status.is_finished() && !lowering.is_finished() && !reading.is_finished());
    until.notify_one();
    assert_eq!(taking.await.unwrap().unwrap_err().because, Because::Unavailable);
    let status = status.await.unwrap().unwrap().text;
    assert!(status.contains("Ada") && !status.contains("Bo"), "{status}");
    assert_eq!(reading.await.unwrap().unwrap().commander.name, "Ada");
    lowering.await.unwrap().unwrap();
    assert_eq!(
        house.names(id).await,
        ["incident.declared", "command.established", "incident.severity_changed"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_hangs_up_loses_nothing_and_stops_nobody() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    for n in 0..40 {
        let said = house.desk.submit(caller("Bo"), id, note(format!("hung up {n}")), Along::default());
        // Asked once, then dropped.
        drop(tokio::time::timeout(Duration::ZERO, said).await);
    }
    house.say("Cy", id, note("still here")).await;
    let written = async || house.texts(id).await.iter().filter(|text| text.contains("hung up")).count();
    for _ in 0..12_000 {
        if written().await == 40 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(written().await, 40);
    house.sound(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_request_many_times_at_once_is_done_once_and_answered_alike() {
    let house = House::open(Settings::default()).await;
    let once = |key: &str| Along { once: Some(key.into()), ..Along::default() };
    let declares: Vec<_> = (0..20)
        .map(|_| {
            let (desk, along) = (house.desk.clone(), once("declare"));
            tokio::spawn(async move {
                desk.declare(caller("Ada"), declare("Payments fail", Kind::Real), along).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for declare in declares {
        answers.push(declare.await.unwrap().unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(house.desk.list(IncidentFilter::all(100)).await.unwrap().len(), 1);
    let id = answers[0].incident.unwrap();
    // Said a second time, this would be refused: Bo has command already.
    let takes: Vec<_> = (0..100)
        .map(|_| {
            let (desk, along) = (house.desk.clone(), once("take"));
            let take = Command::TakeCommand { force: true, reason: "Ada is gone".into() };
            tokio::spawn(async move { desk.submit(caller("Bo"), id, take, along).await })
        })
        .collect();
    let mut answers = BTreeSet::new();
    for take in takes {
        answers.insert(take.await.unwrap().unwrap().text);
    }
    assert_eq!(answers.len(), 1);
    assert_eq!(house.names(id).await, ["incident.declared", "command.established", "command.transferred"]);
    // Another request under the same key is somebody's mistake.
    let other = house.desk.submit(caller("Bo"), id, note("x"), once("take")).await.unwrap_err();
    assert_eq!(other.because, Because::Invalid);
    // After a restart it is still known.
    let house = house.restarted();
    let take = Command::TakeCommand { force: true, reason: "Ada is gone".into() };
    let again = house.desk.submit(caller("Bo"), id, take, once("take")).await.unwrap();
    assert_eq!(Some(&again.text), answers.first());
}

#[tokio::test]
async fn one_person_s_declarations_are_refused_for_a_minute_when_nobody_types_as_fast() {
    let settings = Settings { declares_per_minute_max: 3, ..Settings::default() };
    let house = House::open(settings).await;
    for _ in 0..30 {
        house.incident().await;
    }
    let refused = house.desk.declare(caller("Ada"), declare("One more", Kind::Real), Along::default()).await;
    assert_eq!(refused.unwrap_err().because, Because::Limit);
    let other = house.desk.declare(caller("Bo"), declare("Another's", Kind::Real), Along::default()).await;
    assert_eq!(other.unwrap().incident.unwrap().number, 31, "numbers have no gap");
    house.world.later(chrono::Duration::minutes(1));
    assert_eq!(house.incident().await.number, 32);
    assert_eq!(house.declared(Kind::Test).await.to_string(), "TEST-1");
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_not_there() {
    let house = House::open(Settings::default()).await;
    let id = "INC-9".parse().unwrap();
    assert_eq!(house.try_say("Ada", id, note("x")).await.unwrap_err().because, Because::NotFound);
    assert_eq!(house.desk.incident(id).await.unwrap_err().because, Because::NotFound);
    assert_eq!(house.desk.verify(id).await.unwrap_err().because, Because::NotFound);
}

#[tokio::test]
async fn a_stored_state_that_is_not_what_the_timeline_makes_of_it_is_found() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    for n in 0..500 {
        house.say(&format!("P{}", n % 50), id, note(format!("line {n}"))).await;
    }
    house.sound(id).await;
    let title = house.desk.incident(id).await.unwrap().title;
    let file = house.dir().join("commandpost.db");
    let mut conn = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let changed = sqlx::query("UPDATE snapshots SET state = replace(state, $1, 'nothing happened')")
        .bind(&title)
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    sqlx::Connection::close(conn).await.unwrap();
    let problems = house.desk.verify(id).await.unwrap().problems;
    let said = format!("{id}: its stored state is not what the timeline makes of it.");
    assert!(problems.iter().any(|problem| problem.starts_with(&said)), "{problems:?}");
    house.journal.rebuild().await.unwrap();
    house.sound(id).await;
}

#[tokio::test]
async fn a_timeline_read_from_the_middle_keeps_what_was_redacted_hidden() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let noted = house.say("Bo", id, note("Mrs Smith called")).await.seq.unwrap();
    let correct = Command::Correct {
        target: noted,
        text: "Mrs Smith wrote".into(),
        at: None,
        reason: String::new(),
        follows: false,
    };
    house.say("Bo", id, correct).await;
    house.say("Bo", id, Command::Redact { target: noted, reason: "a name".into() }).await;
    for from in 1..=noted + 2 {
        let lines = house.desk.timeline(id, from).await.unwrap();
        assert!(lines.iter().all(|line| !format!("{line:?}").contains("Smith")), "from {from}: {lines:#?}");
    }
}

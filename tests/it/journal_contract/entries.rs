//! Entries: appended once, in order, on what they were decided on.

use std::path::Path;

use commandpost::{
    incident::{event::Event, kind::Kind},
    journal::{Append, JournalError, Once, rows::*},
};
use uuid::Uuid;

use super::{Open, Writing, inc, texts, timers::timer};
use crate::support::house::at;

pub(super) async fn an_append_holds_only_on_the_entry_it_was_decided_on(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let mut writing = Writing::new(1);
    let declared = writing.declared();
    journal.append(declared.clone()).await.unwrap();
    assert_eq!(
        journal.append(declared.clone()).await,
        Ok(()),
        "it stands already: a commit that was not seen"
    );
    let mut another = declared;
    another.entries[0].id = Uuid::from_u128(98);
    assert_eq!(journal.append(another).await, Err(JournalError::Conflict), "opened twice");
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

pub(super) async fn one_hundred_callers_with_one_key_get_one_answer(open: Open, dir: &Path) {
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

pub(super) async fn what_is_queued_first_is_written_first(open: Open, dir: &Path) {
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

pub(super) async fn a_long_incident_reads_the_same_from_its_snapshot_and_from_its_entries(
    open: Open,
    dir: &Path,
) {
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

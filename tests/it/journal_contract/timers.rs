//! Timers and bindings.

use std::path::Path;

use commandpost::{
    incident::command::TimerKind,
    journal::{Append, Mark, rows::*},
};

use super::{Open, alerts::mark, inc};
use crate::support::house::at;

pub(super) fn timer(id: &str, second: i64) -> TimerRow {
    TimerRow { id: id.into(), incident: inc(1), kind: TimerKind::FirstUpdateDue, due_at: at(second) }
}

pub(super) async fn timers_are_due_in_order_and_done_once(open: Open, dir: &Path) {
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

pub(super) async fn a_timer_set_anew_is_not_done_with_the_old_one(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    journal.append(Append { timers: vec![timer("task/1", 10)], ..Append::default() }).await.unwrap();
    // It is found due; before it is marked, somebody extends the task.
    journal.append(Append { timers: vec![timer("task/1", 50)], ..Append::default() }).await.unwrap();
    mark(&*journal, vec![Mark::TimerDone { id: "task/1".into(), due_at: at(10) }]).await;
    assert_eq!(journal.next_timer_at().await.unwrap(), Some(at(50)));
}

pub(super) async fn a_timer_that_is_set_anew_as_it_goes_off_stays_at_whatever_moment(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    journal.append(Append { timers: vec![timer("roles", 10)], ..Append::default() }).await.unwrap();
    for second in [10, 20] {
        let marks = vec![Mark::TimerDone { id: "roles".into(), due_at: at(10) }];
        let timers = vec![timer("roles", second)];
        journal.append(Append { timers, marks, ..Append::default() }).await.unwrap();
        assert_eq!(journal.next_timer_at().await.unwrap(), Some(at(second)));
    }
}

pub(super) async fn a_timer_set_anew_is_not_put_off_with_the_old_one(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    let put_off = |until| Mark::TimerPutOff { id: "silence".into(), due_at: at(10), until: at(until) };
    journal.append(Append { timers: vec![timer("silence", 10)], ..Append::default() }).await.unwrap();
    mark(&*journal, vec![put_off(20)]).await;
    assert_eq!(journal.next_timer_at().await.unwrap(), Some(at(20)));
    // It was found due at 10; before it is put off a second time, somebody writes, and it is set anew.
    journal.append(Append { timers: vec![timer("silence", 50)], ..Append::default() }).await.unwrap();
    mark(&*journal, vec![put_off(30)]).await;
    assert_eq!(journal.next_timer_at().await.unwrap(), Some(at(50)));
    // What is gone does not come back.
    mark(&*journal, vec![Mark::TimerDone { id: "silence".into(), due_at: at(50) }, put_off(30)]).await;
    assert_eq!(journal.next_timer_at().await.unwrap(), None);
}

pub(super) async fn bindings_are_found_from_both_ends(open: Open, dir: &Path) {
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

//! Objectives, tasks and reports.

use super::*;
use crate::incident::{command::TimerKind, state::TaskState};

fn task(owner: Option<&str>, text: &str, minutes: Option<u32>) -> Command {
    Command::AssignTask { owner: owner.map(who), text: text.into(), minutes }
}

#[test]
fn a_task_has_an_owner_who_answers_for_it() {
    let mut stage = Stage::new();
    assert_eq!(stage.no("Bo", task(Some("Cy"), "Look", None)), Because::Forbidden);
    stage.ok("Bo", task(None, "Look at the logs", None));
    stage.ok("Ada", task(Some("Cy"), "Roll back", Some(10)));
    stage.no("Ada", task(None, "", None));
    stage.no("Ada", task(None, "x", Some(0)));
    stage.no("Ada", task(None, "x", Some(7 * 24 * 60 + 1)));
    assert_eq!(stage.no("Bo", Command::UnderstandTask { n: 2 }), Because::Forbidden);
    assert_eq!(stage.no("Bo", Command::ReportTask { n: 2, result: "x".into() }), Because::Forbidden);
    assert_eq!(stage.no("Bo", Command::CancelTask { n: 2, reason: "x".into() }), Because::Forbidden);
    stage.ok("Cy", Command::UnderstandTask { n: 2 });
    stage.no("Cy", Command::UnderstandTask { n: 2 });
    stage.no("Cy", Command::ReportTask { n: 2, result: " ".into() });
    stage.ok("Cy", Command::ReportTask { n: 2, result: "rolled back".into() });
    stage.no("Cy", Command::ReportTask { n: 2, result: "again".into() });
    stage.no("Cy", Command::ExtendTask { n: 2, minutes: 5 });
    stage.no("Ada", Command::CancelTask { n: 1, reason: String::new() });
    stage.ok("Ada", Command::CancelTask { n: 1, reason: "not needed".into() });
    stage.no("Ada", Command::CancelTask { n: 3, reason: "x".into() });
    stage.aloud("tasks");
}

#[test]
fn an_overdue_task_is_said_once_for_each_time_box() {
    let mut stage = Stage::new();
    stage.ok("Bo", task(None, "Look", Some(10)));
    let due_at = stage.incident.task(1).unwrap().due_at.unwrap();
    let due = |due_at| Command::Timer(TimerKind::TaskDue { n: 1, due_at });
    assert_eq!(stage.ok(HOUSE, due(due_at)), [], "not yet");
    stage.later(10);
    assert_eq!(stage.ok(HOUSE, due(due_at)), [Event::TaskOverdue { n: 1 }]);
    assert_eq!(stage.ok(HOUSE, due(due_at)), []);
    assert_eq!(stage.incident.task(1).unwrap().state, TaskState::Overdue);
    stage.no("Bo", Command::ExtendTask { n: 1, minutes: 0 });
    stage.ok("Bo", Command::ExtendTask { n: 1, minutes: 5 });
    let next = stage.incident.task(1).unwrap().due_at.unwrap();
    stage.later(5);
    assert_eq!(stage.ok(HOUSE, due(due_at)), [], "the old time box does not count");
    assert_eq!(stage.ok(HOUSE, due(next)), [Event::TaskOverdue { n: 1 }]);
    stage.ok("Bo", Command::ReportTask { n: 1, result: "seen".into() });
    assert_eq!(stage.ok(HOUSE, due(next)), []);
    stage.aloud("overdue");
}

#[test]
fn an_overdue_task_that_is_acknowledged_is_overdue_still_until_it_has_a_new_time() {
    let mut stage = Stage::new();
    stage.ok("Bo", task(None, "Look", Some(10)));
    let due_at = stage.incident.task(1).unwrap().due_at.unwrap();
    stage.later(10);
    stage.ok(HOUSE, Command::Timer(TimerKind::TaskDue { n: 1, due_at }));
    let told = stage.ask("Bo", &Command::UnderstandTask { n: 1 }).unwrap().reply;
    assert!(told.contains("overdue still"), "{told}");
    stage.ok("Bo", Command::UnderstandTask { n: 1 });
    assert_eq!(stage.incident.task(1).unwrap().state, TaskState::Overdue);
    stage.ok("Bo", Command::ExtendTask { n: 1, minutes: 5 });
    assert_eq!(stage.incident.task(1).unwrap().state, TaskState::Understood);
}

#[test]
fn objectives_are_settled_once() {
    let mut stage = Stage::new();
    assert_eq!(stage.no("Bo", Command::SetObjective { text: "x".into() }), Because::Forbidden);
    stage.no("Ada", Command::SetObjective { text: String::new() });
    stage.ok("Ada", Command::SetObjective { text: "Payments work".into() });
    stage.ok("Ada", Command::SetObjective { text: "Nobody is charged twice".into() });
    stage.ok("Ada", Command::MeetObjective { n: 1 });
    stage.no("Ada", Command::MeetObjective { n: 1 });
    stage.no("Ada", Command::DropObjective { n: 2, reason: String::new() });
    stage.ok("Ada", Command::DropObjective { n: 2, reason: "cannot be known".into() });
    stage.no("Ada", Command::MeetObjective { n: 3 });
    stage.aloud("objectives");
}

#[test]
fn a_can_report_has_conditions_and_replaces_the_one_before() {
    let mut stage = Stage::new();
    let can = |service: &str, conditions: &str| Command::Can {
        service: service.into(),
        conditions: conditions.into(),
        actions: String::new(),
        needs: String::new(),
    };
    stage.no("Bo", can("", "down"));
    stage.no("Bo", can("db", " "));
    let needs = Command::Can {
        service: "db".into(),
        conditions: "down".into(),
        actions: String::new(),
        needs: "x".repeat(4_001),
    };
    stage.no("Bo", needs);
    assert_eq!(stage.no("Bo", can(&"x".repeat(61), "down")), Because::Limit);
    stage.ok("Bo", can("db", "down"));
    stage.ok("Bo", can("db", "up"));
    assert_eq!(stage.incident.cans["db"].conditions, "up");
    stage.aloud("can");
}

#[test]
fn an_incident_holds_only_so_much() {
    let mut stage = Stage::new();
    for n in 0..100 {
        stage.ok("Ada", Command::SetObjective { text: format!("Objective {n}") });
    }
    assert_eq!(stage.no("Ada", Command::SetObjective { text: "One more".into() }), Because::Limit);
    for n in 0..200 {
        stage.ok(
            "Bo",
            Command::AddLink { label: format!("{n}"), url: "https://example.com".into(), sum: None },
        );
    }
    let link = Command::AddLink { label: "more".into(), url: "https://example.com".into(), sum: None };
    assert_eq!(stage.no("Bo", link), Because::Limit);
    assert_eq!(stage.no("Bo", Command::Note { text: "x".repeat(4_001), at: None }), Because::Limit);
    stage.aloud("limits");
}

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

/// As it stands on the timeline when its time is over, in Ada's command.
fn overdue(n: u32, owner: &str) -> Event {
    Event::TaskOverdue { n, owner: Some(who(owner)), to: Some(who("Ada")) }
}

#[test]
fn an_overdue_task_goes_up_to_somebody_else_than_whose_it_is() {
    let mut stage = Stage::new();
    stage.ok("Ada", task(Some("Bo"), "Look", Some(10)));
    stage.ok("Ada", task(None, "Think", Some(10)));
    let due = |stage: &Stage, n| {
        let due_at = stage.incident.task(n).unwrap().due_at.unwrap();
        Command::Timer(TimerKind::TaskDue { n, due_at })
    };
    stage.ok("Bo", decline(1));
    stage.later(10);
    let of_nobody = due(&stage, 1);
    let up = Some(who("Ada"));
    assert_eq!(stage.ok(HOUSE, of_nobody), [Event::TaskOverdue { n: 1, owner: None, to: up }]);
    let own = due(&stage, 2);
    let overdue = |to| Event::TaskOverdue { n: 2, owner: Some(who("Ada")), to };
    let alone = stage.ask(HOUSE, &own).unwrap().events;
    assert_eq!(alone[0].event, overdue(None), "nobody is above the commander");
    stage.ok("Dee", Command::TakeRole { role: role("deputy") });
    assert_eq!(stage.ok(HOUSE, own), [overdue(Some(who("Dee")))]);
}

#[test]
fn an_overdue_task_is_said_once_for_each_time_box() {
    let mut stage = Stage::new();
    stage.ok("Bo", task(None, "Look", Some(10)));
    let due_at = stage.incident.task(1).unwrap().due_at.unwrap();
    let due = |due_at| Command::Timer(TimerKind::TaskDue { n: 1, due_at });
    assert_eq!(stage.ok(HOUSE, due(due_at)), [], "not yet");
    stage.later(10);
    assert_eq!(stage.ok(HOUSE, due(due_at)), [overdue(1, "Bo")]);
    assert_eq!(stage.ok(HOUSE, due(due_at)), []);
    assert_eq!(stage.incident.task(1).unwrap().state, TaskState::Overdue);
    stage.no("Bo", Command::ExtendTask { n: 1, minutes: 0 });
    stage.ok("Bo", Command::ExtendTask { n: 1, minutes: 5 });
    let next = stage.incident.task(1).unwrap().due_at.unwrap();
    stage.later(5);
    assert_eq!(stage.ok(HOUSE, due(due_at)), [], "the old time box does not count");
    assert_eq!(stage.ok(HOUSE, due(next)), [overdue(1, "Bo")]);
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
fn objectives_and_the_period_stand_in_the_status_and_in_a_list_of_their_own() {
    let mut stage = Stage::new();
    assert!(stage.reads("Bo", Command::Objectives).contains("`objective add TEXT`"));
    assert!(!stage.reads("Bo", Command::Status).contains("Objectives"));
    for text in
        ["Payments work", "Nobody is charged twice", "The queue is empty", "Search works", "All is well"]
    {
        stage.ok("Ada", Command::SetObjective { text: text.into() });
    }
    stage.ok("Ada", Command::MeetObjective { n: 1 });
    stage.ok("Ada", Command::StartPeriod { minutes: 120, emphasis: "Keep payments up".into() });
    let status = stage.reads("Bo", Command::Status);
    let period = "Operational period 1 until 2026-01-02 14:00 UTC: Keep payments up";
    assert!(status.lines().any(|line| line == period), "{status}");
    let open = "Objectives: 2 Nobody is charged twice; 3 The queue is empty; 4 Search works; 1 more";
    assert!(status.lines().any(|line| line == open), "{status}");
    let list = stage.reads("Bo", Command::Objectives);
    assert!(
        list.starts_with(&format!("{period}\n1 Payments work – met\n2 Nobody is charged twice – open\n"))
    );
}

#[test]
fn whoever_gives_a_task_reads_what_was_understood_of_it() {
    let stage = Stage::new();
    let told = |by: &str, command: Command| stage.ask(by, &command).unwrap().reply;
    assert_eq!(
        told("Bo", task(None, "Ben Bo 10m look at lb", None)),
        "Task #1 is yours: «Ben Bo 10m look at lb». No time box: `task more 1 10m`."
    );
    assert_eq!(
        told("Ada", task(Some("Bo"), "Look at lb", Some(10))),
        "Task #1 for Bo: «Look at lb». Report back by 2026-01-02 12:10 UTC. Bo: `task ack 1` when understood."
    );
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
    assert_eq!(stage.no("Bo", can(&"x".repeat(61), "down")), Because::Invalid);
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
    assert_eq!(stage.no("Ada", Command::SetObjective { text: "One more".into() }), Because::Conflict);
    for n in 0..200 {
        stage.ok(
            "Bo",
            Command::AddLink { label: format!("{n}"), url: "https://example.com".into(), sum: None },
        );
    }
    let link = Command::AddLink { label: "more".into(), url: "https://example.com".into(), sum: None };
    assert_eq!(stage.no("Bo", link), Because::Conflict);
    assert_eq!(stage.no("Bo", Command::Note { text: "x".repeat(4_001), at: None }), Because::Invalid);
    stage.aloud("limits");
}

fn done(n: u32) -> Command {
    Command::ReportTask { n, result: "done".into() }
}

fn decline(n: u32) -> Command {
    Command::DeclineTask { n, reason: "no access to lb2".into() }
}

fn reopen(n: u32, minutes: Option<u32>) -> Command {
    Command::ReopenTask { n, reason: "it is back".into(), minutes }
}

fn give(n: u32, owner: Option<&str>, minutes: Option<u32>) -> Command {
    Command::GiveTask { n, owner: owner.map(who), minutes }
}

#[test]
fn a_task_that_is_declined_goes_back_to_whoever_gave_it_and_is_nobodys_until_somebody_has_it() {
    let mut stage = Stage::new();
    stage.ok("Di", Command::TakeRole { role: role("ops") });
    stage.ok("Di", task(Some("Cy"), "Look at lb2", Some(10)));
    let due_at = stage.incident.task(1).unwrap().due_at;
    assert_eq!(stage.no("Bo", decline(1)), Because::Forbidden);
    stage.no("Cy", Command::DeclineTask { n: 1, reason: " ".into() });
    assert_eq!(stage.no("Cy", decline(9)), Because::NotFound);
    let told = stage.ask("Cy", &decline(1)).unwrap().reply;
    assert!(told.contains("goes back to Di"), "{told}");
    let reason = "no access to lb2".to_owned();
    let declined = Event::TaskDeclined { n: 1, owner: who("Cy"), reason, to: Some(who("Di")) };
    assert_eq!(stage.ok("Cy", decline(1)), [declined]);
    let standing = |stage: &Stage| {
        let task = stage.incident.task(1).unwrap();
        (task.whose(), task.state, task.due_at)
    };
    assert_eq!(standing(&stage), ("nobody".into(), TaskState::Assigned, due_at), "its time box goes on");
    // Nobody's: not to be declined again, read back, or left as somebody's.
    assert_eq!(stage.no("Ada", decline(1)), Because::Conflict);
    assert_eq!(stage.no("Ada", Command::UnderstandTask { n: 1 }), Because::Conflict);
    assert_eq!(stage.no("Cy", Command::ExtendTask { n: 1, minutes: 5 }), Because::Conflict);
    for (by, words) in
        [("Di", "Nobody has task #1"), ("Ada", "Nobody has task #1"), ("Bo", "`task give 1` takes it")]
    {
        let next = stage.reads(by, Command::Next);
        assert!(next.contains(words), "{by}: {next}");
    }
    let briefing = stage.reads("Ada", Command::Briefing);
    assert!(briefing.contains("#1 Look at lb2 (nobody has it, due"), "{briefing}");
    assert!(stage.reads("Ada", Command::Status).contains("Open tasks: 1, of which nobody has 1"));
    stage.ok("Cy", Command::CheckIn { who: None, note: String::new() });
    stage.ok("Cy", Command::CheckOut { who: None, note: String::new() });
    // A task for somebody else is an order; for oneself it is work.
    assert_eq!(stage.no("Bo", give(1, Some("Cy"), None)), Because::Forbidden);
    stage.ok("Bo", give(1, None, None));
    assert_eq!(standing(&stage), ("Bo".into(), TaskState::Understood, due_at));
    assert_eq!(stage.no("Bo", give(1, None, None)), Because::Conflict);
    assert_eq!(stage.no("Cy", give(1, None, None)), Because::Forbidden, "it is Bo's");
    stage.ok("Di", give(1, Some("Ed"), Some(30)));
    let later = stage.now + Duration::minutes(30);
    assert_eq!(standing(&stage), ("Ed".into(), TaskState::Assigned, Some(later)));
    // What is overdue and declined is overdue still; who has it next has a new time or none.
    stage.later(30);
    stage.ok(HOUSE, Command::Timer(TimerKind::TaskDue { n: 1, due_at: later }));
    stage.ok("Ed", decline(1));
    assert_eq!(standing(&stage), ("nobody".into(), TaskState::Overdue, Some(later)));
    stage.ok("Di", give(1, Some("Cy"), None));
    assert_eq!(standing(&stage), ("Cy".into(), TaskState::Assigned, None));
    stage.no("Di", give(1, Some("Ed"), Some(0)));
    stage.ok("Cy", done(1));
    assert_eq!(stage.no("Cy", decline(1)), Because::Conflict);
    assert_eq!(stage.no("Di", give(1, Some("Ed"), None)), Because::Conflict);
    stage.aloud("declined_tasks");
}

#[test]
fn who_declines_what_they_gave_themselves_leaves_it_to_the_commander_who_leaves_it_to_whoever_takes_it() {
    let mut stage = Stage::new();
    stage.ok("Bo", task(None, "Look", None));
    stage.ok("Ada", task(None, "Think", None));
    let to = |events: Vec<Event>| match &events[..] {
        [Event::TaskDeclined { to, .. }] => to.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(to(stage.ok("Bo", decline(1))), Some(who("Ada")));
    assert_eq!(to(stage.ok("Ada", decline(2))), None);
}

#[test]
fn a_task_that_was_reported_is_opened_again_with_a_new_time_or_none() {
    let mut stage = Stage::new();
    stage.ok("Di", Command::TakeRole { role: role("ops") });
    stage.ok("Di", task(Some("Cy"), "Restart lb2", Some(10)));
    assert_eq!(stage.no("Cy", reopen(1, None)), Because::Conflict, "it is open");
    let first = stage.incident.task(1).unwrap().due_at.unwrap();
    stage.ok("Cy", done(1));
    assert_eq!(stage.no("Bo", reopen(1, None)), Because::Forbidden);
    stage.no("Di", Command::ReopenTask { n: 1, reason: String::new(), minutes: None });
    stage.no("Di", reopen(1, Some(0)));
    assert_eq!(stage.no("Di", reopen(9, None)), Because::NotFound);
    let reason = "it is back".to_owned();
    let reopened = Event::TaskReopened { n: 1, reason, owner: Some(who("Cy")), due_at: None };
    assert_eq!(stage.ok("Di", reopen(1, None)), [reopened]);
    let task_1 = stage.incident.task(1).unwrap();
    assert_eq!((task_1.state, task_1.due_at, &task_1.result), (TaskState::Assigned, None, &None));
    stage.later(10);
    let due = |due_at| Command::Timer(TimerKind::TaskDue { n: 1, due_at });
    assert_eq!(stage.ok(HOUSE, due(first)), [], "the time box before counts no more");
    stage.ok("Cy", Command::UnderstandTask { n: 1 });
    stage.ok("Cy", done(1));
    // Whoever opens their own knows what it is about.
    stage.ok("Cy", reopen(1, Some(5)));
    let again = stage.incident.task(1).unwrap();
    assert_eq!((again.state, again.due_at), (TaskState::Understood, Some(stage.now + Duration::minutes(5))));
    let next = again.due_at.unwrap();
    stage.later(5);
    assert_eq!(stage.ok(HOUSE, due(next)), [overdue(1, "Cy")]);
    stage.ok("Cy", done(1));
    // Whoever had it is gone: nobody has it.
    stage.ok("Cy", Command::CheckIn { who: None, note: String::new() });
    stage.ok("Cy", Command::CheckOut { who: None, note: String::new() });
    stage.ok("Ada", reopen(1, None));
    assert!(stage.incident.task(1).unwrap().is_free());
    stage.ok("Ada", Command::CancelTask { n: 1, reason: "lb2 is out".into() });
    assert_eq!(stage.no("Ada", reopen(1, None)), Because::Conflict);
    stage.aloud("reopened_tasks");
}

#[test]
fn a_report_is_corrected_part_by_part_by_whoever_gave_it_or_answers_for_all() {
    let mut stage = Stage::new();
    let can = |conditions: &str, needs: &str| Command::Can {
        service: "db".into(),
        conditions: conditions.into(),
        actions: "restart".into(),
        needs: needs.into(),
    };
    let correct = |target: u64, text: &str| Command::Correct {
        target,
        text: text.into(),
        at: None,
        reason: String::new(),
        follows: false,
    };
    let last = |service: &str, conditions: &str, needs: &str| Command::CorrectCan {
        service: service.into(),
        conditions: conditions.into(),
        actions: String::new(),
        needs: needs.into(),
    };
    let reads = |stage: &Stage| {
        let can = &stage.incident.cans["db"];
        (can.conditions.clone(), can.actions.clone(), can.needs.clone())
    };
    let is = |conditions: &str, actions: &str, needs: &str| {
        (conditions.to_owned(), actions.to_owned(), needs.to_owned())
    };
    assert_eq!(stage.no("Bo", last("db", "up", "")), Because::NotFound);
    stage.ok("Bo", can("nothing works", "a DBA"));
    let first = stage.last();
    assert_eq!(stage.no("Cy", correct(first, "x")), Because::Forbidden);
    assert_eq!(stage.no("Cy", last("db", "x", "")), Because::Forbidden);
    assert_eq!(stage.no("Bo", correct(first, " | | ")), Because::Invalid);
    assert_eq!(stage.no("Bo", correct(first, "- | x")), Because::Invalid);
    assert_eq!(stage.no("Bo", last("cache", "x", "")), Because::NotFound);
    let told = stage.ask("Bo", &correct(first, "half of all writes fail")).unwrap().reply;
    assert!(
        told.ends_with("It reads now: db: half of all writes fail; under way: restart; needed: a DBA."),
        "{told}"
    );
    stage.ok("Bo", correct(first, "half of all writes fail"));
    assert_eq!(reads(&stage), is("half of all writes fail", "restart", "a DBA"));
    stage.ok("Ada", correct(first, " | failing over | - "));
    assert_eq!(reads(&stage), is("half of all writes fail", "failing over", ""));
    let of_ada = stage.last();
    stage.ok("Cy", Command::TakeRole { role: role("scribe") });
    stage.ok("Cy", last("DB", "", "two DBAs"));
    assert_eq!(reads(&stage), is("half of all writes fail", "failing over", "two DBAs"));
    // The summary, the status and the briefing say what it says now.
    for reading in [Command::Status, Command::Summary, Command::Briefing] {
        let said = stage.reads("Ada", reading.clone());
        assert!(said.contains("half of all writes fail") && !said.contains("nothing works"), "{said}");
        assert!(said.contains("two DBAs") && !said.contains("a DBA"), "{reading:?}: {said}");
    }
    // A correction is no new report: it is as old as it was, unless its time was wrong.
    stage.later(20);
    let asked_at = stage.incident.cans["db"].at;
    stage.ok("Bo", correct(first, "three of four writes fail"));
    assert_eq!((stage.incident.cans["db"].at, &stage.incident.cans["db"].by), (asked_at, &who("Bo")));
    // A correction that is redacted counts no more.
    stage.ok("Cy", Command::Redact { target: of_ada, reason: "a name".into() });
    assert_eq!(reads(&stage), is("three of four writes fail", "restart", "two DBAs"));
    // One of a report that was followed by another leaves that as it is.
    stage.ok("Bo", can("up", ""));
    let told = stage.ask("Bo", &correct(first, "all reads fail")).unwrap().reply;
    assert!(told.contains("A later report"), "{told}");
    stage.ok("Bo", correct(first, "all reads fail"));
    assert_eq!(reads(&stage), is("up", "restart", ""));
    // What is over can be put right still.
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "done".into() });
    stage.ok("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
    stage.ok("Bo", last("db", "up again", ""));
    stage.aloud("corrected_reports");
}

#[test]
fn what_lasts_too_long_or_too_short_is_told_the_limit_whatever_it_is() {
    let stage = Stage::new();
    let task = |minutes| Command::AssignTask { owner: None, text: "Look".into(), minutes: Some(minutes) };
    let told = |command: Command| stage.ask("Ada", &command).unwrap_err().to_string();
    let days = 24 * 60;
    for (command, why) in [
        (
            task(300 * days),
            "300 days is too long for a time box; the longest is 7 days. Give 1 minute to 7 days: 10m, 2h.",
        ),
        (
            task(0),
            "0 minutes is too short for a time box; the shortest is 1 minute. Give 1 minute to 7 days: 10m, 2h.",
        ),
        (
            Command::Quiet { minutes: 5_000 * 60 },
            "5000 hours is too long for a time without reminders; the longest is 4 hours. Give 1 minute to 4 hours: \
             `snooze 30m`.",
        ),
        (
            Command::RollCall { minutes: Some(61) },
            "61 minutes is too long for a roll call; the longest is 1 hour. Give 1 minute to 1 hour: `roll call 5m`.",
        ),
        (
            Command::StartPeriod { minutes: 2 * days, emphasis: String::new() },
            "2 days is too long for an operational period; the longest is 1 day. Give 15 minutes to 1 day: `period start 2h`.",
        ),
        (
            Command::Propose { text: "Roll back".into(), minutes: Some(days) },
            "1 day is too long for a proposal; the longest is 4 hours. Give 1 minute to 4 hours: `propose --for 10m TEXT`.",
        ),
    ] {
        assert_eq!(told(command), why);
    }
}

#[test]
fn nobody_is_given_a_task_who_only_reads_along() {
    let mut stage = Stage::new();
    stage.ok("Hal", Command::TakeRole { role: role("observer") });
    stage.ok("Ada", task(None, "Look at db1", None));
    for command in [task(Some("Hal"), "Look at db2", None), give(1, Some("Hal"), None)] {
        assert_eq!(stage.no("Ada", command), Because::Conflict);
    }
    assert_eq!(
        stage.ask("Ada", &task(Some("Hal"), "Look at db2", None)).unwrap_err().to_string(),
        "Hal is Observer here, and only reads along: no task can be theirs. Give it to somebody else, or ask Hal to give that \
         up first: `role release observer`."
    );
    stage.ok("Hal", Command::ReleaseRole { role: role("observer") });
    stage.ok("Ada", give(1, Some("Hal"), None));
    stage.ok("Hal", Command::UnderstandTask { n: 1 });
}

#[test]
fn a_service_is_the_same_however_it_is_written() {
    let mut stage = Stage::new();
    let can = |service: &str| Command::Can {
        service: service.into(),
        conditions: "half fail".into(),
        actions: String::new(),
        needs: String::new(),
    };
    for service in ["checkout:", "Checkout", "CHECKOUT :"] {
        stage.ok("Bo", can(service));
    }
    assert_eq!(stage.incident.cans.keys().collect::<Vec<_>>(), ["checkout"]);
    stage.ok(
        "Bo",
        Command::CorrectCan {
            service: "Checkout:".into(),
            conditions: "all fail".into(),
            actions: String::new(),
            needs: String::new(),
        },
    );
    assert_eq!(stage.incident.cans["checkout"].conditions, "all fail");
}

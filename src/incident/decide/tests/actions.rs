//! What somebody is about to do: announced, cleared, held, stopped.

use super::*;
use crate::incident::{command::TimerKind, sentence::sentence, state::ActionState};

fn announce(text: &str, is_risky: bool, minutes: Option<u32>) -> Command {
    Command::Announce { text: text.into(), is_risky, minutes }
}

fn go(n: u32) -> Command {
    Command::ClearAction { n }
}

fn hold(n: u32, reason: &str) -> Command {
    Command::HoldAction { n, reason: reason.into() }
}

fn done(n: u32, result: &str) -> Command {
    Command::FinishAction { n, result: result.into() }
}

fn stop(reason: &str) -> Command {
    Command::StopActions { reason: reason.into() }
}

fn resume() -> Command {
    Command::ResumeActions { reason: String::new() }
}

fn state(stage: &Stage, n: u32) -> ActionState {
    stage.incident.action(n).unwrap().state
}

#[test]
fn what_is_risky_waits_for_somebody_else_and_what_is_not_does_not() {
    let mut stage = Stage::new();
    stage.no("Bo", announce(" ", false, None));
    stage.no("Bo", announce("Restart db1", false, Some(0)));
    stage.ok("Bo", announce("Read the logs of db1", false, None));
    assert_eq!(state(&stage, 1), ActionState::Going);
    assert_eq!(stage.no("Ada", go(1)), Because::Conflict, "it waits for nothing");
    // Nobody is Operations or Safety: the commander is asked.
    let events = stage.ok("Bo", announce("Restart db1", true, None));
    assert!(matches!(&events[..], [Event::ActionAnnounced { waits_for, .. }] if *waits_for == [who("Ada")]));
    assert_eq!(state(&stage, 2), ActionState::Waiting);
    assert_eq!(stage.no("Bo", go(2)), Because::Forbidden);
    assert_eq!(stage.no("Cy", go(2)), Because::Forbidden);
    assert_eq!(stage.no("Cy", done(2, "it is up")), Because::Forbidden);
    stage.ok("Ada", go(2));
    assert_eq!(state(&stage, 2), ActionState::Going);
    stage.no("Bo", done(2, ""));
    let events = stage.ok("Bo", done(2, "db1 is up"));
    assert!(matches!(events[..], [Event::ActionDone { without_go: false, .. }]));
    stage.no("Bo", done(2, "again"));
    stage.no("Bo", done(9, "what"));
    stage.ok("Bo", Command::DropAction { n: 1, reason: String::new() });
    stage.no("Ada", go(1));
    stage.aloud("actions");
}

#[test]
fn operations_and_safety_are_asked_before_the_commander_and_nobody_clears_themself() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.ok("Cy", Command::TakeRole { role: role("safety") });
    assert_eq!(stage.incident.who_clears(&who("Di")), [who("Bo"), who("Cy")]);
    assert_eq!(stage.incident.who_clears(&who("Bo")), [who("Cy")]);
    stage.ok("Bo", announce("Fail over", true, None));
    assert_eq!(stage.no("Bo", go(1)), Because::Forbidden, "Operations' own");
    stage.ok("Cy", hold(1, "the replica lags"));
    stage.no("Cy", hold(1, "it lags still"));
    assert_eq!(state(&stage, 1), ActionState::Held);
    stage.ok("Cy", go(1));
    stage.no("Bo", hold(1, " "));
    // The commander alone decides alone.
    let mut alone = stage.again();
    alone.ok("Ada", announce("Fail over", true, None));
    alone.ok("Ada", go(1));
    alone.ok("Bo", Command::TakeRole { role: role("deputy") });
    alone.ok("Ada", announce("Fail back", true, None));
    assert_eq!(alone.no("Ada", go(2)), Because::Forbidden, "a deputy is here to ask");
    alone.ok("Bo", go(2));
    alone.aloud("actions_clear");
}

#[test]
fn what_was_done_without_a_go_is_said_so() {
    let mut stage = Stage::new();
    stage.ok("Bo", announce("Drop the cache", true, None));
    let events = stage.ok("Bo", done(1, "dropped"));
    assert!(matches!(events[..], [Event::ActionDone { without_go: true, .. }]));
}

#[test]
fn of_what_was_done_during_a_stop_the_stop_is_named_and_a_missing_go_only_where_one_was_needed() {
    let mut stage = Stage::new();
    stage.ok("Bo", announce("Read the logs", false, None));
    stage.ok("Bo", announce("Drop the cache", true, None));
    stage.ok("Ada", stop("we are losing writes"));
    for (n, result, how) in [
        (1, "read", "while everything was stopped"),
        (2, "dropped", "without a go and while everything was stopped"),
    ] {
        let told = stage.ask("Bo", &done(n, result)).unwrap().reply;
        assert!(told.contains(&format!("stands on the timeline as done {how}: ")), "{told}");
        let events = stage.ok("Bo", done(n, result));
        assert_eq!(sentence(&events[0], &dated), format!("Action {n} was done {how}: {result}."));
    }
}

#[test]
fn who_announces_something_risky_during_a_stop_reads_that_it_needs_a_go_as_well() {
    let mut stage = Stage::new();
    stage.ok("Cy", Command::TakeRole { role: role("safety") });
    stage.ok("Cy", stop("we are losing writes"));
    let risky = announce("Fail over", true, None);
    let told = stage.ask("Bo", &risky).unwrap().reply;
    assert_eq!(
        told,
        "Action 1 is announced, but Cy stopped everything: we are losing writes. Wait. It is risky: when the stop is lifted, \
         it needs a go of its own."
    );
    let said = stage.ok("Bo", risky);
    assert_eq!(
        sentence(&said[0], &dated),
        "Action 1 is risky and waits for the go of Cy, and everything is stopped: Fail over."
    );
    let next = stage.reads("Bo", Command::Next);
    assert!(
        next.contains("Your action 1 waits for a go, and everything is stopped: do not do it yet."),
        "{next}"
    );
    let plain = stage.ask("Bo", &announce("Read the logs", false, None)).unwrap().reply;
    assert!(plain.ends_with(" Wait."), "{plain}");
    stage.ok("Cy", resume());
    let next = stage.reads("Bo", Command::Next);
    assert!(next.contains("Your action 1 waits for a go: do not do it yet."), "{next}");
}

#[test]
fn a_stop_freezes_everything_until_who_may_lifts_it() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.ok("Cy", Command::TakeRole { role: role("safety") });
    stage.ok("Di", announce("Restart db1", true, Some(10)));
    stage.ok("Bo", go(1));
    stage.ok("Di", announce("Read logs", false, Some(10)));
    let due_at = stage.incident.action(1).unwrap().due_at.unwrap();
    assert_eq!(stage.no("Di", stop("it burns")), Because::Forbidden);
    stage.no("Cy", stop(""));
    assert_eq!(stage.no("Cy", resume()), Because::Conflict);
    let told = stage.ask("Cy", &stop("we are losing writes")).unwrap().reply;
    assert!(told.contains("Restart db1") && told.contains("Read logs"), "{told}");
    stage.ok("Cy", stop("we are losing writes"));
    assert_eq!((state(&stage, 1), state(&stage, 2)), (ActionState::Waiting, ActionState::Going));
    stage.no("Cy", stop("still"));
    assert_eq!(stage.no("Bo", go(1)), Because::Conflict);
    // No time box runs out while nobody may work.
    stage.later(30);
    assert_eq!(stage.ok(HOUSE, Command::Timer(TimerKind::ActionDue { n: 1, due_at })), []);
    stage.ok("Di", announce("Restart db2", false, Some(5)));
    assert_eq!(stage.incident.action(3).unwrap().due_at, None);
    assert_eq!(stage.no("Bo", resume()), Because::Forbidden, "Safety stopped it");
    let told = stage.ask("Cy", &resume()).unwrap().reply;
    assert_eq!(
        told,
        "The stop is lifted. Free to go on: action 2 (Di), action 3 (Di). A go of their own need: 1 (Di)."
    );
    let lifted = stage.ok("Cy", resume());
    let line = sentence(&lifted[0], &dated);
    assert!(line.ends_with(" needs a new go. Free to go on: action 2 (Di), action 3 (Di)."), "{line}");
    assert_eq!(stage.incident.stop, None);
    let due = |n: u32| stage.incident.action(n).unwrap().due_at;
    assert_eq!(due(1), None, "its go was given before the stop");
    assert_eq!(due(2), Some(stage.now + Duration::minutes(10)));
    assert_eq!(due(3), Some(stage.now + Duration::minutes(5)));
    stage.ok("Bo", stop("a second look"));
    stage.ok("Bo", resume());
    stage.ok("Cy", stop("again"));
    stage.ok("Ada", resume());
    stage.aloud("actions_stop");
}

#[test]
fn an_action_is_overdue_once_and_keeps_its_author_and_the_incident_open() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::CheckIn { who: None, note: String::new() });
    stage.ok("Bo", announce("Restart db1", false, Some(10)));
    let due_at = stage.incident.action(1).unwrap().due_at.unwrap();
    let due = || Command::Timer(TimerKind::ActionDue { n: 1, due_at });
    assert_eq!(stage.ok(HOUSE, due()), []);
    stage.later(10);
    let overdue = Event::ActionOverdue { n: 1, by: Some(who("Bo")), to: vec![who("Ada")] };
    assert_eq!(stage.ok(HOUSE, due()), [overdue]);
    assert_eq!(stage.ok(HOUSE, due()), []);
    assert_eq!(stage.no("Bo", Command::CheckOut { who: None, note: String::new() }), Because::Conflict);
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "quiet".into() });
    let close = || Command::Enter { phase: Phase::Closed, reason: String::new() };
    assert_eq!(stage.no("Ada", close()), Because::Conflict);
    stage.ok("Ada", done(1, "db1 is up"));
    stage.ok("Ada", close());
    stage.aloud("actions_open");
}

#[test]
fn next_says_of_each_of_ones_own_actions_how_it_stands_in_a_whole_sentence() {
    let mut stage = Stage::new();
    for text in ["Restart db1", "Restart db2"] {
        stage.ok("Bo", Command::Announce { text: text.into(), is_risky: true, minutes: None });
    }
    stage.ok("Ada", Command::HoldAction { n: 2, reason: "wait for the backup".into() });
    let next = stage.reads("Bo", Command::Next);
    assert!(next.contains("Your action 1 waits for a go: do not do it yet. Restart db1."), "{next}");
    assert!(next.contains("Your action 2 is held: do not do it yet. Restart db2."), "{next}");
}

#[test]
fn what_is_announced_while_everything_is_stopped_waits_wherever_it_is_read() {
    let mut stage = Stage::new();
    stage.ok("Ada", stop("we are losing writes"));
    let said = stage.ok("Bo", announce("Restart db2", false, None));
    assert_eq!(sentence(&said[0], &dated), "Action 1 waits, as everything is stopped: Restart db2.");
    for read in [Command::Briefing, Command::Actions, Command::Next] {
        let told = stage.reads("Bo", read.clone());
        assert!(told.contains("waits: everything is stopped"), "{read:?}: {told}");
        assert!(!told.contains("(Bo, under way"), "{read:?}: {told}");
    }
    stage.ok("Bo", announce("Restart db3", true, None));
    let told = stage.reads("Bo", Command::Actions);
    assert!(told.contains("waits for a go, and everything is stopped"), "{told}");
    stage.ok("Ada", resume());
    assert!(stage.reads("Bo", Command::Actions).contains("under way"));
}

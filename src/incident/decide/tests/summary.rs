//! What executives read.

use super::*;
use crate::incident::command::{DraftText, TimerKind};

fn told() -> Stage {
    let mut stage = Stage::new();
    stage.policy.exec_update_minutes = [30; 5];
    stage.policy.two_person = false;
    stage.later(10);
    stage.ok("Ada", Command::Summarize { text: "Half of all cards are declined in Europe.".into() });
    let can = |service: &str, conditions: &str, actions: &str, needs: &str| Command::Can {
        service: service.into(),
        conditions: conditions.into(),
        actions: actions.into(),
        needs: needs.into(),
    };
    stage.ok(
        "Cy",
        can("checkout", "half of all payments fail.", "rolling back 4.2", "somebody who knows db1"),
    );
    stage.later(2);
    stage.ok("Di", can("search", "works\nagain", "", ""));
    let draft = DraftText { text: "Some payments fail. We are on it.".into(), ..DraftText::default() };
    stage.ok("Ada", Command::Draft(draft));
    stage.ok("Ada", Command::Approve { n: 1, alone: None });
    stage.ok("Ada", Command::Publish { n: 1 });
    stage.later(3);
    stage
}

#[test]
fn executives_read_what_it_means_who_leads_and_when_they_hear_again_in_plain_words() {
    let mut stage = told();
    let early = Stage::new().reads("Ada", Command::Summary);
    let now = stage.reads("Zoe", Command::Summary);
    for word in ["SEV", "CAN", "IC ", "Incident Commander", "PIO", "Phase"] {
        assert!(!now.contains(word), "{word}: {now}");
    }
    stage.later(60);
    let late = stage.reads("Ada", Command::Summary);
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "rolled back".into() });
    stage.later(60);
    let over = stage.reads("Ada", Command::Summary);
    let all = [("at once", early), ("under way", now), ("an hour later", late), ("over", over)];
    let page: Vec<String> = all.into_iter().map(|(when, text)| format!("== {when}\n{text}")).collect();
    insta::assert_snapshot!(page.join("\n\n"));
}

#[test]
fn the_reminder_brings_the_summary_to_whoever_passes_it_on() {
    let mut stage = told();
    stage.ok("Eve", Command::TakeRole { role: role("lno") });
    let summary = stage.reads("Eve", Command::Summary);
    let events = stage.ok(HOUSE, Command::Timer(TimerKind::ExecutiveDue));
    let [Event::Reminded { what, executive: true, .. }] = events.as_slice() else { panic!("{events:?}") };
    let (told, next) = what.rsplit_once('\n').unwrap();
    let (before, _) = summary.rsplit_once('\n').unwrap();
    assert!(told.contains(" Eve: forward this") && told.ends_with(before), "{what}");
    // With this one they have heard: the next comes after as long again.
    assert_eq!(next, "Next summary: by 2026-01-02 12:45 UTC.");
}

#[test]
fn a_summary_that_is_brought_early_with_another_reminder_tells_the_time_that_it_is() {
    let mut stage = told();
    stage.later(24);
    let kinds = vec![TimerKind::ExecutiveDue, TimerKind::FirstUpdateDue];
    let events = stage.ok(HOUSE, Command::Remind(kinds));
    let [Event::Reminded { what, executive: true, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert!(what.contains("as of 2026-01-02 12:39 UTC"), "{what}");
    assert!(what.ends_with("Next summary: by 2026-01-02 13:09 UTC."), "{what}");
}

#[test]
fn the_status_has_a_line_for_the_last_report_on_each_service() {
    let status = told().reads("Zoe", Command::Status);
    let line = "checkout: half of all payments fail; under way: rolling back 4.2; needed: somebody who knows db1 (Cy, 2026-01-02 12:10 UTC)";
    assert!(status.lines().any(|one| one == line), "{status}");
    assert!(status.contains("\nsearch: works again (Di, 2026-01-02 12:12 UTC)\n"), "{status}");
}

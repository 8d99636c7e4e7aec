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
    assert!(what.contains(" Eve: forward this") && what.ends_with(&summary), "{what}");
}

#[test]
fn the_status_has_a_line_for_the_last_report_on_each_service() {
    let status = told().reads("Zoe", Command::Status);
    let line = "checkout: half of all payments fail; under way: rolling back 4.2; needed: somebody who knows db1 (Cy, 12:10 UTC)";
    assert!(status.lines().any(|one| one == line), "{status}");
    assert!(status.contains("\nsearch: works again (Di, 12:12 UTC)\n"), "{status}");
}

//! The executive who interrupts is asked one question.

use super::*;

fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.policy.executives = ["vera".to_owned()].into();
    stage
}

fn lower() -> Command {
    Command::Severity { to: Severity::Sev4, reason: "this is no SEV2".into() }
}

#[test]
fn an_executive_who_orders_without_a_role_is_asked_whether_they_take_command_and_the_commander_reads_it() {
    let mut stage = stage();
    let decision = stage.ask("Vera", &lower()).unwrap();
    insta::assert_snapshot!(decision.reply);
    let words = "lower the severity: this is no SEV2".to_owned();
    assert_eq!(stage.ok("Vera", lower()), [Event::ExecutiveAsked { words, commander: who("Ada") }]);
    assert_eq!(stage.incident.severity, Severity::Sev2, "nothing is done");
}

#[test]
fn it_is_asked_once_in_ten_minutes_and_of_nobody_else() {
    let mut stage = stage();
    assert_eq!(stage.no("Bo", lower()), Because::Forbidden);
    stage.ok("Vera", lower());
    stage.later(9);
    assert_eq!(stage.no("Vera", lower()), Because::Forbidden);
    stage.later(1);
    stage.ok("Vera", lower());
    // With a role it is a refusal like everybody's.
    stage.later(20);
    stage.ok("Vera", Command::TakeRole { role: role("observer") });
    assert_eq!(stage.no("Vera", lower()), Because::Forbidden);
}

#[test]
fn who_may_not_have_command_is_not_asked_for_it() {
    let mut stage = stage();
    stage.policy.reserved.command = Some(["ada".to_owned()].into());
    assert_eq!(stage.no("Vera", lower()), Because::Forbidden);
    stage.policy.reserved.command = None;
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "it is back".into() });
    assert_eq!(
        stage.no("Vera", Command::Enter { phase: Phase::Closed, reason: String::new() }),
        Because::Forbidden
    );
}

//! Proposals: objected to, withdrawn, decided by time or by the commander.

use super::*;
use crate::incident::command::TimerKind;

fn propose(text: &str, minutes: Option<u32>) -> Command {
    Command::Propose { text: text.into(), minutes }
}

fn object(n: u32, reason: &str) -> Command {
    Command::Object { n, reason: reason.into() }
}

fn withdraw(n: u32) -> Command {
    Command::WithdrawProposal { n, reason: String::new() }
}

fn ends(n: u32) -> Command {
    Command::Timer(TimerKind::ProposalEnds { n })
}

#[test]
fn a_proposal_is_decided_when_its_time_is_over_and_once() {
    let mut stage = Stage::new();
    stage.no("Bo", propose("", None));
    stage.no("Bo", propose("Roll back", Some(0)));
    stage.no("Bo", propose("Roll back", Some(241)));
    stage.ok("Bo", propose("Roll back 4.2", Some(10)));
    assert_eq!(stage.ok(HOUSE, ends(1)), [], "not yet");
    stage.later(10);
    let events = stage.ok(HOUSE, ends(1));
    assert!(
        matches!(&events[..], [
            Event::ProposalSettled { n: 1, objectors, at_once: false },
            Event::DecisionRecorded { text },
        ] if objectors.is_empty() && text == "Roll back 4.2 (proposal 1 of Bo; nobody objected)"),
        "{events:?}"
    );
    assert_eq!(stage.incident.decisions, 1);
    assert_eq!(stage.ok(HOUSE, ends(1)), []);
    assert_eq!(stage.no("Cy", object(1, "too late")), Because::Conflict);
    assert_eq!(stage.no("Bo", withdraw(1)), Because::Conflict);
    assert_eq!(stage.no("Cy", object(7, "what")), Because::NotFound);
    stage.aloud("proposals");
}

#[test]
fn objections_stand_with_the_decision_and_the_commander_may_decide_at_once() {
    let mut stage = Stage::new();
    stage.ok("Bo", propose("Roll back 4.2.", None));
    stage.no("Cy", object(1, " "));
    stage.ok("Cy", object(1, "the schema has changed"));
    stage.no("Cy", object(1, "I mean it"));
    stage.ok("Di", object(1, "no"));
    stage.ok("Di", withdraw(1));
    assert_eq!(stage.no("Di", withdraw(1)), Because::Forbidden);
    assert_eq!(stage.no("Bo", Command::SettleProposal { n: 1 }), Because::Forbidden);
    let events = stage.ok("Ada", Command::SettleProposal { n: 1 });
    assert!(
        matches!(&events[..], [
            Event::ProposalSettled { objectors, at_once: true, .. },
            Event::DecisionRecorded { text },
        ] if *objectors == [who("Cy")] && text == "Roll back 4.2 (proposal 1 of Bo; strong objection of Cy)"),
        "{events:?}"
    );
    stage.no("Ada", Command::SettleProposal { n: 1 });
    stage.ok("Bo", propose("Restart all", None));
    stage.ok("Ada", withdraw(2));
    stage.later(5);
    assert_eq!(stage.ok(HOUSE, ends(2)), [], "withdrawn");
    stage.aloud("objections");
}

#[test]
fn what_nobody_decided_lapses_with_the_incident() {
    let mut stage = Stage::new();
    stage.ok("Bo", propose("Roll back", Some(60)));
    stage.ok("Ada", Command::Enter { phase: Phase::Cancelled, reason: "no incident".into() });
    stage.later(60);
    assert_eq!(stage.ok(HOUSE, ends(1)), []);
    assert_eq!(stage.incident.open_proposals().count(), 0);
}

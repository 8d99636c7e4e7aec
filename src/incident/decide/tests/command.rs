//! Command is a token: one holder at all times, moved by acknowledgement.

use super::*;
use crate::incident::command::TimerKind;

fn offer(to: &str) -> Command {
    Command::OfferCommand { to: who(to) }
}

fn take(force: bool, reason: &str) -> Command {
    Command::TakeCommand { force, reason: reason.into() }
}

fn decline() -> Command {
    Command::DeclineCommand { reason: "I am on a train".into() }
}

#[test]
fn command_moves_when_it_is_accepted_and_not_before() {
    let mut stage = Stage::new();
    assert_eq!(stage.incident.commander, who("Ada"));
    stage.ok("Ada", offer("Bo"));
    assert_eq!(stage.incident.commander, who("Ada"), "an offer moves nothing");
    stage.no("Cy", Command::AcceptCommand);
    stage.no("Ada", Command::AcceptCommand);
    assert_eq!(stage.incident.commander, who("Ada"));
    stage.later(4);
    let events = stage.ok("Bo", Command::AcceptCommand);
    assert!(matches!(
        &events[..],
        [Event::CommandTransferred { from, to, without_outgoing_brief: false, .. }]
            if *from == who("Ada") && *to == who("Bo")
    ));
    assert_eq!(stage.incident.commander, who("Bo"));
    assert_eq!(stage.incident.commander_since, stage.now);
    assert_eq!(stage.incident.command_offer, None);
    assert_eq!(stage.incident.commanders.len(), 2);
    // It is not Ada's any more to give.
    assert_eq!(stage.no("Ada", offer("Cy")), Because::Forbidden);
    stage.no("Bo", Command::AcceptCommand);
    stage.no("Bo", offer("Bo"));
    stage.aloud("command_accept");
}

#[test]
fn an_offer_ends_by_time_by_refusal_or_by_being_taken_back() {
    let mut stage = Stage::new();
    stage.ok("Ada", offer("Bo"));
    let expires = TimerKind::CommandOfferExpires { to: who("Bo") };
    // A timer that goes off early finds an offer that still stands.
    assert_eq!(stage.ok(HOUSE, Command::Timer(expires.clone())), []);
    stage.later(5);
    assert_eq!(stage.no("Bo", Command::AcceptCommand), Because::Conflict);
    assert_eq!(stage.ok(HOUSE, Command::Timer(expires.clone())).len(), 1);
    assert_eq!(stage.incident.command_offer, None);
    assert_eq!(stage.ok(HOUSE, Command::Timer(expires)), [], "it expires once");

    stage.ok("Ada", offer("Bo"));
    stage.no("Cy", decline());
    stage.ok("Bo", decline());
    assert_eq!((stage.incident.command_offer.clone(), &stage.incident.commander), (None, &who("Ada")));

    stage.ok("Ada", offer("Bo"));
    assert_eq!(stage.no("Bo", Command::WithdrawCommand), Because::Forbidden);
    stage.ok("Ada", Command::WithdrawCommand);
    stage.no("Bo", Command::AcceptCommand);
    stage.no("Bo", decline());
    stage.no("Ada", Command::WithdrawCommand);

    // Offered to another, it is no longer Bo's to accept.
    stage.ok("Ada", offer("Bo"));
    let events = stage.ok("Ada", offer("Cy"));
    assert!(matches!(&events[0], Event::CommandOfferWithdrawn { to } if *to == who("Bo")), "{events:?}");
    stage.no("Bo", Command::AcceptCommand);
    stage.ok("Cy", Command::AcceptCommand);
    assert_eq!(stage.incident.commander, who("Cy"));
    stage.aloud("command_offer");
}

#[test]
fn command_is_taken_by_force_only_with_a_reason() {
    let mut stage = Stage::new();
    assert_eq!(stage.no("Bo", take(false, "")), Because::Conflict);
    assert_eq!(stage.no("Bo", take(true, " ")), Because::Invalid);
    assert_eq!(stage.incident.commander, who("Ada"));
    stage.no("Ada", take(true, "mine"));
    let events = stage.ok("Bo", take(true, "no answer for ten minutes"));
    assert!(
        matches!(&events[..], [Event::CommandTransferred { without_outgoing_brief: true, reason, .. }] if reason == "no answer for ten minutes")
    );
    assert_eq!(stage.incident.commander, who("Bo"));
    // Who has been offered command may say «take» too.
    stage.ok("Bo", offer("Cy"));
    stage.ok("Cy", take(false, ""));
    assert_eq!(stage.incident.commander, who("Cy"));
    stage.aloud("command_take");
}

#[test]
fn the_first_person_takes_at_once_what_a_rule_declared() {
    let mut stage = Stage::of(HOUSE, Kind::Real, false);
    assert_eq!(stage.incident.commander, Person::house());
    stage.no(HOUSE, offer("Ada"));
    stage.no(HOUSE, take(true, "why not"));
    stage.ok("Ada", take(false, ""));
    assert_eq!(stage.incident.commander, who("Ada"));
    assert_eq!(stage.no("Bo", take(false, "")), Because::Conflict);
    stage.aloud("command_house");
}

#[test]
fn the_deputy_who_takes_command_is_deputy_no_more() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("deputy") });
    stage.ok("Bo", take(true, "Ada is offline"));
    assert_eq!(stage.incident.roles_of(&who("Bo")), [Role::ic()]);
    assert_eq!(stage.incident.roles_of(&who("Ada")), []);
}

#[test]
fn the_briefing_is_there_for_whoever_is_to_take_over() {
    let mut stage = Stage::new();
    stage.ok("Ada", Command::SetObjective { text: "Payments work again".into() });
    assert!(stage.reads("Bo", Command::Briefing).contains("Payments work again"));
}

#[test]
fn what_the_briefing_lacks_is_filled_by_the_words_that_it_names() {
    let mut stage = Stage::new();
    let lacks = |stage: &Stage, section: &str| {
        let missing = crate::incident::briefing::missing(&stage.incident, stage.now);
        missing.into_iter().find(|one| one.starts_with(section))
    };
    let risks = "Risks, safety and outlook";
    assert_eq!(lacks(&stage, risks).unwrap(), format!("{risks} (`hazard WHAT COULD GO WRONG`)"));
    stage.ok("Ada", Command::Announce { text: "fail over".into(), is_risky: true, minutes: None });
    assert_eq!(lacks(&stage, risks), None);
    assert!(lacks(&stage, "Resources needed").unwrap().contains("`can SERVICE"));
    let can = Command::Can {
        service: "db".into(),
        conditions: "slow".into(),
        actions: String::new(),
        needs: "somebody who knows it".into(),
    };
    stage.ok("Ada", can);
    assert_eq!(lacks(&stage, "Resources needed"), None);
}

//! Command is a token: one holder at all times, moved by acknowledgement.

use super::*;
use crate::incident::{command::TimerKind, sentence::sentence};

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
fn an_offer_and_its_line_say_in_the_same_words_how_full_the_briefing_is() {
    let mut stage = Stage::new();
    let reply = stage.ask("Ada", &offer("Bo")).unwrap().reply;
    let line = sentence(&stage.ok("Ada", offer("Bo"))[0], &dated);
    let (_, points) = reply.split_once("Bo reads `command briefing` first: ").unwrap();
    let (points, _) = points.split_once('.').unwrap();
    assert!(points.contains(" of the briefing's 11 points ") && line.contains(points), "{reply}\n{line}");
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
fn what_the_briefing_lacks_is_one_line_with_the_words_for_what_matters_most() {
    let mut stage = Stage::new();
    let lacks = |stage: &Stage| {
        let told = crate::incident::briefing::still_empty(&stage.incident, stage.now).unwrap_or_default();
        assert!(!told.contains('\n') && told.matches('`').count() <= 6, "{told}");
        told
    };
    assert_eq!(
        lacks(&stage),
        "Still empty: situation and last reports; priorities and objectives; current plan and tasks; actions under way; \
         resources needed; risks, safety and outlook; communications and links; public information. First of all: \
         `set summary TEXT`, `objective add TEXT`, `hazard WHAT COULD GO WRONG`."
    );
    let told = stage.ask("Ada", &offer("Bo")).unwrap().reply;
    assert!(told.ends_with(&format!("\n{}", lacks(&stage))), "{told}");
    // In the briefing itself stands what there is, and one line for the rest.
    let briefing = stage.reads("Bo", Command::Briefing);
    let lines: Vec<&str> = briefing.lines().collect();
    assert!(lines.len() <= 6 && briefing.ends_with(&lacks(&stage)), "{briefing}");
    assert!(briefing.contains("\n6. Organization: Incident Commander: Ada\n"), "{briefing}");

    stage.ok("Ada", Command::Announce { text: "fail over".into(), is_risky: true, minutes: None });
    assert!(!lacks(&stage).contains("risks, safety") && !lacks(&stage).contains("`hazard"));
    stage.ok("Ada", Command::Summarize { text: "Half of all payments fail".into() });
    stage.ok("Ada", Command::SetObjective { text: "Payments work again".into() });
    assert!(lacks(&stage).ends_with(" First of all: `task add @NAME TEXT`."), "{}", lacks(&stage));
    let can = Command::Can {
        service: "db".into(),
        conditions: "slow".into(),
        actions: String::new(),
        needs: "somebody who knows it".into(),
    };
    assert!(lacks(&stage).contains("resources needed"));
    stage.ok("Ada", can);
    assert!(!lacks(&stage).contains("resources needed"));
}

#[test]
fn an_offer_of_command_to_another_says_that_the_one_before_has_ended() {
    let mut stage = Stage::new();
    stage.ok("Ada", offer("Bo"));
    let told = stage.ask("Ada", &offer("Cy")).unwrap().reply;
    assert!(told.contains("\nThe offer to Bo has ended.\n"), "{told}");
    let again = stage.ask("Ada", &offer("Bo")).unwrap().reply;
    assert!(!again.contains("has ended"), "{again}");
    // Bo reads it too: the end is an entry of its own.
    let lines: Vec<String> = stage
        .ok("Ada", offer("Cy"))
        .iter()
        .map(|event| crate::incident::sentence::sentence(event, &dated))
        .collect();
    assert_eq!(lines.first().map(String::as_str), Some("The offer of command to Bo was withdrawn."));
}

#[test]
fn whoever_offers_command_to_themselves_is_told_that_they_have_it() {
    let mut stage = Stage::new();
    let refusal = stage.ask("Ada", &offer("Ada")).unwrap_err();
    assert_eq!(refusal.to_string(), "You have command already. To pass it on: `command offer NAME`.");
    let unify = Command::Unify { to: who("Ada"), organization: "Acme".into() };
    let refusal = stage.ask("Ada", &unify).unwrap_err();
    assert!(refusal.why == "You have command already." && refusal.instead.contains("`command unify NAME"));
    // Who does not have it is asked by nobody but the one who has.
    assert_eq!(stage.no("Bo", offer("Bo")), Because::Forbidden);
}

#[test]
fn whoever_comes_to_have_command_reads_who_is_next_in_line_or_how_somebody_comes_to_be() {
    let none = "\nNobody is next in line for command: `role offer deputy NAME`.";
    let declared = |policy: &Policy, circle: bool| {
        let declare =
            Declare { restricted: circle, ..Declare::new("Payments fail", Severity::Sev2, Kind::Real) };
        let person = who("Ada");
        let (is_house, is_admin, now) = (false, false, start());
        open(&declare, &Scene { person: &person, is_house, is_admin, now, policy, target: None })
            .unwrap()
            .reply
    };
    let mut stage = Stage::new();
    assert!(declared(&stage.policy, false).ends_with(none));
    stage.ok("Ada", offer("Bo"));
    assert!(stage.ask("Bo", &Command::AcceptCommand).unwrap().reply.ends_with(none));

    stage.policy.alternates = [("ic".to_owned(), vec![who("Ada"), who("Bo"), who("Cy"), who("Di")])].into();
    assert!(declared(&stage.policy, false).ends_with("\nNext in line for command: Bo, then Cy, then Di."));
    assert!(declared(&stage.policy, true).ends_with(none), "nobody else sees it");
    stage.ok("Cy", Command::TakeRole { role: role("deputy") });
    let told = stage.ask("Bo", &Command::AcceptCommand).unwrap().reply;
    assert!(told.ends_with("\nNext in line for command: Cy (Deputy Incident Commander), then Di."), "{told}");
}

#[test]
fn whoever_comes_to_have_command_is_told_that_everything_is_stopped() {
    let mut stage = Stage::new();
    stage.ok("Ada", offer("Bo"));
    stage.ok("Ada", Command::StopActions { reason: "db1 loses writes".into() });
    let told = " Everything is stopped, by Ada at 2026-01-02 12:00 UTC: db1 loses writes. `resume` lets it go on. `next`";
    for (by, command) in [("Bo", Command::AcceptCommand), ("Cy", take(true, "neither answers"))] {
        let reply = stage.ask(by, &command).unwrap().reply;
        assert!(reply.contains(told), "{by}: {reply}");
    }
    stage.ok("Ada", Command::ResumeActions { reason: "it is clean".into() });
    assert!(!stage.ask("Bo", &Command::AcceptCommand).unwrap().reply.contains("Everything is stopped"));
}

#[test]
fn whoever_has_command_is_told_so_as_they_accept_it() {
    let stage = Stage::new();
    assert_eq!(stage.ask("Ada", &Command::AcceptCommand).unwrap_err().why, "You have command already.");
}

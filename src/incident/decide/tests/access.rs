//! Restricted incidents: to whom they are there.

use super::*;

fn restrict() -> Command {
    Command::Restrict { reason: "a customer's data".into() }
}
fn admit(name: &str) -> Command {
    Command::Admit { who: who(name) }
}
fn note() -> Command {
    Command::Note { text: "seen".into(), at: None }
}

#[test]
fn to_whom_it_is_not_shown_it_is_not_there() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.ok("Cy", note());
    stage.no("Cy", restrict());
    stage.ok("Ada", restrict());
    stage.no("Ada", restrict());
    for command in [
        note(),
        Command::Status,
        Command::Crew,
        Command::TakeCommand { force: true, reason: "mine".into() },
        Command::CheckIn { who: None, note: String::new() },
        Command::BreakGlass { reason: "curious".into() },
        Command::OpenUp { reason: String::new() },
        admit("Cy"),
    ] {
        let refusal = stage.ask("Cy", &command).unwrap_err();
        assert_eq!(refusal, Refusal::no_such(stage.incident.id), "{command:?}");
    }
    stage.ok("Bo", note());
    assert!(
        stage.reads("Bo", Command::Crew).ends_with("Restricted by Ada. Besides those above, nobody sees it.")
    );
    stage.no("Bo", admit("Cy"));
    stage.ok("Ada", admit("Cy"));
    stage.no("Ada", admit("Cy"));
    stage.ok("Cy", note());
    assert!(
        stage
            .reads("Ada", Command::Crew)
            .ends_with("Restricted by Ada. Besides those above, only Cy sees it.")
    );
    stage.ok("Ada", Command::Expel { who: who("Cy"), reason: "wrong Cy".into() });
    stage.no("Ada", Command::Expel { who: who("Cy"), reason: String::new() });
    stage.no("Ada", Command::Expel { who: who("Bo"), reason: String::new() });
    assert_eq!(stage.ask("Cy", &note()).unwrap_err().because, Because::NotFound);
    stage.no("Bo", Command::OpenUp { reason: String::new() });
    stage.ok("Ada", Command::OpenUp { reason: "told".into() });
    stage.no("Ada", Command::OpenUp { reason: String::new() });
    stage.no("Ada", admit("Cy"));
    stage.ok("Cy", note());
    stage.aloud("restricted");
}

#[test]
fn nobody_is_given_a_part_in_what_they_may_not_see() {
    let mut stage = Stage::new();
    stage.ok("Ada", restrict());
    stage.ok("Ada", Command::AssignTask { owner: None, text: "look".into(), minutes: None });
    for command in [
        Command::OfferCommand { to: who("Cy") },
        Command::OfferRole { role: role("pio"), to: who("Cy") },
        Command::AssignTask { owner: Some(who("Cy")), text: "look".into(), minutes: None },
        Command::GiveTask { n: 1, owner: Some(who("Cy")), minutes: None },
        Command::CheckIn { who: Some(who("Cy")), note: String::new() },
    ] {
        stage.no("Ada", command);
    }
    stage.ok("Ada", admit("Cy"));
    stage.ok("Ada", Command::GiveTask { n: 1, owner: Some(who("Cy")), minutes: None });
    stage.ok("Cy", Command::ReportTask { n: 1, result: "found".into() });
    stage.ok("Ada", Command::Expel { who: who("Cy"), reason: String::new() });
    let again = stage.ok("Ada", Command::ReopenTask { n: 1, minutes: None, reason: "it is back".into() });
    assert!(
        matches!(&again[..], [Event::TaskReopened { owner: None, .. }]),
        "who was shut out has it not: {again:?}"
    );
    stage.ok("Ada", admit("Cy"));
    stage.ok("Ada", Command::OfferCommand { to: who("Cy") });
    stage.no("Ada", Command::Expel { who: who("Cy"), reason: String::new() });
    stage.ok("Cy", Command::AcceptCommand);
    assert!(stage.incident.may_see(&who("Ada")), "who handed over is still in it");
    stage.aloud("restricted_parts");
}

#[test]
fn who_is_to_be_shut_out_is_told_with_what_keeps_them_in_and_how_that_ends() {
    let expel = |name: &str| Command::Expel { who: who(name), reason: String::new() };
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.ok("Ada", restrict());
    let told = |stage: &Stage, name: &str| stage.ask("Ada", &expel(name)).unwrap_err().to_string();
    assert_eq!(
        told(&stage, "Bo"),
        "Bo is Operations Section Chief of INC-1. Relieve them first: `role relieve ops @bo`."
    );
    assert_eq!(
        told(&stage, "Ada"),
        "Ada has command of INC-1. Hand command over first: `command offer NAME`."
    );
    stage.ok("Ada", admit("Cy"));
    stage.ok("Ada", Command::OfferCommand { to: who("Cy") });
    assert_eq!(
        told(&stage, "Cy"),
        "Cy is offered command of INC-1. Take the offer back first: `command withdraw`."
    );
    stage.ok("Ada", Command::WithdrawCommand);
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Cy")), text: "look".into(), minutes: None });
    assert_eq!(
        stage.ask("Ada", &expel("Cy")).unwrap().reply,
        "Cy no longer sees INC-1. What they have read, they have read. Task #1 is theirs still, out of their sight: `task give \
         1 @NAME` gives it to somebody."
    );
    stage.ok("Ada", expel("Cy"));
    stage.ok("Ada", Command::GiveTask { n: 1, owner: Some(who("Bo")), minutes: None });
}

#[test]
fn what_belongs_together_with_it_no_more_is_told_as_it_is_restricted() {
    let mut stage = Stage::new();
    let (one, other) = (IncidentId::new(Kind::Real, 2), IncidentId::new(Kind::Real, 3));
    stage.incident.children.insert(one, Phase::Investigating);
    let told = |stage: &Stage| stage.ask("Ada", &restrict()).unwrap().reply;
    let end = " Its sub-incident INC-2 goes on by itself, open to everybody: `INC-2 restrict` restricts it as well.";
    assert!(told(&stage).ends_with(end), "{}", told(&stage));
    stage.incident.children.insert(other, Phase::Investigating);
    assert!(told(&stage).contains(" Its sub-incidents INC-2, INC-3 go on by themselves"), "{}", told(&stage));
    stage.incident.parent = Some(IncidentId::new(Kind::Real, 9));
    assert!(told(&stage).contains(" It is no part of INC-9 any more."), "{}", told(&stage));
}

#[test]
fn an_admin_who_breaks_the_glass_gives_a_reason_and_stands_on_the_timeline() {
    let mut stage = Stage::new();
    stage.no("Root", Command::BreakGlass { reason: "why not".into() });
    stage.ok("Ada", restrict());
    assert_eq!(stage.ask("Root", &note()).unwrap_err(), Refusal::no_such(stage.incident.id));
    stage.no("Root", Command::BreakGlass { reason: " ".into() });
    let events = stage.ok("Root", Command::BreakGlass { reason: "Ada is on a plane".into() });
    assert_eq!(events, [Event::GlassBroken { reason: "Ada is on a plane".into() }]);
    stage.ok("Root", note());
    stage.no("Root", Command::Retitle { title: "mine".into() });
    stage.policy.reserved.break_glass = ["cy".to_owned()].into();
    stage.ok("Cy", Command::BreakGlass { reason: "of the security group".into() });
    stage.aloud("break_glass");
}

#[test]
fn who_declares_it_restricted_is_alone_in_it() {
    let (ada, policy) = (who("Ada"), Policy::default());
    let declare = Declare {
        restricted: true,
        ..Declare::new("Somebody of ours leaks data", Severity::Sev1, Kind::Real)
    };
    let scene =
        Scene { person: &ada, is_house: false, is_admin: false, now: start(), policy: &policy, target: None };
    let decision = open(&declare, &scene).unwrap();
    let events: Vec<_> = decision.events.into_iter().map(|happened| happened.event).collect();
    assert!(events.contains(&Event::Restricted { people: vec![ada], reason: String::new() }), "{events:?}");
    assert!(decision.reply.contains("Only you see it"), "{}", decision.reply);
}

#[test]
fn what_not_the_same_people_see_is_not_merged() {
    let mut stage = Stage::new();
    let merge = |is_restricted| Command::Merge {
        into: IncidentId::new(Kind::Real, 2),
        other: Some(crate::incident::command::MergeFacts {
            commander: who("Ada"),
            severity: Severity::Sev2,
            phase: Phase::Investigating,
            is_restricted,
            seen_by: None,
        }),
        reason: String::new(),
    };
    stage.no("Ada", merge(true));
    stage.ok("Ada", restrict());
    stage.no("Ada", merge(false));
    stage.ok("Ada", merge(true));
    stage.aloud("restricted_merge");
}

//! Who only reads along, what the house may, and what belongs to exercises.

use super::*;

#[test]
fn who_reads_along_says_nothing_until_given_a_part() {
    for slug in ["observer", "trainee"] {
        let mut stage = Stage::new();
        stage.ok("Bo", Command::TakeRole { role: role(slug) });
        stage.ok("Bo", Command::CheckIn { who: None, note: String::new() });
        assert!(!stage.reads("Bo", Command::Status).is_empty());
        for command in [
            Command::Note { text: "I think".into(), at: None },
            Command::TakeCommand { force: true, reason: "I can".into() },
            Command::Severity { to: Severity::Sev1, reason: String::new() },
            posts::draft("Hello."),
            Command::AssignTask { owner: None, text: "x".into(), minutes: None },
            Command::Can {
                service: "db".into(),
                conditions: "x".into(),
                actions: String::new(),
                needs: String::new(),
            },
        ] {
            assert_eq!(stage.no("Bo", command), Because::Forbidden, "{slug}");
        }
        stage.ok("Ada", Command::OfferRole { role: role("sme:db"), to: who("Bo") });
        stage.ok("Bo", Command::AcceptRole { role: None });
        stage.ok("Bo", Command::Note { text: "I know".into(), at: None });
        stage.aloud(&format!("rights_{slug}"));
    }
}

#[test]
fn who_may_not_is_told_whom_to_ask_and_nothing_that_is_refused_as_well() {
    let period = Command::StartPeriod { minutes: 60, emphasis: String::new() };
    let told = |stage: &Stage, by: &str| stage.ask(by, &period).unwrap_err().instead;
    let mut stage = Stage::new();
    let take = " If nobody answers: `command take --force REASON`.";
    assert_eq!(told(&stage, "Bo"), format!("Ask Ada (Incident Commander).{take}"));
    // Whoever has a part that may, not whatever part there could be; three of them at most.
    stage.ok("Ada", Command::OfferRole { role: role("planning"), to: who("Cy") });
    stage.ok("Cy", Command::AcceptRole { role: None });
    stage.ok("Cy", Command::TakeRole { role: role("scribe") });
    let two = "Ask Ada (Incident Commander) or Cy (Planning Section Chief).";
    assert_eq!(told(&stage, "Bo"), format!("{two}{take}"));
    for name in ["Di", "Ed"] {
        stage.ok(name, Command::TakeRole { role: role("deputy") });
    }
    let told_of_three = told(&stage, "Bo");
    assert!(told_of_three.contains("Cy (Planning Section Chief) or Di (Deputy Incident Commander)."));
    assert!(!told_of_three.contains("Ed ("), "{told_of_three}");
    // Who only reads along is not sent to do what they may not do either; nor is who is in none of the groups.
    stage.ok("Bo", Command::TakeRole { role: role("observer") });
    assert!(!told(&stage, "Bo").contains("take"), "{}", told(&stage, "Bo"));
    let note = Command::Note { text: "I think".into(), at: None };
    assert_eq!(
        stage.ask("Bo", &note).unwrap_err().instead,
        "To take part, give that up first: `role release observer`."
    );
    stage.policy.reserved.command = Some(["ada".to_owned()].into());
    assert!(!told(&stage, "Zoe").contains("take"), "{}", told(&stage, "Zoe"));
    let stage = Stage::of(HOUSE, Kind::Real, false);
    assert_eq!(told(&stage, "Bo"), "Nobody is in command: `take`.");
}

#[test]
fn nobody_is_sent_to_take_command_of_what_is_over() {
    let take = Command::TakeCommand { force: true, reason: "nobody answers".into() };
    let reopen = Command::Enter { phase: Phase::Investigating, reason: "it fails again".into() };
    let assign = Command::AssignTask { owner: Some(who("Cy")), text: "Roll back".into(), minutes: None };
    for ending in [Phase::Cancelled, Phase::Closed] {
        let mut stage = Stage::new();
        if ending == Phase::Closed {
            stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "rolled back".into() });
        }
        let told = stage.ask("Bo", &reopen).unwrap_err().instead;
        assert!(told.ends_with("If nobody answers: `command take --force REASON`."), "{told}");
        stage.ok("Ada", Command::Enter { phase: ending, reason: "a false alarm".into() });
        assert_eq!(stage.no("Bo", take.clone()), Because::Conflict, "{ending}");
        for command in [&reopen, &assign] {
            let told = stage.ask("Bo", command).unwrap_err().instead;
            assert!(!told.contains("take"), "{ending}: {told}");
        }
    }
    let mut unled = Stage::of(HOUSE, Kind::Real, true);
    unled.incident.phase = Phase::Cancelled;
    let told = unled.ask("Bo", &reopen).unwrap_err().instead;
    assert!(told.starts_with("Nobody is in command. It is for: "), "{told}");
}

#[test]
fn who_may_not_approve_is_told_all_that_they_are_and_not_to_take_command_for_it() {
    let mut stage = Stage::new();
    for slug in ["ops", "pio"] {
        stage.ok("Ben", Command::TakeRole { role: role(slug) });
    }
    stage.ok("Ben", posts::draft("We are on it."));
    let approve = Command::Approve { n: 1, alone: None };
    assert_eq!(
        stage.ask("Ben", &approve).unwrap_err().to_string(),
        "Ben may not approve a public update as Operations Section Chief or Public Information Officer. Who wrote update 1 is \
         not who approves it. Ask Ada (Incident Commander)."
    );
    // Nor is a stranger sent to take command for what can wait until it is asked for.
    let redact = Command::Redact { target: 1, reason: "a name".into() };
    for command in [approve, redact] {
        let refusal = stage.ask("Zoe", &command).unwrap_err();
        assert!(refusal.instead.starts_with("Ask Ada") && !refusal.instead.contains("take"), "{refusal}");
    }
}

#[test]
fn who_may_confirm_and_not_make_it_smaller_is_told_to_confirm_it_as_it_stands_first() {
    let confirm = Command::Confirm { severity: Some(Severity::Sev2) };
    let stage = |by: &str, barred: bool| {
        let mut stage = Stage::of(by, Kind::Real, true);
        if by != HOUSE {
            stage.ok(by, Command::Severity { to: Severity::Sev1, reason: "wide".into() });
        }
        if barred {
            stage.policy.reserved.declare = Some(["ada".to_owned()].into());
        }
        stage
    };
    let mut barred = stage("Fay", true);
    assert_eq!(
        barred.ask("Ada", &confirm).unwrap_err().to_string(),
        "Ada may not lower the severity without a role here. Confirm it as SEV1, as it stands: `confirm`. You have command \
         then: `severity sev2`."
    );
    barred.ok("Ada", Command::Confirm { severity: None });
    barred.ok("Ada", Command::Severity { to: Severity::Sev2, reason: "not so wide".into() });
    let told = stage("Fay", false).ask("Ada", &confirm).unwrap_err().instead;
    assert!(told.ends_with("`confirm`. Fay has command then and may lower it: `severity sev2`."), "{told}");
    let smaller = Command::Confirm { severity: Some(Severity::Sev4) };
    let told = stage(HOUSE, false).ask("Ada", &smaller).unwrap_err().instead;
    assert!(told.ends_with("`confirm`. Then `take`, and lower it: `severity sev4`."), "{told}");
}

#[test]
fn who_does_not_answer_is_followed_by_whoever_was_asked_without_force() {
    let mut stage = Stage::new();
    stage.policy.silence_minutes = [10; 5];
    for minutes in [10, 5] {
        stage.later(minutes);
        stage.ok(HOUSE, Command::Timer(crate::incident::command::TimerKind::Silence));
    }
    let close = Command::Enter { phase: Phase::Closed, reason: String::new() };
    assert_eq!(
        stage.ask("Bo", &close).unwrap_err().instead,
        "Ask Ada (Incident Commander). The commander does not answer: `command take`."
    );
    stage.ok("Bo", Command::TakeCommand { force: false, reason: String::new() });
}

#[test]
fn a_triage_card_is_lifted_to_an_incident_only_by_who_may_declare_one() {
    let confirm = |severity| Command::Confirm { severity };
    let mut stage = Stage::of(HOUSE, Kind::Real, true);
    stage.policy.reserved.declare = Some(["bo".to_owned()].into());
    stage.policy.reserved.groups = [("declare", vec!["sre".to_owned(), "leads".to_owned()])].into();
    stage.ok("Dee", Command::TakeCommand { force: false, reason: String::new() });
    for severity in [None, Some(Severity::Sev1), Some(Severity::Sev4)] {
        assert_eq!(stage.no("Dee", confirm(severity)), Because::Forbidden, "{severity:?}");
    }
    assert_eq!(
        stage.ask("Dee", &confirm(None)).unwrap_err().to_string(),
        "Dee is in none of the groups that may confirm what is in triage here: sre, leads. Ask somebody who is in one of \
         them."
    );
    stage.ok("Bo", confirm(Some(Severity::Sev1)));
    assert_eq!(stage.incident.phase, Phase::Investigating);
}

#[test]
fn a_suspicion_may_be_told_by_whoever_may_not_declare() {
    let reserved = Reserved { declare: Some(["bo".to_owned()].into()), ..Reserved::default() };
    let policy = Policy { reserved, ..Policy::default() };
    let declare = Declare::new("Payments fail", Severity::Sev1, Kind::Real);
    let refused = Stage::declared_under(policy.clone(), "Dee", &declare).err().map(|refusal| refusal.because);
    assert_eq!(refused, Some(Because::Forbidden));
    let suspected = Declare { triage: true, ..declare };
    assert_eq!(Stage::declared_under(policy, "Dee", &suspected).unwrap().incident.phase, Phase::Triage);
}

#[test]
fn who_may_not_declare_has_no_command_of_what_they_noticed_once_another_has_confirmed_it() {
    let confirm = Command::Confirm { severity: Some(Severity::Sev1) };
    let stage = |declare: Option<&str>, command: Option<&str>| {
        let mut stage = Stage::of("Fay", Kind::Real, true);
        let only = |name: Option<&str>| name.map(|name| [name.to_owned()].into());
        stage.policy.reserved =
            Reserved { declare: only(declare), command: only(command), ..Reserved::default() };
        stage
    };
    for command in [Some("ada"), None] {
        let mut stage = stage(Some("ada"), command);
        let told = stage.ask("Ada", &confirm).unwrap().reply;
        assert!(
            told.starts_with(
                "INC-1 is declared as SEV1. Ada has command: Fay, who noticed it, is in none of the groups that may \
                 declare an incident. `next` says what is due."
            ),
            "{told}"
        );
        stage.ok("Ada", confirm.clone());
        assert_eq!(stage.incident.commander, who("Ada"));
        let resolve = Command::Enter { phase: Phase::Resolved, reason: "it is over".into() };
        assert_eq!(stage.no("Fay", resolve), Because::Forbidden);
    }
    // Who may declare has command of what they declare; and so has who may have it without.
    for (declare, command) in [(None, None), (None, Some("ada")), (Some("ada"), Some("fay"))] {
        let mut stage = stage(declare, command);
        assert_eq!(
            stage.ask("Ada", &confirm).unwrap().reply,
            "INC-1 is declared as SEV1. Fay has command.",
            "{declare:?} {command:?}"
        );
        stage.ok("Ada", confirm.clone());
        assert_eq!(stage.incident.commander, who("Fay"));
    }
    let told = Stage::of(HOUSE, Kind::Real, true).ask("Ada", &confirm).unwrap().reply;
    assert_eq!(told, "INC-1 is declared as SEV1. Nobody is in command: `take`.");
}

#[test]
fn nobody_is_made_deputy_who_may_not_have_command() {
    let mut stage = Stage::new();
    stage.policy.reserved.command = Some(["bo".to_owned()].into());
    let deputy = |name: &str| Command::OfferRole { role: role("deputy"), to: who(name) };
    assert_eq!(stage.no("Ada", deputy("Dee")), Because::Forbidden);
    assert_eq!(stage.no("Dee", Command::TakeRole { role: role("deputy") }), Because::Forbidden);
    stage.ok("Ada", Command::OfferRole { role: role("pio"), to: who("Dee") });
    stage.ok("Ada", deputy("Bo"));
    stage.aloud("rights_deputy");
}

#[test]
fn the_house_does_its_own_work_and_nobody_else_s() {
    let mut stage = Stage::new();
    for command in [
        Command::Enter { phase: Phase::Resolved, reason: "quiet".into() },
        Command::Enter { phase: Phase::Cancelled, reason: "quiet".into() },
        posts::draft("Hello."),
        Command::Publish { n: 1 },
        Command::TakeRole { role: role("ops") },
        Command::Severity { to: Severity::Sev1, reason: String::new() },
    ] {
        assert_eq!(stage.no(HOUSE, command), Because::Forbidden);
    }
    stage.ok(HOUSE, Command::Note { text: "The webhook is quiet".into(), at: None });
    for command in [
        Command::Delivered { post: 1, destination: "x".into(), result: Ok(None) },
        Command::Endex { reason: "enough".into() },
        Command::Timer(crate::incident::command::TimerKind::FirstUpdateDue),
    ] {
        assert_eq!(stage.no("Ada", command), Because::Forbidden, "not even the commander");
    }
    let delivered = Command::Delivered { post: 1, destination: "x".into(), result: Ok(None) };
    assert_eq!(stage.no(HOUSE, delivered), Because::NotFound);
    stage.aloud("rights_house");
}

#[test]
fn an_exercise_stays_in_its_own_incident() {
    let inject = || Command::Inject {
        id: "I1".into(),
        from: "Customer".into(),
        to: "PIO".into(),
        text: "What is going on?".into(),
    };
    for kind in [Kind::Real, Kind::Test] {
        let mut stage = Stage::of("Ada", kind, false);
        for command in [
            inject(),
            Command::Observe { text: "They are calm".into() },
            Command::Endex { reason: "enough".into() },
        ] {
            assert_eq!(stage.no(HOUSE, command), Because::Conflict);
        }
        stage.aloud(&format!("exercise_in_{}", kind.word()));
    }
    let mut drill = Stage::of("Ada", Kind::Drill, false);
    drill.ok(HOUSE, inject());
    drill.ok(HOUSE, Command::Endex { reason: "enough".into() });
    assert_eq!(drill.incident.phase, Phase::Closed);
    drill.ok(HOUSE, Command::Observe { text: "They were calm".into() });
}

/// In real incidents only: anybody may rehearse.
#[test]
fn a_right_that_is_reserved_to_groups_is_refused_to_everybody_else() {
    let reserve = |stage: &mut Stage| {
        let bo = || Some(["bo".to_owned()].into());
        stage.policy.reserved =
            Reserved { declare: bo(), command: bo(), publish: bo(), ..Reserved::default() };
    };
    let take = |person: &str| Command::TakeCommand { force: true, reason: format!("{person} is here") };
    let mut stage = Stage::new();
    reserve(&mut stage);
    assert_eq!(stage.no("Cy", take("Cy")), Because::Forbidden);
    assert_eq!(stage.no("Ada", Command::OfferCommand { to: who("Cy") }), Because::Forbidden);
    stage.ok("Cy", super::posts::draft("We are on it."));
    assert_eq!(
        stage.no("Ada", Command::Approve { n: 1, alone: None }),
        Because::Forbidden,
        "even who commands"
    );
    stage.ok("Ada", Command::OfferCommand { to: who("Bo") });
    stage.ok("Bo", Command::AcceptCommand);
    stage.ok("Bo", Command::Approve { n: 1, alone: None });

    let declare = |by: &str, kind: Kind, is_house: bool| {
        let (person, declare) = (who(by), super::super::Declare::new("Payments fail", Severity::Sev2, kind));
        let scene = Scene {
            person: &person,
            is_house,
            is_admin: false,
            now: start(),
            policy: &stage.policy,
            target: None,
        };
        open(&declare, &scene).is_ok()
    };
    assert!(declare("Bo", Kind::Real, false) && declare(HOUSE, Kind::Real, true));
    assert!(!declare("Ada", Kind::Real, false) && declare("Ada", Kind::Test, false));
}

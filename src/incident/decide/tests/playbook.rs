//! Playbooks: what begins them, whose a step is, and that a step that repeats comes again.

use super::*;
use crate::incident::{
    command::{SituationFacts, TimerKind},
    event::Owed,
    next,
    play::{Step, When},
    state::StepState,
};

fn step(id: &str, of: &str, say: Option<&str>) -> Step {
    Step {
        id: id.into(),
        role: role(of),
        text: format!("Do {id}"),
        say: say.map(str::to_owned),
        when: When::default(),
        approve: None,
        every_minutes: None,
    }
}

fn site_down() -> Playbook {
    Playbook {
        id: "site-down".into(),
        title: "The site does not answer".into(),
        alert: None,
        severity: Some(Severity::Sev1),
        steps: vec![
            step("P1", "ic", Some("command take")),
            step("P2", "pio", Some("update draft …")),
            step("P3", "ops", None),
            Step { approve: Some(role("pio")), ..step("P4", "ops", None) },
            Step { every_minutes: Some(20), ..step("P5", "ops", None) },
            Step {
                when: When { phase: Some(Phase::Monitoring), ..When::default() },
                ..step("P6", "ic", None)
            },
        ],
    }
}

fn for_alerts() -> Playbook {
    Playbook {
        id: "disks".into(),
        title: "Disks".into(),
        alert: Some("Disk full*".into()),
        severity: None,
        steps: vec![step("P1", "ops", None)],
    }
}

fn by_hand() -> Playbook {
    Playbook { id: "calm".into(), severity: None, ..site_down() }
}

fn declared(severity: Severity) -> Stage {
    let policy = Policy { playbooks: vec![site_down(), for_alerts(), by_hand()], ..Policy::default() };
    Stage::declared_under(policy, "Ada", &Declare::new("Payments fail", severity, Kind::Real)).unwrap()
}

fn begun(stage: &Stage) -> Vec<&str> {
    stage.incident.plays.iter().map(|play| play.playbook.id.as_str()).collect()
}

fn tick(step: &str) -> Command {
    Command::TickStep { step: step.into(), result: String::new() }
}

fn state(stage: &Stage, step: &str) -> StepState {
    stage.incident.steps_named(step)[0].progress.state
}

fn disks() -> SituationFacts {
    SituationFacts {
        id: 1,
        title: "Disk full on db1".into(),
        firing: 1,
        total: 1,
        ..SituationFacts::default()
    }
}

#[test]
fn a_playbook_begins_by_itself_once_as_soon_as_an_incident_is_what_it_is_for() {
    assert_eq!(begun(&declared(Severity::Sev1)), ["site-down"]);
    let mut stage = declared(Severity::Sev2);
    assert!(begun(&stage).is_empty());
    stage.ok("Ada", Command::Severity { to: Severity::Sev1, reason: String::new() });
    assert_eq!(begun(&stage), ["site-down"]);
    stage.ok("Ada", Command::Severity { to: Severity::Sev3, reason: String::new() });
    stage.ok("Ada", Command::Severity { to: Severity::Sev1, reason: String::new() });
    assert_eq!(begun(&stage), ["site-down"], "once");
    stage.ok("Bo", Command::LinkSituation { situation: 1, facts: Some(disks()) });
    assert_eq!(begun(&stage), ["site-down", "disks"]);
    // Of the same step ids, each is named with its playbook.
    assert_eq!(stage.no("Ada", tick("P1")), Because::Invalid);
    stage.ok("Ada", tick("disks/p1"));
    assert_eq!(state(&stage, "disks/P1"), StepState::Done);
    assert_eq!(state(&stage, "site-down/P1"), StepState::Open);

    let triage = Declare { triage: true, ..Declare::new("Perhaps", Severity::Sev1, Kind::Real) };
    let mut stage = Stage::declared_under(stage.policy, "Ada", &triage).unwrap();
    assert!(begun(&stage).is_empty(), "a suspicion is no incident yet");
    stage.ok("Ada", Command::Confirm { severity: None });
    assert_eq!(begun(&stage), ["site-down"]);
    let check = Declare::new("Check", Severity::Sev1, Kind::Test);
    let stage = Stage::declared_under(stage.policy, "Ada", &check).unwrap();
    assert!(begun(&stage).is_empty(), "a check of the installation needs no checklist");
}

#[test]
fn a_rule_names_a_playbook_by_its_id_and_anything_else_stands_as_before() {
    let policy = Policy { playbooks: vec![site_down(), by_hand()], ..Policy::default() };
    let by_rule = |playbook: &str, severity| {
        let bare = Declare::new("Payments fail", severity, Kind::Real);
        let declare = Declare { playbook: Some(playbook.into()), ..bare };
        Stage::declared_under(policy.clone(), HOUSE, &declare).unwrap()
    };
    assert_eq!(begun(&by_rule("calm", Severity::Sev3)), ["calm"]);
    assert_eq!(
        begun(&by_rule("site-down", Severity::Sev1)),
        ["site-down"],
        "named and fitting, it begins once"
    );
    let linked = by_rule("https://wiki.example.org/x", Severity::Sev3);
    assert!(begun(&linked).is_empty());
    assert_eq!(linked.incident.links[0].url, "https://wiki.example.org/x");
    assert_eq!(by_rule("ask Bo", Severity::Sev3).incident.notes, 1);
}

#[test]
fn a_step_is_for_its_role_and_for_who_leads_and_an_approval_for_its_role_alone() {
    let mut stage = declared(Severity::Sev1);
    for (name, slug) in [("Bo", "pio"), ("Cy", "ops"), ("Di", "observer"), ("Ed", "sme:db")] {
        stage.ok("Ada", Command::OfferRole { role: role(slug), to: who(name) });
        stage.ok(name, Command::AcceptRole { role: None });
    }
    assert_eq!(stage.no("Ed", tick("P2")), Because::Forbidden);
    assert_eq!(stage.no("Di", tick("P2")), Because::Forbidden);
    assert_eq!(stage.no("Fay", tick("P3")), Because::Forbidden);
    stage.ok("Bo", tick("P2"));
    stage.ok("Cy", Command::UndoStep { step: "P2".into() });
    assert_eq!(state(&stage, "P2"), StepState::Open);
    stage.no("Cy", Command::UndoStep { step: "P2".into() });
    stage.ok("Ada", tick("p2"));
    stage.no("Bo", tick("P2"));
    // Who leads may not approve in the place of whoever has to.
    assert_eq!(stage.no("Ada", tick("P4")), Because::Forbidden);
    assert_eq!(
        stage.no("Cy", Command::SkipStep { step: "P4".into(), reason: "late".into() }),
        Because::Forbidden
    );
    stage.ok("Bo", Command::TickStep { step: "P4".into(), result: "reads well".into() });
    stage.no("Cy", Command::SkipStep { step: "P3".into(), reason: " ".into() });
    stage.ok("Cy", Command::SkipStep { step: "P3".into(), reason: "one layer only".into() });
    assert_eq!(state(&stage, "P3"), StepState::Skipped);
    // What is asked for later only is not to be ticked now.
    assert_eq!(stage.no("Ada", tick("P6")), Because::Conflict);
    stage.ok("Ada", Command::Enter { phase: Phase::Monitoring, reason: String::new() });
    stage.ok("Ada", tick("P6"));
    stage.no("Ada", tick("P9"));
    stage.no("Ada", Command::BeginPlaybook { id: "site-down".into() });
    stage.no("Ada", Command::BeginPlaybook { id: "fire".into() });
    stage.ok("Fay", Command::BeginPlaybook { id: "Calm".into() });
    stage.no("Ada", tick("P1"));
    stage.aloud("playbooks");
    insta::assert_snapshot!(stage.reads("Fay", Command::Steps));
    insta::assert_snapshot!(stage.reads("Fay", Command::Playbooks));
}

#[test]
fn next_offers_the_steps_of_ones_own_roles_and_the_commander_those_of_nobody() {
    let mut stage = declared(Severity::Sev1);
    let due = |stage: &Stage, name: &str| -> Vec<String> {
        let lines = next::due(&stage.incident, &who(name), &stage.policy, stage.now);
        lines.into_iter().filter(|line| line.contains("`playbook ")).collect()
    };
    assert_eq!(
        due(&stage, "Ada"),
        [
            "P1: Do P1. `playbook run P1` says «command take».",
            "P2: Do P2. `playbook run P2 WORDS` says «update draft …»."
        ]
    );
    assert!(due(&stage, "Bo").is_empty());
    stage.ok("Bo", Command::TakeRole { role: role("pio") });
    assert!(due(&stage, "Bo")[0].starts_with("P2: "));
    stage.ok("Ada", tick("P1"));
    assert_eq!(due(&stage, "Ada")[0], "P3: Do P3. When it is done: `playbook done P3`.");
}

#[test]
fn a_step_that_repeats_is_open_again_in_its_time_and_never_in_the_quiet_or_after_the_end() {
    let due = || Command::Timer(TimerKind::StepDue { playbook: "site-down".into(), step: "P5".into() });
    let mut stage = declared(Severity::Sev1);
    assert!(stage.ok(HOUSE, due()).is_empty(), "it was never done");
    stage.ok("Ada", tick("P5"));
    stage.later(19);
    assert!(stage.ok(HOUSE, due()).is_empty());
    stage.later(1);
    stage.ok("Ada", Command::Quiet { minutes: 30 });
    assert!(stage.ok(HOUSE, due()).is_empty());
    stage.later(30);
    let again = stage.ok(HOUSE, due());
    assert!(
        matches!(&again[..], [Event::StepReopened { due_for, .. }] if due_for[0].name == "Ada"),
        "{again:?}"
    );
    assert!(stage.ok(HOUSE, due()).is_empty(), "what is open comes no second time");
    stage.ok("Ada", tick("P5"));
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "it is back".into() });
    stage.later(60);
    assert!(stage.ok(HOUSE, due()).is_empty());
    assert_eq!(state(&stage, "P5"), StepState::Done);
}

#[test]
fn what_a_step_says_is_said_only_by_who_may_tick_it_and_with_nothing_left_blank() {
    let stage = declared(Severity::Sev1);
    let said = |name: &str, step: &str, given: &str| {
        let person = who(name);
        let scene = Scene {
            person: &person,
            is_house: false,
            is_admin: false,
            now: stage.now,
            policy: &stage.policy,
            target: None,
        };
        to_say(&stage.incident, step, given, &scene).map_err(|refusal| refusal.because)
    };
    assert_eq!(said("Ada", "P1", ""), Ok("command take".into()));
    assert_eq!(said("Ada", "P2", "We look."), Ok("update draft We look.".into()));
    assert_eq!(said("Ada", "P2", " "), Err(Because::Invalid));
    assert_eq!(said("Ada", "P3", ""), Err(Because::Invalid));
    assert_eq!(said("Bo", "P1", ""), Err(Because::Forbidden));
    assert!(is_so(
        &stage.incident,
        &Command::TakeCommand { force: false, reason: String::new() },
        &who("Ada")
    ));
}

#[test]
fn steps_that_are_due_again_are_said_with_what_else_is_due_and_wait_in_a_quiet() {
    let mut stage = declared(Severity::Sev1);
    stage.policy.playbooks[1].steps[0].every_minutes = Some(20);
    stage.ok("Bo", Command::LinkSituation { situation: 1, facts: Some(disks()) });
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    let step =
        |playbook: &str, step: &str| TimerKind::StepDue { playbook: playbook.into(), step: step.into() };
    let task = Command::AssignTask { owner: Some(who("Cy")), text: "Look".into(), minutes: Some(20) };
    stage.ok("Ada", task);
    let late = TimerKind::TaskDue { n: 1, due_at: stage.incident.task(1).unwrap().due_at.unwrap() };
    let due = vec![step("site-down", "P5"), step("disks", "P1"), late.clone()];
    stage.ok("Ada", tick("P5"));
    stage.later(20);
    let one = stage.ask(HOUSE, &Command::Remind(due.clone())).unwrap();
    assert_eq!(
        one.reply,
        "Task #1 (Cy) is late. Ada: ask how it goes. Step P5 of site-down is due again. Bo: Do P5."
    );
    stage.ok("Bo", tick("disks/P1"));
    stage.later(20);
    let events = stage.ok(HOUSE, Command::Remind(due.clone()));
    let [Event::StepReopened { .. }, Event::StepReopened { .. }, last] = &events[1..] else {
        panic!("{events:?}")
    };
    assert!(
        matches!(last, Event::Reminded { what, of, .. } if of == &[Owed::Late]
            && what.ends_with("Steps P5 of site-down (Bo), P1 of disks (Bo) are due again: `playbook`.")),
        "{last:?}"
    );
    assert_eq!((state(&stage, "P5"), state(&stage, "disks/P1")), (StepState::Open, StepState::Open));
    // By itself it has a line of its own; in a quiet it waits.
    stage.ok("Bo", tick("P5"));
    stage.later(20);
    stage.ok("Ada", Command::Quiet { minutes: 30 });
    assert!(stage.ok(HOUSE, Command::Remind(due.clone())).is_empty());
    stage.later(30);
    assert!(matches!(stage.ok(HOUSE, Command::Remind(due)).as_slice(), [Event::StepReopened { .. }]));
}

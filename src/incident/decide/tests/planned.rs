//! Planned work: its own kind of incident, with a time of its own, that wakes nobody.

use super::*;
use crate::{
    incident::{
        command::{DraftText, PlanText, TimerKind, Whom},
        paging::{Escalation, Means, Step, Target},
        play::Playbook,
    },
    post::{PublicPhase, standing_approval},
};

fn clock(hour: u32) -> StatedTime {
    StatedTime::TimeOfDay(chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
}

fn at(hour: u32) -> DateTime<Utc> {
    start().date_naive().and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

/// From 14:00 to 16:00; it is 12:00.
fn plan() -> PlanText {
    PlanText {
        from: Some(clock(14)),
        until: Some(clock(16)),
        services: vec!["db".into(), " db ".into(), "api".into()],
        text: "Checkout is slow meanwhile.".into(),
        ..PlanText::default()
    }
}

fn planned(plan: PlanText) -> Declare {
    Declare { plan: Some(plan), ..Declare::new("db upgrade", None, Kind::Planned) }
}

fn work() -> Stage {
    Stage::declared("Ada", &planned(plan())).unwrap()
}

fn enter(phase: Phase, reason: &str) -> Command {
    Command::Enter { phase, reason: reason.into() }
}

fn begins() -> Command {
    Command::Timer(TimerKind::WorkBegins { at: at(14) })
}

fn draft(phase: Option<PublicPhase>) -> Command {
    Command::Draft(DraftText {
        text: "Checkout is slow from 14:00 to 16:00.".into(),
        phase,
        ..DraftText::default()
    })
}

#[test]
fn the_status_of_planned_work_says_its_time_and_no_severity() {
    let stage = work();
    let told = crate::incident::briefing::status(&stage.incident, stage.now, &Policy::default());
    let head = told.lines().next().unwrap();
    assert!(head.contains("planned work from ") && head.contains(" 14:00 UTC to "), "{head}");
    assert!(!told.contains("SEV"), "{told}");
}

#[test]
fn work_is_planned_for_a_time_ahead_and_begins_and_is_late_by_its_own_clock() {
    let mut stage = work();
    assert_eq!((stage.incident.id.to_string().as_str(), stage.incident.phase), ("MAINT-1", Phase::Scheduled));
    let plan = stage.incident.plan.clone().unwrap();
    assert_eq!((plan.span.from, plan.span.until), (at(14), at(16)));
    assert_eq!(plan.services, ["db", "api"]);
    assert_eq!(stage.incident.summary, "Checkout is slow meanwhile.");
    assert_eq!(stage.ok(HOUSE, begins()), [], "not before its time");
    stage.later(120);
    let reason = "its time has come".to_owned();
    let begun = Event::PhaseChanged { from: Phase::Scheduled, to: Phase::InProgress, reason };
    assert_eq!(stage.ok(HOUSE, begins()), [begun]);
    assert_eq!(stage.ok(HOUSE, begins()), [], "once");

    let ends = |hour| Command::Timer(TimerKind::WorkEnds { at: at(hour) });
    assert_eq!(stage.ok(HOUSE, ends(16)), []);
    stage.later(120);
    let told = stage.ok(HOUSE, ends(16));
    assert!(
        matches!(&told[..], [Event::Reminded { what, .. }] if what.starts_with("Ada: the work was to be over")),
        "{told:?}"
    );
    stage.later(30);
    stage.ok("Ada", Command::ExtendWork { minutes: 30 });
    assert_eq!(
        stage.incident.plan.as_ref().unwrap().span.until,
        at(17),
        "from now on, as it is late already"
    );
    assert_eq!(stage.ok(HOUSE, ends(16)), [], "that end is no more");
    stage.ok("Ada", enter(Phase::Completed, "all replicas are upgraded"));
    stage.later(60);
    assert_eq!(stage.ok(HOUSE, ends(17)), [], "what is done is not late");
    stage.ok("Ada", enter(Phase::InProgress, "one replica was forgotten"));
    let told = stage.ok(HOUSE, ends(17));
    assert!(matches!(&told[..], [Event::Reminded { .. }]), "what goes on again is late again: {told:?}");
    stage.ok("Ada", enter(Phase::Completed, "that one too"));
    stage.ok("Ada", enter(Phase::Closed, ""));
    assert_eq!(
        stage.no("Ada", enter(Phase::Investigating, "it broke")),
        Because::Conflict,
        "it is over for good"
    );
    stage.aloud("planned_over");
}

#[test]
fn work_wakes_nobody_and_owes_nothing_that_an_outage_owes() {
    let to = vec![Target::Person(who("Bo"))];
    let all = Severity::ALL.to_vec();
    let escalation = Escalation {
        name: "usual".into(),
        severities: all,
        steps: vec![Step { to, after_minutes: 5 }],
        rounds: 1,
        again_minutes: 5,
    };
    let playbook: Playbook = serde_json::from_value(serde_json::json!(
        {"id": "usual", "title": "Usual", "severity": "sev5", "steps": [{"id": "P1", "role": "ic", "text": "Say so"}]}
    ))
    .unwrap();
    let policy = Policy {
        paging: Means { escalations: vec![escalation], ..Means::default() },
        playbooks: vec![playbook],
        silence_minutes: [1; 5],
        can_minutes: [1; 5],
        roles_minutes: [1; 5],
        exec_update_minutes: [1; 5],
        first_post_minutes: [1; 5],
        public_update_minutes: [1; 5],
        ..Policy::default()
    };
    let mut stage = Stage::declared_under(policy, "Ada", &planned(plan())).unwrap();
    assert!(stage.incident.pagings.is_empty() && stage.incident.plays.is_empty());
    stage.ok("Ada", enter(Phase::InProgress, ""));
    stage.later(600);
    for timer in [
        TimerKind::Silence,
        TimerKind::ReportsDue,
        TimerKind::RolesDue,
        TimerKind::ExecutiveDue,
        TimerKind::FirstUpdateDue,
    ] {
        assert_eq!(stage.ok(HOUSE, Command::Timer(timer.clone())), [], "{timer:?}");
    }
    stage.no("Ada", Command::BeginPaging { whom: Whom::Usual, about: String::new() });
    stage.no("Ada", Command::Severity { to: Severity::Sev1, reason: String::new() });
    let drafted = stage.ok("Ada", draft(None));
    assert!(
        matches!(&drafted[..], [Event::UpdateDrafted { draft, .. }] if draft.next_update_minutes.is_none() && draft.phase == PublicPhase::InProgress),
        "{drafted:?}"
    );
    stage.aloud("planned_wakes");
}

#[test]
fn another_time_is_said_as_long_as_it_is_not_over_and_voids_what_was_approved_for_the_first() {
    let mut stage = work();
    stage.ok("Bo", draft(None));
    stage.ok("Ada", Command::Approve { n: 1, alone: None });
    assert!(standing_approval(&stage.incident, &stage.incident.posts[0], stage.now).is_ok());
    let moved = |from, until| Command::MoveWork { from, until };
    stage.ok("Ada", moved(Some(clock(15)), None));
    let span = stage.incident.plan.as_ref().unwrap().span;
    assert_eq!((span.from, span.until), (at(15), at(17)), "as long as before");
    assert!(standing_approval(&stage.incident, &stage.incident.posts[0], stage.now).is_err());
    stage.ok("Ada", Command::Approve { n: 1, alone: None });
    stage.ok("Ada", Command::Publish { n: 1 });
    let published = stage.incident.posts[0].published.as_ref().unwrap();
    assert_eq!(published.destinations.keys().collect::<Vec<_>>(), ["page"], "and nowhere else");

    stage.no("Ada", moved(None, None));
    stage.no("Ada", moved(Some(clock(15)), Some(clock(17))));
    stage.no("Ada", Command::ExtendWork { minutes: 0 });
    stage.no("Ada", moved(None, Some(StatedTime::At(at(15)))));
    // What the public reads of is not taken back in silence.
    stage.no("Ada", enter(Phase::Cancelled, "the release is not ready"));
    stage.ok("Bo", draft(Some(PublicPhase::Completed)));
    stage.ok("Ada", Command::Approve { n: 2, alone: None });
    stage.ok("Ada", Command::Publish { n: 2 });
    stage.ok("Ada", enter(Phase::Cancelled, "the release is not ready"));

    let mut begun = work();
    begun.ok("Ada", enter(Phase::InProgress, ""));
    begun.no("Ada", moved(Some(clock(15)), None));
    begun.no("Ada", draft(Some(PublicPhase::Completed)));
    begun.no("Ada", draft(Some(PublicPhase::Resolved)));
    begun.no("Ada", enter(Phase::Resolved, "x"));
    stage.aloud("planned_time");
    begun.aloud("planned_begun");
    let mut outage = Stage::new();
    outage.no("Ada", enter(Phase::InProgress, ""));
    outage.no("Ada", Command::ExtendWork { minutes: 5 });
    outage.no("Ada", draft(Some(PublicPhase::Scheduled)));
    outage.aloud("planned_none");
}

#[test]
fn what_the_public_reads_of_is_not_closed_before_it_reads_the_end() {
    let publish = |stage: &mut Stage, n, phase| {
        stage.ok("Bo", draft(Some(phase)));
        stage.ok("Ada", Command::Approve { n, alone: None });
        stage.ok("Ada", Command::Publish { n });
    };
    let mut work = work();
    publish(&mut work, 1, PublicPhase::Scheduled);
    work.ok("Ada", enter(Phase::InProgress, ""));
    work.no("Ada", enter(Phase::Cancelled, "it hangs"));
    work.ok("Ada", enter(Phase::Completed, "it hung, and was rolled back"));
    delivered(&mut work, 1);
    work.no("Ada", enter(Phase::Closed, ""));
    publish(&mut work, 2, PublicPhase::Completed);
    delivered(&mut work, 2);
    work.ok("Ada", enter(Phase::Closed, ""));

    let mut outage = Stage::new();
    publish(&mut outage, 1, PublicPhase::Investigating);
    delivered(&mut outage, 1);
    outage.ok("Ada", enter(Phase::Resolved, "it was the cable"));
    outage.no("Ada", enter(Phase::Closed, ""));
    publish(&mut outage, 2, PublicPhase::Resolved);
    delivered(&mut outage, 2);
    outage.ok("Ada", enter(Phase::Closed, ""));
    work.aloud("planned_told");
    outage.aloud("told");
}

/// The post reached all that it was to reach.
fn delivered(stage: &mut Stage, post: u32) {
    let to = stage.incident.posts.iter().find(|one| one.n == post).unwrap().published.clone().unwrap();
    for (destination, settled) in to.destinations {
        if settled.is_none() {
            stage.ok(HOUSE, Command::Delivered { post, destination, result: Ok(None) });
        }
    }
}

#[test]
fn a_time_that_is_none_is_refused_with_words_that_work() {
    let refused = |plan: PlanText| Stage::declared("Ada", &planned(plan)).err().unwrap().to_string();
    let stated = |text: &str| Some(StatedTime::At(text.parse().unwrap()));
    for (from, until, says) in [
        ("2026-01-03T04:00:00Z", "2026-01-03T02:00:00Z", "it would end before it begins"),
        ("2026-01-02T02:00:00Z", "2026-01-02T04:00:00Z", "it would be over already"),
        ("2026-01-03T04:00:00Z", "2026-03-03T02:00:00Z", "longer than 31 days"),
        ("2028-01-03T04:00:00Z", "2028-01-03T05:00:00Z", "more than 366 days"),
    ] {
        let why = refused(PlanText { from: stated(from), until: stated(until), ..PlanText::default() });
        assert!(why.contains(says) && why.contains("maintenance schedule"), "{why}");
    }
    let none = Declare::new("db upgrade", None, Kind::Planned);
    assert!(Stage::declared("Ada", &none).is_err(), "no time at all");
    let severe = Declare { severity: Some(Severity::Sev1), ..planned(plan()) };
    let why = Stage::declared("Ada", &severe).err().unwrap().to_string();
    assert!(why.contains("has no severity"), "{why}");
    let triage = Declare { triage: true, ..planned(plan()) };
    assert!(Stage::declared("Ada", &triage).is_err());
    let usual = Stage::declared("Ada", &planned(PlanText::default())).unwrap();
    let span = usual.incident.plan.unwrap().span;
    assert_eq!((span.from, span.until), (at(12), at(13)), "from now on, for an hour");
}

#[test]
fn what_the_work_broke_is_an_incident_and_a_part_of_it() {
    let mut stage = work();
    let facts = crate::incident::command::ParentFacts::of(&stage.incident, vec![]);
    let broken = Declare {
        under: Some(stage.incident.id),
        parent: Some(Box::new(facts.clone())),
        ..Declare::new("Checkout is down", Severity::Sev1, Kind::Real)
    };
    let outage = Stage::declared("Bo", &broken).unwrap();
    assert_eq!(outage.incident.parent, Some(stage.incident.id));
    let drill = Declare { kind: Kind::Test, ..broken };
    assert!(Stage::declared("Bo", &drill).is_err(), "nothing else is");
    stage.ok(
        HOUSE,
        Command::Timer(TimerKind::Child { child: outage.incident.id, phase: Some(Phase::Investigating) }),
    );
    stage.ok("Ada", enter(Phase::InProgress, ""));
    stage.ok("Ada", enter(Phase::Completed, "rolled back"));
    stage.no("Ada", enter(Phase::Closed, ""));
    stage.ok(
        HOUSE,
        Command::Timer(TimerKind::Child { child: outage.incident.id, phase: Some(Phase::Closed) }),
    );
    stage.ok("Ada", enter(Phase::Closed, ""));
}

//! Who is here, whom each reports to, and the time that is planned for.

use super::*;
use crate::incident::command::TimerKind;

fn check_in(stage: &mut Stage, names: &[&str]) {
    for name in names {
        stage.ok(name, Command::CheckIn { who: None, note: String::new() });
    }
}
fn here() -> Command {
    Command::Here { note: String::new() }
}
fn roll(minutes: Option<u32>) -> Command {
    Command::RollCall { minutes }
}
fn report(name: &str, to: &str) -> Command {
    Command::ReportTo { who: who(name), to: who(to) }
}

#[test]
fn who_does_not_answer_the_roll_call_goes_to_the_commander_in_one_line() {
    let mut stage = Stage::new();
    stage.no("Ada", roll(None));
    check_in(&mut stage, &["Bo", "Cy", "Di"]);
    stage.no("Bo", roll(None));
    stage.no("Ada", roll(Some(0)));
    stage.no("Ada", roll(Some(61)));
    stage.no("Bo", here());
    stage.ok("Ada", roll(None));
    let seq = stage.last();
    stage.no("Ada", roll(Some(3)));
    assert_eq!(stage.ok("Bo", here()), [Event::RollAnswered { note: String::new() }]);
    stage.no("Bo", here());
    assert!(stage.reads("Cy", Command::Next).contains("The roll is called: `here`."));
    // Who leaves is not missing; who comes late checks in.
    stage.ok("Di", Command::CheckOut { who: None, note: String::new() });
    assert!(matches!(stage.ok("Ed", here()).as_slice(), [Event::CheckedIn { .. }]));
    let due = || Command::Timer(TimerKind::RollDue { seq });
    assert_eq!(stage.ok(HOUSE, due()), [], "not before its time");
    stage.later(5);
    let told = stage.ok(HOUSE, due());
    assert_eq!(told, [Event::RollClosed { missing: vec![who("Cy")], of: 3, to: who("Ada") }]);
    let line = crate::incident::sentence::sentence(&told[0], &|at: DateTime<Utc>| at.to_string());
    assert_eq!(line, "Roll call: no answer from Cy of 3 asked. Ada: look for them, or check them out.");
    assert_eq!(stage.ok(HOUSE, due()), [], "said once");
    stage.aloud("roll_call");
}

#[test]
fn a_roll_call_is_over_with_the_last_answer() {
    let mut stage = Stage::new();
    check_in(&mut stage, &["Bo"]);
    stage.ok("Ada", roll(Some(10)));
    let done = stage.ok("Bo", here());
    assert!(matches!(&done[1], Event::RollClosed { missing, of: 1, .. } if missing.is_empty()), "{done:?}");
    assert!(stage.incident.roll_call.is_none());
}

#[test]
fn everybody_has_one_supervisor_and_no_way_up_is_a_circle() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    stage.ok("Di", Command::TakeRole { role: role("scribe") });
    let above = |stage: &Stage, name: &str| stage.incident.supervisor(&who(name)).map(|one| one.name.clone());
    assert_eq!(above(&stage, "Ada"), None);
    assert_eq!(above(&stage, "Bo").as_deref(), Some("Ada"));
    assert_eq!(above(&stage, "Cy").as_deref(), Some("Bo"));
    assert_eq!(above(&stage, "Di").as_deref(), Some("Ada"), "nobody plans: the commander does");
    stage.no("Cy", report("Di", "Bo"));
    stage.ok("Ada", report("Di", "Cy"));
    stage.no("Ada", report("Di", "Cy"));
    stage.no("Ada", report("Bo", "Di"));
    stage.no("Ada", report("Bo", "Bo"));
    stage.no("Ada", report("Ada", "Bo"));
    stage.no("Ada", report("Di", "Zoe"));
    assert!(stage.reads("Ada", Command::Chart).contains("Di reports to Cy"));
    // Command moves: what was said of the new commander holds no more.
    stage.ok("Ada", Command::OfferCommand { to: who("Di") });
    stage.ok("Di", Command::AcceptCommand);
    assert_eq!(above(&stage, "Di"), None);
    assert_eq!(above(&stage, "Bo").as_deref(), Some("Di"));
    stage.aloud("reports_to");
}

#[test]
fn a_wide_span_of_control_is_said_of_every_supervisor_and_bars_nobody() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    let mut replies = vec![];
    for n in 1..=7 {
        let (name, command) = (format!("S{n}"), Command::TakeRole { role: role(&format!("sme:s{n}")) });
        replies.push(stage.ask(&name, &command).unwrap().reply);
        stage.ok(&name, command);
    }
    assert!(!replies[4].contains("report straight"), "five are the guideline: {}", replies[4]);
    assert!(
        replies[5].ends_with("6 people now report straight to Bo: think of group supervisors."),
        "{}",
        replies[5]
    );
    assert!(stage.reads("Bo", Command::Next).contains("7 people report straight to you"));
}

#[test]
fn open_objectives_go_along_from_one_operational_period_to_the_next() {
    let mut stage = Stage::new();
    let start = |minutes, emphasis: &str| Command::StartPeriod { minutes, emphasis: emphasis.into() };
    stage.no("Bo", start(120, ""));
    stage.no("Ada", start(5, ""));
    stage.no("Ada", start(2_000, ""));
    stage.no("Ada", Command::EndPeriod { reason: String::new() });
    for text in ["payments work", "nothing is lost"] {
        stage.ok("Ada", Command::SetObjective { text: text.into() });
    }
    stage.ok("Ada", start(120, "keep payments up"));
    stage.ok("Ada", Command::MeetObjective { n: 1 });
    let due = || Command::Timer(TimerKind::PeriodEnds { n: 1 });
    assert_eq!(stage.ok(HOUSE, due()), []);
    stage.later(120);
    assert!(
        matches!(stage.ok(HOUSE, due()).as_slice(), [Event::Reminded { what, .. }] if what.contains("go along: 1"))
    );
    assert!(stage.reads("Ada", Command::Next).contains("Operational period 1 is over"));
    assert!(stage.reads("Ada", Command::Briefing).contains("keep payments up"));
    let next = stage.ok("Ada", start(60, ""));
    assert!(matches!(&next[0], Event::PeriodEnded { n: 1, .. }), "{next:?}");
    assert!(
        matches!(&next[1], Event::PeriodStarted { n: 2, objectives, .. } if *objectives == [2]),
        "{next:?}"
    );
    stage.ok("Ada", Command::EndPeriod { reason: "calm".into() });
    assert_eq!(stage.incident.periods, 2);
    stage.aloud("periods");
}

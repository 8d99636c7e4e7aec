//! Who is here, whom each reports to, and the time that is planned for.

use super::*;
use crate::{
    card::{self, Value},
    incident::command::TimerKind,
};

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
    assert_eq!(line, "Roll call: Cy did not answer (3 were asked). Ada: look for them, or check them out.");
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
fn who_handed_over_command_is_called_at_the_roll_until_they_check_out() {
    let mut stage = Stage::new();
    stage.ok("Ada", Command::OfferCommand { to: who("Bo") });
    stage.ok("Bo", Command::AcceptCommand);
    assert!(
        matches!(&stage.ok("Bo", roll(None))[0], Event::RollCalled { asked, .. } if *asked == [who("Ada")])
    );
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
    assert!(stage.reads("Ada", Command::Chart).ends_with("Cy\n    └ Documentation Unit Leader: Di"));
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
        replies[5].ends_with(
            "6 people now report straight to Bo. A Group Supervisor can take some of them: `role offer lead:alpha NAME`, \
             then `role report NAME --to NAME`."
        ),
        "{}",
        replies[5]
    );
    assert!(stage.reads("Bo", Command::Next).contains("7 people report straight to you"));
}

#[test]
fn what_is_advised_on_a_wide_span_of_control_can_be_followed() {
    let mut stage = Stage::new();
    let take = |slug: &str| Command::TakeRole { role: role(slug) };
    // Specialists without a section: its chief takes them.
    for n in 1..=6 {
        stage.ok(&format!("S{n}"), take(&format!("sme:s{n}")));
    }
    let advice = |stage: &Stage| {
        let next = stage.reads("Ada", Command::Next);
        next.lines().find(|line| line.contains("straight")).unwrap_or_default().to_owned()
    };
    assert_eq!(
        advice(&stage),
        "- 6 people report straight to you. 6 of them would report to the Operations Section Chief: `role offer ops NAME`."
    );
    stage.ok("Bo", take("ops"));
    assert_eq!(advice(&stage), "", "they have");

    // Chiefs of sections that are all led: another chief takes nobody off the commander.
    let mut stage = Stage::new();
    let chiefs = ["ops", "planning", "logistics", "finance", "pio", "safety"];
    for (name, slug) in ["Bo", "Cy", "Di", "Eve", "Fay", "Gus"].into_iter().zip(chiefs) {
        stage.ok(name, take(slug));
    }
    assert_eq!(
        advice(&stage),
        "- 6 people report straight to you. A deputy can take some of them: `role offer deputy NAME`, then `role report NAME \
         --to NAME`. Units can report to whoever leads their section."
    );
    // Who takes over from another is not one more.
    stage.ok("Ada", Command::OfferRole { role: role("ops"), to: who("Hal") });
    let reply = stage.ask("Hal", &Command::AcceptRole { role: None }).unwrap().reply;
    assert!(reply.contains("\n6 people now report straight to Ada. A deputy can"), "{reply}");
    stage.ok("Ivy", take("deputy"));
    assert_eq!(
        advice(&stage),
        "- 7 people report straight to you. Some of them can report to Ivy, or to whoever leads their section: `role report \
         NAME --to NAME`."
    );
    for name in ["Eve", "Fay"] {
        stage.ok("Ada", report(name, "Ivy"));
    }
    assert_eq!(advice(&stage), "", "it helped");
}

#[test]
fn nobody_who_has_no_part_in_it_reports_to_anybody() {
    let stage = Stage::new();
    let refusal = stage.ask("Ada", &report("Zork", "Ada")).unwrap_err();
    assert_eq!(refusal.why, "Zork has no part in INC-1 yet.");
    assert_eq!(stage.ask("Ada", &report("Ada", "Zork")).unwrap_err().because, Because::Conflict);
}

#[test]
fn of_many_who_are_asked_one_who_is_left_over_is_one() {
    let mut stage = Stage::new();
    check_in(&mut stage, &["Bo", "Cy", "Di", "Eve", "Fay", "Gus"]);
    let asked = |stage: &Stage| stage.ask("Ada", &roll(None)).unwrap().reply;
    assert!(asked(&stage).starts_with("Roll call: Bo, Cy, Di, Eve, Fay and 1 other. "), "{}", asked(&stage));
    check_in(&mut stage, &["Hal"]);
    assert!(asked(&stage).starts_with("Roll call: Bo, Cy, Di, Eve, Fay and 2 others. "), "{}", asked(&stage));
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

#[test]
fn when_the_time_of_a_period_is_over_whoever_plans_is_told_and_nothing_reads_as_if_it_ran() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("planning") });
    stage.ok("Cy", Command::TakeRole { role: role("ops") });
    stage.ok("Ada", Command::StartPeriod { minutes: 120, emphasis: "Keep payments up".into() });
    let over = "Operational period 1 is over: `period start 2h`.";
    stage.later(119);
    assert!(!stage.reads("Bo", Command::Next).contains("Operational period"), "not before");
    assert_eq!(card_says(&stage, "Period over since"), None);
    stage.later(1);
    stage.ok(HOUSE, Command::Timer(TimerKind::PeriodEnds { n: 1 }));
    for (by, is_told) in [("Bo", true), ("Ada", true), ("Cy", false)] {
        assert_eq!(stage.reads(by, Command::Next).contains(over), is_told, "{by}");
    }
    let ended = stage.now;
    stage.later(5);
    let since = "Operational period 1 over since 2026-01-02 14:00 UTC: Keep payments up";
    for read in [Command::Status, Command::Objectives, Command::Briefing] {
        let told = stage.reads("Bo", read.clone());
        assert!(told.contains(since) && !told.contains("period 1 until"), "{read:?}: {told}");
    }
    assert_eq!(card_says(&stage, "Period over since"), Some(Value::Time(ended)));
    assert_eq!(card_says(&stage, "Period ends"), None);
    stage.ok("Bo", Command::StartPeriod { minutes: 60, emphasis: String::new() });
    assert!(!stage.reads("Bo", Command::Next).contains("Operational period"));
    assert_eq!(card_says(&stage, "Period ends"), Some(Value::Time(stage.now + Duration::minutes(60))));
}

fn card_says(stage: &Stage, name: &str) -> Option<Value> {
    let shown = card::incident(&stage.incident, &stage.policy);
    shown.fields.into_iter().find(|field| field.name == name).map(|field| field.value)
}

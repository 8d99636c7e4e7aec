//! When things really happened: stated at the declaration, or set afterwards.

use super::*;

fn at(text: &str) -> Option<StatedTime> {
    Some(StatedTime::At(text.parse().unwrap()))
}

fn retrospective(began: Option<StatedTime>, ended: Option<StatedTime>) -> Declare {
    Declare { began, ended, ..Declare::new("The night's outage", Severity::Sev2, Kind::Real) }
}

#[test]
fn what_was_over_when_it_was_declared_is_resolved_at_its_own_time_and_can_be_closed() {
    let declare = retrospective(at("2026-01-02T01:00:00Z"), at("2026-01-02T03:30:00Z"));
    let mut stage = Stage::declared("Ada", &declare).unwrap();
    let milestones = &stage.incident.milestones;
    assert_eq!(stage.incident.phase, Phase::Resolved);
    assert_eq!(milestones.impact_started, Some("2026-01-02T01:00:00Z".parse().unwrap()));
    assert_eq!(milestones.resolved, Some("2026-01-02T03:30:00Z".parse().unwrap()));
    assert_eq!(milestones.declared, Some(start()), "recorded now");
    assert_eq!(stage.incident.commander, who("Ada"));
    stage.ok("Bo", Command::Note { text: "rolled back".into(), at: at("2026-01-02T03:00:00Z") });
    stage.ok("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
}

#[test]
fn what_began_before_it_was_declared_says_so_and_goes_on() {
    let stage = Stage::declared("Ada", &retrospective(Some(StatedTime::MinutesAgo(90)), None)).unwrap();
    assert_eq!(stage.incident.phase, Phase::Investigating);
    assert_eq!(stage.incident.milestones.impact_started, Some("2026-01-02T10:30:00Z".parse().unwrap()));
}

#[test]
fn a_course_that_cannot_have_been_is_refused_with_what_would_work() {
    let mut said = String::new();
    for (began, ended, triage) in [
        (at("2026-01-02T13:00:00Z"), None, false),
        (None, at("2026-01-02T13:00:00Z"), false),
        (at("2026-01-02T03:00:00Z"), at("2026-01-02T02:00:00Z"), false),
        (at("2024-01-02T03:00:00Z"), None, false),
        (None, at("2026-01-02T02:00:00Z"), true),
    ] {
        let declare = Declare { triage, ..retrospective(began, ended) };
        said.push_str(&format!("{}\n", Stage::declared("Ada", &declare).err().unwrap()));
    }
    insta::assert_snapshot!(said, @"");
}

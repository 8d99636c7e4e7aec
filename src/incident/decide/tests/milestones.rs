//! When things really happened: stated at the declaration, or set afterwards.

use super::*;
use crate::incident::{command::SituationFacts, event::AlertRef, milestone::Milestone, state::Origin};

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
    insta::assert_snapshot!(said);
}

fn set(milestone: Milestone, time: &str, reason: &str) -> Command {
    Command::SetMilestone { milestone, at: StatedTime::At(time.parse().unwrap()), reason: reason.into() }
}

fn source(stage: &Stage, milestone: Milestone) -> String {
    stage.incident.milestones.origins.get(&milestone).map(Origin::words).unwrap_or_default()
}

#[test]
fn every_milestone_says_where_its_time_comes_from() {
    let mut stage = Stage::of(HOUSE, Kind::Real, false);
    let facts = SituationFacts {
        id: 1,
        title: "Disk full".into(),
        source: "alertmanager".into(),
        firing: 1,
        total: 1,
        alerts: vec![AlertRef {
            source: "alertmanager".into(),
            fingerprint: "f".into(),
            title: "Disk full".into(),
            firing: true,
            starts_at: Some("2026-01-02T11:40:00Z".parse().unwrap()),
            url: None,
        }],
        ..SituationFacts::default()
    };
    stage.ok(HOUSE, Command::LinkSituation { situation: 1, facts: Some(facts) });
    stage.later(5);
    stage.ok("Ada", Command::TakeCommand { force: false, reason: String::new() });
    stage.later(25);
    stage.ok("Ada", Command::Enter { phase: Phase::Monitoring, reason: String::new() });
    stage.later(30);
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "it holds".into() });
    stage.ok("Ada", set(Milestone::Began, "2026-01-02T11:30:00Z", "the first error in the log"));
    insta::assert_snapshot!(stage.reads("Bo", Command::Milestones));
}

#[test]
fn what_began_in_triage_is_declared_by_who_confirms_it() {
    let mut stage = Stage::of(HOUSE, Kind::Real, true);
    assert_eq!(stage.incident.milestones.declared, None, "it was only noticed");
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.later(5);
    stage.ok("Bo", Command::Confirm { severity: Some(Severity::Sev1) });
    let confirmed = stage.last() - 1;
    let milestones = &stage.incident.milestones;
    assert_eq!(milestones.declared, Some(start() + Duration::minutes(5)));
    assert_eq!(source(&stage, Milestone::Declared), format!("entry {confirmed}"));
    // People answer an alert, not a declaration: that is counted from when it was seen.
    assert_eq!(milestones.detected, Some(start()));
    let spans = milestones.spans();
    let acknowledged = spans.iter().find(|span| span.to == Milestone::Acknowledged).unwrap();
    assert_eq!((acknowledged.from, acknowledged.seconds), (Milestone::Detected, 0));
    // Broken again, it was declared when it was.
    stage.ok("Bo", Command::TakeCommand { force: false, reason: String::new() });
    stage.ok("Bo", Command::Enter { phase: Phase::Monitoring, reason: "restarted".into() });
    stage.later(5);
    stage.ok("Bo", Command::Enter { phase: Phase::Investigating, reason: "it is back".into() });
    assert_eq!(stage.incident.milestones.declared, Some(start() + Duration::minutes(5)));
}

#[test]
fn a_false_alarm_was_never_declared_and_a_time_set_by_hand_stays() {
    let mut stage = Stage::of("Ada", Kind::Real, true);
    stage.ok("Ada", Command::Enter { phase: Phase::Cancelled, reason: "false alarm".into() });
    assert_eq!(stage.incident.milestones.declared, None);
    let mut stage = Stage::of("Ada", Kind::Real, true);
    stage.ok("Ada", set(Milestone::Declared, "2026-01-02T11:50:00Z", "said on the phone"));
    stage.ok("Ada", Command::Confirm { severity: None });
    assert_eq!(stage.incident.milestones.declared, Some("2026-01-02T11:50:00Z".parse().unwrap()));
}

#[test]
fn a_corrected_milestone_keeps_the_time_it_had_and_no_alert_overrules_a_person() {
    let mut stage = Stage::new();
    stage.ok("Ada", set(Milestone::Began, "2026-01-02T11:30:00Z", ""));
    stage.ok("Ada", set(Milestone::Began, "2026-01-02T11:20:00Z", "found in the log"));
    let before: Vec<_> = stage.incident.milestones.replaced(Milestone::Began).map(|was| was.at).collect();
    assert_eq!(before, ["2026-01-02T11:30:00Z".parse::<DateTime<Utc>>().unwrap()]);
    let linked = Event::AlertsLinked {
        situation: 1,
        title: "x".into(),
        source: "x".into(),
        firing: 1,
        total: 1,
        alerts: vec![AlertRef {
            source: "x".into(),
            fingerprint: "f".into(),
            title: "x".into(),
            firing: true,
            starts_at: Some("2026-01-02T10:00:00Z".parse().unwrap()),
            url: None,
        }],
        within: None,
        because: String::new(),
    };
    let happened = entry(stage.incident.id, &stage.entries, &who("Ada"), stage.now, linked.into());
    stage.incident.apply(&happened);
    assert!(source(&stage, Milestone::Began).starts_with("set by Ada"));
    assert_eq!(source(&stage, Milestone::Detected), format!("from an alert, entry {}", happened.seq));
}

#[test]
fn a_milestone_is_set_by_who_keeps_the_record_at_a_time_that_can_have_been() {
    let mut stage = Stage::new();
    assert_eq!(stage.no("Bo", set(Milestone::Began, "2026-01-02T11:30:00Z", "")), Because::Forbidden);
    stage.ok("Bo", Command::TakeRole { role: role("scribe") });
    stage.ok("Bo", set(Milestone::Began, "2026-01-02T11:30:00Z", ""));
    stage.no("Bo", set(Milestone::Began, "2026-01-02T11:30:00Z", ""));
    stage.no("Bo", set(Milestone::Began, "2026-01-02T13:30:00Z", ""));
    stage.no("Bo", set(Milestone::Detected, "2026-01-02T11:00:00Z", ""));
    stage.no("Bo", set(Milestone::Mitigated, "2026-01-02T11:40:00Z", ""));
    stage.later(30);
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "restarted".into() });
    stage.ok("Bo", set(Milestone::Mitigated, "2026-01-02T12:10:00Z", "by the graph"));
    stage.no("Bo", set(Milestone::Resolved, "2026-01-02T12:05:00Z", ""));
    stage.no("Bo", set(Milestone::Began, "2026-01-02T12:20:00Z", ""));
    stage.ok("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
    stage.ok("Bo", set(Milestone::Resolved, "2026-01-02T12:15:00Z", "for the review"));
    stage.aloud("milestones");
}

#[test]
fn whoever_marks_alerts_has_not_taken_it_on_whatever_the_words_and_an_older_mark_is_known_by_its_words() {
    let is_taken_on = |event: &str| {
        let mut stage = Stage::of(HOUSE, Kind::Real, false);
        let event = serde_json::from_str::<Event>(event).unwrap();
        let entry = entry(stage.incident.id, &stage.entries, &who("Bo"), stage.now, event.into());
        stage.incident.apply(&entry);
        stage.incident.milestones.acknowledged.is_some()
    };
    assert!(!is_taken_on(r#"{"type":"note","text":"S-3 is noise","is_mark":true}"#));
    assert!(!is_taken_on(r#"{"type":"note","text":"Marked S-3 (Disk full) as noise: it cleans itself"}"#));
    assert!(is_taken_on(r#"{"type":"note","text":"S-3 is noise"}"#));
}

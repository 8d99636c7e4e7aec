//! Notes, late entries, corrections, redactions, evidence and linked alerts.

use super::*;
use crate::alert::flapping::Flaps;
use crate::incident::{command::SituationFacts, timeline};

fn note(text: &str, at: Option<StatedTime>) -> Command {
    Command::Note { text: text.into(), at }
}

fn correct(target: u64) -> Command {
    Command::Correct { target, text: "10 %".into(), at: None, reason: String::new(), follows: false }
}

fn redact(target: u64) -> Command {
    Command::Redact { target, reason: "a customer's name".into() }
}

#[test]
fn a_late_entry_states_a_time_that_has_passed() {
    let mut stage = Stage::new();
    let time = |text: &str| StatedTime::TimeOfDay(text.parse().unwrap());
    let cases = [
        (StatedTime::MinutesAgo(90), Some("2026-01-02T10:30:00Z")),
        (time("11:59:00"), Some("2026-01-02T11:59:00Z")),
        // A time of day that has not come yet today was yesterday.
        (time("12:00:01"), Some("2026-01-01T12:00:01Z")),
        (StatedTime::At("2026-01-02T12:01:00Z".parse().unwrap()), Some("2026-01-02T12:00:00Z")),
        (StatedTime::At("2026-01-02T11:00:00.123456Z".parse().unwrap()), Some("2026-01-02T11:00:00.123Z")),
        (StatedTime::At("2026-01-02T12:01:01Z".parse().unwrap()), None),
        (StatedTime::At("2024-12-31T00:00:00Z".parse().unwrap()), None),
        (StatedTime::MinutesAgo(u32::MAX), None),
        (StatedTime::At(DateTime::<Utc>::MAX_UTC), None),
        (StatedTime::At(DateTime::<Utc>::MIN_UTC), None),
    ];
    for (stated, expected) in cases {
        let command = note("It began", Some(stated));
        match expected {
            Some(at) => {
                let decision = stage.ask("Bo", &command).unwrap();
                assert_eq!(
                    decision.events[0].at,
                    Some((at.parse().unwrap(), TimeSource::Stated)),
                    "{stated:?}"
                );
            }
            None => assert_eq!(stage.no("Bo", command), Because::Invalid, "{stated:?}"),
        }
    }
    stage.no("Bo", note(" ", None));
    stage.aloud("late_entries");
}

#[test]
fn accounts_are_corrected_and_deeds_are_not() {
    let mut stage = Stage::new();
    stage.ok("Bo", note("90 % of payments fail", None));
    let noted = stage.last();
    stage.ok("Bo", correct(noted));
    let correction = stage.last();
    assert_eq!(stage.no("Cy", correct(1)), Because::Conflict);
    assert_eq!(stage.no("Cy", correct(correction)), Because::Conflict);
    assert_eq!(stage.no("Cy", correct(99)), Because::NotFound);
    let future = StatedTime::At(stage.now + Duration::hours(1));
    let at = Command::Correct {
        target: noted,
        text: "x".into(),
        at: Some(future),
        reason: String::new(),
        follows: false,
    };
    assert_eq!(stage.no("Bo", at), Because::Invalid);
    stage.ok("Bo", redact(noted));
    assert_eq!(stage.no("Bo", correct(noted)), Because::Conflict);
    stage.aloud("corrections");
}

#[test]
fn nobody_puts_words_into_the_mouth_of_another_but_who_keeps_the_record_for_all() {
    let mut stage = Stage::new();
    stage.policy.executives = ["vera".to_owned()].into();
    stage.ok("Ada", Command::Decide { text: "Roll back 4.2".into() });
    let decided = stage.last();
    stage.ok("Bo", note("90 % of payments fail", None));
    let noted = stage.last();
    stage.ok("Cy", Command::TakeRole { role: role("ops") });
    for by in ["Fay", "Vera", "Cy", "Bo"] {
        assert_eq!(stage.no(by, correct(decided)), Because::Forbidden, "{by}");
    }
    assert_eq!(stage.no("Fay", correct(noted)), Because::Forbidden);
    assert_eq!(
        stage.ask("Fay", &correct(decided)).unwrap_err().to_string(),
        format!(
            "The decision in entry {decided} is Ada's. Ask them to correct it, or the commander; what you would do instead: \
             `propose TEXT`, or `note TEXT`."
        )
    );
    stage.ok("Bo", correct(noted));
    stage.ok("Ada", correct(noted));
    for (by, slug) in [("Di", "deputy"), ("Ed", "scribe")] {
        stage.ok(by, Command::TakeRole { role: role(slug) });
        stage.ok(by, correct(decided));
    }
    stage.aloud("corrections_of_others");
}

#[test]
fn what_follows_a_message_takes_its_words_whoever_put_it_on_the_timeline() {
    let mut stage = Stage::new();
    stage.ok("Ada", note("Bo: 90 % fail", None));
    let target = stage.last();
    assert_eq!(stage.no("Bo", correct(target)), Because::Forbidden);
    let (text, reason) = ("Bo: 10 % fail".to_owned(), String::new());
    stage.ok("Bo", Command::Correct { target, text, at: None, reason, follows: true });
}

#[test]
fn what_cannot_be_corrected_or_redacted_is_told_without_a_stored_name() {
    let mut stage = Stage::new();
    stage.ok("Bo", note("Mrs Smith called", None));
    stage.ok("Bo", redact(stage.last()));
    let (done, redaction) = (correct(1), redact(stage.last()));
    for command in [done, redaction] {
        let told = stage.ask("Ada", &command).unwrap_err().to_string();
        assert!(!told.contains("entry.") && !told.contains("incident."), "{told}");
    }
}

#[test]
fn words_are_redacted_by_their_author_or_who_answers_for_the_record_and_deeds_by_nobody() {
    let mut stage = Stage::new();
    stage.ok("Bo", note("Mrs Smith called", None));
    let noted = stage.last();
    assert_eq!(stage.no("Cy", redact(noted)), Because::Forbidden);
    stage.no("Bo", Command::Redact { target: noted, reason: String::new() });
    stage.ok("Bo", redact(noted));
    stage.no("Ada", redact(noted));
    for seq in [2, stage.last()] {
        assert_eq!(stage.no("Ada", redact(seq)), Because::Conflict);
    }
    assert_eq!(stage.no("Ada", redact(99)), Because::NotFound);
    stage.ok("Cy", Command::TakeRole { role: role("scribe") });
    stage.ok(
        "Bo",
        Command::Can {
            service: "db".into(),
            conditions: "Mrs Smith".into(),
            actions: String::new(),
            needs: String::new(),
        },
    );
    stage.ok("Cy", redact(stage.last()));
    assert!(stage.incident.cans.is_empty(), "it leaves the card and the briefing too");
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "done".into() });
    stage.ok("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
    stage.ok("Bo", note("Mrs Smith again", None));
    stage.ok("Bo", redact(stage.last()));
    stage.aloud("redactions");
}

#[test]
fn of_what_was_done_the_words_are_redacted_and_a_new_title_takes_the_place_of_a_redacted_one() {
    let mut stage = Stage::new();
    stage.ok("Ada", redact(1));
    assert_eq!(stage.incident.title, "[redacted]");
    stage.ok("Ada", Command::Retitle { title: "Payments fail".into() });
    stage.ok("Ada", Command::Summarize { text: "Mrs Smith cannot pay".into() });
    stage.ok("Ada", redact(stage.last()));
    stage.ok("Ada", Command::SetObjective { text: "Mrs Smith pays".into() });
    let objective = stage.last();
    stage.ok("Ada", Command::StopActions { reason: "Mrs Smith".into() });
    stage.ok("Ada", redact(stage.last()));
    stage.ok("Ada", redact(objective));
    let state = serde_json::to_string(&stage.incident).unwrap();
    assert!(!state.contains("Smith") && stage.incident.stop.is_some(), "{state}");
    assert_eq!(stage.incident.title, "Payments fail");
}

#[test]
fn a_file_leaves_the_timeline_with_its_message_and_by_no_other_correction() {
    let mut stage = Stage::new();
    let url = "https://chat.example/c/7".to_owned();
    stage.ok("Ada", Command::AddLink { label: "mr-smith.txt".into(), url, sum: None });
    let file = stage.last();
    assert_eq!(stage.no("Ada", correct(file)), Because::Conflict);
    assert_eq!(stage.no("Bo", redact(file)), Because::Forbidden);
    let (text, reason) = ("(deleted)".to_owned(), "the message was deleted in the chat".to_owned());
    stage.ok("Bo", Command::Correct { target: file, text, at: None, reason, follows: true });
    assert_eq!(stage.incident.links, []);
    assert!(!stage.reads("Bo", Command::Briefing).contains("mr-smith"));
    let lines = timeline::lines(stage.entries.clone(), &dated);
    let line = lines.iter().find(|line| line.seq == file).unwrap();
    assert_eq!(line.text, "(deleted)");
    assert!(!lines.iter().any(|line| line.text.contains("mr-smith") || line.text.contains("chat.example")));
    // Who may can take the rest of it away as well.
    stage.ok("Ada", redact(file));
}

#[test]
fn evidence_is_a_web_address() {
    let mut stage = Stage::new();
    for url in ["javascript:alert(1)", "file:///etc/passwd", "https://a b", "", "data:text/html,x"] {
        let link = Command::AddLink { label: "graph".into(), url: url.into(), sum: None };
        assert_eq!(stage.no("Bo", link), Because::Invalid, "{url}");
    }
    stage.no("Bo", Command::AddLink { label: String::new(), url: "https://example.com".into(), sum: None });
    stage
        .ok("Bo", Command::AddLink { label: "graph".into(), url: "https://example.com/g".into(), sum: None });
    assert_eq!(stage.no("Bo", Command::Decide { text: "roll back".into() }), Because::Forbidden);
    stage.ok("Ada", Command::Decide { text: "roll back".into() });
    stage.aloud("evidence");
}

#[test]
fn what_flaps_is_told_once_then_only_what_is_worse_and_at_last_what_holds() {
    let mut stage = Stage::new();
    let flaps = Flaps { times: 3, minutes: 9 };
    let facts = |firing, total, flapping| {
        let (id, title) = (7, "Disk full".to_owned());
        SituationFacts { id, title, firing, total, flapping, ..SituationFacts::default() }
    };
    let moved = |firing, total, flapping| Command::SituationMoved { facts: facts(firing, total, flapping) };
    stage.ok("Bo", Command::LinkSituation { situation: 7, facts: Some(facts(1, 1, None)) });
    assert!(matches!(
        stage.ok(HOUSE, moved(0, 3, Some(flaps)))[..],
        [Event::AlertsChanged { flapping: Some(_), .. }]
    ));
    assert!(matches!(stage.ok(HOUSE, moved(1, 4, Some(flaps)))[..], [Event::AlertsChanged { .. }]));
    for firing in [0, 1, 0, 1, 0] {
        assert_eq!(stage.ok(HOUSE, moved(firing, 9, Some(flaps))), []);
    }
    assert!(matches!(
        stage.ok(HOUSE, moved(5, 14, Some(flaps)))[..],
        [Event::AlertsChanged { firing: 5, .. }]
    ));
    assert!(matches!(stage.ok(HOUSE, moved(0, 14, None))[..], [Event::AlertsCleared { asks: true, .. }]));
    assert_eq!(stage.ok(HOUSE, moved(0, 14, None)), []);
}

#[test]
fn the_end_of_the_alerts_ends_an_incident_only_by_a_rule_and_only_while_it_goes_on() {
    let ended = |stage: &mut Stage, id: i64, ended_by: Option<&str>| {
        let facts = SituationFacts {
            id,
            total: 1,
            ended_by: ended_by.map(str::to_owned),
            ..SituationFacts::default()
        };
        stage.ok(HOUSE, Command::SituationMoved { facts })
    };
    let mut stage = Stage::new();
    for id in [7, 8] {
        let facts = SituationFacts { id, firing: 1, total: 1, ..SituationFacts::default() };
        stage.ok("Bo", Command::LinkSituation { situation: id, facts: Some(facts) });
    }
    assert!(matches!(ended(&mut stage, 7, Some("disk"))[..], [Event::AlertsCleared { asks: false, .. }]));
    let last = ended(&mut stage, 8, Some("disk"));
    assert!(matches!(
        &last[..],
        [Event::AlertsCleared { asks: false, .. }, Event::PhaseChanged { to: Phase::Resolved, reason, .. }]
            if reason.contains("«disk»")
    ));

    let mut over = Stage::new();
    let facts = SituationFacts { id: 7, firing: 1, total: 1, ..SituationFacts::default() };
    over.ok("Bo", Command::LinkSituation { situation: 7, facts: Some(facts) });
    over.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "restarted".into() });
    assert!(matches!(ended(&mut over, 7, Some("disk"))[..], [Event::AlertsCleared { asks: false, .. }]));
}

#[test]
fn linked_alerts_are_told_when_they_move_and_only_then() {
    let mut stage = Stage::new();
    let facts = |firing, total| SituationFacts {
        id: 7,
        title: "Disk full".into(),
        source: "alertmanager".into(),
        firing,
        total,
        ..SituationFacts::default()
    };
    let moved = |firing, total| Command::SituationMoved { facts: facts(firing, total) };
    assert_eq!(stage.no(HOUSE, moved(1, 1)), Because::Conflict);
    assert_eq!(stage.no("Bo", moved(1, 1)), Because::Forbidden);
    assert_eq!(stage.no("Bo", Command::LinkSituation { situation: 7, facts: None }), Because::NotFound);
    stage.ok("Bo", Command::LinkSituation { situation: 7, facts: Some(facts(1, 1)) });
    stage.no("Bo", Command::LinkSituation { situation: 7, facts: Some(facts(1, 1)) });
    assert_eq!(stage.ok(HOUSE, moved(1, 1)), []);
    assert!(matches!(stage.ok(HOUSE, moved(3, 3))[..], [Event::AlertsChanged { firing: 3, .. }]));
    assert!(matches!(stage.ok(HOUSE, moved(0, 3))[..], [Event::AlertsCleared { total: 3, .. }]));
    assert_eq!(stage.ok(HOUSE, moved(0, 3)), []);
    assert_eq!(stage.incident.firing(), 0);
    stage.aloud("alerts");
}

#[test]
fn what_lasted_stands_where_it_began_and_says_when_it_was_over() {
    let mut stage = Stage::new();
    let time = |text: &str| StatedTime::TimeOfDay(text.parse().unwrap());
    let span = |from, until| Command::NoteSpan { text: "the queue was full".into(), from, until };
    let decision = stage.ask("Bo", &span(time("11:10:00"), time("11:40:00"))).unwrap();
    let until = "2026-01-02T11:40:00Z".parse().unwrap();
    assert_eq!(
        decision.events[0].event,
        Event::Noted { text: "the queue was full".into(), until: Some(until), is_mark: false }
    );
    assert_eq!(decision.events[0].at, Some(("2026-01-02T11:10:00Z".parse().unwrap(), TimeSource::Stated)));
    let said = crate::incident::sentence::sentence(&decision.events[0].event, &dated);
    assert_eq!(said, "the queue was full (until 2026-01-02 11:40 UTC)");
    // Past midnight; the wrong way round; in the future.
    stage.ok("Bo", span(time("23:50:00"), time("00:10:00")));
    assert_eq!(stage.no("Bo", span(time("11:40:00"), time("11:10:00"))), Because::Invalid);
    let later = StatedTime::At("2026-01-02T13:00:00Z".parse().unwrap());
    assert_eq!(stage.no("Bo", span(time("11:40:00"), later)), Because::Invalid);
    stage.aloud("spans");
}

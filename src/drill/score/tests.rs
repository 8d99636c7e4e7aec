use super::*;
use crate::{
    drill::read,
    incident::{
        event::{Actor, DrillClock, TimeSource},
        kind::Kind,
        role::{CATALOGUE, Words},
        severity::Severity,
    },
    people::Person,
};

const SCENARIO: &str = "schema: drill/1
id: s
version: 1.0.0
title: T
hseep: { type: drill, notice: announced }
story: S
starts_at: \"09:00\"
length_max: 2h
objectives:
  - { id: O1, text: All of it, capability: c, metrics: [D3, C1, C2, C4, M1, M2, M4, M5, H1, T1, T2, T3] }
participants: [{ name: Ada, part: player }]
injects: []
expect:
  - { action: decision.recorded, within: 5m, objective: O1 }
end: { at: T+1h }
";

fn scenario() -> Scenario {
    read("s.yaml", SCENARIO, &|_| Ok(()), &crate::incident::role::Roles::default()).unwrap()
}

fn start() -> DateTime<Utc> {
    "2026-01-02T09:00:00Z".parse().unwrap()
}

fn at(minute: i64) -> DateTime<Utc> {
    start() + Duration::minutes(minute)
}

fn person(name: &str) -> Person {
    if name == "house" { Person::house() } else { Person::named(name).unwrap() }
}

/// A timeline: minute, who, what; declared by `who` before it and ended at `end` after it.
fn timeline(who: &str, events: Vec<(i64, &str, Event)>, end: i64) -> Vec<Entry> {
    let clock = DrillClock { started_real: start(), started_virtual: start(), speed: 1.0 };
    let declared = Event::Declared {
        title: "T".into(),
        kind: Kind::Drill,
        severity: Severity::Sev1,
        triage: false,
        drill_clock: Some(clock),
        began: None,
        ended: None,
        rated: None,
    };
    let mut all = vec![(0, who, declared), (0, who, Event::CommandEstablished { by: person(who) })];
    all.extend(events);
    all.push((end, "house", Event::Endex { reason: "over".into() }));
    (1..)
        .zip(all)
        .map(|(seq, (minute, who, event))| Entry {
            incident: IncidentId::new(Kind::Drill, 1),
            seq,
            id: uuid::Uuid::from_u128(u128::from(seq)),
            occurred_at: at(minute),
            time_source: TimeSource::Drill,
            recorded_at: at(minute),
            actor: Actor { person: person(who), role: None, via: "console".into() },
            event,
        })
        .collect()
}

fn taken(metric: Metric, entries: &[Entry]) -> (String, Option<f64>) {
    let score = score(&scenario(), entries).unwrap();
    let measure = score.measure(metric).unwrap();
    (measure.value.clone(), measure.mark.map(|mark| (mark * 100.0).round() / 100.0))
}

fn note() -> Event {
    Event::Noted { text: "x".into(), until: None, is_mark: false }
}

fn published(next: Option<i64>) -> Event {
    Event::UpdatePublished {
        n: 1,
        approved_at: start(),
        next_update_at: next.map(at),
        destinations: vec!["sandbox".into()],
    }
}

fn handed(from: &str, to: &str, sections: u8, forced: bool) -> Event {
    Event::CommandTransferred {
        from: person(from),
        to: person(to),
        briefing_sections: sections,
        without_outgoing_brief: forced,
        reason: String::new(),
    }
}

#[test]
fn a_value_counts_fully_at_its_target_and_nothing_at_three_times_it() {
    let m2 = |minute| taken(Metric::M2, &timeline("Ada", vec![(minute, "Ada", published(None))], 60)).1;
    assert_eq!(
        [m2(0), m2(5), m2(10), m2(15), m2(50)],
        [Some(1.0), Some(1.0), Some(0.5), Some(0.0), Some(0.0)]
    );
    assert_eq!(
        taken(Metric::M2, &timeline("Ada", vec![], 60)),
        ("none; the public was told nothing".into(), Some(0.0))
    );
    // The exercise was over before its time: that says nothing.
    assert_eq!(taken(Metric::M2, &timeline("Ada", vec![], 3)).1, None);
}

#[test]
fn what_is_written_after_endex_changes_no_value() {
    let mut entries = timeline("Ada", vec![], 20);
    let late = timeline("Ada", vec![(30, "Ada", published(None))], 40);
    entries.extend(late.into_iter().skip(2).zip(5..).map(|(entry, seq)| Entry { seq, ..entry }));
    assert_eq!(taken(Metric::M2, &entries).1, Some(0.0));
    assert_eq!(score(&scenario(), &entries).unwrap().ended, at(20));
}

#[test]
fn minutes_without_a_commander_end_when_a_person_takes_it_from_the_house() {
    let taken_at = |events| taken(Metric::C1, &timeline("house", events, 30));
    assert_eq!(
        taken_at(vec![
            (4, "Ada", handed("house", "Ada", 0, true)),
            (9, "Ada", handed("Ada", "Ben", 5, false))
        ]),
        ("4 min; 4 min without a commander".into(), Some(1.0))
    );
    assert_eq!(taken_at(vec![]), ("nobody took command; 30 min without a commander".into(), Some(0.0)));
}

#[test]
fn only_a_hand_over_between_people_needs_a_briefing() {
    let sections = f64::from(crate::incident::briefing::SECTIONS);
    let h1 = |events| taken(Metric::H1, &timeline("house", events, 30));
    assert_eq!(h1(vec![(4, "Ada", handed("house", "Ada", 0, true))]).1, None);
    let full = crate::incident::briefing::SECTIONS;
    assert_eq!(h1(vec![(4, "Ada", handed("Ada", "Ben", full, false))]).1, Some(1.0));
    let half = (5.0 / sections * 100.0).round() / 100.0;
    assert_eq!(h1(vec![(4, "Ada", handed("Ada", "Ben", 5, false))]).1, Some(half));
    assert_eq!(h1(vec![(4, "Ben", handed("Ada", "Ben", full, true))]).1, Some(0.0));
}

#[test]
fn public_updates_are_measured_by_their_waits_and_by_what_they_promised() {
    let entries = timeline(
        "Ada",
        vec![(5, "Ada", published(Some(25))), (25, "Ada", published(Some(40))), (50, "Ada", published(None))],
        60,
    );
    assert_eq!(taken(Metric::M4, &entries), ("2 of 3; longest silence 25 min".into(), Some(0.74)));
    assert_eq!(taken(Metric::M5, &entries), ("1 of 2".into(), Some(0.5)));
    let resolved =
        Event::PhaseChanged { from: Phase::Monitoring, to: Phase::Resolved, reason: String::new() };
    let kept = timeline("Ada", vec![(5, "Ada", published(Some(25))), (20, "Ada", resolved)], 60);
    assert_eq!(taken(Metric::M5, &kept).1, Some(1.0));
    assert_eq!(taken(Metric::M4, &kept).1, Some(1.0));
    assert_eq!(taken(Metric::M5, &timeline("Ada", vec![], 60)).1, None);
}

#[test]
fn roles_check_ins_and_reports_are_counted_from_the_declaration() {
    let role = |slug: &str, who: &str| Event::RoleAccepted { role: slug.parse().unwrap(), by: person(who) };
    let entries = timeline(
        "Ada",
        vec![
            (3, "Ben", role("pio", "Ben")),
            (20, "Cy", role("ops", "Cy")),
            (21, "Ada", Event::CheckedIn { who: person("Ben"), note: String::new() }),
            (
                25,
                "Cy",
                Event::CanReported {
                    service: "s".into(),
                    conditions: "c".into(),
                    actions: String::new(),
                    needs: String::new(),
                },
            ),
        ],
        60,
    );
    // The second came at twice the target: half a mark; the third never.
    assert_eq!(taken(Metric::C2, &entries), ("1 of 3, 1 more later".into(), Some(0.5)));
    assert_eq!(taken(Metric::C4, &entries), ("1 of 3".into(), Some(0.33)));
    assert_eq!(taken(Metric::M1, &entries), ("25 min".into(), Some(0.25)));
}

#[test]
fn the_first_reaction_is_the_first_thing_that_a_person_does_after_the_alert() {
    let alert = Event::AlertsLinked {
        situation: 1,
        title: "a".into(),
        source: "exercise:alertmanager".into(),
        firing: 1,
        total: 1,
        alerts: vec![],
        within: None,
        because: String::new(),
    };
    let remind = Event::Reminded { what: "x".into(), executive: false, of: vec![] };
    let entries = timeline("house", vec![(1, "house", alert), (2, "house", remind), (9, "Ada", note())], 60);
    assert_eq!(taken(Metric::D3, &entries), ("8 min".into(), Some(0.7)));
    assert_eq!(taken(Metric::D3, &timeline("house", vec![], 60)).1, None);
}

#[test]
fn a_task_is_well_formed_with_a_time_box_and_a_read_back_and_in_time_when_reported_within_it() {
    let task = |n, owner: &str, due: Option<i64>| Event::TaskAssigned {
        n,
        text: "x".into(),
        owner: person(owner),
        due_at: due.map(at),
    };
    let entries = timeline(
        "Ada",
        vec![
            (1, "Ada", task(1, "Ben", Some(10))),
            (2, "Ben", Event::TaskUnderstood { n: 1 }),
            (3, "Ada", task(2, "Ben", Some(10))),
            (4, "Ada", task(3, "Ada", Some(20))),
            (5, "Ada", task(4, "Ben", None)),
            (9, "Ben", Event::TaskReported { n: 1, result: "y".into() }),
            (15, "Ben", Event::TaskReported { n: 2, result: "y".into() }),
            (16, "Ada", task(5, "Ben", Some(120))),
        ],
        60,
    );
    // 1 and 3 (one's own) of five; of those that fell due, 1 was in time, 2 late, 3 never reported, 5 not due yet.
    assert_eq!(taken(Metric::T1, &entries), ("2 of 5".into(), Some(0.44)));
    assert_eq!(taken(Metric::T2, &entries), ("1 of 3".into(), Some(0.42)));
    let given = || Event::TaskGiven { n: 1, owner: person("Cy"), due_at: Some(at(30)) };
    let read = || Event::TaskUnderstood { n: 1 };
    let well_formed = |events: Vec<(i64, &'static str, Event)>| {
        let all = [(1, "Ada", task(1, "Ben", None)), (2, "Ben", read())].into_iter().chain(events).collect();
        taken(Metric::T1, &timeline("Ada", all, 60)).0
    };
    assert_eq!(well_formed(vec![(3, "Ada", given())]), "0 of 1", "Cy did not say that they have it");
    assert_eq!(well_formed(vec![(3, "Ada", given()), (4, "Cy", read())]), "1 of 1");
    assert_eq!(well_formed(vec![(3, "Cy", given())]), "1 of 1", "Cy took it");
}

#[test]
fn a_task_that_was_opened_again_is_measured_by_its_last_report_and_its_last_time_box() {
    let of_ben = Event::TaskAssigned { n: 1, text: "x".into(), owner: person("Ben"), due_at: Some(at(10)) };
    let reported = || Event::TaskReported { n: 1, result: "y".into() };
    let reopened = |due: Option<i64>| Event::TaskReopened {
        n: 1,
        reason: "z".into(),
        owner: Some(person("Ben")),
        due_at: due.map(at),
    };
    let in_time = |events: Vec<(i64, &'static str, Event)>| {
        let all = std::iter::once((1, "Ada", of_ben.clone())).chain(events).collect();
        taken(Metric::T2, &timeline("Ada", all, 60)).0
    };
    assert_eq!(in_time(vec![(5, "Ben", reported())]), "1 of 1");
    assert_eq!(in_time(vec![(5, "Ben", reported()), (6, "Ada", reopened(Some(20)))]), "0 of 1");
    let again = vec![(5, "Ben", reported()), (6, "Ada", reopened(Some(20))), (15, "Ben", reported())];
    assert_eq!(in_time(again), "1 of 1");
    let to_cy = Event::TaskGiven { n: 1, owner: person("Cy"), due_at: Some(at(30)) };
    assert_eq!(in_time(vec![(8, "Ada", to_cy), (25, "Cy", reported())]), "1 of 1");
}

#[test]
fn an_expected_action_is_done_late_missed_or_still_open() {
    let decided = |minute| {
        let events = vec![(minute, "Ada", Event::DecisionRecorded { text: "x".into() })];
        score(&scenario(), &timeline("Ada", events, 60)).unwrap().expected.remove(0).outcome
    };
    assert!(matches!(decided(5), Outcome::Done { seq: 3, .. }));
    assert!(matches!(decided(6), Outcome::Late { seq: 3, .. }));
    let without = |end| score(&scenario(), &timeline("Ada", vec![], end)).unwrap().expected.remove(0).outcome;
    assert_eq!((without(60), without(4)), (Outcome::Missed, Outcome::Open));
    // What the house writes is nobody's action.
    let house = vec![(1, "house", Event::DecisionRecorded { text: "x".into() })];
    assert_eq!(score(&scenario(), &timeline("Ada", house, 60)).unwrap().expected[0].outcome, Outcome::Missed);
}

#[test]
fn ratings_follow_the_bands_and_nothing_observed_is_not_rated() {
    let letters: String =
        [1.0, 0.80, 0.79, 0.66, 0.65, 0.50, 0.49, 0.0].map(|mark| Rating::of(mark).letter()).iter().collect();
    assert_eq!(letters, "PPSSMMUU");
    let quick = score(&scenario(), &timeline("house", vec![], 1)).unwrap();
    assert_eq!(quick.rating("O1"), None);
    assert_eq!(score(&scenario(), &[]), None);
}

#[test]
fn the_after_action_summary_escapes_what_people_wrote() {
    let entries = timeline(
        "Ada",
        vec![(1, "Ada", Event::DecisionRecorded { text: "<b>*all* [in](http://x)\nnow".into() })],
        60,
    );
    let lines = crate::incident::timeline::lines(entries.clone(), &|at: DateTime<Utc>| {
        at.format("%H:%M").to_string()
    });
    let text =
        crate::drill::summary(&scenario(), &score(&scenario(), &entries).unwrap(), &lines, Words::Nims);
    assert!(text.contains(r"\<b>\*all\* \[in\](http://x) now"), "{text}");
}

#[test]
fn the_after_action_summary_calls_roles_as_the_team_does() {
    let entries = timeline("Ada", Vec::new(), 60);
    let told = |words| crate::drill::summary(&scenario(), &score(&scenario(), &entries).unwrap(), &[], words);
    let (nims, it) = (told(Words::Nims), told(Words::It));
    assert!(
        nims.contains("Give out the role Public Information Officer first, then Operations Section Chief"),
        "{nims}"
    );
    assert!(
        it.contains("Give out the role Communications lead first, then Operations lead, then Scribe"),
        "{it}"
    );
    for role in CATALOGUE.iter().filter(|role| role.title != role.it_title) {
        assert!(!it.contains(role.title), "{} stands in {it}", role.title);
    }
}

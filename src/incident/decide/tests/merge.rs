//! Duplicates: what goes along to the one that goes on, what ends, and words that are redacted in one of the two.

use super::*;
use crate::incident::{
    command::{Luggage, MergeFacts, SituationFacts, TimerKind},
    state::{Hazard, Stop},
};

fn other() -> IncidentId {
    IncidentId::new(Kind::Real, 2)
}

fn stopped(as_safety: bool) -> Stop {
    Stop { by: who("Cy"), as_safety, at: start(), reason: "data loss".into() }
}

fn taken_in(stop: Stop) -> Command {
    let hazard = Hazard {
        n: 1,
        seq: 5,
        text: "db2 may fill up".into(),
        mitigation: String::new(),
        by: who("Cy"),
        is_open: true,
    };
    Command::Timer(TimerKind::MergedIn(Box::new(Luggage {
        by: None,
        from: other(),
        title: "Search is slow".into(),
        severity: Severity::Sev3,
        entries: 9,
        situations: vec![],
        tasks: vec![],
        hazards: vec![hazard],
        stop: Some(stop),
        titled_in: Some(1),
        stopped_in: Some(7),
    })))
}

fn resume() -> Command {
    Command::ResumeActions { reason: String::new() }
}

fn stop() -> Command {
    Command::StopActions { reason: "we lose writes".into() }
}

#[test]
fn a_stop_goes_along_and_whoever_acts_where_it_goes_on_is_told_to_wait() {
    let mut stage = Stage::new();
    stage.ok(HOUSE, taken_in(stopped(true)));
    let announce = Command::Announce { text: "restart everything".into(), is_risky: false, minutes: None };
    let reply = stage.ask("Ada", &announce).unwrap().reply;
    assert!(reply.contains("Cy stopped everything: data loss. Wait."), "{reply}");
    // Stopped as Safety Officer there, it is lifted here by nobody else than there.
    stage.ok("Di", Command::TakeRole { role: role("ops") });
    assert_eq!(stage.no("Di", resume()), Because::Forbidden);
    stage.ok("Ada", resume());
    assert_eq!(stage.incident.stop, None);
}

#[test]
fn of_two_that_are_stopped_the_stricter_stop_stands_and_the_other_is_told() {
    for (as_safety, by) in [(false, "Ada"), (true, "Cy")] {
        let mut stage = Stage::new();
        stage.ok("Ada", stop());
        let events = stage.ok(HOUSE, taken_in(stopped(as_safety)));
        assert_eq!(stage.incident.stop.as_ref().map(|stop| stop.by.name.as_str()), Some(by));
        let told = "INC-2 was stopped as well, by Cy: data loss.";
        let is_told = events.iter().any(|event| matches!(event, Event::Noted { text, .. } if text == told));
        assert_eq!(is_told, !as_safety, "{events:?}");
    }
}

#[test]
fn what_ends_with_a_duplicate_is_named_to_whoever_merges_it() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.ok("Bo", Command::Announce { text: "fail over".into(), is_risky: false, minutes: None });
    stage.ok("Bo", Command::Propose { text: "roll back".into(), minutes: None });
    stage.ok("Ada", Command::SetObjective { text: "serve again".into() });
    stage.ok("Bo", posts::draft("We are on it."));
    stage.ok("Ada", Command::Approve { n: 1, alone: None });
    stage.ok("Ada", Command::OfferRole { role: role("pio"), to: who("Cy") });
    stage.ok("Ada", Command::RollCall { minutes: None });
    stage.ok("Ada", stop());
    let facts = MergeFacts {
        commander: who("Zoe"),
        severity: Severity::Sev2,
        phase: Phase::Investigating,
        is_restricted: false,
        seen_by: None,
    };
    let merge = Command::Merge { into: other(), other: Some(facts), reason: String::new() };
    assert_eq!(
        stage.ask("Ada", &merge).unwrap().reply,
        "INC-1 is merged into INC-2, where its stop, alerts, open tasks and hazards go on. Zoe is in command there. Not taken \
         along, to be said anew there where it still holds: action 1 (Bo); proposal 1 (Bo); objective 1; public update 1 (of Bo, \
         approved); the offer of Public Information Officer to Cy; the roll call of Ada."
    );
    // What was stopped is not started by being merged.
    stage.ok("Ada", merge);
    assert!(stage.incident.stop.is_some());
    assert!(!stage.reads("Bo", Command::Actions).contains("`resume`"));
    // It holds where it goes on, and nobody is told here that they must wait.
    for read in [Command::Briefing, Command::Summary, Command::Status, Command::Next] {
        let told = stage.reads("Bo", read.clone()).to_lowercase();
        assert!(!told.contains("stopped"), "{read:?}: {told}");
    }
}

#[test]
fn of_a_redaction_nothing_is_promised_that_an_older_merge_cannot_keep() {
    // It goes on where it is not known which entries have its words.
    let mut stage = Stage::new();
    stage.ok("Ada", Command::Note { text: "a name".into(), at: None });
    let note = stage.incident.seq;
    let facts = MergeFacts {
        is_restricted: false,
        seen_by: None,
        commander: who("Zoe"),
        severity: Severity::Sev2,
        phase: Phase::Investigating,
    };
    stage.ok("Ada", Command::Merge { into: other(), other: Some(facts), reason: String::new() });
    let redact = |target| Command::Redact { target, reason: "a name".into() };
    let hidden = "As far as INC-2 has its words, they are hidden there too.";
    let left = "As far as INC-2 has its words, redact them there as well.";
    let reply = stage.ask("Ada", &redact(note)).unwrap().reply;
    assert!(reply.contains(hidden) && !reply.contains(left), "{reply}");
    stage.is_followed = false;
    let reply = stage.ask("Ada", &redact(note)).unwrap().reply;
    assert!(reply.contains(left) && !reply.contains(hidden), "{reply}");
    // What came along of which nobody knows where from; what somebody wrote here did not.
    let mut stage = Stage::new();
    stage.ok(HOUSE, taken_in(stopped(false)));
    let hazard = stage.incident.same_words(other(), 5)[0];
    stage.incident.copies.clear();
    let reply = stage.ask("Ada", &redact(hazard)).unwrap().reply;
    assert!(reply.contains(left), "{reply}");
    stage.ok("Ada", Command::Note { text: "a name".into(), at: None });
    let note = stage.incident.seq;
    let reply = stage.ask("Ada", &redact(note)).unwrap().reply;
    assert!(!reply.contains("INC-2"), "{reply}");
}

#[test]
fn words_that_came_along_are_known_by_where_they_came_from_and_redacted_with_it() {
    let mut stage = Stage::new();
    stage.ok(HOUSE, taken_in(stopped(false)));
    let here = |stage: &Stage, there: u64| stage.incident.same_words(other(), there);
    let named = |there: u64| {
        let here = here(&stage, there);
        let entry = stage.entries.iter().find(|entry| here == [entry.seq]).unwrap();
        entry.event.name()
    };
    assert_eq!([1, 5, 7].map(named), ["incident.merged_in", "hazard.named", "actions.stopped"]);
    assert!(here(&stage, 3).is_empty());
    let hazard = here(&stage, 5)[0];
    let redact = Command::Redact { target: hazard, reason: "a name".into() };
    let reply = stage.ask("Ada", &redact).unwrap().reply;
    assert!(reply.contains("As far as INC-2 has its words, they are hidden there too."), "{reply}");
    let too = || Command::RedactToo { there: Some(other()), targets: vec![hazard] };
    stage.ok(HOUSE, too());
    assert_eq!(stage.ok(HOUSE, too()), [], "once, however many tell of it");
    let told = stage.reads("Ada", Command::Hazards);
    assert!(!told.contains("db2"), "{told}");
    assert_eq!(stage.no("Ada", redact), Because::Conflict);
}

fn into_two(commander: &str, severity: Severity, phase: Phase) -> Command {
    let facts =
        MergeFacts { commander: who(commander), severity, phase, is_restricted: false, seen_by: None };
    Command::Merge { into: other(), other: Some(facts), reason: String::new() }
}

#[test]
fn nothing_is_merged_into_what_nobody_has_said_to_be_an_incident() {
    let stage = Stage::new();
    let refusal = stage.ask("Ada", &into_two("Ada", Severity::Sev2, Phase::Triage)).unwrap_err();
    assert_eq!(refusal.because, Because::Conflict);
    assert!(refusal.instead.contains("`INC-2 confirm`") && refusal.instead.contains("`INC-1 merge INC-2`"));
}

#[test]
fn who_may_not_have_command_takes_in_nobody_elses_incident() {
    let mut stage = Stage::new();
    stage.policy.reserved.command = Some([who("Ada").id].into());
    let merge = |by: &str| into_two(by, Severity::Sev2, Phase::Investigating);
    assert_eq!(stage.no("Fay", merge("Fay")), Because::Forbidden);
    stage.policy.reserved.command = Some([who("Ada").id, who("Fay").id].into());
    stage.ok("Fay", merge("Fay"));
}

#[test]
fn what_takes_in_something_worse_is_as_bad_from_then_on() {
    let stage = Stage::new();
    let reply = stage.ask("Ada", &into_two("Zoe", Severity::Sev4, Phase::Investigating)).unwrap().reply;
    assert!(reply.contains("INC-2 is raised from") && reply.contains("as INC-1 is worse."), "{reply}");
    let reply = stage.ask("Ada", &into_two("Zoe", Severity::Sev1, Phase::Investigating)).unwrap().reply;
    assert!(!reply.contains("raised"), "{reply}");
    let mut milder = Stage::declared("Ada", &Declare::new("Slow", Severity::Sev4, Kind::Real)).unwrap();
    let events = milder.ok(HOUSE, taken_in(stopped(false)));
    assert!(events.iter().any(|event| matches!(
        event,
        Event::SeverityChanged { to: Severity::Sev3, reason, .. } if reason.contains("INC-2")
    )));
    assert_eq!(milder.incident.severity, Severity::Sev3);
}

#[test]
fn what_was_merged_into_something_that_is_cancelled_is_opened_again() {
    let mut stage = Stage::new();
    stage.ok("Ada", into_two("Zoe", Severity::Sev2, Phase::Investigating));
    let reopen = |reason: &str| Command::ReopenMerged { reason: reason.into() };
    let plain = Command::Enter { phase: Phase::Investigating, reason: "it burns".into() };
    assert_eq!(stage.no("Ada", plain), Because::Conflict, "it goes on elsewhere");
    assert_eq!(stage.no("Ada", reopen("")), Because::Invalid);
    stage.ok("Ada", reopen("it burns"));
    assert_eq!((stage.incident.phase, stage.incident.merged_into), (Phase::Investigating, None));
    stage.ok("Ada", Command::AssignTask { owner: None, text: "Look".into(), minutes: None });
}

fn linked(id: i64, firing: u64, is_left: bool) -> Command {
    let facts =
        SituationFacts { id, title: "lag".into(), firing, total: 1, is_left, ..SituationFacts::default() };
    Command::LinkSituation { situation: id, facts: Some(facts) }
}

#[test]
fn who_opens_it_again_is_told_how_alerts_and_parts_come_back_and_nothing_of_the_other_one() {
    let mut stage = Stage::new();
    stage.ok("Ada", linked(4, 1, false));
    let (child, phase) = (IncidentId::new(Kind::Real, 3), Some(Phase::Investigating));
    stage.ok(HOUSE, Command::Timer(TimerKind::Child { child, phase }));
    stage.ok("Ada", into_two("Zoe", Severity::Sev2, Phase::Investigating));
    // The part went along.
    stage.ok(HOUSE, Command::Timer(TimerKind::Child { child, phase: None }));
    let reopen = Command::ReopenMerged { reason: "it burns".into() };
    assert_eq!(
        stage.ask("Ada", &reopen).unwrap().reply,
        "INC-1 is open again, and goes on by itself. Ada is in command. Its alerts went along: `alerts` shows what \
         fires, and `link S-N` has it back. Sub-incidents that went along stay where they are: INC-3. To have one back that is \
         open still: `INC-3 sub leave`, then `INC-3 under INC-1`."
    );
    stage.ok("Ada", reopen);
    // What is not its own any more does not fire here; linked again it does, and its end is told here.
    assert_eq!(stage.incident.firing(), 0);
    assert_eq!(stage.no("Ada", linked(4, 1, false)), Because::Conflict);
    stage.ok("Ada", linked(4, 1, true));
    assert_eq!((stage.incident.firing(), stage.incident.situations.len()), (1, 1));
    let facts = SituationFacts { id: 4, total: 1, ..SituationFacts::default() };
    let told = stage.ok(HOUSE, Command::SituationMoved { facts });
    assert!(matches!(told[..], [Event::AlertsCleared { situation: 4, .. }]), "{told:?}");
}

#[test]
fn what_is_merged_a_second_time_leaves_all_that_is_open_once_more_and_nothing_twice() {
    let luggage = |entries: u64, hazards: &[(u64, &str)], stopped_in: Option<u64>| {
        let hazards = hazards.iter().map(|(seq, text)| Hazard {
            n: 1,
            seq: *seq,
            text: (*text).to_owned(),
            mitigation: String::new(),
            by: who("Cy"),
            is_open: true,
        });
        Command::Timer(TimerKind::MergedIn(Box::new(Luggage {
            by: None,
            from: other(),
            title: "Search is slow".into(),
            severity: Severity::Sev3,
            entries,
            situations: vec![],
            tasks: vec![],
            hazards: hazards.collect(),
            stop: stopped_in.map(|_| stopped(false)),
            titled_in: Some(1),
            stopped_in,
        })))
    };
    let mut stage = Stage::new();
    let first = [(5, "db2 may fill up")];
    stage.ok(HOUSE, luggage(9, &first, None));
    assert_eq!(stage.ok(HOUSE, luggage(9, &first, None)), [], "the same merge, told twice");
    // Opened again meanwhile, and ended as this one once more.
    let second = [(5, "db2 may fill up"), (12, "the backup is old")];
    stage.ok(HOUSE, luggage(15, &second, Some(14)));
    let hazards: Vec<_> = stage.incident.open_hazards().map(|one| (one.n, one.text.as_str())).collect();
    assert_eq!(hazards, [(1, "db2 may fill up"), (2, "the backup is old")]);
    assert_eq!(stage.incident.stop.as_ref().map(|stop| stop.by.name.as_str()), Some("Cy"));
    assert_eq!(stage.incident.merged_in, [other()]);
    // A third time, the stop stands already: it is not told as another.
    let events = stage.ok(HOUSE, luggage(20, &second, Some(14)));
    assert!(matches!(events[..], [Event::MergedIn { .. }]), "{events:?}");
}

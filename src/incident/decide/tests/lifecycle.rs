//! From triage to closed.

use super::*;
use crate::incident::{
    command::{Luggage, MergeFacts, TimerKind},
    names::Names,
    state::{Hazard, Situation, Task, TaskState},
};

fn enter(phase: Phase, reason: &str) -> Command {
    Command::Enter { phase, reason: reason.into() }
}

fn severity(to: Severity) -> Command {
    Command::Severity { to, reason: String::new() }
}

#[test]
fn every_step_from_phase_to_phase_is_as_reviewed() {
    let mut table = String::new();
    for from in Phase::ALL {
        for to in Phase::ALL {
            let mut stage = Stage::new();
            stage.incident.phase = from;
            if from.is_over() {
                stage.incident.milestones.closed = Some(stage.now);
            }
            let step = match stage.ask("Ada", &enter(to, "because")) {
                Ok(decision) => {
                    assert!(
                        matches!(decision.events[0].event, Event::PhaseChanged { from: f, to: t, .. } if (f, t) == (from, to))
                    );
                    decision.reply
                }
                Err(refusal) => format!("NO {:?}: {refusal}", refusal.because),
            };
            table.push_str(&format!("{from} -> {to}: {step}\n"));
        }
    }
    insta::assert_snapshot!("phases", table);
}

#[test]
fn anybody_raises_the_severity_and_only_the_commander_lowers_it() {
    let mut stage = Stage::new();
    stage.ok("Bo", severity(Severity::Sev1));
    assert_eq!(stage.incident.severity, Severity::Sev1);
    assert_eq!(stage.no("Bo", severity(Severity::Sev3)), Because::Forbidden);
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    assert_eq!(stage.no("Bo", severity(Severity::Sev3)), Because::Forbidden);
    assert_eq!(stage.no(HOUSE, severity(Severity::Sev3)), Because::Forbidden);
    stage.no("Ada", severity(Severity::Sev1));
    stage.ok("Ada", severity(Severity::Sev3));

    stage.policy.only_commander_lowers_severity = false;
    stage.ok("Bo", severity(Severity::Sev4));
    assert_eq!(stage.no("Cy", severity(Severity::Sev5)), Because::Forbidden, "without a role");
    stage.ok("Di", Command::TakeRole { role: role("observer") });
    assert_eq!(stage.no("Di", severity(Severity::Sev5)), Because::Forbidden, "who only reads along");
    stage.aloud("severity");
}

#[test]
fn a_triage_card_is_lifted_by_anybody_who_responds_but_not_made_smaller() {
    let mut stage = Stage::of("Ada", Kind::Real, true);
    assert_eq!(stage.no("Bo", Command::Confirm { severity: Some(Severity::Sev4) }), Because::Forbidden);
    stage.ok("Cy", Command::TakeRole { role: role("observer") });
    assert_eq!(
        stage.no("Cy", Command::Confirm { severity: None }),
        Because::Forbidden,
        "who only reads along"
    );
    assert_eq!(
        stage.no(HOUSE, Command::Confirm { severity: None }),
        Because::Forbidden,
        "a person decides that"
    );
    stage.ok("Bo", Command::Confirm { severity: Some(Severity::Sev1) });
    assert_eq!((stage.incident.phase, stage.incident.severity), (Phase::Investigating, Severity::Sev1));
    stage.no("Bo", Command::Confirm { severity: None });
    stage.aloud("triage");
}

#[test]
fn what_is_in_triage_is_said_to_be_noticed_and_becomes_an_incident_by_confirm_alone() {
    let declare = Declare { triage: true, ..Declare::new("Payments fail", Severity::Sev2, Kind::Real) };
    let (person, policy) = (who("Ada"), Policy::default());
    let scene = Scene {
        person: &person,
        is_house: false,
        is_admin: false,
        now: start(),
        policy: &policy,
        target: None,
    };
    assert_eq!(
        open(&declare, &scene).unwrap().reply,
        "Payments fail is noticed (triage, SEV2 for now). Is it an incident? `confirm`; if not: `cancel REASON`."
    );
    let mut stage = Stage::of("Ada", Kind::Real, true);
    for phase in [Phase::Investigating, Phase::Identified, Phase::Resolved] {
        assert_eq!(stage.no("Ada", enter(phase, "relapse")), Because::Conflict, "{phase}");
    }
    let refusal = stage.ask("Ada", &enter(Phase::Investigating, "relapse")).unwrap_err();
    assert_eq!(refusal.instead, "If it is one: `confirm`. If not: `cancel REASON`.");
    stage.ok("Ada", Command::Confirm { severity: None });
    assert_eq!(stage.incident.phase, Phase::Investigating);
}

#[test]
fn what_is_in_the_way_of_a_close_is_told_at_once_and_by_next() {
    let mut stage = Stage::new();
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Bo")), text: "Roll back".into(), minutes: None });
    stage.ok("Cy", Command::Announce { text: "Restart db1".into(), is_risky: false, minutes: None });
    assert!(stage.reads("Ada", Command::Next).contains("Size up"));
    stage.ok("Ada", enter(Phase::Resolved, "rolled back"));
    let refusal = stage.ask("Ada", &enter(Phase::Closed, "")).unwrap_err();
    assert_eq!(refusal.why, "Open tasks: #1 (Bo). Open actions: 1 (Cy).");
    assert!(refusal.instead.contains("task done") && refusal.instead.contains("action done"), "{refusal}");
    let next = stage.reads("Ada", Command::Next);
    assert!(next.contains("Open still, and in the way of `close`: task #1 (Bo), action 1 (Cy)."), "{next}");
    assert!(!next.contains("Size up"), "{next}");
}

#[test]
fn all_that_is_in_the_way_of_a_close_is_told_in_one_refusal() {
    let mut stage = Stage::new();
    stage.policy.destinations = vec!["x".into()];
    let child = IncidentId::new(Kind::Real, 2);
    stage.incident.children.insert(child, Phase::Investigating);
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Bo")), text: "Roll back".into(), minutes: None });
    stage.ok("Cy", Command::Announce { text: "Restart db1".into(), is_risky: false, minutes: None });
    stage.ok("Ada", posts::draft("We are on it."));
    stage.ok("Ada", Command::Approve { n: 1, alone: Some("nobody else".into()) });
    stage.ok("Ada", Command::Publish { n: 1 });
    stage.ok("Cy", Command::NameHazard { text: "db2 may fill up".into(), mitigation: String::new() });
    stage.ok("Ada", enter(Phase::Resolved, "rolled back"));
    let refusal = stage.ask("Ada", &enter(Phase::Closed, "")).unwrap_err();
    assert_eq!(
        refusal.why,
        "Open sub-incidents: INC-2. Open tasks: #1 (Bo). Open actions: 1 (Cy). Public update 1 is still on its way to its \
         destinations. What the public read last says that it goes on. Hazards still open (`hazard clear N REASON`): 1 db2 \
         may fill up."
    );
    for words in
        ["`close --leave-open`", "`task done", "`action done", "`commandpost outbox`", "`update draft"]
    {
        assert!(refusal.instead.contains(words), "{words}: {refusal}");
    }
    // Parts that may go on by themselves are in the way no more; all the rest is.
    let refusal = stage.ask("Ada", &Command::CloseLeavingSubs { reason: String::new() }).unwrap_err();
    assert!(refusal.why.starts_with("Open tasks: #1 (Bo). Open actions: 1 (Cy)."), "{refusal}");
}

#[test]
fn what_no_close_waits_for_is_named_when_it_is_resolved_and_when_it_is_closed() {
    let mut stage = Stage::new();
    for name in ["Ada", "Bo"] {
        stage.ok(name, Command::CheckIn { who: None, note: String::new() });
    }
    stage.ok("Bo", Command::NameHazard { text: "db2 may fill up".into(), mitigation: String::new() });
    stage.ok("Ada", Command::RollCall { minutes: None });
    let resolve = enter(Phase::Resolved, "rolled back");
    let told = stage.ask("Ada", &resolve).unwrap().reply;
    assert!(
        told.ends_with(
            "`close`. Hazards still open (`hazard clear N REASON`): 1 db2 may fill up. The roll call of Ada goes on; \
             missing: Bo."
        ),
        "{told}"
    );
    stage.ok("Ada", resolve);
    let told = stage.ask("Ada", &enter(Phase::Closed, "")).unwrap().reply;
    assert_eq!(
        told,
        "INC-1 is closed. Hazards were left open: 1 db2 may fill up. The roll call ended with it; missing: Bo. `commandpost \
         export INC-1` prints the timeline."
    );
    stage.ok("Bo", Command::ClearHazard { n: 1, reason: "its disk was grown".into() });
    stage.ok("Bo", Command::Here { note: String::new() });
    let told = stage.ask("Ada", &enter(Phase::Closed, "")).unwrap().reply;
    assert_eq!(told, "INC-1 is closed. `commandpost export INC-1` prints the timeline.");
}

#[test]
fn nothing_is_resolved_without_a_cause_or_a_reason() {
    let mut stage = Stage::new();
    assert_eq!(stage.no("Ada", enter(Phase::Resolved, "")), Because::Invalid);
    assert_eq!(stage.no("Bo", enter(Phase::Resolved, "it is fine")), Because::Forbidden);
    stage.ok("Ada", enter(Phase::Resolved, "the provider is back"));
    // What was watched before it broke again is watched no more; nothing else is said of it.
    stage.ok("Ada", enter(Phase::Investigating, "it fails again"));
    let refused = stage.ask("Ada", &enter(Phase::Resolved, "")).unwrap_err();
    assert!(refused.why.contains("is being monitored") && !refused.why.contains("yet"), "{refused}");
    let mut stage = stage.again();
    stage.ok("Ada", enter(Phase::Identified, ""));
    stage.ok("Ada", enter(Phase::Resolved, ""));
    stage.aloud("resolve");
}

#[test]
fn nothing_is_closed_over_open_tasks_or_posts_on_their_way() {
    let mut stage = Stage::new();
    stage.policy.destinations = vec!["x".into()];
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Bo")), text: "Roll back".into(), minutes: None });
    stage.ok("Ada", enter(Phase::Resolved, "rolled back"));
    assert_eq!(stage.no("Ada", enter(Phase::Closed, "")), Because::Conflict);
    assert_eq!(stage.no("Bo", enter(Phase::Closed, "")), Because::Forbidden);
    stage.ok("Bo", Command::ReportTask { n: 1, result: "done".into() });
    stage.ok("Ada", posts::draft("It works again."));
    stage.ok("Ada", Command::Approve { n: 1, alone: Some("nobody else".into()) });
    stage.ok("Ada", Command::Publish { n: 1 });
    assert_eq!(stage.no("Ada", enter(Phase::Closed, "")), Because::Conflict);
    let failed = Err("the account is locked".to_owned());
    stage.ok(HOUSE, Command::Delivered { post: 1, destination: "x".into(), result: failed });
    stage.ok("Ada", enter(Phase::Closed, ""));
    assert_eq!(stage.no("Ada", Command::SetObjective { text: "more".into() }), Because::Conflict);
    stage.ok("Bo", Command::Note { text: "The graph of that night".into(), at: None });
    stage.aloud("close");
}

#[test]
fn who_may_not_close_before_the_public_read_the_end_is_told_of_the_update_that_waits() {
    let mut stage = Stage::new();
    stage.ok("Ada", posts::draft("We look into it."));
    stage.ok("Ada", Command::Approve { n: 1, alone: Some("nobody else".into()) });
    stage.ok("Ada", Command::Publish { n: 1 });
    stage.ok("Ada", enter(Phase::Resolved, "rolled back"));
    let told = |stage: &Stage| stage.ask("Ada", &enter(Phase::Closed, "")).unwrap_err().to_string();
    assert!(told(&stage).contains("`update draft --phase resolved TEXT`"), "{}", told(&stage));
    let Command::Draft(mut last) = posts::draft("It works again.") else { panic!("a draft") };
    last.phase = Some(crate::post::PublicPhase::Resolved);
    stage.ok("Ada", Command::Draft(last));
    assert!(told(&stage).contains("Update 2, which says so, waits: `update approve 2`"), "{}", told(&stage));
    let next = stage.reads("Ada", Command::Next);
    assert!(next.contains("Update 2, which says so, waits") && !next.contains("`close`"), "{next}");
    stage.ok("Ada", Command::Approve { n: 2, alone: Some("nobody else".into()) });
    assert!(told(&stage).contains("Publish the last update: `update publish 2`."), "{}", told(&stage));
}

#[test]
fn what_breaks_again_within_a_day_is_the_same_incident() {
    let mut stage = Stage::new();
    stage.ok("Ada", enter(Phase::Resolved, "restarted"));
    stage.ok("Ada", enter(Phase::Closed, ""));
    stage.later(24 * 60);
    assert_eq!(stage.no("Ada", enter(Phase::Investigating, "")), Because::Invalid);
    assert_eq!(stage.no("Bo", enter(Phase::Investigating, "again")), Because::Forbidden);
    stage.ok("Ada", enter(Phase::Investigating, "it fails again"));
    let milestones = &stage.incident.milestones;
    assert_eq!((milestones.resolved, milestones.mitigated, milestones.closed), (None, None, None));
    stage.ok("Ada", enter(Phase::Resolved, "restarted again"));
    stage.later(24 * 60 + 1);
    assert_eq!(stage.no("Ada", enter(Phase::Investigating, "and again")), Because::Conflict);
    stage.aloud("reopen");
}

#[test]
fn what_was_mitigated_and_relapses_is_not_mitigated() {
    for to in [Phase::Identified, Phase::Investigating] {
        let mut stage = Stage::new();
        stage.ok("Ada", enter(Phase::Monitoring, "rolled back"));
        assert_eq!(stage.incident.milestones.mitigated, Some(stage.now));
        stage.later(5);
        stage.ok("Ada", enter(to, "it fails again"));
        assert_eq!(stage.incident.milestones.mitigated, None, "{to}");
        stage.later(5);
        stage.ok("Ada", enter(Phase::Resolved, "fixed"));
        assert_eq!(stage.incident.milestones.mitigated, Some(stage.now));
    }
}

#[test]
fn whoever_cannot_go_to_a_phase_is_told_what_to_say_to_go_where_they_can() {
    let mut stage = Stage::new();
    stage.policy.names = Names::default().phase_named(Phase::Identified, Some("Cause known".into()));
    stage.ok("Ada", enter(Phase::Monitoring, "rolled back"));
    assert_eq!(
        stage.ask("Ada", &enter(Phase::Closed, "")).unwrap_err().instead,
        "From monitoring it can go to: investigating (`reopen REASON`), Cause known (`phase identify WHAT`), resolved \
         (`resolve HOW`)."
    );
    // Whatever can be gone to has words that lead there.
    for kind in [Kind::Real, Kind::Planned] {
        for from in Phase::ALL {
            let ahead = super::super::lifecycle::next(kind, from);
            let mut stage = Stage::new();
            stage.incident.id = IncidentId::new(kind, 1);
            stage.incident.phase = from;
            let refused = Phase::ALL.map(|to| stage.ask("Ada", &enter(to, "because")).err());
            for told in refused.into_iter().flatten().map(|refusal| refusal.instead) {
                let is_list = told.contains(" it can go to: ");
                assert!(!is_list || told.matches(" (`").count() == ahead.len(), "{from}: {told}");
            }
        }
    }
}

#[test]
fn what_is_no_planned_work_is_neither_begun_nor_completed_and_says_so() {
    let mut stage = Stage::of("Ada", Kind::Real, true);
    for _ in 0..2 {
        for to in [Phase::InProgress, Phase::Completed] {
            let refusal = stage.ask("Ada", &enter(to, "")).unwrap_err();
            assert_eq!(refusal.why, "INC-1 is no planned work.", "{to}");
            assert!(refusal.instead.contains("`maintenance schedule"), "{refusal}");
        }
        if stage.incident.phase == Phase::Triage {
            stage.ok("Ada", Command::Confirm { severity: None });
        }
    }
}

#[test]
fn a_phase_in_a_sentence_is_english() {
    let said = Phase::ALL.map(|phase| format!("INC-1 is {}.", phase.standing()));
    insta::assert_snapshot!(said.join("\n"), @r"
    INC-1 is in triage.
    INC-1 is being investigated.
    INC-1 is identified.
    INC-1 is being monitored.
    INC-1 is resolved.
    INC-1 is in review.
    INC-1 is closed.
    INC-1 is cancelled.
    INC-1 is merged.
    INC-1 is scheduled.
    INC-1 is in progress.
    INC-1 is completed.
    ");
}

#[test]
fn a_false_alarm_is_called_off_by_who_declared_it_until_the_public_was_told() {
    let mut stage = Stage::of("Ada", Kind::Real, true);
    stage.ok("Bo", Command::TakeCommand { force: true, reason: "Ada is gone".into() });
    assert_eq!(stage.no("Cy", enter(Phase::Cancelled, "false alarm")), Because::Forbidden);
    assert_eq!(stage.no("Ada", enter(Phase::Cancelled, "")), Because::Invalid);
    stage.ok("Ada", enter(Phase::Cancelled, "false alarm"));
    assert_eq!(stage.no("Bo", enter(Phase::Investigating, "no, real")), Because::Conflict);

    let mut told = stage.again();
    told.ok("Ada", posts::draft("We are looking."));
    told.ok("Ada", Command::Approve { n: 1, alone: Some("nobody else".into()) });
    told.ok("Ada", Command::Publish { n: 1 });
    assert_eq!(told.no("Ada", enter(Phase::Cancelled, "false alarm")), Because::Conflict);
    told.ok("Ada", enter(Phase::Identified, ""));
    assert_eq!(told.no("Ada", enter(Phase::Cancelled, "false alarm")), Because::Conflict);
    told.aloud("cancel");
}

#[test]
fn what_somebody_has_confirmed_is_called_off_by_who_commands_it_and_not_by_who_told_of_it() {
    let confirm = Command::Confirm { severity: None };
    let cancel = || enter(Phase::Cancelled, "I say so");
    // Fay may neither declare nor command: Ada has command of what she confirmed.
    let mut stage = Stage::of("Fay", Kind::Real, true);
    stage.policy.reserved.declare = Some([who("Ada").id].into());
    stage.policy.reserved.command = Some([who("Ada").id].into());
    let mut taken = Stage::of("Fay", Kind::Real, true);
    taken.policy.reserved = stage.policy.reserved.clone();
    stage.ok("Ada", confirm);
    for ending in [cancel(), merge(2, Some(("Zoe", Phase::Investigating)))] {
        assert_eq!(stage.no("Fay", ending), Because::Forbidden);
    }
    // Taken by somebody else in triage, neither.
    taken.ok("Ada", Command::TakeCommand { force: true, reason: "it is real".into() });
    assert_eq!(taken.no("Fay", cancel()), Because::Forbidden);
    // Their own suspicion is theirs to call off.
    let mut own = Stage::of("Fay", Kind::Real, true);
    own.policy.reserved = stage.policy.reserved.clone();
    own.ok("Fay", cancel());

    // The same where nobody is barred, once command has passed to another.
    let mut passed = Stage::of("Dan", Kind::Real, false);
    passed.ok("Dan", Command::OfferCommand { to: who("Ada") });
    passed.ok("Ada", Command::AcceptCommand);
    for part in [None, Some("observer")] {
        if let Some(part) = part {
            passed.ok("Dan", Command::TakeRole { role: role(part) });
        }
        assert_eq!(passed.no("Dan", cancel()), Because::Forbidden, "{part:?}");
        let into = merge(2, Some(("Zoe", Phase::Investigating)));
        assert_eq!(passed.no("Dan", into), Because::Forbidden, "{part:?}");
    }
    passed.ok("Ada", cancel());
}

#[test]
fn who_cancels_is_told_what_was_merged_into_it_and_what_goes_on_under_it() {
    let mut stage = Stage::new();
    let plain = stage.ask("Ada", &enter(Phase::Cancelled, "none")).unwrap().reply;
    assert_eq!(plain, "INC-1 is cancelled.");
    let luggage = serde_json::json!({
        "from": "INC-2", "title": "Search is slow", "severity": "sev3", "entries": 9, "situations": [], "tasks": [],
    });
    let luggage: Luggage = serde_json::from_value(luggage).unwrap();
    stage.ok(HOUSE, Command::Timer(TimerKind::MergedIn(Box::new(luggage))));
    let (child, phase) = (IncidentId::new(Kind::Real, 3), Some(Phase::Investigating));
    stage.ok(HOUSE, Command::Timer(TimerKind::Child { child, phase }));
    assert_eq!(
        stage.ask("Ada", &enter(Phase::Cancelled, "none")).unwrap().reply,
        "INC-1 is cancelled. Merged into it: INC-2. What of that is an incident all the same is opened again: `INC-2 reopen \
         REASON`. Sub-incidents that go on under it: INC-3. To take one out: `INC-3 sub leave`."
    );
}

#[test]
fn titles_and_summaries_are_bounded_and_clean() {
    let mut stage = Stage::new();
    let title = |title: &str| Command::Retitle { title: title.into() };
    stage.no("Ada", title("  "));
    stage.no("Ada", title("\u{200b}\u{2060} \u{feff}"));
    assert_eq!(stage.no("Ada", title(&"x".repeat(201))), Because::Invalid);
    stage.no("Ada", title("Payments fail"));
    assert_eq!(stage.no("Bo", title("Mine")), Because::Forbidden);
    stage.ok("Ada", title("Two\nlines \u{202E}turned"));
    assert_eq!(stage.incident.title, "Two lines \u{FFFD}turned");
    stage.no("Ada", Command::Summarize { text: String::new() });
    stage.ok("Ada", Command::Summarize { text: "Half of all payments".into() });
    assert!(stage.reads("Bo", Command::Status).contains("Two lines"));
    stage.aloud("title");
}

fn merge(number: u32, other: Option<(&str, Phase)>) -> Command {
    Command::Merge {
        into: IncidentId::new(Kind::Real, number),
        other: other.map(|(name, phase)| MergeFacts {
            commander: who(name),
            severity: Severity::Sev2,
            phase,
            is_restricted: false,
            seen_by: None,
        }),
        reason: String::new(),
    }
}

#[test]
fn a_duplicate_goes_on_in_another_of_its_kind_and_is_over_itself() {
    let mut stage = Stage::new();
    let there = Some(("Zoe", Phase::Investigating));
    assert_eq!(stage.no("Ada", merge(2, None)), Because::NotFound);
    assert_eq!(stage.no("Ada", merge(1, there)), Because::Invalid);
    assert_eq!(stage.no("Ada", merge(2, Some(("Zoe", Phase::Closed)))), Because::Conflict);
    for over in [Phase::Merged, Phase::Cancelled] {
        let refusal = stage.ask("Ada", &merge(2, Some(("Zoe", over)))).unwrap_err();
        assert!(!refusal.instead.contains("reopen"), "what is {over:?} is not opened again: {refusal}");
    }
    assert_eq!(stage.no("Bo", merge(2, there)), Because::Forbidden);
    let drill = IncidentId::new(Kind::Drill, 1);
    let other = Some(MergeFacts {
        commander: who("Zoe"),
        severity: Severity::Sev2,
        phase: Phase::Investigating,
        is_restricted: false,
        seen_by: None,
    });
    stage.no("Ada", Command::Merge { into: drill, other, reason: String::new() });
    // The public reads of it: first it must hear how that ends.
    stage.ok("Bo", posts::draft("We are on it."));
    stage.ok("Ada", Command::Approve { n: 1, alone: None });
    stage.ok("Ada", Command::Publish { n: 1 });
    assert_eq!(stage.no("Zoe", merge(2, there)), Because::Conflict);
    let mut quiet = stage.again();
    quiet.ok("Ada", Command::OfferCommand { to: who("Bo") });
    let task = "Find the lag".to_owned();
    quiet.ok("Ada", Command::AssignTask { owner: Some(who("Bo")), text: task, minutes: Some(10) });
    let hazard = "db2 may fill up".to_owned();
    quiet.ok("Ada", Command::NameHazard { text: hazard, mitigation: String::new() });
    quiet.ok("Zoe", merge(2, there));
    // Whoever comes here is told where to go, and of nothing that is open there.
    let status = quiet.reads("Bo", Command::Status);
    assert!(status.contains("\nMerged into INC-2, ") && status.contains("`INC-2 status`"), "{status}");
    // Whether that goes on is not known here: so it is told what helps where it does not.
    assert!(status.contains("Where that was cancelled, `reopen REASON`"), "{status}");
    assert!(!["Ada", "Open tasks", "Hazards"].iter().any(|left| status.contains(left)), "{status}");
    let next = quiet.reads("Bo", Command::Next);
    assert!(
        next.contains("It was merged into INC-2: `INC-2 next`.") && next.contains("`reopen REASON`"),
        "{next}"
    );
    let refused = quiet.ask("Ada", &Command::SetObjective { text: "pay".into() }).unwrap_err();
    assert!(refused.instead.contains("`reopen REASON`"), "{refused}");
    assert_eq!((quiet.incident.phase, quiet.incident.command_offer.clone()), (Phase::Merged, None));
    assert_eq!(quiet.incident.merged_into, Some(IncidentId::new(Kind::Real, 2)));
    assert_eq!(quiet.no("Ada", merge(2, there)), Because::Conflict);
    quiet.aloud("merge");
}

#[test]
fn what_a_duplicate_leaves_is_taken_in_once() {
    let mut stage = Stage::new();
    let task = |n: u32, owner: Option<&str>| Task {
        n,
        seq: 3,
        reported_in: None,
        text: "Find the lag".into(),
        owner: owner.map(who),
        assigned_by: who("Bo"),
        due_at: None,
        state: TaskState::Understood,
        result: None,
    };
    let luggage = Luggage {
        by: Some(who("Ada")),
        from: IncidentId::new(Kind::Real, 2),
        title: "Search is slow".into(),
        severity: Severity::Sev3,
        entries: 9,
        situations: vec![Situation {
            id: 7,
            title: "lag".into(),
            source: "am".into(),
            firing: 1,
            total: 2,
            acknowledged: 0,
            is_flapping: false,
        }],
        tasks: vec![task(4, Some("Cy")), task(6, None)],
        hazards: vec![Hazard {
            n: 3,
            seq: 5,
            text: "db2 may fill up".into(),
            mitigation: String::new(),
            by: who("Cy"),
            is_open: true,
        }],
        stop: None,
        titled_in: None,
        stopped_in: None,
    };
    stage.ok("Ada", Command::AssignTask { owner: None, text: "Look".into(), minutes: None });
    let timer = || Command::Timer(TimerKind::MergedIn(Box::new(luggage.clone())));
    let stored = serde_json::to_string(&TimerKind::MergedIn(Box::new(luggage.clone()))).unwrap();
    assert!(serde_json::from_str::<TimerKind>(&stored).is_ok(), "{stored}");
    assert_eq!(stage.ok(HOUSE, timer()).len(), 5);
    let tasks: Vec<_> = stage.incident.tasks.iter().map(|task| (task.n, task.whose())).collect();
    let owned = |n, owner: &str| (n, owner.to_owned());
    assert_eq!(
        tasks,
        [owned(1, "Ada"), owned(2, "Cy"), owned(3, "Ada")],
        "what nobody had is the commander's"
    );
    let hazards: Vec<_> = stage.incident.open_hazards().map(|one| (one.n, one.by.clone())).collect();
    assert_eq!(hazards, [(1, who("Cy"))], "whoever saw it is asked about it");
    assert_eq!((stage.incident.firing(), stage.incident.merged_in.len()), (1, 1));
    assert_eq!(stage.ok(HOUSE, timer()), []);
}

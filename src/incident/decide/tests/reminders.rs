//! Reports that are owed, roles that nobody has, and several reminders in one line.

use super::*;
use crate::incident::{command::TimerKind, event::Owed};

fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.policy.can_minutes = [20; 5];
    stage.policy.roles_minutes = [15; 5];
    stage
}

fn told(stage: &mut Stage, kind: TimerKind) -> Option<String> {
    match stage.ok(HOUSE, Command::Timer(kind)).as_slice() {
        [] => None,
        [Event::Reminded { what, executive: false, .. }] => Some(what.clone()),
        other => panic!("{other:?}"),
    }
}

fn can(service: &str, needs: &str) -> Command {
    Command::Can {
        service: service.into(),
        conditions: "slow".into(),
        actions: String::new(),
        needs: needs.into(),
    }
}

#[test]
fn who_looks_after_a_service_is_asked_for_a_report_once_the_last_one_is_old() {
    let mut stage = stage();
    stage.later(60);
    assert_eq!(told(&mut stage, TimerKind::ReportsDue), None, "nobody works yet");
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    stage.later(19);
    assert_eq!(told(&mut stage, TimerKind::ReportsDue), None);
    stage.later(1);
    let asked = "A report on db is due. Cy: `can db CONDITIONS | ACTIONS | NEEDS`.";
    assert_eq!(told(&mut stage, TimerKind::ReportsDue).as_deref(), Some(asked));
    // On the service, whoever said it; and by the specialist, whatever they called it.
    for (by, service) in [("Ada", "DB"), ("Cy", "replica")] {
        stage.ok(by, can(service, ""));
        stage.later(19);
        assert_eq!(told(&mut stage, TimerKind::ReportsDue), None, "{by}");
        stage.later(1);
        assert_eq!(told(&mut stage, TimerKind::ReportsDue).as_deref(), Some(asked), "{by}");
    }
}

#[test]
fn several_reports_are_asked_for_together_and_only_of_what_is_not_done() {
    let mut stage = stage();
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    stage.ok("Bo", can("check out", "somebody who knows Stripe"));
    stage.ok("Di", can("search", ""));
    stage.later(20);
    assert_eq!(
        told(&mut stage, TimerKind::ReportsDue).as_deref(),
        Some("Reports are due on db (Cy), check out (Bo): `can SERVICE CONDITIONS | ACTIONS | NEEDS`.")
    );
    stage.ok("Cy", can("db", ""));
    assert_eq!(
        told(&mut stage, TimerKind::ReportsDue).as_deref(),
        Some("A report on check out is due. Bo: `can \"check out\" CONDITIONS | ACTIONS | NEEDS`.")
    );
}

#[test]
fn operations_is_asked_where_work_goes_on_and_nobody_has_reported_anything() {
    let mut stage = stage();
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Cy")), text: "Look".into(), minutes: None });
    stage.later(20);
    let asked = told(&mut stage, TimerKind::ReportsDue).unwrap();
    assert!(asked.starts_with("Nobody has reported on any service yet. Ada: `can SERVICE"), "{asked}");
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    assert_eq!(told(&mut stage, TimerKind::ReportsDue), None, "Bo has only just come");
    stage.later(20);
    assert!(told(&mut stage, TimerKind::ReportsDue).unwrap().contains("yet. Bo: "));
    stage.ok("Ada", Command::Enter { phase: Phase::Monitoring, reason: "rolled back".into() });
    assert_eq!(told(&mut stage, TimerKind::ReportsDue), None, "it is only watched");
}

#[test]
fn roles_that_nobody_has_are_named_unless_somebody_was_asked() {
    let mut stage = stage();
    let asked = told(&mut stage, TimerKind::RolesDue).unwrap();
    insta::assert_snapshot!(asked);
    stage.ok("Ada", Command::OfferRole { role: role("ops"), to: who("Bo") });
    stage.ok("Cy", Command::TakeRole { role: role("pio") });
    assert_eq!(
        told(&mut stage, TimerKind::RolesDue).as_deref(),
        Some(
            "Nobody has yet the role of Documentation Unit Leader. Ada: `role offer scribe NAME`. Whoever can: \
             `role take scribe`."
        )
    );
    stage.ok("Di", Command::TakeRole { role: role("scribe") });
    assert_eq!(told(&mut stage, TimerKind::RolesDue), None);
    let mut mild = Stage::new();
    mild.ok("Ada", Command::Severity { to: Severity::Sev4, reason: "few see it".into() });
    mild.policy.roles_minutes = [15; 5];
    assert_eq!(told(&mut mild, TimerKind::RolesDue), None, "a SEV4 calls for nobody");
}

#[test]
fn what_is_due_within_a_minute_is_one_line_and_a_quiet_holds_back_what_can_wait() {
    let mut stage = stage();
    stage.policy.exec_update_minutes = [30; 5];
    for who_does in ["Bo", "Di"] {
        let (owner, text) = (Some(who(who_does)), "Look".to_owned());
        stage.ok("Ada", Command::AssignTask { owner, text, minutes: Some(19) });
    }
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    let due =
        |stage: &Stage, n| TimerKind::TaskDue { n, due_at: stage.incident.task(n).unwrap().due_at.unwrap() };
    let kinds = vec![
        TimerKind::ExecutiveDue,
        TimerKind::RolesDue,
        TimerKind::ReportsDue,
        due(&stage, 1),
        due(&stage, 2),
        TimerKind::FirstUpdateDue,
    ];
    stage.later(19);
    let decision = stage.ask(HOUSE, &Command::Remind(kinds.clone())).unwrap();
    let events: Vec<Event> = decision.events.into_iter().map(|happened| happened.event).collect();
    let Some((Event::Reminded { what, executive: true, of }, late)) = events.split_last() else {
        panic!("{events:?}")
    };
    let overdue = |n, name| Event::TaskOverdue { n, owner: Some(who(name)), to: Some(who("Ada")) };
    assert_eq!(late, [overdue(1, "Bo"), overdue(2, "Di")]);
    assert!(what.contains("Tasks #1 (Bo), #2 (Di) are late. Ada: ask how it goes."), "{what}");
    assert_eq!(of, &[Owed::FirstWord, Owed::Reports, Owed::Roles, Owed::Late]);
    insta::assert_snapshot!(what);

    stage.ok("Ada", Command::Quiet { minutes: 60 });
    let events = stage.ok(HOUSE, Command::Remind(kinds));
    assert!(
        matches!(events.as_slice(), [Event::TaskOverdue { .. }, Event::TaskOverdue { .. }, Event::Reminded { executive: false, of, .. }]
            if *of == [Owed::FirstWord, Owed::Late]),
        "{events:?}"
    );
}

#[test]
fn nothing_is_said_to_be_over_before_it_is_and_what_is_owed_comes_early_with_what_is_over() {
    let mut stage = stage();
    stage.ok("Ada", Command::StartPeriod { minutes: 30, emphasis: String::new() });
    stage.ok("Bo", Command::Announce { text: "Restart db1".into(), is_risky: false, minutes: Some(30) });
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Di")), text: "Look".into(), minutes: Some(30) });
    stage.ok("Ada", super::posts::draft("We are looking."));
    stage.ok("Ada", Command::Approve { n: 1, alone: Some("nobody else".into()) });
    stage.ok("Ada", Command::Publish { n: 1 });
    let due_at = start() + Duration::minutes(30);
    assert_eq!(stage.incident.next_update_due, Some(due_at));
    stage.later(10);
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    let over = [
        TimerKind::TaskDue { n: 1, due_at },
        TimerKind::ActionDue { n: 1, due_at },
        TimerKind::UpdateDue { due_at },
        TimerKind::PeriodEnds { n: 1 },
    ];
    assert!(over.iter().all(|kind| !kind.is_movable()));
    let all: Vec<TimerKind> = over.iter().cloned().chain([TimerKind::ReportsDue]).collect();
    stage.now = due_at - Duration::seconds(24);
    for kind in &over {
        assert_eq!(stage.ok(HOUSE, Command::Timer(kind.clone())), [], "{kind:?}");
    }
    let early = stage.ask(HOUSE, &Command::Remind(all.clone())).unwrap();
    assert_eq!(early.reply, "A report on db is due. Cy: `can db CONDITIONS | ACTIONS | NEEDS`.");
    stage.now = due_at;
    let told = stage.ask(HOUSE, &Command::Remind(all)).unwrap().reply;
    for part in
        ["promised an update by now", "Action 1 (Bo) is late", "Task #1 (Di) is late", "period 1 is over"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_report_that_shares_a_line_comes_no_earlier_than_a_quarter_of_its_time() {
    let mut stage = stage();
    stage.policy.can_minutes = [4; 5];
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Di")), text: "Look".into(), minutes: Some(3) });
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    stage.now += Duration::seconds(50);
    stage.ok("Bo", Command::TakeRole { role: role("sme:web") });
    let due_at = start() + Duration::minutes(3);
    let both = vec![TimerKind::TaskDue { n: 1, due_at }, TimerKind::ReportsDue];
    // Of four minutes, one is a quarter: db's time is over in one, web's in nearly two.
    stage.now = due_at;
    let told = stage.ask(HOUSE, &Command::Remind(both)).unwrap().reply;
    assert!(
        told.contains("late") && told.contains("A report on db is due.") && !told.contains("web"),
        "{told}"
    );
}

#[test]
fn of_the_first_word_to_the_public_it_is_reminded_once_until_it_becomes_worse() {
    let mut stage = stage();
    let to = |to| Command::Severity { to, reason: String::new() };
    let is_told = |stage: &mut Stage| told(stage, TimerKind::FirstUpdateDue).is_some();
    stage.ok("Ada", to(Severity::Sev1));
    let twice = vec![TimerKind::FirstUpdateDue, TimerKind::RolesDue, TimerKind::FirstUpdateDue];
    let line = stage.ask(HOUSE, &Command::Remind(twice)).unwrap().reply;
    assert_eq!(line.matches("The public has heard nothing yet.").count(), 1, "{line}");
    assert!(is_told(&mut stage));
    assert!(!is_told(&mut stage), "the time that was set when it became worse has come too");
    stage.ok("Ada", to(Severity::Sev2));
    assert!(!is_told(&mut stage), "it is better");
    stage.ok("Ada", to(Severity::Sev1));
    assert!(is_told(&mut stage));
}

#[test]
fn whoever_answers_for_the_first_word_to_the_public_is_named_with_words_that_are_enough() {
    let mut stages = [stage(), Stage::of(HOUSE, Kind::Real, false)];
    let said = stages.each_mut().map(|stage| told(stage, TimerKind::FirstUpdateDue).unwrap());
    let enough = "`update draft We are investigating.` is enough.";
    assert_eq!(
        said,
        ["Ada", "Whoever reads this"].map(|who| format!("The public has heard nothing yet. {who}: {enough}"))
    );
}

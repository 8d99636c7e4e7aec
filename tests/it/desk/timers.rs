//! Timers: they fire once, at the incident's own pace, whatever is said meanwhile.

use chrono::Duration;
use commandpost::{
    desk::{Along, Settings},
    incident::{
        command::{Command, Declare, DrillStart, StatedTime, TimerKind},
        decide::Policy,
        event::DrillClock,
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        severity::Severity,
    },
    journal::{
        Append, Mark,
        rows::{DeliveryFilter, SituationFilter, TimerRow},
    },
};

use crate::support::house::{House, alert, at, caller, declare, person};

fn task(minutes: u32) -> Command {
    Command::AssignTask { owner: None, text: "Look".into(), minutes: Some(minutes) }
}

fn note(text: &str) -> Command {
    Command::Note { text: text.into(), at: None }
}

/// So many times so much time goes by, and what is due then goes off.
async fn step_by_step(house: &House, step: Duration, times: u32) {
    for _ in 0..times {
        house.world.later(step);
        house.desk.fire_due_timers().await.unwrap();
    }
}

async fn count(house: &House, id: IncidentId, name: &str) -> usize {
    house.names(id).await.iter().filter(|entry| **entry == name).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_fires_once_even_when_two_keep_the_time() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    house.say("Bo", id, task(3)).await;
    house.say("Ada", id, Command::OfferCommand { to: person("Bo") }).await;
    assert_eq!(house.desk.fire_due_timers().await.unwrap(), 0);
    house.world.later(Duration::minutes(4));
    let (one, two) = tokio::join!(house.desk.fire_due_timers(), house.desk.fire_due_timers());
    assert!(one.unwrap() + two.unwrap() >= 1);
    assert_eq!(count(&house, id, "task.overdue").await, 1);
    assert_eq!(count(&house, id, "command.offer_expired").await, 0);
    house.world.later(Duration::minutes(20));
    let house = house.restarted();
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 1);
    assert_eq!(count(&house, id, "command.offer_expired").await, 1);
    assert_eq!(count(&house, id, "reminder").await, 1, "the public has heard nothing");
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nothing is left waiting");
}

#[tokio::test]
async fn a_task_that_is_extended_is_due_later_and_only_then() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    house.say("Bo", id, task(3)).await;
    house.world.later(Duration::minutes(2));
    house.say("Bo", id, Command::ExtendTask { n: 1, minutes: 5 }).await;
    house.world.later(Duration::minutes(2));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 0);
    house.world.later(Duration::minutes(4));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 1);
}

#[tokio::test]
async fn a_task_that_is_opened_again_or_given_on_is_due_by_its_new_time_box_alone() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let reopen = |minutes| Command::ReopenTask { n: 1, reason: "it is back".into(), minutes };
    let done = || Command::ReportTask { n: 1, result: "restarted".into() };
    house.say("Bo", id, task(3)).await;
    house.say("Bo", id, done()).await;
    house.say("Bo", id, reopen(None)).await;
    house.world.later(Duration::minutes(4));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 0, "the time box of before is over and done with");
    house.say("Bo", id, done()).await;
    house.say("Bo", id, reopen(Some(5))).await;
    house.say("Bo", id, Command::DeclineTask { n: 1, reason: "asleep".into() }).await;
    let give = Command::GiveTask { n: 1, owner: Some(person("Cy")), minutes: Some(10) };
    house.say("Ada", id, give).await;
    house.world.later(Duration::minutes(6));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 0, "Cy has ten minutes");
    house.world.later(Duration::minutes(5));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 1);
}

#[tokio::test]
async fn an_executive_who_does_not_answer_is_told_so_on_the_timeline_after_ten_minutes() {
    let mut settings = Settings::default();
    settings.policy.executives = ["vera".to_owned()].into();
    let house = House::open(settings).await;
    let id = house.incident().await;
    let lower = Command::Severity { to: Severity::Sev4, reason: String::new() };
    house.say("Vera", id, lower.clone()).await;
    house.world.later(Duration::minutes(9));
    house.desk.fire_due_timers().await.unwrap();
    assert!(house.desk.incident(id).await.unwrap().executive_question.is_some());
    house.world.later(Duration::minutes(1) + Duration::seconds(1));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "command.executive_declined").await, 1);
    assert_eq!(house.desk.incident(id).await.unwrap().executive_question, None);
    // Answered in time, nothing comes after.
    house.say("Vera", id, lower).await;
    house.say("Vera", id, Command::TakeCommand { force: false, reason: String::new() }).await;
    assert_eq!(house.desk.incident(id).await.unwrap().commander.name, "Vera");
    house.world.later(Duration::minutes(11));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "command.executive_declined").await, 1);
}

#[tokio::test]
async fn a_drill_s_timers_run_by_its_own_clock() {
    let house = House::open(Settings::default()).await;
    let clock = DrillClock { started_real: at(0), started_virtual: at(-86_400), speed: 60.0 };
    let mut drill = declare("Payments fail", Kind::Drill);
    drill.drill = Some(DrillStart { scenario: "s".into(), sha256: "0".into(), clock });
    let id = house.desk.declare(caller("Ada"), drill, Along::default()).await.unwrap().incident.unwrap();
    house.say("Bo", id, task(5)).await;
    // Five minutes of the drill are five seconds of ours.
    house.world.later(Duration::milliseconds(4_999));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 0);
    house.world.later(Duration::milliseconds(2));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 1);
    let lines = house.desk.timeline(id, 1).await.unwrap();
    let overdue = lines.iter().find(|line| line.name == "task.overdue").unwrap();
    assert_eq!(overdue.occurred_at.timestamp(), at(-86_400 + 300).timestamp());
    assert_eq!(overdue.recorded_at.timestamp(), at(5).timestamp());
}

#[tokio::test]
async fn executives_are_thought_of_again_and_again_until_it_is_over_counted_from_the_last_summary() {
    let mut settings = Settings::default();
    settings.policy.exec_update_minutes = [30; 5];
    settings.policy.first_post_minutes = [0; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.world.later(Duration::minutes(20));
    house.say("Ada", id, Command::Summarize { text: "The database is slow.".into() }).await;
    house.world.later(Duration::minutes(20));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 0, "the summary is twenty minutes old");
    for times in 1..=2 {
        house.world.later(Duration::minutes(31));
        house.desk.fire_due_timers().await.unwrap();
        assert_eq!(count(&house, id, "reminder").await, times);
    }
    let resolved = Command::Enter { phase: Phase::Resolved, reason: "restarted".into() };
    house.say("Ada", id, resolved).await;
    house.world.later(Duration::minutes(31));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 2);
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nothing is left waiting");
}

#[tokio::test]
async fn an_incident_that_gets_worse_has_a_deadline_for_telling_the_public() {
    let house = House::open(Settings::default()).await;
    let mild = Declare { severity: Some(Severity::Sev4), ..declare("Payments are slow", Kind::Real) };
    let id = house.desk.declare(caller("Ada"), mild, Along::default()).await.unwrap().incident.unwrap();
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "the public need not be told of a SEV4");
    let worse = |to| Command::Severity { to, reason: String::new() };
    house.world.later(Duration::minutes(60));
    house.say("Bo", id, worse(Severity::Sev2)).await;
    // Still worse, it is not put off.
    house.world.later(Duration::minutes(7));
    house.say("Bo", id, worse(Severity::Sev1)).await;
    house.world.later(Duration::minutes(4));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 1, "ten minutes after the first raise");
    house.say("Ada", id, worse(Severity::Sev4)).await;
    house.world.later(Duration::minutes(4));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 1, "nobody has to be told any more");
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None);
}

#[tokio::test]
async fn a_silence_is_brought_up_at_its_time_after_a_restart_too_and_ends_with_the_incident() {
    let mut settings = Settings::default();
    settings.policy.silence_minutes = [10; 5];
    settings.policy.first_post_minutes = [0; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    // The commander writes now and then: the timer goes off, finds nothing to say, and waits again.
    for _ in 0..3 {
        house.world.later(Duration::minutes(7));
        house.say("Ada", id, note("still looking")).await;
        house.desk.fire_due_timers().await.unwrap();
    }
    assert_eq!(count(&house, id, "nudge").await, 0);
    let house = house.restarted();
    house.world.later(Duration::minutes(11));
    for _ in 0..3 {
        house.desk.fire_due_timers().await.unwrap();
    }
    assert_eq!(count(&house, id, "nudge").await, 1, "once, however often somebody looks");
    house.world.later(Duration::minutes(6));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "nudge").await, 2);
    // Nobody has answered: command passes to who takes it, with the reason on the timeline.
    let take = Command::TakeCommand { force: false, reason: String::new() };
    let answer = house.say("Bo", id, take).await;
    assert!(answer.text.contains("from Ada to Bo"), "{}", answer.text);
    let lines = house.desk.timeline(id, 1).await.unwrap();
    assert!(lines.iter().any(|line| line.text.contains("Ada did not answer since")), "{lines:?}");
    let resolved = Command::Enter { phase: Phase::Resolved, reason: "restarted".into() };
    house.say("Bo", id, resolved).await;
    house.world.later(Duration::minutes(60));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "nudge").await, 2);
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nothing is left waiting");
    // It breaks again: somebody listens again.
    let reopened = Command::Enter { phase: Phase::Investigating, reason: "errors are back".into() };
    house.say("Bo", id, reopened).await;
    house.world.later(Duration::minutes(11));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "nudge").await, 3);
}

#[tokio::test]
async fn reminders_that_are_put_off_come_after_the_quiet_and_not_in_it() {
    let mut settings = Settings::default();
    settings.policy.silence_minutes = [10; 5];
    settings.policy.exec_update_minutes = [20; 5];
    settings.policy.first_post_minutes = [0; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.say("Ada", id, Command::Quiet { minutes: 60 }).await;
    step_by_step(&house, Duration::minutes(1), 59).await;
    assert_eq!((count(&house, id, "nudge").await, count(&house, id, "reminder").await), (0, 0));
    step_by_step(&house, Duration::minutes(1), 5).await;
    assert_eq!((count(&house, id, "nudge").await, count(&house, id, "reminder").await), (1, 1));
}

#[tokio::test]
async fn an_action_s_time_box_and_a_proposal_s_countdown_outlive_a_restart() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let announce = Command::Announce { text: "restart db1".into(), is_risky: false, minutes: Some(3) };
    house.say("Bo", id, announce).await;
    house.say("Ada", id, Command::StopActions { reason: "we lose writes".into() }).await;
    house.say("Bo", id, Command::Propose { text: "roll back".into(), minutes: Some(4) }).await;
    house.say("Cy", id, Command::Object { n: 1, reason: "the schema has changed".into() }).await;
    let house = house.restarted();
    house.world.later(Duration::minutes(5));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "action.overdue").await, 0, "nobody may work");
    assert_eq!(count(&house, id, "proposal.settled").await, 1);
    assert_eq!(count(&house, id, "decision.recorded").await, 1);
    house.say("Ada", id, Command::ResumeActions { reason: String::new() }).await;
    house.world.later(Duration::minutes(4));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "action.overdue").await, 1);
}

#[tokio::test]
async fn a_roll_call_and_an_operational_period_end_in_their_time_also_after_a_restart() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    house.say("Bo", id, Command::CheckIn { who: None, note: String::new() }).await;
    house.say("Ada", id, Command::RollCall { minutes: Some(5) }).await;
    house.say("Ada", id, Command::StartPeriod { minutes: 60, emphasis: String::new() }).await;
    let house = house.restarted();
    house.world.later(Duration::minutes(4));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "rollcall.closed").await, 0);
    house.world.later(Duration::minutes(2));
    house.desk.fire_due_timers().await.unwrap();
    let texts = house.texts(id).await;
    assert!(
        texts.iter().any(|text| text.starts_with("Roll call: Bo did not answer (1 was asked). Ada:")),
        "{texts:?}"
    );
    house.world.later(Duration::minutes(60));
    house.desk.fire_due_timers().await.unwrap();
    let texts = house.texts(id).await;
    assert!(texts.iter().any(|text| text.contains("The time of operational period 1 is over")), "{texts:?}");
    house.sound(id).await;
}

#[tokio::test]
async fn what_was_over_when_it_was_declared_owes_the_public_nothing() {
    let mut settings = Settings::default();
    settings.policy.exec_update_minutes = [5; 5];
    settings.policy.silence_minutes = [5; 5];
    let house = House::open(settings).await;
    let over = Declare {
        began: Some(StatedTime::MinutesAgo(600)),
        ended: Some(StatedTime::MinutesAgo(500)),
        ..declare("The night's outage", Kind::Real)
    };
    let answer = house.desk.declare(caller("Ada"), over, Along::default()).await.unwrap();
    let id = answer.incident.unwrap();
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None);
    let timeline = house.desk.timeline(id, 1).await.unwrap();
    let resolved = timeline.iter().find(|line| line.name == "incident.phase_changed").unwrap();
    assert_eq!((resolved.occurred_at, resolved.recorded_at), (at(-500 * 60), at(0)));
    assert!(resolved.is_late, "its time was stated");
}

/// More than are looked at in one go.
const MANY: u32 = 230;

#[tokio::test]
async fn an_incident_that_cannot_be_read_keeps_nothing_else_from_being_looked_at() {
    let settings = Settings { chats: vec!["chat".into()], ..Settings::default() };
    let (house, faulty) = House::faulty(settings).await;
    let (torn, sound) = (house.incident().await, house.incident().await);
    let timers = (0..MANY).map(|n| TimerRow {
        id: format!("{torn}/task/{n}"),
        incident: torn,
        kind: TimerKind::TaskDue { n, due_at: at(0) },
        due_at: at(0),
    });
    house.journal.append(Append { timers: timers.collect(), ..Append::default() }).await.unwrap();
    house.say("Bo", sound, task(3)).await;
    let alerts = (0..MANY).map(|n| alert(&format!("torn {n}"), &format!("db{n}"))).collect();
    house.desk.take_alerts(alerts).await.unwrap();
    let rows = house.journal.situations(SituationFilter::Recent { limit: MANY }).await.unwrap();
    assert_eq!(rows.len(), MANY as usize);
    let marks = rows.iter().map(|row| Mark::SituationLinked { id: row.id, incident: torn }).collect();
    house.journal.append(Append { marks, ..Append::default() }).await.unwrap();
    house.desk.take_alerts(vec![alert("free", "web1")]).await.unwrap();

    faulty.damage(torn);
    let house = house.restarted();
    house.world.later(Duration::minutes(4));
    let refused = house.desk.fire_due_timers().await.unwrap_err();
    assert!(refused.why.contains("a page is torn"), "{refused}");
    assert_eq!(count(&house, sound, "task.overdue").await, 1);
    let refused = house.desk.follow_once().await.unwrap_err();
    assert!(refused.why.contains("a page is torn"), "{refused}");
    let free = house.journal.situations(SituationFilter::Free { limit: 9 }).await.unwrap();
    assert_eq!(free.len(), 1);
    assert!(free[0].decided.is_some(), "it was decided what becomes of it");
}

fn reminding() -> Settings {
    let mut settings = Settings::default();
    settings.policy.first_post_minutes = [0; 5];
    settings
}

#[tokio::test]
async fn a_report_that_is_owed_is_asked_for_at_its_time_after_a_restart_too() {
    let mut settings = reminding();
    settings.policy.can_minutes = [20; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.world.later(Duration::minutes(15));
    house.say("Cy", id, Command::TakeRole { role: "sme:db".parse().unwrap() }).await;
    let house = house.restarted();
    step_by_step(&house, Duration::minutes(1), 19).await;
    assert_eq!(count(&house, id, "reminder").await, 0, "Cy came nineteen minutes ago");
    for times in 1..=2 {
        house.world.later(Duration::minutes(21));
        house.desk.fire_due_timers().await.unwrap();
        assert_eq!(count(&house, id, "reminder").await, times);
    }
    let can = |needs: &str| Command::Can {
        service: "db".into(),
        conditions: "slow".into(),
        actions: String::new(),
        needs: needs.into(),
    };
    house.say("Cy", id, can("a second pair of eyes")).await;
    house.world.later(Duration::minutes(19));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 2);
    house.say("Ada", id, Command::Quiet { minutes: 30 }).await;
    house.world.later(Duration::minutes(29));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 2, "it is quiet");
    house.world.later(Duration::minutes(3));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 3);
    let resolved = Command::Enter { phase: Phase::Resolved, reason: "restarted".into() };
    house.say("Ada", id, resolved).await;
    house.world.later(Duration::minutes(60));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nothing is left waiting");
}

/// Executives are thought of so often.
fn for_executives(minutes: u32) -> Settings {
    let mut settings = reminding();
    settings.policy.exec_update_minutes = [minutes; 5];
    settings
}

/// The reminders on a timeline when this time has passed. What a first round sets, a second finds.
async fn reminders_in(house: &House, id: IncidentId, time: Duration) -> usize {
    house.world.later(time);
    for _ in 0..2 {
        house.desk.fire_due_timers().await.unwrap();
    }
    count(house, id, "reminder").await
}

#[tokio::test]
async fn what_is_open_is_reminded_by_other_settings_from_a_restart_or_reload_on_and_by_0_no_more() {
    let house = House::open(for_executives(60)).await;
    let id = house.incident().await;
    let reminded = async |house: &House, minutes| reminders_in(house, id, Duration::minutes(minutes)).await;
    assert_eq!(reminded(&house, 2).await, 0);
    let house = house.restarted_with(for_executives(5));
    assert_eq!(reminded(&house, 2).await, 0, "four minutes after it was declared");
    house.world.later(Duration::seconds(1));
    assert_eq!(reminded(&house, 1).await, 1, "five minutes, and once");
    let house = house.restarted();
    assert_eq!(reminded(&house, 4).await, 1, "a restart with the same settings says nothing twice");
    house.world.later(Duration::seconds(1));
    assert_eq!(reminded(&house, 1).await, 2);
    house.desk.work_by(for_executives(60));
    assert_eq!(reminded(&house, 30).await, 2, "an hour after the last, by now");
    let house = house.restarted_with(for_executives(0));
    assert_eq!(reminded(&house, 60).await, 2);
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nothing is left waiting");
    // An hour and a half without: what is overdue by the settings is said now, and then in their time.
    house.desk.work_by(for_executives(5));
    assert_eq!(reminded(&house, 0).await, 3);
    assert_eq!(reminded(&house, 4).await, 3);
    house.world.later(Duration::seconds(1));
    assert_eq!(reminded(&house, 1).await, 4);
}

#[tokio::test]
async fn every_reminder_that_was_off_is_set_for_what_is_open_once_the_settings_ask_for_it() {
    type Ask = fn(&mut Policy);
    let all: [(&str, Ask); 5] = [
        ("reminder", |policy| policy.first_post_minutes = [5; 5]),
        ("reminder", |policy| policy.exec_update_minutes = [5; 5]),
        ("reminder", |policy| policy.can_minutes = [5; 5]),
        ("reminder", |policy| policy.roles_minutes = [5; 5]),
        ("nudge", |policy| policy.silence_minutes = [5; 5]),
    ];
    for (n, (name, ask_for_it)) in all.into_iter().enumerate() {
        let house = House::open(reminding()).await;
        let id = house.incident().await;
        house.say("Cy", id, Command::TakeRole { role: "sme:db".parse().unwrap() }).await;
        house.world.later(Duration::minutes(3));
        house.desk.fire_due_timers().await.unwrap();
        assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "{name} {n}");
        let mut settings = reminding();
        ask_for_it(&mut settings.policy);
        let house = house.restarted_with(settings);
        for (seconds, times) in [(0, 0), (119, 0), (2, 1)] {
            house.world.later(Duration::seconds(seconds));
            house.desk.fire_due_timers().await.unwrap();
            assert_eq!(count(&house, id, name).await, times, "{name} {n}");
        }
    }
}

/// The public should have heard of it in so many minutes, by severity.
fn first_word_within(minutes: [u32; 5]) -> Settings {
    let mut settings = Settings::default();
    settings.policy.first_post_minutes = minutes;
    settings
}

#[tokio::test]
async fn a_first_word_to_the_public_is_asked_for_by_the_settings_of_now_and_once() {
    let asking = |minutes| first_word_within([minutes; 5]);
    let house = House::open(asking(1)).await;
    let id = house.incident().await;
    let reminded = async |house: &House, seconds| reminders_in(house, id, Duration::seconds(seconds)).await;
    let house = house.restarted_with(asking(5));
    assert_eq!(reminded(&house, 120).await, 0, "it has five minutes by now");
    assert_eq!(reminded(&house, 181).await, 1);
    let house = house.restarted_with(asking(2));
    assert_eq!(reminded(&house, 600).await, 1, "that was said");
    let house = house.restarted_with(asking(60));
    assert_eq!(reminded(&house, 3_600).await, 1, "more time does not make it said again");
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nothing is left waiting");
}

#[tokio::test]
async fn a_deadline_for_a_first_word_goes_by_other_settings_after_the_severity_was_lowered_too() {
    let house = House::open(first_word_within([5, 5, 60, 60, 60])).await;
    let id = house.incident().await;
    let lower = Command::Severity { to: Severity::Sev3, reason: "few see it".into() };
    house.say("Ada", id, lower).await;
    let house = house.restarted_with(first_word_within([5, 20, 60, 60, 60]));
    assert_eq!(reminders_in(&house, id, Duration::minutes(19)).await, 0, "it has twenty minutes by now");
    assert_eq!(reminders_in(&house, id, Duration::seconds(61)).await, 1);
}

#[tokio::test]
async fn an_incident_that_goes_on_again_still_owes_a_first_word_though_the_settings_changed_meanwhile() {
    let house = House::open(first_word_within([10; 5])).await;
    let id = house.incident().await;
    let enter = |phase| Command::Enter { phase, reason: "the errors".into() };
    house.say("Ada", id, enter(Phase::Resolved)).await;
    let house = house.restarted_with(first_word_within([20; 5]));
    assert_eq!(reminders_in(&house, id, Duration::minutes(1)).await, 0);
    house.say("Ada", id, enter(Phase::Investigating)).await;
    assert_eq!(reminders_in(&house, id, Duration::minutes(18)).await, 0);
    assert_eq!(reminders_in(&house, id, Duration::seconds(61)).await, 1);
}

/// In which seconds a reminder with these words was said.
async fn reminded_of(house: &House, id: IncidentId, words: &str) -> Vec<i64> {
    let lines = house.desk.timeline(id, 1).await.unwrap();
    let said = lines.iter().filter(|line| line.name == "reminder" && line.text.contains(words));
    said.map(|line| line.recorded_at.timestamp() - at(0).timestamp()).collect()
}

#[tokio::test]
async fn what_is_said_every_minute_or_two_is_said_no_more_often_whatever_else_is_due() {
    for tasks in [0, 9] {
        let mut settings = reminding();
        settings.policy.can_minutes = [1; 5];
        settings.policy.exec_update_minutes = [2; 5];
        let house = House::open(settings).await;
        let id = house.incident().await;
        house.say("Cy", id, Command::TakeRole { role: "sme:db".parse().unwrap() }).await;
        house.world.later(Duration::seconds(2));
        for minutes in 1..=tasks {
            house.say("Bo", id, task(minutes)).await;
        }
        step_by_step(&house, Duration::seconds(1), 9 * 60).await;
        for (words, seconds) in [("A report on db is due", 60), ("Executives want to know", 120)] {
            let said = reminded_of(&house, id, words).await;
            assert!(said.len() >= 4, "{words}: {said:?}");
            let is_in_time = |apart: i64| (seconds..seconds + 10).contains(&apart);
            assert!(said.windows(2).all(|two| is_in_time(two[1] - two[0])), "{words}: {said:?}");
        }
    }
}

#[tokio::test]
async fn roles_that_nobody_has_are_named_more_and_more_seldom_until_somebody_has_them() {
    let mut settings = reminding();
    settings.policy.roles_minutes = [10; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    let mut named = Vec::new();
    for minute in 1..=100 {
        house.world.later(Duration::minutes(1));
        house.desk.fire_due_timers().await.unwrap();
        if count(&house, id, "reminder").await > named.len() {
            named.push(minute);
        }
    }
    assert_eq!(named, [11, 23, 47, 95]);
    let house = house.restarted();
    for (who, role) in [("Bo", "ops"), ("Cy", "pio"), ("Di", "scribe")] {
        house.say(who, id, Command::TakeRole { role: role.parse().unwrap() }).await;
    }
    house.world.later(Duration::minutes(200));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 4);
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nothing is left waiting");
    house.say("Bo", id, Command::ReleaseRole { role: "ops".parse().unwrap() }).await;
    house.world.later(Duration::minutes(11));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "reminder").await, 5, "it is free again");
}

#[tokio::test]
async fn a_deputy_who_comes_to_have_command_leaves_a_role_that_people_are_reminded_of() {
    let mut settings = reminding();
    settings.policy.roles_minutes = [10; 5];
    settings.policy.wanted = std::array::from_fn(|_| vec!["deputy".parse().unwrap()]);
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.say("Bo", id, Command::TakeRole { role: "deputy".parse().unwrap() }).await;
    assert_eq!(reminders_in(&house, id, Duration::minutes(11)).await, 0);
    assert_eq!(house.journal.next_timer_at().await.unwrap(), None, "nobody is missing");
    house.say("Ada", id, Command::OfferCommand { to: person("Bo") }).await;
    house.say("Bo", id, Command::AcceptCommand).await;
    assert_eq!(reminders_in(&house, id, Duration::minutes(9)).await, 0);
    assert_eq!(reminders_in(&house, id, Duration::seconds(61)).await, 1);
}

#[tokio::test]
async fn reminders_that_are_due_within_a_minute_are_one_line_of_the_chat() {
    let mut settings = reminding();
    settings.chats = vec!["chat".into()];
    settings.policy.exec_update_minutes = [5; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.say("Bo", id, task(4)).await;
    house.world.later(Duration::seconds(10));
    house.say("Cy", id, task(4)).await;
    house.world.later(Duration::seconds(30));
    house.say("Di", id, task(4)).await;
    // Less than a minute before executives want to know how things stand.
    house.world.later(Duration::seconds(4 * 60 - 29));
    house.desk.fire_due_timers().await.unwrap();
    let texts = house.texts(id).await;
    let (late, said): (Vec<_>, Vec<_>) =
        texts.iter().filter(|text| text.contains(" late. Ada:")).partition(|text| text.contains("'s task #"));
    let ask = "is late. Ada: ask, or give it to somebody else.";
    let overdue = [format!("Bo's task #1 («Look») {ask}"), format!("Cy's task #2 («Look») {ask}")];
    assert_eq!(late, overdue.iter().collect::<Vec<_>>(), "the third has thirty seconds more");
    let both = "Tasks #1 (Bo), #2 (Cy) are late. Ada: ask how it goes. Executives";
    assert!(matches!(said.as_slice(), [one] if one.contains(both)), "{said:?}");
    let lines = house.desk.timeline(id, 1).await.unwrap();
    let seq = |name: &str| lines.iter().rfind(|line| line.name == name).unwrap().seq;
    let deliveries = house.journal.deliveries(DeliveryFilter::Of { incident: id }).await.unwrap();
    let is_said = |seq: u64| deliveries.iter().any(|one| one.key == format!("{id}/{seq}"));
    assert!(is_said(seq("reminder")) && !is_said(seq("task.overdue")), "one line");
    house.world.later(Duration::seconds(29));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 2);
    house.world.later(Duration::seconds(2));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "task.overdue").await, 3);
    assert_eq!(count(&house, id, "reminder").await, 1, "executives were told of with the first");
}

#[tokio::test]
async fn a_commander_who_is_silent_while_others_write_is_followed_after_a_restart_too() {
    let mut settings = reminding();
    settings.policy.silence_minutes = [1; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.say("Eve", id, Command::TakeRole { role: "deputy".parse().unwrap() }).await;
    let busy = async |house: &House, seconds: i64| {
        for _ in 0..seconds / 15 {
            house.world.later(Duration::seconds(15));
            house.say("Fay", id, note("still looking")).await;
            house.desk.fire_due_timers().await.unwrap();
        }
    };
    busy(&house, 75).await;
    assert_eq!(count(&house, id, "nudge").await, 1, "Ada is asked");
    let house = house.restarted();
    busy(&house, 75).await;
    assert_eq!(count(&house, id, "nudge").await, 2, "so is the deputy");
    let answer = house.say("Eve", id, Command::TakeCommand { force: false, reason: String::new() }).await;
    assert!(answer.text.contains("from Ada to Eve"), "{}", answer.text);
    house.sound(id).await;
}

/// When the house said something of itself, in seconds after the beginning.
async fn said_at(house: &House, id: IncidentId) -> Vec<(&'static str, i64)> {
    let lines = house.desk.timeline(id, 1).await.unwrap();
    let of_the_house = |name: &str| ["nudge", "reminder", "task.overdue"].contains(&name);
    let said = lines.iter().filter(|line| of_the_house(line.name));
    said.map(|line| (line.name, line.recorded_at.timestamp() - at(0).timestamp())).collect()
}

#[tokio::test]
async fn a_silence_and_what_is_owed_are_a_minute_apart() {
    let mut settings = reminding();
    settings.policy.silence_minutes = [5; 5];
    settings.policy.exec_update_minutes = [5; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    step_by_step(&house, Duration::seconds(1), 8 * 60).await;
    let told = said_at(&house, id).await;
    assert_eq!(told, [("nudge", 301), ("reminder", 362), ("nudge", 422)]);
}

#[tokio::test]
async fn a_silence_waits_for_what_is_about_to_be_over_and_is_said_after_it() {
    let mut settings = reminding();
    settings.policy.silence_minutes = [5; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.world.later(Duration::seconds(20));
    house.say("Bo", id, task(5)).await;
    step_by_step(&house, Duration::seconds(1), 7 * 60).await;
    let told = said_at(&house, id).await;
    assert_eq!(told, [("task.overdue", 321), ("nudge", 382)]);
    assert!(house.journal.next_timer_at().await.unwrap().is_some(), "it is listened on");
}

#[tokio::test]
async fn a_silence_is_brought_up_though_something_is_overdue_every_minute() {
    let mut settings = reminding();
    settings.policy.silence_minutes = [5; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    for minutes in 5..12 {
        house.say("Bo", id, task(minutes)).await;
    }
    step_by_step(&house, Duration::seconds(1), 9 * 60).await;
    let told = said_at(&house, id).await;
    let nudged: Vec<i64> = told.iter().filter(|(name, _)| *name == "nudge").map(|(_, at)| *at).collect();
    assert_eq!(nudged, [480], "{told:?}");
}

#[tokio::test]
async fn that_the_public_has_heard_nothing_is_said_once_though_it_became_worse_meanwhile() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    house.world.later(Duration::minutes(7));
    house.say("Ada", id, Command::Severity { to: Severity::Sev1, reason: String::new() }).await;
    step_by_step(&house, Duration::minutes(1), 10).await;
    assert_eq!(count(&house, id, "reminder").await, 1, "after ten minutes, and not after twelve again");
}

#[tokio::test]
async fn a_report_that_is_not_due_yet_when_it_is_looked_for_is_asked_for_at_its_time() {
    let mut settings = reminding();
    settings.policy.can_minutes = [2; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.world.later(Duration::seconds(20));
    house.say("Cy", id, Command::TakeRole { role: "sme:db".parse().unwrap() }).await;
    step_by_step(&house, Duration::seconds(1), 180).await;
    let said = reminded_of(&house, id, "A report on db is due").await;
    assert!(matches!(said.as_slice(), [at] if (140..145).contains(at)), "{said:?}");
}

#[tokio::test]
async fn a_role_that_is_given_up_puts_off_the_reminder_of_no_other() {
    let mut settings = reminding();
    settings.policy.roles_minutes = [10; 5];
    settings.policy.wanted =
        std::array::from_fn(|_| ["ops", "pio"].map(|role| role.parse().unwrap()).to_vec());
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.say("Bo", id, Command::TakeRole { role: "ops".parse().unwrap() }).await;
    house.world.later(Duration::minutes(9));
    house.say("Bo", id, Command::ReleaseRole { role: "ops".parse().unwrap() }).await;
    assert_eq!(reminders_in(&house, id, Duration::seconds(61)).await, 1);
}

#[tokio::test]
async fn what_can_wait_comes_though_a_silence_is_brought_up_every_minute() {
    let mut settings = for_executives(3);
    settings.policy.silence_minutes = [1; 5];
    let house = House::open(settings).await;
    let id = house.incident().await;
    step_by_step(&house, Duration::seconds(1), 240).await;
    let said = reminded_of(&house, id, "Executives want to know").await;
    assert!(said.first().is_some_and(|at| *at < 190), "{said:?} {:?}", said_at(&house, id).await);
}

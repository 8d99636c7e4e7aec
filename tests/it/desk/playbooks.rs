//! Playbooks at the desk: they begin, are done by role, outlive a restart, and repeat in their time.

use chrono::Duration;
use commandpost::{
    desk::{
        Settings,
        words::{Words, by_name},
    },
    incident::{
        command::Command,
        decide::Policy,
        id::IncidentId,
        play::Playbook,
        refusal::{Because, Refusal},
        severity::Severity,
        state::StepState,
    },
    journal::rows::{DeliveryFilter, What},
};

use crate::support::house::{House, alert, caller};

fn playbooks() -> Vec<Playbook> {
    let all = serde_json::json!([{
        "id": "site-down", "title": "The site does not answer", "severity": "sev1", "steps": [
            {"id": "P1", "role": "ic", "text": "Say that you have command", "say": "command take"},
            {"id": "P2", "role": "pio", "text": "Tell the public", "say": "update draft --next 20m …"},
            {"id": "P3", "role": "ops", "text": "Go layer by layer"},
            {"id": "P4", "role": "ops", "text": "Report", "every_minutes": 10},
        ]
    }, {
        "id": "disks", "title": "A disk is full", "alert": "Disk full*",
        "steps": [{"id": "D1", "role": "ops", "text": "Make room", "say": "note made room on db1"}]
    }]);
    serde_json::from_value(all).unwrap()
}

async fn house() -> House {
    let policy = Policy { playbooks: playbooks(), ..Policy::default() };
    House::open(Settings { policy, ..Settings::default() }).await
}

async fn says(
    house: &House,
    who: &str,
    id: IncidentId,
    words: &str,
    key: Option<&str>,
) -> Result<String, Refusal> {
    let words = Words::Text(words.to_owned());
    let once = key.map(str::to_owned);
    house.desk.say(caller(who), Some(id), words, once, &by_name()).await.map(|answer| answer.text)
}

async fn state(house: &House, id: IncidentId, step: &str) -> StepState {
    house.desk.incident(id).await.unwrap().steps_named(step)[0].progress.state
}

async fn count(house: &House, id: IncidentId, name: &str) -> usize {
    house.names(id).await.iter().filter(|entry| **entry == name).count()
}

#[tokio::test]
async fn a_playbook_begins_with_the_incident_and_its_steps_are_done_by_role_and_outlive_a_restart() {
    let house = house().await;
    let id = house.incident().await;
    assert_eq!(count(&house, id, "playbook.begun").await, 0);
    house.say("Ada", id, Command::Severity { to: Severity::Sev1, reason: String::new() }).await;
    assert!(house.texts(id).await.contains(&"Playbook site-down begins: 4 steps (`playbook`).".to_owned()));
    house.say("Bo", id, Command::TakeRole { role: "pio".parse().unwrap() }).await;

    // She has command already: it is only ticked.
    says(&house, "Ada", id, "playbook run P1", None).await.unwrap();
    assert_eq!(count(&house, id, "command.transferred").await, 0);
    assert_eq!(state(&house, id, "P1").await, StepState::Done);
    let forbidden = says(&house, "Cy", id, "playbook run P2 We look.", None).await.unwrap_err();
    assert_eq!(forbidden.because, Because::Forbidden);
    assert_eq!(count(&house, id, "update.drafted").await, 0, "who may not tick it says nothing");
    // The same press twice.
    for _ in 0..2 {
        let told = says(&house, "Bo", id, "playbook run P2 We look.", Some("press")).await.unwrap();
        assert!(told.ends_with("Step P2 is done."), "{told}");
    }
    assert_eq!(count(&house, id, "update.drafted").await, 1);
    assert_eq!(house.desk.incident(id).await.unwrap().posts[0].draft.text, "We look.");
    says(&house, "Ada", id, "playbook skip P3 one layer only", None).await.unwrap();
    says(&house, "Ada", id, "playbook undo P3", None).await.unwrap();
    says(&house, "Ada", id, "playbook done P3 it was the load balancer", None).await.unwrap();

    let before = says(&house, "Ada", id, "playbook", None).await.unwrap();
    assert!(
        before.contains("[x] P3 Go layer by layer – done by Ada") && before.contains("[ ] P4"),
        "{before}"
    );
    // Of another version of the file, or none: what was begun is kept.
    let house = house.restarted();
    assert_eq!(says(&house, "Ada", id, "playbook", None).await.unwrap(), before);
    house.sound(id).await;
}

#[tokio::test]
async fn a_step_that_repeats_is_open_again_in_its_time_also_after_a_restart_and_not_after_the_end() {
    let house = house().await;
    let id = house.incident().await;
    house.say("Ada", id, Command::Severity { to: Severity::Sev1, reason: String::new() }).await;
    says(&house, "Ada", id, "playbook done P4 all is watched", None).await.unwrap();
    house.world.later(Duration::minutes(9));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(state(&house, id, "P4").await, StepState::Done);
    let house = house.restarted();
    house.world.later(Duration::minutes(2));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(state(&house, id, "P4").await, StepState::Open);
    let texts = house.texts(id).await;
    assert!(texts.contains(&"Step P4 of site-down is due again. Ada: Report.".to_owned()), "{texts:?}");
    house.world.later(Duration::minutes(60));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "playbook.step_reopened").await, 1, "what is open comes no second time");
    // A quiet puts it off, and the end ends it.
    says(&house, "Ada", id, "playbook done P4", None).await.unwrap();
    says(&house, "Ada", id, "snooze 30m", None).await.unwrap();
    house.world.later(Duration::minutes(20));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "playbook.step_reopened").await, 1);
    house.world.later(Duration::minutes(11));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "playbook.step_reopened").await, 2);
    says(&house, "Ada", id, "playbook done P4", None).await.unwrap();
    says(&house, "Ada", id, "resolve it is back", None).await.unwrap();
    house.world.later(Duration::minutes(60));
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(count(&house, id, "playbook.step_reopened").await, 2);
}

#[tokio::test]
async fn alerts_bring_the_playbook_that_is_for_them_when_they_are_linked() {
    let house = house().await;
    let id = house.incident().await;
    house.desk.take_alerts(vec![alert("disks", "db1")]).await.unwrap();
    says(&house, "Ada", id, "link S-1", None).await.unwrap();
    let names = house.names(id).await;
    assert_eq!(names[names.len() - 2..], ["alert.linked", "playbook.begun"]);
    says(&house, "Ada", id, "playbook run d1", None).await.unwrap();
    let texts = house.texts(id).await;
    let said = texts.iter().position(|text| text == "made room on db1").unwrap();
    assert_eq!(texts[said + 1], "Step D1 of disks («Make room») is done.");
}

#[tokio::test]
async fn a_step_that_is_due_again_with_something_else_is_one_line_in_the_chats() {
    let none = [0; 5];
    let policy = Policy {
        playbooks: playbooks(),
        first_post_minutes: none,
        exec_update_minutes: none,
        silence_minutes: none,
        can_minutes: none,
        roles_minutes: none,
        ..Policy::default()
    };
    let settings = Settings { policy, chats: vec!["chat".into()], ..Settings::default() };
    let house = House::open(settings).await;
    let id = house.incident().await;
    house.say("Ada", id, Command::Severity { to: Severity::Sev1, reason: String::new() }).await;
    says(&house, "Ada", id, "playbook done P4", None).await.unwrap();
    says(&house, "Ada", id, "task add @Bo 10m look at the disks", None).await.unwrap();
    house.world.later(Duration::minutes(10) + Duration::seconds(1));
    let before = house.desk.incident(id).await.unwrap().seq;
    house.desk.fire_due_timers().await.unwrap();
    let names = house.names(id).await.split_off(usize::try_from(before).unwrap());
    assert_eq!(names, ["task.overdue", "playbook.step_reopened", "reminder"]);
    let deliveries = house.journal.deliveries(DeliveryFilter::Open).await.unwrap();
    let said: Vec<u64> = deliveries
        .iter()
        .filter_map(|one| match one.what {
            What::Say { seq } if seq > before => Some(seq),
            _ => None,
        })
        .collect();
    assert_eq!(said, [before + 3], "one line");
    let last = house.texts(id).await.pop().unwrap();
    let task = "Task #1 (Bo) is late. Ada: ask how it goes.";
    assert_eq!(last, format!("Reminder: {task} Step P4 of site-down is due again. Ada: Report."));
}

//! Two that are one, on the desk: what was stopped stays stopped, parts find their whole, and what is redacted in the one is hidden
//! in the other.

use chrono::Duration;
use commandpost::{
    alert::Alert,
    desk::{Settings, policy, words, words::Words},
    incident::{command::Command, id::IncidentId, phase::Phase},
    journal::Append,
};

use crate::support::house::{House, alert, at, caller, person, resolved};

const WORD: &str = "Zanzibar";

fn merge(into: IncidentId) -> Command {
    Command::Merge { into, other: None, reason: "the same database".into() }
}

async fn settle(house: &House) {
    while house.desk.fire_due_timers().await.unwrap() > 0 {}
}

/// Whether the word is in any reading of the incident.
async fn shows(house: &House, id: IncidentId) -> bool {
    let incident = house.desk.incident(id).await.unwrap();
    let state = serde_json::to_string(&incident).unwrap();
    state.contains(WORD) || house.texts(id).await.iter().any(|text| text.contains(WORD))
}

async fn redact(house: &House, id: IncidentId, name: &str) {
    let lines = house.desk.timeline(id, 1).await.unwrap();
    let target = lines.iter().find(|line| line.name == name && line.text.contains(WORD)).unwrap().seq;
    house.say("Ada", id, Command::Redact { target, reason: "a customer's name".into() }).await;
}

#[tokio::test]
async fn a_stop_holds_where_a_stopped_incident_goes_on_after_a_crash_too() {
    let house = House::open(Settings::default()).await;
    let (first, second) = (house.incident().await, house.incident().await);
    house.say("Cy", second, Command::TakeRole { role: "safety".parse().unwrap() }).await;
    house.say("Cy", second, Command::StopActions { reason: "hands off, data loss".into() }).await;
    let answer = house.say("Ada", second, merge(first)).await.text;
    assert!(answer.contains("where its stop, alerts"), "{answer}");
    let house = house.restarted();
    settle(&house).await;
    let stop = house.desk.incident(first).await.unwrap().stop.unwrap();
    assert_eq!((stop.by, stop.reason.as_str()), (person("Cy"), "hands off, data loss"));
    let announce = Command::Announce { text: "restart everything".into(), is_risky: false, minutes: None };
    let answer = house.say("Ada", first, announce).await.text;
    assert!(answer.ends_with("Wait."), "{answer}");
    house.sound(first).await;
}

#[tokio::test]
async fn what_is_redacted_in_one_of_those_that_were_merged_is_hidden_in_all() {
    let house = House::open(Settings::default()).await;
    let (one, two, three) = (house.incident().await, house.incident().await, house.incident().await);
    house.say("Ada", one, Command::Retitle { title: format!("{WORD} is down") }).await;
    house
        .say("Ada", one, Command::NameHazard { text: format!("{WORD} fills up"), mitigation: WORD.into() })
        .await;
    let task = Command::AssignTask { owner: None, text: format!("Call {WORD}"), minutes: None };
    house.say("Ada", one, task).await;
    house.say("Ada", one, merge(two)).await;
    settle(&house).await;
    house.say("Ada", two, merge(three)).await;
    settle(&house).await;
    for id in [one, two, three] {
        assert!(shows(&house, id).await, "{id}");
    }
    // In the first, in the last, and in between.
    redact(&house, one, "task.assigned").await;
    redact(&house, three, "hazard.named").await;
    redact(&house, two, "incident.merged_in").await;
    let house = house.restarted();
    settle(&house).await;
    for id in [one, two, three] {
        assert!(!shows(&house, id).await, "{id}: {:#?}", house.texts(id).await);
        let redacted = house.names(id).await.into_iter().filter(|name| *name == "entry.redacted").count();
        assert_eq!(redacted, if id == three { 2 } else { 3 }, "each once");
    }
    let hazards = house.say("Ada", three, Command::Hazards).await.text;
    assert!(!hazards.contains("Nothing is done"), "{hazards}");
}

#[tokio::test]
async fn what_was_redacted_before_the_other_one_had_it_is_hidden_where_it_came_to() {
    let house = House::open(Settings::default()).await;
    let (one, two, three) = (house.incident().await, house.incident().await, house.incident().await);
    house
        .say("Ada", one, Command::NameHazard { text: format!("{WORD} fills up"), mitigation: String::new() })
        .await;
    house.say("Ada", one, Command::Retitle { title: format!("{WORD} is down") }).await;
    house.say("Ada", one, merge(two)).await;
    // Nothing has come to the second when that is merged too: it goes on to the third.
    house.say("Ada", two, merge(three)).await;
    redact(&house, one, "hazard.named").await;
    redact(&house, one, "incident.retitled").await;
    settle(&house).await;
    for id in [one, two, three] {
        assert!(!shows(&house, id).await, "{id}: {:#?}", house.texts(id).await);
    }
}

#[tokio::test]
async fn what_is_told_to_be_redacted_before_the_words_have_come_by_way_of_another_waits_for_them() {
    let house = House::open(Settings::default()).await;
    let (one, two, three) = (house.incident().await, house.incident().await, house.incident().await);
    house
        .say("Ada", one, Command::NameHazard { text: format!("{WORD} fills up"), mitigation: String::new() })
        .await;
    let lines = house.desk.timeline(one, 1).await.unwrap();
    let hazard = lines.iter().find(|line| line.name == "hazard.named").unwrap().seq;
    house.say("Ada", one, merge(two)).await;
    house.say("Ada", two, merge(three)).await;
    // Due before all that comes along.
    let timers = vec![policy::words_gone(three, one, hazard, at(-1))];
    house.journal.append(Append { timers, ..Append::default() }).await.unwrap();
    redact(&house, one, "hazard.named").await;
    settle(&house).await;
    assert!(house.desk.incident(three).await.unwrap().merged_in.contains(&one));
    let ahead = house.journal.timers_due(at(60), 100).await.unwrap();
    assert!(ahead.iter().all(|timer| timer.due_at >= at(0)), "it is put off: {ahead:?}");
    house.world.later(Duration::seconds(11));
    settle(&house).await;
    for id in [one, two, three] {
        assert!(!shows(&house, id).await, "{id}: {:#?}", house.texts(id).await);
    }
    let redacted = house.names(three).await.into_iter().filter(|name| *name == "entry.redacted").count();
    assert_eq!(redacted, 1);
}

#[tokio::test]
async fn where_other_people_read_a_redaction_names_no_incident_that_they_may_not_see() {
    let house = House::open(Settings::default()).await;
    let (one, two) = (house.incident().await, house.incident().await);
    for word in ["first", "second"] {
        let text = format!("{WORD} fills up the {word} disk");
        house.say("Ada", one, Command::NameHazard { text, mitigation: String::new() }).await;
    }
    house.say("Ada", one, merge(two)).await;
    settle(&house).await;
    redact(&house, one, "hazard.named").await;
    settle(&house).await;
    let told = house.texts(two).await.join("\n");
    assert!(told.contains(&format!("the same words were redacted in {one}")), "{told}");
    house.say("Ada", two, Command::Restrict { reason: "a customer".into() }).await;
    let before = house.texts(one).await.len();
    redact(&house, two, "hazard.named").await;
    settle(&house).await;
    let told = house.texts(one).await[before..].join("\n");
    assert!(told.contains("the same words were redacted elsewhere"), "{told}");
    assert!(!told.contains(&two.to_string()), "{told}");
}

#[tokio::test]
async fn the_open_parts_of_what_is_merged_are_parts_of_the_one_that_goes_on() {
    let house = House::open(Settings::default()).await;
    let (whole, other, part) = (house.incident().await, house.incident().await, house.incident().await);
    let under = |parent| Command::PutUnder { parent, facts: None };
    house.say("Ada", part, under(whole)).await;
    settle(&house).await;
    house.say("Ada", whole, merge(other)).await;
    let house = house.restarted();
    settle(&house).await;
    assert_eq!(house.desk.incident(part).await.unwrap().parent, Some(other));
    assert!(house.desk.incident(whole).await.unwrap().children.is_empty());
    let enter = |phase| Command::Enter { phase, reason: "it is over".into() };
    house.say("Ada", other, enter(Phase::Resolved)).await;
    let refused = house.try_say("Ada", other, enter(Phase::Closed)).await.unwrap_err();
    assert!(refused.why.contains(&part.to_string()), "{refused}");
    // One that is merged into its own part leaves that by itself.
    let (upper, lower) = (house.incident().await, house.incident().await);
    house.say("Ada", lower, under(upper)).await;
    settle(&house).await;
    house.say("Ada", upper, merge(lower)).await;
    settle(&house).await;
    assert_eq!(house.desk.incident(lower).await.unwrap().parent, None);
    for id in [whole, other, part, upper, lower] {
        house.sound(id).await;
    }
}

fn enter(phase: Phase) -> Command {
    Command::Enter { phase, reason: "that is how it is".into() }
}

fn link(situation: i64) -> Command {
    Command::LinkSituation { situation, facts: None }
}

async fn take(house: &House, alerts: Vec<Alert>) {
    house.desk.take_alerts(alerts).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
}

async fn alerts(house: &House) -> String {
    let said =
        house.desk.say(caller("Ada"), None, Words::Text("alerts".into()), None, &words::by_name()).await;
    said.unwrap().text
}

async fn firing(house: &House, id: IncidentId) -> u64 {
    house.desk.incident(id).await.unwrap().firing()
}

#[tokio::test]
async fn what_is_merged_again_after_it_was_opened_again_leaves_its_stop_its_alerts_and_its_work() {
    let house = House::open(Settings::default()).await;
    let (one, two, three) = (house.incident().await, house.incident().await, house.incident().await);
    let old = Command::AssignTask { owner: None, text: "an old task".into(), minutes: None };
    house.say("Ada", one, old).await;
    house.say("Ada", one, merge(two)).await;
    settle(&house).await;
    house.say("Ada", two, merge(three)).await;
    settle(&house).await;
    house.say("Ada", three, enter(Phase::Cancelled)).await;
    house.say("Ada", one, enter(Phase::Investigating)).await;
    house.say("Ada", two, enter(Phase::Investigating)).await;
    take(&house, vec![alert("g", "db1")]).await;
    house.say("Ada", one, Command::StopActions { reason: "losing writes".into() }).await;
    let new = Command::AssignTask { owner: None, text: "a new task".into(), minutes: None };
    house.say("Ada", one, new).await;
    house
        .say("Ada", one, Command::NameHazard { text: "db2 fills up".into(), mitigation: String::new() })
        .await;
    house.say("Ada", one, link(1)).await;
    house.say("Ada", one, merge(two)).await;
    let house = house.restarted();
    settle(&house).await;
    let state = house.desk.incident(two).await.unwrap();
    assert_eq!(state.stop.as_ref().map(|stop| stop.reason.as_str()), Some("losing writes"));
    let tasks: Vec<_> = state.open_tasks().map(|task| task.text.as_str()).collect();
    assert_eq!(tasks, ["an old task", "a new task"], "each once");
    assert_eq!((state.open_hazards().count(), state.firing()), (1, 1));
    // What the alerts do next is told where they are now.
    take(&house, vec![resolved(&alert("g", "db1"))]).await;
    assert_eq!(firing(&house, two).await, 0);
    for id in [one, two, three] {
        house.sound(id).await;
    }
}

#[tokio::test]
async fn alerts_of_what_is_cancelled_are_listed_and_had_by_another_which_hears_of_their_end() {
    let house = House::open(Settings::default()).await;
    let (one, two) = (house.incident().await, house.incident().await);
    take(&house, vec![alert("g", "db1"), alert("h", "web1")]).await;
    house.say("Ada", one, link(1)).await;
    house.say("Ada", one, merge(two)).await;
    settle(&house).await;
    let refused = house.try_say("Ada", one, link(1)).await.unwrap_err();
    assert!(!refused.why.is_empty(), "{refused}");
    house.say("Ada", two, enter(Phase::Cancelled)).await;
    let listed = alerts(&house).await;
    assert!(listed.contains(&format!("belongs to {two}, cancelled")), "{listed}");
    let told = house.say("Ada", one, enter(Phase::Investigating)).await.text;
    assert!(told.contains("`link S-N`") && !told.contains(&two.to_string()), "{told}");
    house.say("Ada", one, link(1)).await;
    assert_eq!(firing(&house, one).await, 1);
    let listed = alerts(&house).await;
    assert!(listed.contains(&format!("belongs to {one}, investigating")), "{listed}");
    // Told again by its sender it is the same, and no other group beside it.
    take(&house, vec![alert("g", "db1")]).await;
    assert!(!alerts(&house).await.contains("S-3"), "{}", alerts(&house).await);
    let house = house.restarted();
    take(&house, vec![resolved(&alert("g", "db1"))]).await;
    assert_eq!(firing(&house, one).await, 0);

    // The same after a plain end, for an incident that never had them.
    let (ended, other) = (house.incident().await, house.incident().await);
    house.say("Ada", ended, link(2)).await;
    let refused = house.try_say("Ada", other, link(2)).await.unwrap_err();
    assert!(refused.why.contains(&ended.to_string()), "of one that goes on nothing is taken: {refused}");
    house.say("Ada", ended, enter(Phase::Cancelled)).await;
    house.say("Ada", other, link(2)).await;
    take(&house, vec![resolved(&alert("h", "web1"))]).await;
    assert_eq!(firing(&house, other).await, 0);
    assert!(!alerts(&house).await.contains("belongs to"));
    for id in [one, two, ended, other] {
        house.sound(id).await;
    }
}

#[tokio::test]
async fn of_what_other_people_see_nobody_has_alerts_but_who_had_them_before() {
    let house = House::open(Settings::default()).await;
    let (mine, theirs, other) = (house.incident().await, house.incident().await, house.incident().await);
    take(&house, vec![alert("g", "db1")]).await;
    house.say("Bo", mine, link(1)).await;
    house.say("Ada", mine, merge(theirs)).await;
    settle(&house).await;
    house.say("Ada", theirs, Command::Restrict { reason: "a customer".into() }).await;
    house.say("Ada", theirs, enter(Phase::Cancelled)).await;
    let refused = house.try_say("Bo", other, link(1)).await.unwrap_err();
    assert_eq!(refused.why, "S-1 belongs to an incident already.");
    house.say("Ada", mine, enter(Phase::Investigating)).await;
    house.say("Bo", mine, link(1)).await;
    assert_eq!(firing(&house, mine).await, 1);
}

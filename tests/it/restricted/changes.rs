//! A change that is said in an incident is known to everybody only while everybody may read the entry it stands in.

use chrono::Duration;
use commandpost::{
    desk::{Answer, Settings, words},
    incident::command::Command,
};

use super::WORD;
use crate::support::house::{House, at, caller};

async fn say(house: &House, who: &str, line: &str) -> Answer {
    let words = words::Words::Text(line.to_owned());
    house.desk.say(caller(who), None, words, None, &words::by_name()).await.unwrap()
}

/// What somebody outside reads of changes: in the list, and before another incident.
async fn outside(house: &House) -> String {
    let listed = house.desk.last_changes(at(-3_600), 9).await.unwrap();
    format!("{listed:?}\n{}", say(house, "Bo", "INC-2 alert why").await.text)
}

#[tokio::test]
async fn what_is_said_in_a_restricted_incident_stands_on_its_timeline_alone() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    house.say("Ada", id, Command::Restrict { reason: String::new() }).await;
    let told = say(&house, "Ada", &format!("{id} change {WORD} key rotated service:vault")).await.text;
    assert!(told.contains("on this timeline alone"), "{told}");
    house.world.later(Duration::minutes(1));
    house.incident().await;
    assert!(!outside(&house).await.contains(WORD));
    assert!(house.texts(id).await.join("\n").contains(WORD));
    house.say("Ada", id, Command::OpenUp { reason: String::new() }).await;
    assert!(!outside(&house).await.contains(WORD));
}

#[tokio::test]
async fn it_is_known_no_more_once_its_incident_is_restricted_or_its_entry_redacted() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let seq = say(&house, "Ada", &format!("{id} change {WORD} key rotated service:vault")).await.seq.unwrap();
    say(&house, "Ada", "change rolled out 1.2.3").await;
    house.world.later(Duration::minutes(1));
    house.incident().await;
    assert_eq!(outside(&house).await.matches(WORD).count(), 2);
    house.say("Ada", id, Command::Restrict { reason: String::new() }).await;
    assert!(!outside(&house).await.contains(WORD));
    house.say("Ada", id, Command::OpenUp { reason: String::new() }).await;
    assert_eq!(outside(&house).await.matches(WORD).count(), 2);
    house.say("Ada", id, Command::Redact { target: seq, reason: "a key".into() }).await;
    let outside = outside(&house).await;
    assert!(!outside.contains(WORD) && outside.contains("rolled out 1.2.3"), "{outside}");
}

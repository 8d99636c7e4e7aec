//! What people are told of encryption, by a door before a homeserver of one room.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::{
    chat::{
        bring::Halt,
        matrix::homeserver::{CLOSED, House, ROOM, said},
        private::Private,
    },
    desk::{Along, Caller},
    incident::{command::Command, phase::Phase},
    outbox::port::Outcome,
    people::Person,
};

async fn hears(door: &MatrixDoor, event: &str, says: Says) -> bool {
    door.hear_encrypted(&said(event), "tag", &says).await
}

#[tokio::test]
async fn a_room_is_told_of_a_missing_key_until_that_is_said_and_then_no_more() {
    let house = House::open(true).await;
    let door = house.start(true).await;
    house.homeserver.refuses("send");
    assert!(!hears(&door, "$1", Says::NoKey).await);
    house.homeserver.refuses("");
    assert!(hears(&door, "$2", Says::NoKey).await);
    assert!(!hears(&door, "$3", Says::Encrypted).await);
    let door = house.start(true).await;
    assert!(!hears(&door, "$4", Says::NoKey).await);
    assert_eq!(house.told("has no key"), ["$2"]);
}

#[tokio::test]
async fn a_room_is_told_why_it_is_refused_until_that_is_said_and_then_no_more() {
    for is_started_again in [false, true] {
        let house = House::open(true).await;
        house.homeserver.refuses("send");
        let mut door = house.start(false).await;
        assert!(door.encrypted.is_refused(ROOM), "whether it knows or not");
        house.homeserver.refuses("");
        if is_started_again {
            door = house.start(false).await;
        }
        for event in ["$1", "$2"] {
            hears(&door, event, Says::Encrypted).await;
        }
        let door = house.start(false).await;
        hears(&door, "$3", Says::Encrypted).await;
        assert!(door.encrypted.is_refused(ROOM));
        assert_eq!(
            house.told("this bot cannot read it: nothing that is typed here is done").len(),
            1,
            "{is_started_again}"
        );
    }
}

#[tokio::test]
async fn the_words_of_a_proxy_in_a_room_that_is_not_encrypted_are_somebodys() {
    let house = House::open(false).await;
    let door = house.start(true).await;
    assert!(!hears(&door, "$1", Says::NoKey).await);
    assert!(house.told("").is_empty());
}

async fn pins(door: &Arc<MatrixDoor>, event: &str) {
    if let Some(reply) = door.put_on_timeline(&said(event), CLOSED).await.unwrap() {
        assert!(door.send(&reply).await);
    }
}

#[tokio::test]
async fn whoever_pins_a_message_of_an_incident_that_cannot_be_read_is_told_each_time() {
    let house = House::open(true).await;
    let door = house.start(true).await;
    for pin in ["$a", "$b"] {
        pins(&door, pin).await;
    }
    assert_eq!(house.told("belongs to no incident"), [CLOSED], "once, not for each pin");
    door.bindings.bind("INC-1", "space", ROOM).await.unwrap();
    for (pin, refused) in [("$1", ""), ("$2", ""), ("$3", "context"), ("$4", "messages"), ("$5", "event")] {
        house.homeserver.refuses(refused);
        pins(&door, pin).await;
    }
    assert_eq!(house.told("The message is not on the timeline."), [CLOSED; 5]);
}

#[tokio::test]
async fn what_cannot_be_said_in_an_incidents_encrypted_room_is_given_up_when_the_incident_is_over() {
    let house = House::open(true).await;
    let door = house.start(false).await;
    let (id, room) = (house.incident().await, "!inc:s");
    door.bindings.bind(&id.to_string(), "space", room).await.unwrap();
    door.refuse_encrypted(room, "tag").await;
    let says = async || door.say_once(room, json!({"body": "x"}), "key", "once").await;
    match says().await {
        Err(Halt::Outcome(Outcome::Retry { why, .. })) => {
            assert!(why.contains("The room !inc:s of INC-1 is encrypted"), "{why}");
            assert!(!why.contains("`matrix.room`"), "nobody sets the room of one incident: {why}");
        }
        other => panic!("{other:?}"),
    }
    let ada = Caller::person(Person::named("Ada").unwrap(), NAME);
    let cancel = Command::Enter { phase: Phase::Cancelled, reason: "a false alarm".into() };
    door.desk.submit(ada, id, cancel, Along::default()).await.unwrap();
    let said = says().await;
    assert!(matches!(said, Err(Halt::Outcome(Outcome::Failed { .. }))), "{said:?}");
    // In the command post it waits for a person.
    let said = door.say_once(ROOM, json!({"body": "x"}), "key", "once").await;
    assert!(matches!(said, Err(Halt::Outcome(Outcome::Retry { .. }))), "{said:?}");
}

#[tokio::test]
async fn the_private_room_of_a_restricted_incident_is_encrypted_where_the_command_post_is() {
    for is_encrypted in [true, false] {
        let house = House::open(is_encrypted).await;
        let door = house.start(true).await;
        let id = house.incident().await;
        let incident = door.desk.incident(id).await.unwrap();
        assert!(door.open_private(&incident, "", false).await.is_ok());
        assert_eq!(house.asked("an encrypted room"), usize::from(is_encrypted));
    }
}

//! What people put between backticks, beside what the bot tells them to type.

use serde_json::json;

use super::{field, house::House};

#[tokio::test]
async fn what_people_wrote_is_shown_as_they_wrote_it_and_what_is_to_be_typed_as_discord_has_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let note = "somebody has to `close the valve`";
    house.ask(house.ada, thread.id, "note", json!({"text": note})).await;
    for (verb, options) in [("timeline", json!({})), ("find", json!({"words": "valve"}))] {
        let told = house.ask(house.ada, thread.id, verb, options).await;
        assert!(told.content.contains(note), "{verb}: {}", told.content);
    }
    let task = "run `find /var -name core`";
    house.ask(house.ada, thread.id, "task add", json!({"text": task})).await;
    // Asked in another place too, where no incident is known by it.
    for place in [thread.id, house.post] {
        let next = house.ask(house.ada, place, "next", json!({"incident": "INC-1"})).await;
        assert!(next.content.contains(task), "{}", next.content);
        assert!(next.content.contains("`/incident task "), "{}", next.content);
        let tasks = house.ask(house.ada, place, "task list", json!({"incident": "INC-1"})).await;
        assert!(tasks.content.contains(task), "{}", tasks.content);
    }
    // What was typed just now stands nowhere yet.
    let refused = house.ask(house.ada, thread.id, "role take", json!({"role": "`close the valve`"})).await;
    assert!(!refused.content.contains("/incident close"), "{}", refused.content);
    house.quiet().await;
    let card = house.cards(thread.id).pop().expect("a card");
    let tasks = field(&card, "Open tasks");
    assert!(tasks.contains("find /var -name core") && !tasks.contains("/record"), "{tasks}");
    house.end(bot, "theirs").await;
}

#[tokio::test]
async fn a_timeline_tells_what_to_type_as_discord_has_it_beside_what_people_wrote() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let wrote = "say `close the valve` once it holds";
    house.ask(house.bob, thread.id, "task add", json!({"text": wrote})).await;
    house.ask(house.bob, thread.id, "crew checkin", json!({})).await;
    house.ask(house.ada, thread.id, "crew roll-call", json!({})).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "bob: say `here` until noon"})).await;
    // Where none is named and it is the only one.
    let told = house.ask(house.ada, house.post, "timeline", json!({})).await.content;
    assert!(told.contains("say `/incident crew here` until "), "{told}");
    // In the place of another, named; and where none is.
    let other = house.ask(house.ada, house.post, "declare", json!({"title": "Search is slow"})).await;
    assert!(other.content.contains("INC-2"), "{}", other.content);
    let (elsewhere, _) = house.space_of("INC-2").await;
    for place in [thread.id, elsewhere.id, house.post] {
        for (verb, options) in [
            ("timeline", json!({"incident": "INC-1"})),
            ("find", json!({"words": "say until"})),
            ("find", json!({"words": "say once"})),
        ] {
            let told = house.ask(house.ada, place, verb, options.clone()).await.content;
            let is_meant = |words: &str| verb == "timeline" || options["words"] == words;
            if is_meant("say until") {
                assert!(told.contains("say `/incident crew here` until "), "{told}");
                assert!(told.contains("bob: say `here` until noon"), "{told}");
            }
            if is_meant("say once") {
                assert!(told.contains(wrote), "{told}");
            }
        }
    }
    house.end(bot, "a timeline").await;
}

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

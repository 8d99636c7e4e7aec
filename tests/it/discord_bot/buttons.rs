//! The card's buttons and its menu: what they ask, what they do, and that an old card does nothing.

use commandpost::{
    chat::discord::NAME,
    desk::{
        Settings,
        clock::{System, World},
    },
    incident::decide::Policy,
    model::discord::{ManualClock, Message},
};
use serde_json::{Value, json};

use super::{button, field, house::House};
use crate::support::house::desk_of;

#[tokio::test]
async fn a_button_asks_for_its_blanks_and_takes_them_word_for_word() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, card) = house.declare("Checkout fails").await;
    let pressed = house.discord.press(house.bob, card.id, &button(&card, "note")).expect("a button");
    let form = pressed.modal().await.expect("a form");
    assert_eq!(form["components"][0]["components"][0]["label"], "What happened?");
    let typed = "{text} \"quoted\" --at 09:12 INC-2 close; `x`";
    let sent = house.discord.submit_modal(&pressed, json!({"text": typed})).expect("it fits");
    assert!(sent.message().await.expect("an answer").is_ephemeral());
    house.quiet().await;
    let id = "INC-1".parse().expect("an id");
    let timeline = house.desk.timeline(id, 1).await.expect("a timeline");
    assert_eq!(timeline.last().map(|l| l.text.trim_end_matches('.')), Some(typed), "{timeline:#?}");

    let pressed = house.discord.press(house.ada, card.id, &button(&card, "task")).expect("a button");
    pressed.modal().await.expect("a form");
    let task = json!({"text": "@grace 10m check the replicas"});
    house.discord.submit_modal(&pressed, task).expect("it fits").message().await.expect("an answer");
    let state = house.desk.incident(id).await.expect("an incident");
    let task = state.open_tasks().next().expect("a task");
    assert_eq!((task.text.as_str(), task.whose().as_str()), ("check the replicas", "grace"));

    // One without blanks is done at once.
    let taken = house.discord.press(house.bob, card.id, &button(&card, "take")).expect("a button");
    assert!(taken.message().await.expect("an answer").is_ephemeral());
    // A card that has moved on: the button is no longer there, and says so.
    house.ask(house.ada, thread.id, "task done", json!({"n": 1, "result": "they are well"})).await;
    house.ask(house.ada, thread.id, "resolve", json!({"reason": "rolled back"})).await;
    house.ask(house.ada, thread.id, "close", json!({})).await;
    house.quiet().await;
    let now = house.discord.message(card.id).expect("the same card");
    assert!(!now.custom_ids().contains(&button(&card, "resolve")), "{now:?}");
    let late = house.discord.press_seen(house.bob, &card, &button(&card, "resolve")).expect("he saw it");
    let told = late.message().await.expect("an answer").content;
    assert!(told.contains("not on the card any more"), "{told}");
    house.end(bot, "buttons").await;
}

#[tokio::test]
async fn how_bad_it_is_is_chosen_on_the_card() {
    let house = House::new().await;
    let bot = house.start().await;
    let (_, card) = house.declare("Checkout fails").await;
    let menu = button(&card, "severity");
    let chosen = house.discord.select(house.bob, card.id, &menu, &["sev1"]).expect("it is offered");
    assert!(chosen.message().await.expect("an answer").is_ephemeral());
    house.quiet().await;
    let card = house.discord.message(card.id).expect("the same card");
    assert_eq!(field(&card, "Severity"), "SEV1");
    let shown = card.component(&menu).expect("the menu");
    let options = shown["options"].as_array().expect("options");
    let now: Vec<&Value> = options.iter().filter(|one| one["default"] == true).collect();
    assert!(options.len() == 5 && now.len() == 1 && now[0]["value"] == "sev1", "{shown}");
    assert!(now[0]["description"].as_str().is_some_and(|why| why.contains("public notice")), "{shown}");
    house.end(bot, "a menu").await;
}

#[tokio::test]
async fn what_waits_for_somebodys_word_has_a_button_for_it_and_for_nothing_else() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, card) = house.declare("Checkout fails").await;
    let card_now = || house.discord.message(card.id).expect("the card");
    let with = |name: &'static str| {
        move |card: &Message| card.custom_ids().iter().any(|id| id.ends_with(&format!("|{name}")))
    };
    house.ask(house.ada, thread.id, "command offer", json!({"to": house.bob.to_string()})).await;
    let offered = house.eventually("the button", || Some(card_now()).filter(with("have_command"))).await;
    let pressed =
        house.discord.press(house.bob, card.id, &button(&offered, "have_command")).expect("a button");
    let told = pressed.message().await.expect("an answer");
    assert!(told.content.contains("command"), "{}", told.content);
    house.quiet().await;
    assert_eq!(field(&card_now(), "Incident Commander"), "bob");
    assert!(!with("have_command")(&card_now()));

    // Two risky actions wait. The first is dropped; who has the old card before their eyes says go to nothing else.
    for text in ["restart db1", "drop the replica"] {
        house.ask(house.ada, thread.id, "action announce", json!({"text": text, "risky": true})).await;
    }
    let both = house.eventually("the buttons", || Some(card_now()).filter(with("go2"))).await;
    let drop = json!({"n": 1, "reason": "not needed"});
    let told = house.ask(house.bob, thread.id, "action drop", drop).await;
    assert!(told.content.contains("will not be done"), "{}", told.content);
    let late = house.discord.press_seen(house.bob, &both, &button(&both, "go1")).expect("he saw it");
    let told = late.message().await.expect("an answer");
    assert!(told.content.contains("not on the card any more"), "{}", told.content);
    house.quiet().await;
    let pressed = house.discord.press(house.bob, card.id, &button(&card_now(), "go2")).expect("a button");
    pressed.message().await.expect("an answer");
    house.quiet().await;
    assert!(!with("go2")(&card_now()), "it goes");
    house.end(bot, "awaited").await;
}

#[tokio::test]
async fn an_executive_who_interrupts_answers_by_a_button_and_an_old_card_answers_nothing() {
    let policy = Policy { executives: ["ada".to_owned()].into(), ..Policy::default() };
    let settings = Settings { chats: vec![NAME.into()], policy, ..Settings::default() };
    let (desk, dir) = desk_of(settings).await;
    let house = House::at(ManualClock::at(System.now()).clock(), desk, dir).await;
    let bot = house.start().await;
    house.ask(house.bob, house.post, "declare", json!({"title": "Checkout fails"})).await;
    let (thread, card) = house.space_of("INC-1").await;
    let card_now = || house.discord.message(card.id).expect("the card");
    let named = |card: &Message, name: &str| {
        card.custom_ids().into_iter().find(|id| id.contains(&format!("|{name}")))
    };
    let told = house.ask(house.ada, thread.id, "severity", json!({"severity": "sev4"})).await;
    assert!(told.content.contains("Do you wish to take command of INC-1"), "{}", told.content);
    let asked = house
        .eventually("the question", || Some(card_now()).filter(|card| named(card, "goon").is_some()))
        .await;
    let (yes, no) = (named(&asked, "lead").expect("a yes"), named(&asked, "goon").expect("a no"));
    // Who was not asked answers nothing by pressing it.
    let pressed = house.discord.press(house.bob, card.id, &no).expect("a button");
    let told = pressed.message().await.expect("an answer");
    assert!(told.content.contains("not on offer to you"), "{}", told.content);
    let pressed = house.discord.press(house.ada, card.id, &no).expect("a button");
    let told = pressed.message().await.expect("an answer");
    assert!(told.content.contains("goes on"), "{}", told.content);
    house.quiet().await;
    assert_eq!(named(&card_now(), "lead"), None);
    let late = house.discord.press_seen(house.ada, &asked, &yes).expect("she saw it");
    let told = late.message().await.expect("an answer");
    assert!(told.content.contains("not on the card any more"), "{}", told.content);
    let id = "INC-1".parse().expect("an id");
    let lines = house.desk.timeline(id, 1).await.expect("a timeline");
    assert_eq!(lines.last().map(|line| line.text.as_str()), Some("Ada Lovelace does not take command."));
    house.end(bot, "executive").await;
}

//! The Discord door as its people know it: what they type and press, and what they then see.

mod alerts;
mod buttons;
mod commanders;
mod gateway;
pub mod house;
mod http;
mod limits;
mod names;
mod pinned;
mod prism;
mod silence;
mod theirs;
mod trouble;

use commandpost::{
    config::IncidentSpace,
    model::discord::{Id, Message},
};
use serde_json::{Value, json};

use crate::support::discord::slash;
use house::House;

fn field<'a>(card: &'a Message, name: &str) -> &'a str {
    let fields = card.embeds[0]["fields"].as_array().expect("fields");
    fields.iter().find(|f| f["name"] == name).and_then(|f| f["value"].as_str()).unwrap_or_default()
}

fn button(card: &Message, name: &str) -> String {
    let ids = card.custom_ids();
    ids.into_iter().find(|id| id.ends_with(&format!("|{name}"))).unwrap_or_else(|| panic!("{card:?}"))
}

#[tokio::test]
async fn declaring_by_slash_opens_one_thread_whose_pinned_card_follows_the_incident() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, card) = house.declare("Checkout fails").await;
    assert_eq!((thread.name.as_str(), thread.parent), ("INC-1 Checkout fails", Some(house.post)));
    let announced = house.discord.messages(house.post);
    assert_eq!(announced.len(), 1);
    assert!(announced[0].content.contains("**INC-1** Checkout fails"), "{}", announced[0].content);
    assert_eq!(announced[0].id, thread.id, "the thread hangs below its announcement");
    assert_eq!(card.embeds[0]["title"], "INC-1 Checkout fails");
    assert_eq!(field(&card, "Incident Commander"), "Ada Lovelace");
    house.eventually("the pin", || house.discord.message(card.id).filter(Message::pinned)).await;

    let told = house
        .ask(house.bob, thread.id, "severity", json!({"severity": "sev1", "reason": "payments too"}))
        .await;
    assert!(told.is_ephemeral());
    house.ask(house.bob, thread.id, "note", json!({"text": "the database failed over"})).await;
    house.quiet().await;
    let card = house.discord.message(card.id).expect("the same card");
    assert!(field(&card, "Severity").contains('1'), "{card:?}");
    assert_eq!(house.cards(thread.id).len(), 1, "edited in place");
    let lines = house.lines(thread.id);
    let note = lines.last().expect("a line");
    assert!(note.content.starts_with("<t:") && note.content.contains(":t> **bob**"), "{}", note.content);
    assert!(note.content.contains("the database failed over"), "{}", note.content);
    // Said somewhere else, of an incident that is named.
    house.ask(house.ada, house.post, "note", json!({"text": "from afar", "incident": "INC-1"})).await;
    house.quiet().await;
    assert!(house.lines(thread.id).last().expect("a line").content.contains("from afar"));
    // And what cannot be done, the asker alone is told.
    let lost = house.ask(house.ada, house.post, "note", json!({"text": "x", "incident": "INC-9"})).await;
    assert!(lost.is_ephemeral() && lost.content.contains("There is no INC-9"), "{}", lost.content);
    let told = house.ask(house.ada, thread.id, "resolve", json!({"reason": "rolled back"})).await;
    house.quiet().await;
    assert!(!told.content.is_empty());
    house.end(bot, "the card follows").await;
}

#[tokio::test]
async fn a_restart_that_remembers_nothing_finds_the_thread_and_the_card_again() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, card) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.stop(bot).await;
    house.forget("INC-1").await;
    let bot = house.start().await;
    house.ask(house.ada, house.post, "note", json!({"text": "back again", "incident": "INC-1"})).await;
    house.quiet().await;
    assert_eq!(house.discord.threads().len(), 1);
    assert_eq!(house.cards(thread.id).len(), 1);
    assert_eq!(house.cards(thread.id)[0].id, card.id);
    assert_eq!(house.lines(thread.id).len(), 1);
    assert_eq!(house.discord.messages(house.post).len(), 1, "announced once");
    house.ask(house.ada, thread.id, "note", json!({"text": "the thread is known again"})).await;
    // Somebody else's thread of such a name is not taken for ours.
    let others = house.discord.open_thread(house.bob, house.post, "INC-2 is mine").expect("bob may");
    house.ask(house.ada, house.post, "declare", json!({"title": "Search is slow"})).await;
    let ours = || house.discord.threads().into_iter().find(|thread| thread.name == "INC-2 Search is slow");
    let ours = house.eventually("our own thread", ours).await;
    house.quiet().await;
    assert_eq!(house.cards(ours.id).len(), 1);
    assert!(house.discord.messages(others).is_empty());
    house.end(bot, "a restart").await;
}

#[tokio::test]
async fn what_was_restricted_before_discord_came_back_is_named_and_shown_to_nobody_else_there() {
    use commandpost::{
        desk::{Caller, words},
        people::Person,
    };
    let house = House::new().await;
    for line in ["declare Somebody leaks", "INC-1 restrict a customer is named"] {
        let ada = Caller::person(Person::named("Ada").expect("a name"), "console");
        house
            .desk
            .say(ada, None, words::Words::Text(line.into()), None, &words::by_name())
            .await
            .expect("it is done");
    }
    let bot = house.start().await;
    house.quiet().await;
    let sees = |person| house.discord.seen_by(person).iter().any(|place| place.name.contains("INC-1"));
    assert!(sees(house.ada) && !sees(house.bob), "it has a private place");
    assert!(house.discord.messages(house.post).iter().all(|said| !said.content.contains("leaks")));
    house.end(bot, "restricted before").await;
}

#[tokio::test]
async fn while_somebody_types_the_place_offers_what_it_knows() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.ask(house.ada, thread.id, "task add", json!({"text": "check the load balancers"})).await;
    let offered = async |name: &str, options: Value, focused: &str| {
        let typing = house
            .discord
            .autocomplete(house.bob, thread.id, &slash(name), options, focused)
            .expect("offered");
        typing.choices().await.expect("choices")
    };
    let incidents = offered("status", json!({"incident": "check"}), "incident").await;
    assert_eq!(incidents, [("INC-1 Checkout fails".to_owned(), json!("INC-1"))]);
    let tasks = offered("task ack", json!({"n": ""}), "n").await;
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].1, json!(1), "a number for an option that takes numbers");
    assert!(tasks[0].0.contains("check the load balancers"), "{tasks:?}");
    let roles = offered("role take", json!({"role": "pi"}), "role").await;
    assert!(roles.iter().any(|(_, value)| value == "pio"), "{roles:?}");
    // The record's own command offers and does as the other one.
    house.ask(house.ada, thread.id, "note", json!({"text": "db2 is full"})).await;
    let entries = offered("entry correct", json!({"n": ""}), "n").await;
    assert!(entries[0].0.ends_with("db2 is full"), "{entries:?}");
    let correction = json!({"n": entries[0].1, "text": "db1 is full"});
    house.ask(house.ada, thread.id, "entry correct", correction).await;
    let timeline = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    assert!(timeline.iter().any(|line| line.text == "db1 is full"), "{timeline:#?}");
    house.end(bot, "autocomplete").await;
}

#[tokio::test]
async fn an_interaction_that_comes_twice_is_done_once() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let asked = house.slash(house.ada, thread.id, "note", json!({"text": "once"})).await;
    asked.message().await.expect("an answer");
    let (id, token) = house.discord.heard().into_iter().find(|(id, _)| *id == asked.id).expect("heard");
    let again = json!({
        "id": id, "application_id": house.discord.application(), "type": 2, "token": token, "version": 1,
        "guild_id": house.discord.guild(), "channel_id": thread.id,
        "member": {"user": {"id": house.ada, "username": "ada"}},
        "data": {"id": "1", "name": "incident", "type": 1,
            "options": [{"type": 1, "name": "note", "options": [{"type": 3, "name": "text", "value": "once"}]}]},
    });
    // As it is, serenity cannot even parse this one: it is understood all the same.
    house.discord.gateway().dispatch("INTERACTION_CREATE", &again);
    house.discord.gateway().dispatch("INTERACTION_CREATE", &again);
    let repeats = || bot.door.counters().repeats.load(std::sync::atomic::Ordering::Relaxed);
    house.eventually("both repeats", || (repeats() == 2).then_some(())).await;
    // Another process, which has not seen it: the desk knows the key.
    house.stop(bot).await;
    let bot = house.start().await;
    house.discord.gateway().dispatch("INTERACTION_CREATE", &again);
    let heard = || bot.door.counters().interactions.load(std::sync::atomic::Ordering::Relaxed);
    house.eventually("the repeat", || (heard() == 1).then_some(())).await;
    house.ask(house.ada, thread.id, "status", json!({})).await;
    house.quiet().await;
    assert_eq!(house.lines(thread.id).len(), 1);
    assert!(
        bot.door.counters().unknown_events.load(std::sync::atomic::Ordering::Relaxed) > 0,
        "and it is counted"
    );
    house.end(bot, "twice").await;
}

#[tokio::test]
async fn a_slow_desk_is_announced_in_time_and_answers_in_the_same_place() {
    let house = House::new().await;
    let bot = house.start().await;
    house.gate.send_replace(false);
    let asked = house.slash(house.ada, house.post, "declare", json!({"title": "Slow"})).await;
    let first = asked.answer().await.expect("in time");
    assert_eq!((first.kind, &first.data["flags"]), (5, &json!(64)), "thinking, for ada's eyes");
    house.gate.send_replace(true);
    let answer = asked.message().await.expect("an answer");
    assert!(answer.is_ephemeral() && answer.content.contains("INC-1"), "{answer:?}");
    house.space_of("INC-1").await;
    house.end(bot, "a slow desk").await;
}

/// Not what it is: it was for her eyes.
const UNSHOWN: &str = "**Ada Lovelace** An answer could not be shown to you alone. What was done stands on the timeline; \
                       ask again for the rest.";

#[tokio::test]
async fn of_an_answer_that_discord_takes_no_more_everybody_is_told_that_there_was_one() {
    use commandpost::desk::clock::{System, World};
    let clock = commandpost::model::discord::ManualClock::at(System.now());
    let house = House::with_clock(clock.clock()).await;
    let bot = house.start().await;
    house.gate.send_replace(false);
    let asked = house.slash(house.ada, house.post, "list", json!({})).await;
    asked.answer().await.expect("in time");
    clock.advance(chrono::TimeDelta::minutes(16));
    house.gate.send_replace(true);
    let told = || {
        let told: Vec<String> = house.discord.messages(house.post).into_iter().map(|m| m.content).collect();
        (!told.is_empty()).then_some(told)
    };
    assert_eq!(house.eventually("the answer", told).await, [UNSHOWN]);
    // Nor is a first answer, which Discord takes for three seconds.
    house.gate.send_replace(false);
    house.slash(house.ada, house.post, "list", json!({})).await;
    clock.advance(chrono::TimeDelta::seconds(4));
    house.gate.send_replace(true);
    let told = || told().filter(|told| told.len() == 2);
    assert_eq!(house.eventually("the second answer", told).await, [UNSHOWN, UNSHOWN]);
    house.end(bot, "fifteen minutes").await;
}

#[tokio::test]
async fn an_exercise_says_so_in_every_message() {
    let house = House::new().await;
    let bot = house.start().await;
    let told = house.ask(house.ada, house.post, "declare", json!({"title": "A check", "test": true})).await;
    assert!(told.content.contains("**TEST**"), "{}", told.content);
    let (thread, card) = house.space_of("TEST-1").await;
    house.ask(house.ada, thread.id, "note", json!({"text": "hello"})).await;
    house.quiet().await;
    assert!(
        card.content.contains("TEST")
            && card.embeds[0]["title"].as_str().expect("a title").starts_with("TEST")
    );
    assert!(house.discord.messages(house.post).iter().all(|m| m.content.contains("**TEST**")));
    assert!(house.lines(thread.id).iter().all(|m| m.content.starts_with("**TEST**")));
    house.end(bot, "exercise").await;
}

#[tokio::test]
async fn an_incident_may_have_a_forum_post_or_a_channel_of_its_own() {
    for space in [IncidentSpace::Forum, IncidentSpace::Channel] {
        let mut house = House::new().await;
        house.space = space;
        if space == IncidentSpace::Forum {
            house.post = house.discord.forum("incidents");
        }
        let typing_room = house.discord.text_channel("general");
        let bot = house.start().await;
        house.ask(house.ada, typing_room, "declare", json!({"title": "Checkout fails"})).await;
        let find = |house: &House| -> Option<Id> {
            match space {
                IncidentSpace::Channel => house
                    .discord
                    .channels()
                    .into_iter()
                    .find(|c| c.name == "inc-1-checkout-fails")
                    .map(|c| c.id),
                _ => house
                    .discord
                    .threads()
                    .into_iter()
                    .find(|t| t.name == "INC-1 Checkout fails")
                    .map(|t| t.id),
            }
        };
        let place = house.eventually("the space", || find(&house)).await;
        house.quiet().await;
        house.forget("INC-1").await;
        house.ask(house.ada, typing_room, "note", json!({"text": "again", "incident": "INC-1"})).await;
        house.quiet().await;
        assert_eq!(house.cards(place).len(), 1, "{space:?}");
        assert_eq!(house.lines(place).len(), 1);
        let all = house.discord.threads().len() + house.discord.channels().len();
        assert_eq!(all, house.discord.channels().len() + usize::from(space == IncidentSpace::Forum));
        house.end(bot, "spaces").await;
    }
}

#[tokio::test]
async fn the_organization_chart_is_shown_to_its_asker_as_a_picture() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let asked = house.slash(house.ada, thread.id, "role chart", json!({})).await;
    let told = asked.message().await.expect("the words");
    assert!(told.content.contains("Incident Commander: Ada Lovelace"), "{}", told.content);
    let shown = asked.follow_up().await.expect("the picture");
    assert!(shown.is_ephemeral());
    let picture = &shown.attachments[0];
    assert_eq!(
        (picture.filename.as_str(), picture.content_type.as_str()),
        ("INC-1-organization.png", "image/png")
    );
    assert!(picture.bytes.starts_with(b"\x89PNG"));
    house.end(bot, "chart").await;
}

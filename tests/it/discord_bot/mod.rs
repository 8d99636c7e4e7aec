//! The Discord door as its people know it: what they type and press, and what they then see.

mod commanders;
mod gateway;
pub mod house;
mod http;
mod limits;
mod names;
mod prism;
mod silence;
mod trouble;

use commandpost::{
    alert::{Alert, AlertSeverity, Status},
    chat::discord::NAME,
    config::IncidentSpace,
    desk::{Settings, clock::System, clock::World},
    incident::decide::Policy,
    model::discord::{Id, ManualClock, Message},
};
use serde_json::{Value, json};

use crate::support::{
    discord::slash,
    house::{desk_of, pasted_key},
};
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
async fn a_message_goes_on_the_timeline_with_its_author_and_link() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let said = house.discord.say(house.bob, thread.id, "db1 is out of disk").expect("bob may talk");
    let taken = house.discord.message_command(house.ada, said.id, "Add to timeline").expect("registered");
    taken.message().await.expect("an answer");
    let timeline = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    let note = &timeline.last().expect("a note").text;
    assert!(note.starts_with("bob: db1 is out of disk"), "{note}");
    assert!(note.contains(&format!("/{}/{}", thread.id, said.id)), "{note}");
    house.end(bot, "context menu").await;
}

#[tokio::test]
async fn an_entry_follows_its_message_and_its_files_are_named_with_their_hashes() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let discord = &house.discord;
    let graph = discord.share(house.bob, thread.id, "5xx since 03:02", ("graph.png", b"abc")).expect("said");
    let chosen = discord.message_command(house.ada, graph.id, "Add to timeline").expect("registered");
    chosen.message().await.expect("an answer");
    // The example of FIPS 180-4.
    let sum = "3 bytes, SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let told = house.stands(sum).await;
    assert!(told.iter().any(|text| text.starts_with("bob: 5xx since 03:02 [graph.png]")), "{told:#?}");
    assert!(told.iter().any(|text| text.starts_with("File graph.png (")), "{told:#?}");
    // What it says now the gateway keeps from a bot without the intent for it: that it was changed is told.
    discord.edit(house.bob, graph.id, "5xx since 02:58").expect("it is bob's");
    let told = house.stands("was changed in Discord since").await;
    assert!(!told.iter().any(|text| text.contains("02:58")), "{told:#?}");
    let again = discord.message_command(house.ada, graph.id, "Add to timeline").expect("registered");
    again.message().await.expect("an answer");
    house.stands("corrected to «bob: 5xx since 02:58").await;
    discord.delete(graph.id);
    let told = house.stands("corrected to «(the message was deleted in the chat)»").await;
    assert!(!told.iter().any(|text| text.starts_with("bob: 5xx since")), "{told:#?}");
    house.end(bot, "a message that changes").await;
}

#[tokio::test]
async fn that_a_secret_stands_in_a_message_is_told_below_it_and_to_whoever_put_it_on_the_timeline() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let discord = &house.discord;
    let below = |message: Id| {
        let all = discord.messages(thread.id).into_iter();
        all.filter(|one| one.reply_to == Some((thread.id, message))).collect::<Vec<_>>()
    };
    let put_there = async |message: Id| {
        let chosen = discord.message_command(house.ada, message, "Add to timeline").expect("registered");
        let answer = chosen.message().await.expect("an answer").content;
        assert!(answer.contains("(GitHub token)") && !answer.contains(&pasted_key()), "{answer}");
    };
    let bobs = discord.say(house.bob, thread.id, &format!("it runs with {}", pasted_key())).expect("said");
    put_there(bobs.id).await;
    let told = below(bobs.id);
    assert!(told.len() == 1 && told[0].author == discord.bot(), "{told:?}");
    assert!(told[0].content.contains("GitHub token"), "{told:?}");
    assert!(!told[0].content.contains(&pasted_key()), "{told:?}");
    // Put there again with other words and the secret, it stands there still.
    discord.edit(house.bob, bobs.id, &format!("it ran with {}", pasted_key())).expect("it is bob's");
    house.stands("was changed in Discord since").await;
    put_there(bobs.id).await;
    assert_eq!(below(bobs.id).len(), 2);
    // To whoever wrote it and put it there, the answer says it.
    let adas = discord.say(house.ada, thread.id, &format!("mine is {}", pasted_key())).expect("said");
    put_there(adas.id).await;
    assert!(below(adas.id).is_empty(), "{:?}", below(adas.id));
    let told = house.timeline().await;
    assert!(!told.iter().any(|text| text.contains(&pasted_key())), "{told:#?}");
    house.end(bot, "a secret").await;
}

#[tokio::test]
async fn on_which_restricted_timeline_a_message_stands_is_not_told_to_who_may_not_see_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let said = house.discord.say(house.bob, thread.id, "5xx since 03:02").expect("said");
    let choose = async |who| {
        let chosen = house.discord.message_command(who, said.id, "Add to timeline").expect("registered");
        chosen.message().await.expect("an answer").content
    };
    choose(house.ada).await;
    house.ask(house.ada, thread.id, "crew restrict", json!({})).await;
    house.quiet().await;
    let refused = choose(house.bob).await;
    assert!(refused.contains("on a timeline already") && !refused.contains("INC-1"), "{refused}");
    assert!(!refused.contains("entry"), "{refused}");
    let refused = choose(house.ada).await;
    assert!(refused.contains("on the timeline of INC-1 already"), "{refused}");
    house.end(bot, "restricted since").await;
}

#[tokio::test]
async fn an_edit_of_before_is_not_told_as_one_since() {
    use commandpost::{
        desk::clock::{System, World},
        model::discord::{ManualClock, permissions},
    };
    let clock = ManualClock::at(System.now());
    let house = House::with_clock(clock.clock()).await;
    let may_pin = house.discord.role("responders", permissions::PIN_MESSAGES);
    house.discord.give_role(house.ada, may_pin);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let said = house.discord.say(house.bob, thread.id, "5xx since 03:02").expect("said");
    house.discord.edit(house.bob, said.id, "5xx since 02:58").expect("it is bob's");
    let chosen = house.discord.message_command(house.ada, said.id, "Add to timeline").expect("registered");
    chosen.message().await.expect("an answer");
    // A pin changes a message, and not its words.
    house.discord.pin(house.ada, said.id).expect("pinned");
    house.ask(house.ada, thread.id, "note", json!({"text": "it is pinned"})).await;
    house.quiet().await;
    clock.advance(chrono::TimeDelta::seconds(1));
    house.discord.edit(house.bob, said.id, "5xx since 02:57").expect("it is bob's");
    let told = house.stands("was changed in Discord since").await;
    let pinned = told.iter().position(|text| text == "it is pinned").expect("a note");
    let since = told.iter().position(|text| text.contains("was changed")).expect("a note");
    assert!(since > pinned, "{told:#?}");
    house.end(bot, "an edit of before").await;
}

fn alert(fingerprint: &str, status: Status) -> Alert {
    Alert {
        source: "prometheus".into(),
        fingerprint: fingerprint.into(),
        status,
        acknowledged: false,
        severity: AlertSeverity::Critical,
        severity_text: "page".into(),
        title: "Checkout errors @everyone".into(),
        description: "[look](https://evil.example) <@&1> ```".into(),
        starts_at: None,
        ends_at: None,
        labels: [].into(),
        annotations: [].into(),
        links: vec![],
        group_key: "checkout".into(),
        notes: vec![],
    }
}

#[tokio::test]
async fn alerts_have_one_card_in_their_channel_from_which_an_incident_is_declared() {
    let house = House::new().await;
    let bot = house.start().await;
    house.desk.take_alerts(vec![alert("a", Status::Firing)]).await.expect("taken");
    house.desk.follow_once().await.expect("followed");
    let card = house.eventually("the card", || house.cards(house.alerts).pop()).await;
    house.desk.take_alerts(vec![alert("b", Status::Firing)]).await.expect("taken");
    house.desk.follow_once().await.expect("followed");
    house.quiet().await;
    let card = house.discord.message(card.id).expect("the same card");
    assert_eq!(field(&card, "Firing"), "2 of 2");
    assert_eq!(house.cards(house.alerts).len(), 1);
    let link = button(&card, "link");
    let pressed = house.discord.press(house.bob, card.id, &link).expect("a button");
    pressed.modal().await.expect("a form");
    let refused = house.discord.submit_modal(&pressed, json!({"incident": "INC-1 close"})).expect("it fits");
    assert!(refused.message().await.expect("an answer").content.contains("no incident number"));

    let pressed = house.discord.press(house.bob, card.id, &button(&card, "declare")).expect("a button");
    let form = pressed.answer().await.expect("an answer");
    assert_ne!(form.kind, 9, "it has no blanks");
    let told = pressed.message().await.expect("an answer");
    house.quiet().await;
    let card = house.discord.message(card.id).expect("the same card");
    if told.content.contains("INC-1") {
        assert_eq!(field(&card, "Incident"), "INC-1");
        let left: Vec<&Value> =
            card.components.iter().flat_map(|row| row["components"].as_array()).flatten().collect();
        let left: Vec<&str> = left.iter().filter_map(|button| button["label"].as_str()).collect();
        assert_eq!(left, ["It was right", "Noise", "Too late"], "nothing else is left to press");
    } else {
        panic!("{}", told.content);
    }
    house.end(bot, "alerts").await;
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

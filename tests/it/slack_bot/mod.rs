//! The Slack door on a modelled Slack: a whole incident, by the hands of modelled people.

pub mod house;
mod http;
mod pinned;
mod sdk;
mod trouble;

use serde_json::json;

use commandpost::{config::SlackSpace, model::slack::Message};

use self::house::House;
use crate::support::house::pasted_key;

/// The name of the card's button.
fn button(card: &Message, name: &str) -> String {
    let buttons = card.buttons();
    let found = buttons.iter().find(|one| one.ends_with(&format!("|{name}")));
    found.unwrap_or_else(|| panic!("no {name} among {buttons:?}")).clone()
}

fn shown(card: &Message) -> String {
    serde_json::to_string(&card.blocks).expect("JSON")
}

#[tokio::test]
async fn an_incident_gets_a_channel_with_a_card_that_follows_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails <!here> & more").await;
    house.quiet().await;
    assert!(channel.name.starts_with("inc-1-checkout-fails"), "{}", channel.name);
    assert!(
        shown(&card).contains("INC-1 Checkout fails") && shown(&card).contains("Ada Lovelace"),
        "{card:?}"
    );
    let announced = house.slack.messages(&house.post);
    assert_eq!(announced.len(), 1);
    assert!(announced[0].text.contains("*INC-1* Checkout fails &lt;!here&gt; &amp; more"), "{announced:?}");
    assert!(announced[0].text.contains(&format!("<#{}>", channel.id)));
    house
        .eventually("topic, bookmarks, the invitation and the pin", || {
            let now = house.slack.channel_named("inc-1")?;
            let is_whole = now.topic.contains("command: Ada Lovelace")
                && now.bookmarks.len() == 2
                && now.members.contains(&house.ada)
                && now.pins == [card.ts.clone()];
            is_whole.then_some(())
        })
        .await;

    let told = house.ask(&house.bob, &channel.id, "severity sev1 payments too").await;
    assert!(!told.is_empty());
    house.ask(&house.bob, &channel.id, "note the database failed over <!channel> *now*").await;
    house.quiet().await;
    assert_eq!(house.cards(&channel.id).len(), 1, "edited in place");
    let now = &house.cards(&channel.id)[0];
    assert!(now.is_edited && now.ts == card.ts && shown(now).contains("SEV1"), "{now:?}");
    let lines = house.lines(&channel.id);
    let note = lines.last().expect("a line");
    assert!(
        note.starts_with("<!date^") && note.contains("*Bob* the database failed over &lt;!channel&gt;"),
        "{note}"
    );
    // Said somewhere else, of an incident that is named; and what cannot be done, the asker alone is told.
    house.ask(&house.ada, &house.post, "INC-1 note from afar").await;
    house.quiet().await;
    assert!(house.lines(&channel.id).last().expect("a line").contains("from afar"));
    let lost = house.ask(&house.ada, &house.post, "INC-9 note x").await;
    assert!(lost.contains("There is no INC-9"), "{lost}");
    // A page that is linked, such as the bridge, stands above the channel.
    house.ask(&house.ada, &channel.id, "link Bridge https://meet.example.com/inc-1").await;
    house.quiet().await;
    let bookmarks = house.slack.channel_named("inc-1").expect("there").bookmarks;
    assert!(bookmarks.contains(&("Bridge".into(), "https://meet.example.com/inc-1".into())), "{bookmarks:?}");
    // Whoever is offered something is invited.
    house.ask(&house.ada, &channel.id, "command offer @bob").await;
    house.quiet().await;
    assert!(house.slack.channel_named("inc-1").expect("there").members.contains(&house.bob));
    let taken = house.ask(&house.bob, &channel.id, "command accept").await;
    assert!(!taken.contains("cannot"), "{taken}");
    house.quiet().await;
    assert!(house.slack.channel_named("inc-1").expect("there").topic.contains("command: Bob"));
    house.end(bot, "the card follows").await;
}

#[tokio::test]
async fn everybody_who_takes_part_is_invited_however_many_they_are() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let people: Vec<String> = (1..=11).map(|n| house.slack.person(&format!("helper{n}"))).collect();
    for person in &people {
        house.ask(person, &house.post, "INC-1 note I look as well").await;
    }
    house.quiet().await;
    // Whoever was too many for one change comes with the next.
    house.ask(&house.ada, &channel.id, "note thanks").await;
    let members = || house.slack.channel_named("inc-1").map(|now| now.members).unwrap_or_default();
    house.eventually("all", || people.iter().all(|one| members().contains(one)).then_some(())).await;
    house.end(bot, "invitations").await;
}

#[tokio::test]
async fn a_verb_without_its_words_opens_a_form_and_what_is_refused_stands_in_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let asked = house.slack.slash(&house.ada, &house.post, "declare").expect("said");
    let form = asked.form().await.expect("a form");
    assert_eq!(form.view["callback_id"], "cp1|verb|declare");
    let sent = house.slack.submit(&house.ada, json!({"title": "Search is down", "severity": "sev3"})).await;
    let told = sent.expect("it fits").answer().await.expect("an answer");
    assert!(told.text.contains("INC-1"), "{told:?}");
    house.quiet().await;
    let channel = house.slack.channel_named("inc-1-search-is-down").expect("a channel");

    // Command goes over by a form as well: to a person chosen from a list.
    house.slack.slash(&house.ada, &channel.id, "command offer").expect("said").form().await.expect("a form");
    let sent = house.slack.submit(&house.ada, json!({"to": house.bob})).await.expect("it fits");
    let told = sent.answer().await.expect("an answer");
    assert!(told.text.contains("Bob"), "{told:?}");
    assert_eq!(told.channel.as_deref(), Some(channel.id.as_str()), "where it was asked");
    // A CAN report.
    house.slack.slash(&house.bob, &channel.id, "can").expect("said").form().await.expect("a form");
    let can = json!({"service": "search", "conditions": "no results", "actions": "restarting", "needs": "an index"});
    house.slack.submit(&house.bob, can).await.expect("it fits").answer().await.expect("an answer");
    house.quiet().await;
    assert!(
        house.timeline().await.iter().any(|text| text.contains("no results")),
        "{:?}",
        house.timeline().await
    );
    // What is refused stands in the form, and nothing typed is lost.
    house.slack.slash(&house.bob, &channel.id, "command offer").expect("said").form().await.expect("a form");
    let refused =
        house.slack.submit(&house.bob, json!({"to": house.ada})).await.err().expect("not Bob's to give");
    assert!(refused.0.starts_with("{\"to\":"), "{refused}");
    house.end(bot, "forms").await;
}

#[tokio::test]
async fn a_button_asks_for_its_blanks_and_takes_them_word_for_word() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    let pressed =
        house.slack.press(&house.bob, &channel.id, &card.ts, &button(&card, "note")).expect("a button");
    let form = pressed.form().await.expect("a form");
    assert_eq!(form.view["blocks"][0]["label"]["text"], "What happened?");
    let typed = "{text} \"quoted\" --at 09:12 INC-2 close; `x` <!here> &amp;";
    let sent = house.slack.submit(&house.bob, json!({"text": typed})).await.expect("it fits");
    sent.answer().await.expect("an answer");
    house.quiet().await;
    assert_eq!(house.timeline().await.last().map(|text| text.trim_end_matches('.')), Some(typed));
    // One without blanks is done at once.
    let next =
        house.slack.press(&house.bob, &channel.id, &card.ts, &button(&card, "next")).expect("a button");
    assert!(!next.answer().await.expect("an answer").text.is_empty());
    // Of a menu, what was chosen is said.
    let menu = button(&card, "severity");
    let chosen = house.slack.choose(&house.bob, &channel.id, &card.ts, &menu, "sev1").expect("it is offered");
    chosen.answer().await.expect("an answer");
    house.quiet().await;
    let now = house.cards(&channel.id).pop().expect("a card");
    let shown = now.blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
    let shown = shown.filter(|one| one["action_id"] == menu).map(|one| &one["initial_option"]["value"]);
    assert_eq!(shown.collect::<Vec<_>>(), ["sev1"]);
    // A card that has moved on: the button is no longer there, and says so.
    let old = button(&card, "resolve");
    house.ask(&house.ada, &channel.id, "resolve rolled back").await;
    house.ask(&house.ada, &channel.id, "close").await;
    house.quiet().await;
    let now = house.cards(&channel.id).pop().expect("a card");
    assert!(!now.buttons().contains(&old), "{:?}", now.buttons());
    let late = house.slack.press_seen(&house.bob, &channel.id, &card, &old).expect("he saw it");
    let told = late.answer().await.expect("an answer").text;
    assert!(told.contains("not on the card any more"), "{told}");
    house.end(bot, "buttons").await;
}

#[tokio::test]
async fn a_pin_and_the_shortcuts_take_up_what_people_say() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let said = format!("<@{}> sees 5xx &lt;b&gt; on <https://a.example|a.example>", house.ada);
    let (message, _) = house.slack.say(&house.bob, &channel.id, None, &said).expect("said");
    for _ in 0..2 {
        let pinned = house.slack.react(&house.ada, &channel.id, &message, "pushpin").expect("put there");
        pinned.acknowledged().await.expect("in time");
        house.slack.say_again(&pinned);
    }
    house
        .slack
        .react(&house.ada, &channel.id, &message, "eyes")
        .expect("put there")
        .acknowledged()
        .await
        .expect("well");
    house.quiet().await;
    let notes: Vec<String> =
        house.timeline().await.into_iter().filter(|text| text.contains("sees 5xx")).collect();
    assert_eq!(notes.len(), 1, "once: {notes:?}");
    assert!(notes[0].starts_with("Bob wrote: “@Ada Lovelace sees 5xx <b> on a.example” (http"), "{notes:?}");
    assert!(
        notes[0].contains(&format!("/archives/{}/p{}", channel.id, message.replace('.', ""))),
        "{notes:?}"
    );
    // A message in a thread of the channel.
    let (reply, _) = house.slack.say(&house.bob, &channel.id, Some(&message), "and 4xx").expect("said");
    house
        .slack
        .react(&house.ada, &channel.id, &reply, "pushpin")
        .expect("put there")
        .acknowledged()
        .await
        .expect("well");
    house.quiet().await;
    assert!(
        house.timeline().await.iter().any(|text| text.starts_with("Bob wrote: “and 4xx")),
        "{:?}",
        house.timeline().await
    );
    // By the message's menu.
    let (third, _) = house.slack.say(&house.bob, &channel.id, None, "db1 swaps").expect("said");
    let noted = house.slack.message_action(&house.ada, &channel.id, &third, "add_to_timeline").expect("done");
    noted.answer().await.expect("an answer");
    house.quiet().await;
    assert!(house.timeline().await.iter().any(|text| text.starts_with("Bob wrote: “db1 swaps")));
    // A message becomes an incident.
    let (other, _) =
        house.slack.say(&house.bob, &house.post, None, "mail is late\nby an hour").expect("said");
    let asked =
        house.slack.message_action(&house.ada, &house.post, &other, "declare_from_message").expect("done");
    let form = asked.form().await.expect("a form");
    assert_eq!(form.view["blocks"][0]["element"]["initial_value"], "mail is late");
    let sent = house.slack.submit(&house.ada, json!({"title": "mail is late"})).await.expect("it fits");
    assert!(sent.answer().await.expect("an answer").text.contains("INC-2"));
    // The global shortcut has no channel: the answer comes as a message to the person.
    house.slack.shortcut(&house.bob, "declare_incident").form().await.expect("a form");
    let sent = house.slack.submit(&house.bob, json!({"title": "from anywhere"})).await.expect("it fits");
    let told = sent.answer().await.expect("an answer");
    assert!(told.channel.is_none() && told.text.contains("INC-3"), "{told:?}");
    house.end(bot, "shortcuts").await;
}

#[tokio::test]
async fn an_entry_follows_its_message_and_its_files_are_named_with_their_hashes() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let (slack, ada, bob) = (&house.slack, &house.ada, &house.bob);
    let graph = slack.share(bob, &channel.id, "5xx since 03:02", ("graph.png", b"abc")).expect("said");
    slack.react(ada, &channel.id, &graph, "pushpin").expect("put there");
    // The example of FIPS 180-4.
    let sum = "3 bytes, SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let told = house.stands(sum).await;
    assert!(told.iter().any(|text| text.starts_with("Bob wrote: “5xx since 03:02 [graph.png]")), "{told:#?}");
    let is_file = |text: &&String| text.starts_with("File graph.png (") && text.contains("/files/");
    assert_eq!(told.iter().filter(is_file).count(), 1, "{told:#?}");
    slack.edit(bob, &channel.id, &graph, "5xx since 02:58").expect("it is there");
    house.stands("corrected to «Bob wrote: “5xx since 02:58").await;
    // Slack's preview changes a message as well, but no words of it.
    let preview = slack.preview(&channel.id, &graph).expect("it is there");
    preview.acknowledged().await.expect("in time");
    // Of a file that it may not read, the app says where it is.
    slack.take_scope("files:read");
    let log = slack.share(bob, &channel.id, "the log", ("err.log", b"x")).expect("said");
    for _ in 0..2 {
        let noted = slack.message_action(ada, &channel.id, &log, "add_to_timeline").expect("done");
        noted.answer().await.expect("an answer");
    }
    let told = house.stands("Linked err.log: https://").await;
    for once in ["Bob wrote: “the log [err.log]” (", "Linked err.log"] {
        assert_eq!(told.iter().filter(|text| text.starts_with(once)).count(), 1, "{once}: {told:#?}");
    }
    // What could not be read is tried again, what was read is not.
    slack.give_scope("files:read");
    for message in [&log, &graph] {
        let again = slack.message_action(ada, &channel.id, message, "add_to_timeline").expect("done");
        again.answer().await.expect("an answer");
    }
    let told = house.stands("File err.log (1 byte").await;
    assert_eq!(told.iter().filter(|text| text.starts_with("File err.log")).count(), 1, "{told:#?}");
    // Said where no incident is, but with one open: it is meant, and its entry follows as well.
    let (late, _) = slack.say(bob, &house.post, None, "mail is late").expect("said");
    let noted = slack.message_action(ada, &house.post, &late, "add_to_timeline").expect("done");
    noted.answer().await.expect("an answer");
    slack.edit(bob, &house.post, &late, "mail is an hour late").expect("it is there");
    house.stands("corrected to «Bob wrote: “mail is an hour late").await;
    slack.delete(&channel.id, &graph);
    // Bob may correct what he said, not redact it; so it is with his file.
    let is_gone = |text: &&String| text.contains("corrected to «(deleted)»");
    let told = house.until("the deletion", |told| told.iter().filter(is_gone).count() == 2).await;
    assert!(!told.iter().any(|text| text.starts_with("Bob wrote: “5xx since")), "{told:#?}");
    assert_eq!(told.iter().filter(|text| text.contains("was corrected")).count(), 4, "{told:#?}");
    // So is one that has replies, though something else stands in its place.
    let (root, _) = slack.say(bob, &channel.id, None, "the index is gone").expect("said");
    slack.react(ada, &channel.id, &root, "pushpin").expect("put there");
    house.stands("Bob wrote: “the index is gone").await;
    slack.say(ada, &channel.id, Some(&root), "which?").expect("said");
    slack.delete(&channel.id, &root);
    let stands = |told: &[String]| told.iter().any(|text| text.starts_with("Bob wrote: “the index is gone"));
    let told = house.until("the deletion", |told| !stands(told)).await;
    let read = slack.requests().into_iter().filter(|request| request.path.ends_with("/graph.png")).count();
    assert_eq!(
        (read, told.iter().filter(|text| text.starts_with("File graph.png")).count()),
        (1, 0),
        "{told:#?}"
    );
    house.end(bot, "follows").await;
}

#[tokio::test]
async fn an_entry_follows_its_message_though_the_bot_was_killed_as_soon_as_it_stood_there() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let (slack, ada, bob) = (&house.slack, &house.ada, &house.bob);
    let (message, _) = slack.say(bob, &channel.id, None, "the index is gone").expect("said");
    slack.react(ada, &channel.id, &message, "pushpin").expect("put there");
    house.stands("Bob wrote: “the index is gone").await;
    house.quiet().await;
    house.end(bot, "the first run").await;
    // What comes after the entry never came.
    let subject = format!("{}:{message}", channel.id);
    house.desk.journal.bind("slack", &subject, "entry", "").await.expect("bound");
    let bot = house.start().await;
    slack.edit(bob, &channel.id, &message, "the index was never there").expect("it is there");
    let told = house.stands("corrected to «Bob wrote: “the index was never there").await;
    assert_eq!(told.iter().filter(|text| text.starts_with("Bob wrote: “the index")).count(), 1, "{told:#?}");
    house.quiet().await;
    house.end(bot, "a killed run").await;
}

#[tokio::test]
async fn whoever_wrote_a_secret_into_a_message_is_told_that_it_stands_there_though_the_timeline_masks_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let (slack, ada, bob) = (&house.slack, &house.ada, &house.bob);
    let warned = |who: &str| {
        let all = slack.whispers(who).into_iter();
        all.filter(|one| one.text.contains("a secret in this message")).collect::<Vec<_>>()
    };
    let said = format!("it runs with {}", pasted_key());
    let (message, _) = slack.say(bob, &channel.id, None, &said).expect("said");
    slack.react(ada, &channel.id, &message, "pushpin").expect("put there");
    let told = house.eventually("a word to Bob", || warned(bob).pop()).await;
    assert_eq!(told.channel.as_deref(), Some(channel.id.as_str()));
    assert!(told.text.contains("(GitHub token)") && told.text.contains("/archives/"), "{told:?}");
    // Written anew with the secret in it, it stands there still.
    let said = format!("it ran with {}", pasted_key());
    slack.edit(bob, &channel.id, &message, &said).expect("it is there");
    house.eventually("another word", || (warned(bob).len() == 2).then_some(())).await;
    // By the message's menu: whoever chose it reads it in the answer, who wrote it is told as well.
    let (menu, _) = slack.say(bob, &channel.id, None, &said).expect("said");
    let noted = slack.message_action(ada, &channel.id, &menu, "add_to_timeline").expect("done");
    let answer = noted.answer().await.expect("an answer").text;
    assert!(answer.contains("(GitHub token)"), "{answer}");
    house.eventually("a third word", || (warned(bob).len() == 3).then_some(())).await;
    assert!(warned(ada).is_empty(), "{:?}", warned(ada));
    house.quiet().await;
    let ours = slack.messages(&channel.id).into_iter().filter(|message| message.is_bots);
    let ours = ours.map(|message| message.text).chain(warned(bob).into_iter().map(|one| one.text));
    assert!(!ours.chain(house.timeline().await).any(|text| text.contains(&pasted_key())));
    house.end(bot, "a secret").await;
}

#[tokio::test]
async fn what_people_say_to_each_other_and_what_the_bot_says_is_heard_and_forgotten() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    house.quiet().await;
    let before = (house.timeline().await, house.slack.messages(&channel.id).len());
    let (heard, _) = house.slack.acknowledged();
    for text in ["note the database failed over", "!note x", "/incident close", "commandpost, close", "INC-1"]
    {
        house.slack.say(&house.bob, &channel.id, None, text).expect("said");
    }
    house.slack.say(&house.bob, &channel.id, Some(&card.ts), "note within a thread").expect("said");
    house.slack.share(&house.bob, &channel.id, "note", ("a.png", b"abc")).expect("said");
    let all =
        || (house.slack.acknowledged().0 >= heard + 7 && house.slack.acknowledged().1 == 0).then_some(());
    house.eventually("all to be heard", all).await;
    assert_eq!(house.timeline().await, before.0);
    assert_eq!(house.slack.messages(&channel.id).len(), before.1 + 7, "nothing is answered");
    assert!(house.slack.whispers(&house.bob).is_empty());
    house.end(bot, "small talk").await;
}

#[tokio::test]
async fn in_a_thread_the_bot_is_spoken_to_by_name() {
    let mut house = House::new().await;
    house.space = SlackSpace::Thread;
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "declare Checkout fails").await;
    let card = house.eventually("the card", || house.cards(&house.post).pop()).await;
    house.quiet().await;
    assert_eq!(house.slack.channels().len(), 2, "no channel is made");
    let line = format!("<@{}> note the database failed over", house.slack.bot());
    let (_, asked) = house.slack.say(&house.bob, &house.post, Some(&card.ts), &line).expect("said");
    let told = asked.answer().await.expect("an answer");
    assert_eq!(told.thread.as_deref(), Some(card.ts.as_str()));
    house.quiet().await;
    let messages = house.slack.messages(&house.post);
    let note =
        messages.iter().find(|m| m.is_bots && m.text.contains("database failed over")).expect("a line");
    assert_eq!(note.thread.as_deref(), Some(card.ts.as_str()));
    assert_eq!(house.cards(&house.post).len(), 1, "one card, above its thread");
    let (said, _) = house.slack.say(&house.bob, &house.post, Some(&card.ts), "it swaps").expect("said");
    let pinned = house.slack.react(&house.ada, &house.post, &said, "pushpin").expect("put there");
    pinned.acknowledged().await.expect("in time");
    house.quiet().await;
    assert!(house.timeline().await.iter().any(|text| text.starts_with("Bob wrote: “it swaps")));
    house.end(bot, "threads").await;
}

#[tokio::test]
async fn a_restart_that_remembers_nothing_finds_the_card_and_the_lines_again() {
    for metadata in [true, false] {
        let mut house = House::new().await;
        house.space = SlackSpace::Thread;
        let bot = house.start().await;
        house.ask(&house.ada, &house.post, "declare Checkout fails").await;
        house.quiet().await;
        house.stop(bot).await;
        let card = house.cards(&house.post).pop().expect("a card");
        house.desk.journal.bind("slack", "INC-1", "card", "").await.expect("bound");
        if !metadata {
            house.slack.hide_metadata();
        }
        let bot = house.start().await;
        house.ask(&house.ada, &house.post, "INC-1 note back again").await;
        house.quiet().await;
        assert_eq!(house.cards(&house.post).len(), 1);
        assert_eq!(house.cards(&house.post)[0].ts, card.ts);
        house.end(bot, "a restart").await;
    }
}

#[tokio::test]
async fn the_organization_chart_is_shown_as_a_picture() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let pictures = || {
        let named = |file: &serde_json::Value| file["name"] == "INC-1-organization.png";
        let all = house.slack.messages(&channel.id);
        let size = |file: &serde_json::Value| file["size"].as_u64();
        all.iter()
            .flat_map(|message| &message.files)
            .filter(|file| named(file))
            .filter_map(size)
            .collect::<Vec<_>>()
    };
    let told = house.ask(&house.ada, &channel.id, "role chart").await;
    assert!(told.contains("Incident Commander: Ada"), "{told}");
    let shown = house.eventually("a picture", || pictures().pop()).await;
    assert!(shown > 1_000, "{shown}");
    // Without the scope the words are there all the same.
    house.slack.take_scope("files:write");
    let asked = || house.slack.requests().iter().filter(|one| one.path.contains("getUploadURL")).count();
    let before = asked();
    let told = house.ask(&house.bob, &channel.id, "role chart").await;
    assert!(told.contains("Incident Commander: Ada"), "{told}");
    house.eventually("the refusal", || (asked() > before).then_some(())).await;
    // Where anybody reads along, a restricted incident's is not shown.
    house.slack.give_scope("files:write");
    house.ask(&house.ada, &channel.id, "restrict personal data").await;
    house.quiet().await;
    let told = house.ask(&house.ada, &channel.id, "INC-1 role chart").await;
    assert!(told.contains("Incident Commander: Ada"), "{told}");
    house.ask(&house.ada, &channel.id, "INC-1 note it went on").await;
    house.quiet().await;
    assert_eq!(pictures().len(), 1);
    house.end(bot, "chart").await;
}

#[tokio::test]
async fn what_is_to_be_typed_stands_as_slack_has_it_typed_and_what_people_wrote_as_they_wrote_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let task = "run `find /var -name core`";
    house.ask(&house.ada, &channel.id, &format!("task add {task}")).await;
    // Asked in another place too, where no incident is known by it.
    for place in [&channel.id, &house.post] {
        let next = house.ask(&house.ada, place, "INC-1 next").await;
        let is_told =
            ["done 1 RESULT", "ack 1"].iter().any(|words| next.contains(&format!("`/incident {words}`")));
        assert!(next.contains(task) && is_told, "{next}");
    }
    // As it is told, it is understood.
    house.ask(&house.ada, &channel.id, "done 1 RESULT").await;
    house.quiet().await;
    assert!(house.timeline().await.iter().any(|text| text.contains("RESULT")));
    let again = "`close the valve` first";
    house.ask(&house.ada, &channel.id, &format!("stop {again}")).await;
    house.quiet().await;
    let card = shown(&house.cards(&channel.id)[0]);
    assert!(card.contains(again) && card.contains("`/incident resume`"), "{card}");
    house.end(bot, "what to type").await;
}

#[tokio::test]
async fn a_redacted_title_is_neither_in_the_announcement_nor_in_the_channels_name_any_more() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Password Hunter9y leaked").await;
    house.quiet().await;
    assert_eq!(channel.name, "inc-1-password-hunter9y-leaked");
    let announced = || house.slack.messages(&house.post).remove(0);
    let sent = |method: &str| {
        house.slack.requests().into_iter().filter(|request| request.path.ends_with(method)).count()
    };
    house.ask(&house.ada, &channel.id, "note it is in the log").await;
    house.stands("it is in the log").await;
    assert!(!announced().is_edited, "what is the same is said once");
    assert_eq!(sent("conversations.rename"), 0);

    house.ask(&house.ada, &channel.id, "severity sev1 everybody reads it").await;
    house.eventually("the severity", || announced().text.contains("SEV1").then_some(())).await;
    house.ask(&house.ada, &channel.id, "redact 1 it was pasted").await;
    let is_out_of_sight =
        || (!format!("{:?}", house.slack.channels()).to_lowercase().contains("hunter9y")).then_some(());
    house.eventually("nothing of the word", is_out_of_sight).await;
    house.quiet().await;
    let now = house.slack.channel_named("inc-1").expect("it is there");
    assert_eq!((now.name.as_str(), now.id.as_str()), ("inc-1-redacted", channel.id.as_str()));
    assert!(announced().text.contains("redacted"), "{:?}", announced());
    // From now on people may link it by that name.
    house.ask(&house.ada, &channel.id, "set title The log was public").await;
    house.eventually("the new title", || announced().text.contains("The log was public").then_some(())).await;
    house.quiet().await;
    assert_eq!(sent("conversations.rename"), 1);
    house.end(bot, "slack_redacted_title").await;
}

#[tokio::test]
async fn a_channel_keeps_the_name_that_people_link_where_a_title_is_redacted_that_it_never_had() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    house.ask(&house.ada, &channel.id, "set title Password Hunter9y leaked").await;
    house.stands("Hunter9y").await;
    let timeline = house.desk.timeline("INC-1".parse().unwrap(), 1).await.unwrap();
    let retitled = timeline.iter().find(|line| line.text.contains("Hunter9y")).expect("it stands there").seq;
    house.ask(&house.ada, &channel.id, &format!("redact {retitled} it was pasted")).await;
    let announced = || house.slack.messages(&house.post).remove(0);
    house.eventually("nothing of the word", || (!announced().text.contains("Hunter9y")).then_some(())).await;
    house.quiet().await;
    let renames = || {
        let all = house.slack.requests();
        all.iter().filter(|request| request.path.ends_with("conversations.rename")).count()
    };
    let name = || house.slack.channel_named("inc-1").expect("it is there").name;
    assert_eq!((name().as_str(), renames()), ("inc-1-checkout-fails", 0));
    // The one that it was made of is another matter.
    house.ask(&house.ada, &channel.id, "redact 1 it was pasted as well").await;
    house.eventually("another name", || (name() != "inc-1-checkout-fails").then_some(())).await;
    house.quiet().await;
    assert_eq!(renames(), 1);
    house.end(bot, "slack_redacted_retitle").await;
}

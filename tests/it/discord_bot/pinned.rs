//! Messages that people put on the timeline, and what becomes of the entry when their author changes them.

use std::sync::Arc;

use chrono::TimeDelta;
use commandpost::{
    desk::clock::{System, World},
    incident::event::TimeSource,
    model::discord::{Id, ManualClock, Message, permissions},
};
use serde_json::json;

use super::{house::House, limits::house_by};
use crate::support::{clock::Ahead, house::pasted_key};

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
    assert!(note.starts_with("bob wrote: “db1 is out of disk"), "{note}");
    assert!(note.contains(&format!("/{}/{}", thread.id, said.id)), "{note}");
    house.end(bot, "context menu").await;
}

#[tokio::test]
async fn what_another_bot_lays_out_in_an_embed_goes_on_the_timeline_as_words() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let uptime = house.discord.other_bot("uptime");
    let alert = json!({"embeds": [{
        "title": "db1 is down", "description": "@everyone no answer for 5 min",
        "fields": [{"name": "Region", "value": "eu-1"}],
    }]});
    let posted = house.discord.post_as(uptime, thread.id, &alert).expect("it may");
    let taken = house.discord.message_command(house.ada, posted.id, "Add to timeline").expect("registered");
    taken.message().await.expect("an answer");
    let told = house.timeline().await;
    let note = told.iter().find(|text| text.starts_with("uptime wrote: “db1 is down")).expect("a note");
    for part in ["@everyone no answer for 5 min", "Region: eu-1", &format!("/{}/{}", thread.id, posted.id)] {
        assert!(note.contains(part), "{note}");
    }
    house.end(bot, "an embed").await;
}

#[tokio::test]
async fn of_a_message_whose_words_do_not_reach_the_bot_it_is_said_why_and_what_to_do() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let uptime = house.discord.other_bot("uptime");
    let text = json!({"type": 10, "content": "db1 is down"});
    let alert = json!({"flags": Message::COMPONENTS_V2, "components": [{"type": 17, "components": [text]}]});
    let posted = house.discord.post_as(uptime, thread.id, &alert).expect("it may");
    let before = house.timeline().await;
    let taken = house.discord.message_command(house.ada, posted.id, "Add to timeline").expect("registered");
    let told = taken.message().await.expect("an answer");
    assert!(told.is_ephemeral(), "{told:?}");
    for part in ["cannot read that message", "laid out in components", "`/incident note`"] {
        assert!(told.content.contains(part), "{part}: {}", told.content);
    }
    assert_eq!(house.timeline().await, before);
    house.end(bot, "components").await;
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
    assert!(told.iter().any(|text| text.starts_with("bob wrote: “5xx since 03:02 [graph.png]")), "{told:#?}");
    assert!(told.iter().any(|text| text.starts_with("File graph.png (")), "{told:#?}");
    // What it says now the gateway keeps from a bot without the intent for it: that it was changed is told.
    discord.edit(house.bob, graph.id, "5xx since 02:58").expect("it is bob's");
    let told = house.stands("was changed in Discord since").await;
    assert!(!told.iter().any(|text| text.contains("02:58")), "{told:#?}");
    let again = discord.message_command(house.ada, graph.id, "Add to timeline").expect("registered");
    again.message().await.expect("an answer");
    house.stands("corrected to «bob wrote: “5xx since 02:58").await;
    discord.delete(graph.id);
    let told = house.stands("corrected to «(deleted)»").await;
    assert!(!told.iter().any(|text| text.starts_with("bob wrote: “5xx since")), "{told:#?}");
    house.end(bot, "a message that changes").await;
}

#[tokio::test]
async fn a_file_leaves_the_timeline_with_its_message_and_when_that_is_put_there_again_without_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let (discord, ada) = (&house.discord, house.ada);
    let log = discord.share(ada, thread.id, "the log", ("one.txt", b"abc")).expect("said");
    let put_there = async || {
        let chosen = discord.message_command(ada, log.id, "Add to timeline").expect("registered");
        chosen.message().await.expect("an answer");
    };
    put_there().await;
    house.stands("File one.txt (3 bytes, SHA-256").await;
    discord.edit_file(ada, log.id, "the log", ("two.txt", b"abcd")).expect("it is ada's");
    house.stands("was changed in Discord since").await;
    put_there().await;
    let told = house.stands("File two.txt (4 bytes, SHA-256").await;
    assert!(!told.iter().any(|text| text.contains("one.txt")), "{told:#?}");
    let lines = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    let file = lines.iter().find(|line| line.text.starts_with("File two.txt")).expect("the file").seq;
    discord.delete(log.id);
    let told = house.stands(&format!("Entry {file} was redacted")).await;
    assert!(!told.iter().any(|text| text.contains("two.txt")), "{told:#?}");
    house.end(bot, "files that go").await;
}

#[tokio::test]
async fn an_entry_that_was_corrected_by_hand_keeps_those_words_whoever_puts_its_message_there_again() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let discord = &house.discord;
    let said = discord.say(house.bob, thread.id, "5xx since 03:02").expect("said");
    let put_there = async || {
        let chosen = discord.message_command(house.ada, said.id, "Add to timeline").expect("registered");
        chosen.message().await.expect("an answer").content
    };
    put_there().await;
    let entry = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    let entry = entry.iter().find(|line| line.text.contains("5xx since 03:02")).expect("a note").seq;
    let correction = json!({"n": entry, "text": "5xx since 02:58", "reason": "by the graph"});
    house.ask(house.ada, thread.id, "entry correct", correction).await;
    house.stands("corrected to «5xx since 02:58").await;
    let before = house.timeline().await;
    let told = put_there().await;
    assert!(told.contains(&format!("Entry {entry} was corrected by hand")), "{told}");
    discord.edit(house.bob, said.id, "5xx since lunch").expect("it is bob's");
    house.stands("was changed in Discord since").await;
    assert!(put_there().await.contains("was corrected by hand"));
    let told = house.timeline().await;
    assert_eq!(told.len(), before.len() + 1, "{told:#?}");
    assert!(told.contains(&"5xx since 02:58".to_owned()), "{told:#?}");
    house.end(bot, "a correction by hand").await;
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
        house.quiet().await;
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
    // Whoever did not get the answer asks again, and is told again.
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
    clock.advance(TimeDelta::seconds(1));
    house.discord.edit(house.bob, said.id, "5xx since 02:57").expect("it is bob's");
    let told = house.stands("was changed in Discord since").await;
    let pinned = told.iter().position(|text| text == "it is pinned").expect("a note");
    let since = told.iter().position(|text| text.contains("was changed")).expect("a note");
    assert!(since > pinned, "{told:#?}");
    house.end(bot, "an edit of before").await;
}

#[tokio::test]
async fn a_message_stands_at_the_time_at_which_it_was_written() {
    let world = Arc::new(Ahead::default());
    let house = house_by(&world).await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    for (words, minutes) in [("db1 swaps", 10), ("db2 swaps", 0)] {
        let said = house.discord.say(house.bob, thread.id, words).expect("bob may talk");
        let written_at = world.now();
        world.later(TimeDelta::minutes(minutes));
        let chosen =
            house.discord.message_command(house.ada, said.id, "Add to timeline").expect("registered");
        let told = chosen.message().await.expect("an answer").content;
        let is_late = minutes > 0;
        assert_eq!(told.contains("It is a late entry for"), is_late, "{told}");
        let timeline = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
        let note = timeline.iter().find(|line| line.text.contains(words)).expect("a note");
        assert_eq!(note.time_source, if is_late { TimeSource::Chat } else { TimeSource::House });
        let off = (note.occurred_at - written_at).num_seconds().abs();
        assert!(off < 60, "{off} seconds: {note:?}");
    }
    house.end(bot, "an older message").await;
}

#[tokio::test]
async fn whoever_puts_a_message_of_no_incident_on_the_timeline_is_told_alone_what_to_do() {
    let house = House::new().await;
    let bot = house.start().await;
    let said = house.discord.say(house.bob, house.post, "lunch?").expect("bob may talk");
    for _ in 0..2 {
        let chosen =
            house.discord.message_command(house.ada, said.id, "Add to timeline").expect("registered");
        let told = chosen.message().await.expect("an answer");
        assert!(told.is_ephemeral() && told.content.contains("`/incident declare"), "{told:?}");
    }
    assert_eq!(house.discord.messages(house.post).len(), 1, "nobody else reads of it");
    house.end(bot, "no incident").await;
}

#[tokio::test]
async fn whoever_is_picked_in_free_text_or_in_a_message_stands_on_the_timeline_by_name() {
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    let (ada, bob) = (house.ada, house.bob);
    let text = format!("called <@{ada}>, then <@!{bob}>");
    house.ask(bob, thread.id, "note", json!({"text": text})).await;
    house.stands("called @Ada Lovelace, then @bob").await;
    let said =
        house.discord.say(bob, thread.id, &format!("ask <@{ada}> for the dump")).expect("bob may talk");
    let taken = house.discord.message_command(ada, said.id, "Add to timeline").expect("registered");
    taken.message().await.expect("an answer");
    let told = house.stands("bob wrote: “ask @Ada Lovelace for the dump”").await;
    assert!(!told.iter().any(|text| text.contains("<@")), "{told:#?}");
    house.quiet().await;
    house.end(bot, "people in free text").await;
}

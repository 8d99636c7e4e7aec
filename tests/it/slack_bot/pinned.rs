//! Messages that people put on the timeline: when they were written, and where there is no incident.

use std::sync::Arc;

use chrono::TimeDelta;
use commandpost::{
    chat::slack::NAME,
    desk::{Along, Caller, Desk, Settings},
    incident::event::TimeSource,
    journal::{rows::Quoted, sqlite::SqliteJournal},
};

use super::house::House;
use crate::support::{
    clock::Ahead,
    house::{note, pasted_key, person},
};

#[tokio::test]
async fn a_message_stands_at_the_time_at_which_it_was_written() {
    let (world, dir) = (Arc::new(Ahead::default()), Arc::new(tempfile::tempdir().expect("a folder")));
    let journal = SqliteJournal::open(dir.path()).await.expect("a journal");
    let settings = Settings { chats: vec![NAME.into()], ..Settings::default() };
    let house = House::at(Desk::new(Arc::new(journal), world.clone(), settings), dir).await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let say = |words: &str| house.slack.say(&house.bob, &channel.id, None, words).expect("said").0;
    let (fresh, older, oldest) = (say("db1 swaps"), say("db2 swaps"), say("db3 swaps"));
    house.slack.react(&house.ada, &channel.id, &fresh, "pushpin").expect("put there");
    house.stands("Bob wrote: “db1 swaps").await;
    world.later(TimeDelta::minutes(10));
    house.slack.react(&house.ada, &channel.id, &older, "pushpin").expect("put there");
    house.stands("Bob wrote: “db2 swaps").await;
    let chosen = house.slack.message_action(&house.ada, &channel.id, &oldest, "add_to_timeline");
    let told = chosen.expect("done").answer().await.expect("an answer").text;
    assert!(told.contains("It is a late entry for"), "{told}");
    let timeline = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    for (ts, words, source) in [
        (&fresh, "db1", TimeSource::House),
        (&older, "db2", TimeSource::Chat),
        (&oldest, "db3", TimeSource::Chat),
    ] {
        let line = timeline.iter().find(|line| line.text.contains(words)).expect("a note");
        assert_eq!(line.time_source, source, "{line:?}");
        if source == TimeSource::Chat {
            assert!(ts.starts_with(&format!("{}.", line.occurred_at.timestamp())), "{ts}: {line:?}");
        }
    }
    house.end(bot, "older messages").await;
}

#[tokio::test]
async fn a_file_leaves_the_timeline_when_another_takes_its_place_and_with_its_message() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let (slack, ada) = (&house.slack, &house.ada);
    let log = slack.share(ada, &channel.id, "the log", ("one.txt", b"abc")).expect("said");
    slack.react(ada, &channel.id, &log, "pushpin").expect("put there");
    house.stands("File one.txt (3 bytes, SHA-256").await;
    slack.edit_file(ada, &channel.id, &log, "the log", ("two.txt", b"abcd")).expect("it is there");
    let told = house.stands("File two.txt (4 bytes, SHA-256").await;
    assert!(!told.iter().any(|text| text.contains("one.txt")), "{told:#?}");
    slack.delete(&channel.id, &log);
    let has_it = |told: &[String]| told.iter().any(|text| text.contains("two.txt"));
    let told = house.until("the deletion", |told| !has_it(told)).await;
    assert_eq!(told.iter().filter(|text| text.contains("was redacted")).count(), 3, "{told:#?}");
    let incident = house.desk.incident("INC-1".parse().expect("an id")).await.expect("it is there");
    assert!(incident.links.is_empty(), "{:?}", incident.links);
    house.end(bot, "files that go").await;
}

#[tokio::test]
async fn whoever_pins_a_message_of_no_incident_is_told_alone_what_to_do_and_once() {
    let house = House::new().await;
    let bot = house.start().await;
    house.declare("Checkout fails").await;
    house.quiet().await;
    let slack = &house.slack;
    let told = |who: &str| {
        let all = slack.whispers(who).into_iter();
        all.filter(|one| one.text.contains("belongs to no incident")).collect::<Vec<_>>()
    };
    let say = |words: &str| slack.say(&house.bob, &house.post, None, words).expect("said").0;
    let (lunch, cake) = (say("lunch?"), say("cake?"));
    for (who, message) in [(&house.ada, &lunch), (&house.ada, &cake), (&house.bob, &cake)] {
        let pinned = slack.react(who, &house.post, message, "pushpin").expect("put there");
        pinned.acknowledged().await.expect("in time");
    }
    let word = house.eventually("a word to Bob", || told(&house.bob).pop()).await;
    assert!(word.text.contains("`/incident note TEXT`"), "{word:?}");
    house.eventually("a word to Ada", || told(&house.ada).pop()).await;
    // Not told again by the next run either.
    house.stop(bot).await;
    let bot = house.start().await;
    let pinned = slack.react(&house.ada, &house.post, &say("tea?"), "pushpin").expect("put there");
    pinned.acknowledged().await.expect("in time");
    house.ask(&house.ada, &house.post, "INC-1 note after all").await;
    house.quiet().await;
    assert_eq!((told(&house.ada).len(), told(&house.bob).len()), (1, 1));
    assert!(!slack.messages(&house.post).iter().any(|one| one.text.contains("belongs to no incident")));
    let timeline = house.timeline().await;
    assert!(!timeline.iter().any(|text| ["lunch", "cake", "tea"].iter().any(|what| text.contains(what))));
    house.end(bot, "no incident").await;
}

#[tokio::test]
async fn of_a_secret_everybody_is_told_below_its_message_where_nobody_is_named_who_could_be_told_alone() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let (message, _) = house.slack.say(&house.bob, &channel.id, None, "it runs").expect("said");
    let quoted = Quoted { at: channel.id.clone(), message: message.clone(), whom: vec![] };
    let ada = Caller::person(person("Ada"), NAME).quoting(Some(quoted));
    let leak = note(format!("it runs with {}", pasted_key()));
    let id = "INC-1".parse().expect("an id");
    house.desk.submit(ada, id, leak, Along::default()).await.expect("noted");
    house.quiet().await;
    let all = house.slack.messages(&channel.id);
    let below = all.iter().filter(|one| one.thread.as_deref() == Some(message.as_str()));
    let told: Vec<&str> = below.map(|one| one.text.as_str()).collect();
    assert!(told.len() == 1 && told[0].contains("a secret in this message (GitHub token)"), "{told:?}");
    house.end(bot, "nobody to tell").await;
}

#[tokio::test]
async fn whoever_is_picked_in_free_text_or_in_what_is_refused_stands_there_by_name_and_owns_a_task_by_account()
 {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    // As Slack has it: `<@U…|ada>`.
    house.ask(&house.bob, &channel.id, "note called @ada, then @Bob").await;
    house.stands("called @Ada Lovelace, then @Bob").await;
    house.ask(&house.ada, &channel.id, "task add @ada 10m ask @Bob for the dump").await;
    house.stands("ask @Bob for the dump").await;
    let incident = house.desk.incident("INC-1".parse().expect("an id")).await.expect("it is there");
    let owner = incident.tasks.first().and_then(|task| task.owner.as_ref()).map(|owner| owner.id.as_str());
    assert_eq!(owner, Some("ada"));
    let told = house.timeline().await;
    assert!(!told.iter().any(|text| text.contains("<@")), "{told:#?}");
    // What is refused is quoted as it was meant, too.
    let refused = house.ask(&house.ada, &channel.id, "role offer pio @ada and @Bob").await;
    assert!(refused.contains("@Ada Lovelace") && !refused.contains(&house.ada), "{refused}");
    house.quiet().await;
    house.end(bot, "people in free text").await;
}

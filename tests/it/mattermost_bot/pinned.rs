//! Messages that go on the timeline: when they were written, and where there is no incident.

use std::sync::Arc;

use chrono::TimeDelta;
use commandpost::{
    chat::mattermost::NAME,
    desk::{Along, Caller, clock::World},
    incident::event::TimeSource,
    journal::rows::Quoted,
};

use super::house::{House, MARK};
use crate::support::{
    clock::Ahead,
    house::{note, pasted_key, person},
};

#[tokio::test]
async fn what_is_heard_later_stands_at_the_time_at_which_it_was_written_however_slow_mattermosts_clock_is() {
    let world = Arc::new(Ahead::default());
    let slow = world.clone();
    let theirs = Arc::new(move || slow.now() - TimeDelta::minutes(10));
    let house = House::by_clocks(world.clone(), theirs).await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let say = |words: &str| house.mattermost.say(&house.ada, &channel.id, None, words).expect("said");
    let pin = |message: &str| house.mattermost.react(&house.bob, message, "pushpin").expect("put there");
    let has = |words: &'static str| move |lines: &[String]| lines.iter().any(|text| text.contains(words));
    assert_eq!(house.call(&house.ada, &channel.id, "!note heard at once").await, MARK);
    pin(&say("pinned at once").id);
    house.until_timeline("a pin", has("pinned at once")).await;
    let older = say("pinned later");
    house.stop(bot).await;
    let away = say("!note typed while it was away");
    let missed = say("pinned while it was away");
    pin(&missed.id);
    world.later(TimeDelta::minutes(20));
    let just = say("!note typed just now");
    let bot = house.start().await;
    let told = house.eventually("an answer", || house.replies(&away).pop()).await;
    assert!(told.contains("It is a late entry for"), "{told}");
    assert_eq!(house.eventually("an answer", || house.replies(&just).pop()).await, MARK);
    house.until_timeline("the pin that was missed", has("pinned while")).await;
    pin(&older.id);
    house.until_timeline("another pin", has("pinned later")).await;
    let timeline = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    for (words, is_late) in [
        ("heard at once", false),
        ("pinned at once", false),
        ("typed while", true),
        ("pinned while", true),
        ("typed just now", false),
        ("pinned later", true),
    ] {
        let line = timeline.iter().find(|line| line.text.contains(words)).expect("a note");
        let source = if is_late { TimeSource::Chat } else { TimeSource::House };
        let minutes = (line.recorded_at - line.occurred_at).num_minutes();
        assert!(line.time_source == source && (19..=25).contains(&minutes) == is_late, "{line:?}");
    }
    house.end(bot, "older messages").await;
}

#[tokio::test]
async fn a_file_leaves_the_timeline_when_another_takes_its_place_and_with_its_message() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let (mattermost, ada) = (&house.mattermost, &house.ada);
    let has = |words: &'static str| move |lines: &[String]| lines.iter().any(|text| text.contains(words));
    let log = mattermost.share(ada, &channel.id, "the log", ("one.txt", b"abc")).expect("said");
    mattermost.react(ada, &log.id, "pushpin").expect("put there");
    house.until_timeline("the file", has("File one.txt (3 bytes, SHA-256")).await;
    mattermost.edit_file(&log.id, "the log", ("two.txt", b"abcd")).expect("edited");
    house.until_timeline("the other file", has("File two.txt (4 bytes, SHA-256")).await;
    let told = house.timeline().await;
    assert!(!told.iter().any(|text| text.contains("one.txt")), "{told:#?}");
    mattermost.delete(&log.id).expect("deleted");
    house.until_timeline("the deletion", |lines| !has("two.txt")(lines)).await;
    let told = house.timeline().await;
    assert_eq!(told.iter().filter(|text| text.contains("was redacted")).count(), 3, "{told:#?}");
    house.end(bot, "files that go").await;
}

#[tokio::test]
async fn below_a_pin_where_no_incident_is_it_is_said_what_to_do_and_once() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    // One that was answered before is no exception.
    let said = house.mattermost.say(&house.bob, &house.post, None, "!incident INC-1 status").expect("said");
    house.eventually("an answer", || house.replies(&said).pop()).await;
    let lunch = house.mattermost.say(&house.bob, &house.post, None, "lunch?").expect("said");
    for (who, message) in [(&house.ada, &said), (&house.ada, &lunch), (&house.bob, &lunch)] {
        house.mattermost.react(who, &message.id, "pushpin").expect("put there");
    }
    let told = || {
        let all = house.mattermost.posts(&house.post).into_iter();
        all.filter(|post| post.text.contains("belongs to no incident")).collect::<Vec<_>>()
    };
    let word = house.eventually("a word", || told().pop()).await;
    assert_eq!(word.root.as_deref(), Some(said.id.as_str()));
    assert!(word.text.contains("`!incident note TEXT`"), "{word:?}");
    house.call(&house.ada, &channel.id, "!note after all").await;
    assert_eq!(told().len(), 1, "{:#?}", told());
    assert!(!house.timeline().await.iter().any(|text| text.contains("lunch")));
    house.end(bot, "no incident").await;
}

#[tokio::test]
async fn of_a_secret_everybody_is_told_below_its_message_where_nobody_is_named_who_could_be_told_alone() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let message = house.mattermost.say(&house.bob, &channel.id, None, "it runs").expect("said");
    let quoted = Quoted { at: channel.id.clone(), message: message.id.clone(), whom: vec![] };
    let ada = Caller::person(person("Ada"), NAME).quoting(Some(quoted));
    let leak = note(format!("it runs with {}", pasted_key()));
    let id = "INC-1".parse().expect("an id");
    house.desk.submit(ada, id, leak, Along::default()).await.expect("noted");
    house.quiet().await;
    let told = house.replies(&message);
    assert!(told.len() == 1 && told[0].contains("a secret in this message (GitHub token)"), "{told:?}");
    house.end(bot, "nobody to tell").await;
}

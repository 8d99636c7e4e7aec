//! One incident in two chats at once, Discord and Slack: what is said in one is read in the other, and an absence of one of
//! them is no end.

use std::sync::Arc;

use chrono::Duration;
use commandpost::{
    chat::{discord, slack},
    desk::{
        Along, Caller, Desk,
        absence::{Absences, Look, Standing},
        clock::{System, World},
    },
    incident::command::Command,
    model::discord::{Id, ManualClock},
    people::Person,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{discord_bot, slack_bot, support::house::desk};

/// Two doors of one house, and a bot at work in each.
struct House {
    desk: Arc<Desk>,
    discord: discord_bot::house::House,
    slack: slack_bot::house::House,
}

impl House {
    async fn new() -> House {
        let (desk, dir) = desk(&[discord::NAME, slack::NAME]).await;
        let clock = ManualClock::at(System.now()).clock();
        let discord = discord_bot::house::House::at(clock, desk.clone(), dir.clone()).await;
        let slack = slack_bot::house::House::at(desk.clone(), dir).await;
        House { desk, discord, slack }
    }

    async fn in_discord(&self, place: Id, text: &str) {
        self.discord.ask(self.discord.bob, place, "note", json!({ "text": text })).await;
    }

    async fn in_slack(&self, channel: &str, text: &str) {
        self.slack.ask(&self.slack.bob, channel, &format!("note {text}")).await;
    }

    async fn in_console(&self, text: &str) {
        let caller = Caller::person(Person::named("Grace").expect("a name"), "console");
        let command = Command::Note { text: text.into(), at: None };
        let id = "INC-1".parse().expect("an id");
        self.desk.submit(caller, id, command, Along::default()).await.expect("noted");
    }

    fn lines_in_discord(&self, place: Id) -> Vec<String> {
        self.discord.lines(place).into_iter().map(|message| message.content).collect()
    }
}

/// The one line with this text, which must say where it came from; nothing, if it came from there.
fn is_marked(lines: &[String], text: &str, from: &str) {
    let found: Vec<&String> = lines.iter().filter(|line| line.contains(text)).collect();
    assert_eq!(found.len(), 1, "«{text}» once in {lines:#?}");
    let head = found[0].split(text).next().unwrap_or_default();
    match from {
        "" => assert!(!head.contains("Discord") && !head.contains("Slack"), "{head}"),
        from => assert!(head.contains(&format!(" ({from}) ")), "{head}"),
    }
}

#[tokio::test]
async fn one_incident_is_one_in_two_chats_and_each_is_read_in_the_other_once_with_where_it_came_from() {
    let house = House::new().await;
    let (in_discord, in_slack) = (house.discord.start().await, house.slack.start().await);
    let (thread, _) = house.discord.declare("Checkout fails").await;
    let channel = house.slack.eventually("a channel", || house.slack.slack.channel_named("inc-1")).await.id;
    house.slack.eventually("its card", || house.slack.cards(&channel).pop()).await;
    house.in_discord(thread.id, "seen from Tokyo").await;
    house.in_slack(&channel, "seen from Oslo").await;
    house.in_console("seen from home").await;
    house.slack.quiet().await;
    let there = house.lines_in_discord(thread.id);
    let here = house.slack.lines(&channel);
    for (text, in_discord, in_slack) in
        [("from Tokyo", "", "Discord"), ("from Oslo", "Slack", ""), ("from home", "console", "console")]
    {
        is_marked(&there, text, in_discord);
        is_marked(&here, text, in_slack);
    }
    // What is done in one holds in the other.
    house.slack.ask(&house.slack.ada, &channel, "severity sev1 all payments").await;
    house.discord.ask(house.discord.bob, thread.id, "role take", json!({ "role": "ops" })).await;
    house.slack.quiet().await;
    let shown = serde_json::to_string(&house.discord.cards(thread.id)[0].embeds).expect("JSON");
    assert!(shown.contains("SEV1"), "{shown}");
    let shown = serde_json::to_string(&house.slack.cards(&channel)[0].blocks).expect("JSON");
    assert!(shown.contains("SEV1") && shown.contains("bob"), "{shown}");
    assert_eq!((house.discord.cards(thread.id).len(), house.slack.cards(&channel).len()), (1, 1));
    let timeline = house.slack.timeline().await;
    for text in ["from Tokyo", "from Oslo", "from home"] {
        assert_eq!(timeline.iter().filter(|line| line.contains(text)).count(), 1, "no echo: {timeline:#?}");
    }
    assert!(house.desk.incident("INC-2".parse().expect("an id")).await.is_err(), "there is one incident");
    house.discord.end(in_discord, "two chats").await;
    house.slack.end(in_slack, "two chats").await;
}

#[tokio::test]
async fn while_one_chat_is_away_the_other_goes_on_and_what_was_missed_comes_in_order_with_a_word_before() {
    let house = House::new().await;
    let (in_discord, in_slack) = (house.discord.start().await, house.slack.start().await);
    let (watched, also) = (in_slack.door.clone(), in_discord.door.clone());
    let (at_slack, at_discord): (Look, Look) =
        (Arc::new(move || Standing::from(watched.health())), Arc::new(move || Standing::from(also.health())));
    let looks = vec![(slack::NAME.to_owned(), at_slack), (discord::NAME.to_owned(), at_discord)];
    let stop = CancellationToken::new();
    let absences = Absences::new(house.desk.clone(), looks).after(Duration::milliseconds(400));
    let watching = tokio::spawn(Arc::new(absences).watch(stop.clone()));
    let (thread, _) = house.discord.declare("Checkout fails").await;
    let channel = house.slack.eventually("a channel", || house.slack.slack.channel_named("inc-1")).await.id;
    house.slack.eventually("its card", || house.slack.cards(&channel).pop()).await;
    house.in_slack(&channel, "before").await;
    house.slack.quiet().await;

    house.slack.slack.goes_away();
    let told = |what: &'static str| {
        let lines = house.lines_in_discord(thread.id);
        lines.iter().any(|line| line.contains(what)).then_some(())
    };
    house.discord.eventually("a word of it in Discord", || told("Slack has not answered since")).await;
    assert_eq!(house.desk.away().len(), 1);
    for n in 1..=6 {
        house.in_discord(thread.id, &format!("while away {n}.")).await;
    }
    house.discord.eventually("Discord to go on", || told("while away 6")).await;
    assert!(!house.slack.lines(&channel).iter().any(|line| line.contains("while away")));

    house.slack.slack.comes_back();
    house.slack.quiet().await;
    house.discord.eventually("a word that it is back", || told("Slack answers again, after")).await;
    assert!(house.desk.away().is_empty());
    house.in_discord(thread.id, "and on").await;
    house.slack.quiet().await;
    let all: Vec<String> = house.slack.slack.messages(&channel).into_iter().map(|one| one.text).collect();
    let first = all.iter().position(|text| text.contains("Back after")).expect("a word before");
    assert_eq!(all[first], "Back after less than a minute away: 6 lines follow.");
    let missed: Vec<&String> = all[first + 1..].iter().filter(|text| text.contains("while away")).collect();
    assert_eq!(missed.len(), 6, "{all:#?}");
    assert!(missed.iter().zip(1..).all(|(text, n)| text.contains(&format!("away {n}."))), "{all:#?}");
    assert_eq!(all.iter().filter(|text| text.contains("Back after")).count(), 1, "said once: {all:#?}");
    assert_eq!(all.iter().filter(|text| text.contains("while away")).count(), 6, "nothing twice: {all:#?}");
    assert!(!all.iter().any(|text| text.contains("not answered")), "not in the chat that was away: {all:#?}");
    for n in 1..=6 {
        is_marked(&house.slack.lines(&channel), &format!("away {n}."), "Discord");
        is_marked(&house.lines_in_discord(thread.id), &format!("away {n}."), "");
    }
    stop.cancel();
    watching.await.expect("it ends well");
    house.discord.end(in_discord, "one chat is away").await;
    house.slack.end(in_slack, "one chat is away").await;
}

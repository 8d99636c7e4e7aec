//! One incident in two chats at once, Discord and Slack: what is said in one is read in the other, and an absence of one of
//! them is no end.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use chrono::TimeDelta;
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

    /// Who looks whether each chat is there.
    fn absences(&self, in_discord: &discord_bot::house::Bot, in_slack: &slack_bot::house::Bot) -> Absences {
        let (slack_door, discord_door) = (in_slack.door.clone(), in_discord.door.clone());
        let at_slack: Look = Arc::new(move || slack_door.health());
        let at_discord: Look = Arc::new(move || Standing::from(discord_door.health()));
        let looks = vec![(slack::NAME.to_owned(), at_slack), (discord::NAME.to_owned(), at_discord)];
        Absences::new(self.desk.clone(), looks)
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

/// One word before, then all six that were missed in their order, and nothing twice.
fn is_caught_up(all: &[String]) {
    let first = all.iter().position(|text| text.contains("Back after")).expect("a word before");
    let (away, stands) =
        ("Back after less than a minute away. INC-1 is ", "has command. What was missed follows: 6 lines.");
    assert!(all[first].starts_with(away) && all[first].ends_with(stands), "{}", all[first]);
    let missed: Vec<&String> = all[first + 1..].iter().filter(|text| text.contains("while away")).collect();
    assert_eq!(missed.len(), 6, "{all:#?}");
    assert!(missed.iter().zip(1..).all(|(text, n)| text.contains(&format!("away {n}."))), "{all:#?}");
    assert_eq!(all.iter().filter(|text| text.contains("Back after")).count(), 1, "said once: {all:#?}");
    assert_eq!(all.iter().filter(|text| text.contains("while away")).count(), 6, "nothing twice: {all:#?}");
}

/// Looks at the chats until something has come of it.
async fn looked_until(absences: &Absences, what: &str, is_so: impl Fn() -> bool) {
    let looking = async {
        while !is_so() {
            absences.look().await.expect("the journal answers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let looked = tokio::time::timeout(discord_bot::house::PATIENCE, looking).await;
    assert!(looked.is_ok(), "waited for {what}");
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
    let stop = CancellationToken::new();
    let absences = house.absences(&in_discord, &in_slack).after(TimeDelta::milliseconds(400));
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
    is_caught_up(&all);
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

/// What of Discord is out of reach.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outage {
    Whole,
    /// The gateway lives on: commands are heard, and nothing can be said.
    RequestsAlone,
}

async fn discord_is_away_and_back(outage: Outage) {
    let mut house = House::new().await;
    if outage == Outage::Whole {
        house.discord.watchdog = Duration::from_secs(2);
    }
    let (in_discord, in_slack) = (house.discord.start().await, house.slack.start().await);
    // Looked at by hand, so that no busy machine makes an absence of a moment.
    let absences = house.absences(&in_discord, &in_slack).after(TimeDelta::milliseconds(1));
    let (thread, _) = house.discord.declare("Checkout fails").await;
    let channel = house.slack.eventually("a channel", || house.slack.slack.channel_named("inc-1")).await.id;
    house.slack.eventually("its card", || house.slack.cards(&channel).pop()).await;
    house.in_discord(thread.id, "before").await;
    house.slack.quiet().await;
    let told = |what: &str| house.slack.lines(&channel).iter().filter(|line| line.contains(what)).count();

    let service = &house.discord.discord;
    service.rest_goes_away().await;
    match outage {
        Outage::Whole => service.gateway().go_away().await,
        Outage::RequestsAlone => {
            // Bob's command is heard. That he gets no answer is how it comes out.
            house.discord.slash(house.discord.bob, thread.id, "status", json!({})).await;
        }
    }
    let is_there = || in_discord.door.health().connected;
    house.discord.eventually("the outage to be noticed", || (!is_there()).then_some(())).await;
    looked_until(&absences, "a word of it in Slack", || told("Discord has not answered since") > 0).await;
    assert_eq!(house.desk.away().iter().map(|away| away.chat.as_str()).collect::<Vec<_>>(), [discord::NAME]);
    if outage == Outage::RequestsAlone {
        assert_eq!(in_discord.door.counters().gateway_state.load(Relaxed), 1, "the gateway lives on");
    }
    for n in 1..=6 {
        house.in_slack(&channel, &format!("while away {n}.")).await;
    }
    house.slack.eventually("Slack to go on", || (told("while away") == 6).then_some(())).await;
    assert!(!house.lines_in_discord(thread.id).iter().any(|line| line.contains("while away")));

    service.rest_comes_back().await.expect("the same port");
    if outage == Outage::Whole {
        service.gateway().come_back().await.expect("the same ports");
    }
    house.discord.quiet().await;
    house.discord.eventually("Discord to be there", || is_there().then_some(())).await;
    looked_until(&absences, "a word that it is back", || told("Discord answers again, after") > 0).await;
    assert!(house.desk.away().is_empty());
    house.in_discord(thread.id, "and on").await;
    house.discord.quiet().await;
    absences.look().await.expect("the journal answers");
    assert_eq!((told("Discord has not answered since"), told("Discord answers again, after")), (1, 1));
    let all = service.messages(thread.id).into_iter().map(|message| message.content.replace('\\', ""));
    let all: Vec<String> = all.collect();
    is_caught_up(&all);
    assert!(!all.iter().any(|text| text.contains("not answered")), "not in the chat that was away: {all:#?}");
    for n in 1..=6 {
        is_marked(&house.lines_in_discord(thread.id), &format!("away {n}."), "Slack");
        is_marked(&house.slack.lines(&channel), &format!("away {n}."), "");
    }
    house.discord.end(in_discord, "Discord is away").await;
    house.slack.end(in_slack, "Discord is away").await;
}

#[tokio::test]
async fn while_discord_is_away_slack_says_so_and_what_was_missed_comes_in_order_with_a_word_before() {
    discord_is_away_and_back(Outage::Whole).await;
}

#[tokio::test]
async fn a_discord_that_hears_and_answers_nothing_is_away_as_well_and_catches_up_in_order() {
    discord_is_away_and_back(Outage::RequestsAlone).await;
}

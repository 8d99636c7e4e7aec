//! What the places of incidents are called, as the incidents change.

use std::time::Duration;

use chrono::TimeDelta;
use commandpost::{
    config::IncidentSpace,
    model::discord::{Channel, Fault, Id, Message, permissions},
};
use serde_json::json;

use super::House;

impl House {
    fn renames(&self, place: Id) -> Vec<String> {
        let path = format!("/channels/{place}");
        let all = self.discord.requests().into_iter();
        let patched = all.filter(|r| r.method == "PATCH" && r.path.ends_with(&path));
        patched.filter_map(|r| r.json()?["name"].as_str().map(str::to_owned)).collect()
    }

    /// What the command post says, once it says one thing and that is so.
    async fn announced(&self, what: &str) -> Message {
        let find = || match <[Message; 1]>::try_from(self.discord.messages(self.post)) {
            Ok([only]) if only.content == what => Some(only),
            _ => None,
        };
        self.eventually(what, find).await
    }

    async fn is_called(&self, place: Id, what: &str, is_it: impl Fn(&Channel) -> bool) {
        self.eventually(what, || self.discord.channel(place).filter(&is_it).map(drop)).await;
    }
}

#[tokio::test]
async fn a_thread_takes_the_new_title_at_once_and_of_several_more_the_last_alone() {
    let mut house = House::new().await;
    house.rename_every = TimeDelta::seconds(8);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    assert_eq!(house.renames(thread.id), Vec::<String>::new(), "it has its name");
    let title = async |text: &str| house.ask(house.ada, thread.id, "set title", json!({"title": text})).await;
    title("Checkout and search fail").await;
    house.is_called(thread.id, "the new name", |now| now.name == "INC-1 Checkout and search fail").await;
    title("Everything fails").await;
    title("The database fails").await;
    house.quiet().await;
    house.is_called(thread.id, "the last name", |now| now.name == "INC-1 The database fails").await;
    assert_eq!(house.renames(thread.id), ["INC-1 Checkout and search fail", "INC-1 The database fails"]);
    // Discord's own limit, if others rename it too: the cards go on.
    title("All is well").await;
    let refused =
        || house.discord.requests().iter().any(|r| r.method == "PATCH" && r.status == 429).then_some(());
    house.eventually("the limit", refused).await;
    house.ask(house.ada, thread.id, "note", json!({"text": "and on it goes"})).await;
    house.quiet().await;
    house.end(bot, "names").await;
}

#[tokio::test]
async fn a_channel_says_how_its_incident_stands_after_a_restart_as_well() {
    let mut house = House::new().await;
    house.space = IncidentSpace::Channel;
    house.rename_every = TimeDelta::seconds(6);
    let bot = house.start().await;
    house.ask(house.ada, house.post, "declare", json!({"title": "Checkout fails"})).await;
    let find = || house.discord.channels().into_iter().find(|one| one.name == "inc-1-checkout-fails");
    let place = house.eventually("the channel", find).await.id;
    let says =
        |word: &'static str| move |now: &Channel| now.topic.as_deref().is_some_and(|t| t.contains(word));
    house.is_called(place, "the topic", says("command: Ada Lovelace")).await;
    house.ask(house.ada, place, "severity", json!({"severity": "sev1"})).await;
    house.ask(house.ada, place, "set title", json!({"title": "All fails"})).await;
    house.quiet().await;
    // It may have been too early for it; another process does it.
    house.stop(bot).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let bot = house.start().await;
    house.is_called(place, "name and topic", |now| now.name == "inc-1-all-fails" && says("SEV1")(now)).await;
    house.end(bot, "topics").await;
}

#[tokio::test]
async fn a_restricted_incidents_new_title_stands_in_no_name() {
    let mut house = House::new().await;
    house.rename_every = TimeDelta::milliseconds(10);
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.ask(house.ada, thread.id, "crew restrict", json!({})).await;
    house.ask(house.ada, thread.id, "set title", json!({"title": "Mallory leaks"})).await;
    house.end(bot, "no names").await;
    let places = house.discord.threads();
    assert!(places.len() == 2 && places.iter().all(|one| !one.name.contains("Mallory")), "{places:#?}");
}

#[tokio::test]
async fn a_redacted_title_is_neither_in_the_announcement_nor_in_the_places_name_any_more() {
    let mut house = House::new().await;
    house.rename_every = TimeDelta::seconds(1);
    let bot = house.start().await;
    let (thread, _) = house.declare("Password Hunter9y leaked").await;
    house.ask(house.ada, thread.id, "note", json!({"text": "it is in the log"})).await;
    house.quiet().await;
    let edits = || {
        let path = format!("/channels/{}/messages/{}", house.post, thread.id);
        let all = house.discord.requests().into_iter();
        all.filter(|r| r.method == "PATCH" && r.path.ends_with(&path)).count()
    };
    assert_eq!(edits(), 0, "what is the same is said once");
    house.ask(house.ada, thread.id, "entry redact", json!({"n": 1, "reason": "it was pasted"})).await;
    let is_out_of_sight = || {
        let named = house.discord.channel(thread.id).map(|now| now.name);
        let said = [house.post, thread.id].map(|at| house.discord.messages(at));
        (!format!("{named:?} {said:?}").contains("Hunter9y")).then_some(())
    };
    house.eventually("nothing of the word", is_out_of_sight).await;
    house.quiet().await;
    assert_eq!(edits(), 1);
    house.end(bot, "redacted_title").await;
}

#[tokio::test]
async fn a_redacted_title_leaves_the_places_name_at_once_while_discord_still_takes_a_change() {
    // As in earnest: five minutes from one to the next.
    let house = House::new().await;
    let bot = house.start().await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.ask(house.ada, thread.id, "set title", json!({"title": "Password Hunter9y leaked"})).await;
    house.is_called(thread.id, "the new name", |now| now.name.contains("Hunter9y")).await;
    let timeline = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    let retitled = timeline.iter().find(|line| line.text.contains("Hunter9y")).expect("it stands there");
    let redaction = json!({"n": retitled.seq, "reason": "it was pasted"});
    house.ask(house.ada, thread.id, "entry redact", redaction).await;
    house.is_called(thread.id, "nothing of the word", |now| !now.name.contains("Hunter9y")).await;
    assert_eq!(house.renames(thread.id).len(), 2);
    // A third would be refused: it waits.
    house.ask(house.ada, thread.id, "set title", json!({"title": "The log was public"})).await;
    house.quiet().await;
    assert_eq!(house.renames(thread.id).len(), 2);
    house.end(bot, "redacted_retitle").await;
}

#[tokio::test]
async fn the_command_post_has_one_line_that_leads_to_an_incidents_channel_and_follows_it() {
    for fault in [None, Some(Fault::LoseAnswer), Some(Fault::Garble), Some(Fault::Status(502))] {
        let mut house = House::new().await;
        house.space = IncidentSpace::Channel;
        let bot = house.start().await;
        if let Some(fault) = fault {
            house.discord.faults().next_on(1, fault, "POST", &format!("{}/messages", house.post));
        }
        let title = json!({"title": "Checkout fails @everyone"});
        house.ask(house.ada, house.alerts, "declare", title).await;
        let find = || house.discord.channels().into_iter().find(|one| one.name.starts_with("inc-1-"));
        let place = house.eventually("the channel", find).await.id;
        let says = |text: &str, sev: u8| format!("🚨 **INC-1** {text} – SEV{sev}: <#{place}>");
        house.quiet().await;
        if fault.is_none() {
            house.announced(&says("Checkout fails @\u{200b}everyone", 2)).await;
        }
        // What was lost is looked for with the next card.
        house.ask(house.ada, place, "set title", json!({"title": "All fails"})).await;
        let line = house.announced(&says("All fails", 2)).await;
        house.ask(house.ada, place, "severity", json!({"severity": "sev1"})).await;
        assert_eq!(house.announced(&says("All fails", 1)).await.id, line.id, "{fault:?}");
        // Another process that remembers nothing of it.
        house.quiet().await;
        house.stop(bot).await;
        house.forget("INC-1").await;
        let bot = house.start().await;
        house
            .ask(house.ada, house.alerts, "set title", json!({"title": "Mended", "incident": "INC-1"}))
            .await;
        assert_eq!(house.announced(&says("Mended", 1)).await.id, line.id, "{fault:?}");
        // That nobody was called by it, the end looks at.
        house.end(bot, "a line that leads to a channel").await;
    }
}

#[tokio::test]
async fn an_incident_has_its_channel_while_nobody_may_be_told_of_it_in_the_command_post() {
    let mut house = House::new().await;
    house.space = IncidentSpace::Channel;
    let bot = house.start().await;
    house.discord.deny(house.post, house.discord.bot(), permissions::SEND_MESSAGES);
    house.ask(house.ada, house.alerts, "declare", json!({"title": "Checkout fails"})).await;
    let find = || house.discord.channels().into_iter().find(|one| one.name == "inc-1-checkout-fails");
    let place = house.eventually("the channel", find).await.id;
    let is_said = || bot.door.health().last_error.filter(|why| why.contains("Send Messages"));
    let said = house.eventually("the sentence", is_said).await;
    assert!(said.contains(&house.post.to_string()) && said.contains("Give its role"), "{said}");
    house.quiet().await;
    assert_eq!(house.cards(place).len(), 1);
    house.discord.deny(house.post, house.discord.bot(), 0);
    house.ask(house.ada, place, "set title", json!({"title": "All fails"})).await;
    house.announced(&format!("🚨 **INC-1** All fails – SEV2: <#{place}>")).await;
    house.end(bot, "a command post that is closed").await;
}

#[tokio::test]
async fn a_restricted_incidents_channel_is_announced_to_nobody() {
    let mut house = House::new().await;
    house.space = IncidentSpace::Channel;
    let bot = house.start().await;
    let secret = json!({"title": "Mallory leaks", "restricted": true});
    house.ask(house.ada, house.alerts, "declare", secret).await;
    let find = || house.discord.channels().into_iter().find(|one| one.name == "private-inc-1");
    let private = house.eventually("the private channel", find).await.id;
    house.quiet().await;
    house.ask(house.ada, private, "set title", json!({"title": "Mallory leaks more"})).await;
    // What comes after it has its line: of the first one there is none by then.
    house.ask(house.ada, house.alerts, "declare", json!({"title": "Checkout fails"})).await;
    let find = || house.discord.channels().into_iter().find(|one| one.name == "inc-2-checkout-fails");
    let place = house.eventually("the channel", find).await.id;
    house.announced(&format!("🚨 **INC-2** Checkout fails – SEV2: <#{place}>")).await;
    house.end(bot, "announced to nobody").await;
}

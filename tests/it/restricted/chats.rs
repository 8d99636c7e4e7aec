//! A restricted incident in the chats: those who see it have a private place there; whoever does not see it sees nothing.

use std::{collections::HashMap, sync::Arc};

use chrono::Duration;
use commandpost::{
    chat::{people::People, slack},
    config::IncidentSpace,
    desk::{Desk, Settings},
    incident::id::IncidentId,
    journal::sqlite::SqliteJournal,
    model::discord::{self, permissions},
    people::Person,
};
use serde_json::{Value, json};

use super::WORD;
use crate::{discord_bot, mattermost_bot, slack_bot, support::clock::Ahead};

/// What somebody sees of a place: its id, its name and topic, what stands in it.
#[derive(Debug)]
struct Seen {
    id: String,
    text: String,
}

/// A team in one of the chats, with a bot at work. Ada knows of the incident; Bob does not, unless he is let in.
trait Team {
    const CHAT: &'static str;
    fn desk(&self) -> &Desk;
    fn ada(&self) -> String;
    fn bob(&self) -> String;
    fn post(&self) -> String;
    /// How Bob is named in a command.
    fn bob_named(&self) -> String;
    /// Says a command for one's own eyes: its verb, its options. An error: the chat does not let this person.
    async fn ask(&self, who: &str, at: &str, verb: &str, options: Value) -> Result<String, String>;
    fn seen_by(&self, who: &str) -> Vec<Seen>;
    async fn quiet(&self);
    /// The bot may not make private places any more, or again.
    fn forbid(&self, is_forbidden: bool);
}

fn id() -> IncidentId {
    "INC-1".parse().unwrap()
}

/// What a person sees that has to do with the incident.
fn traces(team: &impl Team, who: &str) -> Vec<Seen> {
    let is_trace = |text: &str| {
        let text = text.to_lowercase();
        text.contains(WORD) || text.contains("inc-1")
    };
    team.seen_by(who).into_iter().filter(|seen| is_trace(&seen.text)).collect()
}

/// The one place in which a person sees the incident.
fn place(team: &impl Team, who: &str) -> Seen {
    let mut seen = traces(team, who);
    assert_eq!(seen.len(), 1, "{seen:#?}");
    seen.remove(0)
}

async fn timeline(team: &impl Team) -> String {
    let lines = team.desk().timeline(id(), 1).await.unwrap();
    lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
}

async fn only_those_who_see_it_find_it(team: &impl Team) {
    let (ada, bob, post) = (team.ada(), team.bob(), team.post());
    let secret = json!({"title": format!("leak of {WORD}"), "restricted": true});
    let told = team.ask(&ada, &post, "declare", secret).await.unwrap();
    assert!(told.contains("INC-1"), "{told}");
    team.quiet().await;
    let place_of_ada = place(team, &ada);
    assert!(place_of_ada.text.contains(&format!("leak of {WORD}")), "{place_of_ada:?}");
    assert!(traces(team, &bob).is_empty(), "{:#?}", traces(team, &bob));

    // Commands there are of the incident, as anywhere.
    let said = format!("{WORD} is gone");
    team.ask(&ada, &place_of_ada.id, "note", json!({"text": said})).await.unwrap();
    team.quiet().await;
    assert!(place(team, &ada).text.contains(&said));
    team.ask(&bob, &place_of_ada.id, "note", json!({"text": "let me in"})).await.unwrap_err();
    let refused = team.ask(&bob, &post, "note", json!({"text": "x", "incident": "INC-1"})).await.unwrap();
    assert!(refused.contains("There is no INC-1."), "{refused}");
    assert!(traces(team, &bob).is_empty());

    let who = json!({"who": team.bob_named()});
    team.ask(&ada, &place_of_ada.id, "crew admit", who.clone()).await.unwrap();
    team.quiet().await;
    assert_eq!(place(team, &bob).id, place_of_ada.id);
    team.ask(&bob, &place_of_ada.id, "note", json!({"text": "Bob looks"})).await.unwrap();
    team.ask(&ada, &place_of_ada.id, "crew expel", who).await.unwrap();
    team.ask(&ada, &place_of_ada.id, "note", json!({"text": "Bob is out"})).await.unwrap();
    team.quiet().await;
    assert!(traces(team, &bob).is_empty(), "{:#?}", traces(team, &bob));
    assert!(place(team, &ada).text.contains("Bob is out"));
    team.ask(&bob, &place_of_ada.id, "note", json!({"text": "let me in"})).await.unwrap_err();
    let timeline = timeline(team).await;
    assert!(timeline.contains("Bob looks") && !timeline.contains("let me in"), "{timeline}");

    // Open to everybody, it has a place for everybody; what was said in private stays there.
    team.ask(&ada, &place_of_ada.id, "crew open", json!({})).await.unwrap();
    team.quiet().await;
    let seen = traces(team, &bob);
    assert!(seen.iter().any(|seen| seen.text.contains(WORD)), "{seen:#?}");
    assert!(!seen.iter().any(|seen| seen.text.contains("is gone")), "{seen:#?}");
    let seen = traces(team, &ada);
    let left = seen.iter().find(|seen| seen.id == place_of_ada.id).unwrap();
    let told = left.text.matches("INC-1 is open to everybody now, and goes on here").count();
    assert_eq!(told, 1, "the private place says where it goes on: {left:?}");
}

async fn what_stood_in_the_open_is_covered(team: &impl Team) {
    let (ada, bob, post) = (team.ada(), team.bob(), team.post());
    team.ask(&ada, &post, "declare", json!({"title": "checkout is down"})).await.unwrap();
    team.quiet().await;
    let in_the_open: Vec<String> = traces(team, &bob).into_iter().map(|seen| seen.id).collect();
    let place_of_it = in_the_open.iter().find(|id| **id != post).cloned().unwrap();
    team.ask(&ada, &place_of_it, "crew restrict", json!({})).await.unwrap();
    team.ask(&ada, &place_of_it, "note", json!({"text": format!("it is {WORD}")})).await.unwrap();
    team.quiet().await;
    let seen = traces(team, &bob);
    assert!(!seen.iter().any(|seen| seen.text.contains(WORD)), "{seen:#?}");
    let opened = seen.iter().find(|seen| seen.id == place_of_it).unwrap();
    assert!(opened.text.contains("INC-1 is restricted"), "{opened:?}");
    assert!(!opened.text.contains("What is due?"), "no button is left: {opened:?}");
    assert!(traces(team, &ada).iter().any(|seen| seen.text.contains(WORD)));

    team.ask(&ada, &place_of_it, "crew open", json!({})).await.unwrap();
    team.quiet().await;
    let seen = traces(team, &bob);
    let opened = seen.iter().find(|seen| seen.id == place_of_it).unwrap();
    assert!(!opened.text.contains("INC-1 is restricted"), "its card is back: {opened:?}");
    let places = seen.iter().filter(|seen| seen.id != post).count();
    assert_eq!(places, 1, "it goes on where it was: {seen:#?}");
}

async fn without_the_permission_it_goes_on_without_the_chat(team: &impl Team, needed: &str) {
    let (ada, bob, post) = (team.ada(), team.bob(), team.post());
    team.forbid(true);
    let secret = json!({"title": format!("leak of {WORD}"), "restricted": true});
    team.ask(&ada, &post, "declare", secret).await.unwrap();
    let said = format!("Nothing of this incident is said in {}", team_title(team));
    for _ in 0..600 {
        if timeline(team).await.contains(&said) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    team.ask(&ada, &post, "note", json!({"text": "on we go"})).await.unwrap();
    let lines = timeline(team).await;
    assert!(lines.contains(needed) && lines.contains("on we go"), "{lines}");
    assert_eq!(lines.matches(&said).count(), 1, "{lines}");
    for who in [&ada, &bob] {
        assert!(traces(team, who).is_empty(), "{:#?}", traces(team, who));
    }
    // Once a person mends it, it is made up for.
    team.forbid(false);
    for delivery in
        team.desk().journal.deliveries(commandpost::journal::rows::DeliveryFilter::Open).await.unwrap()
    {
        let now = team.desk().world.now();
        drop(team.desk().journal.handle(delivery.n, commandpost::journal::Handle::Retry, now).await);
    }
    team.ask(&ada, &post, "note", json!({"text": "it is mended"})).await.unwrap();
    team.quiet().await;
    assert!(place(team, &ada).text.contains("on we go"));
    assert!(traces(team, &bob).is_empty());
}

async fn who_was_kept_out_is_let_in_later(team: &OnSlack, world: &Ahead) {
    let (ada, bob, post) = (team.ada(), team.bob(), team.post());
    let secret = json!({"title": format!("leak of {WORD}"), "restricted": true});
    team.ask(&ada, &post, "declare", secret).await.unwrap();
    team.quiet().await;
    let at = place(team, &ada).id;
    let say = async |verb: &str, options: Value| {
        team.ask(&ada, &at, verb, options).await.unwrap();
        team.quiet().await;
    };
    let look = async || say("note", json!({"text": "on we go"})).await;
    let who = json!({"who": team.bob_named()});
    let invited = || {
        let requests = team.0.slack.requests();
        requests.iter().filter(|request| request.path.ends_with("conversations.invite")).count()
    };
    team.forbid(true);
    say("crew admit", who.clone()).await;
    assert_eq!(invited(), 2, "Ada, and Bob");
    // Somebody allows it; whoever was refused is not asked about with every line.
    team.forbid(false);
    look().await;
    assert_eq!(invited(), 2);
    team.forbid(true);
    world.later(Duration::minutes(10));
    look().await;
    assert_eq!(invited(), 3);
    assert!(traces(team, &bob).is_empty());
    team.forbid(false);
    world.later(Duration::minutes(10));
    look().await;
    assert_eq!((invited(), place(team, &bob).id), (4, at.clone()));
    world.later(Duration::minutes(10));
    look().await;
    assert_eq!(invited(), 4, "who is in is let in no more");
    // Who was refused, and then was not to come, is another matter when they are to come after all.
    say("crew expel", who.clone()).await;
    team.forbid(true);
    say("crew admit", who.clone()).await;
    say("crew expel", who.clone()).await;
    assert_eq!(invited(), 5);
    team.forbid(false);
    say("crew admit", who).await;
    assert_eq!((invited(), place(team, &bob).id), (6, at.clone()));
    let lines = timeline(team).await;
    assert_eq!(lines.matches("Slack does not let").count(), 1, "said once: {lines}");
}

async fn what_is_redacted_is_taken_back(team: &impl Team) {
    let (ada, bob, post) = (team.ada(), team.bob(), team.post());
    team.ask(&ada, &post, "declare", json!({"title": "checkout is down"})).await.unwrap();
    team.quiet().await;
    let place = traces(team, &bob).into_iter().map(|seen| seen.id).find(|id| *id != post).unwrap();
    team.ask(&ada, &place, "note", json!({"text": format!("it is {WORD}")})).await.unwrap();
    team.quiet().await;
    let shows = |what: &str| traces(team, &bob).iter().any(|seen| seen.text.contains(what));
    assert!(shows(WORD), "{:#?}", traces(team, &bob));
    let lines = team.desk().timeline(id(), 1).await.unwrap();
    let seq = lines.iter().find(|line| line.text.contains(WORD)).unwrap().seq;
    let redact = json!({"n": seq, "reason": "a name"});
    team.ask(&ada, &place, "entry redact", redact).await.unwrap();
    team.quiet().await;
    assert!(!shows(WORD) && shows("redacted: a name"), "{:#?}", traces(team, &bob));
    // Once it is restricted, the open place is not told why either.
    team.ask(&ada, &place, "note", json!({"text": format!("again {WORD}")})).await.unwrap();
    team.quiet().await;
    assert!(shows(WORD), "{:#?}", traces(team, &bob));
    team.ask(&ada, &place, "crew restrict", json!({})).await.unwrap();
    team.quiet().await;
    let lines = team.desk().timeline(id(), 1).await.unwrap();
    let seq = lines.iter().find(|line| line.text.contains(WORD)).unwrap().seq;
    let redact = json!({"n": seq, "reason": "names a breach"});
    team.ask(&ada, &place, "entry redact", redact).await.unwrap();
    team.quiet().await;
    assert!(!shows(WORD) && !shows("names a breach"), "{:#?}", traces(team, &bob));
    assert!(shows("[redacted]") || shows("\\[redacted"), "{:#?}", traces(team, &bob));
}

fn team_title<T: Team>(_: &T) -> &'static str {
    T::CHAT
}

/// A verb and its options as one types them.
fn typed(verb: &str, options: &Value) -> String {
    let text = |name: &str| options[name].as_str().unwrap_or_default();
    let incident = match options["incident"].as_str() {
        Some(incident) => format!("{incident} "),
        None => String::new(),
    };
    let flag = if options["restricted"] == true { " --restricted" } else { "" };
    let entry = options["n"].as_u64().map(|n| format!("{n} ")).unwrap_or_default();
    let words = ["title", "text", "who", "reason"].map(text).concat();
    format!("{incident}{verb}{flag} {entry}{words}")
}

struct OnDiscord(discord_bot::house::House);

fn discord_id(text: &str) -> discord::Id {
    text.parse().unwrap()
}

impl Team for OnDiscord {
    const CHAT: &'static str = "Discord";
    fn desk(&self) -> &Desk {
        &self.0.desk
    }
    fn ada(&self) -> String {
        self.0.ada.to_string()
    }
    fn bob(&self) -> String {
        self.0.bob.to_string()
    }
    fn post(&self) -> String {
        self.0.post.to_string()
    }
    fn bob_named(&self) -> String {
        self.bob()
    }
    async fn ask(&self, who: &str, at: &str, verb: &str, options: Value) -> Result<String, String> {
        let name = crate::support::discord::slash(verb);
        let asked = self.0.discord.slash(discord_id(who), discord_id(at), &name, options);
        let asked = asked.map_err(|impossible| impossible.to_string())?;
        Ok(asked.message().await.map_err(|unanswered| format!("{unanswered:?}"))?.content)
    }
    fn seen_by(&self, who: &str) -> Vec<Seen> {
        let seen = self.0.discord.seen_by(discord_id(who)).into_iter();
        let text = |channel: &discord::Channel| {
            let said = self.0.discord.messages(channel.id);
            let said =
                said.iter().map(|one| format!("{} {:?} {:?}", one.content, one.embeds, one.components));
            format!("{} {:?} {}", channel.name, channel.topic, said.collect::<Vec<_>>().join("\n"))
        };
        seen.map(|channel| Seen { id: channel.id.to_string(), text: text(&channel) }).collect()
    }
    async fn quiet(&self) {
        self.0.quiet().await;
    }
    fn forbid(&self, is_forbidden: bool) {
        use permissions::{CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS, MANAGE_CHANNELS, MANAGE_ROLES};
        let bits = if is_forbidden {
            CREATE_PUBLIC_THREADS
        } else {
            CREATE_PUBLIC_THREADS | CREATE_PRIVATE_THREADS | MANAGE_CHANNELS | MANAGE_ROLES
        };
        self.0.discord.let_bot(bits);
    }
}

struct OnSlack(slack_bot::house::House);

impl Team for OnSlack {
    const CHAT: &'static str = "Slack";
    fn desk(&self) -> &Desk {
        &self.0.desk
    }
    fn ada(&self) -> String {
        self.0.ada.clone()
    }
    fn bob(&self) -> String {
        self.0.bob.clone()
    }
    fn post(&self) -> String {
        self.0.post.clone()
    }
    fn bob_named(&self) -> String {
        format!("<@{}>", self.0.bob)
    }
    async fn ask(&self, who: &str, at: &str, verb: &str, options: Value) -> Result<String, String> {
        let asked = self.0.slack.slash(who, at, &typed(verb, &options));
        let asked = asked.map_err(|impossible| impossible.to_string())?;
        Ok(asked.answer().await.map_err(|impossible| impossible.to_string())?.text)
    }
    fn seen_by(&self, who: &str) -> Vec<Seen> {
        let seen = self.0.slack.seen_by(who).into_iter();
        seen.map(|channel| Seen { id: channel.id.clone(), text: format!("{channel:?}") }).collect()
    }
    async fn quiet(&self) {
        self.0.quiet().await;
    }
    fn forbid(&self, is_forbidden: bool) {
        match is_forbidden {
            true => self.0.slack.take_scope("groups:write"),
            false => self.0.slack.give_scope("groups:write"),
        }
    }
}

struct OnMattermost(mattermost_bot::house::House);

impl Team for OnMattermost {
    const CHAT: &'static str = "Mattermost";
    fn desk(&self) -> &Desk {
        &self.0.desk
    }
    fn ada(&self) -> String {
        self.0.ada.clone()
    }
    fn bob(&self) -> String {
        self.0.bob.clone()
    }
    fn post(&self) -> String {
        self.0.post.clone()
    }
    fn bob_named(&self) -> String {
        "@bob.b".into()
    }
    async fn ask(&self, who: &str, at: &str, verb: &str, options: Value) -> Result<String, String> {
        let asked = self.0.mattermost.slash(who, at, None, &typed(verb, &options));
        let asked = asked.map_err(|impossible| impossible.to_string())?;
        asked.answer().await.map_err(|impossible| impossible.to_string())
    }
    fn seen_by(&self, who: &str) -> Vec<Seen> {
        let seen = self.0.mattermost.seen_by(who).into_iter().filter(|channel| !channel.is_direct);
        seen.map(|channel| Seen { id: channel.id.clone(), text: format!("{channel:?}") }).collect()
    }
    async fn quiet(&self) {
        self.0.quiet().await;
    }
    fn forbid(&self, is_forbidden: bool) {
        match is_forbidden {
            true => self.0.mattermost.take_permission("create_private_channel"),
            false => self.0.mattermost.give_permission("create_private_channel"),
        }
    }
}

macro_rules! in_a_house {
    ($team:ident, $house:expr, $test:literal, |$shown:ident| $story:expr) => {{
        let house = $house;
        let bot = house.start().await;
        let team = $team(house);
        let $shown = &team;
        $story.await;
        team.0.end(bot, $test).await;
    }};
}

async fn discord(space: IncidentSpace) -> discord_bot::house::House {
    let mut house = discord_bot::house::House::new().await;
    house.space = space;
    if space == IncidentSpace::Forum {
        house.post = house.discord.forum("incidents");
    }
    house
}

#[tokio::test]
async fn discord_keeps_it_in_a_private_thread() {
    in_a_house!(OnDiscord, discord(IncidentSpace::Thread).await, "private_thread", |team| {
        only_those_who_see_it_find_it(team)
    });
}

#[tokio::test]
async fn discord_keeps_it_in_a_channel_for_a_few_where_incidents_have_channels() {
    in_a_house!(OnDiscord, discord(IncidentSpace::Channel).await, "private_channel", |team| {
        only_those_who_see_it_find_it(team)
    });
}

#[tokio::test]
async fn discord_lets_in_who_is_known_there_by_a_link_alone() {
    let mut house = discord(IncidentSpace::Thread).await;
    let people = People::new("discord", HashMap::new());
    people.follow(house.desk.links.clone());
    (house.people, house.accounts) = (Arc::new(people), HashMap::new());
    let ada = Person { id: "ada".into(), name: "Ada Lovelace".into() };
    house.desk.links.link(format!("discord:{}", house.ada), ada);
    in_a_house!(OnDiscord, house, "private_thread_by_link", |team| only_those_who_see_it_find_it(team));
}

#[tokio::test]
async fn slack_keeps_it_in_a_private_channel() {
    in_a_house!(OnSlack, slack_bot::house::House::new().await, "slack_private", |team| {
        only_those_who_see_it_find_it(team)
    });
}

#[tokio::test]
async fn whom_slack_refused_is_let_in_when_it_allows_it_within_ten_minutes_and_the_refusal_is_noted_once() {
    let (world, dir) = (Arc::new(Ahead::default()), Arc::new(tempfile::tempdir().unwrap()));
    let journal = SqliteJournal::open(dir.path()).await.unwrap();
    let settings = Settings { chats: vec![slack::NAME.into()], ..Settings::default() };
    let desk = Desk::new(Arc::new(journal), world.clone(), settings);
    in_a_house!(OnSlack, slack_bot::house::House::at(desk, dir).await, "slack_refuses", |team| {
        who_was_kept_out_is_let_in_later(team, &world)
    });
}

#[tokio::test]
async fn mattermost_keeps_it_in_a_private_channel() {
    in_a_house!(OnMattermost, mattermost_bot::house::House::new().await, "mattermost_private", |team| {
        only_those_who_see_it_find_it(team)
    });
}

#[tokio::test]
async fn what_stood_in_the_open_in_discord_is_covered() {
    in_a_house!(OnDiscord, discord(IncidentSpace::Thread).await, "covered", |team| {
        what_stood_in_the_open_is_covered(team)
    });
}

#[tokio::test]
async fn what_stood_in_the_open_in_slack_is_covered() {
    in_a_house!(OnSlack, slack_bot::house::House::new().await, "covered", |team| {
        what_stood_in_the_open_is_covered(team)
    });
}

#[tokio::test]
async fn what_stood_in_the_open_in_mattermost_is_covered() {
    in_a_house!(OnMattermost, mattermost_bot::house::House::new().await, "covered", |team| {
        what_stood_in_the_open_is_covered(team)
    });
}

#[tokio::test]
async fn what_discord_shows_of_a_redacted_entry_is_taken_back() {
    in_a_house!(OnDiscord, discord(IncidentSpace::Thread).await, "redacted", |team| {
        what_is_redacted_is_taken_back(team)
    });
}

#[tokio::test]
async fn what_slack_shows_of_a_redacted_entry_is_taken_back() {
    in_a_house!(OnSlack, slack_bot::house::House::new().await, "redacted", |team| {
        what_is_redacted_is_taken_back(team)
    });
}

#[tokio::test]
async fn what_mattermost_shows_of_a_redacted_entry_is_taken_back() {
    in_a_house!(OnMattermost, mattermost_bot::house::House::new().await, "redacted", |team| {
        what_is_redacted_is_taken_back(team)
    });
}

#[tokio::test]
async fn without_discords_permission_for_private_threads_the_incident_says_so_and_goes_on() {
    in_a_house!(OnDiscord, discord(IncidentSpace::Thread).await, "forbidden", |team| {
        without_the_permission_it_goes_on_without_the_chat(team, "“Create Private Threads”")
    });
}

#[tokio::test]
async fn without_slacks_scope_for_private_channels_the_incident_says_so_and_goes_on() {
    in_a_house!(OnSlack, slack_bot::house::House::new().await, "forbidden", |team| {
        without_the_permission_it_goes_on_without_the_chat(team, "`groups:write`")
    });
}

#[tokio::test]
async fn without_mattermosts_permission_for_private_channels_the_incident_says_so_and_goes_on() {
    in_a_house!(OnMattermost, mattermost_bot::house::House::new().await, "forbidden", |team| {
        without_the_permission_it_goes_on_without_the_chat(team, "make a private channel")
    });
}

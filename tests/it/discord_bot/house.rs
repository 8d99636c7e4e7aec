//! A house with a Discord door, on a modelled Discord: the desk on a journal of its own, the outbox running.

use std::{collections::HashMap, sync::Arc, time::Duration};

use commandpost::{
    chat::{
        Say,
        discord::{DiscordDoor, DiscordSettings, NAME},
        people::People,
    },
    config::{IncidentSpace, Secret},
    desk::{
        Desk,
        clock::{System, World},
        words::Resolve,
    },
    journal::rows::DeliveryFilter,
    model::discord::{Channel, Clock, Discord, Id, Interaction, ManualClock, Message},
    people::Person,
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::support::{
    discord::{as_described, slash},
    house::desk,
};

/// How long a test waits before it fails; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// How often a Discord that answers nothing is asked whether it does again.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// A bot at work. Dropping it is not stopping it: see [`House::stop`].
pub struct Bot {
    pub door: Arc<DiscordDoor>,
    stop: CancellationToken,
    outbox: JoinHandle<()>,
}

pub struct House {
    pub discord: Discord,
    pub desk: Arc<Desk>,
    pub people: Arc<People>,
    /// User ids of configured people.
    pub accounts: HashMap<String, String>,
    /// The command post, and the channel for alerts.
    pub post: Id,
    pub alerts: Id,
    pub ada: Id,
    pub bob: Id,
    /// While false, whatever is said waits at the door of the desk.
    pub gate: watch::Sender<bool>,
    pub space: IncidentSpace,
    /// Over HTTP instead of by the gateway.
    pub public_key: Option<String>,
    /// That of whoever commands.
    pub commander_role: Option<Id>,
    pub rename_every: chrono::TimeDelta,
    pub watchdog: Duration,
    pub without_heartbeat: Duration,
    pub answer_within: Duration,
    /// [`PATIENCE`], or more where somebody slow stands between.
    pub patience: Duration,
    _dir: Arc<tempfile::TempDir>,
}

impl House {
    pub async fn new() -> Self {
        // Stands still, so that a busy machine does not use up a person's three seconds.
        Self::with_clock(ManualClock::at(System.now()).clock()).await
    }

    pub async fn with_clock(clock: Clock) -> Self {
        let (desk, dir) = desk(&[NAME]).await;
        Self::at(clock, desk, dir).await
    }

    /// With a desk that is there already.
    pub async fn at(clock: Clock, desk: Arc<Desk>, dir: Arc<tempfile::TempDir>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let discord = Discord::start(clock).await.expect("two free ports");
        let (post, alerts) = (discord.text_channel("command-post"), discord.text_channel("alerts"));
        let (ada, bob) = (discord.person("ada"), discord.person("bob"));
        let known = Person { id: "ada".into(), name: "Ada Lovelace".into() };
        let people = Arc::new(People::new(NAME, HashMap::from([(ada.to_string(), known)])));
        Self {
            discord,
            desk,
            people,
            accounts: HashMap::from([("ada".to_owned(), ada.to_string())]),
            post,
            alerts,
            ada,
            bob,
            gate: watch::channel(true).0,
            space: IncidentSpace::Thread,
            public_key: None,
            commander_role: None,
            rename_every: chrono::TimeDelta::minutes(5),
            watchdog: Duration::from_secs(60),
            without_heartbeat: Duration::from_secs(150),
            answer_within: Duration::from_secs(10),
            patience: PATIENCE,
            _dir: dir,
        }
    }

    pub fn settings(&self) -> DiscordSettings {
        DiscordSettings {
            token: Secret::new(self.discord.token()),
            base_url: self.discord.url(),
            application_id: self.discord.application().to_string(),
            guild_id: self.discord.guild().to_string(),
            channel_id: self.post.to_string(),
            alerts_channel_id: Some(self.alerts.to_string()),
            space: self.space,
            public_key: self.public_key.clone(),
            people: self.people.clone(),
            accounts: self.accounts.clone(),
            components: vec!["Checkout".into()],
            commander_role_id: self.commander_role.map(|id| id.to_string()),
            watchdog: self.watchdog,
            without_heartbeat: self.without_heartbeat,
            answer_within: self.answer_within,
            ask_every: ASK_EVERY,
            rename_every: self.rename_every,
        }
    }

    /// Starts a bot and its outbox without waiting for anything.
    pub fn open(&self, settings: DiscordSettings) -> Bot {
        let stop = CancellationToken::new();
        let say = say(self.desk.clone(), self.people.clone(), self.gate.subscribe());
        let door = DiscordDoor::start(settings, self.desk.clone(), say, stop.clone()).expect("a door");
        let outbox = tokio::spawn(self.desk.clone().run_outbox(door.clone(), stop.clone()));
        Bot { door, stop, outbox }
    }

    /// Starts a bot that is connected and has its commands registered.
    pub async fn start(&self) -> Bot {
        let bot = self.open(self.settings());
        self.eventually("the bot to be ready", || {
            let health = bot.door.health();
            (health.connected && health.commands_registered).then_some(())
        })
        .await;
        bot
    }

    pub async fn stop(&self, bot: Bot) {
        bot.stop.cancel();
        tokio::time::timeout(self.patience, bot.outbox).await.expect("the outbox ends").expect("well");
        self.eventually("the gateway to close", || (self.discord.gateway().sessions() == 0).then_some(()))
            .await;
    }

    /// Looks until `find` finds something.
    pub async fn eventually<T>(&self, what: &str, mut find: impl FnMut() -> Option<T>) -> T {
        let looking = async {
            loop {
                if let Some(found) = find() {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(self.patience, looking).await {
            Ok(found) => found,
            Err(_) => panic!(
                "waited for {what}; threads {:#?}, requests {:#?}",
                self.discord.threads(),
                self.spoken_of()
            ),
        }
    }

    fn spoken_of(&self) -> Vec<String> {
        self.discord.requests().iter().map(|r| format!("{} {} {}", r.method, r.path, r.status)).collect()
    }

    pub async fn slash(&self, person: Id, channel: Id, name: &str, options: Value) -> Interaction {
        self.discord.slash(person, channel, &slash(name), options).expect("a registered command")
    }

    /// A slash command and the answer that its asker reads.
    pub async fn ask(&self, person: Id, channel: Id, name: &str, options: Value) -> Message {
        self.slash(person, channel, name, options).await.message().await.expect("an answer")
    }

    /// Ada declares by slash command; returns the incident's thread or channel with its card in it.
    pub async fn declare(&self, title: &str) -> (Channel, Message) {
        let answer = self.ask(self.ada, self.post, "declare", json!({"title": title})).await;
        assert!(answer.is_ephemeral(), "{answer:?}");
        let id = answer.content.split(" – ").next().unwrap_or_default().trim_matches('*').to_owned();
        let id = id.rsplit(' ').next().unwrap_or_default().to_owned();
        self.space_of(&id).await
    }

    pub async fn space_of(&self, id: &str) -> (Channel, Message) {
        let thread = self
            .eventually("the incident's thread", || {
                self.discord.threads().into_iter().find(|t| t.name.starts_with(&format!("{id} ")))
            })
            .await;
        let card = self.eventually("the card", || self.cards(thread.id).pop()).await;
        (thread, card)
    }

    /// The cards in a channel.
    pub fn cards(&self, channel: Id) -> Vec<Message> {
        self.discord.messages(channel).into_iter().filter(|m| !m.embeds.is_empty()).collect()
    }

    /// The lines of the timeline in a channel.
    pub fn lines(&self, channel: Id) -> Vec<Message> {
        self.discord.messages(channel).into_iter().filter(|m| m.content.contains("`#")).collect()
    }

    /// Waits until nothing is left to deliver.
    pub async fn quiet(&self) {
        let waiting = async {
            while !self.desk.journal.deliveries(DeliveryFilter::Open).await.expect("a list").is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(self.patience, waiting).await.is_err() {
            let left = self.desk.journal.deliveries(DeliveryFilter::Open).await;
            panic!("not quiet: {left:#?} {:#?}", self.spoken_of());
        }
    }

    pub async fn timeline(&self) -> Vec<String> {
        let lines = self.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
        lines.into_iter().map(|line| line.text).collect()
    }

    /// Waits until something stands on the timeline, and then for quiet.
    pub async fn stands(&self, what: &str) -> Vec<String> {
        let waiting = async {
            while !self.timeline().await.iter().any(|text| text.contains(what)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(self.patience, waiting).await;
        assert!(waited.is_ok(), "waited for «{what}» on {:#?}", self.timeline().await);
        self.quiet().await;
        self.timeline().await
    }

    pub async fn forget(&self, id: &str) {
        for name in ["space", "card", "announcement", "pinned"] {
            self.desk.journal.bind(NAME, id, name, "").await.expect("bound");
        }
    }

    /// Stops the bot and looks at everything that it ever sent.
    pub async fn end(&self, bot: Bot, test: &str) {
        self.quiet().await;
        self.stop(bot).await;
        as_described(&self.discord, test);
    }
}

/// What is said goes to the desk once the gate is open.
fn say(desk: Arc<Desk>, people: Arc<People>, gate: watch::Receiver<bool>) -> Say {
    let resolve: Resolve =
        Arc::new(move |name| people.mentioned(name).map_or_else(|| Person::named(name), Ok));
    Arc::new(move |caller, here, words, once| {
        let (desk, resolve, mut gate) = (desk.clone(), resolve.clone(), gate.clone());
        Box::pin(async move {
            drop(gate.wait_for(|open| *open).await);
            desk.say(caller, here, words, once, &resolve).await
        })
    })
}

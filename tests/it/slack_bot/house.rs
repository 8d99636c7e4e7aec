//! A house with a Slack door, on a modelled Slack: the desk on a journal of its own, the outbox running.

use std::{collections::HashMap, sync::Arc, time::Duration};

use commandpost::{
    chat::{
        Say,
        people::People,
        slack::{NAME, SlackDoor, SlackSettings},
    },
    config::SlackSpace,
    desk::{
        Desk,
        clock::{System, World},
        words::Resolve,
    },
    journal::rows::DeliveryFilter,
    model::slack::{Channel, Message, SlackModel},
    people::Person,
};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::support::{house::desk, slack_api};

/// How long a test waits before it fails; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Between two messages in a channel: less than Slack's second, so that the tests end today.
const GAP_MS: i64 = 40;
/// How often a Slack that answers nothing is asked whether it does again.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// An app at work.
pub struct Bot {
    pub door: Arc<SlackDoor>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

pub struct House {
    pub slack: Arc<SlackModel>,
    pub desk: Arc<Desk>,
    pub people: Arc<People>,
    /// The command post, and the channel for alerts.
    pub post: String,
    pub alerts: String,
    pub ada: String,
    pub bob: String,
    /// While false, whatever is said waits at the door of the desk.
    pub gate: watch::Sender<bool>,
    pub space: SlackSpace,
    pub by_http: bool,
    _dir: Arc<tempfile::TempDir>,
}

impl House {
    pub async fn new() -> Self {
        let (desk, dir) = desk(&[NAME]).await;
        Self::at(desk, dir).await
    }

    /// With a desk that is there already.
    pub async fn at(desk: Arc<Desk>, dir: Arc<tempfile::TempDir>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let slack = SlackModel::start(Arc::new(|| System.now())).await.expect("a free port");
        slack.message_gap(GAP_MS);
        slack.patience(60_000);
        let (post, alerts) = (slack.channel("command-post"), slack.channel("alerts"));
        let (ada, bob) = (slack.person("ada"), slack.person("Bob"));
        let known = Person { id: "ada".into(), name: "Ada Lovelace".into() };
        let people = Arc::new(People::new(NAME, HashMap::from([(ada.clone(), known)])));
        Self {
            slack: Arc::new(slack),
            desk,
            people,
            post,
            alerts,
            ada,
            bob,
            gate: watch::channel(true).0,
            space: SlackSpace::Channel,
            by_http: false,
            _dir: dir,
        }
    }

    pub fn settings(&self) -> SlackSettings {
        SlackSettings {
            bot_token: self.slack.bot_token(),
            app_token: (!self.by_http).then(|| self.slack.app_token()),
            signing_secret: Some(self.slack.signing_secret()),
            base_url: self.slack.url(),
            channel: self.post.clone(),
            alerts_channel: Some(self.alerts.clone()),
            space: self.space,
            people: self.people.clone(),
            accounts: HashMap::from([("ada".to_owned(), self.ada.clone())]),
            public_url: Some("https://incidents.example.com".into()),
            // A little more than the model's: clocks tick.
            message_gap: Duration::from_millis(2 * GAP_MS as u64),
            ask_every: ASK_EVERY,
        }
    }

    pub fn open(&self, settings: SlackSettings) -> Bot {
        let stop = CancellationToken::new();
        let say = say(self.desk.clone(), self.people.clone(), self.gate.subscribe());
        let door = SlackDoor::open(settings, self.desk.clone(), say, stop.clone()).expect("a door");
        let tasks = vec![
            tokio::spawn(door.clone().listen()),
            tokio::spawn(self.desk.clone().run_outbox(door.clone(), stop.clone())),
        ];
        Bot { door, stop, tasks }
    }

    /// Starts an app that is connected.
    pub async fn start(&self) -> Bot {
        let bot = self.open(self.settings());
        self.eventually("the app to be ready", || bot.door.health().is_there.then_some(())).await;
        bot
    }

    pub async fn stop(&self, bot: Bot) {
        bot.stop.cancel();
        for task in bot.tasks {
            tokio::time::timeout(PATIENCE, task).await.expect("it ends").expect("well");
        }
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
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(found) => found,
            Err(_) => panic!("waited for {what}; {:#?}", self.spoken_of()),
        }
    }

    fn spoken_of(&self) -> Vec<String> {
        let say =
            |r: &commandpost::model::recorder::Recorded| format!("{} {} {}", r.method, r.path, r.status);
        self.slack.requests().iter().map(say).collect()
    }

    /// A slash command and the answer that its asker reads.
    pub async fn ask(&self, person: &str, channel: &str, text: &str) -> String {
        let asked = self.slack.slash(person, channel, text).expect("said");
        asked.answer().await.expect("an answer").text
    }

    /// Ada declares; returns the incident's channel and its card.
    pub async fn declare(&self, title: &str) -> (Channel, Message) {
        let answer = self.ask(&self.ada, &self.post, &format!("declare {title}")).await;
        assert!(answer.contains("INC-"), "{answer}");
        let channel = self.eventually("the channel", || self.slack.channel_named("inc-")).await;
        let card = self.eventually("the card", || self.cards(&channel.id).pop()).await;
        (self.slack.channel_named("inc-").expect("still there"), card)
    }

    pub fn cards(&self, channel: &str) -> Vec<Message> {
        self.slack.messages(channel).into_iter().filter(|m| !m.blocks.is_empty()).collect()
    }

    /// The lines of the timeline in a channel.
    pub fn lines(&self, channel: &str) -> Vec<String> {
        let is_line = |m: &Message| m.is_bots && m.blocks.is_empty() && m.text.contains(" #");
        self.slack.messages(channel).into_iter().filter(is_line).map(|m| m.text).collect()
    }

    /// Waits until nothing is left to deliver.
    pub async fn quiet(&self) {
        let waiting = async {
            while !self.desk.journal.deliveries(DeliveryFilter::Open).await.expect("a list").is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let left = self.desk.journal.deliveries(DeliveryFilter::Open).await;
            panic!("not quiet: {left:#?} {:#?}", self.spoken_of());
        }
    }

    pub async fn timeline(&self) -> Vec<String> {
        let id = "INC-1".parse().expect("an id");
        let lines = self.desk.timeline(id, 1).await.expect("a timeline");
        lines.into_iter().map(|line| line.text).collect()
    }

    /// Waits until something stands on the timeline, and then for quiet.
    pub async fn stands(&self, what: &str) -> Vec<String> {
        self.until(what, |told| told.iter().any(|text| text.contains(what))).await
    }

    /// Waits until the timeline is so, and then for quiet.
    pub async fn until(&self, what: &str, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let waiting = async {
            while !is_so(&self.timeline().await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "waited for «{what}» on {:#?}", self.timeline().await);
        self.quiet().await;
        self.timeline().await
    }

    /// Stops the app and looks at everything that it ever sent.
    pub async fn end(&self, bot: Bot, test: &str) {
        self.quiet().await;
        self.stop(bot).await;
        slack_api::as_described(&self.slack.requests(), test);
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

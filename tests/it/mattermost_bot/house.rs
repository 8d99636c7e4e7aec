//! A house with a Mattermost door, on a modelled Mattermost: the desk on a journal of its own, the outbox running, reached
//! over HTTP.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use commandpost::{
    chat::{
        Say,
        mattermost::{self, MattermostDoor, MattermostSettings, NAME, Way},
        people::People,
    },
    config::MattermostSpace,
    desk::{
        Desk, Settings,
        clock::{System, World},
        words::Resolve,
    },
    http::{
        body::Bodies,
        inbound::{self, Inbound, Take, Taken},
    },
    journal::{rows::DeliveryFilter, sqlite::SqliteJournal},
    model::mattermost::{Channel, MattermostModel, Post, Reaction},
    people::Person,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::support::mattermost_api;

/// How long a test waits before it fails; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// What was done where there was nothing more to say.
pub const MARK: &str = "✅";

/// A bot at work.
pub struct Bot {
    pub door: Arc<MattermostDoor>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// The door that is open now, for what comes over HTTP.
type Current = Arc<Mutex<Option<Arc<MattermostDoor>>>>;

/// What a clock shows.
type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

pub struct House {
    pub mattermost: Arc<MattermostModel>,
    pub desk: Arc<Desk>,
    pub people: Arc<People>,
    /// Where Mattermost reaches the house.
    pub url: String,
    /// The command post, and the channel for alerts.
    pub post: String,
    pub alerts: String,
    pub ada: String,
    pub bob: String,
    /// While false, whatever is said waits at the door of the desk.
    pub gate: watch::Sender<bool>,
    pub space: MattermostSpace,
    pub has_callbacks: bool,
    current: Current,
    server: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl House {
    pub async fn new() -> Self {
        Self::by_clocks(Arc::new(System), Arc::new(|| System.now())).await
    }

    /// The house has this clock, and Mattermost's shows something of its own.
    pub async fn by_clocks(world: Arc<dyn World>, theirs: Now) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mattermost = MattermostModel::start(theirs).await.expect("a free port");
        mattermost.patience(60);
        let dir = tempfile::tempdir().expect("a directory");
        let journal = SqliteJournal::open(dir.path()).await.expect("a journal");
        let settings = Settings { chats: vec![NAME.into()], ..Settings::default() };
        let desk = Desk::new(Arc::new(journal), world, settings);
        let (post, alerts) = (mattermost.channel("command-post"), mattermost.channel("alerts"));
        let (ada, bob) = (mattermost.person("ada", ""), mattermost.person("bob.b", "Bob"));
        let known = Person { id: "ada".into(), name: "Ada Lovelace".into() };
        let people = Arc::new(People::new(NAME, HashMap::from([(ada.clone(), known)])));
        let current = Current::default();
        let (url, server) = serve(current.clone()).await;
        mattermost.reach(&format!("{url}/chat/mattermost"));
        Self {
            mattermost: Arc::new(mattermost),
            desk,
            people,
            url,
            post,
            alerts,
            ada,
            bob,
            gate: watch::channel(true).0,
            space: MattermostSpace::Channel,
            has_callbacks: true,
            current,
            server,
            _dir: dir,
        }
    }

    pub fn settings(&self) -> MattermostSettings {
        MattermostSettings {
            token: self.mattermost.bot_token(),
            command_token: Some(self.mattermost.command_token()),
            url: self.mattermost.url(),
            callback_url: self.has_callbacks.then(|| self.url.clone()),
            channel: self.post.clone(),
            alerts_channel: Some(self.alerts.clone()),
            space: self.space,
            prefix: "!incident".into(),
            people: self.people.clone(),
            accounts: HashMap::from([("ada".to_owned(), self.ada.clone())]),
            public_url: Some("https://incidents.example.com".into()),
            tz: Tz::UTC,
            ask_every: Duration::from_millis(200),
        }
    }

    pub fn open(&self, settings: MattermostSettings) -> Bot {
        let stop = CancellationToken::new();
        let say = say(self.desk.clone(), self.people.clone(), self.gate.subscribe());
        let door = MattermostDoor::open(settings, self.desk.clone(), say, stop.clone()).expect("a door");
        *self.current.lock().expect("not broken") = Some(door.clone());
        let tasks = vec![
            tokio::spawn(door.clone().listen()),
            tokio::spawn(self.desk.clone().run_outbox(door.clone(), stop.clone())),
        ];
        Bot { door, stop, tasks }
    }

    /// Starts a bot that is connected.
    pub async fn start(&self) -> Bot {
        let bot = self.open(self.settings());
        self.eventually("the bot to be ready", || bot.door.health().is_there.then_some(())).await;
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
        self.mattermost.requests().iter().map(say).collect()
    }

    /// A slash command and the answer that its asker reads.
    pub async fn ask(&self, person: &str, channel: &str, text: &str) -> String {
        let asked = self.mattermost.slash(person, channel, None, text).expect("said");
        asked.answer().await.expect("an answer")
    }

    /// A message that is a command, and the reply that everybody reads.
    pub async fn call(&self, person: &str, channel: &str, text: &str) -> String {
        let said = self.mattermost.say(person, channel, None, text).expect("said");
        self.eventually("a reply", || self.replies(&said).pop()).await
    }

    /// What the bot replied to a message; a mark of its on it is a reply as well.
    pub fn replies(&self, to: &Post) -> Vec<String> {
        let bot = self.mattermost.bot();
        let posts = self.mattermost.posts(&to.channel);
        let is_reply =
            |post: &Post| post.user == bot && post.root.as_ref() == Some(&to.id) && !is_line(&post.text);
        let now = posts.iter().find(|post| post.id == to.id);
        let marks = now.map_or(0, |post| {
            let is_mark = |one: &&Reaction| one.user == bot && one.emoji == "white_check_mark";
            post.reactions.iter().filter(is_mark).count()
        });
        let replies = posts.iter().filter(|post| is_reply(post)).map(|post| post.text.clone());
        replies.chain(std::iter::repeat_n(MARK.to_owned(), marks)).collect()
    }

    /// Ada declares; returns the incident's channel and its card.
    pub async fn declare(&self, title: &str) -> (Channel, Post) {
        let answer = self.ask(&self.ada, &self.post, &format!("declare {title}")).await;
        assert!(answer.contains("INC-"), "{answer}");
        let channel = self.eventually("the channel", || self.mattermost.channel_named("inc-")).await;
        let card = self.eventually("the card", || self.cards(&channel.id).pop()).await;
        (self.mattermost.channel_named("inc-").expect("still there"), card)
    }

    pub fn cards(&self, channel: &str) -> Vec<Post> {
        self.mattermost.posts(channel).into_iter().filter(Post::is_card).collect()
    }

    /// The lines of the timeline in a channel.
    pub fn lines(&self, channel: &str) -> Vec<String> {
        let bot = self.mattermost.bot();
        let posts = self.mattermost.posts(channel).into_iter().filter(|post| post.user == bot);
        posts.map(|post| post.text).filter(|text| is_line(text)).collect()
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

    /// Waits until the timeline has, or has no more, what `is_so` looks for.
    pub async fn until_timeline(&self, what: &str, is_so: impl Fn(&[String]) -> bool) {
        let looking = async {
            while !is_so(&self.timeline().await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, looking).await.is_err() {
            panic!("waited for {what}: {:#?}", self.timeline().await);
        }
    }

    /// Stops the bot and looks at everything that it ever sent.
    pub async fn end(&self, bot: Bot, test: &str) {
        self.quiet().await;
        self.stop(bot).await;
        mattermost_api::as_described(&self.mattermost.requests(), test);
    }
}

/// A line of the timeline ends with its number.
fn is_line(text: &str) -> bool {
    text.rsplit_once(" #").is_some_and(|(_, number)| number.parse::<u64>().is_ok())
}

/// What comes over HTTP, to the door that is open.
async fn serve(current: Current) -> (String, JoinHandle<()>) {
    let take: Take = Arc::new(move |way, _, body| {
        let door = current.lock().expect("not broken").clone();
        Box::pin(async move {
            let (Some(way), Some(door)) = (Way::of_path(&way), door) else { return Taken::Unknown };
            match door.receive(way, &body).await {
                Ok(answer) => Taken::Answered(Some(answer)),
                Err(commandpost::chat::Unproven::Unreadable) => Taken::Unreadable,
                Err(_) => Taken::Unauthorized,
            }
        })
    });
    let inbound = Inbound { chats: BTreeMap::from([(NAME, take)]), bodies: Bodies::new(1024 * 1024) };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = inbound::router(Arc::new(inbound));
    (url, tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") }))
}

/// What is said goes to the desk once the gate is open.
fn say(desk: Arc<Desk>, people: Arc<People>, gate: watch::Receiver<bool>) -> Say {
    let resolve: Resolve =
        Arc::new(move |name| mattermost::mentioned(&people, name).map_or_else(|| Person::named(name), Ok));
    Arc::new(move |caller, here, words, once| {
        let (desk, resolve, mut gate) = (desk.clone(), resolve.clone(), gate.clone());
        Box::pin(async move {
            drop(gate.wait_for(|open| *open).await);
            desk.say(caller, here, words, once, &resolve).await
        })
    })
}

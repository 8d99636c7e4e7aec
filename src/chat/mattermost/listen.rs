//! Hears Mattermost over a WebSocket that we open, each thing once and in order.
//!
//! After <https://api.mattermost.com/#tag/WebSocket>. Its events are numbered from 0 on each connection; where a number is
//! left out, and after each connection that broke, what may have been missed is looked for ([`super::missed`]).

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message};

use super::{
    MattermostDoor, NAME,
    event::{Event, Happens, Post},
    missed::Deaf,
    moment::Moment,
    space::gone,
    stand::Stand,
    trouble::Trouble,
};
use crate::{
    chat::{
        bring::{catch_up, whole},
        trouble::{AFTER_MISTAKE, Doing},
        typed::command,
        websocket::Socket,
        wire::plainly,
    },
    desk::clock::World,
};

const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 30_000;
/// A connection that lived this long was a good one.
const STEADY: chrono::TimeDelta = chrono::TimeDelta::seconds(30);
const HELLO_PATIENCE: Duration = Duration::from_secs(15);
/// We ask for a sign of life this often, and give the connection up when there was none for twice as long.
const PING_EVERY: Duration = Duration::from_secs(20);
/// What is heard and not yet done. Whoever says more than this at once is heard by looking.
const WAITING_MAX: usize = 4_096;

/// What the socket tells.
enum Told {
    /// What happens just then.
    Event(Box<Event>, Moment),
    /// Something before this was left out.
    Gap,
}

/// Why nothing is heard any more, and how long at least that will be so.
struct Silence(String, Duration);

impl Silence {
    fn of(why: impl Into<String>) -> Self {
        Self(why.into(), Duration::ZERO)
    }
}

impl From<Trouble> for Silence {
    fn from(trouble: Trouble) -> Self {
        let pause = trouble.outcome(Doing::Read, "").pause();
        Self(trouble.why(), pause.unwrap_or_default())
    }
}

impl From<Deaf> for Silence {
    fn from(deaf: Deaf) -> Self {
        match deaf {
            Deaf::Trouble(trouble) => trouble.into(),
            Deaf::Journal => Self::of("The journal does not answer."),
        }
    }
}

impl MattermostDoor {
    /// Listens until the door is stopped.
    pub async fn listen(self: Arc<Self>) {
        tokio::join!(self.listen_anew(), self.attend());
    }

    async fn listen_anew(self: &Arc<Self>) {
        let mut failures = 0_u32;
        while !self.stop.is_cancelled() {
            let begun = self.desk.world.now();
            let Silence(why, after) = tokio::select! {
                () = self.stop.cancelled() => break,
                silence = self.converse() => silence,
            };
            if self.desk.world.now() - begun >= STEADY {
                failures = 0;
            }
            if self.standing.set_connected(false, self.desk.world.now()) {
                tracing::warn!("nothing is heard from Mattermost: {why}");
            }
            self.standing.error(why);
            let full = FIRST_PAUSE_MS.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE_MS);
            let own = Duration::from_millis((full as f64 * (0.5 + 0.5 * self.desk.world.chance())) as u64);
            failures = failures.saturating_add(1);
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep(own.max(after)) => {}
            }
        }
        self.standing.set_connected(false, self.desk.world.now());
    }

    /// One connection, from its first word to its last.
    async fn converse(self: &Arc<Self>) -> Silence {
        match self.converse_well().await {
            Ok(silence) | Err(silence) => silence,
        }
    }

    async fn converse_well(self: &Arc<Self>) -> Result<Silence, Silence> {
        let stand = self.stand().await.map_err(|halt| {
            let outcome = whole(halt, || gone(&self.settings.channel));
            Silence(outcome.why().unwrap_or_default().to_owned(), outcome.pause().unwrap_or_default())
        })?;
        let (socket, next) = self.open_socket().await?;
        if self.standing.set_connected(true, self.desk.world.now()) {
            tracing::info!("the socket to Mattermost is open");
            catch_up(&self.desk, NAME).await;
        }
        let (told, heard) = mpsc::channel(WAITING_MAX);
        let reading = read(socket, next, told, &*self.desk.world);
        let doing = self.do_all(stand, heard);
        tokio::pin!(doing);
        tokio::select! {
            silence = reading => {
                // What was heard is done first.
                doing.await?;
                Ok(silence)
            }
            done = &mut doing => done.map(|()| Silence::of("The door is closing.")),
        }
    }

    /// A socket that knows us and has said hello, and the number of the event after that.
    async fn open_socket(&self) -> Result<(Socket, u64), Silence> {
        let mut socket = self.rest.socket().await?;
        let challenge = json!({
            "seq": 1, "action": "authentication_challenge", "data": {"token": self.rest.token().expose()},
        });
        socket.send(Message::text(challenge.to_string())).await.map_err(|error| broke(&error))?;
        let hello = async {
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else { continue };
                let said: Value = serde_json::from_str(text.as_str()).unwrap_or_default();
                if said["event"] == "hello" || said["status"] == "FAIL" {
                    return said;
                }
            }
            Value::Null
        };
        let hello = tokio::time::timeout(HELLO_PATIENCE, hello).await.unwrap_or_default();
        match hello["event"].as_str() {
            Some(_) => Ok((socket, hello["seq"].as_u64().unwrap_or_default() + 1)),
            None if hello["status"] == "FAIL" => {
                let why = "Mattermost does not take the bot's token (`mattermost.bot_token`) on the socket.";
                Err(Silence(why.to_owned(), AFTER_MISTAKE))
            }
            None => Err(Silence::of("Mattermost's socket says no hello.")),
        }
    }

    /// Does what the socket tells, after what was missed before it was open.
    async fn do_all(self: &Arc<Self>, stand: &Stand, mut heard: mpsc::Receiver<Told>) -> Result<(), Silence> {
        self.look_for_missed(stand).await?;
        while let Some(told) = heard.recv().await {
            match told {
                Told::Event(event, told_at) => {
                    if self.serves(&event.channel).await {
                        let done = self.hear(stand, &event, (false, told_at)).await?;
                        self.mark(event.at, done).await?;
                    }
                }
                Told::Gap => {
                    tracing::info!("the socket to Mattermost left something out; it is looked for");
                    self.look_for_missed(stand).await?;
                }
            }
        }
        Ok(())
    }

    /// Does what an event says, once. Returns whether there was something to do. `is_again`: an earlier run may have heard
    /// it, which is told at this moment.
    pub(super) async fn hear(
        self: &Arc<Self>,
        stand: &Stand,
        event: &Event,
        (is_again, told_at): (bool, Moment),
    ) -> Result<bool, Deaf> {
        let name = event.name();
        if self.seen.has(&name) {
            return Ok(false);
        }
        let done = self.act_on(stand, event, (is_again, told_at)).await?;
        self.seen.is_first(&name);
        Ok(done)
    }

    async fn act_on(
        self: &Arc<Self>,
        stand: &Stand,
        event: &Event,
        (is_again, told_at): (bool, Moment),
    ) -> Result<bool, Deaf> {
        match (&event.what, &event.message) {
            (Happens::Posted, Some(post)) if post.is_by_person && post.user != stand.me => {
                let incident = self.bindings.incident_at(&post.channel, post.root.as_deref()).await;
                let words = self.words_of(stand, post, incident.is_some());
                let slip = || self.slips.heard(&post.text, &self.settings.prefix, &post.channel, &post.id);
                let words = words.or_else(|| incident.and_then(|_| slip()));
                let Some(words) = words else {
                    let (prefix, place) =
                        (&self.settings.prefix, (post.channel.as_str(), post.user.as_str()));
                    let Some(hint) = self.slips.hint(&post.text, prefix, place, &post.id) else {
                        return Ok(false);
                    };
                    self.reply(post, &self.told(&hint), is_again).await;
                    return Ok(true);
                };
                let written_at = told_at.then(post.created_at);
                self.do_and_answer(post, incident, words, is_again, written_at).await;
            }
            (Happens::Edited, Some(post)) if post.user != stand.me => {
                // It was a command where it stands, if it was one.
                let words = self.words_of(stand, post, true);
                self.follow_edit(event, post, words).await;
            }
            (Happens::Deleted, Some(post)) => self.follow_deletion(event, post).await,
            (Happens::Pinned(pin), _) if pin.user != stand.me => {
                self.put_on_timeline(event, pin, told_at).await?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The words of a command, in an incident's own place (`is_in_space`) or elsewhere.
    fn words_of(&self, stand: &Stand, post: &Post, is_in_space: bool) -> Option<String> {
        command(&post.text, &self.settings.prefix, is_in_space)
            .or_else(|| command(&post.text, &format!("@{}", stand.handle), false))
    }
}

fn broke(error: &tungstenite::Error) -> Silence {
    Silence::of(format!("The socket to Mattermost broke: {}.", plainly(error)))
}

/// Reads the socket until it ends, and hands on what it tells.
async fn read(socket: Socket, mut next: u64, told: mpsc::Sender<Told>, world: &dyn World) -> Silence {
    let (mut out, mut heard) = socket.split();
    let mut ticks = tokio::time::interval(PING_EVERY);
    ticks.reset();
    let mut silent_ticks = 0_u8;
    loop {
        tokio::select! {
            message = heard.next() => {
                silent_ticks = 0;
                let text = match message {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Close(_))) | None => return Silence::of("Mattermost closed the socket."),
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => return broke(&error),
                };
                let Ok(said) = serde_json::from_str::<Value>(text.as_str()) else { continue };
                // An answer to something that we said has no number of its own.
                let Some(number) = said["seq"].as_u64().filter(|_| said["event"].is_string()) else { continue };
                let is_gap = number != next;
                next = number + 1;
                let event = Event::read(&said).map(|event| {
                    let told_at = Moment { ours: world.now(), theirs: event.at };
                    Told::Event(Box::new(event), told_at)
                });
                for one in is_gap.then_some(Told::Gap).into_iter().chain(event) {
                    if told.try_send(one).is_err() {
                        return Silence::of("More is said in Mattermost than can be done at once; it is looked for.");
                    }
                }
            }
            _ = ticks.tick() => {
                silent_ticks += 1;
                if silent_ticks > 2 {
                    return Silence::of("The socket to Mattermost is silent.");
                }
                if let Err(error) = out.send(Message::Ping(Vec::new().into())).await {
                    return broke(&error);
                }
            }
        }
    }
}

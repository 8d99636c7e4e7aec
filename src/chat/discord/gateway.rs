//! The gateway, through serenity's client: kept connected, watched, and begun anew when it hangs.
//!
//! serenity (0.12) has no time limit on connecting: a gateway that accepts TCP and never answers holds it for ever.
//! So each client lives in a runtime of its own, which a watchdog throws away with everything in it when the gateway
//! was not there for too long. What was heard is worked on in the house's own runtime and is not lost with it.
//!
//! serenity's own word on its stage is not enough: while it hangs in a resume, it still says "connected". So the
//! watchdog listens for life, and asks the gateway for it: who the bot is among the guild's members, which needs no
//! intent. Where such a question was never answered, only the acknowledged heartbeats count, which come more slowly.
//!
//! serenity knows one address for everything, and begins new sessions without asking whether it may. Both are seen to at a
//! [`Gate`] before each of its connections. With which code it was turned away it mostly keeps to itself: see [`closed`].

use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serenity::{
    all::{
        ChunkGuildFilter, ClientBuilder, ConnectionStage, Context, Event, GatewayError, GatewayIntents,
        GuildId, RawEventHandler, ShardManager, UserId,
    },
    async_trait,
    http::HttpBuilder,
};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::{Mutex, OwnedMutexGuard, oneshot, watch},
};

use super::{
    DiscordDoor, DiscordSettings, NAME, closed,
    pinned::{Edited, meet_named},
    rest::Trouble,
};
use crate::chat::bring::catch_up;

/// How often the watchdog looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const FIRST_PAUSE_MS: u64 = 1_000;
/// With this, an outage of a whole day costs 720 of the 1,000 sessions that Discord lets a bot begin.
const LONGEST_PAUSE_MS: u64 = 120_000;
/// What a connection that was begun after a cut says first comes at once, or not at all.
const SAYS_SOMETHING_WITHIN: Duration = Duration::from_secs(20);
/// Marks the question by which the gateway shows that it lives.
const ARE_YOU_THERE: &str = "are-you-there";
/// Interactions come without any intent; with this, which is none of the privileged, that a message was changed or deleted.
const INTENTS: GatewayIntents = GatewayIntents::GUILD_MESSAGES;
/// Discord lets a bot begin one session in five seconds.
const BETWEEN_SESSIONS: Duration = Duration::from_secs(5);
/// As requests are answered again the gateway is tried before its time, and then not so again for a while: each try may cost one of
/// the day's sessions.
const BETWEEN_EARLY_TRIES: TimeDelta = TimeDelta::minutes(10);
/// For goodbyes.
const GOODBYE: Duration = Duration::from_secs(3);

/// How one client ended.
enum End {
    Stopped,
    /// A person must act.
    Fatal(String),
    /// Not before this time.
    NotBefore(Duration, String),
    Lost(String),
    /// The watchdog gave it up, and nothing says why.
    Hung(String),
}

/// Keeps the gateway connected until the door is stopped, or until trying is of no use.
pub(super) async fn run(door: Arc<DiscordDoor>) {
    let (mut failures, mut tried_early) = (0_u32, None);
    let mut returns = door.returns.subscribe();
    while !door.stop.is_cancelled() {
        let mut was_connected = false;
        // What returned before this try is no reason for the next.
        returns.mark_unchanged();
        let mut end = connect(&door, &mut was_connected).await;
        door.standing.set_connected(false, door.desk.world.now());
        if was_connected {
            failures = 0;
            returns.mark_unchanged();
        }
        let full = FIRST_PAUSE_MS.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE_MS);
        let jittered = full as f64 * (0.5 + 0.5 * door.desk.world.chance());
        let mut pause = Duration::from_millis(jittered as u64);
        // Ever more seldom: it may cost one of the day's sessions.
        let asks = !was_connected && failures.saturating_add(1).is_power_of_two();
        let mut least = Duration::ZERO;
        if asks && matches!(end, End::Hung(_)) {
            match closed::ask(&door, INTENTS.bits()).await {
                Some(why) => end = End::Fatal(why.to_owned()),
                None => (pause, least) = (pause.max(BETWEEN_SESSIONS), BETWEEN_SESSIONS),
            }
        }
        let mut may_be_early = may_try_early(tried_early, door.desk.world.now());
        match end {
            End::Stopped => return,
            End::Fatal(why) => {
                tracing::error!("{why}");
                return door.standing.give_up(why);
            }
            End::NotBefore(after, why) => {
                tracing::warn!("{why}");
                door.standing.unheard(why);
                pause = pause.max(after);
                may_be_early = false;
            }
            End::Lost(why) | End::Hung(why) => {
                tracing::warn!(?pause, "{why}");
                door.standing.unheard(why);
            }
        }
        failures = failures.saturating_add(1);
        door.standing.counters.restarts.fetch_add(1, Relaxed);
        tokio::select! {
            () = door.stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = returned(&mut returns, least), if may_be_early => tried_early = Some(door.desk.world.now()),
        }
    }
}

fn may_try_early(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| now - last >= BETWEEN_EARLY_TRIES)
}

/// Waits until requests are answered again, and for so long besides: whatever kept them off may have kept the gateway off.
async fn returned(returns: &mut watch::Receiver<u64>, least: Duration) {
    if returns.changed().await.is_err() {
        // Nobody is there to tell it any more.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(least).await;
}

/// A runtime that ends with everything in it, connections that hang included.
struct Engine(Option<Runtime>);

impl Engine {
    fn start() -> std::io::Result<Self> {
        let built =
            Builder::new_multi_thread().worker_threads(1).thread_name("discord-gateway").enable_all().build();
        built.map(|runtime| Self(Some(runtime)))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What the gateway may be asked just now: a bad token and a spent budget are found out before a session is begun.
async fn may_connect(door: &DiscordDoor) -> Result<(), End> {
    match door.rest.get("/gateway/bot").await {
        Ok(told) => {
            let limit = &told["session_start_limit"];
            if limit["remaining"] == 0 {
                let after = Duration::from_millis(limit["reset_after"].as_u64().unwrap_or(60_000));
                return Err(End::NotBefore(after, spent(limit, door.desk.world.now() + after)));
            }
            Ok(())
        }
        Err(trouble) if trouble.is_bad_token() => Err(End::Fatal(trouble.why())),
        Err(Trouble::Wait(after)) => Err(End::NotBefore(after, Trouble::Wait(after).why())),
        Err(trouble) => Err(End::Lost(unasked(&trouble))),
    }
}

/// Why there is no connection, where Discord could not be asked for one. It stands after requests are answered again, so it is not
/// about the request.
fn unasked(trouble: &Trouble) -> String {
    let why = match trouble {
        Trouble::NotSent(why) | Trouble::MaybeSent(why) => why.clone(),
        Trouble::Broken(status) => format!("it answered {status}"),
        Trouble::Wait(_) | Trouble::Refused { .. } => return trouble.why(),
    };
    format!(
        "Discord's gateway is not connected, as Discord could not be asked for it: {why}. A new connection is tried."
    )
}

/// What is said while no session may be begun.
fn spent(limit: &serde_json::Value, until: DateTime<Utc>) -> String {
    let total = limit["total"].as_u64().unwrap_or(1_000);
    format!(
        "Discord lets a bot begin {total} sessions a day, and this bot's are used up: something makes it lose its sessions again and \
         again. It hears no commands until {} UTC, and connects then by itself; cards and lines go out all the same.",
        until.format("%-d %b %H:%M")
    )
}

/// serenity reads the gateway's address each time before it connects. It is held here, so that whatever connects waits until
/// the house has looked what for: a session goes on at the address that Discord named for it, and a new one begins at the gateway's
/// own, if Discord lets the bot begin one.
struct Gate {
    address: Arc<Mutex<String>>,
    /// The gateway's own.
    own: String,
    held: Option<OwnedMutexGuard<String>>,
    may_begin: bool,
    /// How long a connection that was let through has said nothing yet, and how much had been heard before.
    begun: Option<(Duration, u64)>,
}

impl Gate {
    /// The first session is let through without looking: Discord was asked for it.
    async fn before(address: Arc<Mutex<String>>) -> Self {
        let own = address.lock().await.clone();
        Self { address, own, held: None, may_begin: true, begun: None }
    }

    /// Lets whoever waits through. `has_session`: they can only want to go on with theirs.
    async fn open(&mut self, has_session: bool, door: &DiscordDoor, life: &Life) -> Result<(), End> {
        if has_session {
            self.may_begin = false;
        } else if !self.may_begin {
            may_connect(door).await?;
            self.may_begin = true;
        }
        let resume_at = life.resume_at.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let address = resume_at.filter(|_| has_session).unwrap_or_else(|| self.own.clone());
        if let Some(mut held) = self.held.take() {
            *held = address;
        }
        self.held = self.address.clone().try_lock_owned().ok();
        if self.held.is_none() {
            // Whoever waited comes first, and connects now.
            self.begun = Some((Duration::ZERO, life.events.load(Relaxed)));
            self.held = tokio::time::timeout(LOOK_EVERY, self.address.clone().lock_owned()).await.ok();
        }
        Ok(())
    }

    /// Asked with each look: whether a connection was let through that long ago and has said nothing since.
    fn is_unanswered(&mut self, life: &Life, within: Duration) -> bool {
        let Some((silent, heard)) = self.begun else { return false };
        let is_silent = life.events.load(Relaxed) == heard;
        self.begun = is_silent.then_some((silent + LOOK_EVERY, heard));
        is_silent && silent >= within
    }
}

async fn connect(door: &Arc<DiscordDoor>, was_connected: &mut bool) -> End {
    if let Err(end) = may_connect(door).await {
        return end;
    }
    let engine = match Engine::start() {
        Ok(engine) => engine,
        Err(e) => return End::Lost(format!("A thread for Discord's gateway could not be had: {e}.")),
    };
    let Some(runtime) = &engine.0 else { return End::Stopped };
    let (tell, told) = oneshot::channel();
    let life = Arc::new(Life::default());
    let listener = Listener { door: door.clone(), house: Handle::current(), life: life.clone() };
    let settings = &door.settings;
    // Nothing goes through serenity's HTTP but the question for the gateway's address; with its limiter on it would
    // not even go where it is told.
    let mut http = HttpBuilder::new(settings.token.expose()).ratelimiter_disabled(true);
    if !settings.is_real() {
        http = http.proxy(settings.base_url.clone());
    }
    let answer_within = settings.answer_within;
    let mut client = runtime.spawn(async move {
        let building = ClientBuilder::new_with_http(http.build(), INTENTS).raw_event_handler(listener);
        // The gateway's address is asked for here, by serenity, which would wait for ever.
        let Ok(built) = tokio::time::timeout(answer_within, building).await else {
            return Err("Discord did not tell the gateway's address.".to_owned());
        };
        let mut client = built.map_err(|e| format!("The gateway's client did not start: {e}."))?;
        drop(tell.send((client.shard_manager.clone(), Gate::before(client.ws_url.clone()).await)));
        match client.start().await {
            Err(serenity::Error::Gateway(error)) => Ok(fatal(&error)),
            Err(error) => Err(format!("The gateway's client ended: {error}.")),
            Ok(()) => Ok(None),
        }
    });
    let mut shards = tokio::select! {
        () = door.stop.cancelled() => return End::Stopped,
        shards = told => shards.ok(),
    };
    // The first question is asked as soon as there is somebody to ask.
    let mut watch = Watch { since_question: settings.watchdog, ..Watch::default() };
    loop {
        tokio::select! {
            () = door.stop.cancelled() => {
                if let Some((shards, _)) = shards {
                    // Best effort: the process ends anyway.
                    drop(tokio::time::timeout(GOODBYE, shards.shutdown_all()).await);
                }
                return End::Stopped;
            }
            ended = &mut client => return match ended {
                Ok(Ok(Some(why))) => End::Fatal(why),
                Ok(Ok(None)) => End::Lost("The gateway's client ended.".into()),
                Ok(Err(why)) => End::Lost(why),
                Err(_) => End::Lost("The gateway's client broke down.".into()),
            },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let mut connected = false;
        if let Some((shards, gate)) = &mut shards
            && let Some(seen) = watch.look(shards, &life, settings).await
        {
            connected = seen.is_connected;
            let opened = tokio::select! {
                () = door.stop.cancelled() => continue,
                opened = gate.open(seen.has_session, door, &life) => opened,
            };
            if let Err(end) = opened {
                return end;
            }
            // serenity has no time limit on that, and still says "connected".
            let within = SAYS_SOMETHING_WITHIN.min(settings.watchdog / 2);
            if *was_connected && gate.is_unanswered(&life, within) {
                let seconds = within.as_secs_f64();
                return End::Hung(format!(
                    "Discord's gateway took a connection and said nothing for {seconds} s; a new connection is tried."
                ));
            }
        }
        if door.standing.set_connected(connected, door.desk.world.now()) {
            if connected {
                let door = door.clone();
                tokio::spawn(async move { catch_up(&door.desk, NAME).await });
            } else {
                tracing::info!("the gateway is not connected");
            }
        }
        *was_connected |= connected;
        if connected {
            watch.away = Duration::ZERO;
            continue;
        }
        watch.away += LOOK_EVERY;
        if watch.away >= settings.watchdog {
            let seconds = settings.watchdog.as_secs_f64();
            return End::Hung(format!(
                "Discord's gateway was not there for {seconds} s; a new connection is tried."
            ));
        }
    }
}

/// What is heard of the gateway.
#[derive(Default)]
struct Life {
    events: AtomicU64,
    /// The gateway answers our question for it.
    answers: AtomicBool,
    /// Where the session that was begun last goes on.
    resume_at: std::sync::Mutex<Option<String>>,
}

/// The watchdog's memory. Time is counted in looks.
#[derive(Default)]
struct Watch {
    /// Since the gateway was there.
    away: Duration,
    /// Since anything was heard.
    silent: Duration,
    since_question: Duration,
    seen: (u64, Option<Duration>),
}

/// What the watchdog has seen.
struct Seen {
    is_connected: bool,
    /// There is one, or one that may go on.
    has_session: bool,
}

impl Watch {
    /// `None`: the client hangs.
    async fn look(&mut self, shards: &ShardManager, life: &Life, settings: &DiscordSettings) -> Option<Seen> {
        let every = settings.watchdog / 3;
        let looking = async {
            let runners = shards.runners.lock().await;
            // Before a new session, serenity strikes the lost one off its list.
            let has_session = !runners.is_empty();
            let Some(runner) = runners.values().find(|runner| runner.stage == ConnectionStage::Connected)
            else {
                return (has_session, None);
            };
            if self.since_question >= every
                && let (Ok(guild), Ok(bot)) = (settings.guild_id.parse(), settings.application_id.parse())
            {
                self.since_question = Duration::ZERO;
                let who = ChunkGuildFilter::UserIds(vec![UserId::new(bot)]);
                runner.runner_tx.chunk_guild(
                    GuildId::new(guild),
                    None,
                    false,
                    who,
                    Some(ARE_YOU_THERE.into()),
                );
            }
            (has_session, Some(runner.latency))
        };
        // The list is held for long only when the client hangs: then it is not connected.
        let (has_session, connected) = tokio::time::timeout(LOOK_EVERY, looking).await.ok()?;
        let Some(latency) = connected else { return Some(Seen { is_connected: false, has_session }) };
        let seen = (life.events.load(Relaxed), latency);
        self.silent = if seen == self.seen { self.silent + LOOK_EVERY } else { Duration::ZERO };
        self.since_question += LOOK_EVERY;
        self.seen = seen;
        let patience = if life.answers.load(Relaxed) {
            every * 2
        } else {
            settings.without_heartbeat.max(settings.watchdog)
        };
        Some(Seen { is_connected: self.silent < patience, has_session })
    }
}

/// What a person must do, where serenity hands on a code after which trying again is of no use.
fn fatal(error: &GatewayError) -> Option<String> {
    let code = match error {
        GatewayError::InvalidAuthentication => 4004,
        GatewayError::InvalidGatewayIntents => 4013,
        GatewayError::DisallowedGatewayIntents => 4014,
        // It keeps the others to itself.
        _ => return None,
    };
    closed::for_good(code).map(str::to_owned)
}

/// Hears the gateway's events and hands them to the house.
struct Listener {
    door: Arc<DiscordDoor>,
    house: Handle,
    life: Arc<Life>,
}

impl Listener {
    /// The gateway has answered the watchdog.
    fn lives(&self) {
        self.life.answers.store(true, Relaxed);
        self.door.standing.counters.signs_of_life.fetch_add(1, Relaxed);
    }

    fn resume_at(&self, address: String) {
        let is_one = self.door.settings.is_gateway(&address);
        *self.life.resume_at.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(address).filter(|_| is_one);
    }
}

#[async_trait]
impl RawEventHandler for Listener {
    async fn raw_event(&self, _: Context, event: Event) {
        let counters = &self.door.standing.counters;
        self.life.events.fetch_add(1, Relaxed);
        if matches!(event, Event::Ready(_) | Event::Resumed(_)) {
            let desk = self.door.desk.clone();
            self.house.spawn(async move { catch_up(&desk, NAME).await });
        }
        match event {
            Event::GuildMembersChunk(_) => self.lives(),
            Event::Unknown(event) if event.kind == "GUILD_MEMBERS_CHUNK" => self.lives(),
            Event::Ready(event) => {
                self.resume_at(event.ready.resume_gateway_url);
                let sessions = counters.sessions.fetch_add(1, Relaxed) + 1;
                tracing::info!(
                    sessions,
                    "a new session with Discord; what was asked while none was there is not heard any more"
                );
                self.house.spawn(self.door.clone().register());
                self.house.spawn(self.door.clone().look_for_missed());
            }
            Event::Resumed(_) => {
                let resumes = counters.resumes.fetch_add(1, Relaxed) + 1;
                tracing::info!(resumes, "the session with Discord goes on; what was missed is heard now");
            }
            Event::InteractionCreate(event) => match serde_json::to_value(&event.interaction) {
                Ok(mut value) => {
                    // serenity keeps it in the Rust type alone.
                    value["type"] = u8::from(event.interaction.kind()).into();
                    self.house.spawn(self.door.clone().hear(value));
                }
                Err(error) => tracing::error!(%error, "an interaction could not be passed on"),
            },
            Event::MessageUpdate(event) => {
                let mentions = serde_json::to_value(&event.mentions).unwrap_or_default();
                meet_named(&self.door.settings.people, &mentions);
                let edited = Edited {
                    message: event.id.to_string(),
                    channel: event.channel_id.to_string(),
                    at: event.edited_timestamp.map(|at| at.timestamp_millis()),
                    text: event.content.unwrap_or_default(),
                    attachments: serde_json::to_value(&event.attachments).unwrap_or_default(),
                };
                self.house.spawn(self.door.clone().follow_edit(edited));
            }
            Event::MessageDelete(event) => {
                self.house.spawn(self.door.clone().follow_deletion(event.message_id.to_string()));
            }
            Event::MessageDeleteBulk(event) => {
                for message in event.ids {
                    self.house.spawn(self.door.clone().follow_deletion(message.to_string()));
                }
            }
            Event::Unknown(event) => {
                counters.unknown_events.fetch_add(1, Relaxed);
                if event.kind == "INTERACTION_CREATE" {
                    tracing::warn!("serenity could not read an interaction; it is read without it");
                    self.house.spawn(self.door.clone().hear(event.value));
                } else {
                    tracing::debug!(kind = event.kind, "an unknown event");
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn once_requests_are_answered_again_the_gateway_is_tried_though_its_pause_is_not_over() {
        let sender = watch::Sender::new(0);
        let mut returns = sender.subscribe();
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, returned(&mut returns, Duration::ZERO)).await.is_err(), "not yet");
        sender.send_modify(|count| *count += 1);
        tokio::time::timeout(LONG, returned(&mut returns, Duration::ZERO)).await.unwrap();
        // Once for each return.
        assert!(tokio::time::timeout(soon, returned(&mut returns, Duration::ZERO)).await.is_err());
        sender.send_modify(|count| *count += 1);
        let begun = tokio::time::timeout(soon, returned(&mut returns, LONG)).await;
        assert!(begun.is_err(), "a session was begun a moment ago");
    }

    #[test]
    fn however_often_requests_fail_and_are_answered_the_days_sessions_are_not_used_up_by_it() {
        let at = |minutes: i64| DateTime::from_timestamp(1_800_000_000_i64 + 60 * minutes, 0).unwrap();
        assert!(may_try_early(None, at(0)));
        assert!(!may_try_early(Some(at(0)), at(9)));
        assert!(may_try_early(Some(at(0)), at(10)));
    }

    #[test]
    fn why_the_gateway_is_not_connected_is_not_told_of_a_request() {
        let lost = Trouble::MaybeSent("no answer in time".into());
        let told = unasked(&lost);
        assert!(told.contains("gateway is not connected") && told.contains("no answer in time"), "{told}");
        assert!(!told.contains("may have been done"), "{told}");
        assert!(unasked(&Trouble::Broken(503)).contains("it answered 503"));
    }
}

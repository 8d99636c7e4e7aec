//! The desk: the only write path.
//!
//! Whoever asks (a slash command, a button, a webhook, a timer, a drill) comes to [`Desk::submit`]: load the state,
//! decide, append events with their deliveries and timers in one transaction, answer after it is durable.
//!
//! Decisions on one incident are made one after another on the folded state, without waiting for the disk between
//! them: the next decision already sees the last one's events, and their commits are grouped. An append names the
//! entry that it was decided on, so if a commit fails, whatever was decided on top of it fails too and is decided
//! again on what is really there.

pub mod absence;
mod answer;
pub mod arrange;
mod asking;
mod cadence;
pub mod changes;
pub mod clock;
mod declare;
pub mod drill;
pub mod evidence;
mod explain;
mod eyes;
mod find;
mod firing;
pub mod follow;
pub mod heartbeats;
mod held;
pub mod judge;
mod links;
mod names;
pub mod on_call;
mod once;
pub mod outbox;
pub mod paging;
mod playbook;
pub mod policy;
mod ruled;
pub mod runner;
mod situations;
mod slot;
mod submit;
pub mod timers;
mod verify;
pub mod view;
mod windows;
pub mod words;
mod written;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Duration, Utc};
use tokio::sync::{Notify, broadcast};

use crate::{
    alert::{
        flapping::Flapping,
        rules::{Rule, Rulebook},
        window::Window,
    },
    config::Secret,
    incident::{
        decide::Policy,
        id::IncidentId,
        refusal::{Because, Refusal},
    },
    journal::{
        Journal, JournalError, Mark,
        rows::{Asking, NewDelivery, Quoted},
    },
    people::{Person, links::Links},
    roster::Override,
};
pub use answer::Answer;
use clock::World;
pub use eyes::Eyes;
use slot::Slot;
pub use verify::Verified;

/// Who asks, through which door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub person: Person,
    /// `console`, `cli`, `api`, `discord` …
    pub via: String,
    /// The house acts on its own account: timers, rules, a drill's controller.
    pub is_house: bool,
    /// They have the rights of an admin at this door.
    pub is_admin: bool,
    /// What they are answered is read by others too: in a room, not for their eyes alone.
    pub is_overheard: bool,
    /// The incident in whose private place they are: whoever reads along there may see it.
    pub among: Option<IncidentId>,
    /// The message of a chat that has the words. Where a secret in them is masked, those whom it names are told that it stands
    /// there; without, the answer alone says so.
    pub quotes: Option<Box<Quoted>>,
    /// When the words were written, where that may be a while before they are heard.
    pub written_at: Option<DateTime<Utc>>,
    /// The incident in whose place the words stand, before everybody who is there.
    pub stands_with: Option<IncidentId>,
}

impl Caller {
    pub fn person(person: Person, via: impl Into<String>) -> Self {
        Self {
            person,
            via: via.into(),
            is_house: false,
            is_admin: false,
            is_overheard: false,
            among: None,
            quotes: None,
            written_at: None,
            stands_with: None,
        }
    }
    pub fn house(via: impl Into<String>) -> Self {
        Self { is_house: true, ..Self::person(Person::house(), via) }
    }
    pub fn admin(self, is_admin: bool) -> Self {
        Self { is_admin, ..self }
    }
    pub fn overheard(self) -> Self {
        Self { is_overheard: true, ..self }
    }
    pub fn among(self, among: Option<IncidentId>) -> Self {
        Self { among, ..self }
    }
    pub fn quoting(self, message: Option<Quoted>) -> Self {
        Self { quotes: message.map(Box::new), ..self }
    }
    pub fn written(self, at: Option<DateTime<Utc>>) -> Self {
        Self { written_at: at, ..self }
    }
    pub fn standing_with(self, incident: Option<IncidentId>) -> Self {
        Self { stands_with: incident, ..self }
    }
    /// Whether somebody may read along who must not know of a restricted incident.
    pub(crate) fn is_overheard_on(&self, id: IncidentId) -> bool {
        self.is_overheard && self.among != Some(id)
    }
}

/// How the desk works here.
#[derive(Debug, Clone)]
pub struct Settings {
    pub policy: Policy,
    /// Chats that show cards and timelines, by destination name.
    pub chats: Vec<String>,
    /// The ids of the people whom the settings name.
    pub known_people: BTreeSet<String>,
    /// Who comes over HTTP is proven by a token.
    pub has_tokens: bool,
    pub rules: Vec<Rule>,
    pub evidence: evidence::EvidenceSettings,
    /// Maintenance windows, by the settings.
    pub windows: Vec<Window>,
    /// What the senders behind hooks can be asked, by the hook's name.
    pub upstream: BTreeMap<String, Vec<Asking>>,
    pub silence_hours_max: u32,
    /// A sender that knows only silences is silent for so long once alerts are acknowledged.
    pub acknowledged_minutes: u32,
    /// Who is on call for a while, as the settings say.
    pub overrides: Vec<Override>,
    /// The tokens by which calendar programs subscribe to a roster, by its name.
    pub calendar_tokens: BTreeMap<String, Secret>,
    /// The zones of people who have one of their own, by id; and that of everybody else.
    pub zones: BTreeMap<String, chrono_tz::Tz>,
    pub time_zone: chrono_tz::Tz,
    /// Where somebody (by id) is reached by a pager (by name).
    pub addresses: BTreeMap<(String, String), String>,
    /// What links to acknowledge a page begin with.
    pub acknowledge_url: Option<url::Url>,
    pub flapping: Flapping,
    /// Those whom rules may offer a role, by their ids.
    pub people: BTreeMap<String, Person>,
    /// Who is offered which role of a real incident, SEV1 to SEV5: an id or `roster:NAME`, by the role's word.
    pub offers: [BTreeMap<String, String>; 5],
    /// Where the public finds the status page, for links in posts.
    pub page_url: Option<String>,
    pub open_incidents_max: usize,
    pub declares_per_minute_max: usize,
    /// A public destination shows what it took within this time: no earlier is it asked whether a post arrived.
    pub shown_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            chats: vec![],
            known_people: BTreeSet::new(),
            has_tokens: false,
            rules: vec![],
            evidence: evidence::EvidenceSettings::default(),
            windows: vec![],
            upstream: BTreeMap::new(),
            silence_hours_max: 72,
            acknowledged_minutes: 60,
            overrides: vec![],
            calendar_tokens: BTreeMap::new(),
            zones: BTreeMap::new(),
            time_zone: chrono_tz::Tz::UTC,
            addresses: BTreeMap::new(),
            acknowledge_url: None,
            flapping: Flapping::default(),
            people: BTreeMap::new(),
            offers: Default::default(),
            page_url: None,
            open_incidents_max: 1_000,
            declares_per_minute_max: 30,
            shown_after: Duration::seconds(60),
        }
    }
}

/// Something changed; a hint for live pages and runners. The journal is the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    Incident {
        id: IncidentId,
        seq: u64,
    },
    Alerts,
    Outbox,
    /// A sign of life came.
    Heartbeats,
}

pub struct Desk {
    pub journal: Arc<dyn Journal>,
    pub world: Arc<dyn World>,
    /// How it works here, and the rules of that, arranged. Both change while it works.
    settings: ArcSwap<Settings>,
    rules: ArcSwap<Rulebook>,
    /// Which accounts are one person by their own word.
    pub links: Arc<Links>,
    /// With which the links of pages are sealed.
    seal_key: tokio::sync::OnceCell<String>,
    /// When this desk was opened.
    begun: DateTime<Utc>,
    slots: Mutex<HashMap<IncidentId, Arc<Slot>>>,
    /// Held while an incident is opened, so that numbers have no gaps; times of what rules declared last.
    opening: tokio::sync::Mutex<Vec<DateTime<Utc>>>,
    /// Held while one incident is put under another, merged into another or given a situation: two at once could make a
    /// circle, and two could have the same. Whoever opens an incident holds `opening` before.
    relating: tokio::sync::Mutex<()>,
    /// Held while something is arranged about alerts.
    arranging: tokio::sync::Mutex<()>,
    /// The settings by which what is open is reminded; none, until that was looked at.
    reminding_by: tokio::sync::Mutex<Option<Arc<Settings>>>,
    /// The chats that do not answer, by name.
    away: Mutex<BTreeMap<String, absence::Away>>,
    changes: broadcast::Sender<Changed>,
    /// Wakes runners and timers early; they look at the journal all the same.
    pub(crate) wake_outbox: Notify,
    pub(crate) wake_timers: Notify,
    pub(crate) wake_follower: Notify,
}

/// What goes with a command besides what it decides.
#[derive(Debug, Clone, Default)]
pub struct Along {
    pub marks: Vec<Mark>,
    pub deliveries: Vec<NewDelivery>,
    /// Answers a repeat with the first answer.
    pub once: Option<String>,
    pub instead: Option<Instead>,
}

/// What was asked and is answered, where the command is only a part of it.
#[derive(Debug, Clone)]
pub struct Instead {
    pub asked: String,
    pub reply: String,
}

impl Desk {
    pub fn new(journal: Arc<dyn Journal>, world: Arc<dyn World>, settings: Settings) -> Arc<Desk> {
        Arc::new(Desk {
            begun: world.now(),
            journal,
            world,
            rules: ArcSwap::from_pointee(Rulebook::new(settings.rules.clone())),
            settings: ArcSwap::from_pointee(settings),
            links: Arc::default(),
            seal_key: tokio::sync::OnceCell::new(),
            slots: Mutex::new(HashMap::new()),
            opening: tokio::sync::Mutex::new(Vec::new()),
            relating: tokio::sync::Mutex::new(()),
            arranging: tokio::sync::Mutex::new(()),
            reminding_by: tokio::sync::Mutex::new(None),
            away: Mutex::default(),
            changes: broadcast::channel(1_024).0,
            wake_outbox: Notify::new(),
            wake_timers: Notify::new(),
            wake_follower: Notify::new(),
        })
    }

    /// How it works now. Whoever decides by it decides all of one thing by what is returned here.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// The rules of the settings, arranged.
    pub fn rules(&self) -> Arc<Rulebook> {
        self.rules.load_full()
    }

    /// Works by other settings from now on. What is decided already stays, and so does what an incident has begun; of what it is to
    /// be reminded from time to time is counted by the new ones.
    pub fn work_by(&self, settings: Settings) {
        self.rules.store(Arc::new(Rulebook::new(settings.rules.clone())));
        self.settings.store(Arc::new(settings));
        // What falls due, and what alerts lead to, may be another now.
        self.wake_timers.notify_waiters();
        self.wake_follower.notify_waiters();
    }

    /// Live changes. A receiver that lags misses some: it looks at the journal then.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    pub(crate) fn tell(&self, changed: Changed) {
        // Nobody listening is fine.
        drop(self.changes.send(changed));
    }
}

fn no_such(id: IncidentId) -> Refusal {
    Refusal::no_such(id)
}

fn too_busy() -> Refusal {
    Refusal::unavailable("Too many people write on this incident at the same moment.", "Try again.")
}

/// A journal's failure as its caller reads it.
pub fn refuse(error: JournalError) -> Refusal {
    match error {
        JournalError::Conflict => too_busy(),
        JournalError::AnsweredBefore { .. } => {
            Refusal::conflict("This was answered before.", "Nothing to do.")
        }
        JournalError::Past => Refusal::conflict(
            "The delivery is past changing.",
            "Only what waits, is unknown or has failed can be retried or dropped.",
        ),
        error @ (JournalError::Unavailable(_) | JournalError::Damaged { .. }) => Refusal::new(
            Because::Unavailable,
            format!("Nothing was written: {error}."),
            "Free disk space or mend the data directory; the server goes on by itself once it can write.",
        ),
    }
}

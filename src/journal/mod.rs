//! The journal: what is written down, and that it stays written.
//!
//! [`Journal`] is the port; `sqlite` implements it on an embedded database. Another engine takes its place beside it:
//! the contract suite in `tests/it/journal_contract/` is written against the trait, and the SQL keeps to what
//! PostgreSQL speaks too (`$n` placeholders, `ON CONFLICT`, `RETURNING`, partial indexes).
//!
//! An append states the entry it was decided on. If another got there first, it is a [`JournalError::Conflict`] and
//! the command is decided again. Nothing is answered before its transaction is committed and synced.

mod alerts;
mod arrangements;
mod evidence;
mod gathered;
mod heartbeats;
pub mod history;
mod inbox;
mod on_call;
mod once;
mod ops;
mod read;
mod receipts;
mod recent;
pub mod rows;
pub mod sqlite;
mod statements;
mod writer;

use std::{future::Future, pin::Pin};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    alert::{
        Alert,
        arranged::{Amendment, Arrangement},
        change::Change,
        judgement::Judgement,
        report::Fired,
    },
    incident::{chain::Sealed, event::Entry, id::IncidentId, kind::Kind, state::Incident},
    people::Person,
    roster::Fetched,
};
use rows::*;

pub type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, JournalError>> + Send + 'a>>;
/// A write on its way: it is in the queue, in order, when the method returns; the future resolves once it is durable.
pub type Written<T> = Pin<Box<dyn Future<Output = Result<T, JournalError>> + Send>>;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Another entry was appended first: decide again.
    #[error("another entry was appended first")]
    Conflict,
    /// The delivery that was to be dropped with it is past that: nothing was written.
    #[error("the delivery is past changing")]
    Past,
    /// This key was answered before: the answer given then.
    #[error("this was answered before")]
    AnsweredBefore { asked: String, answer: String },
    /// Disk full, read-only, broken: nothing was written.
    #[error("the journal cannot write: {0}")]
    Unavailable(String),
    /// What is stored cannot be read.
    #[error("the journal cannot read {what}: {why}")]
    Damaged { what: String, why: String },
}

/// One decision's worth of writing, one transaction.
#[derive(Debug, Clone, Default)]
pub struct Append {
    pub incident: Option<IncidentId>,
    /// The last entry that the decision saw; `None` when it opens the incident.
    pub after: Option<(u64, Uuid)>,
    pub entries: Vec<Entry>,
    /// 32 hex digits an entry.
    pub salts: Vec<String>,
    /// The list row after these entries.
    pub row: Option<IncidentRow>,
    pub posts: Vec<PublicPostRow>,
    pub snapshot: Option<String>,
    pub deliveries: Vec<NewDelivery>,
    pub timers: Vec<TimerRow>,
    pub marks: Vec<Mark>,
    pub once: Option<Once>,
}

/// Answers a repeated command with its first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    pub key: String,
    /// What was asked under this key: the same key with something else is an error of the caller.
    pub asked: String,
    pub answer: String,
    pub at: DateTime<Utc>,
}

/// What else is true once the entries are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    SituationLinked {
        id: i64,
        incident: IncidentId,
    },
    /// The incident knows this revision of the situation.
    SituationTold {
        id: i64,
        revision: i64,
    },
    /// A rule has looked at it, with this outcome.
    SituationDecided {
        id: i64,
        how: String,
        verdict: Option<Verdict>,
    },
    /// It is looked at again at this time, although nothing moves until then; or not any more.
    SituationLook {
        id: i64,
        at: Option<DateTime<Utc>>,
    },
    /// It is looked at again then.
    SituationHeld {
        id: i64,
        until: DateTime<Utc>,
    },
    /// What was held until this moment is told again.
    HeldReleased {
        until: DateTime<Utc>,
    },
    Arranged(Box<Arrangement>),
    Amended {
        arrangement: i64,
        amendment: Amendment,
    },
    /// The incident is over: what fires again opens another situation.
    SituationsOver {
        incident: IncidentId,
    },
    /// This setting of the timer is done; if it was set anew meanwhile, it stays.
    TimerDone {
        id: String,
        due_at: DateTime<Utc>,
    },
    /// This setting of the timer waits until then; if it was set anew meanwhile, it stays.
    TimerPutOff {
        id: String,
        due_at: DateTime<Utc>,
        until: DateTime<Utc>,
    },
    Settled(Settlement),
    /// Somebody drops a delivery. The append is refused as [`JournalError::Past`] where it cannot be dropped any more.
    Dropped {
        delivery: i64,
        reason: String,
        at: DateTime<Utc>,
    },
    /// A change, merged with what was told of it before.
    Changed(Box<Change>),
    /// A responder's mark on an alert.
    Judged(Box<Judgement>),
}

/// A batch of alerts that one request brought.
#[derive(Debug, Clone)]
pub struct AlertBatch {
    pub alerts: Vec<Alert>,
    pub receipt: Uuid,
    pub now: DateTime<Utc>,
    /// Whether it does when they are on disk, and what is new about them shows a moment later.
    pub may_wait: bool,
    /// Has the same request again answered as the first time.
    pub once: Option<AlertsOnce>,
}

/// The key of a request, and what it says: the same key with something else is an error of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertsOnce {
    pub key: String,
    pub asked: String,
}

/// What a request with a key was answered, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsAnswered {
    pub receipt: String,
    pub new: u64,
    pub changed: u64,
    pub repeated: u64,
}

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertReceipt {
    pub new: u64,
    pub repeated: u64,
    pub changed: u64,
    /// On disk, and not yet looked at.
    pub waiting: u64,
    /// Situations that these alerts belong to.
    pub situations: Vec<i64>,
}

/// Changes the outbox by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handle {
    Retry,
    Drop { reason: String },
}

/// Durability. Every method that writes returns when the write is queued, its future when it is on disk.
pub trait Journal: Send + Sync {
    // Incidents
    fn append(&self, append: Append) -> Written<()>;
    fn load(&self, incident: IncidentId) -> Reading<'_, Option<(Incident, Uuid)>>;
    /// Entries from `from` (inclusive) on, at most `limit`.
    fn entries(&self, incident: IncidentId, from: u64, limit: u64) -> Reading<'_, Vec<Sealed>>;
    /// The corrections and redactions of an incident: the few entries that change how others read.
    fn changing_entries(&self, incident: IncidentId) -> Reading<'_, Vec<Sealed>>;
    fn incidents(&self, filter: IncidentFilter) -> Reading<'_, Vec<IncidentRow>>;
    /// The list row of one incident.
    fn incident_row(&self, id: IncidentId) -> Reading<'_, Option<IncidentRow>>;
    /// Every incident that anything is kept of: entries, a list row or public posts.
    fn recorded(&self) -> Reading<'_, Vec<IncidentId>>;
    fn last_number(&self, kind: Kind) -> Reading<'_, u32>;
    fn public_posts(&self, since: DateTime<Utc>) -> Reading<'_, Vec<PublicPostRow>>;
    /// Those of one incident.
    fn public_posts_of(&self, incident: IncidentId) -> Reading<'_, Vec<PublicPostRow>>;
    fn answered(&self, key: &str) -> Reading<'_, Option<(String, String)>>;

    // Alerts
    fn take_alerts(&self, batch: AlertBatch) -> Written<AlertReceipt>;
    /// How many alerts are on disk and not yet in a situation.
    fn alerts_waiting(&self) -> usize;
    fn situations(&self, filter: SituationFilter) -> Reading<'_, Vec<SituationRow>>;
    /// The alerts of a situation, firing ones first, the newest of them first.
    fn alerts_of(&self, situation: i64, limit: u32) -> Reading<'_, Vec<AlertRow>>;
    /// At most `limit` of each of these situations, in their order, each as [`Journal::alerts_of`] has them.
    fn alerts_of_each(&self, situations: Vec<i64>, limit: u32) -> Reading<'_, Vec<AlertRow>>;
    fn counts(&self) -> Reading<'_, Counts>;
    /// What the alerts that a request brought first have become.
    fn receipt(&self, receipt: Uuid) -> Reading<'_, Vec<ReceiptRow>>;
    /// Situations with nothing firing that were quiet since `before` are closed; returns how many.
    fn close_quiet_situations(&self, before: DateTime<Utc>) -> Written<u64>;
    /// Windows, silences and acknowledgements, oldest first.
    fn arrangements(&self, filter: ArrangementFilter) -> Reading<'_, Vec<Arrangement>>;
    /// The highest number of an arrangement.
    fn last_arrangement(&self) -> Reading<'_, i64>;
    /// Whether a situation that was held back until now is to be told.
    fn is_held_until(&self, now: DateTime<Utc>) -> Reading<'_, bool>;

    fn changes(&self, filter: ChangeFilter) -> Reading<'_, Vec<Change>>;
    fn judgements(&self, filter: JudgementFilter) -> Reading<'_, Vec<Judgement>>;
    /// What fired since then, the latest first; exercises are left out.
    fn fired(&self, since: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<Fired>>;
    /// Drops changes that began before `before`; returns how many.
    fn forget_changes(&self, before: DateTime<Utc>) -> Written<u64>;

    // Outbox
    /// Leases what is due: the first open delivery of each lane.
    fn claim(&self, destination: &str, now: DateTime<Utc>, limit: u32) -> Written<Vec<Delivery>>;
    fn settle(&self, settlement: Settlement) -> Written<()>;
    /// At start: whatever was being sent when the process died may have arrived.
    fn orphans_to_unknown(&self) -> Written<u64>;
    fn handle(&self, delivery: i64, how: Handle, now: DateTime<Utc>) -> Written<bool>;
    fn deliveries(&self, filter: DeliveryFilter) -> Reading<'_, Vec<Delivery>>;
    /// When the next delivery to this destination falls due, if any waits; of each lane, its first.
    fn next_delivery_at(&self, destination: &str) -> Reading<'_, Option<DateTime<Utc>>>;
    fn bind(&self, destination: &str, subject: &str, name: &str, value: &str) -> Written<()>;
    fn bound(&self, destination: &str, subject: &str) -> Reading<'_, Vec<(String, String)>>;
    /// Who is bound to this value: the incident of a chat thread.
    fn bound_to(&self, destination: &str, name: &str, value: &str) -> Reading<'_, Option<String>>;

    // Timers
    fn timers_due(&self, now: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<TimerRow>>;
    fn next_timer_at(&self) -> Reading<'_, Option<DateTime<Utc>>>;

    // Heartbeats
    fn heartbeats(&self) -> Reading<'_, Vec<HeartbeatRow>>;
    fn keep_heartbeat(&self, row: HeartbeatRow) -> Written<()>;
    fn forget_heartbeat(&self, name: &str) -> Written<()>;

    // Who is on call
    /// Says an override; gives its number, the same for the same `id`.
    fn say_override(&self, id: &str, said: SaidOverride) -> Written<u64>;
    /// Whether there was one to withdraw.
    fn withdraw_override(&self, n: u64, by: &Person, at: DateTime<Utc>) -> Written<bool>;
    /// Those that hold and end after `since`, by their numbers, the first said first.
    fn overrides(&self, since: DateTime<Utc>) -> Reading<'_, Vec<(u64, SaidOverride)>>;
    /// Keeps what another system said about who is on call.
    fn keep_fetched(&self, roster: &str, fetched: Fetched) -> Written<()>;
    /// By the roster's name.
    fn fetched(&self) -> Reading<'_, Vec<(String, Fetched)>>;

    // House-keeping
    /// Drops answers and settled deliveries older than `before`; returns rows dropped. The public posts of an open
    /// incident stay: the next one is said under the first.
    fn prune(&self, before: DateTime<Utc>) -> Written<u64>;
    /// Whether a write would go through now.
    fn probe(&self) -> Written<()>;
    /// Makes the projections anew from the entries; returns how many incidents.
    fn rebuild(&self) -> Written<u64>;
    /// A consistent copy of everything at this moment, into a new file.
    fn backup(&self, file: &std::path::Path) -> Written<()>;
}

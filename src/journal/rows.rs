//! What the journal hands out and takes in: plain rows.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    incident::{
        command::TimerKind,
        event::{Entry, Event},
        id::IncidentId,
        kind::{Kind, Planned, Real},
        paging::Act,
        phase::Phase,
        severity::Severity,
        state::Incident,
    },
    people::Person,
    post::{Approved, PostView},
};

/// One incident in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    pub id: IncidentId,
    pub title: String,
    pub severity: Severity,
    pub phase: Phase,
    pub commander: Person,
    pub declared_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub seq: u64,
    /// The ids of those who may see it; `None` is everybody.
    pub seen_by: Option<BTreeSet<String>>,
}

impl IncidentRow {
    pub fn may_see(&self, person: &Person) -> bool {
        self.seen_by.as_ref().is_none_or(|ids| ids.contains(&person.id))
    }

    pub fn of(incident: &Incident) -> Self {
        Self {
            id: incident.id,
            title: incident.title.clone(),
            severity: incident.severity,
            phase: incident.phase,
            commander: incident.commander.clone(),
            declared_at: incident.milestones.declared.unwrap_or_else(|| incident.opened_at()),
            updated_at: incident.updated_at,
            seq: incident.seq,
            seen_by: incident.seen_by(),
        }
    }
}

/// What the public was told, as the status page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicPostRow {
    pub incident: IncidentId,
    pub n: u32,
    pub published_at: DateTime<Utc>,
    pub post: PostView,
}

impl PublicPostRow {
    /// The rows that these entries add: publications of a real incident or of planned work, nothing else. `incident` is the state
    /// after.
    pub fn of(incident: &Incident, entries: &[Entry]) -> Vec<Self> {
        entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::UpdatePublished { n, .. } => {
                    let mut post = match incident.kind() {
                        Kind::Planned => (*Approved::<Planned>::published(incident, *n, None).ok()?).clone(),
                        _ => (*Approved::<Real>::published(incident, *n, None).ok()?).clone(),
                    };
                    let published_at = entry.occurred_at;
                    // The page has its own words, and no use for those of the others.
                    if let Some(text) = std::mem::take(&mut post.texts).remove("page") {
                        post.text = text;
                    }
                    Some(Self { incident: incident.id, n: *n, published_at, post })
                }
                _ => None,
            })
            .collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentFilter {
    /// Only incidents that are not closed, cancelled or merged.
    pub open_only: bool,
    pub kind: Option<Kind>,
    pub limit: u32,
}

impl IncidentFilter {
    pub fn open() -> Self {
        Self { open_only: true, kind: None, limit: 1_000 }
    }
    pub fn all(limit: u32) -> Self {
        Self { open_only: false, kind: None, limit }
    }
}

/// A situation as stored: its counts, and how far incident and rules have followed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SituationRow {
    pub id: i64,
    pub situation: crate::alert::situation::Situation,
    pub is_open: bool,
    pub incident: Option<IncidentId>,
    /// Counts up with each change.
    pub revision: i64,
    /// What a rule made of it.
    pub decided: Option<String>,
    /// Which rule, and why.
    pub verdict: Option<Verdict>,
}

/// What was decided of a situation, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `None` if none matched.
    pub rule: Option<String>,
    /// A sentence.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SituationFilter {
    One(i64),
    /// Not linked, something firing or not yet quiet; newest first.
    Free {
        limit: u32,
    },
    Linked {
        incident: IncidentId,
    },
    /// Linked, and something firing; the worst first, the newest of equals. Then those whose incident ended over them, the newest first:
    /// as many again.
    Burning {
        limit: u32,
    },
    /// Moved since rules, incident and chats were told; oldest first.
    Untold {
        limit: u32,
    },
    Recent {
        limit: u32,
    },
    /// To be looked at again by now, the longest due first.
    Due {
        now: DateTime<Utc>,
        limit: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrangementFilter {
    One(i64),
    /// The acknowledgements of these situations that were not ended.
    Acknowledged {
        situations: Vec<i64>,
    },
    /// Windows and silences that have not ended.
    Live {
        now: DateTime<Utc>,
    },
    /// Silences and acknowledgements for which a sender may have been silent at some time after this, also those that were
    /// ended early.
    Asked {
        since: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertRow {
    pub id: i64,
    pub situation: i64,
    pub is_firing: bool,
    pub first_seen: DateTime<Utc>,
    pub last_seen: DateTime<Utc>,
    /// How often it was reported.
    pub times: u64,
    pub receipt: String,
    pub alert: crate::alert::Alert,
}

/// What there is, for metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Restricted ones left out: a number tells of them too.
    pub incidents_open: u64,
    pub alerts: u64,
    pub alerts_firing: u64,
    pub situations_open: u64,
    /// Destination, state, count.
    pub deliveries: Vec<(String, String, u64)>,
    pub timers: u64,
}

/// What a delivery is to say. Rendered when it is sent, from the state of that moment: a card is never stale, and a
/// redacted entry is not said any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A public post.
    Post { n: u32 },
    /// The incident's status card, edited in place.
    Card,
    /// One entry of the timeline, said in the incident's space.
    Say { seq: u64 },
    /// The lines that the chat shows of an entry whose words were redacted since.
    Unsay { seq: u64 },
    /// The card of an alert situation.
    Situation { id: i64 },
    /// A sender of alerts is told of a silence or an acknowledgement.
    Ask { arrangement: i64, how: Asking },
    /// A page of a call: to somebody, or to a service that knows whom to wake.
    Page { n: u32, to: Option<Person>, act: Act },
    /// Secrets of these kinds (`GitHub token, password`) stand in a message of the chat; on the timeline they are masked.
    Secret { kinds: String, of: Quoted },
}

/// A message of a chat whose words are put on a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quoted {
    /// The space that it stands in, as the chat names it.
    pub at: String,
    /// As the chat names it.
    pub message: String,
    /// The accounts of those who are told what is wrong with it: the first of them who can be told alone. None where everybody
    /// is told, below it.
    pub whom: Vec<String>,
}

/// What a sender of alerts is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    Acknowledge,
    /// Of a sender that knows acknowledgements; where a silence stands for one, that is ended.
    Unacknowledge,
    Silence,
    Unsilence,
}

impl Asking {
    pub fn word(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Unacknowledge => "unacknowledge",
            Self::Silence => "silence",
            Self::Unsilence => "unsilence",
        }
    }

    /// Whether it ends what was asked before.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Unacknowledge | Self::Unsilence)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Idempotency key, the same at every attempt.
    pub key: String,
    pub destination: String,
    /// Deliveries of one lane go out in order, one at a time.
    pub lane: String,
    pub incident: Option<IncidentId>,
    pub what: What,
    /// While one with the same value waits, another is not needed.
    pub same: Option<String>,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Sending,
    /// It may have arrived.
    Unknown,
    Sent,
    Failed,
    Dropped,
}

impl DeliveryState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Sending, Self::Unknown, Self::Sent, Self::Failed, Self::Dropped]
            .into_iter()
            .find(|state| state.word() == word)
    }
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Sending | Self::Unknown)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub n: i64,
    pub key: String,
    pub destination: String,
    pub lane: String,
    pub incident: Option<IncidentId>,
    pub what: What,
    /// The state before it was claimed, so that the runner knows an unknown one.
    pub state: DeliveryState,
    pub attempts: u32,
    pub next_at: DateTime<Utc>,
    pub external_id: Option<String>,
    pub url: Option<String>,
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
}

/// What an attempt made of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub n: i64,
    pub state: DeliveryState,
    pub attempts: u32,
    pub next_at: DateTime<Utc>,
    pub external_id: Option<String>,
    pub url: Option<String>,
    pub error: Option<String>,
    pub now: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryFilter {
    /// Everything that waits or has failed.
    Open,
    Of {
        incident: IncidentId,
    },
    /// The deliveries of an incident's public posts, oldest first.
    PostsOf {
        incident: IncidentId,
    },
    /// The line of this entry, in each chat.
    LineOf {
        incident: IncidentId,
        seq: u64,
    },
    One(i64),
    Recent {
        limit: u32,
    },
}

/// A situation that alerts of one request opened or joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptRow {
    /// The hook that they came to.
    pub source: String,
    pub situation: i64,
    pub alerts: u64,
    pub firing: u64,
}

/// What is remembered of a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeartbeatRow {
    pub name: String,
    pub pulse: crate::alert::heartbeat::Pulse,
}

/// Somebody is on call for a while, as somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidOverride {
    pub roster: String,
    pub layer: String,
    pub person: Person,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub said_by: Person,
    pub said_at: DateTime<Utc>,
    /// The door: `cli`, `discord`.
    pub via: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerRow {
    pub id: String,
    pub incident: IncidentId,
    pub kind: TimerKind,
    /// By the house's clock.
    pub due_at: DateTime<Utc>,
}

/// Which changes: those that began within a time, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeFilter {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JudgementFilter {
    /// Set since then, the latest first.
    Since {
        at: DateTime<Utc>,
        limit: u32,
    },
    Of(crate::alert::judgement::Subject),
}

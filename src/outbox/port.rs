//! What a destination is asked, and what it may answer.

use std::{future::Future, pin::Pin, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    alert::Alert,
    card::Card,
    incident::{kind::Real, paging::Cleared},
    journal::rows::{Asking, Delivery, Quoted},
    post::Approved,
};

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What came of one attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived. An HTTP 2xx that cannot be parsed is still `Sent`.
    Sent { external_id: Option<String>, url: Option<String> },
    /// It may have arrived (the answer was lost): reconcile before any resend.
    Unknown { why: String },
    /// It did not arrive; try again, not before `after` if given.
    Retry { after: Option<Duration>, why: String },
    /// It did not arrive for want of a right; whoever gives it need not start anything again: it is tried by itself, in
    /// pauses that grow to [`AFTER_FORBIDDEN`].
    Forbidden { why: String },
    /// It cannot arrive as it is (credentials, length, deleted target): a person must act.
    Failed { why: String },
}

/// The longest pause between two tries of what was forbidden.
pub const AFTER_FORBIDDEN: Duration = Duration::from_secs(60);
/// The first: whoever mends what was missing at once should not wait for a minute.
const FORBIDDEN_FIRST: Duration = Duration::from_secs(5);

/// How long what was forbidden so often already is not tried.
pub fn forbidden_pause(attempts: u32) -> Duration {
    FORBIDDEN_FIRST.saturating_mul(1 << attempts.min(8)).min(AFTER_FORBIDDEN)
}

impl Outcome {
    /// Why it did not arrive, or may not have.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Sent { .. } => None,
            Self::Unknown { why }
            | Self::Retry { why, .. }
            | Self::Forbidden { why }
            | Self::Failed { why } => Some(why),
        }
    }

    /// For how long at least nothing like it should be tried, if that is known.
    pub fn pause(&self) -> Option<Duration> {
        match self {
            Self::Retry { after, .. } => *after,
            Self::Forbidden { .. } => Some(AFTER_FORBIDDEN),
            Self::Sent { .. } | Self::Unknown { .. } | Self::Failed { .. } => None,
        }
    }

    /// It did not arrive, and is tried again by itself.
    pub fn is_tried_again(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Forbidden { .. })
    }
}

/// What the destination knows of a delivery whose fate was unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    Arrived {
        external_id: Option<String>,
        url: Option<String>,
    },
    Absent,
    /// The destination could not be asked just now.
    CannotTell {
        why: String,
    },
}

/// A public destination outside: X, Statuspage and the like. Only real, approved posts fit its methods.
///
/// `key` is the delivery's idempotency key, the same at every attempt. `earlier` is the external id that this
/// destination gave the incident's first post (to thread or to update), if there was one.
/// Every request has a connect and a total time limit; no method panics; no secret is in any text returned.
pub trait Publisher: Send + Sync {
    /// The destination's name in configuration, outbox and timeline: `x`, `statuspage`.
    fn name(&self) -> &str;
    /// Whether `text` can be shown there as it is; the error says by how much it is too long.
    fn check(&self, post: &crate::post::PostView) -> Result<(), String>;
    fn publish<'a>(
        &'a self,
        post: &'a Approved<Real>,
        key: &'a str,
        earlier: Option<&'a str>,
    ) -> BoxFuture<'a, Outcome>;
    fn reconcile<'a>(
        &'a self,
        post: &'a Approved<Real>,
        key: &'a str,
        earlier: Option<&'a str>,
    ) -> BoxFuture<'a, Reconciled>;
}

/// What is to be said, made from the state of the moment it is sent.
#[derive(Debug, Clone)]
pub enum Content {
    /// A public post of a real incident.
    Post(Approved<Real>),
    /// A card to show or to edit in place: an incident's, or an alert situation's.
    Card(Card),
    /// A line of the timeline, as the chat shows it.
    Line(crate::card::Said),
    /// Lines whose words were redacted since they were said.
    Unsaid(Vec<Unsaid>),
    /// What the sender of alerts is asked.
    Ask(Box<Asked>),
    /// A page, cleared to be sent.
    Page(Cleared),
    /// Secrets of these kinds stand in a message of the chat.
    Secret { kinds: String, of: Quoted },
    /// There is nothing to say any more (a redacted entry, a situation that is only recorded).
    Nothing,
}

/// A line that a chat shows, and how it reads now.
#[derive(Debug, Clone)]
pub struct Unsaid {
    /// As the chat names it.
    pub message: String,
    /// Where people find it, as it was when it was said.
    pub url: Option<String>,
    pub said: crate::card::Said,
}

/// What a sender of alerts is asked to do about some of its alerts.
#[derive(Debug, Clone)]
pub struct Asked {
    pub how: Asking,
    pub situation: i64,
    /// Who wants it, and why.
    pub by: String,
    pub reason: String,
    pub at: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// The sender's own; those that fire, where one does.
    pub alerts: Vec<Alert>,
    /// What the sender calls the silence that is to end.
    pub remote: Option<String>,
    /// By which the silence is found among all.
    pub mark: String,
}

/// A delivery with what it says.
#[derive(Debug, Clone)]
pub struct Errand {
    pub delivery: Delivery,
    pub content: Content,
    /// What this destination called the incident's first post.
    pub earlier: Option<String>,
}

/// Brings errands to one destination: a chat, or a publisher in its frame.
pub trait Courier: Send + Sync {
    /// As in the outbox: `discord`, `x`, `statuspage`.
    fn destination(&self) -> &str;
    /// Whether what it took may be missing from what it shows for a while (an index that lags): then nobody looks
    /// at once whether a post arrived.
    fn shows_late(&self) -> bool {
        false
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome>;
    fn reconcile<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Reconciled>;
}

/// A [`Publisher`] as a courier: only public posts of real incidents pass.
pub struct Public<P: Publisher>(pub P);

impl<P: Publisher> Courier for Public<P> {
    fn destination(&self) -> &str {
        self.0.name()
    }
    fn shows_late(&self) -> bool {
        true
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome> {
        match &errand.content {
            Content::Post(post) => self.0.publish(post, &errand.delivery.key, errand.earlier.as_deref()),
            _ => Box::pin(async { Outcome::Failed { why: "Only public posts are sent there.".into() } }),
        }
    }
    fn reconcile<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Reconciled> {
        match &errand.content {
            Content::Post(post) => self.0.reconcile(post, &errand.delivery.key, errand.earlier.as_deref()),
            _ => Box::pin(async { Reconciled::Absent }),
        }
    }
}

//! Public posts: what the Public Information Officer says to the outside.
//!
//! [`PostView`] is the text and what goes with it. [`Approved`] is a post that may leave the house: it can
//! only be had from an incident whose fold holds an approval bound to that exact text, severity and phase,
//! and it carries the incident's kind in its type.

pub mod length;
pub mod mentions;
pub mod wording;

use std::{collections::BTreeMap, marker::PhantomData};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    alert::window::Span,
    incident::{
        event::Draft,
        kind::KindOf,
        state::{ApprovalRecord, Incident, Post},
    },
    people::door,
    wall::dated,
};

/// A destination, as people call it.
pub fn place(destination: &str) -> &str {
    match destination {
        "page" => "status page",
        "sandbox" => "sandbox page",
        other => door(other),
    }
}

/// What the public is told about how far an incident has come. The four words of the Statuspage incident
/// lifecycle, and three of its scheduled maintenances; triage, review and closed have no public counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicPhase {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
    Scheduled,
    InProgress,
    Completed,
}

impl PublicPhase {
    /// Of an incident, in their order.
    pub const OF_INCIDENTS: [PublicPhase; 4] =
        [Self::Investigating, Self::Identified, Self::Monitoring, Self::Resolved];
    /// Of planned work, in their order.
    pub const OF_PLANNED_WORK: [PublicPhase; 3] = [Self::Scheduled, Self::InProgress, Self::Completed];

    /// Whether it is said of planned work, not of an incident.
    pub fn is_of_planned_work(self) -> bool {
        Self::OF_PLANNED_WORK.contains(&self)
    }

    /// Nothing more is to come.
    pub fn is_last(self) -> bool {
        matches!(self, Self::Resolved | Self::Completed)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::Scheduled => "scheduled",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
    /// As people read it; its id has no blanks.
    pub fn shown(self) -> &'static str {
        match self {
            Self::InProgress => "in progress",
            other => other.word(),
        }
    }
    /// The word as it stands in front of a post: `Investigating`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Investigating => "Investigating",
            Self::Identified => "Identified",
            Self::Monitoring => "Monitoring",
            Self::Resolved => "Resolved",
            Self::Scheduled => "Scheduled",
            Self::InProgress => "In progress",
            Self::Completed => "Completed",
        }
    }
}

/// How hard it hits the public: Statuspage's impact words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    None,
    Minor,
    Major,
    Critical,
}

impl Impact {
    pub const ALL: [Impact; 4] = [Self::None, Self::Minor, Self::Major, Self::Critical];

    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// State of a component on the status page: Statuspage's component words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentState {
    Operational,
    DegradedPerformance,
    PartialOutage,
    MajorOutage,
    UnderMaintenance,
}

impl ComponentState {
    /// As people read it: `partial outage`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::DegradedPerformance => "degraded performance",
            Self::PartialOutage => "partial outage",
            Self::MajorOutage => "major outage",
            Self::UnderMaintenance => "under maintenance",
        }
    }
}

/// A public post with all that a publisher needs to render it. Plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostView {
    /// `INC-1/p2`: stable, unique; the idempotency key of every delivery of this post.
    pub id: String,
    /// `INC-1`
    pub incident: String,
    /// What the public sees as the incident's name.
    pub title: String,
    pub phase: PublicPhase,
    pub impact: Impact,
    /// Plain text, as it was typed, no markup.
    pub text: String,
    /// What each destination is sent, word for word as approved; see [`wording`]. A post from before drafts kept these
    /// has none, and its publisher words it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// Component name and the state this post gives it.
    pub components: Vec<(String, ComponentState)>,
    /// The next update promised, UTC.
    pub next_update_at: Option<DateTime<Utc>>,
    /// Of planned work: from when until when, as it was when this was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Span>,
    pub approved_at: DateTime<Utc>,
    /// First public post of this incident (creates the remote incident) or a later one (updates it).
    pub is_first: bool,
    /// The earlier post that this one corrects, when it is a correction.
    pub corrects: Option<String>,
    /// Where readers find the whole story, if the installation has a public address.
    pub page_url: Option<String>,
}

/// A post of an incident of kind `K` that an approval covers, word for word.
///
/// Publishers to the outside take `&Approved<Real>`. A drill's post is another type:
///
/// ```compile_fail
/// use commandpost::{incident::kind::{Drill, Real}, post::Approved};
/// fn publisher(_: &Approved<Real>) {}
/// fn exercise(post: &Approved<Drill>) { publisher(post) }
/// ```
#[derive(Debug, Clone)]
pub struct Approved<K: KindOf> {
    view: PostView,
    kind: PhantomData<K>,
}

impl<K: KindOf> std::ops::Deref for Approved<K> {
    type Target = PostView;
    fn deref(&self) -> &PostView {
        &self.view
    }
}

/// Why a post may not leave the house.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    #[error("Update {n} is not approved.")]
    Missing { n: u32 },
    #[error(
        "The approval of update {n} by {by} is void: the text, the severity or the phase has changed since."
    )]
    Stale { n: u32, by: String },
    #[error("The approval of update {n} ran out at {at}.", at = dated(*at))]
    Expired { n: u32, at: DateTime<Utc> },
    #[error("Update {n} is not published.")]
    NotPublished { n: u32 },
    #[error("The incident is another kind.")]
    WrongKind,
}

/// What an approval is bound to: SHA-256 (hex) over the exact draft, the severity and the phase it was given in, and of planned work
/// its times.
pub fn basis(incident: &Incident, draft: &Draft) -> String {
    let mut hash = Sha256::new();
    // JSON of a struct has one field order, and strings cannot run into each other in it.
    hash.update(serde_json::to_vec(draft).unwrap_or_default());
    hash.update([0, incident.severity.level()]);
    hash.update(incident.public_phase().word());
    // The public reads the times beside the words.
    if let Some(plan) = &incident.plan {
        hash.update(serde_json::to_vec(&plan.span).unwrap_or_default());
    }
    hex::encode(hash.finalize())
}

/// The approval that covers a draft just now, or why there is none.
pub fn standing_approval<'a>(
    incident: &Incident,
    post: &'a Post,
    now: DateTime<Utc>,
) -> Result<&'a ApprovalRecord, NotApproved> {
    let approval = post.approval.as_ref().ok_or(NotApproved::Missing { n: post.n })?;
    if approval.basis != basis(incident, &post.draft) {
        return Err(NotApproved::Stale { n: post.n, by: approval.by.to_string() });
    }
    if now >= approval.expires_at {
        return Err(NotApproved::Expired { n: post.n, at: approval.expires_at });
    }
    Ok(approval)
}

impl<K: KindOf> Approved<K> {
    /// The published post `n` of an incident of kind `K`. The fold holds a publication only where an approval of
    /// exactly this draft stood at that moment, and a published draft cannot be changed: so this is the only way to
    /// an `Approved`, and it leads over an approval.
    ///
    /// # Errors
    /// [`NotApproved`] when the incident is of another kind or the post is not published.
    pub fn published(incident: &Incident, n: u32, page_url: Option<String>) -> Result<Self, NotApproved> {
        if incident.kind() != K::KIND {
            return Err(NotApproved::WrongKind);
        }
        let post = incident.post(n).ok_or(NotApproved::NotPublished { n })?;
        let published = post.published.as_ref().ok_or(NotApproved::NotPublished { n })?;
        let is_first = !incident
            .posts
            .iter()
            .filter_map(|other| other.published.as_ref().map(|p| (p.at, other.n)))
            .any(|other| other < (published.at, n));
        Ok(Self {
            view: PostView {
                id: format!("{}/p{n}", incident.id),
                incident: incident.id.to_string(),
                title: post.draft.title.clone(),
                phase: post.draft.phase,
                impact: post.draft.impact,
                text: post.draft.text.clone(),
                texts: post.draft.texts.clone(),
                components: post.draft.components.clone(),
                next_update_at: published.next_update_at,
                planned: incident.plan.as_ref().map(|plan| plan.span),
                approved_at: published.approved_at,
                is_first,
                corrects: post.draft.corrects.map(|n| format!("{}/p{n}", incident.id)),
                page_url,
            },
            kind: PhantomData,
        })
    }
}

//! Public posts: what the Public Information Officer says to the outside.
//!
//! [`PostView`] is the text and what goes with it. [`Approved`] is a post that may leave the house: it can
//! only be had from an incident whose fold holds an approval bound to that exact text, severity and phase,
//! and it carries the incident's kind in its type.

pub mod length;

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::incident::kind::KindOf;

/// What the public is told about how far an incident has come. The four words of the Statuspage incident
/// lifecycle; triage, review and closed have no public counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicPhase {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
}

impl PublicPhase {
    pub fn word(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
        }
    }
    /// The word as it stands in front of a post: `Investigating`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Investigating => "Investigating",
            Self::Identified => "Identified",
            Self::Monitoring => "Monitoring",
            Self::Resolved => "Resolved",
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
    /// Plain text, as approved, no markup.
    pub text: String,
    /// Component name and the state this post gives it.
    pub components: Vec<(String, ComponentState)>,
    /// The next update promised, UTC.
    pub next_update_at: Option<DateTime<Utc>>,
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

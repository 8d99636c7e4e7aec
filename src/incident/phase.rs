//! The lifecycle: `triage → investigating → identified → monitoring → resolved → review → closed`, with the side
//! exits `cancelled` and `merged`. `monitoring` is what others call mitigated or stable. Planned work goes its own way:
//! `scheduled → in_progress → completed → closed`, or `cancelled`.

use serde::{Deserialize, Serialize};

use crate::post::PublicPhase;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Triage,
    Investigating,
    Identified,
    Monitoring,
    Resolved,
    Review,
    Closed,
    Cancelled,
    Merged,
    /// Of planned work: its time has not come.
    Scheduled,
    InProgress,
    Completed,
}

impl Phase {
    pub const ALL: [Phase; 12] = [
        Self::Triage,
        Self::Investigating,
        Self::Identified,
        Self::Monitoring,
        Self::Resolved,
        Self::Review,
        Self::Closed,
        Self::Cancelled,
        Self::Merged,
        Self::Scheduled,
        Self::InProgress,
        Self::Completed,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::Review => "review",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Merged => "merged",
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

    /// As it stands after «is»: `INC-1 is being investigated`.
    pub fn standing(self) -> &'static str {
        match self {
            Self::Triage => "in triage",
            Self::Investigating => "being investigated",
            Self::Identified => "identified",
            Self::Monitoring => "being monitored",
            Self::Resolved => "resolved",
            Self::Review => "in review",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Merged => "merged",
            Self::Scheduled => "scheduled",
            Self::InProgress => "in progress",
            Self::Completed => "completed",
        }
    }

    /// The response is going on: someone is in command, updates fall due. Never of planned work: it has nobody to wake.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Triage | Self::Investigating | Self::Identified | Self::Monitoring)
    }

    /// What was to be done about it is done, and what follows is the review.
    pub fn is_past_work(self) -> bool {
        matches!(self, Self::Resolved | Self::Review | Self::Completed)
    }

    /// Nothing more happens here but late entries, corrections and redactions.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled | Self::Merged)
    }

    /// What the public is told in this phase; `None` once there is nothing left to tell.
    pub fn public(self) -> Option<PublicPhase> {
        match self {
            Self::Triage | Self::Investigating => Some(PublicPhase::Investigating),
            Self::Identified => Some(PublicPhase::Identified),
            Self::Monitoring => Some(PublicPhase::Monitoring),
            Self::Resolved | Self::Review => Some(PublicPhase::Resolved),
            Self::Closed | Self::Cancelled | Self::Merged => None,
            Self::Scheduled => Some(PublicPhase::Scheduled),
            Self::InProgress => Some(PublicPhase::InProgress),
            Self::Completed => Some(PublicPhase::Completed),
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

//! Milestones: the turning points whose times a review asks for, and where each time comes from.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The impact began.
    Began,
    /// Somebody, or the monitoring, saw it.
    Detected,
    Declared,
    /// A person took it on.
    Acknowledged,
    /// The cause is known.
    Identified,
    Mitigated,
    Resolved,
    Closed,
}

impl Milestone {
    pub const ALL: [Milestone; 8] = [
        Self::Began,
        Self::Detected,
        Self::Declared,
        Self::Acknowledged,
        Self::Identified,
        Self::Mitigated,
        Self::Resolved,
        Self::Closed,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Detected => "detected",
            Self::Declared => "declared",
            Self::Acknowledged => "acknowledged",
            Self::Identified => "identified",
            Self::Mitigated => "mitigated",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// As it heads a row of a review.
    pub fn title(self) -> &'static str {
        match self {
            Self::Began => "impact started",
            other => other.word(),
        }
    }

    /// The verb that reaches it, which comes before any setting of its time; `None` where none does.
    pub fn verb(self) -> Option<&'static str> {
        match self {
            Self::Identified => Some("identify"),
            Self::Mitigated => Some("mitigate"),
            Self::Resolved => Some("resolve"),
            Self::Closed => Some("close"),
            _ => None,
        }
    }

    /// Those that cannot have come before this one.
    pub fn comes_before(self) -> &'static [Milestone] {
        use Milestone::*;
        match self {
            Began => &[Detected, Declared, Acknowledged, Identified, Mitigated, Resolved, Closed],
            Mitigated => &[Resolved, Closed],
            Resolved => &[Closed],
            _ => &[],
        }
    }
}

impl std::fmt::Display for Milestone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

//! What the house's timers are about.

use chrono::{DateTime, Utc};

use super::Luggage;
use crate::{
    incident::{id::IncidentId, phase::Phase, role::Role},
    people::Person,
};

/// What a timer is about when it goes off.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "timer", rename_all = "snake_case")]
pub enum TimerKind {
    CommandOfferExpires {
        to: Person,
    },
    UnifyOfferExpires {
        to: Person,
    },
    /// An executive did not answer the question of that entry.
    ExecutiveSilent {
        seq: u64,
    },
    RoleOfferExpires {
        role: Role,
        to: Person,
    },
    TaskDue {
        n: u32,
        due_at: DateTime<Utc>,
    },
    /// The next public update that was promised.
    UpdateDue {
        due_at: DateTime<Utc>,
    },
    /// No public update has been published since the declaration.
    FirstUpdateDue,
    /// Executives want another summary.
    ExecutiveDue,
    /// Somebody owes a CAN report.
    ReportsDue,
    /// Nobody holds a role that the severity calls for.
    RolesDue,
    ActionDue {
        n: u32,
        due_at: DateTime<Utc>,
    },
    ProposalEnds {
        n: u32,
    },
    /// The roll call of that entry is over.
    RollDue {
        seq: u64,
    },
    PeriodEnds {
        n: u32,
    },
    /// A step that repeats is open again; both by their ids.
    StepDue {
        playbook: String,
        step: String,
    },
    /// The time of planned work has come.
    WorkBegins {
        at: DateTime<Utc>,
    },
    /// Planned work was to be over.
    WorkEnds {
        at: DateTime<Utc>,
    },
    /// Nobody has written anything for a while.
    Silence,
    /// A call comes to this step, unless somebody acknowledged.
    PageNext {
        n: u32,
        step: u32,
        round: u32,
    },
    /// Another incident was merged into this one.
    MergedIn(Box<Luggage>),
    /// A part of this incident came to be so, moved on, or (no phase) left.
    Child {
        child: IncidentId,
        phase: Option<Phase>,
    },
    /// The greater one was restricted: this one is a part of it no more.
    Parted {
        parent: IncidentId,
    },
    /// The greater one was merged into another: this one is a part of that from now on.
    Regroup {
        was: IncidentId,
        into: IncidentId,
    },
    /// An entry of that incident was redacted whose words stand here too.
    Redacted {
        of: IncidentId,
        seq: u64,
    },
}

impl TimerKind {
    /// Whether it reminds people of what they owe. Those that are due at the same time are said in one line.
    pub fn is_reminder(&self) -> bool {
        matches!(
            self,
            Self::TaskDue { .. }
                | Self::ActionDue { .. }
                | Self::UpdateDue { .. }
                | Self::FirstUpdateDue
                | Self::ExecutiveDue
                | Self::ReportsDue
                | Self::RolesDue
                | Self::PeriodEnds { .. }
                | Self::StepDue { .. }
        )
    }

    /// Whether a minute more or less matters little: it asks for something that is owed from time to time. It comes early to share a
    /// line, late so as not to come upon another one, and waits in a quiet. What says that a time is over comes at that time, never
    /// before.
    pub fn is_movable(&self) -> bool {
        matches!(self, Self::ExecutiveDue | Self::ReportsDue | Self::RolesDue | Self::StepDue { .. })
    }
}

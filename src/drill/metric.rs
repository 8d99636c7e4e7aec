//! What a drill measures. The ids are stable: scenarios name them.

use std::borrow::Cow;

use crate::incident::role::{Words, defined};

/// The three that the commander gives out first.
pub const KEY_ROLES: [&str; 3] = ["pio", "ops", "scribe"];

/// What a role of the catalogue is called.
pub fn title(slug: &str, words: Words) -> &'static str {
    defined(slug).map_or("", |role| role.shown(words))
}

/// One measure, taken from the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    D3,
    C1,
    C2,
    C4,
    M1,
    M2,
    M4,
    M5,
    H1,
    T1,
    T2,
    T3,
}

impl Metric {
    pub const ALL: [Metric; 12] = [
        Self::D3,
        Self::C1,
        Self::C2,
        Self::C4,
        Self::M1,
        Self::M2,
        Self::M4,
        Self::M5,
        Self::H1,
        Self::T1,
        Self::T2,
        Self::T3,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::D3 => "D3",
            Self::C1 => "C1",
            Self::C2 => "C2",
            Self::C4 => "C4",
            Self::M1 => "M1",
            Self::M2 => "M2",
            Self::M4 => "M4",
            Self::M5 => "M5",
            Self::H1 => "H1",
            Self::T1 => "T1",
            Self::T2 => "T2",
            Self::T3 => "T3",
        }
    }

    /// What it says, with roles in these words.
    pub fn name(self, words: Words) -> Cow<'static, str> {
        let name = match self {
            Self::D3 => "first reaction to the alert",
            Self::C1 => "time to command, and time without a commander",
            Self::C2 => {
                let [first, second, third] = KEY_ROLES.map(|slug| title(slug, words));
                return format!("{first}, {second} and {third} given out").into();
            }
            Self::C4 => "people checked in",
            Self::M1 => "first report of conditions, actions and needs",
            Self::M2 => "first public update",
            Self::M4 => "public updates in time",
            Self::M5 => "promised updates kept",
            Self::H1 => "completeness of hand-overs of command",
            Self::T1 => "tasks with an owner, a time box and a read-back",
            Self::T2 => "tasks reported in time",
            Self::T3 => "expected actions",
        };
        name.into()
    }
}

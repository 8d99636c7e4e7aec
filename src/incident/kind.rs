//! Incident kinds as types.
//!
//! A real incident, a drill and a test of the installation take the same way through the house. What may
//! leave it differs, and that difference is a type, not a condition: a publisher to the outside takes an
//! [`Approved<Real>`](crate::post::Approved), and nothing turns a drill into one.

use serde::{Deserialize, Serialize};

mod sealed {
    pub trait Sealed {}
}

/// A kind at compile time: [`Real`], [`Drill`], [`Test`] or [`Planned`].
pub trait KindOf: sealed::Sealed + Copy + Send + Sync + std::fmt::Debug + 'static {
    const KIND: Kind;
}

macro_rules! kind_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name;
        impl sealed::Sealed for $name {}
        impl KindOf for $name {
            const KIND: Kind = Kind::$name;
        }
    };
}

kind_type!(
    /// Customers may be hurt: everything is allowed that the roles allow.
    Real
);
kind_type!(
    /// An exercise: the same moves, and nothing of it leaves the house.
    Drill
);
kind_type!(
    /// A check of the installation itself (the synthetic incident, a connector's trial post).
    Test
);

kind_type!(
    /// Planned work, with a time of its own: the public may read of it, and nobody is paged for it.
    Planned
);

/// A kind at run time, as stored. It never changes in an incident's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Real,
    Drill,
    Test,
    Planned,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Real, Kind::Drill, Kind::Test, Kind::Planned];

    /// The letters before the number: `INC-1`, `DRILL-1`, `TEST-1`, `MAINT-1`.
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::Real => "INC",
            Kind::Drill => "DRILL",
            Kind::Test => "TEST",
            Kind::Planned => "MAINT",
        }
    }

    /// Marks every outgoing text of something that is not real; empty for a real incident and for planned work.
    pub fn banner(self) -> &'static str {
        match self {
            Kind::Real | Kind::Planned => "",
            Kind::Drill => "EXERCISE EXERCISE EXERCISE",
            Kind::Test => "TEST",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Kind::Real => "real",
            Kind::Drill => "drill",
            Kind::Test => "test",
            Kind::Planned => "planned",
        }
    }

    /// Whether what the public is told of it is meant: it goes beyond the house, and the settings say who may.
    pub fn is_for_the_public(self) -> bool {
        matches!(self, Kind::Real | Kind::Planned)
    }

    /// Whether it is said how bad it is: planned work hurts nobody by itself.
    pub fn has_severity(self) -> bool {
        self != Kind::Planned
    }

    /// Whether the clocks of an outage run: a check of the installation has none, and planned work has its own.
    pub fn is_clocked(self) -> bool {
        matches!(self, Kind::Real | Kind::Drill)
    }
}

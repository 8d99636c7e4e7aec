//! Incident kinds as types.
//!
//! A real incident, a drill and a test of the installation take the same way through the house. What may
//! leave it differs, and that difference is a type, not a condition: a publisher to the outside takes an
//! [`Approved<Real>`](crate::post::Approved), and nothing turns a drill into one.

use serde::{Deserialize, Serialize};

mod sealed {
    pub trait Sealed {}
}

/// A kind at compile time: [`Real`], [`Drill`] or [`Test`].
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

/// A kind at run time, as stored. It never changes in an incident's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Real,
    Drill,
    Test,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Real, Kind::Drill, Kind::Test];

    /// The letters before the number: `INC-1`, `DRILL-1`, `TEST-1`.
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::Real => "INC",
            Kind::Drill => "DRILL",
            Kind::Test => "TEST",
        }
    }

    /// Marks every outgoing text of something that is not real; empty for a real incident.
    pub fn banner(self) -> &'static str {
        match self {
            Kind::Real => "",
            Kind::Drill => "EXERCISE EXERCISE EXERCISE",
            Kind::Test => "TEST",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Kind::Real => "real",
            Kind::Drill => "drill",
            Kind::Test => "test",
        }
    }
}

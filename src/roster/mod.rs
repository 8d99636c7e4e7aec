//! Rosters: who is on call at a moment, until when, and after whom. Pure: the moment is an argument.
//!
//! A roster has layers (primary, secondary); each layer has one person at any moment, or a gap. A layer is made of
//! rotations, and of those the first that covers the moment has it: so a team follows the sun by two rotations with their
//! own hours. What somebody said for a while (an [`Override`]) comes before any rotation, the last said first.
//!
//! Hand-overs are wall-clock times of the rotation's zone; [`crate::wall`] says what that means when clocks change.

pub mod calendar;
pub mod ical;
mod layer;
mod moment;
#[cfg(test)]
mod promises;
mod words;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

pub use moment::{moment, span};
pub use words::{Hours, Length};

use crate::{legible::one_line, people::Person};

/// Characters of an unknown name that are said again.
const SHOWN_CHARS_MAX: usize = 40;
/// What stands before a roster's name where whoever is on call may be named besides people.
pub const ON_CALL: &str = "roster:";

/// A team's roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    pub name: String,
    /// The zone in which its times are shown to whoever has none of their own.
    pub tz: Tz,
    /// The first is meant where none is named.
    pub layers: Vec<Layer>,
    /// Another system says who is on call in the first layer; where it names nobody, rotations hold.
    pub is_fetched: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    pub name: String,
    pub rotations: Vec<Rotation>,
}

/// People who take turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    pub people: Vec<Person>,
    pub tz: Tz,
    /// The day of the first hand-over; before it nobody is on call by this rotation.
    pub start: NaiveDate,
    pub hand_over: NaiveTime,
    pub length: Length,
    /// Days on which it holds; none named is every day. A stretch of hours past midnight belongs to the day it begins on.
    pub days: Vec<Weekday>,
    pub hours: Option<Hours>,
}

/// Somebody is on call for a while whatever the rotations say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub roster: String,
    pub layer: String,
    pub person: Person,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// Who said so; nobody did of what stands in the settings.
    pub said_by: Option<Person>,
}

/// What another system said about who is on call, and when it was asked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fetched {
    pub at: DateTime<Utc>,
    pub spans: Vec<Span>,
    /// Why the last look brought nothing, since when this answer is old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Fetched {
    /// What is asked for: since yesterday, to say since when somebody is on call, and some weeks on.
    pub const BEFORE_DAYS: i64 = 2;
    pub const AHEAD_DAYS: i64 = 35;

    /// From when to when it was asked: of what is before or after, the other system said nothing.
    pub fn asked_about(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.at - Duration::days(Self::BEFORE_DAYS), self.at + Duration::days(Self::AHEAD_DAYS))
    }

    pub fn knows_of(&self, at: DateTime<Utc>) -> bool {
        let (from, until) = self.asked_about();
        from <= at && at < until
    }
}

/// From then until then, as another system has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Span {
    pub person: Person,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// What is known besides the rosters: overrides, the last said last; and what was fetched, by the roster's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub overrides: Vec<Override>,
    pub fetched: std::collections::BTreeMap<String, Fetched>,
}

/// Somebody's time on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub person: Person,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub layer: String,
    pub by: By,
}

/// By what somebody is on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    Rotation,
    /// Who said so; nobody did of what stands in the settings.
    Override(Option<Person>),
    /// Another system says so.
    Elsewhere,
}

/// A stretch of time on one layer, with whoever is on call in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub shift: Option<Shift>,
}

/// Stretches that one question is answered with at most: a year of hand-overs by the hour.
const STRETCHES_MAX: usize = 10_000;

impl Roster {
    /// Who is on call on this layer at that moment; nobody in a gap.
    pub fn who(&self, layer: &Layer, known: &Known, at: DateTime<Utc>) -> Option<Shift> {
        layer::Seen { roster: self, layer, known }.shift(at)
    }

    /// When this layer changes next after `at`, to somebody or to nobody; none when it never does.
    pub fn next_change(&self, layer: &Layer, known: &Known, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        layer::Seen { roster: self, layer, known }.next_change(at)
    }

    /// The layer from one moment to another, without a hole.
    pub fn stretches(
        &self,
        layer: &Layer,
        known: &Known,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Stretch> {
        let seen = layer::Seen { roster: self, layer, known };
        let mut all = Vec::new();
        let mut at = from;
        while at < until && all.len() < STRETCHES_MAX {
            let end = seen.next_change(at).map_or(until, |next| next.min(until));
            all.push(Stretch { from: at, until: end, shift: seen.shift(at) });
            at = end;
        }
        all
    }

    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name.eq_ignore_ascii_case(name))
    }
}

/// The layer that somebody means: `web` (its first), `web/secondary`, or `secondary` where only one roster has such a layer.
///
/// # Errors
/// A sentence with the names there are.
pub fn find<'r>(rosters: &'r [Roster], name: &str) -> Result<(&'r Roster, &'r Layer), String> {
    let named = |roster: &str| rosters.iter().find(|one| one.name.eq_ignore_ascii_case(roster));
    let found = match name.split_once('/') {
        Some((roster, layer)) => named(roster).and_then(|roster| Some((roster, roster.layer(layer)?))),
        None => named(name).and_then(|roster| Some((roster, roster.layers.first()?))).or_else(|| {
            let mut having = rosters.iter().filter_map(|roster| Some((roster, roster.layer(name)?)));
            having.next().filter(|_| having.next().is_none())
        }),
    };
    found.ok_or_else(|| {
        if rosters.is_empty() {
            return "There are no rosters: the settings have no [[roster]].".to_owned();
        }
        let shown = one_line(name, SHOWN_CHARS_MAX);
        format!("There is no roster «{shown}». There are {}.", names(rosters).join(", "))
    })
}

/// Every layer by the name with which it can be asked for.
pub fn names(rosters: &[Roster]) -> Vec<String> {
    let of = |roster: &Roster| {
        let layers = roster.layers.iter().enumerate();
        layers
            .map(|(n, layer)| match n {
                0 => roster.name.clone(),
                _ => format!("{}/{}", roster.name, layer.name),
            })
            .collect::<Vec<_>>()
    };
    rosters.iter().flat_map(of).collect()
}

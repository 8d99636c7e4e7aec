//! How a sentence is told: times and names as its reader has them, and its parts for a chat.

use chrono::{DateTime, Utc};

use crate::incident::{decide::Policy, event::Numbered, names::Names, role::Words, state::Incident};

/// How a sentence is told: what only the edge knows of it.
pub trait Telling {
    /// A moment, in the zone and form of the times beside it.
    fn at(&self, at: DateTime<Utc>) -> String;

    /// What the team calls severities and statuses.
    fn names(&self) -> &Names {
        Names::plain()
    }

    /// The words in which roles are shown.
    fn words(&self) -> Words {
        Words::default()
    }

    /// What the thing of this number is; `None` where only its number is known.
    fn text_of(&self, _what: Numbered, _n: u32) -> Option<&str> {
        None
    }
}

impl<F: Fn(DateTime<Utc>) -> String> Telling for F {
    fn at(&self, at: DateTime<Utc>) -> String {
        self(at)
    }
}

/// Told as the team speaks: its names of severities and statuses, its words for roles.
pub struct InNames<'a, F>(pub &'a Policy, pub F);

impl<F: Fn(DateTime<Utc>) -> String> Telling for InNames<'_, F> {
    fn at(&self, at: DateTime<Utc>) -> String {
        (self.1)(at)
    }

    fn names(&self) -> &Names {
        &self.0.names
    }

    fn words(&self) -> Words {
        self.0.words
    }
}

/// Told by whoever knows the incident: what an event names by its number has its words beside it. They are those of now, so what
/// was redacted does not come back in them.
pub struct Knowing<'a>(pub Tell<'a>, pub &'a Incident);

impl Telling for Knowing<'_> {
    fn at(&self, at: DateTime<Utc>) -> String {
        self.0.at(at)
    }

    fn names(&self) -> &Names {
        self.0.names()
    }

    fn words(&self) -> Words {
        self.0.words()
    }

    fn text_of(&self, what: Numbered, n: u32) -> Option<&str> {
        let incident = self.1;
        let text = match what {
            Numbered::Objective => &incident.objectives.iter().find(|one| one.n == n)?.text,
            Numbered::Task => &incident.task(n)?.text,
            Numbered::Hazard => &incident.hazard(n)?.text,
            Numbered::Action => &incident.action(n)?.text,
            Numbered::Proposal => &incident.proposal(n)?.text,
        };
        Some(text)
    }
}

pub type Tell<'a> = &'a dyn Telling;

/// A sentence in parts: texts, and the moments between them, for a chat that shows each reader their own zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Time(DateTime<Utc>),
}

/// Stands on both sides of a moment while a sentence is made. Texts of people and alerts hold no control characters.
const MOMENT: char = '\u{1}';

/// To be told with by [`parts`].
pub fn apart(at: DateTime<Utc>) -> String {
    format!("{MOMENT}{}{MOMENT}", at.timestamp_millis())
}

/// Takes a sentence that was made with [`apart`] into its parts.
pub fn parts(text: &str) -> Vec<Part> {
    let pieces = text.split(MOMENT).enumerate().filter(|(_, piece)| !piece.is_empty());
    let part = |(i, piece): (usize, &str)| match piece.parse().ok().and_then(DateTime::from_timestamp_millis)
    {
        Some(at) if i % 2 == 1 => Part::Time(at),
        _ => Part::Text(piece.to_owned()),
    };
    pieces.map(part).collect()
}

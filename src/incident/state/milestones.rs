//! When each milestone was reached, and where the time comes from; what a correction replaced stays beside it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    incident::{
        event::{Entry, TimeSource},
        milestone::Milestone,
    },
    people::Person,
};

/// Where the time of a milestone comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub source: TimeSource,
    /// The entry that it was taken from.
    pub seq: u64,
    /// Who set it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
}

impl Origin {
    pub fn of(entry: &Entry) -> Origin {
        Origin { source: entry.time_source, seq: entry.seq, by: None }
    }

    /// Stated by whoever wrote the entry.
    pub fn stated(entry: &Entry) -> Origin {
        let by = Some(entry.actor.person.clone());
        Origin { source: TimeSource::Stated, seq: entry.seq, by }
    }

    /// As it was written down, by the incident's clock.
    pub fn recorded(entry: &Entry, is_drill: bool) -> Origin {
        let source = if is_drill { TimeSource::Drill } else { TimeSource::House };
        Origin { source, seq: entry.seq, by: None }
    }

    /// From the monitoring's time stamps, as an entry tells them.
    pub fn alert(entry: &Entry) -> Origin {
        Origin { source: TimeSource::Alert, seq: entry.seq, by: None }
    }
}

impl Origin {
    /// `set by Ada, entry 12`
    pub fn words(&self) -> String {
        let seq = self.seq;
        match (&self.by, self.source) {
            (Some(by), _) => format!("set by {by}, entry {seq}"),
            (None, TimeSource::Alert) => format!("from an alert, entry {seq}"),
            (None, TimeSource::Stated) => format!("stated, entry {seq}"),
            (None, TimeSource::Chat) => format!("from a message, entry {seq}"),
            (None, TimeSource::House | TimeSource::Drill) => format!("entry {seq}"),
        }
    }
}

/// A time that somebody has corrected since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    pub milestone: Milestone,
    pub at: DateTime<Utc>,
    pub origin: Option<Origin>,
    /// The entry that replaced it.
    pub seq: u64,
}

/// The time from one milestone to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// `time to detect`
    pub name: &'static str,
    pub from: Milestone,
    pub to: Milestone,
    pub seconds: i64,
}

impl Span {
    /// `1 h 12 min`, `40 s`
    pub fn words(&self) -> String {
        let (days, hours, minutes) =
            (self.seconds / 86_400, self.seconds / 3_600 % 24, self.seconds / 60 % 60);
        match (days, hours, minutes) {
            (0, 0, 0) => format!("{} s", self.seconds),
            (0, 0, minutes) => format!("{minutes} min"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} d {hours} h"),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestones {
    pub impact_started: Option<DateTime<Utc>>,
    pub detected: Option<DateTime<Utc>>,
    pub declared: Option<DateTime<Utc>>,
    pub acknowledged: Option<DateTime<Utc>>,
    pub identified: Option<DateTime<Utc>>,
    pub mitigated: Option<DateTime<Utc>>,
    pub resolved: Option<DateTime<Utc>>,
    pub closed: Option<DateTime<Utc>>,
    pub origins: BTreeMap<Milestone, Origin>,
    /// Oldest first.
    pub replaced: Vec<Replaced>,
}

impl Milestones {
    pub fn at(&self, milestone: Milestone) -> Option<DateTime<Utc>> {
        match milestone {
            Milestone::Began => self.impact_started,
            Milestone::Detected => self.detected,
            Milestone::Declared => self.declared,
            Milestone::Acknowledged => self.acknowledged,
            Milestone::Identified => self.identified,
            Milestone::Mitigated => self.mitigated,
            Milestone::Resolved => self.resolved,
            Milestone::Closed => self.closed,
        }
    }

    fn place(&mut self, milestone: Milestone) -> &mut Option<DateTime<Utc>> {
        match milestone {
            Milestone::Began => &mut self.impact_started,
            Milestone::Detected => &mut self.detected,
            Milestone::Declared => &mut self.declared,
            Milestone::Acknowledged => &mut self.acknowledged,
            Milestone::Identified => &mut self.identified,
            Milestone::Mitigated => &mut self.mitigated,
            Milestone::Resolved => &mut self.resolved,
            Milestone::Closed => &mut self.closed,
        }
    }

    /// Those that were reached, in their order.
    pub fn reached(&self) -> impl Iterator<Item = (Milestone, DateTime<Utc>)> {
        Milestone::ALL.into_iter().filter_map(|milestone| Some((milestone, self.at(milestone)?)))
    }

    pub fn replaced(&self, milestone: Milestone) -> impl Iterator<Item = &Replaced> {
        self.replaced.iter().filter(move |before| before.milestone == milestone)
    }

    fn is_set_by_hand(&self, milestone: Milestone) -> bool {
        self.origins.get(&milestone).is_some_and(|origin| origin.by.is_some())
    }

    pub(super) fn reach(&mut self, milestone: Milestone, at: DateTime<Utc>, origin: Origin) {
        *self.place(milestone) = Some(at);
        self.origins.insert(milestone, origin);
    }

    /// Reached now, if it has not been before.
    pub(super) fn reach_first(&mut self, milestone: Milestone, at: DateTime<Utc>, origin: Origin) {
        if self.at(milestone).is_none() {
            self.reach(milestone, at, origin);
        }
    }

    /// A sign of it that may be earlier than what is known; what a person set stays.
    pub(super) fn reach_earlier(&mut self, milestone: Milestone, at: DateTime<Utc>, origin: Origin) {
        if !self.is_set_by_hand(milestone) && self.at(milestone).is_none_or(|known| at < known) {
            self.reach(milestone, at, origin);
        }
    }

    /// Somebody knows better.
    pub(super) fn correct(&mut self, milestone: Milestone, at: DateTime<Utc>, origin: Origin) {
        if let Some(before) = self.at(milestone) {
            let known = self.origins.get(&milestone).cloned();
            self.replaced.push(Replaced { milestone, at: before, origin: known, seq: origin.seq });
        }
        self.reach(milestone, at, origin);
    }

    /// It turned out not to be reached.
    pub(super) fn lose(&mut self, milestone: Milestone) {
        *self.place(milestone) = None;
        self.origins.remove(&milestone);
    }

    /// How long it took to detect, acknowledge, mitigate and resolve it: from the beginning where it is known, else from
    /// the first sign of it. What cannot be told is left out.
    pub fn spans(&self) -> Vec<Span> {
        let first = [Milestone::Began, Milestone::Detected, Milestone::Declared];
        [
            ("time to detect", Milestone::Detected, &first[..1]),
            ("time to acknowledge", Milestone::Acknowledged, &first[1..]),
            ("time to mitigate", Milestone::Mitigated, &first[..]),
            ("time to resolve", Milestone::Resolved, &first[..]),
        ]
        .into_iter()
        .filter_map(|(name, to, from)| {
            let from = *from.iter().find(|from| self.at(**from).is_some())?;
            let seconds = (self.at(to)? - self.at(from)?).num_seconds();
            (seconds >= 0).then_some(Span { name, from, to, seconds })
        })
        .collect()
    }
}

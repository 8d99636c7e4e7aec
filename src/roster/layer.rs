//! One layer of a roster: who holds it at a moment, and where it changes.

use chrono::{DateTime, Datelike, Duration, NaiveTime, Utc};

use super::{By, Known, Layer, Override, Roster, Rotation, Shift, Span};
use crate::people::Person;
use crate::wall::instant;

/// Edges that one stretch may run over at most: those of rotations that do not hold it.
const EDGES_MAX: usize = 5_000;

/// By what somebody holds a layer: the same as long as nothing is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Override(usize),
    /// Which rotation, and which of its turns.
    Rotation(usize, i64),
    Span(usize),
}

pub(super) struct Seen<'a> {
    pub roster: &'a Roster,
    pub layer: &'a Layer,
    pub known: &'a Known,
}

impl<'a> Seen<'a> {
    pub fn shift(&self, at: DateTime<Utc>) -> Option<Shift> {
        let (turn, person, by) = self.turn(at)?;
        let mut from = at;
        for _ in 0..EDGES_MAX {
            // The moment before an edge belongs to what was there before it.
            let Some(before) = self.edges(from).0 else { break };
            from = before;
            let earlier = from - Duration::milliseconds(1);
            if self.turn(earlier).is_none_or(|(other, ..)| other != turn) {
                break;
            }
            from = earlier;
        }
        let until = self.next_change(at).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Some(Shift { person: person.clone(), from, until, layer: self.layer.name.clone(), by })
    }

    pub fn next_change(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let now = self.turn(at).map(|(turn, ..)| turn);
        let mut edge = self.edges(at).1?;
        for _ in 0..EDGES_MAX {
            if self.turn(edge).map(|(turn, ..)| turn) != now {
                return Some(edge);
            }
            edge = self.edges(edge).1?;
        }
        None
    }

    fn turn(&self, at: DateTime<Utc>) -> Option<(Turn, &'a Person, By)> {
        let said = self.overrides().rev().find(|(_, one)| one.from <= at && at < one.until);
        if let Some((n, one)) = said {
            return Some((Turn::Override(n), &one.person, By::Override(one.said_by.clone())));
        }
        let mut spans = self.spans().iter().enumerate();
        if let Some((n, span)) = spans.find(|(_, span)| span.from <= at && at < span.until) {
            return Some((Turn::Span(n), &span.person, By::Elsewhere));
        }
        self.layer.rotations.iter().enumerate().find_map(|(n, rotation)| {
            let turn = rotation.turn(at).filter(|_| rotation.covers(at))?;
            let count = i64::try_from(rotation.people.len()).ok()?;
            let person = rotation.people.get(usize::try_from(turn.rem_euclid(count.max(1))).ok()?)?;
            Some((Turn::Rotation(n, turn), person, By::Rotation))
        })
    }

    fn overrides(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Override)> {
        let (roster, layer) = (&self.roster.name, &self.layer.name);
        let is_of_this = move |(_, one): &(usize, &Override)| one.roster == *roster && one.layer == *layer;
        self.known.overrides.iter().enumerate().filter(is_of_this)
    }

    fn spans(&self) -> &'a [Span] {
        let is_first = self.roster.layers.first().is_some_and(|first| first.name == self.layer.name);
        match self.known.fetched.get(&self.roster.name) {
            Some(fetched) if self.roster.is_fetched && is_first => &fetched.spans,
            _ => &[],
        }
    }

    /// The last moment until `at`, and the first after it, at which something may change.
    fn edges(&self, at: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let mut around: Vec<DateTime<Utc>> =
            self.overrides().flat_map(|(_, one)| [one.from, one.until]).collect();
        around.extend(self.spans().iter().flat_map(|span| [span.from, span.until]));
        self.layer.rotations.iter().for_each(|rotation| rotation.edges(at, &mut around));
        let before = around.iter().filter(|edge| **edge <= at).max().copied();
        (before, around.into_iter().filter(|edge| *edge > at).min())
    }
}

impl Rotation {
    /// When turn `n` begins; turns are counted from 0.
    fn begins(&self, n: i64) -> Option<DateTime<Utc>> {
        let minutes = self.length.minutes().checked_mul(n)?;
        let local =
            self.start.and_time(self.hand_over).checked_add_signed(Duration::try_minutes(minutes)?)?;
        Some(instant(self.tz, local))
    }

    /// Whose turn it is; none before the first.
    fn turn(&self, at: DateTime<Utc>) -> Option<i64> {
        let since = at.with_timezone(&self.tz).naive_local() - self.start.and_time(self.hand_over);
        // Where clocks change, the count by the clock is off by what they are changed.
        let mut n = since.num_minutes().div_euclid(self.length.minutes()) + 2 + DAY / self.length.minutes();
        while self.begins(n)? > at {
            n -= 1;
        }
        (n >= 0).then_some(n)
    }

    fn covers(&self, at: DateTime<Utc>) -> bool {
        if self.days.is_empty() && self.hours.is_none() {
            return true;
        }
        self.windows(at).iter().any(|(from, until)| *from <= at && at < *until)
    }

    /// Its windows around a moment: those of a week before and after.
    fn windows(&self, at: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let today = at.with_timezone(&self.tz).date_naive();
        let (from, to) = self.hours.map_or((NaiveTime::MIN, NaiveTime::MIN), |hours| (hours.from, hours.to));
        (-8..=8)
            .filter_map(|days| today.checked_add_signed(Duration::days(days)))
            .filter(|date| self.days.is_empty() || self.days.contains(&date.weekday()))
            .filter_map(|date| {
                let end = if to > from { date } else { date.succ_opt()? };
                Some((instant(self.tz, date.and_time(from)), instant(self.tz, end.and_time(to))))
            })
            .collect()
    }

    fn edges(&self, at: DateTime<Utc>, into: &mut Vec<DateTime<Utc>>) {
        match self.turn(at) {
            // The last that has begun, so a turn that a change of clocks leaves no time is passed over.
            Some(n) => into.extend([n, n + 1].into_iter().filter_map(|n| self.begins(n))),
            None => into.extend(self.begins(0)),
        }
        if !self.days.is_empty() || self.hours.is_some() {
            into.extend(self.windows(at).into_iter().flat_map(|(from, until)| [from, until]));
        }
    }
}

/// Minutes of a day.
const DAY: i64 = 24 * 60;

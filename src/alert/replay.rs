//! What other rules would have made of alerts that are past.
//!
//! The alerts are fed in the order in which they came, once to each set of rules, and nothing of them is kept but what is still
//! going on. It is a model: an alert is taken as it was last reported, and for as long as its sender says; people do in it what they
//! did, but declare nothing instead of a rule. What no rule ever looked at is left out, of all that is compared: a window or a
//! silence kept it back, whatever the rules, or it was over before.

mod side;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Alert;
use super::group::Grouping;
use super::rules::Rulebook;
pub use side::Fate;
use side::Side;

/// An alert that is past, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub situation: i64,
    /// When it first came.
    pub at: DateTime<Utc>,
    /// When it was over; `None` if it still fires.
    pub until: Option<DateTime<Utc>>,
    /// It was only ever heard to be over.
    pub never_fired: bool,
    pub alert: Alert,
    /// What became of its situation; nothing where no rule has looked at it.
    pub then: Option<Fate>,
}

/// An incident that is past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastIncident {
    pub id: String,
    pub title: String,
    pub from: DateTime<Utc>,
    /// `None` if it is still open.
    pub to: Option<DateTime<Utc>>,
    /// The situations for which rules declared it; none where a person did.
    pub declared_for: Vec<i64>,
}

/// How many situations became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub declared: u64,
    pub paged: u64,
    pub attached: u64,
    pub carded: u64,
    pub recorded: u64,
}

impl Tally {
    fn slot(&mut self, fate: Fate) -> &mut u64 {
        match fate {
            Fate::Record => &mut self.recorded,
            Fate::Card => &mut self.carded,
            Fate::Attach => &mut self.attached,
            Fate::Page => &mut self.paged,
            Fate::Declare => &mut self.declared,
        }
    }

    fn add(&mut self, fate: Fate) {
        *self.slot(fate) += 1;
    }

    fn moves(&mut self, from: Fate, to: Fate) {
        let slot = self.slot(from);
        *slot = slot.saturating_sub(1);
        self.add(to);
    }
}

/// A situation that the new rules would have treated otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub situation: String,
    pub title: String,
    pub at: DateTime<Utc>,
    /// What really became of it.
    pub then: Option<Fate>,
    pub in_force: Fate,
    pub why_in_force: String,
    pub new: Fate,
    pub why_new: String,
}

/// What came of it all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub alerts: u64,
    /// Situations as they are stored.
    pub situations: u64,
    /// How many of them no rule has looked at: they are in none of the three counts.
    pub left_out: u64,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// What really happened.
    pub then: Tally,
    /// What the rules in force make of them, and what the new ones do. With other groups there are other situations.
    pub in_force: Tally,
    pub new: Tally,
    /// How many situations differ.
    pub differ: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// Runs two sets of rules over what is past, side by side.
pub struct Replay {
    in_force: Side,
    new: Side,
    /// Of each situation that came by.
    fates: HashMap<i64, [Fate; 2]>,
    left_out: HashSet<i64>,
    shown: BTreeMap<i64, Difference>,
    shown_max: usize,
    report: Report,
}

impl Replay {
    /// `shown_max`: how many differences are told one by one.
    pub fn new(
        in_force: (Rulebook, Grouping),
        new: (Rulebook, Grouping),
        incidents: &[PastIncident],
        shown_max: usize,
    ) -> Replay {
        Replay {
            in_force: Side::new(in_force.0, in_force.1, incidents),
            new: Side::new(new.0, new.1, incidents),
            fates: HashMap::new(),
            left_out: HashSet::new(),
            shown: BTreeMap::new(),
            shown_max,
            report: Report::default(),
        }
    }

    /// Takes the next alert, in the order in which they came.
    pub fn feed(&mut self, past: &Past) {
        let report = &mut self.report;
        report.alerts += 1;
        report.from.get_or_insert(past.at);
        report.to = Some(past.at);
        let is_new = !self.fates.contains_key(&past.situation);
        if past.then.is_none() && !past.never_fired {
            if self.left_out.insert(past.situation) && is_new {
                report.situations += 1;
                report.left_out += 1;
            }
            return;
        }
        if self.left_out.contains(&past.situation) {
            return;
        }
        if is_new {
            self.fates.insert(past.situation, [Fate::Record; 2]);
            report.situations += 1;
            report.then.add(past.then.unwrap_or(Fate::Record));
        }
        if past.never_fired {
            if is_new {
                report.in_force.add(Fate::Record);
                report.new.add(Fate::Record);
            }
            return;
        }
        let mut moved = HashSet::from([past.situation]);
        for (nth, side) in [&mut self.in_force, &mut self.new].into_iter().enumerate() {
            let before = if is_new { None } else { self.fates.get(&past.situation).map(|fates| fates[nth]) };
            let tally = if nth == 0 { &mut report.in_force } else { &mut report.new };
            let (fate, is_more) = side.feed(past, before, tally);
            let members = if is_more { side.members(past) } else { vec![past.situation] };
            for situation in members {
                if let Some(fates) = self.fates.get_mut(&situation)
                    && fates[nth] < fate
                {
                    fates[nth] = fate;
                    moved.insert(situation);
                }
            }
        }
        for situation in moved {
            self.compare(situation, past);
        }
    }

    /// Keeps, or takes away, what is told of one situation.
    fn compare(&mut self, situation: i64, past: &Past) {
        let Some([in_force, new]) = self.fates.get(&situation).copied() else { return };
        if in_force == new {
            self.shown.remove(&situation);
            return;
        }
        if self.shown.len() >= self.shown_max && !self.shown.contains_key(&situation) {
            return;
        }
        let (why_in_force, why_new) = (self.in_force.why(past), self.new.why(past));
        let one = self.shown.entry(situation).or_insert_with(|| Difference {
            situation: format!("S-{situation}"),
            title: past.alert.title.clone(),
            at: past.at,
            then: past.then,
            in_force,
            why_in_force: String::new(),
            new,
            why_new: String::new(),
        });
        (one.in_force, one.why_in_force) = (in_force, why_in_force);
        (one.new, one.why_new) = (new, why_new);
    }

    pub fn finish(self) -> Report {
        let differ = self.fates.values().filter(|[one, other]| one != other).count() as u64;
        Report { differ, differences: self.shown.into_values().collect(), ..self.report }
    }
}

#[cfg(test)]
mod tests;

//! Scores a finished drill from its timeline: values with their targets and the entries that show them.
//!
//! Each value counts 1 at its target and falls to 0 at three times the target (for shares: with the share). What an
//! objective's values come to gives its HSEEP rating. There is no one number for the whole drill, and nothing is said
//! about a single person: a drill is a record of practice.

mod measures;

use chrono::{DateTime, Duration, Utc};

use super::{
    action::{Action, is_persons},
    metric::Metric,
    scenario::{Expectation, Objective, Scenario},
    time,
};
use crate::incident::{
    event::{Entry, Event},
    id::IncidentId,
    phase::Phase,
};

/// HSEEP's ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    Performed,
    SomeChallenges,
    MajorChallenges,
    Unable,
}

impl Rating {
    /// The bands: P from 0.80, S from 0.66, M from 0.50.
    fn of(value: f64) -> Rating {
        match value {
            v if v >= 0.80 => Self::Performed,
            v if v >= 0.66 => Self::SomeChallenges,
            v if v >= 0.50 => Self::MajorChallenges,
            _ => Self::Unable,
        }
    }
    pub fn letter(self) -> char {
        match self {
            Self::Performed => 'P',
            Self::SomeChallenges => 'S',
            Self::MajorChallenges => 'M',
            Self::Unable => 'U',
        }
    }
    pub fn words(self) -> &'static str {
        match self {
            Self::Performed => "performed without challenges",
            Self::SomeChallenges => "performed with some challenges",
            Self::MajorChallenges => "performed with major challenges",
            Self::Unable => "unable to be performed",
        }
    }
}

/// One metric as it came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub metric: Metric,
    /// In words: `4 min`, `1 of 3`.
    pub value: String,
    pub target: String,
    /// 0 to 1; `None` when there was nothing to measure.
    pub mark: Option<f64>,
    /// The entry from which, and the entry to which it was measured.
    pub from: Option<u64>,
    pub to: Option<u64>,
}

impl Measure {
    pub fn is_met(&self) -> bool {
        self.mark.is_some_and(|mark| mark >= 0.995)
    }
    /// An objective's own expected actions count for it one by one; all of them together (T3) say nothing about it.
    fn counts_for(&self, objective: &Objective) -> bool {
        self.metric != Metric::T3 && objective.metrics.contains(&self.metric)
    }
    /// `entries 1 to 7`; empty when no entry shows it.
    pub fn evidence(&self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => format!("entry {to}"),
            (Some(from), Some(to)) => format!("entries {from} to {to}"),
            (Some(seq), None) | (None, Some(seq)) => format!("entry {seq}"),
            (None, None) => String::new(),
        }
    }
}

/// What became of an expected action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done {
        seq: u64,
        after: Duration,
    },
    Late {
        seq: u64,
        after: Duration,
    },
    Missed,
    /// The drill ended before its time was up.
    Open,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The inject that should bring it about; `None`: expected from STARTEX on.
    pub inject: Option<String>,
    pub action: Action,
    pub within: Duration,
    pub objective: String,
    /// The entry from which the time runs.
    pub from: u64,
    pub outcome: Outcome,
}

impl Expected {
    fn mark(&self) -> Option<f64> {
        match self.outcome {
            Outcome::Done { .. } => Some(1.0),
            Outcome::Late { after, .. } => Some(falling(after, self.within)),
            Outcome::Missed => Some(0.0),
            Outcome::Open => None,
        }
    }
    pub fn words(&self) -> String {
        let within = time::words(self.within);
        match self.outcome {
            Outcome::Done { seq, after } => {
                format!("done after {} (within {within}; entry {seq})", time::words(after))
            }
            Outcome::Late { seq, after } => {
                format!("late, after {} (within {within}; entry {seq})", time::words(after))
            }
            Outcome::Missed => format!("missed (within {within})"),
            Outcome::Open => format!("not decided: the exercise ended before its {within} were over"),
        }
    }
}

/// An objective, rated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated {
    pub id: String,
    /// `None`: not observed.
    pub rating: Option<Rating>,
}

/// A finished drill, measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    pub incident: IncidentId,
    /// Exercise time, UTC.
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    /// What was said at ENDEX; empty if it never came.
    pub reason: String,
    /// Each metric that an objective names, and T3, in the order of [`Metric::ALL`].
    pub measures: Vec<Measure>,
    pub expected: Vec<Expected>,
    pub objectives: Vec<Rated>,
    /// Command was explicit from the declaration on: the entry that says so.
    pub command_from_start: Option<u64>,
}

impl Score {
    pub fn measure(&self, metric: Metric) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.metric == metric)
    }
    pub fn rating(&self, objective: &str) -> Option<Rating> {
        self.objectives.iter().find(|rated| rated.id == objective)?.rating
    }
}

/// The timeline with what every measure asks of it.
struct View<'a> {
    entries: &'a [Entry],
    declared: &'a Entry,
    ended: DateTime<Utc>,
    /// The public waits no longer.
    resolved: Option<DateTime<Utc>>,
}

impl<'a> View<'a> {
    fn new(entries: &'a [Entry]) -> Option<View<'a>> {
        let declared = entries.first().filter(|entry| matches!(entry.event, Event::Declared { .. }))?;
        let endex = entries.iter().find(|entry| matches!(entry.event, Event::Endex { .. }));
        // What is written after ENDEX is the looking back.
        let until = endex.map_or(u64::MAX, |endex| endex.seq);
        let count = entries.iter().take_while(|entry| entry.seq <= until).count();
        let entries = entries.get(..count).unwrap_or(entries);
        let resolved = entries
            .iter()
            .rev()
            .find_map(|entry| match entry.event {
                Event::PhaseChanged { to, .. } => Some((to, entry.occurred_at)),
                _ => None,
            })
            .filter(|(to, _)| matches!(to, Phase::Resolved | Phase::Review | Phase::Closed))
            .map(|(_, at)| at);
        let ended = entries.last().map_or(declared.occurred_at, |last| last.occurred_at);
        Some(View { entries, declared, ended, resolved })
    }

    fn first(&self, what: impl Fn(&Event) -> bool) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| what(&entry.event))
    }

    fn since_declared(&self, entry: &Entry) -> Duration {
        entry.occurred_at - self.declared.occurred_at
    }
}

/// 1 within the target, falling to 0 at three times the target.
fn falling(value: Duration, target: Duration) -> f64 {
    let (value, target) = (value.num_milliseconds() as f64, target.num_milliseconds().max(1) as f64);
    ((3.0 * target - value) / (2.0 * target)).clamp(0.0, 1.0)
}

/// Scores a timeline. `None` when it is none of a declared incident.
pub fn score(scenario: &Scenario, entries: &[Entry]) -> Option<Score> {
    let view = View::new(entries)?;
    let expected = expected(scenario, &view);
    let wanted = |metric: &Metric| {
        *metric == Metric::T3
            || scenario.objectives.iter().any(|objective| objective.metrics.contains(metric))
    };
    let measures: Vec<Measure> = Metric::ALL
        .into_iter()
        .filter(wanted)
        .map(|metric| measures::take(metric, scenario, &view, &expected))
        .collect();
    let objectives = scenario
        .objectives
        .iter()
        .map(|objective| {
            let of_metrics = measures.iter().filter(|m| m.counts_for(objective)).filter_map(|m| m.mark);
            let of_actions =
                expected.iter().filter(|e| e.objective == objective.id).filter_map(Expected::mark);
            let marks: Vec<f64> = of_metrics.chain(of_actions).collect();
            let mean = marks.iter().sum::<f64>() / marks.len().max(1) as f64;
            Rated { id: objective.id.clone(), rating: (!marks.is_empty()).then(|| Rating::of(mean)) }
        })
        .collect();
    let reason = view.entries.iter().find_map(|entry| match &entry.event {
        Event::Endex { reason } => Some(reason.clone()),
        _ => None,
    });
    let established = view.first(|event| matches!(event, Event::CommandEstablished { .. }));
    Some(Score {
        incident: view.declared.incident,
        began: view.declared.occurred_at,
        ended: view.ended,
        reason: reason.unwrap_or_default(),
        measures,
        expected,
        objectives,
        command_from_start: established.filter(|entry| is_persons(entry)).map(|entry| entry.seq),
    })
}

fn expected(scenario: &Scenario, view: &View<'_>) -> Vec<Expected> {
    let mut all: Vec<Expected> =
        scenario.expect.iter().map(|expectation| outcome(expectation, None, view.declared, view)).collect();
    for inject in &scenario.injects {
        let delivered = view.first(|event| matches!(event, Event::Injected { id, .. } if *id == inject.id));
        // An inject that was not delivered expects nothing.
        if let Some(delivered) = delivered {
            all.extend(inject.expect.iter().map(|e| outcome(e, Some(&inject.id), delivered, view)));
        }
    }
    all
}

fn outcome(expectation: &Expectation, inject: Option<&str>, from: &Entry, view: &View<'_>) -> Expected {
    let done = view.entries.iter().find(|entry| {
        // What came with the declaration counts from STARTEX on.
        (entry.seq > from.seq || inject.is_none()) && expectation.action.is_done_by(entry)
    });
    let outcome = match done {
        Some(entry) => {
            let (seq, after) = (entry.seq, entry.occurred_at - from.occurred_at);
            if after <= expectation.within {
                Outcome::Done { seq, after }
            } else {
                Outcome::Late { seq, after }
            }
        }
        None if view.ended - from.occurred_at < expectation.within => Outcome::Open,
        None => Outcome::Missed,
    };
    Expected {
        inject: inject.map(str::to_owned),
        action: expectation.action.clone(),
        within: expectation.within,
        objective: expectation.objective.clone(),
        from: from.seq,
        outcome,
    }
}

#[cfg(test)]
mod tests;

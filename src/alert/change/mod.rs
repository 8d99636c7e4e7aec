//! What changed: deploys, releases, pushes, runs of configuration management, feature flags.
//!
//! A change is told several times: when it begins, when it ends. It is known again by its sender's id, and whatever
//! the order in which it is told, the same is kept ([`Change::merged`]).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::cause::span;
use crate::mask::Masked;

#[cfg(test)]
mod documented;
mod draft;
pub(super) mod senders;

pub use draft::Draft;

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Deploy,
    Release,
    Push,
    Pipeline,
    Configuration,
    Flag,
    /// What a person or an unknown sender says.
    Other,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Deploy => "deploy",
            Kind::Release => "release",
            Kind::Push => "push",
            Kind::Pipeline => "pipeline",
            Kind::Configuration => "configuration",
            Kind::Flag => "flag",
            Kind::Other => "change",
        }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Began,
    /// It is done, and nothing is said of how.
    Done,
    Succeeded,
    Cancelled,
    Failed,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Began => "began",
            Outcome::Done => "done",
            Outcome::Succeeded => "succeeded",
            Outcome::Cancelled => "cancelled",
            Outcome::Failed => "failed",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    // What decides between two tellings comes first: see `merged`.
    /// When it ended; `None` while it is under way.
    pub ended_at: Option<DateTime<Utc>>,
    pub outcome: Outcome,
    /// The hook's name, or the door that a person came by.
    pub source: String,
    /// Its identity there.
    pub id: String,
    pub kind: Kind,
    /// One line, never empty.
    pub title: String,
    pub service: Option<String>,
    pub environment: Option<String>,
    /// Who did it, as the sender names them.
    pub by: Option<String>,
    /// Only `http` and `https`, without credentials.
    pub url: Option<String>,
    pub labels: BTreeMap<String, String>,
    /// What was missing, cut or odd, in a sentence each.
    pub notes: Vec<String>,
    /// When it began to take effect, as far as its sender says; else when it was first told.
    pub at: DateTime<Utc>,
    /// Where a person said it, if in an incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_in: Option<SaidIn>,
    /// Who took it back, if somebody did: it is kept, and counts for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawn>,
}

/// A change that was reported by mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Withdrawn {
    pub at: DateTime<Utc>,
    pub by: String,
    /// Empty where it is not to be read any more.
    pub reason: String,
    /// The entry that says so, where the change was said in an incident: redacted, it has no reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// The timeline entry in which a change was said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SaidIn {
    /// The incident's id.
    pub incident: String,
    pub seq: u64,
}

impl fmt::Display for Withdrawn {
    /// `withdrawn by Ada: that was staging`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "withdrawn by {}", self.by)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

impl Change {
    /// One change out of two tellings of it: what the later one says, and the earliest begin.
    pub fn merged(self, other: Change) -> Change {
        let at = self.at.min(other.at);
        let withdrawn = self.withdrawn.clone().max(other.withdrawn.clone());
        let later = if self.tells_less_than(&other) { other } else { self };
        Change { at, withdrawn, ..later }
    }

    /// The number by which people name it, of five digits: the same wherever it is shown, without a count that must be kept.
    pub fn number(&self) -> u32 {
        crc32fast::hash(format!("{}\0{}", self.source, self.id).as_bytes()) % 90_000 + 10_000
    }

    fn tells_less_than(&self, other: &Change) -> bool {
        // The begin is the earliest of all tellings, so it must not decide.
        let same_begin = Change { at: self.at, ..other.clone() };
        self.cmp(&same_begin) == Ordering::Less
    }

    /// `Checkout 1.2.3, succeeded`
    pub fn line(&self) -> String {
        let line = match self.outcome {
            Outcome::Done => self.title.clone(),
            outcome => format!("{}, {}", self.title, outcome.word()),
        };
        match &self.withdrawn {
            None => line,
            Some(withdrawn) => format!("{line} – {withdrawn}"),
        }
    }

    /// Masks secrets in what was sent.
    pub fn mask(&mut self) -> Masked {
        let mut seen = Masked::default();
        let texts = [&mut self.title, &mut self.id]
            .into_iter()
            .chain(
                [&mut self.service, &mut self.environment, &mut self.by, &mut self.url].into_iter().flatten(),
            )
            .chain(self.labels.values_mut())
            .chain(self.notes.iter_mut());
        for text in texts {
            seen.mask(text);
        }
        seen
    }
}

/// A change that came before an impact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Picked {
    #[serde(flatten)]
    pub change: Change,
    /// It is of a service in question, or of one that such a service stands on.
    pub is_related: bool,
    /// `10 min before, of checkout`
    pub reason: String,
}

impl Picked {
    /// The last changes before `impact`, those of `services` (lower case) first, each newest first.
    pub fn before(
        changes: &[Change],
        impact: DateTime<Utc>,
        services: &BTreeSet<String>,
        most: usize,
        within: Duration,
    ) -> Vec<Picked> {
        let mut picked: Vec<Picked> = changes
            .iter()
            .filter(|change| change.withdrawn.is_none())
            .filter(|change| change.at <= impact && impact - change.at <= within)
            .map(|change| {
                let service = change.service.as_deref();
                let is_related = service.is_some_and(|name| services.contains(&name.to_lowercase()));
                let when = format!("{} before", span(impact - change.at));
                let reason = match service {
                    Some(name) if is_related || services.is_empty() => format!("{when}, of {name}"),
                    Some(name) => format!("{when}, of {name}, which is not among the services in question"),
                    None => when,
                };
                Picked { change: change.clone(), is_related, reason }
            })
            .collect();
        picked.sort_by(|a, b| {
            (!a.is_related, b.change.at, &a.change.title).cmp(&(!b.is_related, a.change.at, &b.change.title))
        });
        picked.truncate(most);
        picked
    }

    /// `Checkout 1.2.3, succeeded (10 min before, of checkout)`
    pub fn line(&self) -> String {
        format!("{} ({})", self.change.line(), self.reason)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    pub fn change(service: &str, title: &str, at: DateTime<Utc>) -> Change {
        Change {
            ended_at: Some(at),
            outcome: Outcome::Succeeded,
            source: "github".into(),
            id: format!("deployment/{title}"),
            kind: Kind::Deploy,
            title: title.into(),
            service: Some(service.into()),
            environment: Some("production".into()),
            by: Some("ada".into()),
            url: Some("https://github.example/shop/checkout".into()),
            labels: BTreeMap::new(),
            notes: vec![],
            at,
            said_in: None,
            withdrawn: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::change, *};
    use proptest::prelude::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_205_600 + second, 0).unwrap()
    }

    fn telling() -> impl Strategy<Value = Change> {
        (0usize..5, 0i64..60, prop::option::of(0i64..60), 0u8..3).prop_map(
            |(outcome, began, ended, title)| Change {
                outcome: [
                    Outcome::Began,
                    Outcome::Done,
                    Outcome::Succeeded,
                    Outcome::Cancelled,
                    Outcome::Failed,
                ][outcome],
                ended_at: ended.map(at),
                ..change("checkout", &format!("v{title}"), at(began))
            },
        )
    }

    #[test]
    fn what_was_withdrawn_stays_so_whatever_its_sender_tells_and_comes_before_no_impact() {
        let told = change("checkout", "v1", at(0));
        let taken_back = Change {
            withdrawn: Some(Withdrawn {
                at: at(9),
                by: "Ada".into(),
                reason: "that was staging".into(),
                seq: None,
            }),
            ..told.clone()
        };
        assert_eq!(taken_back.line(), "v1, succeeded – withdrawn by Ada: that was staging");
        assert_eq!((taken_back.number(), told.number() / 100_000), (told.number(), 0));
        let again = Change { ended_at: Some(at(30)), outcome: Outcome::Failed, ..told.clone() };
        for merged in [again.clone().merged(taken_back.clone()), taken_back.clone().merged(again)] {
            assert_eq!((merged.outcome, &merged.withdrawn), (Outcome::Failed, &taken_back.withdrawn));
        }
        let picked =
            |change: Change| Picked::before(&[change], at(60), &BTreeSet::new(), 3, Duration::hours(2)).len();
        assert_eq!((picked(told), picked(taken_back)), (1, 0));
    }

    proptest! {
        #[test]
        fn in_whatever_order_and_how_often_a_change_is_told_the_same_is_kept(
            told in prop::collection::vec(telling(), 1..8),
            again in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
            seed in any::<u64>(),
        ) {
            let kept = |list: Vec<Change>| list.into_iter().reduce(Change::merged).unwrap();
            let mut other = told.clone();
            other.extend(again.iter().map(|index| index.get(&told).clone()));
            other.sort_by_key(|one| (one.at.timestamp() as u64).wrapping_mul(seed | 1));
            prop_assert_eq!(kept(told), kept(other));
        }
    }

    #[test]
    fn an_end_is_kept_over_a_begin_that_comes_late() {
        let ended = change("checkout", "v1", at(60));
        let began = Change { ended_at: None, outcome: Outcome::Began, ..change("checkout", "v1", at(0)) };
        for kept in [ended.clone().merged(began.clone()), began.merged(ended)] {
            assert_eq!((kept.outcome, kept.at, kept.ended_at), (Outcome::Succeeded, at(0), Some(at(60))));
        }
    }

    #[test]
    fn a_secret_in_a_change_is_masked() {
        let mut leaky = change("checkout", "rotate ghp_0123456789abcdef0123456789abcdef0123", at(0));
        assert!(!leaky.mask().is_empty());
        assert!(!leaky.title.contains("ghp_0123"), "{}", leaky.title);
    }
}

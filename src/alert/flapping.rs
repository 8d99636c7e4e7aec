//! Flapping: an alert that fires and clears, again and again.
//!
//! What is counted are the times that one alert cleared within a window. Nagios weighs the changes of the last 21 checks and calls
//! a service flapping above 20 to 50 % of them; there are no checks here, only changes, so it is their number that counts.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Duration, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Alert;

/// Clearings of a situation that are kept; the oldest go first.
const KEPT_MAX: usize = 64;

/// What counts as flapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Flapping {
    /// How often an alert must have cleared to be flapping.
    #[schemars(range(min = 2, max = 60))]
    pub times: u32,
    /// In how many minutes.
    #[schemars(range(min = 1, max = 1440))]
    pub within_minutes: u32,
}

impl Default for Flapping {
    fn default() -> Self {
        Flapping { times: 3, within_minutes: 30 }
    }
}

/// How an alert flaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaps {
    /// How often it cleared.
    pub times: u32,
    /// In how many minutes, rounded up.
    pub minutes: u32,
}

impl Flaps {
    /// `cleared 5 times in 12 min`.
    pub fn in_words(self) -> String {
        format!("cleared {} times in {} min", self.times, self.minutes)
    }
}

impl fmt::Display for Flaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flapping ({})", self.in_words())
    }
}

/// When the alerts of a situation cleared: by the sender's clock where it says, else when it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Clearings(BTreeSet<Clearing>);

/// When (seconds since 1970), which alert, and its start, so that one that is told twice counts once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Clearing(i64, u32, Option<i64>);

impl Clearings {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in that an alert has cleared. `is_news`: it was not known to have cleared; one without an end counts only then.
    pub fn add(&mut self, alert: &Alert, is_news: bool, now: DateTime<Utc>) {
        let (who, start) = (identity(alert), alert.starts_at.map(|at| at.timestamp()));
        let end = match alert.ends_at {
            // A clock that runs ahead would have it flap until then.
            Some(end) => end.min(now).timestamp(),
            None if is_news => now.timestamp(),
            None => return,
        };
        let told = start.and_then(|_| self.0.iter().find(|one| one.1 == who && one.2 == start).cloned());
        match told {
            // Told with another end, it cleared once all the same: at the later.
            Some(told) if told.0 >= end => return,
            Some(told) => drop(self.0.take(&told)),
            None => {}
        }
        self.0.insert(Clearing(end, who, start));
        if self.0.len() > KEPT_MAX {
            self.0.pop_first();
        }
    }

    /// Whether an alert flaps, now: the worst of them.
    pub fn flaps(&self, what: Flapping, now: DateTime<Utc>) -> Option<Flaps> {
        let window = i64::from(what.within_minutes) * 60;
        let after = now.timestamp() - window;
        let recent: Vec<&Clearing> = self.0.iter().filter(|one| one.0 > after).collect();
        let flaps = recent.iter().map(|one| {
            let ends = || recent.iter().filter(|other| other.1 == one.1).map(|other| other.0);
            let seconds = ends().max().unwrap_or_default() - ends().min().unwrap_or_default();
            let minutes = u32::try_from((seconds + 59) / 60).unwrap_or(u32::MAX).max(1);
            Flaps { times: u32::try_from(ends().count()).unwrap_or(u32::MAX), minutes }
        });
        flaps.max_by_key(|flaps| flaps.times).filter(|flaps| flaps.times >= what.times)
    }

    /// When what flaps now will have been steady for the window, if nothing more comes.
    pub fn steady_at(&self, what: Flapping) -> Option<DateTime<Utc>> {
        let last = DateTime::from_timestamp(self.0.last()?.0, 0)?;
        Some(last + Duration::minutes(i64::from(what.within_minutes)) + Duration::seconds(1))
    }
}

/// Tells the alerts of one situation apart; short, since it is kept with each clearing.
fn identity(alert: &Alert) -> u32 {
    let mut hash = Sha256::new();
    hash.update((alert.source.len() as u64).to_le_bytes());
    hash.update(&alert.source);
    hash.update(&alert.fingerprint);
    let digest = hash.finalize();
    digest.iter().take(4).fold(0, |id, byte| (id << 8) | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Status, testing::alert};
    use proptest::prelude::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_205_600 + second, 0).unwrap()
    }

    fn cleared(name: &str, start: i64, end: i64) -> Alert {
        Alert { status: Status::Resolved, starts_at: Some(at(start)), ends_at: Some(at(end)), ..alert(name) }
    }

    fn of(cleared: &[Alert]) -> Clearings {
        let mut all = Clearings::default();
        cleared.iter().for_each(|one| all.add(one, true, at(10_000)));
        all
    }

    #[test]
    fn what_clears_three_times_in_half_an_hour_flaps_until_it_was_steady_for_as_long() {
        let twice = [cleared("db1", 0, 60), cleared("db1", 300, 360)];
        assert_eq!(of(&twice).flaps(Flapping::default(), at(700)), None);
        let thrice = [&twice[..], &[cleared("db1", 600, 705)]].concat();
        let flaps = of(&thrice).flaps(Flapping::default(), at(720)).unwrap();
        assert_eq!(flaps.to_string(), "flapping (cleared 3 times in 11 min)");
        let steady = of(&thrice).steady_at(Flapping::default()).unwrap();
        assert_eq!(of(&thrice).flaps(Flapping::default(), steady), None);
    }

    #[test]
    fn many_that_clear_once_do_not_flap() {
        let all: Vec<Alert> = (0..50).map(|n| cleared(&format!("db{n}"), 0, 60 + n)).collect();
        assert_eq!(of(&all).flaps(Flapping::default(), at(120)), None);
    }

    #[test]
    fn without_any_times_of_the_sender_each_change_counts_once() {
        let bare = Alert { status: Status::Resolved, starts_at: None, ends_at: None, ..alert("db1") };
        let mut all = Clearings::default();
        for second in [0, 100, 200] {
            all.add(&bare, true, at(second));
            all.add(&bare, false, at(second + 1));
        }
        assert_eq!(all.flaps(Flapping::default(), at(201)).map(|flaps| flaps.times), Some(3));
    }

    proptest! {
        #[test]
        fn it_flaps_the_same_in_whatever_order_and_however_often_it_is_told(
            story in proptest::collection::vec((0u8..3, 0i64..6, 1i64..50), 1..40),
            order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..80),
        ) {
            let told: Vec<Alert> = story
                .iter()
                .map(|(name, start, lasts)| cleared(&format!("db{name}"), start * 100, start * 100 + lasts))
                .collect();
            let mut other: Vec<Alert> = order.iter().map(|at| at.get(&told).clone()).collect();
            other.extend(told.iter().rev().cloned());
            let (one, two) = (of(&told), of(&other));
            prop_assert_eq!(&one, &two);
            let flaps = one.flaps(Flapping::default(), at(700));
            // No alert can clear more often than it began.
            prop_assert!(flaps.is_none_or(|flaps| (3..=6).contains(&flaps.times)));
        }
    }
}

//! How long what was handed to the disk waits there. When the oldest of it waits too long, the disk does not keep up, and
//! whoever comes with more is told so at once: senders give up after some ten seconds and would send the same again.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};

/// So long may the oldest wait while others are let in behind it. In a storm that the disk keeps up with it is milliseconds.
pub const OLDEST_MAX: Duration = Duration::from_secs(5);
/// So long a delivery waits in the line of its own source before the disk; some half a second of the disk's work is before it. As long
/// a large one waits to be read.
pub const LINE_MAX: Duration = Duration::from_secs(3);

/// Deliveries that the disk has not answered yet.
#[derive(Debug, Default)]
pub struct Backlog(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Since when each is under way, and a number of its own.
    all: BTreeSet<(DateTime<Utc>, u64)>,
    next: u64,
}

/// One that is under way until it is dropped.
#[derive(Debug)]
pub struct UnderWay<'b> {
    backlog: &'b Backlog,
    one: (DateTime<Utc>, u64),
}

impl Backlog {
    /// From now on it waits for the disk.
    pub fn begin(&self, now: DateTime<Utc>) -> UnderWay<'_> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = (now, state.next);
        state.next = state.next.wrapping_add(1);
        state.all.insert(one);
        UnderWay { backlog: self, one }
    }

    /// Whether the oldest waits so long that nothing should come behind it.
    pub fn is_behind(&self, now: DateTime<Utc>) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .all
            .first()
            .and_then(|(since, _)| (now - *since).to_std().ok())
            .is_some_and(|age| age > OLDEST_MAX)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.backlog.0.lock().unwrap_or_else(PoisonError::into_inner).all.remove(&self.one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + ms).unwrap()
    }

    #[test]
    fn nobody_is_let_in_behind_one_that_waits_too_long_and_everybody_again_when_it_is_answered() {
        let backlog = Backlog::default();
        assert!(!backlog.is_behind(at(0)));
        let first = backlog.begin(at(0));
        let others: Vec<_> = (1..1_000).map(|ms| backlog.begin(at(ms))).collect();
        assert!(!backlog.is_behind(at(5_000)), "however many they are");
        assert!(backlog.is_behind(at(5_001)));
        drop(first);
        assert!(!backlog.is_behind(at(5_001)), "the next came a moment later");
        assert!(backlog.is_behind(at(6_000)));
        drop(others);
        assert!(!backlog.is_behind(at(60_000)));
    }

    #[test]
    fn two_of_one_moment_are_two() {
        let backlog = Backlog::default();
        let (one, _other) = (backlog.begin(at(0)), backlog.begin(at(0)));
        drop(one);
        assert!(backlog.is_behind(at(5_001)));
    }
}

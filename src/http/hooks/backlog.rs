//! How long what was handed to the disk waits there. When the oldest of it waits too long, the disk does not keep up, and
//! whoever comes with more is told so at once: senders give up after some ten seconds and would send the same again.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// So long may the oldest wait while others are let in behind it. In a storm that the disk keeps up with it is milliseconds.
pub const OLDEST_MAX: Duration = Duration::from_secs(5);
/// So long a delivery waits in the line of its own source before the disk; some half a second of the disk's work is before it. As long
/// a large one waits to be read.
pub const LINE_MAX: Duration = Duration::from_secs(3);

/// Deliveries that the disk has not answered yet.
pub struct Backlog {
    state: Mutex<State>,
    stopwatch: Stopwatch,
}

/// How long something has run. It never goes back and never jumps: the clock on the wall, set an hour on, is no slow disk.
pub type Stopwatch = Box<dyn Fn() -> Duration + Send + Sync>;

#[derive(Default)]
struct State {
    /// Since when each is under way, and a number of its own.
    all: BTreeSet<(Duration, u64)>,
    next: u64,
}

/// One that is under way until it is dropped.
pub struct UnderWay<'b> {
    backlog: &'b Backlog,
    one: (Duration, u64),
}

impl Backlog {
    pub fn new(stopwatch: Stopwatch) -> Self {
        Self { state: Mutex::default(), stopwatch }
    }

    /// From now on it waits for the disk.
    pub fn begin(&self) -> UnderWay<'_> {
        let now = (self.stopwatch)();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let one = (now, state.next);
        state.next = state.next.wrapping_add(1);
        state.all.insert(one);
        UnderWay { backlog: self, one }
    }

    /// Whether the oldest waits so long that nothing should come behind it.
    pub fn is_behind(&self) -> bool {
        let now = (self.stopwatch)();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.all.first().is_some_and(|(since, _)| now.saturating_sub(*since) > OLDEST_MAX)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.backlog.state.lock().unwrap_or_else(PoisonError::into_inner).all.remove(&self.one);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    /// A backlog, and the milliseconds that its stopwatch shows.
    fn stepped() -> (Backlog, Arc<AtomicU64>) {
        let ms = Arc::new(AtomicU64::new(0));
        let shown = ms.clone();
        (Backlog::new(Box::new(move || Duration::from_millis(shown.load(Ordering::SeqCst)))), ms)
    }

    #[test]
    fn nobody_is_let_in_behind_one_that_waits_too_long_and_everybody_again_when_it_is_answered() {
        let (backlog, ms) = stepped();
        let is_behind = |at: u64| {
            ms.store(at, Ordering::SeqCst);
            backlog.is_behind()
        };
        assert!(!is_behind(0));
        let first = backlog.begin();
        let others: Vec<_> = (1..1_000)
            .map(|at| {
                ms.store(at, Ordering::SeqCst);
                backlog.begin()
            })
            .collect();
        assert!(!is_behind(5_000), "however many they are");
        assert!(is_behind(5_001));
        drop(first);
        assert!(!is_behind(5_001), "the next came a moment later");
        assert!(is_behind(6_001));
        drop(others);
        assert!(!is_behind(60_000));
    }

    #[test]
    fn two_of_one_moment_are_two() {
        let (backlog, ms) = stepped();
        let (one, _other) = (backlog.begin(), backlog.begin());
        drop(one);
        ms.store(5_001, Ordering::SeqCst);
        assert!(backlog.is_behind());
    }
}

//! The one place where time, ids and chance come from.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rand::Rng;
use uuid::Uuid;

/// Time, ids and chance: injected, so that rules and whole days can be replayed.
pub trait World: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
    /// A new id, sortable by time.
    fn id(&self) -> Uuid;
    /// 32 hex digits nobody can guess.
    fn salt(&self) -> String;
    /// Uniform in 0..1, for jitter.
    fn chance(&self) -> f64;
}

/// The machine's clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

#[allow(clippy::disallowed_methods, reason = "this is the one place")]
impl World for System {
    fn now(&self) -> DateTime<Utc> {
        // Milliseconds are what is stored; finer digits would not survive a reload.
        let now = Utc::now();
        DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
    }
    fn id(&self) -> Uuid {
        Uuid::now_v7()
    }
    fn salt(&self) -> String {
        let bytes: [u8; 16] = rand::rng().random();
        hex::encode(bytes)
    }
    fn chance(&self) -> f64 {
        rand::rng().random()
    }
}

/// A stopwatch that runs from now on. It never goes back and never jumps, whatever becomes of the clock on the wall.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn stopwatch() -> impl Fn() -> Duration + Send + Sync + 'static {
    let start = Instant::now();
    move || start.elapsed()
}

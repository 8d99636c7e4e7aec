//! The machine's clock, put forward by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use commandpost::desk::clock::{System, World};
use uuid::Uuid;

/// Goes on by itself, as the machine's does, and is so much ahead of it.
#[derive(Default)]
pub struct Ahead {
    ahead_ms: AtomicI64,
}

impl Ahead {
    pub fn later(&self, by: Duration) {
        self.ahead_ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl World for Ahead {
    fn now(&self) -> DateTime<Utc> {
        System.now() + Duration::milliseconds(self.ahead_ms.load(Ordering::SeqCst))
    }
    fn id(&self) -> Uuid {
        System.id()
    }
    fn salt(&self) -> String {
        System.salt()
    }
    fn chance(&self) -> f64 {
        System.chance()
    }
}

//! The one lock around the modelled world, and the signal that something in it has changed.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::{clock::Clock, ratelimit::RateState, world::World};

struct Shared {
    world: Mutex<World>,
    rates: Mutex<RateState>,
    clock: Clock,
    changed: watch::Sender<u64>,
}

/// Shared by the handlers, the gateway's connections and the people.
#[derive(Clone)]
pub(super) struct Service(Arc<Shared>);

impl Service {
    pub fn new(world: World, clock: Clock) -> Self {
        let (changed, _) = watch::channel(0);
        Self(Arc::new(Shared {
            world: Mutex::new(world),
            rates: Mutex::new(RateState::default()),
            clock,
            changed,
        }))
    }
    /// Looks at or changes the world at the present time, and wakes who waits for a change.
    pub fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let out = self.look(act);
        self.0.changed.send_modify(|n| *n = n.wrapping_add(1));
        out
    }
    /// As [`Service::with`], but wakes nobody.
    pub fn look<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = (self.0.clock)();
        act(&mut world)
    }
    pub fn with_rates<T>(&self, act: impl FnOnce(&mut RateState, DateTime<Utc>) -> T) -> T {
        let now = (self.0.clock)();
        act(&mut self.0.rates.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }
}

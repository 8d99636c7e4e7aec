//! Waiting for a moment of the house's clock.

use std::{sync::Arc, time::Duration as StdDuration};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use crate::desk::clock::World;

/// A clock that is set right is noticed within this time.
const LOOK_EVERY: StdDuration = StdDuration::from_secs(5);

pub(super) trait Pace: Send + Sync {
    /// Comes back once the house's clock has reached `moment`. May be dropped and asked again.
    fn until(&self, moment: DateTime<Utc>) -> BoxFuture<'_, ()>;
}

/// Waits in real time.
pub(super) struct Clock {
    pub world: Arc<dyn World>,
}

impl Pace for Clock {
    fn until(&self, moment: DateTime<Utc>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            while let Ok(left) = (moment - self.world.now()).to_std()
                && !left.is_zero()
            {
                tokio::time::sleep(left.min(LOOK_EVERY)).await;
            }
        })
    }
}

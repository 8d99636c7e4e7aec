//! When a request has its turn. Of each budget one at a time, as only its answer says what is left; and of all together no more in a
//! second than Discord takes of a bot, which no answer says. So none is refused for those that are under way beside it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::brakes::{Budget, IN_A_SECOND};

/// With so many budgets known, those that nobody asks of are forgotten.
const LANES_KEPT: usize = 64;

pub(super) struct Pace {
    places: Arc<Semaphore>,
    /// For so long after its answer a request counts.
    counts_for: Duration,
    lanes: Mutex<HashMap<Budget, Arc<tokio::sync::Mutex<()>>>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::of(IN_A_SECOND, Duration::from_secs(1))
    }
}

impl Pace {
    /// So many requests in so long a time.
    pub fn of(requests: u32, counts_for: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(requests as usize)), counts_for, lanes: Mutex::default() }
    }

    /// Waits until nobody else asks of this budget. To be held until the answer is there.
    pub async fn lane(&self, budget: Budget) -> OwnedMutexGuard<()> {
        let lane = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            if lanes.len() >= LANES_KEPT {
                // Whoever asks, or waits, has a second owner.
                lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
            }
            lanes.entry(budget).or_default().clone()
        };
        lane.lock_owned().await
    }

    /// Waits for a place among the requests of a second. To be given to [`Pace::answered`]; what was not sent drops it.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }

    /// Frees the place of a request. Discord counted it at some moment before its answer: from that on it counts here.
    pub fn answered(&self, place: Option<OwnedSemaphorePermit>) {
        let Some(place) = place else { return };
        let counts_for = self.counts_for;
        tokio::spawn(async move {
            tokio::time::sleep(counts_for).await;
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const A_MOMENT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(30);

    fn budget(channel: &str) -> Budget {
        ("bucket".to_owned(), channel.to_owned())
    }

    #[tokio::test]
    async fn of_one_budget_nobody_asks_before_the_answer_to_whoever_asked_and_of_another_at_once() {
        let pace = Pace::default();
        let first = pace.lane(budget("1")).await;
        assert!(timeout(A_MOMENT, pace.lane(budget("1"))).await.is_err());
        assert!(timeout(LONG, pace.lane(budget("2"))).await.is_ok());
        drop(first);
        assert!(timeout(LONG, pace.lane(budget("1"))).await.is_ok());
    }

    #[tokio::test]
    async fn budgets_that_nobody_asks_of_are_not_kept() {
        let pace = Pace::default();
        let asking = pace.lane(budget("asking")).await;
        for n in 0..10 * LANES_KEPT {
            drop(pace.lane(budget(&n.to_string())).await);
        }
        assert!(pace.lanes.lock().unwrap().len() <= LANES_KEPT);
        assert!(timeout(A_MOMENT, pace.lane(budget("asking"))).await.is_err(), "it is in use");
        drop(asking);
    }

    #[tokio::test]
    async fn a_request_counts_for_a_while_after_its_answer() {
        let hour = Pace::of(1, Duration::from_secs(3_600));
        hour.answered(hour.place().await);
        assert!(timeout(A_MOMENT, hour.place()).await.is_err());
        let moment = Pace::of(1, A_MOMENT);
        moment.answered(moment.place().await);
        assert!(timeout(LONG, moment.place()).await.is_ok());
        // One that was not sent does not count.
        let unsent = Pace::of(1, Duration::from_secs(3_600));
        drop(unsent.place().await);
        assert!(timeout(LONG, unsent.place()).await.is_ok());
    }
}

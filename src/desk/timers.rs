//! Timers: they live in the journal; this loop only wakes when the next one is due.

use std::{collections::BTreeSet, sync::Arc, time::Duration as StdDuration};

use tokio_util::sync::CancellationToken;

use super::{Along, Caller, Desk, refuse};
use crate::{
    incident::{
        command::Command,
        refusal::{Because, Refusal},
    },
    journal::{Append, Mark, rows::TimerRow},
};

/// A clock that jumps is noticed within this time.
const LOOK_EVERY: StdDuration = StdDuration::from_secs(10);
const PAGE: u32 = 200;

impl Desk {
    /// Lets timers go off until told to stop.
    pub async fn keep_time(self: Arc<Self>, stop: CancellationToken) {
        loop {
            // Asked for before looking, so that what is set between the look and the wait still wakes.
            let woken = self.wake_timers.notified();
            if let Err(refusal) = self.fire_due_timers().await {
                tracing::warn!(%refusal, "timers could not be kept; trying again");
            }
            let now = self.world.now();
            let wait = match self.journal.next_timer_at().await {
                Ok(Some(due)) => (due - now).to_std().unwrap_or(StdDuration::from_millis(20)).min(LOOK_EVERY),
                Ok(None) | Err(_) => LOOK_EVERY,
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = woken => {}
                () = tokio::time::sleep(wait.max(StdDuration::from_millis(5))) => {}
            }
        }
    }

    /// Fires everything that is due now. Returns how many went off. The timer is gone in the same transaction that
    /// writes what it caused: it fires once, whatever happens between.
    ///
    /// # Errors
    /// The first of those that could not be kept; all others were.
    pub async fn fire_due_timers(self: &Arc<Self>) -> Result<usize, Refusal> {
        let mut fired = 0;
        // One incident that cannot be read must not keep the timers of others: those are passed over for now.
        let (mut left, mut failed) = (BTreeSet::new(), None);
        loop {
            let limit = PAGE.saturating_add(u32::try_from(left.len()).unwrap_or(u32::MAX));
            let mut due = self.journal.timers_due(self.world.now(), limit).await.map_err(refuse)?;
            due.retain(|timer| !left.contains(&(timer.due_at, timer.id.clone())));
            let page = due.len();
            for timer in due {
                let key = (timer.due_at, timer.id.clone());
                match self.fire(timer).await {
                    Ok(()) => fired += 1,
                    Err(refusal) => {
                        left.insert(key);
                        failed.get_or_insert(refusal);
                    }
                }
            }
            if page < PAGE as usize {
                return failed.map_or(Ok(fired), Err);
            }
        }
    }

    async fn fire(self: &Arc<Self>, timer: TimerRow) -> Result<(), Refusal> {
        let done = Mark::TimerDone { id: timer.id.clone(), due_at: timer.due_at };
        let along = Along { marks: vec![done.clone()], ..Along::default() };
        let told =
            self.submit(Caller::house("timer"), timer.incident, Command::Timer(timer.kind), along).await;
        match told {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.because == Because::Unavailable => Err(refusal),
            Err(refusal) => {
                tracing::info!(timer = timer.id, %refusal, "a timer had nothing to do");
                self.journal.append(Append { marks: vec![done], ..Append::default() }).await.map_err(refuse)
            }
        }
    }
}

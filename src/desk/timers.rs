//! Timers: they live in the journal; this loop only wakes when the next one is due.

use std::{sync::Arc, time::Duration as StdDuration};

use tokio_util::sync::CancellationToken;

use super::{Along, Caller, Desk, refuse};
use crate::{
    incident::{
        command::Command,
        refusal::{Because, Refusal},
    },
    journal::{Append, Mark},
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
    pub async fn fire_due_timers(self: &Arc<Self>) -> Result<usize, Refusal> {
        let mut fired = 0;
        loop {
            let due = self.journal.timers_due(self.world.now(), PAGE).await.map_err(refuse)?;
            let page = due.len();
            let mut failed = None;
            for timer in due {
                let done = Mark::TimerDone { id: timer.id.clone(), due_at: timer.due_at };
                let along = Along { marks: vec![done.clone()], ..Along::default() };
                match self
                    .submit(Caller::house("timer"), timer.incident, Command::Timer(timer.kind), along)
                    .await
                {
                    Ok(_) => {}
                    // One incident that cannot be read must not keep the timers of others.
                    Err(refusal) if refusal.because == Because::Unavailable => {
                        failed = Some(refusal);
                        continue;
                    }
                    Err(refusal) => {
                        tracing::info!(timer = timer.id, %refusal, "a timer had nothing to do");
                        self.journal
                            .append(Append { marks: vec![done], ..Append::default() })
                            .await
                            .map_err(refuse)?;
                    }
                }
                fired += 1;
            }
            if let Some(refusal) = failed {
                return Err(refusal);
            }
            if page < PAGE as usize {
                return Ok(fired);
            }
        }
    }
}

//! Follows the alerts: what a rule makes of a new situation, what a linked incident is told, which cards change.
//!
//! A signal is a hint; the scan over situations that moved since they were told is the truth. So a crash between
//! intake and telling loses nothing.

use std::{collections::BTreeSet, sync::Arc, time::Duration as StdDuration};

use chrono::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Along, Caller, Changed, Desk,
    held::Standing,
    refuse,
    ruled::{Known, also, put_off},
};
use crate::{
    alert::{Alert, window::Within},
    incident::{
        command::Command,
        event::InWindow,
        refusal::{Because, Refusal},
    },
    journal::{AlertBatch, AlertReceipt, Append, Mark, rows::*},
};

/// Alerts of a situation that a reader is shown.
pub(super) const ALERTS_SHOWN: u32 = 12;
const SCAN_EVERY: StdDuration = StdDuration::from_secs(15);
/// A situation with nothing firing is closed after this many minutes of quiet.
const QUIET_MINUTES: i64 = 30;
const PAGE: u32 = 100;
/// Alerts that are looked through for secrets where the request is read; more of them, on a thread for such work.
const MASKED_AT_ONCE: usize = 8;
/// What comes after a quiet time is told at once; what comes on its heels, together after this time.
const GATHER: StdDuration = StdDuration::from_millis(150);

/// What one pass has done so far.
#[derive(Default)]
struct Pass {
    told: usize,
    /// Situations that could not be told, and the first reason; they are passed over until the next pass.
    left: BTreeSet<i64>,
    failed: Option<Refusal>,
    known: Known,
}

impl Pass {
    /// A page, and room for what is passed over.
    fn limit(&self) -> u32 {
        PAGE.saturating_add(u32::try_from(self.left.len()).unwrap_or(u32::MAX))
    }
}

impl Desk {
    /// Takes alerts: durable when this returns, with a receipt. When many come at once, what is new about them may show a
    /// moment later.
    ///
    /// # Errors
    /// Unavailable: nothing was taken, the sender must try again.
    pub async fn take_alerts(self: &Arc<Self>, alerts: Vec<Alert>) -> Result<(Uuid, AlertReceipt), Refusal> {
        self.take(alerts, true).await
    }

    /// [`Desk::take_alerts`], and they are in their situations when this returns.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn place_alerts(self: &Arc<Self>, alerts: Vec<Alert>) -> Result<AlertReceipt, Refusal> {
        self.take(alerts, false).await.map(|(_, taken)| taken)
    }

    async fn take(
        self: &Arc<Self>,
        alerts: Vec<Alert>,
        may_wait: bool,
    ) -> Result<(Uuid, AlertReceipt), Refusal> {
        let alerts = self.masked(alerts).await?;
        let receipt = self.world.id();
        let batch = AlertBatch { alerts, receipt, now: self.world.now(), may_wait, once: None };
        // Queued here; it goes through even if the sender hangs up while waiting.
        let taken = self.journal.take_alerts(batch).await.map_err(refuse)?;
        if taken.new + taken.changed + taken.waiting > 0 {
            self.wake_follower.notify_one();
        }
        Ok((receipt, taken))
    }

    /// The alerts without the secrets that a monitor sent along.
    pub(super) async fn masked(&self, mut alerts: Vec<Alert>) -> Result<Vec<Alert>, Refusal> {
        if alerts.len() > MASKED_AT_ONCE {
            // Not in the way of other requests.
            let masking = tokio::task::spawn_blocking(move || {
                alerts.iter_mut().for_each(Alert::mask);
                alerts
            });
            alerts = masking.await.map_err(|_| {
                Refusal::unavailable("The alerts could not be read through for secrets.", "Send them again.")
            })?;
        } else {
            alerts.iter_mut().for_each(Alert::mask);
        }
        Ok(alerts)
    }

    /// Follows until told to stop.
    pub async fn follow_alerts(self: Arc<Self>, stop: CancellationToken) {
        let mut pace = tokio::time::interval(GATHER);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look_for_quiet_at = self.world.now();
        loop {
            // Asked before the pass: what it did not see yet shows in the next.
            let more = self.journal.alerts_waiting() > 0;
            if let Err(refusal) = self.follow_once().await {
                tracing::warn!(%refusal, "the alerts could not be followed; trying again");
            }
            let now = self.world.now();
            // Not with every alert: the writer has cards to bring on their way.
            if now >= look_for_quiet_at {
                look_for_quiet_at = now + SCAN_EVERY;
                let quiet = now - Duration::minutes(QUIET_MINUTES);
                if let Err(error) = self.journal.close_quiet_situations(quiet).await {
                    tracing::debug!(%error, "quiet situations stay open for now");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake_follower.notified() => {
                    pace.tick().await;
                    // Once for all that came: who watches is not woken for every alert of a storm.
                    self.tell(Changed::Alerts);
                }
                () = tokio::time::sleep(GATHER), if more => self.tell(Changed::Alerts),
                () = tokio::time::sleep(SCAN_EVERY) => {}
            }
        }
    }

    /// One pass over everything that moved, and what is due to be looked at again. Returns how many situations were told.
    ///
    /// # Errors
    /// The first of what could not be told; everything else was.
    pub async fn follow_once(self: &Arc<Self>) -> Result<usize, Refusal> {
        let mut pass = Pass::default();
        let untold = |limit| async move {
            self.journal.situations(SituationFilter::Untold { limit }).await.map_err(refuse)
        };
        // Side by side: people wait for the card.
        let (released, standing, rows) =
            tokio::join!(self.release_held(), self.standing(self.world.now()), untold(pass.limit()));
        let standing = standing?;
        // What was held back until now is read now.
        let mut rows = if matches!(released, Ok(false)) { rows? } else { untold(pass.limit()).await? };
        pass.failed = released.err();
        while self.follow_page(rows, false, &standing, &mut pass).await? >= PAGE as usize {
            rows = untold(pass.limit()).await?;
        }
        let due = SituationFilter::Due { now: self.world.now(), limit: pass.limit() };
        let due = self.journal.situations(due).await.map_err(refuse)?;
        self.follow_page(due, true, &standing, &mut pass).await?;
        pass.failed.map_or(Ok(pass.told), Err)
    }

    /// Returns how many there were to be told.
    async fn follow_page(
        self: &Arc<Self>,
        mut rows: Vec<SituationRow>,
        is_due: bool,
        standing: &Standing,
        pass: &mut Pass,
    ) -> Result<usize, Refusal> {
        rows.retain(|row| !pass.left.contains(&row.id));
        let page = rows.len();
        let mut append = Append::default();
        for row in rows {
            let id = row.id;
            match self.follow_row(row, standing, is_due, &mut pass.known).await {
                Ok(also) => {
                    pass.told += 1;
                    append.marks.extend(also.marks);
                    append.deliveries.extend(also.deliveries);
                }
                // One incident that cannot be read must not keep the others from being told.
                Err(refusal) => {
                    pass.left.insert(id);
                    pass.failed.get_or_insert(refusal);
                }
            }
        }
        self.remember(append).await?;
        Ok(page)
    }

    async fn follow_row(
        self: &Arc<Self>,
        row: SituationRow,
        standing: &Standing,
        is_due: bool,
        known: &mut Known,
    ) -> Result<Append, Refusal> {
        let held = self.held(&row, standing).await?;
        let mut marks: Vec<Mark> = held.mark(row.id).into_iter().collect();
        if held.is_muted {
            marks.push(Mark::SituationTold { id: row.id, revision: row.revision });
            if is_due {
                marks.push(Mark::SituationLook { id: row.id, at: None });
            }
            return Ok(also(marks, vec![]));
        }
        let followed = self.follow_situation(row, held.within, is_due, known).await?;
        marks.extend(followed.marks);
        Ok(also(marks, followed.deliveries))
    }

    /// Tells the incident of a situation; what else is to be written comes back, to be written for a whole page at once.
    async fn follow_situation(
        self: &Arc<Self>,
        row: SituationRow,
        within: Option<Within>,
        is_due: bool,
        known: &mut Known,
    ) -> Result<Append, Refusal> {
        // It was a card because no rule might declare: nor may any now, and what was refused this one is refused the others.
        let waits =
            row.incident.is_none() && row.decided.as_deref() == Some("card") && !row.situation.is_over();
        if is_due && known.is_full && waits {
            return Ok(also(vec![put_off(row.id, self.world.now())], vec![]));
        }
        let mut told = vec![Mark::SituationTold { id: row.id, revision: row.revision }];
        let flaps = self.flaps(&row);
        if flaps.is_some() || is_due {
            let at = flaps.and_then(|_| row.situation.clearings.steady_at(self.settings().flapping));
            told.push(Mark::SituationLook { id: row.id, at });
        }
        if let Some(incident) = row.incident {
            let house = Caller::house(row.situation.source.clone());
            let mut facts = self.facts(&row).await?;
            if facts.firing == 0 {
                let linked = SituationFilter::Linked { incident };
                let linked = self.journal.situations(linked).await.map_err(refuse)?;
                facts.ended_by = self.ended_by(&linked);
                if flaps.is_none() {
                    // What a rule paged for, and nobody took up, ends when all of it was quiet for long.
                    let quiet = Duration::minutes(QUIET_MINUTES);
                    let moved = linked.iter().map(|one| one.situation.updated_at).max();
                    let since = moved.unwrap_or(row.situation.updated_at);
                    if self.world.now() - since >= quiet {
                        facts.quiet_minutes = Some(QUIET_MINUTES);
                    } else if linked.iter().any(|one| one.decided.as_deref() == Some("page")) {
                        told.push(Mark::SituationLook { id: row.id, at: Some(since + quiet) });
                    }
                }
            } else {
                facts.ended_by = self.ended_by_rule(incident).await?;
            }
            let along = Along { marks: told.clone(), ..Along::default() };
            let moved = self.submit(house, incident, Command::SituationMoved { facts }, along).await;
            return match moved {
                Ok(_) => Ok(Append::default()),
                // Whatever stands in the way there, the situation is told; only a journal that fails is tried again.
                Err(refusal) if refusal.because == Because::Unavailable => Err(refusal),
                Err(_) => Ok(also(told, vec![])),
            };
        }
        // What an exercise injects is the exercise's own: no rule decides it, and nobody else is told.
        if crate::drill::is_exercise(&row.situation.source) {
            told.push(Mark::SituationDecided { id: row.id, how: "record".into(), verdict: None });
            return Ok(also(told, vec![]));
        }
        let within = within.map(|within| InWindow { name: within.name, until: within.until });
        self.rule_on(row, within, told, is_due, known).await
    }

    async fn remember(&self, append: Append) -> Result<(), Refusal> {
        if append.marks.is_empty() {
            return Ok(());
        }
        self.append(append).await.map_err(refuse)
    }
}

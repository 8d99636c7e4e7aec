//! Heartbeats: who was heard when is on disk before it is answered; what is missed becomes an alert by the way of all alerts.
//!
//! What could not be heard because we were not there is not missed: after a start, after this loop stood still, after the disk
//! took no sign, each has a whole period more.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration as StdDuration,
};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Changed, Desk, refuse};
use crate::{
    alert::{
        Alert, Status,
        heartbeat::{Heartbeat, Pulse, Verdict},
    },
    incident::refusal::Refusal,
    journal::{Journal, JournalError, rows::HeartbeatRow},
};

/// A clock that jumps is noticed within this time.
const LOOK_EVERY: StdDuration = StdDuration::from_secs(10);
/// Looks that are farther apart mean that we stood still: asleep, stopped, or the machine was.
const STILL_SECONDS: i64 = 45;

/// A heartbeat as it stands, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatView {
    pub name: String,
    /// `waiting`, `alive`, `late`, `missed`
    pub state: String,
    pub heard_at: Option<DateTime<Utc>>,
    pub due_at: DateTime<Utc>,
    pub missed_since: Option<DateTime<Utc>>,
    pub every_seconds: i64,
    pub grace_seconds: i64,
}

struct Kept {
    settings: Heartbeat,
    pulse: Mutex<Pulse>,
    /// Held while it is written, so that what is on disk is the last that was.
    writing: tokio::sync::Mutex<()>,
}

pub struct Heartbeats {
    desk: Arc<Desk>,
    all: BTreeMap<String, Kept>,
    looked_at: Mutex<DateTime<Utc>>,
    /// A sign came that the disk did not take.
    is_deaf: AtomicBool,
    woken: Notify,
}

/// How the heartbeats of the settings stand in a journal.
///
/// # Errors
/// When it cannot be read.
pub async fn list(
    journal: &dyn Journal,
    settings: &[Heartbeat],
    now: DateTime<Utc>,
) -> Result<Vec<HeartbeatView>, JournalError> {
    let mut rows: BTreeMap<String, Pulse> =
        journal.heartbeats().await?.into_iter().map(|row| (row.name, row.pulse)).collect();
    let all = settings.iter().map(|one| {
        let pulse = rows.remove(&one.name).unwrap_or_else(|| one.awaited(now));
        view(one, &pulse, now)
    });
    Ok(all.collect())
}

fn view(settings: &Heartbeat, pulse: &Pulse, now: DateTime<Utc>) -> HeartbeatView {
    HeartbeatView {
        name: settings.name.clone(),
        state: settings.state(pulse, now).word().to_owned(),
        heard_at: pulse.heard_at,
        due_at: pulse.due_at,
        missed_since: pulse.missed_since,
        every_seconds: settings.every.num_seconds(),
        grace_seconds: settings.grace.num_seconds(),
    }
}

impl Heartbeats {
    /// Takes up what the last run remembered. What the settings name no longer is forgotten; if it was missed, its alert ends.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn open(desk: Arc<Desk>, settings: Vec<Heartbeat>) -> Result<Arc<Heartbeats>, Refusal> {
        let now = desk.world.now();
        let rows = desk.journal.heartbeats().await.map_err(refuse)?;
        let mut before: BTreeMap<String, Pulse> = rows.into_iter().map(|row| (row.name, row.pulse)).collect();
        let mut all = BTreeMap::new();
        for one in settings {
            let pulse = match before.remove(&one.name) {
                Some(pulse) => one.excused(&pulse, now),
                None => one.awaited(now),
            };
            write(&desk, &one.name, &pulse).await?;
            let kept =
                Kept { pulse: Mutex::new(pulse), writing: tokio::sync::Mutex::default(), settings: one };
            all.insert(kept.settings.name.clone(), kept);
        }
        for (name, pulse) in before {
            if let Some(since) = pulse.missed_since {
                let gone = Heartbeat {
                    name: name.clone(),
                    every: Duration::zero(),
                    grace: Duration::zero(),
                    severity: Default::default(),
                    watchdog: None,
                };
                let mut alert = gone.alert(since, Some(now));
                alert.description = "The settings name it no longer.".to_owned();
                desk.take_alerts(vec![alert]).await?;
            }
            desk.journal.forget_heartbeat(&name).await.map_err(refuse)?;
        }
        let (looked_at, is_deaf) = (Mutex::new(now), AtomicBool::new(false));
        Ok(Arc::new(Heartbeats { desk, all, looked_at, is_deaf, woken: Notify::new() }))
    }

    /// A sign of life: on disk when this returns. When the next is due.
    ///
    /// # Errors
    /// Not found; unavailable: it was not taken.
    pub async fn hear(&self, name: &str) -> Result<DateTime<Utc>, Refusal> {
        let Some(kept) = self.all.get(name) else {
            return Err(Refusal::not_found(
                format!("There is no heartbeat «{}».", name.chars().take(64).collect::<String>()),
                "Name it in the settings: [[heartbeat]].",
            ));
        };
        let now = self.desk.world.now();
        let next = now + kept.settings.every;
        let before = kept.now();
        let is_on_disk = before.heard_at.is_some_and(|at| (now - at).abs() < Duration::seconds(1));
        if is_on_disk && before.missed_since.is_none() {
            return Ok(next);
        }
        let heard = self.change(kept, |settings, pulse| settings.heard(pulse, now)).await;
        match heard {
            Ok(pulse) => {
                if pulse.missed_since.is_some() {
                    self.woken.notify_one();
                }
                self.desk.tell(Changed::Heartbeats);
                Ok(next)
            }
            Err(refusal) => {
                self.is_deaf.store(true, Ordering::Relaxed);
                Err(refusal)
            }
        }
    }

    /// Takes out of a hook's alerts those that are the sign of life of a watchdog. One that has ended is none, and no alert.
    ///
    /// # Errors
    /// Unavailable: nothing was taken.
    pub async fn hear_watchdogs(&self, hook: &str, alerts: &mut Vec<Alert>) -> Result<(), Refusal> {
        for kept in self.all.values() {
            let Some(watchdog) = kept.settings.watchdog.as_ref().filter(|one| one.hook == hook) else {
                continue;
            };
            let mut fires = false;
            alerts.retain(|alert| {
                let is_sign = watchdog.is(alert);
                fires |= is_sign && alert.status == Status::Firing;
                !is_sign
            });
            if fires {
                self.hear(&kept.settings.name).await?;
            }
        }
        Ok(())
    }

    pub fn list(&self) -> Vec<HeartbeatView> {
        let now = self.desk.world.now();
        self.all.values().map(|kept| view(&kept.settings, &kept.now(), now)).collect()
    }

    /// Watches until told to stop.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let wait = match self.look().await {
                Ok(_) => self.wait(),
                Err(refusal) => {
                    tracing::warn!(%refusal, "the heartbeats could not be looked at; trying again");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.woken.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Until the next is due.
    fn wait(&self) -> StdDuration {
        let now = self.desk.world.now();
        let pulses = self.all.values().map(Kept::now).filter(|pulse| pulse.missed_since.is_none());
        let due = pulses.map(|pulse| pulse.due_at).min();
        let wait = due.map_or(LOOK_EVERY, |due| (due - now).to_std().unwrap_or_default().min(LOOK_EVERY));
        wait.max(StdDuration::from_millis(20))
    }

    /// One look at all of them. Returns how many were missed or came back.
    ///
    /// # Errors
    /// When the journal takes nothing: nothing is lost, the next look comes to the same.
    pub async fn look(&self) -> Result<usize, Refusal> {
        let now = self.desk.world.now();
        let before =
            std::mem::replace(&mut *self.looked_at.lock().unwrap_or_else(PoisonError::into_inner), now);
        let stood_still = now - before > Duration::seconds(STILL_SECONDS);
        if self.is_deaf.swap(false, Ordering::Relaxed) || stood_still {
            for kept in self.all.values() {
                let excused = self.change(kept, |settings, pulse| settings.excused(pulse, now)).await;
                excused.inspect_err(|_| self.is_deaf.store(true, Ordering::Relaxed))?;
            }
        }
        let mut told = 0;
        for kept in self.all.values() {
            let (alert, missed_since) = match kept.settings.verdict(&kept.now(), now) {
                Verdict::Quiet => continue,
                Verdict::Missed { since } => (kept.settings.alert(since, None), Some(since)),
                Verdict::Back { since, heard_at } => (kept.settings.alert(since, Some(heard_at)), None),
            };
            // First the alert: taken twice, it is the same one.
            self.desk.take_alerts(vec![alert]).await?;
            self.change(kept, |_, pulse| Pulse { missed_since, ..pulse.clone() }).await?;
            told += 1;
        }
        Ok(told)
    }

    /// Changes what is remembered, on disk first.
    async fn change(
        &self,
        kept: &Kept,
        change: impl FnOnce(&Heartbeat, &Pulse) -> Pulse,
    ) -> Result<Pulse, Refusal> {
        let _writing = kept.writing.lock().await;
        let before = kept.now();
        let pulse = change(&kept.settings, &before);
        if pulse != before {
            write(&self.desk, &kept.settings.name, &pulse).await?;
            *kept.pulse.lock().unwrap_or_else(PoisonError::into_inner) = pulse.clone();
        }
        Ok(pulse)
    }
}

impl Kept {
    fn now(&self) -> Pulse {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn write(desk: &Desk, name: &str, pulse: &Pulse) -> Result<(), Refusal> {
    let row = HeartbeatRow { name: name.to_owned(), pulse: pulse.clone() };
    desk.journal.keep_heartbeat(row).await.map_err(refuse)
}

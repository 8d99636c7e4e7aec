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

use arc_swap::ArcSwap;
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
    settings: ArcSwap<Heartbeat>,
    pulse: Mutex<Pulse>,
    /// Held while it is written, so that what is on disk is the last that was. Whether the settings name it no longer.
    writing: tokio::sync::Mutex<bool>,
}

type All = BTreeMap<String, Arc<Kept>>;

pub struct Heartbeats {
    desk: Arc<Desk>,
    /// Those that the settings name. They change while it watches.
    all: ArcSwap<All>,
    /// Held while those are changed.
    changing: tokio::sync::Mutex<()>,
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
        let mut all = All::new();
        for one in settings {
            let pulse = match before.remove(&one.name) {
                Some(pulse) => one.excused(&pulse, now),
                None => one.awaited(now),
            };
            write(&desk, &one.name, &pulse).await?;
            all.insert(one.name.clone(), Arc::new(Kept::new(one, pulse)));
        }
        for (name, pulse) in before {
            forget(&desk, &name, &pulse).await?;
        }
        let (looked_at, is_deaf) = (Mutex::new(now), AtomicBool::new(false));
        let (all, changing) = (ArcSwap::from_pointee(all), tokio::sync::Mutex::default());
        Ok(Arc::new(Heartbeats { desk, all, changing, looked_at, is_deaf, woken: Notify::new() }))
    }

    /// Watches these from now on. What is awaited anew, or by other times, has a whole period; what is named no longer is
    /// forgotten, and its alert ends.
    ///
    /// # Errors
    /// When the journal takes nothing: those from before are watched as before.
    pub async fn watch_these(&self, settings: Vec<Heartbeat>) -> Result<(), Refusal> {
        let _changing = self.changing.lock().await;
        let (now, before) = (self.desk.world.now(), self.all.load_full());
        let mut all = All::new();
        for one in &settings {
            let kept = match before.get(&one.name) {
                Some(kept) => kept.clone(),
                None => {
                    let pulse = one.awaited(now);
                    write(&self.desk, &one.name, &pulse).await?;
                    Arc::new(Kept::new(one.clone(), pulse))
                }
            };
            all.insert(one.name.clone(), kept);
        }
        self.all.store(Arc::new(all));
        for one in settings {
            let Some(kept) = before.get(&one.name).filter(|kept| **kept.settings.load() != one) else {
                continue;
            };
            kept.settings.store(Arc::new(one));
            let changed = self.change(kept, |settings, pulse| settings.changed(pulse, now)).await;
            if let Err(refusal) = changed {
                // It is watched as it was until the next sign.
                tracing::warn!(%refusal, "a heartbeat's new times hold from its next sign on");
            }
        }
        let all = self.all.load_full();
        for (name, kept) in before.iter().filter(|(name, _)| !all.contains_key(*name)) {
            let mut is_gone = kept.writing.lock().await;
            *is_gone = true;
            if let Err(refusal) = forget(&self.desk, name, &kept.now()).await {
                tracing::warn!(heartbeat = name, %refusal, "it is forgotten at the next start");
            }
        }
        self.woken.notify_one();
        self.desk.tell(Changed::Heartbeats);
        Ok(())
    }

    /// A sign of life: on disk when this returns. When the next is due.
    ///
    /// # Errors
    /// Not found; unavailable: it was not taken.
    pub async fn hear(&self, name: &str) -> Result<DateTime<Utc>, Refusal> {
        let Some(kept) = self.all.load().get(name).cloned() else {
            return Err(Refusal::not_found(
                format!("There is no heartbeat «{}».", name.chars().take(64).collect::<String>()),
                "Name it in the settings: [[heartbeat]].",
            ));
        };
        let now = self.desk.world.now();
        let next = now + kept.settings.load().every;
        let before = kept.now();
        let is_on_disk = before.heard_at.is_some_and(|at| (now - at).abs() < Duration::seconds(1));
        if is_on_disk && before.missed_since.is_none() {
            return Ok(next);
        }
        let heard = self.change(&kept, |settings, pulse| settings.heard(pulse, now)).await;
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
        for kept in self.all.load_full().values() {
            let settings = kept.settings.load_full();
            let Some(watchdog) = settings.watchdog.as_ref().filter(|one| one.hook == hook) else {
                continue;
            };
            let mut fires = false;
            alerts.retain(|alert| {
                let is_sign = watchdog.is(alert);
                fires |= is_sign && alert.status == Status::Firing;
                !is_sign
            });
            if fires {
                self.hear(&settings.name).await?;
            }
        }
        Ok(())
    }

    pub fn list(&self) -> Vec<HeartbeatView> {
        let now = self.desk.world.now();
        let all = self.all.load();
        all.values().map(|kept| view(&kept.settings.load(), &kept.now(), now)).collect()
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
        let all = self.all.load();
        let pulses = all.values().map(|kept| kept.now()).filter(|pulse| pulse.missed_since.is_none());
        let due = pulses.map(|pulse| pulse.due_at).min();
        let wait = due.map_or(LOOK_EVERY, |due| (due - now).to_std().unwrap_or_default().min(LOOK_EVERY));
        wait.max(StdDuration::from_millis(20))
    }

    /// One look at all of them. Returns how many were missed or came back.
    ///
    /// # Errors
    /// When the journal takes nothing: nothing is lost, the next look comes to the same.
    pub async fn look(&self) -> Result<usize, Refusal> {
        // One that is forgotten meanwhile must not be told of after that.
        let _changing = self.changing.lock().await;
        let now = self.desk.world.now();
        let before =
            std::mem::replace(&mut *self.looked_at.lock().unwrap_or_else(PoisonError::into_inner), now);
        let stood_still = now - before > Duration::seconds(STILL_SECONDS);
        if self.is_deaf.swap(false, Ordering::Relaxed) || stood_still {
            for kept in self.all.load_full().values() {
                let excused = self.change(kept, |settings, pulse| settings.excused(pulse, now)).await;
                excused.inspect_err(|_| self.is_deaf.store(true, Ordering::Relaxed))?;
            }
        }
        let mut told = 0;
        for kept in self.all.load_full().values() {
            let settings = kept.settings.load_full();
            let (alert, missed_since) = match settings.verdict(&kept.now(), now) {
                Verdict::Quiet => continue,
                Verdict::Missed { since } => (settings.alert(since, None), Some(since)),
                Verdict::Back { since, heard_at } => (settings.alert(since, Some(heard_at)), None),
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
        let is_gone = kept.writing.lock().await;
        let (before, settings) = (kept.now(), kept.settings.load_full());
        let pulse = change(&settings, &before);
        if pulse != before && !*is_gone {
            write(&self.desk, &settings.name, &pulse).await?;
            *kept.pulse.lock().unwrap_or_else(PoisonError::into_inner) = pulse.clone();
        }
        Ok(pulse)
    }
}

impl Kept {
    fn new(settings: Heartbeat, pulse: Pulse) -> Kept {
        let settings = ArcSwap::from_pointee(settings);
        Kept { settings, pulse: Mutex::new(pulse), writing: tokio::sync::Mutex::new(false) }
    }

    fn now(&self) -> Pulse {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn write(desk: &Desk, name: &str, pulse: &Pulse) -> Result<(), Refusal> {
    let row = HeartbeatRow { name: name.to_owned(), pulse: pulse.clone() };
    desk.journal.keep_heartbeat(row).await.map_err(refuse)
}

/// What the settings name no longer: if it was missed, its alert ends.
async fn forget(desk: &Arc<Desk>, name: &str, pulse: &Pulse) -> Result<(), Refusal> {
    if let Some(since) = pulse.missed_since {
        let gone = Heartbeat {
            name: name.to_owned(),
            every: Duration::zero(),
            grace: Duration::zero(),
            severity: Default::default(),
            watchdog: None,
        };
        let mut alert = gone.alert(since, Some(desk.world.now()));
        alert.description = "The settings name it no longer.".to_owned();
        desk.take_alerts(vec![alert]).await?;
    }
    desk.journal.forget_heartbeat(name).await.map_err(refuse)
}

//! How the door stands: for the health page, the metrics and whoever wonders why the bot is silent.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use chrono::{DateTime, Utc};

use crate::desk::absence;

/// A look at the door.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Commands are heard, and what is asked of Discord is answered.
    pub connected: bool,
    /// Since when it is so, or not so.
    pub since: Option<DateTime<Utc>>,
    /// The commands are registered as they should be.
    pub commands_registered: bool,
    /// The gateway is no longer tried: a person must act, and `last_error` says how.
    pub gave_up: bool,
    /// What went wrong last, with what to do.
    pub last_error: Option<String>,
    /// Why the gateway hears nothing, while it does not.
    pub why_unheard: Option<String>,
    /// Discord answers what it is asked, so lines go out; only what people type there is not heard.
    pub is_deaf: bool,
}

impl From<Health> for absence::Standing {
    fn from(health: Health) -> Self {
        let why = health.why_unheard.or(health.last_error);
        Self { is_there: health.connected, since: health.since, why, is_deaf: health.is_deaf }
    }
}

/// Numbers for `/metrics`; all count up from the start of the process, but `gateway_state`.
#[derive(Debug, Default)]
pub struct Counters {
    /// 1 connected, 0 not; whatever becomes of requests.
    pub gateway_state: AtomicU64,
    /// Events that the client could not read. An interaction among them is read all the same.
    pub unknown_events: AtomicU64,
    /// Sessions begun (READY).
    pub sessions: AtomicU64,
    /// Sessions resumed after a cut.
    pub resumes: AtomicU64,
    /// Times that the watchdog gave the gateway up and began anew.
    pub restarts: AtomicU64,
    /// Answers of the gateway to the watchdog.
    pub signs_of_life: AtomicU64,
    pub interactions: AtomicU64,
    /// Interactions that came twice.
    pub repeats: AtomicU64,
    /// First answers that did not get through in time.
    pub late_answers: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct Standing {
    pub counters: Counters,
    pub commands_registered: AtomicBool,
    health: Mutex<Health>,
}

impl Standing {
    pub fn look(&self) -> Health {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner).clone();
        health.commands_registered = self.commands_registered.load(Relaxed);
        health
    }
    /// Returns whether that is news.
    pub fn set_connected(&self, connected: bool, now: DateTime<Utc>) -> bool {
        self.counters.gateway_state.store(u64::from(connected), Relaxed);
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = health.connected != connected || health.since.is_none();
        if is_news {
            (health.connected, health.since) = (connected, Some(now));
        }
        if connected {
            health.why_unheard = None;
        }
        is_news
    }
    pub fn error(&self, error: impl Into<String>) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).last_error = Some(error.into());
    }
    /// Why the gateway hears nothing: that stays so whatever goes wrong besides.
    pub fn unheard(&self, error: impl Into<String>) {
        let (error, mut health) = (error.into(), self.health.lock().unwrap_or_else(PoisonError::into_inner));
        (health.last_error, health.why_unheard) = (Some(error.clone()), Some(error));
    }
    pub fn give_up(&self, error: impl Into<String>) {
        self.unheard(error);
        self.health.lock().unwrap_or_else(PoisonError::into_inner).gave_up = true;
    }
}

//! How the door stands: for the metrics and whoever wonders why the bot is silent.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::desk::absence;

/// A look at the door.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The service answers: commands are heard.
    pub connected: bool,
    /// Since when it is so, or not so.
    pub since: Option<DateTime<Utc>>,
    /// What went wrong last, with what to do.
    pub last_error: Option<String>,
}

impl From<Health> for absence::Standing {
    fn from(health: Health) -> Self {
        Self { is_there: health.connected, since: health.since, why: health.last_error }
    }
}

#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<Health>);

impl Standing {
    pub fn look(&self) -> Health {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Returns whether that is news.
    pub fn set_connected(&self, connected: bool, now: DateTime<Utc>) -> bool {
        let mut health = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = health.connected != connected || health.since.is_none();
        if is_news {
            (health.connected, health.since) = (connected, Some(now));
        }
        is_news
    }
    pub fn error(&self, error: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last_error = Some(error.into());
    }
}

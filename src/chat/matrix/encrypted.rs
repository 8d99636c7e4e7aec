//! Rooms in which nothing can be read.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The encrypted ones among the rooms that the bot serves.
#[derive(Debug, Default)]
pub(super) struct Encrypted(Mutex<BTreeSet<String>>);

impl Encrypted {
    pub fn has(&self, room: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(room)
    }
    /// Whether that is news.
    pub fn add(&self, room: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(room.to_owned())
    }
}

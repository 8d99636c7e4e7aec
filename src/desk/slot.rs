//! Incidents kept folded, each with how much of it is durable.

use std::{
    sync::{Arc, PoisonError},
    time::Duration as StdDuration,
};

use tokio::sync::watch;
use uuid::Uuid;

use super::{Desk, no_such, refuse, submit::TRIES_MAX, too_busy};
use crate::incident::{id::IncidentId, refusal::Refusal, state::Incident};

/// An incident's folded state, and how much of it is durable.
pub(super) struct Slot {
    pub state: tokio::sync::Mutex<Option<(Incident, Uuid)>>,
    /// The last durable entry, and a count of the times that the state was thrown away.
    pub durable: watch::Sender<(u64, u64)>,
}

/// A state as somebody saw it: its last entry, and how often states had been thrown away before.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    seq: u64,
    thrown: u64,
}

impl Slot {
    /// To be asked while the state is held.
    pub fn seen(&self, seq: u64) -> Seen {
        Seen { seq, thrown: self.durable.borrow().1 }
    }

    /// Waits until the state seen is durable; `false` if it was thrown away, or that takes too long.
    pub async fn wait_durable(&self, seen: Seen) -> bool {
        let mut durable = self.durable.subscribe();
        let waiting = durable.wait_for(|(seq, thrown)| *seq >= seen.seq || *thrown != seen.thrown);
        match tokio::time::timeout(StdDuration::from_secs(10), waiting).await {
            // An entry of the same number may have taken the place of one that was thrown away.
            Ok(Ok(reached)) => reached.1 == seen.thrown,
            _ => false,
        }
    }

    pub async fn throw_away(&self) {
        let mut held = self.state.lock().await;
        held.take();
        // While the state is held: whoever saw it knows by the count that it is gone.
        self.durable.send_modify(|(_, thrown)| *thrown += 1);
    }
}

/// Incidents kept folded; the least used are read again when needed.
const SLOTS_MAX: usize = 512;

impl Desk {
    pub(super) fn slot(&self, id: IncidentId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= SLOTS_MAX && !slots.contains_key(&id) {
            // Whoever is in use has a second owner.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots
            .entry(id)
            .or_insert_with(|| {
                Arc::new(Slot { state: tokio::sync::Mutex::new(None), durable: watch::channel((0, 0)).0 })
            })
            .clone()
    }

    pub(super) async fn fill(
        &self,
        slot: &Slot,
        held: &mut Option<(Incident, Uuid)>,
        id: IncidentId,
    ) -> Result<(), Refusal> {
        if held.is_none() {
            *held = self.journal.load(id).await.map_err(refuse)?;
            if let Some((state, _)) = held {
                let seq = state.seq;
                slot.durable.send_modify(|(durable, _)| *durable = (*durable).max(seq));
            }
        }
        Ok(())
    }

    /// The incident as it durably stands.
    ///
    /// # Errors
    /// Not found, or the journal does not answer.
    pub async fn incident(&self, id: IncidentId) -> Result<Incident, Refusal> {
        self.look_at(id, Incident::clone).await
    }

    /// What is to be seen of the incident as it durably stands.
    ///
    /// # Errors
    /// Not found, or the journal does not answer.
    pub async fn look_at<T>(&self, id: IncidentId, look: impl Fn(&Incident) -> T) -> Result<T, Refusal> {
        for _ in 0..TRIES_MAX {
            let slot = self.slot(id);
            let (looked, seen) = {
                let mut held = slot.state.lock().await;
                self.fill(&slot, &mut held, id).await?;
                match held.as_ref() {
                    Some((state, _)) => (look(state), slot.seen(state.seq)),
                    None => {
                        drop(held);
                        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                        return Err(no_such(id));
                    }
                }
            };
            if slot.wait_durable(seen).await {
                return Ok(looked);
            }
        }
        Err(too_busy())
    }
}

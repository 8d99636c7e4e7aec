//! Alerts under a key: the same request again is answered as the first time, and brings nothing twice.

use std::sync::Arc;

use super::{Desk, refuse};
use crate::{
    alert::Alert,
    incident::refusal::Refusal,
    journal::{AlertBatch, AlertsAnswered, AlertsOnce, JournalError, rows::ReceiptRow},
};
use uuid::Uuid;

/// Two that come in the same moment are told apart by the disk: the second is asked again.
const TRIES: usize = 16;

impl Desk {
    /// [`Desk::take_alerts`] under a key. Whether it was answered before.
    ///
    /// # Errors
    /// Invalid: the key came with something else before. Unavailable: nothing was taken.
    pub async fn take_alerts_once(
        self: &Arc<Self>,
        alerts: Vec<Alert>,
        once: AlertsOnce,
    ) -> Result<(AlertsAnswered, bool), Refusal> {
        let alerts = self.masked(alerts).await?;
        let receipt = self.world.id();
        let once = Some(once);
        let batch = AlertBatch { alerts, receipt, now: self.world.now(), may_wait: false, once };
        for _ in 0..TRIES {
            match self.journal.take_alerts(batch.clone()).await {
                Ok(taken) => {
                    if taken.new + taken.changed > 0 {
                        self.wake_follower.notify_one();
                    }
                    let (receipt, new) = (receipt.to_string(), taken.new);
                    let (changed, repeated) = (taken.changed, taken.repeated);
                    return Ok((AlertsAnswered { receipt, new, changed, repeated }, false));
                }
                Err(JournalError::Conflict) => {}
                Err(JournalError::AnsweredBefore { asked, answer }) => {
                    if batch.once.as_ref().is_none_or(|once| once.asked != asked) {
                        return Err(Refusal::invalid(
                            "This key came with another body before.",
                            "Send the same body again under it, or this one under a key of its own.",
                        ));
                    }
                    let answer = serde_json::from_str(&answer).map_err(|e| {
                        refuse(JournalError::Damaged { what: "an answer".into(), why: e.to_string() })
                    })?;
                    return Ok((answer, true));
                }
                Err(error) => return Err(refuse(error)),
            }
        }
        Err(refuse(JournalError::Conflict))
    }

    /// What the alerts that a request brought first have become.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn receipt(&self, receipt: Uuid) -> Result<Vec<ReceiptRow>, Refusal> {
        self.journal.receipt(receipt).await.map_err(refuse)
    }
}

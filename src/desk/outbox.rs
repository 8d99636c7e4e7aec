//! The outbox in a person's hands: try again, or give up with a reason.

use std::sync::Arc;

use super::{Along, Caller, Changed, Desk, refuse};
use crate::{
    incident::{command::Command, refusal::Refusal},
    journal::{Handle, rows::*},
    people::Person,
};

const REASON_CHARS_MAX: usize = 500;

impl Desk {
    /// Retries or drops a delivery for somebody. A dropped public post is said on its timeline.
    ///
    /// # Errors
    /// No such delivery, or it is past changing.
    pub async fn handle_delivery(
        self: &Arc<Self>,
        person: &Person,
        n: i64,
        how: Handle,
    ) -> Result<String, Refusal> {
        let rows = self.journal.deliveries(DeliveryFilter::One(n)).await.map_err(refuse)?;
        let Some(delivery) = rows.into_iter().next() else {
            return Err(Refusal::not_found(
                format!("There is no delivery {n}."),
                "`commandpost outbox` lists them.",
            ));
        };
        let how = match how {
            Handle::Drop { reason } => {
                let reason = reason.trim();
                if reason.is_empty() {
                    return Err(Refusal::invalid(
                        format!("Delivery {n} was not dropped: no reason was given."),
                        "Say why it is not to be said any more.",
                    ));
                }
                if reason.chars().count() > REASON_CHARS_MAX {
                    return Err(Refusal::limit(
                        format!("A reason has at most {REASON_CHARS_MAX} characters."),
                        "Shorten it.",
                    ));
                }
                Handle::Drop { reason: format!("dropped by {person}: {reason}") }
            }
            Handle::Retry => Handle::Retry,
        };
        let done = self.journal.handle(n, how.clone(), self.world.now()).await.map_err(refuse)?;
        if !done {
            return Err(Refusal::conflict(
                format!("Delivery {n} is {}.", standing(delivery.state)),
                "Only what waits, is unknown or has failed can be retried or dropped.",
            ));
        }
        tracing::info!(delivery = n, how = ?how, person = person.id, "handled by hand");
        self.tell(Changed::Outbox);
        self.wake_outbox.notify_waiters();
        match how {
            Handle::Retry => Ok(format!("Delivery {n} to {} is tried again now.", delivery.destination)),
            Handle::Drop { reason } => {
                if let (What::Post { n: post }, Some(incident)) = (&delivery.what, delivery.incident) {
                    let command = Command::Delivered {
                        post: *post,
                        destination: delivery.destination.clone(),
                        result: Err(reason),
                    };
                    self.submit(Caller::house("outbox"), incident, command, Along::default()).await?;
                }
                Ok(format!("Delivery {n} to {} is dropped.", delivery.destination))
            }
        }
    }
}

/// A state as it stands after «is».
fn standing(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "waiting",
        DeliveryState::Sending => "being sent just now",
        DeliveryState::Unknown => "unknown",
        DeliveryState::Sent => "sent already",
        DeliveryState::Failed => "failed",
        DeliveryState::Dropped => "dropped already",
    }
}

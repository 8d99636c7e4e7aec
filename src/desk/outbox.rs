//! The outbox in a person's hands: try again, or give up with a reason.

use std::sync::Arc;

use super::{Along, Caller, Changed, Desk, refuse};
use crate::{
    alert::text::{is_blank, legible},
    incident::{
        command::{Command, Verb},
        permission::{self, Standing},
        refusal::{Because, Refusal},
        role::Role,
    },
    journal::{Handle, Mark, rows::*},
    mask::Masked,
    people::Person,
};

const REASON_CHARS_MAX: usize = 500;

impl Desk {
    /// Retries or drops a delivery for somebody. A dropped public post is said on its timeline. `is_admin` may do so with
    /// any; others need a role that may publish in the incident that it belongs to.
    ///
    /// # Errors
    /// No such delivery, no right to it, or it is past changing.
    pub async fn handle_delivery(
        self: &Arc<Self>,
        person: &Person,
        is_admin: bool,
        n: i64,
        how: Handle,
    ) -> Result<String, Refusal> {
        let rows = self.journal.deliveries(DeliveryFilter::One(n)).await.map_err(refuse)?;
        let delivery = match rows.into_iter().next() {
            Some(delivery) if self.may_know_of(person, &delivery).await => Some(delivery),
            _ => None,
        };
        let Some(delivery) = delivery else {
            return Err(Refusal::not_found(
                format!("There is no delivery {n}."),
                "`commandpost outbox` lists them.",
            ));
        };
        if !is_admin {
            self.may_handle(person, &delivery).await?;
        }
        let how = match how {
            Handle::Drop { reason } => {
                let reason = legible(reason.trim());
                if is_blank(&reason) {
                    return Err(Refusal::invalid(
                        format!("Delivery {n} was not dropped: no reason was given."),
                        "Say why it is not to be said any more.",
                    ));
                }
                if reason.chars().count() > REASON_CHARS_MAX {
                    return Err(Refusal::invalid(
                        format!("A reason has at most {REASON_CHARS_MAX} characters."),
                        "Shorten it.",
                    ));
                }
                let mut reason = format!("dropped by {person}: {reason}");
                Masked::default().mask(&mut reason);
                Handle::Drop { reason }
            }
            Handle::Retry => Handle::Retry,
        };
        if !self.handled(&delivery, &how).await? {
            let rows = self.journal.deliveries(DeliveryFilter::One(n)).await.map_err(refuse)?;
            let state = rows.first().map_or(delivery.state, |row| row.state);
            return Err(Refusal::conflict(
                format!("Delivery {n} is {}.", standing(state)),
                "Only what waits, is unknown or has failed can be retried or dropped.",
            ));
        }
        let is_dropped = matches!(how, Handle::Drop { .. });
        tracing::info!(delivery = n, is_dropped, person = person.id, "handled by hand");
        self.tell(Changed::Outbox);
        self.wake_outbox.notify_waiters();
        Ok(match how {
            Handle::Retry => format!("Delivery {n} to {} is tried again now.", delivery.destination),
            Handle::Drop { .. } => format!("Delivery {n} to {} is dropped.", delivery.destination),
        })
    }

    /// Does it; `false` where the delivery is past that. That a public post will not come goes on the timeline in the same
    /// transaction: its incident is not closed before it knows.
    async fn handled(self: &Arc<Self>, delivery: &Delivery, how: &Handle) -> Result<bool, Refusal> {
        let (n, now) = (delivery.n, self.world.now());
        if let (Handle::Drop { reason }, What::Post { n: post }, Some(incident)) =
            (how, &delivery.what, delivery.incident)
        {
            let (destination, reason) = (delivery.destination.clone(), reason.clone());
            let command = Command::Delivered { post: *post, destination, result: Err(reason.clone()) };
            let marks = vec![Mark::Dropped { delivery: n, reason, at: now }];
            let along = Along { marks, ..Along::default() };
            match self.submit(Caller::house("outbox"), incident, command, along).await {
                Ok(_) => return Ok(true),
                Err(refusal) if refusal.because == Because::Unavailable => return Err(refusal),
                Err(refusal) if refusal.because == Because::Conflict => return Ok(false),
                // An incident that knows of no such post waits for none.
                Err(_) => {}
            }
        }
        self.journal.handle(n, how.clone(), now).await.map_err(refuse)
    }

    async fn may_know_of(&self, person: &Person, delivery: &Delivery) -> bool {
        match delivery.incident {
            Some(id) => self.seen_by(person).may_see(id).await,
            None => true,
        }
    }

    /// What goes out of an incident is decided by whoever may publish in it.
    async fn may_handle(&self, person: &Person, delivery: &Delivery) -> Result<(), Refusal> {
        if let Some(id) = delivery.incident {
            let incident = self.incident(id).await?;
            let publishes =
                |role: &Role| permission::may(Standing::Holds(role), Verb::PublishPost, incident.kind());
            if incident.roles_of(person).iter().any(publishes) {
                return Ok(());
            }
        }
        let whose = delivery.incident.map_or_else(|| "no incident".to_owned(), |id| id.to_string());
        let pio = Role::pio();
        Err(Refusal::forbidden(
            format!("{person} may not decide about delivery {}, which belongs to {whose}.", delivery.n),
            format!(
                "Its commander, deputy or {} may, or whoever has a token with `admin = true`.",
                pio.shown(self.settings().policy.words)
            ),
        ))
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

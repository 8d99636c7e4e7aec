//! Senders of alerts are told of silences and acknowledgements: what they are asked, and what became of it.

use std::sync::Arc;

use chrono::Duration;

use super::{Along, Caller, Desk, refuse};
use crate::{
    alert::{
        Alert, Status,
        arranged::{Amendment, Arranged, Arrangement, Passed},
    },
    incident::{
        command::Command,
        refusal::{Because, Refusal},
    },
    journal::{Append, Mark, rows::*},
    outbox::port::{Asked, Content},
};

/// A sender is asked about silenced alerts for so long after the silence.
const LATE_MINUTES: i64 = 3;

impl Desk {
    async fn arrangement(&self, id: i64) -> Result<Option<Arrangement>, Refusal> {
        let rows = self.journal.arrangements(ArrangementFilter::One(id)).await.map_err(refuse)?;
        Ok(rows.into_iter().next())
    }

    /// What a sender is asked; nothing, where it is of no use any more.
    pub(super) async fn asked(&self, delivery: &Delivery, id: i64, how: Asking) -> Result<Content, Refusal> {
        let Some(one) = self.arrangement(id).await? else { return Ok(Content::Nothing) };
        let Some(of) = one.subject() else { return Ok(Content::Nothing) };
        let (now, hook) = (self.world.now(), hook(&delivery.destination));
        if !how.is_end() && !one.is_live(now) {
            return Ok(Content::Nothing);
        }
        let mut alerts = self.situation_alerts(of.situation).await?;
        // What is over is not acknowledged: at some senders that would open it again.
        let is_of_firing = matches!(how, Asking::Acknowledge | Asking::Unacknowledge);
        let is_asked = |alert: &Alert| !is_of_firing || alert.status == Status::Firing;
        alerts.retain(|alert| alert.source == hook && is_asked(alert));
        if alerts.is_empty() && how != Asking::Unsilence {
            return Ok(Content::Nothing);
        }
        let ended = one.ended.as_ref().filter(|_| how.is_end());
        let (by, reason) = ended.map_or((&one.by, &one.reason), |ended| (&ended.by, &ended.reason));
        let remote = match of.passed.get(hook) {
            Some(Passed::Done { id }) => id.clone(),
            _ => None,
        };
        // A silence is ended by what it is found by, where its number was never learnt; one may stand for an acknowledgement.
        let made = match (how, &one.what) {
            (Asking::Unsilence, Arranged::Acknowledgement { .. }) => Asking::Acknowledge,
            (Asking::Unsilence, _) => Asking::Silence,
            _ => how,
        };
        Ok(Content::Ask(Box::new(Asked {
            how,
            situation: of.situation,
            by: by.to_string(),
            reason: reason.clone(),
            at: one.at,
            until: one.until(),
            alerts,
            remote,
            mark: one.key(of.situation, made.word()),
        })))
    }

    /// The alerts of this sender that fire as far as we know, and that it tells nothing of as it was asked to be silent.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn silenced_at(&self, hook: &str) -> Result<Vec<Alert>, Refusal> {
        // What cleared a moment before the end is not told either.
        let since = self.world.now() - Duration::minutes(LATE_MINUTES);
        let mut silenced = Vec::new();
        for one in self.journal.arrangements(ArrangementFilter::Asked { since }).await.map_err(refuse)? {
            let Some(of) = one.subject() else { continue };
            if matches!(of.passed.get(hook), Some(Passed::Done { .. })) {
                let alerts = self.situation_alerts(of.situation).await?;
                silenced.extend(
                    alerts.into_iter().filter(|alert| alert.source == hook && alert.status == Status::Firing),
                );
            }
        }
        Ok(silenced)
    }

    /// Icinga and Nagios tell nobody that an acknowledgement was taken back: what they said of it before holds no more.
    async fn no_more_acknowledged(self: &Arc<Self>, hook: &str, situation: i64) -> Result<(), Refusal> {
        let mut alerts = self.situation_alerts(situation).await?;
        alerts.retain(|alert| alert.source == hook && alert.acknowledged);
        if alerts.is_empty() {
            return Ok(());
        }
        alerts.iter_mut().for_each(|alert| alert.acknowledged = false);
        self.take_alerts(alerts).await.map(drop)
    }

    /// Writes down what became of it: on the card, and on the timeline of the incident that the alerts belong to.
    pub(super) async fn ask_settled(
        self: &Arc<Self>,
        delivery: &Delivery,
        id: i64,
        how: Asking,
        settlement: Settlement,
    ) -> Result<(), Refusal> {
        let passed = match settlement.state {
            DeliveryState::Sent => Passed::Done { id: settlement.external_id.clone() },
            DeliveryState::Failed => Passed::Failed { why: settlement.error.clone().unwrap_or_default() },
            _ => return self.journal.settle(settlement).await.map_err(refuse),
        };
        let hook = hook(&delivery.destination);
        let mut marks = vec![Mark::Settled(settlement)];
        let one = self.arrangement(id).await?;
        let of = one.as_ref().and_then(|one| Some((one, one.subject()?)));
        let Some((one, of)) = of else {
            return self.journal.append(Append { marks, ..Append::default() }).await.map_err(refuse);
        };
        let ended_by = one.ended.as_ref().map_or(&one.by, |ended| &ended.by);
        let (what, by) = match (how, &one.what) {
            (Asking::Acknowledge, _) => ("acknowledgement", &one.by),
            (Asking::Silence, _) => ("silence", &one.by),
            (Asking::Unacknowledge, _) | (Asking::Unsilence, Arranged::Acknowledgement { .. }) => {
                ("end of the acknowledgement", ended_by)
            }
            (Asking::Unsilence, _) => ("end of the silence", ended_by),
        };
        let note = match &passed {
            Passed::Failed { why } => format!(
                "The {what} of S-{} by {by} could NOT be passed on to {hook}: {}.",
                of.situation,
                why.trim_end_matches('.')
            ),
            _ => format!("The {what} of S-{} by {by} was passed on to {hook}.", of.situation),
        };
        if how == Asking::Unacknowledge && matches!(passed, Passed::Done { .. }) {
            self.no_more_acknowledged(hook, of.situation).await?;
        }
        if !how.is_end() {
            let amendment = Amendment::Passed { to: hook.to_owned(), passed };
            marks.push(Mark::Amended { arrangement: id, amendment });
        }
        let row = self.situation(of.situation).await?;
        let deliveries = self.anew(&row, self.world.now());
        if let Some(incident) = row.incident {
            let along = Along { marks: marks.clone(), deliveries: deliveries.clone(), ..Along::default() };
            let house = Caller::house(delivery.destination.clone());
            match self.submit(house, incident, Command::Note { text: note, at: None }, along).await {
                Ok(_) => return Ok(()),
                Err(refusal) if refusal.because == Because::Unavailable => return Err(refusal),
                // It was closed meanwhile: the card tells it.
                Err(_) => {}
            }
        }
        self.append(Append { marks, deliveries, ..Append::default() }).await.map_err(refuse)
    }
}

fn hook(destination: &str) -> &str {
    destination.strip_prefix("sender/").unwrap_or(destination)
}

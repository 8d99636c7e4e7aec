//! Follows the alerts: what a rule makes of a new situation, what a linked incident is told, which cards change.
//!
//! A signal is a hint; the scan over situations that moved since they were told is the truth. So a crash between
//! intake and telling loses nothing.

use std::{sync::Arc, time::Duration as StdDuration};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Along, Caller, Changed, Desk, policy, refuse};
use crate::{
    alert::{
        Alert, Status,
        rules::{self, Action, Open, OpenIncident},
        window::Within,
    },
    incident::{
        command::{Command, Declare, SituationFacts},
        event::{AlertRef, InWindow},
        kind::Kind,
        refusal::Refusal,
        severity::Severity,
    },
    journal::{AlertBatch, AlertReceipt, Append, Mark, rows::*},
};

/// Alerts of a situation that a reader is shown.
pub(super) const ALERTS_SHOWN: u32 = 12;
const SCAN_EVERY: StdDuration = StdDuration::from_secs(15);
/// A situation with nothing firing is closed after this many minutes of quiet.
const QUIET_MINUTES: i64 = 30;
const PAGE: u32 = 100;
/// Alerts that are looked through for secrets where the request is read; more of them, on a thread for such work.
const MASKED_AT_ONCE: usize = 8;
/// Alerts are told to an incident in one entry for what came within this time.
const GATHER: StdDuration = StdDuration::from_millis(150);

/// What an incident is told of a situation.
pub(super) fn facts(row: &SituationRow, alerts: &[AlertRow]) -> SituationFacts {
    SituationFacts {
        id: row.id,
        title: row.situation.title.clone(),
        source: row.situation.source.clone(),
        firing: u64::from(row.situation.firing),
        total: u64::from(row.situation.total),
        acknowledged: u64::from(row.situation.acknowledged),
        within: None,
        alerts: alerts
            .iter()
            .map(|row| AlertRef {
                source: row.alert.source.clone(),
                fingerprint: row.alert.fingerprint.clone(),
                title: row.alert.title.clone(),
                firing: row.alert.status == Status::Firing,
                starts_at: row.alert.starts_at,
                url: row.alert.links.first().map(|link| link.url.to_string()),
            })
            .collect(),
    }
}

impl Desk {
    /// Takes alerts: durable when this returns, with a receipt. When many come at once, what is new about them may show a
    /// moment later.
    ///
    /// # Errors
    /// Unavailable: nothing was taken, the sender must try again.
    pub async fn take_alerts(self: &Arc<Self>, alerts: Vec<Alert>) -> Result<(Uuid, AlertReceipt), Refusal> {
        self.take(alerts, true).await
    }

    /// [`Desk::take_alerts`], and they are in their situations when this returns.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn place_alerts(self: &Arc<Self>, alerts: Vec<Alert>) -> Result<AlertReceipt, Refusal> {
        self.take(alerts, false).await.map(|(_, taken)| taken)
    }

    async fn take(
        self: &Arc<Self>,
        alerts: Vec<Alert>,
        may_wait: bool,
    ) -> Result<(Uuid, AlertReceipt), Refusal> {
        let alerts = self.masked(alerts).await?;
        let receipt = self.world.id();
        let batch = AlertBatch { alerts, receipt, now: self.world.now(), may_wait, once: None };
        // Queued here; it goes through even if the sender hangs up while waiting.
        let taken = self.journal.take_alerts(batch).await.map_err(refuse)?;
        if taken.new + taken.changed + taken.waiting > 0 {
            self.wake_follower.notify_one();
        }
        Ok((receipt, taken))
    }

    /// The alerts without the secrets that a monitor sent along.
    pub(super) async fn masked(&self, mut alerts: Vec<Alert>) -> Result<Vec<Alert>, Refusal> {
        if alerts.len() > MASKED_AT_ONCE {
            // Not in the way of other requests.
            let masking = tokio::task::spawn_blocking(move || {
                alerts.iter_mut().for_each(Alert::mask);
                alerts
            });
            alerts = masking.await.map_err(|_| {
                Refusal::unavailable("The alerts could not be read through for secrets.", "Send them again.")
            })?;
        } else {
            alerts.iter_mut().for_each(Alert::mask);
        }
        Ok(alerts)
    }

    /// Follows until told to stop.
    pub async fn follow_alerts(self: Arc<Self>, stop: CancellationToken) {
        loop {
            // Asked before the pass: what it did not see yet shows in the next.
            let more = self.journal.alerts_waiting() > 0;
            if let Err(refusal) = self.follow_once().await {
                tracing::warn!(%refusal, "the alerts could not be followed; trying again");
            }
            let quiet = self.world.now() - chrono::Duration::minutes(QUIET_MINUTES);
            if let Err(error) = self.journal.close_quiet_situations(quiet).await {
                tracing::debug!(%error, "quiet situations stay open for now");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake_follower.notified() => {
                    tokio::time::sleep(GATHER).await;
                    // Once for all that came: who watches is not woken for every alert of a storm.
                    self.tell(Changed::Alerts);
                }
                () = tokio::time::sleep(GATHER), if more => self.tell(Changed::Alerts),
                () = tokio::time::sleep(SCAN_EVERY) => {}
            }
        }
    }

    /// One pass over everything that moved. Returns how many situations were told.
    pub async fn follow_once(self: &Arc<Self>) -> Result<usize, Refusal> {
        let mut told = 0;
        self.release_held().await?;
        let standing = self.standing(self.world.now()).await?;
        loop {
            let moved =
                self.journal.situations(SituationFilter::Untold { limit: PAGE }).await.map_err(refuse)?;
            let page = moved.len();
            let mut append = Append::default();
            let mut failed = None;
            for row in moved {
                let held = self.held(&row, &standing).await?;
                append.marks.extend(held.mark(row.id));
                if held.is_muted {
                    append.marks.push(Mark::SituationTold { id: row.id, revision: row.revision });
                    told += 1;
                    continue;
                }
                match self.follow_situation(row, held.within).await {
                    Ok(also) => {
                        append.marks.extend(also.marks);
                        append.deliveries.extend(also.deliveries);
                        told += 1;
                    }
                    // One incident that cannot be read must not keep the others from being told.
                    Err(refusal) => failed = Some(refusal),
                }
            }
            self.remember(append).await?;
            if let Some(refusal) = failed {
                return Err(refusal);
            }
            if page < PAGE as usize {
                return Ok(told);
            }
        }
    }

    /// Tells the incident of a situation; what else is to be written comes back, to be written for a whole page at once.
    async fn follow_situation(
        self: &Arc<Self>,
        row: SituationRow,
        within: Option<Within>,
    ) -> Result<Append, Refusal> {
        let now = self.world.now();
        let told = Mark::SituationTold { id: row.id, revision: row.revision };
        let house = Caller::house(row.situation.source.clone());
        let cards = policy::situation_cards(row.id, row.revision, &self.settings.chats, now);
        if let Some(incident) = row.incident {
            let facts = self.facts(&row).await?;
            let along = Along { marks: vec![told.clone()], ..Along::default() };
            let moved = self.submit(house, incident, Command::SituationMoved { facts }, along).await;
            return match moved {
                Ok(_) => Ok(Append::default()),
                // Whatever stands in the way there, the situation is told; only a journal that fails is tried again.
                Err(refusal) if refusal.because == crate::incident::refusal::Because::Unavailable => {
                    Err(refusal)
                }
                Err(_) => Ok(also(vec![told], vec![])),
            };
        }
        // What an exercise injects is the exercise's own: no rule decides it, and nobody else is told.
        if crate::drill::is_exercise(&row.situation.source) {
            let how = Mark::SituationDecided { id: row.id, how: "record".into() };
            return Ok(also(vec![told, how], vec![]));
        }
        match row.decided.as_deref() {
            Some("record") => return Ok(also(vec![told], vec![])),
            Some(_) => return Ok(also(vec![told], cards)),
            None => {}
        }
        let alerts = self.journal.alerts_of(row.id, ALERTS_SHOWN).await.map_err(refuse)?;
        let within = within.map(|within| InWindow { name: within.name, until: within.until });
        let facts = SituationFacts { within: within.clone(), ..facts(&row, &alerts) };
        let Some(lead) = alerts.iter().find(|a| a.is_firing).or(alerts.first()).map(|row| &row.alert) else {
            return Ok(also(vec![told], vec![]));
        };
        let open = self
            .journal
            .incidents(IncidentFilter { kind: Some(Kind::Real), ..IncidentFilter::open() })
            .await
            .map_err(refuse)?;
        let open = Open {
            incidents: open
                .into_iter()
                .map(|row| OpenIncident { id: row.id.to_string(), title: row.title })
                .collect(),
            declares_left: None,
        };
        let decision = rules::decide(&self.settings.rules, &row.situation, lead, &open);
        let window = within.map(|window| window.name);
        tracing::info!(situation = row.id, window, reason = %decision.reason, "an alert situation was decided");
        let decided = |how: &str| Mark::SituationDecided { id: row.id, how: how.to_owned() };
        match decision.action {
            Action::Record => Ok(also(vec![told, decided("record")], vec![])),
            Action::Card => Ok(also(vec![told, decided("card")], cards)),
            Action::Attach => {
                let Some(incident) = decision.incident.and_then(|id| id.parse().ok()) else {
                    return Ok(also(vec![told, decided("card")], cards));
                };
                let link = Command::LinkSituation { situation: row.id, facts: Some(facts) };
                let along = Along { marks: vec![told.clone(), decided("attach")], ..Along::default() };
                match self.submit(house, incident, link, along).await {
                    Ok(_) => Ok(Append::default()),
                    Err(refusal) if refusal.because == crate::incident::refusal::Because::Unavailable => {
                        Err(refusal)
                    }
                    Err(_) => Ok(also(vec![told, decided("card")], cards)),
                }
            }
            Action::Declare { severity, title } => {
                let severity =
                    Severity::ALL.into_iter().find(|s| s.level() == severity).unwrap_or(Severity::Sev3);
                let declare = Declare {
                    situation: Some(facts),
                    ..Declare::new(
                        title
                            .unwrap_or_else(|| row.situation.title.clone())
                            .chars()
                            .take(200)
                            .collect::<String>(),
                        severity,
                        Kind::Real,
                    )
                };
                let along = Along { marks: vec![told.clone(), decided("declare")], ..Along::default() };
                match self.declare(house, declare, along).await {
                    Ok(_) => Ok(Append::default()),
                    Err(refusal) if refusal.because == crate::incident::refusal::Because::Unavailable => {
                        Err(refusal)
                    }
                    Err(refusal) => {
                        tracing::warn!(situation = row.id, %refusal, "the rule could not declare; a card is shown");
                        Ok(also(vec![told, decided("card")], cards))
                    }
                }
            }
        }
    }

    async fn remember(&self, append: Append) -> Result<(), Refusal> {
        let (any, deliveries) = (!append.marks.is_empty(), !append.deliveries.is_empty());
        if any {
            self.journal.append(append).await.map_err(refuse)?;
        }
        if deliveries {
            self.wake_outbox.notify_waiters();
        }
        Ok(())
    }
}

fn also(marks: Vec<Mark>, deliveries: Vec<NewDelivery>) -> Append {
    Append { marks, deliveries, ..Append::default() }
}

//! Runs the outbox: one task a destination, so that a dead one delays no other; lanes beside each other, order within.

use std::{sync::Arc, time::Duration as StdDuration};

use chrono::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Along, Caller, Changed, Desk, refuse};
use crate::{
    card::{Missed, Said},
    incident::{
        command::Command,
        event::Event,
        id::IncidentId,
        kind::Real,
        paging::Act,
        refusal::{Because, Refusal},
        sentence::{InNames, Knowing, apart},
        state::Incident,
        timeline,
    },
    journal::{Mark, rows::*},
    outbox::{
        plan,
        port::{Content, Courier, Errand, Outcome, Reconciled, Unsaid},
    },
    post::Approved,
};

/// Lanes of one destination under way at once.
const LANES_MAX: u32 = 16;
const LOOK_EVERY: StdDuration = StdDuration::from_secs(15);
/// A line that is shown so late was not shown as it was said.
const WAITED: Duration = Duration::seconds(30);
/// Longer than any courier's own limits: a courier that hangs all the same is given up.
const ATTEMPT_MAX: StdDuration = StdDuration::from_secs(60);

impl Desk {
    /// Delivers to one destination until told to stop; then finishes what is under way.
    pub async fn run_outbox(self: Arc<Self>, courier: Arc<dyn Courier>, stop: CancellationToken) {
        let destination = courier.destination().to_owned();
        let mut running = JoinSet::new();
        loop {
            // Asked for before looking, so that what comes between the look and the wait still wakes.
            let woken = self.wake_outbox.notified();
            let free = LANES_MAX.saturating_sub(u32::try_from(running.len()).unwrap_or(LANES_MAX));
            if free > 0 && !stop.is_cancelled() {
                match self.journal.claim(&destination, self.world.now(), free).await {
                    Ok(claimed) => {
                        for delivery in claimed {
                            let (desk, courier) = (self.clone(), courier.clone());
                            running.spawn(async move { desk.attempt(courier, delivery).await });
                        }
                    }
                    Err(error) => {
                        tracing::warn!(destination, %error, "the outbox could not be read; trying again")
                    }
                }
            }
            if stop.is_cancelled() {
                while running.join_next().await.is_some() {}
                return;
            }
            let wait = match self.journal.next_delivery_at(&destination).await {
                Ok(Some(next)) => {
                    (next - self.world.now()).to_std().unwrap_or(StdDuration::from_millis(50)).min(LOOK_EVERY)
                }
                _ => LOOK_EVERY,
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = woken => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(wait.max(StdDuration::from_millis(20))) => {}
            }
        }
    }

    async fn attempt(self: Arc<Self>, courier: Arc<dyn Courier>, delivery: Delivery) {
        let shown_after = if courier.shows_late() { self.settings().shown_after } else { Duration::zero() };
        let after = |outcome| {
            plan::after_attempt(&delivery, outcome, self.world.now(), self.world.chance(), shown_after)
        };
        // What the last run left unknown may have been sent the moment before it ended.
        let looked_from = self.begun + shown_after;
        if delivery.state == DeliveryState::Unknown && self.world.now() < looked_from {
            return self.settled(&delivery, plan::look_later(&delivery, looked_from, self.world.now())).await;
        }
        let errand = match self.errand(&delivery).await {
            Ok(errand) => errand,
            Err(refusal) => {
                let why = Outcome::Retry { after: None, why: refusal.to_string() };
                return self.settled(&delivery, after(why)).await;
            }
        };
        let settlement = if matches!(errand.content, Content::Nothing) {
            after(Outcome::Sent { external_id: None, url: None })
        } else if delivery.state == DeliveryState::Unknown {
            let found =
                tokio::time::timeout(ATTEMPT_MAX, courier.reconcile(&errand)).await.unwrap_or_else(|_| {
                    Reconciled::CannotTell { why: "No answer to the look-up within a minute.".into() }
                });
            plan::after_look(&delivery, found, self.world.now(), self.world.chance())
        } else {
            let outcome = tokio::time::timeout(ATTEMPT_MAX, courier.deliver(&errand))
                .await
                .unwrap_or_else(|_| Outcome::Unknown { why: "No answer within a minute.".into() });
            after(outcome)
        };
        self.settled(&delivery, settlement).await;
    }

    /// Writes down what became of a delivery; a public post's fate goes on the timeline in the same transaction.
    async fn settled(self: &Arc<Self>, delivery: &Delivery, settlement: Settlement) {
        if let Some(error) = &settlement.error {
            let state = settlement.state.word();
            tracing::warn!(
                delivery = delivery.n,
                destination = delivery.destination,
                state,
                error,
                "a delivery did not go through"
            );
        }
        let mut tries = 0;
        // The journal may be out of reach for a while; until this is written the delivery counts as being sent.
        while let Err(refusal) = self.write_settlement(delivery, settlement.clone()).await {
            tracing::error!(delivery = delivery.n, %refusal, "what became of a delivery could not be written");
            tries += 1;
            if tries > 100 {
                return;
            }
            tokio::time::sleep(StdDuration::from_secs(1)).await;
        }
        self.tell(Changed::Outbox);
        self.wake_outbox.notify_waiters();
    }

    async fn write_settlement(
        self: &Arc<Self>,
        delivery: &Delivery,
        settlement: Settlement,
    ) -> Result<(), Refusal> {
        let result = match settlement.state {
            DeliveryState::Sent => Some(Ok(settlement.url.clone())),
            DeliveryState::Failed => Some(Err(settlement.error.clone().unwrap_or_default())),
            _ => None,
        };
        if let (What::Post { n }, Some(incident), Some(result)) = (&delivery.what, delivery.incident, result)
        {
            let command = Command::Delivered { post: *n, destination: delivery.destination.clone(), result };
            let along = Along { marks: vec![Mark::Settled(settlement.clone())], ..Along::default() };
            match self.submit(Caller::house(delivery.destination.clone()), incident, command, along).await {
                Ok(_) => return Ok(()),
                Err(refusal) if refusal.because == Because::Unavailable => return Err(refusal),
                Err(_) => {}
            }
        }
        if let What::Ask { arrangement, how } = delivery.what {
            return self.ask_settled(delivery, arrangement, how, settlement).await;
        }
        if let (What::Page { n, to, act: Act::Trigger }, Some(incident), DeliveryState::Failed) =
            (&delivery.what, delivery.incident, settlement.state)
        {
            let pager = delivery.destination.trim_start_matches(super::paging::PAGER).to_owned();
            let why = settlement.error.clone().unwrap_or_default();
            let command = Command::PageFailed { n: *n, to: to.clone(), pager, why };
            let along = Along { marks: vec![Mark::Settled(settlement.clone())], ..Along::default() };
            match self.submit(Caller::house(delivery.destination.clone()), incident, command, along).await {
                Ok(_) => return Ok(()),
                Err(refusal) if refusal.because == Because::Unavailable => return Err(refusal),
                Err(_) => {}
            }
        }
        self.journal.settle(settlement).await.map_err(refuse)
    }

    /// What a delivery says, from the state of this moment.
    async fn errand(&self, delivery: &Delivery) -> Result<Errand, Refusal> {
        let mut earlier = None;
        let content = match (&delivery.what, delivery.incident) {
            (What::Post { n }, Some(id)) => {
                let incident = self.incident(id).await?;
                earlier = self.first_post(delivery).await?;
                match Approved::<Real>::published(&incident, *n, self.settings().page_url.clone()) {
                    Ok(post) => Content::Post(post),
                    Err(_) => Content::Nothing,
                }
            }
            (What::Card, Some(id)) => Content::Card(self.incident_card(id).await?),
            (What::Say { seq }, Some(id)) => match self.line(id, *seq).await? {
                Some(line) if !line.is_hidden => Content::Line(Said {
                    // It may have been restricted, or opened up, since this was to be said.
                    is_private: self.incident(id).await?.restricted.is_some(),
                    missed: self.missed(delivery, id).await?,
                    ..Said::of(id, line)
                }),
                _ => Content::Nothing,
            },
            (What::Unsay { seq }, Some(id)) => Content::Unsaid(self.unsaid(delivery, id, *seq).await?),
            (What::Page { n, to, act }, Some(id)) => self.page(delivery, id, *n, to.as_ref(), *act).await?,
            (What::Situation { id }, _) => {
                let rows = self.journal.situations(SituationFilter::One(*id)).await.map_err(refuse)?;
                match rows.into_iter().next() {
                    Some(row) if row.decided.as_deref() != Some("record") => {
                        Content::Card(self.situation_card(&row).await?)
                    }
                    _ => Content::Nothing,
                }
            }
            (What::Ask { arrangement, how }, _) => self.asked(delivery, *arrangement, *how).await?,
            (What::Secret { kinds, of }, _) => Content::Secret { kinds: kinds.clone(), of: of.clone() },
            _ => Content::Nothing,
        };
        Ok(Errand { delivery: delivery.clone(), content, earlier })
    }

    /// The entries that say again what that entry gave a number to.
    async fn speaking_of(&self, id: IncidentId, seq: u64) -> Result<Vec<u64>, Refusal> {
        let Some(of) = self.entry(id, seq).await?.and_then(|entry| entry.event.numbers()) else {
            return Ok(vec![]);
        };
        let later = self.read_from(id, seq).await?.into_iter();
        Ok(later.filter(|entry| entry.event.speaks_of() == Some(of)).map(|entry| entry.seq).collect())
    }

    /// The lines that a chat shows of an entry that was redacted, and of those that quote it.
    async fn unsaid(&self, delivery: &Delivery, id: IncidentId, seq: u64) -> Result<Vec<Unsaid>, Refusal> {
        let quoting = self.changes_of(id).await?.into_iter().filter_map(|change| match change.event {
            Event::EntryCorrected { target, .. } if target == seq => Some(change.seq),
            _ => None,
        });
        let mut unsaid = Vec::new();
        let speaking = self.speaking_of(id, seq).await?;
        for seq in std::iter::once(seq).chain(quoting).chain(speaking) {
            let filter = DeliveryFilter::LineOf { incident: id, seq };
            let rows = self.journal.deliveries(filter).await.map_err(refuse)?;
            let here = rows.into_iter().filter(|row| row.destination == delivery.destination);
            for row in here {
                let (Some(message), Some(line)) = (row.external_id, self.line(id, seq).await?) else {
                    continue;
                };
                unsaid.push(Unsaid { message, url: row.url, said: Said::of(id, line) });
            }
        }
        Ok(unsaid)
    }

    /// What waits together with a line, where its chat was away and that is not told yet.
    async fn missed(&self, delivery: &Delivery, id: IncidentId) -> Result<Option<Missed>, Refusal> {
        let (now, waits_since) = (self.world.now(), delivery.created_at);
        let waited = now - waits_since;
        let incident = self.incident(id).await?;
        // One that was not heard took its lines as they were said.
        let told = incident.away.get(&delivery.destination).filter(|away| !away.is_deaf);
        let told = told.map(|away| away.since);
        // What the last run left may have waited for a chat of whose absence it could not tell any more.
        let is_left = waits_since < self.begun && waited >= WAITED;
        if !is_left && told.is_none() {
            return Ok(None);
        }
        let bound = self.journal.bound(&delivery.destination, &id.to_string()).await.map_err(refuse)?;
        let bound = bound.iter().find(|(name, _)| name == Missed::NAME);
        let waits_since = incident.time_at(waits_since);
        let (since, away_since) = match (told, bound.and_then(|(_, value)| Missed::last(value))) {
            (_, Some((_, through))) if delivery.n <= through => return Ok(None),
            // The chat comes and goes within one absence: what waited for it again has a word of its own.
            (Some(since), Some((of, _))) if of == since.timestamp_millis() => {
                if waited < WAITED {
                    return Ok(None);
                }
                (since, waits_since)
            }
            (Some(since), _) => (since, since),
            (None, _) => (waits_since, waits_since),
        };
        let open = self.journal.deliveries(DeliveryFilter::Open).await.map_err(refuse)?;
        let behind = open.iter().filter(|one| {
            one.lane == delivery.lane && one.n > delivery.n && matches!(one.what, What::Say { .. })
        });
        let behind: Vec<i64> = behind.map(|one| one.n).collect();
        let away = incident.time_at(now) - away_since;
        Ok(Some(Missed {
            since,
            seconds: u64::try_from(away.num_seconds()).unwrap_or(0),
            lines: 1 + behind.len(),
            through: behind.into_iter().max().unwrap_or(delivery.n),
            stands: Missed::standing(&incident, &self.settings().policy.names),
        }))
    }

    /// What the destination called the first post of this incident.
    async fn first_post(&self, delivery: &Delivery) -> Result<Option<String>, Refusal> {
        let Some(incident) = delivery.incident else { return Ok(None) };
        let rows = self.journal.deliveries(DeliveryFilter::PostsOf { incident }).await.map_err(refuse)?;
        Ok(rows
            .into_iter()
            .filter(|d| {
                d.destination == delivery.destination && d.n < delivery.n && d.state == DeliveryState::Sent
            })
            .find_map(|d| match d.what {
                What::Post { .. } => d.external_id,
                _ => None,
            }))
    }

    /// One line of the timeline as it reads now.
    async fn line(
        &self,
        id: crate::incident::id::IncidentId,
        seq: u64,
    ) -> Result<Option<timeline::Line>, Refusal> {
        let entry = self.entry(id, seq).await?;
        let Some(entry) = entry else { return Ok(None) };
        // A later redaction of this entry must keep it from being said; so must one of the entry that it quotes.
        let quoted = match &entry.event {
            Event::EntryCorrected { target, .. } => Some(*target),
            _ => None,
        };
        let later = self.changes_of(id).await?;
        let mut entries = vec![entry];
        entries.extend(later.into_iter().filter(|e| match &e.event {
            Event::EntryCorrected { target, .. } => *target == seq && e.seq > seq,
            Event::EntryRedacted { target, .. } => (*target == seq || Some(*target) == quoted) && e.seq > seq,
            _ => false,
        }));
        let settings = self.settings();
        let told = |incident: &Incident| {
            let told = InNames(&settings.policy, apart);
            timeline::lines(entries.iter().cloned(), &Knowing(&told, incident))
        };
        Ok(self.look_at(id, told).await?.into_iter().find(|line| line.seq == seq))
    }
}

//! Timers: they live in the journal; this loop only wakes when the next one is due.

use std::{collections::BTreeSet, sync::Arc, time::Duration as StdDuration};

use chrono::{DateTime, Duration, Utc};
use tokio_util::sync::CancellationToken;

use super::{Along, Caller, Desk, policy, refuse};
use crate::{
    incident::{
        command::{Command, TimerKind},
        decide::{TOGETHER, early_by},
        id::IncidentId,
        refusal::{Because, Refusal},
        state::Incident,
    },
    journal::{Append, Mark, rows::TimerRow},
};

/// A clock that jumps is noticed within this time.
const LOOK_EVERY: StdDuration = StdDuration::from_secs(10);
const PAGE: u32 = 200;
/// What waits for words that are on their way looks for them so often, and among so many timers, the longest due first.
const AWAITED_SECONDS: i64 = 10;
const DUE_LOOKED: u32 = 10_000;

/// What there is to do about words that were redacted elsewhere.
enum Words {
    /// They are in these entries here; and where they were redacted, if who reads here may know of that one.
    Here { targets: Vec<u64>, there: Option<IncidentId> },
    /// They are on their way.
    Awaited,
    /// They are not here, or not to be read any more.
    Gone,
}

impl Desk {
    /// Lets timers go off until told to stop.
    pub async fn keep_time(self: Arc<Self>, stop: CancellationToken) {
        loop {
            // Asked for before looking, so that what is set between the look and the wait still wakes.
            let woken = self.wake_timers.notified();
            if let Err(refusal) = self.fire_due_timers().await {
                tracing::warn!(%refusal, "timers could not be kept; trying again");
            }
            let now = self.world.now();
            let wait = match self.journal.next_timer_at().await {
                Ok(Some(due)) => (due - now).to_std().unwrap_or(StdDuration::from_millis(20)).min(LOOK_EVERY),
                Ok(None) | Err(_) => LOOK_EVERY,
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = woken => {}
                () = tokio::time::sleep(wait.max(StdDuration::from_millis(5))) => {}
            }
        }
    }

    /// Fires everything that is due now. Returns how many went off. The timer is gone in the same transaction that
    /// writes what it caused: it fires once, whatever happens between. What people owe and is about to be due goes off with what is
    /// due now, so that they read one line; that a time is over is said when it is. A silence, and what can wait, keep a minute from
    /// other lines. Before, reminders are set by the settings as they are now.
    ///
    /// # Errors
    /// The first of those that could not be kept; all others were.
    pub async fn fire_due_timers(self: &Arc<Self>) -> Result<usize, Refusal> {
        let mut fired = 0;
        // One incident that cannot be read must not keep the timers of others: those are passed over for now.
        let (mut left, mut failed) = (BTreeSet::new(), self.remind_by_settings().await.err());
        loop {
            let now = self.world.now();
            let limit = PAGE.saturating_add(u32::try_from(left.len()).unwrap_or(u32::MAX));
            let mut ahead = self.journal.timers_due(now + TOGETHER, limit).await.map_err(refuse)?;
            ahead.retain(|timer| !left.contains(&(timer.due_at, timer.id.clone())));
            let mut due: Vec<&TimerRow> = ahead.iter().filter(|timer| timer.due_at <= now).collect();
            due.sort_by_key(|timer| patience(&timer.kind));
            let mut gone = BTreeSet::new();
            for timer in &due {
                if !gone.insert(timer.id.as_str()) {
                    continue;
                }
                let done = match self.waits_until(timer, &ahead, now).await {
                    Some(until) => self.put_off(timer, until).await.map(|()| 0),
                    None => {
                        let with = self.going_with(timer, &ahead, now).await;
                        let with: Vec<&TimerRow> =
                            with.into_iter().filter(|other| gone.insert(&other.id)).collect();
                        self.fire(timer, &with).await.map(|()| 1 + with.len())
                    }
                };
                match done {
                    Ok(so_many) => fired += so_many,
                    Err(refusal) => {
                        left.insert((timer.due_at, timer.id.clone()));
                        failed.get_or_insert(refusal);
                    }
                }
            }
            if due.len() < PAGE as usize {
                return failed.map_or(Ok(fired), Err);
            }
        }
    }

    async fn fire(self: &Arc<Self>, timer: &TimerRow, with: &[&TimerRow]) -> Result<(), Refusal> {
        let all = || std::iter::once(timer).chain(with.iter().copied());
        let done = |timer: &TimerRow| Mark::TimerDone { id: timer.id.clone(), due_at: timer.due_at };
        let done: Vec<Mark> = all().map(done).collect();
        let along = Along { marks: done.clone(), ..Along::default() };
        let command = match (with, &timer.kind) {
            ([], TimerKind::Redacted { of, seq }) => match self.redacted(timer, *of, *seq).await {
                Ok(Words::Here { targets, there }) => Command::RedactToo { there, targets },
                Ok(Words::Awaited) => {
                    return self.put_off(timer, self.world.now() + Duration::seconds(AWAITED_SECONDS)).await;
                }
                Ok(Words::Gone) => return self.pass_on(timer, *of, *seq, done).await,
                Err(refusal) => return self.refused(timer, refusal, done).await,
            },
            ([], kind) => Command::Timer(kind.clone()),
            _ => Command::Remind(all().map(|timer| timer.kind.clone()).collect()),
        };
        match self.submit(Caller::house("timer"), timer.incident, command, along).await {
            Ok(_) => Ok(()),
            Err(refusal) => self.refused(timer, refusal, done).await,
        }
    }

    /// What is refused is done, and what is out of reach is tried again.
    async fn refused(&self, timer: &TimerRow, refusal: Refusal, done: Vec<Mark>) -> Result<(), Refusal> {
        if refusal.because == Because::Unavailable {
            return Err(refusal);
        }
        tracing::info!(timer = timer.id, %refusal, "a timer had nothing to do");
        self.journal.append(Append { marks: done, ..Append::default() }).await.map_err(refuse)
    }

    async fn redacted(&self, timer: &TimerRow, of: IncidentId, seq: u64) -> Result<Words, Refusal> {
        let incident = self.incident(timer.incident).await?;
        if self.is_awaited(&incident, of).await? {
            return Ok(Words::Awaited);
        }
        let mut targets = Vec::new();
        for here in incident.same_words(of, seq) {
            let target = self.find_target(incident.id, here).await?;
            targets.extend(target.filter(|one| one.is_redactable && !one.is_redacted).map(|one| one.seq));
        }
        if targets.is_empty() {
            return Ok(Words::Gone);
        }
        // The original is told by its own number: then it is where it went that has the copy.
        let there = if of == incident.id { incident.merged_into.unwrap_or(of) } else { of };
        let are_alike = self.look_at(there, |other| other.seen_by() == incident.seen_by()).await;
        let there = are_alike.unwrap_or(false).then_some(there);
        Ok(Words::Here { targets, there })
    }

    /// Whether what another one leaves is on its way to this one yet, which may be by way of others.
    async fn is_awaited(&self, incident: &Incident, of: IncidentId) -> Result<bool, Refusal> {
        // What came along with an earlier merge does not say that nothing more is to come.
        if of == incident.id {
            return Ok(false);
        }
        let due = self.journal.timers_due(self.world.now(), DUE_LOOKED).await.map_err(refuse)?;
        for timer in due {
            let TimerKind::MergedIn(luggage) = &timer.kind else { continue };
            if luggage.from == of && self.way_of(timer.incident).await?.contains(&incident.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What was merged before words of another came to it has none of them: they went where it goes on.
    async fn pass_on(
        &self,
        timer: &TimerRow,
        of: IncidentId,
        seq: u64,
        done: Vec<Mark>,
    ) -> Result<(), Refusal> {
        let incident = self.incident(timer.incident).await?;
        let next = incident.merged_into.filter(|next| *next != of && incident.same_words(of, seq).is_empty());
        let timers =
            next.map(|next| policy::words_gone(next, of, seq, self.world.now())).into_iter().collect();
        self.journal.append(Append { marks: done, timers, ..Append::default() }).await.map_err(refuse)
    }

    /// Two lines of the house within a minute are one too many: until when this one waits, if it does. A silence is brought up after
    /// what is about to be over, and what can wait comes a minute of the incident's own time after anything else.
    async fn waits_until(
        self: &Arc<Self>,
        timer: &TimerRow,
        ahead: &[TimerRow],
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if patience(&timer.kind) == 0 {
            return None;
        }
        // What cannot be read now goes off by itself, and says why it does not.
        let incident = self.incident(timer.incident).await.ok()?;
        let at = incident.time_at(now);
        if timer.kind == TimerKind::Silence {
            let soon = incident.real_time_at(at + TOGETHER);
            let before = ahead.iter().filter(|other| {
                other.incident == timer.incident && other.kind.is_reminder() && !other.kind.is_movable()
            });
            let until = before.map(|other| other.due_at).filter(|due| *due > now && *due <= soon).max()?;
            let minutes = self.settings().policy.silence_minutes(incident.severity);
            let waits = incident.silence.waiting_for(incident.time_at(until), minutes);
            let until = incident.real_time_at(waits);
            return (until > now).then_some(until);
        }
        let apart = incident.silence.reminded_at? + incident.silence.waits_behind();
        // The incident's own time may run faster than ours; a millisecond on top never comes too early.
        (apart > at).then(|| incident.real_time_at(apart).max(now) + Duration::milliseconds(1))
    }

    async fn put_off(&self, timer: &TimerRow, until: DateTime<Utc>) -> Result<(), Refusal> {
        let marks = vec![Mark::TimerPutOff { id: timer.id.clone(), due_at: timer.due_at, until }];
        self.journal.append(Append { marks, ..Append::default() }).await.map_err(refuse)
    }

    /// The other reminders of its incident that are due now, and those that may come as early as this, in the incident's own time.
    async fn going_with<'t>(
        self: &Arc<Self>,
        timer: &TimerRow,
        ahead: &'t [TimerRow],
        now: DateTime<Utc>,
    ) -> Vec<&'t TimerRow> {
        let others = ahead.iter().filter(|other| {
            other.incident == timer.incident && other.id != timer.id && other.kind.is_reminder()
        });
        let others: Vec<&TimerRow> = others.filter(|_| timer.kind.is_reminder()).collect();
        if others.is_empty() {
            return others;
        }
        // What cannot be read now goes off by itself, and says why it does not.
        let Ok(incident) = self.incident(timer.incident).await else { return vec![] };
        let (settings, at) = (self.settings(), incident.time_at(now));
        let is_due = |other: &&TimerRow| {
            let early = early_by(&other.kind, &incident, &settings.policy);
            other.due_at <= incident.real_time_at(at + early).max(now)
        };
        others.into_iter().filter(is_due).collect()
    }
}

/// Of what is due at once: first what is bound to its time, then a silence, which looks what was said, then what can wait.
fn patience(kind: &TimerKind) -> u8 {
    match kind {
        TimerKind::Silence => 1,
        kind if kind.is_movable() => 2,
        _ => 0,
    }
}

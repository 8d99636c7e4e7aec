//! A command on an incident: decided on its folded state, appended, answered once it is durable.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Along, Answer, Caller, Changed, Desk, Settings,
    answer::again,
    no_such, policy, refuse, too_busy,
    written::{self, Standing},
};
use crate::{
    alert::change::SaidIn,
    incident::{
        command::{Command, TimerKind},
        decide::{self, Happened, Scene, Target},
        event::{Actor, Entry, TimeSource},
        id::IncidentId,
        refusal::Refusal,
        role::Role,
        state::Incident,
    },
    journal::{Append, JournalError, Mark, Once, Written, rows::*},
};

/// How often a decision is made again when another append got there first.
pub(super) const TRIES_MAX: usize = 50;

/// A state takes this many entries between two snapshots.
const SNAPSHOT_EVERY: u64 = 500;

/// What the entries of one decision have in common.
pub(super) struct Heading<'a> {
    pub incident: IncidentId,
    pub caller: &'a Caller,
    /// The incident's own time, and where it comes from.
    pub at: DateTime<Utc>,
    pub usual: TimeSource,
    pub now: DateTime<Utc>,
}

impl Desk {
    /// Does a command on an incident.
    ///
    /// # Errors
    /// A [`Refusal`]: nothing was changed. Once this returns `Ok`, it is on disk.
    pub async fn submit(
        self: &Arc<Self>,
        caller: Caller,
        incident: IncidentId,
        command: Command,
        along: Along,
    ) -> Result<Answer, Refusal> {
        let caller = self.known_as(caller);
        // A task of its own: a caller who goes away must not leave a write without somebody to see it through.
        let desk = self.clone();
        let task = tokio::spawn(async move { desk.submit_here(caller, incident, command, along).await });
        task.await.unwrap_or_else(|e| {
            tracing::error!(error = %e, "a command broke down");
            Err(Refusal::unavailable(
                "The command broke down inside commandpost.",
                "Nothing was promised; look at the timeline, then try again.",
            ))
        })
    }

    async fn submit_here(
        self: &Arc<Self>,
        caller: Caller,
        id: IncidentId,
        mut command: Command,
        along: Along,
    ) -> Result<Answer, Refusal> {
        let masked = command.mask();
        let asked = match &along.instead {
            Some(instead) => instead.asked.clone(),
            None => format!("{id} {command:?}"),
        };
        if let Some(answer) = self.answered(along.once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let target = self.target(id, &command).await?;
        let _one_at_a_time = match &command {
            Command::PutUnder { .. }
            | Command::Merge { .. }
            | Command::LinkSituation { .. }
            | Command::Timer(TimerKind::Regroup { .. } | TimerKind::MergedIn(_)) => {
                let held = self.relating.lock().await;
                // The same may have come twice at once: the other one is durable now.
                if let Some(answer) = self.answered(along.once.as_deref(), &asked).await? {
                    return Ok(answer);
                }
                Some(held)
            }
            _ => None,
        };
        let command = self.with_facts(id, command, &caller.person).await?;
        let command = self.with_end(id, command).await?;
        let command = self.with_parts(id, command, &caller.person).await?;
        let command = self.with_calls(id, command).await?;
        for _ in 0..TRIES_MAX {
            let slot = self.slot(id);
            let (written, answer) = {
                let mut held = slot.state.lock().await;
                self.fill(&slot, &mut held, id).await?;
                let Some((state, last)) = held.as_mut() else { return Err(no_such(id)) };
                let now = self.world.now();
                let at = state.time_at(now);
                let settings = self.settings();
                let mut decision =
                    match decide::decide(state, &command, &scene(&caller, &settings, at, target.as_ref())) {
                        Ok(decision) => decision,
                        Err(refusal) => {
                            let seen = slot.seen(state.seq);
                            drop(held);
                            // What stands in the way may be a write that fails yet, or this very command, said twice.
                            if !slot.wait_durable(seen).await {
                                continue;
                            }
                            return match self.answered(along.once.as_deref(), &asked).await? {
                                Some(answer) => Ok(answer),
                                None => Err(refusal),
                            };
                        }
                    };
                let mut standing = Standing::Elsewhere;
                if written::is_words(&command, &along, &decision) {
                    written::date(&mut decision, &caller, state, now);
                    standing = written::standing(&decision, &caller, state, !masked.is_empty());
                }
                let reply = along.instead.as_ref().map_or(decision.reply, |instead| instead.reply.clone());
                let mut answer = Answer {
                    text: reply + &masked.word(),
                    incident: Some(id),
                    seq: None,
                    is_plain: standing == Standing::All,
                    chart: decision.chart,
                };
                if decision.events.is_empty() {
                    if along.marks.is_empty() && along.deliveries.is_empty() {
                        let seen = slot.seen(state.seq);
                        drop(held);
                        // Only what is durable is shown.
                        if !slot.wait_durable(seen).await {
                            continue;
                        }
                        return Ok(answer);
                    }
                    // It holds only where the state that it was decided on does.
                    let bare = Append {
                        incident: Some(id),
                        after: Some((state.seq, *last)),
                        marks: along.marks.clone(),
                        deliveries: along.deliveries.clone(),
                        timers: match &command {
                            Command::Timer(kind) => self.again(state, std::slice::from_ref(kind), now),
                            Command::Remind(kinds) => self.again(state, kinds, now),
                            _ => vec![],
                        },
                        ..Append::default()
                    };
                    (self.append(bare), answer)
                } else {
                    let after = Some((state.seq, *last));
                    let (mut entries, mut salts) = (Vec::new(), Vec::new());
                    let role = state.roles_of(&caller.person).into_iter().next();
                    let usual =
                        if state.drill_clock.is_some() { TimeSource::Drill } else { TimeSource::House };
                    let heading = Heading { incident: id, caller: &caller, at, usual, now };
                    for happened in decision.events {
                        let entry = self.written(&heading, state.seq + 1, role.clone(), happened);
                        state.apply(&entry);
                        *last = entry.id;
                        entries.push(entry);
                        salts.push(self.world.salt());
                    }
                    answer.seq = Some(state.seq);
                    let mut append = self.appendix(state, after, entries, salts, &along, &asked, &answer);
                    // Of several that are due at once, some may have had nothing to say yet.
                    if let Command::Remind(kinds) = &command {
                        let again = self.again(state, kinds, now);
                        let is_new = |timer: &TimerRow| append.timers.iter().all(|set| set.id != timer.id);
                        let again: Vec<_> = again.into_iter().filter(is_new).collect();
                        append.timers.extend(again);
                    }
                    if standing != Standing::Elsewhere {
                        written::without_echo(&mut append.deliveries, &caller.via);
                    }
                    // With the entry: whatever happens next, the word on it is not lost.
                    if let Some(of) = caller.quotes.as_deref().filter(|_| !masked.is_empty()) {
                        let kinds = masked.kinds();
                        append.deliveries.push(policy::secret(id, state.seq, &caller.via, kinds, of, now));
                    }
                    if let Command::LinkSituation { situation, .. } = &command {
                        append.marks.push(Mark::SituationLinked { id: *situation, incident: id });
                        append.deliveries.extend(policy::situation_cards(
                            *situation,
                            -1,
                            &settings.chats,
                            now,
                        ));
                    }
                    if let Command::Timer(kind) = &command {
                        append.timers.extend(policy::handed_on(state, kind, now));
                    }
                    // Queued while the state is held: the journal's order is the order of the decisions.
                    (self.append(append), answer)
                }
            };
            match written.await {
                Ok(()) => {
                    if let Some(seq) = answer.seq {
                        slot.durable.send_modify(|(durable, _)| *durable = (*durable).max(seq));
                        self.after_append(id, seq);
                    }
                    return Ok(answer);
                }
                Err(error) => {
                    // What was folded on top of it is not there: read again what is.
                    slot.throw_away().await;
                    match error {
                        JournalError::Conflict => {}
                        JournalError::AnsweredBefore { asked: before, answer } => {
                            return again(&asked, &before, &answer);
                        }
                        error => return Err(refuse(error)),
                    }
                }
            }
        }
        Err(too_busy())
    }

    /// An event as the entry that is written of it.
    pub(super) fn written(
        &self,
        heading: &Heading<'_>,
        seq: u64,
        role: Option<Role>,
        happened: Happened,
    ) -> Entry {
        let (occurred_at, time_source) = happened.at.unwrap_or((heading.at, heading.usual));
        let (person, via) = (heading.caller.person.clone(), heading.caller.via.clone());
        Entry {
            incident: heading.incident,
            seq,
            id: self.world.id(),
            occurred_at,
            time_source,
            recorded_at: heading.now,
            actor: Actor { person, role, via },
            event: happened.event,
        }
    }

    /// Timers that went off and are to go off again.
    fn again(&self, state: &Incident, kinds: &[TimerKind], now: DateTime<Utc>) -> Vec<TimerRow> {
        let settings = self.settings();
        let again = |kind| policy::again(state, kind, &settings.policy, now);
        kinds.iter().filter_map(again).collect()
    }

    /// Queues a write. Whoever delivers what it brings is woken at once: their claim is behind it in the queue of the writes, and
    /// mostly in the same transaction.
    pub(super) fn append(&self, append: Append) -> Written<()> {
        let brings = !append.deliveries.is_empty();
        let written = self.journal.append(append);
        if brings {
            self.wake_outbox.notify_waiters();
        }
        written
    }

    pub(super) fn after_append(&self, id: IncidentId, seq: u64) {
        self.tell(Changed::Incident { id, seq });
        self.wake_timers.notify_waiters();
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one append, used twice")]
    pub(super) fn appendix(
        &self,
        state: &Incident,
        after: Option<(u64, Uuid)>,
        entries: Vec<Entry>,
        salts: Vec<String>,
        along: &Along,
        asked: &str,
        answer: &Answer,
    ) -> Append {
        let now = self.world.now();
        let settings = self.settings();
        let follows = policy::consequences(state, &entries, &settings.policy, &settings.chats, now);
        let first = entries.first().map_or(0, |entry| entry.seq);
        let due = state.seq / SNAPSHOT_EVERY > first.saturating_sub(1) / SNAPSHOT_EVERY;
        let mut append = Append {
            incident: Some(state.id),
            after,
            row: Some(IncidentRow::of(state)),
            posts: PublicPostRow::of(state, &entries),
            snapshot: due.then(|| serde_json::to_string(state).ok()).flatten(),
            deliveries: follows.deliveries,
            timers: follows.timers,
            marks: follows.marks,
            once: along.once.clone().map(|key| Once {
                key,
                asked: asked.to_owned(),
                answer: serde_json::to_string(answer).unwrap_or_default(),
                at: now,
            }),
            entries,
            salts,
        };
        append.marks.extend(along.marks.iter().cloned());
        for mark in &mut append.marks {
            let Mark::Changed(change) = mark else { continue };
            // One that is taken back was said in another entry, or in none.
            match &mut change.withdrawn {
                Some(withdrawn) => withdrawn.seq = Some(first),
                None => change.said_in = Some(SaidIn { incident: state.id.to_string(), seq: first }),
            }
        }
        append.deliveries.extend(along.deliveries.iter().cloned());
        append
    }

    /// The entry that a correction, a redaction or a mark names.
    async fn target(&self, id: IncidentId, command: &Command) -> Result<Option<Target>, Refusal> {
        let seq = match command {
            Command::Correct { target, .. } | Command::Redact { target, .. } | Command::Pin { target } => {
                *target
            }
            _ => return Ok(None),
        };
        self.find_target(id, seq).await
    }
}

/// What a command is decided by, besides the incident.
pub(super) fn scene<'a>(
    caller: &'a Caller,
    settings: &'a Settings,
    now: DateTime<Utc>,
    target: Option<&'a Target>,
) -> Scene<'a> {
    Scene {
        person: &caller.person,
        is_house: caller.is_house,
        is_admin: caller.is_admin,
        now,
        policy: &settings.policy,
        target,
    }
}

//! The desk: the only write path.
//!
//! Whoever asks (a slash command, a button, a webhook, a timer, a drill) comes to [`Desk::submit`]: load the state,
//! decide, append events with their deliveries and timers in one transaction, answer after it is durable.
//!
//! Decisions on one incident are made one after another on the folded state, without waiting for the disk between
//! them: the next decision already sees the last one's events, and their commits are grouped. An append names the
//! entry that it was decided on, so if a commit fails, whatever was decided on top of it fails too and is decided
//! again on what is really there.

pub mod clock;
pub mod drill;
pub mod follow;
pub mod outbox;
pub mod policy;
pub mod runner;
pub mod timers;
pub mod view;
pub mod words;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration as StdDuration,
};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

use crate::{
    alert::rules::Rule,
    incident::{
        chain::Verifier,
        command::{Command, Declare, SituationFacts},
        decide::{self, Policy, Scene, Target},
        event::{Actor, Entry, TimeSource},
        id::IncidentId,
        kind::Kind,
        refusal::{Because, Refusal},
        state::Incident,
    },
    journal::{Append, Journal, JournalError, Mark, Once, rows::*},
    people::Person,
};
use clock::World;

/// Who asks, through which door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub person: Person,
    /// `console`, `cli`, `api`, `discord` …
    pub via: String,
    /// The house acts on its own account: timers, rules, a drill's controller.
    pub is_house: bool,
}

impl Caller {
    pub fn person(person: Person, via: impl Into<String>) -> Self {
        Self { person, via: via.into(), is_house: false }
    }
    pub fn house(via: impl Into<String>) -> Self {
        Self { person: Person::house(), via: via.into(), is_house: true }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub incident: Option<IncidentId>,
    /// The last entry written; `None` for a reading.
    pub seq: Option<u64>,
}

/// How the desk works here.
#[derive(Debug, Clone)]
pub struct Settings {
    pub policy: Policy,
    /// Chats that show cards and timelines, by destination name.
    pub chats: Vec<String>,
    pub rules: Vec<Rule>,
    /// Where the public finds the status page, for links in posts.
    pub page_url: Option<String>,
    pub open_incidents_max: usize,
    pub declares_per_minute_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            chats: vec![],
            rules: vec![],
            page_url: None,
            open_incidents_max: 1_000,
            declares_per_minute_max: 30,
        }
    }
}

/// Something changed; a hint for live pages and runners. The journal is the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    Incident { id: IncidentId, seq: u64 },
    Alerts,
    Outbox,
}

/// An incident's folded state, and how much of it is durable.
struct Slot {
    state: tokio::sync::Mutex<Option<(Incident, Uuid)>>,
    /// The last durable entry, and a count of the times that the state was thrown away.
    durable: watch::Sender<(u64, u64)>,
}

/// A state as somebody saw it: its last entry, and how often states had been thrown away before.
#[derive(Clone, Copy)]
struct Seen {
    seq: u64,
    thrown: u64,
}

impl Slot {
    /// To be asked while the state is held.
    fn seen(&self, seq: u64) -> Seen {
        Seen { seq, thrown: self.durable.borrow().1 }
    }

    /// Waits until the state seen is durable; `false` if it was thrown away, or that takes too long.
    async fn wait_durable(&self, seen: Seen) -> bool {
        let mut durable = self.durable.subscribe();
        let waiting = durable.wait_for(|(seq, thrown)| *seq >= seen.seq || *thrown != seen.thrown);
        match tokio::time::timeout(StdDuration::from_secs(10), waiting).await {
            // An entry of the same number may have taken the place of one that was thrown away.
            Ok(Ok(reached)) => reached.1 == seen.thrown,
            _ => false,
        }
    }

    async fn throw_away(&self) {
        let mut held = self.state.lock().await;
        held.take();
        // While the state is held: whoever saw it knows by the count that it is gone.
        self.durable.send_modify(|(_, thrown)| *thrown += 1);
    }
}

/// Incidents kept folded; the least used are read again when needed.
const SLOTS_MAX: usize = 512;
/// How often a decision is made again when another append got there first.
const TRIES_MAX: usize = 50;
/// A state takes this many entries between two snapshots.
const SNAPSHOT_EVERY: u64 = 500;

pub struct Desk {
    pub journal: Arc<dyn Journal>,
    pub world: Arc<dyn World>,
    pub settings: Settings,
    slots: Mutex<HashMap<IncidentId, Arc<Slot>>>,
    /// Held while an incident is opened, so that numbers have no gaps; times of the last declarations.
    opening: tokio::sync::Mutex<Vec<DateTime<Utc>>>,
    changes: broadcast::Sender<Changed>,
    /// Wakes runners and timers early; they look at the journal all the same.
    pub(crate) wake_outbox: Notify,
    pub(crate) wake_timers: Notify,
    pub(crate) wake_follower: Notify,
}

/// What goes with a command besides what it decides.
#[derive(Debug, Clone, Default)]
pub struct Along {
    pub marks: Vec<Mark>,
    pub deliveries: Vec<NewDelivery>,
    /// Answers a repeat with the first answer.
    pub once: Option<String>,
}

impl Desk {
    pub fn new(journal: Arc<dyn Journal>, world: Arc<dyn World>, settings: Settings) -> Arc<Desk> {
        Arc::new(Desk {
            journal,
            world,
            settings,
            slots: Mutex::new(HashMap::new()),
            opening: tokio::sync::Mutex::new(Vec::new()),
            changes: broadcast::channel(1_024).0,
            wake_outbox: Notify::new(),
            wake_timers: Notify::new(),
            wake_follower: Notify::new(),
        })
    }

    /// Live changes. A receiver that lags misses some: it looks at the journal then.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    pub(crate) fn tell(&self, changed: Changed) {
        // Nobody listening is fine.
        drop(self.changes.send(changed));
    }

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
        // A task of its own: a caller who goes away must not leave a write without somebody to see it through.
        let desk = self.clone();
        let task = tokio::spawn(async move { desk.submit_here(caller, incident, command, along).await });
        task.await.unwrap_or_else(|e| {
            tracing::error!(error = %e, "a command broke down");
            Err(Refusal::unavailable(
                "The command broke down inside the house.",
                "Nothing was promised; look at the timeline, then try again.",
            ))
        })
    }

    /// Opens an incident, or answers what was answered under this key before.
    pub async fn declare(
        self: &Arc<Self>,
        caller: Caller,
        declare: Declare,
        along: Along,
    ) -> Result<Answer, Refusal> {
        let desk = self.clone();
        let task = tokio::spawn(async move { desk.declare_here(caller, declare, along).await });
        task.await.unwrap_or_else(|e| {
            tracing::error!(error = %e, "a declaration broke down");
            Err(Refusal::unavailable(
                "The declaration broke down inside the house.",
                "Look at the list of incidents, then try again.",
            ))
        })
    }

    async fn declare_here(
        self: &Arc<Self>,
        caller: Caller,
        mut declare: Declare,
        along: Along,
    ) -> Result<Answer, Refusal> {
        let asked = format!(
            "declare {:?}",
            (&declare.title, declare.severity, declare.kind, declare.situation.as_ref().map(|s| s.id))
        );
        if let Some(answer) = self.answered(along.once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let mut recent = self.opening.lock().await;
        // The same request may have come twice at once: the other one is durable now.
        if let Some(answer) = self.answered(along.once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let now = self.world.now();
        self.check_limits(&mut recent, now, declare.kind).await?;
        if let Some(facts) = &declare.situation {
            // Two people press the same button: the second learns of the first.
            let row = self.situation(facts.id).await?;
            if let Some(incident) = row.incident {
                return Err(Refusal::conflict(
                    format!("S-{} belongs to {incident} already.", facts.id),
                    format!("Join it there: `{incident} checkin`."),
                ));
            }
            declare.situation = Some(self.facts(&row).await?);
        }
        for _ in 0..TRIES_MAX {
            let number = self.journal.last_number(declare.kind).await.map_err(refuse)? + 1;
            let id = IncidentId::new(declare.kind, number);
            let at = declare.drill.as_ref().map_or(now, |drill| drill.clock.virtual_at(now));
            let scene = self.scene(&caller, at, None);
            let decision = decide::open(&declare, &scene)?;
            let mut state: Option<Incident> = None;
            let (mut entries, mut salts) = (Vec::new(), Vec::new());
            for happened in decision.events {
                let actor = Actor {
                    person: caller.person.clone(),
                    role: state.as_ref().and_then(|s| s.roles_of(&caller.person).into_iter().next()),
                    via: caller.via.clone(),
                };
                let time_source = if declare.drill.is_some() { TimeSource::Drill } else { TimeSource::House };
                let entry = Entry {
                    incident: id,
                    seq: entries.len() as u64 + 1,
                    id: self.world.id(),
                    occurred_at: at,
                    time_source,
                    recorded_at: now,
                    actor,
                    event: happened.event,
                };
                match &mut state {
                    None => state = Incident::open(&entry),
                    Some(state) => state.apply(&entry),
                }
                entries.push(entry);
                salts.push(self.world.salt());
            }
            let Some(state) = state else {
                return Err(Refusal::invalid(
                    "That opens no incident.",
                    "Report this as a fault of commandpost.",
                ));
            };
            let answer = Answer {
                text: format!("{id} – {}", decision.reply),
                incident: Some(id),
                seq: Some(state.seq),
            };
            let mut append = self.appendix(&state, None, entries, salts, &along, &asked, &answer);
            if let Some(facts) = &declare.situation {
                append.marks.push(Mark::SituationLinked { id: facts.id, incident: id });
                append.deliveries.extend(policy::situation_cards(facts.id, -1, &self.settings.chats, now));
            }
            match self.journal.append(append).await {
                Ok(()) => {
                    recent.push(now);
                    self.after_append(id, state.seq);
                    return Ok(answer);
                }
                Err(JournalError::Conflict) => {}
                Err(JournalError::AnsweredBefore { asked: before, answer }) => {
                    return again(&asked, &before, &answer);
                }
                Err(error) => return Err(refuse(error)),
            }
        }
        Err(too_busy())
    }

    async fn check_limits(
        &self,
        recent: &mut Vec<DateTime<Utc>>,
        now: DateTime<Utc>,
        kind: Kind,
    ) -> Result<(), Refusal> {
        recent.retain(|at| now - *at < Duration::minutes(1));
        if recent.len() >= self.settings.declares_per_minute_max {
            return Err(Refusal::limit(
                format!("{} incidents were declared within a minute.", recent.len()),
                "Something declares by itself? Look at `list`; a human declaration works again in a minute.",
            ));
        }
        let filter = IncidentFilter { open_only: true, kind: Some(kind), limit: u32::MAX };
        let open = self.journal.incidents(filter).await.map_err(refuse)?.len();
        if open >= self.settings.open_incidents_max {
            return Err(Refusal::limit(
                format!("{open} incidents are open; {} is the limit.", self.settings.open_incidents_max),
                "Close or merge some, or raise `limits.open_incidents_max`.",
            ));
        }
        Ok(())
    }

    async fn submit_here(
        self: &Arc<Self>,
        caller: Caller,
        id: IncidentId,
        command: Command,
        along: Along,
    ) -> Result<Answer, Refusal> {
        let asked = format!("{id} {command:?}");
        if let Some(answer) = self.answered(along.once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let target = self.target(id, &command).await?;
        let command = self.with_facts(command).await?;
        for _ in 0..TRIES_MAX {
            let slot = self.slot(id);
            let (written, answer) = {
                let mut held = slot.state.lock().await;
                self.fill(&slot, &mut held, id).await?;
                let Some((state, last)) = held.as_mut() else { return Err(no_such(id)) };
                let now = self.world.now();
                let at = state.time_at(now);
                let decision =
                    match decide::decide(state, &command, &self.scene(&caller, at, target.as_ref())) {
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
                let mut answer = Answer { text: decision.reply, incident: Some(id), seq: None };
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
                        ..Append::default()
                    };
                    (self.journal.append(bare), answer)
                } else {
                    let after = Some((state.seq, *last));
                    let (mut entries, mut salts) = (Vec::new(), Vec::new());
                    let role = state.roles_of(&caller.person).into_iter().next();
                    for happened in decision.events {
                        let usual =
                            if state.drill_clock.is_some() { TimeSource::Drill } else { TimeSource::House };
                        let (occurred_at, time_source) = happened.at.unwrap_or((at, usual));
                        let entry = Entry {
                            incident: id,
                            seq: state.seq + 1,
                            id: self.world.id(),
                            occurred_at,
                            time_source,
                            recorded_at: now,
                            actor: Actor {
                                person: caller.person.clone(),
                                role: role.clone(),
                                via: caller.via.clone(),
                            },
                            event: happened.event,
                        };
                        state.apply(&entry);
                        *last = entry.id;
                        entries.push(entry);
                        salts.push(self.world.salt());
                    }
                    answer.seq = Some(state.seq);
                    let mut append = self.appendix(state, after, entries, salts, &along, &asked, &answer);
                    if let Command::LinkSituation { situation, .. } = &command {
                        append.marks.push(Mark::SituationLinked { id: *situation, incident: id });
                        append.deliveries.extend(policy::situation_cards(
                            *situation,
                            -1,
                            &self.settings.chats,
                            now,
                        ));
                    }
                    // Queued while the state is held: the journal's order is the order of the decisions.
                    (self.journal.append(append), answer)
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

    fn after_append(&self, id: IncidentId, seq: u64) {
        self.tell(Changed::Incident { id, seq });
        self.wake_outbox.notify_waiters();
        self.wake_timers.notify_waiters();
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one append, used twice")]
    fn appendix(
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
        let follows = policy::consequences(state, &entries, &self.settings.policy, &self.settings.chats, now);
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
        append.deliveries.extend(along.deliveries.iter().cloned());
        append
    }

    fn scene<'a>(&'a self, caller: &'a Caller, now: DateTime<Utc>, target: Option<&'a Target>) -> Scene<'a> {
        Scene {
            person: &caller.person,
            is_house: caller.is_house,
            now,
            policy: &self.settings.policy,
            target,
        }
    }

    async fn answered(&self, key: Option<&str>, asked: &str) -> Result<Option<Answer>, Refusal> {
        let Some(key) = key else { return Ok(None) };
        match self.journal.answered(key).await.map_err(refuse)? {
            Some((before, answer)) => again(asked, &before, &answer).map(Some),
            None => Ok(None),
        }
    }

    /// The entry that a correction or redaction names.
    async fn target(&self, id: IncidentId, command: &Command) -> Result<Option<Target>, Refusal> {
        let seq = match command {
            Command::Correct { target, .. } | Command::Redact { target, .. } => *target,
            _ => return Ok(None),
        };
        self.find_target(id, seq).await
    }

    /// What the alert store knows of a situation that a command names.
    async fn with_facts(&self, command: Command) -> Result<Command, Refusal> {
        let Command::LinkSituation { situation, facts: None } = command else { return Ok(command) };
        let rows = self.journal.situations(SituationFilter::One(situation)).await.map_err(refuse)?;
        let facts = match rows.into_iter().next() {
            Some(row) if row.incident.is_none() => Some(self.facts(&row).await?),
            Some(row) => {
                let other = row.incident.map(|id| id.to_string()).unwrap_or_default();
                return Err(Refusal::conflict(
                    format!("S-{situation} belongs to {other} already."),
                    "Nothing to do.",
                ));
            }
            None => None,
        };
        Ok(Command::LinkSituation { situation, facts })
    }

    async fn situation(&self, id: i64) -> Result<SituationRow, Refusal> {
        let rows = self.journal.situations(SituationFilter::One(id)).await.map_err(refuse)?;
        rows.into_iter().next().ok_or_else(|| {
            Refusal::not_found(
                format!("There is no alert situation S-{id}."),
                "`alerts` lists those that are open.",
            )
        })
    }

    pub(crate) async fn facts(&self, row: &SituationRow) -> Result<SituationFacts, Refusal> {
        let alerts = self.journal.alerts_of(row.id, follow::ALERTS_SHOWN).await.map_err(refuse)?;
        Ok(follow::facts(row, &alerts))
    }

    fn slot(&self, id: IncidentId) -> Arc<Slot> {
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

    async fn fill(
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
        for _ in 0..TRIES_MAX {
            let slot = self.slot(id);
            let (state, seen) = {
                let mut held = slot.state.lock().await;
                self.fill(&slot, &mut held, id).await?;
                match held.as_ref() {
                    Some((state, _)) => (state.clone(), slot.seen(state.seq)),
                    None => {
                        drop(held);
                        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                        return Err(no_such(id));
                    }
                }
            };
            if slot.wait_durable(seen).await {
                return Ok(state);
            }
        }
        Err(too_busy())
    }

    /// Checks the chain of an incident and that its projections say what it says. Returns what is wrong; nothing
    /// wrong is an empty list. Also returns the number of entries and the head of the chain.
    pub async fn verify(&self, id: IncidentId) -> Result<Verified, Refusal> {
        let mut verifier = Verifier::new(id);
        let mut problems = Vec::new();
        let mut state: Option<Incident> = None;
        let mut from = 1;
        let mut looked_for = None;
        loop {
            let page = match self.journal.entries(id, from, 1_000).await {
                Ok(page) => page,
                Err(JournalError::Damaged { what, why }) => {
                    problems.push(format!("{what}: {why}"));
                    break;
                }
                Err(error) => return Err(refuse(error)),
            };
            let Some(last) = page.last() else {
                let Some(state) = state.as_ref().filter(|_| problems.is_empty()) else { break };
                match self.other_row(id, state).await {
                    None => break,
                    // Row and entries are written in one transaction, so somebody wrote meanwhile: read on. If there
                    // is nothing more to read, the row says what the timeline does not.
                    Some((seq, _)) if seq > state.seq && looked_for != Some(seq) => looked_for = Some(seq),
                    Some((_, problem)) => {
                        problems.push(problem);
                        break;
                    }
                }
                continue;
            };
            from = last.seq + 1;
            for sealed in &page {
                match verifier.next(sealed) {
                    Ok(entry) => match &mut state {
                        None => state = Incident::open(&entry),
                        Some(state) => state.apply(&entry),
                    },
                    Err(broken) => problems.push(broken.to_string()),
                }
            }
        }
        if verifier.seq == 0 && problems.is_empty() {
            return Err(no_such(id));
        }
        Ok(Verified { incident: id, entries: verifier.seq, head: verifier.head, problems })
    }

    /// The last entry that the list row knows, and what is wrong with the row, if it does not say what this state says.
    async fn other_row(&self, id: IncidentId, state: &Incident) -> Option<(u64, String)> {
        let rows = self.journal.incidents(IncidentFilter::all(u32::MAX)).await;
        match rows.map(|rows| rows.into_iter().find(|row| row.id == id)) {
            Ok(Some(row)) if row == IncidentRow::of(state) => None,
            Ok(Some(row)) => Some((
                row.seq,
                format!(
                    "{id}: the list row differs from the timeline (row: {row:?}). `commandpost rebuild` makes it anew."
                ),
            )),
            Ok(None) => {
                Some((0, format!("{id}: the list row is missing. `commandpost rebuild` makes it anew.")))
            }
            Err(error) => Some((0, error.to_string())),
        }
    }
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub incident: IncidentId,
    pub entries: u64,
    pub head: String,
    pub problems: Vec<String>,
}

fn again(asked: &str, before: &str, answer: &str) -> Result<Answer, Refusal> {
    if asked != before {
        return Err(Refusal::invalid(
            "This idempotency key was used for something else.",
            "Use a new key for a new request.",
        ));
    }
    serde_json::from_str(answer).map_err(|e| {
        Refusal::unavailable(format!("The first answer cannot be read: {e}."), "Look at the timeline.")
    })
}

fn no_such(id: IncidentId) -> Refusal {
    Refusal::not_found(format!("There is no {id}."), "`list` shows the incidents there are.")
}

fn too_busy() -> Refusal {
    Refusal::unavailable("Too many people write on this incident at the same moment.", "Try again.")
}

/// A journal's failure as its caller reads it.
pub fn refuse(error: JournalError) -> Refusal {
    match error {
        JournalError::Conflict => too_busy(),
        JournalError::AnsweredBefore { .. } => {
            Refusal::conflict("This was answered before.", "Nothing to do.")
        }
        error @ (JournalError::Unavailable(_) | JournalError::Damaged { .. }) => Refusal::new(
            Because::Unavailable,
            format!("Nothing was written: {error}."),
            "Free disk space or mend the data directory; the server goes on by itself once it can write.",
        ),
    }
}

//! A journal that fails when it is told to.

use std::{
    collections::BTreeMap,
    path::Path,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use commandpost::{
    alert::{arranged::Arrangement, change::Change, judgement::Judgement, report::Fired},
    incident::{chain::Sealed, id::IncidentId, kind::Kind, state::Incident},
    journal::{AlertBatch, AlertReceipt, Append, Handle, Journal, JournalError, Reading, Written, rows::*},
    people::Person,
    roster::Fetched,
};
use tokio::sync::Notify;
use uuid::Uuid;

/// How an append fails: with what, and once somebody says so.
pub struct Fault {
    pub error: JournalError,
    pub until: Option<Arc<Notify>>,
    /// It reaches the disk all the same, and is tried again: a commit whose success was not seen.
    pub is_written: bool,
}

impl Fault {
    pub fn unavailable() -> Fault {
        Fault { error: JournalError::Unavailable("the disk is full".into()), until: None, is_written: false }
    }
    pub fn conflict() -> Fault {
        Fault { error: JournalError::Conflict, until: None, is_written: false }
    }
    pub fn written() -> Fault {
        Fault { is_written: true, ..Fault::unavailable() }
    }
}

/// Fails the appends that have these numbers, counted from the first with entries; everything else goes through.
pub struct Faulty {
    inner: Arc<dyn Journal>,
    faults: Mutex<BTreeMap<u64, Fault>>,
    appends: AtomicU64,
    is_deaf: AtomicBool,
    damaged: Mutex<Option<IncidentId>>,
    /// What happens before entries are read the next time.
    meanwhile: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    /// How often it was asked what people arranged about alerts.
    asked_for_arrangements: AtomicU64,
}

impl Faulty {
    pub fn new(inner: Arc<dyn Journal>) -> Arc<Faulty> {
        Arc::new(Faulty {
            inner,
            faults: Mutex::default(),
            appends: AtomicU64::new(0),
            is_deaf: AtomicBool::new(false),
            damaged: Mutex::default(),
            meanwhile: Mutex::default(),
            asked_for_arrangements: AtomicU64::new(0),
        })
    }
    pub fn appends(&self) -> u64 {
        self.appends.load(Ordering::SeqCst)
    }
    pub fn asked_for_arrangements(&self) -> u64 {
        self.asked_for_arrangements.load(Ordering::SeqCst)
    }
    /// Whether no sign of life is taken.
    pub fn deafen(&self, is_deaf: bool) {
        self.is_deaf.store(is_deaf, Ordering::SeqCst);
    }
    /// An incident that cannot be read.
    pub fn damage(&self, incident: IncidentId) {
        *self.damaged.lock().unwrap() = Some(incident);
    }
    /// Something that happens once, before entries are read the next time.
    pub fn meanwhile(&self, happens: impl Future<Output = ()> + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::pin(happens));
    }
    /// The append after so many others, from now on, fails.
    pub fn fail(&self, after: u64, fault: Fault) {
        self.faults.lock().unwrap().insert(self.appends() + after + 1, fault);
    }
}

impl Journal for Faulty {
    fn append(&self, append: Append) -> Written<()> {
        if append.entries.is_empty() {
            return self.inner.append(append);
        }
        let n = self.appends.fetch_add(1, Ordering::SeqCst) + 1;
        match self.faults.lock().unwrap().remove(&n) {
            None => self.inner.append(append),
            Some(Fault { is_written: true, .. }) => {
                let (written, inner) = (self.inner.append(append.clone()), self.inner.clone());
                Box::pin(async move {
                    written.await.unwrap();
                    inner.append(append).await
                })
            }
            Some(Fault { error, until, .. }) => Box::pin(async move {
                if let Some(until) = until {
                    until.notified().await;
                }
                Err(error)
            }),
        }
    }
    fn load(&self, incident: IncidentId) -> Reading<'_, Option<(Incident, Uuid)>> {
        if *self.damaged.lock().unwrap() == Some(incident) {
            let (what, why) = (incident.to_string(), "a page is torn".to_owned());
            return Box::pin(async move { Err(JournalError::Damaged { what, why }) });
        }
        self.inner.load(incident)
    }
    fn entries(&self, incident: IncidentId, from: u64, limit: u64) -> Reading<'_, Vec<Sealed>> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        Box::pin(async move {
            if let Some(happens) = meanwhile {
                happens.await;
            }
            self.inner.entries(incident, from, limit).await
        })
    }
    fn changing_entries(&self, incident: IncidentId) -> Reading<'_, Vec<Sealed>> {
        self.inner.changing_entries(incident)
    }
    fn incidents(&self, filter: IncidentFilter) -> Reading<'_, Vec<IncidentRow>> {
        self.inner.incidents(filter)
    }
    fn incident_row(&self, id: IncidentId) -> Reading<'_, Option<IncidentRow>> {
        self.inner.incident_row(id)
    }
    fn recorded(&self) -> Reading<'_, Vec<IncidentId>> {
        self.inner.recorded()
    }
    fn last_number(&self, kind: Kind) -> Reading<'_, u32> {
        self.inner.last_number(kind)
    }
    fn public_posts(&self, since: DateTime<Utc>) -> Reading<'_, Vec<PublicPostRow>> {
        self.inner.public_posts(since)
    }
    fn public_posts_of(&self, incident: IncidentId) -> Reading<'_, Vec<PublicPostRow>> {
        self.inner.public_posts_of(incident)
    }
    fn answered(&self, key: &str) -> Reading<'_, Option<(String, String)>> {
        self.inner.answered(key)
    }
    fn take_alerts(&self, batch: AlertBatch) -> Written<AlertReceipt> {
        self.inner.take_alerts(batch)
    }
    fn alerts_waiting(&self) -> usize {
        self.inner.alerts_waiting()
    }
    fn situations(&self, filter: SituationFilter) -> Reading<'_, Vec<SituationRow>> {
        self.inner.situations(filter)
    }
    fn alerts_of(&self, situation: i64, limit: u32) -> Reading<'_, Vec<AlertRow>> {
        self.inner.alerts_of(situation, limit)
    }
    fn alerts_of_each(&self, situations: Vec<i64>, limit: u32) -> Reading<'_, Vec<AlertRow>> {
        self.inner.alerts_of_each(situations, limit)
    }
    fn counts(&self) -> Reading<'_, Counts> {
        self.inner.counts()
    }
    fn close_quiet_situations(&self, before: DateTime<Utc>) -> Written<u64> {
        self.inner.close_quiet_situations(before)
    }
    fn changes(&self, filter: ChangeFilter) -> Reading<'_, Vec<Change>> {
        self.inner.changes(filter)
    }
    fn judgements(&self, filter: JudgementFilter) -> Reading<'_, Vec<Judgement>> {
        self.inner.judgements(filter)
    }
    fn fired(&self, since: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<Fired>> {
        self.inner.fired(since, limit)
    }
    fn forget_changes(&self, before: DateTime<Utc>) -> Written<u64> {
        self.inner.forget_changes(before)
    }
    fn arrangements(&self, filter: ArrangementFilter) -> Reading<'_, Vec<Arrangement>> {
        self.asked_for_arrangements.fetch_add(1, Ordering::SeqCst);
        self.inner.arrangements(filter)
    }
    fn last_arrangement(&self) -> Reading<'_, i64> {
        self.inner.last_arrangement()
    }
    fn is_held_until(&self, now: DateTime<Utc>) -> Reading<'_, bool> {
        self.inner.is_held_until(now)
    }
    fn claim(&self, destination: &str, now: DateTime<Utc>, limit: u32) -> Written<Vec<Delivery>> {
        self.inner.claim(destination, now, limit)
    }
    fn settle(&self, settlement: Settlement) -> Written<()> {
        self.inner.settle(settlement)
    }
    fn orphans_to_unknown(&self) -> Written<u64> {
        self.inner.orphans_to_unknown()
    }
    fn handle(&self, delivery: i64, how: Handle, now: DateTime<Utc>) -> Written<bool> {
        self.inner.handle(delivery, how, now)
    }
    fn deliveries(&self, filter: DeliveryFilter) -> Reading<'_, Vec<Delivery>> {
        self.inner.deliveries(filter)
    }
    fn next_delivery_at(&self, destination: &str) -> Reading<'_, Option<DateTime<Utc>>> {
        self.inner.next_delivery_at(destination)
    }
    fn bind(&self, destination: &str, subject: &str, name: &str, value: &str) -> Written<()> {
        self.inner.bind(destination, subject, name, value)
    }
    fn bound(&self, destination: &str, subject: &str) -> Reading<'_, Vec<(String, String)>> {
        self.inner.bound(destination, subject)
    }
    fn bound_to(&self, destination: &str, name: &str, value: &str) -> Reading<'_, Option<String>> {
        self.inner.bound_to(destination, name, value)
    }
    fn timers_due(&self, now: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<TimerRow>> {
        self.inner.timers_due(now, limit)
    }
    fn next_timer_at(&self) -> Reading<'_, Option<DateTime<Utc>>> {
        self.inner.next_timer_at()
    }
    fn receipt(&self, receipt: Uuid) -> Reading<'_, Vec<ReceiptRow>> {
        self.inner.receipt(receipt)
    }
    fn heartbeats(&self) -> Reading<'_, Vec<HeartbeatRow>> {
        self.inner.heartbeats()
    }
    fn keep_heartbeat(&self, row: HeartbeatRow) -> Written<()> {
        if self.is_deaf.load(Ordering::SeqCst) {
            return Box::pin(async { Err(Fault::unavailable().error) });
        }
        self.inner.keep_heartbeat(row)
    }
    fn forget_heartbeat(&self, name: &str) -> Written<()> {
        self.inner.forget_heartbeat(name)
    }
    fn say_override(&self, id: &str, said: SaidOverride) -> Written<u64> {
        self.inner.say_override(id, said)
    }
    fn withdraw_override(&self, n: u64, by: &Person, at: DateTime<Utc>) -> Written<bool> {
        self.inner.withdraw_override(n, by, at)
    }
    fn overrides(&self, since: DateTime<Utc>) -> Reading<'_, Vec<(u64, SaidOverride)>> {
        self.inner.overrides(since)
    }
    fn keep_fetched(&self, roster: &str, fetched: Fetched) -> Written<()> {
        self.inner.keep_fetched(roster, fetched)
    }
    fn fetched(&self) -> Reading<'_, Vec<(String, Fetched)>> {
        self.inner.fetched()
    }
    fn prune(&self, before: DateTime<Utc>) -> Written<u64> {
        self.inner.prune(before)
    }
    fn probe(&self) -> Written<()> {
        self.inner.probe()
    }
    fn rebuild(&self) -> Written<u64> {
        self.inner.rebuild()
    }
    fn backup(&self, file: &Path) -> Written<()> {
        self.inner.backup(file)
    }
}

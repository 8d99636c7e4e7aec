//! The journal on an embedded SQLite: WAL, `synchronous=FULL` but for what is placed from the inbox alone, one writer with group
//! commit, readers beside it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};
use uuid::Uuid;

use super::{
    AlertBatch, AlertReceipt, Append, Handle, Journal, JournalError, Reading, Written,
    alerts::Prepared,
    arrangements, evidence, heartbeats,
    inbox::{self, Offer},
    on_call,
    ops::SmallOp,
    read, receipts,
    rows::*,
    writer::{Gauges, Job, Writer},
};
use crate::{
    alert::{arranged::Arrangement, change::Change, group::Grouping, judgement::Judgement, report::Fired},
    incident::{chain::Sealed, id::IncidentId, kind::Kind, state::Incident},
    people::Person,
    roster::Fetched,
};

/// The database file in the data directory.
pub const FILE: &str = "commandpost.db";
/// The lock that keeps a second process out.
const LOCK: &str = "commandpost.lock";
/// Writes that may wait; more wait in their callers.
const QUEUE_MAX: usize = 16_384;
const READERS: u32 = 4;
/// A backup waits so long for the inbox at most.
const SETTLED: Duration = Duration::from_secs(30);
/// With so many writes waiting, alerts go to the inbox.
const STORM: usize = 4;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// An open journal. Dropping the last handle ends the writer after what is queued.
#[derive(Clone)]
pub struct SqliteJournal {
    queue: mpsc::UnboundedSender<Job>,
    inbox: mpsc::Sender<Offer>,
    gauges: Arc<Gauges>,
    readers: SqlitePool,
    file: Arc<PathBuf>,
    /// Held as long as anybody holds the journal.
    _lock: Arc<std::fs::File>,
    /// The inbox's scribe and clerk, and the writer.
    threads: Arc<tokio::sync::Mutex<Option<[tokio::task::JoinHandle<()>; 3]>>>,
}

/// Why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "The data directory {dir} cannot be used: {why}. Make it writable for this user, or choose another with --data-dir."
    )]
    Directory { dir: PathBuf, why: std::io::Error },
    #[error("Another commandpost works on {dir}. Talk to it (COMMANDPOST_URL), or stop it first.")]
    Locked { dir: PathBuf },
    #[error("The database {file} does not open: {why}.")]
    Database { file: PathBuf, why: String },
    #[error(
        "The database {file} was made by a newer or other version ({why}). Use that version, or restore a backup."
    )]
    Version { file: PathBuf, why: String },
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(false)
        .pragma("temp_store", "memory")
        .pragma("cell_size_check", "on")
        .statement_cache_capacity(1_024)
        .disable_statement_logging()
}

impl SqliteJournal {
    /// Opens the journal of a data directory, making and migrating it as needed. One process at a time.
    ///
    /// # Errors
    /// [`OpenError`], each with what to do.
    pub async fn open(dir: &Path) -> Result<SqliteJournal, OpenError> {
        Self::open_grouping(dir, Grouping::default()).await
    }

    /// [`SqliteJournal::open`], and alerts are put into situations by these groups.
    ///
    /// # Errors
    /// As there.
    pub async fn open_grouping(dir: &Path, grouping: Grouping) -> Result<SqliteJournal, OpenError> {
        let directory = |why| OpenError::Directory { dir: dir.to_owned(), why };
        std::fs::create_dir_all(dir).map_err(directory)?;
        let lock = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join(LOCK))
            .map_err(directory)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(OpenError::Locked { dir: dir.to_owned() }),
            Err(std::fs::TryLockError::Error(why)) => return Err(directory(why)),
        }
        let file = dir.join(FILE);
        let database = |why: sqlx::Error| OpenError::Database { file: file.clone(), why: why.to_string() };
        // The writer's, also when it has to open the file anew after a failure.
        let writing = options(&file)
            // Few and large checkpoints; the WAL stays around 32 MiB.
            .pragma("wal_autocheckpoint", "8000")
            .pragma("cache_size", "-16384");
        let mut conn = writing.clone().create_if_missing(true).connect().await.map_err(database)?;
        // Under the lock above, so that two starts cannot migrate at once (SQLite itself takes no lock for it).
        MIGRATOR.run(&mut conn).await.map_err(|why| match why {
            sqlx::migrate::MigrateError::VersionMissing(_)
            | sqlx::migrate::MigrateError::VersionMismatch(_) => {
                OpenError::Version { file: file.clone(), why: why.to_string() }
            }
            why => OpenError::Database { file: file.clone(), why: why.to_string() },
        })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(0)
            .idle_timeout(Duration::from_secs(60))
            .acquire_timeout(Duration::from_secs(10))
            // A connection to a file does not go dead, and asking costs as much as a small query.
            .test_before_acquire(false)
            .connect_lazy_with(options(&file).read_only(true).pragma("cache_size", "-4096"));
        let (queue, jobs) = mpsc::unbounded_channel();
        let gauges = Arc::new(Gauges::default());
        let writer =
            Writer::new(conn, writing, jobs, gauges.clone(), Arc::new(grouping)).await.map_err(database)?;
        // On a thread of its own: woken by SQLite's thread for every statement, it would else stand in line behind the
        // requests each time.
        let runtime = tokio::runtime::Handle::current();
        let (inbox, offers) = mpsc::channel(QUEUE_MAX);
        let (scribe, clerk) =
            inbox::open(dir, offers, queue.clone(), gauges.clone(), writer.placed()).map_err(directory)?;
        let scribe = tokio::task::spawn_blocking(move || scribe.run());
        let clerk = tokio::task::spawn_blocking({
            let runtime = runtime.clone();
            move || runtime.block_on(clerk.run())
        });
        let writer = tokio::task::spawn_blocking(move || runtime.block_on(writer.run()));
        Ok(SqliteJournal {
            queue,
            inbox,
            gauges,
            readers,
            file: Arc::new(file),
            _lock: Arc::new(lock),
            threads: Arc::new(tokio::sync::Mutex::new(Some([scribe, clerk, writer]))),
        })
    }

    /// Ends the writers after everything queued is on disk, and folds the WAL into the database.
    pub async fn close(self) {
        let SqliteJournal { queue, inbox, readers, threads, .. } = self;
        let threads = threads.lock().await.take();
        if let Some([scribe, clerk, writer]) = threads {
            // What is in the inbox is placed first.
            drop(inbox.send(Offer::Close).await);
            drop(scribe.await);
            drop(clerk.await);
            drop(queue.send(Job::Close));
            readers.close().await;
            drop(writer.await);
        }
    }

    /// Ends when the writer has ended: by [`SqliteJournal::close`], or because it broke down and nothing can be written.
    pub async fn ended(&self) {
        self.queue.closed().await;
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, JournalError>>) -> Job,
    ) -> Written<T> {
        let (answer, done) = oneshot::channel();
        let full = self.gauges.jobs.fetch_add(1, Ordering::Relaxed) >= QUEUE_MAX;
        let gone = || JournalError::Unavailable("it is shutting down".into());
        let queued = if full {
            Err(JournalError::Unavailable(format!("{QUEUE_MAX} writes are waiting for the disk")))
        } else {
            self.queue.send(job(answer)).map_err(|_| gone())
        };
        Box::pin(async move {
            queued?;
            done.await.map_err(|_| gone())?
        })
    }

    /// Whether alerts that may wait go to the inbox: many writes wait, or what came before them is there.
    fn is_storm(&self) -> bool {
        self.gauges.alerts.load(Ordering::Relaxed) > 0 || self.gauges.jobs.load(Ordering::Relaxed) >= STORM
    }

    fn to_inbox(&self, alerts: Box<Prepared>) -> Written<AlertReceipt> {
        let (answer, done) = oneshot::channel();
        let count = alerts.len();
        // From now on all that may wait comes after these.
        self.gauges.alerts.fetch_add(count, Ordering::Relaxed);
        let queued = self.inbox.try_send(Offer::Take(alerts, answer)).map_err(|full| {
            self.gauges.alerts.fetch_sub(count, Ordering::Relaxed);
            JournalError::Unavailable(match full {
                TrySendError::Full(_) => format!("{QUEUE_MAX} requests with alerts are waiting for the disk"),
                TrySendError::Closed(_) => "it is shutting down".into(),
            })
        });
        Box::pin(async move {
            queued?;
            done.await.map_err(|_| JournalError::Unavailable("it is shutting down".into()))?
        })
    }

    fn small<T: Send + 'static>(
        &self,
        op: impl FnOnce(oneshot::Sender<Result<T, JournalError>>) -> SmallOp,
    ) -> Written<T> {
        self.write(|answer| Job::Small(op(answer)))
    }
}

impl Journal for SqliteJournal {
    fn append(&self, append: Append) -> Written<()> {
        self.write(|answer| Job::Append(Box::new(append), answer))
    }
    fn load(&self, incident: IncidentId) -> Reading<'_, Option<(Incident, Uuid)>> {
        Box::pin(read::load(&self.readers, incident))
    }
    fn entries(&self, incident: IncidentId, from: u64, limit: u64) -> Reading<'_, Vec<Sealed>> {
        Box::pin(read::entries(&self.readers, incident, from, limit))
    }
    fn changing_entries(&self, incident: IncidentId) -> Reading<'_, Vec<Sealed>> {
        Box::pin(read::changing_entries(&self.readers, incident))
    }
    fn incidents(&self, filter: IncidentFilter) -> Reading<'_, Vec<IncidentRow>> {
        Box::pin(read::incidents(&self.readers, filter))
    }
    fn incident_row(&self, id: IncidentId) -> Reading<'_, Option<IncidentRow>> {
        Box::pin(read::incident_of(&self.readers, id))
    }
    fn recorded(&self) -> Reading<'_, Vec<IncidentId>> {
        Box::pin(read::recorded(&self.readers))
    }
    fn last_number(&self, kind: Kind) -> Reading<'_, u32> {
        Box::pin(read::last_number(&self.readers, kind))
    }
    fn public_posts(&self, since: DateTime<Utc>) -> Reading<'_, Vec<PublicPostRow>> {
        Box::pin(read::public_posts(&self.readers, since))
    }
    fn public_posts_of(&self, incident: IncidentId) -> Reading<'_, Vec<PublicPostRow>> {
        Box::pin(read::public_posts_of(&self.readers, incident))
    }
    fn answered(&self, key: &str) -> Reading<'_, Option<(String, String)>> {
        let key = key.to_owned();
        Box::pin(async move { read::answered(&self.readers, &key).await })
    }

    fn take_alerts(&self, batch: AlertBatch) -> Written<AlertReceipt> {
        let prepared = Box::new(Prepared::of(batch));
        // What is answered under a key says what became of it, so it does not wait.
        if prepared.may_wait() && prepared.once().is_none() && self.is_storm() {
            return self.to_inbox(prepared);
        }
        self.write(|answer| Job::Alerts(prepared, answer))
    }
    fn alerts_waiting(&self) -> usize {
        self.gauges.alerts.load(Ordering::Relaxed)
    }
    fn situations(&self, filter: SituationFilter) -> Reading<'_, Vec<SituationRow>> {
        Box::pin(read::situations(&self.readers, filter))
    }
    fn alerts_of(&self, situation: i64, limit: u32) -> Reading<'_, Vec<AlertRow>> {
        Box::pin(read::alerts_of(&self.readers, situation, limit))
    }
    fn alerts_of_each(&self, situations: Vec<i64>, limit: u32) -> Reading<'_, Vec<AlertRow>> {
        Box::pin(read::alerts_of_each(&self.readers, situations, limit))
    }
    fn counts(&self) -> Reading<'_, Counts> {
        Box::pin(read::counts(&self.readers))
    }
    fn receipt(&self, receipt: Uuid) -> Reading<'_, Vec<ReceiptRow>> {
        Box::pin(receipts::read(&self.readers, receipt))
    }
    fn close_quiet_situations(&self, before: DateTime<Utc>) -> Written<u64> {
        self.small(|answer| SmallOp::CloseQuiet { before, answer })
    }
    fn changes(&self, filter: ChangeFilter) -> Reading<'_, Vec<Change>> {
        Box::pin(evidence::changes(&self.readers, filter))
    }
    fn judgements(&self, filter: JudgementFilter) -> Reading<'_, Vec<Judgement>> {
        Box::pin(evidence::judgements(&self.readers, filter))
    }
    fn fired(&self, since: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<Fired>> {
        Box::pin(evidence::fired(&self.readers, since, limit))
    }
    fn forget_changes(&self, before: DateTime<Utc>) -> Written<u64> {
        self.small(|answer| SmallOp::ForgetChanges { before, answer })
    }
    fn arrangements(&self, filter: ArrangementFilter) -> Reading<'_, Vec<Arrangement>> {
        Box::pin(arrangements::read(&self.readers, filter))
    }
    fn last_arrangement(&self) -> Reading<'_, i64> {
        Box::pin(arrangements::last(&self.readers))
    }
    fn is_held_until(&self, now: DateTime<Utc>) -> Reading<'_, bool> {
        Box::pin(arrangements::is_held_until(&self.readers, now))
    }

    fn claim(&self, destination: &str, now: DateTime<Utc>, limit: u32) -> Written<Vec<Delivery>> {
        let destination = destination.to_owned();
        self.small(|answer| SmallOp::Claim { destination, now, limit, leased: vec![], answer })
    }
    fn settle(&self, settlement: Settlement) -> Written<()> {
        self.small(|answer| SmallOp::Settle { settlement, answer })
    }
    fn orphans_to_unknown(&self) -> Written<u64> {
        self.small(|answer| SmallOp::Orphans { answer })
    }
    fn handle(&self, delivery: i64, how: Handle, now: DateTime<Utc>) -> Written<bool> {
        self.small(|answer| SmallOp::Handle { delivery, how, now, answer })
    }
    fn deliveries(&self, filter: DeliveryFilter) -> Reading<'_, Vec<Delivery>> {
        Box::pin(read::deliveries(&self.readers, filter))
    }
    fn next_delivery_at(&self, destination: &str) -> Reading<'_, Option<DateTime<Utc>>> {
        let destination = destination.to_owned();
        Box::pin(async move { read::next_delivery_at(&self.readers, &destination).await })
    }
    fn bind(&self, destination: &str, subject: &str, name: &str, value: &str) -> Written<()> {
        let [destination, subject, name, value] = [destination, subject, name, value].map(str::to_owned);
        self.small(|answer| SmallOp::Bind { destination, subject, name, value, answer })
    }
    fn bound(&self, destination: &str, subject: &str) -> Reading<'_, Vec<(String, String)>> {
        let [destination, subject] = [destination, subject].map(str::to_owned);
        Box::pin(async move { read::bound(&self.readers, &destination, &subject).await })
    }
    fn bound_to(&self, destination: &str, name: &str, value: &str) -> Reading<'_, Option<String>> {
        let [destination, name, value] = [destination, name, value].map(str::to_owned);
        Box::pin(async move { read::bound_to(&self.readers, &destination, &name, &value).await })
    }

    fn timers_due(&self, now: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<TimerRow>> {
        Box::pin(read::timers_due(&self.readers, now, limit))
    }
    fn next_timer_at(&self) -> Reading<'_, Option<DateTime<Utc>>> {
        Box::pin(read::next_timer_at(&self.readers))
    }

    fn heartbeats(&self) -> Reading<'_, Vec<HeartbeatRow>> {
        Box::pin(heartbeats::read(&self.readers))
    }
    fn keep_heartbeat(&self, row: HeartbeatRow) -> Written<()> {
        self.small(|answer| SmallOp::Heartbeat { write: heartbeats::Write::Keep(row), answer })
    }
    fn forget_heartbeat(&self, name: &str) -> Written<()> {
        let write = heartbeats::Write::Forget(name.to_owned());
        self.small(|answer| SmallOp::Heartbeat { write, answer })
    }
    fn say_override(&self, id: &str, said: SaidOverride) -> Written<u64> {
        let (id, said) = (id.to_owned(), Box::new(said));
        self.small(|answer| SmallOp::Override { id, said, answer })
    }
    fn withdraw_override(&self, n: u64, by: &Person, at: DateTime<Utc>) -> Written<bool> {
        let by = by.clone();
        self.small(|answer| SmallOp::Withdraw { n, by, at, answer })
    }
    fn overrides(&self, since: DateTime<Utc>) -> Reading<'_, Vec<(u64, SaidOverride)>> {
        Box::pin(on_call::overrides(&self.readers, since))
    }
    fn keep_fetched(&self, roster: &str, fetched: Fetched) -> Written<()> {
        let (roster, fetched) = (roster.to_owned(), Box::new(fetched));
        self.small(|answer| SmallOp::KeepFetched { roster, fetched, answer })
    }
    fn fetched(&self) -> Reading<'_, Vec<(String, Fetched)>> {
        Box::pin(on_call::fetched(&self.readers))
    }

    fn prune(&self, before: DateTime<Utc>) -> Written<u64> {
        self.small(|answer| SmallOp::Prune { before, answer })
    }
    fn probe(&self) -> Written<()> {
        self.small(|answer| SmallOp::Probe { answer })
    }
    fn rebuild(&self) -> Written<u64> {
        self.small(|answer| SmallOp::Rebuild { answer })
    }
    fn backup(&self, file: &Path) -> Written<()> {
        let file = file.to_owned();
        let (answer, settled) = oneshot::channel();
        let inbox = self.inbox.clone();
        // VACUUM INTO takes no part in a transaction, so it goes over a reader: a snapshot as of now.
        let readers = self.readers.clone();
        Box::pin(async move {
            // What was acknowledged until now is to be in it. If the inbox is gone, so are its alerts: in their situations.
            if inbox.send(Offer::Settle(answer)).await.is_ok()
                && tokio::time::timeout(SETTLED, settled).await.is_err()
            {
                return Err(JournalError::Unavailable("alerts of the inbox are not placed yet".into()));
            }
            read::backup(&readers, &file).await
        })
    }
}

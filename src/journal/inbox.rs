//! Where alerts wait when many come at once: on disk when their senders are answered, in their situations a moment later.
//!
//! One alert by itself goes to its situation at once. In a storm most of what each would cost is paid once for hundreds of
//! them: their pages and the rows of their situations are written once. And nobody waits for that: what comes is written by a
//! thread of its own ([`scribe`]) to files of its own ([`log`]), while the journal's writer places what came before.
//!
//! The journal marks the last of the inbox that it placed, in the transaction that places it. So what is in the inbox and
//! not marked after a crash is placed at the next start, each once. That transaction need not be on disk when it ends, as long
//! as the inbox keeps what it placed: the journal's WAL is synced beside it, and what that covers is needed no more. What cannot be placed although the journal can be written
//! is laid by in a file ([`laid_by`]), and tried again at the next start.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::DateTime;
use sqlx::SqliteConnection;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::MissedTickBehavior,
};

use self::scribe::{Room, Scribe};
use super::{
    AlertBatch, AlertReceipt, JournalError,
    alerts::Prepared,
    writer::{BATCH_ALERTS_MAX, Gauges, Job},
};

mod laid_by;
mod log;
mod scribe;

/// So many alerts are placed without waiting for more.
const TOGETHER: usize = 512;
/// Fewer are placed this often.
const BEAT: Duration = Duration::from_millis(50);
/// When the journal could not take them, they are handed over again after so many beats.
const REST: u32 = 40;
/// So many that are placed are synced, if nothing else does that before.
const SYNCED_TOGETHER: usize = 16_384;
/// Beyond so many that wait, the next wait to be taken: the disk cannot keep up.
const WAITING_MAX: usize = 16_384;

/// What the journal's writer is to place.
pub(super) struct Placing {
    pub batches: Vec<Prepared>,
    /// The id of the last of them.
    pub upto: i64,
    /// It is to be on disk when that is answered.
    pub must_sync: bool,
}

impl Placing {
    pub fn alerts(&self) -> usize {
        self.batches.iter().map(Prepared::len).sum()
    }
}

/// The last of the inbox that the journal placed.
pub(super) async fn marked(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let value: Option<String> =
        sqlx::query_scalar("SELECT value FROM house WHERE name = 'inbox'").fetch_optional(conn).await?;
    Ok(value.and_then(|value| value.parse().ok()).unwrap_or(0))
}

pub(super) async fn mark(conn: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO house (name, value) VALUES ('inbox', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(id.to_string()).execute(conn).await.map(|_| ())
}

pub(super) enum Offer {
    Take(Box<Prepared>, oneshot::Sender<Result<AlertReceipt, JournalError>>),
    /// To be told when what was taken until now is placed, or laid by.
    Settle(oneshot::Sender<()>),
    Close,
}

/// On disk, and not yet with the journal's writer.
struct Held {
    id: i64,
    batch: Prepared,
}

/// With the journal's writer.
struct UnderWay {
    upto: i64,
    alerts: usize,
    done: oneshot::Receiver<Result<bool, JournalError>>,
}

/// The journal's WAL is being synced, with what was placed up to an id.
struct Syncing {
    upto: i64,
    done: JoinHandle<io::Result<()>>,
}

/// What the scribe tells the clerk.
enum News {
    Written(Vec<Held>),
    /// Somebody waits for what was taken up to an id.
    Settle(i64, oneshot::Sender<()>),
    Close,
}

/// Hands what is in the inbox to the journal's writer.
pub(super) struct Clerk {
    dir: PathBuf,
    news: mpsc::UnboundedReceiver<News>,
    journal: mpsc::UnboundedSender<Job>,
    gauges: Arc<Gauges>,
    room: Arc<Room>,
    placed: i64,
    /// Alerts that are placed, and perhaps not on disk so.
    unsynced: usize,
    syncing: Option<Syncing>,
    /// A sync failed: another may forget that, so the journal's own is waited for.
    must_sync: bool,
    /// The last that it was told of.
    known: i64,
    held: Vec<Held>,
    under_way: Option<UnderWay>,
    /// Who waits for what was taken up to an id.
    settling: Vec<(i64, oneshot::Sender<()>)>,
    /// What of the gauge is held or under way; the rest is offered.
    counted: usize,
    /// Beats for which nothing is handed over.
    rest: u32,
    /// What is on disk could not be read when it was to be.
    is_unread: bool,
    is_closing: bool,
}

/// Opens the inbox of a data directory, with what a predecessor left. `placed` is the journal's mark.
///
/// # Errors
/// That of the disk.
pub(super) fn open(
    dir: &Path,
    offers: mpsc::Receiver<Offer>,
    journal: mpsc::UnboundedSender<Job>,
    gauges: Arc<Gauges>,
    placed: i64,
) -> io::Result<(Scribe, Clerk)> {
    // A predecessor that was killed may have left it so that only the system knows of it.
    sync(dir)?;
    let (tell, news) = mpsc::unbounded_channel();
    let room = Arc::new(Room::new(placed));
    let mut clerk = Clerk {
        dir: dir.to_owned(),
        news,
        journal,
        gauges: gauges.clone(),
        room: room.clone(),
        placed,
        unsynced: 0,
        syncing: None,
        must_sync: false,
        known: i64::MAX,
        held: vec![],
        under_way: None,
        settling: vec![],
        counted: 0,
        rest: 0,
        is_unread: false,
        is_closing: false,
    };
    clerk.read_again()?;
    clerk.known = clerk.held.last().map_or(placed, |held| held.id);
    clerk.count();
    // An id is given out once: what is marked as placed must never be something else.
    let last = clerk.known.max(laid_by::last(dir)?);
    let scribe = Scribe::new(log::Log::open(dir, placed)?, offers, tell, gauges, room, last + 1);
    Ok((scribe, clerk))
}

impl Clerk {
    /// Until [`Offer::Close`], or until nobody is left who could offer; then everything held is placed.
    pub async fn run(mut self) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.try_laid_by().await;
        while !self.is_closing {
            if self.under_way.is_none() && self.alerts() >= TOGETHER && self.rest == 0 {
                self.hand_over();
            }
            let is_held = (self.is_unread || !self.held.is_empty()) && self.under_way.is_none();
            tokio::select! {
                news = self.news.recv() => match news {
                    Some(News::Written(held)) => {
                        self.known = held.last().map_or(self.known, |held| held.id);
                        self.counted += held.iter().map(|held| held.batch.len()).sum::<usize>();
                        self.room.holds(self.counted);
                        self.held.extend(held);
                    }
                    Some(News::Settle(upto, answer)) => {
                        self.settling.push((upto, answer));
                        self.settle();
                    }
                    Some(News::Close) | None => self.is_closing = true,
                },
                done = done(&mut self.under_way) => self.handed_over(done).await,
                synced = synced(&mut self.syncing) => self.synced(synced),
                // However often something comes meanwhile.
                _ = beat.tick(), if is_held || self.may_sync() && self.under_way.is_none() => match self.rest.checked_sub(1) {
                    Some(rest) => self.rest = rest,
                    None if self.is_unread => self.read_unread(),
                    None if self.held.is_empty() => self.begin_sync(),
                    None => self.hand_over(),
                },
            }
        }
        self.rest = 0;
        while self.under_way.is_some() || !self.held.is_empty() && self.rest == 0 {
            if self.under_way.is_none() {
                self.hand_over();
            }
            let done = done(&mut self.under_way).await;
            self.handed_over(done).await;
        }
        while self.syncing.is_some() || self.unsynced > 0 && !self.must_sync {
            self.begin_sync();
            let synced = synced(&mut self.syncing).await;
            self.synced(synced);
        }
    }

    /// Alerts held.
    fn alerts(&self) -> usize {
        self.held.iter().map(|held| held.batch.len()).sum()
    }

    fn count(&mut self) {
        let counted = self.alerts() + self.under_way.as_ref().map_or(0, |under_way| under_way.alerts);
        self.gauges.alerts.fetch_add(counted, Ordering::Relaxed);
        self.gauges.alerts.fetch_sub(self.counted, Ordering::Relaxed);
        self.counted = counted;
        self.room.holds(counted);
    }

    /// Tells those who wait for what is placed by now.
    fn settle(&mut self) {
        let is_empty = self.held.is_empty() && self.under_way.is_none();
        for (_, answer) in self.settling.extract_if(.., |(upto, _)| is_empty || *upto <= self.placed) {
            answer.send(()).ok();
        }
    }

    /// Gives the journal's writer what is held, as much as it takes in one transaction.
    fn hand_over(&mut self) {
        let mut alerts = 0;
        let fits = |held: &&Held| {
            alerts += held.batch.len();
            alerts <= BATCH_ALERTS_MAX
        };
        let count = self.held.iter().take_while(fits).count().max(1);
        let rest = self.held.split_off(count.min(self.held.len()));
        let now = std::mem::replace(&mut self.held, rest);
        let Some(upto) = now.last().map(|held| held.id) else { return };
        let batches = now.into_iter().map(|held| held.batch).collect();
        self.under_way = Some(self.place(Placing { batches, upto, must_sync: self.must_sync }));
    }

    fn place(&self, placing: Placing) -> UnderWay {
        let (answer, done) = oneshot::channel();
        let under_way = UnderWay { upto: placing.upto, alerts: placing.alerts(), done };
        // If it is gone, so is the answer.
        drop(self.journal.send(Job::Place(placing, answer)));
        under_way
    }

    async fn handed_over(&mut self, done: Result<bool, JournalError>) {
        let Some(under_way) = self.under_way.take() else { return };
        self.rest = 0;
        match done {
            Ok(true) => self.placed_upto(under_way.upto),
            Ok(false) => {
                self.placed = under_way.upto;
                self.unsynced += under_way.alerts;
                if self.unsynced >= SYNCED_TOGETHER {
                    self.begin_sync();
                }
            }
            Err(error) => {
                tracing::warn!(%error, alerts = under_way.alerts, "alerts of the inbox are not in their situations yet");
                let again = match error {
                    JournalError::Damaged { .. } => self.place_singly().await,
                    _ => self.read_again(),
                };
                self.is_unread = again.is_err();
                if let Err(error) = again {
                    tracing::warn!(%error, "the inbox cannot be read");
                }
                if self.is_unread || !self.held.is_empty() {
                    self.rest = REST;
                }
            }
        }
        self.count();
        self.settle();
    }

    /// It is on disk.
    fn placed_upto(&mut self, id: i64) {
        self.placed = id;
        self.must_sync = false;
        self.unsynced = 0;
        self.room.placed_upto(id);
    }

    fn may_sync(&self) -> bool {
        self.syncing.is_none() && self.unsynced > 0 && !self.must_sync
    }

    /// Syncs what is placed, unless that is under way.
    fn begin_sync(&mut self) {
        if self.may_sync() {
            let dir = self.dir.clone();
            self.unsynced = 0;
            let done = tokio::task::spawn_blocking(move || sync(&dir));
            self.syncing = Some(Syncing { upto: self.placed, done });
        }
    }

    fn synced(&mut self, synced: io::Result<()>) {
        let Some(syncing) = self.syncing.take() else { return };
        match synced {
            Ok(()) => self.room.placed_upto(syncing.upto),
            Err(error) => {
                tracing::warn!(%error, "the journal could not be synced; what it took from the inbox is kept there as well");
                self.must_sync = true;
            }
        }
    }

    fn read_unread(&mut self) {
        match self.read_again() {
            Ok(()) => self.is_unread = false,
            Err(_) => self.rest = REST,
        }
        self.count();
    }

    /// Holds what is on disk and not placed. What cannot be read is laid by.
    fn read_again(&mut self) -> io::Result<()> {
        let (laid_by, records) = (laid_by::read(&self.dir)?, log::read(&self.dir, self.placed)?);
        self.held.clear();
        for record in records {
            if record.id > self.known || laid_by.iter().any(|laid| laid.id == record.id) {
                continue;
            }
            match batch(&record) {
                Some(batch) => self.held.push(Held { id: record.id, batch: Prepared::of(batch) }),
                None => {
                    tracing::error!(
                        record = record.id,
                        "alerts that were taken cannot be read; they are laid by"
                    );
                    laid_by::add(&self.dir, record)?;
                }
            }
        }
        Ok(())
    }

    /// Finds what keeps the others up, and lays it by.
    async fn place_singly(&mut self) -> io::Result<()> {
        self.read_again()?;
        let records = log::read(&self.dir, self.placed)?;
        for Held { id, batch } in std::mem::take(&mut self.held) {
            let mut one = Some(self.place(Placing { batches: vec![batch], upto: id, must_sync: true }));
            match done(&mut one).await {
                Ok(_) => self.placed_upto(id),
                Err(error @ JournalError::Damaged { .. }) => {
                    tracing::error!(%error, record = id, "alerts that were taken cannot be placed; they are laid by");
                    if let Some(record) = records.iter().find(|record| record.id == id) {
                        laid_by::add(&self.dir, record.clone())?;
                    }
                    // What came before it may not be on disk yet.
                    (self.placed, self.unsynced) = (id, self.unsynced + 1);
                }
                Err(_) => return self.read_again(),
            }
        }
        Ok(())
    }

    /// What was laid by is tried again, as if it had come now.
    async fn try_laid_by(&mut self) {
        let laid_by = laid_by::read(&self.dir).unwrap_or_default();
        let mut left = Vec::new();
        for record in laid_by.iter().cloned() {
            let Some(batch) = batch(&record) else {
                left.push(record);
                continue;
            };
            let (answer, done) = oneshot::channel();
            drop(self.journal.send(Job::Alerts(Box::new(Prepared::of(batch)), answer)));
            if !matches!(done.await, Ok(Ok(_))) {
                left.push(record);
            }
        }
        if left.len() < laid_by.len()
            && let Err(error) = laid_by::keep(&self.dir, &left)
        {
            tracing::warn!(%error, "what was laid by and is placed now stays there as well");
        }
    }
}

/// When the journal's writer is done with what is under way; never when nothing is.
async fn done(under_way: &mut Option<UnderWay>) -> Result<bool, JournalError> {
    match under_way {
        Some(under_way) => {
            let gone = || JournalError::Unavailable("it is shutting down".into());
            (&mut under_way.done).await.unwrap_or_else(|_| Err(gone()))
        }
        None => std::future::pending().await,
    }
}

/// When what is being synced is on disk; never when nothing is.
async fn synced(syncing: &mut Option<Syncing>) -> io::Result<()> {
    match syncing {
        Some(syncing) => (&mut syncing.done).await.unwrap_or_else(|error| Err(io::Error::other(error))),
        None => std::future::pending().await,
    }
}

/// Brings on disk what was committed before. What a checkpoint took out of the WAL is on disk already, and no lock is on this file,
/// so none is lost when it is closed.
fn sync(dir: &Path) -> io::Result<()> {
    match File::open(dir.join(format!("{}-wal", super::sqlite::FILE))) {
        Ok(wal) => wal.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn batch(record: &log::Record) -> Option<AlertBatch> {
    let now = DateTime::from_timestamp_millis(record.at)?;
    let (receipt, alerts) = (record.receipt.parse().ok()?, serde_json::from_str(&record.alerts).ok()?);
    Some(AlertBatch { alerts, receipt, now, may_wait: true, once: None })
}

#[cfg(test)]
mod tests;

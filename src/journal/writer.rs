//! The one writer: takes what waits, writes it in one transaction, syncs once, answers all.
//!
//! While one commit is under way the next callers gather; so the more there are, the fewer syncs each costs. A job
//! that fails on its own account (a conflict, a repeated key) does not fail its neighbours; when the database fails,
//! the whole batch is undone and each job is tried once more, alone.
//!
//! A commit that fails may have reached the disk all the same. Trying again is safe:
//! - an append with entries is known by the ids of its entries, each given out once: what stands already is answered as
//!   written, also where it opens an incident;
//! - an append without entries is decided on the entry named in `after` and holds marks, which may be made twice, and
//!   cards, which are edited in place;
//! - alerts that stand already are counted as repeated: the same alerts, situations and ids, one more in their count;
//!   those from the inbox are known by its mark, those with a key by what was answered under it;
//! - a claim hands out what it had leased; a retry or a drop by hand is known by its moment; a settlement, a binding and
//!   the house-keeping come to the same again.
//!
//! What is placed from the inbox alone is committed without a sync: the inbox's files have it until it is on disk, which
//! any later sync of the journal sees to. Nobody but the inbox is answered by such a commit.
//!
//! Only what fails twice is refused; if the second commit reached the disk unseen, its caller is told that nothing was
//! written although it was. An idempotency key answers such a caller's own repeat with what was done.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::FutureExt;
use sqlx::{ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{
    AlertReceipt, Append, JournalError, Mark, alerts,
    gathered::Rows,
    inbox::{self, Placing},
    once,
    ops::{self, SmallOp},
    statements::*,
};
use crate::{
    alert::group::Grouping,
    incident::{
        chain::{GENESIS, seal},
        id::IncidentId,
    },
};

/// Jobs written in one transaction at most.
pub(super) const BATCH_MAX: usize = 256;
/// With so many in the last transaction, more are about to come.
const MANY: usize = 4;
/// Alerts written in one transaction at most, so that a storm leaves room for commands between.
pub(super) const BATCH_ALERTS_MAX: usize = 4_000;
/// Heads of chains kept; beyond that the oldest are read again when needed.
const HEADS_MAX: usize = 10_000;

type Answer<T> = oneshot::Sender<Result<T, JournalError>>;

pub(super) enum Job {
    Append(Box<Append>, Answer<()>),
    Alerts(Box<alerts::Prepared>, Answer<AlertReceipt>),
    /// The answer says whether it is on disk; else it is as safe as the inbox's own record of it.
    Place(Placing, Answer<bool>),
    Small(SmallOp),
    Close,
}

impl Job {
    fn refuse(self, error: JournalError) {
        match self {
            Job::Append(_, answer) => drop(answer.send(Err(error))),
            Job::Place(_, answer) => drop(answer.send(Err(error))),
            Job::Alerts(_, answer) => drop(answer.send(Err(error))),
            Job::Small(op) => op.refuse(error),
            Job::Close => {}
        }
    }
}

/// What becomes of a small write that is queued while a transaction is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Late {
    Joins,
    /// What is tried once more is tried alone: no other's failure is its own.
    Waits,
}

#[derive(Clone)]
struct Head {
    seq: u64,
    id: Uuid,
    hash: String,
}

pub(super) struct Writer {
    conn: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    jobs: mpsc::UnboundedReceiver<Job>,
    /// Taken from the queue, and not for the transaction that was under way.
    carried: Option<Job>,
    heads: HashMap<IncidentId, Head>,
    alerts: alerts::Memory,
    next_delivery: i64,
    /// The last of the inbox that is in its situation.
    placed: i64,
    /// A commit of this connection syncs.
    syncs: bool,
    /// Something is committed that no commit has synced since.
    has_unsynced: bool,
    /// Jobs of the last transaction.
    together: usize,
    gauges: Arc<Gauges>,
    grouping: Arc<Grouping>,
}

/// What others see of the writers.
#[derive(Default)]
pub(super) struct Gauges {
    /// Jobs queued and not yet taken.
    pub jobs: AtomicUsize,
    /// Alerts in the inbox, or on their way there.
    pub alerts: AtomicUsize,
}

/// A failure of the database itself, as opposed to one job's; or of what is in it.
pub(super) fn failure(error: &sqlx::Error) -> JournalError {
    match error {
        sqlx::Error::Database(e) => JournalError::Unavailable(e.message().to_owned()),
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Protocol(_) => {
            JournalError::Damaged { what: "what it would change".into(), why: error.to_string() }
        }
        other => JournalError::Unavailable(other.to_string()),
    }
}

/// Answers all. Many are told by a task of the runtime, where they are: to wake each from here would cost a way there each.
pub(super) fn tell_all<A: FnOnce() + Send + 'static>(answers: Vec<A>) {
    match answers.len() {
        0..=2 => answers.into_iter().for_each(|answer| answer()),
        _ => drop(tokio::spawn(async move { answers.into_iter().for_each(|answer| answer()) })),
    }
}

impl Writer {
    pub(super) async fn new(
        mut conn: SqliteConnection,
        options: SqliteConnectOptions,
        jobs: mpsc::UnboundedReceiver<Job>,
        gauges: Arc<Gauges>,
        grouping: Arc<Grouping>,
    ) -> Result<Writer, sqlx::Error> {
        let (alerts, next_delivery, placed) = memory(&mut conn, &grouping).await?;
        let heads = HashMap::new();
        Ok(Writer {
            conn: Some(conn),
            options,
            jobs,
            carried: None,
            heads,
            alerts,
            next_delivery,
            placed,
            syncs: true,
            has_unsynced: false,
            together: 0,
            gauges,
            grouping,
        })
    }

    /// The last of the inbox that is in its situation.
    pub(super) fn placed(&self) -> i64 {
        self.placed
    }

    pub(super) async fn run(mut self) {
        loop {
            let first = match self.carried.take() {
                Some(job) => job,
                None => match self.jobs.recv().await {
                    Some(job) => job,
                    None => break,
                },
            };
            self.gather();
            let mut batch = Vec::new();
            let mut alerts = 0;
            let mut closing = false;
            let mut next = Some(first);
            while let Some(job) = next.take() {
                match &job {
                    Job::Close => {
                        closing = true;
                        break;
                    }
                    Job::Alerts(incoming, _) => alerts += incoming.len(),
                    Job::Place(placing, _) => alerts += placing.alerts(),
                    _ => {}
                }
                if alerts > BATCH_ALERTS_MAX && !batch.is_empty() {
                    self.carried = Some(job);
                    break;
                }
                batch.push(job);
                if batch.len() < BATCH_MAX {
                    next = self.jobs.try_recv().ok();
                }
            }
            self.gauges.jobs.store(self.jobs.len(), Ordering::Relaxed);
            self.together = batch.len();
            if !batch.is_empty() {
                self.write(batch).await;
            }
            if closing {
                break;
            }
        }
        while let Some(job) = self.carried.take().or_else(|| self.jobs.try_recv().ok()) {
            job.refuse(JournalError::Unavailable("it is shutting down".into()));
        }
        if let Some(mut conn) = self.conn.take() {
            // Optimizes the next start; what is committed is safe without it.
            drop(sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await);
            drop(sqlx::Connection::close(conn).await);
        }
    }

    /// Where many are at work, lets whoever is about to queue a job do so, for as long as more come: all of them share one sync. Where
    /// few are, each is written at once, as on a busy machine it may take milliseconds until this thread has its turn again. Waits for
    /// no time to pass; the thread is the writer's own.
    fn gather(&self) {
        let mut queued = (self.together < MANY).then_some(0);
        while queued.is_none_or(|before| self.jobs.len() > before) && self.jobs.len() < BATCH_MAX {
            queued = Some(self.jobs.len());
            std::thread::yield_now();
        }
    }

    async fn write(&mut self, batch: Vec<Job>) {
        if let Err((failed, error)) = self.try_together(batch, Late::Joins).await {
            tracing::warn!(%error, jobs = failed.len(), "writing failed; each write is tried once more, alone");
            for job in failed {
                self.write_alone(job).await;
            }
        }
    }

    async fn write_alone(&mut self, job: Job) {
        if let Err((failed, error)) = self.try_together(vec![job], Late::Waits).await {
            tracing::error!(%error, "a write failed");
            for job in failed {
                job.refuse(failure(&error));
            }
        }
    }

    /// Writes a batch in one transaction and answers it; on a database error gives the jobs back, nothing written.
    async fn try_together(&mut self, mut batch: Vec<Job>, late: Late) -> Result<(), (Vec<Job>, sqlx::Error)> {
        let opened = match self.conn.take() {
            Some(conn) => Ok(conn),
            None => self.reopen().await,
        };
        let mut conn = match opened {
            Ok(conn) => conn,
            Err(error) => return Err((batch, error)),
        };
        // A row that is not what it should be may break its reader down: a failure of that write, not of the writer.
        let written = AssertUnwindSafe(self.transact(&mut conn, &mut batch, late)).catch_unwind().await;
        match written
            .unwrap_or_else(|_| Err(sqlx::Error::Protocol("it broke down; the log says where".into())))
        {
            Ok(answers) => {
                self.conn = Some(conn);
                tell_all(answers);
                Ok(())
            }
            Err(error) => {
                // After a failed write or sync neither this connection's view of the file nor what is remembered of
                // it is to be trusted: the next write opens it anew.
                drop(sqlx::query("ROLLBACK").execute(&mut conn).await);
                drop(sqlx::Connection::close(conn).await);
                Err((batch, error))
            }
        }
    }

    async fn reopen(&mut self) -> Result<SqliteConnection, sqlx::Error> {
        let mut conn = self.options.connect().await?;
        self.syncs = true;
        if self.has_unsynced {
            // What a failed sync lost of it may never reach the disk, with all that comes behind it in the WAL: it is read again,
            // into the database.
            let busy: i64 =
                sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut conn).await?;
            if busy != 0 {
                return Err(sqlx::Error::Io(std::io::Error::other(
                    "it is being read, and could not be brought on disk",
                )));
            }
            self.has_unsynced = false;
        }
        self.heads.clear();
        (self.alerts, self.next_delivery, self.placed) = memory(&mut conn, &self.grouping).await?;
        Ok(conn)
    }

    async fn transact(
        &mut self,
        conn: &mut SqliteConnection,
        batch: &mut Vec<Job>,
        late: Late,
    ) -> Result<Vec<Box<dyn FnOnce() + Send>>, sqlx::Error> {
        // Alerts and nothing else: the transaction begins and ends along with their statements.
        let is_plain = |alerts: &alerts::Prepared| !alerts.is_empty() && alerts.once().is_none();
        let is_whole = batch.iter().all(|job| matches!(job, Job::Alerts(alerts, _) if is_plain(alerts)));
        let around = if is_whole { Around::TRANSACTION } else { Around::default() };
        let is_kept_elsewhere = |placing: &Placing| !placing.must_sync;
        let syncs =
            !batch.iter().all(|job| matches!(job, Job::Place(placing, _) if is_kept_elsewhere(placing)));
        self.set_sync(conn, syncs).await?;
        if !is_whole {
            sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await?;
        }
        let verdicts = self.appends(conn, batch).await?;
        let mut answered = once::answered(conn, batch).await?;
        let mut batches: Vec<&alerts::Prepared> = Vec::new();
        let mut placed = self.placed;
        for (at, job) in batch.iter().enumerate() {
            match job {
                Job::Alerts(alerts, _) if !answered.contains_key(&at) => batches.push(alerts),
                Job::Place(placing, _) if placing.upto > self.placed => {
                    batches.extend(placing.batches.iter());
                    placed = placed.max(placing.upto);
                }
                _ => {}
            }
        }
        let receipts = match batches.len() {
            0 => vec![],
            _ => alerts::take(conn, &batches, &mut self.alerts, around).await?,
        };
        once::keep(conn, &batches, &receipts).await?;
        if placed > self.placed {
            inbox::mark(conn, placed).await?;
        }
        let mut done = Vec::new();
        for job in batch.iter_mut() {
            if let Job::Small(op) = job {
                done.push(self.small(conn, op).await?);
            }
        }
        if !is_whole {
            // What was appended woke whoever claims it: a claim that comes in time shares the sync.
            while late == Late::Joins
                && syncs
                && batch.len() < BATCH_MAX
                && let Some(op) = self.late()
            {
                batch.push(Job::Small(op));
                if let Some(Job::Small(op)) = batch.last_mut() {
                    done.push(self.small(conn, op).await?);
                }
            }
            self.gauges.jobs.store(self.jobs.len(), Ordering::Relaxed);
            sqlx::query("COMMIT").execute(&mut *conn).await?;
        }
        self.has_unsynced = !syncs;
        // Durable, where it syncs: now, and not before, everybody is told.
        let placed_before = std::mem::replace(&mut self.placed, placed);
        let mut answers: Vec<Box<dyn FnOnce() + Send>> = Vec::with_capacity(batch.len());
        let mut verdicts = verdicts.into_iter();
        let mut receipts = receipts.into_iter();
        let mut done = done.into_iter();
        for (at, job) in batch.drain(..).enumerate() {
            match job {
                Job::Append(_, answer) => {
                    let verdict = verdicts.next().unwrap_or(Err(JournalError::Conflict));
                    answers.push(Box::new(move || drop(answer.send(verdict))));
                }
                Job::Alerts(_, answer) => {
                    let verdict = match answered.remove(&at) {
                        Some(before) => Err(before),
                        None => Ok(receipts.next().unwrap_or_default()),
                    };
                    answers.push(Box::new(move || drop(answer.send(verdict))));
                }
                Job::Place(placing, answer) => {
                    if placing.upto > placed_before {
                        receipts.by_ref().take(placing.batches.len()).for_each(drop);
                    }
                    // Thousands of alerts, taken apart where nobody waits for it.
                    drop(tokio::spawn(async move { drop(placing) }));
                    answers.push(Box::new(move || drop(answer.send(Ok(syncs)))));
                }
                Job::Small(op) => {
                    if let Some(done) = done.next() {
                        answers.push(Box::new(move || op.answer(done)));
                    }
                }
                Job::Close => {}
            }
        }
        Ok(answers)
    }

    /// Whether the next commit is on disk when it returns. Without it the WAL is synced by the next commit that has it, by a checkpoint,
    /// or by whoever syncs the file ([`inbox`]): always from its beginning on, so nothing later is there without it.
    async fn set_sync(&mut self, conn: &mut SqliteConnection, syncs: bool) -> Result<(), sqlx::Error> {
        if self.syncs != syncs {
            let sql = if syncs { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
            sqlx::query(sql).execute(conn).await?;
            self.syncs = syncs;
        }
        Ok(())
    }

    /// The next in the queue, if it is small and nothing is before it.
    fn late(&mut self) -> Option<SmallOp> {
        if self.carried.is_some() {
            return None;
        }
        match self.jobs.try_recv().ok()? {
            Job::Small(op) => Some(op),
            other => {
                self.carried = Some(other);
                None
            }
        }
    }

    async fn small(
        &mut self,
        conn: &mut SqliteConnection,
        op: &mut SmallOp,
    ) -> Result<ops::Done, sqlx::Error> {
        let done = op.run(conn).await?;
        if op.closed_situations(&done) {
            self.alerts.forget();
        }
        Ok(done)
    }

    /// Writes all appends of the batch; one verdict each, in order.
    async fn appends(
        &mut self,
        conn: &mut SqliteConnection,
        batch: &[Job],
    ) -> Result<Vec<Result<(), JournalError>>, sqlx::Error> {
        let mut verdicts = Vec::new();
        let mut rows = Rows::default();
        for job in batch {
            let Job::Append(append, _) = job else { continue };
            let verdict = self.append(conn, append, &mut rows).await?;
            verdicts.push(verdict);
        }
        rows.write(conn).await?;
        Ok(verdicts)
    }

    async fn append(
        &mut self,
        conn: &mut SqliteConnection,
        append: &Append,
        rows: &mut Rows,
    ) -> Result<Result<(), JournalError>, sqlx::Error> {
        if let Some(once) = &append.once {
            if rows.once.iter().any(|other| other.key == once.key) {
                // Twice in one batch: the second is asked again after the first is durable.
                return Ok(Err(JournalError::Conflict));
            }
            let before = sqlx::query("SELECT asked, answer FROM answered WHERE key = $1")
                .bind(&once.key)
                .fetch_optional(&mut *conn)
                .await?;
            if let Some(row) = before {
                return Ok(Err(JournalError::AnsweredBefore { asked: row.get(0), answer: row.get(1) }));
            }
        }
        if let Some(incident) = append.incident {
            let head = self.head(conn, incident).await?;
            let seen = head.as_ref().map(|head| (head.seq, head.id));
            if seen != append.after {
                let stands = stands(conn, incident, append).await?;
                return Ok(if stands { Ok(()) } else { Err(JournalError::Conflict) });
            }
            for mark in &append.marks {
                if let Mark::Dropped { delivery, .. } = mark
                    && !ops::can_be_dropped(conn, *delivery).await?
                {
                    return Ok(Err(JournalError::Past));
                }
            }
            let mut head = head.unwrap_or(Head { seq: 0, id: Uuid::nil(), hash: GENESIS.to_owned() });
            for (entry, salt) in append.entries.iter().zip(&append.salts) {
                let body = serde_json::to_string(entry).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
                let sealed = seal(incident, entry.seq, body, salt.clone(), &head.hash);
                head = Head { seq: entry.seq, id: entry.id, hash: sealed.hash.clone() };
                rows.entries.push(vec![
                    Val::Text(incident.to_string()),
                    Val::Int(i64::try_from(entry.seq).unwrap_or(i64::MAX)),
                    Val::Text(entry.id.to_string()),
                    Val::Text(entry.event.name().to_owned()),
                    Val::Text(sealed.body),
                    Val::Text(sealed.salt),
                    Val::Text(sealed.body_hash),
                    Val::Text(sealed.prev_hash),
                    Val::Text(sealed.hash),
                ]);
            }
            if self.heads.len() >= HEADS_MAX {
                self.heads.clear();
            }
            self.heads.insert(incident, head);
            if let Some(row) = &append.row {
                rows.incidents.insert(incident, row.clone());
            }
            if let Some(snapshot) = &append.snapshot {
                let seq = append.entries.last().map_or(0, |entry| entry.seq);
                rows.snapshots.insert(incident, (seq, snapshot.clone()));
            }
        }
        for post in &append.posts {
            rows.posts.push(vec![
                Val::Text(post.incident.to_string()),
                Val::Int(i64::from(post.n)),
                Val::Int(post.published_at.timestamp_millis()),
                Val::Text(serde_json::to_string(&post.post).map_err(|e| sqlx::Error::Encode(Box::new(e)))?),
            ]);
        }
        for delivery in &append.deliveries {
            rows.deliveries.push(delivery_vals(delivery, &mut self.next_delivery));
        }
        for timer in &append.timers {
            rows.timers.push(vec![
                Val::Text(timer.id.clone()),
                Val::Text(timer.incident.to_string()),
                Val::Text(serde_json::to_string(&timer.kind).unwrap_or_default()),
                Val::Int(timer.due_at.timestamp_millis()),
            ]);
        }
        if append.marks.iter().any(|mark| matches!(mark, Mark::SituationsOver { .. })) {
            self.alerts.forget();
        }
        for mark in &append.marks {
            if let Mark::SituationLinked { id, .. } = mark {
                self.alerts.forget_closed(*id);
            }
        }
        rows.marks.extend(append.marks.iter().cloned());
        rows.once.extend(append.once.clone());
        Ok(Ok(()))
    }

    async fn head(
        &mut self,
        conn: &mut SqliteConnection,
        incident: IncidentId,
    ) -> Result<Option<Head>, sqlx::Error> {
        if let Some(head) = self.heads.get(&incident) {
            return Ok(Some(head.clone()));
        }
        let row =
            sqlx::query("SELECT seq, id, hash FROM entries WHERE incident = $1 ORDER BY seq DESC LIMIT 1")
                .bind(incident.to_string())
                .fetch_optional(conn)
                .await?;
        Ok(row.map(|row| Head {
            seq: u64::try_from(row.get::<i64, _>(0)).unwrap_or(0),
            id: row.get::<String, _>(1).parse().unwrap_or(Uuid::nil()),
            hash: row.get(2),
        }))
    }
}

/// Whether this very append is on disk: its last entry stands where it would be written.
async fn stands(
    conn: &mut SqliteConnection,
    incident: IncidentId,
    append: &Append,
) -> Result<bool, sqlx::Error> {
    let Some(last) = append.entries.last() else { return Ok(false) };
    let id: Option<String> = sqlx::query_scalar("SELECT id FROM entries WHERE incident = $1 AND seq = $2")
        .bind(incident.to_string())
        .bind(i64::try_from(last.seq).unwrap_or(i64::MAX))
        .fetch_optional(conn)
        .await?;
    Ok(id.is_some_and(|id| id == last.id.to_string()))
}

async fn memory(
    conn: &mut SqliteConnection,
    grouping: &Arc<Grouping>,
) -> Result<(alerts::Memory, i64, i64), sqlx::Error> {
    let alerts = alerts::Memory::new(conn, grouping.clone()).await?;
    let delivery: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(n), 0) FROM deliveries").fetch_one(&mut *conn).await?;
    Ok((alerts, delivery + 1, inbox::marked(conn).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Done = oneshot::Receiver<Result<(), JournalError>>;

    /// A writer on a database that takes no probe, and the end of its queue.
    async fn writer(dir: &std::path::Path) -> (Writer, mpsc::UnboundedSender<Job>) {
        let options = SqliteConnectOptions::new().filename(dir.join("writer.db")).create_if_missing(true);
        let mut conn = options.connect().await.unwrap();
        sqlx::migrate!("./migrations").run(&mut conn).await.unwrap();
        let trigger = "CREATE TRIGGER no_probe BEFORE INSERT ON house WHEN NEW.name = 'probe'
            BEGIN SELECT RAISE(ABORT, 'no probe'); END";
        sqlx::query(trigger).execute(&mut conn).await.unwrap();
        let (queue, jobs) = mpsc::unbounded_channel();
        let writer = Writer::new(conn, options, jobs, Arc::default(), Arc::default()).await.unwrap();
        (writer, queue)
    }

    fn bind(name: &str) -> (Job, Done) {
        let (answer, done) = oneshot::channel();
        let [destination, subject, name, value] = ["chat", "INC-1", name, "1"].map(str::to_owned);
        (Job::Small(SmallOp::Bind { destination, subject, name, value, answer }), done)
    }

    fn probe() -> (Job, Done) {
        let (answer, done) = oneshot::channel();
        (Job::Small(SmallOp::Probe { answer }), done)
    }

    #[tokio::test]
    async fn a_small_write_that_comes_in_time_shares_the_transaction_and_waits_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, queue) = writer(dir.path()).await;
        let ((first, first_done), (late, late_done)) = (bind("card"), bind("thread"));
        writer.gauges.jobs.store(1, Ordering::Relaxed);
        assert!(queue.send(late).is_ok());
        writer.write(vec![first]).await;
        assert_eq!((first_done.await.unwrap(), late_done.await.unwrap()), (Ok(()), Ok(())));
        assert_eq!(writer.gauges.jobs.load(Ordering::Relaxed), 0, "of an idle writer no storm is read");
    }

    #[tokio::test]
    async fn a_late_write_that_fails_takes_none_with_it_that_goes_through_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, queue) = writer(dir.path()).await;
        let ((good, good_done), (late, late_done), (later, mut later_done)) =
            (bind("card"), probe(), probe());
        assert!(queue.send(late).is_ok());
        // The late one breaks the transaction of both. What comes while each is tried alone waits for its own.
        let batch = writer.try_together(vec![good], Late::Joins).await.unwrap_err().0;
        assert_eq!(batch.len(), 2);
        assert!(queue.send(later).is_ok());
        for job in batch {
            writer.write_alone(job).await;
        }
        assert_eq!(good_done.await.unwrap(), Ok(()));
        assert!(matches!(late_done.await.unwrap(), Err(JournalError::Unavailable(why)) if why == "no probe"));
        assert!(later_done.try_recv().is_err(), "its turn comes");
    }
}

//! Where alerts wait when many come at once: on disk when their senders are answered, in their situations a moment later.
//!
//! One alert by itself goes to its situation at once. In a storm most of what each would cost is paid once for hundreds of
//! them: their pages and the rows of their situations are written once. And nobody waits for that: the inbox is a database
//! of its own, with a writer of its own, and takes what comes while the journal's writer places what came before.
//!
//! The journal marks the last of the inbox that it placed, in the transaction that places it. So what is in the inbox and
//! not marked after a crash is placed at the next start, each once. What cannot be placed although the journal can be written
//! is laid by: its row gets a negative id, stays, and is tried again at the next start.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::DateTime;
use sqlx::{ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};

use super::{
    AlertBatch, AlertReceipt, JournalError,
    alerts::Prepared,
    statements::{Around, Val, insert_within},
    writer::{BATCH_ALERTS_MAX, BATCH_MAX, Gauges, Job, failure, tell_all},
};

/// The file beside the journal's; made when it is first needed.
pub const FILE: &str = "inbox.db";
/// So many alerts are placed without waiting for more.
const TOGETHER: usize = 512;
/// Fewer are placed this often.
const BEAT: Duration = Duration::from_millis(50);
/// When the journal could not take them, they are handed over again after so many beats.
const REST: u32 = 40;
/// Beyond so many that wait, the next wait to be taken: the disk cannot keep up.
const WAITING_MAX: usize = 16_384;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS inbox (id INTEGER NOT NULL PRIMARY KEY, receipt TEXT NOT NULL, \
                     at BIGINT NOT NULL, alerts TEXT NOT NULL)";

/// What the journal's writer is to place.
pub(super) struct Placing {
    pub batches: Vec<Prepared>,
    /// The id of the last of them.
    pub upto: i64,
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
    done: oneshot::Receiver<Result<(), JournalError>>,
}

/// The inbox's writer.
pub(super) struct Clerk {
    options: SqliteConnectOptions,
    conn: Option<SqliteConnection>,
    offers: mpsc::Receiver<Offer>,
    journal: mpsc::UnboundedSender<Job>,
    gauges: Arc<Gauges>,
    /// The id of the next.
    next: i64,
    placed: i64,
    held: Vec<Held>,
    under_way: Option<UnderWay>,
    /// Who waits for what was taken up to an id.
    settling: Vec<(i64, oneshot::Sender<()>)>,
    /// What of the gauge is held or under way; the rest is offered.
    counted: usize,
    /// Beats for which nothing is handed over.
    rest: u32,
    is_closing: bool,
}

impl Clerk {
    /// With what a predecessor left. `placed` is the journal's mark.
    pub async fn open(
        file: &Path,
        options: SqliteConnectOptions,
        offers: mpsc::Receiver<Offer>,
        journal: mpsc::UnboundedSender<Job>,
        gauges: Arc<Gauges>,
        placed: i64,
    ) -> Result<Clerk, sqlx::Error> {
        let options = options.create_if_missing(true).pragma("wal_autocheckpoint", "4000");
        let (held, under_way, next) = (Vec::new(), None, placed + 1);
        let mut clerk = Clerk {
            options,
            conn: None,
            offers,
            journal,
            gauges,
            next,
            placed,
            held,
            under_way,
            settling: vec![],
            counted: 0,
            rest: 0,
            is_closing: false,
        };
        if file.exists() {
            let mut conn = clerk.connect().await?;
            drop_upto(&mut conn, placed).await?;
            clerk.take_up(&mut conn).await?;
            clerk.held = read(&mut conn, placed).await?;
            clerk.conn = Some(conn);
            clerk.count();
        }
        Ok(clerk)
    }

    async fn connect(&mut self) -> Result<SqliteConnection, sqlx::Error> {
        let mut conn = self.options.connect().await?;
        sqlx::query(TABLE).execute(&mut conn).await?;
        let last: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(ABS(id)), 0) FROM inbox").fetch_one(&mut conn).await?;
        // An id is given out once: what is marked as placed must never be something else.
        self.next = self.next.max(last + 1);
        Ok(conn)
    }

    /// What was laid by is tried again, as if it had come now.
    async fn take_up(&mut self, conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let laid_by = sqlx::query_scalar("SELECT id FROM inbox WHERE id < 0 ORDER BY id DESC");
        let laid_by: Vec<i64> = laid_by.fetch_all(&mut *conn).await?;
        for id in laid_by {
            let again = sqlx::query("UPDATE inbox SET id = $1 WHERE id = $2").bind(self.next).bind(id);
            again.execute(&mut *conn).await?;
            self.next += 1;
        }
        Ok(())
    }

    async fn connection(&mut self) -> Result<SqliteConnection, sqlx::Error> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => self.connect().await,
        }
    }

    /// Until [`Offer::Close`], or until nobody is left who could offer; then everything held is placed.
    pub async fn run(mut self) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.is_closing {
            if self.under_way.is_none() && self.alerts() >= TOGETHER && self.rest == 0 {
                self.hand_over();
            }
            let is_held = !self.held.is_empty() && self.under_way.is_none();
            tokio::select! {
                offer = self.offers.recv(), if self.counted < WAITING_MAX => match offer {
                    Some(Offer::Take(batch, answer)) => self.take(batch, answer).await,
                    Some(Offer::Settle(answer)) => {
                        self.settling.push((self.next - 1, answer));
                        self.settle();
                    }
                    Some(Offer::Close) | None => self.is_closing = true,
                },
                done = done(&mut self.under_way) => self.handed_over(done).await,
                // However often something comes meanwhile.
                _ = beat.tick(), if is_held => match self.rest.checked_sub(1) {
                    Some(rest) => self.rest = rest,
                    None => self.hand_over(),
                },
            }
        }
        self.offers.close();
        self.rest = 0;
        while self.under_way.is_some() || !self.held.is_empty() && self.rest == 0 {
            if self.under_way.is_none() {
                self.hand_over();
            }
            let done = done(&mut self.under_way).await;
            self.handed_over(done).await;
        }
        if let Some(mut conn) = self.conn.take() {
            drop(sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await);
            drop(sqlx::Connection::close(conn).await);
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
    }

    /// Writes what is offered, all of it in one transaction, and answers.
    async fn take(
        &mut self,
        first: Box<Prepared>,
        answer: oneshot::Sender<Result<AlertReceipt, JournalError>>,
    ) {
        let (mut batches, mut answers) = (vec![*first], vec![answer]);
        while batches.len() < BATCH_MAX && !self.is_closing {
            match self.offers.try_recv() {
                Ok(Offer::Take(batch, answer)) => {
                    batches.push(*batch);
                    answers.push(answer);
                }
                Ok(Offer::Settle(answer)) => {
                    self.settling.push((self.next + batches.len() as i64 - 1, answer))
                }
                Ok(Offer::Close) => self.is_closing = true,
                Err(_) => break,
            }
        }
        match self.write(&batches).await {
            Ok(()) => {
                let receipts: Vec<_> = batches.iter().map(Prepared::waits).collect();
                self.counted += batches.iter().map(Prepared::len).sum::<usize>();
                self.held.extend((self.next..).zip(batches).map(|(id, batch)| Held { id, batch }));
                self.next += receipts.len() as i64;
                let answers = answers.into_iter().zip(receipts);
                tell_all(answers.map(|(to, receipt)| move || drop(to.send(Ok(receipt)))).collect());
            }
            Err(error) => {
                tracing::warn!(%error, requests = batches.len(), "alerts could not be taken; their senders try again");
                let alerts = batches.iter().map(Prepared::len).sum();
                self.gauges.alerts.fetch_sub(alerts, Ordering::Relaxed);
                for answer in answers {
                    drop(answer.send(Err(failure(&error))));
                }
            }
        }
    }

    /// Tells those who wait for what is placed by now.
    fn settle(&mut self) {
        let is_empty = self.held.is_empty() && self.under_way.is_none();
        for (_, answer) in self.settling.extract_if(.., |(upto, _)| is_empty || *upto <= self.placed) {
            answer.send(()).ok();
        }
    }

    async fn write(&mut self, batches: &[Prepared]) -> Result<(), sqlx::Error> {
        let mut conn = self.connection().await?;
        let rows = (self.next..).zip(batches).map(|(id, batch)| {
            vec![
                Val::Int(id),
                Val::Text(batch.receipt().to_owned()),
                Val::Int(batch.now().timestamp_millis()),
                Val::Text(batch.stored()),
            ]
        });
        let into = "INSERT INTO inbox (id, receipt, at, alerts) VALUES";
        let written = insert_within(&mut conn, Around::TRANSACTION, into, "", rows.collect()).await;
        match written {
            Ok(()) => self.conn = Some(conn),
            // What was not seen to be written is not trusted: the next write opens the file anew.
            Err(_) => drop(sqlx::Connection::close(conn).await),
        }
        written
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
        self.under_way = Some(self.place(Placing { batches, upto }));
    }

    fn place(&self, placing: Placing) -> UnderWay {
        let (answer, done) = oneshot::channel();
        let under_way = UnderWay { upto: placing.upto, alerts: placing.alerts(), done };
        // If it is gone, so is the answer.
        drop(self.journal.send(Job::Place(placing, answer)));
        under_way
    }

    async fn handed_over(&mut self, done: Result<(), JournalError>) {
        let Some(under_way) = self.under_way.take() else { return };
        self.rest = 0;
        match done {
            Ok(()) => self.placed = under_way.upto,
            Err(error) => {
                tracing::warn!(%error, alerts = under_way.alerts, "alerts of the inbox are not in their situations yet");
                let again = match error {
                    JournalError::Damaged { .. } => self.place_singly().await,
                    _ => self.read_again().await,
                };
                if let Err(error) = again {
                    tracing::warn!(%error, "the inbox cannot be read");
                }
                if !self.held.is_empty() {
                    self.rest = REST;
                }
            }
        }
        self.count();
        self.settle();
        if let Err(error) = self.drop_placed().await {
            tracing::debug!(%error, "what was placed stays in the inbox for now");
        }
    }

    async fn drop_placed(&mut self) -> Result<(), sqlx::Error> {
        let mut conn = self.connection().await?;
        drop_upto(&mut conn, self.placed).await?;
        self.conn = Some(conn);
        Ok(())
    }

    async fn read_again(&mut self) -> Result<(), sqlx::Error> {
        let mut conn = self.connection().await?;
        self.held = read(&mut conn, self.placed).await?;
        self.conn = Some(conn);
        Ok(())
    }

    /// Finds what keeps the others up, and lays it by.
    async fn place_singly(&mut self) -> Result<(), sqlx::Error> {
        self.read_again().await?;
        for Held { id, batch } in std::mem::take(&mut self.held) {
            let mut one = Some(self.place(Placing { batches: vec![batch], upto: id }));
            match done(&mut one).await {
                Ok(()) => self.placed = id,
                Err(error @ JournalError::Damaged { .. }) => {
                    tracing::error!(%error, row = id, "alerts that were taken cannot be placed; their row stays in the inbox");
                    let mut conn = self.connection().await?;
                    lay_by(&mut conn, id).await?;
                    self.conn = Some(conn);
                }
                Err(_) => return self.read_again().await,
            }
        }
        Ok(())
    }
}

/// When the journal's writer is done with what is under way; never when nothing is.
async fn done(under_way: &mut Option<UnderWay>) -> Result<(), JournalError> {
    match under_way {
        Some(under_way) => {
            let gone = || JournalError::Unavailable("it is shutting down".into());
            (&mut under_way.done).await.unwrap_or_else(|_| Err(gone()))
        }
        None => std::future::pending().await,
    }
}

/// What is to be placed. What cannot be read is laid by.
async fn read(conn: &mut SqliteConnection, placed: i64) -> Result<Vec<Held>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, receipt, at, alerts FROM inbox WHERE id > $1 ORDER BY id")
        .bind(placed)
        .fetch_all(&mut *conn)
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let id: i64 = row.get(0);
        match batch(row.get(1), row.get(2), row.get(3)) {
            Some(batch) => all.push(Held { id, batch: Prepared::of(batch) }),
            None => {
                tracing::error!(
                    row = id,
                    "alerts that were taken cannot be read; their row stays in the inbox"
                );
                lay_by(conn, id).await?;
            }
        }
    }
    Ok(all)
}

fn batch(receipt: &str, at: i64, alerts: &str) -> Option<AlertBatch> {
    let now = DateTime::from_timestamp_millis(at)?;
    let (receipt, alerts) = (receipt.parse().ok()?, serde_json::from_str(alerts).ok()?);
    Some(AlertBatch { alerts, receipt, now, may_wait: true, once: None })
}

async fn drop_upto(conn: &mut SqliteConnection, placed: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM inbox WHERE id BETWEEN 1 AND $1").bind(placed).execute(conn).await.map(|_| ())
}

async fn lay_by(conn: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE inbox SET id = -id WHERE id = $1").bind(id).execute(conn).await.map(|_| ())
}

#[cfg(test)]
mod tests;

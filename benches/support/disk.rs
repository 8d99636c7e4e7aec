//! What the disk gives to those who wait for it, with nothing else at work: the limit beside which intake is measured.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, QueryBuilder, Sqlite, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use super::load;

/// Records under one sync at most: as many as the journal takes.
const TOGETHER_MAX: usize = 256;
/// The file is written over from its beginning after so many bytes, as the inbox's files are.
const FILE: usize = 2 * 1024 * 1024;

/// Syncs a second that the disk under `dir` gives one writer who appends `bytes` each time.
pub fn syncs_per_second(dir: &Path, bytes: usize) -> f64 {
    let mut file = File::create(dir.join("syncs")).expect("a file");
    let block = vec![7_u8; bytes];
    let begun = Instant::now();
    let mut syncs = 0;
    while begun.elapsed() < Duration::from_millis(1_500) {
        file.write_all(&block).expect("written");
        file.sync_data().expect("synced");
        syncs += 1;
    }
    f64::from(syncs) / begun.elapsed().as_secs_f64()
}

/// Where records are made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A file that has its place on the disk: one write and one `fdatasync` for all that wait.
    File,
    /// A table with a unique index, WAL, `synchronous=FULL`: one statement in one transaction for all that wait.
    Sqlite,
}

enum Store {
    File(File, usize),
    Sqlite(Box<SqliteConnection>, i64),
}

impl Store {
    async fn open(dir: &Path, medium: Medium) -> Store {
        match medium {
            Medium::File => {
                let mut file = File::create(dir.join("group-commit.log")).expect("a file");
                file.write_all(&vec![0; FILE]).expect("its place is written");
                file.sync_all().expect("synced");
                Store::File(file, 0)
            }
            Medium::Sqlite => {
                let options = SqliteConnectOptions::new()
                    .filename(dir.join("group-commit.db"))
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full);
                let mut conn = options.connect().await.expect("a database");
                let sql = "CREATE TABLE records (id INTEGER NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE, record TEXT NOT NULL)";
                sqlx::query(sql).execute(&mut conn).await.expect("a table");
                Store::Sqlite(Box::new(conn), 0)
            }
        }
    }

    /// So many records more, on disk when it returns.
    async fn write(&mut self, record: &str, count: usize) {
        match self {
            Store::File(file, end) => {
                let bytes = record.repeat(count);
                if *end + bytes.len() > FILE {
                    *end = 0;
                    file.seek(SeekFrom::Start(0)).expect("its beginning");
                }
                file.write_all(bytes.as_bytes()).expect("written");
                file.sync_data().expect("synced");
                *end += bytes.len();
            }
            Store::Sqlite(conn, last) => {
                let ids = *last + 1..=*last + count as i64;
                *last += count as i64;
                let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO records (id, key, record) ");
                insert.push_values(ids, |mut row, id| {
                    // Keys come in no order, as those of alerts do.
                    let key = (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    row.push_bind(id).push_bind(format!("{key:016x}")).push_bind(record);
                });
                insert.build().execute(conn.as_mut()).await.expect("inserted");
            }
        }
    }
}

/// What was durable.
pub struct GroupCommit {
    /// Records a second.
    pub rate: f64,
    /// Records under one sync, on the average.
    pub together: f64,
}

/// The disk's group-commit limit: `writers` have one record of `bytes` each, and the next once that is on disk. One thread
/// writes all that wait, syncs once, and wakes them. There is nothing else: no socket, no HTTP, nothing to read or to decide.
pub fn group_commit(
    dir: &Path,
    medium: Medium,
    writers: usize,
    bytes: usize,
    lasting: Duration,
) -> GroupCommit {
    let (offer, mut offers) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
    let record = "r".repeat(bytes);
    let mut store = load::block_on(Store::open(dir, medium));
    let begun = Instant::now();
    let (written, syncs) = std::thread::scope(|threads| {
        let disk = threads.spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let (mut written, mut syncs) = (0, 0);
            let mut waiting = Vec::new();
            while let Some(first) = offers.blocking_recv() {
                waiting.push(first);
                // Whoever is about to queue may do so, as the journal's writer has it.
                let mut queued = None;
                while queued.is_none_or(|before| offers.len() > before) && offers.len() < TOGETHER_MAX {
                    queued = Some(offers.len());
                    std::thread::yield_now();
                }
                while waiting.len() < TOGETHER_MAX
                    && let Ok(next) = offers.try_recv()
                {
                    waiting.push(next);
                }
                runtime.block_on(store.write(&record, waiting.len()));
                written += waiting.len();
                syncs += 1;
                for writer in waiting.drain(..) {
                    writer.send(()).expect("it waits");
                }
            }
            (written, syncs)
        });
        load::block_on(async {
            let writers: Vec<_> = (0..writers)
                .map(|_| {
                    let offer = offer.clone();
                    tokio::spawn(async move {
                        while begun.elapsed() < lasting {
                            let (done, durable) = oneshot::channel();
                            offer.send(done).expect("the writing thread is there");
                            durable.await.expect("it is on disk");
                        }
                    })
                })
                .collect();
            drop(offer);
            for writer in writers {
                writer.await.expect("a writer");
            }
        });
        disk.join().expect("the writing thread ends")
    });
    let seconds = begun.elapsed().as_secs_f64();
    GroupCommit { rate: written as f64 / seconds, together: written as f64 / f64::from(syncs) }
}

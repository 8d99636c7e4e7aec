//! Large journals, made once by the house's own way in (every entry is decided, sealed and synced) and kept for the
//! next run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use commandpost::{
    desk::{Along, Caller, Desk, Settings, clock::System},
    incident::{
        command::{Command, Declare},
        id::IncidentId,
        kind::Kind,
        severity::Severity,
    },
    journal::{Journal, sqlite::SqliteJournal},
    people::Person,
};
use tokio::task::JoinSet;

/// Commands under way at once: as many as one transaction takes.
const AT_ONCE: u64 = 256;

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

pub fn somebody() -> Caller {
    Caller::person(Person { id: "load".into(), name: "load".into() }, "api")
}

pub async fn open(dir: &Path) -> (SqliteJournal, Arc<Desk>) {
    let journal = SqliteJournal::open(dir).await.expect("the journal opens");
    let settings = Settings {
        open_incidents_max: usize::MAX,
        declares_per_minute_max: usize::MAX,
        ..Settings::default()
    };
    let desk = Desk::new(Arc::new(journal.clone()) as Arc<dyn Journal>, Arc::new(System), settings);
    (journal, desk)
}

async fn declare(desk: &Arc<Desk>, title: String) -> IncidentId {
    let declare = Declare::new(title, Severity::Sev2, Kind::Real);
    let answer = desk.declare(somebody(), declare, Along::default()).await.expect("an incident");
    answer.incident.expect("its name")
}

/// Notes on the incidents, by as many callers as one transaction takes, until each timeline is so long.
async fn fill(desk: &Arc<Desk>, ids: &[IncidentId], entries_each: u64) {
    let already = desk.incident(ids[0]).await.expect("it is open").seq;
    let each = entries_each - already;
    let mut callers = JoinSet::new();
    for caller in 0..AT_ONCE {
        let (desk, ids) = (desk.clone(), ids.to_vec());
        callers.spawn(async move {
            let mut n = caller;
            while n < each * ids.len() as u64 {
                let id = ids[(n / each) as usize];
                let text = format!("The error rate of shard {n} is at 4.2%; the fail-over of db-1 runs.");
                let command = Command::Note { text, at: None };
                desk.submit(somebody(), id, command, Along::default()).await.expect("a note");
                n += AT_ONCE;
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.expect("a caller");
    }
}

/// A data directory, made once.
fn kept(name: &str, make: impl AsyncFnOnce(&Arc<Desk>)) -> PathBuf {
    let dir = super::cache().join(name);
    let whole = dir.join("whole");
    if whole.exists() {
        return dir;
    }
    // What a broken run left.
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    let begun = Instant::now();
    runtime().block_on(async {
        let (journal, desk) = open(&dir).await;
        make(&desk).await;
        drop(desk);
        journal.close().await;
    });
    std::fs::write(&whole, "").expect("a mark");
    println!("Generated «{name}» in {:.0} s; kept for the next run.", begun.elapsed().as_secs_f64());
    dir
}

/// Open incidents with timelines of so many entries.
pub fn incidents(name: &str, incidents: u64, entries_each: u64) -> PathBuf {
    kept(name, async |desk| {
        let mut ids = Vec::new();
        for n in 0..incidents {
            ids.push(declare(desk, format!("load {n}")).await);
        }
        fill(desk, &ids, entries_each).await;
    })
}

/// INC-1 with a timeline of so many entries, INC-2 fresh.
pub fn timeline(name: &str, entries: u64) -> PathBuf {
    kept(name, async |desk| {
        let long = declare(desk, "a long night".into()).await;
        declare(desk, "just now".into()).await;
        fill(desk, &[long], entries).await;
    })
}

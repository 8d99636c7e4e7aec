//! What was: the alerts of the past, read once from their beginning, in the order in which they came.

use std::{collections::HashMap, path::Path, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{
    ConnectOptions, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

use super::{JournalError, sqlite::FILE};
use crate::{
    alert::{
        Alert, Status,
        replay::{Fate, Past, PastIncident},
    },
    drill,
};

type Result<T> = std::result::Result<T, JournalError>;

/// The past of a data directory. It changes nothing and takes no lock: a server may be at work on it.
pub struct History {
    conn: SqliteConnection,
}

fn fail(error: sqlx::Error) -> JournalError {
    JournalError::Damaged { what: "what is past".into(), why: error.to_string() }
}

fn time(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

impl History {
    /// # Errors
    /// There is no journal, or it does not open.
    pub async fn open(dir: &Path) -> Result<History> {
        let file = dir.join(FILE);
        let conn = SqliteConnectOptions::new()
            .filename(&file)
            .read_only(true)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging()
            .connect()
            .await
            .map_err(|error| JournalError::Damaged {
                what: file.display().to_string(),
                why: error.to_string(),
            })?;
        Ok(History { conn })
    }

    /// The real incidents that were open at some time since then.
    ///
    /// # Errors
    /// What is stored cannot be read.
    pub async fn incidents(&mut self, since: DateTime<Utc>) -> Result<Vec<PastIncident>> {
        let rows = sqlx::query(
            "SELECT incident, id FROM situations WHERE decided IN ('declare', 'page') AND incident IS NOT NULL ORDER BY id",
        )
        .fetch_all(&mut self.conn)
        .await
        .map_err(fail)?;
        let mut declared: HashMap<String, Vec<i64>> = HashMap::new();
        for row in rows {
            declared.entry(row.get(0)).or_default().push(row.get(1));
        }
        let rows = sqlx::query(
            "SELECT incident, title, declared_at, updated_at, is_over FROM incidents
             WHERE kind = 'real' AND (is_over = 0 OR updated_at >= $1) ORDER BY declared_at",
        )
        .bind(since.timestamp_millis())
        .fetch_all(&mut self.conn)
        .await
        .map_err(fail)?;
        let one = |row: &SqliteRow| {
            let id: String = row.get(0);
            PastIncident {
                declared_for: declared.remove(&id).unwrap_or_default(),
                title: row.get(1),
                from: time(row.get(2)),
                to: (row.get::<i64, _>(4) == 1).then(|| time(row.get(3))),
                id,
            }
        };
        Ok(rows.iter().map(one).collect())
    }

    /// Every alert that first came since then, one after another; those of exercises left out. What cannot be read is counted.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn alerts(&mut self, since: DateTime<Utc>, mut each: impl FnMut(Past)) -> Result<u64> {
        let mut rows = sqlx::query(
            "SELECT a.situation, a.first_seen, a.last_seen, a.times, a.alert, s.decided FROM alerts a
             LEFT JOIN situations s ON s.id = a.situation WHERE a.first_seen >= $1 ORDER BY a.id",
        )
        .bind(since.timestamp_millis())
        .fetch(&mut self.conn);
        let mut unread = 0;
        while let Some(row) = rows.try_next().await.map_err(fail)? {
            match past(&row) {
                Some(past) if drill::is_exercise(&past.alert.source) => {}
                Some(past) => each(past),
                None => unread += 1,
            }
        }
        Ok(unread)
    }
}

fn past(row: &SqliteRow) -> Option<Past> {
    let alert: Alert = serde_json::from_str(row.get(4)).ok()?;
    let (at, last) = (time(row.get(1)), time(row.get(2)));
    let is_over = alert.status == Status::Resolved;
    Some(Past {
        situation: row.get(0),
        at,
        // Clocks of senders go wrong; nothing is over before it came.
        until: is_over.then(|| alert.ends_at.unwrap_or(last).max(at)),
        never_fired: is_over && row.get::<i64, _>(3) == 1,
        then: row.get::<Option<String>, _>(5).as_deref().map(Fate::of_word),
        alert,
    })
}

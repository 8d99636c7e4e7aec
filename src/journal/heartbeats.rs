//! What is remembered of heartbeats.

use chrono::DateTime;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::{JournalError, rows::HeartbeatRow, writer::failure};
use crate::alert::heartbeat::Pulse;

pub(super) enum Write {
    Keep(HeartbeatRow),
    Forget(String),
}

impl Write {
    pub async fn run(&self, conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        match self {
            Self::Keep(HeartbeatRow { name, pulse }) => {
                sqlx::query(
                    "INSERT INTO heartbeats (name, heard_at, due_at, missed_since, excused) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (name) DO UPDATE SET heard_at = excluded.heard_at, due_at = excluded.due_at, \
                     missed_since = excluded.missed_since, excused = excluded.excused",
                )
                .bind(name)
                .bind(pulse.heard_at.map(|at| at.timestamp_millis()))
                .bind(pulse.due_at.timestamp_millis())
                .bind(pulse.missed_since.map(|at| at.timestamp_millis()))
                .bind(i64::from(pulse.excused))
                .execute(conn)
                .await?
            }
            Self::Forget(name) => {
                sqlx::query("DELETE FROM heartbeats WHERE name = $1").bind(name).execute(conn).await?
            }
        };
        Ok(())
    }
}

pub(super) async fn read(pool: &SqlitePool) -> Result<Vec<HeartbeatRow>, JournalError> {
    let time = |ms: i64| DateTime::from_timestamp_millis(ms).unwrap_or_default();
    let rows =
        sqlx::query("SELECT name, heard_at, due_at, missed_since, excused FROM heartbeats ORDER BY name")
            .fetch_all(pool)
            .await
            .map_err(|error| failure(&error))?;
    let read = rows.iter().map(|row| HeartbeatRow {
        name: row.get(0),
        pulse: Pulse {
            heard_at: row.get::<Option<i64>, _>(1).map(time),
            due_at: time(row.get(2)),
            missed_since: row.get::<Option<i64>, _>(3).map(time),
            excused: u32::try_from(row.get::<i64, _>(4)).unwrap_or(0),
        },
    });
    Ok(read.collect())
}

//! Who is on call besides what the settings say: overrides, and what other systems said last.

use chrono::{DateTime, Utc};
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::{JournalError, read::fail, rows::SaidOverride};
use crate::{people::Person, roster::Fetched};

/// Writes an override, once for each `id`, and gives its number.
pub(super) async fn say(
    conn: &mut SqliteConnection,
    id: &str,
    said: &SaidOverride,
) -> Result<u64, sqlx::Error> {
    let body = serde_json::to_string(said).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
    sqlx::query(
        "INSERT INTO roster_overrides (n, id, until_at, body) SELECT COALESCE(MAX(n), 0) + 1, $1, $2, $3 \
         FROM roster_overrides WHERE TRUE ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(said.until.timestamp_millis())
    .bind(body)
    .execute(&mut *conn)
    .await?;
    let n: i64 =
        sqlx::query_scalar("SELECT n FROM roster_overrides WHERE id = $1").bind(id).fetch_one(conn).await?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Whether there was one to withdraw; the same again at the same moment is the same.
pub(super) async fn withdraw(
    conn: &mut SqliteConnection,
    n: u64,
    by: &Person,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE roster_overrides SET withdrawn_at = $1, withdrawn_by = $2 WHERE n = $3 \
         AND (withdrawn_at IS NULL OR withdrawn_at = $1)",
    )
    .bind(at.timestamp_millis())
    .bind(serde_json::to_string(by).map_err(|e| sqlx::Error::Encode(Box::new(e)))?)
    .bind(i64::try_from(n).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn keep(
    conn: &mut SqliteConnection,
    roster: &str,
    fetched: &Fetched,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO roster_fetched (roster, body) VALUES ($1, $2) ON CONFLICT (roster) DO UPDATE SET body = excluded.body",
    )
    .bind(roster)
    .bind(serde_json::to_string(fetched).map_err(|e| sqlx::Error::Encode(Box::new(e)))?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Those that hold and end after `since`, by their numbers, the first said first.
pub(super) async fn overrides(
    pool: &SqlitePool,
    since: DateTime<Utc>,
) -> Result<Vec<(u64, SaidOverride)>, JournalError> {
    let rows = sqlx::query(
        "SELECT n, body FROM roster_overrides WHERE until_at > $1 AND withdrawn_at IS NULL ORDER BY n",
    )
    .bind(since.timestamp_millis())
    .fetch_all(pool)
    .await
    .map_err(fail)?;
    rows.iter()
        .map(|row| {
            let n = u64::try_from(row.get::<i64, _>(0)).unwrap_or(0);
            let said = serde_json::from_str(row.get(1)).map_err(|e| damaged(format!("override {n}"), &e))?;
            Ok((n, said))
        })
        .collect()
}

pub(super) async fn fetched(pool: &SqlitePool) -> Result<Vec<(String, Fetched)>, JournalError> {
    let rows = sqlx::query("SELECT roster, body FROM roster_fetched").fetch_all(pool).await.map_err(fail)?;
    rows.iter()
        .map(|row| {
            let roster: String = row.get(0);
            let fetched = serde_json::from_str(row.get(1))
                .map_err(|e| damaged(format!("what was fetched for the roster {roster}"), &e))?;
            Ok((roster, fetched))
        })
        .collect()
}

fn damaged(what: String, error: &serde_json::Error) -> JournalError {
    JournalError::Damaged { what, why: error.to_string() }
}

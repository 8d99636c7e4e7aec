//! What people arranged about alerts, and the situations that are held back for it.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row, SqliteConnection, SqlitePool};

use super::{JournalError, rows::ArrangementFilter, writer::failure};
use crate::alert::arranged::{Amendment, Arranged, Arrangement};

/// Arrangements that one query reads at most.
const ROWS_MAX: i64 = 10_000;

/// What a filter asks for: a number, or a list of them as JSON.
enum Value {
    Int(i64),
    List(String),
}

fn kind(what: &Arranged) -> &'static str {
    match what {
        Arranged::Window { .. } => "window",
        Arranged::Silence { .. } => "silence",
        Arranged::Acknowledgement { .. } => "acknowledgement",
    }
}

pub(super) async fn put(conn: &mut SqliteConnection, one: &Arrangement) -> Result<(), sqlx::Error> {
    let body = serde_json::to_string(one).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
    sqlx::query(
        "INSERT INTO arrangements (id, kind, situation, until, is_ended, body) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET is_ended = excluded.is_ended, body = excluded.body",
    )
    .bind(one.id)
    .bind(kind(&one.what))
    .bind(one.subject().map(|of| of.situation))
    .bind(one.until().timestamp_millis())
    .bind(i64::from(one.ended.is_some()))
    .bind(body)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn amend(
    conn: &mut SqliteConnection,
    id: i64,
    amendment: &Amendment,
) -> Result<(), sqlx::Error> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM arrangements WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(body) = body else { return Ok(()) };
    let mut one: Arrangement = serde_json::from_str(&body).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
    one.amend(amendment.clone());
    put(conn, &one).await
}

pub(super) async fn hold(
    conn: &mut SqliteConnection,
    situation: i64,
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE situations SET held_until = $1 WHERE id = $2")
        .bind(until.timestamp_millis())
        .bind(situation)
        .execute(conn)
        .await?;
    Ok(())
}

/// What was held until now is to be told again. What came and went meanwhile is not: nobody has heard of it.
pub(super) async fn release(conn: &mut SqliteConnection, until: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE situations SET held_until = NULL, \
         told = CASE WHEN told >= revision AND (firing > 0 OR decided IS NOT NULL OR incident IS NOT NULL) \
         THEN revision - 1 ELSE told END WHERE held_until <= $1",
    )
    .bind(until.timestamp_millis())
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn is_held_until(pool: &SqlitePool, now: DateTime<Utc>) -> Result<bool, JournalError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT id FROM situations WHERE held_until <= $1 LIMIT 1")
        .bind(now.timestamp_millis())
        .fetch_optional(pool)
        .await
        .map_err(|error| failure(&error))?;
    Ok(found.is_some())
}

pub(super) async fn read(
    pool: &SqlitePool,
    filter: ArrangementFilter,
) -> Result<Vec<Arrangement>, JournalError> {
    let (condition, value) = match filter {
        ArrangementFilter::One(id) => ("id = $1", Value::Int(id)),
        ArrangementFilter::Acknowledged { situations } => (
            "situation IN (SELECT value FROM json_each($1)) AND is_ended = 0 AND kind = 'acknowledgement'",
            Value::List(serde_json::json!(situations).to_string()),
        ),
        ArrangementFilter::Live { now } => (
            "is_ended = 0 AND until > $1 AND kind IN ('window', 'silence')",
            Value::Int(now.timestamp_millis()),
        ),
        ArrangementFilter::Asked { since } => {
            ("until > $1 AND kind IN ('silence', 'acknowledgement')", Value::Int(since.timestamp_millis()))
        }
    };
    let sql = format!("SELECT id, body FROM arrangements WHERE {condition} ORDER BY id LIMIT $2");
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = match value {
        Value::Int(int) => query.bind(int),
        Value::List(list) => query.bind(list),
    };
    let rows = query.bind(ROWS_MAX).fetch_all(pool).await;
    rows.map_err(|error| failure(&error))?
        .iter()
        .map(|row| {
            serde_json::from_str(row.get(1)).map_err(|e| JournalError::Damaged {
                what: format!("arrangement {}", row.get::<i64, _>(0)),
                why: e.to_string(),
            })
        })
        .collect()
}

pub(super) async fn last(pool: &SqlitePool) -> Result<i64, JournalError> {
    sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM arrangements")
        .fetch_one(pool)
        .await
        .map_err(|error| failure(&error))
}

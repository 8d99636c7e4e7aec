//! What became of the alerts that a request brought: found by the time that is in its receipt, since an index over receipts
//! would cost every alert of a storm something, for a question that is seldom asked.

use sqlx::{Row, SqlitePool};
use uuid::Uuid;

use super::{JournalError, rows::ReceiptRow, writer::failure};

/// Alerts are written in the order in which they came, but for those of the same few moments.
const AROUND_MS: i64 = 5_000;
/// Alerts that are looked at, at most.
const LOOKED_AT_MAX: i64 = 100_000;

pub(super) async fn read(pool: &SqlitePool, receipt: Uuid) -> Result<Vec<ReceiptRow>, JournalError> {
    let fail = |error: sqlx::Error| failure(&error);
    let Some(at) = receipt.get_timestamp().map(|time| time.to_unix()) else { return Ok(vec![]) };
    let at = i64::try_from(at.0).unwrap_or(i64::MAX / 2_000).saturating_mul(1_000);
    let first = first_since(pool, at - AROUND_MS).await.map_err(fail)?;
    let rows = sqlx::query(
        "SELECT a.situation, s.source, COUNT(*), SUM(a.is_firing) FROM alerts a \
         JOIN situations s ON s.id = a.situation \
         WHERE a.id >= $1 AND a.id < $2 AND a.receipt = $3 GROUP BY a.situation, s.source ORDER BY a.situation",
    )
    .bind(first)
    .bind(first.saturating_add(LOOKED_AT_MAX))
    .bind(receipt.to_string())
    .fetch_all(pool)
    .await
    .map_err(fail)?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let read = rows.iter().map(|row| ReceiptRow {
        situation: row.get(0),
        source: row.get(1),
        alerts: count(row.get(2)),
        firing: count(row.get(3)),
    });
    Ok(read.collect())
}

/// The id of the first alert that came no earlier, by halves.
async fn first_since(pool: &SqlitePool, ms: i64) -> Result<i64, sqlx::Error> {
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM alerts").fetch_one(pool).await?;
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let seen: Option<i64> = sqlx::query_scalar("SELECT first_seen FROM alerts WHERE id = $1")
            .bind(middle)
            .fetch_optional(pool)
            .await?;
        if seen.is_some_and(|seen| seen >= ms) { high = middle } else { low = middle + 1 }
    }
    Ok(low)
}

//! Changes, marks on alerts, and what fired: written by marks of an append, read for cards and reports.

use chrono::{DateTime, Utc};
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::{JournalError, read::damaged, rows::*, writer::failure};
use crate::{
    alert::{
        Alert, AlertSeverity,
        change::Change,
        judgement::{Judgement, rule_of},
        report::Fired,
    },
    drill,
};

type Result<T> = std::result::Result<T, JournalError>;

/// Firings read by one query.
const PAGE: i64 = 2_000;

fn fail(error: sqlx::Error) -> JournalError {
    failure(&error)
}

fn json<T: serde::Serialize>(value: &T) -> std::result::Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(Box::new(e)))
}

pub(super) async fn write_change(
    conn: &mut SqliteConnection,
    change: &Change,
) -> std::result::Result<(), sqlx::Error> {
    let before: Option<String> =
        sqlx::query_scalar("SELECT change FROM changes WHERE source = $1 AND id = $2")
            .bind(&change.source)
            .bind(&change.id)
            .fetch_optional(&mut *conn)
            .await?;
    // One that does not read is replaced.
    let before = before.and_then(|before| serde_json::from_str::<Change>(&before).ok());
    let merged = match before {
        Some(before) => before.merged(change.clone()),
        None => change.clone(),
    };
    sqlx::query(
        "INSERT INTO changes (source, id, at, change) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (source, id) DO UPDATE SET at = excluded.at, change = excluded.change",
    )
    .bind(&merged.source)
    .bind(&merged.id)
    .bind(merged.at.timestamp_millis())
    .bind(json(&merged)?)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn write_judgement(
    conn: &mut SqliteConnection,
    judgement: &Judgement,
) -> std::result::Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO judgements (id, subject, at, judgement) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
    )
    .bind(judgement.id.to_string())
    .bind(judgement.subject.to_string())
    .bind(judgement.at.timestamp_millis())
    .bind(json(judgement)?)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn forget_changes(
    conn: &mut SqliteConnection,
    before: DateTime<Utc>,
) -> std::result::Result<u64, sqlx::Error> {
    let gone = sqlx::query("DELETE FROM changes WHERE at < $1")
        .bind(before.timestamp_millis())
        .execute(conn)
        .await?;
    Ok(gone.rows_affected())
}

pub(super) async fn changes(pool: &SqlitePool, filter: ChangeFilter) -> Result<Vec<Change>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT change FROM changes WHERE at >= $1 AND at <= $2 ORDER BY at DESC, id LIMIT $3",
    )
    .bind(filter.since.timestamp_millis())
    .bind(filter.until.timestamp_millis())
    .bind(i64::from(filter.limit))
    .fetch_all(pool)
    .await
    .map_err(fail)?;
    rows.iter().map(|row| serde_json::from_str(row).map_err(|e| damaged("a change", e))).collect()
}

pub(super) async fn judgements(pool: &SqlitePool, filter: JudgementFilter) -> Result<Vec<Judgement>> {
    let query = match &filter {
        JudgementFilter::Since { at, limit } => sqlx::query_scalar(
            "SELECT judgement FROM judgements WHERE at >= $1 ORDER BY at DESC, id LIMIT $2",
        )
        .bind(at.timestamp_millis())
        .bind(i64::from(*limit)),
        JudgementFilter::Of(subject) => sqlx::query_scalar(
            "SELECT judgement FROM judgements WHERE subject = $1 ORDER BY at DESC LIMIT 100",
        )
        .bind(subject.to_string()),
    };
    let rows: Vec<String> = query.fetch_all(pool).await.map_err(fail)?;
    rows.iter().map(|row| serde_json::from_str(row).map_err(|e| damaged("a mark on an alert", e))).collect()
}

/// Reads from the newest on, page by page, until a whole page is older: ids count up with the time of arrival, which
/// spares an index that every alert would have to be written to.
pub(super) async fn fired(pool: &SqlitePool, since: DateTime<Utc>, limit: u32) -> Result<Vec<Fired>> {
    let (mut below, mut all) = (i64::MAX, Vec::new());
    let since = since.timestamp_millis();
    loop {
        let rows = sqlx::query(
            "SELECT a.id, a.situation, a.is_firing, a.severity, a.first_seen, a.last_seen, a.alert, s.incident, \
             EXISTS (SELECT 1 FROM arrangements g WHERE g.situation = a.situation AND g.kind = 'acknowledgement' \
             AND g.is_ended = 0) \
             FROM alerts a JOIN situations s ON s.id = a.situation WHERE a.id < $1 ORDER BY a.id DESC LIMIT $2",
        )
        .bind(below)
        .bind(PAGE)
        .fetch_all(pool)
        .await
        .map_err(fail)?;
        let mut is_older = true;
        for row in &rows {
            below = row.get(0);
            let first_seen: i64 = row.get(4);
            if first_seen < since {
                continue;
            }
            is_older = false;
            let alert: Alert =
                serde_json::from_str(row.get(6)).map_err(|e| damaged(format!("alert {below}"), e))?;
            if drill::is_exercise(&alert.source) {
                continue;
            }
            let time = |ms| DateTime::from_timestamp_millis(ms).unwrap_or_default();
            all.push(Fired {
                situation: row.get(1),
                rule: rule_of(&alert),
                severity: AlertSeverity::read(row.get(3)),
                first_seen: time(first_seen),
                last_seen: time(row.get(5)),
                is_firing: row.get::<i64, _>(2) == 1,
                is_acknowledged: alert.acknowledged || row.get::<i64, _>(8) == 1,
                is_linked: row.get::<Option<String>, _>(7).is_some(),
                source: alert.source,
            });
            if all.len() >= limit as usize {
                return Ok(all);
            }
        }
        if is_older || rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(all);
        }
    }
}

//! Statements of the writer: values to bind, the columns of tables that more than one place writes, and rows inserted with as
//! few ways to SQLite's thread as there need be.

use sqlx::{Arguments, AssertSqlSafe, SqliteConnection, sqlite::SqliteArguments};

use super::rows::*;

/// A value to bind, in the four types that both engines have.
#[derive(Debug, Clone)]
pub(super) enum Val {
    Text(String),
    Int(i64),
    Blob(Vec<u8>),
    Null,
}

pub(super) const POST_INSERT: &str = "INSERT INTO public_posts (incident, n, published_at, post) VALUES";

pub(super) const INCIDENT_INSERT: &str = "INSERT INTO incidents (incident, kind, number, title, severity, phase, \
     is_over, commander_id, commander_name, declared_at, updated_at, seq, seen_by) VALUES";
pub(super) const INCIDENT_UPSERT: &str = "ON CONFLICT (incident) DO UPDATE SET title = excluded.title, \
     severity = excluded.severity, phase = excluded.phase, is_over = excluded.is_over, \
     commander_id = excluded.commander_id, commander_name = excluded.commander_name, \
     declared_at = excluded.declared_at, updated_at = excluded.updated_at, seq = excluded.seq, \
     seen_by = excluded.seen_by";

pub(super) fn incident_vals(row: &IncidentRow) -> Vec<Val> {
    vec![
        Val::Text(row.id.to_string()),
        Val::Text(row.id.kind.word().to_owned()),
        Val::Int(i64::from(row.id.number)),
        Val::Text(row.title.clone()),
        Val::Text(row.severity.word().to_owned()),
        Val::Text(row.phase.word().to_owned()),
        Val::Int(i64::from(row.phase.is_over())),
        Val::Text(row.commander.id.clone()),
        Val::Text(row.commander.name.clone()),
        Val::Int(row.declared_at.timestamp_millis()),
        Val::Int(row.updated_at.timestamp_millis()),
        Val::Int(i64::try_from(row.seq).unwrap_or(i64::MAX)),
        row.seen_by.as_ref().and_then(|ids| serde_json::to_string(ids).ok()).map_or(Val::Null, Val::Text),
    ]
}

pub(super) const DELIVERY_INSERT: &str = "INSERT INTO deliveries (n, key, destination, lane, incident, what, same, \
     state, attempts, next_at, created_at) VALUES";
/// While one card waits, another for the same subject is not needed: it is rendered when it is sent.
pub(super) const DELIVERY_SAME: &str =
    "ON CONFLICT (destination, same) WHERE state = 'pending' AND same IS NOT NULL DO NOTHING";

pub(super) fn delivery_vals(delivery: &NewDelivery, next: &mut i64) -> Vec<Val> {
    let n = *next;
    *next += 1;
    vec![
        Val::Int(n),
        Val::Text(delivery.key.clone()),
        Val::Text(delivery.destination.clone()),
        Val::Text(delivery.lane.clone()),
        delivery.incident.map_or(Val::Null, |incident| Val::Text(incident.to_string())),
        Val::Text(serde_json::to_string(&delivery.what).unwrap_or_default()),
        delivery.same.clone().map_or(Val::Null, Val::Text),
        Val::Text(DeliveryState::Pending.word().to_owned()),
        Val::Int(0),
        Val::Int(delivery.at.timestamp_millis()),
        Val::Int(delivery.at.timestamp_millis()),
    ]
}

/// Rows or values of one statement at most: each size is prepared once, and kept.
pub(super) const STATEMENT_MAX: usize = 64;

/// For rows that are new, as one knows. A transaction that meets a conflict all the same is rolled back whole, so SQLite need
/// keep no notes to undo a single statement, which cost as much as a third of it. Other engines say `INSERT INTO`.
pub(super) const INSERT_NEW: &str = "INSERT OR FAIL INTO";

/// Inserts rows with as few statements as there need be: each is a way to SQLite's thread and back.
pub(super) async fn insert(
    conn: &mut SqliteConnection,
    head: &str,
    tail: &str,
    rows: Vec<Vec<Val>>,
) -> Result<(), sqlx::Error> {
    insert_within(conn, Around::default(), head, tail, rows.into_iter()).await
}

/// What goes to SQLite's thread along with the first and with the last statement, which spares ways there and back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'a> {
    pub before: &'a str,
    pub after: &'a str,
}

impl Around<'static> {
    /// They are all of their transaction.
    pub const TRANSACTION: Self = Self { before: "BEGIN IMMEDIATE; ", after: "; COMMIT" };
}

/// [`insert`], with more to do before the first statement and after the last. While SQLite's thread is at one statement, the
/// next is made.
pub(super) async fn insert_within(
    conn: &mut SqliteConnection,
    around: Around<'_>,
    head: &str,
    tail: &str,
    rows: impl ExactSizeIterator<Item = Vec<Val>>,
) -> Result<(), sqlx::Error> {
    let mut left = rows.len();
    let mut rows = rows.peekable();
    let mut before = around.before;
    let mut make = || -> Result<Option<(String, SqliteArguments)>, sqlx::Error> {
        let Some(width) = rows.peek().map(Vec::len) else { return Ok(None) };
        let size = left.min(STATEMENT_MAX);
        left -= size;
        let mut values = format!("({}), ", marks(width)).repeat(size);
        values.truncate(values.len().saturating_sub(2));
        let after = if left == 0 { around.after } else { "" };
        let sql = format!("{before}{head} {values} {tail}{after}");
        before = "";
        let mut arguments = SqliteArguments::default();
        for value in rows.by_ref().take(size).flatten() {
            match value {
                Val::Text(text) => arguments.add(text),
                Val::Int(int) => arguments.add(int),
                Val::Blob(blob) => arguments.add(blob),
                Val::Null => arguments.add(None::<String>),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(Some((sql, arguments)))
    };
    let mut next = make()?;
    while let Some((sql, arguments)) = next {
        let statement = sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *conn);
        let (done, made) = futures_util::future::join(statement, async { make() }).await;
        done?;
        next = made?;
    }
    Ok(())
}

/// `?, ?, ?`. Marks without numbers: SQLite keeps numbered ones in a list that every bind searches from its start,
/// which for a thousand of them costs more than the rows.
pub(super) fn marks(count: usize) -> String {
    let mut marks = "?, ".repeat(count);
    marks.truncate(marks.len().saturating_sub(2));
    marks
}

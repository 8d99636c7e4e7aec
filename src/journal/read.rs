//! Reading: over connections of its own that cannot write.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row, SqlitePool, sqlite::SqliteRow};
use uuid::Uuid;

use super::{
    JournalError,
    gathered::SNAPSHOT_VERSION,
    ops::{DELIVERY_COLUMNS, delivery},
    rows::*,
    writer::failure,
};
use crate::{
    incident::{
        chain::Sealed, event::Entry, id::IncidentId, kind::Kind, phase::Phase, severity::Severity,
        state::Incident,
    },
    people::Person,
};

type Result<T> = std::result::Result<T, JournalError>;

pub(super) fn fail(error: sqlx::Error) -> JournalError {
    failure(&error)
}

pub(super) fn damaged(what: impl Into<String>, why: impl ToString) -> JournalError {
    JournalError::Damaged { what: what.into(), why: why.to_string() }
}

fn time(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// The rows of a query, each read.
fn each<T>(
    rows: std::result::Result<Vec<SqliteRow>, sqlx::Error>,
    read: impl FnMut(&SqliteRow) -> Result<T>,
) -> Result<Vec<T>> {
    rows.map_err(fail)?.iter().map(read).collect()
}

/// Entries folded per query when an incident is opened.
const FOLD_PAGE: i64 = 2_000;

pub(super) async fn load(pool: &SqlitePool, incident: IncidentId) -> Result<Option<(Incident, Uuid)>> {
    let name = incident.to_string();
    let snapshot: Option<(i64, String)> =
        sqlx::query_as("SELECT seq, state FROM snapshots WHERE incident = $1 AND version = $2")
            .bind(&name)
            .bind(SNAPSHOT_VERSION)
            .fetch_optional(pool)
            .await
            .map_err(fail)?;
    // A snapshot that does not read is only a detour: fold from the start.
    let mut state: Option<Incident> = snapshot.and_then(|(_, state)| serde_json::from_str(&state).ok());
    let mut last_id = None;
    // Begin at the snapshot's own entry, to learn its id.
    let mut from = state.as_ref().map_or(0, |state| i64::try_from(state.seq).unwrap_or(1) - 1);
    loop {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT seq, body FROM entries WHERE incident = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(&name)
        .bind(from)
        .bind(FOLD_PAGE)
        .fetch_all(pool)
        .await
        .map_err(fail)?;
        let Some((last, _)) = rows.last() else { break };
        from = *last;
        for (seq, body) in &rows {
            let entry: Entry =
                serde_json::from_str(body).map_err(|e| damaged(format!("{name} entry {seq}"), e))?;
            last_id = Some(entry.id);
            match &mut state {
                Some(state) if entry.seq <= state.seq => {}
                Some(state) => state.apply(&entry),
                None => {
                    let opened = Incident::open(&entry);
                    state = Some(opened.ok_or_else(|| {
                        damaged(format!("{name} entry {seq}"), "it does not open an incident")
                    })?);
                }
            }
        }
        if rows.len() < usize::try_from(FOLD_PAGE).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(state.zip(last_id))
}

pub(super) async fn entries(
    pool: &SqlitePool,
    incident: IncidentId,
    from: u64,
    limit: u64,
) -> Result<Vec<Sealed>> {
    let rows = sqlx::query(
        "SELECT seq, body, salt, body_hash, prev_hash, hash FROM entries WHERE incident = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
    )
    .bind(incident.to_string())
    .bind(i64::try_from(from).unwrap_or(i64::MAX))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await;
    each(rows, |row| sealed(incident, row))
}

pub(super) async fn changing_entries(pool: &SqlitePool, incident: IncidentId) -> Result<Vec<Sealed>> {
    let rows = sqlx::query(
        "SELECT seq, body, salt, body_hash, prev_hash, hash FROM entries
         WHERE incident = $1 AND name IN ('entry.corrected', 'entry.redacted') ORDER BY seq",
    )
    .bind(incident.to_string())
    .fetch_all(pool)
    .await;
    each(rows, |row| sealed(incident, row))
}

fn sealed(incident: IncidentId, row: &SqliteRow) -> Result<Sealed> {
    let seq: i64 = row.get(0);
    let text = |column: usize| {
        row.try_get::<String, _>(column).map_err(|e| damaged(format!("{incident} entry {seq}"), e))
    };
    Ok(Sealed {
        incident,
        seq: whole(seq),
        body: text(1)?,
        salt: text(2)?,
        body_hash: text(3)?,
        prev_hash: text(4)?,
        hash: text(5)?,
    })
}

const INCIDENT_COLUMNS: &str =
    "incident, title, severity, phase, commander_id, commander_name, declared_at, updated_at, seq, seen_by";

fn incident_row(row: &SqliteRow) -> Result<IncidentRow> {
    let name: String = row.get(0);
    let wrong = |why: String| damaged(format!("the list row of {name}"), why);
    let phase: String = row.get(3);
    Ok(IncidentRow {
        id: name.parse().map_err(wrong)?,
        title: row.get(1),
        severity: row.get::<String, _>(2).parse::<Severity>().map_err(wrong)?,
        phase: Phase::ALL.into_iter().find(|p| p.word() == phase).ok_or_else(|| {
            damaged(format!("the list row of {name}"), format!("no phase is called {phase}"))
        })?,
        commander: Person { id: row.get(4), name: row.get(5) },
        declared_at: time(row.get(6)),
        updated_at: time(row.get(7)),
        seq: whole(row.get(8)),
        seen_by: row
            .get::<Option<String>, _>(9)
            .map(|ids| serde_json::from_str(&ids).map_err(|e| wrong(e.to_string())))
            .transpose()?,
    })
}

pub(super) async fn incidents(pool: &SqlitePool, filter: IncidentFilter) -> Result<Vec<IncidentRow>> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT {INCIDENT_COLUMNS} FROM incidents
         WHERE ($1 = 0 OR is_over = 0) AND ($2 = '' OR kind = $2) ORDER BY declared_at DESC, number DESC LIMIT $3",
    )))
    .bind(i64::from(filter.open_only))
    .bind(filter.kind.map_or("", Kind::word))
    .bind(i64::from(filter.limit))
    .fetch_all(pool)
    .await;
    each(rows, incident_row)
}

pub(super) async fn incident_of(pool: &SqlitePool, id: IncidentId) -> Result<Option<IncidentRow>> {
    let sql = format!("SELECT {INCIDENT_COLUMNS} FROM incidents WHERE incident = $1");
    let row =
        sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(pool).await.map_err(fail)?;
    row.as_ref().map(incident_row).transpose()
}

pub(super) async fn recorded(pool: &SqlitePool) -> Result<Vec<IncidentId>> {
    let rows = sqlx::query(
        "SELECT incident FROM entries UNION SELECT incident FROM incidents UNION SELECT incident FROM public_posts",
    )
    .fetch_all(pool)
    .await;
    let mut ids = each(rows, |row| {
        row.get::<String, _>(0).parse::<IncidentId>().map_err(|why| damaged("an incident's name", why))
    })?;
    ids.sort();
    Ok(ids)
}

pub(super) async fn last_number(pool: &SqlitePool, kind: Kind) -> Result<u32> {
    let max: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM incidents WHERE kind = $1")
        .bind(kind.word())
        .fetch_one(pool)
        .await
        .map_err(fail)?;
    u32::try_from(max).map_err(|e| damaged("the incident numbers", e))
}

pub(super) async fn public_posts(pool: &SqlitePool, since: DateTime<Utc>) -> Result<Vec<PublicPostRow>> {
    // Whole incidents: if any of its posts is recent, all of them are shown.
    let rows = sqlx::query(
        "SELECT incident, n, published_at, post FROM public_posts WHERE incident IN
           (SELECT incident FROM public_posts WHERE published_at >= $1)
         ORDER BY published_at, n",
    )
    .bind(since.timestamp_millis())
    .fetch_all(pool)
    .await;
    each(rows, public_post)
}

pub(super) async fn public_posts_of(pool: &SqlitePool, incident: IncidentId) -> Result<Vec<PublicPostRow>> {
    let rows = sqlx::query(
        "SELECT incident, n, published_at, post FROM public_posts WHERE incident = $1 ORDER BY n",
    )
    .bind(incident.to_string())
    .fetch_all(pool)
    .await;
    each(rows, public_post)
}

fn public_post(row: &SqliteRow) -> Result<PublicPostRow> {
    let name: String = row.get(0);
    Ok(PublicPostRow {
        incident: name.parse().map_err(|why: String| damaged("a public post", why))?,
        n: u32::try_from(row.get::<i64, _>(1)).unwrap_or(0),
        published_at: time(row.get(2)),
        post: serde_json::from_str(row.get(3)).map_err(|e| damaged(format!("a public post of {name}"), e))?,
    })
}

pub(super) async fn answered(pool: &SqlitePool, key: &str) -> Result<Option<(String, String)>> {
    sqlx::query_as("SELECT asked, answer FROM answered WHERE key = $1")
        .bind(key)
        .fetch_optional(pool)
        .await
        .map_err(fail)
}

pub(super) async fn situations(pool: &SqlitePool, filter: SituationFilter) -> Result<Vec<SituationRow>> {
    let (condition, value, text, limit) = match filter {
        SituationFilter::One(id) => ("WHERE id = $1 AND $2 = ''", id, String::new(), 1),
        SituationFilter::Free { limit } => (
            "WHERE is_open = 1 AND incident IS NULL AND $1 = 0 AND $2 = '' ORDER BY id DESC",
            0,
            String::new(),
            limit,
        ),
        SituationFilter::Linked { incident } => {
            ("WHERE incident = $2 AND $1 = 0 ORDER BY id", 0, incident.to_string(), 1_000)
        }
        SituationFilter::Untold { limit } => return untold(pool, limit).await,
        SituationFilter::Due { now, limit } => (
            "WHERE look_at IS NOT NULL AND look_at <= $1 AND $2 = '' ORDER BY look_at, id",
            now.timestamp_millis(),
            String::new(),
            limit,
        ),
        SituationFilter::Burning { limit } => return burning(pool, limit).await,
        SituationFilter::Recent { limit } => return listed(pool, limit).await,
    };
    let rows = sqlx::query(AssertSqlSafe(format!("{SITUATION_COLUMNS} {condition} LIMIT $3")))
        .bind(value)
        .bind(text)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await;
    each(rows, situation)
}

const SITUATION_COLUMNS: &str =
    "SELECT id, state, is_open, incident, revision, decided, verdict FROM situations";

fn situation(row: &SqliteRow) -> Result<SituationRow> {
    let id: i64 = row.get(0);
    Ok(SituationRow {
        id,
        situation: serde_json::from_str(row.get(1)).map_err(|e| damaged(format!("situation S-{id}"), e))?,
        is_open: row.get::<i64, _>(2) == 1,
        incident: row
            .get::<Option<String>, _>(3)
            .map(|name| name.parse().map_err(|why: String| damaged(format!("situation S-{id}"), why)))
            .transpose()?,
        revision: row.get(4),
        decided: row.get(5),
        // What does not read is not told; it decides nothing.
        verdict: row.get::<Option<String>, _>(6).and_then(|json| serde_json::from_str(&json).ok()),
    })
}

/// What is open is listed in this turn: what nobody has taken up; what somebody is on, or nobody is to be told of; what has gone
/// quiet; what an incident has.
const TURN: &str = "CASE WHEN incident IS NOT NULL THEN 3 WHEN firing = 0 THEN 2
    WHEN decided = 'record' THEN 1
    WHEN held_until IS NOT NULL AND (decided IS NULL OR EXISTS (SELECT 1 FROM arrangements
         WHERE situation = situations.id AND kind = 'silence' AND is_ended = 0)) THEN 1
    WHEN EXISTS (SELECT 1 FROM arrangements
         WHERE situation = situations.id AND kind = 'acknowledgement' AND is_ended = 0) THEN 1
    ELSE 0 END";
/// The worst first. No text in the state can look like this: its quotes are escaped.
const BADNESS: &str = r#"CASE WHEN state LIKE '%"severity":"critical"%' THEN 0 WHEN state LIKE '%"severity":"error"%' THEN 1
    WHEN state LIKE '%"severity":"warning"%' THEN 2 WHEN state LIKE '%"severity":"info"%' THEN 3 ELSE 4 END"#;

/// Open ones by [`TURN`] and [`BADNESS`], the newest of equals first; then what is over, the newest first. Of open ones the index has
/// no others: with ten thousand of them, beside a quarter of a million that are over, that takes some 40 ms.
async fn listed(pool: &SqlitePool, limit: u32) -> Result<Vec<SituationRow>> {
    let limit = i64::from(limit);
    let sql = format!("{SITUATION_COLUMNS} WHERE is_open = 1 ORDER BY {TURN}, {BADNESS}, id DESC LIMIT $1");
    let open = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(pool).await;
    let mut all = each(open, situation)?;
    let left = limit - all.len() as i64;
    if left > 0 {
        let sql = format!("{SITUATION_COLUMNS} WHERE is_open = 0 ORDER BY id DESC LIMIT $1");
        let over = sqlx::query(AssertSqlSafe(sql)).bind(left).fetch_all(pool).await;
        all.extend(each(over, situation)?);
    }
    Ok(all)
}

/// Of incidents: those that are open, and then those whose incident ended over them. Alerts of these that fired again meanwhile are
/// in another one. Only what belongs to an incident is looked through, not every situation there ever was.
async fn burning(pool: &SqlitePool, limit: u32) -> Result<Vec<SituationRow>> {
    let sql = format!(
        "{SITUATION_COLUMNS} WHERE is_open = 1 AND incident IS NOT NULL AND firing > 0 ORDER BY {BADNESS}, id DESC LIMIT $1"
    );
    let open = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(limit)).fetch_all(pool).await;
    let mut all = each(open, situation)?;
    let sql = format!(
        "{SITUATION_COLUMNS} INDEXED BY situations_incident WHERE is_open = 0 AND incident IS NOT NULL AND firing > 0 AND EXISTS
           (SELECT 1 FROM alerts WHERE alerts.situation = situations.id AND is_firing = 1)
         ORDER BY id DESC LIMIT $1"
    );
    let left = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(limit)).fetch_all(pool).await;
    all.extend(each(left, situation)?);
    Ok(all)
}

/// Situations that moved, as many as are read at once without asking whose they are.
const FEW: i64 = 32;

/// Those that moved: of every source its oldest, so that none waits until all of another's are done.
async fn untold(pool: &SqlitePool, limit: u32) -> Result<Vec<SituationRow>> {
    let limit = i64::from(limit);
    // Mostly there are few, and one look has them all.
    let sql = format!("{SITUATION_COLUMNS} WHERE revision > told ORDER BY source, id LIMIT $1");
    let few = sqlx::query(AssertSqlSafe(sql)).bind(FEW.min(limit)).fetch_all(pool).await;
    let mut few = each(few, situation)?;
    if (few.len() as i64) < FEW.min(limit) {
        few.sort_by_key(|row| row.id);
        return Ok(few);
    }
    // From one source to the next by the index, however many situations each has.
    let sources: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE one (source) AS (
           SELECT MIN(source) FROM situations WHERE revision > told
           UNION ALL
           SELECT (SELECT MIN(source) FROM situations WHERE revision > told AND source > one.source) FROM one
           WHERE one.source IS NOT NULL
         )
         SELECT source FROM one WHERE source IS NOT NULL LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(fail)?;
    let share = limit / i64::try_from(sources.len().max(1)).unwrap_or(1);
    let mut moved = Vec::new();
    let mut more = Vec::new();
    for source in sources {
        let page = moved_of(pool, &source, 0, share).await?;
        if let Some(last) = page.last().filter(|_| page.len() as i64 == share) {
            more.push((source, last.id));
        }
        moved.extend(page);
    }
    // What the quiet ones leave of their share.
    for (source, after) in more {
        let left = limit - moved.len() as i64;
        if left > 0 {
            moved.extend(moved_of(pool, &source, after, left).await?);
        }
    }
    moved.sort_by_key(|row| row.id);
    Ok(moved)
}

async fn moved_of(pool: &SqlitePool, source: &str, after: i64, limit: i64) -> Result<Vec<SituationRow>> {
    let sql =
        format!("{SITUATION_COLUMNS} WHERE revision > told AND source = $1 AND id > $2 ORDER BY id LIMIT $3");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(source).bind(after).bind(limit).fetch_all(pool).await;
    each(rows, situation)
}

pub(super) async fn alerts_of(pool: &SqlitePool, situation: i64, limit: u32) -> Result<Vec<AlertRow>> {
    alerts_of_each(pool, vec![situation], limit).await
}

/// [`alerts_of`] of each of several situations, in their order: one question in place of many.
pub(super) async fn alerts_of_each(
    pool: &SqlitePool,
    situations: Vec<i64>,
    limit: u32,
) -> Result<Vec<AlertRow>> {
    let rows = sqlx::query(
        "SELECT a.id, a.situation, a.is_firing, a.first_seen, a.last_seen, a.times, a.receipt, a.alert
         FROM json_each($1) asked JOIN alerts a ON a.id IN
             (SELECT id FROM alerts WHERE situation = asked.value ORDER BY is_firing DESC, id DESC LIMIT $2)
         ORDER BY asked.key, a.is_firing DESC, a.id DESC",
    )
    .bind(serde_json::json!(situations).to_string())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await;
    each(rows, alert)
}

fn alert(row: &SqliteRow) -> Result<AlertRow> {
    let id: i64 = row.get(0);
    Ok(AlertRow {
        id,
        situation: row.get(1),
        is_firing: row.get::<i64, _>(2) == 1,
        first_seen: time(row.get(3)),
        last_seen: time(row.get(4)),
        times: whole(row.get(5)),
        receipt: row.get(6),
        alert: serde_json::from_str(row.get(7)).map_err(|e| damaged(format!("alert {id}"), e))?,
    })
}

pub(super) async fn counts(pool: &SqlitePool) -> Result<Counts> {
    let one = async |sql: &'static str| -> Result<u64> {
        sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await.map(whole).map_err(fail)
    };
    let deliveries: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT destination, state, COUNT(*) FROM deliveries WHERE state IN ('pending', 'sending', 'unknown', 'failed')
         GROUP BY destination, state ORDER BY destination, state",
    )
    .fetch_all(pool)
    .await
    .map_err(fail)?;
    Ok(Counts {
        incidents_open: one("SELECT COUNT(*) FROM incidents WHERE is_over = 0 AND seen_by IS NULL").await?,
        // Ids count up without a gap from 1, so the highest is the number; COUNT(*) would read the whole table.
        alerts: one("SELECT COALESCE(MAX(id), 0) FROM alerts").await?,
        alerts_firing: one("SELECT COALESCE(SUM(firing), 0) FROM situations WHERE is_open = 1").await?,
        situations_open: one("SELECT COUNT(*) FROM situations WHERE is_open = 1").await?,
        deliveries: deliveries.into_iter().map(|(d, s, n)| (d, s, whole(n))).collect(),
        timers: one("SELECT COUNT(*) FROM timers").await?,
    })
}

pub(super) async fn deliveries(pool: &SqlitePool, filter: DeliveryFilter) -> Result<Vec<Delivery>> {
    let (condition, value, text, limit) = match filter {
        DeliveryFilter::Open => (
            "state IN ('pending', 'sending', 'unknown', 'failed') AND $1 = 0 AND $2 = '' ORDER BY n",
            0,
            String::new(),
            10_000,
        ),
        DeliveryFilter::Of { incident } => {
            ("incident = $2 AND $1 = 0 ORDER BY n", 0, incident.to_string(), 10_000)
        }
        DeliveryFilter::PostsOf { incident } => (
            r#"incident = $2 AND $1 = 0 AND what LIKE '{"what":"post"%' ORDER BY n"#,
            0,
            incident.to_string(),
            10_000,
        ),
        DeliveryFilter::LineOf { incident, seq } => (
            r#"incident = $2 AND what = '{"what":"say","seq":' || $1 || '}' ORDER BY n"#,
            i64::try_from(seq).unwrap_or(i64::MAX),
            incident.to_string(),
            1_000,
        ),
        DeliveryFilter::One(n) => ("n = $1 AND $2 = ''", n, String::new(), 1),
        DeliveryFilter::Recent { limit } => ("$1 = 0 AND $2 = '' ORDER BY n DESC", 0, String::new(), limit),
    };
    let sql = format!("SELECT {DELIVERY_COLUMNS} FROM deliveries WHERE {condition} LIMIT $3");
    let rows =
        sqlx::query(AssertSqlSafe(sql)).bind(value).bind(text).bind(i64::from(limit)).fetch_all(pool).await;
    each(rows, |row| delivery(row).map_err(fail))
}

pub(super) async fn next_delivery_at(pool: &SqlitePool, destination: &str) -> Result<Option<DateTime<Utc>>> {
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(next_at) FROM deliveries d WHERE destination = $1 AND state IN ('pending', 'unknown')
           AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.destination = $1 AND e.lane = d.lane AND e.n < d.n
                           AND e.state IN ('pending', 'sending', 'unknown'))",
    )
    .bind(destination)
    .fetch_one(pool)
    .await
    .map_err(fail)?;
    Ok(next.map(time))
}

pub(super) async fn bound(
    pool: &SqlitePool,
    destination: &str,
    subject: &str,
) -> Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT name, value FROM bindings WHERE destination = $1 AND subject = $2")
        .bind(destination)
        .bind(subject)
        .fetch_all(pool)
        .await
        .map_err(fail)
}

pub(super) async fn bound_to(
    pool: &SqlitePool,
    destination: &str,
    name: &str,
    value: &str,
) -> Result<Option<String>> {
    sqlx::query_scalar("SELECT subject FROM bindings WHERE destination = $1 AND name = $2 AND value = $3")
        .bind(destination)
        .bind(name)
        .bind(value)
        .fetch_optional(pool)
        .await
        .map_err(fail)
}

pub(super) async fn timers_due(pool: &SqlitePool, now: DateTime<Utc>, limit: u32) -> Result<Vec<TimerRow>> {
    let rows = sqlx::query(
        "SELECT id, incident, kind, due_at FROM timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
    )
    .bind(now.timestamp_millis())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await;
    each(rows, |row| {
        let id: String = row.get(0);
        Ok(TimerRow {
            incident: row
                .get::<String, _>(1)
                .parse()
                .map_err(|why: String| damaged(format!("timer {id}"), why))?,
            kind: serde_json::from_str(row.get(2)).map_err(|e| damaged(format!("timer {id}"), e))?,
            due_at: time(row.get(3)),
            id,
        })
    })
}

pub(super) async fn next_timer_at(pool: &SqlitePool) -> Result<Option<DateTime<Utc>>> {
    let next: Option<i64> =
        sqlx::query_scalar("SELECT MIN(due_at) FROM timers").fetch_one(pool).await.map_err(fail)?;
    Ok(next.map(time))
}

pub(super) async fn backup(pool: &SqlitePool, file: &std::path::Path) -> Result<()> {
    if file.exists() {
        return Err(JournalError::Unavailable(format!(
            "{} exists; a backup never overwrites",
            file.display()
        )));
    }
    let Some(name) = file.to_str() else {
        return Err(JournalError::Unavailable(format!("{} is not UTF-8", file.display())));
    };
    sqlx::query("VACUUM INTO $1").bind(name).execute(pool).await.map_err(fail)?;
    // The copy is a backup only once it is on disk.
    let synced = std::fs::File::open(file).and_then(|file| file.sync_all());
    synced.map_err(|e| JournalError::Unavailable(format!("{}: {e}", file.display())))
}

//! Taking alerts: what is known of them, what changed, which situation they belong to; a few statements a batch.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::{
    AlertBatch, AlertReceipt, AlertsOnce,
    statements::{Around, INSERT_NEW, STATEMENT_MAX, Val, insert, insert_within},
};
use crate::alert::{
    Alert, AlertSeverity, Key, Status,
    situation::{self, Change, Known, Situation},
};

/// Open situations kept in memory; beyond that they are read again when needed.
const OPEN_MAX: usize = 10_000;

/// What the one writer knows without asking: the next free ids, and the open situations that it wrote last. Nobody
/// else writes them; whatever closes a situation calls [`Memory::forget`], and a failed transaction makes a new one.
pub(super) struct Memory {
    alert: i64,
    situation: i64,
    by_group: HashMap<[u8; 16], i64>,
    held: HashMap<i64, Held>,
}

impl Memory {
    pub async fn new(conn: &mut SqliteConnection) -> Result<Memory, sqlx::Error> {
        let next = async |conn: &mut SqliteConnection, sql: &'static str| -> Result<i64, sqlx::Error> {
            Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(conn).await? + 1)
        };
        Ok(Memory {
            alert: next(conn, "SELECT COALESCE(MAX(id), 0) FROM alerts").await?,
            situation: next(conn, "SELECT COALESCE(MAX(id), 0) FROM situations").await?,
            by_group: HashMap::new(),
            held: HashMap::new(),
        })
    }

    /// Open situations are read again before they are next used.
    pub fn forget(&mut self) {
        self.by_group.clear();
        self.held.clear();
    }

    fn next_alert(&mut self) -> i64 {
        self.alert += 1;
        self.alert - 1
    }

    fn next_situation(&mut self) -> i64 {
        self.situation += 1;
        self.situation - 1
    }
}

/// A batch ready for the writer. There is one writer: what needs no database is worked out before it, in the caller.
pub(super) struct Prepared {
    alerts: Vec<One>,
    receipt: String,
    now: DateTime<Utc>,
    may_wait: bool,
    once: Option<AlertsOnce>,
}

struct One {
    alert: Alert,
    key: Key,
    group: [u8; 16],
    /// As it will stand in its table.
    stored: String,
}

impl Prepared {
    pub fn of(batch: AlertBatch) -> Prepared {
        let alerts = batch.alerts.into_iter().map(|alert| One {
            key: alert.key(),
            group: group_hash(&alert.source, &alert.group_key),
            stored: json(&alert),
            alert,
        });
        Prepared {
            alerts: alerts.collect(),
            receipt: batch.receipt.to_string(),
            now: batch.now,
            may_wait: batch.may_wait,
            once: batch.once,
        }
    }

    pub fn receipt(&self) -> &str {
        &self.receipt
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn may_wait(&self) -> bool {
        self.may_wait
    }

    pub fn once(&self) -> Option<&AlertsOnce> {
        self.once.as_ref()
    }

    /// What its caller is told when it is set aside.
    pub fn waits(&self) -> AlertReceipt {
        AlertReceipt { waiting: self.alerts.len() as u64, ..AlertReceipt::default() }
    }

    /// The alerts as one JSON list.
    pub fn write_stored(&self, to: &mut Vec<u8>) {
        let mut before = b'[';
        for one in &self.alerts {
            to.push(before);
            to.extend_from_slice(one.stored.as_bytes());
            before = b',';
        }
        if self.alerts.is_empty() {
            to.push(before);
        }
        to.push(b']');
    }

    pub fn len(&self) -> usize {
        self.alerts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }
}

struct KnownAlert {
    id: i64,
    situation: i64,
    known: Known,
}

struct Held {
    state: Situation,
    is_open: bool,
    revision: i64,
}

/// An alert of the batch as it will stand in its table.
struct Upsert<'a> {
    id: i64,
    /// It has no row yet.
    is_new: bool,
    situation: i64,
    one: &'a One,
    seen: DateTime<Utc>,
    times: i64,
    receipt: &'a str,
}

const COLUMNS: &str = "alerts (id, alert_key, situation, is_firing, severity, is_acknowledged, first_seen, last_seen, \
     times, receipt, alert) VALUES";
const UPDATE: &str = "ON CONFLICT (alert_key) DO UPDATE SET situation = excluded.situation, \
     is_firing = excluded.is_firing, severity = excluded.severity, is_acknowledged = excluded.is_acknowledged, \
     last_seen = excluded.last_seen, times = alerts.times + excluded.times, alert = excluded.alert";

impl Upsert<'_> {
    fn vals(&self) -> Vec<Val> {
        let (one, seen) = (self.one, self.seen.timestamp_millis());
        vec![
            Val::Int(self.id),
            Val::Blob(one.key.to_vec()),
            Val::Int(self.situation),
            Val::Int(i64::from(one.alert.status == Status::Firing)),
            Val::Text(one.alert.severity.word().to_owned()),
            Val::Int(i64::from(Known::of(&one.alert).acknowledged)),
            Val::Int(seen),
            Val::Int(seen),
            Val::Int(self.times),
            Val::Text(self.receipt.to_owned()),
            Val::Text(one.stored.clone()),
        ]
    }
}

fn json(alert: &Alert) -> String {
    // Room for nearly every one: grown from nothing, it would be copied four times on the way.
    let mut json = Vec::with_capacity(1_024);
    match serde_json::to_writer(&mut json, alert) {
        Ok(()) => String::from_utf8(json).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Group identity within the open situations.
fn group_hash(source: &str, group_key: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update((source.len() as u64).to_le_bytes());
    hash.update(source);
    hash.update(group_key);
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    short
}

/// Writes the alerts of all batches, none of which is empty; one receipt each.
pub(super) async fn take(
    conn: &mut SqliteConnection,
    batches: &[&Prepared],
    memory: &mut Memory,
    around: Around<'_>,
) -> Result<Vec<AlertReceipt>, sqlx::Error> {
    if memory.held.len() > OPEN_MAX {
        memory.forget();
    }
    let incoming: Vec<(usize, &One)> = batches
        .iter()
        .enumerate()
        .flat_map(|(at, batch)| batch.alerts.iter().map(move |one| (at, one)))
        .collect();
    let mut known = known_alerts(conn, around.before, incoming.iter().map(|(_, one)| one.key)).await?;
    read_situations(conn, known.values().map(|known| known.situation), memory).await?;
    // A situation that was closed is not reopened: what fires again opens another. What only ends belongs to it still.
    let fires: HashSet<Key> = incoming
        .iter()
        .filter(|(_, one)| one.alert.status == Status::Firing)
        .map(|(_, one)| one.key)
        .collect();
    // Its row is still the one row of this alert.
    let rows: HashMap<Key, i64> = known.iter().map(|(key, known)| (*key, known.id)).collect();
    known.retain(|key, known| {
        memory.held.get(&known.situation).is_some_and(|held| held.is_open || !fires.contains(key))
    });
    let unplaced: HashSet<[u8; 16]> =
        incoming.iter().filter(|(_, one)| !known.contains_key(&one.key)).map(|(_, one)| one.group).collect();
    read_open(conn, unplaced, memory).await?;

    let mut receipts = vec![AlertReceipt::default(); batches.len()];
    let mut upserts: HashMap<Key, usize> = HashMap::with_capacity(incoming.len());
    let mut order: Vec<Upsert<'_>> = Vec::with_capacity(incoming.len());
    let mut changes: HashMap<i64, Vec<Change<'_>>> = HashMap::new();
    let mut opened: HashMap<i64, [u8; 16]> = HashMap::new();
    let mut latest: HashMap<i64, DateTime<Utc>> = HashMap::new();
    for (at, one) in incoming {
        let (batch, key, alert) = (batches[at], one.key, &one.alert);
        let before = known.get(&key).map(|known| (known.id, known.situation, known.known));
        let situation = match before {
            Some((_, situation, _)) => situation,
            None => match memory.by_group.get(&one.group) {
                Some(id) => *id,
                None => {
                    let id = memory.next_situation();
                    opened.insert(id, one.group);
                    memory.by_group.insert(one.group, id);
                    id
                }
            },
        };
        let change = Change { alert, before: before.map(|(_, _, known)| known) };
        let receipt = &mut receipts[at];
        match (before.is_some(), change.is_news()) {
            (false, _) => receipt.new += 1,
            (true, true) => receipt.changed += 1,
            (true, false) => receipt.repeated += 1,
        }
        if receipt.situations.last() != Some(&situation) && !receipt.situations.contains(&situation) {
            receipt.situations.push(situation);
        }
        if change.is_news() {
            changes.entry(situation).or_default().push(change);
            latest.insert(situation, batch.now);
        }
        let row = before.map(|(id, _, _)| id).or_else(|| rows.get(&key).copied());
        let (is_new, id) = (row.is_none(), row.unwrap_or_else(|| memory.next_alert()));
        known.insert(key, KnownAlert { id, situation, known: Known::of(alert) });
        match upserts.get(&key).and_then(|place| order.get_mut(*place)) {
            Some(upsert) => {
                upsert.one = one;
                upsert.seen = batch.now;
                upsert.times += 1;
            }
            None => {
                upserts.insert(key, order.len());
                let receipt = &batch.receipt;
                order.push(Upsert { id, is_new, situation, one, seen: batch.now, times: 1, receipt });
            }
        }
    }

    let mut situation_rows = Vec::with_capacity(changes.len());
    for (id, changes) in changes {
        let now = latest.get(&id).copied().unwrap_or_default();
        let existing = memory.held.get(&id);
        let name = format!("S-{id}");
        let Some(state) = situation::fold(existing.map(|held| &held.state), &changes, now, &name) else {
            continue;
        };
        let revision = existing.map_or(0, |held| held.revision) + 1;
        let is_open = existing.is_none_or(|held| held.is_open);
        let group = match opened.remove(&id) {
            Some(group) => group,
            None => group_hash(&state.source, &state.group_key),
        };
        situation_rows.push(vec![
            Val::Int(id),
            Val::Blob(group.to_vec()),
            Val::Text(serde_json::to_string(&state).unwrap_or_default()),
            Val::Int(i64::from(state.firing)),
            Val::Int(now.timestamp_millis()),
            Val::Int(i64::from(is_open)),
            Val::Int(revision),
            Val::Int(0),
            Val::Text(state.source.clone()),
        ]);
        memory.held.insert(id, Held { state, is_open, revision });
    }
    insert(
        conn,
        "INSERT INTO situations (id, group_hash, state, firing, updated_at, is_open, revision, told, source) VALUES",
        "ON CONFLICT (id) DO UPDATE SET state = excluded.state, firing = excluded.firing, \
         updated_at = excluded.updated_at, revision = excluded.revision, source = excluded.source",
        situation_rows,
    )
    .await?;

    let (new, known): (Vec<_>, Vec<_>) = order.into_iter().partition(|upsert| upsert.is_new);
    let within = Around { before: "", after: if known.is_empty() { around.after } else { "" } };
    let head = format!("{INSERT_NEW} {COLUMNS}");
    insert_within(conn, within, &head, "", new.iter().map(Upsert::vals)).await?;
    let within = Around { before: "", ..around };
    let head = format!("INSERT INTO {COLUMNS}");
    insert_within(conn, within, &head, UPDATE, known.iter().map(Upsert::vals)).await?;
    Ok(receipts)
}

/// The query for each of `count` values to bind. For `IN (...)` SQLite would build a table of them each time.
fn each(query: &str, count: usize) -> String {
    vec![query; count].join(" UNION ALL ")
}

async fn known_alerts(
    conn: &mut SqliteConnection,
    mut before: &str,
    keys: impl Iterator<Item = Key>,
) -> Result<HashMap<Key, KnownAlert>, sqlx::Error> {
    let keys: HashSet<Key> = keys.collect();
    let mut known = HashMap::with_capacity(keys.len());
    let keys: Vec<_> = keys.into_iter().collect();
    for chunk in keys.chunks(STATEMENT_MAX) {
        let sql = each(
            "SELECT alert_key, id, situation, is_firing, severity, is_acknowledged FROM alerts WHERE alert_key = ?",
            chunk.len(),
        );
        let mut query = sqlx::query(AssertSqlSafe(format!("{before}{sql}")));
        before = "";
        for key in chunk {
            query = query.bind(key.to_vec());
        }
        for row in query.fetch_all(&mut *conn).await? {
            let Ok(key) = Key::try_from(row.try_get::<&[u8], _>(0)?) else { continue };
            let status = if row.try_get::<i64, _>(3)? == 1 { Status::Firing } else { Status::Resolved };
            let severity = AlertSeverity::read(row.try_get::<&str, _>(4)?);
            let acknowledged = row.try_get::<i64, _>(5)? == 1;
            let (id, situation) = (row.try_get(1)?, row.try_get(2)?);
            known.insert(key, KnownAlert { id, situation, known: Known { status, severity, acknowledged } });
        }
    }
    Ok(known)
}

/// Brings the situations with these ids into memory.
async fn read_situations(
    conn: &mut SqliteConnection,
    ids: impl Iterator<Item = i64>,
    memory: &mut Memory,
) -> Result<(), sqlx::Error> {
    let ids: HashSet<i64> = ids.filter(|id| !memory.held.contains_key(id)).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    for chunk in ids.chunks(STATEMENT_MAX) {
        let sql = each("SELECT id, state, is_open, revision FROM situations WHERE id = ?", chunk.len());
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for id in chunk {
            query = query.bind(*id);
        }
        for row in query.fetch_all(&mut *conn).await? {
            let state = serde_json::from_str(row.get(1)).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
            let held = Held { state, is_open: row.get::<i64, _>(2) == 1, revision: row.get(3) };
            memory.held.insert(row.get(0), held);
        }
    }
    Ok(())
}

/// Brings the open situations of these groups into memory.
async fn read_open(
    conn: &mut SqliteConnection,
    groups: HashSet<[u8; 16]>,
    memory: &mut Memory,
) -> Result<(), sqlx::Error> {
    let groups: Vec<_> = groups.into_iter().filter(|group| !memory.by_group.contains_key(group)).collect();
    for chunk in groups.chunks(STATEMENT_MAX) {
        let sql = each(
            "SELECT id, state, revision, group_hash FROM situations WHERE is_open = 1 AND group_hash = ?",
            chunk.len(),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for group in chunk {
            query = query.bind(group.to_vec());
        }
        for row in query.fetch_all(&mut *conn).await? {
            let state = serde_json::from_str(row.get(1)).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
            let Ok(group) = <[u8; 16]>::try_from(row.get::<&[u8], _>(3)) else { continue };
            memory.held.insert(row.get(0), Held { state, is_open: true, revision: row.get(2) });
            memory.by_group.insert(group, row.get(0));
        }
    }
    Ok(())
}

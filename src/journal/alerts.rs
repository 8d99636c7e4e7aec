//! Taking alerts: what is known of them, what changed, which situation they belong to; a few statements a batch.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::{
    AlertBatch, AlertReceipt, AlertsOnce,
    recent::Recent,
    statements::{Around, INSERT_NEW, STATEMENT_MAX, Val, insert, insert_within},
};
use crate::{
    alert::{
        Alert, AlertSeverity, Key, Status,
        group::{Grouping, Joins, Spot, own_hash, sender_hash},
        order,
        situation::{self, Change, Known, Situation},
    },
    drill,
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
    recent: Recent,
    grouping: Arc<Grouping>,
}

impl Memory {
    pub async fn new(conn: &mut SqliteConnection, grouping: Arc<Grouping>) -> Result<Memory, sqlx::Error> {
        let next = async |conn: &mut SqliteConnection, sql: &'static str| -> Result<i64, sqlx::Error> {
            Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(conn).await? + 1)
        };
        Ok(Memory {
            alert: next(conn, "SELECT COALESCE(MAX(id), 0) FROM alerts").await?,
            situation: next(conn, "SELECT COALESCE(MAX(id), 0) FROM situations").await?,
            by_group: HashMap::new(),
            held: HashMap::new(),
            recent: Recent::new(&mut *conn).await?,
            grouping,
        })
    }

    /// Where an alert that is in no situation yet belongs.
    fn spot(&self, one: &One) -> Spot {
        let shared = match self.grouping.is_empty() || drill::is_exercise(&one.alert.source) {
            true => None,
            false => self.grouping.shared(&one.alert),
        };
        shared.unwrap_or_else(|| Spot::by_sender(one.group))
    }

    /// The open situation of this place, and when it last changed.
    fn open_at(&self, hash: &[u8; 16]) -> Option<(i64, DateTime<Utc>)> {
        let id = *self.by_group.get(hash)?;
        Some((id, self.held.get(&id).map_or(DateTime::<Utc>::MAX_UTC, |held| held.state.updated_at)))
    }

    /// Open situations are read again before they are next used.
    pub fn forget(&mut self) {
        self.by_group.clear();
        self.held.clear();
    }

    /// One that is closed may be open again.
    pub fn forget_closed(&mut self, situation: i64) {
        if self.held.get(&situation).is_some_and(|held| !held.is_open) {
            self.held.remove(&situation);
        }
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

#[derive(Clone)]
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
            group: sender_hash(&alert.source, &alert.group_key),
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

struct KnownAlert<'a> {
    id: i64,
    situation: i64,
    known: Known,
    last: Last<'a>,
}

/// What an alert last said.
enum Last<'a> {
    /// As it stands in its table.
    Stored(String),
    Here(&'a One),
}

impl Last<'_> {
    fn alert(&self) -> Option<Alert> {
        match self {
            Last::Stored(json) => serde_json::from_str(json).ok(),
            Last::Here(one) => Some(one.alert.clone()),
        }
    }

    /// Whether what comes now was overtaken by it.
    fn overtakes(&self, late: &Alert) -> bool {
        match self {
            Last::Stored(json) => {
                serde_json::from_str(json).is_ok_and(|known| order::is_overtaken(late, &known))
            }
            Last::Here(one) => order::is_overtaken(late, &one.alert),
        }
    }
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
    key: Key,
    known: Known,
    stored: Cow<'a, str>,
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
        let seen = self.seen.timestamp_millis();
        vec![
            Val::Int(self.id),
            Val::Blob(self.key.to_vec()),
            Val::Int(self.situation),
            Val::Int(i64::from(self.known.status == Status::Firing)),
            Val::Text(self.known.severity.word().to_owned()),
            Val::Int(i64::from(self.known.acknowledged)),
            Val::Int(seen),
            Val::Int(seen),
            Val::Int(self.times),
            Val::Text(self.receipt.to_owned()),
            Val::Text(self.stored.clone().into_owned()),
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
    let asked: HashSet<Key> =
        incoming.iter().map(|(_, one)| one.key).filter(|key| memory.recent.may_have(key)).collect();
    if asked.is_empty() && !around.before.is_empty() {
        sqlx::query(AssertSqlSafe(around.before.to_owned())).execute(&mut *conn).await?;
    }
    let mut known = known_alerts(conn, around.before, asked).await?;
    known.reserve(incoming.len());
    let incoming = whole(incoming, &known);
    let incoming: Vec<(usize, &One)> = incoming.iter().map(|(at, one)| (*at, one.as_ref())).collect();
    read_situations(conn, known.values().map(|known| known.situation), memory).await?;
    // A situation that was closed is not reopened: what fires again opens another. What only ends belongs to it still, and so does
    // what was said before the end.
    let is_overtaken = |known: &KnownAlert<'_>, alert: &Alert| {
        known.known != Known::of(alert) && known.last.overtakes(alert)
    };
    let has_row = |one: &&One| known.contains_key(&one.key);
    let fires: HashSet<Key> = incoming
        .iter()
        .map(|(_, one)| *one)
        .filter(has_row)
        .filter(|one| one.alert.status == Status::Firing)
        .filter(|one| !known.get(&one.key).is_some_and(|known| is_overtaken(known, &one.alert)))
        .map(|one| one.key)
        .collect();
    // Its row is still the one row of this alert.
    let rows: HashMap<Key, i64> = known.iter().map(|(key, known)| (*key, known.id)).collect();
    known.retain(|key, known| {
        memory.held.get(&known.situation).is_some_and(|held| held.is_open || !fires.contains(key))
    });
    let mut spots: HashMap<Key, Spot> = HashMap::with_capacity(incoming.len());
    let new = incoming.iter().filter(|(_, one)| !known.contains_key(&one.key));
    spots.extend(new.map(|(_, one)| (one.key, memory.spot(one))));
    read_open(conn, spots.values().map(|spot| spot.hash).collect(), memory).await?;

    let mut receipts = vec![AlertReceipt::default(); batches.len()];
    let mut upserts: HashMap<Key, usize> = HashMap::with_capacity(incoming.len());
    let mut order: Vec<Upsert<'_>> = Vec::with_capacity(incoming.len());
    let mut changes: HashMap<i64, Vec<Change<'_>>> = HashMap::new();
    let mut opened: HashMap<i64, Spot> = HashMap::new();
    let mut displaced: Vec<i64> = Vec::new();
    let mut latest: HashMap<i64, DateTime<Utc>> = HashMap::new();
    for (at, one) in incoming {
        let (batch, key, alert) = (batches[at], one.key, &one.alert);
        let before = known.get(&key).map(|known| (known.id, known.situation, known.known));
        let is_overtaken = known.get(&key).is_some_and(|known| is_overtaken(known, alert));
        let situation = match before {
            Some((_, situation, _)) => situation,
            None => {
                let spot = spots.get(&key).cloned().unwrap_or_else(|| memory.spot(one));
                // One that was opened for this very batch is not in memory yet: it changed now.
                match spot.joins(memory.open_at(&spot.hash), batch.now) {
                    Joins::Situation(id) => id,
                    Joins::Opens { instead_of } => {
                        displaced.extend(instead_of);
                        let id = memory.next_situation();
                        memory.by_group.insert(spot.hash, id);
                        opened.insert(id, spot);
                        id
                    }
                }
            }
        };
        let change = Change { alert, before: before.map(|(_, _, known)| known), is_overtaken };
        let receipt = &mut receipts[at];
        match (before.is_some(), change.is_news() && !is_overtaken) {
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
        let place = match upserts.get(&key) {
            Some(place) => *place,
            None => {
                let (stored, known) = match known.get(&key) {
                    Some(KnownAlert { last: Last::Stored(stored), known, .. }) if is_overtaken => {
                        (Cow::Owned(stored.clone()), *known)
                    }
                    _ => (Cow::Borrowed(one.stored.as_str()), Known::of(alert)),
                };
                upserts.insert(key, order.len());
                let (seen, receipt) = (batch.now, batch.receipt.as_str());
                order.push(Upsert { id, is_new, situation, key, known, stored, seen, times: 0, receipt });
                order.len() - 1
            }
        };
        if let Some(upsert) = order.get_mut(place) {
            upsert.seen = batch.now;
            upsert.times += 1;
            if !is_overtaken {
                (upsert.known, upsert.stored) = (Known::of(alert), Cow::Borrowed(one.stored.as_str()));
            }
        }
        if !is_overtaken {
            known.insert(key, KnownAlert { id, situation, known: Known::of(alert), last: Last::Here(one) });
        }
    }

    let mut situation_rows = Vec::with_capacity(changes.len());
    for (id, changes) in changes {
        let now = latest.get(&id).copied().unwrap_or_default();
        let existing = memory.held.get(&id);
        let name = format!("S-{id}");
        let Some(mut state) = situation::fold(existing.map(|held| &held.state), &changes, now, &name) else {
            continue;
        };
        if existing.is_some_and(|held| held.state == state) {
            continue;
        }
        let revision = existing.map_or(0, |held| held.revision) + 1;
        let is_open = existing.is_none_or(|held| held.is_open);
        // Of one that has a row already it is not written.
        let place = match opened.remove(&id) {
            Some(spot) => {
                if let Some((group, key)) = spot.group {
                    (state.grouped_by, state.group_key) = (Some(group), key);
                }
                spot.hash
            }
            None => own_hash(id),
        };
        situation_rows.push(vec![
            Val::Int(id),
            Val::Blob(place.to_vec()),
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
    for id in displaced {
        sqlx::query("UPDATE situations SET group_hash = $1 WHERE id = $2")
            .bind(own_hash(id).to_vec())
            .bind(id)
            .execute(&mut *conn)
            .await?;
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
    new.iter().for_each(|upsert| memory.recent.add(upsert.key));
    let within = Around { before: "", after: if known.is_empty() { around.after } else { "" } };
    let head = format!("{INSERT_NEW} {COLUMNS}");
    insert_within(conn, within, &head, "", new.iter().map(Upsert::vals)).await?;
    let within = Around { before: "", ..around };
    let head = format!("INSERT INTO {COLUMNS}");
    insert_within(conn, within, &head, UPDATE, known.iter().map(Upsert::vals)).await?;
    Ok(receipts)
}

/// What came, in the words of the alert that is known where one says no more than how it goes with it.
fn whole<'a>(
    incoming: Vec<(usize, &'a One)>,
    known: &HashMap<Key, KnownAlert<'_>>,
) -> Vec<(usize, Cow<'a, One>)> {
    let has_mere_words = incoming.iter().any(|(_, one)| one.alert.is_mere_word());
    let mut here: HashMap<Key, Alert> = HashMap::new();
    let mut each = Vec::with_capacity(incoming.len());
    for (at, one) in incoming {
        let mut one = Cow::Borrowed(one);
        if has_mere_words {
            let before = || here.get(&one.key).cloned().or_else(|| known.get(&one.key)?.last.alert());
            if let Some(before) = one.alert.is_mere_word().then(before).flatten() {
                let alert = one.alert.said_of(before);
                one = Cow::Owned(One { stored: json(&alert), alert, ..*one });
            }
            here.insert(one.key, one.alert.clone());
        }
        each.push((at, one));
    }
    each
}

/// The query for each of `count` values to bind. For `IN (...)` SQLite would build a table of them each time.
fn each(query: &str, count: usize) -> String {
    vec![query; count].join(" UNION ALL ")
}

async fn known_alerts<'a>(
    conn: &mut SqliteConnection,
    mut before: &str,
    keys: HashSet<Key>,
) -> Result<HashMap<Key, KnownAlert<'a>>, sqlx::Error> {
    let mut known = HashMap::with_capacity(keys.len());
    let keys: Vec<_> = keys.into_iter().collect();
    for chunk in keys.chunks(STATEMENT_MAX) {
        let sql = each(
            "SELECT alert_key, id, situation, is_firing, severity, is_acknowledged, alert FROM alerts WHERE alert_key = ?",
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
            let (id, situation) = (row.try_get(1)?, row.try_get(2)?);
            let acknowledged = row.try_get::<i64, _>(5)? == 1;
            let last = Last::Stored(row.try_get(6)?);
            let state = Known { status, severity, acknowledged };
            known.insert(key, KnownAlert { id, situation, known: state, last });
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

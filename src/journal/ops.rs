//! Small writes: the outbox's leases and settlements, bindings, marks, house-keeping.

use chrono::{DateTime, Utc};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use tokio::sync::oneshot;

use super::{
    Handle, JournalError, Mark, arrangements, evidence, heartbeats, on_call,
    rows::*,
    statements::{INCIDENT_INSERT, INCIDENT_UPSERT, POST_INSERT, Val, incident_vals, insert},
};
use crate::{
    incident::{event::Entry, event::Event, id::IncidentId, state::Incident},
    people::Person,
    roster::Fetched,
};

/// Bytes that a probe writes, some sixteen pages: as many as a usual entry or delivery changes. A small one would find room
/// in a page that is there already, also on a disk that is full.
const PROBE_BYTES: usize = 64 * 1024;

type Answer<T> = oneshot::Sender<Result<T, JournalError>>;

pub(super) enum SmallOp {
    CloseQuiet {
        before: DateTime<Utc>,
        answer: Answer<u64>,
    },
    Claim {
        destination: String,
        now: DateTime<Utc>,
        limit: u32,
        /// What it had leased when its commit failed.
        leased: Vec<Delivery>,
        answer: Answer<Vec<Delivery>>,
    },
    Settle {
        settlement: Settlement,
        answer: Answer<()>,
    },
    Orphans {
        answer: Answer<u64>,
    },
    Handle {
        delivery: i64,
        how: Handle,
        now: DateTime<Utc>,
        answer: Answer<bool>,
    },
    Bind {
        destination: String,
        subject: String,
        name: String,
        value: String,
        answer: Answer<()>,
    },
    Override {
        id: String,
        said: Box<SaidOverride>,
        answer: Answer<u64>,
    },
    Withdraw {
        n: u64,
        by: Person,
        at: DateTime<Utc>,
        answer: Answer<bool>,
    },
    KeepFetched {
        roster: String,
        fetched: Box<Fetched>,
        answer: Answer<()>,
    },
    Prune {
        before: DateTime<Utc>,
        answer: Answer<u64>,
    },
    ForgetChanges {
        before: DateTime<Utc>,
        answer: Answer<u64>,
    },
    Heartbeat {
        write: heartbeats::Write,
        answer: Answer<()>,
    },
    Probe {
        answer: Answer<()>,
    },
    Rebuild {
        answer: Answer<u64>,
    },
}

/// What an operation gave, until its transaction is durable.
pub(super) enum Done {
    Nothing,
    Count(u64),
    Flag(bool),
    Deliveries(Vec<Delivery>),
}

impl SmallOp {
    pub(super) fn refuse(self, error: JournalError) {
        match self {
            Self::CloseQuiet { answer, .. }
            | Self::Prune { answer, .. }
            | Self::ForgetChanges { answer, .. }
            | Self::Override { answer, .. }
            | Self::Orphans { answer }
            | Self::Rebuild { answer } => {
                drop(answer.send(Err(error)));
            }
            Self::Claim { answer, .. } => drop(answer.send(Err(error))),
            Self::Settle { answer, .. }
            | Self::Bind { answer, .. }
            | Self::Heartbeat { answer, .. }
            | Self::KeepFetched { answer, .. }
            | Self::Probe { answer } => {
                drop(answer.send(Err(error)));
            }
            Self::Handle { answer, .. } | Self::Withdraw { answer, .. } => drop(answer.send(Err(error))),
        }
    }

    pub(super) fn answer(self, done: Done) {
        match (self, done) {
            (
                Self::CloseQuiet { answer, .. }
                | Self::Prune { answer, .. }
                | Self::ForgetChanges { answer, .. }
                | Self::Override { answer, .. }
                | Self::Orphans { answer }
                | Self::Rebuild { answer },
                Done::Count(count),
            ) => drop(answer.send(Ok(count))),
            (Self::Claim { answer, .. }, Done::Deliveries(deliveries)) => drop(answer.send(Ok(deliveries))),
            (
                Self::Settle { answer, .. }
                | Self::Bind { answer, .. }
                | Self::Heartbeat { answer, .. }
                | Self::KeepFetched { answer, .. }
                | Self::Probe { answer },
                _,
            ) => drop(answer.send(Ok(()))),
            (Self::Handle { answer, .. } | Self::Withdraw { answer, .. }, Done::Flag(flag)) => {
                drop(answer.send(Ok(flag)));
            }
            (op, _) => {
                op.refuse(JournalError::Unavailable("an operation gave something else than it should".into()))
            }
        }
    }

    /// Whether open situations may have been closed by it.
    pub(super) fn closed_situations(&self, done: &Done) -> bool {
        match self {
            Self::CloseQuiet { .. } => !matches!(done, Done::Count(0)),
            Self::Rebuild { .. } => true,
            _ => false,
        }
    }

    pub(super) async fn run(&mut self, conn: &mut SqliteConnection) -> Result<Done, sqlx::Error> {
        Ok(match self {
            Self::CloseQuiet { before, .. } => {
                let closed = sqlx::query("UPDATE situations SET is_open = 0 WHERE is_open = 1 AND firing = 0 AND updated_at < $1 AND revision <= told")
                    .bind(before.timestamp_millis())
                    .execute(conn)
                    .await?;
                Done::Count(closed.rows_affected())
            }
            Self::Claim { destination, now, limit, leased, .. } => {
                let mut claimed = still_leased(conn, leased).await?;
                if claimed.is_empty() {
                    claimed = claim(conn, destination, *now, *limit).await?;
                }
                leased.clone_from(&claimed);
                Done::Deliveries(claimed)
            }
            Self::Settle { settlement, .. } => {
                settle(conn, settlement).await?;
                Done::Nothing
            }
            Self::Orphans { .. } => {
                let orphans = sqlx::query(
                    "UPDATE deliveries SET state = 'unknown', same = NULL WHERE state = 'sending'",
                )
                .execute(conn)
                .await?;
                Done::Count(orphans.rows_affected())
            }
            Self::Handle { delivery, how, now, .. } => Done::Flag(handle(conn, *delivery, how, *now).await?),
            Self::Bind { destination, subject, name, value, .. } => {
                sqlx::query("INSERT INTO bindings (destination, subject, name, value) VALUES ($1, $2, $3, $4) ON CONFLICT (destination, subject, name) DO UPDATE SET value = excluded.value")
                    .bind(destination.as_str())
                    .bind(subject.as_str())
                    .bind(name.as_str())
                    .bind(value.as_str())
                    .execute(conn)
                    .await?;
                Done::Nothing
            }
            Self::Override { id, said, .. } => Done::Count(on_call::say(conn, id, said).await?),
            Self::Withdraw { n, by, at, .. } => Done::Flag(on_call::withdraw(conn, *n, by, *at).await?),
            Self::Heartbeat { write, .. } => {
                write.run(conn).await?;
                Done::Nothing
            }
            Self::KeepFetched { roster, fetched, .. } => {
                on_call::keep(conn, roster, fetched).await?;
                Done::Nothing
            }
            Self::Prune { before, .. } => {
                let answered = sqlx::query("DELETE FROM answered WHERE at < $1")
                    .bind(before.timestamp_millis())
                    .execute(&mut *conn)
                    .await?;
                let settled = sqlx::query(
                    "DELETE FROM deliveries WHERE settled_at IS NOT NULL AND settled_at < $1 AND state IN ('sent', 'dropped') \
                     AND NOT (what LIKE '{\"what\":\"post\"%' AND EXISTS (SELECT 1 FROM incidents i \
                     WHERE i.incident = deliveries.incident AND i.is_over = 0))",
                )
                    .bind(before.timestamp_millis())
                    .execute(conn)
                    .await?;
                Done::Count(answered.rows_affected() + settled.rows_affected())
            }
            Self::ForgetChanges { before, .. } => Done::Count(evidence::forget_changes(conn, *before).await?),
            Self::Probe { .. } => {
                probe(conn).await?;
                Done::Nothing
            }
            Self::Rebuild { .. } => Done::Count(rebuild(conn).await?),
        })
    }
}

/// Writes as much as a usual write does, into one row that stays.
async fn probe(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let before: Option<String> =
        sqlx::query_scalar("SELECT substr(value, 1, 1) FROM house WHERE name = 'probe'")
            .fetch_optional(&mut *conn)
            .await?;
    // Other than what stands there: pages that stay as they are would not be written.
    let filling = if before.as_deref() == Some("a") { "b" } else { "a" };
    let sql = "INSERT INTO house (name, value) VALUES ('probe', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(filling.repeat(PROBE_BYTES)).execute(conn).await.map(|_| ())
}

pub(super) async fn mark(conn: &mut SqliteConnection, mark: &Mark) -> Result<(), sqlx::Error> {
    match mark {
        Mark::SituationLinked { id, incident } => {
            // What fires still of one that is over is open again in the new one, unless its group has another by now.
            sqlx::query(
                "UPDATE situations SET incident = $1, decided = COALESCE(decided, 'linked'),
                   is_open = CASE WHEN firing > 0
                       AND NOT EXISTS (SELECT 1 FROM situations other
                         WHERE other.is_open = 1 AND other.group_hash = situations.group_hash)
                       AND EXISTS (SELECT 1 FROM alerts WHERE alerts.situation = situations.id AND is_firing = 1)
                     THEN 1 ELSE is_open END
                 WHERE id = $2",
            )
            .bind(incident.to_string())
            .bind(*id)
            .execute(conn)
            .await?;
        }
        Mark::SituationTold { id, revision } => {
            sqlx::query("UPDATE situations SET told = $1 WHERE id = $2 AND told < $1")
                .bind(*revision)
                .bind(*id)
                .execute(conn)
                .await?;
        }
        Mark::SituationDecided { id, how, verdict } => {
            let verdict = verdict.as_ref().and_then(|verdict| serde_json::to_string(verdict).ok());
            sqlx::query("UPDATE situations SET decided = $1, verdict = $2 WHERE id = $3")
                .bind(how.as_str())
                .bind(verdict)
                .bind(*id)
                .execute(conn)
                .await?;
        }
        Mark::SituationLook { id, at } => {
            sqlx::query("UPDATE situations SET look_at = $1 WHERE id = $2")
                .bind(at.map(|at| at.timestamp_millis()))
                .bind(*id)
                .execute(conn)
                .await?;
        }
        Mark::SituationHeld { id, until } => arrangements::hold(conn, *id, *until).await?,
        Mark::HeldReleased { until } => arrangements::release(conn, *until).await?,
        Mark::Arranged(one) => arrangements::put(conn, one).await?,
        Mark::Amended { arrangement, amendment } => {
            arrangements::amend(conn, *arrangement, amendment).await?;
        }
        Mark::SituationsOver { incident } => {
            sqlx::query("UPDATE situations SET is_open = 0 WHERE incident = $1")
                .bind(incident.to_string())
                .execute(conn)
                .await?;
        }
        Mark::TimerDone { id, due_at } => {
            sqlx::query("DELETE FROM timers WHERE id = $1 AND due_at = $2")
                .bind(id.as_str())
                .bind(due_at.timestamp_millis())
                .execute(conn)
                .await?;
        }
        Mark::TimerPutOff { id, due_at, until } => {
            sqlx::query("UPDATE timers SET due_at = $1 WHERE id = $2 AND due_at = $3")
                .bind(until.timestamp_millis())
                .bind(id.as_str())
                .bind(due_at.timestamp_millis())
                .execute(conn)
                .await?;
        }
        Mark::Settled(settlement) => settle(conn, settlement).await?,
        Mark::Dropped { delivery, reason, at } => {
            handle(conn, *delivery, &Handle::Drop { reason: reason.clone() }, *at).await?;
        }
        Mark::Changed(change) => evidence::write_change(conn, change).await?,
        Mark::Judged(judgement) => evidence::write_judgement(conn, judgement).await?,
    }
    Ok(())
}

pub(super) const DELIVERY_COLUMNS: &str = "n, key, destination, lane, incident, what, state, attempts, next_at, external_id, url, error, created_at, settled_at";

pub(super) fn delivery(row: &SqliteRow) -> Result<Delivery, sqlx::Error> {
    let decode = |why: String| sqlx::Error::Decode(why.into());
    let time = |ms: i64| DateTime::from_timestamp_millis(ms).unwrap_or_default();
    Ok(Delivery {
        n: row.get(0),
        key: row.get(1),
        destination: row.get(2),
        lane: row.get(3),
        incident: row.get::<Option<String>, _>(4).map(|id| id.parse().map_err(decode)).transpose()?,
        what: serde_json::from_str(row.get(5)).map_err(|e| decode(e.to_string()))?,
        state: DeliveryState::from_word(row.get(6))
            .ok_or_else(|| decode("a delivery in no known state".into()))?,
        attempts: u32::try_from(row.get::<i64, _>(7)).unwrap_or(u32::MAX),
        next_at: time(row.get(8)),
        external_id: row.get(9),
        url: row.get(10),
        error: row.get(11),
        created_at: time(row.get(12)),
        settled_at: row.get::<Option<i64>, _>(13).map(time),
    })
}

/// Those of an earlier attempt of the same claim whose lease reached the disk after all.
async fn still_leased(
    conn: &mut SqliteConnection,
    leased: &[Delivery],
) -> Result<Vec<Delivery>, sqlx::Error> {
    let mut still = Vec::new();
    for delivery in leased {
        let is_leased: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM deliveries WHERE n = $1 AND state = 'sending' AND attempts = $2",
        )
        .bind(delivery.n)
        .bind(i64::from(delivery.attempts) + 1)
        .fetch_one(&mut *conn)
        .await?;
        if is_leased == 1 {
            still.push(delivery.clone());
        }
    }
    Ok(still)
}

async fn claim(
    conn: &mut SqliteConnection,
    destination: &str,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Delivery>, sqlx::Error> {
    // The first open row of each lane, if it is due and not being sent: order within a lane, none between lanes.
    let rows = sqlx::query(
        "SELECT n, key, destination, lane, incident, what, state, attempts, next_at, external_id, url, error, created_at, settled_at
         FROM deliveries d
         WHERE destination = $1 AND state IN ('pending', 'unknown') AND next_at <= $2
           AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.destination = $1 AND e.lane = d.lane AND e.n < d.n
                           AND e.state IN ('pending', 'sending', 'unknown'))
         ORDER BY n LIMIT $3",
    )
    .bind(destination)
    .bind(now.timestamp_millis())
    .bind(i64::from(limit))
    .fetch_all(&mut *conn)
    .await?;
    let claimed: Vec<Delivery> = rows.iter().map(delivery).collect::<Result<_, _>>()?;
    for delivery in &claimed {
        // `same` is given up: what changes from now on wants a card of its own.
        sqlx::query(
            "UPDATE deliveries SET state = 'sending', same = NULL, attempts = attempts + 1 WHERE n = $1",
        )
        .bind(delivery.n)
        .execute(&mut *conn)
        .await?;
    }
    Ok(claimed)
}

async fn settle(conn: &mut SqliteConnection, s: &Settlement) -> Result<(), sqlx::Error> {
    let settled_at = (!s.state.is_open()).then(|| s.now.timestamp_millis());
    // Only what is open: a person may have dropped it meanwhile.
    sqlx::query(
        "UPDATE deliveries SET state = $1, attempts = $2, next_at = $3, external_id = COALESCE($4, external_id), \
         url = COALESCE($5, url), error = $6, settled_at = $7 WHERE n = $8 AND state IN ('pending', 'sending', 'unknown')",
    )
    .bind(s.state.word())
    .bind(i64::from(s.attempts))
    .bind(s.next_at.timestamp_millis())
    .bind(s.external_id.as_deref())
    .bind(s.url.as_deref())
    .bind(s.error.as_deref())
    .bind(settled_at)
    .bind(s.n)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether somebody can drop it still.
pub(super) async fn can_be_dropped(conn: &mut SqliteConnection, n: i64) -> Result<bool, sqlx::Error> {
    let found: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM deliveries WHERE n = $1 AND state IN ('pending', 'unknown', 'failed')",
    )
    .bind(n)
    .fetch_one(conn)
    .await?;
    Ok(found > 0)
}

async fn handle(
    conn: &mut SqliteConnection,
    n: i64,
    how: &Handle,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = match how {
        // A failed one that may have arrived was looked up before it failed; a retry of an unknown one looks again.
        Handle::Retry => {
            sqlx::query(
                "UPDATE deliveries SET state = CASE state WHEN 'unknown' THEN 'unknown' ELSE 'pending' END, next_at = $1, \
                 settled_at = NULL WHERE n = $2 AND state IN ('pending', 'unknown', 'failed')",
            )
            .bind(now.timestamp_millis())
            .bind(n)
            .execute(conn)
            .await?
        }
        Handle::Drop { reason } => {
            sqlx::query(
                "UPDATE deliveries SET state = 'dropped', error = $1, settled_at = $2, same = NULL \
                 WHERE n = $3 AND (state IN ('pending', 'unknown', 'failed') \
                 OR state = 'dropped' AND error = $1 AND settled_at = $2)",
            )
            .bind(reason.as_str())
            .bind(now.timestamp_millis())
            .bind(n)
            .execute(conn)
            .await?
        }
    };
    Ok(done.rows_affected() > 0)
}

/// Folds every incident anew and writes its projections; snapshots are dropped.
async fn rebuild(conn: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    for table in ["DELETE FROM snapshots", "DELETE FROM incidents", "DELETE FROM public_posts"] {
        sqlx::query(table).execute(&mut *conn).await?;
    }
    sqlx::query("UPDATE situations SET incident = NULL WHERE incident IS NOT NULL")
        .execute(&mut *conn)
        .await?;
    let incidents: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT incident FROM entries ORDER BY incident")
            .fetch_all(&mut *conn)
            .await?;
    let mut count = 0;
    // What a situation was linked to: whether that goes on or was merged into another, and when.
    let mut links: Vec<(bool, DateTime<Utc>, i64, String)> = Vec::new();
    for name in incidents {
        let id: IncidentId = name.parse().map_err(|why: String| sqlx::Error::Decode(why.into()))?;
        let mut state: Option<Incident> = None;
        let (mut posts, mut linked) = (Vec::new(), Vec::new());
        let mut from = 0_i64;
        loop {
            let bodies: Vec<(i64, String)> = sqlx::query_as(
                "SELECT seq, body FROM entries WHERE incident = $1 AND seq > $2 ORDER BY seq LIMIT 1000",
            )
            .bind(&name)
            .bind(from)
            .fetch_all(&mut *conn)
            .await?;
            let Some((last, _)) = bodies.last() else { break };
            from = *last;
            for (seq, body) in &bodies {
                let entry: Entry = serde_json::from_str(body).map_err(|e| {
                    sqlx::Error::Decode(format!("{name} entry {seq} is not readable: {e}").into())
                })?;
                match &mut state {
                    None => state = Incident::open(&entry),
                    Some(incident) => incident.apply(&entry),
                }
                let Some(incident) = &state else { continue };
                posts.extend(PublicPostRow::of(incident, std::slice::from_ref(&entry)));
                if let Event::AlertsLinked { situation, .. } = entry.event {
                    linked.push((entry.recorded_at, situation));
                }
            }
        }
        let Some(incident) = state else { continue };
        debug_assert_eq!(incident.id, id);
        let goes_on = incident.merged_into.is_none();
        links.extend(linked.into_iter().map(|(at, situation)| (goes_on, at, situation, name.clone())));
        insert(conn, INCIDENT_INSERT, INCIDENT_UPSERT, vec![incident_vals(&IncidentRow::of(&incident))])
            .await?;
        let posts = posts
            .iter()
            .map(|post| {
                Ok(vec![
                    Val::Text(post.incident.to_string()),
                    Val::Int(i64::from(post.n)),
                    Val::Int(post.published_at.timestamp_millis()),
                    Val::Text(
                        serde_json::to_string(&post.post).map_err(|e| sqlx::Error::Encode(Box::new(e)))?,
                    ),
                ])
            })
            .collect::<Result<Vec<_>, sqlx::Error>>()?;
        insert(conn, POST_INSERT, "", posts).await?;
        count += 1;
    }
    // What a duplicate was linked to went along to the one that goes on; else the last link holds.
    links.sort_by_key(|(goes_on, at, ..)| (*goes_on, *at));
    for (_, _, situation, incident) in &links {
        sqlx::query("UPDATE situations SET incident = $1 WHERE id = $2")
            .bind(incident)
            .bind(situation)
            .execute(&mut *conn)
            .await?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

    use super::*;

    async fn house(dir: &std::path::Path) -> SqliteConnection {
        let file = SqliteConnectOptions::new().filename(dir.join("probe.db")).create_if_missing(true);
        let mut conn = file.connect().await.unwrap();
        let table = "CREATE TABLE house (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)";
        sqlx::query(table).execute(&mut conn).await.unwrap();
        conn
    }

    #[tokio::test]
    async fn a_disk_with_room_for_a_byte_and_for_no_entry_is_said_to_be_full() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = house(dir.path()).await;
        let pages: i64 = sqlx::query_scalar("PRAGMA max_page_count = 8").fetch_one(&mut conn).await.unwrap();
        assert_eq!(pages, 8);
        let byte = sqlx::query("INSERT INTO house (name, value) VALUES ('byte', '1')");
        byte.execute(&mut conn).await.unwrap();
        let why = probe(&mut conn).await.unwrap_err().to_string();
        assert!(why.contains("disk is full"), "{why}");
    }

    #[tokio::test]
    async fn each_probe_writes_other_bytes_than_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = house(dir.path()).await;
        let mut seen = Vec::new();
        for _ in 0..3 {
            probe(&mut conn).await.unwrap();
            let value: String =
                sqlx::query_scalar("SELECT value FROM house").fetch_one(&mut conn).await.unwrap();
            assert_eq!(value.len(), PROBE_BYTES);
            seen.push(value);
        }
        assert!(seen[0] != seen[1] && seen[1] != seen[2]);
    }
}

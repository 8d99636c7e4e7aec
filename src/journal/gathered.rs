//! What the jobs of one transaction have to write, table by table.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{Mark, Once, rows::*, statements::*};
use crate::incident::id::IncidentId;

/// Rows of one transaction, gathered from all its jobs and written table by table.
#[derive(Default)]
pub(super) struct Rows {
    pub entries: Vec<Vec<Val>>,
    pub incidents: HashMap<IncidentId, IncidentRow>,
    pub snapshots: HashMap<IncidentId, (u64, String)>,
    pub posts: Vec<Vec<Val>>,
    pub deliveries: Vec<Vec<Val>>,
    pub timers: Vec<Vec<Val>>,
    pub marks: Vec<Mark>,
    pub once: Vec<Once>,
}

/// Folding rules of another version make other states: a snapshot of theirs is not used.
pub(super) const SNAPSHOT_VERSION: i64 = 16;

impl Rows {
    pub async fn write(self, conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        insert(
            conn,
            "INSERT INTO entries (incident, seq, id, name, body, salt, body_hash, prev_hash, hash) VALUES",
            "",
            self.entries,
        )
        .await?;
        insert(conn, INCIDENT_INSERT, INCIDENT_UPSERT, self.incidents.values().map(incident_vals).collect())
            .await?;
        let snapshots = self.snapshots.into_iter().map(|(incident, (seq, state))| {
            vec![
                Val::Text(incident.to_string()),
                Val::Int(i64::try_from(seq).unwrap_or(i64::MAX)),
                Val::Int(SNAPSHOT_VERSION),
                Val::Text(state),
            ]
        });
        insert(
            conn,
            "INSERT INTO snapshots (incident, seq, version, state) VALUES",
            "ON CONFLICT (incident) DO UPDATE SET seq = excluded.seq, version = excluded.version, state = excluded.state",
            snapshots.collect(),
        )
        .await?;
        insert(conn, POST_INSERT, "", self.posts).await?;
        insert(conn, DELIVERY_INSERT, DELIVERY_SAME, self.deliveries).await?;
        // What is set anew in the same breath stays, also at the moment for which it was set before.
        let is_of_timer = |mark: &&Mark| matches!(mark, Mark::TimerDone { .. } | Mark::TimerPutOff { .. });
        for mark in self.marks.iter().filter(is_of_timer) {
            super::ops::mark(conn, mark).await?;
        }
        insert(
            conn,
            "INSERT INTO timers (id, incident, kind, due_at) VALUES",
            "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, due_at = excluded.due_at",
            self.timers,
        )
        .await?;
        let once = self.once.into_iter().map(|once| {
            vec![
                Val::Text(once.key),
                Val::Text(once.asked),
                Val::Text(once.answer),
                Val::Int(once.at.timestamp_millis()),
            ]
        });
        insert(conn, "INSERT INTO answered (key, asked, answer, at) VALUES", "", once.collect()).await?;
        for mark in self.marks.iter().filter(|mark| !is_of_timer(mark)) {
            super::ops::mark(conn, mark).await?;
        }
        Ok(())
    }
}

//! Requests with alerts that carry a key: what was answered under it is written in the transaction of their alerts, so that
//! the same request again is answered the same and brings nothing twice, whatever happens between.

use std::collections::HashMap;

use sqlx::{Row, SqliteConnection};

use super::{
    AlertReceipt, AlertsAnswered, JournalError,
    alerts::Prepared,
    statements::{Val, insert},
    writer::Job,
};

/// What was answered before under the keys of these jobs, by their place in the batch. Twice in one batch, the second is
/// asked again after the first is durable.
pub(super) async fn answered(
    conn: &mut SqliteConnection,
    batch: &[Job],
) -> Result<HashMap<usize, JournalError>, sqlx::Error> {
    let mut answered: HashMap<usize, JournalError> = HashMap::new();
    let mut seen: HashMap<&str, JournalError> = HashMap::new();
    for (at, job) in batch.iter().enumerate() {
        let Job::Alerts(alerts, _) = job else { continue };
        let Some(once) = alerts.once() else { continue };
        let before = match seen.get(once.key.as_str()) {
            Some(before) => Some(before.clone()),
            None => {
                let row = sqlx::query("SELECT asked, answer FROM answered WHERE key = $1").bind(&once.key);
                let row = row.fetch_optional(&mut *conn).await?;
                let before =
                    row.map(|row| JournalError::AnsweredBefore { asked: row.get(0), answer: row.get(1) });
                // Whoever else has this key here comes after it.
                seen.insert(once.key.as_str(), before.clone().unwrap_or(JournalError::Conflict));
                before
            }
        };
        answered.extend(before.map(|before| (at, before)));
    }
    Ok(answered)
}

/// Writes what those of the batches that carry a key are answered.
pub(super) async fn keep(
    conn: &mut SqliteConnection,
    batches: &[&Prepared],
    receipts: &[AlertReceipt],
) -> Result<(), sqlx::Error> {
    let mut rows = Vec::new();
    for (batch, receipt) in batches.iter().zip(receipts) {
        let Some(once) = batch.once() else { continue };
        let answer = AlertsAnswered {
            receipt: batch.receipt().to_owned(),
            new: receipt.new,
            changed: receipt.changed,
            repeated: receipt.repeated,
        };
        let answer = serde_json::to_string(&answer).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
        rows.push(vec![
            Val::Text(once.key.clone()),
            Val::Text(once.asked.clone()),
            Val::Text(answer),
            Val::Int(batch.now().timestamp_millis()),
        ]);
    }
    insert(conn, "INSERT INTO answered (key, asked, answer, at) VALUES", "", rows).await
}

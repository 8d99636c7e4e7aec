//! What Alertmanager keeps to itself: it tells nothing of alerts that are silenced, their end neither. So while a silence of ours
//! stands there, it is asked which of them it still has.

use std::{collections::HashSet, sync::Arc, time::Duration as StdDuration};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use super::{Api, UpstreamSettings};
use crate::{
    alert::{Alert, Status, text::note},
    desk::Desk,
    outbox::wire,
};

const EVERY: StdDuration = StdDuration::from_secs(60);
/// Alertmanager keeps its alerts in memory: after a start it has them again once they were reported anew.
const UP_FOR_MINUTES: i64 = 5;

/// Asks one Alertmanager about the alerts that are silenced there.
pub struct Recall {
    hook: String,
    api: Api,
    desk: Arc<Desk>,
}

#[derive(Deserialize)]
struct Uptime {
    uptime: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Known {
    fingerprint: String,
}

impl Recall {
    /// `None` for any other sender: those tell what becomes of what was acknowledged.
    ///
    /// # Errors
    /// A sentence for whoever wrote the settings.
    pub fn of(settings: &UpstreamSettings, desk: Arc<Desk>) -> Result<Option<Self>, String> {
        if settings.sender != "alertmanager" {
            return Ok(None);
        }
        let hook = settings.hook.clone();
        Ok(Some(Self { hook, api: Api::new(settings, None)?, desk }))
    }

    /// Asks each minute until told to stop.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(why) = self.look().await {
                tracing::warn!(
                    hook = self.hook,
                    why,
                    "it could not be asked which of its silenced alerts are over"
                );
            }
        }
    }

    /// One look. What it has no more is over.
    ///
    /// # Errors
    /// A sentence, when nothing could be learnt.
    pub async fn look(&self) -> Result<(), String> {
        let silenced = self.desk.silenced_at(&self.hook).await.map_err(|refusal| refusal.to_string())?;
        if silenced.is_empty() {
            return Ok(());
        }
        let now = self.desk.world.now();
        let status: Uptime = self.get(&["api", "v2", "status"]).await?;
        if now - status.uptime < Duration::minutes(UP_FOR_MINUTES) {
            return Ok(());
        }
        let known: Vec<Known> = self.get(&["api", "v2", "alerts"]).await?;
        let known: HashSet<String> = known.into_iter().map(|alert| alert.fingerprint).collect();
        let over: Vec<Alert> = silenced
            .into_iter()
            .filter(|alert| !known.contains(&alert.fingerprint))
            .map(|alert| over(alert, now))
            .collect();
        if over.is_empty() {
            return Ok(());
        }
        self.desk.take_alerts(over).await.map(|_| ()).map_err(|refusal| refusal.to_string())
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, String> {
        let request = self.api.signed(self.api.client.get(self.api.url(path)));
        let answer = wire::call(request).await.map_err(|lost| lost.why())?;
        if !answer.ok() {
            return Err(format!("it answered {}: {}", answer.status, answer.quote(&self.api.secrets())));
        }
        answer.json().ok_or_else(|| "its answer could not be read".to_owned())
    }
}

fn over(alert: Alert, now: DateTime<Utc>) -> Alert {
    let mut alert = Alert { status: Status::Resolved, acknowledged: false, ends_at: Some(now), ..alert };
    note(&mut alert.notes, || "It ended while it was silenced; Alertmanager was asked.".to_owned());
    alert
}

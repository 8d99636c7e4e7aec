//! Deliveries that a hook refuses for their size: its sender may not send them again, and then nobody learns of what was in
//! them. So each hook that does so is an alert of our own. It ends when nothing was refused there for an hour, and when the
//! program is started anew, perhaps with another limit; the next refusal brings it again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration as StdDuration,
};

use chrono::{DateTime, Duration, Utc};
use tokio_util::sync::CancellationToken;

use super::{Hook, Hooks};
use crate::{
    alert::{Alert, AlertSeverity, Status},
    http::body::TooLarge,
    incident::refusal::Refusal,
    journal::{JournalError, rows::SituationFilter},
};

/// The source of the alerts.
pub const SOURCE: &str = "commandpost";
/// What their fingerprints begin with; the hook's name follows.
const FINGERPRINTS: &str = "refused/";
/// A hook that refused nothing for so long is well again.
const QUIET: Duration = Duration::hours(1);
const LOOK_EVERY: StdDuration = StdDuration::from_secs(30);
/// Hooks whose refusals are remembered.
const HOOKS_MAX: usize = 1_000;
/// Situations in which a predecessor's alerts are looked for at a start: those that are open come first, the worst before others.
const SITUATIONS_MAX: u32 = 1_000;
/// Alerts of one of them.
const ALERTS_MAX: u32 = 100;

/// The hooks that refuse, by name.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<BTreeMap<String, Streak>>);

/// Refusals of one hook, one soon after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Streak {
    since: DateTime<Utc>,
    last_at: DateTime<Utc>,
    said: TooLarge,
    is_told: bool,
}

impl Refusals {
    /// Remembers one. Whether people are to be told.
    fn add(&self, hook: &str, said: TooLarge, now: DateTime<Utc>) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= HOOKS_MAX && !all.contains_key(hook) {
            return false;
        }
        let streak = Streak { since: now, last_at: now, said: said.clone(), is_told: false };
        let streak = all.entry(hook.to_owned()).or_insert(streak);
        (streak.last_at, streak.said) = (now, said);
        !streak.is_told
    }

    /// What is to be told now: alerts that fire, and those that are over.
    fn due(&self, now: DateTime<Utc>) -> Vec<(String, Alert)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = all.iter().filter_map(|(hook, streak)| {
            let is_over = now - streak.last_at >= QUIET;
            (is_over || !streak.is_told).then(|| (hook.clone(), alert(hook, streak, is_over.then_some(now))))
        });
        due.collect()
    }

    /// Whether this is one of those that are remembered.
    fn has(&self, alert: &Alert) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|(hook, streak)| {
            alert.fingerprint == fingerprint(hook) && alert.starts_at == Some(streak.since)
        })
    }

    /// This was told.
    fn told(&self, hook: &str, told: &Alert) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(streak) = all.get_mut(hook).filter(|streak| told.starts_at == Some(streak.since)) else {
            return;
        };
        match told.status {
            Status::Firing => streak.is_told = true,
            Status::Resolved => drop(all.remove(hook)),
        }
    }
}

fn fingerprint(hook: &str) -> String {
    format!("{FINGERPRINTS}{hook}")
}

fn alert(hook: &str, streak: &Streak, over_at: Option<DateTime<Utc>>) -> Alert {
    let key = fingerprint(hook);
    Alert {
        source: SOURCE.to_owned(),
        fingerprint: key.clone(),
        status: if over_at.is_some() { Status::Resolved } else { Status::Firing },
        acknowledged: false,
        severity: AlertSeverity::Error,
        severity_text: String::new(),
        title: format!("The hook {hook} refuses deliveries for their size"),
        description: format!(
            "What they brought is not here, and their sender may not send it again. {} {}",
            streak.said.why, streak.said.instead
        ),
        starts_at: Some(streak.since),
        ends_at: over_at,
        labels: BTreeMap::from([("hook".to_owned(), hook.to_owned())]),
        annotations: BTreeMap::new(),
        links: Vec::new(),
        group_key: key,
        notes: Vec::new(),
    }
}

impl Hooks {
    /// Says in the log that a delivery is refused for its size, and tells people, if it is from somebody who may post there.
    pub(super) async fn tell_refused(&self, name: &str, hook: &Hook, said: TooLarge) {
        tracing::warn!(
            hook = name,
            why = said.why,
            instead = said.instead,
            "a delivery was refused for its size"
        );
        // Where only the body proves whose it is, it may be anybody's.
        if hook.can_be_asked() && self.refusals.add(name, said, self.desk.world.now()) {
            self.tell_due().await;
        }
    }

    async fn tell_due(&self) {
        for (hook, alert) in self.refusals.due(self.desk.world.now()) {
            match self.desk.take_alerts(vec![alert.clone()]).await {
                Ok(_) => self.refusals.told(&hook, &alert),
                Err(refusal) => {
                    tracing::warn!(hook, %refusal, "that deliveries are refused could not be told; trying again");
                }
            }
        }
    }

    /// Ends what the last run left, and tells of what begins and ends until told to stop.
    pub async fn watch_refusals(self: Arc<Self>, stop: CancellationToken) {
        let mut has_ended = false;
        loop {
            if !has_ended {
                match self.end_predecessors().await {
                    Ok(()) => has_ended = true,
                    Err(refusal) => tracing::debug!(%refusal, "what the last run refused is not ended yet"),
                }
            }
            self.tell_due().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn end_predecessors(&self) -> Result<(), Refusal> {
        let now = self.desk.world.now();
        let unreadable = |error: JournalError| Refusal::unavailable(error.to_string(), "It is tried again.");
        let recent = SituationFilter::Recent { limit: SITUATIONS_MAX };
        let rows = self.desk.journal.situations(recent).await.map_err(unreadable)?;
        for row in rows.iter().filter(|row| row.situation.source == SOURCE && row.situation.firing > 0) {
            let stored = self.desk.journal.alerts_of(row.id, ALERTS_MAX).await.map_err(unreadable)?;
            let left = stored.into_iter().filter(|stored| stored.is_firing).map(|stored| stored.alert);
            let left =
                left.filter(|alert| alert.fingerprint.starts_with(FINGERPRINTS) && !self.refusals.has(alert));
            let over: Vec<_> =
                left.map(|alert| Alert { status: Status::Resolved, ends_at: Some(now), ..alert }).collect();
            if !over.is_empty() {
                self.desk.take_alerts(over).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minutes * 60, 0).unwrap()
    }

    fn said(bytes: u32) -> TooLarge {
        TooLarge {
            why: format!("The body has {bytes} bytes; the limit is 10 bytes."),
            instead: "Send less.".into(),
        }
    }

    #[test]
    fn a_hook_that_refuses_is_one_alert_however_often_it_refuses_and_over_after_a_quiet_hour() {
        let refusals = Refusals::default();
        assert!(refusals.add("alertmanager", said(11), at(0)));
        let due = refusals.due(at(0));
        let [(hook, fires)] = due.as_slice() else { panic!("{due:?}") };
        assert_eq!(
            (hook.as_str(), fires.status, fires.source.as_str()),
            ("alertmanager", Status::Firing, SOURCE)
        );
        insta::assert_snapshot!(format!("{}\n{}", fires.title, fires.description), @"
        The hook alertmanager refuses deliveries for their size
        What they brought is not here, and their sender may not send it again. The body has 11 bytes; the limit is 10 bytes. Send less.
        ");
        assert!(refusals.add("alertmanager", said(12), at(0)), "until it is told, it is to be told");
        refusals.told(hook, fires);
        for minute in 1..30 {
            assert!(!refusals.add("alertmanager", said(13), at(minute)));
        }
        assert!(refusals.add("generic", said(11), at(29)), "another hook is another alert");
        refusals.told("generic", &refusals.due(at(29))[0].1);
        assert!(refusals.due(at(88)).is_empty());
        let due = refusals.due(at(89));
        assert_eq!(due.len(), 2);
        let over = &due[0].1;
        assert_eq!((over.key(), over.status, over.ends_at), (fires.key(), Status::Resolved, Some(at(89))));
        refusals.told("alertmanager", over);
        assert!(refusals.add("alertmanager", said(11), at(100)), "and then it is another one");
        let again = refusals.due(at(100));
        assert!(again.iter().any(|(hook, alert)| hook == "alertmanager" && alert.key() != fires.key()));
    }
}

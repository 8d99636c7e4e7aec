//! `/metrics` for Prometheus, `/healthz`, `/readyz`.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, Duration, Utc};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    desk::{
        Desk,
        absence::Away,
        heartbeats::{HeartbeatView, Heartbeats},
    },
    incident::id::IncidentId,
    journal::rows::Counts,
    wall::dated,
};

/// A delivery that the disk did not take is held against readiness for so long, if none came that it did.
const NOT_STORED_SECONDS: i64 = 60;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HookLabels {
    hook: String,
    result: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DoorLabels {
    door: String,
    result: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SecretLabels {
    hook: String,
    secret: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HeartbeatLabels {
    heartbeat: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MailboxLabels {
    hook: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    destination: String,
    state: String,
}

/// What is counted. Names follow Prometheus: unit last, `_total` added by the encoder.
pub struct Metrics {
    /// Held while all is filled and written: what others ask for meanwhile would be half empty.
    registry: Mutex<Registry>,
    hooks: Family<HookLabels, Counter>,
    alerts: Family<SourceLabels, Counter>,
    commands: Family<DoorLabels, Counter>,
    secrets: Family<SecretLabels, Gauge>,
    heartbeats_missed: Family<HeartbeatLabels, Gauge>,
    heartbeats_heard: Family<HeartbeatLabels, Gauge>,
    mailboxes: Family<MailboxLabels, Gauge>,
    incidents_open: Gauge,
    situations_open: Gauge,
    alerts_stored: Gauge,
    alerts_firing: Gauge,
    alerts_waiting: Gauge,
    timers: Gauge,
    deliveries: Family<DeliveryLabels, Gauge>,
    /// Numbers of other rooms, read when they are asked for.
    watched: Mutex<Vec<(Gauge, Read)>>,
    /// When the disk did not take a delivery, in Unix seconds, and none after it was taken; else 0.
    not_stored_at: AtomicI64,
    /// Why it did not.
    not_stored: Mutex<String>,
}

type Read = Box<dyn Fn() -> i64 + Send + Sync>;

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("commandpost");
        let hooks = Family::<HookLabels, Counter>::default();
        registry.register("hook_requests", "Requests to hooks by result", hooks.clone());
        let alerts = Family::<SourceLabels, Counter>::default();
        registry.register("alerts_received", "Alerts made durable, repeats included", alerts.clone());
        let commands = Family::<DoorLabels, Counter>::default();
        registry.register("commands", "Commands by door and result", commands.clone());
        let secrets = Family::<SecretLabels, Gauge>::default();
        registry.register(
            "hook_secret_used_timestamp_seconds",
            "Where two tokens or secrets hold: when each was used last, 0 for never since they were read",
            secrets.clone(),
        );
        let heartbeats_missed = Family::<HeartbeatLabels, Gauge>::default();
        registry.register(
            "heartbeat_missed",
            "Whether the sign of life is missed: 1, else 0",
            heartbeats_missed.clone(),
        );
        let heartbeats_heard = Family::<HeartbeatLabels, Gauge>::default();
        registry.register(
            "heartbeat_heard_timestamp_seconds",
            "When the last sign of life came, 0 for never",
            heartbeats_heard.clone(),
        );
        let mailboxes = Family::<MailboxLabels, Gauge>::default();
        registry.register(
            "mailbox_connected",
            "Whether the mailbox of this hook is read: 1, else 0",
            mailboxes.clone(),
        );
        let incidents_open = Gauge::default();
        registry.register("incidents_open", "Incidents that are not closed", incidents_open.clone());
        let situations_open = Gauge::default();
        registry.register("situations_open", "Alert situations that are open", situations_open.clone());
        let alerts_stored = Gauge::default();
        registry.register("alerts_stored", "Alerts in the store", alerts_stored.clone());
        let alerts_firing = Gauge::default();
        registry.register("alerts_firing", "Alerts firing in open situations", alerts_firing.clone());
        let alerts_waiting = Gauge::default();
        registry.register(
            "alerts_waiting",
            "Alerts taken and not yet in a situation",
            alerts_waiting.clone(),
        );
        let timers = Gauge::default();
        registry.register("timers", "Timers set", timers.clone());
        let deliveries = Family::<DeliveryLabels, Gauge>::default();
        registry.register("deliveries_open", "Deliveries waiting, unknown or failed", deliveries.clone());
        Self {
            registry: Mutex::new(registry),
            hooks,
            alerts,
            commands,
            secrets,
            heartbeats_missed,
            heartbeats_heard,
            mailboxes,
            incidents_open,
            situations_open,
            alerts_stored,
            alerts_firing,
            alerts_waiting,
            timers,
            deliveries,
            watched: Mutex::default(),
            not_stored_at: AtomicI64::default(),
            not_stored: Mutex::default(),
        }
    }
}

impl Metrics {
    pub fn hook(&self, hook: &str, result: &str) {
        self.hooks.get_or_create(&HookLabels { hook: hook.to_owned(), result: result.to_owned() }).inc();
    }
    pub fn alerts(&self, source: &str, count: u64) {
        self.alerts.get_or_create(&SourceLabels { source: source.to_owned() }).inc_by(count);
    }
    /// One of two secrets of a hook.
    pub fn used(&self, hook: &str, secret: &str) -> Used {
        let labels = SecretLabels { hook: hook.to_owned(), secret: secret.to_owned() };
        Used { name: secret.to_owned(), at: self.secrets.get_or_create_owned(&labels) }
    }
    /// Shows a number of another room.
    pub fn watch(&self, name: &str, help: &str, read: impl Fn() -> i64 + Send + Sync + 'static) {
        let gauge = Gauge::default();
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).register(name, help, gauge.clone());
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push((gauge, Box::new(read)));
    }
    /// Shows whether the mailbox of a hook is read.
    pub fn watch_mailbox(&self, hook: &str, read: impl Fn() -> bool + Send + Sync + 'static) {
        let gauge = self.mailboxes.get_or_create_owned(&MailboxLabels { hook: hook.to_owned() });
        let read = move || i64::from(read());
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push((gauge, Box::new(read)));
    }
    /// The disk took a delivery.
    pub fn stored(&self) {
        // In a storm nobody writes what stands there already.
        if self.not_stored_at.load(Ordering::Relaxed) != 0 {
            self.not_stored_at.store(0, Ordering::Relaxed);
        }
    }
    /// The disk did not take a delivery.
    pub fn not_stored(&self, now: DateTime<Utc>, why: &str) {
        why.clone_into(&mut self.not_stored.lock().unwrap_or_else(PoisonError::into_inner));
        self.not_stored_at.store(now.timestamp(), Ordering::Relaxed);
    }
    /// Why the disk did not take the last delivery, if that was a moment ago.
    fn trouble(&self, now: DateTime<Utc>) -> Option<String> {
        let at = self.not_stored_at.load(Ordering::Relaxed);
        let is_recent = at != 0 && now.timestamp() - at < NOT_STORED_SECONDS;
        is_recent.then(|| self.not_stored.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
    /// `result` is `done` or a refusal's code.
    pub fn command(&self, door: &str, result: &str) {
        self.commands.get_or_create(&DoorLabels { door: door.to_owned(), result: result.to_owned() }).inc();
    }

    /// All of it, in the text format of OpenMetrics. Without `counts` those of the last time are shown.
    fn text(
        &self,
        counts: Option<Counts>,
        alerts_waiting: usize,
        heartbeats: &[HeartbeatView],
    ) -> Result<String, std::fmt::Error> {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        set(&self.alerts_waiting, alerts_waiting);
        if let Some(counts) = counts {
            self.count(counts);
        }
        self.heartbeats(heartbeats);
        for (gauge, read) in self.watched.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            gauge.set(read());
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn count(&self, counts: Counts) {
        set(&self.incidents_open, counts.incidents_open);
        set(&self.situations_open, counts.situations_open);
        set(&self.alerts_stored, counts.alerts);
        set(&self.alerts_firing, counts.alerts_firing);
        set(&self.timers, counts.timers);
        self.deliveries.clear();
        for (destination, state, count) in counts.deliveries {
            set(&self.deliveries.get_or_create(&DeliveryLabels { destination, state }), count);
        }
    }

    fn heartbeats(&self, all: &[HeartbeatView]) {
        // One that the settings name no longer is not told of.
        self.heartbeats_missed.clear();
        self.heartbeats_heard.clear();
        for one in all {
            let labels = HeartbeatLabels { heartbeat: one.name.clone() };
            self.heartbeats_missed.get_or_create(&labels).set(i64::from(one.missed_since.is_some()));
            let heard = one.heard_at.map_or(0, |at| at.timestamp());
            self.heartbeats_heard.get_or_create(&labels).set(heard);
        }
    }
}

fn set(gauge: &Gauge, value: impl TryInto<i64>) {
    gauge.set(value.try_into().unwrap_or(i64::MAX));
}

/// When one of two secrets was used last.
#[derive(Debug, Clone)]
pub struct Used {
    name: String,
    at: Gauge,
}

impl Used {
    pub fn name(&self) -> &str {
        &self.name
    }
    /// It is used now, in seconds. Whether for the first time.
    pub fn now(&self, seconds: i64) -> bool {
        self.at.set(seconds) == 0
    }
    pub fn reset(&self) {
        self.at.set(0);
    }
    #[cfg(test)]
    pub fn at(&self) -> i64 {
        self.at.get()
    }
}

pub struct Health {
    pub desk: Arc<Desk>,
    pub heartbeats: Arc<Heartbeats>,
    pub metrics: Arc<Metrics>,
    /// When it was last tried whether a write goes through, and what stood in its way.
    pub tried: tokio::sync::Mutex<Option<(DateTime<Utc>, Option<String>)>>,
}

/// Anybody may ask whether it is ready: a write is tried for it once in this time at most.
const TRIED_EVERY: Duration = Duration::seconds(1);

impl Health {
    /// What stands in the way of a write.
    async fn hindrance(&self) -> Option<String> {
        let mut tried = self.tried.lock().await;
        let now = self.desk.world.now();
        match &*tried {
            Some((at, why)) if (now - *at).abs() < TRIED_EVERY => why.clone(),
            _ => {
                let why = self.desk.journal.probe().await.err().map(|error| error.to_string());
                *tried = Some((now, why.clone()));
                why
            }
        }
    }
}

pub fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

/// Ready is: a write as large as a usual one goes through, and the last delivery was taken.
async fn ready(State(health): State<Arc<Health>>) -> Response {
    let not_ready =
        |why: String| (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")).into_response();
    if let Some(why) = health.hindrance().await {
        return not_ready(why);
    }
    match health.metrics.trouble(health.desk.world.now()) {
        None => ready_but_for(&health.desk.away()).into_response(),
        Some(why) => not_ready(format!("the last delivery was not taken. {why}")),
    }
}

/// The house works without a chat; which one is away stands in a line of its own. Anybody may read it, so no incident is named.
fn ready_but_for(away: &[Away]) -> String {
    let lines = away.iter().map(|one| {
        let mut words = one.why.split(|c: char| !c.is_alphanumeric() && c != '-');
        let names_one = words.any(|word| word.parse::<IncidentId>().is_ok());
        let why =
            if names_one { String::new() } else { one.why.split_whitespace().collect::<Vec<_>>().join(" ") };
        format!("{}\n", Away { why, ..one.clone() }.in_words(&dated(one.since)))
    });
    std::iter::once("ready\n".to_owned()).chain(lines).collect()
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    let counts = match health.desk.journal.counts().await {
        Ok(counts) => Some(counts),
        Err(error) => {
            tracing::warn!(%error, "the journal's counts are not to be had");
            None
        }
    };
    let waiting = health.desk.journal.alerts_waiting();
    match health.metrics.text(counts, waiting, &health.heartbeats.list()) {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(name: String) -> HeartbeatView {
        HeartbeatView {
            name,
            state: "alive".into(),
            heard_at: None,
            due_at: DateTime::<Utc>::UNIX_EPOCH,
            missed_since: None,
            every_seconds: 60,
            grace_seconds: 0,
        }
    }

    #[test]
    fn who_asks_at_the_same_moment_as_another_is_told_of_everything_too() {
        const MANY: usize = 100;
        let metrics = Metrics::default();
        let beats: Vec<_> = (0..MANY).map(|n| beat(format!("beat-{n}"))).collect();
        let counts = || Counts {
            deliveries: (0..MANY).map(|n| (format!("chat-{n}"), "failed".to_owned(), 1)).collect(),
            ..Counts::default()
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let text = metrics.text(Some(counts()), 0, &beats).unwrap();
                        for name in
                            ["heartbeat_missed", "heartbeat_heard_timestamp_seconds", "deliveries_open"]
                        {
                            let lines = text.matches(&format!("\ncommandpost_{name}{{")).count();
                            assert_eq!(lines, MANY, "{name}");
                        }
                    }
                });
            }
        });
        let text = metrics.text(None, 7, &[]).unwrap();
        assert!(text.contains("commandpost_alerts_waiting 7\n"), "{text}");
        assert!(!text.contains("beat-1") && text.contains("chat-1"), "{text}");
    }

    #[test]
    fn who_did_not_take_the_last_delivery_is_in_trouble_until_it_takes_one_or_none_comes_for_a_while() {
        let (metrics, at) =
            (Metrics::default(), |s: i64| DateTime::from_timestamp(1_800_000_000 + s, 0).unwrap());
        assert_eq!(metrics.trouble(at(0)), None);
        metrics.not_stored(at(0), "database or disk is full");
        assert_eq!(metrics.trouble(at(59)).as_deref(), Some("database or disk is full"));
        assert_eq!(metrics.trouble(at(60)), None, "who is sent nothing because of it could never recover");
        metrics.not_stored(at(61), "database or disk is full");
        metrics.stored();
        assert_eq!(metrics.trouble(at(61)), None);
    }

    #[test]
    fn who_asks_whether_it_is_ready_reads_which_chats_are_away_and_why_but_of_no_incident() {
        assert_eq!(ready_but_for(&[]), "ready\n");
        let away = |chat: &str, why: &str, is_deaf| Away {
            chat: chat.into(),
            since: "2026-01-02T14:32:00Z".parse().unwrap(),
            why: why.into(),
            is_deaf,
        };
        let all = [
            away("discord", "Sessions are used up.", true),
            away("slack", "The place of INC-7 is\ngone", false),
            away("matrix", "no answer\nin time", false),
        ];
        assert_eq!(
            ready_but_for(&all),
            "ready\n\
             Discord is not heard since 2026-01-02 14:32 UTC, so what is typed there does nothing: Sessions are used up.\n\
             Slack has not answered since 2026-01-02 14:32 UTC.\n\
             Matrix has not answered since 2026-01-02 14:32 UTC: no answer in time.\n"
        );
    }

    #[test]
    fn hooks_whose_names_are_alike_have_a_line_each_for_their_mailboxes() {
        let metrics = Metrics::default();
        metrics.watch_mailbox("a-b", || true);
        metrics.watch_mailbox("a_b", || false);
        let text = metrics.text(None, 0, &[]).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| line.contains("mailbox")).collect();
        assert!(lines.contains(&"commandpost_mailbox_connected{hook=\"a-b\"} 1"), "{text}");
        assert!(lines.contains(&"commandpost_mailbox_connected{hook=\"a_b\"} 0"), "{text}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("# TYPE")).count(), 1, "{text}");
    }
}

//! `/metrics` for Prometheus, `/healthz`, `/readyz`.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::desk::{
    Desk,
    heartbeats::{HeartbeatView, Heartbeats},
};

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
struct DeliveryLabels {
    destination: String,
    state: String,
}

/// What is counted. Names follow Prometheus: unit last, `_total` added by the encoder.
pub struct Metrics {
    registry: Mutex<Registry>,
    hooks: Family<HookLabels, Counter>,
    alerts: Family<SourceLabels, Counter>,
    commands: Family<DoorLabels, Counter>,
    secrets: Family<SecretLabels, Gauge>,
    heartbeats_missed: Family<HeartbeatLabels, Gauge>,
    heartbeats_heard: Family<HeartbeatLabels, Gauge>,
    incidents_open: Gauge,
    situations_open: Gauge,
    alerts_stored: Gauge,
    alerts_firing: Gauge,
    alerts_waiting: Gauge,
    timers: Gauge,
    deliveries: Family<DeliveryLabels, Gauge>,
    /// Numbers of other rooms, read when they are asked for.
    watched: Mutex<Vec<(Gauge, Read)>>,
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
            incidents_open,
            situations_open,
            alerts_stored,
            alerts_firing,
            alerts_waiting,
            timers,
            deliveries,
            watched: Mutex::default(),
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
    /// Shows a number of another room.
    pub fn watch(&self, name: &str, help: &str, read: impl Fn() -> i64 + Send + Sync + 'static) {
        let gauge = Gauge::default();
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).register(name, help, gauge.clone());
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push((gauge, Box::new(read)));
    }
    /// `result` is `done` or a refusal's code.
    pub fn command(&self, door: &str, result: &str) {
        self.commands.get_or_create(&DoorLabels { door: door.to_owned(), result: result.to_owned() }).inc();
    }
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
}

pub fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

/// Ready is: a write goes through.
async fn ready(State(health): State<Arc<Health>>) -> Response {
    match health.desk.journal.probe().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")).into_response(),
    }
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    let metrics = &health.metrics;
    metrics.alerts_waiting.set(i64::try_from(health.desk.journal.alerts_waiting()).unwrap_or(i64::MAX));
    match health.desk.journal.counts().await {
        Ok(counts) => {
            let set = |gauge: &Gauge, value: u64| {
                gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            };
            set(&metrics.incidents_open, counts.incidents_open);
            set(&metrics.situations_open, counts.situations_open);
            set(&metrics.alerts_stored, counts.alerts);
            set(&metrics.alerts_firing, counts.alerts_firing);
            set(&metrics.timers, counts.timers);
            metrics.deliveries.clear();
            for (destination, state, count) in counts.deliveries {
                set(&metrics.deliveries.get_or_create(&DeliveryLabels { destination, state }), count);
            }
        }
        Err(error) => tracing::warn!(%error, "the journal's counts are not to be had"),
    }
    metrics.heartbeats(&health.heartbeats.list());
    for (gauge, read) in metrics.watched.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        gauge.set(read());
    }
    let mut text = String::new();
    if encode(&mut text, &metrics.registry.lock().unwrap_or_else(PoisonError::into_inner)).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        .into_response()
}

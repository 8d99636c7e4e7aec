//! A model of what wakes people: PagerDuty, Opsgenie, GoAlert, ntfy, Pushover, Twilio and a receiver of webhooks, one server.
//!
//! `services` are those that know whom to wake: an alert for each key, however often it is sent. `people` are those that
//! reach somebody: each message that is taken rings.

mod people;
mod services;

use std::io;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{fault::Fault, stand::Stand};
use crate::publish::Now;

pub use services::SCHEDULE;

/// The secret that every service of the model knows us by.
pub const TOKEN: &str = "whsec_bW9kZWxsZWQtcGFnZXItc2VjcmV0";

/// An alert of a service that knows whom to wake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub service: &'static str,
    pub key: String,
    pub summary: String,
    /// `triggered`, `acknowledged` or `resolved`
    pub state: &'static str,
    /// How often it was sent while it was open.
    pub times: u32,
}

/// What rang at somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    pub service: &'static str,
    pub to: String,
    pub text: String,
    pub link: Option<String>,
    pub id: String,
    pub at: DateTime<Utc>,
    pub tag: String,
    /// It was silenced before anybody answered.
    pub is_silent: bool,
}

#[derive(Default)]
pub struct World {
    alerts: Vec<Alert>,
    rung: Vec<Rung>,
    calendar: String,
    oncalls: Vec<serde_json::Value>,
    shifts: Vec<serde_json::Value>,
}

type Shared = super::stand::Shared<World>;

/// All of them, running. They stop when this is dropped.
pub struct PagersModel {
    stand: Stand<World>,
}

impl std::ops::Deref for PagersModel {
    type Target = Stand<World>;
    fn deref(&self) -> &Stand<World> {
        &self.stand
    }
}

impl PagersModel {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(now: Now) -> io::Result<Self> {
        let api = Router::new()
            .route("/v2/enqueue", post(services::pagerduty))
            .route("/v2/alerts", post(services::opsgenie_create))
            .route("/v2/alerts/{alias}/{what}", post(services::opsgenie_change))
            .route("/api/v2/generic/incoming", post(services::goalert))
            .route("/ntfy/", post(people::ntfy_publish))
            .route("/ntfy/{topic}/json", get(people::ntfy_poll))
            .route("/1/messages.json", post(people::pushover))
            .route("/1/receipts/cancel_by_tag/{tag}", post(people::pushover_cancel))
            .route(
                "/2010-04-01/Accounts/{account}/Messages.json",
                post(people::twilio_create).get(people::twilio_list),
            )
            .route("/webhook", post(people::webhook))
            .route("/calendar.ics", get(services::calendar))
            .route("/oncalls", get(services::oncalls))
            .route("/api/graphql", post(services::goalert_graphql))
            .route("/oncall/api/v1/schedules/{id}/final_shifts", get(services::final_shifts));
        let shared = Shared::new(World::default(), now);
        Ok(Self { stand: Stand::start(shared, api, Router::new(), say).await? })
    }

    /// What the calendar says from now on.
    pub fn write_calendar(&self, text: &str) {
        self.world().calendar = text.to_owned();
    }
    /// Who is on call by PagerDuty's schedule, as its API has it.
    pub fn write_oncalls(&self, oncalls: Vec<serde_json::Value>) {
        self.world().oncalls = oncalls;
    }
    /// The shifts of GoAlert's or Grafana OnCall's schedule, as the API of each has them.
    pub fn write_shifts(&self, shifts: Vec<serde_json::Value>) {
        self.world().shifts = shifts;
    }
    /// Every alert of a service, the first first.
    pub fn alerts(&self, service: &str) -> Vec<Alert> {
        self.world().alerts.iter().filter(|alert| alert.service == service).cloned().collect()
    }
    /// All that rang at somebody's, the first first.
    pub fn rung(&self, service: &str) -> Vec<Rung> {
        self.world().rung.iter().filter(|rung| rung.service == service).cloned().collect()
    }
}

fn say(fault: Fault) -> Response {
    let (status, message) = match fault {
        Fault::Limit => (429, "Too many requests"),
        Fault::Break => (500, "Internal server error"),
        _ => (403, "Forbidden"),
    };
    error(status, message)
}

/// Each service has words of its own; all of them have a message.
fn error(status: u16, message: &str) -> Response {
    let status = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    (status, axum::Json(json!({ "message": message, "status": "error" }))).into_response()
}

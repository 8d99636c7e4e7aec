//! PagerDuty: acknowledge, by the REST API v2 in the name of an account, or by the Events API v2 under the alert's key. It is taken back
//! by the REST API: an incident is triggered again.
//!
//! <https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident>,
//! <https://developer.pagerduty.com/docs/send-alert-event>

use reqwest::header::HeaderValue;
use serde_json::json;

use super::{Api, Monitor, UpstreamSettings, each};
use crate::{
    alert::Alert,
    journal::rows::Asking,
    outbox::port::{Asked, BoxFuture, Outcome},
    outbox::wire,
};

const REST_URL: &str = "https://api.pagerduty.com";
const EVENTS_URL: &str = "https://events.pagerduty.com";

pub(super) struct PagerDuty {
    api: Api,
    /// Whoever acknowledges by the REST API; without one it is the Events API.
    from: Option<String>,
}

impl PagerDuty {
    pub fn new(settings: &UpstreamSettings) -> Result<Self, String> {
        let usual = if settings.from.is_some() { REST_URL } else { EVENTS_URL };
        Ok(Self { api: Api::new(settings, Some(usual))?, from: settings.from.clone() })
    }

    async fn ask_of(&self, asked: &Asked, alert: &Alert) -> Outcome {
        let token = self.api.token.as_ref().map(|token| token.expose()).unwrap_or_default();
        let is_back = asked.how == Asking::Unacknowledge;
        let Some(from) = &self.from else {
            if is_back {
                let why =
                    "PagerDuty's Events API takes no acknowledgement back: unacknowledge the incident there";
                return Outcome::Failed { why: why.to_owned() };
            }
            // PagerDuty's own webhooks name the incident, and its key beside it.
            let key = alert.labels.get("incident_key").unwrap_or(&alert.fingerprint);
            let body = json!({ "routing_key": token, "event_action": "acknowledge", "dedup_key": key });
            let request = self.api.client.post(self.api.url(&["v2", "enqueue"])).json(&body);
            return self.api.outcome(wire::call(request).await);
        };
        let status = if is_back { "triggered" } else { "acknowledged" };
        let body = json!({ "incident": { "type": "incident_reference", "status": status } });
        let mut request = self.api.client.put(self.api.url(&["incidents", &alert.fingerprint])).json(&body);
        if let Ok(mut key) = HeaderValue::try_from(format!("Token token={token}")) {
            key.set_sensitive(true);
            request = request.header("authorization", key);
        }
        request = request.header("from", from).header("accept", "application/json");
        self.api.outcome(wire::call(request).await)
    }
}

impl Monitor for PagerDuty {
    fn ask<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Outcome> {
        Box::pin(each(&asked.alerts, move |alert| self.ask_of(asked, alert)))
    }
}

//! PagerDuty, Events API v2: one alert for each call, known by its `dedup_key`, which makes sending it twice the same as once.
//!
//! After <https://developer.pagerduty.com/docs/send-alert-event>: `trigger`, then `acknowledge` and `resolve` under the same key.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Pager, Service, send_again};
use crate::{
    config,
    incident::{
        paging::{Act, Cleared},
        severity::Severity,
    },
    outbox::{
        port::{BoxFuture, Outcome, Reconciled},
        wire,
    },
};

/// Characters of a summary at most.
const SUMMARY_CHARS_MAX: usize = 1_024;

pub(super) struct PagerDuty(Service);

impl PagerDuty {
    pub fn new(settings: &config::Pager) -> Result<Self, String> {
        Service::new("PagerDuty", settings, "https://events.pagerduty.com").map(Self)
    }

    fn event(&self, page: &Cleared) -> Value {
        let action = match page.act {
            Act::Trigger => "trigger",
            Act::Acknowledge => "acknowledge",
            Act::Resolve => "resolve",
        };
        let mut event = json!({
            "routing_key": self.0.secret.expose(),
            "event_action": action,
            "dedup_key": page.call,
        });
        if page.act == Act::Trigger {
            event["client"] = json!("commandpost");
            event["payload"] = json!({
                "summary": page.headline().chars().take(SUMMARY_CHARS_MAX).collect::<String>(),
                "source": page.incident,
                "severity": match page.severity {
                    Severity::Sev1 => "critical",
                    Severity::Sev2 => "error",
                    Severity::Sev3 => "warning",
                    _ => "info",
                },
                "custom_details": { "about": page.about },
            });
            if let Some(link) = &page.link {
                event["links"] = json!([{ "href": link, "text": "Acknowledge in commandpost" }]);
            }
        }
        event
    }
}

impl Pager for PagerDuty {
    fn page<'a>(&'a self, page: &'a Cleared, _: &'a str) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let request = self.0.client.post(self.0.url(&["v2", "enqueue"])).json(&self.event(page));
            self.0.outcome(wire::call(request).await, "", |_| Some(page.call.clone()))
        })
    }
    fn reconcile<'a>(&'a self, _: &'a Cleared, _: &'a str, _: DateTime<Utc>) -> BoxFuture<'a, Reconciled> {
        send_again()
    }
}

//! Opsgenie (and Jira Service Management, which took its API along): one alert for each call, known by its alias, of which
//! there is one open at a time; so sending it twice is the same as once.
//!
//! After <https://docs.opsgenie.com/docs/alert-api>. In Europe: `url = "https://api.eu.opsgenie.com"`.

use chrono::{DateTime, Utc};
use reqwest::header::HeaderValue;
use serde_json::json;

use super::{Pager, Service, send_again};
use crate::{
    config,
    incident::paging::{Act, Cleared},
    outbox::{
        port::{BoxFuture, Outcome, Reconciled},
        wire,
    },
};

/// Characters of a message at most.
const MESSAGE_CHARS_MAX: usize = 130;

pub(super) struct Opsgenie(Service);

impl Opsgenie {
    pub fn new(settings: &config::Pager) -> Result<Self, String> {
        Service::new("Opsgenie", settings, "https://api.opsgenie.com").map(Self)
    }

    fn request(&self, page: &Cleared) -> reqwest::RequestBuilder {
        let (path, body) = match page.act {
            Act::Trigger => (
                vec!["v2", "alerts"],
                json!({
                    "message": page.headline().chars().take(MESSAGE_CHARS_MAX).collect::<String>(),
                    "alias": page.call,
                    "description": page.text(),
                    "priority": format!("P{}", page.severity.level()),
                    "source": "commandpost",
                    "details": { "incident": page.incident },
                }),
            ),
            Act::Acknowledge => {
                (vec!["v2", "alerts", &page.call, "acknowledge"], json!({ "source": "commandpost" }))
            }
            Act::Resolve => (vec!["v2", "alerts", &page.call, "close"], json!({ "source": "commandpost" })),
        };
        let mut url = self.0.url(&path);
        if page.act != Act::Trigger {
            url.query_pairs_mut().append_pair("identifierType", "alias");
        }
        let request = self.0.client.post(url).json(&body);
        match HeaderValue::try_from(format!("GenieKey {}", self.0.secret.expose())) {
            Ok(mut key) => {
                key.set_sensitive(true);
                request.header("authorization", key)
            }
            // A key with a line break in it: the answer will be 401, which says what to do.
            Err(_) => request,
        }
    }
}

impl Pager for Opsgenie {
    fn page<'a>(&'a self, page: &'a Cleared, _: &'a str) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let called = wire::call(self.request(page)).await;
            self.0.outcome(called, "", |_| Some(page.call.clone()))
        })
    }
    fn reconcile<'a>(&'a self, _: &'a Cleared, _: &'a str, _: DateTime<Utc>) -> BoxFuture<'a, Reconciled> {
        send_again()
    }
}

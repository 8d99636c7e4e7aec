//! ntfy: a message on somebody's topic, with a button that acknowledges.
//!
//! After <https://docs.ntfy.sh/publish/#publish-as-json>. A message has no key of ours; one whose answer was lost is looked
//! for among those that the topic keeps (`poll=1`), by its text and time.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{Pager, Service, address, nothing_to_say};
use crate::{
    config,
    incident::paging::{Act, Cleared},
    outbox::{
        port::{BoxFuture, Outcome, Reconciled},
        wire,
    },
};

/// The loudest.
const PRIORITY: u8 = 5;
/// How far the clock there and ours may differ.
const SKEW_SECONDS: i64 = 30;

pub(super) struct Ntfy(Service);

#[derive(Deserialize)]
struct Message {
    id: String,
    time: i64,
    #[serde(default)]
    message: String,
}

impl Ntfy {
    pub fn new(settings: &config::Pager) -> Result<Self, String> {
        Service::new("ntfy", settings, "https://ntfy.sh").map(Self)
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        if self.0.secret.is_empty() { request } else { request.bearer_auth(self.0.secret.expose()) }
    }

    async fn publish(&self, page: &Cleared) -> Outcome {
        let topic = match address(page, "topic of ntfy") {
            Ok(topic) => topic,
            Err(outcome) => return outcome,
        };
        let mut body = json!({
            "topic": topic,
            "title": format!("{} {}", page.severity, page.incident),
            "message": page.text(),
            "priority": PRIORITY,
            "tags": ["rotating_light"],
        });
        if let Some(link) = &page.link {
            body["click"] = json!(link);
            body["actions"] = json!([{ "action": "http", "label": "Acknowledge", "url": link, "method": "POST", "clear": true }]);
        }
        let request = self.signed(self.0.client.post(self.0.base.clone()).json(&body));
        self.0
            .outcome(wire::call(request).await, topic, |answer| answer.json::<Message>().map(|sent| sent.id))
    }

    async fn look(&self, page: &Cleared, since: DateTime<Utc>) -> Reconciled {
        let since = (since - Duration::seconds(SKEW_SECONDS)).timestamp();
        let mut url = self.0.url(&[&page.address, "json"]);
        url.query_pairs_mut().append_pair("poll", "1").append_pair("since", &since.to_string());
        let answer = match wire::call(self.signed(self.0.client.get(url))).await {
            Ok(answer) if answer.ok() => answer,
            Ok(answer) => {
                return Reconciled::CannotTell {
                    why: format!("ntfy answered {} to the look.", answer.status),
                };
            }
            Err(lost) => {
                return Reconciled::CannotTell { why: format!("ntfy could not be asked: {}", lost.why()) };
            }
        };
        let text = page.text();
        let lines = answer.body.split(|byte| *byte == b'\n');
        let mut kept = lines.filter_map(|line| serde_json::from_slice::<Message>(line).ok());
        match kept.find(|one| one.time >= since && one.message == text) {
            Some(one) => Reconciled::Arrived { external_id: Some(one.id), url: None },
            None => Reconciled::Absent,
        }
    }
}

impl Pager for Ntfy {
    fn page<'a>(&'a self, page: &'a Cleared, _: &'a str) -> BoxFuture<'a, Outcome> {
        if page.act != Act::Trigger {
            return nothing_to_say();
        }
        Box::pin(self.publish(page))
    }
    fn reconcile<'a>(
        &'a self,
        page: &'a Cleared,
        _: &'a str,
        since: DateTime<Utc>,
    ) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.look(page, since))
    }
}

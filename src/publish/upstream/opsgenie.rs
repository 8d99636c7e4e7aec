//! Opsgenie, Alert API v2: acknowledge, and take it back. <https://docs.opsgenie.com/docs/alert-api#acknowledge-alert>

use reqwest::header::HeaderValue;
use serde_json::json;

use super::{Api, Monitor, comment, each};
use crate::{
    alert::Alert,
    config::secret::Secret,
    journal::rows::Asking,
    outbox::port::{Asked, BoxFuture, Outcome},
    outbox::wire,
};

pub(super) const URL: &str = "https://api.opsgenie.com";

pub(super) struct Opsgenie(pub Api);

impl Monitor for Opsgenie {
    fn ask<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Outcome> {
        Box::pin(each(&asked.alerts, move |alert| self.ask_of(asked, alert)))
    }
}

impl Opsgenie {
    async fn ask_of(&self, asked: &Asked, alert: &Alert) -> Outcome {
        let action = if asked.how == Asking::Unacknowledge { "unacknowledge" } else { "acknowledge" };
        let mut url = self.0.url(&["v2", "alerts", &alert.fingerprint, action]);
        url.query_pairs_mut().append_pair("identifierType", "id");
        let body = json!({ "user": asked.by, "source": "commandpost", "note": comment(asked) });
        let mut request = self.0.client.post(url).json(&body);
        if let Some(key) = self.0.token.as_ref().and_then(header) {
            request = request.header("authorization", key);
        }
        self.0.outcome(wire::call(request).await)
    }
}

fn header(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("GenieKey {}", key.expose())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

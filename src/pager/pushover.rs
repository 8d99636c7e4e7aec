//! Pushover: a message of emergency priority, which rings until it is acknowledged in the app; that calls our link.
//!
//! After <https://pushover.net/api#priority>. A message cannot be looked up. One whose answer was lost is silenced by its tag
//! and sent anew, so at most one rings.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Pager, Service, address, nothing_to_say};
use crate::{
    config,
    incident::paging::{Act, Cleared},
    outbox::{
        port::{BoxFuture, Outcome, Reconciled},
        wire,
    },
};

/// It rings every minute, for five: then the next step has come.
const RETRY_SECONDS: &str = "60";
const EXPIRE_SECONDS: &str = "300";

pub(super) struct Pushover(Service);

#[derive(Deserialize)]
struct Receipt {
    receipt: Option<String>,
}

impl Pushover {
    pub fn new(settings: &config::Pager) -> Result<Self, String> {
        Service::new("Pushover", settings, "https://api.pushover.net").map(Self)
    }

    async fn send(&self, page: &Cleared, key: &str) -> Outcome {
        let user = match address(page, "user key of Pushover") {
            Ok(user) => user,
            Err(outcome) => return outcome,
        };
        let (title, message, tag) = (format!("{} {}", page.severity, page.incident), page.text(), tag(key));
        let mut form = vec![
            ("token", self.0.secret.expose()),
            ("user", user),
            ("title", &title),
            ("message", &message),
            ("priority", "2"),
            ("retry", RETRY_SECONDS),
            ("expire", EXPIRE_SECONDS),
            ("tags", &tag),
        ];
        if let Some(link) = &page.link {
            form.extend([("url", link.as_str()), ("url_title", "Acknowledge"), ("callback", link)]);
        }
        let request = self.0.client.post(self.0.url(&["1", "messages.json"])).form(&form);
        self.0.outcome(wire::call(request).await, user, |answer| answer.json::<Receipt>()?.receipt)
    }

    async fn silence(&self, key: &str) -> Reconciled {
        let file = format!("{}.json", tag(key));
        let url = self.0.url(&["1", "receipts", "cancel_by_tag", &file]);
        match wire::call(self.0.client.post(url).form(&[("token", self.0.secret.expose())])).await {
            Ok(answer) if answer.ok() => Reconciled::Absent,
            Ok(answer) => Reconciled::CannotTell {
                why: format!("Pushover answered {} when it should silence what may ring.", answer.status),
            },
            Err(lost) => {
                Reconciled::CannotTell { why: format!("Pushover could not be asked: {}", lost.why()) }
            }
        }
    }
}

/// Tags hold no comma and no slash.
fn tag(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

impl Pager for Pushover {
    fn page<'a>(&'a self, page: &'a Cleared, key: &'a str) -> BoxFuture<'a, Outcome> {
        if page.act != Act::Trigger {
            return nothing_to_say();
        }
        Box::pin(self.send(page, key))
    }
    fn reconcile<'a>(&'a self, _: &'a Cleared, key: &'a str, _: DateTime<Utc>) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.silence(key))
    }
}

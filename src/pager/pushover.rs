//! Pushover: a message of emergency priority, which rings until it is acknowledged in the app; that calls our link.
//!
//! After <https://pushover.net/api#priority>. A message cannot be looked up. One whose answer was lost is silenced by its tag
//! and sent anew, so at most one rings. By the same tag it is silenced once somebody has it, or the call is over
//! (<https://pushover.net/api/receipts#cancel_by_tag>).

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Pager, Service, address, nothing_to_say};
use crate::{
    config,
    incident::paging::{Act, Cleared},
    outbox::{
        port::{BoxFuture, Outcome, Reconciled},
        wire::{self, Answer, Lost},
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

    async fn send(&self, page: &Cleared) -> Outcome {
        let user = match address(page, "user key of Pushover") {
            Ok(user) => user,
            Err(outcome) => return outcome,
        };
        let (title, message, tag) = (format!("{} {}", page.severity, page.incident), page.text(), tag(page));
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

    /// Where nothing rings by this tag, that is as well.
    async fn cancel(&self, page: &Cleared) -> Result<Answer, Lost> {
        let file = format!("{}.json", tag(page));
        let url = self.0.url(&["1", "receipts", "cancel_by_tag", &file]);
        wire::call(self.0.client.post(url).form(&[("token", self.0.secret.expose())])).await
    }

    async fn silence(&self, page: &Cleared) -> Reconciled {
        match self.cancel(page).await {
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

/// One for whatever a call sends to one person. A user key is nobody's to read, so what stands in the address is made of it; and
/// tags hold no comma and no slash.
fn tag(page: &Cleared) -> String {
    let whose = hex::encode(Sha256::digest(page.address.as_bytes()));
    let call = page.call.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    format!("{}-{}", call.collect::<String>(), whose.get(..8).unwrap_or_default())
}

impl Pager for Pushover {
    fn page<'a>(&'a self, page: &'a Cleared, _: &'a str) -> BoxFuture<'a, Outcome> {
        match page.act {
            Act::Trigger => Box::pin(self.send(page)),
            // Of somebody whose key the settings have no more, nothing can be found.
            Act::Acknowledge | Act::Resolve if page.address.is_empty() => nothing_to_say(),
            Act::Acknowledge | Act::Resolve => {
                Box::pin(async move { self.0.outcome(self.cancel(page).await, &page.address, |_| None) })
            }
        }
    }
    fn reconcile<'a>(&'a self, page: &'a Cleared, _: &'a str, _: DateTime<Utc>) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.silence(page))
    }
}

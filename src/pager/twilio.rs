//! Text messages by Twilio. It takes no key of ours: a message whose answer was lost is looked for among those to the same
//! number, by its text, whose link is this page's own, and its time.
//!
//! After <https://www.twilio.com/docs/messaging/api/message-resource>.

use chrono::{DateTime, Duration, Utc};
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

/// Messages that are looked through; no number gets as many in the minutes that a look is about.
const LOOKED_AT: &str = "100";
/// Times there are in whole seconds, by another clock.
const SKEW_SECONDS: i64 = 30;

pub(super) struct Twilio {
    service: Service,
    account: String,
    from: String,
}

#[derive(Deserialize)]
struct Message {
    sid: String,
    body: Option<String>,
    date_created: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Message>,
}

impl Twilio {
    pub fn new(settings: &config::Pager) -> Result<Self, String> {
        Ok(Self {
            service: Service::new("Twilio", settings, "https://api.twilio.com")?,
            account: settings.account.clone().unwrap_or_default(),
            from: settings.from.clone().unwrap_or_default(),
        })
    }

    fn url(&self) -> reqwest::Url {
        self.service.url(&["2010-04-01", "Accounts", &self.account, "Messages.json"])
    }

    async fn send(&self, page: &Cleared) -> Outcome {
        let to = match address(page, "number for text messages") {
            Ok(to) => to,
            Err(outcome) => return outcome,
        };
        // A messaging service has an id, a sender a number or a name.
        let from = if self.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let form = [("To", to), (from, &self.from), ("Body", &page.text())];
        let request = self
            .service
            .client
            .post(self.url())
            .basic_auth(&self.account, Some(self.service.secret.expose()))
            .form(&form);
        self.service.outcome(wire::call(request).await, to, |answer| answer.json::<Message>().map(|m| m.sid))
    }

    async fn look(&self, page: &Cleared, since: DateTime<Utc>) -> Reconciled {
        let mut url = self.url();
        url.query_pairs_mut().append_pair("To", &page.address).append_pair("PageSize", LOOKED_AT);
        let request =
            self.service.client.get(url).basic_auth(&self.account, Some(self.service.secret.expose()));
        let kept: Option<Page> = match wire::call(request).await {
            Ok(answer) if answer.ok() => answer.json(),
            Ok(answer) => {
                return Reconciled::CannotTell {
                    why: format!("Twilio answered {} to the look.", answer.status),
                };
            }
            Err(lost) => {
                return Reconciled::CannotTell { why: format!("Twilio could not be asked: {}", lost.why()) };
            }
        };
        let Some(kept) = kept else {
            return Reconciled::CannotTell { why: "Twilio's answer could not be read.".into() };
        };
        let (text, since) = (page.text(), since - Duration::seconds(SKEW_SECONDS));
        let is_this = |one: &Message| {
            let at = one.date_created.as_deref().and_then(|at| DateTime::parse_from_rfc2822(at).ok());
            // A trial account puts words of its own before ours.
            one.body.as_ref().is_some_and(|body| body.ends_with(&text)) && at.is_some_and(|at| at >= since)
        };
        match kept.messages.into_iter().find(is_this) {
            Some(one) => Reconciled::Arrived { external_id: Some(one.sid), url: None },
            None => Reconciled::Absent,
        }
    }
}

impl Pager for Twilio {
    fn page<'a>(&'a self, page: &'a Cleared, _: &'a str) -> BoxFuture<'a, Outcome> {
        if page.act != Act::Trigger {
            return nothing_to_say();
        }
        Box::pin(self.send(page))
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

//! GoAlert, by the generic API of a service: one alert for each call, known by `dedup`, so sending it twice is the same as once.
//!
//! After its own documentation (Wizard, «Generic API»): `summary`, `details`, `dedup`, and `action=close`. The key goes in the
//! form, so no address holds it. GoAlert has no word for an acknowledgement from outside: it goes on until the call is over.

use chrono::{DateTime, Utc};

use super::{Pager, Service, nothing_to_say, send_again};
use crate::{
    config,
    incident::paging::{Act, Cleared},
    outbox::{
        port::{BoxFuture, Outcome, Reconciled},
        wire,
    },
};

pub(super) struct GoAlert(Service);

impl GoAlert {
    pub fn new(settings: &config::Pager) -> Result<Self, String> {
        Service::new("GoAlert", settings, "").map(Self)
    }
}

impl Pager for GoAlert {
    fn page<'a>(&'a self, page: &'a Cleared, _: &'a str) -> BoxFuture<'a, Outcome> {
        if page.act == Act::Acknowledge {
            return nothing_to_say();
        }
        Box::pin(async move {
            let (summary, details) = (page.headline(), page.text());
            let mut form = vec![
                ("token", self.0.secret.expose()),
                ("summary", &summary),
                ("details", &details),
                ("dedup", &page.call),
            ];
            if page.act == Act::Resolve {
                form.push(("action", "close"));
            }
            let url = self.0.url(&["api", "v2", "generic", "incoming"]);
            let called = wire::call(self.0.client.post(url).form(&form)).await;
            self.0.outcome(called, "", |_| Some(page.call.clone()))
        })
    }
    fn reconcile<'a>(&'a self, _: &'a Cleared, _: &'a str, _: DateTime<Utc>) -> BoxFuture<'a, Reconciled> {
        send_again()
    }
}

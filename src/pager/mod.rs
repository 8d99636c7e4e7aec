//! Pagers: what wakes people. Each file is one [`Pager`]; the outbox knows when to try, to look and to give up.
//!
//! A page comes as [`Cleared`], so an exercise reaches only pagers that the settings call safe for drills. Whoever it
//! wakes acknowledges by a link, in the chat or by a command; the next step of the escalation comes all the same, should
//! a pager be away.

mod email;
mod goalert;
mod ntfy;
mod opsgenie;
mod pagerduty;
mod pushover;
pub mod source;
#[cfg(test)]
mod tests;
mod twilio;
mod webhook;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use reqwest::Client;

use crate::{
    config::{self, PagerKind, Secret},
    incident::paging::Cleared,
    outbox::{
        port::{BoxFuture, Content, Courier, Errand, Outcome, Reconciled},
        wire::{self, Answer, Lost},
    },
};

/// What time it is.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

const CONNECT_MS: u64 = 5_000;
const TOTAL_MS: u64 = 15_000;
/// Without word from a service whose limit is reached, that long is waited: the next step is not far.
const WAIT_S: u64 = 15;
const WAIT_S_MAX: u64 = 300;

/// One service that wakes people.
pub trait Pager: Send + Sync {
    /// `key` is the delivery's idempotency key, the same at every attempt. Time limits hold; no secret and no address of
    /// anybody's is in any text returned.
    fn page<'a>(&'a self, page: &'a Cleared, key: &'a str) -> BoxFuture<'a, Outcome>;
    /// Whether a page arrived whose answer was lost; `since` is when it was planned.
    fn reconcile<'a>(
        &'a self,
        page: &'a Cleared,
        key: &'a str,
        since: DateTime<Utc>,
    ) -> BoxFuture<'a, Reconciled>;
}

/// A pager as a courier.
pub struct Paging {
    destination: String,
    pager: Box<dyn Pager>,
}

impl Paging {
    /// The pager of this name as the settings have it.
    ///
    /// # Errors
    /// A sentence for whoever wrote the settings.
    pub fn new(name: &str, settings: &config::Pager, now: Now) -> Result<Paging, String> {
        let pager: Box<dyn Pager> = match settings.kind {
            PagerKind::Email => Box::new(email::Email::new(settings)?),
            PagerKind::Goalert => Box::new(goalert::GoAlert::new(settings)?),
            PagerKind::Ntfy => Box::new(ntfy::Ntfy::new(settings)?),
            PagerKind::Opsgenie => Box::new(opsgenie::Opsgenie::new(settings)?),
            PagerKind::Pagerduty => Box::new(pagerduty::PagerDuty::new(settings)?),
            PagerKind::Pushover => Box::new(pushover::Pushover::new(settings)?),
            PagerKind::Twilio => Box::new(twilio::Twilio::new(settings)?),
            PagerKind::Webhook => Box::new(webhook::Webhook::new(settings, now)?),
        };
        Ok(Paging { destination: format!("{}{name}", crate::desk::paging::PAGER), pager })
    }
}

impl Courier for Paging {
    fn destination(&self) -> &str {
        &self.destination
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome> {
        match &errand.content {
            Content::Page(page) => self.pager.page(page, &errand.delivery.key),
            _ => Box::pin(async { Outcome::Failed { why: "Only pages are sent there.".into() } }),
        }
    }
    fn reconcile<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Reconciled> {
        match &errand.content {
            Content::Page(page) => {
                self.pager.reconcile(page, &errand.delivery.key, errand.delivery.created_at)
            }
            _ => Box::pin(async { Reconciled::Absent }),
        }
    }
}

/// What goes with every call of one service.
struct Service {
    /// As people call it.
    name: &'static str,
    client: Client,
    base: reqwest::Url,
    secret: Secret,
}

impl Service {
    fn new(name: &'static str, settings: &config::Pager, usual: &str) -> Result<Service, String> {
        let url = settings.url.clone().unwrap_or_else(|| usual.to_owned());
        if url.is_empty() {
            return Err(format!("{name} needs the address at which it is reached: `url`"));
        }
        Ok(Service {
            name,
            client: wire::client(CONNECT_MS, TOTAL_MS)?,
            base: wire::base_url("pagers.….url", &url)?,
            secret: settings.token.clone().unwrap_or_default(),
        })
    }

    /// An address below the base.
    fn url(&self, path: &[&str]) -> reqwest::Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// What an answer means for a page; `id` is what the service calls it. `address` is nobody's to read.
    fn outcome(
        &self,
        called: Result<Answer, Lost>,
        address: &str,
        id: impl FnOnce(&Answer) -> Option<String>,
    ) -> Outcome {
        let name = self.name;
        let answer = match called {
            Ok(answer) => answer,
            Err(Lost::NotSent(why)) => {
                return Outcome::Retry { after: None, why: format!("{name} could not be reached: {why}") };
            }
            Err(Lost::MaybeSent(why)) => {
                return Outcome::Unknown { why: format!("{name} was asked, but its answer was lost: {why}") };
            }
        };
        if answer.ok() {
            return Outcome::Sent { external_id: id(&answer), url: None };
        }
        let said = answer.quote(&[&self.secret, &Secret::new(address)]);
        let status = answer.status;
        match status {
            408 | 500.. => Outcome::Unknown { why: format!("{name} answered {status}: {said}") },
            429 => {
                let after = answer.retry_after(WAIT_S, WAIT_S_MAX);
                Outcome::Retry { after: Some(after), why: format!("{name}'s limit is reached: {said}") }
            }
            401 | 403 => Outcome::Failed {
                why: format!("{name} refused our token ({status}: {said}). Check `token` of this pager."),
            },
            _ => Outcome::Failed { why: format!("{name} refused the page ({status}: {said}).") },
        }
    }
}

/// Of services that take the same page once, however often it is sent: it may be sent again at once.
fn send_again<'a>() -> BoxFuture<'a, Reconciled> {
    Box::pin(async { Reconciled::Absent })
}

/// Of a pager that reaches people: where.
fn address<'a>(page: &'a Cleared, what: &str) -> Result<&'a str, Outcome> {
    if page.address.is_empty() {
        let why = format!("The settings name no {what} for whom this page is for.");
        return Err(Outcome::Failed { why });
    }
    Ok(&page.address)
}

/// Of what is told only to those who are called: there is nothing more to say once it is answered.
fn nothing_to_say<'a>() -> BoxFuture<'a, Outcome> {
    Box::pin(async { Outcome::Sent { external_id: None, url: None } })
}

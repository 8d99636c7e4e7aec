//! The way back to the senders of alerts: acknowledgements and silences. One file a sender.
//!
//! What is asked may be asked twice without harm, but for a silence in Alertmanager: that is looked for by its mark first.

mod alertmanager;
mod icinga2;
mod nagios;
mod opsgenie;
mod pagerduty;
mod recall;

use reqwest::{Client, RequestBuilder, Url};

use super::Now;
use crate::{
    alert::{Alert, text::one_line},
    config::secret::Secret,
    journal::rows::Asking,
    outbox::{
        port::{Asked, BoxFuture, Content, Courier, Errand, Outcome, Reconciled},
        wire::{self, Answer, Lost},
    },
};

pub use recall::Recall;

/// Alerts of one situation that one acknowledgement is passed on for at most.
const ALERTS_MAX: usize = 50;
/// As many as somebody may write (`desk/arrange.rs`).
const REASON_CHARS_MAX: usize = 500;
const CONNECT_MS: u64 = 5_000;
const TOTAL_MS: u64 = 15_000;
/// Waited for where a sender that is asked too much does not say how long.
const WAIT_S: u64 = 30;
const WAIT_S_MAX: u64 = 900;

/// Where a sender is reached, as the settings say.
#[derive(Debug, Clone, Default)]
pub struct UpstreamSettings {
    /// The hook by which it tells us.
    pub hook: String,
    /// The outbox's name for it.
    pub destination: String,
    /// `alertmanager`, `icinga2`, `nagios`, `opsgenie` or `pagerduty`.
    pub sender: String,
    pub url: Option<Url>,
    pub token: Option<Secret>,
    pub user: Option<String>,
    /// A certificate to trust, as PEM.
    pub ca: Option<Vec<u8>>,
    pub from: Option<String>,
    pub command_file: Option<std::path::PathBuf>,
}

/// What a sender of this kind can be asked; `has_account`: whether it is asked in the name of an account of its own (`from`).
/// PagerDuty's Events API acknowledges and does not take it back; its REST API does.
pub fn takes(sender: &str, has_account: bool) -> Vec<Asking> {
    match sender {
        "alertmanager" => vec![Asking::Acknowledge, Asking::Silence, Asking::Unsilence],
        "pagerduty" if !has_account => vec![Asking::Acknowledge],
        "icinga2" | "nagios" | "opsgenie" | "pagerduty" => vec![Asking::Acknowledge, Asking::Unacknowledge],
        _ => vec![],
    }
}

/// One sender that can be told.
trait Monitor: Send + Sync {
    fn ask<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Outcome>;
    /// Asked after an answer was lost. What may be asked twice is simply asked again.
    fn look<'a>(&'a self, _: &'a Asked) -> BoxFuture<'a, Reconciled> {
        Box::pin(async { Reconciled::Absent })
    }
}

/// The courier to one sender.
pub struct Upstream {
    destination: String,
    monitor: Box<dyn Monitor>,
}

impl Upstream {
    /// # Errors
    /// A sentence for whoever wrote the settings.
    pub fn new(settings: UpstreamSettings, now: Now) -> Result<Self, String> {
        let destination = settings.destination.clone();
        let monitor: Box<dyn Monitor> = match settings.sender.as_str() {
            "alertmanager" => Box::new(alertmanager::Alertmanager(Api::new(&settings, None)?)),
            "icinga2" => Box::new(icinga2::Icinga(Api::new(&settings, None)?)),
            "nagios" => Box::new(nagios::Nagios::new(&settings, now)?),
            "opsgenie" => Box::new(opsgenie::Opsgenie(Api::new(&settings, Some(opsgenie::URL))?)),
            "pagerduty" => Box::new(pagerduty::PagerDuty::new(&settings)?),
            other => return Err(format!("nothing can be passed on to {other}")),
        };
        Ok(Self { destination, monitor })
    }
}

impl Courier for Upstream {
    fn destination(&self) -> &str {
        &self.destination
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome> {
        match &errand.content {
            Content::Ask(asked) => self.monitor.ask(asked),
            _ => Box::pin(async {
                Outcome::Failed { why: "Senders of alerts are told of alerts only.".into() }
            }),
        }
    }
    fn reconcile<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Reconciled> {
        match &errand.content {
            Content::Ask(asked) => self.monitor.look(asked),
            _ => Box::pin(async { Reconciled::Absent }),
        }
    }
}

/// An API over HTTP with its credentials.
struct Api {
    name: &'static str,
    base: Url,
    client: Client,
    token: Option<Secret>,
    user: Option<String>,
}

impl Api {
    fn new(settings: &UpstreamSettings, usual: Option<&str>) -> Result<Self, String> {
        let name = match settings.sender.as_str() {
            "alertmanager" => "Alertmanager",
            "icinga2" => "Icinga",
            "opsgenie" => "Opsgenie",
            _ => "PagerDuty",
        };
        let base = match (&settings.url, usual) {
            (Some(url), _) => url.clone(),
            (None, Some(usual)) => Url::parse(usual).map_err(|e| format!("{usual}: {e}"))?,
            (None, None) => return Err(format!("{name} needs api_url")),
        };
        Ok(Self {
            name,
            base,
            client: wire::client_trusting(CONNECT_MS, TOTAL_MS, settings.ca.as_deref())?,
            token: settings.token.clone(),
            user: settings.user.clone(),
        })
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// With the name and password, or the bearer token, that the settings give.
    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match (&self.user, &self.token) {
            (Some(user), token) => request.basic_auth(user, token.as_ref().map(Secret::expose)),
            (None, Some(token)) => request.bearer_auth(token.expose()),
            (None, None) => request,
        }
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.token.iter().collect()
    }

    /// What came of asking for something that may be asked twice.
    fn outcome(&self, called: Result<Answer, Lost>) -> Outcome {
        match called {
            Ok(answer) => self.judged(&answer),
            Err(lost) => self.unreached(lost),
        }
    }

    fn judged(&self, answer: &Answer) -> Outcome {
        if answer.ok() { Outcome::Sent { external_id: None, url: None } } else { self.refusal(answer) }
    }

    fn unreached(&self, lost: Lost) -> Outcome {
        Outcome::Retry { after: None, why: format!("{} could not be reached: {}", self.name, lost.why()) }
    }

    fn refusal(&self, answer: &Answer) -> Outcome {
        let said = answer.quote(&self.secrets());
        let why = format!("{} answered {}: {said}", self.name, answer.status);
        match answer.status {
            429 => Outcome::Retry { after: Some(answer.retry_after(WAIT_S, WAIT_S_MAX)), why },
            401 | 403 => Outcome::Failed { why: format!("{why}. Look at its credentials in [senders].") },
            408 | 425 | 500.. => Outcome::Retry { after: None, why },
            _ => Outcome::Failed { why },
        }
    }
}

/// Asks for each alert, one after another; the first that does not go through decides. All are asked again then.
async fn each<'a, F>(alerts: &'a [Alert], mut ask: impl FnMut(&'a Alert) -> F) -> Outcome
where
    F: Future<Output = Outcome>,
{
    if alerts.len() > ALERTS_MAX {
        return Outcome::Failed {
            why: format!(
                "{} alerts are more than the {ALERTS_MAX} that are acknowledged at once",
                alerts.len()
            ),
        };
    }
    let mut last = Outcome::Sent { external_id: None, url: None };
    for alert in alerts {
        last = ask(alert).await;
        if !matches!(last, Outcome::Sent { .. }) {
            return last;
        }
    }
    last
}

/// Who and why, in one line that names nobody's command.
fn comment(asked: &Asked) -> String {
    let reason = one_line(&asked.reason, REASON_CHARS_MAX);
    let said = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{} by {} in commandpost, S-{}{said}", done(asked.how), asked.by, asked.situation)
}

fn done(how: Asking) -> &'static str {
    match how {
        Asking::Acknowledge => "acknowledged",
        Asking::Unacknowledge => "acknowledgement taken back",
        Asking::Silence => "silenced",
        Asking::Unsilence => "silence ended",
    }
}

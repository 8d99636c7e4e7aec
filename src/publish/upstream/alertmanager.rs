//! Alertmanager, API v2: a silence. It knows no acknowledgement, so that is a silence too, of an hour or so.
//!
//! <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>. A silence has no key of ours: its comment ends with
//! one, by which it is found when the answer was lost, and ended when its number was never learnt.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::{Api, Monitor, comment};
use crate::{
    alert::Alert,
    journal::rows::Asking,
    outbox::port::{Asked, BoxFuture, Outcome, Reconciled},
    outbox::wire::{self, Answer, Lost},
};

pub(super) struct Alertmanager(pub Api);

#[derive(Deserialize)]
struct Made {
    #[serde(rename = "silenceID")]
    id: String,
}

#[derive(Deserialize)]
struct Silence {
    id: String,
    #[serde(default)]
    comment: String,
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

impl Monitor for Alertmanager {
    fn ask<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match asked.how {
                Asking::Unsilence | Asking::Unacknowledge => self.end(asked).await,
                Asking::Silence | Asking::Acknowledge => self.make(asked).await,
            }
        })
    }

    fn look<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Reconciled> {
        Box::pin(async move {
            if asked.how.is_end() {
                return Reconciled::Absent;
            }
            match self.find(&mark(asked)).await {
                Ok(Some(found)) => Reconciled::Arrived { external_id: Some(found.id), url: None },
                Ok(None) => Reconciled::Absent,
                Err(outcome) => match outcome.why() {
                    Some(why) => Reconciled::CannotTell { why: why.to_owned() },
                    None => Reconciled::Absent,
                },
            }
        })
    }
}

/// The end of a comment.
fn mark(asked: &Asked) -> String {
    format!("[{}]", asked.mark)
}

/// The labels that all alerts share, but for those that a secret was masked in.
fn common(alerts: &[Alert]) -> BTreeMap<String, String> {
    let Some((first, others)) = alerts.split_first() else { return BTreeMap::new() };
    let is_shared = |(name, value): &(&String, &String)| {
        others.iter().all(|other| other.labels.get(*name) == Some(*value)) && !value.contains("[masked")
    };
    first.labels.iter().filter(is_shared).map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Alertmanager {
    async fn make(&self, asked: &Asked) -> Outcome {
        let labels = common(&asked.alerts);
        if labels.is_empty() {
            let why = "its alerts share no label by which they could be silenced, and nothing else";
            return Outcome::Failed { why: why.to_owned() };
        }
        let matchers: Vec<_> = labels
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true }))
            .collect();
        let body = json!({
            "matchers": matchers,
            "startsAt": asked.at.to_rfc3339(),
            "endsAt": asked.until.to_rfc3339(),
            "createdBy": asked.by,
            "comment": format!("{} {}", comment(asked), mark(asked)),
        });
        let request = self.0.signed(self.0.client.post(self.0.url(&["api", "v2", "silences"])));
        match wire::call(request.json(&body)).await {
            Ok(answer) if answer.ok() => {
                Outcome::Sent { external_id: answer.json::<Made>().map(|made| made.id), url: None }
            }
            Ok(answer) if answer.status >= 500 || answer.status == 408 => self.unknown(&answer),
            Ok(answer) => self.0.refusal(&answer),
            Err(lost @ Lost::NotSent(_)) => self.0.unreached(lost),
            Err(lost @ Lost::MaybeSent(_)) => Outcome::Unknown {
                why: format!("Alertmanager was asked, but its answer was lost: {}", lost.why()),
            },
        }
    }

    fn unknown(&self, answer: &Answer) -> Outcome {
        let said = answer.quote(&self.0.secrets());
        Outcome::Unknown { why: format!("Alertmanager answered {}: {said}", answer.status) }
    }

    async fn end(&self, asked: &Asked) -> Outcome {
        let gone = Outcome::Sent { external_id: None, url: None };
        let found = match &asked.remote {
            Some(id) => self.one(id).await,
            None => self.find(&mark(asked)).await,
        };
        let silence = match found {
            Ok(Some(silence)) if silence.status.state != "expired" => silence,
            // It ended by itself, or somebody there ended it.
            Ok(_) => return gone,
            Err(outcome) => return outcome,
        };
        let url = self.0.url(&["api", "v2", "silence", &silence.id]);
        self.0.outcome(wire::call(self.0.signed(self.0.client.delete(url))).await)
    }

    async fn one(&self, id: &str) -> Result<Option<Silence>, Outcome> {
        let url = self.0.url(&["api", "v2", "silence", id]);
        match wire::call(self.0.signed(self.0.client.get(url))).await {
            Ok(answer) if answer.status == 404 => Ok(None),
            other => self.read(other).map(Some),
        }
    }

    /// The silence whose comment has this mark.
    async fn find(&self, mark: &str) -> Result<Option<Silence>, Outcome> {
        let url = self.0.url(&["api", "v2", "silences"]);
        let all: Vec<Silence> = self.read(wire::call(self.0.signed(self.0.client.get(url))).await)?;
        Ok(all.into_iter().find(|silence| silence.comment.contains(mark)))
    }

    fn read<T: serde::de::DeserializeOwned>(&self, called: Result<Answer, Lost>) -> Result<T, Outcome> {
        match called {
            Ok(answer) if answer.ok() => answer.json().ok_or_else(|| Outcome::Retry {
                after: None,
                why: "Alertmanager's answer could not be read".to_owned(),
            }),
            Ok(answer) => Err(self.0.refusal(&answer)),
            Err(lost) => Err(self.0.unreached(lost)),
        }
    }
}

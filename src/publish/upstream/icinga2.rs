//! Icinga 2, its REST API: the action `acknowledge-problem`.
//!
//! <https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/#acknowledge-problem>. It is asked to notify, so that the
//! acknowledgement comes back by the hook and others hear of it too.

use serde::Deserialize;
use serde_json::json;

use super::{Api, Monitor, comment, each};
use crate::{
    alert::Alert,
    outbox::port::{Asked, BoxFuture, Outcome},
    outbox::wire::{self, Answer},
};

pub(super) struct Icinga(pub Api);

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    results: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    code: f64,
    #[serde(default)]
    status: String,
}

impl Monitor for Icinga {
    fn ask<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Outcome> {
        Box::pin(each(&asked.alerts, move |alert| self.acknowledge(asked, alert)))
    }
}

impl Icinga {
    async fn acknowledge(&self, asked: &Asked, alert: &Alert) -> Outcome {
        let Some(host) = alert.labels.get("host") else {
            return Outcome::Failed { why: "the alert does not say which host it is of".to_owned() };
        };
        let service = alert.labels.get("service");
        let filter = match service {
            Some(_) => "host.name == commandpost_host && service.name == commandpost_service",
            None => "host.name == commandpost_host",
        };
        let body = json!({
            "type": if service.is_some() { "Service" } else { "Host" },
            "filter": filter,
            "filter_vars": { "commandpost_host": host, "commandpost_service": service },
            "author": asked.by,
            "comment": comment(asked),
            "notify": true,
        });
        let url = self.0.url(&["v1", "actions", "acknowledge-problem"]);
        let request = self.0.client.post(url).header("accept", "application/json");
        match wire::call(self.0.signed(request).json(&body)).await {
            Ok(answer) => self.said(&answer),
            Err(lost) => self.0.unreached(lost),
        }
    }

    /// Each object has a verdict of its own; when all refuse, the answer is 500.
    fn said(&self, answer: &Answer) -> Outcome {
        let results = answer.json::<Results>().map(|all| all.results).unwrap_or_default();
        let is_there = |said: &&Said| said.code >= 300.0 && !said.status.contains("already acknowledged");
        match (results.is_empty(), results.iter().find(is_there)) {
            (true, _) => self.0.judged(answer),
            (false, None) => Outcome::Sent { external_id: None, url: None },
            (false, Some(said)) => {
                let status: String = said.status.chars().filter(|c| !c.is_control()).take(300).collect();
                Outcome::Failed { why: format!("Icinga says: {status}") }
            }
        }
    }
}

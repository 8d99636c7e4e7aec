//! Icinga 2, its REST API: the actions `acknowledge-problem` and `remove-acknowledgement`.
//!
//! <https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/#acknowledge-problem>. It is asked to notify, so that the
//! acknowledgement comes back by the hook and others hear of it too. That one was taken back it tells nobody.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Api, Monitor, comment, each};
use crate::{
    alert::Alert,
    journal::rows::Asking,
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
        Box::pin(each(&asked.alerts, move |alert| self.ask_of(asked, alert)))
    }
}

impl Icinga {
    async fn ask_of(&self, asked: &Asked, alert: &Alert) -> Outcome {
        let Some(body) = body(asked, alert) else {
            return Outcome::Failed { why: "the alert does not say which host it is of".to_owned() };
        };
        let is_back = asked.how == Asking::Unacknowledge;
        let action = if is_back { "remove-acknowledgement" } else { "acknowledge-problem" };
        let url = self.0.url(&["v1", "actions", action]);
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

/// Which object it is about, who asks and why; nothing, where the alert names no host.
fn body(asked: &Asked, alert: &Alert) -> Option<Value> {
    let host = alert.labels.get("host")?;
    let service = alert.labels.get("service");
    let filter = match service {
        Some(_) => "host.name == commandpost_host && service.name == commandpost_service",
        None => "host.name == commandpost_host",
    };
    let mut body = json!({
        "type": if service.is_some() { "Service" } else { "Host" },
        "filter": filter,
        "filter_vars": { "commandpost_host": host, "commandpost_service": service },
        "author": asked.by,
    });
    if asked.how != Asking::Unacknowledge {
        body["comment"] = comment(asked).into();
        body["notify"] = true.into();
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::alert::testing::alert;

    #[test]
    fn an_acknowledgement_is_taken_back_of_the_very_object_that_it_was_of() {
        let at = DateTime::from_timestamp(1_795_205_588, 0).unwrap();
        let asked = |how: Asking| Asked {
            how,
            situation: 3,
            by: "Ada".into(),
            reason: "looking".into(),
            at,
            until: at,
            alerts: vec![],
            remote: None,
            mark: String::new(),
        };
        let labels = [("host", "db1"), ("service", "disk")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let of = Alert { labels: labels.into(), ..alert("x") };
        let taken = body(&asked(Asking::Acknowledge), &of).unwrap();
        let back = body(&asked(Asking::Unacknowledge), &of).unwrap();
        for same in ["type", "filter", "filter_vars", "author"] {
            assert_eq!(taken[same], back[same]);
        }
        assert_eq!(taken["comment"], "acknowledged by Ada in commandpost, S-3: looking");
        assert!(back.get("comment").is_none() && back.get("notify").is_none(), "{back}");
        assert!(body(&asked(Asking::Unacknowledge), &Alert { labels: [].into(), ..of }).is_none());
    }
}

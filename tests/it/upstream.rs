//! An acknowledgement from here is one at PagerDuty and at Opsgenie: once told, whatever stands in its way.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::sync::Arc;

use commandpost::model::{
    fault::Fault, opsgenie::OpsgenieModel, pagerduty::PagerDutyModel, recorder::Recorded,
};
use serde_json::{Value, json};

use crate::support::{
    openapi::OpenApi,
    program::{Program, until},
    specs,
};

const KEY: &str = "canary-of-the-api-key";

fn event(id: &str, kind: &str, status: &str) -> Value {
    json!({ "event": { "id": "01", "event_type": kind, "resource_type": "incident", "occurred_at": "2026-11-20T20:13:08Z",
        "data": { "id": id, "type": "incident", "number": 2, "status": status, "created_at": "2026-11-20T20:13:08Z",
            "title": "Checkout answers 500", "urgency": "high", "service": { "summary": "API" } } } })
}

/// What PagerDuty says is wrong with events that it got.
fn wrong_events(requests: &[Recorded]) -> Vec<String> {
    match specs::find("events for PagerDuty", "pagerduty/events-v2.openapi.json") {
        Some(file) => OpenApi::read(&file, "/v2").violations(requests),
        None => vec![],
    }
}

/// What PagerDuty says is wrong with changes of incidents that it got. Its description as a whole names parts that are not in it,
/// so what it says of this one request is looked at by itself.
fn wrong_changes(requests: &[Recorded]) -> Vec<String> {
    let Some(file) = specs::find("changes of incidents at PagerDuty", "pagerduty/rest.openapi.json") else {
        return vec![];
    };
    let text = std::fs::read_to_string(file).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let change = &document["paths"]["/incidents/{id}"]["put"];
    assert!(change["parameters"].to_string().contains("from_header"), "who asks is said in a header");
    let described = &change["requestBody"]["content"]["application/json"]["schema"]["properties"]["incident"];
    let mut wrong = Vec::new();
    for request in requests {
        let body = request.json().unwrap_or_default();
        let given = body["incident"].as_object().cloned().unwrap_or_default();
        wrong.extend(request.header("from").is_none().then(|| "nobody asks".to_owned()));
        wrong.extend(given.is_empty().then(|| format!("nothing is changed: {body}")));
        for (name, value) in given {
            let values = described["properties"][&name]["enum"].as_array();
            if !values.is_some_and(|values| values.contains(&value)) {
                wrong.push(format!("{name}: {value} is not described"));
            }
        }
    }
    wrong
}

async fn entries(post: &Program, incident: &str) -> String {
    post.timeline(incident, 1).await.iter().map(|entry| format!("{}\n", entry["text"])).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_acknowledges_here_acknowledges_at_pagerduty_by_either_api() {
    let model = PagerDutyModel::start(
        KEY,
        "oncall@shop.example",
        "routing-key-0123456789abcdef",
        Arc::new(chrono::Utc::now),
    )
    .await
    .unwrap();
    model.trigger("PGR0VU2");
    model.raise("db1/disk");
    let mut post = Program::new("");
    let (key, routing) = (post.secret("key", KEY), post.secret("routing", "routing-key-0123456789abcdef"));
    post.configure(&format!(
        "[hooks.monitors]\nsender = \"pagerduty\"\n\
         [senders.pagerduty]\napi_url = \"{0}\"\nfrom = \"oncall@shop.example\"\napi_token_file = \"{key}\"\n\
         [senders.monitors]\napi_url = \"{0}\"\napi_token_file = \"{routing}\"\n",
        model.url()
    ));
    post.start().await;
    let triggered = event("PGR0VU2", "incident.triggered", "triggered");
    assert_eq!(post.post("/hooks/pagerduty", &triggered).await.status, 200);
    let raised = json!({ "routing_key": "r", "event_action": "trigger", "dedup_key": "db1/disk",
        "payload": { "summary": "disk is full", "source": "db1", "severity": "critical" } });
    assert_eq!(post.post("/hooks/monitors", &raised).await.status, 200);
    let incident = post.declare("Ada", "The shop is down").await;
    until(30, "two situations", || async {
        post.document("/api/v1/situations").await["situations"].as_array().unwrap().len() == 2
    })
    .await;
    for situation in ["S-1", "S-2"] {
        post.do_say("Ada", &incident, &format!("link {situation}")).await;
    }

    // It breaks, and then does what it was asked without saying so: it is asked again, which does no harm.
    model.faults().next_writes(1, Fault::Break);
    model.faults().next_writes(1, Fault::LoseAnswer);
    post.do_say("Ada", &incident, "ack S-1 looking").await;
    until(60, "it is acknowledged there", || async {
        model.incident("PGR0VU2").as_deref() == Some("acknowledged")
    })
    .await;
    post.do_say("Ada", &incident, "ack S-2").await;
    until(60, "so is the other", || async { model.alert("db1/disk").as_deref() == Some("acknowledged") })
        .await;
    until(60, "both are told", || async {
        let told = entries(&post, &incident).await;
        told.contains("The acknowledgement of S-1 by Ada was passed on to pagerduty.")
            && told.contains("The acknowledgement of S-2 by Ada was passed on to monitors.")
    })
    .await;
    let asked = model.requests();
    let (rest, events): (Vec<_>, Vec<_>) =
        asked.into_iter().partition(|one| one.path.starts_with("/incidents"));
    assert_eq!((rest.len(), events.len()), (3, 1), "asked until it was answered, and no more");
    assert_eq!((wrong_changes(&rest), wrong_events(&events)), (vec![], vec![]));

    // Taken back there as well, by the API that can; of the other it is said that it stays.
    let back = post.do_say("Ada", &incident, "unack S-1 it is the network").await;
    assert!(back.contains("It is being taken back at pagerduty."), "{back}");
    until(60, "it is triggered again", || async {
        model.incident("PGR0VU2").as_deref() == Some("triggered")
    })
    .await;
    let asked: Vec<_> =
        model.requests().into_iter().filter(|one| one.path.starts_with("/incidents")).collect();
    assert_eq!((asked.len(), wrong_changes(&asked)), (4, vec![]));
    let stays = post.do_say("Ada", &incident, "unack S-2").await;
    assert!(stays.contains("It stays acknowledged at monitors: end it there."), "{stays}");

    // What is over there is not opened again by an acknowledgement that comes late.
    let resolved = event("PGR0VU2", "incident.resolved", "resolved");
    assert_eq!(post.post("/hooks/pagerduty", &resolved).await.status, 200);
    until(30, "it is over", || async { entries(&post, &incident).await.contains("cleared") }).await;
    let refused = post.say("Bob", &incident, "ack S-1", None).await.unwrap();
    assert!(refused.why().contains("Nothing of S-1 fires any more"), "{}", refused.text);
    assert!(!post.log().contains(KEY));
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_acknowledges_here_acknowledges_at_opsgenie_and_learns_why_where_it_is_refused() {
    let model = OpsgenieModel::start(KEY, Arc::new(chrono::Utc::now)).await.unwrap();
    model.create("052652ac");
    let mut post = Program::new("");
    let key = post.secret("key", "a-key-that-is-withdrawn");
    let config = format!("[senders.opsgenie]\napi_url = \"{}\"\napi_token_file = \"{key}\"\n", model.url());
    post.configure(&config);
    post.start().await;
    let created = json!({ "action": "Create", "source": { "type": "api" }, "alert": { "alertId": "052652ac",
        "message": "Disk is full on db1", "priority": "P1", "createdAt": 1_795_205_588_104_i64 } });
    assert_eq!(post.post("/hooks/opsgenie", &created).await.status, 200);
    let incident = post.declare("Ada", "The disk is full").await;
    until(30, "the situation", || async {
        !post.document("/api/v1/situations").await["situations"].as_array().unwrap().is_empty()
    })
    .await;
    post.do_say("Ada", &incident, "link S-1").await;
    post.do_say("Ada", &incident, "ack S-1 looking").await;
    until(30, "why it was refused", || async {
        entries(&post, &incident).await.contains("could NOT be passed on to opsgenie: Opsgenie answered 401")
    })
    .await;
    assert_eq!(model.acknowledged_by("052652ac"), None);

    // With the right key, and one word: it is tried again.
    post.secret("key", KEY);
    assert!(post.stop().success());
    post.start().await;
    let failed = post.document("/api/v1/outbox").await["deliveries"][0]["n"].as_i64().unwrap();
    let again = post.post(&format!("/api/v1/outbox/{failed}/retry"), &json!({})).await;
    assert_eq!(again.status, 200, "{}", again.text);
    until(30, "it is acknowledged there", || async {
        model.acknowledged_by("052652ac").as_deref() == Some("Ada")
    })
    .await;
    until(30, "it is told", || async {
        entries(&post, &incident)
            .await
            .contains("The acknowledgement of S-1 by Ada was passed on to opsgenie.")
    })
    .await;
    let asked = model.requests().pop().unwrap();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v2/alerts/052652ac/acknowledge"));
    assert_eq!(asked.json().unwrap()["note"], "acknowledged by Ada in commandpost, S-1: looking");
    post.do_say("Bob", &incident, "unack S-1 it is the network").await;
    until(30, "it is taken back there", || async { model.acknowledged_by("052652ac").is_none() }).await;
    let asked = model.requests().pop().unwrap();
    assert_eq!(asked.path, "/v2/alerts/052652ac/unacknowledge");
    let note = "acknowledgement taken back by Bob in commandpost, S-1: it is the network";
    assert_eq!(asked.json().unwrap()["note"], note);
    assert!(post.stop().success());
}

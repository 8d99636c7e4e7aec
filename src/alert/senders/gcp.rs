//! Google Cloud Monitoring, also where Pub/Sub pushes it; Error Reporting and the budgets of Cloud Billing.
//!
//! <https://cloud.google.com/monitoring/support/notification-options#webhooks>,
//! <https://cloud.google.com/pubsub/docs/push#receive_push>,
//! <https://cloud.google.com/billing/docs/how-to/budgets-programmatic-notifications>

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::senders::text;
use crate::alert::text::digest;
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let pushed = body.at("message.data");
    if !pushed.is_there() || body.at("incident").is_there() {
        return published(body, out);
    }
    let bytes = STANDARD.decode(pushed.text()).unwrap_or_default();
    if let Ok(inner) = serde_json::from_slice::<Value>(&bytes) {
        return published(Node::of(&inner), out);
    }
    match std::str::from_utf8(&bytes).map(str::trim) {
        Ok(text) if !(text.is_empty() || text.starts_with('{')) => {
            said(text, body, out);
            Ok(())
        }
        _ => Err(out.missing("message.data")),
    }
}

/// What was published in words, and is read as any text is: by its topic, as far as that is told.
fn said(text: &str, body: Node<'_>, out: &mut Reading<'_>) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = text::told(first, rest);
    if line.is_no_change {
        out.no_alert(format!("{}: no change of its state.", line.title));
        return;
    }
    let subscription = body.get("subscription");
    let mut alert = Draft::new(digest(joined("\n", &[&subscription, &line.subject]).as_bytes()), line.title);
    alert.says(line.said);
    alert.severity(line.severity);
    for (name, value) in line.labels {
        alert.label(name, value);
    }
    alert.tags(body.at("message.attributes"));
    alert.label("subscription", subscription);
    alert.describe(rest);
    alert.changed_at(body.first(&["message.publishTime", "message.publish_time"]));
    out.alert(alert);
}

fn published(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.at("budgetDisplayName").is_there() {
        budget(body, out);
        return Ok(());
    }
    if body.at("group_info").is_there() {
        return error(body, out);
    }
    let incident = body.at("incident");
    if body.get("version") == "test" {
        out.no_alert("A test of Google Cloud Monitoring's.");
        return Ok(());
    }
    let on = incident.first(&["resource_display_name", "resource_name"]);
    let condition = joined(" on ", &[&incident.first(&["condition_name", "policy_name"]), &on]);
    let summary = incident.get("summary");
    let title = if summary.is_empty() { &condition } else { &summary };
    let mut alert = Draft::new(out.need(body, &["incident.incident_id"])?, title);
    alert.status(&incident.get("state"), &[]);
    alert.severity(incident.first(&[
        "severity",
        "policy_user_labels.severity",
        "metadata.user_labels.severity",
        "metadata.system_labels.severity",
    ]));
    let documentation = incident.first(&["documentation.content", "documentation.subject", "documentation"]);
    alert.describe(joined("\n", &[&condition, &documentation]));
    alert.labels(
        incident,
        &[("project", "scoping_project_id"), ("policy", "policy_name"), ("host", "resource_name")],
    );
    for labels in ["resource.labels", "metric.labels", "policy_user_labels", "metadata.user_labels"] {
        alert.tags(incident.at(labels));
    }
    alert.link(LinkKind::Source, incident.get("url"));
    for link in incident.at("documentation.links").list() {
        alert.link(LinkKind::Runbook, link.get("url"));
    }
    alert.starts_at(incident.get("started_at"));
    alert.ends_at(incident.get("ended_at"));
    out.alert(alert);
    Ok(())
}

/// A group of errors that Error Reporting tells of; it tells no end.
fn error(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let page = out.need(body, &["group_info.detail_link"])?;
    let said = joined(": ", &[&body.get("exception_info.type"), &body.get("exception_info.message")]);
    let mut alert = Draft::new(&page, if said.is_empty() { body.get("subject") } else { said });
    alert.describe(body.get("event_info.log_message"));
    alert.labels(
        body,
        &[
            ("project", "group_info.project_id"),
            ("service", "event_info.service"),
            ("version", "event_info.version"),
        ],
    );
    alert.link(LinkKind::Source, page);
    out.alert(alert);
    Ok(())
}

/// A budget tells its costs several times a day; only one that has passed a threshold is news, once for each.
fn budget(body: Node<'_>, out: &mut Reading<'_>) {
    let name = body.get("budgetDisplayName");
    let threshold = body.first(&["alertThresholdExceeded", "forecastThresholdExceeded"]);
    if threshold.is_empty() {
        out.no_alert(format!("The budget «{name}» has passed none of its thresholds."));
        return;
    }
    let spent = joined(" of ", &[&body.get("costAmount"), &body.get("budgetAmount")]);
    let spent = joined(" ", &[&spent, &body.get("currencyCode")]);
    let identity = joined("/", &["budget", &name, &body.get("costIntervalStart"), &threshold]);
    let mut alert = Draft::new(identity, joined(": ", &[&format!("Budget {name}"), &spent]));
    alert.label("threshold", threshold);
    alert.group(joined("/", &["budget", &name]));
    out.alert(alert);
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"version": "1.2", "incident": {"incident_id": "0.opqiw61fsv7p", "scoping_project_id": "shop", "state": "open",
        "started_at": 1795205588, "ended_at": null, "severity": "Critical", "policy_name": "Checkout",
        "condition_name": "CPU over 90%", "resource_display_name": "web1", "resource": {"type": "gce_instance",
        "labels": {"zone": "europe-west1-b"}}, "summary": "CPU utilization for web1 is above the threshold of 0.9",
        "url": "https://console.cloud.google.com/monitoring/alerting/incidents/0.opqiw61fsv7p"}}"#,
    r#"{"version": "1.2", "incident": {"incident_id": "0.opqiw61fsv7p", "scoping_project_id": "shop", "state": "closed",
        "started_at": 1795205588, "ended_at": 1795206788, "severity": "Critical", "policy_name": "Checkout",
        "condition_name": "CPU over 90%", "resource_display_name": "web1", "resource": {"type": "gce_instance",
        "labels": {"zone": "europe-west1-b"}}, "summary": "CPU utilization for web1 returned to normal",
        "url": "https://console.cloud.google.com/monitoring/alerting/incidents/0.opqiw61fsv7p"}}"#,
];

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::{Value, json};

    use crate::alert::senders::testing::read;
    use crate::alert::{Intake, Status};

    /// What Pub/Sub pushes of what was published to a topic.
    fn pushed(inner: &str) -> Intake {
        let message = json!({"data": STANDARD.encode(inner), "attributes": {}, "messageId": "1"});
        read("gcp", &json!({"message": message, "subscription": "projects/p/subscriptions/s"}).to_string())
    }

    #[test]
    fn an_incident_that_pubsub_pushes_is_the_one_that_monitoring_posts() {
        for body in super::EXAMPLES {
            assert_eq!(pushed(body).alerts, read("gcp", body).alerts);
        }
    }

    #[test]
    fn a_text_that_pubsub_pushes_is_read_as_a_text() {
        let (failed, over) = (
            pushed("FAILED: build of shop\nstep 3").alerts.remove(0),
            pushed("OK: build of shop").alerts.remove(0),
        );
        assert_eq!((failed.title.as_str(), failed.description.as_str()), ("build of shop failed", "step 3"));
        assert_eq!((failed.status, over.status), (Status::Firing, Status::Resolved));
        assert_eq!(failed.key(), over.key());
        assert_eq!(failed.labels["subscription"], "projects/p/subscriptions/s");
        let broken = json!({"message": {"data": STANDARD.encode("{\"incident\": ")}}).to_string();
        let gcp = crate::alert::senders::listed("gcp").unwrap().sender(&Default::default());
        assert!(gcp.read(broken.as_bytes(), None).is_err());
    }

    #[test]
    fn a_budget_is_an_alert_for_each_threshold_that_it_has_passed() {
        let told = |passed: Value| {
            let body = json!({"budgetDisplayName": "Monthly", "alertThresholdExceeded": passed, "costAmount": 90.5,
                "costIntervalStart": "2026-11-01T00:00:00Z", "budgetAmount": 100, "currencyCode": "USD"});
            pushed(&body.to_string())
        };
        let (nothing, most, all) = (told(Value::Null), told(json!(0.9)), told(json!(1.0)));
        assert!(nothing.alerts.is_empty() && !nothing.notes.is_empty());
        assert_eq!(most.alerts[0].title, "Budget Monthly: 90.5 of 100 USD");
        assert_ne!(most.alerts[0].key(), all.alerts[0].key());
        assert_eq!(most.alerts[0].group_key, all.alerts[0].group_key);
    }

    #[test]
    fn an_error_that_is_reported_leads_to_its_page() {
        let page = "https://console.cloud.google.com/errors/CKG?project=shop";
        let body = json!({"version": "1.0", "subject": "An error", "group_info": {"project_id": "shop", "detail_link": page},
            "exception_info": {"type": "IOException", "message": "disk is full"}, "event_info": {"service": "checkout"}});
        let alert = read("gcp", &body.to_string()).alerts.remove(0);
        assert_eq!((alert.title.as_str(), alert.links[0].url.as_str()), ("IOException: disk is full", page));
        assert_eq!(alert.labels["service"], "checkout");
    }
}

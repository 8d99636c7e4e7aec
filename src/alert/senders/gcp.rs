//! Google Cloud Monitoring. <https://cloud.google.com/monitoring/support/notification-options#webhooks>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
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

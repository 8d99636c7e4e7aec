//! Dash0's failed checks. <https://www.dash0.com/documentation/dash0/alerting/notification-channels/webhook>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let issue = body.at("data.issue");
    if body.get("type") == "test" {
        out.no_alert("A test of Dash0's.");
        return Ok(());
    }
    let title = joined(": ", &[&issue.get("checkrules.0.name"), &issue.get("summary")]);
    let mut alert = Draft::new(out.need(body, &["data.issue.id"])?, title);
    let status = issue.get("status");
    alert.status(&status, &[("degraded", Said::Firing)]);
    alert.severity_by(
        if alert.is_resolved() { "" } else { &status },
        &[("degraded", AlertSeverity::Warning), ("failed", AlertSeverity::Critical)],
    );
    alert.describe(issue.get("description"));
    alert.tags(issue.at("labels"));
    alert.tags(issue.at("annotations"));
    alert.link(LinkKind::Source, issue.get("url"));
    alert.link(LinkKind::Other, issue.get("checkrules.0.url"));
    alert.starts_at(issue.get("start"));
    alert.ends_at(issue.get("end"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"type": "alert.ongoing", "data": {"issue": {"id": "b9a9da0b", "start": "2026-11-20T20:13:08Z", "end": null,
        "status": "critical", "summary": "5% of requests fail", "description": "", "annotations": [],
        "labels": [{"key": "service.name", "value": {"stringValue": "checkout"}}],
        "checkrules": [{"id": "1", "name": "Checkout errors"}], "url": "https://app.dash0.com/alerting/failed-checks"}}}"#,
    r#"{"type": "alert.resolved", "data": {"issue": {"id": "b9a9da0b", "start": "2026-11-20T20:13:08Z",
        "end": "2026-11-20T20:33:08Z", "status": "resolved", "summary": "5% of requests fail", "description": "",
        "labels": [{"key": "service.name", "value": {"stringValue": "checkout"}}], "annotations": [],
        "checkrules": [{"id": "1", "name": "Checkout errors"}], "url": "https://app.dash0.com/alerting/failed-checks"}}}"#,
];

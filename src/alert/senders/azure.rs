//! Azure Monitor: the common alert schema, and the metric and activity log alerts of before.
//!
//! <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema>,
//! <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-metric-near-real-time>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

const STATES: [(&str, Said); 5] = [
    ("fired", Said::Firing),
    ("activated", Said::Firing),
    ("succeeded", Said::Firing),
    ("deactivated", Said::Resolved),
    ("acknowledged", Said::Acknowledged),
];

/// Sev0 is critical, Sev4 verbose; the older shapes say the number alone.
const SEVERITIES: [(&str, AlertSeverity); 10] = [
    ("Sev0", AlertSeverity::Critical),
    ("Sev1", AlertSeverity::Error),
    ("Sev2", AlertSeverity::Warning),
    ("Sev3", AlertSeverity::Info),
    ("Sev4", AlertSeverity::Info),
    ("0", AlertSeverity::Critical),
    ("1", AlertSeverity::Error),
    ("2", AlertSeverity::Warning),
    ("3", AlertSeverity::Info),
    ("4", AlertSeverity::Info),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let data = body.at("data");
    if data.at("essentials").is_there() {
        return common(data, out);
    }
    if data.at("context.activityLog").is_there() {
        return activity(data, out);
    }
    metric(if data.is_there() { data } else { body }, out)
}

fn common(data: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (essentials, context) = (data.at("essentials"), data.at("alertContext"));
    if context.get("properties.incidentType") == "Maintenance" {
        out.no_alert(format!("Maintenance of Azure: {}.", context.get("properties.title")));
        return Ok(());
    }
    let identity = out.need(data, &["essentials.alertId", "essentials.originAlertId"])?;
    let on = essentials.get("configurationItems");
    let mut alert = Draft::new(identity, joined(" on ", &[&essentials.get("alertRule"), &on]));
    alert.status(&essentials.get("monitorCondition"), &STATES);
    alert.severity_by(essentials.get("severity"), &SEVERITIES);
    let limits = limits(context.at("condition"));
    let described = [essentials.get("description"), limits, context.get("operationName")];
    alert.describe(joined("\n", &described.each_ref().map(String::as_str)));
    alert.label("host", on);
    alert.labels(essentials, &[("signal", "signalType"), ("service", "monitoringService")]);
    alert.link(LinkKind::Source, essentials.get("investigationLink"));
    alert.link(LinkKind::Other, context.get("condition.allOf.0.linkToSearchResultsUI"));
    alert.starts_at(essentials.get("firedDateTime"));
    alert.ends_at(essentials.get("resolvedDateTime"));
    out.alert(alert);
    Ok(())
}

fn metric(data: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let context = data.at("context");
    let rule = out.need(data, &["context.id", "context.name"])?;
    let on = context.get("resourceName");
    let identity = joined(" ", &[&rule, &context.get("resourceId")]);
    let mut alert = Draft::new(identity, joined(" on ", &[&context.get("name"), &on]));
    alert.status(&data.get("status"), &STATES);
    alert.severity_by(context.get("severity"), &SEVERITIES);
    alert.describe(joined("\n", &[&context.get("description"), &limits(context.at("condition"))]));
    alert.label("host", on);
    alert.labels(
        context,
        &[("region", "resourceRegion"), ("group", "resourceGroupName"), ("type", "resourceType")],
    );
    alert.tags(data.at("properties"));
    alert.link(LinkKind::Source, context.get("portalLink"));
    alert.changed_at(context.get("timestamp"));
    out.alert(alert);
    Ok(())
}

fn activity(data: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let log = data.at("context.activityLog");
    let identity =
        out.need(data, &["context.activityLog.correlationId", "context.activityLog.eventDataId"])?;
    let title = log.first(&["properties.title", "operationName"]);
    let resource = log.get("resourceId");
    let on = resource.rsplit('/').next().unwrap_or_default();
    let mut alert = Draft::new(identity, joined(" on ", &[&title, on]));
    let stage = log.first(&["properties.stage", "status"]);
    alert.status(&stage, &STATES);
    alert.severity(log.get("level"));
    alert.describe(log.first(&["properties.communication", "description"]));
    alert.labels(
        log,
        &[("region", "properties.region"), ("service", "properties.service"), ("caller", "caller")],
    );
    alert.changed_at(log.get("eventTimestamp"));
    out.alert(alert);
    Ok(())
}

/// `Percentage CPU GreaterThan 25 (31.1)`, a line each.
fn limits(condition: Node<'_>) -> String {
    let one = |limit: Node<'_>| {
        let value = limit.get("metricValue");
        let value = if value.is_empty() { value } else { format!("({value})") };
        let parts = [limit.get("metricName"), limit.get("operator"), limit.get("threshold"), value];
        joined(" ", &parts.each_ref().map(String::as_str))
    };
    let limits = condition.at("allOf");
    let limits = if limits.is_there() { limits } else { condition };
    limits.list().map(one).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {
        "alertId": "/subscriptions/s1/providers/Microsoft.AlertsManagement/alerts/b9569717", "alertRule": "CPU high",
        "severity": "Sev1", "signalType": "Metric", "monitorCondition": "Fired", "monitoringService": "Platform",
        "configurationItems": ["web01"], "firedDateTime": "2026-11-20T20:13:08.3713213Z", "description": "",
        "essentialsVersion": "1.0", "alertContextVersion": "1.0"},
        "alertContext": {"condition": {"windowSize": "PT5M", "allOf": [{"metricName": "Percentage CPU",
        "operator": "GreaterThan", "threshold": "25", "metricValue": 31.1105}]}}}}"#,
    r#"{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {
        "alertId": "/subscriptions/s1/providers/Microsoft.AlertsManagement/alerts/b9569717", "alertRule": "CPU high",
        "severity": "Sev1", "signalType": "Metric", "monitorCondition": "Resolved", "monitoringService": "Platform",
        "configurationItems": ["web01"], "firedDateTime": "2026-11-20T20:13:08.3713213Z",
        "resolvedDateTime": "2026-11-20T20:33:08Z", "description": "",
        "essentialsVersion": "1.0", "alertContextVersion": "1.0"},
        "alertContext": {"condition": {"windowSize": "PT5M", "allOf": [{"metricName": "Percentage CPU",
        "operator": "GreaterThan", "threshold": "25", "metricValue": 3.5}]}}}}"#,
];

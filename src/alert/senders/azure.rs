//! Azure Monitor: the common alert schema, and the alerts of before: of metrics, the activity log, log searches and budgets.
//!
//! <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema>,
//! <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-non-common-schema-definitions>,
//! <https://learn.microsoft.com/azure/service-health/service-health-alert-webhook-guide>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::links::is_plain_part;
use crate::alert::{AlertSeverity, LinkKind, Rejected};

const STATES: [(&str, Said); 7] = [
    ("fired", Said::Firing),
    ("activated", Said::Firing),
    ("started", Said::Firing),
    ("accepted", Said::Firing),
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

/// The stages of an issue of Azure's own, and the states of a resource's health.
const STAGES: [(&str, Said); 6] = [
    ("inprogress", Said::Firing),
    ("updated", Said::Firing),
    ("rca", Said::Resolved),
    ("complete", Said::Resolved),
    ("completed", Said::Resolved),
    ("canceled", Said::Resolved),
];

/// The levels of the activity log, where they are numbers.
const LEVELS: [(&str, AlertSeverity); 5] = [
    ("1", AlertSeverity::Critical),
    ("2", AlertSeverity::Error),
    ("3", AlertSeverity::Warning),
    ("4", AlertSeverity::Info),
    ("5", AlertSeverity::Info),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let data = body.at("data");
    if body.at("operation").is_there() && body.at("context.newCapacity").is_there() {
        return scaling(body, out);
    }
    if data.at("essentials").is_there() {
        return common(data, out);
    }
    if data.at("context.activityLog").is_there() {
        return activity(data, out);
    }
    if data.at("AlertRuleName").is_there() {
        return search(data, out);
    }
    if data.at("BudgetName").is_there() {
        return budget(data, out);
    }
    metric(if data.is_there() { data } else { body }, out)
}

fn common(data: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (essentials, context) = (data.at("essentials"), data.at("alertContext"));
    let resource = essentials.first(&["alertTargetIDs.0", "configurationItems"]);
    let subscription = essentials.get("alertId");
    let subscription = subscription.strip_prefix("/subscriptions/").and_then(|path| path.split('/').next());
    if health(context, &resource, subscription.unwrap_or_default(), out) {
        return Ok(());
    }
    let identity = out.need(data, &["essentials.alertId", "essentials.originAlertId"])?;
    let (rule, on) = (essentials.get("alertRule"), essentials.get("configurationItems"));
    let (description, condition) = (essentials.get("description"), essentials.get("monitorCondition"));
    // What a budget tells has no rule and no condition, only a sentence.
    let title = if rule.is_empty() && !description.is_empty() {
        description.clone()
    } else {
        joined(" on ", &[&rule, &on])
    };
    let mut alert = Draft::new(identity, title);
    if !(rule.is_empty() && condition.is_empty()) {
        alert.status(&condition, &STATES);
    }
    let level = context.get("level");
    if essentials.get("signalType") == "Activity Log" && !level.is_empty() {
        // Each alert on the activity log is given the same severity; what happened has a level.
        alert.severity_by(level, &LEVELS);
    } else {
        alert.severity_by(essentials.get("severity"), &SEVERITIES);
    }
    let described = [
        description,
        context.get("annotations.summary"),
        context.get("annotations.description"),
        context.get("DetectionSummary"),
        limits(context.at("condition")),
        context.get("operationName"),
    ];
    alert.describe(joined("\n", &described.each_ref().map(String::as_str)));
    alert.label("host", on);
    alert.labels(essentials, &[("signal", "signalType"), ("service", "monitoringService")]);
    for limit in context.at("condition.allOf").list() {
        alert.tags(limit.at("dimensions"));
    }
    // Those of a rule of Prometheus.
    for (name, value) in context.at("labels").pairs() {
        alert.label(name, value);
    }
    for (name, value) in context.at("annotations").pairs() {
        if let Some(kind) = LinkKind::of_annotation(&name) {
            alert.link(kind, value.as_str());
        }
        alert.annotate(&name, value);
    }
    alert.tags(data.at("customProperties"));
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

/// What autoscale did. It does its work, so that is no alert, unless it says that it failed.
/// <https://learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-webhook-email>
fn scaling(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let context = body.at("context");
    let (operation, details) = (body.get("operation"), context.get("details"));
    let what = joined(" of ", &[&operation, &context.get("resourceName")]);
    let from = context.get("oldCapacity");
    let count = joined(" to ", &[&from, &context.get("newCapacity")]);
    if body.get("status") == "Activated" && !details.to_lowercase().contains("fail") {
        out.no_alert(joined(": ", &[&format!("{what} from {count}"), &details]));
        return Ok(());
    }
    let identity = format!("autoscale/{}", out.need(context, &["id", "name"])?);
    let mut alert = Draft::new(identity, joined(": ", &[&what, &details]));
    alert.status(&body.get("status"), &STATES);
    alert.label("host", context.get("resourceName"));
    alert.labels(context, &[("group", "resourceGroupName"), ("type", "resourceType")]);
    alert.link(LinkKind::Source, context.get("portalLink"));
    alert.changed_at(context.get("timestamp"));
    out.alert(alert);
    Ok(())
}

fn activity(data: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let log = data.at("context.activityLog");
    if health(log, &log.get("resourceId"), &log.get("subscriptionId"), out) {
        return Ok(());
    }
    let identity =
        out.need(data, &["context.activityLog.correlationId", "context.activityLog.eventDataId"])?;
    let title = log.first(&["properties.title", "operationName"]);
    let resource = log.get("resourceId");
    let mut alert = Draft::new(identity, joined(" on ", &[&title, last(&resource)]));
    alert.status(&log.get("status"), &STATES);
    alert.severity_by(log.get("level"), &LEVELS);
    alert.describe(log.get("description"));
    alert.label("caller", log.get("caller"));
    alert.changed_at(log.get("eventTimestamp"));
    out.alert(alert);
    Ok(())
}

/// What the activity log says of an issue of Azure's own, or of the health of a resource; whether it is one of these. To Azure each
/// message is another alert, so the issue or the resource tells it apart.
fn health(log: Node<'_>, resource: &str, subscription: &str, out: &mut Reading<'_>) -> bool {
    let of = log.at("properties");
    let (issue, health) = (of.get("trackingId"), of.get("currentHealthStatus"));
    let title = of.first(&["title", "defaultLanguageTitle"]);
    if of.get("incidentType") == "Maintenance" {
        out.no_alert(format!("Maintenance of Azure: {title}."));
        return true;
    }
    let mut alert = if !issue.is_empty() {
        let title = if title.is_empty() { format!("Azure's issue {issue}") } else { title };
        let mut alert = Draft::new(format!("issue/{issue}"), title);
        alert.status(&log.first(&["properties.stage", "status"]), &STAGES);
        alert.describe(plain(&of.first(&["communication", "defaultLanguageContent"])));
        alert.label("tracking_id", &issue);
        alert.link(LinkKind::Source, page(&issue, subscription));
        alert
    } else if !health.is_empty() && !resource.is_empty() {
        let title = if title.is_empty() { health.clone() } else { title };
        // A resource is written in capitals here and without there.
        let identity = format!("health/{}", resource.to_lowercase());
        let mut alert = Draft::new(identity, joined(" on ", &[&title, last(resource)]));
        if health == "Available" {
            alert.says(Said::Resolved);
        } else {
            alert.status(&log.get("status"), &STAGES);
        }
        alert.describe(joined("\n", &[&plain(&of.get("details")), &of.get("cause")]));
        alert.label("host", last(resource));
        alert.label("health", health);
        alert
    } else {
        return false;
    };
    alert.severity_by(log.get("level"), &LEVELS);
    alert.labels(of, &[("region", "region"), ("service", "service"), ("type", "incidentType")]);
    alert.annotate("impact_start", of.get("impactStartTime"));
    alert.changed_at(log.get("eventTimestamp"));
    out.alert(alert);
    true
}

/// Where Azure tells of an issue, for this subscription.
fn page(issue: &str, subscription: &str) -> String {
    let ends =
        (subscription.get(..3), subscription.len().checked_sub(3).and_then(|at| subscription.get(at..)));
    match ends {
        (Some(head), Some(tail)) if is_plain_part(issue) && is_plain_part(subscription) => {
            format!("https://app.azure.com/h/{issue}/{head}{tail}")
        }
        _ => String::new(),
    }
}

/// A log search's alert of before the common schema: it tells each time that something was found, and no end.
fn search(data: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let rule = out.need(data, &["AlertRuleName"])?;
    let place = data.first(&["ResourceId", "WorkspaceId", "ApplicationId"]);
    let on = data.get("AffectedConfigurationItems");
    let identity = joined("/", &[&data.get("SubscriptionId"), &place, &rule]);
    let mut alert = Draft::new(identity, joined(" on ", &[&rule, &on]));
    alert.severity_by(data.get("Severity"), &SEVERITIES);
    let limit = joined(" ", &[&data.get("AlertThresholdOperator"), &data.get("AlertThresholdValue")]);
    let found = joined(": ", &["Found", &joined(", ", &[&data.get("ResultCount"), &limit])]);
    alert.describe(joined("\n", &[&data.get("Description"), &found]));
    alert.label("host", on);
    alert.tags(data.at("Dimensions"));
    alert.link(LinkKind::Source, data.get("LinkToSearchResults"));
    alert.changed_at(data.get("SearchIntervalEndtimeUtc"));
    out.alert(alert);
    Ok(())
}

/// A budget's message of before the common schema: one for each threshold, and no end.
fn budget(data: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let name = out.need(data, &["BudgetName"])?;
    let spent = joined(" of ", &[&data.get("SpendingAmount"), &data.get("Budget")]);
    let spent = joined(" ", &[&spent, &data.get("Unit")]);
    let threshold = data.get("NotificationThresholdAmount");
    let place = [data.get("SubscriptionId"), data.get("ResourceGroup"), name.clone(), threshold.clone()];
    let identity = joined("/", &place.each_ref().map(String::as_str));
    let mut alert = Draft::new(identity, joined(": ", &[&format!("Budget {name}"), &spent]));
    alert.label("subscription", data.get("SubscriptionName"));
    alert.label("threshold", threshold);
    out.alert(alert);
    Ok(())
}

/// The last part of a resource's path.
fn last(resource: &str) -> &str {
    resource.rsplit('/').next().unwrap_or_default()
}

/// What a person reads in a little HTML.
fn plain(html: &str) -> String {
    let mut pieces = html.split('<');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let Some((tag, rest)) = piece.split_once('>') else { continue };
        if ["br", "/p", "/li", "/div", "/h"].iter().any(|end| tag.starts_with(end)) {
            text.push('\n');
        }
        text.push_str(rest);
    }
    let marks =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    for (mark, letter) in marks {
        text = text.replace(mark, letter);
    }
    text
}

/// `Percentage CPU GreaterThan 25 (31.1)`, a line each.
fn limits(condition: Node<'_>) -> String {
    let one = |limit: Node<'_>| {
        let value = limit.get("metricValue");
        let value = if value.is_empty() { value } else { format!("({value})") };
        let metric = limit.first(&["metricName", "metricMeasureColumn", "timeAggregation"]);
        let parts = [metric, limit.get("operator"), limit.get("threshold"), value];
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::alert::order::is_overtaken;
    use crate::alert::senders::testing;
    use crate::alert::{Alert, AlertSeverity, Status};

    fn read(body: &Value) -> Alert {
        testing::read("azure", &body.to_string()).alerts.remove(0)
    }

    /// An alert by the common schema on what the activity log says; Azure makes another alert of each message.
    fn common(alert: &str, service: &str, context: Value) -> Alert {
        let id = format!(
            "/subscriptions/bba14129-8809-278e836ecdb3/providers/Microsoft.AlertsManagement/alerts/{alert}"
        );
        read(
            &json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertId": id, "alertRule": "ours",
            "severity": "Sev4", "signalType": "Activity Log", "monitorCondition": "Fired", "monitoringService": service,
            "alertTargetIDs": ["/subscriptions/bba/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1"],
            "configurationItems": ["vm1"], "firedDateTime": "2026-11-20T20:13:08Z"}, "alertContext": context}}),
        )
    }

    fn issue(stage: &str, time: &str) -> Value {
        json!({"correlationId": time, "eventTimestamp": time, "eventDataId": time, "level": 3, "status": stage,
            "subscriptionId": "bba14129-8809-278e836ecdb3",
            "operationName": "Microsoft.ServiceHealth/incident/action", "properties": {"title": "Virtual Machines - Australia East",
            "service": "Virtual Machines", "region": "Australia East", "incidentType": "Incident", "trackingId": "0NIH-U2O",
            "communication": "<p>We <b>look</b> at it &amp; know more soon.</p><p>At 21:00.</p>", "stage": stage}})
    }

    #[test]
    fn an_issue_of_azures_own_is_one_alert_until_it_is_resolved_by_either_schema() {
        let of_before = |stage: &str, time: &str| {
            read(&json!({"schemaId": "Microsoft.Insights/activityLogs", "data": {"status": "Activated",
                "context": {"activityLog": issue(stage, time)}, "properties": {}}}))
        };
        let active = common("aa", "ServiceHealth", issue("Active", "2026-11-20T20:13:08Z"));
        assert_eq!(active.title, "Virtual Machines - Australia East");
        assert_eq!(active.description, "We look at it & know more soon.\nAt 21:00.");
        assert_eq!((active.status, active.severity), (Status::Firing, AlertSeverity::Warning));
        assert_eq!(active.links[0].url, "https://app.azure.com/h/0NIH-U2O/bbadb3");
        for resolved in [
            common("bb", "ServiceHealth", issue("Resolved", "2026-11-20T20:33:08Z")),
            common("cc", "ServiceHealth", issue("RCA", "2026-11-23T20:33:08Z")),
            of_before("Resolved", "2026-11-20T20:33:08Z"),
        ] {
            assert_eq!((active.key(), &active.group_key), (resolved.key(), &resolved.group_key));
            assert_eq!(resolved.status, Status::Resolved);
            assert!(is_overtaken(&active, &resolved) && !is_overtaken(&resolved, &active));
        }
        assert_eq!(of_before("Active", "2026-11-20T20:13:08Z").key(), active.key());
    }

    #[test]
    fn a_resource_that_is_available_again_ends_what_its_health_raised() {
        let said = |alert: &str, status: &str, now: &str, time: &str| {
            common(
                alert,
                "Resource Health",
                json!({"correlationId": "c1", "eventTimestamp": time, "level": "Critical",
                "operationName": "Microsoft.Resourcehealth/healthevent/Activated/action", "status": status,
                "properties": {"title": "Rebooted by user", "details": null, "currentHealthStatus": now, "type": "Downtime",
                "cause": "UserInitiated"}}),
            )
        };
        let down = said("aa", "Active", "Unavailable", "2026-11-20T20:13:08Z");
        let up = said("bb", "Resolved", "Available", "2026-11-20T20:33:08Z");
        assert_eq!(
            (down.title.as_str(), down.severity),
            ("Rebooted by user on vm1", AlertSeverity::Critical)
        );
        assert_eq!((down.key(), down.status, up.status), (up.key(), Status::Firing, Status::Resolved));
        assert!(is_overtaken(&down, &up));
    }

    #[test]
    fn a_log_search_and_a_budget_of_before_the_common_schema_say_what_was_found_and_spent() {
        let search = read(
            &json!({"schemaId": "Microsoft.Insights/LogAlert", "data": {"SubscriptionId": "s1",
            "AlertRuleName": "AcmeRule", "SearchIntervalEndtimeUtc": "2026-11-20T20:13:08Z", "AlertThresholdOperator": "Greater Than",
            "AlertThresholdValue": 0, "ResultCount": 2, "LinkToSearchResults": "https://portal.azure.com/#search",
            "Description": "log alert rule", "Severity": "Warning", "AffectedConfigurationItems": ["web01"], "WorkspaceId": "w"}}),
        );
        assert_eq!((search.title.as_str(), search.severity), ("AcmeRule on web01", AlertSeverity::Warning));
        assert_eq!(search.description, "log alert rule\nFound: 2, Greater Than 0");
        assert_eq!(search.links.len(), 1);
        let budget = |threshold: &str| {
            read(
                &json!({"schemaId": "AIP Budget Notification", "data": {"SubscriptionName": "shop", "SubscriptionId": "s1",
                "SpendingAmount": "100", "Budget": "50", "Unit": "USD", "BudgetName": "Monthly", "ResourceGroup": "",
                "NotificationThresholdAmount": threshold}}),
            )
        };
        assert_eq!(budget("0.8").title, "Budget Monthly: 100 of 50 USD");
        assert_ne!(budget("0.8").key(), budget("1.0").key());
        let common = read(&json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {
            "monitoringService": "CostAlerts", "firedDateTime": "2026-11-20T20:13:08Z", "alertRule": null, "severity": null,
            "description": "Your spend for budget Monthly is now $100.00.", "configurationItems": ["budgets"],
            "alertId": "/subscriptions/s1/providers/Microsoft.CostManagement/alerts/Monthly"}, "alertContext": {}}}));
        assert_eq!(common.title, "Your spend for budget Monthly is now $100.00.");
        assert!(common.notes.is_empty(), "{:?}", common.notes);
    }

    #[test]
    fn what_autoscale_does_is_no_alert_unless_it_fails() {
        let scaled = |details: &str| {
            let body = json!({"version": "1.0", "status": "Activated", "operation": "Scale Out", "context": {
                "id": "/subscriptions/s1/autoscalesettings/myset", "name": "myset", "details": details,
                "resourceName": "web", "oldCapacity": "5", "newCapacity": "6"}, "properties": {}});
            testing::read("azure", &body.to_string())
        };
        let done = scaled("Autoscale successfully started scale operation");
        assert!(done.alerts.is_empty());
        assert_eq!(
            done.notes,
            ["Scale Out of web from 5 to 6: Autoscale successfully started scale operation"]
        );
        let failed = scaled("Autoscale failed").alerts.remove(0);
        assert_eq!(
            (failed.title.as_str(), failed.status),
            ("Scale Out of web: Autoscale failed", Status::Firing)
        );
    }

    #[test]
    fn what_a_rule_of_prometheus_says_of_its_alert_is_said_here() {
        let alert = read(
            &json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertId": "/subscriptions/s1/a",
            "alertRule": "Down", "severity": "Sev1", "signalType": "Metric", "monitorCondition": "Fired",
            "monitoringService": "Prometheus"}, "customProperties": {"team": "web"}, "alertContext": {"expression": "up == 0",
            "labels": {"alertname": "Down", "service": "checkout"},
            "annotations": {"description": "nothing answers", "runbook_url": "https://wiki.example/down"}}}}),
        );
        assert_eq!(alert.description, "nothing answers");
        assert_eq!(["service", "team"].map(|name| alert.labels[name].as_str()), ["checkout", "web"]);
        assert_eq!(alert.links[0].url, "https://wiki.example/down");
    }
}

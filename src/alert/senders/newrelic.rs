//! New Relic: workflows' webhook, and the incident webhook of before.
//! <https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined, led};
use crate::alert::{LinkKind, Rejected};

const STATES: [(&str, Said); 3] =
    [("created", Said::Firing), ("activated", Said::Firing), ("acknowledged", Said::Acknowledged)];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let id = out.need(body, &["issueId", "incident_id", "id"])?;
    if id == "0" {
        out.no_alert("A test of New Relic's.");
        return Ok(());
    }
    let condition = body.first(&["condition_name", "alertConditionNames"]);
    let what = body.first(&["title", "details"]);
    let title = led(&condition, &what);
    let title = if title.is_empty() { format!("Issue {id}") } else { title };
    let mut alert = Draft::new(&id, title);
    alert.status(&body.first(&["current_state", "state"]), &STATES);
    alert.severity(body.first(&["severity", "priority"]));
    alert.describe(body.first(&["details", "alertConditionDescriptions", "description"]));
    alert.label("policy", body.first(&["policy_name", "alertPolicyNames"]));
    alert.label("condition", condition);
    let entities: Vec<String> = body.at("targets").list().map(|target| target.get("name")).collect();
    alert.label("service", joined(", ", &[&entities.join(", "), &body.get("impactedEntities")]));
    alert.annotate("owner", body.get("owner"));
    alert.link(LinkKind::Source, body.first(&["incident_url", "issueUrl", "issuePageUrl"]));
    alert.link(LinkKind::Runbook, body.first(&["runbook_url", "runbookUrl"]));
    alert.changed_at(body.first(&["timestamp", "updatedAt", "createdAt"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"id": "3576f543-dc3c", "issueUrl": "https://radar-api.service.newrelic.com/accounts/1/issues/3576f543-dc3c",
        "title": "shop query result is > 5.0 on 'Error rate'", "priority": "CRITICAL", "impactedEntities": ["shop"],
        "state": "ACTIVATED", "createdAt": 1795205588000, "updatedAt": 1795205588000,
        "alertPolicyNames": ["Checkout"], "alertConditionNames": ["Error rate"]}"#,
    r#"{"id": "3576f543-dc3c", "issueUrl": "https://radar-api.service.newrelic.com/accounts/1/issues/3576f543-dc3c",
        "title": "shop query result is > 5.0 on 'Error rate'", "priority": "CRITICAL", "impactedEntities": ["shop"],
        "state": "CLOSED", "createdAt": 1795205588000, "updatedAt": 1795206788000,
        "alertPolicyNames": ["Checkout"], "alertConditionNames": ["Error rate"]}"#,
];

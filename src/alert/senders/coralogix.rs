//! Coralogix' generic webhook.
//! <https://coralogix.com/docs/user-guides/alerting/outbound-webhooks/generic-outbound-webhooks-alert-webhooks/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    // A placeholder without a value stands there as it was written.
    let field = |name: &str| {
        let found = body.at("fields").list().find(|field| field.get("key") == name);
        let text = found.map(|field| field.get("value")).unwrap_or_default();
        if text.starts_with(['$', '*']) { String::new() } else { text }
    };
    let groups = joined(", ", &[&field("Group-by Value1"), &field("Group-by Value2")]);
    let id = out.need(body, &["alert_id"])?;
    let mut alert = Draft::new(joined("/", &[&id, &groups]), joined(" on ", &[&body.get("name"), &groups]));
    alert.status(&body.get("alert_action"), &[("trigger", Said::Firing), ("resolve", Said::Resolved)]);
    alert.severity(field("severity"));
    alert.describe(joined("\n", &[&body.get("description"), &field("text")]));
    for name in ["application", "subsystem", "team", "computer", "priority"] {
        alert.label(name, field(name));
    }
    alert.link(LinkKind::Source, body.get("alert_url"));
    alert.link(LinkKind::Other, body.get("log_url"));
    alert.changed_at(field("timestamp"));
    alert.group(id);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"uuid": "1", "alert_id": "49a4afb5", "name": "Checkout errors", "description": "", "alert_action": "trigger",
        "alert_url": "https://dash.coralogix.example/alerts/1", "fields": [{"key": "severity", "value": "CRITICAL"},
        {"key": "application", "value": "shop"}, {"key": "timestamp", "value": "2026/11/20 20:13:08 GMT"}]}"#,
    r#"{"uuid": "2", "alert_id": "49a4afb5", "name": "Checkout errors", "description": "", "alert_action": "resolve",
        "alert_url": "https://dash.coralogix.example/alerts/1", "fields": [{"key": "severity", "value": "CRITICAL"},
        {"key": "application", "value": "shop"}, {"key": "timestamp", "value": "2026/11/20 20:33:08 GMT"}]}"#,
];

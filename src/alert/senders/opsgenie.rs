//! Opsgenie's outgoing webhook.
//! <https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/>

use crate::alert::AlertSeverity;
use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};

const PRIORITIES: [(&str, AlertSeverity); 5] = [
    ("1", AlertSeverity::Critical),
    ("2", AlertSeverity::Error),
    ("3", AlertSeverity::Warning),
    ("4", AlertSeverity::Info),
    ("5", AlertSeverity::Info),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (action, of) = (out.need(body, &["action"])?, body.at("alert"));
    let said = match action.as_str() {
        "Create" | "UnAcknowledge" => Said::Firing,
        "Acknowledge" => Said::Acknowledged,
        "Close" | "Delete" => Said::Resolved,
        _ => {
            let what = of.first(&["message", "alertId"]);
            out.no_alert(format!("{action} of «{what}»: no change of its state."));
            return Ok(());
        }
    };
    let mut alert =
        Draft::new(out.need(body, &["alert.alertId"])?, of.first(&["message", "alias", "alertId"]));
    alert.says(said);
    alert.severity_by(of.get("priority"), &PRIORITIES);
    alert.describe(of.get("description"));
    alert.labels(of, &[("entity", "entity"), ("source", "source"), ("alias", "alias"), ("team", "team")]);
    alert.tags(of.at("details"));
    alert.tags(of.at("tags"));
    alert.annotate("by", if action == "Create" { String::new() } else { of.get("username") });
    alert.starts_at(of.get("createdAt"));
    if said == Said::Resolved {
        alert.ends_at(of.get("updatedAt"));
    }
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"action": "Create", "source": {"name": "", "type": "api"}, "integrationName": "Webhook", "alert": {
        "alertId": "052652ac", "message": "Disk is full on db1", "tags": ["env:prod"], "tinyId": "23", "entity": "db1",
        "alias": "disk-db1", "createdAt": 1795205588104, "updatedAt": 1795205588104000000, "priority": "P1",
        "details": {"region": "eu"}}}"#,
    r#"{"action": "Close", "source": {"name": "", "type": "web"}, "integrationName": "Webhook", "alert": {
        "alertId": "052652ac", "message": "Disk is full on db1", "tags": ["env:prod"], "tinyId": "23", "entity": "db1",
        "alias": "disk-db1", "createdAt": 1795205588104, "updatedAt": 1795206788104000000, "priority": "P1",
        "username": "ada@shop.example", "details": {"region": "eu"}}}"#,
];

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

/// How the names of actions begin that leave the state as it is.
const QUIET: [&str; 10] = [
    "Add",
    "Remove",
    "Assign",
    "TakeOwnership",
    "Escalate",
    "Snooze",
    "Custom",
    "Execute",
    "Seen",
    "TestAction",
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (action, of) = (out.need(body, &["action"])?, body.at("alert"));
    if QUIET.iter().any(|quiet| action.starts_with(quiet)) {
        let what = body.first(&["alert.message", "alert.alertId", "alert.id", "incident.message"]);
        out.no_alert(format!("{action} of «{what}»: no change of its state."));
        return Ok(());
    }
    let said = match action.as_str() {
        "Create" | "UnAcknowledge" => Some(Said::Firing),
        // An alert that is closed is not updated there. Whether somebody is on it is not said.
        "UpdatePriority" | "UpdateMessage" | "UpdateDescription" => Some(Said::Firing),
        "Acknowledge" => Some(Said::Acknowledged),
        "Close" | "Delete" => Some(Said::Resolved),
        _ => None,
    };
    let id = out.need(body, &["alert.alertId", "alert.id"])?;
    let title = of.first(&["message", "alias"]);
    let mut alert = Draft::new(&id, if title.is_empty() { &id } else { &title });
    match said {
        Some(said) => alert.says(said),
        None => alert.unknown_event(&action),
    }
    alert.severity_by(of.get("priority"), &PRIORITIES);
    alert.describe(of.get("description"));
    alert.labels(of, &[("entity", "entity"), ("source", "source"), ("alias", "alias"), ("team", "team")]);
    alert.tags(of.at("details"));
    alert.tags(of.at("tags"));
    alert.annotate("by", if action == "Create" { String::new() } else { of.get("username") });
    alert.starts_at(of.get("createdAt"));
    if action != "Create" {
        alert.changed_at(of.get("updatedAt"));
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

#[cfg(test)]
mod tests {
    use crate::alert::order::is_overtaken;
    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, AlertSeverity};

    /// An action on one alert, at a second after it was created.
    fn action(name: &str, id: &str, priority: &str, second: i64) -> Alert {
        let body = format!(
            r#"{{"action": "{name}", "alert": {{"{id}": "052652ac", "message": "Disk is full on db1", "priority": "{priority}",
            "createdAt": 1795205588104, "updatedAt": {}}}}}"#,
            (1_795_205_588_104 + second * 1_000) * 1_000_000
        );
        read("opsgenie", &body).alerts.remove(0)
    }

    #[test]
    fn a_priority_that_is_raised_raises_the_severity_whatever_comes_late() {
        let created = action("Create", "alertId", "P3", 0);
        let raised = action("UpdatePriority", "alertId", "P1", 30);
        assert_eq!(created.key(), raised.key());
        assert_eq!((created.severity, raised.severity), (AlertSeverity::Warning, AlertSeverity::Critical));
        assert!(is_overtaken(&created, &raised) && !is_overtaken(&raised, &created));
        let closed = action("Close", "alertId", "P1", 60);
        for late in [raised, action("Acknowledge", "alertId", "P3", 20), created] {
            assert!(is_overtaken(&late, &closed) && !is_overtaken(&closed, &late), "{late:?}");
        }
    }

    #[test]
    fn a_text_that_is_corrected_there_is_corrected_here() {
        for name in ["UpdateMessage", "UpdateDescription"] {
            assert_eq!(action(name, "alertId", "P3", 5).title, "Disk is full on db1");
        }
    }

    #[test]
    fn an_alert_that_names_itself_by_id_is_the_same_alert() {
        let (one, other) = (action("Create", "alertId", "P3", 0), action("Create", "id", "P3", 0));
        assert_eq!(one.key(), other.key());
    }
}

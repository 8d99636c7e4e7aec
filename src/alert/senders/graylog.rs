//! Graylog's HTTP notification of an event, and the alarm callback of before 3.1.
//! <https://go2docs.graylog.org/current/interacting_with_your_log_data/notifications.html>
//!
//! Graylog does not tell when it is over; a situation ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{AlertSeverity, Rejected};

const PRIORITIES: [(&str, AlertSeverity); 4] = [
    ("1", AlertSeverity::Info),
    ("2", AlertSeverity::Warning),
    ("3", AlertSeverity::Error),
    ("4", AlertSeverity::Critical),
];

/// Of which type the event of «Execute test notification» is said to be.
const TESTS: [&str; 2] = ["test-dummy-v1", "notification-test-v1"];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let condition = body.at("check_result.triggered_condition");
    if condition.is_there() {
        let title = joined(" in ", &[&condition.get("title"), &body.get("stream.title")]);
        let mut alert = Draft::new(out.need(body, &["check_result.triggered_condition.id"])?, title);
        alert.describe(body.get("check_result.result_description"));
        alert.label("stream", body.get("stream.title"));
        alert.changed_at(body.get("check_result.triggered_at"));
        out.alert(alert);
        return Ok(());
    }
    let event = body.at("event");
    let kinds = [body.get("event_definition_type"), event.get("event_definition_type")];
    if kinds.iter().any(|kind| TESTS.contains(&kind.as_str())) {
        out.no_alert("A test of Graylog's.");
        return Ok(());
    }
    let definition = out.need(body, &["event_definition_id", "event.event_definition_id"])?;
    let key = event.get("key");
    let title = joined(" on ", &[&body.first(&["event_definition_title", "event.message"]), &key]);
    let mut alert = Draft::new(joined("/", &[&definition, &key]), title);
    alert.severity_by(event.get("priority"), &PRIORITIES);
    let lines: Vec<String> = body.at("backlog").list().map(|line| line.get("message")).take(20).collect();
    alert.describe(joined(
        "\n",
        &[&event.get("message"), &body.get("event_definition_description"), &lines.join("\n")],
    ));
    alert.labels(event, &[("source", "source")]);
    alert.tags(event.at("group_by_fields"));
    alert.tags(event.at("fields"));
    alert.changed_at(event.get("timestamp"));
    alert.group(definition);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event_definition_id": "671a28a0", "event_definition_title": "Failed logins", "event_definition_description": "",
        "event": {"id": "01JAZZ", "timestamp": "2026-11-20T20:13:08.556Z", "message": "Failed logins: 70 on web1",
        "source": "graylog", "key": "web1", "priority": 3, "fields": {"host": "web1"}, "group_by_fields": {}},
        "backlog": [{"message": "login of root failed"}]}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::senders::testing::read;

    #[test]
    fn a_test_of_the_notification_is_no_alert() {
        let body = r#"{"event_definition_id": "NotificationTestId", "event_definition_type": "test-dummy-v1",
            "event_definition_title": "Event Definition Test Title", "event": {"id": "TEST_NOTIFICATION_ID",
            "event_definition_type": "notification-test-v1", "event_definition_id": "EventDefinitionTestId",
            "message": "Notification test message triggered from user <local:admin>", "priority": 2}, "backlog": []}"#;
        let intake = read("graylog", body);
        assert_eq!((intake.alerts.len(), intake.notes), (0, vec!["A test of Graylog's.".to_owned()]));
    }
}

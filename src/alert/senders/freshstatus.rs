//! Freshstatus' webhook: incidents of a status page, ours or a supplier's.
//! <https://support.freshstatus.io/support/solutions/articles/50000000966>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let event = out.need(body, &["event_data.event_type"])?;
    if body.get("notification_options").starts_with('{') {
        out.no_alert("A test of Freshstatus'.");
        return Ok(());
    }
    let note = body.get("incident_status");
    let said = match (event.as_str(), note.as_str()) {
        ("INCIDENT_OPEN" | "INCIDENT_REOPEN", _) => Some(Said::Firing),
        ("INCIDENT_RESOLVED" | "INCIDENT_RESOLVE" | "INCIDENT_CLOSED" | "INCIDENT_CLOSE", _) => {
            Some(Said::Resolved)
        }
        (_, "Closed" | "Resolved") => Some(Said::Resolved),
        _ => None,
    };
    let is_quiet = ["MAINTENANCE_", "SUBSCRI"].iter().any(|quiet| event.starts_with(quiet));
    if is_quiet || (event.contains("NOTE") && said.is_none()) {
        out.no_alert(format!("{event}: {}", body.first(&["title", "message"])));
        return Ok(());
    }
    let mut alert = Draft::new(out.need(body, &["incident_id", "id"])?, body.first(&["title", "message"]));
    match said {
        Some(said) => alert.says(said),
        None => alert.unknown_event(&event),
    }
    alert.describe(body.first(&["description", "message"]));
    alert.labels(body, &[("service", "affected_services"), ("page", "event_data.account_name")]);
    alert.changed_at(body.first(&["event_data.event_created_on", "start_time"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"id": "53481", "title": "Database is slow", "description": "We are looking into it.", "status": "Open",
        "affected_services": "Database", "notification_options": {"send_tweet": "false"}, "event_data": {
        "event_type": "INCIDENT_OPEN", "account_name": "example", "event_created_on": "2026-11-20 20:13:08.39+00:00"}}"#,
    r#"{"id": "130610", "incident_id": "53481", "title": "Database is slow", "message": "It is over.",
        "incident_status": "Closed", "notification_options": {"send_tweet": "false"}, "event_data": {
        "event_type": "INCIDENT_NOTE_CREATE", "account_name": "example", "event_created_on": "2026-11-20 20:33:08+00:00"}}"#,
];

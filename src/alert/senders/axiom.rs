//! Axiom's monitors. <https://axiom.co/docs/monitor-data/custom-webhook-notifier>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let event = body.at("event");
    let monitor = out.need(body, &["event.monitorID"])?;
    let title = event.get("title");
    let bare =
        ["Triggered: ", "Resolved: "].iter().find_map(|lead| title.strip_prefix(lead)).unwrap_or(&title);
    let groups = event.get("groupKeys");
    let values = event.get("groupValues");
    let mut alert = Draft::new(joined("/", &[&monitor, &values]), joined(" on ", &[bare, &values]));
    alert.status(&body.get("action"), &[]);
    alert.describe(joined("\n", &[&event.get("description"), &event.get("body")]));
    alert.label(if groups.is_empty() { "group" } else { &groups }, values);
    alert.annotate("value", event.get("value"));
    alert.changed_at(event.get("timestamp"));
    alert.group(monitor);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"action": "Open", "event": {"monitorID": "CabI3w142069etTgd0", "title": "Triggered: checkout errors",
        "body": "Current value of 7 is above the threshold value of 5", "description": "Errors of checkout",
        "timestamp": "2026-11-20 20:13:08 +0000 UTC", "value": 7}}"#,
    r#"{"action": "Closed", "event": {"monitorID": "CabI3w142069etTgd0", "title": "Resolved: checkout errors",
        "body": "Current value of 0 is not above the threshold value of 5", "description": "Errors of checkout",
        "timestamp": "2026-11-20 20:33:08 +0000 UTC", "value": 0}}"#,
];

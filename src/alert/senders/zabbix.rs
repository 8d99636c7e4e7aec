//! Zabbix, by the media type of `docs/senders.md`.
//! <https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// `{EVENT.VALUE}` and `{EVENT.STATUS}`.
const STATES: [(&str, Said); 2] = [("1", Said::Firing), ("0", Said::Resolved)];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let trigger = out.need(body, &["trigger", "event_name"])?;
    let host = body.first(&["hostname", "host"]);
    let event = body.get("event_id");
    let identity = if event.is_empty() { joined("/", &[&host, &trigger]) } else { event };
    let title = if trigger.contains(&host) { trigger } else { joined(" on ", &[&trigger, &host]) };
    let mut alert = Draft::new(identity, title);
    alert.status(&body.first(&["status", "event_value"]), &STATES);
    if !alert.is_resolved() && matches!(body.get("acknowledged").as_str(), "Yes" | "1") {
        alert.says(Said::Acknowledged);
    }
    alert.severity_by(body.get("severity"), &[("not classified", AlertSeverity::Unknown)]);
    alert.describe(body.first(&["description", "item"]));
    alert.label("host", &host);
    alert.label("item", body.get("item"));
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("link"));
    alert.changed_at(body.get("time"));
    alert.group(host);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event_id": "10528", "hostname": "db1", "severity": "High", "status": "PROBLEM", "item": "Free space 3%",
        "trigger": "Disk is nearly full", "acknowledged": "No", "tags": "service:mail",
        "link": "https://zabbix.example/tr_events.php?triggerid=14032&eventid=10528"}"#,
    r#"{"event_id": "10528", "hostname": "db1", "severity": "High", "status": "RESOLVED", "item": "Free space 60%",
        "trigger": "Disk is nearly full", "acknowledged": "No", "tags": "service:mail",
        "link": "https://zabbix.example/tr_events.php?triggerid=14032&eventid=10528"}"#,
];

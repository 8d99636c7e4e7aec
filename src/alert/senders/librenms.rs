//! LibreNMS' API transport, by the body of `docs/senders.md`. <https://docs.librenms.org/Alerting/Transports/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{LinkKind, Rejected};

/// <https://docs.librenms.org/Alerting/Templates/>: `$alert->state`.
const STATES: [(&str, Said); 5] = [
    ("0", Said::Resolved),
    ("1", Said::Firing),
    ("2", Said::Acknowledged),
    ("3", Said::Firing),
    ("4", Said::Firing),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let device = out.need(body, &["device_id", "hostname"])?;
    let rule = body.first(&["rule_id", "name"]);
    let host = body.first(&["display", "hostname", "sysName"]);
    let named = joined(" on ", &[&body.get("name"), &host]);
    let title = if named.is_empty() { body.get("title") } else { named };
    let mut alert = Draft::new(joined("/", &[&device, &rule]), title);
    alert.status(&body.get("state"), &STATES);
    if !alert.is_resolved() {
        alert.severity(body.get("severity"));
    }
    alert.describe(body.first(&["msg", "title"]));
    alert.label("host", host);
    alert.labels(body, &[("location", "location"), ("type", "type"), ("os", "os")]);
    alert.annotate("elapsed", body.get("elapsed"));
    alert.link(LinkKind::Runbook, body.get("proc"));
    alert.changed_at(body.get("timestamp"));
    alert.group(device);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"title": "Alert for device db1 - Devices up/down", "hostname": "db1", "device_id": "2", "rule_id": "13",
        "name": "Devices up/down", "severity": "critical", "state": "1", "timestamp": "2026-11-20 20:13:08",
        "location": "rack 7", "msg": "Device db1 does not answer", "proc": "https://wiki.example/down"}"#,
    r#"{"title": "Device db1 recovered from Devices up/down", "hostname": "db1", "device_id": "2", "rule_id": "13",
        "name": "Devices up/down", "severity": "ok", "state": "0", "timestamp": "2026-11-20 20:33:08",
        "location": "rack 7", "msg": "Device db1 recovered", "elapsed": "20m", "proc": "https://wiki.example/down"}"#,
];

//! Site24x7's webhook. <https://www.site24x7.com/help/admin/third-party-integrations/webhooks.html>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

const STATES: [(&str, Said); 4] = [
    ("trouble", Said::Firing),
    ("critical", Said::Firing),
    ("suspended", Said::Resolved),
    ("maintenance", Said::Resolved),
];

/// Trouble, critical, down: Site24x7's own order.
const SEVERITIES: [(&str, AlertSeverity); 3] = [
    ("DOWN", AlertSeverity::Critical),
    ("CRITICAL", AlertSeverity::Error),
    ("TROUBLE", AlertSeverity::Warning),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let name = out.need(body, &["MONITORNAME", "MONITOR_NAME"])?;
    let status = body.get("STATUS");
    let monitor = body.first(&["MONITOR_ID", "MONITORID", "MONITORNAME"]);
    let mut alert = Draft::new(monitor, format!("{name} is {status}"));
    alert.status(&status, &STATES);
    if !alert.is_resolved() {
        alert.severity_by(status, &SEVERITIES);
    }
    alert.describe(body.first(&["INCIDENT_REASON", "REASON"]));
    alert.labels(
        body,
        &[
            ("monitor", "MONITORNAME"),
            ("type", "MONITORTYPE"),
            ("url", "MONITORURL"),
            ("group", "MONITOR_GROUPNAME"),
        ],
    );
    alert.label("location", body.get("FAILED_LOCATIONS"));
    alert.tags(body.at("TAGS"));
    alert.link(LinkKind::Source, body.get("MONITOR_DASHBOARD_LINK"));
    alert.link(LinkKind::Other, body.get("RCA_LINK"));
    alert.changed_at(body.first(&["INCIDENT_TIME_ISO", "OUTAGE_TIME_UNIX_FORMAT", "ct"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"MONITOR_DASHBOARD_LINK": "https://www.site24x7.com/app/client#/home/monitors/1/Summary", "MONITORTYPE": "URL",
        "STATUS": "DOWN", "MONITORNAME": "Shop", "MONITOR_ID": "1", "FAILED_LOCATIONS": "Manchester-UK",
        "INCIDENT_REASON": "Internal Server Error", "MONITORURL": "https://shop.example",
        "INCIDENT_TIME_ISO": "2026-11-20T20:13:08+0000"}"#,
    r#"{"MONITOR_DASHBOARD_LINK": "https://www.site24x7.com/app/client#/home/monitors/1/Summary", "MONITORTYPE": "URL",
        "STATUS": "UP", "MONITORNAME": "Shop", "MONITOR_ID": "1", "FAILED_LOCATIONS": "",
        "INCIDENT_REASON": "", "MONITORURL": "https://shop.example",
        "INCIDENT_TIME_ISO": "2026-11-20T20:33:08+0000"}"#,
];

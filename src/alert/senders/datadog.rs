//! Datadog's webhook, by the payload of `docs/senders.md`. <https://docs.datadoghq.com/integrations/webhooks/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// What `$ALERT_TRANSITION` says.
const TRANSITIONS: [(&str, Said); 11] = [
    ("triggered", Said::Firing),
    ("re-triggered", Said::Firing),
    ("renotify", Said::Firing),
    ("warn", Said::Firing),
    ("re-warn", Said::Firing),
    ("triggered -> warn", Said::Firing),
    ("no data", Said::Firing),
    ("re-no data", Said::Firing),
    ("recovered", Said::Resolved),
    ("warn recovered", Said::Resolved),
    ("no data recovered", Said::Resolved),
];

const SEVERITIES: [(&str, AlertSeverity); 5] = [
    ("1", AlertSeverity::Critical),
    ("2", AlertSeverity::Error),
    ("3", AlertSeverity::Warning),
    ("4", AlertSeverity::Info),
    ("5", AlertSeverity::Info),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let monitor = out.need(body, &["monitor_id", "alert_id", "id"])?;
    let cycle = body.get("alert_cycle_key");
    let scope = body.first(&["scope", "scopes"]);
    let identity = if cycle.is_empty() { joined("/", &[&monitor, &scope]) } else { cycle };
    let title = body.first(&["alert_title", "title"]);
    // `[Triggered on {host:web1}] Checkout is slow`
    let bare = title
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .map_or(title.as_str(), |(_, bare)| bare);
    let mut alert = Draft::new(identity, bare);
    alert.status(&body.first(&["transition", "alert_transition"]), &TRANSITIONS);
    let priority = body.first(&["priority", "alert_priority"]);
    let kind = body.get("alert_type");
    if priority.is_empty() || priority == "normal" {
        alert.severity(kind);
    } else {
        alert.severity_by(priority, &SEVERITIES);
    }
    alert.describe(body.first(&["body", "message", "description"]));
    alert.labels(body, &[("host", "hostname"), ("scope", "scope")]);
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("link"));
    alert.link(LinkKind::Other, body.get("snapshot"));
    alert.changed_at(body.get("date"));
    alert.group(monitor);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"monitor_id": "1234567890", "alert_cycle_key": "5371870311", "transition": "Triggered", "alert_type": "error",
        "title": "[Triggered on {host:web1}] Checkout is slow", "alert_title": "Checkout is slow on web1",
        "body": "p99 over 2 s", "priority": "P2", "scope": "host:web1", "hostname": "web1",
        "tags": "env:prod,service:checkout", "link": "https://app.datadoghq.com/event/event?id=1", "date": "1795205588000"}"#,
    r#"{"monitor_id": "1234567890", "alert_cycle_key": "5371870311", "transition": "Recovered", "alert_type": "success",
        "title": "[Recovered on {host:web1}] Checkout is slow", "alert_title": "Checkout is slow on web1",
        "body": "p99 over 2 s", "priority": "P2", "scope": "host:web1", "hostname": "web1",
        "tags": "env:prod,service:checkout", "link": "https://app.datadoghq.com/event/event?id=2", "date": "1795206788000"}"#,
];

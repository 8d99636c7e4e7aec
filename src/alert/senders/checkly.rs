//! Checkly's checks, by its own template of a webhook. <https://www.checklyhq.com/docs/alerting-and-retries/webhooks/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

const TYPES: [(&str, Said); 7] = [
    ("alert_failure", Said::Firing),
    ("alert_failure_remain", Said::Firing),
    ("alert_degraded", Said::Firing),
    ("alert_degraded_remain", Said::Firing),
    ("alert_ssl", Said::Firing),
    ("alert_recovery", Said::Resolved),
    ("alert_degraded_recovery", Said::Resolved),
];

const SEVERITIES: [(&str, AlertSeverity); 5] = [
    ("alert_failure", AlertSeverity::Error),
    ("alert_failure_remain", AlertSeverity::Error),
    ("alert_degraded", AlertSeverity::Warning),
    ("alert_degraded_remain", AlertSeverity::Warning),
    ("alert_ssl", AlertSeverity::Warning),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let check = out.need(body, &["check_id"])?;
    let (name, kind) = (body.get("check_name"), body.get("alert_type"));
    let mut alert = if kind == "ALERT_SSL" {
        let about = format!(
            "The certificate of {} ends in {} days",
            body.first(&["ssl_check_domain", "check_name"]),
            body.get("ssl_days_remaining")
        );
        Draft::new(format!("{check}/certificate"), about)
    } else {
        Draft::new(&check, joined(": ", &[&name, &body.get("check_error_message")]))
    };
    alert.status(&kind, &TYPES);
    alert.severity_by(&kind, &SEVERITIES);
    alert.describe(body.get("event"));
    alert.labels(body, &[("check", "check_name"), ("type", "check_type"), ("location", "run_location")]);
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("link"));
    alert.changed_at(body.get("started_at"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event": "Shop has failed", "alert_type": "ALERT_FAILURE", "check_name": "Shop", "check_id": "927a2982",
        "check_type": "API", "check_error_message": "expected 200, got 500", "run_location": "Frankfurt",
        "started_at": "2026-11-20T20:13:08.544Z", "tags": "prod,checkout", "link": "https://app.checklyhq.com/checks/927a2982"}"#,
    r#"{"event": "Shop has recovered", "alert_type": "ALERT_RECOVERY", "check_name": "Shop", "check_id": "927a2982",
        "check_type": "API", "check_error_message": "", "run_location": "Frankfurt",
        "started_at": "2026-11-20T20:33:08.544Z", "tags": "prod,checkout", "link": "https://app.checklyhq.com/checks/927a2982"}"#,
];

//! Elastic's rules (Kibana), by the body of `docs/senders.md`, once as action and once for `Recovered`.
//! <https://www.elastic.co/guide/en/kibana/current/rule-action-variables.html>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let rule = out.need(body, &["rule_id"])?;
    let of = body.get("alert_id");
    // A rule without groups has the alert `query matched`, `*`, or the rule's own id.
    let on = if matches!(of.as_str(), "*" | "query matched") || of == rule { "" } else { of.as_str() };
    let mut alert = Draft::new(format!("{rule}/{of}"), joined(" on ", &[&body.get("rule_name"), on]));
    let group = body.get("action_group");
    alert.status(if group.eq_ignore_ascii_case("recovered") { "recovered" } else { "active" }, &[]);
    if group.is_empty() {
        alert.note("No action group was given; it is taken to be firing.");
    }
    alert.severity(body.get("severity"));
    alert.describe(body.first(&["reason", "message"]));
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.first(&["alert_url", "url"]));
    alert.changed_at(body.get("date"));
    alert.group(rule);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"rule_id": "6a1b", "rule_name": "Error rate", "alert_id": "checkout", "action_group": "threshold met",
        "reason": "Error count is 7 in the last 5 min. Alert when > 5.", "tags": ["prod"], "severity": "critical",
        "url": "https://kibana.example/app/rules/6a1b", "date": "2026-11-20T20:13:08.000Z"}"#,
    r#"{"rule_id": "6a1b", "rule_name": "Error rate", "alert_id": "checkout", "action_group": "recovered",
        "reason": "", "tags": ["prod"], "severity": "critical",
        "url": "https://kibana.example/app/rules/6a1b", "date": "2026-11-20T20:33:08.000Z"}"#,
];

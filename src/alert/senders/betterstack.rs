//! Better Stack Uptime's incidents. <https://betterstack.com/docs/uptime/webhooks/>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::text::quote;

/// How the types begin of what is no incident.
const QUIET: [&str; 6] = ["monitor", "heartbeat", "on_call", "on-call", "policy", "status_page"];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (data, of) = (body.at("data"), body.at("data.attributes"));
    let kind = data.get("type");
    if QUIET.iter().any(|quiet| kind.starts_with(quiet)) {
        out.no_alert(format!("A message about a {kind}, not about an incident."));
        return Ok(());
    }
    let mut alert =
        Draft::new(out.need(body, &["data.id"])?, joined(": ", &[&of.get("name"), &of.get("cause")]));
    if !matches!(kind.as_str(), "" | "incident") {
        alert.note(&format!(
            "A message about a {}, which is unknown; it was read as an incident.",
            quote(&kind)
        ));
    }
    alert.says(if of.at("resolved_at").is_there() || body.get("event") == "resolved" {
        Said::Resolved
    } else if of.at("acknowledged_at").is_there() {
        Said::Acknowledged
    } else {
        Said::Firing
    });
    alert.describe(of.get("response_content"));
    alert.labels(of, &[("url", "url"), ("team", "team_name")]);
    alert.label("monitor", data.get("relationships.monitor.data.id"));
    alert.annotate("acknowledged_by", of.get("acknowledged_by"));
    alert.starts_at(of.get("started_at"));
    alert.ends_at(of.get("resolved_at"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event": "started", "data": {"id": "25", "type": "incident", "attributes": {"name": "shop.example",
        "url": "https://shop.example", "cause": "Status 500", "started_at": "2026-11-20T20:13:08.151Z",
        "acknowledged_at": null, "resolved_at": null}, "relationships": {"monitor": {"data": {"id": "4"}}}}}"#,
    r#"{"event": "resolved", "data": {"id": "25", "type": "incident", "attributes": {"name": "shop.example",
        "url": "https://shop.example", "cause": "Status 500", "started_at": "2026-11-20T20:13:08.151Z",
        "acknowledged_at": "2026-11-20T20:15:08Z", "resolved_at": "2026-11-20T20:33:08Z"},
        "relationships": {"monitor": {"data": {"id": "4"}}}}}"#,
];

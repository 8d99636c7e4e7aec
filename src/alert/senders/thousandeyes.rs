//! ThousandEyes' webhooks of alerts. <https://docs.thousandeyes.com/product-documentation/alerts/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{LinkKind, Rejected};

const EVENTS: [(&str, Said); 4] = [
    ("alert_notification_trigger", Said::Firing),
    ("alert_notification_clear", Said::Resolved),
    ("agent_alert_notification_trigger", Said::Firing),
    ("agent_alert_notification_clear", Said::Resolved),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    for event in out.each(body)? {
        let kind = event.first(&["eventType", "type"]);
        if kind.to_lowercase().contains("test") {
            out.no_alert("A test of ThousandEyes'.");
            continue;
        }
        let of = event.either(&["alert", "agentAlert"]);
        let on = of.first(&["testName", "agentName", "hostname"]);
        let rule = joined(": ", &[&of.get("ruleName"), &of.get("ruleExpression")]);
        let mut alert = Draft::new(out.need(of, &["alertId", "id"])?, joined(" on ", &[&rule, &on]));
        alert.status(&kind, &EVENTS);
        alert.severity(of.get("severity"));
        let seen = of.at("agents").list().map(|agent| {
            let metrics = agent.first(&["metricsAtEnd", "metricsAtStart"]);
            joined(": ", &[&agent.first(&["agentName", "name"]), &metrics])
        });
        alert.describe(seen.take(20).collect::<Vec<_>>().join("\n"));
        alert.labels(
            of,
            &[("test", "testName"), ("agent", "agentName"), ("host", "hostname"), ("type", "type")],
        );
        alert.link(LinkKind::Source, of.first(&["permalink", "agents.0.permalink"]));
        alert.starts_at(of.first(&["dateStartZoned", "dateStart"]));
        alert.ends_at(of.first(&["dateEndZoned", "dateEnd"]));
        out.alert(alert);
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"eventId": "1-1", "eventType": "ALERT_NOTIFICATION_TRIGGER", "alert": {"alertId": 5629, "severity": "Major",
        "ruleName": "HTTP availability", "ruleExpression": "Response Code is not OK (2xx)", "testName": "Shop",
        "type": "HTTP Server", "dateStartZoned": "2026-11-20 20:13:08 UTC", "permalink": "https://app.thousandeyes.com/alerts/5629",
        "agents": [{"agentName": "Frankfurt", "metricsAtStart": "Response Code: 502"}]}}"#,
    r#"{"eventId": "1-2", "eventType": "ALERT_NOTIFICATION_CLEAR", "alert": {"alertId": 5629, "severity": "Major",
        "ruleName": "HTTP availability", "ruleExpression": "Response Code is not OK (2xx)", "testName": "Shop",
        "type": "HTTP Server", "dateStartZoned": "2026-11-20 20:13:08 UTC", "dateEndZoned": "2026-11-20 20:33:08 UTC",
        "permalink": "https://app.thousandeyes.com/alerts/5629",
        "agents": [{"agentName": "Frankfurt", "metricsAtStart": "Response Code: 502", "metricsAtEnd": "Response Code: 200"}]}}"#,
];

//! Grafana: unified alerting (the shape of Alertmanager) and the dashboard alerts of before.
//!
//! <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>

use super::alertmanager::Alertmanager;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{LinkKind, Rejected};

const STATES: [(&str, Said); 2] = [("no_data", Said::Firing), ("pending", Said::Firing)];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.at("alerts").is_there() {
        let is_test = |one: Node<'_>| {
            one.get("labels.alertname") == "TestAlert" && one.get("labels.instance") == "Grafana"
        };
        if body.at("alerts.0").is_there() && body.at("alerts").list().all(is_test) {
            out.no_alert("A test of Grafana's.");
            return Ok(());
        }
        return out.by(|source| Box::new(Alertmanager::of_grafana(source)));
    }
    let (rule, name) = (out.need(body, &["ruleId"])?, body.first(&["ruleName", "title"]));
    let state = body.get("state");
    if state == "paused" || (rule == "0" && body.get("orgId") == "0") {
        out.no_alert(if state == "paused" {
            format!("«{name}» was paused.")
        } else {
            "A test of Grafana's.".into()
        });
        return Ok(());
    }
    let mut alert = Draft::new(joined("/", &[&body.get("orgId"), &rule]), name);
    alert.status(&state, &STATES);
    alert.severity(body.first(&["tags.severity", "tags.Severity"]));
    let values = body
        .at("evalMatches")
        .list()
        .map(|found| format!("{} = {}", found.get("metric"), found.get("value")));
    let values = values.collect::<Vec<_>>().join("\n");
    alert.describe(joined("\n", &[&body.get("message"), &values]));
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("ruleUrl"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"dashboardId": 1, "evalMatches": [{"value": 97, "metric": "db1", "tags": {}}], "message": "Disk is nearly full",
        "orgId": 1, "panelId": 2, "ruleId": 7, "ruleName": "Disk usage", "ruleUrl": "https://grafana.example/d/1",
        "state": "alerting", "tags": {"severity": "critical"}, "title": "[Alerting] Disk usage"}"#,
    r#"{"dashboardId": 1, "evalMatches": [], "message": "Disk is nearly full", "orgId": 1, "panelId": 2, "ruleId": 7,
        "ruleName": "Disk usage", "ruleUrl": "https://grafana.example/d/1", "state": "ok",
        "tags": {"severity": "critical"}, "title": "[OK] Disk usage"}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::senders::testing::read;

    #[test]
    fn what_grafana_left_out_is_told_as_grafanas() {
        let body = r#"{"receiver": "post", "status": "firing", "orgId": 1, "truncatedAlerts": 3, "groupKey": "g", "title": "t",
            "alerts": [{"status": "firing", "labels": {"alertname": "DiskFull"}, "fingerprint": "f"}]}"#;
        let intake = read("grafana", body);
        assert_eq!(intake.truncated, 3);
        assert_eq!(intake.notes, ["Grafana left out 3 more alerts (its setting `Max Alerts`)."]);
    }
}

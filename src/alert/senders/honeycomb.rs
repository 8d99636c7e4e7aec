//! Honeycomb's triggers and burn alerts. <https://docs.honeycomb.io/reference/webhook-payloads/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.at("test").is_true() || body.at("is_test").is_true() {
        out.no_alert("A test of Honeycomb's.");
        return Ok(());
    }
    let mut alert = Draft::new(out.need(body, &["id"])?, body.first(&["name", "slo.name", "summary"]));
    alert.status(&body.get("status"), &[]);
    alert.severity(body.get("severity"));
    let about = body.get("trigger_description");
    let groups = body.at("result_groups_triggered").list().map(|group| {
        let names = group.at("Group").pairs().into_iter().map(|(name, value)| format!("{name} {value}"));
        format!("{}: {}", names.collect::<Vec<_>>().join(", "), group.get("Result"))
    });
    let groups = groups.take(20).collect::<Vec<_>>().join("\n");
    // A burn alert says in its summary alone how long the budget lasts.
    let text = joined("\n", &[&about, &body.get("description"), &groups]);
    alert.describe(if text.is_empty() && !alert.is_resolved() { body.get("summary") } else { text });
    alert.labels(body, &[("dataset", "dataset"), ("environment", "environment")]);
    alert.link(
        LinkKind::Source,
        body.first(&["trigger_url", "alert_url", "url", "slo.url", "burn_alert.url"]),
    );
    alert.link(LinkKind::Dashboard, body.get("result_url"));
    alert.changed_at(body.get("timestamp"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"version": "v0.1.0", "id": "abdcefg", "name": "Checkout is slow", "status": "TRIGGERED",
        "trigger_url": "https://ui.honeycomb.example/triggers/abdcefg", "summary": "Triggered: Checkout is slow",
        "description": "Currently greater than threshold value (2) for shop:eu (value 5)",
        "result_groups_triggered": [{"Group": {"shop": "eu"}, "Result": 5}]}"#,
    r#"{"version": "v0.1.0", "id": "abdcefg", "name": "Checkout is slow", "status": "OK",
        "trigger_url": "https://ui.honeycomb.example/triggers/abdcefg", "summary": "Resolved: Checkout is slow",
        "description": "", "result_groups_triggered": []}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::LinkKind;
    use crate::alert::senders::testing::read;

    #[test]
    fn a_burn_alert_leads_to_its_page() {
        let body = r#"{"version": "v0.1.0", "id": "b1", "name": "Login", "status": "TRIGGERED",
            "summary": "Budget will be exhausted in 4h", "url": "https://ui.honeycomb.example/slo/1", "slo": {"name": "Login"}}"#;
        let alert = read("honeycomb", body).alerts.remove(0);
        let [link] = alert.links.as_slice() else { panic!("{:?}", alert.links) };
        assert_eq!((link.kind, link.url.as_str()), (LinkKind::Source, "https://ui.honeycomb.example/slo/1"));
        assert_eq!(alert.description, "Budget will be exhausted in 4h");
    }
}

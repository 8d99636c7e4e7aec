//! Crashlytics' webhook of an issue whose impact changed. <https://firebase.google.com/docs/crashlytics>
//!
//! It does not tell when an issue was closed; its situation ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.get("event") == "verification" {
        out.no_alert("Crashlytics asks whether anybody listens here.");
        return Ok(());
    }
    let issue = body.at("payload");
    let mut alert = Draft::new(out.need(body, &["payload.display_id", "payload.url"])?, issue.get("title"));
    let counts = (issue.get("crashes_count"), issue.get("impacted_devices_count"));
    let told =
        format!("{} crashes on {} devices, impact level {}", counts.0, counts.1, issue.get("impact_level"));
    alert.describe(joined("\n", &[&issue.get("method"), &told]));
    alert.label("impact", issue.get("impact_level"));
    alert.link(LinkKind::Source, issue.get("url"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event": "issue_impact_change", "payload_type": "issue", "payload": {"display_id": 123,
        "title": "NullPointerException in Cart", "method": "Cart.total", "impact_level": 2, "crashes_count": 54,
        "impacted_devices_count": 16, "url": "https://crashlytics.example/issues/123"}}"#,
];

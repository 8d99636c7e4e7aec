//! Splunk Observability Cloud (SignalFx).
//! <https://docs.splunk.com/observability/en/admin/notif-services/webhook.html>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};
use crate::alert::{LinkKind, Rejected};

/// What its own titles begin with when it is over, which the template may not say elsewhere.
const ENDS: [&str; 5] =
    ["Back to normal: ", "Manually resolved: ", "Auto resolved: ", "Auto-resolved: ", "Stopped: "];

const STATES: [(&str, Said); 7] = [
    ("anomalous", Said::Firing),
    ("too high", Said::Firing),
    ("too low", Said::Firing),
    ("manually resolved", Said::Resolved),
    ("auto resolved", Said::Resolved),
    ("auto-resolved", Said::Resolved),
    ("stopped", Said::Resolved),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let title = body.first(&["messageTitle", "inputs.messageTitle", "rule", "detector"]);
    let ended = ENDS.iter().find_map(|lead| title.strip_prefix(lead));
    let mut alert = Draft::new(out.need(body, &["incidentId"])?, ended.unwrap_or(&title));
    alert.status(&body.first(&["statusExtended", "status"]), &STATES);
    if ended.is_some() {
        alert.says(Said::Resolved);
    }
    alert.severity(body.get("severity"));
    alert.describe(body.first(&["messageBody", "description"]));
    alert.labels(body, &[("detector", "detector"), ("rule", "rule"), ("metric", "originatingMetric")]);
    alert.tags(body.at("dimensions"));
    alert.link(LinkKind::Source, body.get("detectorUrl"));
    alert.link(LinkKind::Runbook, body.get("runbookUrl"));
    alert.annotate("tip", body.get("tip"));
    alert.changed_at(body.first(&["timestampISO8601", "timestamp"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"severity": "Critical", "status": "too high", "statusExtended": "anomalous", "incidentId": "EtIxyz",
        "detector": "Checkout errors", "detectorUrl": "https://app.signalfx.example/#/detector/1", "rule": "over 5%",
        "messageTitle": "Checkout errors: over 5%", "messageBody": "Rule over 5% in detector Checkout errors triggered",
        "dimensions": {"service": "checkout"}, "runbookUrl": "https://wiki.example/checkout",
        "timestampISO8601": "2026-11-20T20:13:08Z"}"#,
    r#"{"severity": "Critical", "status": "ok", "statusExtended": "ok", "incidentId": "EtIxyz",
        "detector": "Checkout errors", "detectorUrl": "https://app.signalfx.example/#/detector/1", "rule": "over 5%",
        "messageTitle": "Back to normal: Checkout errors: over 5%", "messageBody": "Rule over 5% cleared",
        "dimensions": {"service": "checkout"}, "runbookUrl": null, "timestampISO8601": "2026-11-20T20:33:08Z"}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::Status;
    use crate::alert::senders::testing::read;

    #[test]
    fn an_incident_ends_however_it_ended_there() {
        for (status, extended, title) in [
            ("ok", "ok", "Back to normal: over 5%"),
            ("ok", "manually resolved", "Manually resolved: over 5%"),
            ("ok", "auto resolved", "Auto resolved: over 5%"),
            ("stopped", "stopped", "Stopped: over 5%"),
            ("auto resolved", "", "over 5%"),
        ] {
            let body = format!(
                r#"{{"severity": "Major", "status": "{status}", "statusExtended": "{extended}", "incidentId": "E1",
                "messageTitle": "{title}"}}"#
            );
            let intake = read("signalfx", &body);
            let alert = &intake.alerts[0];
            assert_eq!((alert.status, alert.title.as_str()), (Status::Resolved, "over 5%"), "{extended}");
            assert!(alert.notes.is_empty(), "{:?}", alert.notes);
        }
    }
}

//! PagerDuty: what its webhooks send (versions 1 to 3), and what is sent to it (Events API, versions 1 and 2).
//!
//! <https://developer.pagerduty.com/docs/webhooks-overview>,
//! <https://developer.pagerduty.com/docs/send-alert-event>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::text::digest;
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.at("event_action").is_there() || body.at("service_key").is_there() {
        return received(body, out);
    }
    if body.at("messages").is_list() {
        for message in out.each(body.at("messages"))? {
            let kind = message.first(&["event", "type"]);
            incident(&kind, message.either(&["incident", "data.incident"]), "", out);
        }
        return Ok(());
    }
    let event = body.at("event");
    if event.is_there() {
        incident(&event.get("event_type"), event.at("data"), &event.get("occurred_at"), out);
        return Ok(());
    }
    // A change event, a subscription, or a part of an event by itself.
    if body.at("payload").is_there()
        || body.at("webhook_subscription").is_there()
        || body.at("type").is_there()
    {
        incident("", body, "", out);
        return Ok(());
    }
    Err(out.missing("event"))
}

/// `occurred`: when the event came about, where it says so.
fn incident(kind: &str, of: Node<'_>, occurred: &str, out: &mut Reading<'_>) {
    let (id, what) = (of.get("id"), of.get("type"));
    let status = of.get("status");
    let is_incident = !id.is_empty()
        && matches!(what.as_str(), "" | "incident")
        && (kind.is_empty() || kind.starts_with("incident."))
        && !matches!(kind, "incident.annotate" | "incident.annotated");
    let said = match (kind.strip_prefix("incident.").unwrap_or_default(), status.as_str()) {
        ("trigger" | "triggered" | "unacknowledge" | "unacknowledged" | "reopened", _) => Some(Said::Firing),
        ("acknowledge" | "acknowledged", _) => Some(Said::Acknowledged),
        ("resolve" | "resolved", _) => Some(Said::Resolved),
        (_, "triggered") => Some(Said::Firing),
        (_, "acknowledged") => Some(Said::Acknowledged),
        (_, "resolved") => Some(Said::Resolved),
        _ => None,
    };
    let Some(said) = said.filter(|_| is_incident) else {
        say_nothing(kind, of, out);
        return;
    };
    let subject =
        of.first(&["title", "trigger_summary_data.subject", "trigger_summary_data.description", "summary"]);
    let key = of.get("incident_key");
    let mut alert = Draft::new(&id, if subject.is_empty() { format!("Incident {id}") } else { subject });
    alert.says(said);
    alert.severity(of.first(&["priority.summary", "priority.name", "urgency"]));
    alert.describe(of.first(&["first_trigger_log_entry.channel.details", "body.details", "description"]));
    alert.label("service", of.first(&["service.summary", "service.name"]));
    alert.label("escalation_policy", of.first(&["escalation_policy.summary", "escalation_policy.name"]));
    alert.label("incident_key", if key == "%s" { "" } else { &key });
    alert.link(LinkKind::Source, of.get("html_url"));
    alert.link(LinkKind::Other, of.get("conference_bridge.conference_url"));
    alert.starts_at(of.first(&["created_at", "created_on"]));
    // An incident that is reopened keeps its start.
    if said != Said::Resolved {
        let changed = of.first(&["last_status_change_at", "last_status_change_on"]);
        alert.changed_at(if occurred.is_empty() { changed } else { occurred.to_owned() });
    }
    alert.ends_at(of.first(&["resolved_at", "last_status_change_at", "last_status_change_on"]));
    out.alert(alert);
}

fn say_nothing(kind: &str, of: Node<'_>, out: &mut Reading<'_>) {
    let kind =
        if kind.is_empty() { of.first(&["type", "webhook_subscription.type"]) } else { kind.to_owned() };
    let about = of.first(&["incident.summary", "payload.summary", "summary", "message"]);
    let sentence = joined(" about ", &[if kind.is_empty() { "A message" } else { &kind }, &about]);
    out.no_alert(format!("{sentence}: no change of an incident's state."));
}

/// What a monitor would have sent to PagerDuty.
fn received(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let payload = body.at("payload");
    let key = body.first(&["dedup_key", "incident_key"]);
    let summary = joined(": ", &[&payload.get("summary"), &body.get("description")]);
    if key.is_empty() && summary.is_empty() {
        return Err(out.missing("dedup_key"));
    }
    let mut alert = if key.is_empty() {
        let mut alert = Draft::new(digest(summary.as_bytes()), &summary);
        alert.note("No key was given; the summary tells it apart, and nothing can resolve it.");
        alert
    } else {
        Draft::new(&key, if summary.is_empty() { &key } else { &summary })
    };
    alert.status(&body.first(&["event_action", "event_type"]), &[]);
    alert.severity(payload.get("severity"));
    alert.describe(body.first(&["payload.custom_details", "details"]));
    alert.labels(
        payload,
        &[("source", "source"), ("component", "component"), ("group", "group"), ("class", "class")],
    );
    for (name, value) in payload.at("custom_details").pairs().into_iter().chain(body.at("details").pairs()) {
        alert.annotate(&name, value);
    }
    alert.link(LinkKind::Source, body.get("client_url"));
    for link in body.at("links").list() {
        alert.link(LinkKind::Other, link.get("href"));
    }
    alert.changed_at(payload.get("timestamp"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event": {"id": "01BZ", "event_type": "incident.triggered", "resource_type": "incident",
        "occurred_at": "2026-11-20T20:13:08.394Z", "data": {"id": "PGR0VU2", "type": "incident", "number": 2,
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2", "status": "triggered",
        "created_at": "2026-11-20T20:13:08Z", "title": "Checkout answers 500", "urgency": "high",
        "service": {"summary": "API Service"}, "priority": {"summary": "P1"}}}}"#,
    r#"{"event": {"id": "01C0", "event_type": "incident.resolved", "resource_type": "incident",
        "occurred_at": "2026-11-20T20:33:08.394Z", "data": {"id": "PGR0VU2", "type": "incident", "number": 2,
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2", "status": "resolved",
        "created_at": "2026-11-20T20:13:08Z", "title": "Checkout answers 500", "urgency": "high",
        "service": {"summary": "API Service"}, "priority": {"summary": "P1"}}}}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::Status;
    use crate::alert::senders::testing::read;

    #[test]
    fn a_monitor_that_speaks_to_pagerduty_can_speak_here_instead() {
        let firing = read(
            "pagerduty",
            r#"{"routing_key": "k", "event_action": "trigger", "dedup_key": "db1/disk", "client_url": "https://mon.example",
            "payload": {"summary": "disk is full", "source": "db1", "severity": "critical", "custom_details": {"free": 3}}}"#,
        );
        let resolved =
            read("pagerduty", r#"{"routing_key": "k", "event_action": "resolve", "dedup_key": "db1/disk"}"#);
        assert_eq!(firing.alerts[0].key(), resolved.alerts[0].key());
        assert_eq!(resolved.alerts[0].status, Status::Resolved);
        assert_eq!(firing.alerts[0].annotations["free"], "3");
    }
}

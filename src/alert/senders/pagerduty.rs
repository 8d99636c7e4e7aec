//! PagerDuty: what its webhooks send (versions 1 to 3), and what is sent to it (Events API, versions 1 and 2).
//!
//! <https://developer.pagerduty.com/docs/webhooks-overview>,
//! <https://developer.pagerduty.com/docs/send-alert-event>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::text::digest;
use crate::alert::{AlertSeverity, LinkKind, Rejected};

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

/// How the events begin that PagerDuty tells of, versions 1 and 3.
const KINDS: [&str; 5] = ["incident.", "service.", "pagey.", "change", "test"];

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
    let is_known = kind.is_empty() || KINDS.iter().any(|known| kind.starts_with(known));
    if !(is_incident && said.is_some()) && (is_known || id.is_empty()) {
        say_nothing(kind, of, out);
        return;
    }
    let subject =
        of.first(&["title", "trigger_summary_data.subject", "trigger_summary_data.description", "summary"]);
    let key = of.get("incident_key");
    let mut alert = Draft::new(&id, if subject.is_empty() { format!("Incident {id}") } else { subject });
    match said.filter(|_| is_incident) {
        Some(said) => alert.says(said),
        None => alert.unknown_event(kind),
    }
    // An account names its priorities as it likes; the urgency is PagerDuty's own word.
    let (priority, urgency) = (of.first(&["priority.summary", "priority.name"]), of.get("urgency"));
    let is_usual = AlertSeverity::read(&priority) != AlertSeverity::Unknown;
    alert.severity(if is_usual || urgency.is_empty() { priority } else { urgency });
    alert.describe(of.first(&["first_trigger_log_entry.channel.details", "body.details", "description"]));
    alert.label("service", of.first(&["service.summary", "service.name"]));
    alert.label("escalation_policy", of.first(&["escalation_policy.summary", "escalation_policy.name"]));
    alert.label("incident_key", if key == "%s" { "" } else { &key });
    alert.link(LinkKind::Source, of.get("html_url"));
    alert.link(LinkKind::Other, of.get("conference_bridge.conference_url"));
    alert.starts_at(of.first(&["created_at", "created_on"]));
    // An incident that is reopened keeps its start, so each message holds as of when it came about.
    let resolved = if alert.is_resolved() { of.get("resolved_at") } else { String::new() };
    let changed = of.first(&["last_status_change_at", "last_status_change_on"]);
    let moments = [occurred.to_owned(), resolved, changed];
    alert.changed_at(moments.into_iter().find(|moment| !moment.is_empty()).unwrap_or_default());
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
    let details = body.either(&["payload.custom_details", "details"]);
    if details.members().next().is_none() {
        alert.describe(details.whole());
    }
    alert.labels(
        payload,
        &[("source", "source"), ("component", "component"), ("group", "group"), ("class", "class")],
    );
    for (name, value) in payload.at("custom_details").members().chain(body.at("details").members()) {
        alert.annotate(name, value.whole());
    }
    alert.link(LinkKind::Source, body.get("client_url"));
    // Version 1 has links and images in one list.
    for list in ["links", "contexts", "images"] {
        for link in body.at(list).list() {
            alert.link(LinkKind::Other, link.first(&["href", "src"]));
        }
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
    use crate::alert::order::is_overtaken;
    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, AlertSeverity, Status};

    /// What version 3 says of an incident.
    fn event(kind: &str, status: &str, time: &str) -> Alert {
        let body = r#"{"event": {"event_type": "incident.KIND", "occurred_at": "2026-11-20TTIME.394Z", "data": {
            "id": "PGR0VU2", "type": "incident", "status": "STATUS", "created_at": "2026-11-20T13:00:00Z",
            "title": "Checkout answers 500", "urgency": "high", "priority": {"summary": "Everybody runs"}}}}"#;
        let body = body.replace("KIND", kind).replace("STATUS", status).replace("TIME", time);
        read("pagerduty", &body).alerts.remove(0)
    }

    #[test]
    fn what_comes_late_does_not_open_an_incident_that_is_resolved_and_a_reopening_does() {
        let resolved = event("resolved", "resolved", "13:05:00");
        for (kind, status, time) in [
            ("triggered", "triggered", "13:00:00"),
            ("acknowledged", "acknowledged", "13:02:00"),
            ("priority_updated", "triggered", "13:04:00"),
        ] {
            let late = event(kind, status, time);
            assert_eq!(late.key(), resolved.key());
            assert!(is_overtaken(&late, &resolved) && !is_overtaken(&resolved, &late), "{kind}");
        }
        let again = event("reopened", "triggered", "13:06:00");
        assert!(!is_overtaken(&again, &resolved) && is_overtaken(&resolved, &again));
    }

    #[test]
    fn a_priority_in_words_of_ones_own_leaves_the_severity_to_the_urgency() {
        assert_eq!(event("triggered", "triggered", "13:00:00").severity, AlertSeverity::Error);
    }

    #[test]
    fn the_links_and_images_of_either_events_api_can_be_opened_here() {
        let first = read(
            "pagerduty",
            r#"{"service_key": "k", "event_type": "trigger", "incident_key": "srv01/HTTP", "description": "HTTP fails",
            "client_url": "https://mon.example", "contexts": [{"type": "link", "href": "https://wiki.example/http"},
            {"type": "image", "src": "https://mon.example/graph.png"}]}"#,
        );
        let second = read(
            "pagerduty",
            r#"{"routing_key": "k", "event_action": "trigger", "dedup_key": "d", "payload": {"summary": "HTTP fails"},
            "client_url": "https://mon.example", "links": [{"href": "https://wiki.example/http", "text": "what to do"}],
            "images": [{"src": "https://mon.example/graph.png"}]}"#,
        );
        for intake in [first, second] {
            let urls: Vec<&str> = intake.alerts[0].links.iter().map(|link| link.url.as_str()).collect();
            let there = ["https://mon.example", "https://wiki.example/http", "https://mon.example/graph.png"];
            assert_eq!(urls, there);
        }
    }

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

    #[test]
    fn details_that_stand_in_each_other_are_told_as_they_came() {
        let event = |details: &str| {
            let body = format!(
                r#"{{"routing_key": "k", "event_action": "trigger", "dedup_key": "d",
                "payload": {{"summary": "disk is full", "custom_details": {details}}}}}"#
            );
            read("pagerduty", &body).alerts.remove(0)
        };
        let alert = event(r#"{"free": "1%", "disks": {"sda": [1, [2]]}, "none": {}, "list": ["a", "b"]}"#);
        let told = ["free", "disks", "list"].map(|name| alert.annotations[name].as_str());
        assert_eq!(told, ["1%", r#"{"sda":[1,[2]]}"#, "a, b"]);
        assert_eq!(event(r#"[{"a": 1}]"#).description, r#"[{"a":1}]"#);
        assert_eq!(event(r#""all of it""#).description, "all of it");
    }

    #[test]
    fn an_event_that_nobody_knows_is_kept_with_a_note_and_one_of_a_service_is_none() {
        let event = |kind: &str| {
            read(
                "pagerduty",
                &format!(
                    r#"{{"event": {{"event_type": "{kind}", "data": {{"id": "Q1", "type": "alert", "summary": "disk is full"}}}}}}"#
                ),
            )
        };
        let alert = event("alert.raised").alerts.remove(0);
        assert_eq!((alert.title.as_str(), alert.status), ("disk is full", Status::Firing));
        assert!(alert.notes.concat().contains("The event “alert.raised” is unknown"), "{:?}", alert.notes);
        assert!(event("service.created").alerts.is_empty());
    }

    #[test]
    fn an_event_without_a_payload_ends_or_acknowledges_the_alert_of_its_key() {
        for sender in ["pagerduty", "generic"] {
            let event = |action: &str, rest: &str| {
                let body = format!(
                    r#"{{"routing_key": "k", "event_action": "{action}", "dedup_key": "db1/disk"{rest}}}"#
                );
                let mut alerts = read(sender, &body).alerts;
                assert_eq!(alerts.len(), 1, "{sender} {action}");
                alerts.remove(0)
            };
            let fires = event(
                "trigger",
                r#", "payload": {"summary": "disk is full", "source": "db1", "severity": "error",
                "timestamp": "2026-11-20T13:00:00Z"}"#,
            );
            for (action, status, acknowledged) in
                [("acknowledge", Status::Firing, true), ("resolve", Status::Resolved, false)]
            {
                let later = event(action, "");
                assert_eq!((later.status, later.acknowledged), (status, acknowledged), "{sender} {action}");
                assert_eq!(later.key(), fires.key(), "{sender} {action}");
                assert!(!is_overtaken(&later, &fires), "{sender} {action}");
            }
        }
    }
}

//! Bodies of programs that are known by their shape, and that customary names would not tell apart or not end.

use super::status::meaning;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// Reads a body of one of these shapes; `None` if it is none.
pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Option<Result<(), Rejected>> {
    if body.at("data.snitch.token").is_there() {
        snitch(body, out);
    } else if body.at("involvedObject.kind").is_there() && body.at("reportingController").is_there() {
        return flux(body, out).then_some(Ok(()));
    } else if is_netdata(body) {
        netdata(body, out);
    } else if !body.get("host").is_empty() && body.at("status.reachable").is_there() {
        reachability(body, out);
    } else if body.at("records.0.severity").is_there() {
        return service_now(body, out);
    } else if is_incident_io(body) {
        incident_io(body, out);
    } else {
        return None;
    }
    Some(Ok(()))
}

/// Dead Man's Snitch. <https://deadmanssnitch.com/docs/integrations/webhooks>
fn snitch(body: Node<'_>, out: &mut Reading<'_>) {
    let of = body.at("data.snitch");
    let (name, status) = (of.first(&["name", "token"]), of.get("status"));
    if matches!(status.as_str(), "paused" | "pending") {
        out.no_alert(format!("{name} is {status}: no change of its state."));
        return;
    }
    let mut alert = Draft::new(joined("/", &["snitch", &of.get("token")]), format!("{name} is {status}"));
    alert.status(&status, &[]);
    alert.describe(of.get("notes"));
    alert.label("check", name);
    alert.tags(of.at("tags"));
    alert.changed_at(body.get("timestamp"));
    out.alert(alert);
}

/// What Flux says of its work: an error of an object is over when it succeeds. <https://fluxcd.io/flux/components/notification/events/>
/// Whether it is such; a cluster's own events have no severity.
fn flux(body: Node<'_>, out: &mut Reading<'_>) -> bool {
    let (of, reason, severity) = (body.at("involvedObject"), body.get("reason"), body.get("severity"));
    let place = joined("/", &[&of.get("namespace"), &of.get("name")]);
    let what = joined(" ", &[&of.get("kind"), &place]);
    let said = match severity.as_str() {
        "error" => Said::Firing,
        // To be back at what was before is no success.
        "info" if reason.starts_with("Rollback") || reason.starts_with("Uninstall") => {
            return quiet(&what, &reason, out);
        }
        "info" if reason == "NewArtifact" || reason.contains("Succeed") => Said::Resolved,
        "info" => return quiet(&what, &reason, out),
        _ => return false,
    };
    let mut alert = Draft::new(joined("/", &["flux", &what]), joined(": ", &[&what, &reason]));
    alert.says(said);
    alert.severity(severity);
    alert.describe(body.get("message"));
    alert.labels(of, &[("kind", "kind"), ("namespace", "namespace"), ("name", "name")]);
    for (name, value) in body.at("metadata").pairs() {
        alert.annotate(&name, value);
    }
    alert.changed_at(body.get("timestamp"));
    out.alert(alert);
    true
}

fn quiet(what: &str, reason: &str, out: &mut Reading<'_>) -> bool {
    out.no_alert(format!("{}: neither an error nor a success.", joined(": ", &[what, reason])));
    true
}

/// An alert of Netdata Cloud's. <https://learn.netdata.cloud/docs/alerts-&-notifications/notifications/centralized-cloud-notifications/webhook>
fn is_netdata(body: Node<'_>) -> bool {
    let severity = body.get("severity").to_lowercase();
    !body.first(&["alert", "alarm"]).is_empty()
        && !body.get("chart").is_empty()
        && matches!(severity.as_str(), "warning" | "critical" | "clear")
        && !body.either(&["status", "state"]).is_there()
}

fn netdata(body: Node<'_>, out: &mut Reading<'_>) {
    let (name, chart, message) = (body.first(&["alert", "alarm"]), body.get("chart"), body.get("message"));
    // Only the message names the machine, first of all.
    let is_name =
        |word: &&str| meaning(word).is_none() && AlertSeverity::read(word) == AlertSeverity::Unknown;
    let words = message.split_whitespace().map(|word| word.trim_matches([':', ',', '.', ';']));
    let host = words.filter(|word| !word.is_empty()).find(is_name).unwrap_or_default();
    let mut alert = Draft::new(
        joined("/", &["netdata", &body.get("space"), host, &name, &chart]),
        if message.is_empty() { &name } else { &message },
    );
    let severity = body.get("severity");
    alert.says(if severity.eq_ignore_ascii_case("clear") { Said::Resolved } else { Said::Firing });
    alert.severity(severity);
    alert.describe(body.get("info"));
    alert.labels(
        body,
        &[
            ("chart", "chart"),
            ("context", "context"),
            ("space", "space"),
            ("family", "family"),
            ("class", "class"),
        ],
    );
    alert.label("alert", name);
    alert.annotate("duration", body.get("duration"));
    alert.link(LinkKind::Source, body.first(&["alert_url", "alarm_url"]));
    alert.changed_at(body.get("date"));
    out.alert(alert);
}

/// Netdata Cloud's word of a machine that cannot be reached, or can be again.
fn reachability(body: Node<'_>, out: &mut Reading<'_>) {
    let host = body.get("host");
    let state = body.get("status.text");
    let mut alert = Draft::new(joined("/", &["reachability", &host]), joined(" is ", &[&host, &state]));
    let is_reachable = body.at("status.reachable").is_true();
    alert.says(if is_reachable { Said::Resolved } else { Said::Firing });
    alert.severity(body.get("severity"));
    alert.describe(body.get("message"));
    alert.label("host", host);
    alert.link(LinkKind::Source, body.get("url"));
    out.alert(alert);
}

/// Events as they are sent to ServiceNow's Event Management: `0` is clear, and `1` the worst.
/// <https://www.servicenow.com/docs/bundle/xanadu-it-operations-management/page/product/event-management/concept/send-events-via-web-service.html>
fn service_now(body: Node<'_>, out: &mut Reading<'_>) -> Option<Result<(), Rejected>> {
    const SEVERITIES: [(&str, AlertSeverity); 5] = [
        ("1", AlertSeverity::Critical),
        ("2", AlertSeverity::Error),
        ("3", AlertSeverity::Warning),
        ("4", AlertSeverity::Warning),
        ("5", AlertSeverity::Info),
    ];
    let records = match out.each(body.at("records")) {
        Ok(records) => records,
        Err(why) => return Some(Err(why)),
    };
    let is_event = |one: &Node<'_>| !one.first(&["message_key", "metric_name", "type"]).is_empty();
    if !records.iter().all(is_event) {
        return None;
    }
    for one in records {
        let keys = ["source", "node", "type", "resource", "metric_name"].map(|key| one.get(key));
        let key = one.get("message_key");
        let key = if key.is_empty() { joined("/", &keys.each_ref().map(String::as_str)) } else { key };
        let what = one.first(&["type", "metric_name", "resource"]);
        let mut alert =
            Draft::new(joined("/", &["record", &key]), joined(" on ", &[&what, &one.get("node")]));
        let severity = one.get("severity");
        let is_clear = matches!(severity.to_lowercase().as_str(), "0" | "clear" | "ok");
        let is_over = is_clear || one.get("resolution_state").eq_ignore_ascii_case("closing");
        alert.says(if is_over { Said::Resolved } else { Said::Firing });
        alert.severity_by(severity, &SEVERITIES);
        alert.describe(joined("\n", &[&one.get("description"), &one.at("additional_info").whole()]));
        alert.labels(
            one,
            &[("host", "node"), ("resource", "resource"), ("source", "source"), ("metric", "metric_name")],
        );
        alert.changed_at(one.get("time_of_event"));
        out.alert(alert);
    }
    Some(Ok(()))
}

fn is_incident_io(body: Node<'_>) -> bool {
    let kind = body.get("event_type");
    ["public_", "private_"].iter().any(|lead| kind.starts_with(lead)) && body.key(&kind).is_there()
}

/// What incident.io says of an incident or of an alert; what it says of people and of follow-ups is neither.
/// <https://api-docs.incident.io/tag/Webhooks/>
fn incident_io(body: Node<'_>, out: &mut Reading<'_>) {
    const CATEGORIES: [(&str, Said); 9] = [
        ("triage", Said::Firing),
        ("live", Said::Firing),
        ("paused", Said::Firing),
        ("learning", Said::Resolved),
        ("closed", Said::Resolved),
        ("declined", Said::Resolved),
        ("merged", Said::Resolved),
        ("canceled", Said::Resolved),
        ("resolved", Said::Resolved),
    ];
    let kind = body.get("event_type");
    let what = body.key(&kind);
    let of = match what.either(&["incident", "alert"]) {
        inner if inner.is_there() => inner,
        _ => what,
    };
    let (id, name) = (of.get("id"), of.first(&["name", "title"]));
    let is_quiet =
        ["follow_up", "action_", "membership", "escalation"].iter().any(|quiet| kind.contains(quiet));
    if is_quiet {
        out.no_alert(format!("{}: no change of an incident's state.", joined(": ", &[&kind, &name])));
        return;
    }
    let title =
        if name.is_empty() { joined(" ", &["Incident", &id, "of which no more is told"]) } else { name };
    let mut alert =
        Draft::new(joined("/", &["incident.io", if id.is_empty() { &title } else { &id }]), &title);
    let state = of.first(&["incident_status.category", "status", "incident_status.name"]);
    if state.is_empty() {
        alert.unknown_event(&kind);
    } else {
        alert.status(&state, &CATEGORIES);
    }
    alert.severity(of.first(&["severity.name", "severity"]));
    alert.describe(of.first(&["summary", "description"]));
    alert.label("reference", of.get("reference"));
    alert.label("phase", of.get("incident_status.name"));
    alert.link(LinkKind::Source, of.first(&["permalink", "source_url"]));
    alert.starts_at(of.get("created_at"));
    if !alert.is_resolved() {
        alert.changed_at(of.get("updated_at"));
    }
    out.alert(alert);
}

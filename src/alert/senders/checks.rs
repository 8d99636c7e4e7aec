//! What Nagios and its kin say of a host or of a service on it; their names for it differ little.
//!
//! <https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macrolist.html> (`$NOTIFICATIONTYPE$`)

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::text::quote;
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// What is wrong with a host is critical: whatever runs on it is away.
const SEVERITIES: [(&str, AlertSeverity); 4] = [
    ("DOWN", AlertSeverity::Critical),
    ("UNREACHABLE", AlertSeverity::Error),
    ("UNREACH", AlertSeverity::Error),
    ("UNKNOWN", AlertSeverity::Unknown),
];

/// How the types begin of what is told and changes no state.
const QUIET: [&str; 4] = ["FLAPPING", "DOWNTIME", "CUSTOM", "ALERTHANDLER"];

/// Reads a notification; `None` if it is none of an alert, which is noted.
pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<Option<Draft>, Rejected> {
    let host = out.need(body, &["host", "hostname", "HOSTNAME"])?;
    let service = body.first(&["service", "SERVICEDESC"]);
    // A macro that Nagios has no value for stands there as it was written.
    let service = if service.starts_with('$') { String::new() } else { service };
    let state = body.first(&["state", "status", "SERVICESTATE", "HOSTSTATE"]);
    let what = joined(" on ", &[&service, &host]);
    let kind = body.first(&["type", "notification_type", "NOTIFICATIONTYPE"]).to_uppercase();
    if QUIET.iter().any(|quiet| kind.starts_with(quiet)) {
        out.no_alert(format!("{kind} of {what}: no change of its state."));
        return Ok(None);
    }
    let said = match kind.as_str() {
        "PROBLEM" => Some(Said::Firing),
        "RECOVERY" => Some(Said::Resolved),
        kind if kind.starts_with("ACKNOWLEDGEMENT") => Some(Said::Acknowledged),
        _ => None,
    };
    let mut alert = Draft::new(joined("/", &[&host, &service]), joined(" is ", &[&what, &state]));
    match said {
        Some(said) => alert.says(said),
        None => {
            alert.status(&state, &[("unknown", Said::Firing), ("unreachable", Said::Firing)]);
            if !kind.is_empty() {
                alert.note(&format!("The type {} is unknown; its state was taken.", quote(&kind)));
            }
        }
    }
    if !alert.is_resolved() {
        alert.severity_by(state, &SEVERITIES);
    }
    alert.describe(joined("\n", &[&body.first(&["output", "SERVICEOUTPUT"]), &body.get("long_output")]));
    alert.label("host", &host);
    alert.label("service", service);
    alert.labels(body, &[("address", "address"), ("site", "site")]);
    let comment = joined(": ", &[&body.get("author"), &body.get("comment")]);
    alert.annotate("comment", comment);
    alert.link(LinkKind::Source, body.first(&["url", "link"]));
    alert.changed_at(body.first(&["time", "long_date_time", "sent_at"]));
    alert.group(host);
    Ok(Some(alert))
}

//! Monit, by `commandpost notify` from `exec`. <https://mmonit.com/monit/documentation/monit.html#EVENTS>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};

/// The endings of Monit's events in pairs: it is wrong, it is well again. The first that fits is taken.
const ENDINGS: [(&str, Said); 16] = [
    ("does not exist", Said::Firing),
    ("exists", Said::Resolved),
    ("doesn't match", Said::Firing),
    ("not changed", Said::Resolved),
    ("changed", Said::Firing),
    ("not matched", Said::Resolved),
    ("matched", Said::Firing),
    ("match", Said::Resolved),
    ("failed", Said::Firing),
    ("succeeded", Said::Resolved),
    ("error", Said::Firing),
    ("timeout recovery", Said::Resolved),
    ("timeout", Said::Firing),
    ("link down", Said::Firing),
    ("link up", Said::Resolved),
    ("recovery", Said::Resolved),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let service = out.need(body, &["MONIT_SERVICE", "service"])?;
    let host = body.first(&["MONIT_HOST", "host"]);
    let event = out.need(body, &["MONIT_EVENT", "event"])?;
    let plain = event.to_lowercase();
    if matches!(plain.as_str(), "action done" | "monit instance changed" | "heartbeat succeeded") {
        out.no_alert(format!("{event} of {service}: no change of its state."));
        return Ok(());
    }
    let ending = ENDINGS.iter().find(|(ending, _)| plain.ends_with(ending));
    // What the event is about is its words before the ending: status, connection, resource limit.
    let about = ending.and_then(|(ending, _)| plain.strip_suffix(ending)).unwrap_or(&plain).trim();
    let title = format!("{}: {}", joined(" on ", &[&service, &host]), plain);
    let mut alert = Draft::new(joined("/", &[&host, &service, about]), title);
    match ending {
        Some((_, said)) => alert.says(*said),
        None => alert.status(&event, &[]),
    }
    alert.describe(body.first(&["MONIT_DESCRIPTION", "description"]));
    alert.label("host", &host);
    alert.label("service", service);
    alert.changed_at(body.first(&["MONIT_DATE", "sent_at"]));
    alert.group(host);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"MONIT_SERVICE": "nginx", "MONIT_HOST": "web1", "MONIT_EVENT": "Does not exist",
        "MONIT_DESCRIPTION": "process is not running", "MONIT_DATE": "Fri, 20 Nov 2026 20:13:08"}"#,
    r#"{"MONIT_SERVICE": "nginx", "MONIT_HOST": "web1", "MONIT_EVENT": "Exists",
        "MONIT_DESCRIPTION": "process is running with pid 7", "MONIT_DATE": "Fri, 20 Nov 2026 20:33:08"}"#,
];

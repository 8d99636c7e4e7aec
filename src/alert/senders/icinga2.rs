//! Icinga 2 by `commandpost notify`, and the events of Icinga Notifications.
//!
//! <https://icinga.com/docs/icinga-2/latest/doc/03-monitoring-basics/#notifications>,
//! <https://icinga.com/docs/icinga-notifications/latest/doc/20-REST-API/>

use super::checks;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};
use crate::alert::text::quote;
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.at("tags").is_there() && body.at("severity").is_there() {
        return event(body, out);
    }
    if let Some(alert) = checks::read(body, out)? {
        out.alert(alert);
    }
    Ok(())
}

/// How the types begin of what is told and changes no state.
const QUIET: [&str; 7] =
    ["acknowledgement-cleared", "downtime", "flapping", "mute", "unmute", "custom", "incident-age"];

fn event(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let name = out.need(body, &["name"])?;
    let kind = body.get("type");
    if QUIET.iter().any(|quiet| kind.starts_with(quiet)) {
        out.no_alert(format!("{kind} of {name}: no change of its state."));
        return Ok(());
    }
    let is_ok = body.get("severity") == "ok";
    let said = match kind.as_str() {
        "acknowledgement-set" => Said::Acknowledged,
        kind if is_ok && !kind.is_empty() => Said::Resolved,
        _ => Said::Firing,
    };
    let (host, service) = (body.get("tags.host"), body.get("tags.service"));
    let mut alert = Draft::new(format!("{host}/{service}"), &name);
    alert.says(said);
    if !matches!(kind.as_str(), "state" | "" | "acknowledgement-set") {
        alert.note(&format!("The type {} is unknown; its severity was taken.", quote(&kind)));
    }
    if said != Said::Resolved {
        alert.severity(body.get("severity"));
    }
    alert.describe(body.get("message"));
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("url"));
    alert.group(host);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"type": "PROBLEM", "host": "db1", "service": "disk", "state": "WARNING", "output": "DISK WARNING - /data 87%",
        "author": "", "comment": "", "time": "1795205588"}"#,
    r#"{"type": "RECOVERY", "host": "db1", "service": "disk", "state": "OK", "output": "DISK OK - /data 61%",
        "author": "", "comment": "", "time": "1795206788"}"#,
];

//! updown.io's webhooks. <https://updown.io/api#webhooks>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    for event in out.each(body)? {
        let (kind, check, down) = (out.need(event, &["event"])?, event.at("check"), event.at("downtime"));
        let token = out.need(event, &["check.token"])?;
        let name = check.first(&["alias", "url"]);
        let (about, said) = match kind.as_str() {
            "check.down" => ("down", Said::Firing),
            // The first look at a new check is told as one, too.
            "check.up" if down.at("started_at").is_there() => ("down", Said::Resolved),
            "check.ssl_invalid" | "check.ssl_expiration" => ("certificate", Said::Firing),
            "check.ssl_valid" | "check.ssl_renewed" => ("certificate", Said::Resolved),
            "check.performance_drop" => ("performance", Said::Firing),
            _ => {
                out.no_alert(format!("{kind} of {name}: no change of its state."));
                continue;
            }
        };
        let error = joined(" ", &[&down.get("error"), &event.get("ssl.error"), &event.get("description")]);
        let what = match about {
            "down" => format!("{name} is down"),
            "certificate" => format!("The certificate of {name}"),
            _ => format!("{name} became slow"),
        };
        let mut alert = Draft::new(format!("{token}/{about}"), joined(": ", &[&what, &error]));
        alert.says(said);
        alert.label("url", check.get("url"));
        alert.label("check", check.get("alias"));
        if token.bytes().all(|b| b.is_ascii_alphanumeric()) {
            alert.link(LinkKind::Source, format!("https://updown.io/{token}"));
        }
        if about == "down" {
            alert.starts_at(down.get("started_at"));
            alert.ends_at(down.get("ended_at"));
        } else {
            alert.changed_at(event.get("time"));
        }
        out.alert(alert);
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"[{"event": "check.down", "time": "2026-11-20T20:13:38Z", "check": {"token": "ngg8", "url": "https://shop.example",
        "alias": "Shop", "last_status": 500, "down": true, "error": "500"},
        "downtime": {"id": "1", "error": "500", "started_at": "2026-11-20T20:13:08Z", "ended_at": null}}]"#,
    r#"[{"event": "check.up", "time": "2026-11-20T20:33:38Z", "check": {"token": "ngg8", "url": "https://shop.example",
        "alias": "Shop", "last_status": 200, "down": false, "error": null}, "downtime": {"id": "1", "error": "500",
        "started_at": "2026-11-20T20:13:08Z", "ended_at": "2026-11-20T20:33:08Z", "duration": 1200}}]"#,
];

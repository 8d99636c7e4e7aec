//! updown.io's webhooks. <https://updown.io/api#webhooks>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined, led};
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
            "check.still_down" | "check.up" => {
                out.no_alert(format!("{kind} of {name}: no change of its state."));
                continue;
            }
            _ => (kind.as_str(), Said::Firing),
        };
        let (error, description) = (event.first(&["downtime.error", "ssl.error"]), event.get("description"));
        let title = match kind.as_str() {
            "check.down" => joined(": ", &[&format!("{name} is down"), &error]),
            "check.up" => format!("{name} is up again"),
            "check.ssl_invalid" => {
                joined(": ", &[&format!("The certificate of {name} is not valid"), &error])
            }
            "check.ssl_expiration" => format!("The certificate of {name} ends soon"),
            "check.ssl_valid" | "check.ssl_renewed" => format!("The certificate of {name} is valid"),
            "check.performance_drop" => format!("{name} became slow"),
            _ if description.is_empty() => format!("{kind} of {name}"),
            _ => led(&name, &description),
        };
        let mut alert = Draft::new(format!("{token}/{about}"), title);
        if about == kind {
            alert.unknown_event(&kind);
        } else {
            alert.says(said);
        }
        alert.describe(description);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, Status};

    fn told(event: &str, description: &str) -> Alert {
        let body = json!([{"event": event, "description": description, "time": "2026-11-20T20:33:38Z",
            "check": {"token": "ngg8", "url": "https://updown.io", "alias": null}, "downtime": {"id": "1", "error": "500",
            "started_at": "2026-11-20T20:13:08Z"}}]);
        read("updown", &body.to_string()).alerts.remove(0)
    }

    #[test]
    fn a_title_says_once_what_is_down_and_when_it_is_up_again() {
        let down = told("check.down", "DOWN: https://updown.io since 07:43:25 (UTC), reason: 500");
        let up = told("check.up", "UP: https://updown.io since 07:54:17 (UTC), after 10 minutes of downtime");
        assert_eq!(down.title, "https://updown.io is down: 500");
        assert_eq!((up.title.as_str(), up.status), ("https://updown.io is up again", Status::Resolved));
        assert_eq!(down.key(), up.key());
        assert!(down.description.contains("reason: 500"));
    }

    #[test]
    fn an_event_that_nobody_knows_is_kept_with_a_note() {
        let alert = told("check.dns_changed", "DNS changed");
        assert_eq!((alert.title.as_str(), alert.status), ("https://updown.io: DNS changed", Status::Firing));
        assert!(
            alert.notes.concat().contains("The event “check.dns_changed” is unknown"),
            "{:?}",
            alert.notes
        );
    }
}

//! CloudEvents 1.0, structured, batched, or binary (which the door makes structured).
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>
//!
//! An event has no state of its own: it is in the data, or the last word of the type says it (`….resolved`, also before a version).
//! What its subject tells apart is one alert, in all states.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::mapping::customary::{ACKNOWLEDGED, FIRING, RESOLVED};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    for event in out.each(body)? {
        out.need(event, &["specversion"])?;
        let (kind, source) = (out.need(event, &["type"])?, out.need(event, &["source"])?);
        let unpacked = unpacked(event);
        let data = unpacked.as_ref().map_or(event.at("data"), Node::of);
        let subject = event.get("subject");
        let (family, state) = family(&kind);
        let keys = [data.first(&["fingerprint", "dedup_key", "alert_id"]), subject.clone(), data.get("id")];
        let told = keys.into_iter().find(|key| !key.is_empty()).unwrap_or_default();
        let named = data.first(&["title", "summary", "name", "message", "alertname", "rule"]);
        let title = if named.is_empty() { joined(": ", &[&kind, &subject]) } else { named };
        let mut alert = Draft::new(joined(" ", &[&source, family, &told]), title);
        let word = data.first(&["status", "state"]);
        if !word.is_empty() || !state.is_empty() {
            alert.status(if word.is_empty() { state } else { word.as_str() }, &[]);
        }
        let severity = data.first(&["severity", "level", "priority"]);
        alert.severity(if severity.is_empty() { event.get("severitytext") } else { severity });
        let text = data.text();
        alert.describe(if text.is_empty() {
            data.first(&["description", "message", "details", "output"])
        } else {
            text
        });
        alert.label("source", source);
        alert.label("type", &kind);
        alert.label("subject", subject);
        alert.tags(data.at("labels"));
        alert.link(LinkKind::Source, data.first(&["url", "link"]));
        alert.changed_at(event.get("time"));
        out.alert(alert);
    }
    Ok(())
}

/// What data in bytes holds: JSON, or a text.
fn unpacked(event: Node<'_>) -> Option<Value> {
    let bytes = STANDARD.decode(event.get("data_base64")).ok().filter(|bytes| !bytes.is_empty())?;
    let text = |_| Value::String(String::from_utf8_lossy(&bytes).into_owned());
    Some(serde_json::from_slice(&bytes).unwrap_or_else(text))
}

/// A type without the words of a state and of a version at its end, and that state: `dev.acme.disk` and `resolved` of
/// `dev.acme.disk.resolved.v1`.
fn family(kind: &str) -> (&str, &str) {
    let (mut family, mut state) = (kind, "");
    while let Some((rest, last)) = family.rsplit_once('.') {
        let word = last.to_lowercase();
        let tells = [RESOLVED, FIRING, ACKNOWLEDGED].iter().any(|all| all.contains(&word.as_str()));
        let number = last.strip_prefix('v').unwrap_or_default();
        let is_version = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if !tells && !is_version {
            break;
        }
        if tells && state.is_empty() {
            state = last;
        }
        family = rest;
    }
    (family, state)
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"specversion": "1.0", "type": "example.disk.alert.firing", "source": "/mon/eu", "id": "A-1", "subject": "db1",
        "time": "2026-11-20T20:13:08Z", "datacontenttype": "application/json",
        "data": {"title": "disk is full", "severity": "critical", "labels": {"host": "db1"}}}"#,
    r#"{"specversion": "1.0", "type": "example.disk.alert.resolved", "source": "/mon/eu", "id": "A-2", "subject": "db1",
        "time": "2026-11-20T20:33:08Z", "datacontenttype": "application/json",
        "data": {"title": "disk is full", "severity": "critical", "labels": {"host": "db1"}}}"#,
];

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::{Value, json};

    use crate::alert::senders::testing;
    use crate::alert::{Alert, AlertSeverity, Status};

    /// An event of a type, each with an id of its own.
    fn event(kind: &str, data: &Value) -> Alert {
        let event = json!({"specversion": "1.0", "type": kind, "source": "/mon", "id": kind, "subject": "db1", "data": data});
        testing::read("cloudevents", &event.to_string()).alerts.remove(0)
    }

    #[test]
    fn the_last_word_of_a_type_ends_what_the_same_source_raised_of_the_same_subject() {
        for (raised, over) in [
            ("dev.acme.disk", "dev.acme.disk.resolved"),
            ("dev.acme.alert", "dev.acme.alert.cleared"),
            ("dev.acme.alert.v1", "dev.acme.alert.Recovered.v1"),
            ("dev.acme.disk.failed", "dev.acme.disk.closed"),
        ] {
            let firing = event(raised, &json!({"id": "M-1"}));
            let resolved = event(over, &json!({"id": "M-2"}));
            assert_eq!((firing.key(), firing.status), (resolved.key(), Status::Firing), "{raised}");
            assert_eq!(resolved.status, Status::Resolved, "{over}");
        }
        let other = event("dev.acme.memory.resolved", &json!({}));
        assert_ne!(other.key(), event("dev.acme.disk", &json!({})).key());
    }

    #[test]
    fn data_in_bytes_is_read_as_the_data_that_it_holds() {
        let packed = |data: &str| {
            let event = json!({"specversion": "1.0", "type": "dev.acme.disk", "source": "/mon", "id": "1",
                "data_base64": STANDARD.encode(data)});
            testing::read("cloudevents", &event.to_string()).alerts.remove(0)
        };
        let alert = packed(r#"{"title": "disk is full", "severity": "critical"}"#);
        assert_eq!((alert.title.as_str(), alert.severity), ("disk is full", AlertSeverity::Critical));
        assert_eq!(packed("db1 has 1% left").description, "db1 has 1% left");
    }
}

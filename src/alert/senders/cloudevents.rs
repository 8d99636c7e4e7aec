//! CloudEvents 1.0, structured, batched, or binary (which the door makes structured).
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>
//!
//! An event has no state of its own: it is in the data, or the last words of the type say it (`….resolved`, `….alarm.raised.v1`).
//! What its subject, and the places that its data names, tell apart is one alert, in all states.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::mapping::customary::{ACKNOWLEDGED, FIRING, HOST, RESOLVED, plain};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    for event in out.each(body)? {
        out.need(event, &["specversion"])?;
        let (kind, source) = (out.need(event, &["type"])?, out.need(event, &["source"])?);
        let unpacked = unpacked(event);
        let data = unpacked.as_ref().map_or(event.at("data"), Node::of);
        let subject = event.get("subject");
        let (family, state) = family(&kind);
        let told = told_apart(data, &subject);
        let named = data.first(&["title", "summary", "name", "message", "alertname", "rule"]);
        let title = if named.is_empty() { joined(": ", &[&kind, &subject]) } else { named };
        let mut alert = Draft::new(joined(" ", &[&source, family, &told]), title);
        let word = data.first(&["status", "state"]);
        if !word.is_empty() || !state.is_empty() {
            alert.status(if word.is_empty() { state } else { word.as_str() }, &STATES);
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

/// Words of a state that events say, beside the customary ones.
const STATES: [(&str, Said); 6] = [
    ("created", Said::Firing),
    ("activated", Said::Firing),
    ("appeared", Said::Firing),
    ("succeeded", Said::Resolved),
    ("deactivated", Said::Resolved),
    ("disappeared", Said::Resolved),
];

/// What the data of an event may be about besides its subject: two disks of one machine are two.
const PLACES: [&str; 15] = [
    "resource",
    "component",
    "check",
    "sensor",
    "endpoint",
    "service",
    "disk",
    "drive",
    "volume",
    "mount",
    "mountpoint",
    "filesystem",
    "partition",
    "interface",
    "queue",
];
/// Labels that change while it is the same alert.
const CHANGING: [&str; 9] =
    ["severity", "level", "priority", "urgency", "status", "state", "value", "time", "timestamp"];

/// What an event is told apart by, besides its source and its type: an identity that its data gives, or else its subject and the
/// places that its data and the labels there name.
fn told_apart(data: Node<'_>, subject: &str) -> String {
    let given = data.first(&["fingerprint", "dedup_key", "alert_id"]);
    if !given.is_empty() {
        return given;
    }
    let id = data.get("id");
    if subject.is_empty() && !id.is_empty() {
        return id;
    }
    let is_place = |key: &str| PLACES.contains(&key) || HOST.contains(&key);
    let own = data.pairs().into_iter().filter(|(key, _)| is_place(&plain(key)));
    let labels =
        data.at("labels").pairs().into_iter().filter(|(key, _)| !CHANGING.contains(&plain(key).as_str()));
    // A place that stands in both is one, and what the subject says already is nothing more.
    let places: BTreeSet<String> = own
        .chain(labels)
        .filter(|(_, value)| !value.trim().is_empty() && value.trim() != subject)
        .map(|(key, value)| format!("{}={}", plain(&key), value.trim()))
        .collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    joined(" ", &[subject, &places.join(" ")])
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
        let is_customary = [RESOLVED, FIRING, ACKNOWLEDGED].iter().any(|all| all.contains(&word.as_str()));
        let tells = is_customary || STATES.iter().any(|(own, _)| *own == word);
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
            ("dev.acme.disk.fired", "dev.acme.disk.resolved"),
            ("dev.acme.disk.raised", "dev.acme.disk.cleared"),
            ("dev.acme.alarm.raised.v1", "dev.acme.alarm.cleared.v1"),
            ("dev.acme.disk.created", "dev.acme.disk.resolved"),
            ("dev.acme.alert.created", "dev.acme.alert.resolved"),
            ("dev.acme.job.failed", "dev.acme.job.succeeded"),
            ("dev.acme.alarm.activated", "dev.acme.alarm.deactivated"),
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
    fn two_disks_of_one_subject_are_two_alerts_and_each_ends_by_itself() {
        let disk = |kind: &str, data: Value| event(kind, &data);
        let (raised, over) = ("dev.acme.disk", "dev.acme.disk.resolved");
        for (one, other) in [
            (json!({"device": "sda", "value": 95}), json!({"device": "sdb", "value": 91})),
            (json!({"mount_point": "/"}), json!({"mount_point": "/var"})),
            (
                json!({"labels": {"disk": "sda", "severity": "warning"}}),
                json!({"labels": {"disk": "sdb", "severity": "warning"}}),
            ),
            (json!({"fingerprint": "f1", "host": "a"}), json!({"fingerprint": "f2", "host": "a"})),
        ] {
            let (first, second) = (disk(raised, one.clone()), disk(raised, other));
            assert_ne!(first.key(), second.key(), "{one}");
            let mut later = one.clone();
            later["value"] = json!(20);
            if later["labels"].is_object() {
                later["labels"]["severity"] = json!("critical");
            }
            let resolved = disk(over, later);
            assert_eq!((resolved.key(), resolved.status), (first.key(), Status::Resolved), "{one}");
        }
        // The subject itself, said again, tells no more.
        assert_eq!(disk(raised, json!({"host": "db1"})).key(), disk(over, json!({})).key());
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

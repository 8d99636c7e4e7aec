//! CloudEvents 1.0, structured, batched, or binary (which the door makes structured).
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>
//!
//! An event has no state of its own: it is in the data, or the last word of the type says it (`….resolved`).

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::mapping::customary::{FIRING, RESOLVED};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    for event in out.each(body)? {
        out.need(event, &["specversion"])?;
        let (kind, source) = (out.need(event, &["type"])?, out.need(event, &["source"])?);
        let (data, subject) = (event.at("data"), event.get("subject"));
        let (family, last) = kind.rsplit_once('.').unwrap_or((&kind, ""));
        let tells = |word: &str| RESOLVED.contains(&word) || FIRING.contains(&word);
        let family = if tells(&last.to_lowercase()) { family } else { kind.as_str() };
        let own = data.first(&["fingerprint", "dedup_key", "alert_id", "id"]);
        let told = if own.is_empty() { subject.clone() } else { own };
        let named = data.first(&["title", "summary", "name", "message"]);
        let title = if named.is_empty() { joined(": ", &[&kind, &subject]) } else { named };
        let mut alert = Draft::new(joined(" ", &[&source, family, &told]), title);
        let word = data.first(&["status", "state"]);
        if !word.is_empty() || tells(&last.to_lowercase()) {
            alert.status(if word.is_empty() { last } else { &word }, &[]);
        }
        alert.severity(data.first(&["severity", "level", "priority"]));
        let text = data.text();
        alert.describe(if text.is_empty() {
            data.first(&["description", "message", "details"])
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

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"specversion": "1.0", "type": "example.disk.alert.firing", "source": "/mon/eu", "id": "A-1", "subject": "db1",
        "time": "2026-11-20T20:13:08Z", "datacontenttype": "application/json",
        "data": {"title": "disk is full", "severity": "critical", "labels": {"host": "db1"}}}"#,
    r#"{"specversion": "1.0", "type": "example.disk.alert.resolved", "source": "/mon/eu", "id": "A-2", "subject": "db1",
        "time": "2026-11-20T20:33:08Z", "datacontenttype": "application/json",
        "data": {"title": "disk is full", "severity": "critical", "labels": {"host": "db1"}}}"#,
];

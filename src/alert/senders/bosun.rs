//! Bosun, by the notification template of `docs/senders.md`. <https://bosun.org/notifications>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let key = out.need(body, &["alert_key"])?;
    let title = body.first(&["subject", "name"]);
    let mut alert = Draft::new(&key, if title.is_empty() { &key } else { &title });
    let status = body.get("status");
    alert.status(&status, &[("unknown", Said::Firing)]);
    if !alert.is_resolved() {
        alert.severity(&status);
    }
    alert.describe(body.get("body"));
    alert.label("alert", body.get("name"));
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("link"));
    alert.group(body.first(&["name", "alert_key"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"alert_key": "os.low.memory{host=db1}", "name": "os.low.memory", "status": "critical", "tags": {"host": "db1"},
        "subject": "low memory on db1", "link": "https://bosun.example/incident?id=7"}"#,
    r#"{"alert_key": "os.low.memory{host=db1}", "name": "os.low.memory", "status": "normal", "tags": {"host": "db1"},
        "subject": "low memory on db1", "link": "https://bosun.example/incident?id=7"}"#,
];

//! Rollbar's items. <https://docs.rollbar.com/docs/webhooks>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// <https://docs.rollbar.com/docs/items>: levels as they are stored.
const LEVELS: [(&str, AlertSeverity); 5] = [
    ("50", AlertSeverity::Critical),
    ("40", AlertSeverity::Error),
    ("30", AlertSeverity::Warning),
    ("20", AlertSeverity::Info),
    ("10", AlertSeverity::Info),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (event, item) = (out.need(body, &["event_name"])?, body.at("data.item"));
    let said = match event.as_str() {
        "resolved_item" => Said::Resolved,
        "deploy" | "test" => {
            out.no_alert(format!("{event}: {}", body.get("data.message")));
            return Ok(());
        }
        _ => Said::Firing,
    };
    let title = item.first(&["title", "last_occurrence.body.message.body"]);
    let mut alert = Draft::new(out.need(body, &["data.item.id"])?, title);
    alert.says(said);
    let last = item.at("last_occurrence");
    let level = last.get("level");
    alert.severity_by(if level.is_empty() { item.get("level") } else { level }, &LEVELS);
    let times = item.get("total_occurrences");
    let times = if times.is_empty() { times } else { format!("{times} times") };
    alert.describe(joined("\n", &[&last.get("body.message.body"), &times]));
    alert.labels(item, &[("environment", "environment"), ("project", "project_id")]);
    alert.labels(last, &[("host", "server.host"), ("language", "language")]);
    alert.link(LinkKind::Source, body.first(&["data.url", "data.item.url"]));
    alert.changed_at(item.get("last_occurrence_timestamp"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event_name": "new_item", "data": {"item": {"id": 272716944, "title": "cart without items", "level": 40,
        "environment": "production", "project_id": 90, "total_occurrences": 1, "last_occurrence_timestamp": 1795205588,
        "last_occurrence": {"level": "critical", "language": "python", "server": {"host": "web1"},
        "body": {"message": {"body": "cart 7 has no items"}}}}}}"#,
    r#"{"event_name": "resolved_item", "data": {"item": {"id": 272716944, "title": "cart without items", "level": 40,
        "environment": "production", "project_id": 90, "total_occurrences": 9, "last_occurrence_timestamp": 1795206788}}}"#,
];

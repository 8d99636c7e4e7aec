//! Bosun, by the notification template of `docs/senders.md`. <https://bosun.org/notifications>
//!
//! It tells of an incident when it begins and gets worse, and of what people do to it; it tells nobody that an alert is normal
//! again. So an alert ends when its incident is closed.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::mapping::folded;
use crate::alert::{LinkKind, Rejected};

/// What is said of an incident, beside the customary words: that nothing comes of it any more, and what people did to it.
const ACTIONS: [(&str, Said); 4] = [
    ("unknown", Said::Firing),
    ("forceclosed", Said::Resolved),
    ("forgotten", Said::Resolved),
    ("purged", Said::Resolved),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let key = out.need(body, &["alert_key"])?;
    let status = body.get("status");
    if matches!(folded(&status).as_str(), "note" | "delayedclose" | "cancelclose") {
        out.no_alert(format!("{status} of {key}: no change of its state."));
        return Ok(());
    }
    let title = body.first(&["subject", "name"]);
    let mut alert = Draft::new(&key, if title.is_empty() { &key } else { &title });
    alert.status(&status, &ACTIONS);
    let severity = body.first(&["severity", "status"]);
    if !alert.is_resolved() {
        alert.severity(severity);
    }
    alert.describe(body.get("body"));
    alert.annotate("comment", joined(": ", &[&body.get("author"), &body.get("comment")]));
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

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, AlertSeverity, Status};

    /// The JSON that a template of the documentation makes: `makeMap` takes names and values in turn, `json` quotes them.
    fn pasted(template: &str, values: &[(&str, &str)]) -> String {
        let page = include_str!("../../../docs/senders.md");
        let line = page.lines().find(|line| line.trim().starts_with(&format!("{template} = `"))).unwrap();
        assert!(line.trim_end().ends_with("| json}}`"), "{line}");
        let names = line.split('"').skip(1).step_by(2);
        let value =
            |name: &str| values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
        let body: Map<String, Value> = names.map(|name| (name.to_owned(), value(name).into())).collect();
        assert!(values.iter().all(|(name, _)| body.contains_key(*name)), "{line}");
        Value::Object(body).to_string()
    }

    fn told(template: &str, status: &str) -> Alert {
        let (key, subject) = ("os.low.memory{host=db1}", "memory of \"db1\" is low");
        let values = [
            ("alert_key", key),
            ("subject", subject),
            ("status", status),
            ("link", "https://bosun.example/7"),
        ];
        read("bosun", &pasted(template, &values)).alerts.remove(0)
    }

    #[test]
    fn what_the_documentation_has_one_paste_holds_a_subject_with_quotes_and_ends_when_it_is_closed() {
        let fired = told("commandpostBody", "critical");
        assert_eq!((fired.status, fired.severity), (Status::Firing, AlertSeverity::Critical));
        assert_eq!(fired.title, "memory of \"db1\" is low");
        assert_eq!(fired.links.len(), 1);
        for status in ["Closed", "ForceClosed", "Forgotten", "Purged"] {
            let closed = told("commandpostAction", status);
            assert_eq!((closed.status, closed.key()), (Status::Resolved, fired.key()), "{status}");
            assert!(closed.notes.is_empty(), "{closed:?}");
        }
        let acknowledged = told("commandpostAction", "Acknowledged");
        assert!(acknowledged.acknowledged && acknowledged.key() == fired.key());
    }

    #[test]
    fn an_acknowledged_alert_is_as_bad_as_before_and_a_note_to_it_is_no_alert() {
        let values =
            [("alert_key", "a{}"), ("status", "Acknowledged"), ("severity", "critical"), ("author", "ada")];
        let alert = read("bosun", &pasted("commandpostAction", &values)).alerts.remove(0);
        assert_eq!(alert.severity, AlertSeverity::Critical);
        assert_eq!(alert.annotations.get("comment").map(String::as_str), Some("ada"));
        let note = pasted("commandpostAction", &[("alert_key", "a{}"), ("status", "Note")]);
        assert!(read("bosun", &note).alerts.is_empty());
    }
}

//! Papertrail's search alerts. <https://www.papertrail.com/help/web-hooks/> (`payload` of a form)
//!
//! Papertrail does not tell when it is over; a situation ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

/// Lines of the log that are shown.
const LINES_MAX: usize = 20;

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let search = body.at("saved_search");
    let id = out.need(body, &["saved_search.id"])?;
    let events = body.either(&["events", "counts"]);
    if !events.is_there() {
        return Err(out.missing("events"));
    }
    let mut alert = Draft::new(id, format!("Log search «{}» has found something", search.get("name")));
    let lines: Vec<String> = events
        .list()
        .take(LINES_MAX)
        .map(|event| {
            let parts = ["display_received_at", "hostname", "program", "message"].map(|part| event.get(part));
            joined(" ", &parts.each_ref().map(String::as_str))
        })
        .collect();
    alert.describe(lines.join("\n"));
    alert.label("search", search.get("name"));
    alert.label("query", search.get("query"));
    alert.link(LinkKind::Source, search.get("html_search_url"));
    alert.link(LinkKind::Other, search.get("html_edit_url"));
    let last = events.list().last().map(|event| event.get("received_at"));
    alert.changed_at(last.unwrap_or_default());
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"events": [{"id": 7711561783320576, "received_at": "2026-11-20T20:13:08-07:00", "hostname": "web1",
        "display_received_at": "Nov 20 20:13:08", "program": "nginx", "severity": "Error", "message": "upstream timed out"}],
        "saved_search": {"id": 42, "name": "Timeouts", "query": "upstream timed out",
        "html_search_url": "https://papertrailapp.com/searches/42"}}"#,
];

//! Munin, by the contact of `docs/senders.md`. <https://guide.munin-monitoring.org/en/latest/tutorial/alert.html>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let host = out.need(body, &["host"])?;
    let graph = out.need(body, &["plugin", "title"])?;
    let named = body.first(&["title", "plugin"]);
    let worst = body.get("worst");
    let mut alert = Draft::new(joined("/", &[&host, &graph]), joined(" on ", &[&named, &host]));
    alert.status(&worst, &[("unknown", Said::Firing)]);
    if !alert.is_resolved() {
        alert.severity(worst);
    }
    let fields = ["critical", "warning", "unknown"].map(|level| {
        let fields = body.get(level);
        if fields.is_empty() { fields } else { format!("{level}: {fields}") }
    });
    alert.describe(joined("\n", &fields.each_ref().map(String::as_str)));
    alert.label("host", &host);
    alert.labels(body, &[("group", "group"), ("plugin", "plugin")]);
    alert.group(host);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"group": "shop", "host": "db1", "plugin": "df", "title": "Disk usage in percent", "worst": "CRITICAL",
        "warning": "", "critical": "/data=97", "unknown": ""}"#,
    r#"{"group": "shop", "host": "db1", "plugin": "df", "title": "Disk usage in percent", "worst": "OK",
        "warning": "", "critical": "", "unknown": ""}"#,
];

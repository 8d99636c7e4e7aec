//! Librato's alerts. <https://www.librato.com/docs/kb/alert/> (`payload` of a form, or JSON)

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let of = body.at("alert");
    if body.at("attachments").is_there() && !of.is_there() {
        out.no_alert("A snapshot of a chart.");
        return Ok(());
    }
    let id = out.need(body, &["alert.id"])?;
    if body.at("triggered_by_user_test").is_true() {
        out.no_alert(format!("A test of the alert «{}».", of.get("name")));
        return Ok(());
    }
    let (mut lines, mut sources) = (Vec::new(), Vec::new());
    for (source, violations) in body.at("violations").members() {
        for found in violations.list() {
            let limit =
                body.at("conditions").list().find(|limit| limit.get("id") == found.get("condition_violated"));
            let limit =
                limit.map(|l| joined(" ", &[&l.get("type"), &l.get("threshold")])).unwrap_or_default();
            lines.push(joined(" ", &[source, &found.get("metric"), &found.get("value"), &limit]));
        }
        sources.push(source);
    }
    let first = lines.first().map_or("", String::as_str);
    let mut alert = Draft::new(id, joined(": ", &[&of.get("name"), first]));
    alert.says(if body.at("clear").is_there() { Said::Resolved } else { Said::Firing });
    alert.label("source", sources.join(", "));
    alert.describe(joined("\n", &[&of.get("description"), &lines.join("\n")]));
    alert.label("account", body.get("account"));
    alert.link(LinkKind::Runbook, of.get("runbook_url"));
    alert.changed_at(body.get("trigger_time"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"alert": {"id": 6294535, "name": "db.cpu", "runbook_url": "https://wiki.example/db", "version": 2,
        "description": "CPU of the database"}, "account": "ops@shop.example", "trigger_time": 1795205588,
        "conditions": [{"id": 1, "type": "above", "threshold": 90}],
        "violations": {"db1": [{"metric": "cpu.percent", "value": 97, "condition_violated": 1}]}}"#,
    r#"{"alert": {"id": 6294535, "name": "db.cpu", "runbook_url": "https://wiki.example/db", "version": 2},
        "account": "ops@shop.example", "trigger_time": 1795206788, "clear": "normal"}"#,
];

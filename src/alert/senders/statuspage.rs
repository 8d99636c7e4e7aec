//! Statuspage's webhook to subscribers: the outage of a supplier.
//! <https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

const IMPACTS: [(&str, AlertSeverity); 4] = [
    ("critical", AlertSeverity::Critical),
    ("major", AlertSeverity::Error),
    ("minor", AlertSeverity::Warning),
    ("none", AlertSeverity::Info),
];

const COMPONENTS: [(&str, AlertSeverity); 3] = [
    ("major_outage", AlertSeverity::Critical),
    ("partial_outage", AlertSeverity::Error),
    ("degraded_performance", AlertSeverity::Warning),
];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let page = out.need(body, &["page.id"])?;
    let component = body.at("component");
    if component.is_there() {
        return outage(&page, component, body, out);
    }
    let incident = body.at("incident");
    let id = out.need(body, &["incident.id"])?;
    let (name, status) = (incident.get("name"), incident.get("status"));
    let said = match status.as_str() {
        "resolved" | "postmortem" => Said::Resolved,
        "scheduled" | "in_progress" | "verifying" | "completed" => {
            out.no_alert(format!("Maintenance «{name}» is {status}."));
            return Ok(());
        }
        _ => Said::Firing,
    };
    let mut alert = Draft::new(format!("{page}/{id}"), &name);
    alert.says(said);
    alert.severity_by(incident.get("impact"), &IMPACTS);
    alert.describe(incident.get("incident_updates.0.body"));
    alert.label("page", page);
    alert.label("phase", status);
    let names: Vec<String> = incident.at("components").list().map(|c| c.get("name")).collect();
    alert.label("component", names.join(", "));
    alert.link(LinkKind::Source, incident.get("shortlink"));
    alert.starts_at(incident.get("created_at"));
    alert.ends_at(incident.get("resolved_at"));
    // An incident that is reopened keeps its start.
    if said != Said::Resolved {
        alert.changed_at(incident.get("updated_at"));
    }
    out.alert(alert);
    Ok(())
}

fn outage(page: &str, component: Node<'_>, body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let id = out.need(component, &["id"])?;
    let (name, status) = (component.get("name"), component.get("status"));
    let said = match status.as_str() {
        "operational" => Said::Resolved,
        "under_maintenance" => {
            out.no_alert(format!("{name} is under maintenance."));
            return Ok(());
        }
        _ => Said::Firing,
    };
    let mut alert =
        Draft::new(format!("{page}/component/{id}"), format!("{name}: {}", status.replace('_', " ")));
    alert.says(said);
    alert.severity_by(if said == Said::Resolved { "" } else { &status }, &COMPONENTS);
    alert.label("page", page);
    alert.label("component", name);
    alert.changed_at(body.get("component_update.created_at"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"meta": {"generated_at": "2026-11-20T20:13:09Z"}, "page": {"id": "jb7j80lkgqvb"}, "incident": {
        "id": "z3lct0r596n4", "name": "Queries are slow", "status": "identified", "impact": "major",
        "created_at": "2026-11-20T20:13:08.507Z", "resolved_at": null, "shortlink": "https://stspg.example/1",
        "incident_updates": [{"body": "We have found the cause."}], "components": [{"name": "Database"}]}}"#,
    r#"{"meta": {"generated_at": "2026-11-20T20:33:09Z"}, "page": {"id": "jb7j80lkgqvb"}, "incident": {
        "id": "z3lct0r596n4", "name": "Queries are slow", "status": "resolved", "impact": "major",
        "created_at": "2026-11-20T20:13:08.507Z", "resolved_at": "2026-11-20T20:33:08Z",
        "shortlink": "https://stspg.example/1", "incident_updates": [{"body": "It is over."}], "components": []}}"#,
];

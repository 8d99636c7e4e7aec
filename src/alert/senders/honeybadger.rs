//! Honeybadger: errors, uptime and check-ins. <https://docs.honeybadger.io/guides/integrations/webhook/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined, led};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (event, project) = (out.need(body, &["event"])?, body.get("project.name"));
    let (fault, site, check) = (body.at("fault"), body.at("site"), body.at("check_in"));
    let said = match event.as_str() {
        "occurred" | "unresolved" | "reopened" | "rate_exceeded" | "down" | "check_in_missing"
        | "cert_will_expire" => Said::Firing,
        "resolved" | "resolved_by_tree" | "check_in_reporting" => Said::Resolved,
        // A site that was just added is called up before it was ever looked at.
        "up" if site.get("state") != "pending" => Said::Resolved,
        _ => {
            out.no_alert(format!("{event}: {}", body.get("message")));
            return Ok(());
        }
    };
    let mut alert = if check.is_there() {
        let mut alert = Draft::new(
            format!("check_in/{}", out.need(check, &["id"])?),
            format!("{} has not checked in", check.get("name")),
        );
        alert.label("check", check.get("name"));
        alert
    } else if site.is_there() {
        let what = if event == "cert_will_expire" { "certificate" } else { "site" };
        let reason = body.get("outage.reason");
        let down = if what == "site" { "is down" } else { "has a certificate that will end soon" };
        let mut alert = Draft::new(
            format!("{what}/{}", out.need(site, &["id"])?),
            joined(": ", &[&format!("{} {down}", site.get("name")), &reason]),
        );
        alert.label("url", site.get("url"));
        alert.link(LinkKind::Other, body.get("outage.details_url"));
        alert
    } else {
        let title = led(&fault.get("klass"), &fault.get("message"));
        let mut alert = Draft::new(format!("fault/{}", out.need(body, &["fault.id"])?), title);
        alert.labels(
            fault,
            &[("component", "component"), ("environment", "environment"), ("action", "action")],
        );
        alert.label("environment", body.get("notice.environment.environment_name"));
        alert.tags(fault.at("tags"));
        alert.link(LinkKind::Source, fault.get("url"));
        alert
    };
    alert.says(said);
    alert.describe(body.get("message"));
    alert.label("project", project);
    alert.changed_at(body.first(&["outage.up_at", "outage.down_at", "notice.created_at"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event": "down", "message": "[Shop] Homepage is down.", "project": {"id": 1, "name": "Shop"},
        "site": {"id": "59ad71ac", "name": "Homepage", "url": "https://shop.example", "state": "down"},
        "outage": {"down_at": "2026-11-20T20:13:08Z", "up_at": null, "status": 500, "reason": "Expected 2xx, got 500"}}"#,
    r#"{"event": "up", "message": "[Shop] Homepage is back up.", "project": {"id": 1, "name": "Shop"},
        "site": {"id": "59ad71ac", "name": "Homepage", "url": "https://shop.example", "state": "up"},
        "outage": {"down_at": "2026-11-20T20:13:08Z", "up_at": "2026-11-20T20:33:08Z", "status": 200}}"#,
];

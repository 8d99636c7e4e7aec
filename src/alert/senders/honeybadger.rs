//! Honeybadger: errors, uptime, check-ins and alarms. <https://docs.honeybadger.io/guides/integrations/payloads/v2/>
//!
//! It does not tell when a project has as many errors as ever again: a spike ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined, led};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (event, message) = (out.need(body, &["event"])?, body.get("message"));
    // A site that was just added is called up before it was ever looked at.
    let is_new = event == "up" && body.get("site.state") == "pending";
    if is_new || matches!(event.as_str(), "assigned" | "commented" | "deployed") {
        out.no_alert(format!("{event}: {message}"));
        return Ok(());
    }
    let said = match event.as_str() {
        "occurred" | "unresolved" | "reopened" | "rate_exceeded" | "down" | "check_in_missing"
        | "cert_will_expire" | "alarm_alert" | "volume_spike" => Some(Said::Firing),
        "resolved" | "resolved_by_tree" | "check_in_reporting" | "up" | "alarm_ok" => Some(Said::Resolved),
        _ => None,
    };
    let (fault, site, check) = (body.at("fault"), body.at("site"), body.at("check_in"));
    let mut alert = if check.is_there() {
        let mut alert = Draft::new(
            format!("check_in/{}", out.need(check, &["id"])?),
            format!("{} has not checked in", check.get("name")),
        );
        alert.label("check", check.get("name"));
        alert
    } else if site.is_there() {
        of_site(site, &event, body, out)?
    } else if body.at("alarm").is_there() {
        alarm(body.at("alarm"), &message, out)?
    } else if event == "volume_spike" {
        spike(body, &message)
    } else if fault.is_there() || said.is_some() {
        of_fault(fault, body, out)?
    } else {
        let title = if message.is_empty() { &event } else { &message };
        Draft::new(joined("/", &["event", &body.get("project.id"), &event, title]), title)
    };
    match said {
        Some(said) => alert.says(said),
        None => alert.unknown_event(&event),
    }
    alert.describe(message);
    alert.label("project", body.get("project.name"));
    alert.changed_at(body.first(&["outage.up_at", "outage.down_at", "notice.created_at"]));
    out.alert(alert);
    Ok(())
}

fn of_site(site: Node<'_>, event: &str, body: Node<'_>, out: &Reading<'_>) -> Result<Draft, Rejected> {
    let what = if event == "cert_will_expire" { "certificate" } else { "site" };
    let reason = body.get("outage.reason");
    let down = if what == "site" { "is down" } else { "has a certificate that will end soon" };
    let mut alert = Draft::new(
        format!("{what}/{}", out.need(site, &["id"])?),
        joined(": ", &[&format!("{} {down}", site.get("name")), &reason]),
    );
    alert.label("url", site.get("url"));
    alert.link(LinkKind::Other, body.get("outage.details_url"));
    Ok(alert)
}

fn of_fault(fault: Node<'_>, body: Node<'_>, out: &Reading<'_>) -> Result<Draft, Rejected> {
    let title = led(&fault.get("klass"), &fault.get("message"));
    let mut alert = Draft::new(format!("fault/{}", out.need(body, &["fault.id"])?), title);
    alert.labels(fault, &[("component", "component"), ("environment", "environment"), ("action", "action")]);
    alert.label("environment", body.get("notice.environment.environment_name"));
    alert.tags(fault.at("tags"));
    alert.link(LinkKind::Source, fault.get("url"));
    Ok(alert)
}

/// An alarm of Insights. Its id may be missing; its address then tells it apart.
fn alarm(alarm: Node<'_>, message: &str, out: &Reading<'_>) -> Result<Draft, Rejected> {
    let name = alarm.get("name");
    let identity = out.need(alarm, &["id", "url", "links.web", "name"])?;
    let mut alert = Draft::new(format!("alarm/{identity}"), if name.is_empty() { message } else { &name });
    alert.label("alarm", &name);
    alert.link(LinkKind::Source, alarm.first(&["url", "details_url", "links.web"]));
    Ok(alert)
}

/// A project has many more errors than usual. <https://docs.honeybadger.io/guides/integrations/payloads/volume_spike/>
fn spike(body: Node<'_>, message: &str) -> Draft {
    let spike = body.at("volume_spike");
    let project = body.get("project.name");
    let mut alert = Draft::new(
        joined("/", &["volume_spike", &body.first(&["project.id", "project.name"])]),
        if project.is_empty() {
            message.to_owned()
        } else {
            format!("{project} has many more errors than usual")
        },
    );
    for (name, value) in spike.pairs() {
        alert.annotate(&name, value);
    }
    alert
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

#[cfg(test)]
mod tests {
    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, Status};

    fn one(body: &str) -> Alert {
        let mut alerts = read("honeybadger", body).alerts;
        assert_eq!(alerts.len(), 1, "{body}");
        alerts.remove(0)
    }

    #[test]
    fn an_alarm_fires_and_its_end_ends_it() {
        let alarm = |event: &str, state: &str| {
            one(&format!(
                r#"{{"event": "{event}", "message": "[Billing API] Checkout errors", "alarm": {{"id": "op1",
                "name": "Checkout errors", "state": "{state}", "url": "https://app.honeybadger.io/alarms/op1"}}}}"#
            ))
        };
        let (fires, over) = (alarm("alarm_alert", "alarm"), alarm("alarm_ok", "ok"));
        assert_eq!((fires.title.as_str(), fires.status), ("Checkout errors", Status::Firing));
        assert_eq!((over.key(), over.status), (fires.key(), Status::Resolved));
        assert_eq!(fires.links[0].url, "https://app.honeybadger.io/alarms/op1");
        assert!(fires.notes.is_empty(), "{:?}", fires.notes);
    }

    #[test]
    fn a_spike_of_errors_is_one_alert_of_its_project() {
        let spike = |observed: u32| {
            one(&format!(
                r#"{{"event": "volume_spike", "message": "[Shop] Errors are 4.7x your normal rate",
                "project": {{"id": 7, "name": "Shop"}}, "volume_spike": {{"observed": {observed}}}}}"#
            ))
        };
        let (first, later) = (spike(412), spike(500));
        assert_eq!(
            (first.title.as_str(), first.status),
            ("Shop has many more errors than usual", Status::Firing)
        );
        assert_eq!(first.annotations["observed"], "412");
        assert_eq!(first.key(), later.key());
    }

    #[test]
    fn an_event_that_nobody_knows_is_kept_with_a_note_and_a_comment_is_none() {
        let new = one(
            r#"{"event": "disk_alert", "message": "[Shop] disk is full", "project": {"id": 7, "name": "Shop"}}"#,
        );
        assert_eq!((new.title.as_str(), new.status), ("[Shop] disk is full", Status::Firing));
        assert!(new.notes.concat().contains("The event “disk_alert” is unknown; it is taken to be firing."));
        let comment = read("honeybadger", r#"{"event": "commented", "message": "m", "fault": {"id": 1}}"#);
        assert_eq!((comment.alerts.len(), comment.notes.concat().as_str()), (0, "commented: m"));
    }
}

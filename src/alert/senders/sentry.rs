//! Sentry: the webhooks of an integration (issues, issue alerts, metric alerts), and of the older plugin.
//! <https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{LinkKind, Rejected};

/// What stands in the data of messages that are about no issue.
const QUIET: [&str; 7] =
    ["comment", "comment_id", "installation", "run_id", "group_id", "buildId", "build_id"];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (data, action) = (body.at("data"), body.get("action"));
    if data.at("metric_alert").is_there() {
        return metric(data, &action, out);
    }
    if data.at("issue").is_there() {
        return issue(data.at("issue"), &action, out);
    }
    let event = data.either(&["event", "error"]);
    if event.is_there() {
        return occurred(event, event, out);
    }
    // A comment, an installation, what Seer or the size of a build came to.
    let is_quiet = QUIET.iter().any(|key| data.at(key).is_there());
    if data.is_there() && !is_quiet {
        return Err(out.missing("data.issue"));
    }
    if data.is_there() || body.at("installation").is_there() {
        let about = data.first(&["comment", "installation.status"]);
        out.no_alert(format!("{}: no change of an issue's state.", joined(": ", &[&action, &about])));
        return Ok(());
    }
    out.need(body, &["id"])?;
    occurred(body, body.at("event"), out)
}

fn issue(issue: Node<'_>, action: &str, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let mut alert = Draft::new(format!("issue/{}", out.need(issue, &["id"])?), issue.get("title"));
    let status = issue.get("status");
    let ended = matches!(status.as_str(), "ignored" | "archived" | "muted");
    alert.says(if status == "resolved" || ended { Said::Resolved } else { Said::Firing });
    if ended {
        alert.note(&format!("It was {status} there, which ends it here."));
    }
    alert.severity(issue.get("level"));
    alert.describe(joined("\n", &[&issue.get("culprit"), &issue.get("metadata.value")]));
    alert.label("service", issue.first(&["project.slug", "project.name"]));
    alert.label("platform", issue.get("platform"));
    alert.annotate("action", action);
    alert.annotate("assigned_to", issue.get("assignedTo.name"));
    alert.link(LinkKind::Source, issue.first(&["web_url", "permalink"]));
    // When its error was last seen says nothing of when somebody resolved it.
    if !alert.is_resolved() {
        alert.changed_at(issue.get("lastSeen"));
    }
    out.alert(alert);
    Ok(())
}

fn metric(data: Node<'_>, action: &str, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let of = data.at("metric_alert");
    let title = joined(": ", &[&of.first(&["alert_rule.name", "title"]), &data.get("description_text")]);
    let mut alert = Draft::new(format!("metric/{}", out.need(of, &["id"])?), title);
    alert.status(action, &[]);
    if !alert.is_resolved() {
        alert.severity(action);
    }
    alert.label("service", of.get("projects"));
    alert.label("environment", of.get("alert_rule.environment"));
    alert.link(LinkKind::Source, data.get("web_url"));
    alert.starts_at(of.get("date_started"));
    alert.ends_at(of.get("date_closed"));
    out.alert(alert);
    Ok(())
}

/// An event that an alert rule was told of; the plugin has the issue's own fields around it.
fn occurred(of: Node<'_>, event: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    // Older bodies name the issue by its address alone.
    let address = of.get("issue_url");
    let last = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let given = of.first(&["issue_id", "group_id", "issue.id"]);
    let id = [given.as_str(), last].into_iter().find(|id| !id.is_empty()).map(str::to_owned);
    let id = id.map_or_else(|| out.need(of, &["id", "event_id"]), Ok)?;
    let title = joined("", &[&event.get("title")]);
    let title = if title.is_empty() { of.first(&["message", "culprit"]) } else { title };
    let mut alert = Draft::new(format!("issue/{id}"), title);
    alert.severity(of.first(&["level", "event.level"]));
    alert.describe(joined("\n", &[&of.get("culprit"), &event.get("metadata.value")]));
    alert.label("service", project(of));
    alert.labels(event, &[("environment", "environment"), ("release", "release"), ("platform", "platform")]);
    for tag in event.at("tags").list() {
        let name = tag.get("0");
        if matches!(name.as_str(), "environment" | "server_name" | "release" | "transaction" | "logger") {
            alert.label(name, tag.get("1"));
        }
    }
    alert.link(LinkKind::Source, of.first(&["web_url", "url"]));
    alert.changed_at(event.first(&["datetime", "timestamp", "received"]));
    out.alert(alert);
    Ok(())
}

/// The project's name; where the body has its number alone, the name that stands in the event's address.
fn project(of: Node<'_>) -> String {
    let given = of.first(&["project_slug", "project_name", "project"]);
    if !given.bytes().all(|byte| byte.is_ascii_digit()) {
        return given;
    }
    let address = of.get("url");
    let path = address.split_once("/api/0/projects/").map_or("", |(_, path)| path);
    path.split('/').nth(1).filter(|name| !name.is_empty()).map_or(given, str::to_owned)
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"action": "created", "data": {"issue": {"id": "123", "shortId": "SHOP-1", "title": "ValueError: no items",
        "culprit": "cart.total", "level": "error", "status": "unresolved", "project": {"name": "shop", "slug": "shop"},
        "web_url": "https://sentry.example/issues/123", "lastSeen": "2026-11-20T20:13:08Z", "metadata": {"value": "no items"}}}}"#,
    r#"{"action": "resolved", "data": {"issue": {"id": "123", "shortId": "SHOP-1", "title": "ValueError: no items",
        "culprit": "cart.total", "level": "error", "status": "resolved", "project": {"name": "shop", "slug": "shop"},
        "web_url": "https://sentry.example/issues/123", "lastSeen": "2026-11-20T20:33:08Z", "metadata": {"value": "no items"}}}}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::Status;
    use crate::alert::order::is_overtaken;
    use crate::alert::senders::testing::read;

    #[test]
    fn a_resolution_ends_what_an_event_raised_after_the_issue_was_last_seen() {
        let event = read(
            "sentry",
            r#"{"action": "triggered", "data": {"event": {"event_id": "a", "title": "ValueError: no items", "issue_id": "123",
            "datetime": "2026-11-20T20:33:08.900000Z"}}}"#,
        );
        let resolved = read("sentry", super::EXAMPLES[1]);
        assert_eq!(event.alerts[0].key(), resolved.alerts[0].key());
        assert_eq!(resolved.alerts[0].status, Status::Resolved);
        assert!(!is_overtaken(&resolved.alerts[0], &event.alerts[0]));
    }

    #[test]
    fn the_service_of_an_event_is_its_projects_name_and_not_its_number() {
        let event = read(
            "sentry",
            r#"{"action": "triggered", "data": {"event": {"event_id": "a", "title": "ValueError", "issue_id": "123", "project": 7,
            "url": "https://sentry.io/api/0/projects/acme/front-end/events/a/"}}}"#,
        );
        assert_eq!(event.alerts[0].labels["service"], "front-end");
    }

    #[test]
    fn an_alert_rules_event_and_the_issue_that_is_resolved_later_are_one_alert() {
        let event = read(
            "sentry",
            r#"{"action": "triggered", "data": {"event": {"event_id": "a", "title": "ValueError: no items",
            "issue_url": "https://sentry.io/api/0/issues/123/", "web_url": "https://sentry.example/issues/123/events/a/"}}}"#,
        );
        let resolved = read("sentry", super::EXAMPLES[1]);
        assert_eq!(event.alerts[0].key(), resolved.alerts[0].key());
    }
}

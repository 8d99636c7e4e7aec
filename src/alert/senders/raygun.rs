//! Raygun's error notifications. <https://raygun.com/documentation/integrations/webhooks/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (error, kind) = (body.at("error"), body.get("eventType"));
    let (app, message) = (body.get("application.name"), error.get("message"));
    let status = error.get("status");
    let said = match (kind.as_str(), status.as_str()) {
        ("StatusChanged", "Resolved" | "Ignored" | "PermanentlyIgnored") => Said::Resolved,
        ("CommentAdded" | "AssignedToUser", _) => {
            out.no_alert(error.first(&["description", "message"]));
            return Ok(());
        }
        _ => Said::Firing,
    };
    let title = if message.is_empty() { format!("An error in {app}") } else { format!("{app}: {message}") };
    let mut alert = Draft::new(out.need(body, &["error.url"])?, title);
    alert.says(said);
    if said == Said::Resolved && status != "Resolved" {
        alert.note("It was marked as ignored there, which ends it here.");
    }
    let users = error.get("usersAffected");
    alert.describe(if users.is_empty() {
        error.get("description")
    } else {
        format!("{} times, {users} users affected", error.get("totalOccurrences"))
    });
    alert.label("service", app);
    alert.tags(error.at("instance.tags"));
    alert.link(LinkKind::Source, error.get("url"));
    alert.changed_at(error.first(&["lastOccurredOn", "activityDate"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event": "error_notification", "eventType": "NewErrorOccurred", "error": {"url": "https://app.raygun.example/e/1",
        "message": "cart without items", "firstOccurredOn": "2026-11-20T20:13:08Z",
        "lastOccurredOn": "2026-11-20T20:13:08Z", "usersAffected": 1, "totalOccurrences": 1,
        "instance": {"tags": ["env:prod"]}}, "application": {"name": "shop", "url": "https://app.raygun.example/a"}}"#,
    r#"{"event": "error_activity", "eventType": "StatusChanged", "error": {"url": "https://app.raygun.example/e/1",
        "description": "Ada marked error cart without items as Resolved", "activityDate": "2026-11-20T20:33:08Z",
        "message": "cart without items", "status": "Resolved", "user": "Ada"}, "application": {"name": "shop"}}"#,
];

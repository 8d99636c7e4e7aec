//! Rollbar's items. <https://docs.rollbar.com/docs/webhooks>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::links::is_plain_part;
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
            let deploy = body.at("data.deploy");
            let [place, what, why] = ["environment", "revision", "comment"].map(|key| deploy.get(key));
            let about = joined(" ", &[&body.get("data.message"), &place, &what, &why]);
            out.no_alert(joined(": ", &[&event, &about]));
            return Ok(());
        }
        _ => Said::Firing,
    };
    let title = item.first(&["title", "last_occurrence.body.message.body"]);
    let mut alert = Draft::new(out.need(body, &["data.item.id"])?, title);
    alert.says(said);
    // Every occurrence is told with its own beside the item.
    let last = match body.at("data.occurrence") {
        own if own.is_there() => own,
        _ => item.at("last_occurrence"),
    };
    let level = last.get("level");
    alert.severity_by(if level.is_empty() { item.get("level") } else { level }, &LEVELS);
    let times = item.get("total_occurrences");
    let times = if times.is_empty() { times } else { format!("{times} times") };
    alert.describe(joined("\n", &[&last.get("body.message.body"), &times]));
    // The item has it as a number that says nothing.
    let places = [last.get("environment"), item.get("environment")];
    let is_named = |place: &String| !place.bytes().all(|byte| byte.is_ascii_digit());
    alert.label("environment", places.into_iter().find(is_named).unwrap_or_default());
    alert.labels(item, &[("project", "project_id")]);
    alert.labels(last, &[("host", "server.host"), ("language", "language")]);
    let link = body.first(&["data.url", "data.item.url", "data.item.public_url"]);
    // <https://docs.rollbar.com/docs/uuids>: the item of an occurrence, from which Rollbar leads on to its own page.
    let uuid = last.get("uuid");
    alert.link(
        LinkKind::Source,
        if link.is_empty() && is_plain_part(&uuid) {
            format!("https://rollbar.com/item/uuid/?uuid={uuid}")
        } else {
            link
        },
    );
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

#[cfg(test)]
mod tests {
    use crate::alert::senders::testing::read;

    fn linked(data: &str) -> Vec<String> {
        let body = format!(r#"{{"event_name": "new_item", "data": {data}}}"#);
        let alert = read("rollbar", &body).alerts.remove(0);
        alert.links.into_iter().map(|link| link.url).collect()
    }

    #[test]
    fn an_item_leads_to_its_page_by_its_address_or_else_by_its_last_occurrence() {
        let uuid = "62f54a7b-86a0-4016-9adb-14237627f6ef";
        let by_uuid = format!("https://rollbar.com/item/uuid/?uuid={uuid}");
        let item = |rest: &str| format!(r#"{{"item": {{"id": 7, "title": "x"{rest}}}}}"#);
        assert_eq!(
            linked(&item(&format!(r#", "last_occurrence": {{"uuid": "{uuid}"}}"#))),
            std::slice::from_ref(&by_uuid)
        );
        let occurrence =
            format!(r#"{{"item": {{"id": 7, "title": "x"}}, "occurrence": {{"uuid": "{uuid}"}}}}"#);
        assert_eq!(linked(&occurrence), [by_uuid]);
        let own = r#"{"item": {"id": 7, "title": "x", "last_occurrence": {"uuid": "u1"}}, "url": "https://rollbar.example/42"}"#;
        assert_eq!(linked(own), ["https://rollbar.example/42"]);
        assert!(linked(&item("")).is_empty());
    }

    #[test]
    fn the_environment_is_named_as_its_last_occurrence_names_it() {
        let named = |rest: &str| {
            let body = format!(
                r#"{{"event_name": "new_item", "data": {{"item": {{"id": 7, "title": "x"{rest}}}}}}}"#
            );
            read("rollbar", &body).alerts.remove(0).labels.remove("environment")
        };
        let told = r#", "environment": 2, "last_occurrence": {"environment": "production"}"#;
        assert_eq!(named(told).as_deref(), Some("production"));
        assert_eq!(named(r#", "environment": "staging""#).as_deref(), Some("staging"));
        assert_eq!(named(r#", "environment": 2"#), None);
    }

    #[test]
    fn a_deploy_is_no_alert_and_says_of_what() {
        let body = r#"{"event_name": "deploy", "data": {"deploy": {"environment": "production", "revision": "e4b9b7d"}}}"#;
        let intake = read("rollbar", body);
        assert!(intake.alerts.is_empty());
        assert_eq!(intake.notes, ["deploy: production e4b9b7d"]);
    }
}

//! Datadog's webhook, by the payload of `docs/senders.md`, or by Datadog's own, in which the event's title is all there is of a
//! state. <https://docs.datadoghq.com/integrations/webhooks/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// What `$ALERT_TRANSITION` says, and the title of an event.
const TRANSITIONS: [(&str, Said); 12] = [
    ("triggered", Said::Firing),
    ("re-triggered", Said::Firing),
    ("renotify", Said::Firing),
    ("warn", Said::Firing),
    ("re-warn", Said::Firing),
    ("triggered -> warn", Said::Firing),
    ("no data", Said::Firing),
    ("re-no data", Said::Firing),
    ("recovered", Said::Resolved),
    ("alert recovered", Said::Resolved),
    ("warn recovered", Said::Resolved),
    ("no data recovered", Said::Resolved),
];

const SEVERITIES: [(&str, AlertSeverity); 5] = [
    ("1", AlertSeverity::Critical),
    ("2", AlertSeverity::Error),
    ("3", AlertSeverity::Warning),
    ("4", AlertSeverity::Info),
    ("5", AlertSeverity::Info),
];

/// What a transition weighs where nothing else says how bad it is: as `$ALERT_TYPE` does.
const WEIGHTS: [(&str, AlertSeverity); 7] = [
    ("triggered", AlertSeverity::Error),
    ("re-triggered", AlertSeverity::Error),
    ("renotify", AlertSeverity::Error),
    ("no data", AlertSeverity::Error),
    ("re-no data", AlertSeverity::Error),
    ("re-warn", AlertSeverity::Warning),
    ("triggered -> warn", AlertSeverity::Warning),
];

/// What stands before a monitor's name in the title of its event: `[P2] [Triggered on {host:web1}] Checkout is slow`.
#[derive(Debug, Default)]
struct Heading<'t> {
    is_test: bool,
    priority: &'t str,
    transition: &'t str,
    scope: &'t str,
    name: &'t str,
}

impl<'t> Heading<'t> {
    /// A title without a transition is the name, brackets and all.
    fn of(title: &'t str) -> Self {
        let mut heading = Heading { name: title, ..Heading::default() };
        while let Some((inside, rest)) = heading.name.strip_prefix('[').and_then(|rest| rest.split_once(']'))
        {
            heading.name = rest.trim_start();
            let (word, scope) = inside.split_once(" on ").unwrap_or((inside, ""));
            if TRANSITIONS.iter().any(|(known, _)| known.eq_ignore_ascii_case(word)) {
                let name = if heading.name.is_empty() { title } else { heading.name };
                return Heading { transition: word, scope: scope.trim_matches(['{', '}']), name, ..heading };
            }
            match inside.as_bytes() {
                [b'P', b'1'..=b'5'] => heading.priority = inside,
                word if word.eq_ignore_ascii_case(b"test") => heading.is_test = true,
                _ => break,
            }
        }
        Heading { name: title, ..Heading::default() }
    }
}

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (title, named) = (body.get("title"), body.get("alert_title"));
    let heading = Heading::of(&title);
    let name = if named.is_empty() { heading.name } else { Heading::of(&named).name };
    let told = body.first(&["transition", "alert_transition"]);
    let told = if told.eq_ignore_ascii_case("null") { String::new() } else { told };
    let kind = body.get("alert_type");
    // In Datadog's own payload `id` is the event's: another one in each message.
    let is_own = body.at("event_type").is_there() || (told.is_empty() && !heading.transition.is_empty());
    let id = if is_own { String::new() } else { body.get("id") };
    let ids = [body.get("monitor_id"), body.get("alert_id"), id];
    let monitor = ids.into_iter().find(|id| !matches!(id.as_str(), "" | "0")).unwrap_or_default();
    let is_silent = told.is_empty() && kind.is_empty() && heading.transition.is_empty();
    let plain = name.to_lowercase();
    let is_called_test =
        plain.starts_with("[test]") || matches!(plain.as_str(), "test" | "test notification");
    if heading.is_test || (is_silent && monitor.is_empty() && is_called_test) {
        out.no_alert(format!("A test of Datadog's: {name}."));
        return Ok(());
    }
    let marks = ["monitor_id", "alert_id", "event_type", "alert_type", "transition", "alert_transition"];
    if monitor.is_empty() && heading.transition.is_empty() && !body.either(&marks).is_there() {
        return Err(out.missing("monitor_id"));
    }
    let (cycle, together) = (body.get("alert_cycle_key"), body.get("aggreg_key"));
    let scope = body.first(&["scope", "scopes"]);
    let scope = if scope.is_empty() { heading.scope.to_owned() } else { scope };
    let place = if monitor.is_empty() { name } else { monitor.as_str() };
    let identity = match (cycle.is_empty(), monitor.is_empty() && !together.is_empty()) {
        (false, _) => cycle,
        (true, true) => together,
        (true, false) => joined("/", &[place, &scope]),
    };
    if identity.is_empty() {
        return Err(out.missing("monitor_id"));
    }
    let mut alert = Draft::new(identity, name);
    let words = [told.as_str(), heading.transition, kind.as_str()];
    alert.status(words.into_iter().find(|word| !word.is_empty()).unwrap_or_default(), &TRANSITIONS);
    let priority = body.first(&["priority", "alert_priority"]);
    let priority = if priority.is_empty() { heading.priority } else { priority.as_str() };
    if !(priority.is_empty() || priority == "normal") {
        alert.severity_by(priority, &SEVERITIES);
    } else if !kind.is_empty() {
        alert.severity(kind);
    } else if !alert.is_resolved() {
        alert.severity_by(heading.transition, &WEIGHTS);
    }
    // The marks around a text in Markdown.
    let text = body.first(&["body", "message", "description"]);
    alert.describe(text.trim_start_matches("%%%").trim_end_matches("%%%"));
    alert.label("host", body.get("hostname"));
    alert.label("scope", &scope);
    for (name, value) in heading.scope.split(',').filter_map(|part| part.split_once(':')) {
        alert.label(name.trim(), value.trim());
    }
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("link"));
    alert.link(LinkKind::Other, body.get("snapshot"));
    alert.changed_at(body.get("date"));
    alert.group(place);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"monitor_id": "1234567890", "alert_cycle_key": "5371870311", "transition": "Triggered", "alert_type": "error",
        "title": "[Triggered on {host:web1}] Checkout is slow", "alert_title": "Checkout is slow on web1",
        "body": "p99 over 2 s", "priority": "P2", "scope": "host:web1", "hostname": "web1",
        "tags": "env:prod,service:checkout", "link": "https://app.datadoghq.com/event/event?id=1", "date": "1795205588000"}"#,
    r#"{"monitor_id": "1234567890", "alert_cycle_key": "5371870311", "transition": "Recovered", "alert_type": "success",
        "title": "[Recovered on {host:web1}] Checkout is slow", "alert_title": "Checkout is slow on web1",
        "body": "p99 over 2 s", "priority": "P2", "scope": "host:web1", "hostname": "web1",
        "tags": "env:prod,service:checkout", "link": "https://app.datadoghq.com/event/event?id=2", "date": "1795206788000"}"#,
];

#[cfg(test)]
mod tests {
    use super::Heading;
    use crate::alert::order::is_overtaken;
    use crate::alert::senders::testing::{self, read};
    use crate::alert::{Alert, AlertSeverity, Status};

    /// Datadog's own payload; each message is another event.
    fn own(title: &str, id: &str, date: &str) -> Alert {
        let body = format!(
            r#"{{"body": "%%%\nCPU is high\n%%%", "last_updated": "{date}", "event_type": "metric_alert_monitor", "title": "{title}",
            "date": "{date}", "org": {{"id": "1", "name": "acme"}}, "id": "{id}"}}"#
        );
        testing::read("datadog", &body).alerts.remove(0)
    }

    #[test]
    fn datadogs_own_payload_ends_what_it_raised_for_one_host_and_no_other() {
        let raised = own("[Triggered on {host:web1}] CPU high", "541", "1795205588000");
        let over = own("[Recovered on {host:web1}] CPU high", "542", "1795205688000");
        assert_eq!((raised.key(), &raised.group_key), (over.key(), &over.group_key));
        assert_eq!((raised.status, over.status), (Status::Firing, Status::Resolved));
        assert_eq!((raised.title.as_str(), raised.severity), ("CPU high", AlertSeverity::Error));
        assert_eq!((raised.description.as_str(), raised.labels["host"].as_str()), ("CPU is high", "web1"));
        assert!(is_overtaken(&raised, &over) && raised.notes.is_empty());
        let other = own("[Triggered on {host:web2}] CPU high", "543", "1795205588000");
        assert_ne!(other.key(), raised.key());
        assert_eq!(other.group_key, raised.group_key);
    }

    #[test]
    fn each_transition_in_a_title_says_whether_it_fires_and_how_bad_it_is() {
        for (transition, status, severity) in [
            ("Re-Triggered", Status::Firing, AlertSeverity::Error),
            ("Renotify", Status::Firing, AlertSeverity::Error),
            ("No data", Status::Firing, AlertSeverity::Error),
            ("Warn", Status::Firing, AlertSeverity::Warning),
            ("Re-Warn", Status::Firing, AlertSeverity::Warning),
            ("Warn Recovered", Status::Resolved, AlertSeverity::Unknown),
            ("No data recovered", Status::Resolved, AlertSeverity::Unknown),
        ] {
            let alert = own(&format!("[{transition} on {{host:web1}}] CPU high"), "1", "1795205588000");
            assert_eq!((alert.status, alert.severity), (status, severity), "{transition}");
            assert_eq!((alert.title.as_str(), alert.notes.len()), ("CPU high", 0), "{transition}");
        }
    }

    #[test]
    fn the_brackets_of_a_monitors_own_name_stay() {
        let heading = Heading::of("[P2] [Triggered on {host:web1,env:prod}] [shop] Checkout is slow");
        assert_eq!(
            (heading.priority, heading.transition, heading.scope),
            ("P2", "Triggered", "host:web1,env:prod")
        );
        assert_eq!(heading.name, "[shop] Checkout is slow");
        assert_eq!(Heading::of("[shop] Checkout is slow").name, "[shop] Checkout is slow");
        assert_eq!(Heading::of("[Triggered]").name, "[Triggered]");
    }

    #[test]
    fn a_test_raises_nothing_and_an_event_without_a_monitor_is_an_alert_of_its_own() {
        let empty = |title: &str| {
            format!(
                r#"{{"monitor_id": "0", "alert_cycle_key": "", "transition": "", "alert_type": "", "alert_title": "",
                "title": "{title}", "body": "b"}}"#
            )
        };
        for title in ["Test", "[TEST] [Triggered on {host:web1}] CPU high"] {
            let intake = read("datadog", &empty(title));
            assert!(intake.alerts.is_empty() && intake.notes.concat().contains("test"), "{title}");
        }
        assert_eq!(read("datadog", &empty("Test shop is down")).alerts.len(), 1);
        let (one, other) = (read("datadog", &empty("Disk replaced")), read("datadog", &empty("Disk full")));
        assert_eq!(one.alerts[0].title, "Disk replaced");
        assert_ne!(one.alerts[0].key(), other.alerts[0].key());
    }
}

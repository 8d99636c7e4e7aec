//! Zabbix, by the media type of `docs/senders.md`; or its letters.
//! <https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// `{EVENT.VALUE}` and `{EVENT.STATUS}`.
const STATES: [(&str, Said); 2] = [("1", Said::Firing), ("0", Said::Resolved)];

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (subject, letter) = (body.get("title"), body.get("description"));
    if body.first(&["trigger", "event_name"]).is_empty() && !subject.is_empty() {
        super::text::read(&subject, &letter, out);
        return Ok(());
    }
    let trigger = out.need(body, &["trigger", "event_name"])?;
    let host = body.first(&["hostname", "host"]);
    let event = body.get("event_id");
    let identity = if event.is_empty() { joined("/", &[&host, &trigger]) } else { event };
    let title = if trigger.contains(&host) { trigger } else { joined(" on ", &[&trigger, &host]) };
    let mut alert = Draft::new(identity, title);
    alert.status(&body.first(&["status", "event_value"]), &STATES);
    if !alert.is_resolved() && matches!(body.get("acknowledged").as_str(), "Yes" | "1") {
        alert.says(Said::Acknowledged);
    }
    alert.severity_by(body.get("severity"), &[("not classified", AlertSeverity::Unknown)]);
    alert.describe(body.first(&["description", "item"]));
    alert.label("host", &host);
    alert.label("item", body.get("item"));
    alert.tags(body.at("tags"));
    alert.link(LinkKind::Source, body.get("link"));
    alert.changed_at(body.get("time"));
    alert.group(host);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"event_id": "10528", "hostname": "db1", "severity": "High", "status": "PROBLEM", "item": "Free space 3%",
        "trigger": "Disk is nearly full", "acknowledged": "No", "tags": "service:mail",
        "link": "https://zabbix.example/tr_events.php?triggerid=14032&eventid=10528"}"#,
    r#"{"event_id": "10528", "hostname": "db1", "severity": "High", "status": "RESOLVED", "item": "Free space 60%",
        "trigger": "Disk is nearly full", "acknowledged": "No", "tags": "service:mail",
        "link": "https://zabbix.example/tr_events.php?triggerid=14032&eventid=10528"}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, AlertSeverity, Status};

    /// A letter as it comes to a hook of this sender.
    fn letter(subject: &str, text: &str) -> Vec<Alert> {
        let body = serde_json::json!({"title": subject, "description": text, "from": "zabbix@mon.example"});
        read("zabbix", &body.to_string()).alerts
    }

    fn problem(host: &str, id: &str) -> Vec<Alert> {
        let text = "Problem started at 11:03:10 on 2026.11.20\r\nProblem name: Disk is full\r\nHOST\
            Severity: High\r\nOperational data: 1 %\r\nID\r\n";
        letter("Problem: Disk is full", &text.replace("HOST", host).replace("ID", id))
    }

    fn recovery(host: &str, id: &str) -> Vec<Alert> {
        let text = "Problem has been resolved at 11:23:10 on 2026.11.20\r\nProblem name: Disk is full\r\n\
            Problem duration: 20m\r\nHOSTSeverity: High\r\nID\r\n";
        letter("Resolved in 20m 0s: Disk is full", &text.replace("HOST", host).replace("ID", id))
    }

    #[test]
    fn a_letter_is_ended_by_the_letter_of_its_recovery_with_or_without_a_host_and_by_no_other() {
        const ID: &str = "Original problem ID: 10528";
        for (host, id) in [("Host: db1\r\n", ID), ("", ID), ("Host: db1\r\n", ""), ("", "")] {
            let (fires, over) = (problem(host, id), recovery(host, id));
            let ([fires], [over]) = (fires.as_slice(), over.as_slice()) else { panic!("{fires:?} {over:?}") };
            assert_eq!((fires.status, over.status), (Status::Firing, Status::Resolved), "{host}{id}");
            assert_eq!(fires.key(), over.key(), "{host}{id}");
            assert!(fires.title.starts_with("Disk is full"), "{fires:?}");
        }
        let fires = &problem("Host: db1\r\n", ID)[0];
        assert_eq!((fires.title.as_str(), fires.severity), ("Disk is full on db1", AlertSeverity::Error));
        assert_eq!(fires.labels["host"], "db1");
        for other in [
            recovery("Host: db2\r\n", "Original problem ID: 10529"),
            recovery("Host: db1\r\n", "Original problem ID: 1"),
        ] {
            assert_ne!(fires.key(), other[0].key(), "another problem of the same name");
        }
        assert_ne!(problem("Host: db1\r\n", "")[0].key(), recovery("Host: db2\r\n", "")[0].key());
    }

    #[test]
    fn an_update_by_letter_acknowledges_where_it_names_its_problem_and_is_no_alert_of_its_own_elsewhere() {
        let text = "Ada acknowledged problem at 2026.11.20 11:05:00.\n\n\n\
            Current problem status is PROBLEM, age is 2m, acknowledged: Yes.\n";
        let subject = "Updated problem in 2m: Disk is full";
        assert!(letter(subject, text).is_empty());
        let known = letter(subject, &format!("{text}Original problem ID: 10528\n"));
        let fires = problem("Host: db1\r\n", "Original problem ID: 10528");
        assert_eq!((known[0].key(), known[0].acknowledged), (fires[0].key(), true));
    }
}

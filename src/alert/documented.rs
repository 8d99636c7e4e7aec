//! Tests over `docs/senders.md`: what is pasted from there is what the senders read.

use super::Intake;
use super::senders::{ALL, Settings, listed};

const PAGE: &str = include_str!("../../docs/senders.md");
const ZABBIX: &str = include_str!("../../docs/senders/zabbix.yaml");

/// The text of the section of a sender.
fn section(name: &str) -> &'static str {
    let after = PAGE.split_once(&format!(": `{name}`\n")).unwrap().1;
    after.split("\n## ").next().unwrap()
}

/// The blocks of code in a text, without their fences.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').map_or("", |(_, code)| code))
}

fn read(name: &str, body: &str) -> Intake {
    let sender = listed(name).unwrap().sender(&Settings::default());
    sender.read(body.as_bytes(), None).unwrap_or_else(|why| panic!("{name}: {why} {body}"))
}

/// The body that a call of `commandpost notify` with these fields makes.
fn notified(call: &str) -> String {
    let words = call.replace("\"--field\", ", "-f ").replace(['"', '\'', '\\', ',', ']'], "");
    let fields = words.split(" -f ").skip(1).filter_map(|field| {
        let (name, value) = field.trim().split_once('=')?;
        Some((name.to_owned(), value.trim().lines().next().unwrap_or_default().to_owned().into()))
    });
    serde_json::Value::Object(fields.collect()).to_string()
}

#[test]
fn the_page_says_of_every_sender_where_it_is_set_up() {
    for sender in ALL {
        let row = format!("| `{}` |", sender.name);
        let heading = format!(": `{}`\n", sender.name);
        assert!(PAGE.contains(&row) || PAGE.contains(&heading), "{}", sender.name);
    }
}

#[test]
fn each_body_to_paste_is_json_with_all_that_its_sender_needs() {
    let mut read_ones = Vec::new();
    for sender in ALL.iter().filter(|sender| PAGE.contains(&format!(": `{}`\n", sender.name))) {
        for block in blocks(section(sender.name)) {
            // Healthchecks fills this one in with its quotes.
            let block = block.replace("$NAME_JSON", "\"$NAME\"");
            let line = block.lines().find_map(|line| line.strip_prefix("contact.commandpost.text "));
            let body = line.unwrap_or(&block);
            if body.starts_with('{') {
                let intake = read(sender.name, body);
                assert_eq!(intake.alerts.len(), 1, "{}", sender.name);
                let alert = &intake.alerts[0];
                assert!(!alert.notes.concat().contains("No title"), "{}: {:?}", sender.name, alert.notes);
                read_ones.push(sender.name);
            }
        }
    }
    assert_eq!(read_ones, ["datadog", "elastic", "healthchecks", "librenms", "munin", "uptimerobot"]);
}

#[test]
fn each_call_of_notify_to_paste_has_the_fields_that_its_sender_reads() {
    let mut titles = Vec::new();
    for name in ["checkmk", "icinga2", "nagios"] {
        let section = section(name);
        for call in section.split("notify").skip(1).filter(|call| call.contains("host=")) {
            let call = call.split("\n}").next().unwrap().split("```").next().unwrap();
            let mut body = notified(call).replace('$', "");
            for kind in ["NOTIFY_NOTIFICATIONTYPE", "NOTIFICATIONTYPE", "notification.type"] {
                body = body.replace(kind, "PROBLEM");
            }
            titles.extend(read(name, &body).alerts.into_iter().map(|alert| alert.title));
        }
    }
    assert_eq!(
        titles,
        [
            "NOTIFY_SERVICEDESC on NOTIFY_HOSTNAME is {NOTIFY_SERVICESTATE:-NOTIFY_HOSTSTATE}",
            "commandpost_service on host.name is commandpost_state",
            "SERVICEDESC on HOSTNAME is SERVICESTATE",
            "HOSTNAME is HOSTSTATE",
        ]
    );
    let monit = blocks(section("monit")).next().unwrap();
    let body = notified(monit).replace("$MONIT_EVENT", "Connection failed");
    assert_eq!(read("monit", &body).alerts[0].title, "$MONIT_SERVICE on $MONIT_HOST: connection failed");
}

#[test]
fn zabbix_sends_by_its_media_type_what_is_read_here_as_one_alert_from_problem_to_recovery() {
    let mut body = serde_json::Map::new();
    let mut lines = ZABBIX.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let (Some(name), true) = (line.strip_prefix("- name: "), line != "- name: commandpost") {
            let value = lines.next().unwrap().strip_prefix("value: '").unwrap().trim_end_matches('\'');
            body.insert(name.to_owned(), value.into());
        }
    }
    let body = serde_json::Value::Object(body).to_string();
    let problem = read("zabbix", &body.replace("{EVENT.VALUE}", "1").replace("{EVENT.SEVERITY}", "High"));
    let recovery = read("zabbix", &body.replace("{EVENT.VALUE}", "0").replace("{EVENT.SEVERITY}", "High"));
    assert_eq!(problem.alerts[0].key(), recovery.alerts[0].key());
    assert_ne!(problem.alerts[0].status, recovery.alerts[0].status);
    assert_eq!(problem.alerts[0].title, "{EVENT.NAME} on {HOST.NAME}");
}

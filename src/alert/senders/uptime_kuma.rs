//! Uptime Kuma's webhook, as JSON or as a form. <https://github.com/louislam/uptime-kuma/wiki/Notification-Methods>
//!
//! What it tells of certificates and domains that end soon, it tells anew as the days go by: one alert each, ended by hand,
//! for nothing is told when they were renewed.

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (beat, monitor) = (body.at("heartbeat"), body.at("monitor"));
    let message = body.first(&["heartbeat.msg", "msg"]);
    if !beat.is_there() {
        let message = out.need(body, &["msg"])?;
        if message.ends_with("Testing") {
            out.no_alert(format!("A test of Uptime Kuma's: {message}"));
        } else {
            out.alert(noticed(&message));
        }
        return Ok(());
    }
    let id = body.first(&["monitor.id", "heartbeat.monitorID", "heartbeat.monitor_id", "monitor.name"]);
    if id.is_empty() {
        return Err(out.missing("monitor.id"));
    }
    let name = monitor.get("name");
    let name = if name.is_empty() { format!("Monitor {id}") } else { name };
    let (said, word) = match beat.get("status").as_str() {
        "1" => (Said::Resolved, "up"),
        quiet @ ("2" | "3") => {
            let word = if quiet == "3" { "under maintenance" } else { "pending" };
            out.no_alert(format!("{name} is {word}: {message}"));
            return Ok(());
        }
        "0" => (Said::Firing, "down"),
        _ => (Said::Firing, "in an unknown state"),
    };
    let mut alert = Draft::new(id, format!("{name} is {word}"));
    if matches!(beat.get("status").as_str(), "0" | "1") {
        alert.says(said);
    } else {
        alert.status(&beat.get("status"), &[]);
    }
    alert.describe(message);
    alert.labels(monitor, &[("monitor", "name"), ("host", "hostname"), ("type", "type")]);
    // What is not watched by an address has the beginning of one.
    let url = monitor.get("url");
    alert.label("url", if url == "https://" { String::new() } else { url });
    alert.tags(monitor.at("tags"));
    let local = (beat.get("localDateTime"), beat.get("timezoneOffset"));
    // `time` is UTC, and does not say so.
    let utc = beat.get("time");
    alert.changed_at(if local.0.is_empty() && !utc.is_empty() {
        format!("{utc} UTC")
    } else {
        local.0 + &local.1
    });
    out.alert(alert);
    Ok(())
}

/// A message without a monitor: of a body of somebody's own, or that something ends soon.
fn noticed(message: &str) -> Draft {
    if let Some((name, said, word)) = told(message) {
        let mut alert = Draft::new(format!("[{name}]"), format!("{name} is {word}"));
        alert.says(said);
        alert.describe(message);
        alert.label("monitor", name);
        return alert;
    }
    // `[Shop][https://shop.example] server certificate shop.example will expire in 14 days`: the days are not what it is.
    let ends = [" will expire in ", " will be expired in "].iter().find_map(|soon| message.split_once(*soon));
    let mut alert = Draft::new(ends.map_or(message, |(what, _)| what), message);
    if ends.is_some() {
        alert.severity("warning");
    }
    alert
}

/// Whose state the text of a message tells, and which: `[Shop] [🔴 Down] timeout`.
pub(super) fn told(message: &str) -> Option<(&str, Said, &'static str)> {
    let marks = [("] [🔴 Down]", Said::Firing, "down"), ("] [✅ Up]", Said::Resolved, "up")];
    marks.into_iter().find_map(|(mark, said, word)| {
        let (name, _) = message.strip_prefix('[')?.split_once(mark)?;
        Some((name, said, word))
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"heartbeat": {"monitorID": 10, "status": 0, "time": "2026-11-20 20:13:08.905", "msg": "timeout of 48000ms exceeded",
        "important": true, "duration": 60}, "monitor": {"id": 10, "name": "Shop", "url": "https://shop.example", "type": "http"},
        "msg": "[Shop] [🔴 Down] timeout of 48000ms exceeded"}"#,
    r#"{"heartbeat": {"monitorID": 10, "status": 1, "time": "2026-11-20 20:33:08.905", "msg": "200 - OK",
        "important": true, "duration": 60}, "monitor": {"id": 10, "name": "Shop", "url": "https://shop.example", "type": "http"},
        "msg": "[Shop] [✅ Up] 200 - OK"}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::senders::{Settings, listed, testing::read};
    use crate::alert::{Alert, AlertSeverity, Status};

    fn of(message: &str) -> Alert {
        read("uptime-kuma", &serde_json::json!({"msg": message}).to_string()).alerts.remove(0)
    }

    #[test]
    fn a_certificate_that_ends_soon_is_one_alert_however_few_the_days() {
        for [early, late] in [
            [
                "[Shop][https://shop.example] server certificate shop.example will expire in 21 days",
                "[Shop][https://shop.example] server certificate shop.example will expire in 7 days",
            ],
            [
                "[Shop][https://shop.example] server certificate shop.example will be expired in 21 days",
                "[Shop][https://shop.example] server certificate shop.example will be expired in 14 days",
            ],
            [
                "Domain name shop.example will expire in 14 days",
                "Domain name shop.example will expire in 7 days",
            ],
        ] {
            assert_eq!(of(early).key(), of(late).key(), "{early}");
            assert_eq!((of(early).title.as_str(), of(late).title.as_str()), (early, late));
            assert_eq!(of(early).severity, AlertSeverity::Warning);
        }
    }

    #[test]
    fn a_body_as_a_form_is_read_like_one_as_json() {
        let uptime_kuma = listed("uptime-kuma").unwrap().sender(&Settings::default());
        let form = |json: &str| {
            format!("--x7\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{json}\r\n--x7--\r\n")
        };
        for json in super::EXAMPLES {
            let read = uptime_kuma.read(form(json).as_bytes(), Some("multipart/form-data; boundary=x7"));
            assert_eq!(read.unwrap(), uptime_kuma.read(json.as_bytes(), None).unwrap());
        }
    }

    #[test]
    fn a_status_that_nobody_knows_fires_and_one_that_waits_is_no_alert() {
        let told = |status: u8| {
            let body = serde_json::json!({"heartbeat": {"monitorID": 1, "status": status, "msg": "m"},
                "monitor": {"id": 1, "name": "Shop"}});
            read("uptime-kuma", &body.to_string())
        };
        let unknown = told(9).alerts.remove(0);
        assert_eq!((unknown.title.as_str(), unknown.status), ("Shop is in an unknown state", Status::Firing));
        assert!(unknown.notes.concat().contains("The status “9” is unknown"), "{:?}", unknown.notes);
        assert!(told(2).alerts.is_empty() && told(3).alerts.is_empty());
    }

    #[test]
    fn a_message_without_its_monitor_says_what_fires_and_what_is_over() {
        let (down, up) = (of("[API] [🔴 Down] timeout of 48000ms exceeded"), of("[API] [✅ Up] 200 - OK"));
        assert_eq!((down.status, up.status), (Status::Firing, Status::Resolved));
        assert_eq!(down.key(), up.key());
        assert_eq!((down.title.as_str(), up.title.as_str()), ("API is down", "API is up"));
        assert_ne!(down.key(), of("[Web] [🔴 Down] timeout").key());
    }
}

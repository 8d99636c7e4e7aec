//! Uptime Kuma's webhook, JSON preset. <https://github.com/louislam/uptime-kuma/wiki/Notification-Methods>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (beat, monitor) = (body.at("heartbeat"), body.at("monitor"));
    let message = body.first(&["heartbeat.msg", "msg"]);
    if !beat.is_there() {
        let message = out.need(body, &["msg"])?;
        // A test, or a certificate that ends soon.
        if message.ends_with("Testing") {
            out.no_alert(format!("A test of Uptime Kuma's: {message}"));
        } else {
            out.alert(Draft::new(&message, &message));
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
        "0" => (Said::Firing, "down"),
        "1" => (Said::Resolved, "up"),
        other => {
            let word = if other == "3" { "under maintenance" } else { "pending" };
            out.no_alert(format!("{name} is {word}: {message}"));
            return Ok(());
        }
    };
    let mut alert = Draft::new(id, format!("{name} is {word}"));
    alert.says(said);
    alert.describe(message);
    alert.labels(monitor, &[("monitor", "name"), ("url", "url"), ("host", "hostname"), ("type", "type")]);
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

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"heartbeat": {"monitorID": 10, "status": 0, "time": "2026-11-20 20:13:08.905", "msg": "timeout of 48000ms exceeded",
        "important": true, "duration": 60}, "monitor": {"id": 10, "name": "Shop", "url": "https://shop.example", "type": "http"},
        "msg": "[Shop] [🔴 Down] timeout of 48000ms exceeded"}"#,
    r#"{"heartbeat": {"monitorID": 10, "status": 1, "time": "2026-11-20 20:33:08.905", "msg": "200 - OK",
        "important": true, "duration": 60}, "monitor": {"id": 10, "name": "Shop", "url": "https://shop.example", "type": "http"},
        "msg": "[Shop] [✅ Up] 200 - OK"}"#,
];

//! Checkmk, by the notification script of `docs/senders.md`. <https://docs.checkmk.com/latest/en/notifications.html>

use super::checks;
use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::Reading;

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if let Some(alert) = checks::read(body, out)? {
        out.alert(alert);
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"notification_type": "PROBLEM", "what": "HOST", "host": "server1", "address": "10.10.0.185", "service": "",
        "state": "DOWN", "output": "No IP packet received", "site": "cmk", "url": "https://cmk.example/cmk/index.py",
        "time": "Sat Nov 21 20:13:08 UTC 2026"}"#,
    r#"{"notification_type": "RECOVERY", "what": "HOST", "host": "server1", "address": "10.10.0.185", "service": "",
        "state": "UP", "output": "Packet received", "site": "cmk", "url": "https://cmk.example/cmk/index.py",
        "time": "Sat Nov 21 20:33:08 UTC 2026"}"#,
];

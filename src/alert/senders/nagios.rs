//! Nagios (and Naemon, Centreon, Shinken) by `commandpost notify`.
//! <https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/notifications.html>

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
    r#"{"type": "PROBLEM", "host": "db1", "address": "10.0.0.7", "service": "disk", "state": "CRITICAL",
        "output": "DISK CRITICAL - /data 97%", "time": "1795205588", "sent_at": "2026-11-20T20:13:08Z"}"#,
    r#"{"type": "RECOVERY", "host": "db1", "address": "10.0.0.7", "service": "disk", "state": "OK",
        "output": "DISK OK - /data 61%", "time": "1795206788", "sent_at": "2026-11-20T20:33:08Z"}"#,
];

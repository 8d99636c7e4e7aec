//! Healthchecks, by the bodies of `docs/senders.md`. <https://healthchecks.io/docs/configuring_notifications/>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let code = out.need(body, &["code", "check"])?;
    let (name, status) = (body.first(&["name", "code"]), body.get("status"));
    let mut alert = Draft::new(code, format!("{name} is {status}"));
    alert.status(&status, &[]);
    alert.severity(body.get("severity"));
    alert.describe(body.get("body"));
    alert.label("check", name);
    let exit = body.get("exit_status");
    alert.label("exit_status", if exit == "$EXITSTATUS" { "" } else { &exit });
    for tag in body.get("tags").split_whitespace() {
        let (name, value) = tag.split_once([':', '=']).unwrap_or((tag, "true"));
        alert.label(name, value);
    }
    alert.changed_at(body.get("time"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"code": "a1b2c3", "name": "Nightly backup", "status": "down", "tags": "prod db", "time": "2026-11-20T20:13:08+00:00"}"#,
    r#"{"code": "a1b2c3", "name": "Nightly backup", "status": "up", "tags": "prod db", "time": "2026-11-20T20:33:08+00:00"}"#,
];

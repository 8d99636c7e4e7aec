//! Healthchecks, by the bodies of `docs/senders.md`. <https://healthchecks.io/docs/configuring_notifications/>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    // «Test!» sends a check that is there nowhere, down, with another code each time.
    if body.get("name") == "TEST" {
        out.no_alert("A test of Healthchecks', which sends a check by the name TEST.");
        return Ok(());
    }
    let (name, status) = (body.first(&["name", "code"]), body.get("status"));
    let code = out.need(body, &["code", "check"])?;
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

#[cfg(test)]
mod tests {
    use crate::alert::senders::testing::read;

    #[test]
    fn a_test_is_no_alert_and_says_so() {
        let body = r#"{"code": "6c2b5f4e", "name": "TEST", "status": "down", "tags": "", "time": "2026-11-22T20:00:00+00:00"}"#;
        let intake = read("healthchecks", body);
        assert!(
            intake.alerts.is_empty() && intake.notes.concat().contains("A test of Healthchecks'"),
            "{intake:?}"
        );
        assert_eq!(read("healthchecks", &body.replace("TEST", "Test of the backup")).alerts.len(), 1);
    }
}

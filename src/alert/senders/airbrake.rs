//! Airbrake's webhook of an error. <https://docs.airbrake.io/docs/integrations/webhook/>
//!
//! Airbrake does not tell when an error was resolved; its situation ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined, led};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let error = body.at("error");
    if body.at("deploy").is_there() && !error.is_there() {
        out.no_alert("A deployment, not an error.");
        return Ok(());
    }
    let title = led(&error.get("error_class"), &error.get("error_message"));
    let mut alert = Draft::new(out.need(body, &["error.id"])?, title);
    alert.severity(error.get("severity"));
    alert.describe(joined(
        "\n",
        &[&error.get("last_notice.request_url"), &error.get("last_notice.backtrace")],
    ));
    alert.labels(error, &[("service", "project.name"), ("environment", "environment"), ("file", "file")]);
    alert.link(LinkKind::Source, body.get("airbrake_error_url"));
    alert.starts_at(error.get("first_occurred_at"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"error": {"id": 37463546, "error_message": "RuntimeError: You have failed me", "error_class": "RuntimeError",
        "file": "app.rb", "line_number": 14, "project": {"id": 1055, "name": "Avocado"}, "environment": "production",
        "first_occurred_at": "2026-02-23T22:03:03Z", "last_occurred_at": "2026-03-21T08:37:15Z", "times_occurred": 118,
        "last_notice": {"id": 4505303522, "request_url": "https://shop.example/checkout", "backtrace": ["app.rb:14"]}},
        "airbrake_error_url": "https://airbrake.example/errors/37463546"}"#,
];

//! Errbit's webhook of a problem. <https://github.com/errbit/errbit>
//!
//! Errbit posts when an error comes in, not when it was resolved; its situation ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, led};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let problem = body.at("problem");
    let title = led(&problem.get("error_class"), &problem.get("message"));
    let mut alert = Draft::new(out.need(body, &["problem._id", "problem.id"])?, title);
    alert.says(if problem.at("resolved").is_true() { Said::Resolved } else { Said::Firing });
    let place = problem.get("where");
    alert.describe(if place.is_empty() { String::new() } else { format!("In {place}") });
    alert.labels(problem, &[("service", "app_name"), ("environment", "environment")]);
    alert.link(LinkKind::Source, problem.get("url"));
    alert.link(LinkKind::Other, problem.get("issue_link"));
    alert.starts_at(problem.get("first_notice_at"));
    alert.ends_at(problem.get("resolved_at"));
    // A problem that comes back keeps its first notice.
    if !alert.is_resolved() {
        alert.changed_at(problem.get("last_notice_at"));
    }
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"problem": {"_id": "5e1fe93e", "app_name": "shop", "environment": "production", "error_class": "IllegalState",
        "message": "cart without items", "where": "cart#total", "resolved": false, "resolved_at": null,
        "first_notice_at": "2026-11-20T15:13:08.987-05:00", "url": "https://errbit.example/problems/5e1fe93e"}}"#,
    r#"{"problem": {"_id": "5e1fe93e", "app_name": "shop", "environment": "production", "error_class": "IllegalState",
        "message": "cart without items", "where": "cart#total", "resolved": true,
        "resolved_at": "2026-11-20T15:33:08-05:00", "first_notice_at": "2026-11-20T15:13:08.987-05:00",
        "url": "https://errbit.example/problems/5e1fe93e"}}"#,
];

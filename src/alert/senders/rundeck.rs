//! Rundeck's job notifications, as JSON. <https://docs.rundeck.com/docs/manual/notifications/webhooks.html>
//!
//! The next success of a job resolves its failure.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::{AlertSeverity, LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (run, job) = (body.at("execution"), body.at("execution.job"));
    let name = joined("/", &[&job.get("project"), &job.get("group"), &job.get("name")]);
    let trigger = body.first(&["trigger", "status"]);
    let (said, title) = match trigger.as_str() {
        "failure" | "failed" | "retryablefailure" | "failed-with-retry" | "timedout" | "aborted" => {
            (Some(Said::Firing), format!("The job {name} has failed"))
        }
        "avgduration" => (Some(Said::Firing), format!("The job {name} takes longer than usual")),
        "success" | "succeeded" => (Some(Said::Resolved), format!("The job {name} has succeeded")),
        "start" | "running" | "scheduled" | "queued" => {
            out.no_alert(format!("{trigger} of the job {name}: nothing is wrong."));
            return Ok(());
        }
        _ => (None, joined(": ", &[&format!("The job {name}"), &trigger])),
    };
    let mut alert = Draft::new(out.need(body, &["execution.job.id"])?, title);
    match said {
        Some(said) => alert.says(said),
        None => alert.unknown_event(&trigger),
    }
    if trigger == "avgduration" {
        alert.severity_by("avgduration", &[("avgduration", AlertSeverity::Warning)]);
    }
    alert.describe(run.get("description"));
    alert.labels(run, &[("project", "project"), ("user", "user")]);
    alert.label("job", job.get("name"));
    alert.link(LinkKind::Source, run.first(&["permalink", "href"]));
    alert.link(LinkKind::Other, job.get("permalink"));
    alert.changed_at(run.first(&["date-ended.unixtime", "date-started.unixtime"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"trigger": "failure", "status": "failed", "executionId": 7, "execution": {"id": 7, "status": "failed",
        "href": "https://rundeck.example/project/shop/execution/show/7", "permalink": null, "project": "shop",
        "user": "cron", "date-started": {"unixtime": 1795205488000}, "date-ended": {"unixtime": 1795205588000},
        "job": {"id": "a0296d93", "name": "Backup", "group": "Nightly", "project": "shop"}, "description": "./backup"}}"#,
    r#"{"trigger": "success", "status": "succeeded", "executionId": 8, "execution": {"id": 8, "status": "succeeded",
        "href": "https://rundeck.example/project/shop/execution/show/8", "permalink": null, "project": "shop",
        "user": "cron", "date-started": {"unixtime": 1795206688000}, "date-ended": {"unixtime": 1795206788000},
        "job": {"id": "a0296d93", "name": "Backup", "group": "Nightly", "project": "shop"}, "description": "./backup"}}"#,
];

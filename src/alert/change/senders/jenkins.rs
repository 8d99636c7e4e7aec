//! Jenkins, by its Notification plugin (JSON, all events). <https://plugins.jenkins.io/notification/>

use super::{Draft, Kind, Outcome, Reading, last_part, outcome};
use crate::alert::{Rejected, body::Node};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let build = body.at("build");
    let job = out.need(body, &["name", "display_name"])?;
    let number = out.need(build, &["number"])?;
    let phase = build.get("phase").to_uppercase();
    let parameters = build.at("parameters");
    let mut change = Draft::new(
        Kind::Pipeline,
        format!("{}{number}", body.first(&["url", "name"])),
        format!("Build {number} of {job}"),
    );
    change.outcome(match phase.as_str() {
        // The status of a build that has begun is that of the one before it.
        "QUEUED" | "STARTED" => Outcome::Began,
        _ => outcome(&build.get("status")),
    });
    let named = parameters.first(&["SERVICE", "service", "APP", "app"]);
    change.service(if named.is_empty() { last_part(&job).to_owned() } else { named });
    change.environment(parameters.first(&["ENVIRONMENT", "environment", "ENV", "TARGET"]));
    change.by(build.first(&["scm.culprits", "scm.changes"]));
    let sent = build.get("timestamp");
    if phase == "STARTED" {
        change.began(sent)
    } else {
        change.ended(sent)
    }
    change.url(build.get("full_url"));
    change.label("branch", build.get("scm.branch"));
    change.label("sha", build.get("scm.commit"));
    change.label("job", job);
    out.change(change);
    Ok(())
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"name": "deploy-checkout", "url": "job/deploy-checkout/", "build": {"full_url": "https://jenkins.example/job/deploy-checkout/18/",
        "number": 18, "timestamp": 1795204988000, "phase": "STARTED", "status": "FAILURE", "url": "job/deploy-checkout/18/",
        "parameters": {"ENVIRONMENT": "production", "SERVICE": "checkout"}, "scm": {"branch": "origin/main", "commit": "c6d86dc6"}}}"#,
    r#"{"name": "deploy-checkout", "url": "job/deploy-checkout/", "build": {"full_url": "https://jenkins.example/job/deploy-checkout/18/",
        "number": 18, "timestamp": 1795205088000, "phase": "FINALIZED", "status": "SUCCESS", "url": "job/deploy-checkout/18/",
        "parameters": {"ENVIRONMENT": "production", "SERVICE": "checkout"}, "scm": {"branch": "origin/main", "commit": "c6d86dc6"}}}"#,
];

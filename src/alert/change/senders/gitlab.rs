//! GitLab's webhooks: deployments, pipelines, pushes to the default branch, tags, releases, feature flags.
//! <https://docs.gitlab.com/user/project/integrations/webhook_events/>

use super::{Draft, Kind, Outcome, Reading, first_line, last_part, outcome, short_sha};
use crate::alert::{Rejected, body::Node, draft::joined};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let kind = out.need(body, &["object_kind", "event_name"])?;
    let project = body.get("project.path_with_namespace");
    let told = match kind.as_str() {
        "deployment" => Some(deployment(body, &project, out)?),
        "pipeline" => pipeline(body, &project, out)?,
        "push" | "tag_push" => push(body, &project, out),
        "release" => Some(release(body, &project, out)?),
        "feature_flag" => Some(flag(body, &project, out)?),
        other => {
            out.none(format!(
                "{other}: neither a deployment, a pipeline, a push, a release nor a feature flag."
            ));
            None
        }
    };
    if let Some(mut change) = told {
        change.service(last_part(&project));
        change.label("repository", &project);
        out.change(change);
    }
    Ok(())
}

fn deployment(body: Node<'_>, project: &str, out: &mut Reading) -> Result<Draft, Rejected> {
    let id = out.need(body, &["deployment_id", "deployable_id"])?;
    let environment = body.get("environment");
    let what = joined(" ", &["Deploy of", project, &body.get("short_sha")]);
    let mut change =
        Draft::new(Kind::Deploy, format!("deployment/{id}"), joined(" to ", &[&what, &environment]));
    change.outcome(outcome(&body.get("status")));
    change.environment(environment);
    change.by(body.first(&["user.username", "user.name"]));
    change.ended(body.get("status_changed_at"));
    change.url(body.first(&["deployable_url", "commit_url"]));
    change.label("tier", body.get("environment_tier"));
    change.label("commit", first_line(&body.get("commit_title")));
    Ok(change)
}

fn pipeline(body: Node<'_>, project: &str, out: &mut Reading) -> Result<Option<Draft>, Rejected> {
    let of = body.at("object_attributes");
    let id = out.need(of, &["id"])?;
    let (reference, default) = (of.get("ref"), body.get("project.default_branch"));
    if of.get("source") == "merge_request_event" || reference != default && !of.at("tag").is_true() {
        out.none(format!("A pipeline on {reference}: not on the default branch."));
        return Ok(None);
    }
    let mut change = Draft::new(
        Kind::Pipeline,
        format!("pipeline/{id}"),
        format!("Pipeline {id} of {project} on {reference}"),
    );
    change.outcome(outcome(&of.get("status")));
    change.by(body.first(&["user.username", "user.name"]));
    change.began(of.get("created_at"));
    change.ended(of.get("finished_at"));
    change.url(of.get("url"));
    change.label("commit", first_line(&body.get("commit.title")));
    Ok(Some(change))
}

fn push(body: Node<'_>, project: &str, out: &mut Reading) -> Option<Draft> {
    let (reference, after) = (body.get("ref"), body.get("after"));
    let default = format!("refs/heads/{}", body.get("project.default_branch"));
    let is_tag = reference.starts_with("refs/tags/");
    if after.bytes().all(|b| b == b'0') || !(is_tag || reference == default) {
        out.none(format!("A push to {reference}: not to the default branch."));
        return None;
    }
    let name = last_part(&reference).to_owned();
    let commit =
        body.at("commits").list().last().map(|last| last.first(&["title", "message"])).unwrap_or_default();
    let what =
        if is_tag { format!("Tag {name} of {project}") } else { format!("Push to {name} of {project}") };
    let title = joined(": ", &[&what, first_line(&commit)]);
    let mut change = Draft::new(Kind::Push, format!("push/{reference}/{after}"), title);
    change.by(body.first(&["user_username", "user_name"]));
    change.url(body.get("project.web_url"));
    change.label("sha", short_sha(&after));
    Some(change)
}

fn release(body: Node<'_>, project: &str, out: &mut Reading) -> Result<Draft, Rejected> {
    let id = out.need(body, &["id", "tag"])?;
    let mut change = Draft::new(
        Kind::Release,
        format!("release/{id}"),
        format!("Release {} of {project}", body.first(&["tag", "name"])),
    );
    change.began(body.first(&["released_at", "created_at"]));
    change.url(body.get("url"));
    Ok(change)
}

fn flag(body: Node<'_>, project: &str, out: &mut Reading) -> Result<Draft, Rejected> {
    let of = body.at("object_attributes");
    let name = out.need(of, &["name"])?;
    let state = if of.at("active").is_true() { "on" } else { "off" };
    // GitLab tells neither a time nor a number of the event.
    let mut change = Draft::new(Kind::Flag, "", format!("Flag {name} of {project} is {state}"));
    change.outcome(Outcome::Done);
    change.by(body.first(&["user.username", "user.name"]));
    change.url(body.get("user_url"));
    change.label("flag", name);
    Ok(change)
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"object_kind": "deployment", "status": "running", "status_changed_at": "2026-11-20 21:03:08 +0100", "deployment_id": 15,
        "deployable_id": 796, "deployable_url": "https://gitlab.example/shop/checkout/-/jobs/796", "environment": "production",
        "environment_tier": "production", "project": {"path_with_namespace": "shop/checkout"}, "short_sha": "279484c0",
        "user": {"username": "ada"}, "commit_title": "Retry payments"}"#,
    r#"{"object_kind": "deployment", "status": "success", "status_changed_at": "2026-11-20 21:05:08 +0100", "deployment_id": 15,
        "deployable_id": 796, "deployable_url": "https://gitlab.example/shop/checkout/-/jobs/796", "environment": "production",
        "environment_tier": "production", "project": {"path_with_namespace": "shop/checkout"}, "short_sha": "279484c0",
        "user": {"username": "ada"}, "commit_title": "Retry payments"}"#,
    r#"{"object_kind": "pipeline", "object_attributes": {"id": 31, "ref": "main", "tag": false, "source": "push", "status": "failed",
        "created_at": "2026-11-20 20:01:00 UTC", "finished_at": "2026-11-20 20:04:00 UTC", "url": "https://gitlab.example/p/31"},
        "user": {"username": "ada"}, "project": {"path_with_namespace": "shop/checkout", "default_branch": "main"}}"#,
    r#"{"object_kind": "tag_push", "ref": "refs/tags/v1.2.3", "after": "82b3d5ae55f7080f1e6022629cdb57bfae7cccc7", "user_username": "ada",
        "project": {"path_with_namespace": "shop/checkout", "default_branch": "main", "web_url": "https://gitlab.example/shop/checkout"}}"#,
    r#"{"object_kind": "feature_flag", "object_attributes": {"id": 6, "name": "new-cart", "active": true},
        "project": {"path_with_namespace": "shop/checkout"}, "user": {"username": "ada"}}"#,
];

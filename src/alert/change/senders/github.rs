//! GitHub's webhooks: deployments, releases, pushes to the default branch, runs of workflows.
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>
//!
//! Which event it is stands in a header; the bodies tell it too.

use super::{Draft, Kind, Outcome, Reading, first_line, last_part, outcome, short_sha};
use crate::alert::{Rejected, body::Node, draft::joined};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let repository = body.get("repository.full_name");
    if body.at("zen").is_there() {
        out.none("A ping of GitHub: the hook is there.");
        return Ok(());
    }
    out.need(body, &["repository.full_name"])?;
    let told = if body.at("deployment").is_there() {
        deployment(body, out)?
    } else if body.at("release").is_there() {
        release(body, out)?
    } else if body.at("workflow_run").is_there() {
        workflow(body, out)?
    } else if body.at("ref").is_there() && body.at("after").is_there() {
        push(body, out)
    } else {
        let action = joined(" ", &[&body.get("action"), "in", &repository]);
        out.none(format!("{action}: neither a deployment, a release, a push nor a run of a workflow."));
        None
    };
    if let Some(mut change) = told {
        change.service(last_part(&repository));
        change.label("repository", &repository);
        out.change(change);
    }
    Ok(())
}

fn deployment(body: Node<'_>, out: &mut Reading) -> Result<Option<Draft>, Rejected> {
    let (of, status) = (body.at("deployment"), body.at("deployment_status"));
    let id = out.need(of, &["id"])?;
    let state = status.get("state");
    if state == "inactive" {
        out.none("A deployment was replaced by a later one: no change of its own.");
        return Ok(None);
    }
    let environment = status.first(&["environment"]);
    let environment = if environment.is_empty() { of.get("environment") } else { environment };
    let what = joined(" ", &["Deploy of", &body.get("repository.full_name"), short_sha(&of.get("ref"))]);
    let mut change =
        Draft::new(Kind::Deploy, format!("deployment/{id}"), joined(" to ", &[&what, &environment]));
    change.outcome(if state.is_empty() { Outcome::Began } else { outcome(&state) });
    change.environment(environment);
    change.by(of.first(&["creator.login", "creator.name"]));
    change.began(of.get("created_at"));
    change.ended(status.get("created_at"));
    change.url(status.first(&["log_url", "target_url", "environment_url"]));
    change.label("sha", of.get("sha"));
    change.label("description", first_line(&of.get("description")));
    Ok(Some(change))
}

fn release(body: Node<'_>, out: &mut Reading) -> Result<Option<Draft>, Rejected> {
    let of = body.at("release");
    let id = out.need(of, &["id"])?;
    let action = body.get("action");
    if !matches!(action.as_str(), "published" | "released" | "prereleased") || of.at("draft").is_true() {
        out.none(format!("A release is {action}: nothing is out by it."));
        return Ok(None);
    }
    let name = of.first(&["tag_name", "name"]);
    let title = joined(" ", &["Release", &name, "of", &body.get("repository.full_name")]);
    let mut change = Draft::new(Kind::Release, format!("release/{id}"), title);
    change.by(of.get("author.login"));
    change.began(of.first(&["published_at", "created_at"]));
    change.url(of.get("html_url"));
    Ok(Some(change))
}

fn workflow(body: Node<'_>, out: &mut Reading) -> Result<Option<Draft>, Rejected> {
    let of = body.at("workflow_run");
    let id = out.need(of, &["id"])?;
    let (branch, default) = (of.get("head_branch"), body.get("repository.default_branch"));
    if matches!(of.get("event").as_str(), "pull_request" | "pull_request_target" | "merge_group")
        || branch != default
            && !default.is_empty()
            && !matches!(
                of.get("event").as_str(),
                "release" | "workflow_dispatch" | "deployment" | "schedule"
            )
    {
        out.none(format!("A run of a workflow on {branch}: not on the default branch."));
        return Ok(None);
    }
    let name = of.first(&["name", "display_title"]);
    let title = joined(" ", &["Workflow", &name, "of", &body.get("repository.full_name"), "on", &branch]);
    let mut change = Draft::new(Kind::Pipeline, format!("run/{id}/{}", of.get("run_attempt")), title);
    let conclusion = of.get("conclusion");
    change.outcome(if conclusion.is_empty() { Outcome::Began } else { outcome(&conclusion) });
    change.by(of.first(&["triggering_actor.login", "actor.login"]));
    change.began(of.first(&["run_started_at", "created_at"]));
    change.ended(of.get("updated_at"));
    change.url(of.get("html_url"));
    change.label("sha", of.get("head_sha"));
    change.label("commit", first_line(&of.get("head_commit.message")));
    Ok(Some(change))
}

fn push(body: Node<'_>, out: &mut Reading) -> Option<Draft> {
    let reference = body.get("ref");
    let default =
        format!("refs/heads/{}", body.first(&["repository.default_branch", "repository.master_branch"]));
    if body.at("deleted").is_true() || !(reference == default || reference.starts_with("refs/tags/")) {
        out.none(format!("A push to {reference}: not to the default branch."));
        return None;
    }
    let after = body.get("after");
    let branch = last_part(&reference).to_owned();
    let commit = first_line(&body.get("head_commit.message")).to_owned();
    let what = joined(" ", &["Push to", &branch, "of", &body.get("repository.full_name")]);
    let mut change =
        Draft::new(Kind::Push, format!("push/{reference}/{after}"), joined(": ", &[&what, &commit]));
    change.by(body.first(&["pusher.name", "sender.login"]));
    // Of a commit, the time when it was made says nothing of when it came here.
    change.began(body.get("repository.pushed_at"));
    change.url(body.first(&["compare", "head_commit.url"]));
    change.label("sha", after);
    Some(change)
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"action": "created", "deployment": {"id": 145988746, "sha": "9f2a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6", "ref": "v1.2.3",
        "environment": "production", "creator": {"login": "ada"}, "created_at": "2026-11-20T20:03:08Z"},
        "repository": {"full_name": "shop/checkout", "default_branch": "main"}, "sender": {"login": "ada"}}"#,
    r#"{"action": "created", "deployment_status": {"id": 209916254, "state": "success", "environment": "production",
        "log_url": "https://github.example/shop/checkout/actions/runs/7", "created_at": "2026-11-20T20:05:08Z"},
        "deployment": {"id": 145988746, "sha": "9f2a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6", "ref": "v1.2.3",
        "environment": "production", "creator": {"login": "ada"}, "created_at": "2026-11-20T20:03:08Z"},
        "repository": {"full_name": "shop/checkout", "default_branch": "main"}}"#,
    r#"{"action": "published", "release": {"id": 17372790, "tag_name": "v1.2.3", "draft": false, "author": {"login": "ada"},
        "published_at": "2026-11-20T20:00:00Z", "html_url": "https://github.example/shop/checkout/releases/v1.2.3"},
        "repository": {"full_name": "shop/checkout"}}"#,
    r#"{"ref": "refs/heads/main", "before": "0", "after": "9f2a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6", "deleted": false,
        "repository": {"full_name": "shop/checkout", "default_branch": "main", "pushed_at": 1795204988},
        "pusher": {"name": "ada"}, "compare": "https://github.example/shop/checkout/compare/a...b",
        "head_commit": {"message": "Retry payments\n\nTwice.", "timestamp": "2026-11-18T09:00:00Z"}}"#,
    r#"{"action": "completed", "workflow_run": {"id": 7, "run_attempt": 1, "name": "Deploy", "head_branch": "main",
        "event": "push", "conclusion": "failure", "run_started_at": "2026-11-20T20:01:00Z", "updated_at": "2026-11-20T20:04:00Z",
        "html_url": "https://github.example/shop/checkout/actions/runs/7", "actor": {"login": "ada"},
        "head_commit": {"message": "Retry payments"}}, "repository": {"full_name": "shop/checkout", "default_branch": "main"}}"#,
];

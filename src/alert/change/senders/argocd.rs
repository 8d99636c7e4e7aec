//! Argo CD, by its notifications and the template of `docs/changes.md`.
//! <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/>

use super::{Draft, Kind, Reading, outcome, short_sha};
use crate::alert::{Rejected, body::Node, draft::joined};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    // The template writes what is not there as `<no value>`.
    let of = |paths: &[&str]| {
        let mut texts = paths.iter().map(|path| body.get(path));
        texts.find(|text| !matches!(text.as_str(), "" | "<no value>")).unwrap_or_default()
    };
    let app = of(&["app", "application", "app.metadata.name"]);
    if app.is_empty() {
        return Err(out.missing("app"));
    }
    let revision = of(&["revision", "app.status.sync.revision"]);
    let began = of(&["started_at", "app.status.operationState.startedAt"]);
    let title = joined(" to ", &[&format!("Sync of {app}"), short_sha(&revision)]);
    // A revision may be synced again, and is not known yet when a sync begins; each has its begin.
    let which = if began.is_empty() { &revision } else { &began };
    let mut change = Draft::new(Kind::Deploy, joined("/", &[&app, which]), title);
    change.outcome(outcome(&of(&["phase", "status", "app.status.operationState.phase"])));
    change.service(&app);
    change.environment(of(&["environment", "cluster"]));
    change.by(of(&["by", "app.status.operationState.operation.initiatedBy.username"]));
    change.ended(of(&["finished_at", "app.status.operationState.finishedAt"]));
    change.url(of(&["url"]));
    change.label("project", of(&["project", "app.spec.project"]));
    change.label("namespace", of(&["namespace", "app.spec.destination.namespace"]));
    change.label("repository", of(&["repository", "app.spec.source.repoURL"]));
    change.label("message", of(&["message", "app.status.operationState.message"]));
    change.began(began);
    out.change(change);
    Ok(())
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"app": "checkout", "project": "shop", "namespace": "checkout", "phase": "Running", "started_at": "2026-11-20T20:03:08Z",
        "finished_at": "", "revision": "9f2a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6", "repository": "https://git.example/shop/checkout",
        "url": "https://argocd.example/applications/checkout", "by": "", "message": ""}"#,
    r#"{"app": "checkout", "project": "shop", "namespace": "checkout", "phase": "Succeeded", "started_at": "2026-11-20T20:03:08Z",
        "finished_at": "2026-11-20T20:03:40Z", "revision": "9f2a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6",
        "repository": "https://git.example/shop/checkout", "url": "https://argocd.example/applications/checkout", "by": "ada",
        "message": "successfully synced (all tasks run)"}"#,
];

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use crate::alert::change::Change;
    use crate::alert::senders::{Settings, listed};

    fn read(body: &str) -> Change {
        let now: DateTime<Utc> = "2026-11-20T21:00:00Z".parse().unwrap();
        let sender = listed("argocd").unwrap().sender(&Settings::default());
        sender.read(body.as_bytes(), None).unwrap().changes.remove(0).taken(now)
    }

    #[test]
    fn what_the_template_does_not_find_is_nobody_and_nothing_and_a_project_is_no_environment() {
        let change = read(
            r#"{"app": "checkout", "project": "default", "namespace": "shop", "phase": "Running",
            "started_at": "2026-11-20T20:03:08Z", "finished_at": "<no value>", "revision": "<no value>", "by": "<no value>"}"#,
        );
        assert_eq!((change.by.as_deref(), change.environment.as_deref()), (None, None));
        assert_eq!((change.labels["project"].as_str(), change.notes.len()), ("default", 0));
        let ended = read(super::EXAMPLES[1]);
        assert_eq!(change.id, ended.id, "its revision is known only later");
    }
}

//! Argo CD, by its notifications and the template of `docs/changes.md`.
//! <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/>

use super::{Draft, Kind, Reading, outcome, short_sha};
use crate::alert::{Rejected, body::Node, draft::joined};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let app = out.need(body, &["app", "application", "app.metadata.name"])?;
    let revision = body.first(&["revision", "app.status.sync.revision"]);
    let began = body.first(&["started_at", "app.status.operationState.startedAt"]);
    let namespace = body.first(&["namespace", "app.spec.destination.namespace"]);
    let title = joined(" ", &["Sync of", &app, "to", short_sha(&revision)]);
    // A revision may be synced again; each operation has its begin.
    let mut change = Draft::new(Kind::Deploy, joined("/", &[&app, &revision, &began]), title);
    change.outcome(outcome(&body.first(&["phase", "status", "app.status.operationState.phase"])));
    change.service(&app);
    change.environment(body.first(&["environment", "cluster", "project"]));
    change.by(body.first(&["by", "app.status.operationState.operation.initiatedBy.username"]));
    change.began(began);
    change.ended(body.first(&["finished_at", "app.status.operationState.finishedAt"]));
    change.url(body.get("url"));
    change.label("namespace", namespace);
    change.label("repository", body.first(&["repository", "app.spec.source.repoURL"]));
    change.label("message", body.first(&["message", "app.status.operationState.message"]));
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

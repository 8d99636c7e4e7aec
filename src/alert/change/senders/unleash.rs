//! Unleash's webhook integration, without a body template. <https://docs.getunleash.io/reference/integrations/webhook>

use super::{Draft, Kind, Reading};
use crate::alert::{Rejected, body::Node, draft::joined};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let kind = out.need(body, &["type", "event"])?;
    let flag = body.first(&["featureName", "data.name", "featureToggle"]);
    if !kind.starts_with("feature-") && !kind.starts_with("segment-") && kind != "change-request-applied" {
        out.none(format!("{kind}: no change of a flag."));
        return Ok(());
    }
    if matches!(
        kind.as_str(),
        "feature-tagged" | "feature-untagged" | "feature-metadata-updated" | "feature-potentially-stale-on"
    ) {
        out.none(format!("{kind} of {flag}: what it does is the same."));
        return Ok(());
    }
    let environment = body.get("environment");
    let what = kind.trim_start_matches("feature-").replace('-', " ");
    let title = joined(" in ", &[&format!("Flag {flag}: {what}"), &environment]);
    let at = body.first(&["createdAt", "timestamp"]);
    let id = body.get("id");
    let id = if id.is_empty() { joined("/", &[&kind, &flag, &at]) } else { id };
    let mut change = Draft::new(Kind::Flag, id, title);
    change.environment(environment);
    change.by(body.get("createdBy"));
    change.began(at);
    change.label("flag", flag);
    change.label("project", body.get("project"));
    out.change(change);
    Ok(())
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"id": 920, "type": "feature-environment-enabled", "createdBy": "ada@example.com", "createdAt": "2026-11-20T20:03:08.290Z",
        "data": null, "preData": null, "tags": [], "featureName": "new-cart", "project": "shop", "environment": "production"}"#,
];

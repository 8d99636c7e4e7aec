//! What is sent to PagerDuty's Events API as a change event.
//! <https://developer.pagerduty.com/docs/send-change-event>

use super::{Draft, Kind, Reading};
use crate::alert::{Rejected, body::Node, text::digest};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let of = body.at("payload");
    let summary = out.need(of, &["summary"])?;
    let (source, at) = (of.get("source"), of.get("timestamp"));
    let id = digest(format!("{summary}\n{source}\n{at}").as_bytes());
    let mut change = Draft::new(Kind::Other, id, summary);
    change.began(at);
    let details = of.at("custom_details");
    change.service(details.first(&["service", "app", "application"]));
    change.environment(details.first(&["environment", "env"]));
    change.by(details.first(&["user", "by", "author"]));
    change.url(body.at("links").list().next().map(|link| link.get("href")).unwrap_or_default());
    change.label("source", source);
    for (name, value) in details.pairs() {
        change.label(&name, value);
    }
    out.change(change);
    Ok(())
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"routing_key": "samplekeyhere", "payload": {"summary": "Build Success: Increase snapshot create timeout to 30 seconds",
        "timestamp": "2026-11-20T20:03:08.315+0000", "source": "acme-build-pipeline-tool",
        "custom_details": {"build_state": "passed", "build_number": "2", "service": "snapshots"}},
        "links": [{"href": "https://acme.example/build/2", "text": "View more details"}]}"#,
];

//! LaunchDarkly's webhooks: each an entry of its audit log. <https://launchdarkly.com/docs/api/webhooks>

use super::{Draft, Kind, Reading};
use crate::alert::{Rejected, body::Node, draft::joined};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let id = out.need(body, &["_id"])?;
    let kind = body.get("kind");
    let by = body.first(&["member.email", "token.name", "app.name"]);
    let verb = body.get("titleVerb");
    let name = body.get("name");
    if !matches!(kind.as_str(), "flag" | "segment" | "environment" | "experiment" | "") {
        out.none(format!("{}: no change of a flag.", joined(" ", &[&kind, &name, &verb])));
        return Ok(());
    }
    let told = joined(": ", &[&format!("Flag {name}"), &verb]);
    let mut change = Draft::new(Kind::Flag, id, told);
    change.by(by);
    change.began(body.get("date"));
    change.url(body.get("_links.site.href"));
    // proj/shop:env/production:flag/new-cart
    let resource = body.at("accesses").list().next().map(|first| first.get("resource")).unwrap_or_default();
    for part in resource.split(':') {
        match part.split_once('/') {
            Some(("proj", project)) => change.label("project", project),
            Some(("env", environment)) => {
                change.environment(environment.split(';').next().unwrap_or_default())
            }
            Some(("flag", flag)) => change.label("flag", flag.split(';').next().unwrap_or_default()),
            _ => {}
        }
    }
    change.label("comment", body.get("comment"));
    out.change(change);
    Ok(())
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"_links": {"canonical": {"href": "/api/v2/flags/shop/new-cart"}, "site": {"href": "/shop/production/features/new-cart"}},
        "_id": "57c0a8e29969090743529965", "date": 1795204988774, "kind": "flag", "name": "New cart",
        "accesses": [{"action": "updateOn", "resource": "proj/shop:env/production:flag/new-cart"}],
        "titleVerb": "turned on the flag", "title": "[Ada](mailto:ada@example.com) turned on the flag [New cart](https://app)",
        "member": {"email": "ada@example.com", "firstName": "Ada"}, "comment": "for all"}"#,
];

//! StatusCake's webhook of a contact group. <https://developers.statuscake.com/guides/webhooks/> (a form, or JSON)

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let name = out.need(body, &["Name", "URL"])?;
    let (status, url) = (body.get("Status"), body.get("URL"));
    let test = body.first(&["TestID", "ID"]);
    let identity = if test.is_empty() { joined(" ", &[&name, &url]) } else { test };
    let mut alert = Draft::new(identity, joined(" is ", &[&name, &status.to_lowercase()]));
    alert.status(&status, &[]);
    let code = body.get("StatusCode");
    alert.describe(if matches!(code.as_str(), "" | "0") {
        url.clone()
    } else {
        format!("{url} answers {code}")
    });
    alert.label("check", name);
    alert.label("url", url);
    alert.labels(body, &[("ip", "IP"), ("status_code", "StatusCode")]);
    alert.tags(body.at("Tags"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"Name": "Shop", "URL": "https://shop.example", "Status": "Down", "StatusCode": 500, "IP": "192.0.2.7",
        "Checkrate": 300, "Tags": "prod,shop"}"#,
    r#"{"Name": "Shop", "URL": "https://shop.example", "Status": "Up", "StatusCode": 200, "IP": "192.0.2.7",
        "Checkrate": 300, "Tags": "prod,shop"}"#,
];

//! UptimeRobot's webhook, by its variables. <https://uptimerobot.com/integrations/webhook/>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    // A variable that is not known stands there as it was written: `*alertDuration*`.
    let given = |paths: &[&str]| {
        let text = body.first(paths);
        if text.starts_with('*') && text.ends_with('*') { String::new() } else { text }
    };
    let name = out.need(body, &["monitor_friendly_name", "monitorFriendlyName"])?;
    let url = given(&["monitor_url", "monitorURL"]);
    let id = given(&["monitor_id", "monitorID"]);
    let identity = if id.is_empty() { joined(" ", &[&name, &url]) } else { id };
    let kind = given(&["alert_type", "alertType"]);
    let word = given(&["alert_type_friendly_name", "alertTypeFriendlyName"]);
    let mut alert = if kind == "3" {
        Draft::new(format!("{identity}/certificate"), format!("The certificate of {name} ends soon"))
    } else {
        Draft::new(identity, joined(" is ", &[&name, &word.to_lowercase()]))
    };
    let said = [("1", Said::Firing), ("2", Said::Resolved), ("3", Said::Firing)];
    alert.status(if kind.is_empty() { &word } else { &kind }, &said);
    alert.describe(given(&["alert_details", "alertDetails"]));
    alert.label("monitor", name);
    alert.label("url", url);
    alert.changed_at(given(&["alert_datetime", "alertDateTime"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"monitorID": "777", "monitorURL": "https://shop.example", "monitorFriendlyName": "Shop", "alertType": "1",
        "alertTypeFriendlyName": "Down", "alertDetails": "HTTP 500", "alertDateTime": "1795205588"}"#,
    r#"{"monitorID": "777", "monitorURL": "https://shop.example", "monitorFriendlyName": "Shop", "alertType": "2",
        "alertTypeFriendlyName": "Up", "alertDetails": "HTTP 200", "alertDateTime": "1795206788"}"#,
];

//! Pingdom's webhook. <https://www.pingdom.com/resources/webhooks/>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let check = out.need(body, &["check_id"])?;
    let (name, state) = (body.get("check_name"), body.get("current_state"));
    let mut alert = Draft::new(&check, joined(" is ", &[&name, &state]));
    alert.status(&state, &[]);
    alert.severity(body.get("importance_level"));
    let details = body.first(&["long_description", "description"]);
    let place = body.get("first_probe.location");
    alert.describe(joined(", seen from ", &[&details, &place]));
    alert.labels(
        body,
        &[
            ("check", "check_name"),
            ("type", "check_type"),
            ("host", "check_params.hostname"),
            ("url", "check_params.full_url"),
        ],
    );
    alert.tags(body.at("tags"));
    if check.bytes().all(|b| b.is_ascii_digit()) {
        alert.link(LinkKind::Source, format!("https://my.pingdom.com/app/reports/uptime#check={check}"));
    }
    alert.changed_at(body.get("state_changed_timestamp"));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"check_id": 12345, "check_name": "Shop", "check_type": "HTTP", "check_params": {"hostname": "shop.example",
        "full_url": "https://shop.example/", "port": 443}, "tags": ["prod"], "previous_state": "UP",
        "current_state": "DOWN", "importance_level": "HIGH", "state_changed_timestamp": 1795205588,
        "long_description": "HTTP Server Error 503 Service Unavailable", "description": "HTTP Error 503",
        "first_probe": {"location": "Stockholm, Sweden"}}"#,
    r#"{"check_id": 12345, "check_name": "Shop", "check_type": "HTTP", "check_params": {"hostname": "shop.example",
        "full_url": "https://shop.example/", "port": 443}, "tags": ["prod"], "previous_state": "DOWN",
        "current_state": "UP", "importance_level": "HIGH", "state_changed_timestamp": 1795206788,
        "long_description": "OK", "description": "OK", "first_probe": {}}"#,
];

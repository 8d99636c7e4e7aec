//! Splunk's webhook of a saved search.
//! <https://help.splunk.com/en/splunk-enterprise/alert-and-respond/alerting-manual> (`Use a webhook alert action`)
//!
//! Splunk does not tell when it is over; a situation ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let result = body.at("result");
    let search = out.need(body, &["search_name", "sid"])?;
    let host = result.get("host");
    let named = if body.get("search_name").is_empty() { "A search without a name" } else { &search };
    let mut alert = Draft::new(joined("/", &[&search, &host]), joined(" on ", &[named, &host]));
    alert.severity(result.first(&["severity", "urgency", "log_level"]));
    alert.describe(result.first(&["_raw", "message"]));
    alert.labels(body, &[("app", "app"), ("owner", "owner")]);
    alert.labels(
        result,
        &[("host", "host"), ("source", "source"), ("sourcetype", "sourcetype"), ("index", "index")],
    );
    alert.link(LinkKind::Source, body.get("results_link"));
    alert.changed_at(result.get("_time"));
    alert.group(search);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"results_link": "https://splunk.example/app/search/@go?sid=1", "app": "search", "sid": "scheduler__1",
        "search_name": "Failed payments", "owner": "ada", "result": {"host": "pay1", "source": "/var/log/pay.log",
        "sourcetype": "syslog", "index": "main", "_time": "1795205588", "_raw": "payment 7 refused"}}"#,
];

//! Splunk's webhook of a saved search.
//! <https://help.splunk.com/en/splunk-enterprise/alert-and-respond/alerting-manual> (`Use a webhook alert action`)
//!
//! Splunk does not tell when it is over; a situation ends by hand.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};
use crate::alert::{LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let result = body.at("result");
    // An id of a run names its search before the moment: `scheduler__admin__search__sudo_at_1483557185_2`.
    let search = out.need(body, &["search_name", "sid"])?;
    let search = match search.rsplit_once("_at_") {
        Some((search, _)) if body.get("search_name").is_empty() => search.to_owned(),
        _ => search,
    };
    let host = result.get("host");
    let named = if body.get("search_name").is_empty() { "A search without a name" } else { &search };
    let mut alert = Draft::new(joined("/", &[&search, &host]), joined(" on ", &[named, &host]));
    alert.severity(result.first(&["severity", "urgency", "log_level"]));
    let raw = result.first(&["_raw", "message"]);
    // The result of a search that counts is a row of columns.
    let columns = result.pairs().into_iter().filter(|(name, _)| !name.starts_with('_'));
    let columns = columns.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n");
    alert.describe(if raw.is_empty() { columns } else { raw });
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

#[cfg(test)]
mod tests {
    use crate::alert::senders::testing::read;

    #[test]
    fn a_search_without_a_name_is_the_same_alert_in_its_next_run() {
        let run = |sid: &str| {
            let body = format!(r#"{{"sid": "{sid}", "result": {{"host": "web1"}}}}"#);
            read("splunk", &body).alerts.remove(0)
        };
        let one = run("scheduler__admin__search__sudo_at_1483557185_2");
        assert_eq!(one.key(), run("scheduler__admin__search__sudo_at_1483557485_7").key());
        assert_ne!(one.key(), run("scheduler__admin__search__other_at_1483557185_2").key());
    }

    #[test]
    fn the_row_of_a_search_that_counts_is_told() {
        let body = r#"{"sid": "1", "search_name": "5xx", "result": {"count": "12", "status": "500", "_time": "1795205588"}}"#;
        assert_eq!(read("splunk", body).alerts.remove(0).description, "count: 12\nstatus: 500");
    }
}

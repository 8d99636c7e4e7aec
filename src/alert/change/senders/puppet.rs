//! Puppet's `http` report processor: a report in YAML, of which only the lines of its own level are read.
//! <https://www.puppet.com/docs/puppet/8/report.html>, <https://www.puppet.com/docs/puppet/8/format_report.html>

use serde_json::{Map, Value};

use super::{Draft, Kind, Outcome, Reading};
use crate::alert::{Rejected, body::Node};

/// The members of a report that stand at its left margin: names and plain values. Everything deeper (logs, metrics,
/// resources) is passed over, so that a report of megabytes costs one look at each line, and no tag of Ruby matters.
pub fn top_level(text: &str) -> Option<Value> {
    let mut map = Map::new();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if is_name {
            let value = value.trim().trim_matches(['\'', '"']);
            map.insert(name.to_owned(), Value::String(value.to_owned()));
        }
    }
    (!map.is_empty()).then_some(Value::Object(map))
}

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let host = out.need(body, &["host"])?;
    let (status, version) = (body.get("status"), body.get("configuration_version"));
    let outcome = match status.as_str() {
        "unchanged" => {
            out.none(format!("A run of Puppet on {host} that changed nothing."));
            return Ok(());
        }
        "changed" => Outcome::Succeeded,
        "failed" => Outcome::Failed,
        _ => Outcome::Done,
    };
    if body.at("noop").is_true() {
        out.none(format!("A trial run of Puppet on {host}: nothing was changed."));
        return Ok(());
    }
    let run = body.first(&["transaction_uuid", "catalog_uuid", "time"]);
    let what = if body.at("corrective_change").is_true() {
        "Puppet put back what was changed by hand on"
    } else {
        "Puppet run on"
    };
    let mut change = Draft::new(Kind::Configuration, format!("{host}/{run}"), format!("{what} {host}"));
    change.outcome(outcome);
    change.environment(body.get("environment"));
    change.began(body.get("time"));
    change.label("host", host);
    change.label("configuration_version", version);
    out.change(change);
    Ok(())
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    "--- !ruby/object:Puppet::Transaction::Report\nmetrics:\n  resources: !ruby/object:Puppet::Util::Metric\n    name: resources\n\
     logs:\n- !ruby/object:Puppet::Util::Log\n  level: :notice\n  message: 'status: failed'\nhost: web1.example.com\n\
     time: '2026-11-20T20:03:08.009301000+00:00'\nkind: apply\nconfiguration_version: 1795204980\n\
     transaction_uuid: df34516e-4050-402d-a166-05b03b940749\nreport_format: 12\npuppet_version: 8.10.0\nstatus: changed\n\
     noop: false\nnoop_pending: false\nenvironment: production\ncorrective_change: false\n",
];

//! `[[heartbeat]]`: signs of life that are missed when they do not come.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::once;
use super::document::is_name;
use super::report::Report;
use super::shape::in_order;
use super::{Config, Network, Secret, Span, is_loopback, text};
use crate::alert::AlertSeverity;

/// Nothing is to beat faster: each sign is written to disk.
const EVERY_MIN_SECONDS: i64 = 10;

/// `[[heartbeat]]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Heartbeat>)]
pub struct Heartbeat {
    /// The name: of lower-case letters, digits, `-` and `_`. Never reuse one.
    #[schemars(extend("x-example" = "backup"))]
    pub name: String,
    /// How often a sign of life is to come.
    #[schemars(extend("x-example" = "5m"))]
    pub every: Span,
    /// How long after that it may come before it is missed.
    #[serde(default = "grace")]
    pub grace: Span,
    /// How bad it is when it is missed, for the rules.
    #[serde(default = "severity")]
    pub severity: AlertSeverity,
    /// The token that whoever is alive must show, at least 16 characters, as with a hook. On loopback it may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// File that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/heartbeat"))]
    pub token_file: Option<PathBuf>,
    /// A second token that holds as well, while the first is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_next: Option<Secret>,
    /// File that holds the second token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/heartbeat_next"))]
    pub token_next_file: Option<PathBuf>,
    /// The addresses that are let in: addresses or blocks such as `10.0.0.0/8`. Empty lets in all.
    #[serde(default, serialize_with = "text::list::serialize", deserialize_with = "text::list::deserialize")]
    #[schemars(with = "Vec<String>", extend("x-item-format" = "network"))]
    pub allow: Vec<Network>,
    /// An alert that always fires, such as Prometheus' Watchdog, is the sign of life, and is no alert here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog: Option<Watchdog>,
}

/// `watchdog = { labels = { alertname = "Watchdog" } }`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Watchdog>)]
pub struct Watchdog {
    /// The hook that it comes to.
    #[serde(default = "alertmanager")]
    pub hook: String,
    /// Patterns of its labels, by the label's name, as in a rule. Left out: `alertname = "Watchdog"`.
    #[serde(default = "prometheus_own")]
    pub labels: BTreeMap<String, String>,
}

fn grace() -> Span {
    Span::minutes(2)
}

fn severity() -> AlertSeverity {
    AlertSeverity::Critical
}

fn alertmanager() -> String {
    "alertmanager".to_owned()
}

fn prometheus_own() -> BTreeMap<String, String> {
    BTreeMap::from([("alertname".to_owned(), "Watchdog".to_owned())])
}

pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    let names = config.heartbeat.iter().map(|one| one.name.as_str());
    once(names, |index| format!("heartbeat[{index}].name"), report);
    let is_open = is_loopback(config.http.listen) || report.is_spoilt("http");
    for (index, one) in config.heartbeat.iter().enumerate() {
        let key = format!("heartbeat[{index}]");
        if !is_name(&one.name) {
            let what = format!("`{}` cannot be a name here", one.name.chars().take(80).collect::<String>());
            let hint = "Use lower-case letters, digits, `-` and `_`, at most 64 of them.";
            report.at(&format!("{key}.name"), what, hint);
        }
        if one.every.duration().num_seconds() < EVERY_MIN_SECONDS {
            let what = format!("`{}` is too often", one.every);
            report.at(&format!("{key}.every"), what, "Write `10s` or more.");
        }
        match &one.watchdog {
            Some(watchdog) if watchdog.labels.is_empty() => {
                let what = "the watchdog names no label, so every alert would be a sign of life";
                report.at(&format!("{key}.watchdog"), what, "Write `labels = { alertname = \"Watchdog\" }`.");
            }
            Some(watchdog) if !config.has_hook(&watchdog.hook) => {
                let what = format!("there is no hook `{}`", watchdog.hook);
                let hint = "Write the name of a hook, such as `alertmanager`.";
                report.at(&format!("{key}.watchdog.hook"), what, hint);
            }
            None if !is_open && one.token.is_none() => {
                let listen = config.http.listen;
                let what = format!("the heartbeat has no token, and {listen} can be reached from elsewhere");
                report.at(
                    &key,
                    what,
                    "Give `token_file`: anybody there could otherwise say that all is well.",
                );
            }
            _ => {}
        }
    }
}

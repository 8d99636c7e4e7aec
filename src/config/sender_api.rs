//! The settings of the way back: where a sender of alerts takes acknowledgements and silences.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::format::nearest;
use super::report::Report;
use super::shape::in_order;
use super::{Config, HookSender, Secret, text};

/// The senders that can be told something.
const REACHED: [&str; 5] = ["alertmanager", "icinga2", "nagios", "opsgenie", "pagerduty"];

/// `[senders.NAME]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<SenderApi>)]
pub struct SenderApi {
    /// Where its API is reached: Alertmanager `https://alertmanager.example:9093`, Icinga 2 `https://icinga.example:5665`. Left
    /// out, PagerDuty's and Opsgenie's own.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize"
    )]
    #[schemars(
        with = "Option<String>",
        extend("format" = "url", "x-example" = "https://alertmanager.example:9093")
    )]
    pub api_url: Option<Url>,
    /// Its token: Alertmanager behind a proxy: bearer token; Opsgenie: API key; PagerDuty: API key where `from` is given, else the
    /// integration's routing key; with `api_user`: the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_token: Option<Secret>,
    /// File that holds the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/alertmanager"))]
    pub api_token_file: Option<PathBuf>,
    /// The name that goes with a password: Icinga 2's `ApiUser`, or that of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name", "x-example" = "commandpost"))]
    pub api_user: Option<String>,
    /// A certificate (PEM) to trust besides the public ones: Icinga 2's own authority, `/var/lib/icinga2/certs/ca.crt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "file", "x-example" = "/etc/commandpost/icinga-ca.crt"))]
    pub ca_file: Option<PathBuf>,
    /// PagerDuty: the mail address of the account in whose name incidents are acknowledged by the REST API.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name", "x-example" = "oncall@example.com"))]
    pub from: Option<String>,
    /// Nagios: its external command file on this machine, `/var/lib/nagios4/rw/nagios.cmd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "file", "x-example" = "/var/lib/nagios4/rw/nagios.cmd"))]
    pub command_file: Option<PathBuf>,
}

impl Config {
    /// The sender that a hook of this name has.
    pub fn sender_of(&self, hook: &str) -> Option<&'static str> {
        self.hooks.get(hook).map(|hook| hook.sender).or_else(|| HookSender::named(hook)).map(HookSender::name)
    }
}

pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    for (name, api) in &config.senders {
        let key = format!("senders.{name}");
        let Some(sender) = config.sender_of(name) else {
            let known = config.hooks.keys().map(String::as_str).chain(REACHED);
            let hint = match nearest(name, known) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Write the name of a hook.".to_owned(),
            };
            report.at(&key, format!("there is no hook `{name}`"), hint);
            continue;
        };
        let missing = match sender {
            "alertmanager" => api.api_url.is_none().then_some("api_url"),
            "icinga2" => [
                ("api_url", api.api_url.is_none()),
                ("api_user", api.api_user.is_none()),
                ("api_token_file", api.api_token.is_none()),
            ]
            .into_iter()
            .find_map(|(setting, is_missing)| is_missing.then_some(setting)),
            "nagios" => api.command_file.is_none().then_some("command_file"),
            "opsgenie" | "pagerduty" => api.api_token.is_none().then_some("api_token_file"),
            other => {
                let what = format!("nothing can be passed on to `{other}`");
                report.at(&key, what, format!("Take it away; there are {}.", REACHED.join(", ")));
                continue;
            }
        };
        if let Some(setting) = missing {
            report.at(
                &key,
                format!("`{setting}` is missing"),
                format!("{sender} is not reached without it."),
            );
        }
        let is_in_the_clear = api.api_token.is_some()
            && api
                .api_url
                .as_ref()
                .is_some_and(|url| url.scheme() == "http" && !super::format::is_local(url));
        if is_in_the_clear {
            report.at(
                &format!("{key}.api_url"),
                "the token would be sent in the clear",
                "Write `https://`; `http://` with a token is for this machine only.",
            );
        }
    }
}

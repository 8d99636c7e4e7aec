//! The settings of the house itself: its name, its listener, its people, its limits.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::shape::in_order;
use super::{Network, Secret, text};

/// `[organization]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Organization>)]
pub struct Organization {
    /// The name that stands on exports and on the console.
    pub name: String,
    /// The zone in which times are shown where the reader's own is not known: a name of the IANA time zone database.
    /// Times are stored in UTC whatever is set here.
    #[serde(serialize_with = "text::serialize", deserialize_with = "text::deserialize")]
    #[schemars(with = "String", extend("format" = "time-zone"))]
    pub time_zone: Tz,
    /// Where the public reaches this installation: the base of the links in public posts. Without it posts carry no link.
    #[serde(
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "url", "x-example" = "https://status.example.com"))]
    pub public_url: Option<Url>,
}

impl Default for Organization {
    fn default() -> Self {
        Organization { name: "commandpost".to_owned(), time_zone: Tz::UTC, public_url: None }
    }
}

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Http>)]
pub struct Http {
    /// Address and port to listen on. Other than loopback it needs at least one `[[auth.token]]`.
    #[serde(serialize_with = "text::serialize", deserialize_with = "text::deserialize")]
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// The largest request body that hooks and the API read, in bytes.
    #[schemars(range(min = 1024, max = 67_108_864))]
    pub body_bytes_max: u64,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed: addresses or blocks such as `10.0.0.0/8`. The
    /// log then names the client behind them when a token is refused, and the console may be reached under their name.
    #[serde(serialize_with = "text::list::serialize", deserialize_with = "text::list::deserialize")]
    #[schemars(with = "Vec<String>", extend("x-item-format" = "network"))]
    pub trusted_proxies: Vec<Network>,
    /// The header in which the trusted proxies say whose certificate a client showed: its fingerprint, its subject, or the
    /// certificate itself (RFC 9440). They must set it in every request, so that no client can. For `client_certificates` of
    /// a hook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Client-Cert"))]
    pub client_certificate_header: Option<String>,
}

impl Default for Http {
    fn default() -> Self {
        Http {
            listen: SocketAddr::from(([127, 0, 0, 1], 8911)),
            body_bytes_max: 8 * 1024 * 1024,
            trusted_proxies: Vec::new(),
            client_certificate_header: None,
        }
    }
}

/// `[auth]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Auth>)]
pub struct Auth {
    /// The bearer tokens of the API and the console, one `[[auth.token]]` each.
    pub token: Vec<AuthToken>,
}

/// `[[auth.token]]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<AuthToken>)]
pub struct AuthToken {
    /// What the token is for, as it stands in the log and on the timeline.
    #[schemars(extend("format" = "name", "x-example" = "laptop"))]
    pub name: String,
    /// The token, at least 16 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// File that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/laptop"))]
    pub token_file: Option<PathBuf>,
    /// The `id` of the `[[person]]` who acts with this token.
    #[schemars(extend("format" = "name", "x-example" = "ada"))]
    pub person: String,
    /// Whether the token may look into restricted incidents (`break glass REASON`, logged there), and retry and drop any
    /// delivery of the outbox. Without it that takes a role which may publish
    /// (commander, deputy, Public Information Officer) in the incident that the delivery belongs to.
    #[serde(default)]
    pub admin: bool,
    /// What the token may do.
    #[serde(default)]
    pub scope: TokenScope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// everything that its person may do
    #[default]
    Api,
    /// look, and change nothing
    Read,
}

/// `[storage]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Storage>)]
pub struct Storage {
    /// The directory of the database, made if it is not there. Seen from the directory in which the program is started.
    #[schemars(extend("format" = "directory"))]
    pub data_dir: PathBuf,
}

impl Default for Storage {
    fn default() -> Self {
        Storage { data_dir: PathBuf::from("./data") }
    }
}

/// `[[person]]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Person>)]
pub struct Person {
    /// The short name by which settings, the command line and the timeline know this person. Never reuse one.
    #[schemars(extend("format" = "name", "x-example" = "ada"))]
    pub id: String,
    /// The name that people read.
    #[schemars(extend("format" = "name", "x-example" = "Ada Lovelace"))]
    pub name: String,
    /// The person's Discord user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "snowflake", "x-example" = "100000000000000001"))]
    pub discord: Option<String>,
    /// The person's Matrix account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "matrix-account", "x-example" = "@ada:example.org"))]
    pub matrix: Option<String>,
    /// The person's Mattermost user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "mattermost-id", "x-example" = "rd49ehbqyjytddasoownkuqrxe"))]
    pub mattermost: Option<String>,
    /// The person's Slack member id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "slack-member", "x-example" = "U0123456789"))]
    pub slack: Option<String>,
    /// How the person is woken, by one or several pagers: `PAGER:ADDRESS` each, with the name of a `[pagers.NAME]` and a topic
    /// of ntfy, a number, an address of a mail or a user key of Pushover.
    #[serde(default)]
    pub page: Vec<String>,
    /// The groups that the person belongs to, as `[permissions]` names them.
    #[serde(default)]
    #[schemars(extend("x-item-format" = "name"))]
    pub groups: Vec<String>,
    /// The zone in which the console and exports show this person times; without it that of the organization.
    #[serde(
        default,
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "time-zone", "x-example" = "Europe/London"))]
    pub time_zone: Option<Tz>,
}

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Log>)]
pub struct Log {
    /// The form of a log line.
    pub format: LogFormat,
    /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`), or levels by part, such as
    /// `info,commandpost::outbox=debug`.
    #[schemars(extend("format" = "log-filter"))]
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Log { format: LogFormat::Text, filter: "info,serenity=warn".to_owned() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// for people
    Text,
    /// for machines, one object a line
    Json,
}

/// `[limits]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Limits>)]
pub struct Limits {
    /// Incidents open at the same time beyond which no rule declares another; what a rule would have declared waits. One person may have
    /// command of so many.
    #[schemars(range(min = 1, max = 100_000))]
    pub open_incidents_max: u32,
    /// Incidents that rules declare in one minute; what they would declare beyond it waits. It binds nobody else: one person may declare
    /// as many, and 30 in any case.
    #[schemars(range(min = 1, max = 10_000))]
    pub declares_per_minute_max: u32,
    /// Characters of one timeline entry. A longer text is refused where a person writes it, and cut where a machine does.
    #[schemars(range(min = 100, max = 100_000))]
    pub timeline_text_chars_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { open_incidents_max: 100, declares_per_minute_max: 10, timeline_text_chars_max: 4000 }
    }
}

//! The settings of who is on call, and of how people are woken: rosters, pagers, escalations.

pub(super) mod check;
pub(super) mod files;
mod means;

use std::path::PathBuf;

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::in_order;
use super::{Secret, text};
use crate::{incident::severity::Severity, wall::Day};

/// `[on_call]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<OnCall>)]
pub struct OnCall {
    /// Files with more rosters, `[[roster]]` in each: a folder, of which every `*.toml` is read, or a pattern such as
    /// `rosters/*.toml`. A relative path is seen from this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "rosters/*.toml"))]
    pub rosters_from: Option<String>,
}

/// A file of rosters.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RosterFile {
    /// Who is on call, one `[[roster]]` a team.
    pub roster: Vec<TeamRoster>,
}

/// `[pagers.NAME]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Pager>)]
pub struct Pager {
    /// What it is.
    #[schemars(extend("x-example" = "ntfy"))]
    pub kind: PagerKind,
    /// The secret that its service knows us by: PagerDuty's integration key, Opsgenie's API key, GoAlert's token, the
    /// application token of Pushover, Twilio's auth token, an access token of ntfy, the password of a mail account, the
    /// secret that a webhook is signed with (`whsec_…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// File that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/pager"))]
    pub token_file: Option<PathBuf>,
    /// Where it is reached, if not at the usual place: the base of a service's address, a webhook's whole address,
    /// `smtps://HOST` or `smtp://HOST:587` (STARTTLS) for mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "https://ntfy.example.org"))]
    pub url: Option<String>,
    /// Twilio's account SID; the user of a mail account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "AC0123456789abcdef0123456789abcdef"))]
    pub account: Option<String>,
    /// Twilio: the sender's number, or the SID of a messaging service. Mail: the sender's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "+15005550006"))]
    pub from: Option<String>,
    /// Whether exercises page by it too. Without this they only say on their timeline who would have been paged.
    #[serde(default)]
    pub safe_for_drills: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PagerKind {
    /// a mail to a person's address, by SMTP
    Email,
    /// an alert on a service of GoAlert, by its generic API
    Goalert,
    /// a message on a person's topic of ntfy
    Ntfy,
    /// an alert of Opsgenie or Jira Service Management
    Opsgenie,
    /// an alert by PagerDuty's Events API v2
    Pagerduty,
    /// a message of emergency priority to a person's user key of Pushover
    Pushover,
    /// a text message to a person's number, by Twilio
    Twilio,
    /// a request to an address of one's own, signed by Standard Webhooks
    Webhook,
}

impl PagerKind {
    /// Whether it also works with nobody's address.
    pub fn is_service(self) -> bool {
        matches!(self, Self::Goalert | Self::Opsgenie | Self::Pagerduty | Self::Webhook)
    }
}

/// `[[roster]]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<TeamRoster>)]
pub struct TeamRoster {
    /// The word by which people name it: lower-case letters, digits, `-` and `_`; each once.
    #[schemars(extend("format" = "name", "x-example" = "web"))]
    pub name: String,
    /// The zone of its hand-overs, and of the times that people say; without it that of the organization.
    #[serde(
        default,
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "time-zone", "x-example" = "Europe/Berlin"))]
    pub time_zone: Option<Tz>,
    /// Who takes turns, one `[[roster.rotation]]` each. Rotations with the same `layer` make up that layer: the first that
    /// covers a moment has it.
    #[serde(default)]
    pub rotation: Vec<RosterRotation>,
    /// Who is on call for a while whatever the rotations say, one `[[roster.override]]` each; a later one comes first.
    #[serde(default, rename = "override")]
    pub overrides: Vec<RosterOverride>,
    /// Another system that says who is on call in the first layer. Where it names nobody, the rotations hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RosterSource>,
    /// Whether there are times when nobody is on call on purpose. Without this a gap is a mistake.
    #[serde(default)]
    pub gaps: bool,
    /// The token by which calendar programs subscribe to it, at `/oncall/NAME/TOKEN.ics`, at least 16 characters. Without one only
    /// who may use the API reads it, at `/oncall/NAME.ics`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar_token: Option<Secret>,
    /// File that holds the token by which calendar programs subscribe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/roster"))]
    pub calendar_token_file: Option<PathBuf>,
}

/// `[[roster.rotation]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<RosterRotation>)]
pub struct RosterRotation {
    /// The layer that it belongs to: `primary`, `secondary`.
    #[serde(default = "primary")]
    #[schemars(extend("format" = "name"))]
    pub layer: String,
    /// Who takes turns, in this order: the `id` of a `[[person]]` each.
    #[schemars(extend("x-item-format" = "name", "x-example" = ["ada"]))]
    pub people: Vec<String>,
    /// The day on which the first of them begins, `2026-01-05`. A weekly turn is handed over on its day of the week.
    #[schemars(extend("x-example" = "2026-01-05"))]
    pub start: String,
    /// The time of day at which turns are handed over.
    #[serde(default = "nine")]
    pub hand_over: String,
    /// How long a turn is: `daily`, `weekly`, or a number of hours, days or weeks: `12h`, `3d`, `2w`.
    #[serde(default = "weekly")]
    pub shift: String,
    /// The days on which it holds; left out, all of them.
    #[serde(default)]
    pub days: Vec<Day>,
    /// The hours in which it holds, `08:00-20:00`, past midnight `20:00-08:00`; left out, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "00:00-24:00"))]
    pub hours: Option<String>,
    /// Its own zone, for a team that follows the sun; without it that of the roster.
    #[serde(
        default,
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "time-zone", "x-example" = "America/New_York"))]
    pub time_zone: Option<Tz>,
}

/// `[[roster.override]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<RosterOverride>)]
pub struct RosterOverride {
    /// The layer that it is about.
    #[serde(default = "primary")]
    #[schemars(extend("format" = "name"))]
    pub layer: String,
    /// Who is on call: the `id` of a `[[person]]`.
    #[schemars(extend("format" = "name", "x-example" = "ada"))]
    pub person: String,
    /// From when, in the roster's zone: `2026-12-24 09:00`.
    #[schemars(extend("x-example" = "2026-12-24 09:00"))]
    pub from: String,
    /// Until when.
    #[schemars(extend("x-example" = "2026-12-27 09:00"))]
    pub until: String,
}

/// `[roster.source]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<RosterSource>)]
pub struct RosterSource {
    /// What is asked.
    #[schemars(extend("x-example" = "ical"))]
    pub kind: SourceKind,
    /// The address of the calendar. It is as good as a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Secret>,
    /// File that holds the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/calendar"))]
    pub calendar_file: Option<PathBuf>,
    /// PagerDuty: an API key that may read. GoAlert: an API key for the query of docs/oncall.md. Grafana OnCall: an API token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// File that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/pagerduty"))]
    pub token_file: Option<PathBuf>,
    /// Where GoAlert is, or the API of Grafana OnCall; PagerDuty's, if it is not at the usual place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "service-url", "x-example" = "https://api.eu.pagerduty.com"))]
    pub url: Option<String>,
    /// PagerDuty, GoAlert, Grafana OnCall: the id of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "PI7DH85"))]
    pub schedule: Option<String>,
    /// Minutes between two looks. In between, and while it is away, the last answer holds.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 1440))]
    pub every_minutes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// a schedule of GoAlert, by its GraphQL API
    Goalert,
    /// a schedule of Grafana OnCall, by its HTTP API
    GrafanaOncall,
    /// a calendar (RFC 5545), as GoAlert, Grafana OnCall and most calendars hand out: each event's title names who is on call
    Ical,
    /// a schedule of PagerDuty, by its REST API
    Pagerduty,
}

/// `[[escalation]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<EscalationPolicy>)]
pub struct EscalationPolicy {
    /// The word by which people name it: `page NAME`; each once.
    #[schemars(extend("format" = "name", "x-example" = "default"))]
    pub name: String,
    /// An incident of these severities begins it by itself; left out, only people do.
    #[serde(default)]
    pub severities: Vec<Severity>,
    /// Who is called, one `[[escalation.step]]` after the other, until somebody acknowledges.
    pub step: Vec<EscalationStep>,
    /// How often all of the steps are taken.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    pub rounds: u32,
    /// Minutes after the last step until it begins again.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 240))]
    pub again_minutes: u32,
}

/// `[[escalation.step]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<EscalationStep>)]
pub struct EscalationStep {
    /// Whom: `roster:web` or `roster:web/secondary` (who is on call there), `person:ada`, `pager:NAME` (a service that knows
    /// whom to wake).
    #[schemars(extend("x-item-format" = "name", "x-example" = ["person:ada"]))]
    pub to: Vec<String>,
    /// Minutes after the step before it.
    #[serde(default)]
    #[schemars(range(min = 0, max = 240))]
    pub after_minutes: u32,
}

fn primary() -> String {
    "primary".to_owned()
}
fn nine() -> String {
    "09:00".to_owned()
}
fn weekly() -> String {
    "weekly".to_owned()
}
fn three() -> u32 {
    3
}
fn five() -> u32 {
    5
}
fn ten() -> u32 {
    10
}

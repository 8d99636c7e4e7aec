//! The settings: one TOML file, environment variables over it, secrets from files or the environment.
//!
//! [`Config::load`] lays three layers over each other (defaults, file, environment), and tells everything that
//! is wrong in one go as [`Problem`]s with file, line and column. The types below are the only place where a
//! setting is declared: their doc comments are the reference's text ([`reference()`]), their `Default` the
//! defaults. The data is parsed, not checked: an address is a `SocketAddr`, a zone a `Tz`.

mod alerts;
mod changed;
mod chat;
mod check;
mod document;
mod environment;
mod evidence;
mod format;
mod heartbeat;
mod house;
mod load;
mod mail;
mod maintenance;
mod names;
mod network;
mod on_call;
mod problem;
#[cfg(test)]
mod promises;
mod publishers;
mod quoted;
mod reference;
mod report;
mod roles;
pub mod secret;
mod secrets;
mod sender;
mod sender_api;
mod shape;
mod span;
mod taxonomy;
mod text;
mod trust;
mod work;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use alerts::{Alerts, RulesFile};
pub use changed::Changed;
pub use chat::{
    Discord, IncidentSpace, Interactions, Matrix, MatrixSpace, Mattermost, MattermostSpace, Slack, SlackSpace,
};
pub use evidence::{Changes, Service, Tier};
pub use heartbeat::{Heartbeat, Watchdog};
pub use house::{Auth, AuthToken, Http, Limits, Log, LogFormat, Organization, Person, Storage, TokenScope};
pub use mail::{Mail, MailGuard, Mailbox};
pub use maintenance::{Maintenance, Silences};
pub use names::{Meanings, Names, OfSeverities, OfStatuses, SeverityMatrix};
pub use network::Network;
pub use on_call::{
    EscalationPolicy, EscalationStep, OnCall, Pager, PagerKind, RosterFile, RosterOverride, RosterRotation,
    RosterSource, SourceKind, TeamRoster,
};
pub use problem::Problem;
pub use publishers::{Component, StatusPage, Statuspage, Template, Templates, X};
pub use reference::{example_toml, reference};
pub use roles::TeamRole;
pub use secret::Secret;
pub use sender::HookSender;
pub use sender_api::SenderApi;
pub use span::Span;
pub use taxonomy::{IncidentField, IncidentType};
pub use work::{Cadence, Command, Hook, Permissions, Severities};

use crate::{
    alert::service::Services,
    incident::{matrix, role::Roles, taxonomy::Taxonomy},
    post::wording::{Mistake, Wording},
};
use shape::in_order;

/// All settings of one installation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Config>)]
pub struct Config {
    /// Who this installation belongs to.
    pub organization: Organization,
    /// The HTTP listener: hooks, API, console and status page.
    pub http: Http,
    /// Who may use the API and the console.
    pub auth: Auth,
    /// Where the journal is kept.
    pub storage: Storage,
    /// The people of the house, one `[[person]]` each: what ties a chat account, an API token and a role to one human.
    pub person: Vec<Person>,
    /// How command is exercised.
    pub command: Command,
    /// What only some people may do. A list that is empty or left out keeps nobody away.
    pub permissions: Permissions,
    /// What each severity promises.
    pub severity: Severities,
    /// What the team calls severities and statuses. Its names are shown and understood; events, fields of REST, exports as JSON and
    /// CSV, pages and rules keep the ids.
    pub names: Names,
    /// Severity by impact and urgency, for `declare --impact … --urgency …` and `rate`. Left out, it is ITIL's: high,
    /// medium and low by high, medium and low. One of your own is written whole.
    pub severity_matrix: SeverityMatrix,
    /// The types of incidents that are told apart here, one `[[incident_type]]` each: `declare --type security`, `type security`.
    pub incident_type: Vec<IncidentType>,
    /// What is asked for of an incident besides its title, one `[[incident_field]]` each: `field region eu`.
    pub incident_field: Vec<IncidentField>,
    /// The roles that the team has besides those of the [catalogue](commands.md#roles), one `[[role]]` each. They are taken,
    /// offered and shown as those are. A timeline keeps what a role was when somebody took it.
    pub role: Vec<TeamRole>,
    /// Who is next in line for a role, by the role's word: `ic = ["ada", "bo"]`, with the `id` of a `[[person]]` each. They are
    /// named where an offer is declined or lapses, and asked before others where a commander does not answer.
    pub alternates: BTreeMap<String, Vec<String>>,
    /// Incoming webhooks. `[hooks.NAME]` is served at `/hooks/NAME`. On loopback each sender is there by its name without
    /// being written. The name is of lower-case letters, digits, `-` and `_`.
    pub hooks: BTreeMap<String, Hook>,
    /// Signs of life that are missed when they do not come, one `[[heartbeat]]` each: a dead-man's switch for the monitoring
    /// itself, for backups, for whatever must go on. One comes by `GET` or `POST` of `/hooks/heartbeat/NAME`.
    pub heartbeat: Vec<Heartbeat>,
    /// E-mail in: letters to `NAME@anything` come to the hook NAME, those to `NAME+TOKEN@anything` show its token. Without this
    /// section it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,
    /// What becomes of incoming alerts.
    pub alerts: Alerts,
    /// What the house is made of, one `[[service]]` each: which of its services users touch, and what each stands on. By it
    /// alerts are told apart as what users feel and what may be why.
    pub service: Vec<Service>,
    /// What changed: deploys, releases, runs of configuration management, feature flags. `docs/changes.md` lets them in.
    pub changes: Changes,
    /// Where a sender takes acknowledgements and silences: `[senders.NAME]`, with the name of its hook; `docs/maintenance.md`
    /// says which can.
    pub senders: BTreeMap<String, SenderApi>,
    /// How long alerts are silenced.
    pub silences: Silences,
    /// Maintenance windows that come back, one `[[maintenance]]` each: alerts that match meanwhile are shown as expected.
    pub maintenance: Vec<Maintenance>,
    /// Who is on call, one `[[roster]]` a team; `docs/oncall.md` has examples to paste.
    pub roster: Vec<TeamRoster>,
    /// Rosters in files of their own.
    pub on_call: OnCall,
    /// What wakes people, one `[pagers.NAME]` each. `page` of a `[[person]]` says where they are reached by which.
    pub pagers: BTreeMap<String, Pager>,
    /// Who is called one after the other until somebody acknowledges, one `[[escalation]]` each. The first is meant where a
    /// responder says `page` and nothing else.
    pub escalation: Vec<EscalationPolicy>,
    /// The built-in public status page.
    pub status_page: StatusPage,
    /// How public updates are worded, for each destination. A template is filled when an update is drafted: its author and
    /// its approver read what will be sent, and a change here holds from the next draft on. The language is that of
    /// [handlebars](https://handlebarsjs.com/guide/). The fields are `text` (as typed), `title`, `phase`, `impact`,
    /// `incident` (INC-1), `link` (of the status page), `correction` (whether it corrects an earlier update),
    /// `next_update_minutes` (0 for no promise) and `components`, each with `name` and `state`. The blocks are `if`,
    /// `unless` and `each components`; the helpers `upper`, `lower`, `truncate FIELD LENGTH`, `eq`, `ne`, `gt`, `gte`,
    /// `lt`, `lte`, `and`, `or`, `not`. What comes of a template is plain text.
    pub templates: Templates,
    /// The Discord bot. Without this section it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discord: Option<Discord>,
    /// The Matrix bot. Without this section it is off; `docs/matrix.md` sets it up from nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Matrix>,
    /// The Mattermost bot. Without this section it is off; `docs/mattermost.md` sets it up from nothing. Slash commands come
    /// to `/chat/mattermost/commands`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mattermost: Option<Mattermost>,
    /// The Slack app. Without this section it is off; `docs/slack.md` sets it up from nothing. Give `app_token` to be
    /// reached by Socket Mode, `signing_secret` to be reached by HTTP below `/chat/slack`, or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<Slack>,
    /// Public posts on X. Without this section nothing is posted there. Give either `bearer_token` (OAuth 2.0 user
    /// context) or all four of `api_key`, `api_secret`, `access_token` and `access_token_secret` (OAuth 1.0a).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<X>,
    /// Public posts on Atlassian Statuspage. Without this section nothing is posted there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuspage: Option<Statuspage>,
    /// What the program writes to its log (standard error).
    pub log: Log,
    /// Limits that keep a mistake or an attack from flooding the house.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            organization: Organization::default(),
            http: Http::default(),
            auth: Auth::default(),
            storage: Storage::default(),
            person: Vec::new(),
            command: Command::default(),
            permissions: Permissions::default(),
            severity: Severities::default(),
            names: Names::default(),
            severity_matrix: SeverityMatrix::default(),
            incident_type: Vec::new(),
            incident_field: Vec::new(),
            role: Vec::new(),
            alternates: BTreeMap::new(),
            hooks: ["alertmanager", "generic"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), Hook::of(HookSender::named(name)?))))
                .collect(),
            heartbeat: Vec::new(),
            mail: None,
            alerts: Alerts::default(),
            service: Vec::new(),
            changes: Changes::default(),
            senders: BTreeMap::new(),
            silences: Silences::default(),
            maintenance: Vec::new(),
            roster: Vec::new(),
            on_call: OnCall::default(),
            pagers: BTreeMap::new(),
            escalation: Vec::new(),
            status_page: StatusPage::default(),
            templates: Templates::default(),
            discord: None,
            matrix: None,
            mattermost: None,
            slack: None,
            x: None,
            statuspage: None,
            log: Log::default(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// Whether it is safe to listen on `addr`.
    ///
    /// # Errors
    /// A sentence for the operator: beyond loopback somebody must be asked for a token, so at least one
    /// `[[auth.token]]` is needed. Hooks without a token are not an error; see [`Config::served_hooks`].
    pub fn check_listen(&self, addr: SocketAddr) -> Result<(), String> {
        if is_loopback(addr) || !self.auth.token.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{addr} can be reached from other machines, and no [[auth.token]] is configured, so anybody there \
             could take command. Add an [[auth.token]] with name, person and token_file, or listen on \
             127.0.0.1:{} behind a proxy that asks who it is",
            addr.port()
        ))
    }

    /// The hooks that may be served on `addr`: elsewhere than on loopback those that ask who it is; there all of them, and
    /// one for each sender by its name.
    pub fn served_hooks(&self, addr: SocketAddr) -> impl Iterator<Item = (&str, Cow<'_, Hook>)> {
        let open = is_loopback(addr);
        let written = self.hooks.iter().filter(move |(_, hook)| open || hook.asks_who());
        let unwritten = HookSender::all()
            .filter(move |sender| open && !self.hooks.contains_key(sender.name()))
            .map(|sender| (sender.name(), Cow::Owned(Hook::of(sender))));
        written.map(|(name, hook)| (name.as_str(), Cow::Borrowed(hook))).chain(unwritten)
    }

    /// Whether a hook of this name is, or could be, served.
    pub fn has_hook(&self, name: &str) -> bool {
        self.hooks.contains_key(name) || HookSender::named(name).is_some()
    }

    /// The heartbeats that may be heard on `addr`: elsewhere than on loopback those that have a token.
    pub fn heard_heartbeats(&self, addr: SocketAddr) -> impl Iterator<Item = &Heartbeat> {
        let open = is_loopback(addr);
        self.heartbeat.iter().filter(move |one| open || one.token.is_some())
    }

    /// The person with this id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.person.iter().find(|person| person.id == id)
    }

    /// The templates of public posts, ready to be filled.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn wording(&self) -> Result<Wording, Vec<Mistake>> {
        let link = self.organization.public_url.as_ref().and_then(|base| base.join("status").ok());
        let mentions = self.x.iter().flat_map(|x| x.mentions.iter().cloned());
        Wording::new(self.templates.sources(), link.map(String::from), mentions)
    }

    /// The types and fields of incidents, as the rules read them.
    pub fn taxonomy(&self) -> Taxonomy {
        taxonomy::taxonomy(&self.incident_type, &self.incident_field)
    }

    /// What severities and statuses are called.
    pub fn names(&self) -> crate::incident::names::Names {
        names::names(&self.names, &self.severity)
    }

    /// Severity by impact and urgency.
    pub fn matrix(&self) -> matrix::Matrix {
        names::matrix(&self.severity_matrix, &self.names())
    }

    /// The roles that can be named.
    pub fn roles(&self) -> Roles {
        roles::roles(&self.role)
    }

    /// Who is next in line for each role, by its word.
    pub fn alternates(&self) -> BTreeMap<String, Vec<crate::people::Person>> {
        roles::alternates(self)
    }

    /// The services, and how they depend on each other.
    pub fn services(&self) -> Services {
        evidence::services(&self.service)
    }

    /// The zone of each person who has one of their own, by the person's id.
    pub fn zones(&self) -> BTreeMap<String, chrono_tz::Tz> {
        self.person.iter().filter_map(|person| Some((person.id.clone(), person.time_zone?))).collect()
    }

    /// The ids of the people in any of these groups.
    pub fn members(&self, groups: &[String]) -> BTreeSet<String> {
        self.person
            .iter()
            .filter(|person| person.groups.iter().any(|group| groups.contains(group)))
            .map(|person| person.id.clone())
            .collect()
    }

    /// The effective settings as JSON, each secret replaced by `[secret]`.
    pub fn redacted(&self) -> serde_json::Value {
        // A map with text keys and plain values always has a JSON form.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Loopback, also when written as an IPv4 address within IPv6 (`::ffff:127.0.0.1`).
fn is_loopback(addr: SocketAddr) -> bool {
    addr.ip().to_canonical().is_loopback()
}

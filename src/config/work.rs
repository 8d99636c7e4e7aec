//! The settings of the work: how command is exercised, what a severity promises, what comes in.

use std::{collections::BTreeMap, path::PathBuf};

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::in_order;
use super::{HookSender, Network, Secret, text};
use crate::{
    incident::{role::Words, severity::Severity},
    signature::Scheme,
};

/// `[command]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Command>)]
pub struct Command {
    /// The words in which roles are spoken of.
    pub vocabulary: Words,
    /// Minutes until an offer of command that nobody has accepted lapses. Command stays where it was. An offer of another role
    /// stands twice as long.
    #[schemars(range(min = 1, max = 1440))]
    pub offer_expires_minutes: u32,
    /// Whether only the Incident Commander may lower a severity, or whoever has a role that does more than read along. Anybody
    /// may raise it. To close an incident is always the commander's: no setting gives that to somebody else.
    pub only_commander_lowers_severity: bool,
    /// Whether a public post must be approved by somebody other than its author.
    pub two_person: bool,
    /// Minutes for which the approval of a public post holds.
    #[schemars(range(min = 1, max = 1440))]
    pub approval_minutes: u32,
    /// The groups of executives. Whoever is in one and gives an order without a role is asked whether they wish to take command
    /// (once in ten minutes), and the commander is told; otherwise their words stand as a note.
    #[schemars(extend("x-item-format" = "name"))]
    pub executives: Vec<String>,
    /// The folder of the playbooks (`docs/playbooks.md`). A relative path is seen from this file. Left out, it
    /// is `playbooks` beside this file, if that is there; else the two that come with the program can be begun by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "playbooks"))]
    pub playbooks: Option<PathBuf>,
}

impl Default for Command {
    fn default() -> Self {
        Command {
            vocabulary: Words::Nims,
            offer_expires_minutes: 5,
            only_commander_lowers_severity: true,
            two_person: true,
            approval_minutes: 10,
            executives: Vec::new(),
            playbooks: None,
        }
    }
}

/// `[permissions]`: each setting a list of groups; whoever is in one of them may.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Permissions>)]
pub struct Permissions {
    /// The groups that may declare a real incident, or lift a triage card to one. Who lifts the card of somebody who may not has
    /// command of it.
    #[schemars(extend("x-item-format" = "name"))]
    pub declare: Vec<String>,
    /// The groups that may be offered and may take command of a real incident. Whoever declares one has command until
    /// then.
    #[schemars(extend("x-item-format" = "name"))]
    pub command: Vec<String>,
    /// The groups that may approve and publish a public update, besides the role that this needs.
    #[schemars(extend("x-item-format" = "name"))]
    pub publish: Vec<String>,
    /// The groups that may look into a restricted incident which they were not let into (`break glass REASON`); it is logged
    /// there. Whoever has a token with `admin = true` may as well.
    #[schemars(extend("x-item-format" = "name"))]
    pub break_glass: Vec<String>,
}

/// `[severity]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Severities>)]
pub struct Severities {
    /// Those that are used here, such as `["sev1", "sev2", "sev3"]`; empty: all. A person who says another is refused. A rule on
    /// alerts, an `[[incident_type]]`, a drill, and a declaration that names none take the nearest that is used, of two the worse.
    pub used: Vec<Severity>,
    /// SEV1, critical: down for all customers, or data exposed or lost.
    pub sev1: Cadence,
    /// SEV2, critical for many customers: a main function is down for a part of them.
    pub sev2: Cadence,
    /// SEV3, minor for customers, or stability at risk: it gets worse if nobody acts.
    pub sev3: Cadence,
    /// SEV4, minor: a nuisance with a way around it.
    pub sev4: Cadence,
    /// SEV5, cosmetic: nothing that anybody must hurry for.
    pub sev5: Cadence,
}

impl Default for Severities {
    fn default() -> Self {
        let cadence = |public_minutes, exec_minutes, silence_minutes| Cadence {
            public_minutes,
            exec_minutes,
            silence_minutes,
            can_minutes: 0,
            roles_minutes: 0,
            roles: vec![],
            offers: BTreeMap::new(),
        };
        let words = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect();
        Severities {
            used: vec![],
            sev1: Cadence {
                can_minutes: 20,
                roles_minutes: 10,
                roles: words(&["ops", "pio", "scribe", "deputy", "lno"]),
                ..cadence(20, 30, 10)
            },
            sev2: Cadence {
                can_minutes: 30,
                roles_minutes: 15,
                roles: words(&["ops", "pio", "scribe"]),
                ..cadence(30, 30, 15)
            },
            sev3: Cadence { can_minutes: 60, ..cadence(60, 60, 30) },
            sev4: cadence(0, 0, 0),
            sev5: cadence(0, 0, 0),
        }
    }
}

/// `[severity.sev1]` and its like: how often an update is owed, and how long a silence may be, in minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Cadence>)]
pub struct Cadence {
    /// Minutes from one public update to the next, promised unless a draft says otherwise; 0 promises none.
    #[schemars(range(min = 0, max = 10_080))]
    pub public_minutes: u32,
    /// Minutes after which the commander is reminded that executives want a summary (`set summary`), counted from the
    /// last one; 0 reminds of none.
    #[schemars(range(min = 0, max = 10_080))]
    pub exec_minutes: u32,
    /// Minutes in which nobody writes anything, or the commander does not while others do, after which the commander is asked how it
    /// stands; then a deputy, then everybody in the incident, more and more seldom. Whoever was asked may take command of one who does not answer.
    /// 0 asks nobody.
    #[schemars(range(min = 0, max = 1440))]
    pub silence_minutes: u32,
    /// Minutes after which a CAN report is asked for (`can`): of each Technical Specialist, on each service whose last report
    /// names work or a need, and of Operations where nobody reported anything. 0 asks for none.
    #[schemars(range(min = 0, max = 1440))]
    pub can_minutes: u32,
    /// Minutes after which the commander is reminded of the `roles` that nobody has; then after twice as long each time, at
    /// most two hours. 0 reminds of none.
    #[schemars(range(min = 0, max = 1440))]
    pub roles_minutes: u32,
    /// The roles that somebody should hold at this severity, by their words, the most needed first; `next` names those that
    /// nobody has.
    #[schemars(extend("x-item-format" = "name"))]
    pub roles: Vec<String>,
    /// Who is offered which role as soon as a real incident of this severity is declared: the `id` of a `[[person]]` by the
    /// role's word, or `roster:NAME` for whoever is on call there at that moment. An offer is taken, declined, or lapses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub offers: BTreeMap<String, String>,
}

impl Severities {
    /// All of them by their words, the worst first.
    pub fn all(&self) -> [(&'static str, &Cadence); 5] {
        [
            ("sev1", &self.sev1),
            ("sev2", &self.sev2),
            ("sev3", &self.sev3),
            ("sev4", &self.sev4),
            ("sev5", &self.sev5),
        ]
    }
}

/// `[hooks.NAME]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Hook>)]
pub struct Hook {
    /// Whose messages arrive here; a hook that is named after its sender may leave it out.
    pub sender: HookSender,
    /// The bearer token that the sender must show, at least 16 characters. On loopback it may be left out; a hook
    /// without one is not served elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// File that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/hook"))]
    pub token_file: Option<PathBuf>,
    /// A second token that holds as well, while the sender is given a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_next: Option<Secret>,
    /// File that holds the second token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/hook_next"))]
    pub token_next_file: Option<PathBuf>,
    /// How the sender signs each message; what is not rightly signed is refused. It needs `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "standard-webhooks"))]
    pub signature: Option<Scheme>,
    /// The header in which a signature of the kind `hmac-sha256` stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "X-Signature"))]
    pub signature_header: Option<String>,
    /// For `hmac-sha256`: the header of a time in seconds that is signed along, with a colon, before the body. Without it
    /// nothing keeps an old message from being sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "X-Timestamp"))]
    pub signature_timestamp_header: Option<String>,
    /// The secret that the sender signs with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// File that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/hook_secret"))]
    pub secret_file: Option<PathBuf>,
    /// A second secret that holds as well, while the sender is given a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_next: Option<Secret>,
    /// File that holds the second secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/hook_secret_next"))]
    pub secret_next_file: Option<PathBuf>,
    /// The client certificates that are let in, each by its fingerprint in hex or its subject, as a trusted proxy says them in
    /// `http.client_certificate_header`. Empty asks for none.
    #[serde(default)]
    pub client_certificates: Vec<String>,
    /// The addresses that are let in: addresses or blocks such as `10.0.0.0/8`, seen through the trusted proxies. Empty lets in
    /// all.
    #[serde(default, serialize_with = "text::list::serialize", deserialize_with = "text::list::deserialize")]
    #[schemars(with = "Vec<String>", extend("x-item-format" = "network"))]
    pub allow: Vec<Network>,
    /// For the sender `aws`: the ARNs of the SNS topics that are taken. Each message must then be signed by Amazon, and a
    /// subscription to one of them is confirmed by itself.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Whether a message that cannot be read is kept as an alert of its own; otherwise it is answered with 400, and with 415
    /// where it is packed in a way that is not read here.
    #[serde(default = "yes")]
    pub keep_unreadable: bool,
    /// The zone of times that name none, as Nagios, Zabbix, LibreNMS and others write them. Left out, they are taken for UTC, and the
    /// alert notes it.
    #[serde(
        default,
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "time-zone", "x-example" = "Europe/Berlin"))]
    pub time_zone: Option<Tz>,
    /// For the sender `generic`: where in the message each part of an alert is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<crate::alert::mapping::GenericMapping>,
    /// A mailbox whose letters come to this hook, fetched by IMAP. Whoever can send there can raise alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<super::Mailbox>,
}

impl Hook {
    /// A hook as it is without a line written about it.
    pub fn of(sender: HookSender) -> Self {
        Hook {
            sender,
            token: None,
            token_file: None,
            token_next: None,
            token_next_file: None,
            signature: None,
            signature_header: None,
            signature_timestamp_header: None,
            secret: None,
            secret_file: None,
            secret_next: None,
            secret_next_file: None,
            client_certificates: Vec::new(),
            allow: Vec::new(),
            topics: Vec::new(),
            keep_unreadable: true,
            time_zone: None,
            mapping: None,
            mailbox: None,
        }
    }

    /// Whether a sender has to show who it is.
    pub fn asks_who(&self) -> bool {
        self.token.is_some()
            || self.secret.is_some()
            || !self.client_certificates.is_empty()
            || !self.topics.is_empty()
    }
}

fn yes() -> bool {
    true
}

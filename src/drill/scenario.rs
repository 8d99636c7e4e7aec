//! The scenario of a drill: one YAML file, `schema: drill/1`.
//!
//! It holds what HSEEP calls the Master Scenario Events List (MSEL): injects with the time at which they are
//! delivered, what they should bring about, and contingency injects that come only if it does not happen; and the
//! lines of the people whom the drill plays itself, in the words of the command language.
//!
//! ```yaml
//! schema: drill/1
//! id: page-to-command
//! version: 1.0.0
//! title: Somebody is paged and takes command
//! hseep: { type: drill, notice: announced }
//! story: What the players are told.
//! starts_at: "10:00"            # exercise time, UTC
//! severity: sev2                # left out: sev1
//! declared_by: Ada              # left out: the house declares, and nobody is in command yet
//! length_max: 10m
//! objectives:
//!   - { id: O1, capability: operational-coordination, text: Someone has command within 5 minutes, metrics: [C1] }
//! participants:
//!   - { name: Ada, part: player, what: on call }
//! chat: [{ at: T+0, is: down }, { at: T+14m, is: up }]
//! injects:                      # the MSEL
//!   - id: I1
//!     at: T+0
//!     kind: contextual
//!     method: alert             # alert, message or social
//!     from: Outside monitoring
//!     to: whoever is on call
//!     objective: O1
//!     alert: { name: SiteDown, severity: critical, summary: The site does not answer }
//!     expect: [{ action: command.transferred, within: 5m, objective: O1 }]
//!   - id: I2
//!     kind: contingency
//!     when: { missing: command.transferred, after: 5m }
//!     ...
//! steps:                        # what the simulated people do
//!   - { at: T+2m, as: Ada, via: console, do: command take }
//! end: { at: T+8m, when: { action: incident.phase_changed, phase: resolved } }
//! ```

use std::collections::BTreeMap;

use chrono::{Duration, NaiveTime};
use serde::Deserialize;
use serde_saphyr::Spanned;
use sha2::{Digest, Sha256};

use super::{Problem, action::Action, lint, metric::Metric};
use crate::{
    incident::{role::Roles, severity::Severity},
    people::Person,
    playbook::{Reads, reading},
};

/// The exercise types of HSEEP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExerciseType {
    Seminar,
    Workshop,
    Tabletop,
    Game,
    Drill,
    Functional,
    FullScale,
}

impl ExerciseType {
    pub const ALL: [(&'static str, ExerciseType); 7] = [
        ("seminar", Self::Seminar),
        ("workshop", Self::Workshop),
        ("tabletop", Self::Tabletop),
        ("game", Self::Game),
        ("drill", Self::Drill),
        ("functional", Self::Functional),
        ("full-scale", Self::FullScale),
    ];
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// What somebody is in a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Player,
    Controller,
    Evaluator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    pub person: Person,
    pub part: Part,
    /// Who they are in the story: «database developer». May be empty.
    pub what: String,
}

/// What is to be practised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    pub id: String,
    pub text: String,
    /// The core capability that it belongs to: `public-information`.
    pub capability: String,
    pub metrics: Vec<Metric>,
}

/// An action that is expected within a time, for an objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    pub action: Action,
    pub within: Duration,
    pub objective: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// So long after STARTEX.
    At(Duration),
    /// Only if nobody has done this by then: a contingency inject.
    Missing { action: Action, after: Duration },
}

impl When {
    /// When it is delivered, or decided whether it is, after STARTEX.
    pub fn offset(&self) -> Duration {
        match self {
            Self::At(at) => *at,
            Self::Missing { after, .. } => *after,
        }
    }
}

/// How an inject reaches the players.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    Message,
    Social,
    /// An alert begins to fire.
    Alert(AlertParts),
    /// The alert of this earlier inject stops.
    AlertResolved {
        of: String,
    },
}

/// What an injected alert says; the runner makes a webhook body of Alertmanager's version 4 of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertParts {
    pub name: String,
    pub severity: String,
    pub summary: String,
    pub description: String,
    pub labels: BTreeMap<String, String>,
}

/// One row of the MSEL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inject {
    pub id: String,
    pub when: When,
    pub from: String,
    pub to: String,
    pub method: Method,
    /// What the players read; made of the alert where the inject is one.
    pub text: String,
    pub objective: String,
    pub expect: Vec<Expectation>,
}

/// Something that a simulated person says to commandpost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub at: Duration,
    pub who: Person,
    /// `console`, `cli` or `chat`.
    pub via: String,
    /// In the words of the command language.
    pub words: String,
}

/// The chat goes down or comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatTurn {
    pub at: Duration,
    pub is_up: bool,
}

/// When it is over: at a time, or as soon as somebody has done this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub at: Duration,
    pub when: Option<Action>,
}

/// A drill as it is to be played. Made by [`read`] alone: what it holds is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub id: String,
    pub version: String,
    pub title: String,
    pub exercise: ExerciseType,
    /// The players know that it comes.
    pub is_announced: bool,
    pub story: String,
    /// Exercise time of STARTEX, UTC.
    pub starts_at: NaiveTime,
    pub severity: Severity,
    /// Who declares, and so has command from the first moment. `None`: the house declares, and somebody must take it.
    pub declared_by: Option<Person>,
    pub length_max: Duration,
    pub objectives: Vec<Objective>,
    pub participants: Vec<Participant>,
    pub chat: Vec<ChatTurn>,
    pub injects: Vec<Inject>,
    /// Expected from STARTEX on.
    pub expect: Vec<Expectation>,
    pub steps: Vec<Step>,
    pub end: End,
    /// SHA-256 of the file, hex.
    pub sha256: String,
}

impl Scenario {
    pub fn inject(&self, id: &str) -> Option<&Inject> {
        self.injects.iter().find(|inject| inject.id == id)
    }
}

/// Reads and checks a scenario. `reads` is asked of each step's words; `roles` are those that can be named.
///
/// # Errors
/// Every mistake with its place: one if the file is no YAML of this shape, else all that the check finds.
pub fn read(file: &str, text: &str, reads: &Reads<'_>, roles: &Roles) -> Result<Scenario, Vec<Problem>> {
    let raw: RawScenario = reading::yaml(file, text)?;
    lint::check(file, raw, hex::encode(Sha256::digest(text.as_bytes())), reads, roles)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScenario {
    pub schema: Spanned<String>,
    pub id: Spanned<String>,
    pub version: Spanned<String>,
    pub title: Spanned<String>,
    pub hseep: RawHseep,
    pub story: Spanned<String>,
    pub starts_at: Spanned<String>,
    pub severity: Option<Spanned<String>>,
    pub declared_by: Option<Spanned<String>>,
    pub length_max: Spanned<String>,
    pub objectives: Vec<RawObjective>,
    pub participants: Vec<RawParticipant>,
    #[serde(default)]
    pub chat: Vec<RawChat>,
    pub injects: Vec<RawInject>,
    #[serde(default)]
    pub expect: Vec<RawExpectation>,
    #[serde(default)]
    pub steps: Vec<RawStep>,
    pub end: RawEnd,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHseep {
    #[serde(rename = "type")]
    pub kind: Spanned<String>,
    pub notice: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawObjective {
    pub id: Spanned<String>,
    pub text: Spanned<String>,
    pub capability: Spanned<String>,
    pub metrics: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParticipant {
    pub name: Spanned<String>,
    pub part: Spanned<String>,
    pub what: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChat {
    pub at: Spanned<String>,
    #[serde(rename = "is")]
    pub state: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInject {
    pub id: Spanned<String>,
    pub at: Option<Spanned<String>>,
    pub kind: Spanned<String>,
    pub when: Option<RawMissing>,
    pub method: Spanned<String>,
    pub from: Spanned<String>,
    pub to: Spanned<String>,
    pub objective: Spanned<String>,
    pub text: Option<Spanned<String>>,
    pub alert: Option<Spanned<RawAlert>>,
    #[serde(default)]
    pub expect: Vec<RawExpectation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMissing {
    pub missing: Spanned<String>,
    pub role: Option<Spanned<String>>,
    pub phase: Option<Spanned<String>>,
    pub after: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlert {
    pub name: Option<Spanned<String>>,
    pub severity: Option<Spanned<String>>,
    pub summary: Option<Spanned<String>>,
    pub description: Option<Spanned<String>>,
    #[serde(default)]
    pub labels: BTreeMap<String, Spanned<String>>,
    /// The inject whose alert stops.
    pub resolves: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpectation {
    pub action: Spanned<String>,
    pub role: Option<Spanned<String>>,
    pub phase: Option<Spanned<String>>,
    pub within: Spanned<String>,
    pub objective: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub at: Spanned<String>,
    #[serde(rename = "as")]
    pub who: Spanned<String>,
    pub via: Spanned<String>,
    #[serde(rename = "do")]
    pub words: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEnd {
    pub at: Spanned<String>,
    pub when: Option<RawEndWhen>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEndWhen {
    pub action: Spanned<String>,
    pub role: Option<Spanned<String>>,
    pub phase: Option<Spanned<String>>,
}

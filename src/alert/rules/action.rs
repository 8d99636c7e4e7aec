//! What a rule makes of an alert.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// It is stored, and nobody is told.
    Record,
    /// A card in the alerts channel, from which a person may declare.
    Card,
    /// An incident is declared, if the situation has none.
    Declare(Declaring),
    /// Whoever is on call is paged until somebody answers. No incident is declared: the situation is in triage, until somebody
    /// says what it is.
    Page(Calling),
    /// It joins the open incident: its situation's own, or the only one there is. With none, or several to
    /// choose from, it becomes a card.
    Attach,
    /// It joins the open incident that has alerts, or a field, of the same value; otherwise it becomes a card.
    AttachTo(Same),
}

impl Action {
    pub fn word(&self) -> &'static str {
        match self {
            Action::Record => "record",
            Action::Card => "card",
            Action::Attach | Action::AttachTo(_) => "attach",
            Action::Declare(_) => "declare",
            Action::Page(_) => "page",
        }
    }

    /// How much it asks of people: of what several alerts of a situation lead to, the most holds.
    pub(super) fn asks(&self) -> u8 {
        match self {
            Action::Record => 0,
            Action::Card => 1,
            Action::Attach | Action::AttachTo(_) => 2,
            Action::Page(_) => 3,
            Action::Declare(_) => Action::ASKS_MOST,
        }
    }

    pub(super) const ASKS_MOST: u8 = 4;
}

/// What the incident and the alert have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Same {
    /// The label whose value must be that of an alert of the incident, or of the incident's field of this name.
    #[schemars(extend("x-example" = "service"))]
    pub same: String,
}

/// The incident that a rule declares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaring {
    /// The incident's severity, 1 (worst) to 5.
    #[schemars(range(min = 1, max = 5))]
    pub severity: u8,
    /// The incident's title; `{title}`, `{source}`, `{severity}`, `{firing}`, `{total}` and `{label.NAME}` are
    /// filled in. Left out: `{title}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A label: where an incident is open that has alerts, or a field, of the same value, the alert joins that instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "service"))]
    pub unless_same: Option<String>,
    /// The `name` of an `[[incident_type]]`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name"))]
    pub incident_type: Option<String>,
    /// Values of `[[incident_field]]`s by name, each a template as the title is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Who is offered which role: the `id` of a `[[person]]` by the role's word (`ic` offers command), or `roster:NAME` for whoever
    /// is on call there at that moment. An offer is taken by whoever gets it, or lapses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
    /// The playbook to go by: its name, or its web address. It stands on the timeline, an address among the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<String>,
    /// What is done with the incident when none of its alerts fires any more.
    #[serde(default, skip_serializing_if = "OnClear::is_propose")]
    pub on_clear: OnClear,
}

/// Whom a rule pages, and what they are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calling {
    /// Whom: `roster:web` or `roster:web/secondary` (who is on call there, three times, five minutes after each other),
    /// `person:ada`, `escalation:NAME`, or `service` for what the `[[service]]` of the alert says in `on_call`. Left out, and where the
    /// alert's service says nothing: the first `[[escalation]]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name", "x-example" = "roster:web"))]
    pub to: Option<String>,
    /// How bad it is taken to be for now, 1 (worst) to 5; whoever answers says what it is.
    #[serde(default = "Calling::severity")]
    #[schemars(range(min = 1, max = 5))]
    pub severity: u8,
    /// What the page says; `{title}`, `{source}`, `{severity}`, `{firing}`, `{total}` and `{label.NAME}` are filled in. Left out:
    /// `{title}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A label: where an incident, or something in triage, is open that has alerts, or a field, of the same value, the alert joins
    /// that instead, and nobody is paged anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "service"))]
    pub unless_same: Option<String>,
}

impl Calling {
    /// The word for whom the alert's service names.
    pub const SERVICE: &str = "service";

    fn severity() -> u8 {
        3
    }

    /// Whom, in words.
    pub fn whom(&self) -> &str {
        match self.to.as_deref() {
            None => "whom the first escalation names",
            Some(Calling::SERVICE) => "whom the alert's service names",
            Some(to) => to,
        }
    }
}

impl Default for Calling {
    fn default() -> Self {
        Calling { to: None, severity: Calling::severity(), title: None, unless_same: None }
    }
}

/// What follows when the last alert of an incident has cleared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnClear {
    /// it is said, and a person resolves
    #[default]
    Propose,
    /// the incident is resolved, with the rule's name as the reason
    Resolve,
}

impl OnClear {
    fn is_propose(&self) -> bool {
        *self == OnClear::Propose
    }
}

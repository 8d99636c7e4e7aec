//! Rules: what becomes of an alert. They stand in the configuration; the first that matches decides.
//!
//! ```toml
//! [[alerts.rule]]
//! name = "checkout is down"
//! when = { source = "alertmanager", severity = "critical", labels = { service = "checkout*" } }
//! then = { declare = { severity = 2, title = "{title}" } }
//!
//! [[alerts.rule]]
//! name = "staging is only written down"
//! when = { labels = { env = "staging" } }
//! then = "record"
//! ```

mod check;
mod decide;
mod glob;
mod matchers;
mod title;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use check::check;
pub use decide::{Decision, Open, OpenIncident, decide};
pub use glob::glob;
pub use matchers::Matchers;

/// Most rules.
pub const RULES_MAX: usize = 500;
/// Longest pattern or title template, in bytes.
pub const PATTERN_MAX_BYTES: usize = 300;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name to find it by: it stands in the reason that a responder reads.
    #[schemars(extend("x-example" = "checkout is down"))]
    pub name: String,
    /// Which alerts; left out, every one.
    #[serde(default)]
    pub when: Matchers,
    /// What becomes of them: `record`, `card`, `attach`, or `{ declare = { severity = 1 } }`.
    #[schemars(extend("x-example" = "card"))]
    pub then: Action,
}

/// What becomes of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// It is stored, and nobody is told.
    Record,
    /// A card in the alerts channel, from which a person may declare.
    Card,
    /// An incident is declared, if the situation has none.
    Declare {
        /// The incident's severity, 1 (worst) to 5.
        severity: u8,
        /// The incident's title; `{title}`, `{source}`, `{severity}`, `{firing}`, `{total}` and `{label.NAME}` are
        /// filled in. Left out: `{title}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// It joins the open incident: its situation's own, or the only one there is. With none, or several to
    /// choose from, it becomes a card.
    Attach,
}

//! Rules: what becomes of an alert. They stand in the settings or in a file of their own; the first that matches decides.
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

mod action;
mod book;
mod check;
mod decide;
mod glob;
mod hours;
mod matchers;
mod template;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use action::{Action, Calling, Declaring, OnClear, Same};
pub use book::{Looked, Rulebook};
pub(crate) use check::too_long;
pub use check::{Fault, check};
pub use decide::{Decision, Open, OpenIncident};
pub use glob::glob;
pub use hours::Hours;
pub use matchers::{Matchers, Miss, Traits};

/// Most rules.
pub const RULES_MAX: usize = 5_000;
/// Alerts of a situation by which it is judged: of those that fire the ones that came last, as long as the worst is among them.
pub const JUDGED_MAX: u32 = 24;
/// Longest pattern or template, in bytes.
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
    /// What becomes of them: `record`, `card`, `attach`, `{ attach_to = { same = "service" } }`,
    /// `{ page = { to = "roster:web" } }`, or `{ declare = { severity = 1 } }`.
    #[schemars(extend("x-example" = "card"))]
    pub then: Action,
}

//! The settings of what and why: the services, and the changes that are kept.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::Report;
use super::shape::in_order;
use super::{Config, format::nearest};
use crate::alert::service;

/// `[[service]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Service>)]
pub struct Service {
    /// Its name, as alerts and changes have it in a label such as `service`; each once.
    #[schemars(extend("format" = "name", "x-example" = "checkout"))]
    pub name: String,
    /// Whether users touch it. Alerts of a front service are what users feel, those of a back service may tell why; left
    /// out, the alert's sender and name decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "front"))]
    pub tier: Option<Tier>,
    /// The names of the services that it cannot do without.
    #[serde(default)]
    #[schemars(extend("x-item-format" = "name"))]
    pub depends_on: Vec<String>,
    /// Patterns of labels that only its alerts and changes have, all of them; `*` stands for any run of characters.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Whom a rule on alerts pages that says `to = "service"`: `roster:web`, `person:ada` or `escalation:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name", "x-example" = "roster:web"))]
    pub on_call: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// users touch it
    Front,
    /// only other services do
    Back,
}

/// `[changes]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Changes>)]
pub struct Changes {
    /// How many changes are shown of those that came before an impact; 0 shows none.
    #[schemars(range(min = 0, max = 20))]
    pub shown: u32,
    /// Minutes before an impact in which a change is looked for.
    #[schemars(range(min = 1, max = 10_080))]
    pub within_minutes: u32,
    /// Days for which changes are kept.
    #[schemars(range(min = 1, max = 3_650))]
    pub keep_days: u32,
}

impl Default for Changes {
    fn default() -> Self {
        Changes { shown: 3, within_minutes: 120, keep_days: 400 }
    }
}

/// The services, as alerts are read by them.
pub fn services(services: &[Service]) -> service::Services {
    let one = |one: &Service| service::Service {
        name: one.name.clone(),
        tier: one.tier.map(|tier| match tier {
            Tier::Front => service::Tier::Front,
            Tier::Back => service::Tier::Back,
        }),
        depends_on: one.depends_on.clone(),
        labels: one.labels.clone(),
        on_call: one.on_call.clone(),
    };
    service::Services::new(services.iter().map(one).collect())
}

/// Each service is there once, and stands on services that are there.
pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    let names = || config.service.iter().map(|service| service.name.as_str());
    super::check::once(names(), |index| format!("service[{index}].name"), report);
    for (index, service) in config.service.iter().enumerate() {
        if let Some(to) = &service.on_call {
            super::alerts::paged(&format!("service[{index}].on_call"), to, config, report);
        }
        for (nth, below) in service.depends_on.iter().enumerate() {
            let key = format!("service[{index}].depends_on[{nth}]");
            if *below == service.name {
                report.at(&key, format!("`{below}` depends on itself"), "Take it away.");
            } else if names().all(|name| name != below) {
                let hint = match nearest(below, names()) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => "Write the `name` of a [[service]], or add one.".to_owned(),
                };
                report.at(&key, format!("there is no service `{below}`"), hint);
            }
        }
    }
}

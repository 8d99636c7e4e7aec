//! The settings of maintenance windows and of silences.

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::Report;
use super::shape::in_order;
use super::{Config, text};
use crate::alert::rules::Matchers;
use crate::alert::window::{self, Effect, Span, Time, Window};
use crate::wall::{self, Day, TimeOfDay};

/// `[[maintenance]]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Maintenance>)]
pub struct Maintenance {
    /// What is done: it stands on the cards of the alerts that fall into it.
    #[schemars(extend("format" = "name", "x-example" = "db upgrade"))]
    pub name: String,
    /// When it begins: a date and time, `2026-11-22T02:00`, or, with `days`, a time of day, `02:00`.
    #[schemars(extend("format" = "name", "x-example" = "2026-11-22T02:00"))]
    pub from: String,
    /// When it ends, written likewise. A time of day that is not after `from` is one of the next day.
    #[schemars(extend("format" = "name", "x-example" = "2026-11-22T04:00"))]
    pub to: String,
    /// On which days of the week it begins, each week anew: `["sat", "sun"]`. Left out, it takes place once.
    #[serde(default)]
    pub days: Vec<Day>,
    /// The zone of its times; left out, that of the organization. A time with an offset (`…+01:00`, `…Z`) is taken by it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize"
    )]
    #[schemars(with = "Option<String>", extend("format" = "time-zone", "x-example" = "Europe/Berlin"))]
    pub time_zone: Option<Tz>,
    /// What becomes of the alerts that match.
    #[serde(default)]
    pub effect: Effect,
    /// Which alerts, as the `when` of a rule says it; left out, every one. What does not match comes through.
    #[serde(default, rename = "match")]
    pub matching: Matchers,
}

/// `[silences]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Silences>)]
pub struct Silences {
    /// Hours that a silence lasts at most (`silence S-1 2h why`): every one ends.
    #[schemars(range(min = 1, max = 744))]
    pub longest_hours: u32,
    /// Minutes for which an acknowledgement (`ack S-1`) silences a sender that knows no other, such as Alertmanager.
    #[schemars(range(min = 5, max = 1440))]
    pub acknowledged_minutes: u32,
}

impl Default for Silences {
    fn default() -> Self {
        Silences { longest_hours: 72, acknowledged_minutes: 60 }
    }
}

impl Maintenance {
    /// # Errors
    /// What is wrong with its times, after its name.
    pub fn window(&self, zone: Tz) -> Result<Window, String> {
        let zone = self.time_zone.unwrap_or(zone);
        let time = if self.days.is_empty() {
            let span = Span { from: moment(&self.from, zone)?, until: moment(&self.to, zone)? };
            window::check(span)?;
            Time::Once(span)
        } else {
            let (from, until) = (time_of_day(&self.from)?, time_of_day(&self.to)?);
            Time::Weekly { days: self.days.clone(), from, until, zone }
        };
        Ok(Window { name: self.name.clone(), matching: self.matching.clone(), effect: self.effect, time })
    }
}

fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    let time: Result<TimeOfDay, _> = text.parse();
    time.map(|time| time.0).map_err(|_| format!("`{text}` is no time of day; with `days`, write `02:00`"))
}

fn moment(text: &str, zone: Tz) -> Result<DateTime<Utc>, String> {
    wall::moment(text, zone)
        .ok_or_else(|| format!("`{text}` is no date and time; write `2026-11-22T02:00`, or give `days`"))
}

impl Config {
    /// The windows that the settings plan.
    pub fn windows(&self) -> Vec<Window> {
        // A mistake does not get past the loading of the settings.
        self.maintenance.iter().filter_map(|one| one.window(self.organization.time_zone).ok()).collect()
    }
}

pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    for (index, one) in config.maintenance.iter().enumerate() {
        if let Err(what) = one.window(config.organization.time_zone) {
            report.at(&format!("maintenance[{index}].from"), what, "Mend `from`, `to` or `days`.");
        }
    }
}

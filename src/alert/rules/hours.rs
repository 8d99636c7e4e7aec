//! Hours of the week, in a zone: when a rule holds.

use std::fmt;

use chrono::{DateTime, Datelike, Utc, Weekday};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wall::{Day, TimeOfDay};

/// Days and a span of the day. A span whose end is not after its beginning goes over midnight, and belongs to the day on
/// which it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hours {
    /// The days; left out, every day.
    pub days: Vec<Day>,
    /// When it begins.
    #[schemars(extend("format" = "clock"))]
    pub from: String,
    /// When it ends; `00:00` is midnight.
    #[schemars(extend("format" = "clock"))]
    pub to: String,
    /// The zone in which the days and times are meant.
    #[schemars(extend("format" = "time-zone"))]
    pub zone: String,
}

impl Default for Hours {
    fn default() -> Self {
        Hours { days: vec![], from: "00:00".into(), to: "00:00".into(), zone: "UTC".into() }
    }
}

impl Hours {
    /// Whether a moment lies within. What is written wrong has been told when the rules were loaded, and holds never.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        let (Ok(zone), Ok(from), Ok(to)) =
            (self.zone.parse::<Tz>(), self.from.parse::<TimeOfDay>(), self.to.parse::<TimeOfDay>())
        else {
            return false;
        };
        let there = at.with_timezone(&zone);
        let now = TimeOfDay(there.time());
        let on = |day: Weekday| self.days.is_empty() || self.days.iter().any(|one| one.weekday() == day);
        if from < to {
            return on(there.weekday()) && from <= now && now < to;
        }
        (now >= from && on(there.weekday())) || (now < to && on(there.weekday().pred()))
    }

    /// The moment as these hours see it: `Sat 12:03 Europe/Berlin`.
    pub(super) fn seen(&self, at: DateTime<Utc>) -> String {
        match self.zone.parse::<Tz>() {
            Ok(zone) => format!("{} {}", at.with_timezone(&zone).format("%a %H:%M"), zone.name()),
            Err(_) => at.format("%a %H:%M UTC").to_string(),
        }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<String> = self.days.iter().map(|day| day.weekday().to_string()).collect();
        if !days.is_empty() {
            write!(f, "{} ", days.join(", "))?;
        }
        write!(f, "{} to {} {}", self.from, self.to, self.zone)
    }
}

//! Hours of the week, in a zone: when a rule holds.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wall::Day;

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

/// A time of day to the minute, in minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(u32);

impl FromStr for Clock {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Clock, &'static str> {
        let wrong = "Write hours and minutes: `09:30`.";
        let (hours, minutes) = text.split_once(':').ok_or(wrong)?;
        let read = |part: &str, below: u32| match part.parse::<u32>() {
            Ok(n) if part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) && n < below => Ok(n),
            _ => Err(wrong),
        };
        Ok(Clock(read(hours, 24)? * 60 + read(minutes, 60)?))
    }
}

impl Hours {
    /// Whether a moment lies within. What is written wrong has been told when the rules were loaded, and holds never.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        let (Ok(zone), Ok(from), Ok(to)) =
            (self.zone.parse::<Tz>(), self.from.parse::<Clock>(), self.to.parse::<Clock>())
        else {
            return false;
        };
        let there = at.with_timezone(&zone);
        let now = Clock(there.hour() * 60 + there.minute());
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

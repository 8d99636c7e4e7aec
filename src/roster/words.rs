//! How long a turn is, and which hours of the day, as people write them.

use std::{fmt, str::FromStr};

use chrono::NaiveTime;

use crate::wall::{TimeOfDay, lasting, shown};

/// Hours of a day; past midnight where they end before they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

impl FromStr for Hours {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("«{}» are no hours. Write `08:00-20:00`, or `20:00-08:00` for the night.", shown(text))
        };
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        // The end of the day is written both ways.
        let to = if to.trim() == "24:00" { "00:00" } else { to };
        let time = |text: &str| text.parse::<TimeOfDay>().map(|time| time.0).map_err(|_| wrong());
        Ok(Hours { from: time(from)?, to: time(to)? })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", TimeOfDay(self.from), TimeOfDay(self.to))
    }
}

/// How long a turn is, by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length(u32);

/// Hours of the longest turn: a year.
const HOURS_MAX: u32 = 366 * 24;

impl Length {
    pub const WEEKLY: Length = Length(7 * 24);

    pub fn hours(hours: u32) -> Option<Length> {
        (1..=HOURS_MAX).contains(&hours).then_some(Length(hours))
    }

    pub(super) fn minutes(self) -> i64 {
        i64::from(self.0) * 60
    }
}

impl FromStr for Length {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("«{}» is no length of a turn. Write `daily`, `weekly`, `12h`, `3d` or `2w`.", shown(text))
        };
        let hours = match text.trim() {
            "daily" => 24,
            "weekly" => 7 * 24,
            other => lasting(other)
                .filter(|of| of.num_seconds() % 3_600 == 0)
                .and_then(|of| u32::try_from(of.num_hours()).ok())
                .ok_or_else(wrong)?,
        };
        Length::hours(hours).ok_or_else(wrong)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            24 => f.write_str("daily"),
            168 => f.write_str("weekly"),
            hours if hours % 168 == 0 => write!(f, "{}w", hours / 168),
            hours if hours % 24 == 0 => write!(f, "{}d", hours / 24),
            hours => write!(f, "{hours}h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_hours_are_written_as_people_say_them() {
        for (text, again) in [
            ("daily", "daily"),
            ("7d", "weekly"),
            ("2w", "2w"),
            ("12h", "12h"),
            ("36h", "36h"),
            ("24h", "daily"),
        ] {
            assert_eq!(text.parse::<Length>().unwrap().to_string(), again);
        }
        for bad in ["", "0d", "-1d", "3", "3x", "monthly", "99999w", "éé"] {
            assert!(bad.parse::<Length>().unwrap_err().contains("`weekly`"), "{bad}");
        }
        assert_eq!("08:00-24:00".parse::<Hours>().unwrap().to_string(), "08:00-00:00");
        assert!("8".parse::<Hours>().is_err() && "25:00-26:00".parse::<Hours>().is_err());
    }
}

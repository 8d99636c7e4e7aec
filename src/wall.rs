//! Clocks on the wall: the days and times that they show in a zone, as moments; and days, times and lengths of time as people
//! write them.
//!
//! Where clocks are put forward some times of day do not exist: what was to happen then happens at the moment the clock
//! jumps. Where they are put back some exist twice: it happens at the first of the two, or ends at the last. So whoever has the
//! night of the change has an hour less, or one more, and nobody has it twice or not at all.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Duration, LocalResult, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::legible::acts;

/// Minutes that a clock was ever put forward at once, and some more: a day, where a country changed sides of the date line.
const GAP_MINUTES_MAX: i64 = 26 * 60;

/// A day of the week, as settings write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday
    Mon,
    /// Tuesday
    Tue,
    /// Wednesday
    Wed,
    /// Thursday
    Thu,
    /// Friday
    Fri,
    /// Saturday
    Sat,
    /// Sunday
    Sun,
}

impl Day {
    pub fn weekday(self) -> Weekday {
        match self {
            Day::Mon => Weekday::Mon,
            Day::Tue => Weekday::Tue,
            Day::Wed => Weekday::Wed,
            Day::Thu => Weekday::Thu,
            Day::Fri => Weekday::Fri,
            Day::Sat => Weekday::Sat,
            Day::Sun => Weekday::Sun,
        }
    }
}

/// A time of day, to the minute: `09:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(pub NaiveTime);

impl FromStr for TimeOfDay {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        NaiveTime::parse_from_str(text.trim(), "%H:%M").map(TimeOfDay).map_err(|_| {
            format!("«{}» is no time of day. Write it with hours and minutes: `09:00`.", shown(text))
        })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M"))
    }
}

/// What somebody typed, cut short and fit to be said again.
pub fn shown(text: &str) -> String {
    text.trim().chars().filter(|c| !acts(*c)).take(60).collect()
}

/// A length of time: `90s`, `5m`, `1h30m`, `12h`, `7d`, `2w`; every number has its unit.
pub fn lasting(text: &str) -> Option<Duration> {
    let mut total: i64 = 0;
    let mut number: Option<i64> = None;
    for c in text.trim().chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?);
            continue;
        }
        let seconds = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(seconds)?)?;
    }
    (number.is_none() && !text.trim().is_empty()).then(|| Duration::try_seconds(total)).flatten()
}

/// A length of time as people say it, in whole minutes: `12 min`, `2 h 5 min`.
pub fn lasted(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, 0) => "less than a minute".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A moment as it stands in our own words: with its day, as `01:28 UTC` is ambiguous after midnight. Chats show it in each
/// reader's zone, where they can.
pub fn dated(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Whether a moment is of a year with four digits: near the end of what a clock can show, nothing can be counted from it.
pub fn is_of_our_calendar(at: &DateTime<Utc>) -> bool {
    (1..=9_999).contains(&at.year())
}

/// A date with a time: `2026-12-24 18:00` as clocks of this zone show it, `2026-12-24T18:00+01:00` or `…Z` by its own.
pub fn moment(text: &str, tz: Tz) -> Option<DateTime<Utc>> {
    written_moment(text, tz).filter(is_of_our_calendar)
}

fn written_moment(text: &str, tz: Tz) -> Option<DateTime<Utc>> {
    let written = text.trim().replacen(' ', "T", 1);
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|f| NaiveDateTime::parse_from_str(&written, f).ok());
    if let Some(local) = local {
        return Some(instant(tz, local));
    }
    let zoned = written.replace(['Z', 'z'], "+00:00");
    let zoned = ["%Y-%m-%dT%H:%M%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"]
        .iter()
        .find_map(|f| DateTime::parse_from_str(&zoned, f).ok());
    zoned.map(|at| at.to_utc())
}

/// The moment at which clocks of the zone show this time, or jump over it. `local` is in whole minutes.
pub fn instant(tz: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    chosen(tz, local, LocalResult::earliest)
}

/// As [`instant`], but of two moments the later: the end of what goes on until then.
pub fn last_instant(tz: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    chosen(tz, local, LocalResult::latest)
}

fn chosen(
    tz: Tz,
    local: NaiveDateTime,
    choose: fn(LocalResult<DateTime<Tz>>) -> Option<DateTime<Tz>>,
) -> DateTime<Utc> {
    let of = |local: NaiveDateTime| tz.from_local_datetime(&local);
    choose(of(local))
        .or_else(|| {
            (1..=GAP_MINUTES_MAX).find_map(|minutes| of(local + Duration::minutes(minutes)).earliest())
        })
        .map_or_else(|| local.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, local: &str) -> String {
        let tz: Tz = zone.parse().unwrap();
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        instant(tz, local).format("%Y-%m-%d %H:%M").to_string()
    }

    #[test]
    fn a_moment_from_which_nothing_can_be_counted_is_none() {
        for far in ["+262142-12-31T23:59:59Z", "+10000-01-01T00:00Z", "-0001-01-01T00:00Z"] {
            assert_eq!(moment(far, Tz::UTC), None, "{far}");
        }
        assert!(moment("9999-12-31T23:59Z", Tz::UTC).is_some());
    }

    #[test]
    fn a_time_that_does_not_exist_is_the_jump_and_one_that_is_there_twice_is_its_first() {
        // 2026-03-29, 02:00 becomes 03:00 in Berlin: 01:00 UTC.
        assert_eq!(at("Europe/Berlin", "2026-03-29 01:59"), "2026-03-29 00:59");
        assert_eq!(at("Europe/Berlin", "2026-03-29 02:30"), "2026-03-29 01:00");
        assert_eq!(at("Europe/Berlin", "2026-03-29 03:00"), "2026-03-29 01:00");
        // 2026-10-25, 03:00 becomes 02:00 again.
        assert_eq!(at("Europe/Berlin", "2026-10-25 02:30"), "2026-10-25 00:30");
        assert_eq!(at("Europe/Berlin", "2026-10-25 03:00"), "2026-10-25 02:00");
        // Half an hour only, and a day that never was.
        assert_eq!(at("Australia/Lord_Howe", "2026-10-04 02:15"), "2026-10-03 15:30");
        assert_eq!(at("Pacific/Apia", "2011-12-30 12:00"), "2011-12-30 10:00");
    }

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, seconds) in
            [("90s", 90), ("5m", 300), ("1h30m", 5_400), ("1D", 86_400), (" 2w ", 1_209_600), ("0m", 0)]
        {
            assert_eq!(lasting(text).map(|of| of.num_seconds()), Some(seconds), "{text}");
        }
        for text in [
            "",
            " ",
            "5",
            "5x",
            "m",
            "-5m",
            "1.5h",
            "5 m",
            "9223372036854775807d",
            "99999999999999999999s",
            "é",
        ] {
            assert_eq!(lasting(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_meant_in_the_zone_unless_it_names_one() {
        let read = |text: &str| moment(text, chrono_tz::Europe::Berlin).map(|at| at.to_rfc3339());
        for text in [
            "2026-12-24 18:00",
            "2026-12-24T18:00",
            "2026-12-24T18:00:00",
            "2026-12-24T17:00Z",
            "2026-12-24 19:00+02:00",
            "2026-12-24T17:00:00.0z",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-12-24T17:00:00+00:00"), "{text}");
        }
        for text in ["", "18:00", "2026-12-24", "2026-13-24 18:00", "tomorrow"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

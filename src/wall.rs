//! Clocks on the wall: the days and times that they show in a zone, as moments.
//!
//! Where clocks are put forward some times of day do not exist: what was to happen then happens at the moment the clock
//! jumps. Where they are put back some exist twice: it happens at the first of the two, or ends at the last. So whoever has the
//! night of the change has an hour less, or one more, and nobody has it twice or not at all.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}

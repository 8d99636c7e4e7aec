//! Moments and stretches of time as people type them, in a zone of theirs.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

use crate::wall::{self, TimeOfDay, instant, shown};

/// The longest stretch that anybody says.
const DAYS_MAX: i64 = 366;

/// `18:00` (the next one), `2026-12-24 18:00`, or with a zone of its own `2026-12-24T18:00Z`.
///
/// # Errors
/// A sentence that shows what can be written.
pub fn moment(text: &str, tz: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let typed = text.trim();
    if let Ok(time) = typed.parse::<TimeOfDay>() {
        let today = now.with_timezone(&tz).date_naive();
        let at = instant(tz, today.and_time(time.0));
        let tomorrow = today.succ_opt().map(|date| instant(tz, date.and_time(time.0)));
        return Ok(if at < now { tomorrow.unwrap_or(at) } else { at });
    }
    wall::moment(typed, tz).ok_or_else(|| {
        format!(
            "«{}» is no time. Write `18:00`, `2026-12-24 18:00` ({tz}) or `2026-12-24T17:00Z`.",
            shown(typed)
        )
    })
}

/// `18:00..22:00`, `2026-12-24 09:00..2026-12-26 09:00`, `..22:00` (from now), `4h` or `2d` (from now, so long).
///
/// # Errors
/// A sentence that shows what can be written.
pub fn span(text: &str, tz: Tz, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>), String> {
    let typed = text.trim();
    let (from, until) = match typed.split_once("..") {
        None => (now, now + lasting(typed)?.min(Duration::days(DAYS_MAX + 1))),
        Some((from, until)) if from.trim().is_empty() => (now, moment(until, tz, now)?),
        Some((from, until)) => {
            let (begin, end) = (moment(from, tz, now)?, moment(until, tz, now)?);
            // `18:00..22:00` said at 19:00: it has begun.
            let has_begun = end < begin && from.trim().parse::<TimeOfDay>().is_ok();
            match until.trim().parse::<TimeOfDay>() {
                Ok(_)
                    if has_begun
                        && now < end
                        && begin - end < Duration::hours(24)
                        && is_within(from, until) =>
                {
                    (now, end)
                }
                Ok(_) if end <= begin => (begin, moment(until, tz, begin)?),
                _ => (begin, end),
            }
        }
    };
    if until <= from {
        return Err(format!("«{}» ends before it begins.", shown(typed)));
    }
    if until <= now {
        return Err(format!("«{}» is over already.", shown(typed)));
    }
    if until - from > Duration::days(DAYS_MAX) {
        return Err(format!("«{}» is longer than a year. Change the roster in the settings.", shown(typed)));
    }
    Ok((from, until))
}

/// Whether the first time of day comes before the second on the same day.
fn is_within(from: &str, until: &str) -> bool {
    let time = |text: &str| text.trim().parse::<TimeOfDay>().ok().map(|time| time.0);
    time(from) < time(until)
}

fn lasting(text: &str) -> Result<Duration, String> {
    let known = wall::lasting(text).filter(|of| *of > Duration::zero());
    known.ok_or_else(|| {
        format!(
            "«{}» is no stretch of time. Write `18:00..22:00`, `2026-12-24 09:00..2026-12-26 09:00`, `4h` or `2d`.",
            shown(text)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As typed in Berlin at 19:00 on a winter's day, in UTC.
    fn said(text: &str) -> Result<String, String> {
        let now = "2026-12-23T18:00:00Z".parse().unwrap();
        span(text, chrono_tz::Europe::Berlin, now)
            .map(|(from, until)| format!("{}–{}", from.format("%d %H:%M"), until.format("%d %H:%M")))
    }

    #[test]
    fn a_stretch_is_read_in_the_zone_of_the_roster() {
        assert_eq!(said("20:00..22:00").unwrap(), "23 19:00–23 21:00");
        assert_eq!(said("18:00..22:00").unwrap(), "23 18:00–23 21:00", "it has begun");
        assert_eq!(said("22:00..06:00").unwrap(), "23 21:00–24 05:00", "past midnight");
        assert_eq!(said("08:00..12:00").unwrap(), "24 07:00–24 11:00", "tomorrow");
        assert_eq!(said("..22:00").unwrap(), "23 18:00–23 21:00");
        assert_eq!(said("4h").unwrap(), "23 18:00–23 22:00");
        assert_eq!(said("2026-12-24 09:00..2026-12-26T09:00").unwrap(), "24 08:00–26 08:00");
        assert_eq!(said("2026-12-24T09:00Z..2026-12-24T12:00+01:00").unwrap(), "24 09:00–24 11:00");
        for bad in [
            "",
            "soon",
            "0h",
            "2026-12-24 09:00..2026-12-24 08:00",
            "2026-12-01 09:00..2026-12-02 09:00",
            "500d",
            "25:00..26:00",
        ] {
            assert!(said(bad).is_err(), "{bad}");
        }
    }
}

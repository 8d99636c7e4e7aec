//! Times as senders write them.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::text::{note, quote};
use crate::wall::instant;

/// Times without an offset.
const NAIVE: [&str; 6] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%a, %d %b %Y %H:%M:%S",
    "%a %b %d %H:%M:%S UTC %Y",
    "%a %b %d %H:%M:%S %Y",
];

/// Reads a time; nothing, the zero time of Go (`0001-01-01`) and what cannot be read are `None`, the last with
/// a note that names `what`.
///
/// Understood: RFC 3339; RFC 2822; `2026-11-20 20:13:08` and `date`'s output, without a zone read as of `zone`, or where that is not
/// known as UTC, and noted; a count since 1970 in seconds, milliseconds, microseconds or nanoseconds, told apart by size (up to the year 5138 for
/// seconds).
pub fn read(what: &str, raw: &str, zone: Option<Tz>, notes: &mut Vec<String>) -> Option<DateTime<Utc>> {
    let text = raw.trim();
    if matches!(text, "" | "None" | "null" | "-") || text.starts_with("0001-01-01") {
        return None;
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    if let Ok(number) = text.parse::<f64>() {
        // Zero is how programs without a null write "not set".
        if number == 0.0 {
            return None;
        }
        let at = since_1970(text, number);
        if at.is_none() {
            note(notes, || format!("The {what} {} is no time and was left out.", quote(raw)));
        }
        return at;
    }
    if let Ok(at) = DateTime::parse_from_rfc2822(text) {
        return Some(at.with_timezone(&Utc));
    }
    // With an offset: `+0000` beside `T`, ISO with a blank, and Go's `2026-11-20 20:13:08.4 +0000 UTC`.
    let bare = ["UTC", "GMT"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text).trim_end();
    for form in ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z"] {
        if let Ok(at) = DateTime::parse_from_str(bare, form) {
            return Some(at.with_timezone(&Utc));
        }
    }
    for form in NAIVE {
        if let Ok(at) = NaiveDateTime::parse_from_str(bare, form) {
            let is_utc = bare != text || form.contains("UTC");
            return Some(match zone.filter(|_| !is_utc) {
                Some(zone) => instant(zone, at),
                None => {
                    if !is_utc {
                        note(notes, || {
                            format!("The {what} {} names no time zone; it was read as UTC.", quote(raw))
                        });
                    }
                    at.and_utc()
                }
            });
        }
    }
    note(notes, || format!("The {what} {} is no time and was left out.", quote(raw)));
    None
}

fn since_1970(text: &str, number: f64) -> Option<DateTime<Utc>> {
    if number < 0.0 {
        return None;
    }
    match text.parse::<i64>() {
        Ok(n) if n < 100_000_000_000 => DateTime::from_timestamp(n, 0),
        Ok(n) if n < 100_000_000_000_000 => DateTime::from_timestamp_millis(n),
        Ok(n) if n < 100_000_000_000_000_000 => DateTime::from_timestamp_micros(n),
        Ok(n) => Some(DateTime::from_timestamp_nanos(n)),
        // A fraction: of seconds, or of milliseconds; the microsecond is as fine as a double holds it.
        Err(_) if number < 1e11 => DateTime::from_timestamp_micros((number * 1e6).round() as i64),
        Err(_) if number < 1e14 => DateTime::from_timestamp_micros((number * 1e3).round() as i64),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str) -> (Option<String>, usize) {
        let mut notes = Vec::new();
        (read("start", raw, None, &mut notes).map(|at| at.to_rfc3339()), notes.len())
    }

    #[test]
    fn times_are_read_as_senders_write_them() {
        for (raw, at, notes) in [
            ("2016-08-01T13:27:08.008+03:00", Some("2016-08-01T10:27:08.008+00:00"), 0),
            ("2026-11-20T20:13:08.409704835Z", Some("2026-11-20T20:13:08.409704835+00:00"), 0),
            ("0001-01-01T00:00:00Z", None, 0),
            ("", None, 0),
            ("0", None, 0),
            ("1795208159", Some("2026-11-20T20:55:59+00:00"), 0),
            ("1795208159.654777", Some("2026-11-20T20:55:59.654777+00:00"), 0),
            ("1795208159654", Some("2026-11-20T20:55:59.654+00:00"), 0),
            ("Fri, 20 Nov 2026 20:50:59 +0100", Some("2026-11-20T19:50:59+00:00"), 0),
            ("2026-11-20 20:13:08", Some("2026-11-20T20:13:08+00:00"), 1),
            ("2026-11-20 20:13:08 UTC", Some("2026-11-20T20:13:08+00:00"), 0),
            ("2019-05-13T08:41:43.548+0000", Some("2019-05-13T08:41:43.548+00:00"), 0),
            ("2026-11-20 21:13:08+01:00", Some("2026-11-20T20:13:08+00:00"), 0),
            ("2026-11-20 20:13:08.5 +0000 UTC", Some("2026-11-20T20:13:08.500+00:00"), 0),
            ("2026/11/20 20:13:08 GMT", Some("2026-11-20T20:13:08+00:00"), 0),
            ("Fri, 20 Nov 2026 20:50:59", Some("2026-11-20T20:50:59+00:00"), 1),
            ("Fri Nov 20 20:50:59 UTC 2026", Some("2026-11-20T20:50:59+00:00"), 0),
            ("None", None, 0),
            ("yesterday", None, 1),
            ("-5", None, 1),
            ("NaN", None, 1),
            ("1e300", None, 1),
            ("9223372036854775807", Some("2262-04-11T23:47:16.854775807+00:00"), 0),
        ] {
            assert_eq!(shown(raw), (at.map(str::to_owned), notes), "{raw}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_read_by_the_clock_of_its_hook_also_when_that_is_changed() {
        let berlin = |raw: &str| {
            let mut notes = Vec::new();
            let at = read("start", raw, Some(Tz::Europe__Berlin), &mut notes).map(|at| at.to_rfc3339());
            assert_eq!(notes, Vec::<String>::new(), "{raw}");
            at.unwrap()
        };
        for (raw, at) in [
            ("2026-11-20 20:13:08", "2026-11-20T19:13:08+00:00"),
            ("2026-07-20T20:13:08", "2026-07-20T18:13:08+00:00"),
            ("Fri Nov 20 20:50:59 2026", "2026-11-20T19:50:59+00:00"),
            ("2026-11-20 20:13:08 UTC", "2026-11-20T20:13:08+00:00"),
            ("2026-11-20T20:13:08+03:00", "2026-11-20T17:13:08+00:00"),
            ("1795208159", "2026-11-20T20:55:59+00:00"),
            // Twice that night, and not at all that night.
            ("2026-10-25 02:30:00", "2026-10-25T00:30:00+00:00"),
            ("2026-03-29 02:30:00", "2026-03-29T01:00:00+00:00"),
        ] {
            assert_eq!(berlin(raw), at, "{raw}");
        }
    }
}

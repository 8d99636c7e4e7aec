//! Moments on paper: in the reader's zone with the offset that held at that moment, and in UTC.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use chrono_tz::Tz;

use crate::incident::event::TimeSource;

/// A moment outside the years 1 to 9998 cannot be moved into every zone; it is a monitoring's mistake, and stays UTC.
fn zone(at: DateTime<Utc>, tz: Tz) -> Tz {
    if (1..=9998).contains(&at.year()) { tz } else { Tz::UTC }
}

/// `2026-03-29 03:05:00 +02:00`: never ambiguous, also in the hour that comes twice in autumn.
pub fn local(at: DateTime<Utc>, tz: Tz) -> String {
    at.with_timezone(&zone(at, tz)).format("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// `2026-03-29 01:05:00Z`
pub fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `2026-03-29T03:05:00.000+02:00` (ISO 8601).
pub fn iso_local(at: DateTime<Utc>, tz: Tz) -> String {
    at.with_timezone(&zone(at, tz)).to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// `2026-03-29T01:05:00.000Z` (ISO 8601).
pub fn iso_utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Where a time comes from, in words.
pub fn source(source: TimeSource) -> &'static str {
    match source {
        TimeSource::House => "house clock",
        TimeSource::Stated => "stated by a person",
        TimeSource::Chat => "message in a chat",
        TimeSource::Alert => "monitoring",
        TimeSource::Drill => "drill clock",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_begins_and_ends_at_the_right_moment() {
        let berlin = chrono_tz::Europe::Berlin;
        let at = |text: &str| local(text.parse().unwrap(), berlin);
        // Spring: 02:00 does not exist.
        assert_eq!(at("2026-03-29T00:59:59Z"), "2026-03-29 01:59:59 +01:00");
        assert_eq!(at("2026-03-29T01:00:00Z"), "2026-03-29 03:00:00 +02:00");
        // Autumn: 02:30 comes twice, told apart by the offset.
        assert_eq!(at("2026-10-25T00:30:00Z"), "2026-10-25 02:30:00 +02:00");
        assert_eq!(at("2026-10-25T01:30:00Z"), "2026-10-25 02:30:00 +01:00");
        assert_eq!(
            iso_local("2026-10-25T01:30:00Z".parse().unwrap(), berlin),
            "2026-10-25T02:30:00.000+01:00"
        );
    }

    #[test]
    fn a_nonsense_time_from_a_monitoring_stops_no_export() {
        for tz in [chrono_tz::Pacific::Kiritimati, chrono_tz::Pacific::Pago_Pago] {
            for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                assert!(local(at, tz).ends_with("+00:00"));
                assert!(!iso_local(at, tz).is_empty());
            }
        }
    }
}

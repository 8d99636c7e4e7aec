//! Times as the console shows them: in the reader's zone, with the date where it is not today.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A moment, written out for people and for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// RFC 3339, UTC.
    pub iso: String,
    /// `09:12`, with the date if that is another day than today's.
    pub short: String,
    /// Date, seconds, zone.
    pub full: String,
}

/// A moment that something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// By the house's clock, which a drill's own clock may differ from: what a countdown counts to.
    pub iso: String,
    pub at: Stamp,
    /// `in 12 min`, `late by 3 min`.
    pub words: String,
    pub is_late: bool,
}

/// The zone, and what time it is where the times belong: in a drill, the drill's own.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub tz: Tz,
    pub now: DateTime<Utc>,
}

pub fn iso(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Clock {
    pub fn stamp(&self, at: DateTime<Utc>) -> Stamp {
        let (local, today) = (at.with_timezone(&self.tz), self.now.with_timezone(&self.tz));
        let form = match (
            local.date_naive() == today.date_naive(),
            local.format("%Y").to_string() == today.format("%Y").to_string(),
        ) {
            (true, _) => "%H:%M",
            (false, true) => "%-d %b %H:%M",
            (false, false) => "%-d %b %Y %H:%M",
        };
        Stamp {
            iso: iso(at),
            short: local.format(form).to_string(),
            full: local.format("%Y-%m-%d %H:%M:%S %Z").to_string(),
        }
    }

    /// `real` is the same moment by the house's clock.
    pub fn due(&self, at: DateTime<Utc>, real: DateTime<Utc>) -> Due {
        let left = at - self.now;
        let is_late = left < chrono::Duration::zero();
        let minutes = left.num_seconds().abs().div_euclid(60);
        let span = match minutes {
            0 => "less than a minute".to_owned(),
            1..=119 => format!("{minutes} min"),
            120..=2879 => format!("{} h", minutes / 60),
            _ => format!("{} days", minutes / 1440),
        };
        let words = if is_late { format!("late by {span}") } else { format!("in {span}") };
        Due { iso: iso(real), at: self.stamp(at), words, is_late }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_in_the_organizations_zone_and_name_another_day() {
        let clock = Clock { tz: chrono_tz::Europe::Berlin, now: "2026-01-02T03:00:00Z".parse().unwrap() };
        let at = |text: &str| clock.stamp(text.parse().unwrap());
        assert_eq!(at("2026-01-02T02:30:05Z").short, "03:30");
        assert_eq!(at("2026-01-02T02:30:05Z").full, "2026-01-02 03:30:05 CET");
        assert_eq!(at("2026-01-01T02:30:00Z").short, "1 Jan 03:30");
        assert_eq!(at("2025-12-31T02:30:00Z").short, "31 Dec 2025 03:30");
    }

    #[test]
    fn what_is_due_says_how_long_or_how_late() {
        let clock = Clock { tz: Tz::UTC, now: "2026-01-02T03:00:00Z".parse().unwrap() };
        let due = |text: &str| {
            let at = text.parse().unwrap();
            let due = clock.due(at, at);
            (due.words, due.is_late)
        };
        assert_eq!(due("2026-01-02T03:12:30Z"), ("in 12 min".into(), false));
        assert_eq!(due("2026-01-02T02:57:00Z"), ("late by 3 min".into(), true));
        assert_eq!(due("2026-01-02T07:00:00Z"), ("in 4 h".into(), false));
    }
}

//! Times of a scenario: `T+3m` from STARTEX, spans such as `5m`, in exercise time.

use chrono::Duration;

use crate::wall::lasting;

/// Longest exercise: a day.
pub(super) const LENGTH_MAX: Duration = Duration::hours(24);

/// `5m`, `1h30m`, `90s`, within the longest exercise.
pub(super) fn span(text: &str) -> Option<Duration> {
    lasting(text).filter(|span| *span <= LENGTH_MAX)
}

/// A time after STARTEX.
pub(super) enum Offset {
    After(Duration),
    /// `T-5m`: before STARTEX.
    Negative,
    NoTime,
}

/// `T+0`, `T+3m`, `T+1h05m`.
pub(super) fn offset(text: &str) -> Offset {
    let Some(rest) = text.trim().strip_prefix(['T', 't']) else { return Offset::NoTime };
    if rest.starts_with('-') {
        return Offset::Negative;
    }
    match rest.strip_prefix('+') {
        Some("0") => Offset::After(Duration::zero()),
        Some(rest) => span(rest).map_or(Offset::NoTime, Offset::After),
        None => Offset::NoTime,
    }
}

/// `3 min`, `40 s`, `1 h 5 min`: the whole minutes that have passed.
pub(super) fn words(span: Duration) -> String {
    let (seconds, minutes) = (span.num_seconds(), span.num_minutes());
    match (seconds, minutes) {
        (..=0, _) => "0 min".to_owned(),
        (1..=59, _) => format!("{seconds} s"),
        (_, ..=119) => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// `T+14m`, as a scenario writes it.
pub(super) fn mark(offset: Duration) -> String {
    match (offset.num_minutes(), offset.num_seconds() % 60) {
        (0, 0) => "T+0".to_owned(),
        (minutes, 0) => format!("T+{minutes}m"),
        (minutes, seconds) => format!("T+{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_they_are_written_in_a_scenario() {
        for (text, seconds) in [("T+0", 0), ("T+3m", 180), ("t+1h05m", 3_900), ("T+90s", 90)] {
            assert!(matches!(offset(text), Offset::After(at) if at.num_seconds() == seconds), "{text}");
        }
        assert!(matches!(offset("T-3m"), Offset::Negative));
        for text in ["3m", "T+3", "T+", "T+3x", "09:12", "T+99999999999h"] {
            assert!(matches!(offset(text), Offset::NoTime), "{text}");
        }
        assert_eq!(words(Duration::seconds(61)), "1 min");
        assert_eq!(mark(Duration::seconds(870)), "T+14m30s");
    }
}

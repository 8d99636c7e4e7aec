//! Which of two messages about one alert holds, in whatever order they came.
//!
//! Senders try again, queues overtake each other, a proxy replays. So a message holds as of a moment that its sender names: one
//! that says resolved as of the alert's end; one that says firing as of when the sender says it changed (the annotation
//! `changed_at`), else as of the alert's start. The later holds; what fires as of its start never holds over an end. Where one of
//! them names no moment, or both the same, the one that came last holds: better an alert opened twice than one that is missed.

use chrono::{DateTime, Utc};

use super::{Alert, Status};

/// The annotation in which a sender's reader keeps when what fires last changed.
pub const CHANGED_AT: &str = "changed_at";

/// The moment as of which a message holds, by its sender's clock, and whether that is merely the alert's start.
fn as_of(alert: &Alert) -> Option<(DateTime<Utc>, bool)> {
    match alert.status {
        // An end before the start is a clock that went wrong, and an end all the same.
        Status::Resolved => {
            let end = alert.ends_at?;
            Some((alert.starts_at.map_or(end, |start| end.max(start)), false))
        }
        Status::Firing => {
            let changed = alert.annotations.get(CHANGED_AT);
            let changed = changed.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            let changed = changed.map(|at| (at.with_timezone(&Utc), false));
            changed.or(alert.starts_at.map(|start| (start, true)))
        }
    }
}

/// Whether `late`, which came after `known`, was overtaken by it. Both are about the same alert: they have one [`Alert::key`].
pub fn is_overtaken(late: &Alert, known: &Alert) -> bool {
    let (Some((late_at, is_start)), Some((known_at, _))) = (as_of(late), as_of(known)) else { return false };
    let is_echo = is_start && known.status == Status::Resolved;
    late_at < known_at || (late_at == known_at && is_echo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::alert;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_205_588 + second, 0).unwrap()
    }

    fn firing(start: Option<i64>, changed: Option<i64>) -> Alert {
        let annotations = changed.map(|s| (CHANGED_AT.to_owned(), at(s).to_rfc3339())).into_iter().collect();
        Alert { starts_at: start.map(at), annotations, ..alert("db1") }
    }

    fn resolved(start: Option<i64>, end: Option<i64>) -> Alert {
        Alert { status: Status::Resolved, starts_at: start.map(at), ends_at: end.map(at), ..alert("db1") }
    }

    #[test]
    fn what_was_said_before_the_end_does_not_open_it_again() {
        let (began, over) = (firing(Some(0), None), resolved(Some(0), Some(60)));
        assert!(is_overtaken(&began, &over));
        assert!(!is_overtaken(&over, &began));
        // Told again by its sender, later than the end: it fires again.
        let again = firing(Some(0), Some(61));
        assert!(!is_overtaken(&again, &over));
        assert!(is_overtaken(&over, &again));
    }

    #[test]
    fn without_times_the_last_word_holds() {
        for (one, other) in [
            (firing(None, None), resolved(None, Some(60))),
            (firing(Some(0), None), resolved(Some(0), None)),
            (firing(None, None), resolved(None, None)),
        ] {
            assert!(!is_overtaken(&one, &other) && !is_overtaken(&other, &one));
        }
    }

    #[test]
    fn an_end_before_the_start_ends_it_all_the_same() {
        let (began, over) = (firing(Some(0), None), resolved(Some(0), Some(-3_600)));
        assert!(is_overtaken(&began, &over) && !is_overtaken(&over, &began));
    }
}

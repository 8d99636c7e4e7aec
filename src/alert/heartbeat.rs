//! Heartbeats: signs of life that are missed when they do not come. A missed one is an alert like any other, and ends when
//! signs come again.
//!
//! Pure: when it is, and what was heard, come in as arguments.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::{Alert, AlertSeverity, Status, rules::glob};

/// The source of the alerts.
pub const SOURCE: &str = "heartbeat";
/// How often in a row what we did not hear is put down to ourselves.
const EXCUSES_MAX: u32 = 3;

/// One heartbeat, as the settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub name: String,
    pub every: Duration,
    /// How late it may be.
    pub grace: Duration,
    pub severity: AlertSeverity,
    pub watchdog: Option<Watchdog>,
}

/// An alert that always fires is the sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watchdog {
    pub hook: String,
    /// Patterns of its labels; none of them is left out.
    pub labels: BTreeMap<String, String>,
}

/// What is remembered of a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    pub heard_at: Option<DateTime<Utc>>,
    /// When the next is missed, grace included.
    pub due_at: DateTime<Utc>,
    pub missed_since: Option<DateTime<Utc>>,
    /// How often since the last sign we were ourselves the reason that none was heard.
    pub excused: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// None came yet.
    Waiting,
    Alive,
    /// It should have come, and still may.
    Late,
    Missed,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Alive => "alive",
            Self::Late => "late",
            Self::Missed => "missed",
        }
    }
}

/// What is to be told of a heartbeat now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Quiet,
    /// It is missed since then: the alert fires.
    Missed {
        since: DateTime<Utc>,
    },
    /// Signs come again: the alert is over.
    Back {
        since: DateTime<Utc>,
        heard_at: DateTime<Utc>,
    },
}

impl Heartbeat {
    /// What there is to remember when it is first awaited.
    pub fn awaited(&self, now: DateTime<Utc>) -> Pulse {
        Pulse { heard_at: None, due_at: self.due_after(now), missed_since: None, excused: 0 }
    }

    /// After a sign of life.
    pub fn heard(&self, before: &Pulse, now: DateTime<Utc>) -> Pulse {
        // A clock that was set back must not let one be missed that is just heard.
        Pulse {
            heard_at: Some(now),
            due_at: self.due_after(now),
            missed_since: before.missed_since,
            excused: 0,
        }
    }

    /// After a time in which nobody could be heard: it has a whole period to show itself. Not again and again: of one that
    /// falls silent while we are started over and over, the silence is ours only so often.
    pub fn excused(&self, before: &Pulse, now: DateTime<Utc>) -> Pulse {
        let due_at = self.due_after(now);
        if before.missed_since.is_some() || before.excused >= EXCUSES_MAX || due_at <= before.due_at {
            return before.clone();
        }
        Pulse { due_at, excused: before.excused + 1, ..before.clone() }
    }

    /// After its times were changed: a whole period by those that hold now, unless it is missed.
    pub fn changed(&self, before: &Pulse, now: DateTime<Utc>) -> Pulse {
        match before.missed_since {
            Some(_) => before.clone(),
            None => Pulse { due_at: self.due_after(now), ..before.clone() },
        }
    }

    pub fn verdict(&self, pulse: &Pulse, now: DateTime<Utc>) -> Verdict {
        match (pulse.missed_since, pulse.heard_at) {
            (None, _) if now >= pulse.due_at => Verdict::Missed { since: pulse.due_at },
            (Some(since), Some(heard_at)) if heard_at >= since => Verdict::Back { since, heard_at },
            _ => Verdict::Quiet,
        }
    }

    pub fn state(&self, pulse: &Pulse, now: DateTime<Utc>) -> State {
        match (pulse.missed_since, pulse.heard_at) {
            (Some(_), _) => State::Missed,
            (None, None) => State::Waiting,
            (None, Some(_)) if now > pulse.due_at - self.grace => State::Late,
            (None, Some(_)) => State::Alive,
        }
    }

    /// The alert of a sign that is missed since then; `back_at` ends it.
    pub fn alert(&self, since: DateTime<Utc>, back_at: Option<DateTime<Utc>>) -> Alert {
        let minutes = |span: Duration| match span.num_seconds() {
            seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
            seconds => format!("{seconds} s"),
        };
        Alert {
            source: SOURCE.to_owned(),
            fingerprint: self.name.clone(),
            status: if back_at.is_some() { Status::Resolved } else { Status::Firing },
            acknowledged: false,
            severity: self.severity,
            severity_text: String::new(),
            title: format!("No sign of life from {}", self.name),
            description: format!(
                "One is to come every {} and may be {} late. What sends it is down, or cannot reach us.",
                minutes(self.every),
                minutes(self.grace)
            ),
            starts_at: Some(since),
            ends_at: back_at,
            labels: BTreeMap::from([(SOURCE.to_owned(), self.name.clone())]),
            annotations: BTreeMap::new(),
            links: Vec::new(),
            group_key: self.name.clone(),
            notes: Vec::new(),
        }
    }

    fn due_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.every + self.grace
    }
}

impl Watchdog {
    /// Whether this alert is the sign of life.
    pub fn is(&self, alert: &Alert) -> bool {
        self.labels
            .iter()
            .all(|(name, pattern)| alert.labels.get(name).is_some_and(|value| glob(pattern, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup() -> Heartbeat {
        Heartbeat {
            name: "backup".into(),
            every: Duration::minutes(5),
            grace: Duration::minutes(2),
            severity: AlertSeverity::Critical,
            watchdog: None,
        }
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minutes * 60, 0).unwrap()
    }

    #[test]
    fn one_that_does_not_come_in_time_is_missed_once_and_over_when_it_comes_again() {
        let (beat, mut pulse) = (backup(), backup().awaited(at(0)));
        assert_eq!(beat.state(&pulse, at(6)), State::Waiting);
        pulse = beat.heard(&pulse, at(4));
        assert_eq!((beat.state(&pulse, at(9)), beat.state(&pulse, at(10))), (State::Alive, State::Late));
        assert_eq!(beat.verdict(&pulse, at(10)), Verdict::Quiet);
        assert_eq!(beat.verdict(&pulse, at(30)), Verdict::Missed { since: at(11) });
        pulse.missed_since = Some(at(11));
        assert_eq!(beat.verdict(&pulse, at(31)), Verdict::Quiet, "it is told once");
        pulse = beat.heard(&pulse, at(32));
        assert_eq!(beat.verdict(&pulse, at(32)), Verdict::Back { since: at(11), heard_at: at(32) });
        let (fires, ends) = (beat.alert(at(11), None), beat.alert(at(11), Some(at(32))));
        assert_eq!(fires.key(), ends.key());
        assert_eq!((fires.status, ends.status), (Status::Firing, Status::Resolved));
    }

    #[test]
    fn what_we_could_not_hear_ourselves_is_excused_but_not_for_ever() {
        let (beat, mut pulse) = (backup(), backup().awaited(at(0)));
        pulse = beat.heard(&pulse, at(0));
        // Down from 3 to 9: it beat at 5, and nobody was there.
        pulse = beat.excused(&pulse, at(9));
        assert_eq!(beat.verdict(&pulse, at(15)), Verdict::Quiet);
        assert_eq!(beat.verdict(&pulse, at(16)), Verdict::Missed { since: at(16) });
        for start in [10, 11, 12, 13, 14] {
            pulse = beat.excused(&pulse, at(start));
        }
        assert_eq!(pulse.due_at, at(18), "the third start in a row is the last that counts");
        pulse = beat.heard(&pulse, at(15));
        assert_eq!(beat.excused(&pulse, at(16)).due_at, at(23), "who is heard again is excused again");
        pulse.missed_since = Some(at(16));
        assert_eq!(beat.excused(&pulse, at(40)), pulse, "what was missed stays missed");
    }

    #[test]
    fn a_watchdog_is_known_by_all_of_its_labels() {
        let watchdog = Watchdog {
            hook: "alertmanager".into(),
            labels: BTreeMap::from([
                ("alertname".into(), "Watchdog".into()),
                ("prometheus".into(), "eu-*".into()),
            ]),
        };
        let with = |pairs: &[(&str, &str)]| Alert {
            labels: pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            ..crate::alert::testing::alert("x")
        };
        assert!(watchdog.is(&with(&[
            ("alertname", "Watchdog"),
            ("prometheus", "eu-1"),
            ("severity", "none")
        ])));
        assert!(!watchdog.is(&with(&[("alertname", "Watchdog"), ("prometheus", "us-1")])));
        assert!(!watchdog.is(&with(&[("alertname", "Watchdog")])));
    }
}

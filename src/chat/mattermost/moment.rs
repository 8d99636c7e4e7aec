//! A moment as two clocks show it, so that it does not matter whether Mattermost's agrees with ours.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};

/// Now, at which something was told: by our clock, and by Mattermost's in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub ours: DateTime<Utc>,
    pub theirs: i64,
}

impl Moment {
    /// By our clock, what happened when Mattermost's showed this; never later than now. `None`: it does not say when.
    pub fn then(self, theirs: i64) -> Option<DateTime<Utc>> {
        let ago = self.theirs.checked_sub(theirs).filter(|_| theirs > 0)?;
        self.ours.checked_sub_signed(TimeDelta::try_milliseconds(ago.max(0))?)
    }
}

/// How much the clock of whoever answered is ahead of ours, in milliseconds; `None`: they do not say what it shows.
pub(super) fn ahead_ms(headers: &HeaderMap, now: DateTime<Utc>) -> Option<i64> {
    let date = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(date.timestamp_millis() - now.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn what_is_told_happened_as_long_ago_as_mattermosts_own_clock_says_and_never_in_the_future() {
        // A clock that is an hour slow.
        let told = Moment { ours: now(), theirs: now().timestamp_millis() - 3_600_000 };
        let ago = |theirs: i64| told.then(theirs).map(|at| (now() - at).num_milliseconds());
        assert_eq!(ago(told.theirs - 90_000), Some(90_000));
        assert_eq!(ago(told.theirs), Some(0));
        assert_eq!(ago(now().timestamp_millis()), Some(0));
        for bad in [0, -1, i64::MIN] {
            assert_eq!(ago(bad), None, "{bad}");
        }
        assert_eq!(Moment { ours: now(), theirs: i64::MAX }.then(1), None);
    }

    #[test]
    fn an_answer_tells_what_its_senders_clock_shows() {
        let ahead = |date: &str| ahead_ms(&HeaderMap::from_iter([(DATE, date.parse().unwrap())]), now());
        assert_eq!(ahead("Fri, 15 Jan 2027 07:00:00 GMT"), Some(-3_600_000));
        assert_eq!(ahead("Fri, 15 Jan 2027 08:00:01 GMT"), Some(1_000));
        assert_eq!(ahead("yesterday"), None);
        assert_eq!(ahead_ms(&HeaderMap::new(), now()), None);
    }
}

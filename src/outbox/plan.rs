//! What comes after an attempt: sent, tried again later, looked up, or given to a person. Pure.

use chrono::{DateTime, Duration, Utc};

use super::port::{Outcome, Reconciled, forbidden_pause};
use crate::journal::rows::{Delivery, DeliveryState, Settlement};

/// First pause before another attempt.
const FIRST_SECONDS: i64 = 1;
/// Longest pause: a destination that comes back is served within this time.
const LONGEST_SECONDS: i64 = 300;
/// Attempts before a person is asked. With the pauses above, more than a day.
const ATTEMPTS_MAX: u32 = 600;
/// Never before this age, however many attempts there were: to be asked for time is no failure.
const GIVEN_UP_AFTER_HOURS: i64 = 24;
/// Where each answer asks for time, a person is asked at this age, after so many attempts.
const ASKED_DAYS_MAX: i64 = 7;
const ASKED_ATTEMPTS: u32 = 20;
/// Longest time that a destination is given when it asks for some.
const ASKED_HOURS_MAX: i64 = 24;
/// What is added at most to a time that was asked for: a tenth of it, and no more than this.
const SPREAD_SECONDS_MAX: i64 = 2;
/// Characters of an error kept.
const ERROR_CHARS_MAX: usize = 500;

/// Pause before attempt `attempts + 1`: doubling from a second to five minutes, of which a random half is taken off,
/// so that many deliveries do not come back at the same moment. `chance` is uniform in 0..1.
pub fn pause(attempts: u32, chance: f64) -> Duration {
    let full = FIRST_SECONDS.saturating_mul(1_i64 << attempts.saturating_sub(1).min(16)).min(LONGEST_SECONDS);
    Duration::milliseconds((full as f64 * 1_000.0 * (0.5 + 0.5 * chance.clamp(0.0, 1.0))) as i64)
}

/// The time that a destination asks for, and a little more, so that all who were asked do not come back at the same moment. `None`:
/// it asks for none.
fn asked(after: Option<std::time::Duration>, chance: f64) -> Option<Duration> {
    let asked = after.filter(|after| !after.is_zero())?;
    let longest = Duration::hours(ASKED_HOURS_MAX);
    let asked = Duration::from_std(asked).unwrap_or(longest).min(longest);
    let spread = (asked / 10).min(Duration::seconds(SPREAD_SECONDS_MAX)).num_milliseconds();
    let spread = Duration::milliseconds((spread as f64 * chance.clamp(0.0, 1.0)) as i64);
    Some((asked + spread).max(pause(1, chance)))
}

/// Whether this was the last attempt before a person is asked.
fn is_last(tries: u32, age: Duration, is_asked_for_time: bool) -> bool {
    if is_asked_for_time {
        tries >= ASKED_ATTEMPTS && age >= Duration::days(ASKED_DAYS_MAX)
    } else {
        tries >= ATTEMPTS_MAX && age >= Duration::hours(GIVEN_UP_AFTER_HOURS)
    }
}

fn settlement(delivery: &Delivery, state: DeliveryState, now: DateTime<Utc>) -> Settlement {
    Settlement {
        n: delivery.n,
        state,
        attempts: delivery.attempts + 1,
        next_at: now,
        external_id: None,
        url: None,
        error: None,
        now,
    }
}

fn cut(why: String) -> Option<String> {
    Some(why.chars().take(ERROR_CHARS_MAX).collect())
}

/// After an attempt to send. `delivery` is as it was claimed; `shown_after` the time in which the destination shows
/// what it took: a look before that would find nothing, and the post would be sent twice.
pub fn after_attempt(
    delivery: &Delivery,
    outcome: Outcome,
    now: DateTime<Utc>,
    chance: f64,
    shown_after: Duration,
) -> Settlement {
    let tries = delivery.attempts + 1;
    match outcome {
        Outcome::Sent { external_id, url } => {
            Settlement { external_id, url, ..settlement(delivery, DeliveryState::Sent, now) }
        }
        Outcome::Unknown { why } => Settlement {
            next_at: now + pause(tries, chance).max(shown_after),
            error: cut(why),
            ..settlement(delivery, DeliveryState::Unknown, now)
        },
        Outcome::Failed { why } => {
            Settlement { error: cut(why), ..settlement(delivery, DeliveryState::Failed, now) }
        }
        Outcome::Retry { .. } | Outcome::Forbidden { .. } => {
            let (after, why) = match outcome {
                Outcome::Forbidden { .. } => (Some(forbidden_pause(delivery.attempts)), outcome.why()),
                _ => (outcome.pause(), outcome.why()),
            };
            let (asked, why) = (asked(after, chance), why.unwrap_or_default().to_owned());
            if is_last(tries, now - delivery.created_at, asked.is_some()) {
                let why = format!(
                    "{why} Given up after {tries} attempts; `commandpost outbox retry {}` tries again.",
                    delivery.n
                );
                return Settlement { error: cut(why), ..settlement(delivery, DeliveryState::Failed, now) };
            }
            Settlement {
                // Who says how long to wait is asked again then; for all others it is our own pause.
                next_at: now + asked.unwrap_or_else(|| pause(tries, chance)),
                error: cut(why),
                ..settlement(delivery, DeliveryState::Pending, now)
            }
        }
    }
}

/// An unknown delivery that is not looked for yet.
pub fn look_later(delivery: &Delivery, at: DateTime<Utc>, now: DateTime<Utc>) -> Settlement {
    Settlement {
        attempts: delivery.attempts,
        next_at: at,
        ..settlement(delivery, DeliveryState::Unknown, now)
    }
}

/// After a look whether an unknown delivery arrived.
pub fn after_look(delivery: &Delivery, found: Reconciled, now: DateTime<Utc>, chance: f64) -> Settlement {
    match found {
        Reconciled::Arrived { external_id, url } => {
            Settlement { external_id, url, ..settlement(delivery, DeliveryState::Sent, now) }
        }
        // It is not there: it may be sent, and at once.
        Reconciled::Absent => settlement(delivery, DeliveryState::Pending, now),
        Reconciled::CannotTell { why } => Settlement {
            next_at: now + pause(delivery.attempts + 1, chance),
            error: cut(why),
            ..settlement(delivery, DeliveryState::Unknown, now)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::rows::What;

    fn at(s: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + s, 0).unwrap()
    }

    fn delivery(attempts: u32) -> Delivery {
        Delivery {
            n: 7,
            key: "k".into(),
            destination: "x".into(),
            lane: "x".into(),
            incident: None,
            what: What::Card,
            state: DeliveryState::Pending,
            attempts,
            next_at: at(0),
            external_id: None,
            url: None,
            error: None,
            created_at: at(0),
            settled_at: None,
        }
    }

    #[test]
    fn pauses_double_to_five_minutes_and_never_vanish() {
        for attempts in 1..400 {
            for chance in [0.0, 0.5, 1.0] {
                let pause = pause(attempts, chance);
                assert!(pause >= Duration::milliseconds(500) && pause <= Duration::seconds(LONGEST_SECONDS));
            }
        }
        assert_eq!(pause(1, 1.0), Duration::seconds(1));
        assert_eq!(pause(4, 1.0), Duration::seconds(8));
        assert_eq!(pause(60, 1.0), Duration::seconds(300));
    }

    fn retry(
        attempts: u32,
        after: Option<std::time::Duration>,
        now: DateTime<Utc>,
        chance: f64,
    ) -> Settlement {
        let outcome = Outcome::Retry { after, why: "no.".into() };
        after_attempt(&delivery(attempts), outcome, now, chance, Duration::zero())
    }
    fn seconds(seconds: u64) -> Option<std::time::Duration> {
        Some(std::time::Duration::from_secs(seconds))
    }

    #[test]
    fn what_a_right_is_missing_for_is_tried_again_soon_and_then_once_a_minute() {
        let waits = |attempts| {
            let refused = Outcome::Forbidden { why: "no right.".into() };
            let next = after_attempt(&delivery(attempts), refused, at(0), 0.0, Duration::zero());
            assert_eq!((next.state, next.error.as_deref()), (DeliveryState::Pending, Some("no right.")));
            (next.next_at - at(0)).num_seconds()
        };
        assert_eq!([0, 1, 2, 3, 4, 99].map(waits), [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn a_destination_that_asks_for_time_gets_it_and_hardly_more() {
        for attempts in [0, 1, 6, 30, ATTEMPTS_MAX, 100_000] {
            for (after, most_ms) in [(1, 1_100), (3, 3_300), (60, 62_000), (3_600, 3_602_000)] {
                for chance in [0.0, 0.5, 1.0] {
                    let next = retry(attempts, seconds(after), at(0), chance);
                    let waits = (next.next_at - at(0)).num_milliseconds();
                    let asked_ms = i64::try_from(after).unwrap() * 1_000;
                    assert_eq!(next.state, DeliveryState::Pending);
                    assert!((asked_ms..=most_ms).contains(&waits), "{attempts} {after} s: {waits} ms");
                }
            }
        }
    }

    #[test]
    fn all_who_were_asked_to_wait_do_not_come_back_at_the_same_moment() {
        let next = |chance| retry(0, seconds(30), at(0), chance).next_at;
        assert!(next(0.1) < next(0.2) && next(0.2) < next(0.9));
    }

    #[test]
    fn no_time_and_no_sensible_time_is_not_taken_at_its_word() {
        assert_eq!(retry(3, seconds(0), at(0), 1.0).next_at, at(8), "as if nothing had been asked");
        let short = retry(0, Some(std::time::Duration::from_millis(1)), at(0), 0.0);
        assert!(short.next_at >= at(0) + Duration::milliseconds(500));
        for long in [std::time::Duration::MAX, std::time::Duration::from_secs(1 << 40)] {
            assert!(retry(0, Some(long), at(0), 1.0).next_at <= at(24 * 3_600 + 2));
        }
    }

    #[test]
    fn who_asks_for_time_for_ever_is_given_up_by_age() {
        let week = at(7 * 24 * 3_600);
        let early = retry(100_000, seconds(3), week - Duration::seconds(1), 0.0);
        assert_eq!(early.state, DeliveryState::Pending);
        assert_eq!(retry(0, seconds(3), week, 0.0).state, DeliveryState::Pending, "it was not tried before");
        let last = retry(100, seconds(3), week, 0.0);
        assert_eq!(last.state, DeliveryState::Failed);
        assert!(last.error.unwrap().contains("outbox retry 7"));
    }

    #[test]
    fn what_may_have_arrived_is_looked_up_and_never_sent_blindly() {
        let lost = || Outcome::Unknown { why: "cut".into() };
        let unknown = after_attempt(&delivery(0), lost(), at(0), 0.0, Duration::zero());
        assert_eq!(unknown.state, DeliveryState::Unknown);
        let slow = after_attempt(&delivery(0), lost(), at(0), 0.0, Duration::seconds(60));
        assert_eq!((slow.state, slow.next_at), (DeliveryState::Unknown, at(60)));
        let still = after_look(&delivery(1), Reconciled::CannotTell { why: "down".into() }, at(0), 0.0);
        assert_eq!(still.state, DeliveryState::Unknown);
        assert_eq!(after_look(&delivery(1), Reconciled::Absent, at(0), 0.0).state, DeliveryState::Pending);
    }

    #[test]
    fn after_many_attempts_a_person_is_asked() {
        let day = at(24 * 3_600);
        let last = retry(ATTEMPTS_MAX - 1, None, day, 0.0);
        assert_eq!(last.state, DeliveryState::Failed);
        assert!(last.error.unwrap().contains("outbox retry 7"));
        assert_eq!(retry(ATTEMPTS_MAX - 2, None, day, 0.0).state, DeliveryState::Pending);
        let early = retry(ATTEMPTS_MAX - 1, None, day - Duration::seconds(1), 0.0);
        assert_eq!(early.state, DeliveryState::Pending, "most of them were told to wait");
    }
}

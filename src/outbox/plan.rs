//! What comes after an attempt: sent, tried again later, looked up, or given to a person. Pure.

use chrono::{DateTime, Duration, Utc};

use super::port::{Outcome, Reconciled};
use crate::journal::rows::{Delivery, DeliveryState, Settlement};

/// First pause before another attempt.
const FIRST_SECONDS: i64 = 1;
/// Longest pause: a destination that comes back is served within this time.
const LONGEST_SECONDS: i64 = 300;
/// Attempts before a person is asked. With the pauses above, more than a day.
const ATTEMPTS_MAX: u32 = 600;
/// Characters of an error kept.
const ERROR_CHARS_MAX: usize = 500;

/// Pause before attempt `attempts + 1`: doubling from a second to five minutes, of which a random half is taken off,
/// so that many deliveries do not come back at the same moment. `chance` is uniform in 0..1.
pub fn pause(attempts: u32, chance: f64) -> Duration {
    let full = FIRST_SECONDS.saturating_mul(1_i64 << attempts.saturating_sub(1).min(16)).min(LONGEST_SECONDS);
    Duration::milliseconds((full as f64 * 1_000.0 * (0.5 + 0.5 * chance.clamp(0.0, 1.0))) as i64)
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
        Outcome::Retry { why, .. } if tries >= ATTEMPTS_MAX => Settlement {
            error: cut(format!(
                "{why} Given up after {tries} attempts; `commandpost outbox retry {}` tries again.",
                delivery.n
            )),
            ..settlement(delivery, DeliveryState::Failed, now)
        },
        Outcome::Retry { after, why } => {
            let asked = after.and_then(|after| Duration::from_std(after).ok()).unwrap_or_else(Duration::zero);
            Settlement {
                // What the destination asks for, and never less than our own pause.
                next_at: now + asked.max(pause(tries, chance)),
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

    #[test]
    fn a_destination_that_asks_for_time_gets_it() {
        let outcome = Outcome::Retry { after: Some(std::time::Duration::from_secs(60)), why: "429".into() };
        assert!(after_attempt(&delivery(0), outcome, at(0), 0.0, Duration::zero()).next_at >= at(60));
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
        let last = after_attempt(
            &delivery(ATTEMPTS_MAX - 1),
            Outcome::Retry { after: None, why: "no.".into() },
            at(0),
            0.0,
            Duration::zero(),
        );
        assert_eq!(last.state, DeliveryState::Failed);
        assert!(last.error.unwrap().contains("outbox retry 7"));
    }
}

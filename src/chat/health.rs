//! How the door stands: for the metrics and whoever wonders why the bot is silent.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::desk::{absence, clock::World};

/// How often a chat is asked that answers nothing.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(5);

/// The longest that an answer is on its way.
const UNDER_WAY: chrono::Duration = chrono::Duration::seconds(1);

/// How a door stands by the way on which it hears: it is there when commands are heard.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<absence::Standing>);

impl Standing {
    pub fn look(&self) -> absence::Standing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Returns whether that is news.
    pub fn set_connected(&self, connected: bool, now: DateTime<Utc>) -> bool {
        let mut stands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = stands.is_there != connected || stands.since.is_none();
        if is_news {
            (stands.is_there, stands.since) = (connected, Some(now));
        }
        is_news
    }
    /// What went wrong, with what to do.
    pub fn error(&self, error: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).why = Some(error.into());
    }
}

/// What comes of the requests to a chat that is heard by another way: a socket may live on while every request fails.
#[derive(Debug, Default)]
pub(super) struct Reach {
    now: Mutex<Answering>,
    /// Requests begin to fail, or are answered again.
    changed: Notify,
}

#[derive(Debug, Clone, Default)]
struct Answering {
    /// Why requests get no answer; `None`: they are answered, or none was made yet.
    lost: Option<String>,
    /// Since when it is so; `None`: none ever failed.
    since: Option<DateTime<Utc>>,
    /// When the last answer came.
    answered_at: Option<DateTime<Utc>>,
}

impl Reach {
    fn lock(&self) -> MutexGuard<'_, Answering> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what comes of a request; `lost` says why it got no answer, where that is so.
    pub async fn noting<T, E>(
        &self,
        world: &dyn World,
        request: impl Future<Output = Result<T, E>>,
        lost: impl FnOnce(&E) -> Option<String>,
    ) -> Result<T, E> {
        let begun = world.now();
        let done = request.await;
        self.note(begun, world.now(), done.as_ref().err().and_then(lost));
        done
    }

    /// What came of a request that was begun then; `lost` is why it got no answer. A refusal is an answer.
    fn note(&self, begun: DateTime<Utc>, now: DateTime<Utc>, lost: Option<String>) {
        let mut reach = self.lock();
        // One that was under way when another was answered says nothing.
        if lost.is_some() && reach.answered_at.is_some_and(|at| at > begun) {
            return;
        }
        let is_news = lost.is_some() != reach.lost.is_some();
        if is_news {
            reach.since = Some(if lost.is_some() { begun } else { now });
            self.changed.notify_one();
        }
        if lost.is_none() {
            reach.answered_at = Some(now);
        }
        reach.lost = lost;
    }

    /// Why requests get no answer just now.
    pub fn lost(&self) -> Option<String> {
        self.lock().lost.clone()
    }

    /// Requests were answered after this time, and are still.
    fn answers_since(&self, at: DateTime<Utc>) -> bool {
        let reach = self.lock();
        // What was under way when the other way broke says nothing.
        reach.lost.is_none() && reach.answered_at.is_some_and(|answered| answered > at + UNDER_WAY)
    }

    /// A door that hears by a connection of its own: where that is lost and requests are answered, lines go out all the same.
    pub fn with_connection(&self, heard: absence::Standing) -> absence::Standing {
        let is_deaf = self.is_deaf(&heard);
        absence::Standing { is_deaf, ..self.with(heard) }
    }

    fn is_deaf(&self, heard: &absence::Standing) -> bool {
        !heard.is_there && heard.since.is_some_and(|since| self.answers_since(since))
    }

    /// A door that stands so by the way on which it hears, with what comes of its requests.
    pub fn with(&self, heard: absence::Standing) -> absence::Standing {
        let Answering { lost, since, .. } = self.lock().clone();
        match lost {
            Some(why) if heard.is_there => {
                absence::Standing { is_there: false, since, why: Some(why), is_deaf: false }
            }
            Some(_) => {
                let since = [heard.since, since].into_iter().flatten().min();
                absence::Standing { since, ..heard }
            }
            None if heard.is_there => absence::Standing { since: heard.since.max(since), ..heard },
            None => heard,
        }
    }

    /// As soon as requests fail, has the chat asked until it answers, this often; `back` is for when that was more than the
    /// trouble of one request. Where nothing is `heard` and nobody has asked the chat anything since, it is asked whether it
    /// answers at all. Until `stop`.
    pub async fn attend<A, B>(
        &self,
        (chat, every): (&str, Duration),
        stop: &CancellationToken,
        heard: impl Fn() -> absence::Standing,
        ask: impl Fn() -> A,
        back: impl Fn() -> B,
    ) where
        A: Future<Output = ()>,
        B: Future<Output = ()>,
    {
        let attending = async {
            while !stop.is_cancelled() {
                tokio::select! {
                    () = self.changed.notified() => {}
                    () = tokio::time::sleep(every) => {}
                }
                let heard = heard();
                if !heard.is_there && heard.since.is_some() && self.lost().is_none() && !self.is_deaf(&heard)
                {
                    ask().await;
                }
                let mut is_away = false;
                while self.lost().is_some() {
                    ask().await;
                    let Some(why) = self.lost() else { break };
                    if !is_away {
                        is_away = true;
                        tracing::warn!(chat, why, "requests get no answer");
                    }
                    tokio::select! {
                        () = self.changed.notified() => {}
                        () = tokio::time::sleep(every) => {}
                    }
                }
                if is_away {
                    tracing::info!(chat, "requests are answered again");
                    back().await;
                    // What was under way at that moment may fail still.
                    tokio::time::sleep(every).await;
                    back().await;
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = attending => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn heard(is_there: bool, since: i64) -> absence::Standing {
        let why = (!is_there).then(|| "the socket broke".to_owned());
        absence::Standing { is_there, since: Some(at(since)), why, is_deaf: false }
    }

    fn no_answer() -> Option<String> {
        Some("no answer in time".to_owned())
    }

    #[test]
    fn a_chat_that_is_heard_and_answers_nothing_is_away_since_the_first_request_that_failed() {
        let reach = Reach::default();
        assert_eq!(reach.with(heard(true, 1)), heard(true, 1), "nothing was asked yet");
        reach.note(at(10), at(11), None);
        reach.note(at(20), at(30), no_answer());
        reach.note(at(31), at(41), no_answer());
        let away =
            absence::Standing { is_there: false, since: Some(at(20)), why: no_answer(), is_deaf: false };
        assert_eq!(reach.with(heard(true, 1)), away);
        // The first answer ends it; both ways are there since then.
        reach.note(at(50), at(51), None);
        assert_eq!(reach.with(heard(true, 1)), heard(true, 51));
        assert_eq!(reach.with(heard(true, 60)), heard(true, 60));
    }

    #[test]
    fn a_chat_that_is_not_heard_takes_lines_only_by_what_it_answered_after_that() {
        let reach = Reach::default();
        let is_deaf = || reach.with_connection(heard(false, 10)).is_deaf;
        reach.note(at(9), at(10), None);
        assert!(!is_deaf(), "it may be gone since");
        reach.note(at(20), at(21), None);
        assert!(is_deaf());
        assert!(!reach.with(heard(false, 10)).is_deaf, "what it says comes to us by requests of its own");
        reach.note(at(30), at(40), no_answer());
        assert!(!is_deaf());
        assert!(!reach.with_connection(heard(true, 10)).is_deaf);
    }

    #[test]
    fn what_fails_late_says_nothing_of_a_chat_that_answered_meanwhile() {
        let reach = Reach::default();
        reach.note(at(5), at(6), None);
        reach.note(at(1), at(11), no_answer());
        assert_eq!(reach.with(heard(true, 1)), heard(true, 1));
    }

    #[test]
    fn of_two_ways_that_fail_the_absence_counts_from_the_first_and_ends_with_the_last() {
        let reach = Reach::default();
        reach.note(at(20), at(30), no_answer());
        assert_eq!(reach.with(heard(false, 25)), heard(false, 20));
        assert_eq!(reach.with(heard(false, 5)), heard(false, 5));
        reach.note(at(40), at(41), None);
        assert_eq!(reach.with(heard(false, 25)), heard(false, 25));
    }
}

//! What may come of a request to a chat other than that it was done, and what a person is told of it.

use std::time::Duration;

use super::wire::{TOO_LATE, plainly};
use crate::outbox::port::Outcome;

/// After a mistake that only a person can mend.
pub(super) const AFTER_MISTAKE: Duration = Duration::from_secs(300);
/// Waits of up to this length are sat out where nothing else waits, so many in a row.
const PATIENT_WAIT: Duration = Duration::from_secs(5);
const PATIENT_TRIES: u32 = 3;
/// An answer to somebody is tried so often.
const ANSWER_TRIES: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the bot was about to do when the chat objected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Post,
    Edit,
    OpenChannel,
    OpenPrivate,
    LetIn,
    TakeOut,
    Read,
}

impl Doing {
    /// Doing it twice makes two of it.
    fn creates(self) -> bool {
        matches!(self, Self::Post | Self::OpenChannel | Self::OpenPrivate)
    }
    /// Fits in "The bot may not … the channel".
    pub fn word(self) -> &'static str {
        match self {
            Self::Post => "write in",
            Self::Edit => "edit its message in",
            Self::OpenChannel => "make a channel beside",
            Self::OpenPrivate => "make a private channel beside",
            Self::LetIn => "let people into",
            Self::TakeOut => "take people out of",
            Self::Read => "look into",
        }
    }
}

/// A refusal in the words of its chat.
pub(super) trait Refusing {
    /// The chat, as people know it.
    const CHAT: &'static str;
    /// A sentence for whoever can mend it.
    fn why(&self) -> String;
    /// What becomes of an errand that is refused so.
    fn outcome(&self, doing: Doing, channel: &str) -> Outcome;
}

/// Why a request did not go well.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble<R> {
    /// No connection came about: it had no effect.
    NotSent(String),
    /// The connection broke after sending, or the answer is none: it may have had its effect.
    MaybeSent(String),
    /// Too much was asked; not again before this time has passed.
    Wait(Duration),
    Refused(R),
    /// The chat itself is in trouble; part of it may have been done.
    Broken(String),
}

impl<R: Refusing> Trouble<R> {
    /// What came of a request that got no answer. The address may have a secret in it.
    pub fn lost(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let why = plainly(&error);
        if error.is_connect() || error.is_builder() { Self::NotSent(why) } else { Self::MaybeSent(why) }
    }
    pub fn refusal(&self) -> Option<&R> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
    /// Why nobody answered, or nobody who could: the chat may be away.
    pub fn no_answer(&self) -> Option<String> {
        matches!(self, Self::NotSent(_) | Self::MaybeSent(_) | Self::Broken(_)).then(|| self.why())
    }
    pub fn is_refused(&self) -> bool {
        self.refusal().is_some()
    }

    pub fn why(&self) -> String {
        let chat = R::CHAT;
        match self {
            Self::NotSent(why) => format!("{chat} could not be reached: {why}."),
            Self::MaybeSent(why) => lost_answer(chat, why),
            Self::Wait(after) => format!("{chat} asks to wait {} s.", after.as_secs_f64().ceil()),
            Self::Refused(refusal) => refusal.why(),
            Self::Broken(what) => format!("{chat} is in trouble itself: it answered {what}."),
        }
    }

    /// What becomes of an errand.
    pub fn outcome(&self, doing: Doing, channel: &str) -> Outcome {
        let why = self.why();
        match self {
            Self::Wait(after) => Outcome::Retry { after: Some(*after), why },
            Self::NotSent(_) => Outcome::Retry { after: None, why },
            Self::MaybeSent(_) | Self::Broken(_) if doing.creates() => Outcome::Unknown { why },
            Self::MaybeSent(_) | Self::Broken(_) => Outcome::Retry { after: None, why },
            Self::Refused(refusal) => refusal.outcome(doing, channel),
        }
    }
}

/// What is said of a request that was sent, and got no answer.
pub(super) fn lost_answer(chat: &str, why: &str) -> String {
    if why == TOO_LATE {
        return format!("{chat} took the request and did not answer in time; it may have been done.");
    }
    format!("{chat} took the request, and its answer was lost: {why}. It may have been done.")
}

/// A person can mend it, and need not start anything again afterwards.
pub(super) fn forbidden(why: &str) -> Outcome {
    Outcome::Forbidden { why: format!("{why} It is tried again by itself.") }
}

/// Whether a chat asks for time.
pub(super) trait Limiting {
    /// So much, if so.
    fn wait(&self) -> Option<Duration>;
}

impl<R> Limiting for Trouble<R> {
    fn wait(&self) -> Option<Duration> {
        match self {
            Self::Wait(after) => Some(*after),
            _ => None,
        }
    }
}

/// What nothing else waits for: where the chat asks for a moment, it gets it at once.
pub(super) async fn patiently<T, E, F>(attempt: impl Fn() -> F) -> Result<T, E>
where
    E: Limiting,
    F: Future<Output = Result<T, E>>,
{
    for _ in 0..PATIENT_TRIES {
        let done = attempt().await;
        let wait = done.as_ref().err().and_then(Limiting::wait);
        let Some(wait) = wait.filter(|wait| *wait <= PATIENT_WAIT) else { return done };
        tokio::time::sleep(wait).await;
    }
    attempt().await
}

/// What somebody waits for: tried until it is done or refused, or was tried often enough.
pub(super) async fn insist<T, R, F>(attempt: impl Fn() -> F) -> Result<T, Trouble<R>>
where
    R: Refusing,
    F: Future<Output = Result<T, Trouble<R>>>,
{
    for try_number in 1..ANSWER_TRIES {
        match attempt().await {
            Err(Trouble::Wait(after)) => tokio::time::sleep(after.min(LONGEST_WAIT)).await,
            Err(trouble) if !trouble.is_refused() => {
                tokio::time::sleep(Duration::from_secs(1 << try_number)).await;
            }
            done => return done,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Never;

    impl Refusing for Never {
        const CHAT: &'static str = "The chat";
        fn why(&self) -> String {
            "Never.".into()
        }
        fn outcome(&self, _: Doing, _: &str) -> Outcome {
            Outcome::Failed { why: self.why() }
        }
    }

    #[test]
    fn what_may_have_arrived_is_looked_for_before_it_is_sent_again() {
        let unknown =
            |trouble: &Trouble<Never>, doing| matches!(trouble.outcome(doing, "C1"), Outcome::Unknown { .. });
        for trouble in [Trouble::MaybeSent("x".into()), Trouble::Broken("502".into())] {
            assert!(unknown(&trouble, Doing::Post) && unknown(&trouble, Doing::OpenChannel));
            assert!(!unknown(&trouble, Doing::Edit), "an edit may be made again");
        }
        assert!(!unknown(&Trouble::NotSent("x".into()), Doing::Post));
        assert!(!unknown(&Trouble::Refused(Never), Doing::Post));
    }

    #[test]
    fn whoever_waited_for_an_answer_hears_that_it_may_have_been_done() {
        let why = |lost: &str| Trouble::<Never>::MaybeSent(lost.into()).why();
        assert_eq!(
            why(TOO_LATE),
            "The chat took the request and did not answer in time; it may have been done."
        );
        assert_eq!(
            why("the connection was cut"),
            "The chat took the request, and its answer was lost: the connection was cut. It may have been done."
        );
    }
}

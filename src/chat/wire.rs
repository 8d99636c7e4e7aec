//! What every chat's requests have in common.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration as StdDuration,
};

use chrono::{DateTime, Duration, Utc};
use reqwest::Response;
use sha2::{Digest, Sha256};

pub(super) use crate::outbox::wire::{TOO_LATE, plainly};
use crate::{alert::text::one_line, config::Secret};

const CONNECT: StdDuration = StdDuration::from_secs(5);
/// The longest that a request takes, unless it says otherwise.
pub(super) const TOTAL: StdDuration = StdDuration::from_secs(15);
/// Answers longer than this many bytes are cut, and then do not parse.
pub(super) const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Of a chat's words on a refusal, so many characters are quoted.
const QUOTE_CHARS_MAX: usize = 300;

/// A client with time limits that follows nobody elsewhere.
///
/// # Errors
/// When none can be built on this machine.
pub(super) fn client(chat: &str) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .pool_idle_timeout(StdDuration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("commandpost/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| format!("The HTTP client for {chat} could not be built: {e}."))
}

/// The body of an answer.
///
/// # Errors
/// Why there is no whole one: it is longer than this many bytes, or broke off.
pub(super) async fn body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= bytes_max => bytes.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err("the answer is too long".into()),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(plainly(&error.without_url())),
        }
    }
}

/// A word of a chat's on what it refuses: one line, capped. Our tokens are taken out first: what is left of one that was cut, or
/// that a blank stands in, nobody would recognize.
pub(super) fn quote(said: &str, tokens: &[&Secret]) -> String {
    let said = tokens.iter().fold(said.to_owned(), |said, token| token.redact(&said));
    one_line(&said, QUOTE_CHARS_MAX)
}

/// A transaction id: the same whenever the same thing is sent again, and another on another installation.
pub(super) fn txn(tag: &str, once: &str) -> String {
    hex::encode(Sha256::digest(format!("{tag}\n{once}").as_bytes())).chars().take(40).collect()
}

/// Until when nothing is to be sent.
#[derive(Debug, Default)]
pub(super) struct Brake(Mutex<Option<DateTime<Utc>>>);

impl Brake {
    /// How long nothing is to be sent yet.
    pub fn left(&self, now: DateTime<Utc>) -> Option<StdDuration> {
        let mut brake = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *brake = brake.filter(|until| *until > now);
        (*brake).and_then(|until| (until - now).to_std().ok())
    }
    pub fn set(&self, now: DateTime<Utc>, wait: StdDuration) {
        let until = now + Duration::from_std(wait).unwrap_or_else(|_| Duration::seconds(60));
        let mut brake = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *brake = (*brake).max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_again_has_the_same_transaction_and_no_other_has() {
        assert_eq!(txn("a", "INC-1/7"), txn("a", "INC-1/7"));
        assert_ne!(txn("a", "INC-1/7"), txn("a", "INC-1/8"));
        assert_ne!(txn("a", "INC-1/7"), txn("b", "INC-1/7"), "another installation counts from one as well");
    }
}

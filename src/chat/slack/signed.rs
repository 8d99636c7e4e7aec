//! Requests of Slack over HTTP, each signed with the app's secret.
//!
//! After <https://docs.slack.dev/authentication/verifying-requests-from-slack>, by [`Scheme::Slack`]: over the bytes as they
//! came, not older than five minutes, nor than this door, which remembers what came to it and no longer.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    SlackDoor,
    heard::{Heard, Says, Way},
};
use crate::{
    chat::Unproven,
    config::Secret,
    signature::{Plain, Request, Scheme, Unsigned},
};

/// Slack waits three seconds, and doing what it says takes two.
const KNOWN_WITHIN: Duration = Duration::from_millis(900);

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Signed {
    /// `X-Slack-Request-Timestamp`
    pub timestamp: Option<String>,
    /// `X-Slack-Signature`
    pub signature: Option<String>,
    /// `X-Slack-Retry-Num`
    pub retry: Option<String>,
    pub body: Vec<u8>,
}

impl Signed {
    /// Whether it is Slack's. `now` in seconds.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn verify(&self, secret: &Secret, now: i64) -> Result<(), Unproven> {
        self.prove(secret, now).map(drop)
    }

    /// Whether it is Slack's: when it was signed, in seconds, and its signature, the same however that is written.
    fn prove(&self, secret: &Secret, now: i64) -> Result<(i64, String), Unproven> {
        let key = Scheme::Slack.key(secret.expose()).map_err(|_| Unproven::Forged)?;
        let header = |name: &str| match name {
            "X-Slack-Signature" => self.signature.as_deref(),
            "X-Slack-Request-Timestamp" => self.timestamp.as_deref(),
            _ => None,
        };
        let request = Request { header: &header, body: &self.body };
        let proven = Scheme::Slack.verify(request, &[key], &Plain::default(), now);
        let proven = proven.map_err(|why| match why {
            Unsigned::Stale { .. } => Unproven::Late,
            _ => Unproven::Forged,
        })?;
        let at = self.timestamp.as_deref().and_then(|at| at.parse().ok());
        at.zip(proven.id).ok_or(Unproven::Forged)
    }

    pub(super) fn payload(&self, way: Way) -> Result<Value, Unproven> {
        let json = |text: &[u8]| serde_json::from_slice(text).map_err(|_| Unproven::Unreadable);
        let pairs = || url::form_urlencoded::parse(&self.body);
        match way {
            Way::Event => json(&self.body),
            Way::Interaction => {
                let payload = pairs().find(|(name, _)| name == "payload").ok_or(Unproven::Unreadable)?;
                json(payload.1.as_bytes())
            }
            Way::Command => {
                let all: serde_json::Map<String, Value> =
                    pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect();
                Ok(Value::Object(all))
            }
        }
    }
}

impl SlackDoor {
    /// Whether requests over HTTP are taken at all.
    pub fn takes_requests(&self) -> bool {
        self.settings.signing_secret.is_some()
    }

    /// Takes a request; returns what it is answered with, always within three seconds. An empty answer is `None`.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn receive(self: Arc<Self>, way: Way, request: &Signed) -> Result<Option<Value>, Unproven> {
        let secret = self.settings.signing_secret.clone().unwrap_or_default();
        let (signed_at, signature) = request.prove(&secret, self.desk.world.now().timestamp())?;
        // An event that Slack says again it marks so. The mark is not signed, and need not be: what an event did is in the journal under
        // its id (a 📌 under its message), so it is done once, whatever restarts lie between. All else that comes again, whoever listened
        // in sends.
        let may_repeat = way == Way::Event && request.retry.is_some();
        if signed_at < self.opened_at && !may_repeat {
            let seconds = self.opened_at - signed_at;
            tracing::warn!(
                seconds,
                "a request of Slack's is refused: it was signed before the start. If nobody sent it again, the clock here is ahead of Slack's"
            );
            return Err(Unproven::Late);
        }
        if !self.signatures.is_first(&signature) && !may_repeat {
            return Err(Unproven::Repeated);
        }
        let payload = request.payload(way)?;
        if way == Way::Event && payload["type"] == "url_verification" {
            return Ok(Some(json!({"challenge": payload["challenge"]})));
        }
        // An event Slack says again, and whoever pressed something is told that it did not work; a command is answered in words.
        if self.is_too_early(way, &payload).await {
            tracing::warn!("Slack is asked to say something again: it has not told yet whom the bot serves");
            return Err(Unproven::TooEarly);
        }
        if let Some(retry) = &request.retry {
            let retry: String = retry.chars().take(4).collect();
            tracing::info!(retry, "Slack says something again");
        }
        let ack = self.hear(way, &payload, true).await;
        Ok(ack.body.as_object().is_some_and(|body| !body.is_empty()).then_some(ack.body))
    }

    /// Whether Slack, which cannot be asked now, has never said for whom this is.
    async fn is_too_early(&self, way: Way, payload: &Value) -> bool {
        let Some(heard) = Heard::read(way, payload) else { return false };
        let is_mention = match heard.says {
            Says::Slash { .. } => return false,
            Says::Mention { .. } => true,
            _ => false,
        };
        let knows = async {
            (heard.teams.is_empty() || self.team().await.is_some())
                && (!is_mention || self.me().await.is_some())
        };
        !timeout(KNOWN_WITHIN, knows).await.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Slack's documentation.
    fn documented() -> (Secret, Signed) {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
                    channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
                    response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
                    trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let signed = Signed {
            timestamp: Some("1531420618".into()),
            signature: Some("v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503".into()),
            retry: None,
            body: body.as_bytes().to_vec(),
        };
        (Secret::new("8f742231b10e8888abcd99yyyzzz85a5"), signed)
    }

    #[test]
    fn what_slack_signed_is_taken_for_five_minutes_and_not_a_bit_may_differ() {
        let (secret, good) = documented();
        let at = 1_531_420_618;
        assert_eq!(good.verify(&secret, at), Ok(()));
        assert_eq!(good.verify(&secret, at + 300), Ok(()));
        for now in [at + 301, at - 301, 0, i64::MAX, i64::MIN] {
            assert_eq!(good.verify(&secret, now), Err(Unproven::Late), "{now}");
        }
        for at_byte in 0..good.body.len() {
            let mut bad = good.clone();
            bad.body[at_byte] ^= 1;
            assert_eq!(bad.verify(&secret, at), Err(Unproven::Forged));
        }
        for signature in [None, Some(""), Some("v0="), Some("v0=a2"), Some("v1=a2114d57"), Some("v0=zz")] {
            let bad = Signed { signature: signature.map(str::to_owned), ..good.clone() };
            assert_eq!(bad.verify(&secret, at), Err(Unproven::Forged), "{signature:?}");
        }
        for timestamp in [None, Some("1531420619"), Some("soon"), Some("")] {
            let bad = Signed { timestamp: timestamp.map(str::to_owned), ..good.clone() };
            assert_eq!(bad.verify(&secret, at), Err(Unproven::Forged), "{timestamp:?}");
        }
        assert_eq!(good.verify(&Secret::default(), at), Err(Unproven::Forged));
        assert_eq!(good.verify(&Secret::new("another"), at), Err(Unproven::Forged));
    }

    #[test]
    fn a_signature_is_the_same_however_its_digits_are_written() {
        let (secret, good) = documented();
        let at = 1_531_420_618;
        let digits = good.signature.clone().unwrap().replace("v0=", "");
        let loud = Signed { signature: Some(format!("v0={}", digits.to_uppercase())), ..good.clone() };
        assert_eq!(good.prove(&secret, at), Ok((at, digits)));
        assert_eq!(loud.prove(&secret, at), good.prove(&secret, at));
    }

    #[test]
    fn a_body_is_read_by_the_way_it_came() {
        let (_, good) = documented();
        assert_eq!(good.payload(Way::Command).unwrap()["user_name"], "roadrunner");
        assert_eq!(good.payload(Way::Interaction), Err(Unproven::Unreadable));
        assert_eq!(good.payload(Way::Event), Err(Unproven::Unreadable));
        let form =
            Signed { body: b"payload=%7B%22type%22%3A%22shortcut%22%7D".to_vec(), ..Signed::default() };
        assert_eq!(form.payload(Way::Interaction).unwrap()["type"], "shortcut");
    }
}

//! Interactions over HTTP, each signed with the application's key.
//!
//! After <https://discord.com/developers/docs/interactions/overview>: Ed25519 over the timestamp and the bytes of the body as
//! they came. Discord tries the endpoint with wrong signatures, and takes it only if those are refused with 401. A request that
//! comes again is known by its interaction's id, which is signed, and by being older than this door.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    DiscordDoor,
    asked::{Asked, Awaited},
};
use crate::chat::Unproven;

/// The last part of the path that Discord is told.
pub const WAY: &str = "interactions";
/// A request may be this many seconds old, or early by a clock that is wrong. Within them its interaction's id is remembered.
const WINDOW_SECONDS: i64 = 300;
/// The first answer is there before this: what takes longer was announced.
const FIRST_ANSWER: Duration = Duration::from_millis(2_500);
/// Discord asks whether somebody is there.
const PING: u64 = 1;

/// A request as it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    /// `X-Signature-Timestamp`
    pub timestamp: Option<String>,
    /// `X-Signature-Ed25519`
    pub signature: Option<String>,
    pub body: Vec<u8>,
}

/// The application's key, from the settings.
///
/// # Errors
/// A sentence, when it is none.
pub(super) fn key(text: &str) -> Result<VerifyingKey, String> {
    let bytes: Option<[u8; 32]> = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    key.filter(|key| !key.is_weak()).ok_or_else(|| {
        "`discord.public_key` is no public key of an application. Copy it from General Information in Discord's \
         developer portal."
            .to_owned()
    })
}

impl Signed {
    /// Whether it is Discord's. `now` in seconds.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn verify(&self, key: &VerifyingKey, now: i64) -> Result<(), Unproven> {
        self.prove(key, now).map(drop)
    }

    /// Whether it is Discord's: when it was signed, in seconds.
    fn prove(&self, key: &VerifyingKey, now: i64) -> Result<i64, Unproven> {
        let timestamp = self.timestamp.as_deref().ok_or(Unproven::Forged)?;
        let at: i64 = timestamp.parse().map_err(|_| Unproven::Forged)?;
        let signature = self.signature.as_deref().and_then(|digits| hex::decode(digits).ok());
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        let signed = [timestamp.as_bytes(), &self.body].concat();
        key.verify_strict(&signed, &signature.ok_or(Unproven::Forged)?).map_err(|_| Unproven::Forged)?;
        if at.abs_diff(now) > WINDOW_SECONDS.unsigned_abs() {
            return Err(Unproven::Late);
        }
        Ok(at)
    }
}

impl Awaited {
    fn new() -> (Self, oneshot::Receiver<Value>) {
        let (tell, told) = oneshot::channel();
        (Self(Arc::new(Mutex::new(Some(tell)))), told)
    }

    /// Answers the request. False: it has its answer, or nobody waits any more.
    pub fn answer(&self, body: Value) -> bool {
        let tell = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        tell.is_some_and(|tell| tell.send(body).is_ok())
    }
}

impl DiscordDoor {
    /// Whether requests over HTTP are taken at all.
    pub fn takes_requests(&self) -> bool {
        self.key.is_some()
    }

    /// Takes a request; returns what it is answered with, always within three seconds.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn receive(self: Arc<Self>, request: &Signed) -> Result<Value, Unproven> {
        let key = self.key.as_ref().ok_or(Unproven::Forged)?;
        let signed_at = request.prove(key, self.desk.world.now().timestamp())?;
        let event: Value = serde_json::from_slice(&request.body).map_err(|_| Unproven::Unreadable)?;
        // Nothing is done for it, and Discord may give up an endpoint that refuses one: it is answered whenever it was signed.
        if event["type"] == PING {
            return Ok(json!({"type": PING}));
        }
        if signed_at < self.opened_at {
            let seconds = self.opened_at - signed_at;
            tracing::warn!(
                seconds,
                "a request of Discord's is refused: it was signed before the start. If nobody sent it again, the clock here is ahead of Discord's"
            );
            return Err(Unproven::Late);
        }
        let (awaited, told) = Awaited::new();
        let asked = Asked { awaited: Some(awaited), ..self.take_up(&event)? };
        tokio::spawn(self.act(asked));
        match tokio::time::timeout(FIRST_ANSWER, told).await {
            Ok(Ok(body)) => Ok(body),
            // It is given by a request of our own, if Discord still takes it.
            _ => Ok(Value::Null),
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const AT: i64 = 1_800_000_000;

    /// Signed with the first key of RFC 8032, section 7.1.
    fn signed(body: &str) -> (VerifyingKey, Signed) {
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let secret: [u8; 32] = hex::decode(secret).unwrap().try_into().unwrap();
        let signing = SigningKey::from_bytes(&secret);
        let public = key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        assert_eq!(public, signing.verifying_key());
        let signature = hex::encode(signing.sign(format!("{AT}{body}").as_bytes()).to_bytes());
        let (timestamp, body) = (Some(AT.to_string()), body.as_bytes().to_vec());
        (public, Signed { timestamp, signature: Some(signature), body })
    }

    #[test]
    fn what_discord_signed_is_taken_for_five_minutes_and_not_a_bit_may_differ() {
        let (key, good) = signed("{\"type\":1}");
        for now in [AT, AT + 300, AT - 300] {
            assert_eq!(good.verify(&key, now), Ok(()), "{now}");
        }
        for now in [AT + 301, AT - 301, 0, i64::MAX, i64::MIN] {
            assert_eq!(good.verify(&key, now), Err(Unproven::Late), "{now}");
        }
        for n in 0..good.body.len() {
            let mut bad = good.clone();
            bad.body[n] ^= 1;
            assert_eq!(bad.verify(&key, AT), Err(Unproven::Forged));
        }
        let signature = good.signature.clone().unwrap();
        for n in 0..signature.len() {
            let mut digits = signature.clone().into_bytes();
            digits[n] = if digits[n] == b'0' { b'1' } else { b'0' };
            let bad = Signed { signature: String::from_utf8(digits).ok(), ..good.clone() };
            assert_eq!(bad.verify(&key, AT), Err(Unproven::Forged));
        }
        for timestamp in [None, Some("1800000001"), Some("soon"), Some(""), Some("+1800000000")] {
            let bad = Signed { timestamp: timestamp.map(str::to_owned), ..good.clone() };
            assert_eq!(bad.verify(&key, AT), Err(Unproven::Forged), "{timestamp:?}");
        }
        for given in [None, Some(""), Some("00"), Some(&signature[2..]), Some("zz")] {
            let bad = Signed { signature: given.map(str::to_owned), ..good.clone() };
            assert_eq!(bad.verify(&key, AT), Err(Unproven::Forged), "{given:?}");
        }
        // The second key of RFC 8032.
        let other = self::key("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").unwrap();
        assert_eq!(good.verify(&other, AT), Err(Unproven::Forged));
    }

    #[test]
    fn a_key_under_which_everything_is_signed_is_none() {
        for bad in ["00".repeat(32), format!("01{}", "00".repeat(31)), "x".repeat(64), String::new()] {
            assert!(key(&bad).is_err(), "{bad}");
        }
    }
}

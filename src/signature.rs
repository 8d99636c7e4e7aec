//! Signed webhooks: what each scheme signs with a secret that two sides know, and where it stands in the request.
//!
//! Over the bytes as they came, compared in constant time; the time is an argument. A scheme that signs a time is held to
//! [`WINDOW_SECONDS`]; what identifies a delivery is handed on, so that the same one again is known for what it is. Of a
//! signature that is its bytes: their digits may be written in several ways.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A request may have been signed this many seconds ago, or ahead by a clock that is wrong.
pub const WINDOW_SECONDS: u64 = 300;
/// Signatures of one request that are looked at: two secrets, a few versions.
const SIGNATURES_MAX: usize = 16;
/// An id of a delivery that is longer is none.
const ID_BYTES_MAX: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// [Standard Webhooks](https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp`, `webhook-signature` (or `svix-…`)
    StandardWebhooks,
    /// PagerDuty's webhooks v3: `X-PagerDuty-Signature`
    Pagerduty,
    /// Sentry's integrations: `Sentry-Hook-Signature`
    Sentry,
    /// GitHub, Gitea and Forgejo: `X-Hub-Signature-256`
    Github,
    /// as Slack signs: `X-Slack-Signature` over `v0`, the time and the body
    Slack,
    /// HMAC-SHA-256 of the body, in hex or Base64, in the header that `signature_header` names
    HmacSha256,
}

/// Where a plain HMAC stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plain {
    pub header: String,
    /// A header with the time in seconds: it is signed then, with a colon before the body.
    pub timestamp_header: Option<String>,
}

/// A secret, ready to sign with. It cannot be printed.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// A request as it came: its headers by name, its body.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    pub header: &'r dyn Fn(&str) -> Option<&'r str>,
    pub body: &'r [u8],
}

/// What a signature proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Which of the keys fits.
    pub key: usize,
    /// What the same delivery has again when it is sent again.
    pub id: Option<String>,
}

/// Why a request is not taken for signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    #[error("The header {0} is missing.")]
    Missing(String),
    #[error("The header {0} does not hold a signature of this scheme.")]
    Malformed(String),
    #[error("No signature in {0} fits this body and the secret.")]
    Forged(String),
    #[error("It was signed {seconds} seconds {way}; {WINDOW_SECONDS} are allowed.")]
    Stale { seconds: u64, way: &'static str },
}

impl Scheme {
    /// A secret of this scheme, as it is handed out.
    ///
    /// # Errors
    /// A sentence that says nothing of the secret.
    pub fn key(self, secret: &str) -> Result<Key, &'static str> {
        let decoded = match self {
            Self::StandardWebhooks => {
                let text = secret.strip_prefix("whsec_").unwrap_or(secret);
                STANDARD
                    .decode(text)
                    .map_err(|_| "this is no secret of Standard Webhooks: `whsec_` and Base64")?
            }
            _ => secret.as_bytes().to_vec(),
        };
        if decoded.is_empty() {
            return Err("the secret is empty");
        }
        Hmac::new_from_slice(&decoded).map(Key).map_err(|_| "the secret cannot be a key")
    }

    /// Whether one of the keys signed this request, now, in seconds.
    ///
    /// # Errors
    /// [`Unsigned`], in words for whoever set the sender up.
    pub fn verify(
        self,
        request: Request<'_>,
        keys: &[Key],
        plain: &Plain,
        now: i64,
    ) -> Result<Proven, Unsigned> {
        let body = request.body;
        match self {
            Self::StandardWebhooks => {
                let either = |name: &str| {
                    let found = (request.header)(&format!("webhook-{name}"));
                    found.or_else(|| (request.header)(&format!("svix-{name}")))
                };
                let need =
                    |name: &str| either(name).ok_or_else(|| Unsigned::Missing(format!("webhook-{name}")));
                let (id, at, given) = (need("id")?, need("timestamp")?, need("signature")?);
                let given = given.split_ascii_whitespace().filter_map(|one| one.strip_prefix("v1,"));
                let given = given.filter_map(|text| STANDARD.decode(text).ok());
                let parts = [id.as_bytes(), b".", at.as_bytes(), b".", body];
                let (key, _) = fits("webhook-signature", &parts, given, keys)?;
                is_fresh("webhook-timestamp", at, now)?;
                Ok(Proven { key, id: known(id) })
            }
            Self::Pagerduty => {
                let name = "X-PagerDuty-Signature";
                let given = request.need(name)?.split(',').filter_map(|one| one.trim().strip_prefix("v1="));
                let (key, _) = fits(name, &[body], given.filter_map(unhex), keys)?;
                Ok(Proven { key, id: event_id(body) })
            }
            Self::Sentry => {
                let name = "Sentry-Hook-Signature";
                let given = unhex(request.need(name)?);
                let (key, signature) = fits(name, &[body], given.into_iter(), keys)?;
                Ok(Proven { key, id: request.told_id("request-id", &signature) })
            }
            Self::Github => {
                let name = "X-Hub-Signature-256";
                let given = request.need(name)?.strip_prefix("sha256=").and_then(unhex);
                let (key, signature) = fits(name, &[body], given.into_iter(), keys)?;
                Ok(Proven { key, id: request.told_id("x-github-delivery", &signature) })
            }
            Self::Slack => {
                let (name, when) = ("X-Slack-Signature", "X-Slack-Request-Timestamp");
                let (given, at) = (request.need(name)?, request.need(when)?);
                let parts = [b"v0:", at.as_bytes(), b":", body];
                let given = given.strip_prefix("v0=").and_then(unhex);
                let (key, signature) = fits(name, &parts, given.into_iter(), keys)?;
                is_fresh(when, at, now)?;
                Ok(Proven { key, id: Some(signature) })
            }
            Self::HmacSha256 => {
                let given = request.need(&plain.header)?;
                let digits = given.strip_prefix("sha256=").unwrap_or(given);
                let decoded = unhex(digits).or_else(|| STANDARD.decode(digits).ok());
                let Some(when) = &plain.timestamp_header else {
                    // No id at all, rather than its signature: see `told_id`.
                    let (key, _) = fits(&plain.header, &[body], decoded.into_iter(), keys)?;
                    return Ok(Proven { key, id: None });
                };
                let at = request.need(when)?;
                let parts = [at.as_bytes(), b":", body];
                let (key, signature) = fits(&plain.header, &parts, decoded.into_iter(), keys)?;
                is_fresh(when, at, now)?;
                Ok(Proven { key, id: Some(signature) })
            }
        }
    }
}

impl<'r> Request<'r> {
    fn need(&self, name: &str) -> Result<&'r str, Unsigned> {
        (self.header)(name).ok_or_else(|| Unsigned::Missing(name.to_owned()))
    }

    /// The id of a delivery whose body alone is signed: what its sender says in a header, bound to the signature.
    ///
    /// The signature by itself would be none. Without a moment in it two events that say the same are signed the same: an alert
    /// that fires, ends, and fires again in the same words would be answered as the first one, and lost. So the header tells
    /// them apart, though nobody signed it; with the signature beside it, an id cannot be used up with another body. Whoever
    /// has listened can send a message again under another id: a known alert says once more what it said, which is counted as
    /// its repeat, or as a change if it said something else since. That is less than to lose one.
    fn told_id(&self, header: &str, signature: &str) -> Option<String> {
        let id = known((self.header)(header)?)?;
        Some(format!("{id}/{signature}"))
    }
}

/// Which key made one of the given signatures over the parts, one after another, and this signature in lower-case hex digits,
/// however it was written. Every pair is compared, whichever fits.
fn fits(
    header: &str,
    parts: &[&[u8]],
    given: impl Iterator<Item = Vec<u8>>,
    keys: &[Key],
) -> Result<(usize, String), Unsigned> {
    let given: Vec<Vec<u8>> = given.take(SIGNATURES_MAX).collect();
    if given.is_empty() {
        return Err(Unsigned::Malformed(header.to_owned()));
    }
    let mut found = None;
    for (at, Key(key)) in keys.iter().enumerate() {
        let mut mac = key.clone();
        parts.iter().for_each(|part| mac.update(part));
        for signature in &given {
            if mac.clone().verify_slice(signature).is_ok() && found.is_none() {
                found = Some((at, hex::encode(signature)));
            }
        }
    }
    found.ok_or_else(|| Unsigned::Forged(header.to_owned()))
}

fn is_fresh(header: &str, at: &str, now: i64) -> Result<(), Unsigned> {
    let at: i64 = at.parse().map_err(|_| Unsigned::Malformed(header.to_owned()))?;
    match at.abs_diff(now) {
        0..=WINDOW_SECONDS => Ok(()),
        seconds => Err(Unsigned::Stale { seconds, way: if at < now { "ago" } else { "ahead" } }),
    }
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    hex::decode(digits).ok()
}

fn known(id: &str) -> Option<String> {
    (!id.is_empty() && id.len() <= ID_BYTES_MAX).then(|| id.to_owned())
}

/// PagerDuty's id of an event stands in the body, so it is signed.
fn event_id(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        event: Event,
    }
    #[derive(Deserialize)]
    struct Event {
        id: String,
    }
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    known(&envelope.event.id)
}

#[cfg(any(test, fuzzing))]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

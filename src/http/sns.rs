//! Messages of Amazon SNS: signed by Amazon, of a topic that the settings name; a subscription to one of them confirmed.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>: a message names the certificate that
//! signed it. That is fetched from Amazon's own hosts alone, kept, and its key is what proves the message. What is asked for
//! stays bounded: few at a time, only for topics of ours, no redirect, nothing else than what Amazon's addresses look like.
//! A confirmation is asked for before SNS is answered: if that fails, SNS sends it again.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Duration, Utc};
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
    pem::PemObject,
};
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::Url;

/// Gets what stands at an address: within a few seconds, following no redirect.
pub type Fetch =
    Arc<dyn Fn(Url) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>> + Send + Sync>;

/// SNS tries for an hour to deliver; a longer policy is somebody's own.
const OLDEST: Duration = Duration::hours(24);
const AHEAD: Duration = Duration::minutes(5);
/// Amazon changes its certificates now and then.
const KEPT: Duration = Duration::hours(24);
const CERTIFICATES_MAX: usize = 16;
const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;
const FETCHES_MAX: usize = 4;

/// A certificate, and when it was fetched.
type Fetched = (Arc<CertificateDer<'static>>, DateTime<Utc>);

pub struct Sns {
    /// ARNs.
    topics: Vec<String>,
    fetch: Fetch,
    /// By address: the certificate, and when it was fetched.
    certificates: Mutex<HashMap<String, Fetched>>,
    fetching: Semaphore,
}

impl std::fmt::Debug for Sns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sns").field("topics", &self.topics).finish_non_exhaustive()
    }
}

/// What a message of Amazon's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Something to read. `id` is the same when SNS sends it again.
    Message { id: String },
    /// The subscription stands now.
    Confirmed { topic: String },
}

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error("This is no message of SNS: {0}.")]
    NoMessage(String),
    #[error("The topic {0} is none of those that the settings name.")]
    Topic(String),
    #[error("The message was signed at {0}, too long ago or in the future.")]
    Stale(String),
    #[error("The message names a certificate that does not stand at Amazon's.")]
    Foreign,
    #[error("The signature does not fit the message.")]
    Forged,
    /// It may be in order: SNS is to send it again.
    #[error("{0}")]
    Later(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    topic_arn: String,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    subject: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
}

impl Envelope {
    /// What Amazon signs: names and values, a line each.
    fn signed(&self) -> Result<String, Doubt> {
        let is_about_subscribing =
            matches!(self.kind.as_str(), "SubscriptionConfirmation" | "UnsubscribeConfirmation");
        let need = |name: &str, value: &Option<String>| {
            value.clone().ok_or_else(|| Doubt::NoMessage(format!("{name} is missing")))
        };
        let mut lines = vec![("Message", self.message.clone()), ("MessageId", self.message_id.clone())];
        if is_about_subscribing {
            lines.push(("SubscribeURL", need("SubscribeURL", &self.subscribe_url)?));
        } else if self.kind == "Notification" {
            lines.extend(self.subject.clone().map(|subject| ("Subject", subject)));
        } else {
            return Err(Doubt::NoMessage("its Type is unknown".into()));
        }
        lines.push(("Timestamp", self.timestamp.clone()));
        if is_about_subscribing {
            lines.push(("Token", need("Token", &self.token)?));
        }
        lines.push(("TopicArn", self.topic_arn.clone()));
        lines.push(("Type", self.kind.clone()));
        Ok(lines.into_iter().map(|(name, value)| format!("{name}\n{value}\n")).collect())
    }
}

/// `sha1WithRSAEncryption` (RFC 3279, section 2.2.1).
const SHA1_WITH_RSA: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
]);

/// Signature version 1: SHA-1, which Amazon still uses unless the topic says otherwise.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        SHA1_WITH_RSA
    }
}

impl Sns {
    /// Whether it takes messages of these topics.
    pub fn is_of(&self, topics: &[String]) -> bool {
        self.topics == topics
    }

    pub fn new(topics: Vec<String>, fetch: Fetch) -> Self {
        Self { topics, fetch, certificates: Mutex::default(), fetching: Semaphore::new(FETCHES_MAX) }
    }

    /// Whether a body is a message of Amazon's, and of a topic of ours. Confirms a subscription.
    ///
    /// # Errors
    /// [`Doubt`].
    pub async fn hear(&self, body: &[u8], now: DateTime<Utc>) -> Result<Heard, Doubt> {
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| {
            Doubt::NoMessage(
                "its envelope is not there. Raw message delivery has no signature: switch it off".into(),
            )
        })?;
        if !self.topics.contains(&envelope.topic_arn) {
            return Err(Doubt::Topic(envelope.topic_arn.chars().take(200).collect()));
        }
        let signed = envelope.signed()?;
        let signature = STANDARD.decode(&envelope.signature).map_err(|_| Doubt::Forged)?;
        let algorithm: &dyn SignatureVerificationAlgorithm = match envelope.signature_version.as_str() {
            "1" => &RsaSha1,
            "2" => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Doubt::NoMessage("its SignatureVersion is neither 1 nor 2".into())),
        };
        let certificate = self.certificate(&envelope.signing_cert_url, now).await?;
        let certificate = webpki::EndEntityCert::try_from(&*certificate)
            .map_err(|_| Doubt::Later("Amazon's certificate could not be read.".into()))?;
        certificate.verify_signature(algorithm, signed.as_bytes(), &signature).map_err(|_| Doubt::Forged)?;
        let at = DateTime::parse_from_rfc3339(&envelope.timestamp).ok();
        if !at.is_some_and(|at| now - at.to_utc() <= OLDEST && at.to_utc() - now <= AHEAD) {
            return Err(Doubt::Stale(envelope.timestamp.chars().take(40).collect()));
        }
        match (envelope.kind.as_str(), &envelope.subscribe_url) {
            ("SubscriptionConfirmation", Some(url)) => {
                let url = amazon(url).ok_or(Doubt::Foreign)?;
                self.get(url).await?;
                Ok(Heard::Confirmed { topic: envelope.topic_arn })
            }
            _ => Ok(Heard::Message { id: envelope.message_id }),
        }
    }

    async fn certificate(
        &self,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Arc<CertificateDer<'static>>, Doubt> {
        let url = amazon(address).filter(is_certificate).ok_or(Doubt::Foreign)?;
        let key = url.to_string();
        let kept = self.certificates.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((certificate, at)) = kept
            && now - at < KEPT
        {
            return Ok(certificate);
        }
        let bytes = self.get(url).await?;
        let certificate = CertificateDer::from_pem_slice(&bytes)
            .map_err(|_| Doubt::Later("What Amazon gave for its certificate is none.".into()))?;
        let certificate = Arc::new(certificate);
        let mut certificates = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if certificates.len() >= CERTIFICATES_MAX {
            certificates.clear();
        }
        certificates.insert(key, (certificate.clone(), now));
        Ok(certificate)
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, Doubt> {
        let later = |why: String| Doubt::Later(format!("Amazon could not be asked: {why}."));
        let Ok(_room) = self.fetching.try_acquire() else {
            return Err(later("too much is being asked at once".into()));
        };
        let bytes = (self.fetch)(url).await.map_err(later)?;
        if bytes.len() > CERTIFICATE_BYTES_MAX {
            return Err(later("it answered with too much".into()));
        }
        Ok(bytes)
    }
}

/// An address of SNS itself: `https://sns.REGION.amazonaws.com`, or `.cn` in China.
fn amazon(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let region = host.strip_prefix("sns.")?.strip_suffix(".amazonaws.com")?;
    let is_region =
        region.len() >= 3 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_plain = url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (is_region && is_plain).then_some(url)
}

/// `/SimpleNotificationService-0123456789abcdef.pem`
fn is_certificate(url: &Url) -> bool {
    let name = url.path().strip_prefix("/SimpleNotificationService-");
    let digits = name.and_then(|name| name.strip_suffix(".pem"));
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    url.query().is_none()
        && url.fragment().is_none()
        && digits.is_some_and(|digits| !digits.is_empty() && digits.len() <= 80 && digits.bytes().all(fits))
}

#[cfg(test)]
mod tests;

//! What a hook asks of whoever posts there. Everything that its settings name must hold: address, certificate, token,
//! signature. Of tokens and of secrets two may hold at once, and it is said which was used last, so that one knows when the
//! old one can go.

use std::net::IpAddr;

use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    auth,
    metrics::{Metrics, Used},
    proxies::Proxies,
    reply,
};
use crate::{
    config::{Network, Secret},
    signature::{Key, Plain, Request, Scheme},
};

/// As the settings say it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub token: Option<Secret>,
    pub token_next: Option<Secret>,
    pub signature: Option<Scheme>,
    pub plain: Plain,
    pub secret: Option<Secret>,
    pub secret_next: Option<Secret>,
    /// Fingerprints and subjects.
    pub certificates: Vec<String>,
    pub certificate_header: Option<String>,
    pub allow: Vec<Network>,
}

/// What is asked at one address, ready to be held against a request.
#[derive(Debug)]
pub struct Proofs {
    /// `[hooks.pingdom]`
    section: String,
    /// `/hooks/pingdom`
    path: String,
    tokens: Vec<Token>,
    signature: Option<Signature>,
    certificates: Vec<String>,
    certificate_header: Option<String>,
    allow: Vec<Network>,
}

#[derive(Debug)]
struct Token {
    digest: [u8; 32],
    used: Option<Used>,
}

#[derive(Debug)]
struct Signature {
    scheme: Scheme,
    plain: Plain,
    keys: Vec<Key>,
    used: Vec<Option<Used>>,
}

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'r> {
    /// The other end of the connection.
    pub peer: Option<IpAddr>,
    pub proxies: &'r Proxies,
    pub headers: &'r HeaderMap,
}

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub status: StatusCode,
    pub why: String,
    pub instead: String,
}

impl Refused {
    fn unauthorized(why: String, instead: String) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, why, instead }
    }

    pub fn response(self) -> Response {
        let code = if self.status == StatusCode::FORBIDDEN { "forbidden" } else { "unauthorized" };
        reply::error(self.status, code, self.why, self.instead)
    }
}

impl Proofs {
    /// What is asked at `/hooks/{name}`, as `section` of the settings says.
    ///
    /// # Errors
    /// A secret that cannot be one. It is not in the sentence.
    pub fn new(section: &str, name: &str, asked: Asked, metrics: &Metrics) -> Result<Self, String> {
        // Which of two was used is of interest while there are two.
        let used = |kind: &str, next: &Option<Secret>| {
            let one = |suffix: &str| {
                let used = metrics.used(name, &format!("{kind}{suffix}"));
                used.reset();
                Some(used)
            };
            if next.is_some() { [one(""), one("_next")] } else { [None, None] }
        };
        let tokens = [asked.token.as_ref(), asked.token_next.as_ref()].into_iter();
        let tokens = tokens.zip(used("token", &asked.token_next)).filter_map(|(token, used)| {
            let token = token.filter(|token| !token.is_empty())?;
            Some(Token { digest: auth::digest(token.expose()), used })
        });
        let tokens = tokens.collect();
        let signature = match (asked.signature, &asked.secret) {
            (Some(scheme), Some(secret)) => {
                let secrets = [Some(secret), asked.secret_next.as_ref()].into_iter().flatten();
                let keys = secrets.map(|secret| scheme.key(secret.expose())).collect::<Result<_, _>>();
                let keys = keys.map_err(|why| format!("{section}: {why}"))?;
                let used = used("secret", &asked.secret_next).into();
                Some(Signature { scheme, plain: asked.plain, keys, used })
            }
            _ => None,
        };
        let certificates = asked.certificates.iter().map(|one| plain_certificate(one)).collect();
        let (certificate_header, allow) = (asked.certificate_header, asked.allow);
        let (section, path) = (section.to_owned(), format!("/hooks/{name}"));
        Ok(Self { section, path, tokens, signature, certificates, certificate_header, allow })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn asks_at_the_head(&self) -> bool {
        !self.tokens.is_empty() || !self.certificates.is_empty()
    }

    pub fn asks_a_signature(&self) -> bool {
        self.signature.is_some()
    }

    /// Whether a sender has to show who it is.
    pub fn asks_who(&self) -> bool {
        self.asks_at_the_head() || self.asks_a_signature()
    }

    /// Whether the request may have its body read. `shown` is a token from its path.
    ///
    /// # Errors
    /// What does not hold, in words for whoever set the sender up.
    pub fn head(&self, from: Origin<'_>, shown: Option<&str>, now: DateTime<Utc>) -> Result<(), Refused> {
        if !self.allow.is_empty() {
            self.address(from)?;
        }
        if !self.certificates.is_empty() {
            self.certificate(from)?;
        }
        if self.tokens.is_empty() { Ok(()) } else { self.token(from.headers, shown, now) }
    }

    /// Whether the body is rightly signed, where it is to be; what names the delivery, if something does.
    ///
    /// # Errors
    /// What does not hold.
    pub fn body(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<String>, Refused> {
        let Some(signature) = &self.signature else { return Ok(None) };
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let request = Request { header: &header, body };
        let verified = signature.scheme.verify(request, &signature.keys, &signature.plain, now.timestamp());
        let proven = verified.map_err(|why| {
            let instead = format!(
                "Nothing was taken. Compare the secret of {} with the sender's, and the clocks; a proxy must not change the body.",
                self.section
            );
            Refused::unauthorized(why.to_string(), instead)
        })?;
        if let Some(used) = signature.used.get(proven.key) {
            self.was_used(used, now);
        }
        Ok(proven.id)
    }

    fn address(&self, from: Origin<'_>) -> Result<(), Refused> {
        let client = from.peer.map(|peer| from.proxies.client(peer, from.headers));
        if client.is_some_and(|client| self.allow.iter().any(|network| network.contains(client))) {
            return Ok(());
        }
        let client = client.map_or("nowhere".to_owned(), |client| client.to_string());
        Err(Refused {
            status: StatusCode::FORBIDDEN,
            why: format!("{} lets in certain addresses; this request came from {client}.", self.path),
            instead: format!(
                "Add it to `allow` of {}; behind a proxy, name that in `http.trusted_proxies`.",
                self.section
            ),
        })
    }

    fn certificate(&self, from: Origin<'_>) -> Result<(), Refused> {
        let refused = |why: String| {
            let instead = format!(
                "Show a certificate that `client_certificates` of {} names; the proxy must ask for it.",
                self.section
            );
            Err(Refused::unauthorized(why, instead))
        };
        let name = self.certificate_header.as_deref().unwrap_or_default();
        if !from.peer.is_some_and(|peer| from.proxies.trusts(peer)) {
            return refused(format!("{} believes no certificate but from a trusted proxy.", self.path));
        }
        let mut values = from.headers.get_all(name).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return refused(format!("The proxy says of no certificate, or of several: header {name}."));
        };
        let shown = plain_certificate(&String::from_utf8_lossy(value.as_bytes()));
        let is_known = self.certificates.iter().fold(false, |known, one| known | same(one, &shown));
        if is_known {
            return Ok(());
        }
        refused(format!("{} does not know the certificate that was shown.", self.path))
    }

    fn token(&self, headers: &HeaderMap, shown: Option<&str>, now: DateTime<Utc>) -> Result<(), Refused> {
        let gitlab = headers.get("x-gitlab-token").and_then(|value| value.to_str().ok());
        let presented = auth::presented(headers);
        for given in [presented.as_deref(), shown, gitlab].into_iter().flatten() {
            let digest = auth::digest(given);
            let mut found = None;
            for token in &self.tokens {
                if bool::from(digest.ct_eq(&token.digest)) {
                    found = Some(&token.used);
                }
            }
            if let Some(used) = found {
                self.was_used(used, now);
                return Ok(());
            }
        }
        Err(Refused::unauthorized(
            format!("{} needs its token.", self.path),
            format!(
                "Send `Authorization: Bearer TOKEN` with the token of {}, or put it at the end of the path: {}/TOKEN.",
                self.section, self.path
            ),
        ))
    }

    fn was_used(&self, used: &Option<Used>, now: DateTime<Utc>) {
        if let Some(used) = used
            && used.now(now.timestamp())
        {
            tracing::info!(
                path = self.path,
                secret = used.name(),
                "used for the first time since it was read"
            );
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    auth::digest(one).ct_eq(&auth::digest(other)).into()
}

/// A fingerprint in plain hex digits, whatever stood between them; that of a certificate which stands there whole (RFC 9440);
/// anything else, a subject, as it is.
fn plain_certificate(text: &str) -> String {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'))
        && let Ok(der) = STANDARD.decode(inner)
    {
        return hex::encode(Sha256::digest(der));
    }
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex && matches!(digits.len(), 40 | 64) { digits.to_ascii_lowercase() } else { text.to_owned() }
}

#[cfg(test)]
mod tests;

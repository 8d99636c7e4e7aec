//! One HTTP call with limits on time and size, and what may be said of it when it fails.
//!
//! The one question that matters after a failed call is whether the request can have had its effect. A connection
//! that never came about is [`Lost::NotSent`]; all else is [`Lost::MaybeSent`].

use std::{
    error::Error,
    io::{self, ErrorKind},
    iter,
    time::Duration,
};

use reqwest::{Client, RequestBuilder, Url, header::HeaderMap, redirect::Policy};
use rustls::{CertificateError, Error as Tls};

use crate::{alert::text::one_line, config::secret::Secret};

/// Answers longer than this many bytes are cut.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Of a foreign error message, so many characters are quoted.
const QUOTE_CHARS_MAX: usize = 300;
/// Why nothing came, where the time was over.
pub const TOO_LATE: &str = "no answer in time";
const CUT: &str = "the connection was cut";

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// Cut short if the connection broke or the answer was too long; then it will not parse.
    pub body: Vec<u8>,
}

pub enum Lost {
    NotSent(String),
    MaybeSent(String),
}

impl Lost {
    pub fn why(self) -> String {
        let (Self::NotSent(why) | Self::MaybeSent(why)) = self;
        why
    }
}

impl Answer {
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    pub fn header_i64(&self, name: &str) -> Option<i64> {
        self.header(name)?.trim().parse().ok()
    }
    /// How long the other side asks us to wait, within a second and `most` seconds; `usual` if it does not say.
    pub fn retry_after(&self, usual: u64, most: u64) -> Duration {
        let asked = self.header("retry-after").and_then(|asked| asked.trim().parse().ok());
        Duration::from_secs(asked.unwrap_or(usual).clamp(1, most))
    }
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// What the other side says about its refusal, fit for a timeline: one line, capped, without our secrets.
    pub fn quote(&self, secrets: &[&Secret]) -> String {
        let value: Option<serde_json::Value> = self.json();
        let said = value.as_ref().and_then(|v| {
            ["detail", "message", "error", "title"].iter().find_map(|key| match v.get(key)? {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Array(all) => {
                    Some(all.iter().filter_map(|t| t.as_str()).collect::<Vec<_>>().join("; "))
                }
                _ => None,
            })
        });
        let mut said = said.unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned());
        for secret in secrets {
            said = secret.redact(&said);
        }
        let line = one_line(&said, QUOTE_CHARS_MAX);
        if line.is_empty() { "no reason given".to_owned() } else { line }
    }
}

/// A client that follows no redirect (a POST must not be repeated elsewhere) and keeps no idle connection (a
/// stale one would leave us in doubt).
pub fn client(connect_timeout_ms: u64, total_timeout_ms: u64) -> Result<Client, String> {
    client_trusting(connect_timeout_ms, total_timeout_ms, None)
}

/// The same, which trusts this certificate (PEM) besides the public ones.
pub fn client_trusting(
    connect_timeout_ms: u64,
    total_timeout_ms: u64,
    ca: Option<&[u8]>,
) -> Result<Client, String> {
    let mut builder = Client::builder();
    if let Some(pem) = ca {
        let roots = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|e| format!("the certificate to trust cannot be read: {}", causes(&e)))?;
        builder = builder.tls_certs_merge(roots);
    }
    builder
        .connect_timeout(Duration::from_millis(connect_timeout_ms))
        .timeout(Duration::from_millis(total_timeout_ms))
        .redirect(Policy::none())
        .pool_max_idle_per_host(0)
        .user_agent(concat!("commandpost/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| format!("the HTTP client could not be built: {}", causes(&e)))
}

/// The address that paths are appended to. Secrets travel: plain HTTP is for this machine only.
pub fn base_url(setting: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("{setting} = \"{text}\" is no address: {e}"))?;
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && local) {
        return Ok(url);
    }
    Err(format!("{setting} = \"{text}\" must start with https:// (plain http:// only for this machine)"))
}

pub async fn call(request: RequestBuilder) -> Result<Answer, Lost> {
    let mut response = request.send().await.map_err(|e| {
        let e = e.without_url();
        let why = plainly(&e);
        if e.is_connect() || e.is_builder() { Lost::NotSent(why) } else { Lost::MaybeSent(why) }
    })?;
    let mut answer =
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body: Vec::new() };
    // A body that breaks off is left as it is: the status has been given, and that decides.
    while let Ok(Some(chunk)) = response.chunk().await {
        if answer.body.len() + chunk.len() > ANSWER_BYTES_MAX {
            break;
        }
        answer.body.extend_from_slice(&chunk);
    }
    Ok(answer)
}

/// Why a request got no answer, as people say it. At the level `debug` the log has the whole chain of causes; of one that is not
/// known here, people get what began it.
pub fn plainly(error: &(dyn Error + 'static)) -> String {
    let chain = causes(error);
    tracing::debug!(chain, "a request got no answer");
    if error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout) {
        return TOO_LATE.to_owned();
    }
    if let Some(why) = links(error).find_map(known) {
        return why.to_owned();
    }
    for (sign, why) in [
        ("Name or service not known", "no such host"),
        ("nodename nor servname provided", "no such host"),
        ("No address associated with hostname", "no such host"),
        ("dns error", "its name could not be looked up"),
        ("failed to lookup address", "its name could not be looked up"),
        ("connection closed before message completed", CUT),
        ("reset without closing handshake", CUT),
    ] {
        if chain.contains(sign) {
            return why.to_owned();
        }
    }
    links(error).last().map_or(chain, ToString::to_string)
}

/// An error and what caused it, one after the other, with what is wrapped as a fault of reading or writing.
fn links<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    fn under<'e>(link: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
        let wrapped = link.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| link.source())
    }
    iter::successors(Some(error), |link| under(*link))
}

fn known(link: &(dyn Error + 'static)) -> Option<&'static str> {
    use CertificateError::{Expired, ExpiredContext, NotValidForName, NotValidForNameContext};
    if let Some(tls) = link.downcast_ref::<Tls>() {
        return Some(match tls {
            Tls::InvalidCertificate(Expired | ExpiredContext { .. }) => "its certificate has run out",
            Tls::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
                "its certificate is for another name"
            }
            Tls::InvalidCertificate(_) => "its certificate is not trusted",
            _ => "no encrypted connection came about",
        });
    }
    match link.downcast_ref::<io::Error>()?.kind() {
        ErrorKind::ConnectionRefused => Some("connection refused"),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(CUT),
        ErrorKind::TimedOut => Some(TOO_LATE),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Some("the network has no way there"),
        _ => None,
    }
}

/// An error with what caused it, in one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer { status: 403, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_foreign_error_is_quoted_short_on_one_line_and_without_our_secrets() {
        let key = Secret::new("sesame");
        assert_eq!(answer(r#"{"detail":"key sesame\nis bad"}"#).quote(&[&key]), "key [secret] is bad");
        let cut = format!(r#"{{"detail":"{}sesame"}}"#, "x".repeat(QUOTE_CHARS_MAX - 3));
        assert!(
            !answer(&cut).quote(&[&key]).contains("ses"),
            "nothing is left of a key that stands where it is cut"
        );
        assert_eq!(answer(r#"{"error":["a","b"]}"#).quote(&[]), "a; b");
        assert_eq!(answer("").quote(&[]), "no reason given");
        assert_eq!(answer(&"x".repeat(9999)).quote(&[]).chars().count(), QUOTE_CHARS_MAX);
    }

    /// An error above its cause.
    #[derive(Debug)]
    struct Above(io::Error);

    impl std::fmt::Display for Above {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("error sending request: client error (Connect)")
        }
    }

    impl Error for Above {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn why_nothing_came_is_said_in_words_that_people_use() {
        let of = |kind: ErrorKind| Above(io::Error::from(kind));
        let untrusted = Tls::InvalidCertificate(CertificateError::UnknownIssuer);
        let unknown = "failed to lookup address information: Name or service not known";
        for (error, why) in [
            (of(ErrorKind::ConnectionRefused), "connection refused"),
            (of(ErrorKind::ConnectionReset), CUT),
            (of(ErrorKind::TimedOut), TOO_LATE),
            (of(ErrorKind::NetworkUnreachable), "the network has no way there"),
            (Above(io::Error::new(ErrorKind::InvalidData, untrusted)), "its certificate is not trusted"),
            (Above(io::Error::other(unknown)), "no such host"),
            (Above(io::Error::other("the tunnel is closed")), "the tunnel is closed"),
        ] {
            assert_eq!(plainly(&error), why);
        }
    }

    #[tokio::test]
    async fn whoever_refuses_the_connection_is_told_of_as_that() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let request = client(1_000, 1_000).unwrap().get(format!("http://{closed}/"));
        match call(request).await {
            Err(Lost::NotSent(why)) => assert_eq!(why, "connection refused"),
            _ => panic!("it was sent"),
        }
    }

    #[test]
    fn secrets_do_not_travel_in_the_clear() {
        assert!(base_url("x.base_url", "http://127.0.0.1:8080").is_ok());
        assert!(base_url("x.base_url", "http://[::1]:8080").is_ok());
        assert!(base_url("x.base_url", "https://api.x.com").is_ok());
        for bad in ["http://api.x.com", "ftp://localhost", "api.x.com", ""] {
            assert!(base_url("x.base_url", bad).unwrap_err().contains("x.base_url"), "{bad}");
        }
    }
}

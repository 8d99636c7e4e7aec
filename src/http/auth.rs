//! Who is at the door.
//!
//! With nothing configured the house listens on loopback only and trusts who can reach it, but not what a browser is
//! made to send there: a foreign `Host` (DNS rebinding) or `Origin` (another site's page) is refused. With tokens
//! configured, every request outside the public page needs one: as a bearer token, or as a console session.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::http::{HeaderMap, Method, header};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{config::Secret, people::Person};

/// Cookie with the name that a visitor on loopback gave.
pub const NAME_COOKIE: &str = "commandpost_name";
/// Cookie of a console session.
pub const SESSION_COOKIE: &str = "commandpost_session";
const SESSION_HOURS: i64 = 12;
const SESSIONS_MAX: usize = 10_000;

/// A configured token and whom it stands for.
#[derive(Debug, Clone)]
pub struct Token {
    pub secret: Secret,
    pub person: Person,
    pub is_admin: bool,
    pub may_write: bool,
}

/// Somebody, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub person: Person,
    pub is_admin: bool,
    pub may_write: bool,
}

#[derive(Debug)]
pub struct Auth {
    tokens: Vec<Token>,
    /// SHA-256 of the session id: who, until when.
    sessions: Mutex<Sessions>,
}

type Sessions = HashMap<[u8; 32], (Who, DateTime<Utc>)>;

pub(super) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Whether two secrets are the same, in a time that tells nothing of where they differ.
pub fn same(given: &str, secret: &Secret) -> bool {
    !secret.is_empty() && bool::from(digest(given).ct_eq(&digest(secret.expose())))
}

/// The value of `Authorization: Bearer …`, or the password of `Authorization: Basic …`.
pub fn presented(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        rest.trim().to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        use base64::Engine;
        let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
        String::from_utf8(decoded).ok()?.split_once(':')?.1.to_owned()
    } else {
        return None;
    };
    (!token.is_empty()).then_some(token)
}

pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

impl Auth {
    pub fn new(tokens: Vec<Token>) -> Self {
        Self { tokens, sessions: Mutex::new(HashMap::new()) }
    }

    /// Nothing is configured: whoever reaches loopback is let in.
    pub fn is_open(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whom a token stands for. Every configured token is compared, whichever fits.
    pub fn by_token(&self, given: &str) -> Option<Who> {
        let mut found = None;
        for token in &self.tokens {
            if same(given, &token.secret) {
                found = Some(Who {
                    person: token.person.clone(),
                    is_admin: token.is_admin,
                    may_write: token.may_write,
                });
            }
        }
        found
    }

    /// Begins a console session under an id that nobody can guess.
    pub fn begin_session(&self, id: &str, who: Who, now: DateTime<Utc>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, (_, until)| *until > now);
        if sessions.len() < SESSIONS_MAX {
            sessions.insert(digest(id), (who, now + Duration::hours(SESSION_HOURS)));
        }
    }

    pub fn end_session(&self, id: &str) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest(id));
    }

    fn by_session(&self, id: &str, now: DateTime<Utc>) -> Option<Who> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&digest(id)).filter(|(_, until)| *until > now).map(|(who, _)| who.clone())
    }

    /// Who asks. On an open house: the name given in `X-Commandpost-Person` or in the name cookie, if any.
    pub fn who(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Who> {
        if self.is_open() {
            let named = headers
                .get("x-commandpost-person")
                .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
                .map(str::to_owned)
                .or_else(|| {
                    let value = cookie(headers, NAME_COOKIE)?;
                    Some(percent_encoding::percent_decode_str(value).decode_utf8().ok()?.into_owned())
                })?;
            let person = Person::named(&named).ok()?;
            return Some(Who { person, is_admin: true, may_write: true });
        }
        if let Some(token) = presented(headers) {
            return self.by_token(&token);
        }
        self.by_session(cookie(headers, SESSION_COOKIE)?, now)
    }
}

/// Why a browser's request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign(pub String);

/// Refuses what a web page of another site makes a browser send: a `Host` that is not this house, an `Origin` or
/// `Sec-Fetch-Site` of elsewhere. `hosts` are the names of this house, with port, in lower case.
pub fn check_origin(
    method: &Method,
    headers: &HeaderMap,
    hosts: &[String],
    is_open: bool,
) -> Result<(), Foreign> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default().to_ascii_lowercase();
    if is_open && !hosts.contains(&host) {
        return Err(Foreign(format!(
            "The request is for host «{}», which is not this server. Use {}.",
            host.chars().take(80).collect::<String>(),
            hosts.first().map_or("its own address", String::as_str)
        )));
    }
    if let Some(origin) = text(header::ORIGIN) {
        let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest).to_ascii_lowercase();
        if authority != host {
            return Err(Foreign(format!(
                "The request comes from a page of «{}», not of this server.",
                origin.chars().take(80).collect::<String>()
            )));
        }
    }
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()).unwrap_or("none");
    if changes && !matches!(site, "none" | "same-origin") {
        return Err(Foreign("The request comes from a page of another site.".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn house() -> Vec<String> {
        vec!["127.0.0.1:8911".into(), "localhost:8911".into()]
    }

    #[test]
    fn a_page_of_another_site_cannot_reach_in() {
        let post = Method::POST;
        for foreign in [
            vec![("host", "evil.example:8911")],
            vec![("host", "")],
            vec![],
            vec![("host", "127.0.0.1:8911"), ("origin", "https://evil.example")],
            vec![("host", "127.0.0.1:8911"), ("origin", "null")],
            vec![("host", "127.0.0.1:8911"), ("sec-fetch-site", "cross-site")],
            vec![("host", "127.0.0.1:8911"), ("sec-fetch-site", "same-site")],
        ] {
            assert!(check_origin(&post, &headers(&foreign), &house(), true).is_err(), "{foreign:?}");
        }
        for own in [
            vec![("host", "127.0.0.1:8911")],
            vec![("host", "LOCALHOST:8911"), ("origin", "http://localhost:8911")],
            vec![
                ("host", "127.0.0.1:8911"),
                ("origin", "http://127.0.0.1:8911"),
                ("sec-fetch-site", "same-origin"),
            ],
        ] {
            assert_eq!(check_origin(&post, &headers(&own), &house(), true), Ok(()), "{own:?}");
        }
    }

    #[test]
    fn an_empty_or_wrong_token_is_nobody() {
        let person = Person::named("Ada").unwrap();
        let token =
            Token { secret: Secret::new("correct-horse-battery"), person, is_admin: false, may_write: true };
        let auth = Auth::new(vec![token]);
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for wrong in [
            "Bearer ",
            "Bearer",
            "Bearer  ",
            "Bearer wrong",
            "Basic ",
            "Basic Og==",
            "correct-horse-battery",
            "Token correct-horse-battery",
            "Bearer correct-horse-batter",
            "Bearer correct-horse-battery2",
        ] {
            assert_eq!(auth.who(&headers(&[("authorization", wrong)]), now), None, "{wrong}");
        }
        assert_eq!(auth.who(&HeaderMap::new(), now), None);
        assert_eq!(auth.who(&headers(&[("x-commandpost-person", "ada")]), now), None);
        assert!(auth.who(&headers(&[("authorization", "Bearer correct-horse-battery")]), now).is_some());
        // `user:correct-horse-battery`
        assert!(
            auth.who(&headers(&[("authorization", "Basic dXNlcjpjb3JyZWN0LWhvcnNlLWJhdHRlcnk=")]), now)
                .is_some()
        );
    }

    #[test]
    fn a_session_ends_after_its_time_or_when_it_is_ended() {
        let auth = Auth::new(vec![Token {
            secret: Secret::new("correct-horse-battery"),
            person: Person::named("Ada").unwrap(),
            is_admin: false,
            may_write: true,
        }]);
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let who = auth.by_token("correct-horse-battery").unwrap();
        auth.begin_session("s", who.clone(), now);
        let with = headers(&[("cookie", "a=b; commandpost_session=s")]);
        assert_eq!(auth.who(&with, now), Some(who));
        assert_eq!(auth.who(&with, now + Duration::hours(13)), None);
        auth.end_session("s");
        assert_eq!(auth.who(&with, now), None);
    }
}

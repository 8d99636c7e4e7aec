//! Rightly signed requests, for tests and for fuzzing.

#![allow(clippy::unwrap_used, reason = "its secrets are good ones")]

use super::*;

pub const ALL: [Scheme; 6] = [
    Scheme::StandardWebhooks,
    Scheme::Pagerduty,
    Scheme::Sentry,
    Scheme::Github,
    Scheme::Slack,
    Scheme::HmacSha256,
];
/// Base64 as well, which Standard Webhooks wants.
pub const SECRET: &str = "b25lIHNlY3JldCBvZiB0aGlzIGhvdXNl";
pub const OTHER: &str = "YW5vdGhlciBzZWNyZXQgb2YgdGhpcyBob3VzZQ==";

/// The headers of a rightly signed request.
pub fn signed(scheme: Scheme, secret: &str, body: &[u8], at: i64) -> Vec<(&'static str, String)> {
    let mac = |parts: &[&[u8]]| {
        let Key(mut mac) = scheme.key(secret).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let when = at.to_string();
    match scheme {
        Scheme::StandardWebhooks => {
            let signature = STANDARD.encode(mac(&[b"msg_1.", when.as_bytes(), b".", body]));
            vec![
                ("webhook-id", "msg_1".into()),
                ("webhook-timestamp", when),
                ("webhook-signature", format!("v1,{signature}")),
            ]
        }
        Scheme::Pagerduty => vec![("x-pagerduty-signature", format!("v1={}", hex::encode(mac(&[body]))))],
        Scheme::Sentry => vec![("sentry-hook-signature", hex::encode(mac(&[body])))],
        Scheme::Github => vec![("x-hub-signature-256", format!("sha256={}", hex::encode(mac(&[body]))))],
        Scheme::Slack => {
            let signature = hex::encode(mac(&[b"v0:", when.as_bytes(), b":", body]));
            vec![("x-slack-signature", format!("v0={signature}")), ("x-slack-request-timestamp", when)]
        }
        Scheme::HmacSha256 => vec![("x-signature", hex::encode(mac(&[body])))],
    }
}

//! A record of every request that a modelled service got, for checking against the official description.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;

/// Requests kept at most; older ones are dropped first, so that a long demo does not grow.
const KEPT_MAX: usize = 20_000;
/// Bodies above this many bytes are refused by the models.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// One request as it came in, and the status it was answered with.
#[derive(Clone)]
pub struct Recorded {
    pub method: String,
    /// The path without query, as sent (percent-encoding kept).
    pub path: String,
    /// The raw query, without `?`; empty if none.
    pub query: String,
    /// Names in lower case, values as text.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub status: u16,
}

/// Without what proves an identity: a failed test prints this.
impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_secret = |name: &str| matches!(name, "authorization" | "cookie" | "proxy-authorization");
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), if is_secret(name) { "[redacted]" } else { value.as_str() }))
            .collect();
        f.debug_struct("Recorded")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("headers", &headers)
            .field("body", &self.body)
            .field("status", &self.status)
            .finish()
    }
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Shared by a model and whoever looks at what it was sent.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Recorded>>>);

impl Recorder {
    pub fn all(&self) -> Vec<Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    pub fn push(&self, recorded: Recorded) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX {
            all.drain(..KEPT_MAX / 10);
        }
        all.push(recorded);
    }
}

/// Axum middleware: `.layer(axum::middleware::from_fn_with_state(recorder, record))`.
pub async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(_) => return axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    };
    let mut recorded = Recorded {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect(),
        body: body.clone(),
        status: 0,
    };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    recorded.status = response.status().as_u16();
    recorder.push(recorded);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_request_prints_no_credentials() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let recorded = Recorded {
            method: "POST".into(),
            path: "/2/tweets".into(),
            query: String::new(),
            headers: vec![header("authorization", "Bearer canary"), header("accept", "application/json")],
            body: Bytes::new(),
            status: 201,
        };
        let printed = format!("{recorded:?}");
        assert!(!printed.contains("canary") && printed.contains("application/json"), "{printed}");
        assert_eq!(recorded.header("authorization"), Some("Bearer canary"), "tests still see it");
    }
}

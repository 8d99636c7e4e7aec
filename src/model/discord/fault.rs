//! Faults that a test switches on for the next REST calls: the ways in which a service on the internet lets one down.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;

/// nginx's own status for "connection closed without a response"; it stands in the record, never on the wire.
const NO_RESPONSE: u16 = 444;

/// What happens to a call in place of the usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// The connection is cut; nothing was done.
    Refuse,
    /// No answer ever comes; nothing was done.
    BlackHole,
    /// This status with a body that is not JSON, as a proxy in front of the service gives; nothing was done.
    Status(u16),
    /// 429 with this many seconds to wait; nothing was done.
    TooMany { retry_after: f64, global: bool },
    /// The call is carried out, then the connection is cut: the caller cannot know.
    LoseAnswer,
    /// The call is carried out, and answered 200 with a body that nobody can parse.
    Garble,
}

/// Marks a response that must not reach the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsent {
    Cut,
    Silence,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    left: usize,
    method: Option<String>,
    path: Path,
}

/// The paths that a fault is for.
#[derive(Debug)]
enum Path {
    With(String),
    EndingIn(String),
}

impl Path {
    fn is(&self, path: &str) -> bool {
        match self {
            Self::With(part) => path.contains(part.as_str()),
            Self::EndingIn(end) => path.ends_with(end.as_str()),
        }
    }
}

/// The faults that are armed, first armed first used.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Armed>>>);

impl Faults {
    /// The next `calls` REST calls meet `fault`.
    pub fn next(&self, calls: usize, fault: Fault) {
        self.arm(Armed { fault, left: calls, method: None, path: Path::With(String::new()) });
    }
    /// The next `calls` with this method and `path_part` somewhere in their path meet `fault`.
    pub fn next_on(&self, calls: usize, fault: Fault, method: &str, path_part: &str) {
        self.arm(Armed {
            fault,
            left: calls,
            method: Some(method.to_owned()),
            path: Path::With(path_part.to_owned()),
        });
    }
    /// The next `calls` with this method whose path ends so meet `fault`.
    pub fn next_at(&self, calls: usize, fault: Fault, method: &str, path_end: &str) {
        self.arm(Armed {
            fault,
            left: calls,
            method: Some(method.to_owned()),
            path: Path::EndingIn(path_end.to_owned()),
        });
    }
    /// All is well again.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    fn arm(&self, armed: Armed) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(armed);
    }
    fn take(&self, method: &str, path: &str) -> Option<Fault> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|a| a.left > 0);
        let armed =
            all.iter_mut().find(|a| a.method.as_deref().is_none_or(|m| m == method) && a.path.is(path))?;
        armed.left -= 1;
        Some(armed.fault)
    }
}

fn unsent(how: Unsent) -> Response {
    let status = StatusCode::from_u16(NO_RESPONSE).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = status.into_response();
    response.extensions_mut().insert(how);
    response
}

/// Middleware: applies the fault that is next in line, if any.
pub(super) async fn meddle(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    match faults.take(request.method().as_str(), request.uri().path()) {
        None => next.run(request).await,
        Some(Fault::Refuse) => unsent(Unsent::Cut),
        Some(Fault::BlackHole) => unsent(Unsent::Silence),
        Some(Fault::Status(code)) => {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, "<html><body>upstream error</body></html>").into_response()
        }
        Some(Fault::TooMany { retry_after, global }) => {
            ApiError::rate_limited(retry_after, global).into_response()
        }
        Some(Fault::LoseAnswer) => {
            let mut response = next.run(request).await;
            response.extensions_mut().insert(Unsent::Cut);
            response
        }
        Some(Fault::Garble) => {
            let response = next.run(request).await;
            if response.status().is_success() { "{\"id\":".into_response() } else { response }
        }
    }
}

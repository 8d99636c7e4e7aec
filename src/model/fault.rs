//! Faults that a model is told to have, one by one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};

use super::server;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call is refused (403) and has no effect.
    Refuse,
    /// 500, and no effect.
    Break,
    /// The rate limit is reached; no effect.
    Limit,
    /// The call has its effect, and the connection breaks before the answer.
    LoseAnswer,
    /// The call has its effect, and the answer (2xx) is no document that anyone could read.
    Garble,
    /// No effect and no answer, ever; the connection stays open.
    BlackHole,
}

/// Faults to come, for calls that change something and for calls that only read.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Queues>>);

#[derive(Debug, Default)]
struct Queues {
    writes: VecDeque<Fault>,
    reads: VecDeque<Fault>,
}

impl Faults {
    /// The next `count` calls that change something have this fault.
    pub fn next_writes(&self, count: usize, fault: Fault) {
        self.with(|q| q.writes.extend(std::iter::repeat_n(fault, count)));
    }
    /// The next `count` calls that only read have this fault.
    pub fn next_reads(&self, count: usize, fault: Fault) {
        self.with(|q| q.reads.extend(std::iter::repeat_n(fault, count)));
    }
    /// No more faults.
    pub fn clear(&self) {
        self.with(|q| *q = Queues::default());
    }
    fn take(&self, method: &Method) -> Option<Fault> {
        let read = method == Method::GET || method == Method::HEAD;
        self.with(|q| if read { q.reads.pop_front() } else { q.writes.pop_front() })
    }
    fn with<T>(&self, f: impl FnOnce(&mut Queues) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a service answers to a [`Fault::Refuse`], [`Fault::Break`] or [`Fault::Limit`].
pub(super) type Say = fn(Fault) -> Response;

/// Axum middleware around a model's API.
pub(super) async fn befall(
    State((faults, say)): State<(Faults, Say)>,
    request: Request,
    next: Next,
) -> Response {
    match faults.take(request.method()) {
        None => next.run(request).await,
        Some(Fault::BlackHole) => std::future::pending().await,
        Some(Fault::LoseAnswer) => server::cut(next.run(request).await),
        Some(Fault::Garble) => next.run(request).await.map(|_| axum::body::Body::from("<html>oops")),
        Some(fault) => say(fault),
    }
}

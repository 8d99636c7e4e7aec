//! `GET` or `POST /hooks/heartbeat/NAME`: a sign of life; and `GET /hooks/receipts/ID`: what became of a delivery.

use axum::{
    Json,
    http::{HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{hooks::Hooks, reply, server::Incoming};

/// What a sign of life is answered.
#[derive(Debug, Serialize)]
struct Heard {
    heartbeat: String,
    /// When the next is to come.
    next_by: chrono::DateTime<chrono::Utc>,
}

/// A situation that a delivery's alerts opened or joined.
#[derive(Debug, Serialize)]
struct Became {
    situation: String,
    alerts: u64,
    firing: u64,
}

impl Hooks {
    /// A sign of life; `rest` is `NAME` or `NAME/TOKEN`.
    pub(super) async fn beat(&self, rest: &str, request: &Incoming) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
            return reply::wrong_method(Some(HeaderValue::from_static("GET, HEAD, POST")));
        }
        if let Err(foreign) = self.guard.hook(request) {
            return *foreign;
        }
        let (name, shown) = rest.split_once('/').map_or((rest, None), |(name, token)| (name, Some(token)));
        let Some(proofs) = self.served.load().beats.get(name).cloned() else {
            let shown: String = name.chars().take(40).collect();
            return reply::error(
                StatusCode::NOT_FOUND,
                "not_found",
                format!("There is no heartbeat «{shown}» here."),
                "Name it in the settings, [[heartbeat]]; beyond loopback it needs a token.",
            );
        };
        let label = format!("heartbeat/{name}");
        if let Err(refused) = self.admit(&label, &proofs, shown, request) {
            return refused.response();
        }
        match self.heartbeats.hear(name).await {
            Ok(next_by) => {
                self.metrics.hook(&label, "taken");
                Json(Heard { heartbeat: name.to_owned(), next_by }).into_response()
            }
            Err(refusal) => self.failed(&label, &refusal),
        }
    }

    /// What the alerts that a delivery brought first have become, for whoever may post where it came. `rest` is `ID` or
    /// `ID/TOKEN`.
    pub(super) async fn receipt(&self, rest: &str, request: &Incoming) -> Response {
        if *request.method() != Method::GET {
            return reply::wrong_method(Some(HeaderValue::from_static("GET")));
        }
        if let Err(foreign) = self.guard.hook(request) {
            return *foreign;
        }
        let (id, shown) = rest.split_once('/').map_or((rest, None), |(id, token)| (id, Some(token)));
        let rows = match id.parse() {
            Ok(id) => self.desk.receipt(id).await,
            Err(_) => Ok(vec![]),
        };
        let mut rows = match rows {
            Ok(rows) => rows,
            Err(refusal) => return self.failed("receipts", &refusal),
        };
        // Whose hook it is not is told no more than of what is not there.
        rows.retain(|row| {
            let hook = self.hook(&row.source);
            hook.is_some_and(|hook| {
                hook.can_be_asked() && self.admit(&row.source, &hook.proofs, shown, request).is_ok()
            })
        });
        if rows.is_empty() {
            return reply::error(
                StatusCode::NOT_FOUND,
                "not_found",
                "Nothing that is known here, and yours to see, came first with this receipt.",
                "What merely repeats leaves no trace of its own; send the token of the hook that it came to.",
            );
        }
        let became = rows.into_iter().map(|row| Became {
            situation: format!("S-{}", row.situation),
            alerts: row.alerts,
            firing: row.firing,
        });
        let became: Vec<_> = became.collect();
        Json(serde_json::json!({ "receipt": id, "situations": became })).into_response()
    }
}

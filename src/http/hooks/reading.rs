//! Reading the alerts of a body: unpacked, by the hook's sender, and what nobody can read kept whole.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use super::{Hook, Hooks};
use crate::{
    alert::{Intake, Rejected, senders},
    http::{
        body::{Held, TooLarge, is_packed},
        reply,
    },
};

/// Larger bodies are read on a thread for such work, not in the way of other requests.
const READ_AT_ONCE_BYTES: usize = 128 * 1024;

impl Hooks {
    /// The alerts of a body, and what of the memory for bodies they hold. A reading goes on when the sender hangs up, so the body is
    /// held by it.
    pub(super) async fn read(
        self: &Arc<Self>,
        name: &str,
        hook: &Arc<Hook>,
        headers: &HeaderMap,
        held: Held,
    ) -> Result<(Intake, Held), Box<Response>> {
        if held.bytes.len() <= READ_AT_ONCE_BYTES && !is_packed(headers) {
            return self.read_here(name, hook, headers, held);
        }
        let (hooks, name, hook, headers) = (self.clone(), name.to_owned(), hook.clone(), headers.clone());
        let reading = tokio::task::spawn_blocking(move || hooks.read_here(&name, &hook, &headers, held));
        reading.await.unwrap_or_else(|error| {
            tracing::error!(%error, "reading a body broke down");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let (why, instead) = ("The body could not be read.", "Nothing was taken; send it again.");
            Err(Box::new(reply::error(status, "unavailable", why, instead)))
        })
    }

    fn read_here(
        &self,
        name: &str,
        hook: &Hook,
        headers: &HeaderMap,
        held: Held,
    ) -> Result<(Intake, Held), Box<Response>> {
        // After the signature, which is over what was sent.
        let held = self.bodies.unpacked(Some(&hook.share), headers, held)?;
        let body: &[u8] = &held.bytes;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let read = match structured(headers, body) {
            Some(event) => hook.sender.read(&event, None),
            None => hook.sender.read(body, content_type),
        };
        match read {
            Ok(intake) => Ok((intake, held)),
            // Its alerts are not to be one alert.
            Err(rejected @ (Rejected::TooLarge { .. } | Rejected::TooMany { .. })) => {
                let (why, instead) = (rejected.to_string(), "Nothing was taken.".to_owned());
                Err(Box::new(TooLarge { why, instead }.response()))
            }
            Err(rejected) if hook.keep_unreadable && !body.is_empty() => {
                self.metrics.hook(name, "kept");
                Ok((senders::kept::keep(name, body, &rejected), held))
            }
            Err(rejected) => Err(Box::new(reply::error(
                StatusCode::BAD_REQUEST,
                "invalid",
                rejected.to_string(),
                "Nothing was taken. The page of this sender in the documentation shows what to configure there.",
            ))),
        }
    }
}

/// A CloudEvent in binary mode, whose attributes are headers, in the structured one.
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>
fn structured(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    headers.get("ce-specversion")?;
    let mut event = serde_json::Map::new();
    for (name, value) in headers {
        if let (Some(name), Ok(value)) = (name.as_str().strip_prefix("ce-"), value.to_str()) {
            event.insert(name.to_owned(), value.into());
        }
    }
    let data = serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
    event.insert("data".to_owned(), data);
    serde_json::to_vec(&event).ok()
}

//! Reading the alerts of a body: unpacked, by the hook's sender, and what nobody can read kept whole.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use sha2::{Digest, Sha256};

use super::{Hook, Hooks, backlog};
use crate::{
    alert::{Intake, Rejected, senders},
    http::{
        body::{Held, NotUnpacked, Room, TooLarge},
        reply,
    },
    journal::AlertsOnce,
};

/// Larger bodies are read on a thread for such work, not in the way of other requests.
const READ_AT_ONCE_BYTES: usize = 128 * 1024;
/// So are those that may hold more objects: an alert is one, or a few.
const READ_AT_ONCE_OBJECTS: usize = 2_000;

/// A body that was read.
pub(super) struct Read {
    pub intake: Intake,
    /// Under what it is answered once, where its delivery has a key.
    pub once: Option<AlertsOnce>,
    /// What its alerts take of the memory for bodies.
    pub room: Room,
}

impl Hooks {
    /// The alerts of a body; `key` is what its delivery is known again by. A reading goes on when the sender hangs up, so the body is
    /// held by it.
    pub(super) async fn read(
        self: &Arc<Self>,
        name: &str,
        hook: &Arc<Hook>,
        headers: &HeaderMap,
        held: Held,
        key: Option<String>,
    ) -> Result<Read, Box<Response>> {
        let at_once = self.bodies.unpacked_at_once(Some(&hook.share), headers, &held, READ_AT_ONCE_BYTES);
        if let Some(unpacked) = at_once.filter(|unpacked| match unpacked {
            Ok(plain) => holds_few(&plain.as_ref().unwrap_or(&held).bytes),
            Err(_) => true,
        }) {
            return self.read_here(name, hook, headers, (held, unpacked), key);
        }
        let unavailable = |why: &str| {
            let instead = "Nothing was taken; send it again in a few seconds.";
            Box::new(reply::error(StatusCode::SERVICE_UNAVAILABLE, "unavailable", why, instead))
        };
        let turn = tokio::time::timeout(backlog::LINE_MAX, self.bodies.large_reading(&hook.share)).await;
        let Ok(Some(turn)) = turn else {
            return Err(unavailable("Too many large bodies are being read at once."));
        };
        let (hooks, name, hook, headers) = (self.clone(), name.to_owned(), hook.clone(), headers.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let unpacked = hooks.bodies.unpacked(Some(&hook.share), &headers, &held);
            hooks.read_here(&name, &hook, &headers, (held, unpacked), key)
        });
        reading.await.unwrap_or_else(|error| {
            tracing::error!(%error, "reading a body broke down");
            Err(unavailable("The body could not be read."))
        })
    }

    fn read_here(
        &self,
        name: &str,
        hook: &Hook,
        headers: &HeaderMap,
        (held, unpacked): (Held, Result<Option<Held>, NotUnpacked>),
        key: Option<String>,
    ) -> Result<Read, Box<Response>> {
        // After the signature, which is over what was sent. What is known again is what was packed: packed anew, it may differ.
        let (held, intake) = match unpacked {
            Ok(plain) => {
                let held = plain.unwrap_or(held);
                let intake = self.read_plain(name, hook, headers, &held.bytes)?;
                (held, intake)
            }
            Err(NotUnpacked::Refused(response)) => return Err(response),
            Err(NotUnpacked::Unreadable(why)) => {
                let intake =
                    self.keep(name, hook, &held.bytes, why, senders::kept::keep_packed).map_err(packed)?;
                (held, intake)
            }
        };
        let once = key.map(|key| AlertsOnce { key, asked: hex::encode(Sha256::digest(&held.bytes)) });
        let count = intake.alerts.len() + intake.changes.len();
        let room = self.bodies.for_alerts(Some(&hook.share), held, count)?;
        Ok(Read { intake, once, room })
    }

    fn read_plain(
        &self,
        name: &str,
        hook: &Hook,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Intake, Box<Response>> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let read = match structured(headers, body) {
            Some(event) => hook.sender.read(&event, None),
            None => hook.sender.read(body, content_type),
        };
        match read {
            Ok(intake) => Ok(intake.as_of(self.desk.world.now())),
            // Its alerts are not to be one alert.
            Err(rejected @ (Rejected::TooLarge { .. } | Rejected::TooMany { .. })) => {
                let (why, instead) = (rejected.to_string(), "Nothing was taken.".to_owned());
                Err(Box::new(TooLarge { why, instead }.response()))
            }
            Err(rejected) => {
                let kept = self.keep(name, hook, body, rejected, senders::kept::keep);
                kept.map_err(|rejected| {
                    Box::new(reply::error(
                        StatusCode::BAD_REQUEST,
                        "invalid",
                        rejected.to_string(),
                        "Nothing was taken. The page of this sender in the documentation shows what to configure there.",
                    ))
                })
            }
        }
    }

    /// A body that was not read, as what is kept of it; its sender is told so.
    ///
    /// # Errors
    /// Why it was not read, where nothing is kept.
    fn keep(
        &self,
        name: &str,
        hook: &Hook,
        body: &[u8],
        why: Rejected,
        kept: fn(&str, &[u8], &Rejected) -> Intake,
    ) -> Result<Intake, Rejected> {
        if !hook.keep_unreadable || body.is_empty() {
            return Err(why);
        }
        self.metrics.hook(name, "kept");
        let mut intake = kept(name, body, &why);
        intake.notes.push(format!("It could not be read, and is kept whole as an alert of its own. {why}"));
        Ok(intake)
    }
}

/// Whether a body can hold few alerts only. In a form, a brace may be written `%7B`.
fn holds_few(body: &[u8]) -> bool {
    let braces = memchr::memchr2_iter(b'{', b'%', body).take(READ_AT_ONCE_OBJECTS + 1).count();
    braces <= READ_AT_ONCE_OBJECTS
}

/// The answer to a body that is packed wrongly, and is not kept.
fn packed(why: Rejected) -> Box<Response> {
    let is_unknown = matches!(why, Rejected::PackedOtherwise { .. });
    let status = if is_unknown { StatusCode::UNSUPPORTED_MEDIA_TYPE } else { StatusCode::BAD_REQUEST };
    let mut response = reply::error(status, "invalid", why.to_string(), "Nothing was taken.");
    if is_unknown {
        response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Box::new(response)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_body_of_many_alerts_is_not_read_in_the_way_of_others() {
        let list = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
        assert!(holds_few(list(2_000).as_bytes()));
        assert!(!holds_few(list(2_001).as_bytes()));
        assert!(!holds_few("%7B%7D%2C".repeat(2_001).as_bytes()));
    }
}

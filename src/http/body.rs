//! Reading bodies within limits: size, time, and memory for all of them together.

use std::{sync::Arc, time::Duration};

use axum::{
    BoxError,
    body::HttpBody,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    reply,
    share::{Part, Share},
};

/// A body must be whole within this time.
const BODY_SECONDS_MAX: u64 = 20;
/// All bodies under way together, in KiB.
const IN_FLIGHT_KIB_MAX: u32 = 96 * 1024;

#[derive(Debug, Clone)]
pub struct Bodies {
    memory: Arc<Semaphore>,
    bytes_max: usize,
}

/// A body, and its share of the memory for bodies until it is dropped.
#[derive(Debug)]
pub struct Held {
    pub bytes: Bytes,
    _share: OwnedSemaphorePermit,
    _part: Option<Part>,
}

impl Bodies {
    pub fn new(bytes_max: usize) -> Self {
        Self { memory: Arc::new(Semaphore::new(IN_FLIGHT_KIB_MAX as usize)), bytes_max }
    }

    /// Reads a body whole, or answers why not.
    pub async fn read<B>(&self, headers: &HeaderMap, body: B) -> Result<Held, Response>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        self.read_of(None, headers, body).await
    }

    /// The same for one source of several: it may hold no more of the memory than it leaves free.
    pub async fn read_of<B>(
        &self,
        source: Option<&Arc<Share>>,
        headers: &HeaderMap,
        body: B,
    ) -> Result<Held, Response>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let too_large = |bytes: String| {
            reply::error(
                StatusCode::PAYLOAD_TOO_LARGE,
                "limit",
                format!("The body has {bytes}; the limit is {} bytes.", self.bytes_max),
                "Send it in smaller parts, or raise `http.body_bytes_max`.",
            )
        };
        let length = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse::<u64>().ok());
        if let Some(length) = length
            && length > self.bytes_max as u64
        {
            return Err(too_large(format!("{length} bytes")));
        }
        let share = length.map_or(self.bytes_max, |length| usize::try_from(length).unwrap_or(self.bytes_max))
            / 1024
            + 1;
        let share = u32::try_from(share).unwrap_or(IN_FLIGHT_KIB_MAX).min(IN_FLIGHT_KIB_MAX);
        let crowded = |why: &str| {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            reply::error(status, "unavailable", why, "Send it again in a few seconds.")
        };
        let free = self.memory.available_permits();
        let part = source.map(|source| source.part(share as usize, free));
        let Ok(part) = part.map(|part| part.ok_or(())).transpose() else {
            return Err(crowded(
                "This source has as many bodies under way as there is room left for others.",
            ));
        };
        let Ok(share) = self.memory.clone().try_acquire_many_owned(share) else {
            return Err(crowded("Too many bodies are being read at once."));
        };
        let reading = Limited::new(body, self.bytes_max).collect();
        match tokio::time::timeout(Duration::from_secs(BODY_SECONDS_MAX), reading).await {
            Ok(Ok(whole)) => Ok(Held { bytes: whole.to_bytes(), _share: share, _part: part }),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large("more bytes than that".into())),
            Ok(Err(_)) => Err(reply::error(
                StatusCode::BAD_REQUEST,
                "invalid",
                "The body broke off.",
                "Nothing was taken; send it again.",
            )),
            Err(_) => Err(reply::error(
                StatusCode::REQUEST_TIMEOUT,
                "limit",
                format!("The body was not whole within {BODY_SECONDS_MAX} seconds."),
                "Nothing was taken; send it again.",
            )),
        }
    }
}

//! The live hints: a stream of server-sent events, one a change. A hint says what changed, not to what: the page
//! fetches itself again, so a lost hint costs nothing but time.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::{
    desk::{Changed, Desk},
    incident::id::IncidentId,
    people::Person,
};

/// Streams open at one time.
pub const STREAMS_MAX: usize = 512;
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
pub struct Of {
    incident: Option<IncidentId>,
    /// Signs of life too: there are many of them.
    #[serde(default)]
    heartbeats: bool,
}

#[derive(Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Hint {
    Incident {
        id: IncidentId,
        seq: u64,
    },
    Alerts,
    Outbox,
    Heartbeats,
    /// Hints were lost, or may have been while the connection was down.
    Reload,
}

struct Live {
    changes: broadcast::Receiver<Changed>,
    stop: CancellationToken,
    of: Option<IncidentId>,
    heartbeats: bool,
    desk: Arc<Desk>,
    me: Person,
    /// Counts the hints of this stream.
    n: u64,
    first: Option<Hint>,
    _place: OwnedSemaphorePermit,
}

impl Live {
    async fn wants(&self, changed: &Changed) -> bool {
        match (self.of, changed) {
            (Some(of), Changed::Incident { id, .. }) if of != *id => false,
            // Also that something happens is not for everybody.
            (_, Changed::Incident { id, .. }) => self.desk.seen_by(&self.me).may_see(*id).await,
            // An incident learns of its alerts and deliveries by entries of its own.
            (Some(_), _) => false,
            (None, Changed::Heartbeats) => self.heartbeats,
            (None, _) => true,
        }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Live)> {
        let hint = match self.first.take() {
            Some(first) => first,
            None => loop {
                tokio::select! {
                    biased;
                    () = self.stop.cancelled() => return None,
                    changed = self.changes.recv() => match changed {
                        Ok(changed) => {
                            if self.wants(&changed).await {
                                break match changed {
                                    Changed::Incident { id, seq } => Hint::Incident { id, seq },
                                    Changed::Alerts => Hint::Alerts,
                                    Changed::Outbox => Hint::Outbox,
                                    Changed::Heartbeats => Hint::Heartbeats,
                                };
                            }
                        }
                        Err(broadcast::error::RecvError::Lagged(_)) => break Hint::Reload,
                        Err(broadcast::error::RecvError::Closed) => return None,
                    },
                }
            },
        };
        self.n += 1;
        let data = serde_json::to_string(&hint).unwrap_or_default();
        Some((Ok(Event::default().id(self.n.to_string()).data(data)), self))
    }
}

pub async fn events(State(shared): State<Shared>, Query(of): Query<Of>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let Ok(place) = shared.streams.clone().try_acquire_owned() else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many live pages are open; this one goes on without.\n",
        )
            .into_response();
    };
    let live = Live {
        changes: shared.console.desk.changes(),
        stop: shared.console.stop.clone(),
        of: of.incident,
        heartbeats: of.heartbeats,
        desk: shared.console.desk.clone(),
        me,
        n: 0,
        first: headers.contains_key("last-event-id").then_some(Hint::Reload),
        _place: place,
    };
    let hints = stream::unfold(live, Live::next);
    Sse::new(hints).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here")).into_response()
}

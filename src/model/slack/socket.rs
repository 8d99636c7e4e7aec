//! Socket Mode: one task for each WebSocket. <https://docs.slack.dev/apis/events-api/using-socket-mode>

use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::{
        Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::{Shared, world::Out};
use crate::model::server::cut;

/// A socket that was to be replaced is closed after this.
const GRACE: Duration = Duration::from_secs(2);

pub(super) async fn open(
    State(shared): State<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let is_good = {
        let mut world = shared.world();
        if world.is_away {
            return cut(StatusCode::SERVICE_UNAVAILABLE.into_response());
        }
        // A ticket is good for one socket.
        query.get("ticket").is_some_and(|ticket| world.tickets.remove(ticket))
    };
    if !is_good {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.on_upgrade(|socket| async move { converse(shared, socket).await })
}

async fn converse(shared: Shared, mut socket: WebSocket) {
    let (link, mut told) = unbounded_channel();
    let closing = link.clone();
    let (number, hello) = {
        let mut world = shared.world();
        world.now = (shared.now)();
        let number = world.count();
        world.sockets.insert(number, link);
        let hello = json!({
            "type": "hello", "num_connections": world.sockets.len(), "connection_info": {"app_id": "A0000000001"},
            "debug_info": {"host": "model", "approximate_connection_time": 18_060},
        });
        (number, hello)
    };
    if socket.send(Message::Text(hello.to_string().into())).await.is_ok() {
        {
            let mut world = shared.world();
            world.now = (shared.now)();
            world.tell_again();
        }
        loop {
            tokio::select! {
                out = told.recv() => match out {
                    Some(Out::Text(text)) => {
                        if text.contains("\"type\":\"disconnect\"") {
                            // Nothing more is told by it.
                            shared.world().sockets.remove(&number);
                            let closing = closing.clone();
                            tokio::spawn(async move {
                                tokio::time::sleep(GRACE).await;
                                drop(closing.send(Out::Close));
                            });
                        }
                        if socket.send(Message::Text(text.into())).await.is_err() {
                            break;
                        }
                    }
                    Some(Out::Close) => {
                        drop(socket.send(Message::Close(None)).await);
                        break;
                    }
                    Some(Out::Cut) | None => break,
                },
                heard = socket.recv() => match heard {
                    Some(Ok(Message::Text(text))) => {
                        let said: Value = serde_json::from_str(text.as_str()).unwrap_or_default();
                        let mut world = shared.world();
                        world.now = (shared.now)();
                        if let Some(id) = said["envelope_id"].as_str() {
                            let payload = said.get("payload").cloned().unwrap_or_else(|| json!({}));
                            world.acknowledge(id, payload);
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                },
            }
        }
    }
    shared.world().sockets.remove(&number);
}

//! The WebSocket: one task for each connection. Its events are numbered from 0.

use std::time::Duration;

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::{Shared, world::Out};
use crate::{config::secret::Secret, model::server::cut};

/// Whoever does not say who they are by now is sent away.
const CHALLENGE_PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn open(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    if shared.world().is_away {
        return cut(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    upgrade.on_upgrade(|socket| async move { converse(shared, socket).await })
}

async fn converse(shared: Shared, mut socket: WebSocket) {
    let first = tokio::time::timeout(CHALLENGE_PATIENCE, socket.recv()).await;
    let Ok(Some(Ok(Message::Text(first)))) = first else { return };
    let said: Value = serde_json::from_str(first.as_str()).unwrap_or_default();
    let token = Secret::new(said["data"]["token"].as_str().unwrap_or_default());
    if said["action"] != "authentication_challenge" || token != shared.world().bot_token {
        let error = json!({"id": "api.web_socket_router.bad_seq.app_error", "message": "Invalid session."});
        let fail = json!({"status": "FAIL", "seq_reply": said["seq"], "error": error});
        drop(socket.send(Message::Text(fail.to_string().into())).await);
        return;
    }
    let (link, mut told) = unbounded_channel();
    let number = {
        let mut world = shared.world();
        world.now = (shared.now)();
        let number = world.count();
        world.sockets.insert(number, link);
        number
    };
    let ok = json!({"status": "OK", "seq_reply": said["seq"]});
    let hello = json!({
        "event": "hello", "data": {"server_version": "9.0.0.model", "connection_id": number.to_string()},
        "broadcast": {"omit_users": null, "user_id": "", "channel_id": "", "team_id": ""}, "seq": 0,
    });
    let mut is_open = true;
    for first in [ok, hello] {
        is_open = is_open && socket.send(Message::Text(first.to_string().into())).await.is_ok();
    }
    let mut seq = 0_u64;
    while is_open {
        tokio::select! {
            out = told.recv() => match out {
                Some(Out::Event(mut event)) => {
                    seq += 1;
                    event["seq"] = json!(seq);
                    is_open = socket.send(Message::Text(event.to_string().into())).await.is_ok();
                }
                Some(Out::Lose) => seq += 1,
                Some(Out::Cut) | None => is_open = false,
            },
            heard = socket.recv() => is_open = matches!(heard, Some(Ok(message)) if !matches!(message, Message::Close(_))),
        }
    }
    shared.world().sockets.remove(&number);
}

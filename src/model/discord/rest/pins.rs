//! Pins, on the old routes and on those that replaced them in 2025.

use axum::{
    Router,
    extract::State,
    routing::{get, put},
};
use serde_json::{Value, json};

use super::{Reply, empty, ok};
use crate::model::discord::{
    error::ApiError,
    form::At,
    id::Id,
    permission,
    service::Service,
    shape::time,
    world::{Message, World},
};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/channels/{channel}/pins", get(old_list))
        .route("/channels/{channel}/pins/{message}", put(pin).delete(unpin))
        .route("/channels/{channel}/messages/pins", get(list))
        .route("/channels/{channel}/messages/pins/{message}", put(pin).delete(unpin))
}

async fn pin(State(service): State<Service>, At(at): At<(Id, Id)>) -> Reply {
    set(&service, at, true)
}

async fn unpin(State(service): State<Service>, At(at): At<(Id, Id)>) -> Reply {
    set(&service, at, false)
}

fn set(service: &Service, (channel, id): (Id, Id), on: bool) -> Reply {
    service.with(|w| {
        w.require(channel, w.bot, permission::PIN_MESSAGES)?;
        let message = w.message_in(channel, id)?.clone();
        let bot = w.bot;
        w.pin(&message, bot, on)
    })?;
    empty()
}

/// Latest pin first.
fn pinned(w: &World, channel: Id) -> Result<Vec<&Message>, ApiError> {
    w.require(channel, w.bot, 0)?;
    let mut found: Vec<&Message> =
        w.messages.values().filter(|m| m.channel == channel && m.pinned()).collect();
    found.sort_by_key(|m| std::cmp::Reverse((m.pinned_at, m.id)));
    Ok(found)
}

async fn old_list(State(service): State<Service>, At(channel): At<Id>) -> Reply {
    ok(service.look(|w| {
        pinned(w, channel).map(|found| found.into_iter().map(|m| w.message_json(m)).collect::<Value>())
    })?)
}

async fn list(State(service): State<Service>, At(channel): At<Id>) -> Reply {
    let items = service.look(|w| {
        let item = |m: &Message| json!({"pinned_at": m.pinned_at.map(time), "message": w.message_json(m)});
        pinned(w, channel).map(|found| found.into_iter().map(item).collect::<Value>())
    })?;
    ok(json!({"items": items, "has_more": false}))
}

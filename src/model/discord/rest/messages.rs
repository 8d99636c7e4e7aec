//! Messages over REST: send, list, get, edit, delete, react.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Query, State},
    routing::{get, put},
};
use serde_json::Value;

use super::{Reply, empty, ok};
use crate::model::discord::{
    error::ApiError,
    form::{At, Form},
    id::Id,
    permission,
    service::Service,
    session::{MESSAGE_CONTENT, blank},
    world::{Message, World},
};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/channels/{channel}/messages", get(list).post(send))
        .route("/channels/{channel}/messages/{message}", get(read).patch(edit).delete(remove))
        .route("/channels/{channel}/messages/{message}/reactions/{emoji}/@me", put(react).delete(unreact))
}

async fn send(State(service): State<Service>, At(channel): At<Id>, form: Form) -> Reply {
    ok(service.with(|w| {
        let bot = w.bot;
        w.post(channel, bot, &form.body, form.files).map(|m| w.message_json(&m))
    })?)
}

fn page<'a>(
    w: &'a World,
    channel: Id,
    query: &HashMap<String, String>,
) -> Result<Vec<&'a Message>, ApiError> {
    let id = |key: &str| match query.get(key) {
        None => Ok(None),
        Some(text) => text.parse::<Id>().map(Some).map_err(|_| ApiError::not_a_snowflake()),
    };
    let limit: usize = match query.get("limit").map(|l| l.parse()) {
        None => 50,
        Some(Ok(limit @ 1..=100)) => limit,
        Some(_) => {
            return Err(ApiError::form("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100."));
        }
    };
    let all = || w.messages.values().filter(|m| m.channel == channel && !m.is_ephemeral());
    let mut found: Vec<&Message> = if let Some(around) = id("around")? {
        let half = limit / 2;
        let mut before: Vec<_> = all().rev().filter(|m| m.id < around).take(half).collect();
        before.extend(all().filter(|m| m.id >= around).take(half + 1));
        before
    } else if let Some(after) = id("after")? {
        all().filter(|m| m.id > after).take(limit).collect()
    } else {
        let before = id("before")?.unwrap_or(Id(u64::MAX));
        all().rev().filter(|m| m.id < before).take(limit).collect()
    };
    found.sort_by_key(|m| std::cmp::Reverse(m.id));
    Ok(found)
}

async fn list(
    State(service): State<Service>,
    At(channel): At<Id>,
    Query(query): Query<HashMap<String, String>>,
) -> Reply {
    ok(service.look(|w| {
        let place = w.require(channel, w.bot, 0)?;
        if w.permissions_in(place, w.bot) & permission::READ_MESSAGE_HISTORY == 0 {
            return Ok(Value::Array(Vec::new()));
        }
        let found = page(w, channel, &query)?;
        Ok::<_, ApiError>(found.into_iter().map(|m| read_by_bot(w, m)).collect())
    })?)
}

async fn read(State(service): State<Service>, At((channel, id)): At<(Id, Id)>) -> Reply {
    ok(service.look(|w| {
        w.require(channel, w.bot, permission::READ_MESSAGE_HISTORY)?;
        w.message_in(channel, id).map(|m| read_by_bot(w, m))
    })?)
}

/// A message as the bot may read it: what others wrote only where the application has the intent for it.
/// <https://discord.com/developers/docs/events/gateway#message-content-intent>
fn read_by_bot(w: &World, message: &Message) -> Value {
    let mut json = w.message_json(message);
    let is_direct = w.channels.get(&message.channel).is_some_and(|channel| channel.kind == 1);
    let is_for_it = message.author == w.bot || message.mentions.contains(&w.bot) || is_direct;
    if !is_for_it && w.intents_allowed & MESSAGE_CONTENT == 0 {
        blank(&mut json);
    }
    json
}

async fn edit(State(service): State<Service>, At((channel, id)): At<(Id, Id)>, form: Form) -> Reply {
    ok(service.with(|w| {
        w.require(channel, w.bot, 0)?;
        if w.message_in(channel, id)?.author != w.bot {
            return Err(ApiError::NOT_YOURS);
        }
        w.rewrite(id, &form.body, form.files).map(|m| w.message_json(&m))
    })?)
}

async fn remove(State(service): State<Service>, At((channel, id)): At<(Id, Id)>) -> Reply {
    service.with(|w| {
        w.require(channel, w.bot, 0)?;
        let message = w.message_in(channel, id)?.clone();
        if message.author != w.bot {
            w.require(channel, w.bot, permission::MANAGE_MESSAGES)?;
        }
        w.remove(&message);
        Ok::<(), ApiError>(())
    })?;
    empty()
}

async fn react(State(service): State<Service>, At(at): At<(Id, Id, String)>) -> Reply {
    set_reaction(&service, at, true)
}

async fn unreact(State(service): State<Service>, At(at): At<(Id, Id, String)>) -> Reply {
    set_reaction(&service, at, false)
}

fn set_reaction(service: &Service, (channel, id, emoji): (Id, Id, String), on: bool) -> Reply {
    service.with(|w| {
        let needed = if on { permission::ADD_REACTIONS | permission::READ_MESSAGE_HISTORY } else { 0 };
        w.require(channel, w.bot, needed)?;
        let message = w.message_in(channel, id)?.clone();
        let bot = w.bot;
        w.react(&message, bot, &emoji, on);
        Ok::<(), ApiError>(())
    })?;
    empty()
}

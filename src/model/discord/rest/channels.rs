//! Channels: get, change (names and topics twice in ten minutes at most), delete, overwrites, typing.

use axum::{
    Router,
    extract::State,
    routing::{get, post, put},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Reply, empty, ok};
use crate::model::discord::{
    error::{ApiError, FormErrors},
    form::{At, Form},
    id::Id,
    permission,
    service::Service,
    world::{Channel, Overwrite, World},
};

/// Changes of name or topic at most in [`RENAME_WINDOW`], for one channel.
const RENAMES_MAX: usize = 2;
const RENAME_WINDOW: TimeDelta = TimeDelta::minutes(10);

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/channels/{channel}", get(read).patch(change).delete(remove))
        .route("/channels/{channel}/typing", post(typing))
        .route("/channels/{channel}/permissions/{target}", put(allow).delete(disallow))
}

/// A text channel's name as Discord keeps it: lower case, dashes for blanks.
pub(super) fn slug(kind: u8, name: &str) -> String {
    if kind == 0 {
        name.trim().to_lowercase().replace(char::is_whitespace, "-")
    } else {
        name.trim().to_owned()
    }
}

pub(super) fn overwrites(body: &Value) -> Vec<Overwrite> {
    let bits = |v: &Value| v.as_str().and_then(|s| s.parse().ok()).or(v.as_u64()).unwrap_or(0);
    let list = body.as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .filter_map(|o| {
            let id = o["id"].as_str()?.parse().ok()?;
            let kind = u8::try_from(o["type"].as_u64()?).ok()?;
            Some(Overwrite { id, kind, allow: bits(&o["allow"]), deny: bits(&o["deny"]) })
        })
        .collect()
}

async fn read(State(service): State<Service>, At(id): At<Id>) -> Reply {
    ok(service.look(|w| w.require(id, w.bot, 0).map(|c| w.channel_json(c)))?)
}

async fn change(State(service): State<Service>, At(id): At<Id>, form: Form) -> Reply {
    ok(service.with(|w| edit(w, id, &form.body))?)
}

fn check(body: &Value, is_thread: bool) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    if let Some(name) = body["name"].as_str() {
        errors.length("name", name, 1, 100);
    }
    errors.length("topic", body["topic"].as_str().unwrap_or_default(), 0, 1024);
    if is_thread && !body["auto_archive_duration"].is_null() {
        check_archive_after(body, &mut errors);
    }
    errors.done()
}

pub(super) fn check_archive_after(body: &Value, errors: &mut FormErrors) {
    if !matches!(body["auto_archive_duration"].as_u64(), Some(60 | 1440 | 4320 | 10080)) {
        errors.choices("auto_archive_duration", "60, 1440, 4320, 10080");
    }
}

fn edit(w: &mut World, id: Id, body: &Value) -> Result<Value, ApiError> {
    let old = w.require(id, w.bot, 0)?.clone();
    let own_thread = old.thread.is_some() && old.owner == Some(w.bot);
    let needed = if old.thread.is_some() { permission::MANAGE_THREADS } else { permission::MANAGE_CHANNELS };
    if !own_thread || body.get("locked").is_some() {
        w.require(id, w.bot, needed)?;
    }
    check(body, old.thread.is_some())?;
    let mut new = old.clone();
    if let Some(thread) = &mut new.thread {
        let archived = body["archived"].as_bool();
        if thread.archived && archived != Some(false) && body.get("name").is_some() {
            return Err(ApiError::ARCHIVED);
        }
        if let Some(archived) = archived.filter(|a| *a != thread.archived) {
            (thread.archived, thread.archived_at) = (archived, w.now);
        }
        thread.locked = body["locked"].as_bool().unwrap_or(thread.locked);
        thread.auto_archive_minutes =
            body["auto_archive_duration"].as_u64().unwrap_or(thread.auto_archive_minutes);
    }
    if let Some(name) = body["name"].as_str() {
        new.name = slug(old.kind, name);
    }
    if let Some(topic) = body.get("topic").filter(|_| old.thread.is_none()) {
        new.topic = topic.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
    }
    if let Some(parent) = body.get("parent_id").filter(|_| old.thread.is_none()) {
        new.parent = parent.as_str().and_then(|p| p.parse().ok());
    }
    if let Some(list) = body.get("permission_overwrites").filter(|l| l.is_array()) {
        w.require(id, w.bot, permission::MANAGE_ROLES)?;
        new.overwrites = overwrites(list);
    }
    new.position = body["position"].as_u64().unwrap_or(new.position);
    if new.name != old.name || new.topic != old.topic {
        new.renamed_at = renamed(&old, w)?;
    }
    w.channels.insert(id, new.clone());
    let json = w.channel_json(&new);
    let event = if new.thread.is_some() { "THREAD_UPDATE" } else { "CHANNEL_UPDATE" };
    w.dispatch(event, Some(id), &json);
    Ok(json)
}

fn renamed(channel: &Channel, w: &World) -> Result<Vec<chrono::DateTime<chrono::Utc>>, ApiError> {
    let mut recent: Vec<_> =
        channel.renamed_at.iter().copied().filter(|at| w.now - *at < RENAME_WINDOW).collect();
    if recent.len() >= RENAMES_MAX {
        let oldest = recent.first().copied().unwrap_or(w.now);
        let wait = RENAME_WINDOW - (w.now - oldest);
        return Err(ApiError::rate_limited(wait.num_milliseconds() as f64 / 1000.0, false));
    }
    recent.push(w.now);
    Ok(recent)
}

async fn remove(State(service): State<Service>, At(id): At<Id>) -> Reply {
    let json = service.with(|w| {
        let channel = w.require(id, w.bot, 0)?.clone();
        let thread = channel.thread.is_some();
        let needed = if thread { permission::MANAGE_THREADS } else { permission::MANAGE_CHANNELS };
        w.require(id, w.bot, needed)?;
        let json = w.channel_json(&channel);
        w.dispatch(if thread { "THREAD_DELETE" } else { "CHANNEL_DELETE" }, Some(id), &json);
        w.channels.retain(|_, c| c.id != id && !(c.thread.is_some() && c.parent == Some(id)));
        let World { channels, messages, .. } = w;
        messages.retain(|_, m| channels.contains_key(&m.channel));
        Ok::<Value, ApiError>(json)
    })?;
    ok(json)
}

async fn typing(State(service): State<Service>, At(id): At<Id>) -> Reply {
    service.look(|w| w.require(id, w.bot, permission::SEND_MESSAGES).map(|_| ()))?;
    empty()
}

async fn allow(State(service): State<Service>, At((id, target)): At<(Id, Id)>, form: Form) -> Reply {
    let mut body = form.body;
    body["id"] = json!(target);
    let new = overwrites(&json!([body]));
    set_overwrite(&service, id, target, new)
}

async fn disallow(State(service): State<Service>, At((id, target)): At<(Id, Id)>) -> Reply {
    set_overwrite(&service, id, target, Vec::new())
}

fn set_overwrite(service: &Service, id: Id, target: Id, new: Vec<Overwrite>) -> Reply {
    service.with(|w| {
        w.require(id, w.bot, permission::MANAGE_ROLES)?;
        let mut channel = w.channels.get(&id).cloned().ok_or(ApiError::UNKNOWN_CHANNEL)?;
        channel.overwrites.retain(|o| o.id != target);
        channel.overwrites.extend(new);
        w.channels.insert(id, channel.clone());
        let json = w.channel_json(&channel);
        w.dispatch("CHANNEL_UPDATE", Some(id), &json);
        Ok::<(), ApiError>(())
    })?;
    empty()
}

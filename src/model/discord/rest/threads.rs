//! Threads: from a message, in a channel, as a forum post; their members; the active ones.

use axum::{
    Router,
    extract::State,
    routing::{get, post, put},
};
use serde_json::{Value, json};

use super::{Reply, channels::check_archive_after, created, empty, ok};
use crate::model::discord::{
    error::{ApiError, FormErrors},
    form::{At, Form},
    id::Id,
    permission,
    service::Service,
    world::{Channel, Message, Thread, World},
};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/channels/{channel}/threads", post(start))
        .route("/channels/{channel}/messages/{message}/threads", post(start_at))
        .route("/channels/{channel}/thread-members/@me", put(join).delete(leave))
        .route("/channels/{channel}/thread-members/{user}", put(add).delete(take))
        .route("/channels/{channel}/thread-members", get(members))
        .route("/guilds/{guild}/threads/active", get(active))
}

/// The kind of a private thread.
const PRIVATE: u8 = 12;

/// A thread of this kind, not yet in place.
fn thread(w: &mut World, parent: Id, kind: u8, body: &Value) -> Result<Channel, ApiError> {
    let mut errors = FormErrors::default();
    errors.length("name", body["name"].as_str().unwrap_or_default(), 1, 100);
    if !body["auto_archive_duration"].is_null() {
        check_archive_after(body, &mut errors);
    }
    errors.done()?;
    let mut channel = w.new_channel(kind, body["name"].as_str().unwrap_or_default().trim());
    let tags = body["applied_tags"].as_array().map_or(&[][..], Vec::as_slice);
    channel.parent = Some(parent);
    channel.owner = Some(w.bot);
    channel.thread = Some(Thread {
        archived: false,
        locked: false,
        invitable: body["invitable"].as_bool().unwrap_or(true),
        auto_archive_minutes: body["auto_archive_duration"].as_u64().unwrap_or(1440),
        created_at: w.now,
        archived_at: w.now,
        members: vec![w.bot],
        applied_tags: tags.iter().filter_map(|t| t.as_str()?.parse().ok()).collect(),
    });
    Ok(channel)
}

/// Puts a thread in place and tells of it.
fn place(w: &mut World, thread: Channel) -> Value {
    let id = thread.id;
    w.channels.insert(id, thread.clone());
    let mut json = w.channel_json(&thread);
    json["member"] = w.thread_member_json(id, w.bot);
    let mut event = json.clone();
    event["newly_created"] = json!(true);
    w.dispatch("THREAD_CREATE", Some(id), &event);
    json
}

async fn start(State(service): State<Service>, At(parent): At<Id>, form: Form) -> Reply {
    let json = service.with(|w| {
        let kind = w.require(parent, w.bot, 0)?.kind;
        match kind {
            15 => start_post(w, parent, form),
            0 | 5 => {
                let kind = match form.body["type"].as_u64() {
                    Some(11) => 11,
                    None | Some(12) => PRIVATE,
                    _ => {
                        return Err(ApiError::form(
                            "type",
                            "BASE_TYPE_CHOICES",
                            "Value must be one of {11, 12}.",
                        ));
                    }
                };
                let needed = if kind == PRIVATE {
                    permission::CREATE_PRIVATE_THREADS
                } else {
                    permission::CREATE_PUBLIC_THREADS
                };
                w.require(parent, w.bot, needed)?;
                let new = thread(w, parent, kind, &form.body)?;
                Ok(place(w, new))
            }
            _ => Err(ApiError::WRONG_CHANNEL),
        }
    })?;
    created(json)
}

/// A post in a forum: the thread and its first message have the same id.
fn start_post(w: &mut World, parent: Id, form: Form) -> Result<Value, ApiError> {
    w.require(parent, w.bot, permission::SEND_MESSAGES)?;
    let said = form.body.get("message").filter(|m| m.is_object());
    let said =
        said.ok_or_else(|| ApiError::form("message", "BASE_TYPE_REQUIRED", "This field is required"))?;
    let new = thread(w, parent, 11, &form.body)?;
    let (id, bot) = (new.id, w.bot);
    let mut first = w.draft(id, bot, said, form.files)?;
    first.id = id;
    let mut json = place(w, new);
    let message = w.publish(first);
    json["message"] = w.message_json(&message);
    Ok(json)
}

async fn start_at(State(service): State<Service>, At((parent, message)): At<(Id, Id)>, form: Form) -> Reply {
    let json = service.with(|w| {
        let kind = w.require(parent, w.bot, permission::CREATE_PUBLIC_THREADS)?.kind;
        if !matches!(kind, 0 | 5) {
            return Err(ApiError::WRONG_CHANNEL);
        }
        let mut starter = w.message_in(parent, message)?.clone();
        if w.channels.contains_key(&message) {
            return Err(ApiError::THREAD_EXISTS);
        }
        let mut new = thread(w, parent, 11, &form.body)?;
        new.id = message;
        let json = place(w, new);
        starter.flags |= Message::HAS_THREAD;
        w.replace(starter);
        Ok(json)
    })?;
    created(json)
}

/// Puts a person in a thread or takes them out of it.
fn set_member(w: &mut World, id: Id, user: Id, inside: bool) -> Result<(), ApiError> {
    let needed = if inside { permission::SEND_MESSAGES_IN_THREADS } else { 0 };
    let channel = w.require(id, w.bot, needed)?;
    let Some(found) = &channel.thread else { return Err(ApiError::WRONG_CHANNEL) };
    if found.archived {
        return Err(ApiError::ARCHIVED);
    }
    if !w.members.contains_key(&user) {
        return Err(ApiError::UNKNOWN_MEMBER);
    }
    let Some(thread) = w.channels.get_mut(&id).and_then(|c| c.thread.as_mut()) else {
        return Err(ApiError::UNKNOWN_CHANNEL);
    };
    thread.members.retain(|m| *m != user);
    if inside {
        thread.members.push(user);
    }
    let count = thread.members.len().min(50);
    let mut event = json!({"id": id, "guild_id": w.guild, "member_count": count});
    if inside {
        event["added_members"] = json!([w.thread_member_json(id, user)]);
    } else {
        event["removed_member_ids"] = json!([user]);
    }
    w.dispatch("THREAD_MEMBERS_UPDATE", Some(id), &event);
    Ok(())
}

async fn join(State(service): State<Service>, At(id): At<Id>) -> Reply {
    service.with(|w| set_member(w, id, w.bot, true))?;
    empty()
}

async fn leave(State(service): State<Service>, At(id): At<Id>) -> Reply {
    service.with(|w| set_member(w, id, w.bot, false))?;
    empty()
}

async fn add(State(service): State<Service>, At((id, user)): At<(Id, Id)>) -> Reply {
    service.with(|w| set_member(w, id, user, true))?;
    empty()
}

async fn take(State(service): State<Service>, At((id, user)): At<(Id, Id)>) -> Reply {
    service.with(|w| {
        let thread = w.require(id, w.bot, 0)?;
        // Who opened a private thread puts people out of it.
        if thread.kind != PRIVATE || thread.owner != Some(w.bot) {
            w.require(id, w.bot, permission::MANAGE_THREADS)?;
        }
        set_member(w, id, user, false)
    })?;
    empty()
}

async fn members(State(service): State<Service>, At(id): At<Id>) -> Reply {
    ok(service.look(|w| {
        let channel = w.require(id, w.bot, 0)?;
        let thread = channel.thread.as_ref().ok_or(ApiError::WRONG_CHANNEL)?;
        Ok::<Value, ApiError>(thread.members.iter().map(|m| w.thread_member_json(id, *m)).collect())
    })?)
}

async fn active(State(service): State<Service>, At(guild): At<Id>) -> Reply {
    ok(service.look(|w| {
        w.check_guild(guild)?;
        let open =
            |c: &&Channel| c.thread.as_ref().is_some_and(|t| !t.archived) && w.permissions_in(c, w.bot) != 0;
        let threads: Vec<&Channel> = w.channels.values().filter(open).collect();
        let members: Vec<Value> = threads.iter().map(|t| w.thread_member_json(t.id, w.bot)).collect();
        let threads: Vec<Value> = threads.into_iter().map(|t| w.channel_json(t)).collect();
        Ok::<Value, ApiError>(json!({"threads": threads, "members": members, "has_more": false}))
    })?)
}

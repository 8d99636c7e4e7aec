//! Messages and dialogs, with their limits.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Shared,
    api::{Done, answer, forbidden, refuse},
    channels::channel,
    checks, files,
    world::{OpenDialog, Post, Whisper, World},
};

const TEXT_CHARS_MAX: usize = 16_383;
const PROPS_CHARS_MAX: usize = 800_000;
/// The same `pending_post_id` is the same message for so long.
const PENDING_SECONDS: i64 = 30;
/// Answers to one slash command.
const HOOK_USES_MAX: u32 = 5;
const HOOK_MINUTES: i64 = 30;
const PAGE_MAX: usize = 200;
const SINCE_MAX: usize = 1_000;

fn check(text: &str, props: &Value) -> Result<(), super::api::Refusal> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(refuse(400, "model.post.is_valid.message_length.app_error", "Message is too long."));
    }
    if props.to_string().chars().count() > PROPS_CHARS_MAX {
        return Err(refuse(400, "model.post.is_valid.props.app_error", "Invalid props."));
    }
    if props["attachments"].is_null() {
        return Ok(());
    }
    checks::of_attachments(&props["attachments"])
        .map_err(|why| refuse(400, "model.post.is_valid.props.app_error", why))
}

pub(super) async fn create(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.world();
    let done = created(&mut world, &body);
    answer(StatusCode::CREATED, done)
}

fn created(w: &mut World, body: &Value) -> Done {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let (id, root) = (text("channel_id"), text("root_id"));
    // Of a channel that is not there, nobody has the permission.
    let may = w.channels.get(id).is_some_and(|found| found.members.contains(&w.bot));
    if !may || !w.permissions.contains("create_post") {
        return Err(forbidden());
    }
    if channel(w, id)?.is_archived {
        let why = "Can not post to deleted channel.";
        return Err(refuse(400, "api.post.create_post.can_not_post_to_deleted.error", why));
    }
    if !root.is_empty() && w.post(root).is_none_or(|post| post.deleted_at > 0 || post.channel != id) {
        return Err(refuse(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter."));
    }
    check(text("message"), &body["props"])?;
    let files = files::of_post(w, &body["file_ids"])?;
    if text("message").is_empty() && body["props"]["attachments"].is_null() && files.is_empty() {
        return Err(refuse(400, "model.post.is_valid.msg.app_error", "Message is empty."));
    }
    let (now, pending) = (w.now, text("pending_post_id"));
    w.pending.retain(|_, (_, at)| (now - *at).num_seconds() < PENDING_SECONDS);
    if let Some((known, _)) = w.pending.get(pending).filter(|_| !pending.is_empty()) {
        let known = w.post(known).filter(|post| post.deleted_at == 0).cloned();
        let gone = || {
            refuse(500, "api.post.deduplicate_create_post.failed_to_get", "Failed to fetch original post.")
        };
        return known.map(|post| w.post_json(&post)).ok_or_else(gone);
    }
    let (bot, root) = (w.bot.clone(), (!root.is_empty()).then_some(root));
    let post = w.say(&bot, id, root, text("message"), body["props"].clone());
    files.iter().for_each(|file| w.give_file(file, &post.id));
    w.pending.insert(pending.to_owned(), (post.id.clone(), now));
    Ok(w.post_json(&post))
}

pub(super) async fn whisper(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.world();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (user, post) = (text(&body["user_id"]), &body["post"]);
    if !world.permissions.contains("create_post_ephemeral") {
        return answer(StatusCode::OK, Err(forbidden()));
    }
    let root = Some(text(&post["root_id"])).filter(|root| !root.is_empty());
    let whisper = Whisper { user, channel: text(&post["channel_id"]), root, text: text(&post["message"]) };
    world.whispers.push(whisper);
    answer(StatusCode::CREATED, Ok(json!({"id": "", "type": "system_ephemeral"})))
}

pub(super) async fn get(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let found = world.post(&id).filter(|post| post.deleted_at == 0);
    let done = found.ok_or_else(|| refuse(404, "app.post.get.app_error", "Unable to get the post."));
    let done = done.and_then(|post| channel(&world, &post.channel).map(|_| world.post_json(post)));
    answer(StatusCode::OK, done)
}

pub(super) async fn patch(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut world = shared.world();
    let done = patched(&mut world, &id, &body);
    answer(StatusCode::OK, done)
}

fn patched(w: &mut World, id: &str, body: &Value) -> Done {
    let (bot, now) = (w.bot.clone(), w.now.timestamp_millis());
    // A message that is gone is one that may not be edited.
    let found = w.post(id).filter(|post| post.deleted_at == 0 && post.user == bot).cloned();
    let found = found.filter(|_| w.permissions.contains("edit_post")).ok_or_else(forbidden)?;
    let is_late = w.edit_seconds.is_some_and(|seconds| now > found.created_at + seconds * 1_000);
    if is_late && body["message"].is_string() {
        let why =
            "Post edit is only allowed for some seconds. Please ask your System Administrator for details.";
        return Err(refuse(400, "api.post.update_post.permissions_time_limit.app_error", why));
    }
    check(body["message"].as_str().unwrap_or_default(), &body["props"])?;
    let at = w.moment();
    let Some(post) = w.post_mut(id) else { return Err(forbidden()) };
    if let Some(text) = body["message"].as_str() {
        post.text = text.to_owned();
    }
    if body["props"].is_object() {
        post.props = body["props"].clone();
    }
    (post.updated_at, post.edited_at) = (at, at);
    let post = post.clone();
    w.tell_of("post_edited", &post);
    Ok(w.post_json(&post))
}

pub(super) async fn pin(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let mut world = shared.world();
    let at = world.moment();
    let done = match world.post_mut(&id) {
        Some(post) if post.deleted_at == 0 => {
            (post.is_pinned, post.updated_at) = (true, at);
            Ok(json!({"status": "OK"}))
        }
        _ => Err(forbidden()),
    };
    answer(StatusCode::OK, done)
}

pub(super) async fn react(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.world();
    let done = reacted(&mut world, &body);
    answer(StatusCode::CREATED, done)
}

fn reacted(w: &mut World, body: &Value) -> Done {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let post = w.post(text("post_id")).filter(|post| post.deleted_at == 0).cloned().ok_or_else(forbidden)?;
    let is_in = w.channels.get(&post.channel).is_some_and(|found| found.members.contains(&w.bot));
    if !is_in || text("user_id") != w.bot || !w.permissions.contains("add_reaction") {
        return Err(forbidden());
    }
    if text("emoji_name").is_empty() {
        return Err(refuse(400, "model.reaction.is_valid.emoji_name.app_error", "Invalid emoji name."));
    }
    Ok(w.react(text("user_id"), &post, text("emoji_name")))
}

/// Messages of a channel: a page of them, those before one, or what changed since a moment.
pub(super) async fn of_channel(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let world = shared.world();
    let found = match channel(&world, &id) {
        Ok(found) if world.permissions.contains("read_channel") => found,
        Ok(_) => return answer(StatusCode::OK, Err(forbidden())),
        Err(refusal) => return answer(StatusCode::OK, Err(refusal)),
    };
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let per_page = usize::try_from(number("per_page").unwrap_or(60)).unwrap_or(60).min(PAGE_MAX);
    let newest_first = found.posts.iter().rev();
    let shown: Vec<&Post> = if let Some(since) = number("since") {
        newest_first.filter(|post| post.updated_at > since).take(SINCE_MAX).collect()
    } else {
        let there = newest_first.filter(|post| post.deleted_at == 0);
        let before = query.get("before");
        let after: Vec<&Post> = match before {
            Some(before) => there.skip_while(|post| post.id != *before).skip(1).collect(),
            None => there.collect(),
        };
        let page = usize::try_from(number("page").unwrap_or_default()).unwrap_or_default();
        after.into_iter().skip(page * per_page).take(per_page).collect()
    };
    let order: Vec<&str> = shown.iter().map(|post| post.id.as_str()).collect();
    let posts: serde_json::Map<String, Value> =
        shown.iter().map(|post| (post.id.clone(), world.post_json(post))).collect();
    answer(
        StatusCode::OK,
        Ok(json!({"order": order, "posts": posts, "next_post_id": "", "prev_post_id": ""})),
    )
}

pub(super) async fn open_dialog(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.world();
    let done = opened(&mut world, &body);
    answer(StatusCode::OK, done)
}

fn opened(w: &mut World, body: &Value) -> Done {
    let now = w.now;
    checks::of_opening(body).map_err(|why| refuse(400, "api.context.invalid_body_param.app_error", why))?;
    let trigger = body["trigger_id"].as_str().unwrap_or_default();
    let Some(trigger) = w.triggers.get(trigger).cloned() else {
        let id = "interactive_message.decode_trigger_id.base64_decode_failed";
        return Err(refuse(400, id, "Failed to decode base64 for trigger ID for interactive dialog."));
    };
    if (now - trigger.at).num_seconds() >= w.patience_seconds {
        let why =
            "Trigger ID for interactive dialog is expired. Trigger IDs live for a maximum of 3 seconds.";
        return Err(refuse(400, "interactive_message.decode_trigger_id.expired", why));
    }
    let url = body["url"].as_str().unwrap_or_default().to_owned();
    w.dialogs.push(OpenDialog {
        user: trigger.user,
        channel: trigger.channel,
        url,
        dialog: body["dialog"].clone(),
    });
    Ok(json!({"status": "OK"}))
}

/// An answer to a slash command, where Mattermost said that it is to go.
pub(super) async fn respond(
    State(shared): State<Shared>,
    Path(hook): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut world = shared.world();
    let now = world.now;
    let Some(found) = world.hooks.get_mut(&hook) else { return StatusCode::NOT_FOUND.into_response() };
    found.uses += 1;
    if found.uses > HOOK_USES_MAX || (now - found.at).num_minutes() >= HOOK_MINUTES {
        return StatusCode::NOT_FOUND.into_response();
    }
    let found = found.clone();
    world.answered(&found.user, &found.channel, found.root.clone(), &body);
    "ok".into_response()
}

//! The methods of the Web API, as far as an app like ours calls them, with their scopes and limits.

use serde_json::{Value, json};

use super::{
    api::{Args, Refusal},
    blocks, files,
    world::{Message, OpenView, Whisper, World},
};

pub(super) type Done = Result<Value, Refusal>;

const TEXT_CHARS_MAX: usize = 40_000;
const CHANNEL_NAME_MAX: usize = 80;
const TOPIC_CHARS_MAX: usize = 250;
const PAGE_MAX: usize = 999;

pub(super) fn call(w: &mut World, method: &str, args: &Args) -> Done {
    let target = args.get("channel").and_then(|id| w.channels.get(id));
    let is_private = target.is_some_and(|found| found.is_private)
        || args.get("is_private").is_some_and(|given| given == "true")
        || args.get("types").is_some_and(|types| types.contains("private_channel"));
    let scope = match method {
        "chat.postMessage" | "chat.update" | "chat.postEphemeral" => "chat:write",
        "conversations.create"
        | "conversations.invite"
        | "conversations.kick"
        | "conversations.rename"
        | "conversations.setTopic" => {
            if is_private {
                "groups:write"
            } else {
                "channels:manage"
            }
        }
        "files.getUploadURLExternal" | "files.completeUploadExternal" => "files:write",
        "conversations.join" => "channels:join",
        "conversations.list" | "conversations.info" | "conversations.members" if is_private => "groups:read",
        "conversations.list" | "conversations.info" | "conversations.members" => "channels:read",
        "conversations.history" | "conversations.replies" if is_private => "groups:history",
        "conversations.history" | "conversations.replies" => "channels:history",
        "pins.add" => "pins:write",
        "bookmarks.add" => "bookmarks:write",
        "users.info" => "users:read",
        "auth.test" | "apps.connections.open" | "views.open" => "",
        _ => return Err(Refusal::Error("unknown_method")),
    };
    if !scope.is_empty() && !w.scopes.contains(scope) {
        return Err(Refusal::MissingScope(scope));
    }
    match method {
        "auth.test" => Ok(json!({
            "url": format!("{}/", w.url), "team": "Example", "user": "commandpost", "team_id": w.team,
            "user_id": w.bot_user, "bot_id": w.bot_id, "is_enterprise_install": false,
        })),
        "apps.connections.open" => {
            let ticket = w.id('K');
            w.tickets.insert(ticket.clone());
            let url = w.url.replacen("http://", "ws://", 1);
            Ok(json!({"url": format!("{url}/socket?ticket={ticket}&app_id=A1")}))
        }
        "chat.postMessage" => post(w, args),
        "chat.update" => update(w, args),
        "chat.postEphemeral" => whisper(w, args),
        "files.getUploadURLExternal" => files::place(w, args),
        "files.completeUploadExternal" => files::show(w, args),
        "conversations.create" => create(w, args),
        "conversations.invite" => invite(w, args),
        "conversations.kick" => kick(w, args),
        "conversations.members" => {
            let id = channel(w, args)?;
            let members = w.channels.get(&id).map(|found| found.members.clone());
            Ok(json!({"members": members, "response_metadata": {"next_cursor": ""}}))
        }
        "conversations.join" => {
            let id = channel(w, args)?;
            let bot = w.bot_user.clone();
            change(w, &id, |found| {
                found.members.insert(bot);
            })
        }
        "conversations.setTopic" => {
            let id = inside(w, args)?;
            let topic = needed(args, "topic")?;
            if topic.chars().count() > TOPIC_CHARS_MAX {
                return Err(Refusal::Error("too_long"));
            }
            change(w, &id, |found| found.topic = topic)
        }
        "conversations.rename" => {
            let (id, name) = (inside(w, args)?, free_name(w, args)?);
            change(w, &id, |found| found.name = name)
        }
        "conversations.info" => {
            let id = channel(w, args)?;
            change(w, &id, |_| {})
        }
        "conversations.list" => {
            let types = args.get("types").map_or("public_channel", String::as_str);
            let is_shown = |one: &&super::Channel| match one.is_private {
                true => types.contains("private_channel") && one.members.contains(&w.bot_user),
                false => types.contains("public_channel"),
            };
            let all: Vec<Value> =
                w.channels.values().filter(is_shown).map(|one| w.channel_json(one)).collect();
            Ok(json!({"channels": all, "response_metadata": {"next_cursor": ""}}))
        }
        "conversations.history" => history(w, args),
        "conversations.replies" => replies(w, args),
        "pins.add" => {
            let id = inside(w, args)?;
            let ts = needed(args, "timestamp")?;
            let Some(found) = w.channels.get_mut(&id) else {
                return Err(Refusal::Error("channel_not_found"));
            };
            if !found.messages.iter().any(|message| message.ts == ts) {
                return Err(Refusal::Error("message_not_found"));
            }
            if found.pins.contains(&ts) {
                return Err(Refusal::Error("already_pinned"));
            }
            found.pins.push(ts);
            Ok(json!({}))
        }
        "bookmarks.add" => {
            let mut args = args.clone();
            args.insert("channel".into(), needed(&args, "channel_id")?);
            let id = inside(w, &args)?;
            let (title, link) = (needed(&args, "title")?, needed(&args, "link")?);
            if needed(&args, "type")? != "link" || !link.starts_with("http") {
                return Err(Refusal::Error("invalid_arguments"));
            }
            let added =
                json!({"bookmark": {"id": w.id('K'), "channel_id": id, "title": title, "link": link}});
            if let Some(found) = w.channels.get_mut(&id) {
                found.bookmarks.push((title, link));
            }
            Ok(added)
        }
        "users.info" => {
            let found = w.users.get(&needed(args, "user")?).ok_or(Refusal::Error("user_not_found"))?;
            Ok(json!({"user": {"id": found.id, "name": found.name, "real_name": found.display_name,
                "team_id": found.team, "is_stranger": found.team != w.team,
                "profile": {"display_name": found.display_name, "real_name": found.display_name}}}))
        }
        _ => open_view(w, args),
    }
}

pub(super) fn needed(args: &Args, name: &str) -> Result<String, Refusal> {
    let given = args.get(name).filter(|value| !value.is_empty()).cloned();
    given.ok_or_else(|| Refusal::Because("invalid_arguments", format!("missing required field: {name}")))
}

/// A channel that is there.
fn channel(w: &World, args: &Args) -> Result<String, Refusal> {
    let id = needed(args, "channel")?;
    let found = w.channels.get(&id).filter(|found| found.is_seen_by(&w.bot_user));
    let found = found.ok_or(Refusal::Error("channel_not_found"))?;
    if found.is_archived { Err(Refusal::Error("is_archived")) } else { Ok(id) }
}

/// A channel that is there, with the bot in it.
pub(super) fn inside(w: &World, args: &Args) -> Result<String, Refusal> {
    let id = channel(w, args)?;
    let is_in = w.channels.get(&id).is_some_and(|found| found.members.contains(&w.bot_user));
    if is_in { Ok(id) } else { Err(Refusal::Error("not_in_channel")) }
}

fn change(w: &mut World, id: &str, f: impl FnOnce(&mut super::Channel)) -> Done {
    if let Some(found) = w.channels.get_mut(id) {
        f(found);
    }
    let found = w.channels.get(id).ok_or(Refusal::Error("channel_not_found"))?;
    Ok(json!({"channel": w.channel_json(found)}))
}

struct Content {
    text: String,
    blocks: Vec<Value>,
    metadata: Option<Value>,
}

fn content(args: &Args) -> Result<Content, Refusal> {
    let text = args.get("text").cloned().unwrap_or_default();
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Refusal::Error("msg_too_long"));
    }
    let json = |name: &str, error| -> Result<Option<Value>, Refusal> {
        let Some(text) = args.get(name) else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|_| Refusal::Error(error))
    };
    let blocks = match json("blocks", "invalid_blocks_format")? {
        Some(blocks) => blocks::of_message(&blocks).map_err(|why| Refusal::Because("invalid_blocks", why))?,
        None => vec![],
    };
    if text.is_empty() && blocks.is_empty() {
        return Err(Refusal::Error("no_text"));
    }
    let metadata = json("metadata", "invalid_metadata_format")?;
    if metadata.as_ref().is_some_and(|m| !m["event_type"].is_string() || !m["event_payload"].is_object()) {
        return Err(Refusal::Error("invalid_metadata_schema"));
    }
    Ok(Content { text, blocks, metadata })
}

fn post(w: &mut World, args: &Args) -> Done {
    let to = needed(args, "channel")?;
    let content = content(args)?;
    // A message to a person is shown to that person alone.
    if w.users.contains_key(&to) {
        let whisper = Whisper { user: to.clone(), channel: None, thread: None, text: content.text };
        w.whispers.push(whisper);
        return Ok(json!({"channel": to.replacen('U', "D", 1), "ts": w.ts()}));
    }
    let id = inside(w, args)?;
    let (now, gap) = (w.now, w.message_gap_ms);
    let (ts, user) = (w.ts(), w.bot_user.clone());
    let Some(found) = w.channels.get_mut(&id) else { return Err(Refusal::Error("channel_not_found")) };
    if found.posted_at.is_some_and(|at| (now - at).num_milliseconds() < gap) {
        return Err(Refusal::Limited(1));
    }
    let thread = args.get("thread_ts").cloned();
    if thread.as_ref().is_some_and(|root| !found.messages.iter().any(|message| message.ts == *root)) {
        return Err(Refusal::Error("thread_not_found"));
    }
    found.posted_at = Some(now);
    let message = Message {
        ts: ts.clone(),
        thread,
        user,
        is_bots: true,
        text: content.text,
        blocks: content.blocks,
        metadata: content.metadata,
        ..Message::default()
    };
    found.messages.push(message.clone());
    w.tell_of(&id, &message);
    Ok(json!({"channel": id, "ts": ts, "message": w.message_json(&message)}))
}

fn update(w: &mut World, args: &Args) -> Done {
    let (id, ts) = (inside(w, args)?, needed(args, "ts")?);
    let (content, bot) = (content(args)?, w.bot_user.clone());
    let Some(found) = w.channels.get_mut(&id) else { return Err(Refusal::Error("channel_not_found")) };
    let Some(message) = found.messages.iter_mut().find(|message| message.ts == ts) else {
        return Err(Refusal::Error("message_not_found"));
    };
    if message.user != bot {
        return Err(Refusal::Error("cant_update_message"));
    }
    let before = message.clone();
    (message.text, message.is_edited) = (content.text, true);
    if args.contains_key("blocks") {
        message.blocks = content.blocks;
    }
    message.metadata = content.metadata.or(message.metadata.take());
    let now = message.clone();
    w.tell_of_change(&id, &before, &now);
    Ok(json!({"channel": id, "ts": ts, "text": now.text}))
}

fn whisper(w: &mut World, args: &Args) -> Done {
    let (id, user, content) = (inside(w, args)?, needed(args, "user")?, content(args)?);
    if !w.channels.get(&id).is_some_and(|found| found.members.contains(&user)) {
        return Err(Refusal::Error("user_not_in_channel"));
    }
    let thread = args.get("thread_ts").cloned();
    w.whispers.push(Whisper { user, channel: Some(id), thread, text: content.text });
    Ok(json!({"message_ts": w.ts()}))
}

/// The name that is asked for, if a channel may have it.
fn free_name(w: &World, args: &Args) -> Result<String, Refusal> {
    let name = needed(args, "name")?;
    if name.chars().count() > CHANNEL_NAME_MAX {
        return Err(Refusal::Error("invalid_name_maxlength"));
    }
    if !name.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-' || c == '_') {
        return Err(Refusal::Error("invalid_name_specials"));
    }
    if w.channels.values().any(|found| found.name == name) {
        return Err(Refusal::Error("name_taken"));
    }
    Ok(name)
}

fn create(w: &mut World, args: &Args) -> Done {
    let name = free_name(w, args)?;
    let bot = w.bot_user.clone();
    let id = w.new_channel(&name, &bot);
    let is_private = args.get("is_private").is_some_and(|given| given == "true");
    change(w, &id, |found| found.is_private = is_private)
}

fn invite(w: &mut World, args: &Args) -> Done {
    let id = inside(w, args)?;
    let users: Vec<String> = needed(args, "users")?.split(',').map(str::to_owned).collect();
    if users.iter().any(|user| !w.users.contains_key(user)) {
        return Err(Refusal::Error("user_not_found"));
    }
    if users.contains(&w.bot_user) {
        return Err(Refusal::Error("cant_invite_self"));
    }
    let found = w.channels.get(&id);
    if users.iter().any(|user| found.is_some_and(|found| found.members.contains(user))) {
        return Err(Refusal::Error("already_in_channel"));
    }
    change(w, &id, |found| found.members.extend(users))
}

fn kick(w: &mut World, args: &Args) -> Done {
    let (id, user) = (inside(w, args)?, needed(args, "user")?);
    if user == w.bot_user {
        return Err(Refusal::Error("cant_kick_self"));
    }
    if !w.channels.get(&id).is_some_and(|found| found.members.contains(&user)) {
        return Err(Refusal::Error("not_in_channel"));
    }
    change(w, &id, |found| {
        found.members.remove(&user);
    })
}

/// A page of these messages; the cursor is how many came before.
fn page(w: &World, all: &[&Message], args: &Args) -> Done {
    let limit: usize = args.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
    let from: usize = args.get("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let limit = limit.clamp(1, PAGE_MAX);
    let shown: Vec<Value> =
        all.iter().skip(from).take(limit).map(|message| w.message_json(message)).collect();
    let next = from + shown.len();
    let cursor = if next < all.len() { next.to_string() } else { String::new() };
    Ok(
        json!({"messages": shown, "has_more": !cursor.is_empty(), "response_metadata": {"next_cursor": cursor}}),
    )
}

fn is_in_range(message: &Message, args: &Args) -> bool {
    let number = |text: &str| text.parse::<f64>().unwrap_or_default();
    let at = number(&message.ts);
    let is_inclusive = args.get("inclusive").is_some_and(|value| value == "true");
    let after =
        args.get("oldest").is_none_or(|oldest| at > number(oldest) || (is_inclusive && at == number(oldest)));
    let before =
        args.get("latest").is_none_or(|latest| at < number(latest) || (is_inclusive && at == number(latest)));
    after && before
}

fn history(w: &World, args: &Args) -> Done {
    let id = needed(args, "channel")?;
    let found = w.channels.get(&id).filter(|found| found.is_seen_by(&w.bot_user));
    let found = found.ok_or(Refusal::Error("channel_not_found"))?;
    if !found.members.contains(&w.bot_user) {
        return Err(Refusal::Error("not_in_channel"));
    }
    let all: Vec<&Message> = found
        .messages
        .iter()
        .rev()
        .filter(|message| message.thread.is_none() && is_in_range(message, args))
        .collect();
    page(w, &all, args)
}

fn replies(w: &World, args: &Args) -> Done {
    let (id, ts) = (needed(args, "channel")?, needed(args, "ts")?);
    let found = w.channels.get(&id).filter(|found| found.is_seen_by(&w.bot_user));
    let found = found.ok_or(Refusal::Error("channel_not_found"))?;
    if !found.members.contains(&w.bot_user) {
        return Err(Refusal::Error("not_in_channel"));
    }
    let named = found.messages.iter().find(|message| message.ts == ts);
    let named = named.ok_or(Refusal::Error("thread_not_found"))?;
    let root = named.thread.clone().unwrap_or_else(|| ts.clone());
    let of_thread = |message: &&Message| {
        message.ts == root || (message.thread.as_ref() == Some(&root) && is_in_range(message, args))
    };
    let all: Vec<&Message> = found.messages.iter().filter(of_thread).collect();
    page(w, &all, args)
}

fn open_view(w: &mut World, args: &Args) -> Done {
    let trigger = needed(args, "trigger_id")?;
    let view: Value =
        serde_json::from_str(&needed(args, "view")?).map_err(|_| Refusal::Error("invalid_arguments"))?;
    // One trigger opens one form.
    let Some((user, at)) = w.triggers.remove(&trigger) else {
        return Err(Refusal::Error("exchanged_trigger_id"));
    };
    if (w.now - at).num_milliseconds() >= w.patience_ms {
        return Err(Refusal::Error("expired_trigger_id"));
    }
    blocks::of_view(&view).map_err(|why| Refusal::Because("invalid_arguments", why))?;
    let id = w.id('V');
    w.views.push(OpenView { id: id.clone(), user, view: view.clone() });
    let mut shown = view;
    shown["id"] = json!(id);
    Ok(json!({"view": shown}))
}

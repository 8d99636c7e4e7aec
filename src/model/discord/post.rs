//! Messages: posting, editing, deleting, pinning; who is notified.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    error::ApiError,
    form::Upload,
    id::Id,
    limits::check_message,
    permission,
    world::{Attachment, Message, World},
};

/// How long a nonce is remembered ("the past few minutes").
const NONCE_LIFE: TimeDelta = TimeDelta::minutes(5);
/// Flags that a sender may set: suppress embeds, ephemeral, suppress notifications, components v2.
const FLAGS_ALLOWED: u64 = 1 << 2 | 1 << 6 | 1 << 12 | 1 << 15;

fn items(body: &Value, key: &str) -> Vec<Value> {
    body[key].as_array().cloned().unwrap_or_default()
}

fn ids(list: &Value) -> Vec<Id> {
    list.as_array().map(|l| l.iter().filter_map(|v| v.as_str()?.parse().ok()).collect()).unwrap_or_default()
}

/// The ids in `<@1>`, `<@!1>` (prefix `@`) or `<@&1>` (prefix `@&`).
fn named(content: &str, prefix: &str) -> Vec<Id> {
    let mut found: Vec<Id> = content
        .split(&format!("<{prefix}"))
        .skip(1)
        .filter_map(|rest| rest.split('>').next()?.trim_start_matches('!').parse().ok())
        .collect();
    found.dedup();
    found
}

impl World {
    /// Sends a message as `author`, within all limits. Returns the earlier one when the nonce was used before.
    ///
    /// # Errors
    /// What Discord refuses: 10003, 50001, 50013, 50006, 50008, 50035, 50083.
    pub fn post(
        &mut self,
        channel: Id,
        author: Id,
        body: &Value,
        files: Vec<Upload>,
    ) -> Result<Message, ApiError> {
        let place = self.channels.get(&channel).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        let needed = if place.thread.is_some() {
            permission::SEND_MESSAGES_IN_THREADS
        } else {
            permission::SEND_MESSAGES
        };
        self.require(channel, author, needed)?;
        let place = self.channels.get(&channel).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        if matches!(place.kind, 4 | 15) {
            return Err(ApiError::NOT_TEXT);
        }
        if place.kind == 1
            && place.recipients.iter().any(|r| self.users.get(r).is_some_and(|u| u.refuses_dms))
        {
            return Err(ApiError::NO_DM);
        }
        if place.thread.as_ref().is_some_and(|t| t.locked && t.archived) {
            return Err(ApiError::ARCHIVED);
        }
        let message = self.draft(channel, author, body, files)?;
        if body["enforce_nonce"] == true
            && let Some(earlier) = self.earlier(&message)
        {
            return Ok(earlier);
        }
        Ok(self.publish(message))
    }

    fn earlier(&self, message: &Message) -> Option<Message> {
        let nonce = message.nonce.as_ref()?.to_string();
        let earlier = self.messages.get(self.nonces.get(&(message.channel, nonce))?)?;
        (self.now - earlier.created_at <= NONCE_LIFE && earlier.author == message.author)
            .then(|| earlier.clone())
    }

    /// Builds a message from a request's body.
    ///
    /// # Errors
    /// 50006 and 50035.
    pub fn draft(
        &mut self,
        channel: Id,
        author: Id,
        body: &Value,
        files: Vec<Upload>,
    ) -> Result<Message, ApiError> {
        let flags = body["flags"].as_u64().unwrap_or(0) & FLAGS_ALLOWED;
        check_message(body, flags)?;
        let content = body["content"].as_str().unwrap_or_default().trim_end().to_owned();
        let (embeds, components) = (items(body, "embeds"), items(body, "components"));
        let reply_to = body["message_reference"]["message_id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .map(|id| (channel, id));
        if let Some((_, original)) = reply_to
            && body["message_reference"]["fail_if_not_exists"] != false
            && !self.messages.contains_key(&original)
        {
            return Err(ApiError::form(
                "message_reference",
                "MESSAGE_REFERENCE_UNKNOWN_MESSAGE",
                "Unknown message",
            ));
        }
        if content.is_empty() && embeds.is_empty() && components.is_empty() && files.is_empty() {
            return Err(ApiError::EMPTY_MESSAGE);
        }
        let mut message = Message {
            id: self.id(),
            channel,
            author,
            kind: if reply_to.is_some() { 19 } else { 0 },
            content,
            embeds: embeds.into_iter().map(rich).collect(),
            components: numbered(components),
            attachments: Vec::new(),
            flags,
            tts: body["tts"] == true,
            created_at: self.now,
            edited_at: None,
            pinned_at: None,
            nonce: Some(body["nonce"].clone()).filter(|n| !n.is_null()),
            mentions: Vec::new(),
            mention_roles: Vec::new(),
            mention_everyone: false,
            reply_to,
            interaction: None,
            reactions: Vec::new(),
        };
        for file in files {
            let id = self.id();
            message.attachments.push(Attachment {
                id,
                filename: file.filename,
                content_type: file.content_type,
                bytes: file.bytes,
            });
        }
        self.notify(&mut message, &body["allowed_mentions"]);
        Ok(message)
    }

    /// Fills in who is notified.
    /// <https://discord.com/developers/docs/resources/message#allowed-mentions-object>
    fn notify(&self, message: &mut Message, allowed: &Value) {
        let parsed = |kind: &str| {
            !allowed.is_object() || allowed["parse"].as_array().is_some_and(|p| p.iter().any(|v| v == kind))
        };
        let (users, roles) = (ids(&allowed["users"]), ids(&allowed["roles"]));
        let rights =
            self.channels.get(&message.channel).map_or(0, |c| self.permissions_in(c, message.author));
        let may_all = rights & permission::MENTION_EVERYONE != 0;
        message.mentions = named(&message.content, "@")
            .into_iter()
            .filter(|id| self.users.contains_key(id) && (parsed("users") || users.contains(id)))
            .collect();
        message.mention_roles = named(&message.content, "@&")
            .into_iter()
            .filter(|id| self.roles.get(id).is_some_and(|r| r.mentionable || may_all))
            .filter(|id| parsed("roles") || roles.contains(id))
            .collect();
        message.mention_everyone = may_all
            && parsed("everyone")
            && (message.content.contains("@everyone") || message.content.contains("@here"));
    }

    /// Puts a message in its place and tells of it.
    pub fn publish(&mut self, message: Message) -> Message {
        if let Some(nonce) = &message.nonce {
            let key = (message.channel, nonce.to_string());
            let World { nonces, messages, now, .. } = self;
            nonces.retain(|_, id| messages.get(id).is_some_and(|m| *now - m.created_at <= NONCE_LIFE));
            nonces.insert(key, message.id);
        }
        let mut woken = None;
        if let Some(place) = self.channels.get_mut(&message.channel)
            && !message.is_ephemeral()
        {
            place.last_message = Some(message.id);
            if let Some(thread) = &mut place.thread {
                if !thread.members.contains(&message.author) {
                    thread.members.push(message.author);
                }
                if thread.archived {
                    (thread.archived, thread.archived_at) = (false, self.now);
                    woken = Some(place.clone());
                }
            }
        }
        if let Some(thread) = woken {
            let event = self.channel_json(&thread);
            self.dispatch("THREAD_UPDATE", Some(thread.id), &event);
        }
        self.messages.insert(message.id, message.clone());
        if !message.is_ephemeral() {
            let event = self.message_event(&message);
            self.dispatch("MESSAGE_CREATE", Some(message.channel), &event);
        }
        message
    }

    /// Changes what a message says. Keys that the body leaves out stay as they are.
    ///
    /// # Errors
    /// 10008, 50006, 50035.
    pub fn rewrite(&mut self, id: Id, body: &Value, files: Vec<Upload>) -> Result<Message, ApiError> {
        let mut message = self.messages.get(&id).cloned().ok_or(ApiError::UNKNOWN_MESSAGE)?;
        let sent_flags = body["flags"].as_u64().unwrap_or(0) & FLAGS_ALLOWED;
        check_message(body, sent_flags | message.flags & Message::COMPONENTS_V2)?;
        if let Some(content) = body.get("content") {
            content.as_str().unwrap_or_default().trim_end().clone_into(&mut message.content);
            self.notify(&mut message, &body["allowed_mentions"]);
        }
        if body.get("embeds").is_some() {
            message.embeds = items(body, "embeds").into_iter().map(rich).collect();
        }
        if body.get("components").is_some() {
            message.components = numbered(items(body, "components"));
        }
        if body.get("flags").is_some() {
            let kept = message.flags & !(1 << 2 | Message::COMPONENTS_V2);
            message.flags = kept
                | sent_flags & (1 << 2 | Message::COMPONENTS_V2)
                | message.flags & Message::COMPONENTS_V2;
        }
        if let Some(kept) = body["attachments"].as_array() {
            message.attachments.retain(|a| kept.iter().any(|k| k["id"] == json!(a.id)));
        }
        for file in files {
            let id = self.id();
            let Upload { filename, content_type, bytes } = file;
            message.attachments.push(Attachment { id, filename, content_type, bytes });
        }
        if message.content.is_empty()
            && message.embeds.is_empty()
            && message.components.is_empty()
            && message.attachments.is_empty()
        {
            return Err(ApiError::EMPTY_MESSAGE);
        }
        if message.is_loading() {
            message.flags &= !Message::LOADING;
        } else {
            message.edited_at = Some(self.now);
        }
        self.replace(message.clone());
        Ok(message)
    }

    /// Stores a changed message and tells of it.
    pub fn replace(&mut self, message: Message) {
        self.messages.insert(message.id, message.clone());
        if !message.is_ephemeral() {
            let event = self.message_event(&message);
            self.dispatch("MESSAGE_UPDATE", Some(message.channel), &event);
        }
    }

    pub fn remove(&mut self, message: &Message) {
        self.messages.remove(&message.id);
        if message.is_ephemeral() {
            return;
        }
        let mut event = json!({"id": message.id, "channel_id": message.channel});
        if self.channels.get(&message.channel).is_some_and(|c| c.kind != 1) {
            event["guild_id"] = json!(self.guild);
        }
        self.dispatch("MESSAGE_DELETE", Some(message.channel), &event);
    }
}

/// An embed as Discord gives it back.
fn rich(mut embed: Value) -> Value {
    if let Some(map) = embed.as_object_mut() {
        map.insert("type".to_owned(), json!("rich"));
        map.retain(|_, v| !v.is_null());
        if let Some(fields) = map.get_mut("fields").and_then(Value::as_array_mut) {
            for field in fields {
                if field["inline"].is_null() {
                    field["inline"] = json!(false);
                }
            }
        }
    }
    embed
}

/// Components as Discord gives them back: each with a number of its own.
fn numbered(mut components: Vec<Value>) -> Vec<Value> {
    fn number(component: &mut Value, next: &mut u64) {
        if component["id"].as_u64().is_none_or(|id| id == 0) {
            component["id"] = json!(*next);
        }
        *next += 1;
        if matches!(component["type"].as_u64(), Some(3 | 5..=8)) {
            for (key, default) in [("min_values", 1), ("max_values", 1)] {
                if component[key].is_null() {
                    component[key] = json!(default);
                }
            }
        }
        for single in ["accessory", "component"] {
            if component.get(single).is_some_and(Value::is_object) {
                number(&mut component[single], next);
            }
        }
        if let Some(inner) = component.get_mut("components").and_then(Value::as_array_mut) {
            for c in inner {
                number(c, next);
            }
        }
    }
    let mut next = 1;
    for component in &mut components {
        number(component, &mut next);
    }
    components
}

//! The JSON of each thing, as Discord's API and gateway write it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    id::Id,
    world::{Attachment, Channel, Command, Member, Message, Role, User, World},
};

pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, false)
}

pub(super) fn user(user: &User) -> Value {
    json!({
        "id": user.id, "username": user.name, "discriminator": "0", "global_name": user.display_name,
        "avatar": null, "bot": user.bot, "system": false, "public_flags": 0, "flags": 0, "banner": null,
        "accent_color": null, "avatar_decoration_data": null, "collectibles": null, "primary_guild": null,
    })
}

pub(super) fn role(role: &Role) -> Value {
    json!({
        "id": role.id, "name": role.name, "permissions": role.permissions.to_string(),
        "position": role.position, "color": 0,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "hoist": false, "managed": false, "mentionable": role.mentionable, "icon": null,
        "unicode_emoji": null, "flags": 0,
    })
}

fn channel_overwrites(channel: &Channel) -> Vec<Value> {
    channel
        .overwrites
        .iter()
        .map(
            |o| json!({"id": o.id, "type": o.kind, "allow": o.allow.to_string(), "deny": o.deny.to_string()}),
        )
        .collect()
}

impl World {
    fn user_json(&self, id: Id) -> Value {
        self.users.get(&id).map_or(Value::Null, user)
    }
    fn partial_member(&self, member: &Member) -> Value {
        json!({
            "roles": member.roles, "nick": member.nick, "avatar": null, "banner": null,
            "joined_at": time(member.joined_at), "premium_since": null, "deaf": false, "mute": false,
            "flags": 0, "pending": false, "communication_disabled_until": null,
            "avatar_decoration_data": null, "collectibles": null,
        })
    }
    pub fn member_json(&self, member: &Member) -> Value {
        let mut json = self.partial_member(member);
        json["user"] = self.user_json(member.user);
        json
    }
    pub fn channel_json(&self, channel: &Channel) -> Value {
        let mut json = json!({
            "id": channel.id, "type": channel.kind, "flags": 0, "last_message_id": channel.last_message,
        });
        if channel.kind == 1 {
            json["recipients"] = channel.recipients.iter().map(|r| self.user_json(*r)).collect();
            return json;
        }
        json["guild_id"] = json!(self.guild);
        json["name"] = json!(channel.name);
        json["parent_id"] = json!(channel.parent);
        json["rate_limit_per_user"] = json!(0);
        json["last_pin_timestamp"] = json!(channel.last_pin_at.map(time));
        if let Some(thread) = &channel.thread {
            let messages = self.messages.values().filter(|m| m.channel == channel.id).count();
            json["owner_id"] = json!(channel.owner);
            json["message_count"] = json!(messages);
            json["member_count"] = json!(thread.members.len().min(50));
            json["total_message_sent"] = json!(messages);
            json["applied_tags"] = json!(thread.applied_tags);
            json["thread_metadata"] = json!({
                "archived": thread.archived, "locked": thread.locked, "invitable": thread.invitable,
                "auto_archive_duration": thread.auto_archive_minutes,
                "archive_timestamp": time(thread.archived_at), "create_timestamp": time(thread.created_at),
            });
            return json;
        }
        json["topic"] = json!(channel.topic);
        json["position"] = json!(channel.position);
        json["nsfw"] = json!(false);
        json["permission_overwrites"] = json!(channel_overwrites(channel));
        if channel.kind == 15 {
            json["available_tags"] = json!([]);
            json["default_reaction_emoji"] = Value::Null;
            json["default_sort_order"] = Value::Null;
            json["default_forum_layout"] = json!(0);
        }
        json
    }
    pub fn thread_member_json(&self, thread: Id, user: Id) -> Value {
        json!({"id": thread, "user_id": user, "join_timestamp": time(self.now), "flags": 0})
    }
    fn attachment_json(&self, message: &Message, file: &Attachment) -> Value {
        let url = format!("{}/attachments/{}/{}/{}", self.rest_url, message.channel, file.id, file.filename);
        json!({
            "id": file.id, "filename": file.filename, "size": file.bytes.len(), "url": url,
            "proxy_url": url, "content_type": file.content_type, "flags": 0,
        })
    }
    pub fn message_json(&self, message: &Message) -> Value {
        let reactions: Vec<Value> = message
            .reactions
            .iter()
            .map(|(emoji, who)| {
                json!({
                    "emoji": {"id": null, "name": emoji}, "count": who.len(),
                    "count_details": {"burst": 0, "normal": who.len()}, "burst_colors": [],
                    "me": who.contains(&self.bot), "me_burst": false, "burst_me": false, "burst_count": 0,
                })
            })
            .collect();
        let files: Vec<Value> =
            message.attachments.iter().map(|f| self.attachment_json(message, f)).collect();
        let mut json = json!({
            "id": message.id, "channel_id": message.channel, "author": self.user_json(message.author),
            "type": message.kind, "content": message.content, "timestamp": time(message.created_at),
            "edited_timestamp": message.edited_at.map(time), "tts": message.tts,
            "mention_everyone": message.mention_everyone,
            "mentions": message.mentions.iter().map(|m| self.user_json(*m)).collect::<Vec<_>>(),
            "mention_roles": message.mention_roles, "attachments": files,
            "embeds": message.embeds, "components": message.components, "pinned": message.pinned(),
            "flags": message.flags,
        });
        if !reactions.is_empty() {
            json["reactions"] = json!(reactions);
        }
        if let Some(nonce) = &message.nonce {
            json["nonce"] = nonce.clone();
        }
        if let Some((channel, original)) = message.reply_to {
            json["message_reference"] = json!({
                "type": 0, "channel_id": channel, "message_id": original, "guild_id": self.guild,
            });
            if message.kind == 19 {
                json["referenced_message"] =
                    self.messages.get(&original).map_or(Value::Null, |m| self.message_json(m));
            }
        }
        if let Some(asked) = message.interaction.and_then(|id| self.asked.get(&id)) {
            json["application_id"] = json!(self.application);
            json["webhook_id"] = json!(self.application);
            let mut metadata = json!({
                "id": asked.id, "type": asked.kind, "user": self.user_json(asked.user),
                "authorizing_integration_owners": {"0": self.guild},
            });
            if let Some(source) = asked.source.filter(|_| asked.kind == 3) {
                metadata["interacted_message_id"] = json!(source);
            }
            json["interaction_metadata"] = metadata;
        }
        if let Some(thread) =
            self.channels.get(&message.id).filter(|_| message.flags & Message::HAS_THREAD != 0)
        {
            json["thread"] = self.channel_json(thread);
        }
        json
    }
    /// As the gateway tells it: with the guild and the author's membership.
    pub fn message_event(&self, message: &Message) -> Value {
        let mut json = self.message_json(message);
        if self.channels.get(&message.channel).is_some_and(|c| c.kind != 1) {
            json["guild_id"] = json!(self.guild);
            if let Some(member) = self.members.get(&message.author) {
                json["member"] = self.partial_member(member);
            }
        }
        json
    }
    pub fn guild_json(&self) -> Value {
        let roles: Vec<Value> = self.roles.values().map(role).collect();
        json!({
            "id": self.guild, "name": self.guild_name, "icon": null, "splash": null, "discovery_splash": null,
            "owner_id": self.owner, "afk_channel_id": null, "afk_timeout": 300, "widget_enabled": false,
            "widget_channel_id": null, "verification_level": 1, "default_message_notifications": 1,
            "explicit_content_filter": 0, "roles": roles, "emojis": [], "features": [], "mfa_level": 0,
            "application_id": null, "system_channel_id": null, "system_channel_flags": 0,
            "rules_channel_id": null, "max_presences": null, "max_members": 500_000,
            "vanity_url_code": null, "description": null, "banner": null, "premium_tier": 0,
            "premium_subscription_count": 0, "preferred_locale": "en-US", "public_updates_channel_id": null,
            "max_video_channel_users": 25, "max_stage_video_channel_users": 50, "nsfw": false,
            "nsfw_level": 0, "stickers": [], "premium_progress_bar_enabled": false, "region": "deprecated",
            "safety_alerts_channel_id": null, "home_header": null, "incidents_data": null,
        })
    }
    /// `GUILD_CREATE`: the guild with all that the bot sees in it.
    pub fn guild_create(&self) -> Value {
        let mut json = self.guild_json();
        let (threads, channels): (Vec<&Channel>, Vec<&Channel>) = self
            .channels
            .values()
            .filter(|c| c.kind != 1 && self.permissions_in(c, self.bot) != 0)
            .partition(|c| c.thread.is_some());
        let shown = |list: Vec<&Channel>| list.into_iter().map(|c| self.channel_json(c)).collect::<Vec<_>>();
        json["joined_at"] = json!(self.members.get(&self.bot).map(|m| time(m.joined_at)));
        json["large"] = json!(false);
        json["unavailable"] = json!(false);
        json["member_count"] = json!(self.members.len());
        json["members"] = self.members.values().map(|m| self.member_json(m)).collect();
        json["channels"] = json!(shown(channels));
        json["threads"] = json!(shown(
            threads.into_iter().filter(|c| c.thread.as_ref().is_some_and(|t| !t.archived)).collect()
        ));
        for empty in
            ["voice_states", "presences", "stage_instances", "guild_scheduled_events", "soundboard_sounds"]
        {
            json[empty] = json!([]);
        }
        json
    }
    pub fn command_json(&self, command: &Command) -> Value {
        let mut json = command.body.clone();
        json["id"] = json!(command.id);
        json["application_id"] = json!(self.application);
        json["version"] = json!(command.version);
        json["type"] = json!(command.kind());
        if let Some(bits) = json["default_member_permissions"].as_u64() {
            json["default_member_permissions"] = json!(bits.to_string());
        }
        if json["description"].is_null() {
            json["description"] = json!("");
        }
        for (key, value) in [
            ("default_member_permissions", Value::Null),
            ("nsfw", json!(false)),
            ("integration_types", json!([0])),
            ("name_localizations", Value::Null),
            ("description_localizations", Value::Null),
        ] {
            if json[key].is_null() {
                json[key] = value;
            }
        }
        match command.guild {
            Some(guild) => json["guild_id"] = json!(guild),
            None if json["contexts"].is_null() => {
                json["contexts"] = Value::Null;
                json["dm_permission"] = json!(true);
            }
            None => {}
        }
        json
    }
}

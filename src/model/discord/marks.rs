//! Marks on messages: pins and reactions.

use serde_json::json;

use super::{
    error::ApiError,
    id::Id,
    shape::time,
    world::{Message, World},
};

/// Pins at most in one channel.
const PINS_MAX: usize = 250;

impl World {
    /// Pins or unpins, says so in the channel, and tells of it.
    ///
    /// # Errors
    /// 30003 when the channel is full of pins.
    pub fn pin(&mut self, message: &Message, by: Id, on: bool) -> Result<(), ApiError> {
        if message.pinned() == on {
            return Ok(());
        }
        let pins = self.messages.values().filter(|m| m.channel == message.channel && m.pinned()).count();
        if on && pins >= PINS_MAX {
            return Err(ApiError::TOO_MANY_PINS);
        }
        let mut changed = message.clone();
        changed.pinned_at = on.then_some(self.now);
        self.replace(changed);
        let mut event =
            json!({"channel_id": message.channel, "guild_id": self.guild, "last_pin_timestamp": null});
        if on {
            if let Some(place) = self.channels.get_mut(&message.channel) {
                place.last_pin_at = Some(self.now);
            }
            event["last_pin_timestamp"] = json!(time(self.now));
        }
        self.dispatch("CHANNEL_PINS_UPDATE", Some(message.channel), &event);
        if on {
            let notice = Message {
                id: self.id(),
                channel: message.channel,
                author: by,
                kind: 6,
                content: String::new(),
                embeds: Vec::new(),
                components: Vec::new(),
                attachments: Vec::new(),
                flags: 0,
                tts: false,
                created_at: self.now,
                edited_at: None,
                pinned_at: None,
                nonce: None,
                mentions: Vec::new(),
                mention_roles: Vec::new(),
                mention_everyone: false,
                reply_to: Some((message.channel, message.id)),
                interaction: None,
                reactions: Vec::new(),
            };
            self.publish(notice);
        }
        Ok(())
    }

    /// Adds or takes away one person's reaction, and tells of it.
    pub fn react(&mut self, message: &Message, who: Id, emoji: &str, on: bool) {
        let mut changed = message.clone();
        for (e, users) in &mut changed.reactions {
            if e == emoji {
                users.retain(|u| *u != who);
            }
        }
        if on {
            match changed.reactions.iter_mut().find(|(e, _)| e == emoji) {
                Some((_, users)) => users.push(who),
                None => changed.reactions.push((emoji.to_owned(), vec![who])),
            }
        }
        changed.reactions.retain(|(_, users)| !users.is_empty());
        let mut event = json!({
            "user_id": who, "channel_id": message.channel, "message_id": message.id, "guild_id": self.guild,
            "emoji": {"id": null, "name": emoji}, "burst": false, "type": 0,
        });
        if on {
            event["message_author_id"] = json!(message.author);
            event["burst_colors"] = json!([]);
            if let Some(member) = self.members.get(&who) {
                event["member"] = self.member_json(member);
            }
        }
        self.messages.insert(changed.id, changed);
        let name = if on { "MESSAGE_REACTION_ADD" } else { "MESSAGE_REACTION_REMOVE" };
        self.dispatch(name, Some(message.channel), &event);
    }
}

//! The people of the guild and what they do: talk, edit, delete, pin, react; and the setting up of the guild.

use serde_json::{Value, json};

use super::{
    Id, Message,
    error::ApiError,
    form::Upload,
    permission,
    server::Discord,
    world::{Channel, Member, Overwrite, Role, Thread, User},
};

/// What Discord's own client would not have let a person do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Discord's client does not let a person do this: {0}")]
pub struct Impossible(pub String);

impl From<ApiError> for Impossible {
    fn from(error: ApiError) -> Self {
        Self(format!("{} (code {})", error.message, error.code))
    }
}

pub(super) fn impossible<T>(why: impl Into<String>) -> Result<T, Impossible> {
    Err(Impossible(why.into()))
}

impl Discord {
    /// The person of this name, who joins the guild if new.
    pub fn person(&self, name: &str) -> Id {
        self.member(name, false)
    }
    /// Another bot than the one under test, which joins the guild if new.
    pub fn other_bot(&self, name: &str) -> Id {
        self.member(name, true)
    }
    fn member(&self, name: &str, bot: bool) -> Id {
        self.service.with(|w| {
            if let Some(user) = w.users.values().find(|u| u.name == name) {
                return user.id;
            }
            let (id, now) = (w.id(), w.now);
            let user = User { id, name: name.to_owned(), display_name: None, bot, refuses_dms: false };
            let member = Member { user: id, nick: None, roles: Vec::new(), joined_at: now };
            w.users.insert(id, user);
            w.members.insert(id, member.clone());
            let mut event = w.member_json(&member);
            event["guild_id"] = json!(w.guild);
            w.dispatch("GUILD_MEMBER_ADD", None, &event);
            id
        })
    }
    /// How the person is called in this guild.
    pub fn nick(&self, person: Id, nick: &str) {
        self.service.with(|w| {
            if let Some(member) = w.members.get_mut(&person) {
                member.nick = Some(nick.to_owned());
            }
        });
    }
    /// Direct messages to this person fail with 50007 from now on.
    pub fn refuse_dms(&self, person: Id) {
        self.service.with(|w| {
            if let Some(user) = w.users.get_mut(&person) {
                user.refuses_dms = true;
            }
        });
    }
    /// A role with these permission bits; as every new one, below all others.
    pub fn role(&self, name: &str, permissions: u64) -> Id {
        self.service.with(|w| {
            let (id, everyone) = (w.id(), w.guild);
            for role in w.roles.values_mut().filter(|role| role.id != everyone) {
                role.position += 1;
            }
            let name = name.to_owned();
            w.roles.insert(id, Role { id, name, permissions, mentionable: true, position: 1 });
            id
        })
    }
    /// An administrator puts a role above all others.
    pub fn raise_role(&self, role: Id) {
        self.service.with(|w| {
            let highest = w.roles.values().map(|role| role.position).max().unwrap_or(0);
            if let Some(role) = w.roles.get_mut(&role) {
                role.position = highest + 1;
            }
        });
    }
    /// An administrator puts the bot's own role above all others.
    pub fn raise_bot(&self) {
        if let Some(role) = self.service.with(|w| w.bot_role().map(|role| role.id)) {
            self.raise_role(role);
        }
    }
    /// The people who have a role.
    pub fn having(&self, role: Id) -> Vec<Id> {
        self.service.look(|w| {
            w.members
                .values()
                .filter(|member| member.roles.contains(&role))
                .map(|member| member.user)
                .collect()
        })
    }
    pub fn give_role(&self, person: Id, role: Id) {
        self.service.with(|w| {
            if let Some(member) = w.members.get_mut(&person) {
                member.roles.push(role);
            }
        });
    }
    /// What the bot's own role may do across the guild.
    pub fn let_bot(&self, permissions: u64) {
        self.service.with(|w| {
            if let Some(role) = w.bot_role() {
                role.permissions = permissions;
            }
        });
    }
    pub fn text_channel(&self, name: &str) -> Id {
        self.add_channel(0, name)
    }
    pub fn forum(&self, name: &str) -> Id {
        self.add_channel(15, name)
    }
    pub fn category(&self, name: &str) -> Id {
        self.add_channel(4, name)
    }
    fn add_channel(&self, kind: u8, name: &str) -> Id {
        self.service.with(|w| {
            let channel = w.new_channel(kind, name);
            w.channels.insert(channel.id, channel.clone());
            let event = w.channel_json(&channel);
            w.dispatch("CHANNEL_CREATE", Some(channel.id), &event);
            channel.id
        })
    }
    /// The person opens a thread in a channel.
    ///
    /// # Errors
    /// When the person may not.
    pub fn open_thread(&self, person: Id, channel: Id, name: &str) -> Result<Id, Impossible> {
        self.service.with(|w| {
            w.require(channel, person, permission::CREATE_PUBLIC_THREADS)?;
            let mut opened = w.new_channel(11, name);
            (opened.parent, opened.owner) = (Some(channel), Some(person));
            opened.thread = Some(Thread {
                archived: false,
                locked: false,
                invitable: true,
                auto_archive_minutes: 1440,
                created_at: w.now,
                archived_at: w.now,
                members: vec![person],
                applied_tags: vec![],
            });
            w.channels.insert(opened.id, opened.clone());
            let event = w.channel_json(&opened);
            w.dispatch("THREAD_CREATE", Some(opened.id), &event);
            Ok(opened.id)
        })
    }
    /// An administrator deletes a channel by hand.
    pub fn delete_channel(&self, channel: Id) {
        self.service.with(|w| {
            if let Some(found) = w.channels.get(&channel).cloned() {
                let event = w.channel_json(&found);
                w.dispatch("CHANNEL_DELETE", Some(channel), &event);
                w.channels.remove(&channel);
                w.messages.retain(|_, m| m.channel != channel);
            }
        });
    }
    /// Takes permissions from one member (the bot, for one) in one channel.
    pub fn deny(&self, channel: Id, member: Id, bits: u64) {
        self.service.with(|w| {
            if let Some(found) = w.channels.get_mut(&channel) {
                found.overwrites.retain(|o| o.id != member);
                found.overwrites.push(Overwrite { id: member, kind: 1, allow: 0, deny: bits });
            }
        });
    }

    /// The channels and threads that the person sees; of any other they are told nothing.
    pub fn seen_by(&self, person: Id) -> Vec<Channel> {
        self.service.look(|w| {
            let seen = |channel: &&Channel| w.permissions_in(channel, person) & permission::VIEW_CHANNEL != 0;
            w.channels.values().filter(seen).cloned().collect()
        })
    }

    /// Ids and tokens of all interactions so far, as a bot hears them; for tests without a gateway.
    pub fn heard(&self) -> Vec<(Id, String)> {
        self.service.look(|w| w.asked.values().map(|a| (a.id, a.token.clone())).collect())
    }

    /// The person writes in a channel, thread or direct message.
    ///
    /// # Errors
    /// When the person may not, or the text is too long.
    pub fn say(&self, person: Id, channel: Id, text: &str) -> Result<Message, Impossible> {
        Ok(self.service.with(|w| w.post(channel, person, &json!({"content": text}), Vec::new()))?)
    }
    /// Another bot posts a message of this body, which may have in it what no person can write: embeds and components.
    ///
    /// # Errors
    /// When the bot may not, or Discord refuses the body.
    pub fn post_as(&self, bot: Id, channel: Id, body: &Value) -> Result<Message, Impossible> {
        Ok(self.service.with(|w| w.post(channel, bot, body, Vec::new()))?)
    }
    /// The person writes with a file of this name.
    ///
    /// # Errors
    /// When the person may not, or the text is too long.
    pub fn share(
        &self,
        person: Id,
        channel: Id,
        text: &str,
        (name, bytes): (&str, &[u8]),
    ) -> Result<Message, Impossible> {
        let (content_type, bytes) = ("application/octet-stream".to_owned(), bytes.to_vec().into());
        let file = Upload { filename: name.to_owned(), content_type, bytes };
        Ok(self.service.with(|w| w.post(channel, person, &json!({"content": text}), vec![file]))?)
    }
    /// The person writes to the bot alone.
    ///
    /// # Errors
    /// When the text is too long.
    pub fn whisper(&self, person: Id, text: &str) -> Result<Message, Impossible> {
        let channel = self.service.with(|w| w.dm_with(person));
        self.say(person, channel, text)
    }
    /// # Errors
    /// When the message is not the person's own.
    pub fn edit(&self, person: Id, message: Id, text: &str) -> Result<(), Impossible> {
        self.rewrite(person, message, &json!({"content": text}), Vec::new())
    }
    /// Changes one's own message, with another file in place of those that it had.
    ///
    /// # Errors
    /// When the message is somebody else's.
    pub fn edit_file(
        &self,
        person: Id,
        message: Id,
        text: &str,
        (name, bytes): (&str, &[u8]),
    ) -> Result<(), Impossible> {
        let (content_type, bytes) = ("application/octet-stream".to_owned(), bytes.to_vec().into());
        let file = Upload { filename: name.to_owned(), content_type, bytes };
        self.rewrite(person, message, &json!({"content": text, "attachments": []}), vec![file])
    }
    fn rewrite(&self, person: Id, message: Id, body: &Value, files: Vec<Upload>) -> Result<(), Impossible> {
        self.service.with(|w| {
            match w.messages.get(&message) {
                Some(m) if m.author == person => {}
                _ => return impossible("the message is somebody else's"),
            }
            w.rewrite(message, body, files)?;
            Ok(())
        })
    }
    /// Anybody's message is deleted, as a moderator would.
    pub fn delete(&self, message: Id) {
        self.service.with(|w| {
            if let Some(found) = w.messages.get(&message).cloned() {
                w.remove(&found);
            }
        });
    }
    /// # Errors
    /// When there is no such message, or the person may not pin.
    pub fn pin(&self, person: Id, message: Id) -> Result<(), Impossible> {
        self.service.with(|w| {
            let found = w.messages.get(&message).cloned().ok_or(ApiError::UNKNOWN_MESSAGE)?;
            w.require(found.channel, person, permission::PIN_MESSAGES)?;
            Ok(w.pin(&found, person, true)?)
        })
    }
    /// # Errors
    /// When there is no such message, or the person may not react.
    pub fn react(&self, person: Id, message: Id, emoji: &str) -> Result<(), Impossible> {
        self.service.with(|w| {
            let found = w.messages.get(&message).cloned().ok_or(ApiError::UNKNOWN_MESSAGE)?;
            w.require(found.channel, person, permission::ADD_REACTIONS)?;
            w.react(&found, person, emoji, true);
            Ok(())
        })
    }
}

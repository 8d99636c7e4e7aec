//! Discord's permission bits and how roles and overwrites add up to what one member may do in one channel.
//! <https://discord.com/developers/docs/topics/permissions>

use super::{
    error::ApiError,
    id::Id,
    world::{Channel, World},
};

pub const MANAGE_CHANNELS: u64 = 1 << 4;
pub const ADMINISTRATOR: u64 = 1 << 3;
pub const ADD_REACTIONS: u64 = 1 << 6;
pub const VIEW_CHANNEL: u64 = 1 << 10;
pub const SEND_MESSAGES: u64 = 1 << 11;
pub const MANAGE_MESSAGES: u64 = 1 << 13;
pub const EMBED_LINKS: u64 = 1 << 14;
pub const ATTACH_FILES: u64 = 1 << 15;
pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
pub const MENTION_EVERYONE: u64 = 1 << 17;
pub const MANAGE_ROLES: u64 = 1 << 28;
pub const USE_APPLICATION_COMMANDS: u64 = 1 << 31;
pub const MANAGE_THREADS: u64 = 1 << 34;
pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
pub const CREATE_PRIVATE_THREADS: u64 = 1 << 36;
pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
/// Pinning is a right of its own since 2025; `MANAGE_MESSAGES` no longer carries it.
pub const PIN_MESSAGES: u64 = 1 << 51;

/// What `@everyone` may do in the model's guild.
pub const EVERYONE: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | ADD_REACTIONS
    | USE_APPLICATION_COMMANDS
    | SEND_MESSAGES_IN_THREADS
    | CREATE_PUBLIC_THREADS;

/// What the bot's own role may do besides, unless a test takes it away.
pub const BOT: u64 = EVERYONE
    | MANAGE_CHANNELS
    | MANAGE_MESSAGES
    | MANAGE_ROLES
    | MANAGE_THREADS
    | CREATE_PRIVATE_THREADS
    | PIN_MESSAGES;

impl World {
    /// The member's rights across the guild, without channel overwrites.
    pub(super) fn guild_permissions(&self, user: Id) -> u64 {
        if user == self.owner {
            return u64::MAX >> 1;
        }
        let Some(member) = self.members.get(&user) else { return 0 };
        let of = |id: &Id| self.roles.get(id).map_or(0, |r| r.permissions);
        let all = member.roles.iter().map(of).fold(of(&self.guild), |a, b| a | b);
        if all & ADMINISTRATOR != 0 { u64::MAX >> 1 } else { all }
    }

    /// The member's rights in a channel; a thread has those of its parent.
    pub(super) fn permissions_in(&self, channel: &Channel, user: Id) -> u64 {
        if channel.kind == 1 {
            let within = channel.recipients.contains(&user) || user == self.bot;
            return if within { EVERYONE } else { 0 };
        }
        let base = self.guild_permissions(user);
        if base & ADMINISTRATOR != 0 {
            return base;
        }
        let place = match (&channel.thread, channel.parent) {
            (Some(_), Some(parent)) => self.channels.get(&parent).unwrap_or(channel),
            _ => channel,
        };
        let roles = self.members.get(&user).map_or(&[][..], |m| &m.roles);
        let mut bits = base;
        for o in place.overwrites.iter().filter(|o| o.id == self.guild) {
            bits = bits & !o.deny | o.allow;
        }
        let (mut allow, mut deny) = (0, 0);
        for o in place.overwrites.iter().filter(|o| o.kind == 0 && roles.contains(&o.id)) {
            allow |= o.allow;
            deny |= o.deny;
        }
        bits = bits & !deny | allow;
        for o in place.overwrites.iter().filter(|o| o.kind == 1 && o.id == user) {
            bits = bits & !o.deny | o.allow;
        }
        if channel.kind == 12
            && bits & MANAGE_THREADS == 0
            && channel.thread.as_ref().is_some_and(|t| !t.members.contains(&user))
        {
            bits &= !VIEW_CHANNEL;
        }
        if bits & VIEW_CHANNEL == 0 { 0 } else { bits }
    }

    /// # Errors
    /// Unknown channel (10003), missing access (50001), missing permissions (50013).
    pub(super) fn require(&self, channel: Id, user: Id, needed: u64) -> Result<&Channel, ApiError> {
        let found = self.channels.get(&channel).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        let has = self.permissions_in(found, user);
        if has & VIEW_CHANNEL == 0 {
            return Err(ApiError::MISSING_ACCESS);
        }
        if has & needed != needed {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        Ok(found)
    }
}

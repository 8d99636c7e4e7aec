//! What exists in the modelled Discord: one guild, its people, channels, messages, commands and open sessions.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::{
    error::ApiError,
    id::{Id, IdMaker},
    interaction::Asked,
    permission,
    session::{Link, Session},
};

/// A person or the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: Id,
    pub name: String,
    pub display_name: Option<String>,
    pub bot: bool,
    /// Direct messages to this person are answered with 50007.
    pub refuses_dms: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user: Id,
    pub nick: Option<String>,
    pub roles: Vec<Id>,
    pub joined_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub id: Id,
    pub name: String,
    pub permissions: u64,
    pub mentionable: bool,
    /// Whoever manages roles gives and takes those below their own highest.
    pub position: u32,
}

/// A channel's exception for one role (kind 0) or member (kind 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overwrite {
    pub id: Id,
    pub kind: u8,
    pub allow: u64,
    pub deny: u64,
}

/// What only threads have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    pub archived: bool,
    pub locked: bool,
    pub invitable: bool,
    pub auto_archive_minutes: u64,
    pub created_at: DateTime<Utc>,
    pub archived_at: DateTime<Utc>,
    pub members: Vec<Id>,
    pub applied_tags: Vec<Id>,
}

/// A channel, direct-message channel or thread; `kind` is Discord's number (0 text, 1 DM, 4 category, 11 and
/// 12 thread, 15 forum).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub id: Id,
    pub kind: u8,
    pub name: String,
    pub topic: Option<String>,
    pub parent: Option<Id>,
    pub position: u64,
    pub overwrites: Vec<Overwrite>,
    pub last_message: Option<Id>,
    pub last_pin_at: Option<DateTime<Utc>>,
    pub owner: Option<Id>,
    pub thread: Option<Thread>,
    pub recipients: Vec<Id>,
    /// When name or topic were changed of late, for the limit of two in ten minutes.
    pub renamed_at: Vec<DateTime<Utc>>,
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: Id,
    pub filename: String,
    pub content_type: String,
    pub bytes: bytes::Bytes,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: Id,
    pub channel: Id,
    pub author: Id,
    /// 0 ordinary, 6 "pinned a message", 19 reply, 20 answer to a command, 23 answer to a context menu.
    pub kind: u8,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub attachments: Vec<Attachment>,
    pub flags: u64,
    pub tts: bool,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub pinned_at: Option<DateTime<Utc>>,
    pub nonce: Option<Value>,
    /// Who was notified, as `allowed_mentions` left it.
    pub mentions: Vec<Id>,
    pub mention_roles: Vec<Id>,
    pub mention_everyone: bool,
    pub reply_to: Option<(Id, Id)>,
    /// The interaction that this answers.
    pub interaction: Option<Id>,
    /// Emoji, and who used it.
    pub reactions: Vec<(String, Vec<Id>)>,
}

impl Message {
    pub const EPHEMERAL: u64 = 1 << 6;
    pub const LOADING: u64 = 1 << 7;
    pub const HAS_THREAD: u64 = 1 << 5;
    pub const COMPONENTS_V2: u64 = 1 << 15;

    pub fn is_ephemeral(&self) -> bool {
        self.flags & Self::EPHEMERAL != 0
    }
    /// The bot is still "thinking".
    pub fn is_loading(&self) -> bool {
        self.flags & Self::LOADING != 0
    }
    pub fn pinned(&self) -> bool {
        self.pinned_at.is_some()
    }
    /// The `custom_id`s of its buttons and selects, in order.
    pub fn custom_ids(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.components, &mut |c| {
            if let Some(id) = c["custom_id"].as_str() {
                found.push(id.to_owned());
            }
        });
        found
    }
    /// The component with this `custom_id`.
    pub fn component(&self, custom_id: &str) -> Option<Value> {
        let mut found = None;
        walk(&self.components, &mut |c| {
            if c["custom_id"] == custom_id {
                found = Some(c.clone());
            }
        });
        found
    }
}

/// Visits every component, however nested.
pub(super) fn walk(components: &[Value], visit: &mut dyn FnMut(&Value)) {
    for component in components {
        visit(component);
        if let Some(inner) = component["components"].as_array() {
            walk(inner, visit);
        }
        for single in ["accessory", "component"] {
            if component[single].is_object() {
                walk(std::slice::from_ref(&component[single]), visit);
            }
        }
    }
}

/// An application command as registered; `body` is what the bot sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    pub id: Id,
    pub version: Id,
    /// `None` is everywhere.
    pub guild: Option<Id>,
    pub body: Value,
}

impl Command {
    pub fn name(&self) -> &str {
        self.body["name"].as_str().unwrap_or_default()
    }
    pub fn kind(&self) -> u64 {
        self.body["type"].as_u64().unwrap_or(1)
    }
}

#[derive(Debug)]
pub(super) struct World {
    /// Set at the beginning of each change.
    pub now: DateTime<Utc>,
    pub ids: IdMaker,
    pub guild: Id,
    pub guild_name: String,
    pub owner: Id,
    pub application: Id,
    pub bot: Id,
    pub token: String,
    pub users: BTreeMap<Id, User>,
    pub members: BTreeMap<Id, Member>,
    pub roles: BTreeMap<Id, Role>,
    pub channels: BTreeMap<Id, Channel>,
    pub messages: BTreeMap<Id, Message>,
    /// (channel, nonce) of messages that asked for `enforce_nonce`.
    pub nonces: HashMap<(Id, String), Id>,
    pub commands: Vec<Command>,
    pub asked: BTreeMap<Id, Asked>,
    pub sessions: BTreeMap<String, Session>,
    /// Open gateway connections, identified or not.
    pub links: BTreeMap<u64, Link>,
    pub next_link: u64,
    pub heartbeat_interval_ms: u64,
    pub acks_stopped: bool,
    /// Nobody is told who is a member.
    pub members_untold: bool,
    /// Intents that the application may ask for; others are refused with close code 4014.
    pub intents_allowed: u64,
    /// Where interactions go instead of the gateway, once the application has an endpoint.
    pub endpoint: Option<UnboundedSender<(Id, Value)>>,
    pub rest_url: String,
    pub gateway_url: String,
    /// Where sessions are resumed.
    pub resume_url: String,
    /// A resume at the gateway's own address is answered as if nobody knew the session.
    pub resumes_elsewhere_only: bool,
    /// Sessions that were resumed at [`World::resume_url`].
    pub resumed_elsewhere: u64,
    pub begun_elsewhere: u64,
    pub session_starts: SessionStarts,
    /// Whoever begins a session is closed with this code.
    pub turns_away: Option<u16>,
}

/// How many sessions may still be begun, and when there are as many as ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionStarts {
    pub left: u32,
    pub reset_at: DateTime<Utc>,
}

impl SessionStarts {
    pub const TOTAL: u32 = 1_000;
    /// Discord counts by the day, from the first session on.
    const DAY: TimeDelta = TimeDelta::days(1);

    /// What is left now.
    pub fn left_at(&self, now: DateTime<Utc>) -> u32 {
        if now >= self.reset_at { Self::TOTAL } else { self.left }
    }
    /// Takes one, if there is one.
    pub fn take(&mut self, now: DateTime<Utc>) -> bool {
        if now >= self.reset_at {
            *self = Self { left: Self::TOTAL, reset_at: now + Self::DAY };
        }
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }
}

impl World {
    pub fn new(
        now: DateTime<Utc>,
        token: String,
        rest_url: String,
        (gateway_url, resume_url): (String, String),
    ) -> Self {
        let mut ids = IdMaker::default();
        let mut id = || ids.next(now);
        let (guild, owner, bot, bot_role) = (id(), id(), id(), id());
        let user = |id, name: &str, bot| User {
            id,
            name: name.to_owned(),
            display_name: None,
            bot,
            refuses_dms: false,
        };
        let role = |id, name: &str, permissions, position| Role {
            id,
            name: name.to_owned(),
            permissions,
            mentionable: false,
            position,
        };
        let member = |user, roles| Member { user, nick: None, roles, joined_at: now };
        Self {
            now,
            guild,
            guild_name: "Example".to_owned(),
            owner,
            application: bot,
            bot,
            token,
            users: [(owner, user(owner, "owner", false)), (bot, user(bot, "commandpost", true))].into(),
            members: [(owner, member(owner, vec![])), (bot, member(bot, vec![bot_role]))].into(),
            roles: [
                (guild, role(guild, "@everyone", permission::EVERYONE, 0)),
                (bot_role, role(bot_role, "commandpost", permission::BOT, 1)),
            ]
            .into(),
            ids,
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            nonces: HashMap::new(),
            commands: Vec::new(),
            asked: BTreeMap::new(),
            sessions: BTreeMap::new(),
            links: BTreeMap::new(),
            next_link: 0,
            heartbeat_interval_ms: 41_250,
            acks_stopped: false,
            members_untold: false,
            intents_allowed: u64::MAX,
            endpoint: None,
            rest_url,
            gateway_url,
            resume_url,
            resumes_elsewhere_only: false,
            resumed_elsewhere: 0,
            begun_elsewhere: 0,
            session_starts: SessionStarts { left: SessionStarts::TOTAL, reset_at: now },
            turns_away: None,
        }
    }
    pub fn id(&mut self) -> Id {
        self.ids.next(self.now)
    }
    /// The position of the member's highest role.
    pub fn rank(&self, user: Id) -> u32 {
        let roles = self.members.get(&user).into_iter().flat_map(|member| &member.roles);
        roles.filter_map(|role| self.roles.get(role)).map(|role| role.position).max().unwrap_or(0)
    }
    pub fn bot_role(&mut self) -> Option<&mut Role> {
        let id = *self.members.get(&self.bot)?.roles.first()?;
        self.roles.get_mut(&id)
    }
    /// # Errors
    /// Unknown guild (10004).
    pub fn check_guild(&self, guild: Id) -> Result<(), ApiError> {
        if guild == self.guild { Ok(()) } else { Err(ApiError::UNKNOWN_GUILD) }
    }
    /// # Errors
    /// Unknown application (10002).
    pub fn check_application(&self, application: Id) -> Result<(), ApiError> {
        if application == self.application { Ok(()) } else { Err(ApiError::UNKNOWN_APPLICATION) }
    }
    pub fn new_channel(&mut self, kind: u8, name: &str) -> Channel {
        let position = self.channels.values().filter(|c| c.thread.is_none()).count() as u64;
        Channel {
            id: self.id(),
            kind,
            name: name.to_owned(),
            topic: None,
            parent: None,
            position,
            overwrites: Vec::new(),
            last_message: None,
            last_pin_at: None,
            owner: None,
            thread: None,
            recipients: Vec::new(),
            renamed_at: Vec::new(),
        }
    }
    /// The direct-message channel with this person, made if there is none.
    pub fn dm_with(&mut self, user: Id) -> Id {
        if let Some(found) = self.channels.values().find(|c| c.kind == 1 && c.recipients == [user]) {
            return found.id;
        }
        let mut channel = self.new_channel(1, "");
        channel.recipients = vec![user];
        let id = channel.id;
        self.channels.insert(id, channel);
        id
    }
    /// A message that lies openly in this channel (ephemeral ones are out of everybody's reach but one's).
    ///
    /// # Errors
    /// Unknown message (10008).
    pub fn message_in(&self, channel: Id, message: Id) -> Result<&Message, ApiError> {
        self.messages
            .get(&message)
            .filter(|m| m.channel == channel && !m.is_ephemeral())
            .ok_or(ApiError::UNKNOWN_MESSAGE)
    }
}

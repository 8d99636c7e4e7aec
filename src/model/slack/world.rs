//! What exists in the modelled workspace: its people, channels, messages, open forms, and what the app holds open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::files::Upload;
use crate::config::secret::Secret;

/// Slack itself, who puts up a sign where a message with replies was deleted.
pub(super) const SLACKBOT: &str = "USLACKBOT";

/// A person or the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: String,
    pub name: String,
    pub display_name: String,
    /// The workspace that they are of; another firm's where the channel is shared with it.
    pub team: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// Its id.
    pub ts: String,
    /// The root of its thread.
    pub thread: Option<String>,
    pub user: String,
    pub is_bots: bool,
    pub text: String,
    pub blocks: Vec<Value>,
    pub metadata: Option<Value>,
    /// As Slack shows them.
    pub files: Vec<Value>,
    pub is_edited: bool,
}

impl Message {
    /// The names of its buttons.
    pub fn buttons(&self) -> Vec<String> {
        let elements =
            self.blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
        elements.filter_map(|element| element["action_id"].as_str().map(str::to_owned)).collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub creator: String,
    pub created: DateTime<Utc>,
    pub topic: String,
    pub members: BTreeSet<String>,
    pub is_archived: bool,
    /// Only its members see it.
    pub is_private: bool,
    /// Timestamps of pinned messages.
    pub pins: Vec<String>,
    /// Title and link.
    pub bookmarks: Vec<(String, String)>,
    /// Oldest first.
    pub messages: Vec<Message>,
    pub(super) posted_at: Option<DateTime<Utc>>,
}

impl Channel {
    pub fn is_seen_by(&self, user: &str) -> bool {
        !self.is_private || self.members.contains(user)
    }
}

/// What one person alone got to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whisper {
    pub user: String,
    /// The channel, or the person's own messages with the app.
    pub channel: Option<String>,
    pub thread: Option<String>,
    pub text: String,
}

/// A form that is open before somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenView {
    pub id: String,
    pub user: String,
    pub view: Value,
}

/// Where answers to one command go.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub user: String,
    pub channel: String,
    pub at: DateTime<Utc>,
    pub uses: u32,
}

/// Something that the app was told and must acknowledge.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub kind: &'static str,
    pub payload: Value,
    pub at: DateTime<Utc>,
    pub retries: u32,
    /// The acknowledgement's payload.
    pub ack: Option<Value>,
}

/// What goes out by a socket.
#[derive(Debug)]
pub(super) enum Out {
    Text(String),
    Close,
    Cut,
}

pub struct World {
    pub(super) now: DateTime<Utc>,
    pub(super) url: String,
    pub(super) bot_token: Secret,
    pub(super) app_token: Secret,
    pub(super) signing_secret: Secret,
    pub(super) bot_user: String,
    pub(super) bot_id: String,
    pub(super) team: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) whispers: Vec<Whisper>,
    pub(super) views: Vec<OpenView>,
    /// Who may be shown a form, and since when.
    pub(super) triggers: HashMap<String, (String, DateTime<Utc>)>,
    pub(super) hooks: HashMap<String, Hook>,
    pub(super) told: BTreeMap<String, Told>,
    /// Of these, what is still to be sent.
    pub(super) unsent: Vec<String>,
    pub(super) sockets: BTreeMap<u64, UnboundedSender<Out>>,
    pub(super) tickets: BTreeSet<String>,
    /// Where the app is reached over HTTP; by socket if nowhere.
    pub(super) app_url: Option<String>,
    /// Between two messages in a channel.
    pub(super) message_gap_ms: i64,
    /// So long the app may take to acknowledge what it is told, and to open a form.
    pub(super) patience_ms: i64,
    pub(super) is_away: bool,
    /// Whether messages are shown with their metadata.
    pub(super) shows_metadata: bool,
    /// What lies behind `url_private`, by the file's id.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Files that are on their way, by id.
    pub(super) uploads: BTreeMap<String, Upload>,
    count: u64,
}

/// Scopes that an app of this kind asks for, each a right of the methods that [`super::methods`] serves.
const SCOPES: [&str; 17] = [
    "app_mentions:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "metadata.message:read",
    "pins:write",
    "reactions:read",
    "users:read",
];

impl World {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        let mut world = Self {
            now,
            url: String::new(),
            bot_token: Secret::new("xoxb-only-for-the-modelled-slack-on-loopback"),
            app_token: Secret::new("xapp-only-for-the-modelled-slack-on-loopback"),
            signing_secret: Secret::new("only-for-the-modelled-slack-0123"),
            bot_user: String::new(),
            bot_id: "B0000000001".into(),
            team: "T0000000001".into(),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            files: BTreeMap::new(),
            uploads: BTreeMap::new(),
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            whispers: vec![],
            views: vec![],
            triggers: HashMap::new(),
            hooks: HashMap::new(),
            told: BTreeMap::new(),
            unsent: vec![],
            sockets: BTreeMap::new(),
            tickets: BTreeSet::new(),
            app_url: None,
            message_gap_ms: 1_000,
            patience_ms: 3_000,
            is_away: false,
            shows_metadata: true,
            count: 0,
        };
        world.bot_user = world.user("commandpost");
        world
    }

    pub(super) fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
    /// An id in the shape of Slack's: a letter and ten digits.
    pub(super) fn id(&mut self, letter: char) -> String {
        format!("{letter}{:010}", self.count())
    }
    pub(super) fn ts(&mut self) -> String {
        format!("{}.{:06}", self.now.timestamp(), self.count() % 1_000_000)
    }
    pub(super) fn user(&mut self, name: &str) -> String {
        let id = self.id('U');
        let (team, display_name) = (self.team.clone(), name.to_owned());
        let user = User { id: id.clone(), name: name.to_lowercase(), display_name, team };
        self.users.insert(id.clone(), user);
        id
    }
    pub(super) fn new_channel(&mut self, name: &str, creator: &str) -> String {
        let id = self.id('C');
        let channel = Channel {
            id: id.clone(),
            name: name.to_owned(),
            creator: creator.to_owned(),
            created: self.now,
            topic: String::new(),
            members: BTreeSet::from([creator.to_owned()]),
            is_archived: false,
            is_private: false,
            pins: vec![],
            bookmarks: vec![],
            messages: vec![],
            posted_at: None,
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    pub(super) fn channel_json(&self, channel: &Channel) -> Value {
        json!({
            "id": channel.id, "name": channel.name, "is_channel": true, "is_group": false, "is_im": false,
            "created": channel.created.timestamp(), "creator": channel.creator, "is_archived": channel.is_archived,
            "is_general": false, "is_private": channel.is_private, "is_mpim": false, "is_shared": false, "unlinked": 0,
            "name_normalized": channel.name, "is_member": channel.members.contains(&self.bot_user),
            "topic": {"value": channel.topic, "creator": self.bot_user, "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0}, "previous_names": [],
        })
    }
    pub(super) fn message_json(&self, message: &Message) -> Value {
        let mut shown = json!({"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": self.team});
        if message.is_bots {
            shown["bot_id"] = json!(self.bot_id);
        }
        if !message.blocks.is_empty() {
            shown["blocks"] = json!(message.blocks);
        }
        if let Some(root) = &message.thread {
            shown["thread_ts"] = json!(root);
        }
        if let Some(metadata) = message.metadata.as_ref().filter(|_| self.shows_metadata) {
            shown["metadata"] = metadata.clone();
        }
        if !message.files.is_empty() {
            shown["files"] = json!(message.files);
        }
        if message.user == SLACKBOT {
            (shown["subtype"], shown["hidden"]) = (json!("tombstone"), json!(true));
        }
        if message.is_edited {
            shown["edited"] = json!({"user": message.user, "ts": message.ts});
        }
        shown
    }
}

//! What exists on the modelled server: its people, channels and messages, what is open before them, and who listens.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::config::secret::Secret;

/// A person or the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: String,
    pub username: String,
    pub nickname: String,
    pub is_bot: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    pub user: String,
    pub emoji: String,
    pub at: i64,
}

/// A message. Times in milliseconds; zero is never.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    pub id: String,
    pub channel: String,
    /// The first message of its thread.
    pub root: Option<String>,
    pub user: String,
    pub text: String,
    pub props: Value,
    pub created_at: i64,
    pub updated_at: i64,
    pub edited_at: i64,
    pub deleted_at: i64,
    pub is_pinned: bool,
    pub reactions: Vec<Reaction>,
}

impl Post {
    /// The actions below it.
    pub fn actions(&self) -> Vec<&Value> {
        let attachments = self.props["attachments"].as_array().into_iter().flatten();
        attachments.flat_map(|one| one["actions"].as_array().into_iter().flatten()).collect()
    }
    pub fn is_card(&self) -> bool {
        self.props["attachments"].is_array()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub title: String,
    pub creator: String,
    pub created_at: i64,
    pub header: String,
    pub members: BTreeSet<String>,
    pub is_archived: bool,
    pub is_private: bool,
    /// Between two people: of no team.
    pub is_direct: bool,
    /// Oldest first, deleted ones and all.
    pub posts: Vec<Post>,
}

impl Channel {
    pub fn is_seen_by(&self, user: &str) -> bool {
        !self.is_private || self.members.contains(user)
    }
}

/// What one person alone got to see in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whisper {
    pub user: String,
    pub channel: String,
    pub root: Option<String>,
    pub text: String,
}

/// A form that is open before somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenDialog {
    pub user: String,
    pub channel: String,
    pub url: String,
    pub dialog: Value,
}

/// Where answers to one slash command go.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub user: String,
    pub channel: String,
    pub root: Option<String>,
    pub at: DateTime<Utc>,
    pub uses: u32,
}

/// What may open a form, for whom and since when.
#[derive(Debug, Clone)]
pub(super) struct Trigger {
    pub user: String,
    pub channel: String,
    pub at: DateTime<Utc>,
}

/// What goes out by a socket.
#[derive(Debug)]
pub(super) enum Out {
    Event(Value),
    /// Its number is used up, and nothing is sent.
    Lose,
    Cut,
}

pub struct World {
    pub(super) now: DateTime<Utc>,
    pub(super) url: String,
    pub(super) bot_token: Secret,
    /// By id: the post that it came with, its name, what is in it.
    pub(super) files: BTreeMap<String, (String, String, Vec<u8>)>,
    /// What the slash command brings.
    pub(super) command_token: Secret,
    pub(super) bot: String,
    pub(super) team: String,
    /// What the bot's roles allow.
    pub(super) permissions: BTreeSet<&'static str>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) whispers: Vec<Whisper>,
    pub(super) dialogs: Vec<OpenDialog>,
    pub(super) triggers: HashMap<String, Trigger>,
    pub(super) hooks: HashMap<String, Hook>,
    /// Messages by what their sender called them, and since when.
    pub(super) pending: HashMap<String, (String, DateTime<Utc>)>,
    pub(super) sockets: BTreeMap<u64, UnboundedSender<Out>>,
    /// Where the app is reached; slash commands go there.
    pub(super) app_url: Option<String>,
    /// Requests a second, if they are limited, and those of this second.
    pub(super) limit: Option<u32>,
    pub(super) asked: (i64, u32),
    /// Messages may be edited for so long.
    pub(super) edit_seconds: Option<i64>,
    /// A form may be opened for so long.
    pub(super) patience_seconds: i64,
    pub(super) is_away: bool,
    /// The next event is lost on its way.
    pub(super) loses_next: bool,
    /// How often the app answered what it was told.
    pub(super) answers: usize,
    count: u64,
    moment: i64,
}

/// What the roles of a bot in a team allow unless an administrator says otherwise.
const PERMISSIONS: [&str; 13] = [
    "add_reaction",
    "create_post",
    "create_private_channel",
    "create_public_channel",
    "edit_post",
    "join_public_channels",
    "manage_private_channel_members",
    "manage_private_channel_properties",
    "manage_public_channel_members",
    "manage_public_channel_properties",
    "read_channel",
    "read_public_channel",
    "upload_file",
];

impl World {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        let mut world = Self {
            now,
            url: String::new(),
            bot_token: Secret::new("onlyforthemodelledmatter01"),
            command_token: Secret::new("onlyforthemodelledmatter02"),
            bot: String::new(),
            team: String::new(),
            permissions: PERMISSIONS.into(),
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            whispers: vec![],
            dialogs: vec![],
            triggers: HashMap::new(),
            hooks: HashMap::new(),
            files: BTreeMap::new(),
            pending: HashMap::new(),
            sockets: BTreeMap::new(),
            app_url: None,
            limit: None,
            asked: (0, 0),
            edit_seconds: None,
            patience_seconds: 3,
            is_away: false,
            loses_next: false,
            answers: 0,
            count: 0,
            moment: 0,
        };
        world.bot = world.user("commandpost", "");
        world.team = world.id('t');
        if let Some(bot) = world.users.get_mut(&world.bot) {
            bot.is_bot = true;
        }
        world
    }

    pub(super) fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
    /// An id in the shape of Mattermost's: 26 letters and digits.
    pub(super) fn id(&mut self, letter: char) -> String {
        format!("{letter}{:025}", self.count())
    }
    /// A moment of its own for everything that happens.
    pub(super) fn moment(&mut self) -> i64 {
        self.moment = (self.moment + 1).max(self.now.timestamp_millis());
        self.moment
    }
    pub(super) fn user(&mut self, username: &str, nickname: &str) -> String {
        let id = self.id('u');
        let (username, nickname) = (username.to_lowercase(), nickname.to_owned());
        self.users.insert(id.clone(), User { id: id.clone(), username, nickname, is_bot: false });
        id
    }
    pub(super) fn new_channel(&mut self, name: &str, creator: &str) -> String {
        let (id, created_at) = (self.id('c'), self.moment());
        let channel = Channel {
            id: id.clone(),
            name: name.to_owned(),
            title: name.to_owned(),
            creator: creator.to_owned(),
            created_at,
            header: String::new(),
            members: BTreeSet::from([creator.to_owned()]),
            is_archived: false,
            is_private: false,
            is_direct: false,
            posts: vec![],
        };
        self.channels.insert(id.clone(), channel);
        id
    }
    pub(super) fn post(&self, id: &str) -> Option<&Post> {
        self.channels.values().flat_map(|channel| &channel.posts).find(|post| post.id == id)
    }
    pub(super) fn post_mut(&mut self, id: &str) -> Option<&mut Post> {
        self.channels.values_mut().flat_map(|channel| &mut channel.posts).find(|post| post.id == id)
    }

    /// Somebody says something; everybody in the channel hears it.
    pub(super) fn say(
        &mut self,
        user: &str,
        channel: &str,
        root: Option<&str>,
        text: &str,
        props: Value,
    ) -> Post {
        let (id, at) = (self.id('p'), self.moment());
        let is_bot = self.users.get(user).is_some_and(|user| user.is_bot);
        let mut props = if props.is_object() { props } else { json!({}) };
        if is_bot {
            props["from_bot"] = json!("true");
        }
        let post = Post {
            id,
            channel: channel.to_owned(),
            root: root.map(str::to_owned),
            user: user.to_owned(),
            text: text.to_owned(),
            props,
            created_at: at,
            updated_at: at,
            edited_at: 0,
            deleted_at: 0,
            is_pinned: false,
            reactions: vec![],
        };
        if let Some(found) = self.channels.get_mut(channel) {
            found.posts.push(post.clone());
        }
        self.tell_of("posted", &post);
        post
    }
    pub(super) fn tell_of(&mut self, kind: &str, post: &Post) {
        let data = json!({"post": self.post_json(post).to_string(), "channel_type": "O", "mentions": "[]"});
        self.tell(kind, data, &post.channel);
    }
    /// Whoever is in the channel and listens is told.
    /// Puts an emoji on a message. The same of the same person is there once.
    pub(super) fn react(&mut self, user: &str, post: &Post, emoji: &str) -> Value {
        let is_same = |one: &&Reaction| one.user == user && one.emoji == emoji;
        if let Some(known) = post.reactions.iter().find(is_same) {
            return reaction_json(&post.id, known);
        }
        let at = self.moment();
        let reaction = Reaction { user: user.to_owned(), emoji: emoji.to_owned(), at };
        let shown = reaction_json(&post.id, &reaction);
        if let Some(post) = self.post_mut(&post.id) {
            post.updated_at = at;
            post.reactions.push(reaction);
        }
        self.tell("reaction_added", json!({"reaction": shown.to_string()}), &post.channel);
        shown
    }
    pub(super) fn tell(&mut self, kind: &str, data: Value, channel: &str) {
        let is_in = self.channels.get(channel).is_some_and(|found| found.members.contains(&self.bot));
        if !is_in {
            return;
        }
        let is_lost = std::mem::take(&mut self.loses_next);
        let event = json!({
            "event": kind, "data": data,
            "broadcast": {"omit_users": null, "user_id": "", "channel_id": channel, "team_id": ""},
        });
        for socket in self.sockets.values() {
            drop(socket.send(if is_lost { Out::Lose } else { Out::Event(event.clone()) }));
        }
    }

    pub(super) fn user_json(&self, user: &User) -> Value {
        json!({
            "id": user.id, "username": user.username, "nickname": user.nickname, "first_name": "", "last_name": "",
            "create_at": 1, "update_at": 1, "delete_at": 0, "email": "", "roles": "system_user", "is_bot": user.is_bot,
        })
    }
    pub(super) fn channel_json(&self, channel: &Channel) -> Value {
        let kind = match channel {
            channel if channel.is_direct => "D",
            channel if channel.is_private => "P",
            _ => "O",
        };
        let last = channel.posts.iter().map(|post| post.created_at).max().unwrap_or(channel.created_at);
        json!({
            "id": channel.id, "create_at": channel.created_at, "update_at": channel.created_at,
            "delete_at": if channel.is_archived { channel.created_at + 1 } else { 0 },
            "team_id": if channel.is_direct { "" } else { self.team.as_str() }, "type": kind,
            "display_name": channel.title, "name": channel.name, "header": channel.header, "purpose": "",
            "last_post_at": last, "total_msg_count": channel.posts.len(), "extra_update_at": 0,
            "creator_id": channel.creator,
        })
    }
    /// As clients are shown it: without where its buttons lead.
    pub(super) fn post_json(&self, post: &Post) -> Value {
        let mut props = post.props.clone();
        for attachment in props["attachments"].as_array_mut().into_iter().flatten() {
            for action in attachment["actions"].as_array_mut().into_iter().flatten() {
                if let Some(action) = action.as_object_mut() {
                    action.remove("integration");
                }
            }
        }
        let reactions: Vec<Value> = post.reactions.iter().map(|one| reaction_json(&post.id, one)).collect();
        let files = self.files.iter().filter(|(_, (of, ..))| *of == post.id);
        let files: Vec<Value> = files
            .map(|(id, (of, name, bytes))| {
                json!({"id": id, "user_id": post.user, "post_id": of, "name": name, "size": bytes.len()})
            })
            .collect();
        json!({
            "id": post.id, "create_at": post.created_at, "update_at": post.updated_at, "edit_at": post.edited_at,
            "delete_at": post.deleted_at, "is_pinned": post.is_pinned, "user_id": post.user, "channel_id": post.channel,
            "root_id": post.root.clone().unwrap_or_default(), "original_id": "", "message": post.text, "type": "",
            "props": props, "hashtags": "", "pending_post_id": "", "reply_count": 0,
            "metadata": {"reactions": reactions, "files": files},
        })
    }
}

pub(super) fn reaction_json(post: &str, reaction: &Reaction) -> Value {
    json!({"user_id": reaction.user, "post_id": post, "emoji_name": reaction.emoji, "create_at": reaction.at})
}

//! Gateway sessions: what each was told, so that it can be told again on a resume.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::{id::Id, world::World};

/// Events kept for a resume; a session that missed more must begin anew.
const REPLAY_MAX: usize = 2_000;

pub(super) const GUILDS: u64 = 1;
pub(super) const GUILD_MEMBERS: u64 = 1 << 1;
pub(super) const GUILD_PRESENCES: u64 = 1 << 8;
pub(super) const GUILD_MESSAGES: u64 = 1 << 9;
pub(super) const GUILD_MESSAGE_REACTIONS: u64 = 1 << 10;
pub(super) const DIRECT_MESSAGES: u64 = 1 << 12;
pub(super) const MESSAGE_CONTENT: u64 = 1 << 15;
/// The intents that an application must be granted first.
pub(super) const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;

/// What a connection's task is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Out {
    Text(String),
    Close(u16),
    /// Drop the TCP connection without a word.
    Cut,
    /// Keep it open, and neither say nor do anything any more.
    Hush,
}

pub(super) type Link = UnboundedSender<Out>;

#[derive(Debug)]
pub(super) struct Session {
    pub id: String,
    pub intents: u64,
    pub seq: u64,
    replay: VecDeque<(u64, String)>,
    /// The connection that speaks for it now.
    pub link: Option<(u64, Link)>,
}

impl Session {
    pub fn new(id: String, intents: u64, link: (u64, Link)) -> Self {
        Self { id, intents, seq: 0, replay: VecDeque::new(), link: Some(link) }
    }
    pub fn tell(&mut self, event: &str, data: &Value) {
        self.seq += 1;
        let text = json!({"op": 0, "s": self.seq, "t": event, "d": data}).to_string();
        if let Some((_, link)) = &self.link {
            // A closed connection is noticed by its own task; the replay has the event.
            let _ = link.send(Out::Text(text.clone()));
        }
        self.replay.push_back((self.seq, text));
        if self.replay.len() > REPLAY_MAX {
            self.replay.pop_front();
        }
    }
    /// What came after `seq`; `None` if that is not known any more.
    pub fn since(&self, seq: u64) -> Option<Vec<String>> {
        if seq > self.seq {
            return None;
        }
        let oldest = self.replay.front().map_or(self.seq + 1, |(s, _)| *s);
        (seq + 1 >= oldest)
            .then(|| self.replay.iter().filter(|(s, _)| *s > seq).map(|(_, t)| t.clone()).collect())
    }
}

/// Takes out of a message what an application without [`MESSAGE_CONTENT`] does not get to read.
pub(super) fn blank(message: &mut Value) {
    message["content"] = json!("");
    for list in ["embeds", "attachments", "components"] {
        message[list] = json!([]);
    }
}

/// The intent that an event needs; 0 comes to everybody.
fn intent(event: &str, direct: bool) -> u64 {
    match event {
        "MESSAGE_CREATE" | "MESSAGE_UPDATE" | "MESSAGE_DELETE" if direct => DIRECT_MESSAGES,
        "MESSAGE_CREATE" | "MESSAGE_UPDATE" | "MESSAGE_DELETE" => GUILD_MESSAGES,
        "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE" if direct => 1 << 13,
        "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE" => GUILD_MESSAGE_REACTIONS,
        "GUILD_MEMBER_ADD" | "GUILD_MEMBER_UPDATE" | "GUILD_MEMBER_REMOVE" => GUILD_MEMBERS,
        "INTERACTION_CREATE" => 0,
        _ => GUILDS,
    }
}

impl World {
    /// Tells every session that asked for it, and only of channels that the bot sees.
    pub fn dispatch(&mut self, event: &str, channel: Option<Id>, data: &Value) {
        let place = channel.and_then(|id| self.channels.get(&id));
        if event != "INTERACTION_CREATE" && place.is_some_and(|c| self.permissions_in(c, self.bot) == 0) {
            return;
        }
        let direct = place.is_some_and(|c| c.kind == 1);
        let needed = intent(event, direct);
        let own = data["author"]["id"] == json!(self.bot);
        let named = data["mentions"].as_array().is_some_and(|m| m.iter().any(|u| u["id"] == json!(self.bot)));
        for session in self.sessions.values_mut() {
            if needed != 0 && session.intents & needed == 0 {
                continue;
            }
            let readable = session.intents & MESSAGE_CONTENT != 0 || own || named || direct;
            if data["content"].is_string() && !readable {
                let mut data = data.clone();
                blank(&mut data);
                session.tell(event, &data);
            } else {
                session.tell(event, data);
            }
        }
    }
}

//! A model of Slack: one workspace with people and channels, the Web API, Socket Mode, and requests over HTTP.
//!
//! [`SlackModel::start`] opens it on loopback. Tests and the demo act as the people of the workspace through the methods of
//! [`SlackModel`]; the app under test talks to it as it would talk to Slack.

mod api;
mod blocks;
mod files;
mod methods;
mod payload;
mod people;
mod socket;
mod tell;
#[cfg(test)]
mod tests;
mod world;

use std::{io, time::Duration};

use axum::{
    Router,
    routing::{any, get, post},
};
use serde_json::json;

use self::world::{Out, SLACKBOT, World};
pub use self::{
    people::Impossible,
    world::{Channel, Message, OpenView, User, Whisper},
};
use super::stand::{Stand, look_until};
use crate::{config::secret::Secret, publish::Now};

type Shared = super::stand::Shared<World>;

/// A running workspace. It stops when it is dropped.
pub struct SlackModel {
    stand: Stand<World>,
    shared: Shared,
}

impl std::ops::Deref for SlackModel {
    type Target = Stand<World>;
    fn deref(&self) -> &Stand<World> {
        &self.stand
    }
}

impl SlackModel {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(now: Now) -> io::Result<Self> {
        let shared = Shared::new(World::new(now()), now);
        let api = Router::new()
            .route("/api/{method}", any(api::call))
            .route("/commands/{hook}", any(api::respond))
            .route("/files-pri/{id}/{name}", get(files::read))
            .route("/upload/v1/{id}", post(files::put))
            .layer(axum::middleware::from_fn_with_state(shared.clone(), api::admit));
        let public = Router::new().route("/socket", any(socket::open));
        let stand = Stand::start(shared.clone(), api, public, api::say).await?;
        shared.world().url = stand.url();
        Ok(Self { stand, shared })
    }

    /// Looks at the workspace, or changes it.
    fn with<T>(&self, f: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.shared.world();
        world.now = (self.shared.now)();
        f(&mut world)
    }

    pub fn bot_token(&self) -> Secret {
        self.with(|w| w.bot_token.clone())
    }
    pub fn app_token(&self) -> Secret {
        self.with(|w| w.app_token.clone())
    }
    pub fn signing_secret(&self) -> Secret {
        self.with(|w| w.signing_secret.clone())
    }
    /// The bot as a member of the workspace.
    pub fn bot(&self) -> String {
        self.with(|w| w.bot_user.clone())
    }
    /// A channel with the bot in it.
    pub fn channel(&self, name: &str) -> String {
        self.with(|w| {
            let bot = w.bot_user.clone();
            w.new_channel(name, &bot)
        })
    }
    /// Another person of the workspace; returns the member id.
    pub fn person(&self, name: &str) -> String {
        self.with(|w| w.user(name))
    }
    /// A person of another firm, who is in channels that are shared with it.
    pub fn stranger(&self, name: &str, team: &str) -> String {
        self.with(|w| {
            let id = w.user(name);
            if let Some(user) = w.users.get_mut(&id) {
                team.clone_into(&mut user.team);
            }
            id
        })
    }
    /// From now on the app is told things over HTTP, below this address.
    pub fn reach_over_http(&self, app_url: &str) {
        self.with(|w| w.app_url = Some(app_url.trim_end_matches('/').to_owned()));
    }
    /// The app is no longer allowed this.
    pub fn take_scope(&self, scope: &str) {
        self.with(|w| w.scopes.remove(scope));
    }
    pub fn give_scope(&self, scope: &str) {
        self.with(|w| w.scopes.insert(scope.to_owned()));
    }
    /// Milliseconds between two messages in a channel; Slack's own are a thousand.
    pub fn message_gap(&self, ms: i64) {
        self.with(|w| w.message_gap_ms = ms);
    }
    /// Milliseconds that the app may take to acknowledge, and to open a form; Slack's own are three thousand, by a clock that goes on
    /// however slow the machine is.
    pub fn patience(&self, ms: i64) {
        self.with(|w| w.patience_ms = ms);
    }
    /// Messages are shown without their metadata.
    pub fn hide_metadata(&self) {
        self.with(|w| w.shows_metadata = false);
    }
    /// Somebody archives a channel.
    pub fn archive(&self, channel: &str, is_archived: bool) {
        self.with(|w| {
            if let Some(found) = w.channels.get_mut(channel) {
                found.is_archived = is_archived;
            }
        });
    }
    /// Somebody puts the bot out of a channel.
    pub fn put_out(&self, channel: &str) {
        self.with(|w| {
            let bot = w.bot_user.clone();
            if let Some(found) = w.channels.get_mut(channel) {
                found.members.remove(&bot);
            }
        });
    }
    /// Somebody deletes a message. Where replies hang below it, Slack's own stands in its place.
    pub fn delete(&self, channel: &str, ts: &str) {
        let messages = self.messages(channel);
        let Some(gone) = messages.iter().find(|message| message.ts == ts) else { return };
        let tombstone = messages.iter().any(|message| message.thread.as_deref() == Some(ts)).then(|| {
            let (user, text) = (SLACKBOT.to_owned(), "This message was deleted.".to_owned());
            Message {
                user,
                text,
                blocks: vec![],
                metadata: None,
                files: vec![],
                is_bots: false,
                ..gone.clone()
            }
        });
        self.tell("events_api", |w| {
            if let Some(found) = w.channels.get_mut(channel) {
                found.pins.retain(|pin| pin != ts);
                match &tombstone {
                    Some(tombstone) => {
                        let stands = found.messages.iter_mut().filter(|message| message.ts == ts);
                        stands.for_each(|message| message.clone_from(tombstone));
                    }
                    None => found.messages.retain(|message| message.ts != ts),
                }
            }
            let (before, at) = (w.message_json(gone), w.ts());
            let mut event = json!({
                "type": "message", "hidden": true, "channel": channel, "ts": at, "event_ts": at, "previous_message": before,
            });
            match &tombstone {
                Some(tombstone) => {
                    event["subtype"] = json!("message_changed");
                    event["message"] = w.message_json(tombstone);
                }
                None => {
                    event["subtype"] = json!("message_deleted");
                    event["deleted_ts"] = json!(ts);
                }
            }
            w.event_json(event)
        });
    }
    /// Slack is out of reach: connections break, sockets too.
    pub fn goes_away(&self) {
        self.with(|w| {
            w.is_away = true;
            for socket in w.sockets.values() {
                drop(socket.send(Out::Cut));
            }
        });
    }
    pub fn comes_back(&self) {
        self.with(|w| w.is_away = false);
    }
    /// Every socket breaks.
    pub fn cut_sockets(&self) {
        self.with(|w| {
            for socket in w.sockets.values() {
                drop(socket.send(Out::Cut));
            }
        });
    }
    /// Slack asks for another socket; the old ones are closed a little later.
    pub fn ask_refresh(&self, reason: &str) {
        let text =
            serde_json::json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "model"}});
        self.with(|w| {
            for socket in w.sockets.values() {
                drop(socket.send(Out::Text(text.to_string())));
            }
        });
    }
    /// Sockets that are open.
    pub fn sockets(&self) -> usize {
        self.with(|w| w.sockets.len())
    }

    pub fn channels(&self) -> Vec<Channel> {
        self.with(|w| w.channels.values().cloned().collect())
    }
    pub fn channel_named(&self, begins: &str) -> Option<Channel> {
        self.with(|w| w.channels.values().find(|channel| channel.name.starts_with(begins)).cloned())
    }
    /// The channels that the person sees; of any other they are told nothing.
    pub fn seen_by(&self, user: &str) -> Vec<Channel> {
        self.channels().into_iter().filter(|channel| channel.is_seen_by(user)).collect()
    }
    /// The messages of a channel, threads and all, oldest first.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.with(|w| w.channels.get(channel).map(|found| found.messages.clone()).unwrap_or_default())
    }
    /// What only this person got to see, oldest first.
    pub fn whispers(&self, user: &str) -> Vec<Whisper> {
        self.with(|w| w.whispers.iter().filter(|one| one.user == user).cloned().collect())
    }
    /// The forms that are open.
    pub fn forms(&self) -> Vec<OpenView> {
        self.with(|w| w.views.clone())
    }
    /// Slack's signature of a request over HTTP.
    pub fn sign(&self, timestamp: &str, body: &[u8]) -> String {
        tell::signature(self.signing_secret().expose(), timestamp, body)
    }
    /// What was told and acknowledged in time, and what was not: counted.
    pub fn acknowledged(&self) -> (usize, usize) {
        self.with(|w| {
            let acked = w.told.values().filter(|told| told.ack.is_some()).count();
            (acked, w.told.len() - acked)
        })
    }

    /// Waits until `find` finds something; `None` when patience runs out.
    pub async fn wait_for<T>(&self, patience: Duration, find: impl FnMut(&Self) -> Option<T>) -> Option<T> {
        look_until(self, patience, find).await
    }
}

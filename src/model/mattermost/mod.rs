//! A model of Mattermost: one team with people and channels, the REST API, the WebSocket, slash commands, buttons, dialogs.
//!
//! [`MattermostModel::start`] opens it on loopback. Tests and the demo act as the people of the team through the methods of
//! [`MattermostModel`]; the bot under test talks to it as it would talk to Mattermost.

mod api;
mod channels;
mod checks;
mod files;
mod people;
mod posts;
mod socket;
mod tell;
#[cfg(test)]
mod tests;
mod world;

use std::{io, time::Duration};

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};

use self::world::{Out, World};
pub use self::{
    people::{Asked, Impossible},
    world::{Channel, OpenDialog, Post, Reaction, Whisper},
};
use super::stand::{Stand, look_until};
use crate::{config::secret::Secret, publish::Now};

type Shared = super::stand::Shared<World>;

/// A running server. It stops when it is dropped.
pub struct MattermostModel {
    stand: Stand<World>,
    shared: Shared,
}

impl std::ops::Deref for MattermostModel {
    type Target = Stand<World>;
    fn deref(&self) -> &Stand<World> {
        &self.stand
    }
}

impl MattermostModel {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(now: Now) -> io::Result<Self> {
        let shared = Shared::new(World::new(now()), now);
        let api = Router::new()
            .route("/api/v4/users/{id}", get(channels::user))
            .route("/api/v4/users/username/{name}", get(channels::username))
            .route("/api/v4/users/{user}/teams/{team}/channels", get(channels::mine))
            .route("/api/v4/teams/{team}/channels/name/{name}", get(channels::by_name))
            .route("/api/v4/channels", post(channels::create))
            .route("/api/v4/channels/direct", post(channels::direct))
            .route("/api/v4/channels/{id}", get(channels::get))
            .route("/api/v4/channels/{id}/patch", put(channels::patch))
            .route("/api/v4/channels/{id}/members", post(channels::add_member).get(channels::members))
            .route(
                "/api/v4/channels/{id}/members/{user}",
                get(channels::member).delete(channels::remove_member),
            )
            .route("/api/v4/channels/{id}/posts", get(posts::of_channel))
            .route("/api/v4/posts", post(posts::create))
            .route("/api/v4/posts/ephemeral", post(posts::whisper))
            .route("/api/v4/posts/{id}", get(posts::get))
            .route("/api/v4/files", post(files::put))
            .route("/api/v4/files/{id}", get(files::read))
            .route("/api/v4/posts/{id}/patch", put(posts::patch))
            .route("/api/v4/posts/{id}/pin", post(posts::pin))
            .route("/api/v4/reactions", post(posts::react))
            .route("/api/v4/actions/dialogs/open", post(posts::open_dialog))
            .route("/hooks/commands/{hook}", post(posts::respond))
            .layer(from_fn_with_state(shared.clone(), api::admit))
            .layer(from_fn_with_state(shared.clone(), api::date));
        let public = Router::new().route("/api/v4/websocket", get(socket::open));
        let stand = Stand::start(shared.clone(), api, public, api::say).await?;
        shared.world().url = stand.url();
        Ok(Self { stand, shared })
    }

    /// Looks at the server, or changes it.
    fn with<T>(&self, f: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.shared.world();
        world.now = (self.shared.now)();
        f(&mut world)
    }

    pub fn bot_token(&self) -> Secret {
        self.with(|w| w.bot_token.clone())
    }
    pub fn command_token(&self) -> Secret {
        self.with(|w| w.command_token.clone())
    }
    /// The bot as a user.
    pub fn bot(&self) -> String {
        self.with(|w| w.bot.clone())
    }
    /// A channel with the bot in it.
    pub fn channel(&self, name: &str) -> String {
        self.with(|w| {
            let bot = w.bot.clone();
            w.new_channel(name, &bot)
        })
    }
    /// A channel of somebody else's; the bot is not in it.
    pub fn channel_of(&self, name: &str, creator: &str) -> String {
        self.with(|w| w.new_channel(name, creator))
    }
    /// Another person of the team, who is shown by this name; returns the user id.
    pub fn person(&self, username: &str, nickname: &str) -> String {
        self.with(|w| w.user(username, nickname))
    }
    /// Where the app is reached: slash commands go to `{app_url}/commands`.
    pub fn reach(&self, app_url: &str) {
        self.with(|w| w.app_url = Some(app_url.trim_end_matches('/').to_owned()));
    }
    /// The bot's roles no longer allow this.
    pub fn take_permission(&self, permission: &str) {
        self.with(|w| w.permissions.remove(permission));
    }
    pub fn give_permission(&self, permission: &'static str) {
        self.with(|w| w.permissions.insert(permission));
    }
    /// Somebody revokes the bot's token, and makes another.
    pub fn revoke_token(&self) {
        self.with(|w| w.bot_token = Secret::new("anothertokenofthemodelled1"));
    }
    /// Requests that are taken in a second.
    pub fn limit(&self, per_second: Option<u32>) {
        self.with(|w| w.limit = per_second);
    }
    /// Messages may be edited for so many seconds only.
    pub fn edit_limit(&self, seconds: i64) {
        self.with(|w| w.edit_seconds = Some(seconds));
    }
    /// Seconds in which a form may be opened; Mattermost's own are three, by a clock that goes on however slow the machine is.
    pub fn patience(&self, seconds: i64) {
        self.with(|w| w.patience_seconds = seconds);
    }
    /// Somebody archives a channel, or takes it back.
    pub fn archive(&self, channel: &str, is_archived: bool) {
        self.with(|w| {
            if let Some(found) = w.channels.get_mut(channel) {
                found.is_archived = is_archived;
            }
        });
    }
    /// Somebody removes a channel for good.
    pub fn destroy(&self, channel: &str) {
        self.with(|w| w.channels.remove(channel));
    }
    /// Somebody puts the bot out of a channel.
    pub fn put_out(&self, channel: &str) {
        self.with(|w| {
            let bot = w.bot.clone();
            if let Some(found) = w.channels.get_mut(channel) {
                found.members.remove(&bot);
            }
        });
    }
    /// Mattermost is out of reach: connections break, sockets too.
    pub fn goes_away(&self) {
        self.with(|w| w.is_away = true);
        self.cut_sockets();
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
    /// The next event does not reach anybody, though its number is used up.
    pub fn lose_next_event(&self) {
        self.with(|w| w.loses_next = true);
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
    /// The messages of a channel, threads and all, oldest first, without those that were deleted.
    pub fn posts(&self, channel: &str) -> Vec<Post> {
        self.with(|w| {
            let posts = w.channels.get(channel).map(|found| found.posts.clone()).unwrap_or_default();
            posts.into_iter().filter(|post| post.deleted_at == 0).collect()
        })
    }
    /// What only this person got to see, oldest first: in channels, and from the bot directly.
    pub fn whispers(&self, user: &str) -> Vec<String> {
        self.with(|w| {
            let whispers = w.whispers.iter().filter(|one| one.user == user).map(|one| one.text.clone());
            let direct = w.channels.values().filter(|one| one.is_direct && one.members.contains(user));
            let direct = direct.flat_map(|one| &one.posts).map(|post| post.text.clone());
            whispers.chain(direct).collect()
        })
    }
    /// What only this person got to see in a channel, oldest first.
    pub fn whispers_in(&self, user: &str, channel: &str) -> Vec<String> {
        self.with(|w| {
            let whispers = w.whispers.iter().filter(|one| one.user == user && one.channel == channel);
            whispers.map(|one| one.text.clone()).collect()
        })
    }
    /// The files of a message: name and content.
    pub fn files_of(&self, post: &str) -> Vec<(String, Vec<u8>)> {
        let of = |(of, name, bytes): &(String, String, Vec<u8>)| {
            (of == post).then(|| (name.clone(), bytes.clone()))
        };
        self.with(|w| w.files.values().filter_map(of).collect())
    }
    /// The forms that are open.
    pub fn dialogs(&self) -> Vec<OpenDialog> {
        self.with(|w| w.dialogs.clone())
    }
    /// How often the app answered a slash command, a press or a form, were it but to say that it heard.
    pub fn answers(&self) -> usize {
        self.with(|w| w.answers)
    }

    /// Waits until `find` finds something; `None` when patience runs out.
    pub async fn wait_for<T>(&self, patience: Duration, find: impl FnMut(&Self) -> Option<T>) -> Option<T> {
        look_until(self, patience, find).await
    }
}

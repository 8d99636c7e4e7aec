//! Who the bot is on its server, where it stands, and who the people are: asked once, when Mattermost is there.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    MattermostDoor,
    heard::id,
    text::{chosen, handles},
};
use crate::{
    chat::{bring::Step, trouble::Doing},
    outbox::port::Outcome,
    people::Person,
};

/// A name that is not there by now is left out.
const PATIENCE_WITH_NAMES: Duration = Duration::from_millis(700);
/// People looked up for one command.
const NAMED_MAX: usize = 3;

#[derive(Debug, Clone)]
pub(super) struct Stand {
    /// The bot as a user.
    pub me: String,
    /// What people call it: `@commandpost` without the `@`.
    pub handle: String,
    /// The team of the command post, in which channels are made.
    pub team: String,
    pub tag: String,
}

impl MattermostDoor {
    pub(super) async fn stand(&self) -> Step<&Stand> {
        self.stand.get_or_try_init(|| self.take_stand()).await
    }

    async fn take_stand(&self) -> Step<Stand> {
        let post = &self.settings.channel;
        let told = self.rest.get("/users/me").await;
        let told = told.map_err(|trouble| trouble.outcome(Doing::Read, post))?;
        let channel = self.rest.get(&format!("/channels/{post}")).await;
        let channel = channel.map_err(|trouble| trouble.outcome(Doing::Read, post))?;
        let (Some(me), Some(team)) = (id(&told["id"]), id(&channel["team_id"])) else {
            let why = "Mattermost's answer on who the bot is and where could not be read. Is `mattermost.channel` a channel \
                       of a team?";
            return Err(Outcome::Retry { after: None, why: why.into() }.into());
        };
        let handle = told["username"].as_str().unwrap_or_default().to_owned();
        let tag = self.bindings.tag(&*self.desk.world).await?;
        for channel in std::iter::once(post).chain(&self.settings.alerts_channel) {
            self.come_into(channel, &me).await;
        }
        Ok(Stand { me, handle, team, tag })
    }

    /// Into a public channel of its team the bot comes by itself. Whether it is in.
    pub(super) async fn come_into(&self, channel: &str, me: &str) -> bool {
        let members = format!("/channels/{channel}/members");
        if self.rest.get(&format!("{members}/{me}")).await.is_ok() {
            return true;
        }
        let joined = self.rest.patiently(Method::POST, &members, Some(&json!({"user_id": me}))).await;
        if let Err(trouble) = &joined {
            tracing::info!(channel, why = trouble.why(), "the bot does not come into the channel");
        }
        joined.is_ok()
    }

    /// Whether a channel is no more. One that the bot may not look into is there.
    pub(super) async fn is_gone(&self, channel: &str) -> bool {
        let found = self.rest.get(&format!("/channels/{channel}")).await;
        found.is_err_and(|trouble| trouble.is_not_found() && !trouble.id().is_empty())
    }

    /// Where people find a message.
    pub(super) fn permalink(&self, post: &str) -> String {
        format!("{}/_redirect/pl/{post}", self.settings.url)
    }

    /// The person with this user id, by the name that people see. `handle`: what Mattermost called them here.
    pub(super) async fn person(&self, user: &str, handle: &str) -> Person {
        if let Some(person) = self.settings.people.of(user) {
            return person;
        }
        let path = format!("/users/{user}");
        let told = match tokio::time::timeout(PATIENCE_WITH_NAMES, self.rest.get(&path)).await {
            Ok(Ok(told)) => told,
            Ok(Err(trouble)) => {
                tracing::info!(why = trouble.why(), "somebody's name is not known");
                Value::Null
            }
            Err(_) => Value::Null,
        };
        self.meet(user, &told, handle)
    }

    fn meet(&self, user: &str, told: &Value, handle: &str) -> Person {
        let text = |name: &str| told[name].as_str().unwrap_or_default().trim();
        let called = if text("username").is_empty() { handle } else { text("username") };
        if !called.is_empty() {
            self.settings.people.call(user, called);
        }
        let whole = format!("{} {}", text("first_name"), text("last_name"));
        let names = [text("nickname"), whole.trim(), called];
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        self.settings.people.meet(user, name)
    }

    /// Whoever is named by `@name`, or in a form by `<@ID>`, is known when the words are read.
    pub(super) async fn meet_named(&self, words: &str) {
        for user in chosen(words).take(NAMED_MAX) {
            self.person(user, "").await;
        }
        for handle in handles(words).take(NAMED_MAX) {
            if self.settings.people.called(handle).is_some() {
                continue;
            }
            let path = format!("/users/username/{}", handle.to_lowercase());
            if let Ok(Ok(told)) = tokio::time::timeout(PATIENCE_WITH_NAMES, self.rest.get(&path)).await
                && let Some(user) = id(&told["id"])
            {
                self.meet(&user, &told, handle);
            }
        }
    }
}

//! Who the bot is in its workspace, and who the people are: asked once, when Slack is there. Which workspace that is, and who the bot
//! is in it, the journal remembers, so that after a start without Slack its own people are served and heard, and strangers are not.

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{SlackDoor, heard::is_id};
use crate::{
    chat::{bring::Step, trouble::Doing},
    outbox::port::Outcome,
    people::Person,
};

/// A name that is not there by now is left out.
const PATIENCE_WITH_NAMES: Duration = Duration::from_millis(700);
/// What is remembered beside the tag: the workspace, and the bot as its member.
const DOOR: &str = "door";
const TEAM: &str = "team";
const ME: &str = "me";
/// Digits of a token's hash, by which it is known again.
const MARK_CHARS: usize = 16;

#[derive(Debug, Clone)]
pub(super) struct Stand {
    /// The bot as a member of the workspace.
    pub me: String,
    /// The bot as the author of messages.
    pub bot: String,
    /// The workspace, or the organization for all of whose workspaces the app is installed; empty, if Slack does not say.
    pub team: String,
    /// The workspace's address, ending in a slash.
    pub url: String,
    pub tag: String,
}

impl SlackDoor {
    pub(super) async fn stand(&self) -> Step<&Stand> {
        self.stand.get_or_try_init(|| self.take_stand()).await
    }

    async fn take_stand(&self) -> Step<Stand> {
        let told = self.rest.ask("auth.test", &[]).await;
        let told = told.map_err(|trouble| trouble.outcome(Doing::Read, &self.settings.channel))?;
        let id = |name: &str, letters: &[char]| told[name].as_str().filter(|id| is_id(id, letters));
        let (Some(me), Some(bot)) = (id("user_id", &['U', 'W']), id("bot_id", &['B'])) else {
            let why =
                "Slack's answer on who the bot is could not be read. Is `slack.bot_token` a bot's (`xoxb-`)?";
            return Err(Outcome::Retry { after: None, why: why.into() }.into());
        };
        let team = id("team_id", &['T', 'E']).unwrap_or_default().to_owned();
        let url = told["url"].as_str().filter(|url| url.starts_with("http")).unwrap_or("https://slack.com/");
        let tag = self.bindings.tag(&*self.desk.world).await?;
        let url = format!("{}/", url.trim_end_matches('/'));
        self.remember(TEAM, &team).await?;
        self.remember(ME, me).await?;
        Ok(Stand { me: me.to_owned(), bot: bot.to_owned(), team, url, tag })
    }

    /// The workspace that is served. While Slack cannot be asked, it is the one that Slack named before; none, if it never did.
    pub(super) async fn team(&self) -> Option<String> {
        if self.stand.get().is_none()
            && let Some(team) = self.remembered(TEAM).await
        {
            return Some(team);
        }
        let stand = self.stand().await.ok()?;
        (!stand.team.is_empty()).then(|| stand.team.clone())
    }

    /// The bot as people speak to it; while Slack cannot be asked, as Slack named it before.
    pub(super) async fn me(&self) -> Option<String> {
        if self.stand.get().is_none()
            && let Some(me) = self.remembered(ME).await
        {
            return Some(me);
        }
        self.stand().await.ok().map(|stand| stand.me.clone())
    }

    async fn remember(&self, name: &str, id: &str) -> Step<()> {
        if id.is_empty() || self.remembered(name).await.as_deref() == Some(id) {
            return Ok(());
        }
        self.bindings.bind(DOOR, name, &format!("{id} {}", self.token_mark())).await
    }

    /// What Slack said of this very token: another one may be another workspace's.
    async fn remembered(&self, name: &str) -> Option<String> {
        let kept = self.bindings.bound(DOOR, name).await.ok().flatten()?;
        let (id, mark) = kept.split_once(' ')?;
        (mark == self.token_mark()).then(|| id.to_owned())
    }

    fn token_mark(&self) -> String {
        let mut mark = hex::encode(Sha256::digest(self.settings.bot_token.expose()));
        mark.truncate(MARK_CHARS);
        mark
    }

    /// Where people find a message.
    pub(super) fn permalink(&self, channel: &str, thread: Option<&str>, ts: &str) -> String {
        let base = self.stand.get().map_or("https://slack.com/", |stand| stand.url.as_str());
        let link = format!("{base}archives/{channel}/p{}", ts.replace('.', ""));
        match thread {
            Some(thread) if thread != ts => format!("{link}?thread_ts={thread}&cid={channel}"),
            _ => link,
        }
    }

    /// The workspaces of somebody, and the organization around them; `None`: Slack does not tell now.
    pub(super) async fn homes_of(&self, user: &str) -> Option<Vec<String>> {
        let args = [("user", user.to_owned())];
        let told = match tokio::time::timeout(PATIENCE_WITH_NAMES, self.rest.ask("users.info", &args)).await {
            Ok(Ok(told)) => told,
            Ok(Err(trouble)) => {
                tracing::warn!(why = trouble.why(), "whose workspace somebody is of is not known");
                return None;
            }
            Err(_) => return None,
        };
        let (user, organization) = (&told["user"], &told["user"]["enterprise_user"]);
        if user["is_stranger"] == true {
            return Some(vec![]);
        }
        let several = organization["teams"].as_array().into_iter().flatten();
        let all = [&user["team_id"], &user["enterprise_id"], &organization["enterprise_id"]]
            .into_iter()
            .chain(several);
        let homes: Vec<String> = all.filter_map(Value::as_str).map(str::to_owned).collect();
        (!homes.is_empty()).then_some(homes)
    }

    /// The person with this member id, by the name that people see. `name`: what Slack called them here.
    pub(super) async fn person(&self, user: &str, name: &str) -> Person {
        if let Some(person) = self.settings.people.of(user) {
            return person;
        }
        let args = [("user", user.to_owned())];
        let asking = self.rest.ask("users.info", &args);
        let told = tokio::time::timeout(PATIENCE_WITH_NAMES, asking).await;
        let known = match told {
            Ok(Ok(told)) => {
                let (user, profile) = (&told["user"], &told["user"]["profile"]);
                [&profile["display_name"], &profile["real_name"], &user["real_name"], &user["name"]]
                    .into_iter()
                    .filter_map(|name| name.as_str())
                    .find(|name| !name.trim().is_empty())
                    .map(str::to_owned)
            }
            Ok(Err(trouble)) => {
                tracing::info!(why = trouble.why(), "somebody's name is not known");
                None
            }
            Err(_) => None,
        };
        self.settings.people.meet(user, known.as_deref().unwrap_or(name))
    }
}

//! The place of an incident in Mattermost: a channel of its own, or a thread below its card in the command post.

use reqwest::Method;
use serde_json::json;

use super::{
    MattermostDoor,
    heard::id,
    render::{self, Message},
    trouble::{Refused, Trouble},
};
pub(super) use crate::chat::thread::parts_of as channel_of;
use crate::{
    chat::{
        bindings::Spot,
        bring::{Step, incident},
        space::{self, Home, Renaming, SKEW_SECONDS, invited, keep, not_invited},
        trouble::Doing,
    },
    config::MattermostSpace,
    incident::state::Incident,
    outbox::port::Outcome,
};

const CHANNEL_NAME_MAX: usize = 64;
/// Kinds of channels.
const PUBLIC: &str = "O";
pub(super) const PRIVATE: &str = "P";

impl Home for MattermostDoor {
    fn post_name(&self) -> &str {
        &self.settings.channel
    }
    fn has_own_places(&self) -> bool {
        self.settings.space == MattermostSpace::Channel
    }
    async fn open_place(&self, incident: &Incident, former: &str, is_retry: bool) -> Step<String> {
        self.open_channel(incident, former, is_retry, Doing::OpenChannel).await
    }
    async fn say_where(&self, post: &str, incident: &Incident, space: &str, is_retry: bool) -> Step<String> {
        let key = format!("announcement/{}/{space}", incident.id);
        if is_retry && let Some(line) = self.find(post, &key, Some(incident.opened_at())).await? {
            return Ok(line);
        }
        let text = self.announcement(incident, space).await?;
        self.say_once(post, Message::of(text), &key, &key).await
    }
    async fn say_anew(
        &self,
        post: &str,
        message: &str,
        incident: &Incident,
        space: &str,
        is_taken_back: bool,
    ) -> Step<String> {
        let text = self.announcement(incident, space).await?;
        self.reword(post, message, &text, is_taken_back).await?;
        Ok(message.to_owned())
    }
}

impl MattermostDoor {
    async fn announcement(&self, incident: &Incident, channel: &str) -> Step<String> {
        // Channels are linked by their names.
        let found = self.rest.get(&format!("/channels/{channel}")).await;
        let found = found.map_err(|trouble| trouble.outcome(Doing::Read, channel))?;
        let name = found["name"].as_str().unwrap_or_default();
        Ok(render::announcement(incident, name, &self.desk.settings().policy.names))
    }

    /// Makes a channel for everybody, or with [`Doing::OpenPrivate`] a private one.
    pub(super) async fn open_channel(
        &self,
        incident: &Incident,
        former: &str,
        is_retry: bool,
        doing: Doing,
    ) -> Step<String> {
        let stand = self.stand().await?;
        let kind = if doing == Doing::OpenPrivate { PRIVATE } else { PUBLIC };
        // Somebody else may have a channel of that name, or this house had one before it began anew.
        for besides in ["", stand.tag.as_str()] {
            let name = match doing {
                Doing::OpenPrivate => space::private_name(incident.id, besides),
                _ => space::channel_name(incident.id, &incident.title, besides, CHANNEL_NAME_MAX),
            };
            let body = json!({
                "team_id": stand.team, "name": name, "display_name": render::channel_title(incident), "type": kind,
            });
            match self.rest.post("/channels", &body).await {
                Ok(made) if made["type"].as_str().is_some_and(|made| made != kind) => {
                    let why = "Mattermost made the incident's channel of another kind than it was asked for. It is left alone.";
                    return Err(Outcome::Failed { why: why.to_owned() }.into());
                }
                Ok(made) => {
                    let why = "Mattermost's answer to a new channel could not be read.".to_owned();
                    return id(&made["id"]).ok_or_else(|| Outcome::Unknown { why }.into());
                }
                Err(trouble) if trouble.is_name_taken() => {
                    if is_retry
                        && let Some(found) = self.find_channel(&name, incident, kind).await?
                        && found != former
                    {
                        return Ok(found);
                    }
                }
                Err(trouble) => {
                    return Err(trouble.outcome(doing, &self.settings.channel).into());
                }
            }
        }
        let why = format!(
            "Mattermost has channels named after {} already, and none of them is ours. Rename them, then retry this \
             delivery.",
            incident.id
        );
        Err(Outcome::Failed { why }.into())
    }

    /// A channel of this name that the bot made since the incident was opened: an earlier attempt, whose answer was lost.
    async fn find_channel(&self, name: &str, incident: &Incident, kind: &str) -> Step<Option<String>> {
        let stand = self.stand().await?;
        let since = (incident.opened_at().timestamp() - SKEW_SECONDS) * 1_000;
        match self.rest.get(&format!("/teams/{}/channels/name/{name}", stand.team)).await {
            Ok(found) => {
                let is_ours = found["creator_id"] == stand.me.as_str()
                    && found["type"] == kind
                    && found["create_at"].as_i64().is_some_and(|at| at >= since);
                Ok(id(&found["id"]).filter(|_| is_ours))
            }
            // An archived one, or one that is not for the bot.
            Err(trouble) if trouble.is_not_found() || trouble.is_forbidden() => Ok(None),
            Err(trouble) => Err(trouble.outcome(Doing::Read, &self.settings.channel).into()),
        }
    }

    /// Name and header of the incident's channel, and those who take part in it. Nothing fails for these: what does not go through
    /// now is done with the next change.
    pub(super) async fn keep_channel(&self, spot: Spot, channel: &str) -> Step<()> {
        let (subject, incident) = (spot.to_string(), incident(&self.desk, spot).await?);
        let settings = self.desk.settings();
        let names = &settings.policy.names;
        let header = render::header(&incident, self.settings.public_url.as_deref(), names);
        let (path, mut body) = (format!("/channels/{channel}/patch"), json!({"header": header}));
        let mut shown = format!("{channel} {header}");
        // What a restricted incident's channel is called others might see.
        if !spot.is_private {
            let name = render::channel_title(&incident);
            shown = format!("{shown} {name}");
            body["display_name"] = json!(name);
        }
        let attempt = self.once(&subject, Method::PUT, &path, &body);
        keep(&self.bindings, &subject, "header", &shown, attempt).await?;
        if spot.is_private {
            return Ok(());
        }
        // The announcement links the channel by its name.
        if self.keep_name(&incident, channel).await? {
            space::keep_announcement(self, &incident, channel).await?;
        }
        let accounts = space::accounts(&incident, |person| self.settings.account_of(person));
        for account in not_invited(&self.bindings, &subject, channel, accounts).await? {
            let (path, body) = (format!("/channels/{channel}/members"), json!({"user_id": account}));
            if self.once(&subject, Method::POST, &path, &body).await {
                self.bindings.bind(&subject, &invited(&account), channel).await?;
            }
        }
        Ok(())
    }

    /// False: the name is still to be changed.
    async fn keep_name(&self, incident: &Incident, channel: &str) -> Step<bool> {
        let (stand, path) = (self.stand().await?, format!("/channels/{channel}/patch"));
        let named = (stand.tag.as_str(), CHANNEL_NAME_MAX);
        space::keep_name(self, incident, channel, named, async |name| {
            match self.rest.patiently(Method::PUT, &path, Some(&json!({"name": name}))).await {
                Ok(_) => Renaming::Done,
                Err(trouble) if trouble.is_name_taken() => Renaming::Taken,
                Err(trouble) => Renaming::Not { why: trouble.why(), is_refused: trouble.is_refused() },
            }
        })
        .await
    }

    /// Whether that is done, or refused; what Mattermost refuses is not tried again.
    async fn once(&self, subject: &str, method: Method, path: &str, body: &serde_json::Value) -> bool {
        match self.rest.patiently(method, path, Some(body)).await {
            Ok(_) => true,
            Err(trouble) => {
                let why = trouble.why();
                tracing::warn!(subject, why, path, "the incident's channel goes without");
                trouble.is_refused()
            }
        }
    }
}

/// What a person is told when a channel of the settings is gone.
pub(super) fn gone(channel: &str) -> Outcome {
    let (status, id) = (404, "app.channel.get.existing.app_error".to_owned());
    let message = "it is not there".to_owned();
    Trouble::Refused(Refused { status, id, message }).outcome(Doing::Post, channel)
}

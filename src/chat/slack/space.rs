//! The place of an incident in Slack: a channel of its own, or a thread below its card in the command post.

use serde_json::Value;

use super::{
    SlackDoor, render,
    trouble::{Refused, Trouble},
};
pub(super) use crate::chat::thread::parts_of as channel_of;
use crate::{
    chat::{
        bindings::Spot,
        bring::{Step, incident},
        space::{self, Home, Renaming, SKEW_SECONDS, invited, keep, not_invited},
        text::cap,
        trouble::Doing,
    },
    config::SlackSpace,
    incident::state::Incident,
    outbox::port::Outcome,
};

const BOOKMARK_TITLE_MAX: usize = 80;
const CHANNEL_NAME_MAX: usize = 80;
/// Pages of a thousand channels looked through.
const PAGES_MAX: usize = 20;

impl Home for SlackDoor {
    fn post_name(&self) -> &str {
        &self.settings.channel
    }
    fn has_own_places(&self) -> bool {
        self.settings.space == SlackSpace::Channel
    }
    async fn open_place(&self, incident: &Incident, former: &str, is_retry: bool) -> Step<String> {
        self.open_channel(incident, former, is_retry, Doing::OpenChannel).await
    }
    async fn say_where(&self, post: &str, incident: &Incident, space: &str, is_retry: bool) -> Step<String> {
        let key = format!("announcement/{}/{space}", incident.id);
        if is_retry && let Some(line) = self.find(post, &key, None, |_| false).await? {
            return Ok(line);
        }
        let text = render::announcement(incident, space, &self.desk.settings().policy.names);
        self.say_once(post, render::Message { text, blocks: vec![] }, &key).await
    }
    async fn say_anew(
        &self,
        post: &str,
        message: &str,
        incident: &Incident,
        space: &str,
        _is_taken_back: bool,
    ) -> Step<String> {
        let text = render::announcement(incident, space, &self.desk.settings().policy.names);
        let shown = render::Message { text, blocks: vec![] };
        self.edit(post, message, &shown, &format!("announcement/{}/{space}", incident.id)).await?;
        Ok(message.to_owned())
    }
}

impl SlackDoor {
    /// Makes a channel for everybody, or with [`Doing::OpenPrivate`] a private one.
    pub(super) async fn open_channel(
        &self,
        incident: &Incident,
        former: &str,
        is_retry: bool,
        doing: Doing,
    ) -> Step<String> {
        let tag = &self.stand().await?.tag;
        let is_private = doing == Doing::OpenPrivate;
        // Somebody else may have a channel of that name, or this house had one before it began anew.
        for besides in ["", tag.as_str()] {
            let name = match is_private {
                true => space::private_name(incident.id, besides),
                false => space::channel_name(incident.id, &incident.title, besides, CHANNEL_NAME_MAX),
            };
            let args = [("name", name.clone()), ("is_private", is_private.to_string())];
            match self.rest.tell("conversations.create", &args).await {
                Ok(made) if made["channel"]["is_private"].as_bool() == Some(!is_private) => {
                    let why = "Slack made the incident's channel of another kind than it was asked for. It is left alone.";
                    return Err(Outcome::Failed { why: why.to_owned() }.into());
                }
                Ok(made) => {
                    let made = made["channel"]["id"].as_str().map(str::to_owned);
                    let why = "Slack's answer to a new channel could not be read.".to_owned();
                    return made.ok_or_else(|| Outcome::Unknown { why }.into());
                }
                Err(trouble) if trouble.error() == "name_taken" => {
                    if is_retry
                        && let Some(found) = self.find_channel(&name, incident, is_private).await?
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
            "Slack has channels named after {} already, and none of them is ours. Rename or archive them, then retry \
             this delivery.",
            incident.id
        );
        Err(Outcome::Failed { why }.into())
    }

    /// A channel of this name that the bot made since the incident was opened: an earlier attempt, whose answer was
    /// lost.
    async fn find_channel(&self, name: &str, incident: &Incident, is_private: bool) -> Step<Option<String>> {
        let me = &self.stand().await?.me;
        let since = incident.opened_at().timestamp() - SKEW_SECONDS;
        let kind = if is_private { "private_channel" } else { "public_channel" };
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut args = vec![
                ("types", kind.to_owned()),
                ("exclude_archived", "true".to_owned()),
                ("limit", "1000".to_owned()),
            ];
            if !cursor.is_empty() {
                args.push(("cursor", std::mem::take(&mut cursor)));
            }
            let page = self.rest.ask("conversations.list", &args).await;
            let page = page.map_err(|trouble| trouble.outcome(Doing::Read, &self.settings.channel))?;
            let is_it = |one: &&Value| {
                one["name"] == name
                    && one["creator"] == me.as_str()
                    && one["is_private"].as_bool().unwrap_or_default() == is_private
                    && one["created"].as_i64().is_some_and(|created| created >= since)
            };
            let found = page["channels"].as_array().into_iter().flatten().find(is_it);
            if let Some(id) = found.and_then(|one| one["id"].as_str()) {
                return Ok(Some(id.to_owned()));
            }
            cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
            if cursor.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Topic and bookmarks of the incident's channel, and those who take part in it. Nothing fails for these: what does
    /// not go through now is done with the next change.
    pub(super) async fn keep_channel(&self, spot: Spot, channel: &str) -> Step<()> {
        let (subject, incident) = (spot.to_string(), incident(&self.desk, spot).await?);
        let topic = render::topic(&incident, &self.desk.settings().policy.names);
        let args = [("channel", channel.to_owned()), ("topic", topic.clone())];
        let attempt = self.once(&subject, "conversations.setTopic", &args);
        keep(&self.bindings, &subject, "topic", &format!("{channel} {topic}"), attempt).await?;
        for (title, link) in space::links(&incident, self.settings.public_url.as_deref()) {
            let args = [
                ("channel_id", channel.to_owned()),
                ("title", cap(&title, BOOKMARK_TITLE_MAX)),
                ("type", "link".to_owned()),
                ("link", link.clone()),
            ];
            let attempt = self.once(&subject, "bookmarks.add", &args);
            keep(&self.bindings, &subject, &format!("bookmark/{link}"), channel, attempt).await?;
        }
        if spot.is_private {
            return Ok(());
        }
        self.keep_name(&incident, channel).await?;
        space::keep_announcement(self, &incident, channel).await?;
        let accounts = space::accounts(&incident, |person| self.settings.account_of(person));
        for account in not_invited(&self.bindings, &subject, channel, accounts).await? {
            let args = [("channel", channel.to_owned()), ("users", account.clone())];
            if self.once(&subject, "conversations.invite", &args).await {
                self.bindings.bind(&subject, &invited(&account), channel).await?;
            }
        }
        Ok(())
    }

    async fn keep_name(&self, incident: &Incident, channel: &str) -> Step<bool> {
        let named = (self.stand().await?.tag.as_str(), CHANNEL_NAME_MAX);
        space::keep_name(self, incident, channel, named, async |name| {
            let args = [("channel", channel.to_owned()), ("name", name)];
            match self.rest.patiently("conversations.rename", &args).await {
                Ok(_) => Renaming::Done,
                Err(trouble) if trouble.error() == "name_taken" => Renaming::Taken,
                Err(trouble) => Renaming::Not { why: trouble.why(), is_refused: trouble.is_refused() },
            }
        })
        .await
    }

    /// Whether that is done, or refused; what Slack refuses is not tried again.
    async fn once(&self, subject: &str, method: &str, args: super::rest::Args<'_>) -> bool {
        match self.rest.patiently(method, args).await {
            Ok(_) => true,
            Err(trouble) if matches!(trouble.error(), "already_in_channel" | "cant_invite_self") => true,
            Err(trouble @ Trouble::Refused(Refused { .. })) => {
                let why = trouble.why();
                tracing::warn!(subject, why, method, "the incident's channel goes without");
                if trouble.error() == "missing_scope" {
                    self.standing.error(why);
                }
                true
            }
            Err(_) => false,
        }
    }

    /// What a person is told when a channel of the settings is gone.
    pub(super) fn gone_from(&self, channel: &str) -> Outcome {
        let gone = Trouble::refused("channel_not_found", "", String::new);
        gone.outcome(Doing::Post, channel)
    }
}

//! The place of an incident: a channel of its own, or a thread below its card in the command post.

use serde_json::Value;

use super::{
    SlackDoor,
    render::{self, card_key},
    trouble::{Doing, Trouble},
};
pub(super) use crate::chat::thread::{parts_of as channel_of, thread_space};
use crate::{
    card,
    chat::bring::{Halt, Space, Step},
    config::SlackSpace,
    incident::{id::IncidentId, state::Incident},
    outbox::port::Outcome,
};

/// Members invited with one change of the card.
const INVITES_MAX: usize = 10;
/// Links of an incident that become bookmarks.
const LINKS_MAX: usize = 8;
const BOOKMARK_TITLE_MAX: usize = 80;
/// Pages of a thousand channels looked through.
const PAGES_MAX: usize = 20;
/// Clocks may differ by this much.
const SKEW_SECONDS: i64 = 600;

impl SlackDoor {
    /// The incident that is worked on there.
    pub(super) async fn incident_at(&self, channel: &str, thread: Option<&str>) -> Option<IncidentId> {
        if let Some(root) = thread
            && let Some(id) = self.bindings.incident_of(&thread_space(channel, root)).await
        {
            return Some(id);
        }
        // Within an incident's channel a thread is the incident's as well.
        self.bindings.incident_of(channel).await
    }

    pub(super) async fn space_of(&self, id: IncidentId, is_retry: bool) -> Step<Space> {
        let subject = id.to_string();
        if let Some(space) = self.bindings.bound(&subject, "space").await? {
            if channel_of(&space).1.is_none() {
                self.announce(&self.incident(id).await?, &space, is_retry).await?;
            }
            return Ok(Space { id: space, is_new: false });
        }
        let incident = self.incident(id).await?;
        let made = match self.settings.space {
            SlackSpace::Channel => self.open_channel(&incident, is_retry).await?,
            SlackSpace::Thread => self.open_thread(&incident, is_retry).await?,
        };
        // At once: whatever happens next must not make a second one.
        self.bindings.bind(&subject, "space", &made).await?;
        tracing::info!(incident = %id, space = made, "the incident has its place in Slack");
        if channel_of(&made).1.is_none() {
            self.announce(&incident, &made, is_retry).await?;
        }
        Ok(Space { id: made, is_new: true })
    }

    async fn incident(&self, id: IncidentId) -> Step<Incident> {
        let found = self.desk.incident(id).await;
        found.map_err(|refusal| Outcome::Retry { after: None, why: refusal.to_string() }.into())
    }

    /// The thread hangs below the incident's card.
    async fn open_thread(&self, incident: &Incident, is_retry: bool) -> Step<String> {
        let subject = incident.id.to_string();
        let channel = &self.settings.channel;
        let former = self.bindings.bound(&subject, "former").await?.unwrap_or_default();
        let mut root = None;
        if is_retry {
            let found = self.find_card_in(channel, &subject).await?;
            root = found.filter(|found| thread_space(channel, found) != former);
        }
        let root = match root {
            Some(root) => root,
            None => {
                let card = card::incident(incident, self.desk.settings.policy.words);
                self.say_once(channel, render::card(&card), &card_key(&subject)).await?
            }
        };
        self.bindings.bind(&subject, "card", &root).await?;
        Ok(thread_space(channel, &root))
    }

    async fn open_channel(&self, incident: &Incident, is_retry: bool) -> Step<String> {
        let tag = &self.stand().await?.tag;
        let former = self.bindings.bound(&incident.id.to_string(), "former").await?.unwrap_or_default();
        // Somebody else may have a channel of that name, or this house had one before it began anew.
        for besides in ["", tag.as_str()] {
            let name = render::channel_name(incident.id, &incident.title, besides);
            match self.rest.tell("conversations.create", &[("name", name.clone())]).await {
                Ok(made) => {
                    let made = made["channel"]["id"].as_str().map(str::to_owned);
                    let why = "Slack's answer to a new channel could not be read.".to_owned();
                    return made.ok_or_else(|| Outcome::Unknown { why }.into());
                }
                Err(trouble) if trouble.error() == "name_taken" => {
                    if is_retry
                        && let Some(found) = self.find_channel(&name, incident).await?
                        && found != former
                    {
                        return Ok(found);
                    }
                }
                Err(trouble) => {
                    return Err(trouble.outcome(Doing::OpenChannel, &self.settings.channel).into());
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

    /// A channel of this name that the bot made since the incident was declared: an earlier attempt, whose answer was
    /// lost.
    async fn find_channel(&self, name: &str, incident: &Incident) -> Step<Option<String>> {
        let me = &self.stand().await?.me;
        let since = incident.milestones.declared.map_or(0, |at| at.timestamp() - SKEW_SECONDS);
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut args = vec![
                ("types", "public_channel".to_owned()),
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

    /// Says in the command post where the incident is worked on, once.
    async fn announce(&self, incident: &Incident, space: &str, is_retry: bool) -> Step<()> {
        let subject = incident.id.to_string();
        if self.bindings.bound(&subject, "announcement").await?.is_some() {
            return Ok(());
        }
        let post = &self.settings.channel;
        let key = format!("announcement/{subject}/{space}");
        let gone = |halt| match halt {
            Halt::SpaceGone => Halt::Outcome(self.gone_from(post)),
            halt => halt,
        };
        let mut line = None;
        if is_retry {
            line = self.find(post, &key, None, |_| false).await.map_err(gone)?;
        }
        let line = match line {
            Some(line) => line,
            None => {
                let text = render::announcement(incident, space);
                let message = render::Message { text, blocks: vec![] };
                self.say_once(post, message, &key).await.map_err(gone)?
            }
        };
        self.bindings.bind(&subject, "announcement", &line).await
    }

    /// Topic and bookmarks of the incident's channel, and those who take part in it. Nothing fails for these: what does
    /// not go through now is done with the next change.
    pub(super) async fn keep_channel(&self, id: IncidentId, channel: &str) -> Step<()> {
        let (subject, incident) = (id.to_string(), self.incident(id).await?);
        let topic = render::topic(&incident);
        let args = [("channel", channel.to_owned()), ("topic", topic.clone())];
        self.keep(&subject, "topic", &format!("{channel} {topic}"), "conversations.setTopic", &args).await?;
        for (title, link) in self.bookmarks(&incident) {
            let args = [
                ("channel_id", channel.to_owned()),
                ("title", crate::chat::text::cap(&title, BOOKMARK_TITLE_MAX)),
                ("type", "link".to_owned()),
                ("link", link.clone()),
            ];
            self.keep(&subject, &format!("bookmark/{link}"), channel, "bookmarks.add", &args).await?;
        }
        for account in self.accounts(&incident).into_iter().take(INVITES_MAX) {
            let args = [("channel", channel.to_owned()), ("users", account.clone())];
            self.keep(&subject, &format!("invited/{account}"), channel, "conversations.invite", &args)
                .await?;
        }
        Ok(())
    }

    /// Where people go from an incident's channel: the console, the status page, the incident's own links (the bridge is
    /// one of them).
    fn bookmarks(&self, incident: &Incident) -> Vec<(String, String)> {
        let mut all = Vec::new();
        if let Some(base) = &self.settings.public_url {
            all.push(("Console".to_owned(), format!("{base}/console/i/{}", incident.id)));
            all.push(("Status page".to_owned(), format!("{base}/status")));
        }
        let links = incident.links.iter().take(LINKS_MAX).map(|link| (link.label.clone(), link.url.clone()));
        all.extend(links.filter(|(_, url)| url.starts_with("https://") || url.starts_with("http://")));
        all
    }

    /// Who takes part, holds a role or is asked to, as members of the workspace.
    fn accounts(&self, incident: &Incident) -> Vec<String> {
        let people = incident.participants.values().map(|one| &one.person);
        let offered = incident.offers.iter().chain(&incident.command_offer).map(|offer| &offer.to);
        let held = incident.roles.iter().map(|held| &held.person);
        let all = people.chain(offered).chain(held);
        let mut accounts: Vec<String> = all.filter_map(|one| self.settings.account_of(&one.id)).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// Has something done once for each `value`; what Slack refuses is not tried again.
    async fn keep(
        &self,
        subject: &str,
        name: &str,
        value: &str,
        method: &str,
        args: super::rest::Args<'_>,
    ) -> Step<()> {
        if self.bindings.bound(subject, name).await?.as_deref() == Some(value) {
            return Ok(());
        }
        match self.rest.patiently(method, args).await {
            Ok(_) => {}
            Err(trouble) if matches!(trouble.error(), "already_in_channel" | "cant_invite_self") => {}
            Err(trouble @ Trouble::Refused { .. }) => {
                let why = trouble.why();
                tracing::warn!(subject, why, method, "the incident's channel goes without");
                if trouble.error() == "missing_scope" {
                    self.standing.error(why);
                }
            }
            Err(_) => return Ok(()),
        }
        self.bindings.bind(subject, name, value).await
    }

    /// What a person is told when a channel of the settings is gone.
    pub(super) fn gone_from(&self, channel: &str) -> Outcome {
        let gone = Trouble::refused("channel_not_found", "", String::new);
        gone.outcome(Doing::Post, channel)
    }
}

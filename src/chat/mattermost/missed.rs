//! What was said while nobody listened: looked for in every channel that the bot serves, and done in order.
//!
//! The moment up to which everything was heard is kept in the journal, by Mattermost's clock. What is looked at again, since
//! clocks differ and a run may end half-way, is not done twice: the key of each command and the reply below it say so.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::{
    MattermostDoor,
    event::{Event, Post},
    heard::id,
    look::posts,
    stand::Stand,
    trouble::Trouble,
};
use crate::{incident::id::IncidentId, journal::rows::IncidentFilter};

/// Servers of a cluster do not agree on the time, and a message may show later than its moment.
const OVERLAP_MS: i64 = 30_000;
/// The moment is written again after this much, if nothing was done meanwhile.
const WRITE_EVERY_MS: i64 = 10_000;
/// What Mattermost shows at most of what happened since a moment: the newest.
const SINCE_MAX: usize = 1_000;
/// Pages of two hundred messages fetched beyond that.
const PAGES_MAX: usize = 20;
const PAGE: usize = 200;

/// Why something could not be looked for.
pub(super) enum Deaf {
    Trouble(Trouble),
    Journal,
}

impl From<Trouble> for Deaf {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl MattermostDoor {
    /// Whether what is said there is for the bot: in the channels of the settings, and in those of incidents.
    pub(super) async fn serves(&self, channel: &str) -> bool {
        self.settings.channel == channel
            || self.settings.alerts_channel.as_deref() == Some(channel)
            || self.bindings.incident_of(channel).await.is_some()
    }

    async fn heard_up_to(&self) -> Result<Option<i64>, Deaf> {
        let bound = self.bindings.bound("heard", "since").await.map_err(|_| Deaf::Journal)?;
        Ok(bound.and_then(|since| since.parse().ok()))
    }

    /// Everything up to this moment was heard. Written at once where something was `done`.
    pub(super) async fn mark(&self, at: i64, done: bool) -> Result<(), Deaf> {
        let known = self.heard_up_to().await?.unwrap_or_default();
        if at > known && (done || at - known >= WRITE_EVERY_MS) {
            self.bindings.bind("heard", "since", &at.to_string()).await.map_err(|_| Deaf::Journal)?;
        }
        Ok(())
    }

    /// Looks for what happened since the moment up to which everything was heard, and does it.
    pub(super) async fn look_for_missed(self: &Arc<Self>, stand: &Stand) -> Result<(), Deaf> {
        let channels = self.channels(stand).await?;
        let Some(since) = self.heard_up_to().await? else {
            // What was said before the first start was said to nobody.
            let newest = channels.iter().map(|(_, at)| *at).max().unwrap_or_default();
            return self.mark(newest.max(1), true).await;
        };
        let (from, mut newest) = (since - OVERLAP_MS, since);
        let open = self.open_incidents().await;
        for (channel, last_post_at) in channels {
            let incident = self.bindings.incident_of(&channel).await;
            let is_at_work = incident.is_none_or(|id| open.contains(&id));
            if !self.serves(&channel).await || (last_post_at <= from && !is_at_work) {
                continue;
            }
            for event in self.happened(&channel, from).await? {
                newest = newest.max(event.at);
                self.hear(stand, &event, (true, self.rest.moment())).await?;
            }
        }
        // Not before all channels were looked at.
        self.mark(newest, true).await
    }

    async fn open_incidents(&self) -> BTreeSet<IncidentId> {
        let rows = self.desk.list(IncidentFilter::open()).await.unwrap_or_default();
        rows.into_iter().map(|row| row.id).collect()
    }

    /// The channels that the bot is in, with the moment of the last message in each.
    async fn channels(&self, stand: &Stand) -> Result<Vec<(String, i64)>, Deaf> {
        let list = self.rest.get(&format!("/users/me/teams/{}/channels", stand.team)).await?;
        let moment = |channel: &Value| channel["last_post_at"].as_i64().unwrap_or_default();
        let mut channels: Vec<(String, i64)> = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|channel| Some((id(&channel["id"])?, moment(channel))))
            .collect();
        // One of another team.
        if let Some(alerts) = &self.settings.alerts_channel
            && !channels.iter().any(|(channel, _)| channel == alerts)
            && let Ok(channel) = self.rest.get(&format!("/channels/{alerts}")).await
        {
            channels.push((alerts.clone(), moment(&channel)));
        }
        Ok(channels)
    }

    /// What happened in a channel since then, in order.
    async fn happened(&self, channel: &str, since: i64) -> Result<Vec<Event>, Deaf> {
        let path = format!("/channels/{channel}/posts");
        let list = match self.rest.ask(&path, &[("since", since.max(1).to_string())]).await {
            Ok(list) => list,
            // One channel that is not to be read must not make the bot deaf in all of them.
            Err(trouble) if trouble.is_forbidden() || trouble.is_not_found() => {
                tracing::warn!(
                    channel,
                    "what was said there while the bot was away is left out: it may not be read"
                );
                return Ok(vec![]);
            }
            Err(trouble) => return Err(trouble.into()),
        };
        let mut found: Vec<Post> = posts(&list).filter_map(Post::read).collect();
        if found.len() >= SINCE_MAX {
            self.add_older(&path, &mut found, since).await?;
        }
        let mut events: Vec<Event> = found.into_iter().flat_map(|post| Event::since(post, since)).collect();
        events.sort_by_key(|event| event.at);
        Ok(events)
    }

    /// Of very much, Mattermost shows the newest; what is older is fetched page by page.
    async fn add_older(&self, path: &str, found: &mut Vec<Post>, since: i64) -> Result<(), Deaf> {
        for _ in 0..PAGES_MAX {
            let oldest =
                found.iter().filter(|post| post.created_at > since).min_by_key(|post| post.created_at);
            let Some(oldest) = oldest else { return Ok(()) };
            let query = [("before", oldest.id.clone()), ("per_page", PAGE.to_string())];
            let list = self.rest.ask(path, &query).await?;
            let page: Vec<Post> = posts(&list).filter_map(Post::read).collect();
            let is_last = page.len() < PAGE || page.iter().any(|post| post.created_at <= since);
            let known: BTreeSet<String> = found.iter().map(|post| post.id.clone()).collect();
            found.extend(page.into_iter().filter(|post| !known.contains(&post.id)));
            if is_last {
                return Ok(());
            }
        }
        tracing::warn!(path, "so much was said while the bot was away that the beginning is left out");
        Ok(())
    }
}

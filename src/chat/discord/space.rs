//! The place of an incident: one thread, forum post or channel, made once and found again.

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    DiscordDoor,
    deliver::{Doing, outcome},
    render::{self, nonce},
    rest::Trouble,
};
use crate::{
    chat::{
        bindings::Spot,
        bring::{Halt, Space, Step, incident},
    },
    config::IncidentSpace,
    incident::{id::IncidentId, state::Incident},
    outbox::port::Outcome,
};

/// What the announcement said last.
pub(super) const ANNOUNCED: &str = "announced";
/// A quiet thread is put away after a week, the longest that Discord has; writing in it brings it back.
pub(super) const ARCHIVE_AFTER_MINUTES: u32 = 10_080;
/// "A thread has already been created for this message."
const THREAD_EXISTS: u64 = 160_004;
/// The kind of an ordinary channel.
pub(super) const TEXT_CHANNEL: u64 = 0;
/// The kind of a private thread.
pub(super) const PRIVATE_THREAD: u64 = 12;

/// The active threads of a server, each still unread.
#[derive(Deserialize)]
struct Active<'a> {
    #[serde(borrow)]
    threads: Vec<&'a RawValue>,
}

impl DiscordDoor {
    /// `channel`: the incident's own, where it has one.
    pub(super) fn announcement(&self, incident: &Incident, channel: Option<&str>) -> Value {
        render::announcement(incident, channel, &self.desk.settings().policy.names)
    }

    /// The incident's place. `is_retry`: an earlier attempt may have got half-way.
    ///
    /// # Errors
    /// [`Halt::Outcome`]; never [`Halt::SpaceGone`].
    pub(super) async fn space_of(&self, id: IncidentId, is_retry: bool) -> Step<Space> {
        let subject = id.to_string();
        if let Some(id) = self.bindings.bound(&subject, "space").await? {
            return Ok(Space { id, is_new: false });
        }
        if let Some(found) = self.find_space(id).await? {
            self.bindings.bind(&subject, "space", &found).await?;
            return Ok(Space { id: found, is_new: false });
        }
        let incident = incident(&self.desk, Spot::open(id)).await?;
        let made = match self.settings.space {
            IncidentSpace::Thread => self.open_thread(&incident, is_retry).await?,
            IncidentSpace::Forum => self.open_post(&incident).await?,
            IncidentSpace::Channel => self.open_channel(&incident).await?,
        };
        // At once: whatever happens next must not make a second one.
        self.bindings.bind(&subject, "space", &made).await?;
        // One that was found may say what was so before; that of a channel is still to come.
        if !is_retry && self.settings.space != IncidentSpace::Channel {
            let says = self.announcement(&incident, None)["content"].to_string();
            self.bindings.bind(&subject, ANNOUNCED, &says).await?;
        }
        tracing::info!(incident = %id, space = made, "the incident has its place in Discord");
        Ok(Space { id: made, is_new: true })
    }

    /// A space made by an earlier process that did not live to remember it.
    async fn find_space(&self, id: IncidentId) -> Step<Option<String>> {
        let parent = &self.settings.channel_id;
        let is_channel = self.settings.space == IncidentSpace::Channel;
        let mark = if is_channel { render::channel_mark(id) } else { render::thread_mark(id) };
        let me = if is_channel { None } else { Some(self.me().await?) };
        let is_it = |one: &Value| {
            let named = one["name"].as_str().is_some_and(|name| name.starts_with(&mark));
            // Anybody may name a thread so; only our own is taken.
            named
                && me.map_or(one["type"] == TEXT_CHANNEL, |me| {
                    one["type"] != PRIVATE_THREAD
                        && one["parent_id"] == parent.as_str()
                        && one["owner_id"] == me.as_str()
                })
        };
        self.find_place(is_channel, is_it).await
    }

    /// The first that `is_it` of the server's channels, or of its active threads. Of those there may be a thousand, so they are read one
    /// by one.
    pub(super) async fn find_place(
        &self,
        is_channel: bool,
        is_it: impl Fn(&Value) -> bool,
    ) -> Step<Option<String>> {
        let what = if is_channel { "channels" } else { "threads/active" };
        let found = self.rest.get_unread(&format!("/guilds/{}/{what}", self.settings.guild_id)).await;
        let found = found.map_err(|trouble| outcome(trouble, Doing::Read, &self.settings.channel_id))?;
        let all = match is_channel {
            true => serde_json::from_slice::<Vec<&RawValue>>(&found),
            false => serde_json::from_slice::<Active<'_>>(&found).map(|active| active.threads),
        };
        let Ok(all) = all else {
            let why = "Discord's list of channels could not be read.".into();
            return Err(Outcome::Retry { after: None, why }.into());
        };
        let mut each = all.iter().filter_map(|one| serde_json::from_str::<Value>(one.get()).ok());
        Ok(each.find(is_it).and_then(|one| one["id"].as_str().map(str::to_owned)))
    }

    /// A line in the command post, and a thread below it. The thread has the line's id.
    async fn open_thread(&self, incident: &Incident, is_retry: bool) -> Step<String> {
        let id = incident.id;
        let (subject, channel) = (id.to_string(), &self.settings.channel_id);
        let mark = render::announcement_mark(id);
        // A deleted thread's line stands where it was, with the thread's id: it is not taken for the next one's.
        let former = self.bindings.bound(&subject, "former").await?.unwrap_or_default();
        let is_it = |m: &Value| {
            m["id"] != former.as_str() && m["content"].as_str().is_some_and(|content| content.contains(&mark))
        };
        let gone = |halt| match halt {
            Halt::SpaceGone => {
                let gone = Trouble::Refused { status: 404, code: 10003, message: String::new() };
                Halt::Outcome(outcome(gone, Doing::Announce, channel))
            }
            halt => halt,
        };
        let mut line = self.bindings.bound(&subject, "announcement").await?;
        if line.is_none() && is_retry {
            line = self.find(channel, None, is_it).await.map_err(gone)?;
        }
        let line = match line {
            Some(line) => line,
            None => {
                let body = self.announcement(incident, None);
                let once = nonce(&format!("announcement/{subject}/{channel}/{former}"));
                let made = self.create(channel, body, &once, Doing::Announce).await.map_err(gone)?;
                let made = match made {
                    Some(made) => Some(made),
                    None => self.find(channel, None, is_it).await.map_err(gone)?,
                };
                made.ok_or_else(|| Outcome::Unknown { why: "Discord's answer could not be read.".into() })?
            }
        };
        self.bindings.bind(&subject, "announcement", &line).await?;
        let body = json!({
            "name": render::thread_name(id, &incident.title),
            "auto_archive_duration": ARCHIVE_AFTER_MINUTES,
        });
        match self.rest.post(&format!("/channels/{channel}/messages/{line}/threads"), body).await {
            Ok(made) => Ok(made["id"].as_str().map_or(line, str::to_owned)),
            Err(trouble) if trouble.code() == THREAD_EXISTS => Ok(line),
            Err(trouble) if trouble.is_message_gone() => {
                self.bindings.bind(&subject, "announcement", "").await?;
                let why = "The announcement was deleted before its thread was opened.".into();
                Err(Outcome::Retry { after: None, why }.into())
            }
            Err(trouble) => Err(outcome(trouble, Doing::OpenThread, channel).into()),
        }
    }

    async fn open_post(&self, incident: &Incident) -> Step<String> {
        let forum = &self.settings.channel_id;
        let id = incident.id;
        let body = json!({
            "name": render::thread_name(id, &incident.title),
            "auto_archive_duration": ARCHIVE_AFTER_MINUTES,
            "message": self.announcement(incident, None),
        });
        match self.rest.post(&format!("/channels/{forum}/threads"), body).await {
            Ok(made) => self.named(made, id, "post").await,
            Err(trouble) => Err(outcome(trouble, Doing::OpenPost, forum).into()),
        }
    }

    async fn open_channel(&self, incident: &Incident) -> Step<String> {
        let id = incident.id;
        let body = json!({
            "name": render::channel_name(id, &incident.title),
            "type": TEXT_CHANNEL,
            "topic": super::text::cap(&super::text::plain(&format!("{id} {}", incident.title)), 1_000),
        });
        let made = self.make_channel(body, Doing::OpenChannel).await?;
        self.named(made, id, "channel").await
    }

    /// Makes a channel beside the command post; without a category its own place in the list does.
    pub(super) async fn make_channel(&self, mut body: Value, doing: Doing) -> Step<Value> {
        let post = &self.settings.channel_id;
        if let Ok(command_post) = self.rest.get(&format!("/channels/{post}")).await
            && command_post["parent_id"].is_string()
        {
            body["parent_id"] = command_post["parent_id"].clone();
        }
        let made = self.rest.post(&format!("/guilds/{}/channels", self.settings.guild_id), body).await;
        made.map_err(|trouble| outcome(trouble, doing, post).into())
    }

    /// The id of what was made, looked for by name where the answer could not be read.
    async fn named(&self, made: Value, id: IncidentId, what: &str) -> Step<String> {
        if let Some(id) = made["id"].as_str() {
            return Ok(id.to_owned());
        }
        let found = self.find_space(id).await?;
        let why = format!("Discord's answer to a new {what} could not be read.");
        found.ok_or(Halt::Outcome(Outcome::Unknown { why }))
    }
}

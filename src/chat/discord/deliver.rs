//! Errands: cards made or edited in place, lines said once.
//!
//! Every step can be taken again: a message by its nonce within Discord's few minutes and by looking for it after
//! that, a thread by its name, an edit by its nature. What is found or made is bound in the journal at once.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    DiscordDoor, NAME,
    render::{self, nonce},
    rest::Trouble,
};
use crate::{
    card::{self, Card, Said},
    incident::id::IncidentId,
    journal::{
        JournalError,
        rows::{DeliveryState, What},
    },
    outbox::port::{Content, Errand, Outcome},
};

/// A missing permission is mended by a person; it is tried again after this.
const AFTER_FORBIDDEN: Duration = Duration::from_secs(60);

/// What the bot was about to do when Discord objected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Announce,
    OpenThread,
    OpenPost,
    OpenChannel,
    PostCard,
    Say,
    Edit,
    Wake,
    Read,
}

impl Doing {
    /// Doing it twice makes two of it.
    fn creates(self) -> bool {
        matches!(self, Self::Announce | Self::OpenPost | Self::OpenChannel | Self::PostCard | Self::Say)
    }
    /// What it is, and the permissions it takes by Discord's names.
    fn needs(self) -> (&'static str, &'static str) {
        match self {
            Self::Announce => ("post in", "“View Channel” and “Send Messages”"),
            Self::OpenThread => ("open a thread in", "“View Channel” and “Create Public Threads”"),
            Self::OpenPost => ("open a post in the forum", "“View Channel” and “Create Posts”"),
            Self::OpenChannel => ("make a channel next to", "“Manage Channels” in the server"),
            Self::PostCard | Self::Say => {
                ("write in", "“View Channel”, “Send Messages”, “Send Messages in Threads” and “Embed Links”")
            }
            Self::Edit => ("edit its message in", "“View Channel” and “Read Message History”"),
            Self::Wake => ("wake the archived thread", "“Send Messages in Threads” and “Manage Threads”"),
            Self::Read => ("look into", "“View Channel” and “Read Message History”"),
        }
    }
}

/// Why an errand stops half-way.
#[derive(Debug)]
pub(super) enum Halt {
    Outcome(Outcome),
    /// The space was deleted.
    SpaceGone,
}

pub(super) type Step<T> = Result<T, Halt>;

impl From<Outcome> for Halt {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

pub(super) fn unreadable(error: &JournalError) -> Outcome {
    Outcome::Retry { after: None, why: format!("The journal does not answer: {error}.") }
}

/// What to do about trouble, and what a person is told.
pub(super) fn outcome(trouble: Trouble, doing: Doing, place: &str) -> Outcome {
    let (what, permissions) = doing.needs();
    let why = trouble.why();
    match trouble {
        Trouble::Wait(after) => Outcome::Retry { after: Some(after), why },
        Trouble::NotSent(_) => Outcome::Retry { after: None, why },
        Trouble::MaybeSent(_) | Trouble::Broken(_) if doing.creates() => Outcome::Unknown { why },
        Trouble::MaybeSent(_) | Trouble::Broken(_) => Outcome::Retry { after: None, why },
        trouble @ Trouble::Refused { .. } if trouble.is_forbidden() => Outcome::Retry {
            after: Some(AFTER_FORBIDDEN),
            why: format!(
                "The bot may not {what} the channel {place}. Give its role {permissions} there; it is tried again by itself."
            ),
        },
        trouble @ Trouble::Refused { .. } if trouble.is_channel_gone() => Outcome::Failed {
            why: format!(
                "The channel {place} is gone, so the bot cannot {what} it. Set another in the settings (`discord.channel_id`, `discord.alerts_channel_id`), start again, and retry this delivery."
            ),
        },
        Trouble::Refused { status: 401, .. } => Outcome::Retry { after: Some(Duration::from_secs(300)), why },
        Trouble::Refused { .. } => Outcome::Failed { why },
    }
}

impl DiscordDoor {
    pub(super) async fn bring(&self, errand: &Errand) -> Outcome {
        let is_retry = errand.delivery.attempts > 0 || errand.delivery.state == DeliveryState::Unknown;
        let done = match (&errand.content, errand.delivery.incident) {
            (Content::Card(card), Some(id)) if errand.delivery.what == What::Card => {
                self.bring_card(id, card, is_retry).await
            }
            (Content::Card(card), _) => self.bring_situation(card, is_retry).await,
            (Content::Line(said), _) => self.bring_line(said, &errand.delivery.key, is_retry).await,
            (Content::Post(_), _) => {
                return Outcome::Failed {
                    why: "Discord is the team's chat; public posts do not go there.".into(),
                };
            }
            (Content::Nothing, _) => Ok((None, None)),
        };
        match done {
            Ok((channel, message)) => {
                let url =
                    channel.zip(message.clone()).map(|(channel, message)| self.link(&channel, &message));
                Outcome::Sent { external_id: message, url }
            }
            Err(Halt::Outcome(outcome)) => outcome,
            Err(Halt::SpaceGone) => Outcome::Retry {
                after: Some(AFTER_FORBIDDEN),
                why: "The incident's thread or channel was deleted again while the bot made a new one."
                    .into(),
            },
        }
    }

    /// Where people find a message.
    pub(super) fn link(&self, channel: &str, message: &str) -> String {
        format!("https://discord.com/channels/{}/{channel}/{message}", self.settings.guild_id)
    }

    async fn bring_card(
        &self,
        id: IncidentId,
        card: &Card,
        is_retry: bool,
    ) -> Step<(Option<String>, Option<String>)> {
        for _ in 0..2 {
            let space = self.space(id, is_retry).await?;
            match self.put_card(id, &space.id, card, is_retry || !space.is_new).await {
                Err(Halt::SpaceGone) => self.forget_space(id).await?,
                done => return done.map(|message| (Some(space.id), message)),
            }
        }
        Err(Halt::SpaceGone)
    }

    /// The status card in its space: edited if there is one, else found, else made and pinned.
    async fn put_card(&self, id: IncidentId, space: &str, card: &Card, look: bool) -> Step<Option<String>> {
        let subject = id.to_string();
        let mark = render::card_mark(&card.subject);
        let mut known = self.bound(&subject, "card").await?;
        if known.is_none() && look {
            known = self.find_card(space, &mark, true).await?;
            if let Some(found) = &known {
                self.bind(&subject, "card", found).await?;
            }
        }
        let body = render::card(card);
        if let Some(message) = &known
            && self.edit(space, message, &body).await?
        {
            self.pin(&subject, space, message).await;
            return Ok(known);
        }
        let once = nonce(&format!("card/{subject}/{space}/{}", known.as_deref().unwrap_or_default()));
        let made = self.create(space, body, &once, Doing::PostCard).await?;
        let made = match made {
            Some(made) => Some(made),
            None => self.find_card(space, &mark, true).await?,
        };
        if let Some(message) = &made {
            self.bind(&subject, "card", message).await?;
            self.bind(&subject, "pinned", "").await?;
            self.pin(&subject, space, message).await;
        }
        Ok(made)
    }

    /// Pins the card once. It is of use without, so nothing fails for it.
    async fn pin(&self, subject: &str, space: &str, message: &str) {
        if let Ok(Some(done)) = self.bound(subject, "pinned").await
            && done == message
        {
            return;
        }
        match self.rest.put(&format!("/channels/{space}/messages/pins/{message}"), None).await {
            Ok(_) => {}
            Err(trouble) if trouble.is_forbidden() => {
                let why = format!(
                    "The card of {subject} could not be pinned. Give the bot's role “Pin Messages” in the channel {space}."
                );
                tracing::warn!("{why}");
                self.standing.error(why);
            }
            Err(trouble @ Trouble::Refused { .. }) => {
                tracing::warn!(subject, why = trouble.why(), "the card is not pinned")
            }
            Err(trouble) => {
                tracing::info!(subject, why = trouble.why(), "the card is pinned with its next change");
                return;
            }
        }
        if let Err(Halt::Outcome(outcome)) = self.bind(subject, "pinned", message).await {
            tracing::debug!(?outcome, "the pin is not remembered");
        }
    }

    async fn bring_situation(&self, card: &Card, is_retry: bool) -> Step<(Option<String>, Option<String>)> {
        let subject = card.subject.clone();
        let body = render::card(card);
        let mark = render::card_mark(&subject);
        let channel = self.settings.alerts_channel_id.as_ref().unwrap_or(&self.settings.channel_id).clone();
        if self.settings.alerts_channel_id.is_none()
            && self.settings.space == crate::config::IncidentSpace::Forum
        {
            let why = "Alerts cannot be shown in a forum: set `discord.alerts_channel_id` to a text channel.";
            return Err(Outcome::Failed { why: why.into() }.into());
        }
        // Where it was sent is kept with it: the settings may name another channel by now.
        let known = self.bound(&subject, "card").await?;
        let mut known = known.and_then(|at| at.split_once('/').map(|(c, m)| (c.to_owned(), m.to_owned())));
        if known.is_none() && is_retry {
            known = self.find_card(&channel, &mark, false).await?.map(|message| (channel.clone(), message));
            if let Some((channel, message)) = &known {
                self.bind(&subject, "card", &format!("{channel}/{message}")).await?;
            }
        }
        if let Some((channel, message)) = &known {
            match self.edit(channel, message, &body).await {
                Ok(true) => return Ok((Some(channel.clone()), Some(message.clone()))),
                Ok(false) | Err(Halt::SpaceGone) => {}
                Err(halt) => return Err(halt),
            }
        }
        let before = known.map(|(_, message)| message).unwrap_or_default();
        let once = nonce(&format!("card/{subject}/{channel}/{before}"));
        let made = match self.create(&channel, body, &once, Doing::PostCard).await {
            Err(Halt::SpaceGone) => {
                let gone = Trouble::Refused { status: 404, code: 10003, message: String::new() };
                return Err(outcome(gone, Doing::PostCard, &channel).into());
            }
            Ok(None) => self.find_card(&channel, &mark, false).await?,
            made => made?,
        };
        if let Some(message) = &made {
            self.bind(&subject, "card", &format!("{channel}/{message}")).await?;
        }
        Ok((Some(channel), made))
    }

    async fn bring_line(
        &self,
        said: &Said,
        key: &str,
        is_retry: bool,
    ) -> Step<(Option<String>, Option<String>)> {
        for _ in 0..2 {
            let space = self.space(said.incident, is_retry).await?;
            if self.bound(&said.incident.to_string(), "card").await?.is_none() {
                // Nothing is said in a place without its card.
                let incident = self.desk.incident(said.incident).await.map_err(|refusal| {
                    Halt::Outcome(Outcome::Retry { after: None, why: refusal.to_string() })
                })?;
                let first = card::incident(&incident, self.desk.settings.policy.words);
                match self.put_card(said.incident, &space.id, &first, is_retry || !space.is_new).await {
                    Err(Halt::SpaceGone) => {
                        self.forget_space(said.incident).await?;
                        continue;
                    }
                    done => done?,
                };
            }
            match self.create(&space.id, render::line(said), &nonce(key), Doing::Say).await {
                Err(Halt::SpaceGone) => self.forget_space(said.incident).await?,
                done => return done.map(|message| (Some(space.id), message)),
            }
        }
        Err(Halt::SpaceGone)
    }

    /// Posts a message once. `None`: it is there, but Discord's answer could not be read.
    pub(super) async fn create(
        &self,
        channel: &str,
        mut body: Value,
        once: &str,
        doing: Doing,
    ) -> Step<Option<String>> {
        body["nonce"] = json!(once);
        body["enforce_nonce"] = json!(true);
        let path = format!("/channels/{channel}/messages");
        match self.rest.post(&path, body.clone()).await {
            Ok(made) => Ok(made["id"].as_str().map(str::to_owned)),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            // A thread that is archived and locked.
            Err(trouble) if trouble.code() == 50083 => {
                self.wake(channel).await?;
                match self.rest.post(&path, body).await {
                    Ok(made) => Ok(made["id"].as_str().map(str::to_owned)),
                    Err(trouble) => Err(outcome(trouble, doing, channel).into()),
                }
            }
            Err(trouble) => Err(outcome(trouble, doing, channel).into()),
        }
    }

    /// Edits a message in place. False: it was deleted.
    async fn edit(&self, channel: &str, message: &str, body: &Value) -> Step<bool> {
        let path = format!("/channels/{channel}/messages/{message}");
        let mut done = self.rest.patch(&path, body.clone()).await;
        if done.as_ref().is_err_and(|trouble| trouble.code() == 50083) {
            self.wake(channel).await?;
            done = self.rest.patch(&path, body.clone()).await;
        }
        match done {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_message_gone() => Ok(false),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            Err(trouble) => Err(outcome(trouble, Doing::Edit, channel).into()),
        }
    }

    /// An archived thread takes no edits.
    async fn wake(&self, thread: &str) -> Step<()> {
        let open = json!({"archived": false, "locked": false});
        let done = self.rest.patch(&format!("/channels/{thread}"), open).await;
        done.map(|_| ()).map_err(|trouble| outcome(trouble, Doing::Wake, thread).into())
    }

    /// What is bound to a subject under this name; an empty value is none.
    pub(super) async fn bound(&self, subject: &str, name: &str) -> Step<Option<String>> {
        let all = self.desk.journal.bound(NAME, subject).await.map_err(|e| unreadable(&e))?;
        Ok(all.into_iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v))
    }

    pub(super) async fn bind(&self, subject: &str, name: &str, value: &str) -> Step<()> {
        self.desk.journal.bind(NAME, subject, name, value).await.map_err(|e| unreadable(&e).into())
    }
}

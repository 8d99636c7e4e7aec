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
    outbox::port::{Content, Errand, Outcome, Reconciled},
};

/// Messages looked through for one that may have arrived.
const PAGES_MAX: usize = 5;
/// Clocks may differ by this much, in milliseconds.
const SKEW_MS: i64 = 10 * 60 * 1_000;
/// Where snowflakes begin to count: 2015-01-01, in milliseconds.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;
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

/// An id of a message as it would have been at this moment, to look for what came after.
fn snowflake_at(ms: i64) -> u64 {
    u64::try_from(ms - DISCORD_EPOCH_MS).unwrap_or(0) << 22
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

    /// The bot's card in this channel whose footer begins with `mark`. In a space of its own it stands at the
    /// beginning, in a shared channel near the end.
    async fn find_card(&self, channel: &str, mark: &str, at_beginning: bool) -> Step<Option<String>> {
        let after = at_beginning.then_some(0);
        self.find(channel, after, |message| {
            let footer = message["embeds"][0]["footer"]["text"].as_str();
            footer.is_some_and(|footer| footer.starts_with(mark))
        })
        .await
    }

    /// A message of the bot's own that `is_it`: among the newest hundred, or from `after` on.
    pub(super) async fn find(
        &self,
        channel: &str,
        after: Option<u64>,
        is_it: impl Fn(&Value) -> bool,
    ) -> Step<Option<String>> {
        let me = self.me().await?;
        let mut from = after;
        for _ in 0..PAGES_MAX {
            let after = from.map(|id| format!("&after={id}")).unwrap_or_default();
            let page = self.rest.get(&format!("/channels/{channel}/messages?limit=100{after}")).await;
            let page = match page {
                Ok(page) => page,
                Err(trouble) if trouble.is_channel_gone() => return Err(Halt::SpaceGone),
                Err(trouble) => return Err(outcome(trouble, Doing::Read, channel).into()),
            };
            let Some(page) = page.as_array() else {
                let why = "Discord's list of messages could not be read.".into();
                return Err(Outcome::Retry { after: None, why }.into());
            };
            let found = page.iter().find(|m| m["author"]["id"] == me.as_str() && is_it(m));
            if let Some(id) = found.and_then(|m| m["id"].as_str()) {
                return Ok(Some(id.to_owned()));
            }
            let newest = page.iter().filter_map(|m| m["id"].as_str()?.parse::<u64>().ok()).max();
            match (from, newest) {
                (Some(_), Some(newest)) if page.len() == 100 => from = Some(newest),
                _ => break,
            }
        }
        Ok(None)
    }

    /// The bot's own user id.
    pub(super) async fn me(&self) -> Step<&String> {
        self.me
            .get_or_try_init(|| async {
                match self.rest.get("/users/@me").await {
                    Ok(me) => me["id"].as_str().map(str::to_owned).ok_or_else(|| Outcome::Retry {
                        after: None,
                        why: "Discord's answer on who the bot is could not be read.".into(),
                    }),
                    Err(trouble) => Err(outcome(trouble, Doing::Read, &self.settings.channel_id)),
                }
            })
            .await
            .map_err(Halt::Outcome)
    }

    /// Whether an errand arrived whose answer was lost. Cards look for themselves when they are brought again.
    pub(super) async fn look_up(&self, errand: &Errand) -> Reconciled {
        let Content::Line(said) = &errand.content else { return Reconciled::Absent };
        let subject = said.incident.to_string();
        let cannot = |why: String| Reconciled::CannotTell { why };
        let (space, card) = match (self.bound(&subject, "space").await, self.bound(&subject, "card").await) {
            (Ok(Some(space)), Ok(card)) => (space, card),
            (Ok(None), _) => return Reconciled::Absent,
            _ => return cannot("The journal does not answer.".into()),
        };
        let mark = render::line_mark(said.seq);
        let after = snowflake_at(errand.delivery.created_at.timestamp_millis() - SKEW_MS);
        let is_it = |m: &Value| m["content"].as_str().is_some_and(|content| content.ends_with(&mark));
        match self.find(&space, Some(after), is_it).await {
            Ok(Some(message)) => {
                let url = Some(self.link(&space, &message));
                Reconciled::Arrived { external_id: Some(message), url }
            }
            // Without the right to read, Discord shows an empty list: that proves nothing.
            Ok(None) => match card {
                Some(card) => match self.rest.get(&format!("/channels/{space}/messages/{card}")).await {
                    Err(trouble) if trouble.is_forbidden() => match outcome(trouble, Doing::Read, &space) {
                        Outcome::Retry { why, .. } => cannot(why),
                        _ => Reconciled::Absent,
                    },
                    _ => Reconciled::Absent,
                },
                None => Reconciled::Absent,
            },
            Err(Halt::SpaceGone) => Reconciled::Absent,
            Err(Halt::Outcome(outcome)) => match outcome {
                Outcome::Retry { why, .. } | Outcome::Unknown { why } | Outcome::Failed { why } => {
                    cannot(why)
                }
                Outcome::Sent { .. } => Reconciled::Absent,
            },
        }
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

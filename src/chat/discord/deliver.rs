//! What Discord does for an errand. A step that is taken again makes nothing twice: a message is known by its nonce
//! within Discord's few minutes and by looking for it after that, a thread by its name, an edit by its nature.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    DiscordDoor, TYPED,
    render::{self, ADDRESS, nonce},
    rest::Trouble,
};
use crate::{
    card::{Card, Said},
    chat::{
        bindings::Bindings,
        bring::{Halt, Place, Space, Step},
        theirs::{in_line, on_card},
    },
    config::IncidentSpace,
    desk::Desk,
    incident::id::IncidentId,
    journal::rows::{Delivery, Quoted},
    outbox::port::Outcome,
};

/// What the bot was about to do when Discord objected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Announce,
    OpenThread,
    OpenPost,
    OpenChannel,
    OpenPrivateThread,
    OpenPrivateChannel,
    LetIn,
    TakeOut,
    PostCard,
    Say,
    Edit,
    Wake,
    Read,
}

impl Doing {
    /// Doing it twice makes two of it.
    fn creates(self) -> bool {
        matches!(
            self,
            Self::Announce
                | Self::OpenPost
                | Self::OpenChannel
                | Self::OpenPrivateThread
                | Self::OpenPrivateChannel
                | Self::PostCard
                | Self::Say
        )
    }
    /// What it is, and the permissions it takes by Discord's names.
    fn needs(self) -> (&'static str, &'static str) {
        match self {
            Self::Announce => ("post in", "“View Channel” and “Send Messages”"),
            Self::OpenThread => ("open a thread in", "“View Channel” and “Create Public Threads”"),
            Self::OpenPost => ("open a post in the forum", "“View Channel” and “Create Posts”"),
            Self::OpenChannel => ("make a channel next to", "“Manage Channels” in the server"),
            Self::OpenPrivateThread => (
                "open a private thread in",
                "“View Channel”, “Create Private Threads” and “Send Messages in Threads”",
            ),
            Self::OpenPrivateChannel => {
                ("make a private channel next to", "“Manage Channels” and “Manage Roles” in the server")
            }
            Self::LetIn => ("let people into", "“Send Messages in Threads”, for a channel “Manage Roles”,"),
            Self::TakeOut => ("take people out of", "“Manage Threads”, for a channel “Manage Roles”,"),
            Self::PostCard | Self::Say => {
                ("write in", "“View Channel”, “Send Messages”, “Send Messages in Threads” and “Embed Links”")
            }
            Self::Edit => ("edit its message in", "“View Channel” and “Read Message History”"),
            Self::Wake => ("wake the archived thread", "“Send Messages in Threads” and “Manage Threads”"),
            Self::Read => ("look into", "“View Channel” and “Read Message History”"),
        }
    }
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
        trouble @ Trouble::Refused { .. } if trouble.is_forbidden() => Outcome::Forbidden {
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

impl Place for DiscordDoor {
    fn title(&self) -> &'static str {
        "Discord"
    }
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }
    fn bindings(&self) -> &Bindings {
        &self.bindings
    }
    async fn space(&self, id: IncidentId, is_retry: bool) -> Step<Space> {
        self.space_of(id, is_retry).await
    }
    async fn alerts_at(&self) -> Step<String> {
        let own = self.settings.alerts_channel_id.clone();
        if own.is_none() && self.settings.space == IncidentSpace::Forum {
            let why = "Alerts cannot be shown in a forum: set `discord.alerts_channel_id` to a text channel.";
            return Err(Outcome::Failed { why: why.into() }.into());
        }
        Ok(own.unwrap_or_else(|| self.settings.channel_id.clone()))
    }
    async fn find_card(&self, at: &str, card: &Card, at_beginning: bool) -> Step<Option<String>> {
        self.find_marked(at, &render::card_mark(&card.subject), at_beginning).await
    }
    async fn post_card(&self, at: &str, card: &Card, once: &str) -> Step<Option<String>> {
        let theirs = on_card(&self.desk, card, &TYPED).await;
        let body = render::card(card, theirs.beside(&TYPED));
        self.create(at, body, &nonce(once), Doing::PostCard).await
    }
    /// An edit makes the same of it however often it is done.
    async fn edit_card(&self, at: &str, message: &str, card: &Card, _once: &str) -> Step<bool> {
        let theirs = on_card(&self.desk, card, &TYPED).await;
        self.edit(at, message, &render::card(card, theirs.beside(&TYPED))).await
    }
    async fn post_line(&self, at: &str, said: &Said, key: &str) -> Step<Option<String>> {
        let theirs = in_line(&self.desk, said, &TYPED).await;
        self.create(at, render::line(said, theirs.beside(&TYPED)), &nonce(key), Doing::Say).await
    }
    async fn find_line(&self, at: &str, said: &Said, delivery: &Delivery) -> Step<Option<String>> {
        self.find_said(at, said, delivery.created_at).await
    }
    async fn unsay(&self, at: &str, message: &str, said: &Said, _once: &str) -> Step<bool> {
        let theirs = in_line(&self.desk, said, &TYPED).await;
        self.edit(at, message, &render::line(said, theirs.beside(&TYPED))).await
    }
    async fn post_words(&self, at: &str, words: &str, key: &str) -> Step<()> {
        self.create(at, render::words(words), &nonce(key), Doing::Say).await.map(drop)
    }
    async fn warn(&self, of: &Quoted, words: &str, key: &str) -> Step<()> {
        let mut body = render::words(words);
        body["message_reference"] = json!({"message_id": of.message, "fail_if_not_exists": false});
        self.create(&of.at, body, &nonce(key), Doing::Say).await.map(drop)
    }
    async fn pin(&self, subject: &str, at: &str, message: &str) -> bool {
        match self.rest.put(&format!("/channels/{at}/messages/pins/{message}"), None).await {
            Ok(_) => {}
            Err(trouble) if trouble.is_forbidden() => {
                let why = format!(
                    "The card of {subject} could not be pinned. Give the bot's role “Pin Messages” in the channel {at}."
                );
                tracing::warn!("{why}");
                self.standing.error(why);
                return false;
            }
            Err(trouble @ Trouble::Refused { .. }) => {
                tracing::warn!(subject, why = trouble.why(), "the card is not pinned");
            }
            Err(trouble) => {
                tracing::info!(subject, why = trouble.why(), "the card is pinned with its next change");
                return false;
            }
        }
        true
    }
    fn gone(&self, at: &str) -> Outcome {
        let gone = Trouble::Refused { status: 404, code: 10003, message: String::new() };
        outcome(gone, Doing::PostCard, at)
    }
    fn link(&self, at: &str, message: &str) -> String {
        format!("{ADDRESS}{}/{at}/{message}", self.settings.guild_id)
    }
}

impl DiscordDoor {
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
    pub(super) async fn edit(&self, channel: &str, message: &str, body: &Value) -> Step<bool> {
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
    pub(super) async fn wake(&self, thread: &str) -> Step<()> {
        let open = json!({"archived": false, "locked": false});
        let done = self.rest.patch(&format!("/channels/{thread}"), open).await;
        done.map(|_| ()).map_err(|trouble| outcome(trouble, Doing::Wake, thread).into())
    }
}

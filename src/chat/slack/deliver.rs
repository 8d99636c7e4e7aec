//! What Slack does for an errand. A message carries the key of its delivery as metadata: one whose answer was lost is
//! looked for by it before anything is sent again.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    SlackDoor,
    render::{self, Message, card_key},
    space::channel_of,
    trouble::Trouble,
    typed_in,
};
use crate::{
    card::{Card, Said},
    chat::{
        bindings::{Bindings, Spot},
        bring::{Halt, Place, Space, Step},
        space::space_of,
        theirs::{in_line, on_card},
        thread::below,
        trouble::Doing,
    },
    desk::Desk,
    incident::id::IncidentId,
    journal::rows::{Delivery, Quoted},
    outbox::port::Outcome,
};

/// The kind of our messages' metadata.
pub(super) const EVENT: &str = "commandpost_message";

impl SlackDoor {
    /// Posts a message that can be found by `key`; returns its timestamp.
    pub(super) async fn say_once(&self, at: &str, message: Message, key: &str) -> Step<String> {
        let (channel, thread) = channel_of(at);
        let mut args = self.arguments(channel, &message, key).await?;
        args.push(("unfurl_links", "false".to_owned()));
        args.push(("unfurl_media", "false".to_owned()));
        args.extend(thread.map(|root| ("thread_ts", root.to_owned())));
        let mut done = self.rest.post(channel, &args).await;
        if done.as_ref().is_err_and(Trouble::is_outside) && self.come_into(channel).await {
            done = self.rest.post(channel, &args).await;
        }
        match done {
            Ok(made) => {
                let why = "Slack's answer to a message could not be read.".to_owned();
                made["ts"].as_str().map(str::to_owned).ok_or_else(|| Outcome::Unknown { why }.into())
            }
            Err(trouble) if trouble.is_channel_gone() || trouble.error() == "thread_not_found" => {
                Err(Halt::SpaceGone)
            }
            Err(trouble) => Err(trouble.outcome(Doing::Post, channel).into()),
        }
    }

    /// Puts other words in the place of a message, and leaves the key by which it is found. False: it was deleted.
    pub(super) async fn edit(&self, channel: &str, message: &str, shown: &Message, key: &str) -> Step<bool> {
        let mut args = self.arguments(channel, shown, key).await?;
        args.push(("ts", message.to_owned()));
        match self.rest.tell("chat.update", &args).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_message_gone() => Ok(false),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            Err(trouble) => Err(trouble.outcome(Doing::Edit, channel).into()),
        }
    }

    async fn arguments(
        &self,
        channel: &str,
        message: &Message,
        key: &str,
    ) -> Step<Vec<(&'static str, String)>> {
        let tag = &self.stand().await?.tag;
        let metadata = json!({"event_type": EVENT, "event_payload": {"key": format!("{tag}/{key}")}});
        let mut args = vec![
            ("channel", channel.to_owned()),
            ("text", message.text.clone()),
            // Nothing in a text is looked for names or calls; what is to be a link is written as one.
            ("parse", "none".to_owned()),
            ("metadata", metadata.to_string()),
        ];
        if !message.blocks.is_empty() {
            args.push(("blocks", Value::Array(message.blocks.clone()).to_string()));
        }
        Ok(args)
    }

    /// Into a public channel the bot comes by itself.
    pub(super) async fn come_into(&self, channel: &str) -> bool {
        self.rest.patiently("conversations.join", &[("channel", channel.to_owned())]).await.is_ok()
    }
}

impl Place for SlackDoor {
    fn title(&self) -> &'static str {
        "Slack"
    }
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }
    fn bindings(&self) -> &Bindings {
        &self.bindings
    }
    async fn space(&self, id: IncidentId, is_retry: bool) -> Step<Space> {
        space_of(self, id, is_retry).await
    }
    async fn alerts_at(&self) -> Step<String> {
        Ok(self.settings.alerts_channel.clone().unwrap_or_else(|| self.settings.channel.clone()))
    }
    async fn find_card(&self, at: &str, card: &Card, _at_beginning: bool) -> Step<Option<String>> {
        self.find_card_in(at, &card.subject).await
    }
    async fn post_card(&self, at: &str, card: &Card, _once: &str) -> Step<Option<String>> {
        let typed = typed_in(channel_of(at).1);
        let theirs = on_card(&self.desk, card, typed).await;
        let message = render::card(card, theirs.beside(typed));
        self.say_once(at, message, &card_key(&card.subject)).await.map(Some)
    }
    /// An edit makes the same of it however often it is done.
    async fn edit_card(&self, at: &str, message: &str, card: &Card, _once: &str) -> Step<bool> {
        let (channel, thread) = channel_of(at);
        let typed = typed_in(thread);
        let theirs = on_card(&self.desk, card, typed).await;
        let shown = render::card(card, theirs.beside(typed));
        self.edit(channel, message, &shown, &card_key(&card.subject)).await
    }
    async fn post_line(&self, at: &str, said: &Said, key: &str) -> Step<Option<String>> {
        let typed = typed_in(channel_of(at).1);
        let theirs = in_line(&self.desk, said, typed).await;
        let message = Message { text: render::line(said, theirs.beside(typed)), blocks: vec![] };
        self.say_once(at, message, key).await.map(Some)
    }
    async fn find_line(&self, at: &str, said: &Said, delivery: &Delivery) -> Step<Option<String>> {
        self.find_said(at, said.seq, &delivery.key, delivery.created_at).await
    }
    async fn unsay(&self, at: &str, message: &str, said: &Said, _once: &str) -> Step<bool> {
        let (channel, thread) = channel_of(at);
        let typed = typed_in(thread);
        let theirs = in_line(&self.desk, said, typed).await;
        let shown = Message { text: render::line(said, theirs.beside(typed)), blocks: vec![] };
        self.edit(channel, message, &shown, &format!("{}/{}", said.incident, said.seq)).await
    }
    async fn post_words(&self, at: &str, words: &str, key: &str) -> Step<()> {
        self.say_once(at, Message { text: render::told(words), blocks: vec![] }, key).await.map(drop)
    }
    async fn warn(&self, of: &Quoted, words: &str, key: &str) -> Step<()> {
        // Where nobody is named who could be told alone, everybody is.
        if of.whom.is_empty() {
            return self.post_words(&below(&of.at, &of.message), words, key).await;
        }
        // The link needs the workspace's own address.
        self.stand().await?;
        let (channel, thread) = channel_of(&of.at);
        let words = render::told(&format!("{words}\n{}", self.permalink(channel, thread, &of.message)));
        let mut told = Ok(());
        for user in &of.whom {
            told = self.whisper(user, Some(channel), thread, &words).await;
            if !told.as_ref().is_err_and(Trouble::is_refused) {
                break;
            }
        }
        told.map_err(|trouble| trouble.outcome(Doing::Post, channel).into())
    }
    async fn pin(&self, subject: &str, at: &str, message: &str) -> bool {
        let (channel, root) = channel_of(at);
        // In the command post the pins are the team's own.
        if root.is_some() {
            return true;
        }
        let args = [("channel", channel.to_owned()), ("timestamp", message.to_owned())];
        match self.rest.patiently("pins.add", &args).await {
            Ok(_) => true,
            Err(trouble) if trouble.error() == "already_pinned" => true,
            Err(trouble) => {
                tracing::info!(subject, why = trouble.why(), "the card is not pinned");
                trouble.is_refused()
            }
        }
    }
    async fn tend(&self, spot: Spot, at: &str) {
        if channel_of(at).1.is_none()
            && let Err(halt) = self.keep_channel(spot, at).await
        {
            tracing::info!(incident = %spot.id, ?halt, "the channel is looked after with its next change");
        }
    }
    fn gone(&self, at: &str) -> Outcome {
        self.gone_from(at)
    }
    fn link(&self, at: &str, message: &str) -> String {
        let (channel, thread) = channel_of(at);
        self.permalink(channel, thread, message)
    }
}

//! What Mattermost does for an errand. A message carries the key of its delivery in its props: one whose answer was lost is
//! looked for by it before anything is sent again.
//!
//! Besides, the server takes the same `pending_post_id` once within half a minute.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    MattermostDoor,
    render::{self, Message, card_key},
    space::channel_of,
    stand::Stand,
    trouble::Trouble,
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
        wire::txn,
    },
    desk::Desk,
    incident::id::IncidentId,
    journal::rows::{Delivery, Quoted},
    outbox::port::Outcome,
};

/// Where a message has the key by which it is found again.
pub(super) const KEY: &str = "commandpost_key";

impl MattermostDoor {
    /// Posts a message that can be found by `key`, once for each `once`; returns its id.
    pub(super) async fn say_once(&self, at: &str, message: Message, key: &str, once: &str) -> Step<String> {
        let stand = self.stand().await?;
        let channel = channel_of(at).0;
        match self.post(stand, at, &message, key, once).await {
            Ok(made) => {
                let why = "Mattermost's answer to a message could not be read.".to_owned();
                made["id"].as_str().map(str::to_owned).ok_or_else(|| Outcome::Unknown { why }.into())
            }
            Err(trouble) if trouble.is_root_gone() => Err(Halt::SpaceGone),
            Err(trouble) if trouble.is_forbidden() && self.is_gone(channel).await => Err(Halt::SpaceGone),
            Err(trouble) => Err(trouble.outcome(Doing::Post, channel).into()),
        }
    }

    pub(super) async fn post(
        &self,
        stand: &Stand,
        at: &str,
        message: &Message,
        key: &str,
        once: &str,
    ) -> Result<Value, Trouble> {
        let (channel, root) = channel_of(at);
        let mut body = json!({
            "channel_id": channel,
            "message": message.text,
            "props": self.props(message, &stand.tag, key),
            "pending_post_id": txn(&stand.tag, &format!("{at}/{once}")),
        });
        if let Some(root) = root {
            body["root_id"] = json!(root);
        }
        let done = self.rest.post("/posts", &body).await;
        if done.as_ref().is_err_and(Trouble::is_forbidden) && self.come_into(channel, &stand.me).await {
            return self.rest.post("/posts", &body).await;
        }
        done
    }

    fn props(&self, message: &Message, tag: &str, key: &str) -> Value {
        let mut props = json!({KEY: format!("{tag}/{key}")});
        if !message.attachments.is_empty() {
            props["attachments"] = json!(message.attachments);
        }
        props
    }

    /// Puts other words in the place of a message. Where it is too old for that, it is deleted if the old words must go. False:
    /// it is not there, or stays as it was.
    pub(super) async fn reword(
        &self,
        channel: &str,
        message: &str,
        words: &str,
        must_go: bool,
    ) -> Step<bool> {
        let mut done = self.rest.put(&format!("/posts/{message}/patch"), &json!({"message": words})).await;
        if done.as_ref().is_err_and(Trouble::is_too_late) {
            if !must_go {
                return Ok(false);
            }
            done = self.rest.patiently(Method::DELETE, &format!("/posts/{message}"), None).await;
        }
        match done {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_not_found() => Ok(false),
            Err(trouble) if trouble.is_forbidden() && self.is_gone(channel).await => Err(Halt::SpaceGone),
            Err(trouble) if trouble.is_forbidden() && self.is_message_gone(message).await => Ok(false),
            Err(trouble) => Err(trouble.outcome(Doing::Edit, channel).into()),
        }
    }

    /// Whether a message is no more: the server says of one only that it may not be edited.
    async fn is_message_gone(&self, message: &str) -> bool {
        match self.rest.get(&format!("/posts/{message}")).await {
            Ok(post) => post["delete_at"].as_i64().unwrap_or_default() > 0,
            Err(trouble) => trouble.is_not_found(),
        }
    }
}

impl Place for MattermostDoor {
    fn title(&self) -> &'static str {
        "Mattermost"
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
        self.find(channel_of(at).0, &card_key(&card.subject), None).await
    }
    async fn post_card(&self, at: &str, card: &Card, once: &str) -> Step<Option<String>> {
        let theirs = on_card(&self.desk, card, &self.typed).await;
        let message = render::card(card, &self.settings, &self.seal, theirs.beside(&self.typed));
        self.say_once(at, message, &card_key(&card.subject), once).await.map(Some)
    }
    /// An edit makes the same of it however often it is done. The text is not touched: it may be too old for that.
    async fn edit_card(&self, at: &str, message: &str, card: &Card, _once: &str) -> Step<bool> {
        let (channel, tag) = (channel_of(at).0, &self.stand().await?.tag);
        let theirs = on_card(&self.desk, card, &self.typed).await;
        let shown = render::card(card, &self.settings, &self.seal, theirs.beside(&self.typed));
        let patch = json!({"props": self.props(&shown, tag, &card_key(&card.subject))});
        match self.rest.put(&format!("/posts/{message}/patch"), &patch).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_too_late() || trouble.is_not_found() => Ok(false),
            Err(trouble) if trouble.is_forbidden() && self.is_gone(channel).await => Err(Halt::SpaceGone),
            Err(trouble) if trouble.is_forbidden() && self.is_message_gone(message).await => Ok(false),
            Err(trouble) => Err(trouble.outcome(Doing::Edit, channel).into()),
        }
    }
    async fn post_line(&self, at: &str, said: &Said, key: &str) -> Step<Option<String>> {
        let theirs = in_line(&self.desk, said, &self.typed).await;
        let message = Message::of(render::line(said, self.settings.tz, theirs.beside(&self.typed)));
        self.say_once(at, message, key, key).await.map(Some)
    }
    async fn find_line(&self, at: &str, _said: &Said, delivery: &Delivery) -> Step<Option<String>> {
        self.find(channel_of(at).0, &delivery.key, Some(delivery.created_at)).await
    }
    /// What is too old to be edited is deleted.
    async fn unsay(&self, at: &str, message: &str, said: &Said, _once: &str) -> Step<bool> {
        let theirs = in_line(&self.desk, said, &self.typed).await;
        let line = render::line(said, self.settings.tz, theirs.beside(&self.typed));
        self.reword(channel_of(at).0, message, &line, true).await
    }
    async fn post_words(&self, at: &str, words: &str, key: &str) -> Step<()> {
        self.say_once(at, Message::of(self.told(words)), key, key).await.map(drop)
    }
    async fn warn(&self, of: &Quoted, words: &str, key: &str) -> Step<()> {
        // Where nobody is named who could be told alone, everybody is.
        if of.whom.is_empty() {
            return self.post_words(&below(&of.at, &of.message), words, key).await;
        }
        let (channel, root) = channel_of(&of.at);
        let words = self.told(&format!("{words}\n{}", self.permalink(&of.message)));
        let mut told = Ok(());
        for user in &of.whom {
            told = self.tell_alone(user, Some((channel, root)), &words, &format!("{key}:{user}")).await;
            if !told.as_ref().is_err_and(Trouble::is_refused) {
                break;
            }
        }
        told.map_err(|trouble| trouble.outcome(Doing::Post, channel).into())
    }
    async fn pin(&self, subject: &str, at: &str, message: &str) -> bool {
        // In the command post the pins are the team's own.
        if channel_of(at).1.is_some() {
            return true;
        }
        match self.rest.patiently(Method::POST, &format!("/posts/{message}/pin"), None).await {
            Ok(_) => true,
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
        super::space::gone(at)
    }
    fn link(&self, _at: &str, message: &str) -> String {
        self.permalink(message)
    }
}

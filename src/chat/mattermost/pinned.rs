//! Messages that people put on the timeline by 📌, and what becomes of the entry when their author changes them.

use std::sync::Arc;

use super::{
    MattermostDoor,
    event::{Event, Pin, Post},
    trouble::Trouble,
};
use crate::{
    chat::{
        files::File,
        follow::{self, Change, entry_of},
        words::note_of,
    },
    desk::Answer,
    incident::refusal::Refusal,
};

impl MattermostDoor {
    /// 📌 on a message: a note with its author and where it stands, once for each message.
    ///
    /// # Errors
    /// When Mattermost could not be asked; worth another try.
    pub(super) async fn put_on_timeline(self: &Arc<Self>, event: &Event, pin: &Pin) -> Result<(), Trouble> {
        let message = match &event.message {
            Some(message) => message.clone(),
            None => match self.rest.get(&format!("/posts/{}", event.post)).await {
                Ok(post) => match Post::read(&post) {
                    Some(message) => message,
                    None => return Ok(()),
                },
                Err(trouble) if trouble.is_refused() => return Ok(()),
                Err(trouble) => return Err(trouble),
            },
        };
        let incident = self.bindings.incident_at(&message.channel, message.root.as_deref()).await;
        // What the bot says stands on the timeline already; so does what was pinned before.
        let is_own = self.stand.get().is_some_and(|stand| stand.me == message.user);
        let (Some(incident), false) = (incident, is_own) else { return Ok(()) };
        if entry_of(&**self, &message.id).await.is_some() {
            return Ok(());
        }
        let name = event.name();
        let by = self.person(&pin.user, "").await;
        let pinned = Change { by, event: &name, target: &message.id };
        let done = match self.as_note(&message).await {
            Ok(argv) => {
                let file = |(id, name): &(String, String)| {
                    let (door, of) = (self.clone(), id.clone());
                    let reading = async move { door.rest.file(&of).await };
                    File::new(id, Some(name), self.permalink(&message.id), reading)
                };
                let files = message.files.iter().map(file).collect();
                let (incident, author) = (Some(incident), &message.user);
                follow::put_on_timeline(self, &self.say, &pinned, incident, author, argv, files).await
            }
            Err(refusal) => Err(refusal),
        };
        match done {
            // That it is done is seen in the incident's space.
            Ok(answer) => self.warn(&message, &name, &answer, &[&message.user, &pin.user]).await,
            Err(refusal) => self.reply(&message, &self.told(&refusal.to_string()), true).await,
        }
        Ok(())
    }

    /// Where a secret was masked, says that it stands in the message still, to the first of these people who can be told alone.
    async fn warn(&self, message: &Post, event: &str, answer: &Answer, whom: &[&str]) {
        let Some(words) = follow::warning(answer) else { return };
        let words = self.told(&format!("{words}\n{}", self.permalink(&message.id)));
        let place = Some((message.channel.as_str(), message.root.as_deref()));
        for user in whom {
            match self.tell_alone(user, place, &words, &format!("{event}:{user}")).await {
                Ok(()) => return,
                Err(trouble) => {
                    tracing::warn!(why = trouble.why(), "that a secret stands in a message is not told");
                }
            }
        }
    }

    /// A message as a note: who wrote it, what, with which files, and where it stands.
    async fn as_note(&self, message: &Post) -> Result<Vec<String>, Refusal> {
        let author = self.person(&message.user, "").await;
        note_of(
            &author,
            &message.text,
            message.files.iter().map(|(_, name)| name.as_str()),
            &self.permalink(&message.id),
        )
    }

    pub(super) async fn follow_edit(self: &Arc<Self>, event: &Event, message: &Post) {
        let Ok(argv) = self.as_note(message).await else { return };
        let (by, name) = (self.person(&message.user, "").await, event.name());
        let edit = Change { by, event: &name, target: &message.id };
        if let Some(answer) = follow::follow_edit(&**self, &edit, &message.user, argv).await {
            self.warn(message, &name, &answer, &[&message.user]).await;
        }
    }

    /// Who deleted it is told to administrators alone; otherwise it is its author.
    pub(super) async fn follow_deletion(self: &Arc<Self>, event: &Event, message: &Post) {
        let by = self.person(message.deleted_by.as_ref().unwrap_or(&message.user), "").await;
        let name = event.name();
        follow::follow_deletion(&**self, &Change { by, event: &name, target: &message.id }).await;
        if let Some(spot) = self.bindings.spot_at(&message.channel, message.root.as_deref()).await {
            follow::forget_card(&**self, spot, &message.id).await;
        }
    }
}

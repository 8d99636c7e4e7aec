//! Messages that people put on the timeline by 📌, and what becomes of the entry when their author changes them.

use std::sync::Arc;

use super::{
    MattermostDoor,
    event::{Attached, Event, Pin, Post},
    moment::Moment,
    trouble::Trouble,
};
use crate::{
    chat::{
        files::File,
        follow::{self, Change, entry_of},
        thread::thread_space,
        words::note_of,
    },
    incident::refusal::Refusal,
    journal::rows::Quoted,
};

/// A message, and who is told of a secret in it.
fn quoted(message: &Post, whom: &[&str]) -> Quoted {
    let channel = &message.channel;
    let at = message.root.as_ref().map_or_else(|| channel.clone(), |root| thread_space(channel, root));
    let whom = whom.iter().map(|user| (*user).to_owned()).collect();
    Quoted { at, message: message.id.clone(), whom }
}

impl MattermostDoor {
    /// 📌 on a message: a note with its author and where it stands, once for each message.
    ///
    /// # Errors
    /// When Mattermost could not be asked; worth another try.
    pub(super) async fn put_on_timeline(
        self: &Arc<Self>,
        event: &Event,
        pin: &Pin,
        told_at: Moment,
    ) -> Result<(), Trouble> {
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
        if is_own || entry_of(&**self, &message.id).await.is_some() {
            return Ok(());
        }
        let name = event.name();
        let Some(incident) = incident else {
            if let Some(words) = follow::nowhere(&**self, &message.channel).await {
                self.not_put(&message, &name, &self.own(words)).await;
            }
            return Ok(());
        };
        let by = self.person(&pin.user, "").await;
        let quoted = Some(quoted(&message, &[&message.user, &pin.user]));
        let written_at = told_at.then(message.created_at);
        let pinned = Change { by, event: &name, target: &message.id, quoted, written_at };
        let done = match self.as_note(&message).await {
            Ok(argv) => {
                let files = self.files_of(&message);
                let (incident, author) = (Some(incident), &message.user);
                follow::put_on_timeline(self, &self.say, &pinned, incident, author, argv, files).await
            }
            Err(refusal) => Err(refusal),
        };
        // That it is done is seen in the incident's space.
        if let Err(refusal) = done {
            self.not_put(&message, &name, &self.own(&refusal.to_string())).await;
        }
        Ok(())
    }

    fn files_of(self: &Arc<Self>, message: &Post) -> Vec<File> {
        let file = |file: &Attached| {
            let (door, of) = (self.clone(), file.id.clone());
            let reading = async move { door.rest.file(&of).await };
            let found = File::new(&file.id, Some(&file.name), self.permalink(&message.id), reading);
            found.of_bytes(file.bytes)
        };
        message.files.iter().map(file).collect()
    }

    /// A message as a note: who wrote it, what, with which files, and where it stands.
    async fn as_note(&self, message: &Post) -> Result<Vec<String>, Refusal> {
        let author = self.person(&message.user, "").await;
        note_of(
            &author,
            &message.text,
            message.files.iter().map(|file| file.name.as_str()),
            &self.permalink(&message.id),
        )
    }

    /// `words`: the command that the message would be now.
    pub(super) async fn follow_edit(self: &Arc<Self>, event: &Event, message: &Post, words: Option<String>) {
        let (by, name) = (self.person(&message.user, "").await, event.name());
        let quoted = Some(quoted(message, &[&message.user]));
        let edit = Change { by, event: &name, target: &message.id, quoted, written_at: None };
        if entry_of(&**self, &message.id).await.is_none() {
            if let Some(told) = follow::follow_typed(&**self, &edit, words).await {
                self.not_put(message, &name, &self.own(&told)).await;
            }
            return;
        }
        let Ok(argv) = self.as_note(message).await else { return };
        let files = Some(self.files_of(message));
        follow::follow_edit(self, &edit, &message.user, argv, files).await;
    }

    /// Who deleted it is told to administrators alone; otherwise it is its author.
    pub(super) async fn follow_deletion(self: &Arc<Self>, event: &Event, message: &Post) {
        let by = self.person(message.deleted_by.as_ref().unwrap_or(&message.user), "").await;
        let name = event.name();
        let deletion = Change { by, event: &name, target: &message.id, quoted: None, written_at: None };
        follow::follow_deletion(&**self, &deletion).await;
        if let Some(spot) = self.bindings.spot_at(&message.channel, message.root.as_deref()).await {
            follow::forget_card(&**self, spot, &message.id).await;
        }
    }
}

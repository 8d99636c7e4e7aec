//! Messages that people put on the timeline by 📌, and what becomes of the entry when their author changes them.

use std::sync::Arc;

use serde_json::Value;

use super::{MatrixDoor, answer::Said, heard, render, rest::Trouble, space::room_of};
use crate::{
    chat::{
        bring::Place,
        files::File,
        follow::{self, Change, entry_of},
        thread::thread_space,
        words::note_of,
    },
    desk::Answer,
};

impl MatrixDoor {
    /// 📌 on a message: a note with its author and where it stands, once for each message.
    ///
    /// # Errors
    /// When the homeserver could not be asked; worth another try.
    pub(super) async fn put_on_timeline(
        self: &Arc<Self>,
        said: &Said<'_>,
        target: &str,
    ) -> Result<(), Trouble> {
        let message = match self.message(said.room, target).await {
            Err(Trouble::Refused { .. }) => return Ok(()),
            message => message?,
        };
        if self.has_no_key(&message) {
            self.tell_no_key(said, target).await;
            return Ok(());
        }
        let content = &message["content"];
        let relates = &content["m.relates_to"];
        let thread = relates["event_id"].as_str().filter(|_| relates["rel_type"] == "m.thread");
        let space = thread.map_or_else(|| said.room.to_owned(), |root| thread_space(said.room, root));
        let Some(incident) = self.bindings.incident_at(said.room, thread).await else { return Ok(()) };
        let (Some(author), true) = (message["sender"].as_str(), message["type"] == "m.room.message") else {
            return Ok(());
        };
        // What the bot says stands on the timeline already; so does what was pinned before.
        let is_own = self.stand.get().is_some_and(|stand| stand.me == author);
        if is_own || entry_of(&**self, target).await.is_some() {
            return Ok(());
        }
        let link = self.link(&space, target);
        let now = heard::latest(&message);
        let (words, name) = heard::with_file(now);
        let argv = note_of(&self.person(author), &words, name.as_deref(), &link);
        let thread = room_of(&space).1.map(str::to_owned);
        let said = Said {
            thread: thread.as_deref(),
            incident: Some(incident),
            person: said.person.clone(),
            ..*said
        };
        let pinned = Change { by: said.person.clone(), event: said.event, target };
        let done = match argv {
            Ok(argv) => {
                let address = now["url"].as_str().unwrap_or_default().to_owned();
                // What is encrypted has its key there; its `url` is the proxy's doing.
                let is_encrypted = now["file"].is_object();
                let file = |name: String| {
                    let (door, from) = (self.clone(), address.clone());
                    let reading = async move { door.rest.media(&from, is_encrypted).await };
                    File::new(&address, Some(&name), link, reading)
                };
                let files = name.map(file).into_iter().collect();
                let incident = Some(incident);
                follow::put_on_timeline(self, &self.say, &pinned, incident, author, argv, files).await
            }
            Err(refusal) => Err(refusal),
        };
        match done {
            // That it is done is seen in the incident's space.
            Ok(answer) => self.warn(&said, target, &answer).await,
            Err(refusal) => self.answer(&said, render::answer(Some(Err(refusal)), self.settings.tz)).await,
        }
        Ok(())
    }

    /// Where a secret was masked, says below the message that it stands there still: whoever wrote it cannot be told alone.
    async fn warn(&self, said: &Said<'_>, target: &str, answer: &Answer) {
        if let Some(words) = follow::warning(answer) {
            self.reply(
                said,
                target,
                &format!("secret/{}", said.event),
                render::told(&words, self.settings.tz),
            )
            .await;
        }
    }

    /// `content`: of the message as it is now.
    pub(super) async fn follow_edit(&self, said: &Said<'_>, target: &str, content: &Value, sender: &str) {
        let (words, name) = heard::with_file(content);
        let link = self.link(said.room, target);
        let Ok(argv) = note_of(&said.person, &words, name.as_deref(), &link) else { return };
        let edit = Change { by: said.person.clone(), event: said.event, target };
        if let Some(answer) = follow::follow_edit(self, &edit, sender, argv).await {
            self.warn(said, target, &answer).await;
        }
    }
}

//! Messages that people put on the timeline by 📌, and what becomes of the entry when their author changes them.

use std::sync::Arc;

use serde_json::Value;

use super::{
    MatrixDoor,
    answer::{Reply, Said},
    heard,
    rest::{Trouble, part},
};
use crate::{
    chat::{
        bring::Place,
        files::File,
        follow::{self, Change, entry_of},
        typed::command,
        words::note_of,
    },
    journal::rows::Quoted,
};

/// Why a message is not on the timeline.
pub(super) const CLOSED: &str = "It is encrypted, and the proxy that decrypts for this bot did not open it.";
pub(super) const UNREADABLE: &str = "The homeserver does not let this bot read it.";

/// What whoever pinned a message is told that could not be read.
pub(super) fn not_put(why: &str) -> String {
    format!("The message is not on the timeline. {why} Write a `note` in your own words.")
}

/// A message below which it is said that a secret stands in it: whoever wrote it cannot be told alone.
fn quoted(said: &Said<'_>, target: &str) -> Quoted {
    Quoted { at: said.space(), message: target.to_owned(), whom: vec![] }
}

impl MatrixDoor {
    /// 📌 on a message: a note with its author and where it stands, once for each message. Returns what is to be said of it.
    ///
    /// # Errors
    /// When the homeserver could not be asked; worth another try.
    pub(super) async fn put_on_timeline(
        self: &Arc<Self>,
        said: &Said<'_>,
        target: &str,
    ) -> Result<Option<Reply>, Trouble> {
        let path = format!("/rooms/{}/event/{}", part(said.room), part(target));
        let message = match self.rest.get(&path).await {
            Err(trouble @ Trouble::Refused { .. }) => {
                tracing::warn!(
                    room = said.room,
                    event = target,
                    why = trouble.why(),
                    "a pinned message may not be read"
                );
                // Whether it stands in the thread of an incident is not known either.
                let is_served = self.bindings.incident_of(said.room).await.is_some();
                return Ok(is_served.then(|| self.told(said, target, &not_put(UNREADABLE))));
            }
            message => message?,
        };
        // It was deleted meanwhile: there is nothing to put anywhere.
        if heard::is_taken_back(&message) {
            return Ok(None);
        }
        let written_at = heard::written_at(&message, self.desk.world.now());
        // So much of an encrypted message is legible too.
        let Some(author) = message["sender"].as_str().map(str::to_owned) else { return Ok(None) };
        let relates = &message["content"]["m.relates_to"];
        let thread = relates["event_id"].as_str().filter(|_| relates["rel_type"] == "m.thread");
        let thread = thread.map(str::to_owned);
        let incident = self.bindings.incident_at(said.room, thread.as_deref()).await;
        // What the bot says stands on the timeline already; so does what was pinned before.
        let is_own = self.stand.get().is_some_and(|stand| stand.me == author);
        if is_own || entry_of(&**self, target).await.is_some() {
            return Ok(None);
        }
        let said =
            Said { thread: thread.as_deref(), incident, person: said.person.clone(), written_at, ..*said };
        if incident.is_none() {
            let words = follow::nowhere(&**self, said.room).await;
            return Ok(words.map(|words| self.told(&said, target, words)));
        }
        Ok(match self.opened(said.room, target, message).await? {
            None => Some(self.told(&said, target, &not_put(CLOSED))),
            Some(message) if message["type"] == "m.room.message" => {
                self.note(&said, target, &message, &author).await
            }
            Some(_) => None,
        })
    }

    /// Notes a message on the timeline of the incident of that place. Returns the answer where it is refused.
    async fn note(
        self: &Arc<Self>,
        said: &Said<'_>,
        target: &str,
        message: &Value,
        author: &str,
    ) -> Option<Reply> {
        let link = self.link(&said.space(), target);
        let now = heard::latest(message);
        let (words, name) = heard::with_file(now);
        let argv = note_of(&self.person(author), &words, name.as_deref(), &link);
        let by = said.person.clone();
        let (quoted, written_at) = (Some(quoted(said, target)), said.written_at);
        let pinned = Change { by, event: said.event, target, quoted, written_at };
        let done = match argv {
            Ok(argv) => {
                let files = self.files_of(now, name, link);
                follow::put_on_timeline(self, &self.say, &pinned, said.incident, author, argv, files).await
            }
            Err(refusal) => Err(refusal),
        };
        // That it is done is seen in the incident's space.
        let refusal = done.err()?;
        Some(Reply::answer(said, self.own(&refusal.to_string())))
    }

    /// The file that a message is, if it has a name. How long it is, is its sender's claim alone.
    fn files_of(self: &Arc<Self>, content: &Value, name: Option<String>, link: String) -> Vec<File> {
        let address = content["url"].as_str().unwrap_or_default().to_owned();
        // What is encrypted has its key there; its `url` is the proxy's doing.
        let is_encrypted = content["file"].is_object();
        let file = |name: String| {
            let (door, from) = (self.clone(), address.clone());
            let reading = async move { door.rest.media(&from, is_encrypted).await };
            File::new(&address, Some(&name), link, reading)
        };
        name.map(file).into_iter().collect()
    }

    /// Below a message, why it is not put there; once for each event that this comes of.
    fn told(&self, said: &Said<'_>, target: &str, words: &str) -> Reply {
        Reply::new(said, target, format!("not-put/{}", said.event), self.own(words))
    }

    /// `content`: of the message as it is now. Returns what is to be said where the timeline does not follow it.
    pub(super) async fn follow_edit(
        self: &Arc<Self>,
        said: &Said<'_>,
        target: &str,
        content: &Value,
        sender: &str,
    ) -> Option<Reply> {
        if entry_of(&**self, target).await.is_none() {
            return self.follow_typed(said, target, content).await;
        }
        let (words, name) = heard::with_file(content);
        let link = self.link(said.room, target);
        let argv = note_of(&said.person, &words, name.as_deref(), &link).ok()?;
        let by = said.person.clone();
        let quoted = Some(quoted(said, target));
        let edit = Change { by, event: said.event, target, quoted, written_at: None };
        let files = Some(self.files_of(content, name, link));
        follow::follow_edit(self, &edit, sender, argv, files).await;
        None
    }

    /// Somebody has changed a message by which they did something.
    async fn follow_typed(&self, said: &Said<'_>, target: &str, content: &Value) -> Option<Reply> {
        // The thread is not known; it was a command where it stands.
        let words = heard::words(content).and_then(|body| command(&body, &self.settings.prefix, true));
        let (by, quoted) = (said.person.clone(), Some(quoted(said, target)));
        let edit = Change { by, event: said.event, target, quoted, written_at: None };
        let told = follow::follow_typed(self, &edit, words).await?;
        Some(Reply::new(said, target, format!("not-followed/{}", said.event), self.own(&told)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::homeserver::{House, ROOM, said};

    #[tokio::test]
    async fn of_a_pin_on_a_message_that_was_deleted_meanwhile_nothing_is_said() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        door.bindings.bind("INC-1", "space", ROOM).await.unwrap();
        assert!(door.put_on_timeline(&said("$pin"), "$deleted").await.unwrap().is_none());
        assert!(house.told("").is_empty());
    }
}

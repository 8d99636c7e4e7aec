//! Messages that people put on the timeline by 📌, and what becomes of the entry when their author changes them.

use std::sync::Arc;

use super::{
    MatrixDoor, NAME,
    answer::Said,
    heard, render,
    rest::{Trouble, part},
    space::{room_of, thread_space},
};
use crate::{
    chat::{Words, bring::Place, words::note_of},
    desk::{Along, Caller},
    incident::{
        command::Command,
        id::IncidentId,
        refusal::{Because, Refusal},
    },
};

/// Why an entry follows its message.
const EDITED: &str = "its author changed the message";
const DELETED: &str = "the message was deleted in the chat";

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
        let path = format!("/rooms/{}/event/{}", part(said.room), part(target));
        let message = match self.rest.get(&path).await {
            Err(Trouble::Refused { .. }) => return Ok(()),
            message => message?,
        };
        let content = &message["content"];
        let relates = &content["m.relates_to"];
        let thread = relates["event_id"].as_str().filter(|_| relates["rel_type"] == "m.thread");
        let space = thread.map_or_else(|| said.room.to_owned(), |root| thread_space(said.room, root));
        let Some(incident) = self.bindings.incident_of(&space).await else { return Ok(()) };
        let (Some(author), true) = (message["sender"].as_str(), message["type"] == "m.room.message") else {
            return Ok(());
        };
        // What the bot says stands on the timeline already; so does what was pinned before.
        let is_own = self.stand.get().is_some_and(|stand| stand.me == author);
        if is_own || self.entry_of(target).await.is_some() {
            return Ok(());
        }
        let argv = note_of(
            &heard::meet(&self.settings.people, author, None),
            &heard::words(content).filter(|_| content["msgtype"] == "m.text").unwrap_or_default(),
            content["msgtype"].as_str().filter(|kind| *kind != "m.text").map(|_| "a file"),
            &self.link(&space, target),
        );
        let thread = room_of(&space).1.map(str::to_owned);
        let said = Said {
            thread: thread.as_deref(),
            incident: Some(incident),
            person: said.person.clone(),
            ..*said
        };
        let done = match argv {
            Ok(argv) => {
                let caller = Caller::person(said.person.clone(), NAME);
                let once = format!("{NAME}:pin:{target}");
                (self.say)(caller, Some(incident), Words::Argv(argv), Some(once)).await
            }
            Err(refusal) => Err(refusal),
        };
        match done {
            // That it is done is seen in the incident's space.
            Ok(answer) => {
                if let Some(seq) = answer.seq {
                    let entry = format!("{incident}/{seq}");
                    if let Err(halt) = self.bindings.bind(target, "entry", &entry).await {
                        tracing::warn!(?halt, entry, "the entry will not follow its message");
                    }
                    if let Err(halt) = self.bindings.bind(target, "author", author).await {
                        tracing::warn!(?halt, entry, "the entry will not follow its message");
                    }
                }
            }
            Err(refusal) => self.answer(&said, render::answer(Some(Err(refusal)))).await,
        }
        Ok(())
    }

    /// The entry that a message has become.
    async fn entry_of(&self, message: &str) -> Option<(IncidentId, u64)> {
        let entry = self.bindings.bound(message, "entry").await.ok().flatten()?;
        let (incident, seq) = entry.rsplit_once('/')?;
        Some((incident.parse().ok()?, seq.parse().ok()?))
    }

    /// The author of a message on the timeline has changed it: they correct the entry.
    pub(super) async fn follow_edit(&self, said: &Said<'_>, sender: &str, target: &str, body: &str) {
        let Some((incident, entry)) = self.entry_of(target).await else { return };
        if self.bindings.bound(target, "author").await.ok().flatten().as_deref() != Some(sender) {
            return;
        }
        let Ok(argv) = note_of(&said.person, body, None, &self.link(said.room, target)) else { return };
        let text = argv.last().cloned().unwrap_or_default();
        let command = Command::Correct { target: entry, text, at: None, reason: EDITED.into() };
        if let Err(refusal) = self.follow(said, incident, command, "edit").await {
            tracing::info!(%incident, entry, %refusal, "an entry does not follow its message");
        }
    }

    /// A message on the timeline was deleted: the entry is redacted, or where that is not for this person, corrected.
    pub(super) async fn follow_redaction(&self, said: &Said<'_>, target: &str) {
        let Some((incident, entry)) = self.entry_of(target).await else { return };
        let redact = Command::Redact { target: entry, reason: DELETED.into() };
        let mut done = self.follow(said, incident, redact, "redact").await;
        if done.as_ref().is_err_and(|refusal| refusal.because == Because::Forbidden) {
            let (text, reason) = (format!("({DELETED})"), DELETED.into());
            let correct = Command::Correct { target: entry, text, at: None, reason };
            done = self.follow(said, incident, correct, "correct").await;
        }
        if let Err(refusal) = done {
            tracing::info!(%incident, entry, %refusal, "an entry does not follow its message");
        }
    }

    async fn follow(
        &self,
        said: &Said<'_>,
        incident: IncidentId,
        command: Command,
        what: &str,
    ) -> Result<(), Refusal> {
        let along = Along { once: Some(format!("{NAME}:{}:{what}", said.event)), ..Along::default() };
        let caller = Caller::person(said.person.clone(), NAME);
        self.desk.submit(caller, incident, command, along).await.map(drop)
    }

    /// A card that somebody deleted is posted anew with its next change.
    pub(super) async fn forget_card(&self, incident: IncidentId, message: &str) {
        let subject = incident.to_string();
        if let Ok(Some(card)) = self.bindings.bound(&subject, "card").await
            && card == message
            && let Err(halt) = self.bindings.bind(&subject, "card", "").await
        {
            tracing::warn!(?halt, subject, "the deleted card is not forgotten");
        }
    }
}

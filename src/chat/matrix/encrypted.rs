//! Encryption: the door speaks the plain Client-Server API and has no keys.
//!
//! In an encrypted room nothing can be read, and the room is told so; unless a proxy stands before the homeserver that
//! encrypts and decrypts (`matrix.encrypting_proxy`). Then only a message is told of for which the proxy has no key.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;

use super::{
    MatrixDoor, NAME,
    answer::{Reply, Said},
    heard::{self, Says},
    render,
    rest::{Trouble, part},
};
use crate::{
    chat::{bring::Step, wire::txn},
    incident::id::IncidentId,
};

/// Pantalaimon sends in the clear what comes before it has heard that a new room is encrypted: seen with 0.10.5, where the card
/// followed at once, and no more after this time.
const PROXY_HEARS: Duration = Duration::from_secs(3);

/// What is said where a proxy decrypts, and a message stayed closed.
pub(super) const NO_KEY: &str = "This message arrived still encrypted: the proxy that decrypts for this bot has no key \
     for it, so nothing was done about it. Say it again. If that does not help, let your client send keys to devices \
     that you have not verified (the bot's is one), or type `/discardsession` in Element, which makes a new key. \
     This is said once in this room.";

/// By which rooms are remembered in the journal: those that are refused, and those in which a key was missing.
const REFUSED: &str = "encrypted";
const KEYLESS: &str = "no_key";
/// What is remembered of them: whether they know.
const TOLD: &str = "1";
const UNTOLD: &str = "0";

#[derive(Debug, Default)]
struct Rooms(Mutex<BTreeSet<String>>);

impl Rooms {
    fn has(&self, room: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(room)
    }
    /// Whether that is news.
    fn add(&self, room: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(room.to_owned())
    }
}

#[derive(Debug, Default)]
pub(super) struct Encrypted {
    /// The encrypted ones among the rooms that the bot serves, where no proxy decrypts.
    refused: Rooms,
    /// Rooms that were told: why they are refused, or of a message for which the proxy has no key.
    told: Rooms,
}

impl Encrypted {
    /// Whether nothing is said in the room, for nothing can be heard there.
    pub fn is_refused(&self, room: &str) -> bool {
        self.refused.has(room)
    }
}

impl MatrixDoor {
    /// What earlier runs found out. With a proxy, rooms that were refused without one are served.
    pub(super) async fn recall_encrypted(&self) {
        let has_proxy = self.settings.encrypting_proxy;
        let subject = if has_proxy { KEYLESS } else { REFUSED };
        for (room, told) in self.desk.journal.bound(NAME, subject).await.unwrap_or_default() {
            if !has_proxy {
                self.encrypted.refused.add(&room);
            }
            if told == TOLD {
                self.encrypted.told.add(&room);
            }
        }
    }

    /// Whether nothing can be read in the room: it is encrypted, by its state, and no proxy decrypts.
    pub(super) async fn is_unreadable(&self, room: &str) -> Step<bool> {
        Ok(!self.settings.encrypting_proxy && self.is_encrypted(room).await?)
    }

    /// Whether the command post is encrypted, by a proxy.
    pub(super) async fn is_encrypting(&self) -> Step<bool> {
        Ok(self.settings.encrypting_proxy && self.is_encrypted(&self.stand().await?.room).await?)
    }

    async fn is_encrypted(&self, room: &str) -> Step<bool> {
        match self.rest.get(&format!("/rooms/{}/state/m.room.encryption", part(room))).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_not_found() => Ok(false),
            Err(trouble) => Err(trouble.outcome("look into", room).into()),
        }
    }

    /// Gives the proxy, if there is one, time to hear that a new room is encrypted.
    pub(super) async fn until_the_proxy_encrypts(&self, room: &str) -> Step<()> {
        if self.settings.encrypting_proxy && self.is_encrypted(room).await? {
            tokio::time::sleep(PROXY_HEARS).await;
        }
        Ok(())
    }

    /// Says in the room, once, what comes of encryption there. Returns whether a missing key was told.
    pub(super) async fn hear_encrypted(&self, said: &Said<'_>, tag: &str, says: &Says) -> bool {
        match (says, self.settings.encrypting_proxy) {
            (Says::Encrypted, true) => self.tell_no_key(said).await,
            // In a room that is not encrypted somebody typed these words.
            (Says::NoKey, true) => {
                self.is_encrypted(said.room).await.unwrap_or(true) && self.tell_no_key(said).await
            }
            (Says::Encrypted | Says::Encryption, false) => {
                self.refuse_encrypted(said.room, tag).await;
                false
            }
            // A proxy sees to it.
            _ => false,
        }
    }

    /// What `message` says, which was asked for by its id: Pantalaimon leaves it as it is, and decrypts what `/messages` brings.
    /// `None`: it stays closed.
    ///
    /// # Errors
    /// When the homeserver could not be asked; worth another try.
    pub(super) async fn opened(
        &self,
        room: &str,
        event: &str,
        message: Value,
    ) -> Result<Option<Value>, Trouble> {
        if !self.settings.encrypting_proxy || message["type"] != "m.room.encrypted" {
            return Ok(Some(message));
        }
        let found = match self.among_others(room, event).await {
            Err(trouble @ Trouble::Refused { .. }) => {
                tracing::warn!(room, event, why = trouble.why(), "an encrypted message is not looked up");
                return Ok(None);
            }
            found => found?,
        };
        Ok(found.filter(|found| found["type"] != "m.room.encrypted" && !heard::is_without_key(found)))
    }

    /// A message as `/messages` brings it.
    async fn among_others(&self, room: &str, event: &str) -> Result<Option<Value>, Trouble> {
        let context = format!("/rooms/{}/context/{}", part(room), part(event));
        let around = self.rest.ask(&context, &[("limit", "0".to_owned())]).await?;
        let Some(behind) = around["end"].as_str() else { return Ok(None) };
        let query = [("dir", "b".to_owned()), ("from", behind.to_owned()), ("limit", "1".to_owned())];
        let page = self.rest.ask(&format!("/rooms/{}/messages", part(room)), &query).await?;
        Ok(page["chunk"].as_array().into_iter().flatten().find(|one| one["event_id"] == event).cloned())
    }

    /// Says once in a room, as a reply, that the proxy has no key for a message. Returns whether it was said; if not, the next
    /// such message is another try.
    async fn tell_no_key(&self, said: &Said<'_>) -> bool {
        if self.encrypted.told.has(said.room) {
            return false;
        }
        tracing::warn!(room = said.room, event = said.event, "the encrypting proxy has no key for a message");
        let key = format!("no-key/{}", said.room);
        let reply = Reply::new(said, said.event, key, render::told(NO_KEY, self.settings.tz));
        let is_told = self.send(&reply).await;
        if is_told {
            self.encrypted.told.add(said.room);
            self.remember(KEYLESS, said.room, TOLD).await;
        }
        is_told
    }

    /// Says once, in the room itself, why nothing is done there. Where that cannot be said, the next message there, or the next
    /// start, is another try.
    pub(super) async fn refuse_encrypted(&self, room: &str, tag: &str) {
        let incident = self.bindings.incident_of(room).await;
        let why = cannot_read(room, incident);
        if self.encrypted.refused.add(room) {
            tracing::error!("{why}");
            self.standing.error(why.clone());
        }
        if self.encrypted.told.has(room) {
            return;
        }
        let once = txn(tag, &format!("encrypted/{room}"));
        let words = self.own(&unheard(incident));
        match self.rest.send(room, &once, words).await {
            Ok(_) => {
                self.encrypted.told.add(room);
                self.remember(REFUSED, room, TOLD).await;
            }
            Err(trouble) => {
                tracing::warn!(room, why = trouble.why(), "the people of the encrypted room are not told");
                self.remember(REFUSED, room, UNTOLD).await;
            }
        }
    }

    async fn remember(&self, subject: &str, room: &str, told: &str) {
        if let Err(error) = self.desk.journal.bind(NAME, subject, room, told).await {
            tracing::debug!(%error, "found out again at the next start");
        }
    }
}

/// What is said in a room where nothing can be read, of this incident or of none: what people there can do.
pub(super) fn unheard(incident: Option<IncidentId>) -> String {
    let instead = match incident {
        Some(id) => format!("Type in the command post instead, such as `{id} note TEXT`, or use the console."),
        None => "Use the console or the command line, and ask whoever looks after commandpost for a room without encryption."
            .to_owned(),
    };
    format!(
        "This room is encrypted now, and this bot cannot read it: nothing that is typed here is done. {instead}"
    )
}

/// The same for whoever looks after the bot.
pub(super) fn cannot_read(room: &str, incident: Option<IncidentId>) -> String {
    let (whose, instead) = match incident {
        Some(id) => (
            format!(" of {id}"),
            format!(
                "Nothing more is said there; {id} goes on in the console, on the command line and by `{id} …` in the command post"
            ),
        ),
        None => (
            String::new(),
            "Make another room without it, and name that in the settings (`matrix.room`)".to_owned(),
        ),
    };
    format!(
        "The room {room}{whose} is encrypted, and this bot reads no encrypted rooms. Encryption cannot be switched off again. \
         {instead}; or have the bot reach its homeserver by a proxy that encrypts (`matrix.encrypting_proxy`)."
    )
}

#[cfg(test)]
mod tests;

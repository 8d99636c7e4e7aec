//! Rooms that the bot was put out of: that is told, and an invitation brings it back at once.
//!
//! Only where it listens: an invitation to any other room is left alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    MatrixDoor,
    heard::is_id,
    rest::{Trouble, part},
    stand::Stand,
};
use crate::{chat::bring::Step, desk::absence::Standing};

/// Up to where a room was heard, when the bot was put out of it.
pub(super) struct Out {
    /// The event by which it was.
    pub event: String,
    /// A place in the homeserver's news behind it.
    pub since: String,
}

/// Whether the bot is in the command post: nothing that is typed there reaches it otherwise, and lines go out all the same.
#[derive(Debug, Default)]
pub(super) struct InPost(Mutex<Option<Turn>>);

/// It was put out, or came in again.
#[derive(Debug, Clone)]
struct Turn {
    at: DateTime<Utc>,
    /// Why it is out.
    out: Option<String>,
}

impl InPost {
    fn lock(&self) -> MutexGuard<'_, Option<Turn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, at: DateTime<Utc>, why: String) {
        *self.lock() = Some(Turn { at, out: Some(why) });
    }

    /// Returns whether that is news.
    fn come_back(&self, at: DateTime<Utc>) -> bool {
        let mut turn = self.lock();
        let is_news = turn.as_ref().is_some_and(|turn| turn.out.is_some());
        if is_news {
            *turn = Some(Turn { at, out: None });
        }
        is_news
    }

    /// How a homeserver that is heard so is heard in the command post.
    pub fn with(&self, heard: Standing) -> Standing {
        match self.lock().clone() {
            Some(Turn { at, out }) if heard.is_there => match out {
                why @ Some(_) => Standing { is_there: false, since: Some(at), why, is_deaf: true },
                None => Standing { since: heard.since.max(Some(at)), ..heard },
            },
            _ => heard,
        }
    }
}

/// By which that is remembered.
fn name_of(room: &str) -> String {
    format!("out/{room}")
}

/// What is told of a room from which the bot was taken. `by`: who did it; `None`: the bot has left it.
pub(super) fn put_out(room: &str, by: Option<&str>, is_banned: bool) -> String {
    let what = match by {
        Some(by) => format!("{by} put the bot out of the room {room}"),
        None => format!("The bot has left the room {room}"),
    };
    let lift = if is_banned { "Lift the ban, and invite it again" } else { "Invite it again" };
    format!("{what}: nothing that is typed there is heard. {lift}; it comes in at once.")
}

impl MatrixDoor {
    /// How the homeserver's news tell that the bot is no longer in a room that it serves: notes that, and up to where it was heard.
    pub(super) async fn note_out(
        &self,
        stand: &Stand,
        room: &str,
        timeline: &Value,
        since: &str,
    ) -> Step<()> {
        let events = timeline["events"].as_array().map_or(&[][..], Vec::as_slice);
        let is_end =
            |event: &&Value| event["type"] == "m.room.member" && event["state_key"] == stand.me.as_str();
        let Some(end) = events.iter().rfind(is_end) else { return Ok(()) };
        let by = end["sender"].as_str().filter(|by| is_id(by, '@') && *by != stand.me);
        let is_post = room == stand.room;
        let shown = if is_post { self.settings.room.as_str() } else { room };
        let why = put_out(shown, by, end["content"]["membership"] == "ban");
        tracing::warn!("{why}");
        if is_post {
            let now = self.desk.world.now();
            self.in_post.leave(now, why.clone());
        }
        self.standing.error(why);
        let Some(event) = end["event_id"].as_str().filter(|event| is_id(event, '$')) else { return Ok(()) };
        self.bindings.bind("sync", &name_of(room), &format!("{event} {since}")).await
    }

    pub(super) async fn out_of(&self, room: &str) -> Step<Option<Out>> {
        let known = self.bindings.bound("sync", &name_of(room)).await?;
        let read = |known: String| {
            let (event, since) = known.split_once(' ')?;
            Some(Out { event: event.to_owned(), since: since.to_owned() })
        };
        Ok(known.and_then(read))
    }

    /// The bot is in the room again, and what was said there meanwhile is done.
    pub(super) async fn note_in(&self, room: &str) -> Step<()> {
        self.bindings.bind("sync", &name_of(room), "").await
    }

    /// The bot is in the command post.
    pub(super) fn note_in_post(&self) {
        if self.in_post.come_back(self.desk.world.now()) {
            tracing::info!("the bot is in the command post again");
        }
    }

    /// Comes into a room to which the bot was invited.
    ///
    /// # Errors
    /// When the homeserver could not be asked; worth another try.
    pub(super) async fn come_back(&self, room: &str) -> Result<(), Trouble> {
        match self.rest.post(&format!("/rooms/{}/join", part(room)), json!({})).await {
            Ok(_) => tracing::info!(room, "the bot was invited, and came in"),
            // The invitation was taken back meanwhile.
            Err(trouble @ Trouble::Refused { .. }) => {
                tracing::warn!(room, why = trouble.why(), "the bot was invited, and may not come in");
            }
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_after_the_bot_reads_who_put_it_out_and_what_brings_it_back() {
        assert_eq!(
            put_out("!r:s", Some("@ada:s"), true),
            "@ada:s put the bot out of the room !r:s: nothing that is typed there is heard. Lift the ban, and invite it again; \
             it comes in at once."
        );
        assert_eq!(
            put_out("!r:s", None, false),
            "The bot has left the room !r:s: nothing that is typed there is heard. Invite it again; it comes in at once."
        );
    }
}

//! Does what is said and answers it, as a reply. The event's id is the key under which a repeat gets the first answer.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    MatrixDoor, NAME,
    render::{self, in_reply},
    rest::Trouble,
};
use crate::{
    chat::{Words, picture::show_later, wire::txn},
    desk::Caller,
    incident::id::IncidentId,
    people::Person,
};

/// A command that says nothing for this long is given up by the door; what it did stands on the timeline.
const LONGEST: Duration = Duration::from_secs(120);
const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 15_000;

/// Where something was said.
pub(super) struct Said<'a> {
    pub room: &'a str,
    pub thread: Option<&'a str>,
    pub event: &'a str,
    pub person: Person,
    /// The incident of that place.
    pub incident: Option<IncidentId>,
}

impl MatrixDoor {
    pub(super) async fn do_and_answer(self: &Arc<Self>, said: &Said<'_>, text: String) {
        let door = self.clone();
        let among = self.bindings.private_of(said.room).await;
        let caller = Caller::person(said.person.clone(), NAME).overheard().among(among);
        let (incident, once) = (said.incident, format!("{NAME}:{}", said.event));
        // A task of its own: a command that is under way is seen through.
        let doing =
            tokio::spawn(async move { (door.say)(caller, incident, Words::Text(text), Some(once)).await });
        let done = tokio::time::timeout(LONGEST, doing).await.ok().and_then(Result::ok);
        self.answer(said, render::answer(done.clone(), self.settings.tz)).await;
        if let Some(done) = done {
            let door = self.clone();
            let (room, event) = (said.room.to_owned(), said.event.to_owned());
            let thread = said.thread.map(str::to_owned);
            show_later(&done, move |picture| async move {
                door.show(&room, &event, thread.as_deref(), picture).await
            });
        }
    }

    pub(super) async fn answer(&self, said: &Said<'_>, content: Value) {
        self.reply(said, said.event, &format!("answer/{}", said.event), content).await;
    }

    /// Replies to an event of that place, by a key; as long as the homeserver is not there, waits for it: without it nothing else
    /// could be heard. Returns whether the reply is there.
    pub(super) async fn reply(&self, said: &Said<'_>, to: &str, key: &str, content: Value) -> bool {
        let Ok(stand) = self.stand().await else { return false };
        let content = in_reply(content, to, said.thread);
        let once = txn(&stand.tag, key);
        let mut pause = FIRST_PAUSE_MS;
        loop {
            let wait = match self.rest.send(said.room, &once, content.clone()).await {
                Ok(_) => return true,
                Err(trouble @ Trouble::Refused { .. }) => {
                    let why = trouble.why();
                    tracing::warn!(why, "an answer did not reach its asker; the timeline has what was done");
                    self.standing.error(why);
                    return false;
                }
                Err(Trouble::Wait(wait)) => wait,
                Err(Trouble::Lost(_) | Trouble::Broken(_)) => {
                    pause = (pause * 2).min(LONGEST_PAUSE_MS);
                    Duration::from_millis(pause)
                }
            };
            tokio::select! {
                // Heard again by the next run, which answers the same.
                () = self.stop.cancelled() => return false,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

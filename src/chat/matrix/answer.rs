//! Does what is said and answers it, as a reply, or by a mark where there is nothing more to say. The event's id is the key under
//! which a repeat gets the first answer.

use std::{future::ready, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    MatrixDoor, NAME,
    behind::{After, Behind},
    render::{self, in_reply},
    rest::Trouble,
    stand::Stand,
};
use crate::{
    chat::{Words, bring::Step, picture::show_later, theirs::told_to, thread::thread_space, wire::txn},
    desk::Caller,
    incident::id::IncidentId,
    mask::Masked,
    people::Person,
};

/// A command that says nothing for this long is given up by the door; what it did stands on the timeline.
const LONGEST: Duration = Duration::from_secs(120);
/// On what was done where there is nothing more to say.
const DONE: &str = "✅";
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
    /// By the homeserver's word.
    pub written_at: Option<DateTime<Utc>>,
}

impl Said<'_> {
    /// The thread, else the room.
    pub fn space(&self) -> String {
        self.thread.map_or_else(|| self.room.to_owned(), |root| thread_space(self.room, root))
    }
}

/// An answer as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reply {
    pub room: String,
    /// The same whenever it is the same answer.
    key: String,
    content: Value,
    /// The event on which a mark says as much.
    #[serde(default)]
    marks: Option<String>,
}

impl Reply {
    /// A reply to an event of that place.
    pub fn new(said: &Said<'_>, to: &str, key: String, content: Value) -> Reply {
        let content = in_reply(content, to, said.thread);
        Reply { room: said.room.to_owned(), key, content, marks: None }
    }

    /// To what was said.
    pub fn answer(said: &Said<'_>, content: Value) -> Reply {
        Reply::new(said, said.event, format!("answer/{}", said.event), content)
    }

    /// As it may be kept: without the secrets that were typed into what it quotes.
    pub fn masked(&self) -> Reply {
        let mut masked = self.clone();
        for form in ["body", "formatted_body"] {
            if let Some(Value::String(text)) = masked.content.get_mut(form) {
                Masked::default().mask(text);
            }
        }
        masked
    }
}

impl MatrixDoor {
    /// Does what was said. The answer goes behind it.
    pub(super) async fn do_and_answer(
        self: &Arc<Self>,
        said: &Said<'_>,
        text: String,
        behind: &mut Behind,
    ) -> Step<()> {
        self.meet_named(said.room, &text).await;
        let door = self.clone();
        let among = self.bindings.private_of(said.room).await;
        let stands_with = self.bindings.incident_of(&said.space()).await;
        let caller = Caller::person(said.person.clone(), NAME).overheard().among(among);
        let caller = caller.written(said.written_at).standing_with(stands_with);
        let (incident, once, typed) = (said.incident, format!("{NAME}:{}", said.event), text.clone());
        // A task of its own: a command that is under way is seen through.
        let doing =
            tokio::spawn(async move { (door.say)(caller, incident, Words::Text(text), Some(once)).await });
        let done = tokio::time::timeout(LONGEST, doing).await.ok().and_then(Result::ok);
        let is_plain = matches!(&done, Some(Ok(answer)) if answer.is_plain);
        let told = told_to(&self.desk, &self.typed, &typed, &typed, ready(incident), done.as_ref()).await;
        let reply = Reply {
            marks: is_plain.then(|| said.event.to_owned()),
            ..Reply::answer(said, render::told(&told, self.settings.tz))
        };
        let after = done.map(|done| -> After {
            let door = self.clone();
            let (room, event) = (said.room.to_owned(), said.event.to_owned());
            let thread = said.thread.map(str::to_owned);
            Box::new(move || {
                show_later(&done, move |picture| async move {
                    door.show(&room, &event, thread.as_deref(), picture).await
                });
            })
        });
        behind.hand(reply, after).await
    }

    /// Sends a reply; as long as the homeserver is not there or asks to wait, waits. Returns whether the reply is there.
    pub(super) async fn send(&self, reply: &Reply) -> bool {
        let Ok(stand) = self.stand().await else { return false };
        let (mut marks, mut pause) = (reply.marks.as_deref(), FIRST_PAUSE_MS);
        loop {
            let sent = {
                // One at a time: where the first is asked to wait, the others see it.
                let _turn = self.answering.lock().await;
                self.send_once(stand, reply, marks).await
            };
            let wait = match sent {
                Ok(()) => return true,
                // Where no mark may be put, it is said.
                Err(Trouble::Refused { .. }) if marks.is_some() => {
                    marks = None;
                    continue;
                }
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
                // Said by the next run.
                () = self.stop.cancelled() => return false,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn send_once(&self, stand: &Stand, reply: &Reply, marks: Option<&str>) -> Result<(), Trouble> {
        let Some(event) = marks else {
            let once = txn(&stand.tag, &reply.key);
            return self.rest.send(&reply.room, &once, reply.content.clone()).await.map(drop);
        };
        self.rest.mark(&reply.room, &txn(&stand.tag, &format!("mark/{}", reply.key)), event, DONE).await
    }
}

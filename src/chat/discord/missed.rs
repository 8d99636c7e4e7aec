//! What became of messages on the timeline while no session was there to tell: Discord replays nothing to a new one.
//!
//! Each message of an open incident is asked for by itself. A list of the channel would take fewer requests, and would be empty
//! where the bot may not read: nothing would look more like a deletion.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{DiscordDoor, pinned::Edited, rest::Trouble};
use crate::{incident::id::IncidentId, journal::rows::IncidentFilter};

/// Messages asked for in one look, the newest first.
const MESSAGES_MAX: usize = 200;
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(5);
/// Tries that may go wrong in one look; what is left then, the next session looks for.
const TROUBLES_MAX: usize = 12;

/// Under which the journal remembers the messages on an incident's timeline: each message's id, and its channel.
pub(super) fn messages_of(id: IncidentId) -> String {
    format!("{id}/messages")
}

/// When a message was changed last, in milliseconds. `None`: never.
pub(super) fn edited_at(message: &Value) -> Option<i64> {
    let at = message["edited_timestamp"].as_str()?;
    Some(DateTime::parse_from_rfc3339(at).ok()?.with_timezone(&Utc).timestamp_millis())
}

impl DiscordDoor {
    /// Looks what became of the messages on the timelines of open incidents, one look at a time.
    pub(super) async fn look_for_missed(self: Arc<Self>) {
        let _one = self.looking.lock().await;
        let mut messages = self.messages_on_timelines().await;
        let all = messages.len();
        // Ids grow with time.
        messages.sort_by_key(|(message, _)| std::cmp::Reverse(message.parse::<u64>().unwrap_or_default()));
        messages.truncate(MESSAGES_MAX);
        if all > messages.len() {
            tracing::warn!(all, "so many messages are on timelines that only the newest are looked for");
        }
        let mut troubles = 0;
        for (message, channel) in messages {
            while let Err(trouble) = self.look_for(&message, &channel).await {
                let wait = match trouble {
                    // As often as Discord likes.
                    Trouble::Wait(after) => after,
                    _ => PAUSE,
                };
                troubles += usize::from(!matches!(trouble, Trouble::Wait(_)));
                if troubles > TROUBLES_MAX {
                    let why = trouble.why();
                    tracing::warn!(
                        why,
                        "what became of messages on timelines is looked for in the next session"
                    );
                    return;
                }
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }

    async fn messages_on_timelines(&self) -> Vec<(String, String)> {
        let open = self.desk.journal.incidents(IncidentFilter::open()).await.unwrap_or_default();
        let mut all = Vec::new();
        for row in open {
            all.extend(self.bindings.all(&messages_of(row.id)).await.unwrap_or_default());
        }
        all
    }

    /// Follows what became of one. `Err`: to be asked again.
    async fn look_for(self: &Arc<Self>, message: &str, channel: &str) -> Result<(), Trouble> {
        match self.rest.get(&format!("/channels/{channel}/messages/{message}")).await {
            Ok(found) => {
                let edited = Edited {
                    message: message.to_owned(),
                    channel: channel.to_owned(),
                    at: edited_at(&found),
                    text: self.said_in(&found),
                    attachments: found["attachments"].clone(),
                };
                self.clone().follow_edit(edited).await;
            }
            Err(trouble) if trouble.is_message_gone() => {
                self.clone().follow_deletion(message.to_owned()).await
            }
            // The channel is gone, or not for the bot: nobody took anything back by that.
            Err(trouble @ Trouble::Refused { .. }) => {
                tracing::debug!(message, why = trouble.why(), "what became of it is not to be learned");
            }
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }
}

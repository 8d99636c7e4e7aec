//! Messages that people put on the timeline by 📌.

use std::sync::Arc;

use serde_json::Value;

use super::{NAME, SlackDoor, heard::Heard, render::told, trouble::Trouble};
use crate::{
    chat::{Words, ask::Reply},
    desk::Caller,
};

impl SlackDoor {
    /// 📌 on a message: a note with its author and where it stands, once for each message.
    pub(super) async fn put_on_timeline(self: &Arc<Self>, heard: &Heard, target: &str) -> Reply {
        let Some(channel) = heard.channel.as_deref() else { return Reply::Nothing };
        let message = match self.message(channel, target).await {
            Ok(Some(message)) => message,
            Ok(None) => return Reply::Nothing,
            Err(trouble) => {
                let why = trouble.why();
                tracing::warn!(why, "a message was not put on the timeline");
                let words = format!(
                    "The message is not on the timeline. {why} Take the 📌 off and put it there again."
                );
                return Reply::Words(told(&words));
            }
        };
        let Some(incident) = self.bindings.incident_at(channel, message["thread_ts"].as_str()).await else {
            return Reply::Nothing;
        };
        // What the bot says stands on the timeline already.
        if let Ok(stand) = self.stand().await
            && (message["user"] == stand.me.as_str() || message["bot_id"] == stand.bot.as_str())
        {
            return Reply::Nothing;
        }
        let argv = match self.message_as_note(channel, &message).await {
            Ok(argv) => argv,
            Err(refusal) => return Reply::Words(told(&refusal.to_string())),
        };
        let caller = Caller::person(self.person(&heard.user, &heard.name).await, NAME);
        let once = format!("{NAME}:pin:{channel}:{target}");
        match (self.say)(caller, Some(incident), Words::Argv(argv), Some(once)).await {
            // That it is done is seen in the incident's space.
            Ok(_) => Reply::Nothing,
            Err(refusal) => Reply::Words(told(&refusal.to_string())),
        }
    }

    /// A message by its timestamp, in a thread or not.
    async fn message(&self, channel: &str, ts: &str) -> Result<Option<Value>, Trouble> {
        let args = [
            ("channel", channel.to_owned()),
            ("ts", ts.to_owned()),
            ("oldest", ts.to_owned()),
            ("latest", ts.to_owned()),
            ("inclusive", "true".to_owned()),
            ("limit", "2".to_owned()),
        ];
        let found = match self.rest.ask("conversations.replies", &args).await {
            Err(trouble) if matches!(trouble.error(), "thread_not_found" | "message_not_found") => {
                return Ok(None);
            }
            found => found?,
        };
        let messages = found["messages"].as_array().into_iter().flatten();
        Ok(messages.into_iter().find(|message| message["ts"] == ts).cloned())
    }
}

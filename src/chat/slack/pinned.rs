//! Messages that people put on the timeline, and what becomes of the entry when their author changes them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{SlackDoor, answer::own, heard::Heard, trouble::Trouble};
use crate::{
    chat::{
        ask::Reply,
        files::File,
        follow::{self, Change, entry_of},
        thread::thread_space,
    },
    desk::Answer,
    incident::{id::IncidentId, refusal::Refusal},
    journal::rows::Quoted,
};

/// A message, or a person, of a channel among all of the workspace.
fn name_of(channel: &str, ts: &str) -> String {
    format!("{channel}:{ts}")
}

/// A message, and who is told of a secret in it.
fn quoted(channel: &str, message: &Value, whom: Vec<String>) -> Quoted {
    let ts = message["ts"].as_str().unwrap_or_default();
    let root = message["thread_ts"].as_str().filter(|root| *root != ts);
    let at = root.map_or_else(|| channel.to_owned(), |root| thread_space(channel, root));
    Quoted { at, message: ts.to_owned(), whom }
}

/// When a message was written, by its timestamp; never later than now.
fn written_at(ts: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (seconds, micros) = ts.split_once('.')?;
    let nanos = micros.parse::<u32>().ok()?.checked_mul(1_000)?;
    DateTime::from_timestamp(seconds.parse().ok()?, nanos).map(|at| at.min(now))
}

/// What is said where a message could not be read.
pub(super) fn not_put(why: &str) -> String {
    format!("The message is not on the timeline. {why} Take the 📌 off and put it there again.")
}

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
                return Reply::Words(own(heard, &not_put(&why)));
            }
        };
        // A second 📌 says nothing new.
        if entry_of(&**self, &name_of(channel, target)).await.is_some() {
            return Reply::Nothing;
        }
        // What the bot says stands on the timeline already.
        if let Ok(stand) = self.stand().await
            && (message["user"] == stand.me.as_str() || message["bot_id"] == stand.bot.as_str())
        {
            return Reply::Nothing;
        }
        let Some(incident) = self.bindings.incident_at(channel, message["thread_ts"].as_str()).await else {
            // For their eyes alone, so each of them is told.
            let words = follow::nowhere(&**self, &name_of(channel, &heard.user)).await;
            return words.map_or(Reply::Nothing, |words| Reply::Words(own(heard, words)));
        };
        let author = message["user"].as_str().unwrap_or(&heard.user);
        let whom = vec![author.to_owned(), heard.user.clone()];
        match self.pin(heard, channel, Some(incident), &message, whom).await {
            // That it is done is seen in the incident's space.
            Ok(_) => Reply::Nothing,
            Err(refusal) => Reply::Words(own(heard, &refusal.to_string())),
        }
    }

    /// A message of a channel as a note, with its files; the note follows it from then on. `whom`: who is told of a secret in it,
    /// besides what the answer says.
    pub(super) async fn pin(
        self: &Arc<Self>,
        heard: &Heard,
        channel: &str,
        incident: Option<IncidentId>,
        message: &Value,
        whom: Vec<String>,
    ) -> Result<Answer, Refusal> {
        let ts = message["ts"].as_str().unwrap_or_default();
        let (target, written_at) = (name_of(channel, ts), written_at(ts, self.desk.world.now()));
        let by = self.person(&heard.user, &heard.name).await;
        let quoted = (!whom.is_empty()).then(|| quoted(channel, message, whom));
        let pinned = Change { by, event: &heard.once, target: &target, quoted, written_at };
        let argv = self.message_as_note(channel, message).await?;
        let author = message["user"].as_str().unwrap_or_default().to_owned();
        let files = self.files_of(channel, message);
        follow::put_on_timeline(self, &self.say, &pinned, incident, &author, argv, files).await
    }

    fn files_of(self: &Arc<Self>, channel: &str, message: &Value) -> Vec<File> {
        let (thread, ts) = (message["thread_ts"].as_str(), message["ts"].as_str().unwrap_or_default());
        let file = |file: &Value| {
            let here = || self.permalink(channel, thread, ts);
            let link = file["permalink"].as_str().map_or_else(here, str::to_owned);
            let (door, url) = (self.clone(), file["url_private"].as_str().unwrap_or_default().to_owned());
            let reading = async move { door.rest.file(&url).await };
            let found = File::new(file["id"].as_str()?, file["name"].as_str(), link, reading);
            Some(found.of_bytes(file["size"].as_u64()))
        };
        let files = message["files"].as_array().into_iter().flatten();
        // In place of a file that was deleted.
        files.filter(|file| file["mode"] != "tombstone").filter_map(file).collect()
    }

    /// A message on the timeline was edited: by its author, the entry says what it says now.
    pub(super) async fn follow_edit(self: &Arc<Self>, heard: &Heard, message: &Value) -> Reply {
        let (Some(channel), Some(ts)) = (heard.channel.as_deref(), message["ts"].as_str()) else {
            return Reply::Nothing;
        };
        let target = name_of(channel, ts);
        if entry_of(&**self, &target).await.is_some()
            && let Ok(argv) = self.message_as_note(channel, message).await
        {
            let by = self.person(&heard.user, &heard.name).await;
            let quoted = Some(quoted(channel, message, vec![heard.user.clone()]));
            let edit = Change { by, event: &heard.once, target: &target, quoted, written_at: None };
            let files = self.files_of(channel, message);
            follow::follow_edit(self, &edit, &heard.user, argv, Some(files)).await;
        }
        Reply::Nothing
    }

    /// Slack does not say who deleted a message; it is taken to be its author.
    pub(super) async fn follow_deletion(self: &Arc<Self>, heard: &Heard, ts: &str) -> Reply {
        let Some(channel) = heard.channel.as_deref() else { return Reply::Nothing };
        let target = name_of(channel, ts);
        let by = self.person(&heard.user, &heard.name).await;
        let deletion = Change { by, event: &heard.once, target: &target, quoted: None, written_at: None };
        follow::follow_deletion(&**self, &deletion).await;
        Reply::Nothing
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_was_written_when_its_timestamp_says_and_never_in_the_future() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let at = |ts: &str| written_at(ts, now).map(|at| at.timestamp_micros());
        assert_eq!(at("1799999990.000100"), Some(1_799_999_990_000_100));
        assert_eq!(at("1800000090.000000"), Some(1_800_000_000_000_000));
        for bad in ["", "1799999990", "x.000100", "1799999990.", "999999999999.999999999999"] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}

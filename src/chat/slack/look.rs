//! Looking for what the bot may have sent already, so that nothing stands twice.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use super::{
    SlackDoor,
    deliver::EVENT,
    render::{card_block, card_key, line_mark},
    space::channel_of,
    trouble::Trouble,
};
use crate::chat::{
    bring::{Halt, Step},
    trouble::Doing,
};

/// Pages of two hundred messages looked through.
const PAGES_MAX: usize = 10;
/// Clocks may differ by this much.
const SKEW_MINUTES: i64 = 10;

impl SlackDoor {
    /// The bot's own message with this key, not older than `since`; where Slack shows no metadata, the one that `is_it`.
    pub(super) async fn find(
        &self,
        at: &str,
        key: &str,
        since: Option<DateTime<Utc>>,
        is_it: impl Fn(&Value) -> bool,
    ) -> Step<Option<String>> {
        let stand = self.stand().await?;
        let key = format!("{}/{key}", stand.tag);
        let (channel, thread) = channel_of(at);
        let method = if thread.is_some() { "conversations.replies" } else { "conversations.history" };
        let oldest = since.map(|since| (since - Duration::minutes(SKEW_MINUTES)).timestamp());
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut args = vec![
                ("channel", channel.to_owned()),
                ("limit", "200".to_owned()),
                ("include_all_metadata", "true".to_owned()),
            ];
            args.extend(thread.map(|root| ("ts", root.to_owned())));
            args.extend(oldest.map(|oldest| ("oldest", oldest.to_string())));
            if !cursor.is_empty() {
                args.push(("cursor", std::mem::take(&mut cursor)));
            }
            let mut page = self.rest.ask(method, &args).await;
            if page.as_ref().is_err_and(Trouble::is_outside) && self.come_into(channel).await {
                page = self.rest.ask(method, &args).await;
            }
            let page = match page {
                Ok(page) => page,
                Err(trouble) if trouble.is_channel_gone() || trouble.error() == "thread_not_found" => {
                    return Err(Halt::SpaceGone);
                }
                Err(trouble) => return Err(trouble.outcome(Doing::Read, channel).into()),
            };
            let found = page["messages"].as_array().into_iter().flatten().find(|message| {
                let is_own = message["bot_id"] == stand.bot.as_str() || message["user"] == stand.me.as_str();
                let metadata = &message["metadata"];
                is_own
                    && match metadata["event_type"].as_str() {
                        Some(EVENT) => metadata["event_payload"]["key"] == key.as_str(),
                        _ => is_it(message),
                    }
            });
            if let Some(ts) = found.and_then(|message| message["ts"].as_str()) {
                return Ok(Some(ts.to_owned()));
            }
            cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
            if cursor.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// The card that stands in a channel, or above a thread.
    pub(super) async fn find_card_in(&self, at: &str, subject: &str) -> Step<Option<String>> {
        let block = card_block(subject);
        let is_it = |message: &Value| {
            message["blocks"].as_array().into_iter().flatten().any(|one| one["block_id"] == block.as_str())
        };
        self.find(channel_of(at).0, &card_key(subject), None, is_it).await
    }

    /// The line of this number, by the key of its delivery.
    pub(super) async fn find_said(
        &self,
        at: &str,
        seq: u64,
        key: &str,
        since: DateTime<Utc>,
    ) -> Step<Option<String>> {
        let mark = line_mark(seq);
        let is_it = |message: &Value| message["text"].as_str().is_some_and(|text| text.ends_with(&mark));
        self.find(at, key, Some(since), is_it).await
    }
}

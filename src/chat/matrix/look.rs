//! Looking for what the bot may have sent already: a transaction id is remembered for a day, a message for good.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::{
    MatrixDoor,
    render::KEY,
    rest::{Trouble, part},
};
use crate::chat::bring::Step;

/// Pages of a hundred messages looked through.
const PAGES_MAX: usize = 10;
/// Clocks may differ by this much.
const SKEW_MINUTES: i64 = 10;

impl MatrixDoor {
    /// The bot's own message with this key, the newest first, not older than `since`.
    pub(super) async fn find(
        &self,
        room: &str,
        key: &str,
        since: Option<DateTime<Utc>>,
    ) -> Step<Option<String>> {
        let stand = self.stand().await?;
        let key = format!("{}/{key}", stand.tag);
        let oldest = since.map(|since| (since - Duration::minutes(SKEW_MINUTES)).timestamp_millis());
        let mut from: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let page = self.own_before(room, "m.room.message", from.take()).await?;
            let events = page["chunk"].as_array().map_or(&[][..], Vec::as_slice);
            let found = events.iter().find(|event| event["content"][KEY] == key.as_str());
            if let Some(event) = found.and_then(|event| event["event_id"].as_str()) {
                return Ok(Some(event.to_owned()));
            }
            let is_older = |event: &Value| {
                oldest.zip(event["origin_server_ts"].as_i64()).is_some_and(|(oldest, at)| at < oldest)
            };
            from = page["end"].as_str().map(str::to_owned);
            if from.is_none() || events.last().is_some_and(is_older) {
                break;
            }
        }
        Ok(None)
    }

    /// A page of the bot's own events of a kind, the newest first, from there on back.
    async fn own_before(&self, room: &str, kind: &str, from: Option<String>) -> Step<Value> {
        let stand = self.stand().await?;
        let filter = json!({"types": [kind], "senders": [stand.me]}).to_string();
        let mut query = vec![("dir", "b".to_owned()), ("limit", "100".to_owned()), ("filter", filter)];
        query.extend(from.map(|from| ("from", from)));
        let page = self.rest.ask(&format!("/rooms/{}/messages", part(room)), &query).await;
        Ok(page.map_err(|trouble| trouble.outcome("look into", room))?)
    }

    /// The events by which the bot named a room, the newest first, without those of which nothing is left.
    pub(super) async fn names_of(&self, room: &str) -> Step<Vec<String>> {
        let (mut names, mut from) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let page = self.own_before(room, "m.room.name", from.take()).await?;
            let events = page["chunk"].as_array().into_iter().flatten();
            let whole = events.filter(|event| event["content"]["name"].is_string());
            names.extend(whole.filter_map(|event| event["event_id"].as_str()).map(str::to_owned));
            from = page["end"].as_str().map(str::to_owned);
            if from.is_none() {
                break;
            }
        }
        Ok(names)
    }

    /// The bot's own edits of its message, the newest first. Of a homeserver that does not tell them, none.
    pub(super) async fn edits_of(&self, room: &str, message: &str) -> Step<Vec<String>> {
        let stand = self.stand().await?;
        let (mut edits, mut from) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let page = match self.rest.replacing(room, message, from.take()).await {
                Ok(page) => page,
                Err(trouble @ Trouble::Refused { .. }) => {
                    tracing::warn!(room, why = trouble.why(), "earlier versions of a card stay to be read");
                    break;
                }
                Err(trouble) => return Err(trouble.outcome("look into", room).into()),
            };
            let events = page["chunk"].as_array().into_iter().flatten();
            let own = events.filter(|event| event["sender"] == stand.me.as_str());
            edits.extend(own.filter_map(|event| event["event_id"].as_str()).map(str::to_owned));
            from = page["next_batch"].as_str().map(str::to_owned);
            if from.is_none() {
                break;
            }
        }
        Ok(edits)
    }
}

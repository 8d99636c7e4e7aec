//! Looking for what the bot may have sent already, so that nothing stands twice.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{MattermostDoor, deliver::KEY, stand::Stand, trouble::Trouble};
use crate::chat::{
    bring::{Halt, Step},
    space::SKEW_SECONDS,
    trouble::Doing,
};

/// Pages of two hundred messages looked through.
const PAGES_MAX: usize = 10;
const PAGE: usize = 200;

/// The posts of a list, newest first.
pub(super) fn posts(list: &Value) -> impl Iterator<Item = &Value> {
    let order = list["order"].as_array().into_iter().flatten();
    order.filter_map(|id| list["posts"].get(id.as_str()?))
}

impl MattermostDoor {
    /// The bot's own message with this key, not older than `since`, in a channel with all its threads.
    pub(super) async fn find(
        &self,
        channel: &str,
        key: &str,
        since: Option<DateTime<Utc>>,
    ) -> Step<Option<String>> {
        match self.search(self.stand().await?, channel, key, since).await {
            Err(trouble) if trouble.is_refused() && self.is_gone(channel).await => Err(Halt::SpaceGone),
            found => found.map_err(|trouble| trouble.outcome(Doing::Read, channel).into()),
        }
    }

    pub(super) async fn search(
        &self,
        stand: &Stand,
        channel: &str,
        key: &str,
        since: Option<DateTime<Utc>>,
    ) -> Result<Option<String>, Trouble> {
        let key = format!("{}/{key}", stand.tag);
        let oldest = since.map_or(0, |since| since.timestamp_millis() - SKEW_SECONDS * 1_000);
        let is_it = |post: &&Value| {
            post["user_id"] == stand.me.as_str()
                && post["props"][KEY] == key.as_str()
                && post["delete_at"].as_i64().unwrap_or_default() == 0
        };
        for page in 0..PAGES_MAX {
            let query = [("page", page.to_string()), ("per_page", PAGE.to_string())];
            let list = self.rest.ask(&format!("/channels/{channel}/posts"), &query).await?;
            if let Some(id) = posts(&list).find(is_it).and_then(|post| post["id"].as_str()) {
                return Ok(Some(id.to_owned()));
            }
            let last = posts(&list).last().and_then(|post| post["create_at"].as_i64());
            if posts(&list).count() < PAGE || last.is_none_or(|at| at < oldest) {
                break;
            }
        }
        Ok(None)
    }
}

//! Looking for what the bot may have sent already, so that nothing stands twice.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    DiscordDoor,
    deliver::{Doing, outcome},
    render,
};
use crate::{
    card::Said,
    chat::{
        bindings::Spot,
        bring::{Halt, Step},
    },
    outbox::port::Outcome,
};

/// Messages looked through for one that may have arrived.
const PAGES_MAX: usize = 5;
/// Clocks may differ by this much, in milliseconds.
const SKEW_MS: i64 = 10 * 60 * 1_000;
/// Where snowflakes begin to count: 2015-01-01, in milliseconds.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// An id of a message as it would have been at this moment, to look for what came after.
fn snowflake_at(ms: i64) -> u64 {
    u64::try_from(ms - DISCORD_EPOCH_MS).unwrap_or(0) << 22
}

/// When a message was written, by its id; never later than now.
pub(super) fn written_at(message: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let since_epoch_ms = i64::try_from(message.parse::<u64>().ok()? >> 22).ok()?;
    let at = DateTime::from_timestamp_millis(since_epoch_ms.checked_add(DISCORD_EPOCH_MS)?);
    at.map(|at| at.min(now))
}

impl DiscordDoor {
    /// The bot's card in this channel whose footer begins with `mark`. In a space of its own it stands at the
    /// beginning, in a shared channel near the end.
    pub(super) async fn find_marked(
        &self,
        channel: &str,
        mark: &str,
        at_beginning: bool,
    ) -> Step<Option<String>> {
        let after = at_beginning.then_some(0);
        self.find(channel, after, |message| {
            let footer = message["embeds"][0]["footer"]["text"].as_str();
            footer.is_some_and(|footer| footer.starts_with(mark))
        })
        .await
    }

    /// A message of the bot's own that `is_it`: among the newest hundred, or from `after` on.
    pub(super) async fn find(
        &self,
        channel: &str,
        after: Option<u64>,
        is_it: impl Fn(&Value) -> bool,
    ) -> Step<Option<String>> {
        let me = self.me().await?;
        let mut from = after;
        for _ in 0..PAGES_MAX {
            let after = from.map(|id| format!("&after={id}")).unwrap_or_default();
            let page = self.rest.get(&format!("/channels/{channel}/messages?limit=100{after}")).await;
            let page = match page {
                Ok(page) => page,
                Err(trouble) if trouble.is_channel_gone() => return Err(Halt::SpaceGone),
                Err(trouble) => return Err(outcome(trouble, Doing::Read, channel).into()),
            };
            let Some(page) = page.as_array() else {
                let why = "Discord's list of messages could not be read.".into();
                return Err(Outcome::Retry { after: None, why }.into());
            };
            let found = page.iter().find(|m| m["author"]["id"] == me.as_str() && is_it(m));
            if let Some(id) = found.and_then(|m| m["id"].as_str()) {
                return Ok(Some(id.to_owned()));
            }
            let newest = page.iter().filter_map(|m| m["id"].as_str()?.parse::<u64>().ok()).max();
            match (from, newest) {
                (Some(_), Some(newest)) if page.len() == 100 => from = Some(newest),
                _ => break,
            }
        }
        Ok(None)
    }

    /// The bot's own user id.
    pub(super) async fn me(&self) -> Step<&String> {
        self.me
            .get_or_try_init(|| async {
                match self.rest.get("/users/@me").await {
                    Ok(me) => me["id"].as_str().map(str::to_owned).ok_or_else(|| Outcome::Retry {
                        after: None,
                        why: "Discord's answer on who the bot is could not be read.".into(),
                    }),
                    Err(trouble) => Err(outcome(trouble, Doing::Read, &self.settings.channel_id)),
                }
            })
            .await
            .map_err(Halt::Outcome)
    }

    /// The line of this number in an incident's space, not older than this moment.
    pub(super) async fn find_said(
        &self,
        space: &str,
        said: &Said,
        since: DateTime<Utc>,
    ) -> Step<Option<String>> {
        let mark = render::line_mark(said.seq);
        let after = snowflake_at(since.timestamp_millis() - SKEW_MS);
        let is_it = |m: &Value| m["content"].as_str().is_some_and(|content| content.ends_with(&mark));
        let found = self.find(space, Some(after), is_it).await?;
        // Without the right to read, Discord shows an empty list: that proves nothing.
        if found.is_none()
            && let Some(card) = self.bindings.bound(&Spot::of(said).to_string(), "card").await?
            && let Err(trouble) = self.rest.get(&format!("/channels/{space}/messages/{card}")).await
            && trouble.is_forbidden()
        {
            return Err(outcome(trouble, Doing::Read, space).into());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_was_written_when_its_id_says_and_never_in_the_future() {
        // The example of Discord's reference.
        let example: DateTime<Utc> = "2016-04-30T11:18:25.796Z".parse().unwrap();
        let now = example + chrono::TimeDelta::minutes(10);
        assert_eq!(written_at("175928847299117063", now), Some(example));
        let later = snowflake_at(now.timestamp_millis() + 90_000).to_string();
        assert_eq!(written_at(&later, now), Some(now));
        for bad in ["", "x", "-1", "99999999999999999999"] {
            assert_eq!(written_at(bad, now), None, "{bad}");
        }
    }
}

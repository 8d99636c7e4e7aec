//! The slash commands, registered in the guild whenever they are not as they should be.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use serde_json::Value;

use super::{DiscordDoor, rest::Trouble};
use crate::grammar::discord_commands;

const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Fields that Discord does not keep for a guild's own commands.
const NOT_KEPT: [&str; 1] = ["contexts"];

impl DiscordDoor {
    /// Sees to it that the commands are registered; tries until they are. Everything else goes on meanwhile.
    pub(super) async fn register(self: Arc<Self>) {
        // READY may come again before an earlier round is through.
        let Ok(_one_at_a_time) = self.registering.try_lock() else { return };
        let mut pause = FIRST_PAUSE;
        loop {
            let trouble = match self.register_once().await {
                Ok(changed) => {
                    self.standing.commands_registered.store(true, Relaxed);
                    tracing::info!(changed, "the slash commands are registered");
                    return;
                }
                Err(trouble) => trouble,
            };
            self.standing.commands_registered.store(false, Relaxed);
            let what_to_do = match &trouble {
                t if t.is_forbidden() => " Invite the bot again with the scope “applications.commands”.",
                Trouble::Refused { status: 404, .. } => {
                    " Check `discord.application_id` and `discord.guild_id` in the settings."
                }
                _ => "",
            };
            let why = format!("The slash commands are not registered. {}{what_to_do}", trouble.why());
            tracing::warn!("{why}");
            self.standing.error(why);
            let wait = match trouble {
                Trouble::Wait(after) => after.max(Duration::from_millis(200)),
                _ => pause,
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Returns whether something had to be changed.
    async fn register_once(&self) -> Result<bool, Trouble> {
        let path = format!(
            "/applications/{}/guilds/{}/commands",
            self.settings.application_id, self.settings.guild_id
        );
        let wanted = discord_commands((&self.desk.settings().policy).into());
        let there = self.rest.get(&path).await?;
        if is_registered(&wanted, &there) {
            return Ok(false);
        }
        self.rest.put(&path, Some(wanted)).await?;
        Ok(true)
    }
}

fn is_registered(wanted: &Value, there: &Value) -> bool {
    let (Some(wanted), Some(there)) = (wanted.as_array(), there.as_array()) else { return false };
    wanted.len() == there.len()
        && wanted.iter().all(|want| {
            there
                .iter()
                .any(|have| have["name"] == want["name"] && have["type"] == want["type"] && fits(want, have))
        })
}

/// Whether everything in `want` is in `have`; Discord adds fields of its own.
fn fits(want: &Value, have: &Value) -> bool {
    match (want, have) {
        (Value::Object(want), Value::Object(_)) => want
            .iter()
            .all(|(key, value)| NOT_KEPT.contains(&key.as_str()) || fits(value, &have[key.as_str()])),
        (Value::Array(want), Value::Array(have)) => {
            want.len() == have.len() && want.iter().zip(have).all(|(want, have)| fits(want, have))
        }
        _ => want == have,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn commands_are_sent_again_only_when_they_differ() {
        let wanted = json!([{"name": "incident", "type": 1, "contexts": [0], "options": [{"name": "note"}]}]);
        let there = json!([{"id": "1", "version": "2", "name": "incident", "type": 1, "contexts": null,
            "options": [{"name": "note", "required": false}]}]);
        assert!(is_registered(&wanted, &there));
        for (at, other) in
            [("/0/options/0/name", json!("x")), ("/0/options", json!([])), ("/0/type", json!(2))]
        {
            let mut changed = there.clone();
            *changed.pointer_mut(at).unwrap() = other;
            assert!(!is_registered(&wanted, &changed), "{at}");
        }
        assert!(!is_registered(&wanted, &json!([])));
        assert!(!is_registered(&wanted, &Value::Null), "an answer that cannot be read proves nothing");
    }
}

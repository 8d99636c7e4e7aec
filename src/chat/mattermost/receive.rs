//! What Mattermost sends over HTTP: slash commands, presses of buttons, forms. Each proves where it comes from, and is
//! answered within three seconds.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    MattermostDoor,
    answer::broke_down,
    heard::{self, Heard, Says, Way},
    render::told_plainly,
};
use crate::{
    chat::{
        Unproven,
        ask::{Reply, in_time},
    },
    config::Secret,
};

pub(super) const ELSEWHERE: &str =
    "This commandpost serves another team. Use it there, in the incident's channel or the command post.";

impl MattermostDoor {
    /// Whether it was said in another team than that of the command post. While Mattermost cannot be asked which that is, an
    /// incident goes on.
    async fn is_of_elsewhere(&self, heard: &Heard) -> bool {
        match (&heard.team, self.stand().await) {
            (Some(team), Ok(stand)) => *team != stand.team,
            _ => false,
        }
    }

    /// Takes a request; returns what it is answered with, always within three seconds.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn receive(self: Arc<Self>, way: Way, body: &[u8]) -> Result<Value, Unproven> {
        let json = || serde_json::from_slice::<Value>(body).map_err(|_| Unproven::Unreadable);
        let now = self.desk.world.now().timestamp();
        let heard = match way {
            Way::Command => Some(self.command(body)?),
            Way::Action => heard::action(&json()?, &self.seal).map_err(|()| Unproven::Forged)?,
            Way::Dialog => heard::submission(&json()?, &self.seal, now).map_err(|()| Unproven::Forged)?,
        };
        let Some(heard) = heard else { return Ok(json!({})) };
        Ok(self.see_to(heard).await)
    }

    /// A slash command brings the token that Mattermost gave it.
    fn command(&self, body: &[u8]) -> Result<Heard, Unproven> {
        let form: serde_json::Map<String, Value> = url::form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), json!(value)))
            .collect();
        let form = Value::Object(form);
        let given = Secret::new(form["token"].as_str().unwrap_or_default());
        // Compared in constant time.
        if given.is_empty() || self.settings.command_token.as_ref() != Some(&given) {
            return Err(Unproven::Forged);
        }
        heard::command(&form).ok_or(Unproven::Unreadable)
    }

    async fn see_to(self: &Arc<Self>, heard: Heard) -> Value {
        let (door, asked) = (self.clone(), heard.clone());
        let (later, whom) = (self.clone(), heard.clone());
        let done = in_time(async move { door.act(&asked).await }, move |done| async move {
            later.tell_later(&whom, done.unwrap_or_else(broke_down)).await;
        });
        // Without an answer, Mattermost would tell the asker that there was none.
        let Some(done) = done.await else { return json!({}) };
        let reply = done.unwrap_or_else(broke_down);
        match (&heard.says, reply) {
            (_, Reply::Nothing) => json!({}),
            (Says::Slash { .. }, Reply::Words(text)) => {
                json!({"response_type": "ephemeral", "text": text, "skip_slack_parsing": true})
            }
            (Says::Press { .. }, Reply::Words(text)) => {
                json!({"ephemeral_text": text, "skip_slack_parsing": true})
            }
            (Says::Form(_), Reply::Refused { first, why }) => {
                let mut errors = serde_json::Map::new();
                errors.insert(first, json!(told_plainly(&why)));
                json!({"errors": errors})
            }
            (_, reply) => {
                let door = self.clone();
                tokio::spawn(async move { door.tell_later(&heard, reply).await });
                json!({})
            }
        }
    }

    async fn act(self: Arc<Self>, heard: &Heard) -> Reply {
        if self.is_of_elsewhere(heard).await {
            return Reply::Words(self.told(ELSEWHERE));
        }
        match &heard.says {
            Says::Slash { text } => self.slash(heard, text).await,
            Says::Press { button, chosen } => self.pressed(heard, button, chosen.as_deref()).await,
            Says::Form(form) => self.filled(heard, form).await,
        }
    }
}

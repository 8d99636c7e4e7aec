//! Who the bot is on its homeserver, and the rooms that the settings name: asked once, when the homeserver is there.

use serde_json::json;

use super::{MatrixDoor, heard::is_id, rest::part, space::gone};
use crate::{chat::bring::Step, outbox::port::Outcome};

#[derive(Debug, Clone)]
pub(super) struct Stand {
    /// The bot's own account.
    pub me: String,
    /// Its homeserver's name.
    pub server: String,
    pub tag: String,
    /// The command post, by its id.
    pub room: String,
    pub alerts_room: Option<String>,
}

impl MatrixDoor {
    pub(super) async fn stand(&self) -> Step<&Stand> {
        self.stand.get_or_try_init(|| self.take_stand()).await
    }

    /// The name of the homeserver, for links; empty as long as it is not known.
    pub(super) fn server(&self) -> String {
        self.stand.get().map(|stand| stand.server.clone()).unwrap_or_default()
    }

    async fn take_stand(&self) -> Step<Stand> {
        let told = self.rest.get("/account/whoami").await;
        let told = told.map_err(|trouble| trouble.outcome("come into", &self.settings.room))?;
        let me = told["user_id"].as_str().filter(|id| is_id(id, '@')).unwrap_or_default().to_owned();
        let Some((_, server)) = me.split_once(':') else {
            let why = "The Matrix homeserver's answer on who the bot is could not be read.".into();
            return Err(Outcome::Retry { after: None, why }.into());
        };
        let server = server.to_owned();
        self.recall_encrypted().await;
        let tag = self.bindings.tag(&*self.desk.world).await?;
        let room = self.come_into(&self.settings.room).await?;
        let alerts_room = match &self.settings.alerts_room {
            Some(name) => Some(self.come_into(name).await?),
            None => None,
        };
        for room in std::iter::once(&room).chain(&alerts_room) {
            if self.is_unreadable(room).await? {
                self.refuse_encrypted(room, &tag).await;
            }
        }
        Ok(Stand { me, server, tag, room, alerts_room })
    }

    /// Joins a room by id or alias; returns its id.
    async fn come_into(&self, name: &str) -> Step<String> {
        match self.rest.post(&format!("/join/{}", part(name)), json!({})).await {
            Ok(joined) => joined["room_id"].as_str().map(str::to_owned).ok_or_else(|| gone(name).into()),
            Err(trouble) if trouble.is_forbidden() || trouble.is_not_found() => Err(gone(name).into()),
            Err(trouble) => Err(trouble.outcome("come into", name).into()),
        }
    }
}

//! What comes behind the answer to an interaction: for the asker's eyes, as the answer is.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    DiscordDoor,
    answer::{EPHEMERAL, UNKNOWN_WEBHOOK},
    asked::Asked,
    rest::Trouble,
};
use crate::chat::picture::Picture;

const TRIES: u32 = 6;

impl DiscordDoor {
    pub(super) async fn show(&self, asked: &Asked, picture: Picture) -> Result<(), String> {
        let body = json!({
            "content": picture.title,
            "attachments": [{"id": 0, "filename": picture.name, "description": picture.alt}],
        });
        self.follow_up(asked, body, Some(&picture)).await
    }

    /// The rest of an answer that was too long for one message, in order.
    pub(super) async fn go_on(&self, asked: &Asked, rest: &[String]) {
        for text in rest {
            if let Err(why) = self.follow_up(asked, json!({"content": text}), None).await {
                tracing::info!(why, "the rest of a long answer did not get through");
                return;
            }
        }
    }

    async fn follow_up(
        &self,
        asked: &Asked,
        mut body: Value,
        picture: Option<&Picture>,
    ) -> Result<(), String> {
        let path = format!("/webhooks/{}/{}", self.settings.application_id, asked.token);
        body["flags"] = json!(EPHEMERAL);
        let mut last = None;
        for try_number in 0..TRIES {
            let sent = match picture {
                Some(picture) => self.rest.post_with(&path, body.clone(), picture).await,
                None => self.rest.post(&path, body.clone()).await,
            };
            let wait = match sent {
                Ok(_) => return Ok(()),
                // Discord may be reading the first answer still.
                Err(trouble) if trouble.code() == UNKNOWN_WEBHOOK => {
                    last = Some(trouble);
                    Duration::from_millis(300 << try_number)
                }
                Err(trouble @ Trouble::Refused { .. }) => return Err(trouble.why()),
                Err(Trouble::Wait(after)) => after.min(Duration::from_secs(60)),
                // What may have been sent is not sent again: it would be there twice.
                Err(trouble @ Trouble::MaybeSent(_)) => return Err(trouble.why()),
                Err(trouble) => {
                    last = Some(trouble);
                    Duration::from_secs(1 << try_number)
                }
            };
            tokio::time::sleep(wait).await;
        }
        Err(last.map_or_else(|| "Discord asks to wait".to_owned(), |trouble| trouble.why()))
    }
}

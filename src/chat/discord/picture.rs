//! A picture behind the answer to an interaction, for the asker's eyes as the answer is.

use std::time::Duration;

use serde_json::json;

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
        let path = format!("/webhooks/{}/{}", self.settings.application_id, asked.token);
        let body = json!({
            "content": picture.title,
            "flags": EPHEMERAL,
            "attachments": [{"id": 0, "filename": picture.name, "description": picture.alt}],
        });
        let mut last = None;
        for try_number in 0..TRIES {
            let wait = match self.rest.post_with(&path, body.clone(), &picture).await {
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

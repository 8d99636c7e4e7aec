//! A picture in a channel: uploaded, and shown by a message of its own.

use std::sync::Arc;

use serde_json::json;

use super::{MattermostDoor, trouble::Trouble};
use crate::{
    chat::{
        picture::{self, Picture},
        trouble::insist,
        wire::txn,
    },
    desk::Answer,
    incident::refusal::Refusal,
};

impl MattermostDoor {
    /// Shows the picture of an answer, if it has one, where it was asked for. An answer there may be for the asker's eyes; a picture
    /// is for everybody's.
    pub(super) fn show_later(
        self: &Arc<Self>,
        done: &Result<Answer, Refusal>,
        channel: String,
        thread: Option<String>,
        once: String,
    ) {
        let door = self.clone();
        picture::show_later(done, move |picture| async move {
            door.show(&channel, thread.as_deref(), &once, picture).await
        });
    }

    async fn show(
        &self,
        channel: &str,
        thread: Option<&str>,
        once: &str,
        picture: Picture,
    ) -> Result<(), String> {
        if picture.is_restricted && self.bindings.private_of(channel).await != Some(picture.incident) {
            return Ok(());
        }
        self.put_picture(channel, thread, once, &picture).await.map_err(|trouble| trouble.why())
    }

    async fn put_picture(
        &self,
        channel: &str,
        thread: Option<&str>,
        once: &str,
        picture: &Picture,
    ) -> Result<(), Trouble> {
        let Ok(stand) = self.stand().await else { return Ok(()) };
        let put = insist(|| self.rest.upload(channel, picture)).await?;
        let Some(id) = put["file_infos"][0]["id"].as_str() else {
            return Err(Trouble::MaybeSent("the file has no id".into()));
        };
        let mut body = json!({
            "channel_id": channel, "message": picture.title, "file_ids": [id],
            "pending_post_id": txn(&stand.tag, &format!("picture/{once}")),
        });
        if let Some(root) = thread {
            body["root_id"] = json!(root);
        }
        insist(|| self.rest.post("/posts", &body)).await.map(drop)
    }
}

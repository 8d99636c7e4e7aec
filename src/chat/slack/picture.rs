//! A picture in a channel, by <https://docs.slack.dev/messaging/working-with-files>: a place for it is asked for, it is put there,
//! and shown.

use serde_json::json;

use super::{SlackDoor, heard::Heard, trouble::Trouble};
use crate::chat::{picture::Picture, trouble::insist};

impl SlackDoor {
    /// Where it was asked for, below the thread's beginning if there is one. An answer there is for the asker's eyes, a file is for
    /// everybody's.
    pub(super) async fn show(&self, heard: &Heard, picture: Picture) -> Result<(), String> {
        let Some(channel) = &heard.channel else { return Ok(()) };
        if picture.is_restricted && self.bindings.private_of(channel).await != Some(picture.incident) {
            return Ok(());
        }
        self.put_picture(channel, heard.thread.as_deref(), &picture).await.map_err(|trouble| trouble.why())
    }

    async fn put_picture(
        &self,
        channel: &str,
        thread: Option<&str>,
        picture: &Picture,
    ) -> Result<(), Trouble> {
        let about = [
            ("filename", picture.name.clone()),
            ("length", picture.png.len().to_string()),
            ("alt_txt", picture.alt.clone()),
        ];
        let place = insist(|| self.rest.tell("files.getUploadURLExternal", &about)).await?;
        let (Some(url), Some(id)) = (place["upload_url"].as_str(), place["file_id"].as_str()) else {
            return Err(Trouble::MaybeSent("it has no place for a file".into()));
        };
        insist(|| self.rest.upload(url, &picture.png)).await?;
        let files = json!([{"id": id, "title": picture.title}]).to_string();
        let mut args = vec![("files", files), ("channel_id", channel.to_owned())];
        args.extend(thread.map(|root| ("thread_ts", root.to_owned())));
        self.rest.tell("files.completeUploadExternal", &args).await.map(drop)
    }
}

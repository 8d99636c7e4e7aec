//! A picture in a room: uploaded to the homeserver, and shown as `m.image` below what it answers.

use std::time::Duration;

use serde_json::json;

use super::{MatrixDoor, render::in_reply, rest::Trouble};
use crate::chat::{picture::Picture, wire::txn};

const TRIES: u32 = 5;

impl MatrixDoor {
    pub(super) async fn show(
        &self,
        room: &str,
        event: &str,
        thread: Option<&str>,
        picture: Picture,
    ) -> Result<(), String> {
        let Ok(stand) = self.stand().await else { return Ok(()) };
        let mut last = None;
        for try_number in 0..TRIES {
            let done = self.put_picture(room, event, thread, &stand.tag, &picture).await;
            let wait = match done {
                Ok(()) => return Ok(()),
                Err(trouble @ Trouble::Refused { .. }) => return Err(trouble.why()),
                Err(Trouble::Wait(wait)) => wait,
                Err(trouble) => {
                    last = Some(trouble);
                    Duration::from_secs(1 << try_number)
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep(wait) => {}
            }
        }
        Err(last.map_or_else(|| "the homeserver asks to wait".to_owned(), |trouble| trouble.why()))
    }

    async fn put_picture(
        &self,
        room: &str,
        event: &str,
        thread: Option<&str>,
        tag: &str,
        picture: &Picture,
    ) -> Result<(), Trouble> {
        let address = self.rest.upload(picture).await?;
        let content = json!({
            "msgtype": "m.image", "body": picture.alt, "filename": picture.name, "url": address,
            "info": {
                "mimetype": "image/png", "w": picture.width, "h": picture.height, "size": picture.png.len(),
            },
        });
        let once = txn(tag, &format!("picture/{event}"));
        self.rest.send(room, &once, in_reply(content, event, thread)).await.map(drop)
    }
}

//! Whether Discord is there: where it speaks to us over HTTP and no gateway says so, and where the gateway lives on while requests
//! fail.

use std::sync::Arc;

use super::{DiscordDoor, NAME};
use crate::chat::{bring::catch_up, watch};

impl DiscordDoor {
    /// Looks whether Discord is there until the door is stopped. Whenever it is back the commands are seen to, and what
    /// waits goes out.
    pub(super) async fn watch(self: Arc<Self>) {
        watch::watch(&self.stop, || self.look_for_discord()).await;
    }

    /// Sees to requests that fail, whatever the gateway says, until the door is stopped.
    pub(super) async fn attend(self: Arc<Self>) {
        let (every, reach) = (self.settings.ask_every, &self.rest.reach);
        let heard = || self.standing.look().into();
        reach.attend((NAME, every), &self.stop, heard, || self.ask(), || self.is_back()).await;
    }

    /// Requests are answered again: what waits goes out, and a gateway that waits for its next try need not.
    async fn is_back(&self) {
        self.returns.send_modify(|count| *count += 1);
        catch_up(&self.desk, NAME).await;
    }

    async fn ask(&self) {
        // What comes of it is noted with every request.
        drop(self.rest.get("/users/@me").await);
    }

    async fn look_for_discord(self: &Arc<Self>) -> bool {
        let looked = self.rest.get("/users/@me").await;
        let is_news = self.standing.set_connected(looked.is_ok(), self.desk.world.now());
        match &looked {
            Ok(_) if is_news => {
                tracing::info!("Discord is there");
                tokio::spawn(self.clone().register());
                catch_up(&self.desk, NAME).await;
            }
            Ok(_) => {}
            Err(trouble) => {
                if is_news {
                    tracing::warn!("Discord does not answer: {}", trouble.why());
                }
                self.standing.error(trouble.why());
            }
        }
        looked.is_ok()
    }
}

//! Whether Slack is there: where it speaks to us over HTTP, and where the socket lives on while requests fail.

use super::{NAME, SlackDoor};
use crate::chat::{bring::catch_up, watch};

impl SlackDoor {
    /// Looks whether Slack is there until the door is stopped; when it is back, what waits goes out.
    pub(super) async fn watch(&self) {
        watch::watch(&self.stop, || self.look_for_slack()).await;
    }

    /// Sees to requests that fail, whatever the socket says, until the door is stopped.
    pub(super) async fn attend(&self) {
        let (every, reach) = (self.settings.ask_every, &self.rest.reach);
        let heard = || self.standing.look();
        reach.attend((NAME, every), &self.stop, heard, || self.ask(), || catch_up(&self.desk, NAME)).await;
    }

    async fn ask(&self) {
        // What comes of it is noted with every request.
        drop(self.rest.ask("auth.test", &[]).await);
    }

    /// So that it is remembered before Slack is away, whatever is said until then.
    pub(super) async fn learn_team(&self) {
        drop(self.stand().await);
    }

    async fn look_for_slack(&self) -> bool {
        let looked = self.rest.ask("auth.test", &[]).await;
        let is_news = self.standing.set_connected(looked.is_ok(), self.desk.world.now());
        match &looked {
            Ok(_) if is_news => {
                tracing::info!("Slack is there");
                self.learn_team().await;
                catch_up(&self.desk, NAME).await;
            }
            Ok(_) => {}
            Err(trouble) => {
                if is_news {
                    tracing::warn!("Slack does not answer: {}", trouble.why());
                }
                self.standing.error(trouble.why());
            }
        }
        looked.is_ok()
    }
}

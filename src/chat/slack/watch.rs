//! Where Slack speaks to us over HTTP, nothing says that it is there: it is asked now and then.

use std::time::Duration;

use super::{NAME, SlackDoor};
use crate::chat::bring::catch_up;

const EVERY: Duration = Duration::from_secs(60);
const EVERY_WHEN_AWAY: Duration = Duration::from_secs(5);

impl SlackDoor {
    /// Looks whether Slack is there until the door is stopped; when it is back, what waits goes out.
    pub(super) async fn watch(&self) {
        while !self.stop.is_cancelled() {
            let looked = self.rest.ask("auth.test", &[]).await;
            let is_there = looked.is_ok();
            let is_news = self.standing.set_connected(is_there, self.desk.world.now());
            match looked {
                Ok(_) if is_news => {
                    tracing::info!("Slack is there");
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
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(if is_there { EVERY } else { EVERY_WHEN_AWAY }) => {}
            }
        }
    }
}

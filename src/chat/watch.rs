//! Where a chat speaks to us over HTTP, nothing says that it is there: it is asked now and then.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(60);
const EVERY_WHEN_AWAY: Duration = Duration::from_secs(5);

/// Has a look taken until `stop`; `look` says whether the chat is there.
pub(super) async fn watch<F>(stop: &CancellationToken, look: impl Fn() -> F)
where
    F: Future<Output = bool>,
{
    while !stop.is_cancelled() {
        let pause = if look().await { EVERY } else { EVERY_WHEN_AWAY };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

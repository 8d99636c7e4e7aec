//! What is asked of a door and must be acknowledged soon: answered at once where that is quick enough, later otherwise.

use std::time::Duration;

/// What is not done by now is acknowledged, and answered later: of the three seconds that chats wait, a third is left
/// for the way.
const PATIENCE: Duration = Duration::from_millis(1_900);
/// A command that says nothing for this long is given up by the door; what it did stands on the timeline.
const LONGEST: Duration = Duration::from_secs(20 * 60);

/// What came of something that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Nothing,
    /// For the asker's eyes.
    Words(String),
    /// A form is shown again with this below its first question.
    Refused {
        first: String,
        why: String,
    },
}

/// What came of it, if that is soon; `None` within: it broke down. Otherwise `later` gets it.
pub(super) async fn in_time<F>(
    doing: impl Future<Output = Reply> + Send + 'static,
    later: impl FnOnce(Option<Reply>) -> F + Send + 'static,
) -> Option<Option<Reply>>
where
    F: Future<Output = ()> + Send,
{
    // A task of its own: what is under way is seen through.
    let mut doing = tokio::spawn(doing);
    if let Ok(done) = tokio::time::timeout(PATIENCE, &mut doing).await {
        return Some(done.ok());
    }
    tokio::spawn(async move {
        let done = tokio::time::timeout(LONGEST, doing).await.ok().and_then(Result::ok);
        later(done).await;
    });
    None
}

//! E-mail in, for monitors that can do nothing else: mailboxes that are read by IMAP (`mailbox.rs`), and a small SMTP listener
//! (RFC 5321). A letter to `NAME@anything` is a delivery of the hook NAME, `NAME+TOKEN@anything` shows the hook's token.
//!
//! The listener is the end of a way, not a stop on it: no relaying, no accounts, no TLS of its own; a mail server before it has those.
//! 250 means on disk, as with a hook; whatever keeps a letter from it for now is 451, and its sender tries again.

mod imap;
mod letter;
pub mod mailbox;
mod session;

use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

pub use letter::Letter;

/// Conversations at once; more wait in the kernel's queue.
const CONVERSATIONS_MAX: usize = 64;

/// What became of a letter, or of whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// On disk.
    Taken,
    /// Not now: it is to be sent again.
    Later(String),
    /// Never, and why.
    Refused(String),
}

/// Whom a letter is for: a hook, and the token that is shown to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub hook: String,
    pub token: Option<String>,
}

type Answer = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What stands behind the door: asked first about each recipient, then given the letter.
pub trait Desk: Send + Sync {
    /// Whether letters from this address are taken for it.
    fn admit(&self, recipient: &Recipient, from: IpAddr) -> Outcome;
    /// On disk when it is taken.
    fn take(&self, recipient: Recipient, letter: Arc<Letter>) -> Answer;
}

#[derive(Debug, Clone)]
pub struct Settings {
    /// The name that it is greeted by.
    pub host: String,
    pub letter_bytes_max: usize,
}

/// Listens until told to stop.
pub async fn listen(
    listener: Arc<TcpListener>,
    settings: Settings,
    desk: Arc<dyn Desk>,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(CONVERSATIONS_MAX));
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a conversation by SMTP could not be taken");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        let (settings, desk, stop) = (settings.clone(), desk.clone(), stop.clone());
        tokio::spawn(async move {
            if let Err(error) = session::converse(stream, peer.ip(), &settings, &*desk, &stop).await {
                tracing::debug!(%error, client = %peer.ip(), "a conversation by SMTP broke off");
            }
            drop(permit);
        });
    }
}

//! Files that came with a message which somebody put on the timeline. They stay where they are; the timeline has their names,
//! where they are found, and their hashes, by which it can be shown later that one is still the same.

use std::{sync::Arc, time::Duration};

use reqwest::Response;
use tokio::sync::Semaphore;

use super::{BoxFuture, bring::Place, follow::Change, wire::plainly};
use crate::{
    desk::{Along, Caller},
    incident::{
        command::Command,
        id::IncidentId,
        sum::{Adder, Sum},
    },
    people::Person,
};

/// For a file as a whole.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Longer files are named without a hash.
const BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Files of one message that are put on the timeline.
const FILES_MAX: usize = 10;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;
/// Files that the house reads at one time, of all chats: cards and lines go over the same line, and have the most of it.
const AT_ONCE_MAX: usize = 2;

static READING: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

/// What is bound to a file of a message: it stands on the timeline with its hash, or without.
const WITH_SUM: &str = "with its hash";
const NAMED: &str = "named";

/// A file of a message.
pub(super) struct File {
    /// As the chat names it.
    id: String,
    name: String,
    /// Where people find it.
    link: String,
    /// Begins when it is its turn.
    reading: BoxFuture<'static, Result<Response, String>>,
}

impl File {
    pub fn new(
        id: &str,
        name: Option<&str>,
        link: String,
        reading: impl Future<Output = Result<Response, String>> + Send + 'static,
    ) -> Self {
        let name: String = name.unwrap_or("a file").chars().filter(|c| !c.is_control()).collect();
        let name = match name.trim().chars().take(NAME_CHARS_MAX).collect::<String>() {
            name if name.is_empty() => "a file".to_owned(),
            name => name,
        };
        Self { id: id.to_owned(), name, link, reading: Box::pin(reading) }
    }
}

/// Reads a file to its end, and keeps nothing of it but its sum.
///
/// # Errors
/// Why there is none, in words for the log.
async fn sum_of(mut response: Response) -> Result<Sum, String> {
    if !response.status().is_success() {
        return Err(format!("the answer was {}", response.status().as_u16()));
    }
    let too_long = || format!("it is longer than {BYTES_MAX} bytes");
    if response.content_length().is_some_and(|bytes| bytes > BYTES_MAX) {
        return Err(too_long());
    }
    let mut adder = Adder::default();
    while let Some(piece) = response.chunk().await.map_err(|e| plainly(&e.without_url()))? {
        adder.add(&piece);
        if adder.bytes() > BYTES_MAX {
            return Err(too_long());
        }
    }
    Ok(adder.sum())
}

/// Puts the files of a message on the timeline after it, each once, when they are read. One that could not be read is named; the
/// next time that its message is put there, it is tried again.
pub(super) fn put_later<P: Place + 'static>(
    place: &Arc<P>,
    pinned: &Change<'_>,
    incident: IncidentId,
    files: Vec<File>,
) {
    let (place, by, message) = (place.clone(), pinned.by.clone(), pinned.target.to_owned());
    tokio::spawn(async move {
        for file in files.into_iter().take(FILES_MAX) {
            put(&*place, &by, &message, incident, file).await;
        }
    });
}

async fn put(place: &impl Place, by: &Person, message: &str, incident: IncidentId, file: File) {
    let (bindings, chat, bound) = (place.bindings(), place.bindings().chat(), format!("file/{}", file.id));
    let before = bindings.bound(message, &bound).await.ok().flatten();
    if before.as_deref() == Some(WITH_SUM) {
        return;
    }
    let sum = async {
        // It is never closed.
        let _turn = READING.acquire().await.map_err(|error| error.to_string())?;
        sum_of(file.reading.await?).await
    };
    let sum =
        sum.await.inspect_err(|why| tracing::warn!(file.name, why, "a file is named without its hash")).ok();
    let now = if sum.is_some() { WITH_SUM } else { NAMED };
    if before.as_deref() == Some(now) {
        return;
    }
    let once = Some(format!("{chat}:pin:{message}:file:{}:{now}", file.id));
    let (along, command) =
        (Along { once, ..Along::default() }, Command::AddLink { label: file.name, url: file.link, sum });
    if let Err(refusal) =
        place.desk().submit(Caller::person(by.clone(), chat), incident, command, along).await
    {
        return tracing::warn!(%incident, %refusal, "a file of a message is not on the timeline");
    }
    if let Err(halt) = bindings.bind(message, &bound, now).await {
        tracing::warn!(?halt, "a file of a message may be read again");
    }
}

//! Files that came with a message which somebody put on the timeline. They stay where they are; the timeline has their names,
//! where they are found, and their hashes, by which it can be shown later that one is still the same. What is no more in its
//! message leaves the timeline, too.

use std::{iter, sync::Arc, time::Duration};

use reqwest::Response;
use tokio::sync::Semaphore;

use super::{
    BoxFuture,
    bring::Place,
    follow::{self, Change, entry_in},
    wire::plainly,
};
use crate::{
    desk::{Along, Caller},
    incident::{
        command::Command,
        id::IncidentId,
        refusal::Because,
        sum::{Adder, Sum},
    },
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

/// What is bound to a file of a message: it stands on the timeline with its hash, or without, or it was taken off.
const WITH_SUM: &str = "with its hash";
const NAMED: &str = "named";
const GONE: &str = "gone";
/// Under which it is bound to a message which files it has: after a first line, each by its id.
const FILES: &str = "files";
/// Under which it is bound to a message that it was deleted.
const DELETED: &str = "deleted";
/// Why a file left the timeline.
const TAKEN_OUT: &str = "the file was taken out of its message";

/// A file of a message.
pub(super) struct File {
    /// As the chat names it.
    id: String,
    name: String,
    /// Where people find it.
    link: String,
    /// How long it is, where the chat itself has counted.
    bytes: Option<u64>,
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
        Self { id: id.to_owned(), name, link, bytes: None, reading: Box::pin(reading) }
    }

    /// The same, of which the chat says how long it is: whatever else is read in its place is not the file.
    pub fn of_bytes(self, bytes: Option<u64>) -> Self {
        Self { bytes, ..self }
    }
}

/// Reads a file to its end, and keeps nothing of it but its sum.
///
/// # Errors
/// Why there is none, in words for the log.
async fn sum_of(mut response: Response, bytes: Option<u64>) -> Result<Sum, String> {
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
    match bytes {
        Some(bytes) if bytes != adder.bytes() => {
            Err(format!("it was to have {bytes} bytes, and what came has {}", adder.bytes()))
        }
        _ => Ok(adder.sum()),
    }
}

/// The files of a message on the timeline, as it has them now: each is put there once, when it is read, and what the message has
/// no more is taken off. One that could not be read is named; the next time that its message is put there, it is tried again.
pub(super) async fn follow<P: Place + 'static>(
    place: &Arc<P>,
    change: &Change<'_>,
    incident: IncidentId,
    files: Vec<File>,
) {
    let (bindings, heard) = (place.bindings(), format!("files by {}", change.event));
    // Told again, it may be older than what was told since.
    if bindings.bound(change.target, &heard).await.is_ok_and(|before| before.is_some()) {
        return;
    }
    let ids = files.iter().map(|file| file.id.as_str());
    let now = iter::once("has").chain(ids).collect::<Vec<_>>().join("\n");
    for (name, value) in [(FILES, now.as_str()), (heard.as_str(), "1")] {
        if let Err(halt) = bindings.bind(change.target, name, value).await {
            tracing::warn!(?halt, message = change.target, "which files a message has is not kept");
        }
    }
    take_away(&**place, change).await;
    let (place, by) = (place.clone(), change.by.clone());
    let (event, target) = (change.event.to_owned(), change.target.to_owned());
    tokio::spawn(async move {
        let change = Change { by, event: &event, target: &target, quoted: None, written_at: None };
        for file in files.into_iter().take(FILES_MAX) {
            put(&*place, &change, incident, file).await;
        }
    });
}

/// A message was deleted, and its files with it.
pub(super) async fn follow_deletion(place: &impl Place, deletion: &Change<'_>) {
    if let Err(halt) = place.bindings().bind(deletion.target, DELETED, "1").await {
        tracing::warn!(?halt, message = deletion.target, "the files of a deleted message stay");
    }
    take_away(place, deletion).await;
}

fn state_name(id: &str) -> String {
    format!("file/{id}")
}

/// Under which the entry of a file is bound to its message.
fn entry_name(id: &str, state: &str) -> String {
    format!("file {state}/{id}")
}

/// The key under which a file is put on the timeline.
fn key_of(chat: &str, message: &str, id: &str, state: &str) -> String {
    format!("{chat}:pin:{message}:file:{id}:{state}")
}

fn value<'a>(bound: &'a [(String, String)], name: &str) -> Option<&'a str> {
    bound.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Whether a message has a file still, by what is bound to it.
fn has(bound: &[(String, String)], id: &str) -> bool {
    value(bound, DELETED).is_none()
        && value(bound, FILES).is_none_or(|files| files.lines().skip(1).any(|one| one == id))
}

/// The same; what cannot be looked up is there.
async fn is_there(place: &impl Place, message: &str, id: &str) -> bool {
    !place.bindings().all(message).await.is_ok_and(|bound| !has(&bound, id))
}

/// The entry of a file.
async fn entry_of(
    place: &impl Place,
    message: &str,
    bound: &[(String, String)],
    (id, state): (&str, &str),
) -> Option<(IncidentId, u64)> {
    if let Some(entry) = value(bound, &entry_name(id, state)) {
        return entry_in(entry);
    }
    // Earlier versions did not bind it.
    let answer = place.desk().answer_under(&key_of(place.bindings().chat(), message, id, state)).await?;
    Some((answer.incident?, answer.seq?))
}

/// Takes off the timeline what a message has no more.
async fn take_away(place: &impl Place, change: &Change<'_>) {
    let (bindings, message) = (place.bindings(), change.target);
    let Ok(bound) = bindings.all(message).await else {
        return tracing::warn!(message, "files do not follow their message: the journal does not answer");
    };
    let reason = if value(&bound, DELETED).is_some() { follow::DELETED } else { TAKEN_OUT };
    for (name, state) in &bound {
        let Some(id) = name.strip_prefix("file/") else { continue };
        if state == GONE || has(&bound, id) {
            continue;
        }
        let mut is_done = true;
        for how in [NAMED, WITH_SUM] {
            let Some((incident, entry)) = entry_of(place, message, &bound, (id, how)).await else {
                continue;
            };
            if let Err(refusal) = follow::take_off(place, change, incident, entry, reason).await {
                tracing::info!(%incident, entry, %refusal, "the entry of a file does not follow its message");
                is_done &= refusal.because != Because::Unavailable;
            }
        }
        if is_done && let Err(halt) = bindings.bind(message, name, GONE).await {
            tracing::warn!(?halt, message, "it is not kept that a file was taken off the timeline");
        }
    }
}

async fn put(place: &impl Place, change: &Change<'_>, incident: IncidentId, file: File) {
    let (bindings, chat, message) = (place.bindings(), place.bindings().chat(), change.target);
    let File { id, name, link, bytes, reading } = file;
    let before = bindings.bound(message, &state_name(&id)).await.ok().flatten();
    if before.as_deref() == Some(WITH_SUM) {
        return;
    }
    let sum = async {
        // It is never closed.
        let _turn = READING.acquire().await.map_err(|error| error.to_string())?;
        sum_of(reading.await?, bytes).await
    };
    let sum = sum
        .await
        .inspect_err(|why| tracing::warn!(file = name, why, "a file is named without its hash"))
        .ok();
    let now = if sum.is_some() { WITH_SUM } else { NAMED };
    if before.as_deref() == Some(now) {
        return;
    }
    if !is_there(place, message, &id).await {
        return tracing::info!(file = name, "a file was taken out of its message before it was read");
    }
    let mut once = key_of(chat, message, &id, now);
    // It was in the message before.
    if before.as_deref() == Some(GONE) {
        once = format!("{once}:{}", change.event);
    }
    let (along, command) =
        (Along { once: Some(once), ..Along::default() }, Command::AddLink { label: name, url: link, sum });
    let caller = Caller::person(change.by.clone(), chat);
    let answer = match place.desk().submit(caller, incident, command, along).await {
        Ok(answer) => answer,
        Err(refusal) => {
            return tracing::warn!(%incident, %refusal, "a file of a message is not on the timeline");
        }
    };
    if let (Some(incident), Some(seq)) = (answer.incident, answer.seq)
        && let Err(halt) = bindings.bind(message, &entry_name(&id, now), &format!("{incident}/{seq}")).await
    {
        tracing::warn!(?halt, "the entry of a file will not follow its message for long");
    }
    if let Err(halt) = bindings.bind(message, &state_name(&id), now).await {
        tracing::warn!(?halt, "a file of a message may be read again");
    }
    // It may have gone meanwhile, when nothing of it was bound yet.
    if !is_there(place, message, &id).await {
        take_away(place, change).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_as_long_as_the_chat_says_is_not_hashed_as_the_file() {
        let answer = |body: &'static str| Response::from(axum::http::Response::new(body));
        let sum = sum_of(answer("abc"), Some(3)).await.unwrap();
        assert!(sum.to_string().contains("3 bytes, SHA-256 ba7816bf"), "{sum}");
        assert_eq!(sum_of(answer("abc"), None).await.unwrap(), sum);
        let why = sum_of(answer("<html>Please log in</html>"), Some(3)).await.unwrap_err();
        assert_eq!(why, "it was to have 3 bytes, and what came has 26");
        assert!(sum_of(answer(""), Some(3)).await.is_err());
    }

    #[test]
    fn a_message_has_the_files_that_the_chat_told_last_and_none_once_it_is_deleted() {
        let bound = |of: &[(&str, &str)]| {
            of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        // Of one that was put there by an earlier version, nothing else is known.
        assert!(has(&bound(&[("file/F1", WITH_SUM)]), "F1"));
        let two = bound(&[("file/F1", WITH_SUM), (FILES, "has\nF2\nF3")]);
        assert!(!has(&two, "F1") && has(&two, "F2") && has(&two, "F3"));
        assert!(!has(&bound(&[(FILES, "has")]), "has"));
        assert!(!has(&bound(&[(FILES, "has\nF2"), (DELETED, "1")]), "F2"));
    }
}

//! Files that came with a message which somebody put on the timeline. They stay where they are; the timeline has their names,
//! where they are found, and their hashes, by which it can be shown later that one is still the same.

use std::{sync::Arc, time::Duration};

use reqwest::Response;

use super::{bring::Place, follow::Change, wire::causes};
use crate::{
    desk::{Along, Caller},
    incident::{
        command::Command,
        id::IncidentId,
        sum::{Adder, Sum},
    },
};

/// For a file as a whole.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Longer files are named without a hash.
const BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Files of one message that are read.
pub(super) const FILES_MAX: usize = 10;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;

/// A file of a message.
pub(super) struct File {
    pub name: String,
    /// Where people find it.
    pub link: String,
    /// None where it could not be read.
    pub sum: Option<Sum>,
}

/// Reads a file to its end, and keeps nothing of it but its sum.
///
/// # Errors
/// Why there is none, in words for the log.
pub(super) async fn sum_of(mut response: Response) -> Result<Sum, String> {
    if !response.status().is_success() {
        return Err(format!("the answer was {}", response.status().as_u16()));
    }
    let mut adder = Adder::default();
    while let Some(piece) = response.chunk().await.map_err(|e| causes(&e.without_url()))? {
        adder.add(&piece);
        if adder.bytes() > BYTES_MAX {
            return Err(format!("it is longer than {BYTES_MAX} bytes"));
        }
    }
    Ok(adder.sum())
}

/// The file, read by `reading`; what keeps it from being read is logged.
pub(super) async fn file(
    name: Option<&str>,
    link: String,
    reading: impl Future<Output = Result<Response, String>>,
) -> File {
    let name: String = name.unwrap_or("a file").chars().filter(|c| !c.is_control()).collect();
    let name = match name.trim().chars().take(NAME_CHARS_MAX).collect::<String>() {
        name if name.is_empty() => "a file".to_owned(),
        name => name,
    };
    let sum = async { sum_of(reading.await?).await };
    let sum = sum.await.inspect_err(|why| tracing::warn!(name, why, "a file is named without its hash"));
    File { name, link, sum: sum.ok() }
}

/// Puts the files of a message on the timeline after it, each once, when they are read.
pub(super) fn put_later<P: Place + 'static>(
    place: &Arc<P>,
    pinned: &Change<'_>,
    incident: IncidentId,
    reading: impl Future<Output = Vec<File>> + Send + 'static,
) {
    let (place, by, message) = (place.clone(), pinned.by.clone(), pinned.target.to_owned());
    tokio::spawn(async move {
        let chat = place.bindings().chat();
        for (n, file) in reading.await.into_iter().enumerate() {
            let along = Along { once: Some(format!("{chat}:pin:{message}:file{n}")), ..Along::default() };
            let command = Command::AddLink { label: file.name, url: file.link, sum: file.sum };
            let caller = Caller::person(by.clone(), chat);
            if let Err(refusal) = place.desk().submit(caller, incident, command, along).await {
                tracing::warn!(%incident, %refusal, "a file of a message is not on the timeline");
            }
        }
    });
}

//! Messages that people put on the timeline by 📌, and what becomes of the entry when their message changes.

use std::{mem, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Say, Words,
    bindings::Spot,
    bring::{FORMER, GONE, Place},
    files::{self, File},
    words::{is_of_same_words, of_its_author},
};
use crate::{
    desk::{Along, Answer, Caller},
    grammar::{self, Lexicon, Spoken},
    incident::{
        command::Command,
        event::{Entry, Event},
        id::IncidentId,
        refusal::{Because, Refusal},
    },
    journal::rows::Quoted,
    mask::Masked,
    people::Person,
};

/// Why an entry follows its message.
const EDITED: &str = "its author changed the message";
pub(super) const DELETED: &str = "the message was deleted in the chat";
/// In place of the words of a message that is no more.
const NO_MORE: &str = "(deleted)";

/// What is said of a 📌 on a message of no incident.
pub(super) const NOWHERE: &str = "This message belongs to no incident, so it is on no timeline. Type `note TEXT` where the incident \
     is worked on; a 📌 on a message there puts that on its timeline.";
/// That much later it is said again in the same place.
const NOWHERE_AGAIN: TimeDelta = TimeDelta::hours(24);
/// Under which it is bound to a place when that was said there.
const NOWHERE_TOLD: &str = "pinned nowhere";
/// Under which it is bound to a message that its author was told that an edit is not followed.
const NOT_FOLLOWED: &str = "not followed";

/// Something that somebody did to a message.
pub(super) struct Change<'a> {
    pub by: Person,
    /// The same whenever it is heard again.
    pub event: &'a str,
    /// The message.
    pub target: &'a str,
    /// The same, where somebody is told of a secret in it; without, whoever did this reads so in the answer.
    pub quoted: Option<Quoted>,
    /// When the message was written, where the chat says so: an entry that is made of it a while later stands at that time.
    pub written_at: Option<DateTime<Utc>>,
}

/// Puts a message on the timeline as the note `argv`: in this incident, or where none is named in the one that is meant. Each
/// message has one entry; put there again it is corrected. `author`: their account, who may change it. `files` are waited for
/// by nobody.
///
/// # Errors
/// Nothing is put there; in words for whoever wanted it.
pub(super) async fn put_on_timeline<P: Place + 'static>(
    place: &Arc<P>,
    say: &Say,
    pinned: &Change<'_>,
    incident: Option<IncidentId>,
    author: &str,
    mut argv: Vec<String>,
    files: Vec<File>,
) -> Result<Answer, Refusal> {
    if let Some((incident, entry)) = entry_of(&**place, pinned.target).await {
        // Whoever may not see the incident is not told which one it is.
        if !place.desk().seen_by(&pinned.by).may_see(incident).await {
            return Err(is_noted(None));
        }
        files::follow(place, pinned, incident, files).await;
        return correct(&**place, pinned, incident, entry, argv).await;
    }
    let (bindings, target) = (place.bindings(), pinned.target);
    let caller = Caller::person(pinned.by.clone(), bindings.chat()).quoting(pinned.quoted.clone());
    let caller = caller.written(pinned.written_at);
    // Before there is an entry: from its first moment on it follows its message.
    if let Err(halt) = bindings.bind(target, "author", author).await {
        tracing::warn!(?halt, target, "the entry will not follow its message");
    }
    if let Some(note) = argv.last_mut() {
        *note = of_its_author(&pinned.by, mem::take(note));
    }
    let answer = say(caller, incident, Words::Argv(argv), Some(key_of(bindings.chat(), target))).await?;
    let (Some(incident), Some(seq)) = (answer.incident, answer.seq) else { return Ok(answer) };
    let entry = format!("{incident}/{seq}");
    if let Err(halt) = bindings.bind(target, "entry", &entry).await {
        tracing::warn!(?halt, entry, "the entry will not follow its message for long");
    }
    files::follow(place, pinned, incident, files).await;
    Ok(answer)
}

/// The key under which a message is put on the timeline.
fn key_of(chat: &str, message: &str) -> String {
    format!("{chat}:pin:{message}")
}

/// The entry that a message has become. Until they are bound, or if the process ended before, it is known by what was answered.
pub(super) async fn entry_of(place: &impl Place, message: &str) -> Option<(IncidentId, u64)> {
    let bindings = place.bindings();
    let Some(entry) = bindings.bound(message, "entry").await.ok()? else {
        let answer = place.desk().answer_under(&key_of(bindings.chat(), message)).await?;
        return Some((answer.incident?, answer.seq?));
    };
    entry_in(&entry)
}

/// An entry as it is bound: `INC-1/7`.
pub(super) fn entry_in(bound: &str) -> Option<(IncidentId, u64)> {
    let (incident, seq) = bound.rsplit_once('/')?;
    Some((incident.parse().ok()?, seq.parse().ok()?))
}

/// What is said of a message that is on a timeline with these words; `None`: on one that is not for the asker's eyes.
pub(super) fn is_noted(entry: Option<(IncidentId, u64)>) -> Refusal {
    match entry {
        Some((incident, entry)) => Refusal::conflict(
            format!("That message is on the timeline of {incident} already, as entry {entry}."),
            "Choose it again when its words have changed.",
        ),
        None => Refusal::conflict(
            "That message is on a timeline already.",
            "Use `note` where you want its words as well.",
        ),
    }
}

/// What is said of a 📌 in a place of no incident: once, and not again for a while, whoever puts more of them there. `at`: the place,
/// or whoever reads it there alone.
pub(super) async fn nowhere(place: &impl Place, at: &str) -> Option<&'static str> {
    let (bindings, now) = (place.bindings(), place.desk().world.now());
    let told = bindings.bound(at, NOWHERE_TOLD).await.ok()?;
    let told = told.and_then(|told| DateTime::from_timestamp(told.parse().ok()?, 0));
    if told.is_some_and(|told| now - told < NOWHERE_AGAIN) {
        return None;
    }
    // Before it is said: rather it is left out than said for each.
    bindings.bind(at, NOWHERE_TOLD, &now.timestamp().to_string()).await.ok()?;
    Some(NOWHERE)
}

/// The note on a message that was changed in a chat that does not tell how.
pub(super) fn changed(entry: u64, chat: &str) -> String {
    format!(
        "The message of entry {entry} was changed in {chat} since. Put on the timeline again, its new words replace the old."
    )
}

/// What is said of a message that went on the timeline where secrets of these kinds were masked: unlike a command for the bot, it
/// stands where people read it.
pub(super) fn warning(kinds: &str) -> String {
    format!(
        "There is a secret in this message ({kinds}): delete it here, and make a new one. The timeline has it masked."
    )
}

/// The author of a message on the timeline has changed it: they correct the entry. `editor`: the account that did it;
/// `argv`: the note that the message would be now; `files`: those that it has now, where the chat says.
pub(super) async fn follow_edit<P: Place + 'static>(
    place: &Arc<P>,
    edit: &Change<'_>,
    editor: &str,
    argv: Vec<String>,
    files: Option<Vec<File>>,
) {
    let Some((incident, entry)) = entry_of(&**place, edit.target).await else { return };
    if place.bindings().bound(edit.target, "author").await.ok().flatten().as_deref() != Some(editor) {
        return;
    }
    reword(&**place, edit, incident, entry, argv).await;
    if let Some(files) = files {
        files::follow(place, edit, incident, files).await;
    }
}

/// The entry of a message that says something else now.
async fn reword(place: &impl Place, edit: &Change<'_>, incident: IncidentId, entry: u64, argv: Vec<String>) {
    let Ok(made) = made_of(place, incident, entry).await else {
        tracing::warn!(%incident, entry, "an entry does not follow its message: the journal does not answer");
        return;
    };
    let text = anew(made.as_ref(), argv);
    // A preview that the chat adds is no edit, and neither is one of before the message was put there.
    if made.as_ref().is_some_and(|made| is_of_same_words(&made.words, &masked(&text).0)) {
        return;
    }
    if made.is_some_and(|made| made.is_by_hand) {
        tracing::info!(%incident, entry, "an entry that was corrected by hand does not follow its message");
        return;
    }
    let reason = EDITED.into();
    let command = Command::Correct { target: entry, text, at: None, reason, follows: true };
    if let Err(refusal) = follow(place, edit, incident, command, "edit").await {
        tracing::info!(%incident, entry, %refusal, "an entry does not follow its message");
    }
}

/// What is said of an edited note that is not followed.
fn as_it_stands(entry: u64) -> String {
    format!(
        "This edit is not followed: the timeline keeps the words that it has. `entry correct {entry} TEXT` changes them."
    )
}

/// What is to be said of a message, unless something of that kind was said of it before.
async fn once_of(place: &impl Place, message: &str, words: String) -> Option<String> {
    let bindings = place.bindings();
    if bindings.bound(message, NOT_FOLLOWED).await.ok()?.is_some() {
        return None;
    }
    // Before it is said: rather it is left out than said for each edit.
    bindings.bind(message, NOT_FOLLOWED, "1").await.ok()?;
    Some(words)
}

/// The author of a message by which a note was made has changed it: the entry follows. `words`: the command that it would be now.
/// Returns what the author is to be told where it cannot follow; once for each message.
pub(super) async fn follow_typed(
    place: &impl Place,
    edit: &Change<'_>,
    words: Option<String>,
) -> Option<String> {
    let (incident, entry) = typed_entry(place, edit.target).await?;
    let made = made_of(place, incident, entry).await.ok().flatten()?;
    if made.author.id != edit.by.id {
        return None;
    }
    let Some(text) = words.as_deref().and_then(text_of_note) else {
        return once_of(place, edit.target, as_it_stands(entry)).await;
    };
    if made.words == masked(&text).0.trim() {
        return None;
    }
    if made.is_by_hand {
        return once_of(place, edit.target, by_hand(entry).to_string()).await;
    }
    let reason = EDITED.into();
    let command = Command::Correct { target: entry, text, at: None, reason, follows: true };
    let refusal = follow(place, edit, incident, command, "edit").await.err()?;
    once_of(place, edit.target, refusal.to_string()).await
}

/// What a note says, where the words are one of the usual kind: of now, in the incident of the place.
fn text_of_note(words: &str) -> Option<String> {
    match grammar::parse(words, &Person::named, Lexicon::usual()).ok()? {
        Spoken::On { command: Command::Note { text, at: None }, .. } => Some(text),
        _ => None,
    }
}

/// A message that is on the timeline was put there again, with the note that it would be now.
async fn correct(
    place: &impl Place,
    again: &Change<'_>,
    incident: IncidentId,
    entry: u64,
    argv: Vec<String>,
) -> Result<Answer, Refusal> {
    let made = made_of(place, incident, entry).await?;
    let text = anew(made.as_ref(), argv);
    let (stored, kinds) = masked(&text);
    let refused = match made {
        Some(made) if made.is_by_hand => Some(by_hand(entry)),
        Some(made) if is_of_same_words(&made.words, &stored) => Some(is_noted(Some((incident, entry)))),
        _ => None,
    };
    if let Some(refused) = refused {
        // Whoever did not get the first answer asks again.
        let why = if kinds.is_empty() { refused.why } else { format!("{} {}", refused.why, warning(&kinds)) };
        return Err(Refusal { why, ..refused });
    }
    let reason = EDITED.into();
    let command = Command::Correct { target: entry, text, at: None, reason, follows: true };
    follow(place, again, incident, command, "again").await
}

/// A text as it is stored, and the kinds of secrets in it.
fn masked(text: &str) -> (String, String) {
    let (mut stored, mut masked) = (text.to_owned(), Masked::default());
    masked.mask(&mut stored);
    (stored, masked.kinds())
}

/// A note that was made of a message.
struct Made {
    author: Person,
    /// What it was made to say last: the message as it was then.
    words: String,
    /// Somebody has put it in other words since, and those stand.
    is_by_hand: bool,
}

/// `None`: the entry is no note.
async fn made_of(place: &impl Place, incident: IncidentId, entry: u64) -> Result<Option<Made>, Refusal> {
    Ok(made(&place.desk().read_from(incident, entry).await?))
}

/// Of a note and the entries after it.
fn made(entries: &[Entry]) -> Option<Made> {
    let (first, later) = entries.split_first()?;
    let Event::Noted { text, .. } = &first.event else { return None };
    let is_redacted = |seq: u64| {
        later.iter().any(|one| matches!(one.event, Event::EntryRedacted { target, .. } if target == seq))
    };
    let mut made = Made { author: first.actor.person.clone(), words: text.clone(), is_by_hand: false };
    let is_gone = is_redacted(first.seq);
    for one in later {
        let Event::EntryCorrected { target, text, reason, .. } = &one.event else { continue };
        if *target != first.seq {
            continue;
        }
        if [EDITED, DELETED].contains(&reason.as_str()) {
            made.words.clone_from(text);
            made.is_by_hand = false;
        } else if !is_gone && !is_redacted(one.seq) {
            made.is_by_hand = true;
        }
    }
    Some(made)
}

/// What is said of a message whose entry has other words than those of any message.
fn by_hand(entry: u64) -> Refusal {
    Refusal::conflict(
        format!("Entry {entry} was corrected by hand, so it does not follow its message any more."),
        format!("To put other words there: `entry correct {entry} TEXT`."),
    )
}

/// What is said of a message that was deleted, where its entry has other words.
fn stays(entry: u64) -> Refusal {
    Refusal::conflict(
        format!("Entry {entry} was corrected by hand, so it stays although its message was deleted."),
        format!("Whoever has command can take it off the timeline: `entry redact {entry} REASON`."),
    )
}

/// What an entry would say that was made of its message now, under the same name.
fn anew(made: Option<&Made>, mut argv: Vec<String>) -> String {
    let note = argv.pop().unwrap_or_default();
    match made {
        Some(made) => of_its_author(&made.author, note),
        None => note,
    }
}

/// The author of a message on the timeline has changed it, and the chat does not tell how: the timeline says so much.
pub(super) async fn note_edit(place: &impl Place, edit: &Change<'_>) {
    let Some((incident, entry)) = entry_of(place, edit.target).await else { return };
    let text = changed(entry, place.title());
    if let Err(refusal) = follow(place, edit, incident, Command::Note { text, at: None }, "changed").await {
        tracing::info!(%incident, entry, %refusal, "a change of a message is not on the timeline");
    }
}

/// A message on the timeline was deleted: its entry and those of its files are redacted, or where that is not for this person,
/// corrected. What somebody put in other words by hand stays; returns what whoever deleted the message is to be told of that.
pub(super) async fn follow_deletion(place: &impl Place, deletion: &Change<'_>) -> Option<String> {
    let (incident, entry) = entry_behind(place, deletion).await?;
    let told = unnote(place, deletion, incident, entry).await;
    files::follow_deletion(place, deletion).await;
    told
}

async fn unnote(
    place: &impl Place,
    deletion: &Change<'_>,
    incident: IncidentId,
    entry: u64,
) -> Option<String> {
    let Ok(made) = made_of(place, incident, entry).await else {
        tracing::warn!(%incident, entry, "an entry does not follow its message: the journal does not answer");
        return None;
    };
    if made.is_some_and(|made| made.is_by_hand) {
        tracing::info!(%incident, entry, "an entry that was corrected by hand stays without its message");
        let may_see = place.desk().seen_by(&deletion.by).may_see(incident).await;
        return may_see.then(|| stays(entry).to_string());
    }
    if let Err(refusal) = take_off(place, deletion, incident, entry, DELETED).await {
        tracing::info!(%incident, entry, %refusal, "an entry does not follow its message");
    }
    None
}

/// Takes the words of an entry off the timeline: it is redacted, or where that is not for this person, corrected.
///
/// # Errors
/// It stands as it did.
pub(super) async fn take_off(
    place: &impl Place,
    change: &Change<'_>,
    incident: IncidentId,
    entry: u64,
    reason: &str,
) -> Result<(), Refusal> {
    let redact = Command::Redact { target: entry, reason: reason.to_owned() };
    let done = follow(place, change, incident, redact, &format!("redact {entry}")).await.map(drop);
    if !done.as_ref().is_err_and(|refusal| refusal.because == Because::Forbidden) {
        return done;
    }
    let (text, reason) = (NO_MORE.to_owned(), reason.to_owned());
    let correct = Command::Correct { target: entry, text, at: None, reason, follows: true };
    follow(place, change, incident, correct, &format!("correct {entry}")).await.map(drop)
}

/// The entry that stands for a message: by a 📌, or the note that was typed in it.
async fn entry_behind(place: &impl Place, change: &Change<'_>) -> Option<(IncidentId, u64)> {
    if let Some(pinned) = entry_of(place, change.target).await {
        return Some(pinned);
    }
    let (incident, entry) = typed_entry(place, change.target).await?;
    made_of(place, incident, entry).await.ok().flatten().map(|_| (incident, entry))
}

/// What was answered to the words that were typed in a message.
async fn typed_entry(place: &impl Place, message: &str) -> Option<(IncidentId, u64)> {
    let answer = place.desk().answer_under(&format!("{}:{message}", place.bindings().chat())).await?;
    Some((answer.incident?, answer.seq?))
}

async fn follow(
    place: &impl Place,
    change: &Change<'_>,
    incident: IncidentId,
    command: Command,
    what: &str,
) -> Result<Answer, Refusal> {
    let chat = place.bindings().chat();
    let along = Along { once: Some(format!("{chat}:{}:{what}", change.event)), ..Along::default() };
    let caller = Caller::person(change.by.clone(), chat).quoting(change.quoted.clone());
    place.desk().submit(caller, incident, command, along).await
}

/// A card that somebody deleted is posted anew with its next change, and as another one: chats that are sent the same message
/// twice answer with the first, deleted or not.
pub(super) async fn forget_card(place: &impl Place, spot: Spot, message: &str) {
    let (subject, bindings) = (spot.to_string(), place.bindings());
    if let Ok(Some(card)) = bindings.bound(&subject, "card").await
        && card == message
    {
        let former = format!("{FORMER}{message}");
        for (name, value) in [(former.as_str(), "1"), (GONE, message), ("card", "")] {
            if let Err(halt) = bindings.bind(&subject, name, value).await {
                tracing::warn!(?halt, subject, "the deleted card is not forgotten");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{
        event::{Actor, TimeSource},
        kind::Kind,
    };

    fn correction(text: &str, reason: &str) -> Event {
        let (text, reason) = (text.to_owned(), reason.to_owned());
        Event::EntryCorrected { target: 7, text, occurred_at: None, reason, can: None }
    }

    /// A note at entry 7, and what comes after it.
    fn after(later: Vec<Event>) -> Made {
        let noted = Event::Noted { text: "db1 is full".into(), until: None, is_mark: false };
        let at = DateTime::UNIX_EPOCH;
        let entry = |(seq, event)| Entry {
            incident: IncidentId::new(Kind::Real, 1),
            seq,
            id: uuid::Uuid::nil(),
            occurred_at: at,
            time_source: TimeSource::House,
            recorded_at: at,
            actor: Actor { person: Person::named("Ada").unwrap(), role: None, via: "slack".into() },
            event,
        };
        made(&(7..).zip(std::iter::once(noted).chain(later)).map(entry).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn an_entry_that_somebody_corrected_by_hand_has_no_words_of_its_message_to_go_back_to() {
        let edited = || correction("db2 is full", EDITED);
        let hand = || correction("db3 is full, since 03:02", "it was db3");
        let redacted = |target| Event::EntryRedacted { target, reason: "a name".into() };
        let other = Event::EntryCorrected {
            target: 6,
            text: "x".into(),
            occurred_at: None,
            reason: String::new(),
            can: None,
        };
        for (later, words, is_by_hand) in [
            (vec![], "db1 is full", false),
            (vec![edited()], "db2 is full", false),
            (vec![hand()], "db1 is full", true),
            (vec![edited(), hand()], "db2 is full", true),
            (vec![hand(), redacted(8)], "db1 is full", false),
            // Nor does anything stay of an entry that was redacted itself.
            (vec![hand(), redacted(7)], "db1 is full", false),
            // Words of the message that were redacted are not put back either.
            (vec![edited(), redacted(8)], "db2 is full", false),
            (vec![other], "db1 is full", false),
        ] {
            let made = after(later.clone());
            assert_eq!((made.words.as_str(), made.is_by_hand), (words, is_by_hand), "{later:?}");
        }
    }
}

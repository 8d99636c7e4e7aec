//! What a chat tells whoever asked, and how somebody's message becomes a note.

use super::Words;
use crate::{desk::Answer, incident::refusal::Refusal, people::Person};

/// Between who wrote a message and what it says.
const WROTE: &str = " wrote: ";

/// What came of a command, for the asker. `None`: it broke down, or said nothing for too long.
pub(super) fn in_words(done: Option<Result<Answer, Refusal>>) -> String {
    match done {
        Some(Ok(answer)) => {
            // Whoever reads it must see that it is an exercise.
            let banner = answer.incident.map(|id| id.kind.banner()).unwrap_or_default();
            if banner.is_empty() { answer.text } else { format!("**{banner}** {}", answer.text) }
        }
        Some(Err(refusal)) => refusal.to_string(),
        None => "That broke down inside commandpost; it may have been done or not. Look at the timeline before you try again.".to_owned(),
    }
}

/// Words as somebody said them, in one line.
pub(super) fn as_said(words: &Words) -> String {
    match words {
        Words::Text(text) => text.clone(),
        Words::Argv(argv) => argv.join(" "),
    }
}

/// Our own words as a chat shows them: there is always something to read.
pub(super) fn told(text: &str, shown: impl Fn(&str) -> String) -> String {
    let text = shown(text);
    if text.trim().is_empty() { "Done.".to_owned() } else { text }
}

/// A message of the chat as a note: who wrote it, what, with which files, and where it stands. See [`of_its_author`].
///
/// # Errors
/// When there is nothing in it to note.
pub(super) fn note_of<'f>(
    author: &Person,
    said: &str,
    files: impl IntoIterator<Item = &'f str>,
    link: &str,
) -> Result<Vec<String>, Refusal> {
    let mut text = said.trim().to_owned();
    for file in files {
        text.push_str(&format!(" [{file}]"));
    }
    if text.trim().is_empty() {
        let why = "The bot cannot read that message (a sticker, a poll, a forwarded message …).";
        return Err(Refusal::invalid(why, "Write a `note` in your own words."));
    }
    Ok(vec!["note".into(), "--".into(), format!("{author}{WROTE}“{}” ({link})", text.trim())])
}

/// The same where it stands under its author's name: that is not said twice.
pub(super) fn of_its_author(author: &Person, note: String) -> String {
    let own = note.strip_prefix(&format!("{author}{WROTE}")).map(str::to_owned);
    own.unwrap_or(note)
}

/// What a message said of which this note was made, without who wrote it and where: also as earlier versions made notes,
/// `Ada: db1 is full (https://…)`.
fn said_in(note: &str) -> &str {
    let note = note.trim();
    let words = note.rsplit_once(" (").map_or(note, |(words, _)| words);
    let quoted = words.strip_suffix('”').and_then(|words| words.split_once('“'));
    let is_head =
        |head: &str| head.is_empty() || head.strip_suffix(WROTE).is_some_and(|who| !who.contains(": "));
    match quoted.filter(|(head, _)| is_head(head)) {
        Some((_, said)) => said,
        None => words.split_once(": ").map_or(words, |(_, said)| said),
    }
}

/// Whether two notes are of a message that said the same.
pub(super) fn is_of_same_words(one: &str, other: &str) -> bool {
    said_in(one) == said_in(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_on_the_timeline_is_quoted_with_its_author_who_is_not_named_twice() {
        let (ada, bo) = (Person::named("Ada").unwrap(), Person::named("Bo").unwrap());
        let argv = note_of(&ada, " db1 is full ", ["df.png"], "https://chat.example/1").unwrap();
        let note = argv.last().unwrap();
        assert_eq!(note, "Ada wrote: “db1 is full [df.png]” (https://chat.example/1)");
        assert_eq!(of_its_author(&bo, note.clone()), *note);
        assert_eq!(of_its_author(&ada, note.clone()), "“db1 is full [df.png]” (https://chat.example/1)");
    }

    #[test]
    fn a_note_of_a_message_says_the_same_whoever_its_author_is_called_and_whichever_version_made_it() {
        let now = "“db1: is full (disk) [df.png]” (https://chat.example/1)";
        for same in [
            "Ada wrote: “db1: is full (disk) [df.png]” (https://chat.example/1)",
            "Ada Lovelace wrote: “db1: is full (disk) [df.png]” (https://chat.example/1?via=s)",
            "Ada: db1: is full (disk) [df.png] (https://chat.example/1)",
        ] {
            assert!(is_of_same_words(same, now) && is_of_same_words(now, same), "{same}");
        }
        for other in
            ["Ada: db2 is full (https://chat.example/1)", "“db1” (https://chat.example/1)", "(deleted)", ""]
        {
            assert!(!is_of_same_words(other, now), "{other}");
        }
        let quoting = "“Bo wrote: “x”” (https://chat.example/1)";
        assert!(is_of_same_words("Ada: Bo wrote: “x” (https://chat.example/1)", quoting));
    }
}

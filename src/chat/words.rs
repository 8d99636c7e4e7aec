//! What a chat tells whoever asked, and how somebody's message becomes a note.

use crate::{desk::Answer, incident::refusal::Refusal, people::Person};

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

/// Our own words as a chat shows them: there is always something to read.
pub(super) fn told(text: &str, shown: impl Fn(&str) -> String) -> String {
    let text = shown(text);
    if text.trim().is_empty() { "Done.".to_owned() } else { text }
}

/// A message of the chat as a note: who wrote it, what, with which files, and where it stands.
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
        let why = "There is no text in that message.";
        return Err(Refusal::invalid(why, "Write a `note` in your own words."));
    }
    Ok(vec!["note".into(), "--".into(), format!("{author}: {} ({link})", text.trim())])
}

//! What people put between backticks, beside what our words tell them to type.
//!
//! Ours stands as Discord has it typed: `/record decision object 1 REASON` for `object 1 REASON`. People write paths between backticks,
//! and programs that are called as verbs of ours are (`find . -name core`): that stands as they wrote it. An answer does not say which
//! of its words are whose. So theirs is what stands between backticks in what was typed just now, or anywhere in the incident. That is
//! looked through where there are words in question, and read as it is written: nothing of it is kept but that.

use std::{collections::BTreeSet, io};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::{DiscordDoor, asked::Asked};
use crate::{
    card::{Card, Value as Shown},
    chat::{
        text::{as_typed, coded},
        words::in_words,
    },
    desk::Answer,
    grammar::slash_words,
    incident::{id::IncidentId, refusal::Refusal, state::Incident},
};

/// Verbs whose answer is nothing but what people wrote, of whichever incident.
const READ_OUT: [&[&str]; 5] = [&["find"], &["list"], &["task", "list"], &["timeline"], &["update", "list"]];

#[derive(Debug, Default)]
pub(super) struct Theirs(BTreeSet<String>);

impl Theirs {
    /// With what stands between backticks in any text of this.
    pub fn add(&mut self, written: &impl Serialize) {
        let texts = Texts { theirs: self, text: String::new() };
        // It goes nowhere, so there is nothing to fail.
        drop(written.serialize(&mut Serializer::with_formatter(io::sink(), texts)));
    }

    fn add_text(&mut self, text: &str) {
        if text.contains('`') {
            // Some sentences quote it in one line.
            let line = flat(text);
            let all = [text, &line].into_iter().flat_map(coded);
            self.0.extend(all.map(|code| flat(&code)));
        }
    }

    /// A text of our words and theirs, as it is shown.
    pub fn shown(&self, text: &str) -> String {
        as_typed(text, |code| slash_words(code).filter(|_| !self.0.contains(&flat(code))))
    }
}

/// Reads every text of what is written as JSON, one after the other.
struct Texts<'t> {
    theirs: &'t mut Theirs,
    text: String,
}

impl Formatter for Texts<'_> {
    fn begin_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.text.clear();
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.text.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, _: &mut W, escaped: CharEscape) -> io::Result<()> {
        self.text.push(match escaped {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(code) => char::from(code),
        });
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.theirs.add_text(&self.text);
        Ok(())
    }
}

/// Whether there is something between backticks that may be words of ours.
fn has_words(text: &str) -> bool {
    text.contains('`') && coded(text).iter().any(|code| slash_words(code).is_some())
}

/// In one line.
fn flat(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl DiscordDoor {
    /// What came of a command, for the asker.
    pub(super) async fn told_to(&self, asked: &Asked, done: &Result<Answer, Refusal>) -> String {
        let text = in_words(Some(done.clone()));
        let (verb, options) = asked.verb();
        let is_read_out = done.is_ok() && READ_OUT.contains(&verb.as_slice());
        if is_read_out || !has_words(&text) {
            return text;
        }
        let named = options.iter().find(|option| option["name"] == "incident");
        let named = named.and_then(|option| option["value"].as_str()?.parse::<IncidentId>().ok());
        let of = done.as_ref().ok().and_then(|answer| answer.incident).or(named);
        let incident = match of {
            Some(id) => Some(id),
            None => self.bindings.incident_of(&asked.channel).await,
        };
        let mut theirs = match incident {
            Some(id) => self.theirs_in(id).await,
            None => Theirs::default(),
        };
        theirs.add(&asked.data);
        theirs.shown(&text)
    }

    /// What people wrote on a card of an incident. `None`: it is the card of alerts, which tells nobody to type anything.
    pub(super) async fn theirs_on(&self, card: &Card) -> Option<Theirs> {
        let id = card.subject.parse().ok()?;
        let in_question = |shown: &Shown| matches!(shown, Shown::Text(text) if has_words(text));
        let is_in_question = card.fields.iter().any(|field| in_question(&field.value));
        Some(if is_in_question { self.theirs_in(id).await } else { Theirs::default() })
    }

    async fn theirs_in(&self, id: IncidentId) -> Theirs {
        let read = |incident: &Incident| {
            let mut theirs = Theirs::default();
            theirs.add(incident);
            theirs
        };
        self.desk.look_at(id, read).await.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ours_is_told_as_discord_has_it_typed_and_theirs_as_they_wrote_it() {
        let mut theirs = Theirs::default();
        theirs.add(&json!({
            "title": "`checkout` fails",
            "tasks": [{"n": 3, "text": "run `find /var\n -name core` on db1"}],
            "stop": {"reason": "`close the valve` first"},
        }));
        for (text, shown) in [
            (
                "Task #3: run `find /var -name core` on db1. `done 3 RESULT`.",
                "Task #3: run `find /var -name core` on db1. `/incident task done 3 RESULT`.",
            ),
            (
                "by Ada: `close the valve` first. Change nothing until `resume`.",
                "by Ada: `close the valve` first. Change nothing until `/incident action resume-all`.",
            ),
            ("`checkout` fails", "`checkout` fails"),
            ("Give a word or two: `find replica lag`.", "Give a word or two: `/record find replica lag`."),
            ("```\nclose the valve\nnext\n```", "```\nclose the valve\nnext\n```"),
        ] {
            assert_eq!(theirs.shown(text), shown);
        }
        assert_eq!(Theirs::default().shown("`close the valve`"), "`/incident close the valve`");
    }

    #[test]
    fn theirs_is_known_whatever_signs_are_in_it() {
        let written = "first\tthis: `find \"replica lag\" C:\\db /var é \u{1}`,\r\nthen `next \u{8}\u{c}`";
        let mut theirs = Theirs::default();
        theirs.add(&json!({"notes": [null, 3, true, {"text": written}]}));
        assert_eq!(theirs.shown(written), written);
    }

    #[test]
    fn an_incident_is_looked_through_only_where_something_shown_may_be_words_of_ours() {
        for text in ["2 of 3 done", "`find_replica` fails", "a ` alone, resume", "```\nresume\nnext\n```"] {
            assert!(!has_words(text), "{text}");
            assert_eq!(Theirs::default().shown(text), text);
        }
        for text in ["Change nothing until `resume`.", "`find /var -name core`", "see ``next``"] {
            assert!(has_words(text), "{text}");
        }
    }
}

//! What people put between backticks, beside what our words tell them to type.
//!
//! Ours stands as the chat has it typed: `/record decision object 1 REASON` in Discord for `object 1 REASON`, `/incident object 1 REASON`
//! in Slack. People write paths between backticks, and programs that are called as verbs of ours are (`find . -name core`): that stands as
//! they wrote it. An answer does not say which of its words are whose. So theirs is what stands between backticks in what was typed just
//! now, or anywhere in the incident, or in the entry of a line. That is looked through where there are words in question, and read as it is
//! written: nothing of it is kept but that. Where an answer has lines of timelines, that is asked of each.

use std::{borrow::Cow, collections::BTreeSet, io};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::{
    text::{as_typed, coded, set},
    words::in_words,
};
use crate::{
    card::{Card, Said, Value as Shown},
    desk::{Answer, Desk},
    grammar::{said_after, verb_begun},
    incident::{event::Event, id::IncidentId, kind::Kind, refusal::Refusal, sentence::Part, state::Incident},
    journal::rows::IncidentFilter,
};

/// Verbs whose answer reads out what was written, of whichever incident.
const READ_OUT: [&str; 5] = ["find", "list", "task list", "timeline", "update list"];

/// Those of them that read out lines of timelines, in which the words around what people wrote are ours. All else is theirs.
const OF_TIMELINES: [&str; 2] = ["find", "timeline"];

/// Verbs whose answer lists what alerts and people have named, each in a line that begins with its number; all else in it is ours.
const LISTED: [&str; 2] = ["alerts", "change list"];

/// How words of the language are typed in a place.
#[derive(Debug, Clone)]
pub(super) enum Typed {
    /// In the chat's own way. `None`: they begin with no verb.
    By(fn(&str) -> Option<String>),
    /// Behind what commands begin with there.
    After(Cow<'static, str>),
}

impl Typed {
    pub fn after(before: &str) -> Self {
        Self::After(Cow::Owned(before.to_owned()))
    }

    /// `None`: they begin with no verb.
    pub fn said(&self, words: &str) -> Option<String> {
        match self {
            Self::By(typed) => typed(words),
            Self::After(before) => said_after(before, words),
        }
    }

    /// Whether there is something between backticks that may be words of ours.
    pub fn is_in(&self, text: &str) -> bool {
        text.contains('`') && coded(text).iter().any(|code| self.said(code).is_some())
    }
}

/// What people put between backticks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Theirs {
    /// All of a text is what they wrote.
    All,
    #[default]
    Nothing,
    These(BTreeSet<String>),
}

impl Theirs {
    /// With what stands between backticks in any text of this.
    pub fn add(&mut self, written: &impl Serialize) {
        let texts = Texts { theirs: self, text: String::new() };
        // It goes nowhere, so there is nothing to fail.
        drop(written.serialize(&mut Serializer::with_formatter(io::sink(), texts)));
    }

    /// Words of a reminder are ours: what they quote of somebody stands in the incident as well.
    fn add_event(&mut self, event: &Event) {
        if !matches!(event, Event::Reminded { .. } | Event::Nudged { .. }) {
            self.add(event);
        }
    }

    fn add_text(&mut self, text: &str) {
        if !text.contains('`') || *self == Self::All {
            return;
        }
        // Some sentences quote it in one line.
        let line = flat(text);
        let codes: BTreeSet<String> = [text, &line].into_iter().flat_map(coded).map(flat).collect();
        match self {
            Self::These(known) => known.extend(codes),
            _ => *self = Self::These(codes),
        }
    }

    fn has(&self, code: &str) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::These(codes) => codes.contains(&flat(code)),
        }
    }

    /// What stands in a text where these are theirs, and the others are typed like that.
    pub fn beside<'t>(&'t self, typed: &'t Typed) -> Telling<'t> {
        Telling { theirs: self, typed }
    }
}

/// Shows texts of our words and theirs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling<'t> {
    theirs: &'t Theirs,
    typed: &'t Typed,
}

impl Telling<'_> {
    fn ours(&self, code: &str) -> Option<String> {
        if self.theirs.has(code) { None } else { self.typed.said(code) }
    }

    /// With what is to be typed as it is typed there.
    pub fn shown(&self, text: &str) -> String {
        if text.contains('`') { as_typed(text, |code| self.ours(code)) } else { text.to_owned() }
    }

    /// The same, made harmless by `escape` but for what is to be typed, which `as_code` sets.
    pub fn set(
        &self,
        text: &str,
        escape: impl Fn(&str) -> String,
        as_code: impl Fn(&str) -> String,
    ) -> String {
        if text.contains('`') { set(text, escape, |code| self.ours(code), as_code) } else { escape(text) }
    }
}

/// Our own words, in which nobody is quoted, as they are typed there.
pub(super) fn ours(text: &str, typed: &Typed) -> String {
    Theirs::Nothing.beside(typed).shown(text)
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

/// In one line.
fn flat(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What others have named in a list of ours.
fn listed(text: &str) -> Theirs {
    let is_numbered = |line: &&str| {
        line.strip_prefix("S-").unwrap_or(line).starts_with(|first: char| first.is_ascii_digit())
    };
    let mut theirs = Theirs::Nothing;
    for line in text.lines().filter(is_numbered) {
        theirs.add_text(line);
    }
    theirs
}

/// The entry that a line of an answer shows: `INC-1 12 – …` found anywhere, `12 – …` on the timeline of an incident.
fn entry_of(line: &str, timeline: Option<IncidentId>) -> Option<(IncidentId, u64)> {
    let (entry, _) = line.split_once(" – ")?;
    match entry.split_once(' ') {
        Some((id, seq)) => Some((id.parse().ok()?, seq.parse().ok()?)),
        None => Some((timeline?, entry.parse().ok()?)),
    }
}

/// Lines of timelines, with what is to be typed in each as it is typed there.
async fn lines_told(desk: &Desk, typed: &Typed, text: &str, timeline: Option<IncidentId>) -> String {
    let mut told = Vec::new();
    for line in text.lines() {
        let theirs = match entry_of(line, timeline).filter(|_| typed.is_in(line)) {
            Some((id, seq)) => in_entry(desk, id, seq).await,
            None => Theirs::All,
        };
        told.push(theirs.beside(typed).shown(line));
    }
    told.join("\n")
}

/// The incident that is open, where no other is.
async fn only_open(desk: &Desk) -> Option<IncidentId> {
    let filter = IncidentFilter { kind: Some(Kind::Real), ..IncidentFilter::open() };
    match desk.list(filter).await.ok()?.as_slice() {
        [only] => Some(only.id),
        _ => None,
    }
}

/// Whether an answer reads out what people wrote: all of it stands there word for word.
pub(super) fn is_read_out(said: &str, done: &Result<Answer, Refusal>) -> bool {
    done.is_ok() && verb_begun(said).is_some_and(|verb| READ_OUT.contains(&verb.as_str()))
}

/// What came of a command, for the asker. `said`: any incident that it names, and its verb; `written`: all that was typed; `here`: the
/// incident of the place. `None`: it broke down, or said nothing for too long.
pub(super) async fn told_to(
    desk: &Desk,
    typed: &Typed,
    said: &str,
    written: &(impl Serialize + Sync),
    here: impl Future<Output = Option<IncidentId>> + Send,
    done: Option<&Result<Answer, Refusal>>,
) -> String {
    let text = in_words(done.cloned());
    let answer = done.and_then(|done| done.as_ref().ok());
    let read = answer.and_then(|_| verb_begun(said)).unwrap_or_default();
    if !typed.is_in(&text) {
        return text;
    }
    if OF_TIMELINES.contains(&read.as_str()) {
        let timeline = match said.split_whitespace().find_map(|word| word.parse().ok()) {
            Some(id) => Some(id),
            None => here.await,
        };
        let timeline = match timeline {
            Some(id) => Some(id),
            None => only_open(desk).await,
        };
        return lines_told(desk, typed, &text, timeline).await;
    }
    if READ_OUT.contains(&read.as_str()) {
        return text;
    }
    if LISTED.contains(&read.as_str()) {
        return listed(&text).beside(typed).shown(&text);
    }
    // Further on, one may stand in what somebody wrote.
    let named = || said.split_whitespace().next().and_then(|word| word.parse().ok());
    let incident = match answer.and_then(|answer| answer.incident).or_else(named) {
        Some(id) => Some(id),
        None => here.await,
    };
    let mut theirs = match incident {
        Some(id) => in_incident(desk, id).await,
        None => Theirs::Nothing,
    };
    theirs.add(written);
    theirs.beside(typed).shown(&text)
}

/// What people wrote on a card. A card of alerts tells nobody to type anything.
pub(super) async fn on_card(desk: &Desk, card: &Card, typed: &Typed) -> Theirs {
    let Ok(id) = card.subject.parse() else { return Theirs::All };
    let in_question = |shown: &Shown| matches!(shown, Shown::Text(text) if typed.is_in(text));
    let is_in_question = card.fields.iter().any(|field| in_question(&field.value));
    if is_in_question { in_incident(desk, id).await } else { Theirs::Nothing }
}

/// What people wrote in a line of the timeline.
pub(super) async fn in_line(desk: &Desk, said: &Said, typed: &Typed) -> Theirs {
    let in_question = |part: &Part| matches!(part, Part::Text(text) if typed.is_in(text));
    if !said.text.iter().any(in_question) {
        return Theirs::Nothing;
    }
    in_entry(desk, said.incident, said.seq).await
}

/// What people wrote in an entry, where something in it is in question.
async fn in_entry(desk: &Desk, id: IncidentId, seq: u64) -> Theirs {
    // Whatever cannot be looked up is somebody's.
    let Ok(Some(entry)) = desk.entry(id, seq).await else { return Theirs::All };
    // An account is nothing but somebody's words.
    if entry.event.is_correctable() {
        return Theirs::All;
    }
    let mut theirs = in_incident(desk, id).await;
    theirs.add_event(&entry.event);
    theirs.add(&entry.actor.person);
    theirs
}

async fn in_incident(desk: &Desk, id: IncidentId) -> Theirs {
    let read = |incident: &Incident| {
        let mut theirs = Theirs::Nothing;
        theirs.add(incident);
        theirs
    };
    desk.look_at(id, read).await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grammar::slash_words;

    const DISCORD: Typed = Typed::By(slash_words);
    const SLACK: Typed = Typed::After(Cow::Borrowed("/incident"));

    #[test]
    fn ours_is_told_as_a_chat_has_it_typed_and_theirs_as_they_wrote_it() {
        let mut theirs = Theirs::default();
        theirs.add(&json!({
            "title": "`checkout` fails",
            "tasks": [{"n": 3, "text": "run `find /var\n -name core` on db1"}],
            "stop": {"reason": "`close the valve` first"},
        }));
        for (text, discord, slack) in [
            (
                "Task #3: run `find /var -name core` on db1. `done 3 RESULT`.",
                "Task #3: run `find /var -name core` on db1. `/incident task done n:3 result:RESULT`.",
                "Task #3: run `find /var -name core` on db1. `/incident done 3 RESULT`.",
            ),
            (
                "by Ada: `close the valve` first. Nobody changes anything until it is lifted: `resume`.",
                "by Ada: `close the valve` first. Nobody changes anything until it is lifted: `/incident action resume-all`.",
                "by Ada: `close the valve` first. Nobody changes anything until it is lifted: `/incident resume`.",
            ),
            ("`checkout` fails", "`checkout` fails", "`checkout` fails"),
            (
                "Give a word or two: `find replica lag`.",
                "Give a word or two: `/record find words:replica lag`.",
                "Give a word or two: `/incident find replica lag`.",
            ),
            (
                "Set `public_minutes`, look into `/etc/commandpost`, type `123-456`.",
                "Set `public_minutes`, look into `/etc/commandpost`, type `123-456`.",
                "Set `public_minutes`, look into `/etc/commandpost`, type `123-456`.",
            ),
            (
                "```\nclose the valve\nnext\n```",
                "```\nclose the valve\nnext\n```",
                "```\nclose the valve\nnext\n```",
            ),
        ] {
            assert_eq!(theirs.beside(&DISCORD).shown(text), discord);
            assert_eq!(theirs.beside(&SLACK).shown(text), slack);
            assert_eq!(Theirs::All.beside(&SLACK).shown(text), text);
        }
        assert_eq!(ours("`close the valve`", &DISCORD), "`/incident close reason:the valve`");
    }

    #[test]
    fn in_a_list_of_alerts_or_changes_only_what_is_to_be_typed_is_told_as_it_is_typed() {
        let alerts = "S-3 `resume` fails – critical, 1 firing of 1, from prometheus\n`declare --from S-N` makes an incident of it.";
        let changes = "12345 – 21 Nov, deployment: `next` is out\nOne that was reported by mistake: `change withdraw N REASON`.";
        let shown = |text: &str| listed(text).beside(&SLACK).shown(text);
        assert_eq!(shown(alerts), alerts.replace("`declare", "`/incident declare"));
        assert_eq!(shown(changes), changes.replace("`change", "`/incident change"));
        assert_eq!(verb_begun("changes").as_deref(), Some("change list"));
        assert_eq!(verb_begun(" alerts").as_deref(), Some("alerts"));
    }

    #[test]
    fn a_line_of_a_timeline_is_known_by_its_number_wherever_it_is_found() {
        let (one, two) = (IncidentId::new(Kind::Real, 1), IncidentId::new(Kind::Real, 2));
        for (line, timeline, entry) in [
            ("12 – 2026-01-02 03:15 UTC, Ada: INC-2 3 – no", Some(one), Some((one, 12))),
            ("INC-2 3 – 2026-01-02 03:15 UTC, Ada: `here`", Some(one), Some((two, 3))),
            ("12 – 2026-01-02 03:15 UTC, Ada: which?", None, None),
            ("3 earlier lines are left out: the console has them all.", Some(one), None),
            ("No line of INC-1 is of that kind.", Some(one), None),
            ("Nothing that you may see has all of these words.", None, None),
        ] {
            assert_eq!(entry_of(line, timeline), entry, "{line}");
        }
    }

    #[test]
    fn what_lists_of_a_timeline_say_is_read_out_word_for_word() {
        let done = Ok(Answer::default());
        for said in ["timeline", " timeline", "INC-3 timeline --pinned", "find replica lag", "task list"] {
            assert!(is_read_out(said, &done), "{said}");
        }
        for said in ["note timeline", "status", "alerts", ""] {
            assert!(!is_read_out(said, &done), "{said}");
        }
        assert!(!is_read_out("timeline", &Err(Refusal::not_found("No.", "`list`"))), "that is ours");
    }

    #[test]
    fn what_is_to_be_typed_stands_as_code_and_all_else_is_made_harmless() {
        let mut theirs = Theirs::default();
        theirs.add(&json!("`close *it*`"));
        let set = |text: &str| {
            theirs.beside(&SLACK).set(
                text,
                |text| text.trim().replace('*', "\\*").replace('`', "\\`"),
                |code| format!("<{code}>"),
            )
        };
        for (text, shown) in [
            ("*Mended*? `resolve HOW`.", "\\*Mended\\*? </incident resolve HOW>."),
            ("`close *it*`, then `next`", "\\`close \\*it\\*\\`, then </incident next>"),
            ("`next`", "</incident next>"),
            ("a ` alone, `next` *", "a \\` alone, \\`next\\` \\*"),
            ("no code*", "no code\\*"),
        ] {
            assert_eq!(set(text), shown);
        }
    }

    #[test]
    fn what_a_chat_tells_one_to_type_is_heard_there_word_for_word() {
        let heard = |shown: &str, is_in_space| crate::chat::typed::command(shown, "!incident", is_in_space);
        let examples = crate::grammar::examples();
        assert!(examples.len() > 80, "{}", examples.len());
        for line in examples.iter().flat_map(|line| [line.clone(), format!("INC-3 {line}")]) {
            let shown = Typed::after("!incident").said(&line).unwrap();
            for is_in_space in [false, true] {
                assert_eq!(heard(&shown, is_in_space).as_ref(), Some(&line), "{shown}");
            }
            let shown = SLACK.said(&line).unwrap();
            assert_eq!(shown.strip_prefix("/incident "), Some(line.as_str()));
            assert!(DISCORD.said(&line).is_some_and(|shown| shown.starts_with('/')), "{line}");
        }
    }

    #[test]
    fn a_reminder_tells_what_to_type_as_it_is_typed_and_quotes_people_as_they_wrote_it() {
        let what =
            "Task #3: run `find /var -name core`. Nobody has yet the role of Scribe: `role take scribe`.";
        let mut theirs = Theirs::default();
        theirs.add(&json!({"tasks": [{"n": 3, "text": "run `find /var -name core`"}]}));
        theirs.add_event(&Event::Reminded { what: what.into(), executive: false, of: vec![] });
        let shown = what.replace("`role take", "`/incident role take");
        assert_eq!(theirs.beside(&SLACK).shown(what), shown);
        theirs.add_event(&Event::Noted { text: "`role take scribe`?".into(), until: None, is_mark: false });
        assert_eq!(theirs.beside(&SLACK).shown(what), what);
    }

    #[test]
    fn theirs_is_known_whatever_signs_are_in_it() {
        let written = "first\tthis: `find \"replica lag\" C:\\db /var é \u{1}`,\r\nthen `next \u{8}\u{c}`";
        let mut theirs = Theirs::default();
        theirs.add(&json!({"notes": [null, 3, true, {"text": written}]}));
        for typed in [DISCORD, SLACK] {
            assert_eq!(theirs.beside(&typed).shown(written), written);
        }
    }

    #[test]
    fn an_incident_is_looked_through_only_where_something_shown_may_be_words_of_ours() {
        for typed in [DISCORD, SLACK] {
            for text in ["2 of 3 done", "`find_replica` fails", "a ` alone, resume", "```\nresume\nnext\n```"]
            {
                assert!(!typed.is_in(text), "{text}");
                assert_eq!(ours(text, &typed), text);
            }
            for text in [
                "Nobody changes anything until it is lifted: `resume`.",
                "`find /var -name core`",
                "see ``next``",
            ] {
                assert!(typed.is_in(text), "{text}");
            }
        }
    }
}

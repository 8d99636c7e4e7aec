//! The command language: declared once, spoken everywhere.
//!
//! [`tree()`] declares every verb as a clap command tree. From it come the reader of typed text ([`parse`]) and of
//! argument lists ([`parse_argv`]), Discord's slash commands ([`discord_commands`], [`from_discord`]), completion
//! ([`autocomplete`]), the help ([`help`]) and the reference page ([`reference`], `docs/commands.md`).
//!
//! Free text is kept word for word: flags are read only before it begins, quotes mean something only around a
//! value that comes before it, and after `--` nothing but the order of the blanks means anything.

mod alerting;
mod begun;
mod complete;
mod discord;
mod form;
mod groups;
mod help;
mod known;
mod meaning;
mod named;
mod refuse;
pub mod taken;
mod tree;
mod typed;
mod value;
mod walk;
mod words;

pub use begun::{may_open, said_after, verb_begun};
pub use complete::{Completions, autocomplete};
pub use discord::{CONTEXT_MENU_NOTE, RECORD, discord_commands, discord_root, from_discord, slash_words};
pub use form::{Form, Kind, Question};
pub use help::{discord_help, examples, help, reference};
pub use known::{Known, Lexicon};
pub use named::name_people;
pub use tree::tree;
pub use typed::complete_line;
pub use walk::{is_verb_meant, is_verb_said, verb_said};

use crate::{
    alert::judgement::{Subject, Verdict},
    incident::{
        command::{Command, Declare, StatedTime},
        id::IncidentId,
        refusal::Refusal,
    },
    mask::Masked,
    people::Person,
};

/// Characters of one line at most, whatever the settings allow for a text.
pub const INPUT_CHARS_MAX: usize = 30_000;

/// Lines that an answer has at most.
pub const LINES_MAX: u8 = 20;

/// Which lines of one timeline are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// Key moments.
    pub pinned: bool,
    /// What this person did and said.
    pub by: Option<Person>,
    /// Of the last so many minutes.
    pub minutes: Option<u32>,
    /// The last of them, at most [`LINES_MAX`].
    pub last: Option<u8>,
}

/// What somebody said. Where `target` is `None`, the incident is the place's own: the channel's, the page's.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "read once a line and taken apart at once")]
pub enum Spoken {
    /// The situation, if any, is to be looked up and put into the declaration.
    Declare {
        declare: Box<Declare>,
        situation: Option<i64>,
    },
    On {
        target: Option<IncidentId>,
        command: Command,
    },
    /// The duplicate ends, and goes on in `target`.
    Merge {
        target: Option<IncidentId>,
        duplicate: IncidentId,
        reason: String,
    },
    List {
        all: bool,
    },
    Alerts,
    Alert(Alerting),
    /// What was changed; `target` is its incident, if it belongs to one.
    Change {
        target: Option<IncidentId>,
        text: String,
        service: Option<String>,
        environment: Option<String>,
        at: Option<StatedTime>,
    },
    /// The last ones.
    Changes {
        target: Option<IncidentId>,
    },
    /// It was reported by mistake.
    WithdrawChange {
        n: u32,
        reason: String,
    },
    Tasks {
        target: Option<IncidentId>,
    },
    Updates {
        target: Option<IncidentId>,
    },
    /// The last lines of the timeline; with words, those that they are about.
    Timeline {
        target: Option<IncidentId>,
        only: Only,
    },
    /// The words of a playbook's step are said, with these for its blank, and the step is ticked.
    RunStep {
        target: Option<IncidentId>,
        step: String,
        words: String,
    },
    /// Over every timeline that the asker may see, unless one is named.
    Find {
        target: Option<IncidentId>,
        words: String,
    },
    /// About the speaker's own accounts.
    Link(Linking),
    /// About alerts, wherever they belong to.
    Arrange(Arrange),
    /// About rosters, which belong to no incident.
    OnCall(OnCall),
    /// The help itself.
    Help {
        text: String,
    },
}

/// About alerts that are there.
#[derive(Debug, Clone, PartialEq)]
pub enum Alerting {
    Mark {
        subject: Subject,
        verdict: Verdict,
        reason: String,
    },
    /// Of a situation, or else of the incident.
    Why {
        target: Option<IncidentId>,
        situation: Option<i64>,
    },
    Report {
        minutes: Option<u32>,
    },
}

/// What somebody arranges about alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrange {
    Acknowledge {
        situation: i64,
        comment: String,
    },
    /// Takes an acknowledgement back, whoever's it is.
    Unacknowledge {
        situation: i64,
        reason: String,
    },
    Silence {
        situation: i64,
        minutes: u32,
        reason: String,
    },
    Unsilence {
        situation: i64,
        reason: String,
    },
    /// Up to `to`, or for so many minutes; without `from`, from now on.
    AddWindow {
        name: String,
        from: Option<StatedTime>,
        to: Option<StatedTime>,
        minutes: Option<u32>,
        labels: Vec<(String, String)>,
        records: bool,
    },
    Windows,
    EndWindow {
        n: i64,
        reason: String,
    },
}

impl Arrange {
    /// Masks secrets in what was said.
    pub fn mask(&mut self) -> Masked {
        let mut seen = Masked::default();
        self.texts().into_iter().for_each(|text| seen.mask(text));
        seen
    }

    /// What of it is written by people.
    fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Acknowledge { comment: text, .. }
            | Self::Unacknowledge { reason: text, .. }
            | Self::Silence { reason: text, .. }
            | Self::Unsilence { reason: text, .. }
            | Self::EndWindow { reason: text, .. } => vec![text],
            Self::AddWindow { name, labels, .. } => {
                std::iter::once(name).chain(labels.iter_mut().map(|(_, pattern)| pattern)).collect()
            }
            Self::Windows => vec![],
        }
    }
}

/// `link me`, and what with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linking {
    Begin,
    With(String),
    End,
    List,
}

/// What is asked of rosters, or said against them for a while. Times are as typed: only who has the settings knows the zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnCall {
    Who { roster: Option<String>, at: Option<String>, until: Option<String> },
    Override { roster: String, who: Person, span: String },
    Overrides,
    Withdraw { n: u64 },
}

/// Finds the person that a typed name means, or says in a sentence why there is none.
pub type Resolve<'a> = dyn Fn(&str) -> Result<Person, String> + 'a;

/// Reads a line as typed. `resolve` gets names as they stand: `@ada`, `<@123>`, `Ada Lovelace`; `known` is what the team has
/// words of its own for.
///
/// # Errors
/// [`Because::Invalid`](crate::incident::refusal::Because::Invalid) with the verb's example, when the line is not
/// understood; `Limit` when it is longer than [`INPUT_CHARS_MAX`].
pub fn parse<'a>(
    text: &str,
    resolve: &Resolve<'_>,
    known: impl Into<Lexicon<'a>>,
) -> Result<Spoken, Refusal> {
    check(text.chars().count(), text.contains('\0'))?;
    understand(words::Words::text(text), None, resolve, known.into())
}

/// Reads an argument list, each element whole, as a shell or [`from_discord`] makes it. Words that end in free text
/// are joined by a blank. An incident number among the words goes before `target`.
///
/// # Errors
/// As [`parse`].
pub fn parse_argv<'a>(
    argv: &[String],
    target: Option<IncidentId>,
    resolve: &Resolve<'_>,
    known: impl Into<Lexicon<'a>>,
) -> Result<Spoken, Refusal> {
    let chars = argv.iter().map(|arg| arg.chars().count() + 1).sum();
    check(chars, argv.iter().any(|arg| arg.contains('\0')))?;
    understand(words::Words::list(argv), target, resolve, known.into())
}

fn check(chars: usize, has_nul: bool) -> Result<(), Refusal> {
    if chars > INPUT_CHARS_MAX {
        return Err(Refusal::invalid(
            format!("That is {chars} characters; the limit is {INPUT_CHARS_MAX}."),
            "Shorten it, or put the long form behind a link (`link LABEL URL`).",
        ));
    }
    if has_nul {
        return Err(Refusal::invalid("There is a NUL character in it.", "Leave it out: no text has one."));
    }
    Ok(())
}

fn understand(
    words: words::Words<'_>,
    target: Option<IncidentId>,
    resolve: &Resolve<'_>,
    known: Lexicon<'_>,
) -> Result<Spoken, Refusal> {
    let walked = walk::walk(words, known)?;
    let line = tree::read(&walked.argv)
        .map_err(|error| refuse::from_clap(&walked.path, walked.verb, &error, known))?;
    // A search is of the place's own incident only where that is said.
    let here = target.filter(|_| !matches!(line.verb, tree::Verb::Find { .. }));
    meaning::of(line.verb, walked.target.or(here), resolve, known)
}

#[cfg(test)]
mod tests;

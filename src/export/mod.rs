//! The timeline on paper: Markdown for the review, JSON for machines and verifiers, CSV for a spreadsheet.
//!
//! An export has no clock: the same journal gives the same bytes, today and in a year; what changed before is in it as long as
//! changes are kept. The review document is for people: it has the team's words, as the settings have them now. JSON and CSV are data:
//! they have the ids, and the sentences as they read without any settings. What was redacted is in none of
//! the formats; its place in the hash chain is.

pub mod alerts;
mod csv;
mod escape;
mod facts;
mod json;
mod markdown;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
pub mod time;

use crate::{
    alert::{cause::Story, text::one_line},
    incident::{
        chain::Sealed,
        decide::Policy,
        event::Entry,
        id::IncidentId,
        names::Shown,
        sentence::{InNames, Knowing},
        state::Incident,
        timeline::{self, Line},
    },
};

/// Characters of a word that is no format, as a refusal repeats it.
const SHOWN_CHARS_MAX: usize = 40;

/// The schema that a JSON export names; another number is another meaning.
pub const SCHEMA: &str = "commandpost/timeline/1";

/// What is exported, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub incident: &'a Incident,
    /// The whole journal of the incident, in the order of the chain.
    pub entries: &'a [Sealed],
    /// The lines of those entries, in the order in which they shall stand. An entry without a line is treated as
    /// redacted: what nobody has judged readable is not written out.
    pub lines: &'a [Line],
    /// What the alerts tell, and what changed before, as far as it is known today.
    pub story: &'a Story,
    /// The team's words; only Markdown has them.
    pub shown: Shown<'a>,
    /// The zone of the reader; UTC stands beside it.
    pub tz: chrono_tz::Tz,
    pub exported_by_version: &'a str,
}

/// A file format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Markdown,
    Json,
    Csv,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Markdown, Format::Json, Format::Csv];

    /// The media type, for an HTTP `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// `INC-1-timeline.md`: letters, digits, `-` and `.` only, safe in a header and on any disk.
    pub fn file_name(self, incident: IncidentId) -> String {
        format!("{incident}-timeline.{}", self.extension())
    }

    /// The lines of a journal as this format has them: times in the reader's zone, and words as in [`Format::write`].
    pub fn lines(
        self,
        entries: impl IntoIterator<Item = Entry>,
        incident: &Incident,
        policy: &Policy,
        tz: chrono_tz::Tz,
    ) -> Vec<Line> {
        let at = |at| time::local(at, tz);
        match self {
            Self::Markdown => timeline::lines(entries, &Knowing(&InNames(policy, at), incident)),
            Self::Json | Self::Csv => timeline::lines(entries, &Knowing(&at, incident)),
        }
    }

    /// The export in this format, UTF-8.
    ///
    /// # Errors
    /// Only CSV can fail, when its writer does.
    pub fn write(self, source: &Source<'_>) -> Result<Vec<u8>, ::csv::Error> {
        match self {
            Self::Markdown => Ok(markdown(source).into_bytes()),
            Self::Json => Ok(json(source).into_bytes()),
            Self::Csv => csv(source),
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Csv => "csv",
        })
    }
}

impl std::str::FromStr for Format {
    type Err = String;
    /// Reads `md`, `markdown`, `json` and `csv`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_lowercase().as_str() {
            "md" | "markdown" => Ok(Self::Markdown),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => {
                let shown = one_line(text, SHOWN_CHARS_MAX);
                Err(format!("«{shown}» is no export format. Use markdown, json or csv."))
            }
        }
    }
}

/// The review document: what was done when, by whom and what the public was told, then the whole timeline.
///
/// GitHub-flavoured Markdown. Whatever people or alerts wrote is escaped: it is shown, it does nothing. Characters that
/// reorder text on the screen are shown by number; the JSON has every text as it was written.
pub fn markdown(source: &Source<'_>) -> String {
    markdown::write(source)
}

/// The master copy: a summary, and every entry with its seal, so that anybody can verify the chain (`docs/verify.md`).
///
/// `body` is the sealed text, byte for byte, and `entry` the same as JSON. A redacted entry has neither, nor its salt
/// (with which a short text could be guessed from the hash); its hashes stay, and the chain holds.
pub fn json(source: &Source<'_>) -> String {
    json::write(source)
}

/// One row a line after a header row, RFC 4180; times ISO 8601. A cell that a spreadsheet would run as a formula has
/// an apostrophe before it.
///
/// # Errors
/// When the writer fails; it writes to memory.
pub fn csv(source: &Source<'_>) -> Result<Vec<u8>, ::csv::Error> {
    csv::write(source)
}

//! Reading a YAML file that people write: strict, and every mistake with its place and with what was probably meant.
//! Playbooks and drill scenarios are read through here.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location, Spanned};

use crate::alert::text::one_line;

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// More mistakes than anybody reads.
const PROBLEMS_MAX: usize = 100;
/// Characters of a word that an error repeats.
const SHOWN_CHARS_MAX: usize = 60;

/// One mistake: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named to us.
    pub file: String,
    /// Line, from 1; 0 where there is none.
    pub line: u64,
    /// Column in characters, from 1; 0 where there is none.
    pub column: u64,
    /// What is wrong, without a full stop.
    pub what: String,
    /// What to do now: a sentence, or nothing.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}.", self.what)?;
        if !self.hint.is_empty() {
            write!(f, " {}", self.hint)?;
        }
        Ok(())
    }
}

/// Collects the mistakes of one file.
pub(crate) struct Findings<'f> {
    file: &'f str,
    found: Vec<Problem>,
}

impl<'f> Findings<'f> {
    pub fn new(file: &'f str) -> Self {
        Self { file, found: Vec::new() }
    }

    pub fn add(&mut self, at: Location, what: impl Into<String>, hint: impl Into<String>) {
        if self.found.len() < PROBLEMS_MAX {
            self.found.push(Problem {
                file: self.file.to_owned(),
                line: at.line(),
                column: at.column(),
                what: what.into(),
                hint: hint.into(),
            });
        }
    }

    /// A problem with a value, where the value stands.
    pub fn at<T>(&mut self, value: &Spanned<T>, what: impl Into<String>, hint: impl Into<String>) {
        self.add(value.referenced, what, hint);
    }

    /// One word of a fixed list; a word that is not in it is a problem, with the nearest as a hint.
    pub fn one_of<T: Copy>(&mut self, word: &Spanned<String>, what: &str, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(name, _)| *name == word.value).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            self.at(word, format!("«{}» is no {what}", shown(&word.value)), meant(&word.value, &names));
        }
        found
    }

    /// A text that must say something, within a limit.
    pub fn text(&mut self, text: &Spanned<String>, what: &str, chars_max: usize) {
        let chars = text.value.trim().chars().count();
        if chars == 0 {
            self.at(text, format!("the {what} is empty"), format!("Say the {what} in a few words."));
        } else if chars > chars_max {
            self.at(
                text,
                format!("the {what} has {chars} characters; the limit is {chars_max}"),
                "Shorten it.",
            );
        }
    }

    /// An id: what other places name it by.
    pub fn id(&mut self, id: &Spanned<String>, what: &str) {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.value.is_empty() || id.value.len() > 40 || !id.value.chars().all(fits) {
            self.at(
                id,
                format!("«{}» is no {what} id", shown(&id.value)),
                "Use letters, digits, `-` and `_`, at most 40.",
            );
        }
    }

    /// In the order of the file.
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }
}

/// A word as an error repeats it: short, on one line.
pub(crate) fn shown(word: &str) -> String {
    one_line(word, SHOWN_CHARS_MAX)
}

/// The nearest of some words, or all of them.
pub(crate) fn meant(word: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|name| (strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("Did you mean `{name}`?"),
        None if known.is_empty() => String::new(),
        None => format!("Known here: {}.", known.join(", ")),
    }
}

/// Reads YAML into `T`, or says where it cannot be read. Strict: what `T` does not know is a mistake.
pub(crate) fn yaml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Vec<Problem>> {
    let mut findings = Findings::new(file);
    if text.len() > FILE_BYTES_MAX {
        let what = format!("the file has {} bytes; the limit is {FILE_BYTES_MAX}", text.len());
        findings.add(Location::UNKNOWN, what, "Split it.");
        return Err(findings.into_problems());
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let at = error.location().unwrap_or(Location::UNKNOWN);
        let (what, hint) = explain(error.without_snippet());
        findings.add(at, what, hint);
        findings.into_problems()
    })
}

fn explain(error: &Error) -> (String, String) {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("there is no field «{}» here", shown(field)), meant(field, expected))
        }
        Error::SerdeMissingField { field, .. } => (format!("the field `{field}` is missing"), String::new()),
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().map(shown).unwrap_or_default();
            (format!("the field «{key}» is there twice"), "Keep one of them.".into())
        }
        other => {
            let text = other.to_string();
            // The place is said in our own words.
            let first = text.lines().next().unwrap_or_default();
            let what = first.split(" at line ").next().unwrap_or_default();
            (format!("it cannot be read: {}", what.trim().trim_end_matches('.')), String::new())
        }
    }
}

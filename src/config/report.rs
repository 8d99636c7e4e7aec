//! Collects what is wrong while the settings are read, and where each setting was written; turns both into
//! [`Problem`]s at the end, when it is known what must be blotted out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::problem::{Excerpt, Problem};
use super::quoted;

/// The longest piece of a source line that is shown, in characters.
const EXCERPT_CHARS_MAX: usize = 120;
/// How far into a line is looked for that piece, in bytes.
const EXCERPT_BYTES_MAX: usize = 4096;
/// More mistakes than anybody reads.
const PROBLEMS_MAX: usize = 100;

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Bytes of the file.
    File(Range<usize>),
    /// An environment variable.
    Variable(String),
    /// Nowhere: it is missing.
    Nowhere,
}

struct Found {
    place: Place,
    key: String,
    what: String,
    hint: String,
}

/// What was found so far.
pub(super) struct Report<'t> {
    file: &'t str,
    text: &'t str,
    found: Vec<Found>,
    places: BTreeMap<String, Place>,
    /// Bytes of the file that no error may show.
    dark: Vec<Range<usize>>,
    /// Sections that have a mistake: what they say is not looked at further.
    spoilt: BTreeSet<String>,
    /// Tables that have a key which is none of theirs: what seems missing there may be what it was meant to be.
    slips: BTreeSet<String>,
}

impl<'t> Report<'t> {
    /// For a file of this name and text; both may be empty.
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Report {
            file,
            text,
            found: Vec::new(),
            places: BTreeMap::new(),
            dark: Vec::new(),
            spoilt: BTreeSet::new(),
            slips: BTreeSet::new(),
        }
    }

    /// Notes where a setting was written; the later layer wins.
    pub(super) fn written(&mut self, key: &str, place: Place) {
        self.places.insert(key.to_owned(), place);
    }

    /// Keeps these bytes out of every error.
    pub(super) fn blot(&mut self, bytes: Range<usize>) {
        self.dark.push(bytes);
    }

    /// Notes that a table has an unknown key.
    pub(super) fn slip(&mut self, table: &str) {
        self.slips.insert(table.to_owned());
    }

    pub(super) fn has_slip(&self, table: &str) -> bool {
        self.slips.contains(table)
    }

    pub(super) fn add(&mut self, place: Place, key: &str, what: impl Into<String>, hint: impl Into<String>) {
        let section = key.split(['.', '[']).next().unwrap_or_default();
        self.spoilt.insert(section.to_owned());
        if self.found.len() < PROBLEMS_MAX {
            self.found.push(Found { place, key: key.to_owned(), what: what.into(), hint: hint.into() });
        }
    }

    /// A problem with the setting `key`, wherever that was written, or else what encloses it.
    pub(super) fn at(&mut self, key: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.add(self.place_of(key), key, what, hint);
    }

    /// A problem at a line and column (from 1) within the text that is the setting `key`.
    pub(super) fn within(
        &mut self,
        key: &str,
        line: usize,
        column: usize,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let place = match self.place_of(key) {
            Place::File(bytes) => {
                let source = self.text.get(bytes.clone()).unwrap_or_default();
                let at = bytes.start + quoted::place(source, line, column).unwrap_or(0);
                Place::File(at..at + 1)
            }
            other => other,
        };
        self.add(place, key, what, hint);
    }

    /// Where `key` was written, or the innermost table around it that was.
    pub(super) fn place_of(&self, key: &str) -> Place {
        let mut rest = key;
        loop {
            if let Some(place) = self.places.get(rest) {
                return place.clone();
            }
            match rest.rfind(['.', '[']) {
                Some(end) => rest = rest.get(..end).unwrap_or_default(),
                None => return Place::Nowhere,
            }
        }
    }

    /// Where exactly this setting was written.
    pub(super) fn exact_place_of(&self, key: &str) -> Option<&Place> {
        self.places.get(key)
    }

    /// What this section says is not looked at further: something that belongs to it is wrong elsewhere.
    pub(super) fn spoil(&mut self, section: &str) {
        self.spoilt.insert(section.to_owned());
    }

    /// Whether something in this section is wrong already.
    pub(super) fn is_spoilt(&self, section: &str) -> bool {
        self.spoilt.contains(section)
    }

    pub(super) fn spoilt(&self) -> impl Iterator<Item = &str> {
        self.spoilt.iter().map(String::as_str)
    }

    /// Mistakes so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    pub(super) fn is_clean(&self) -> bool {
        self.found.is_empty()
    }

    /// The place in words, for a sentence about another one: `line 3`.
    pub(super) fn in_words(&self, place: &Place) -> String {
        match place {
            Place::File(bytes) => format!("line {}", self.line_of(bytes.start).0),
            Place::Variable(name) => name.clone(),
            Place::Nowhere => "the defaults".to_owned(),
        }
    }

    /// All that was found, in the order of the file, then of the environment.
    pub(super) fn finish(self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.found.iter().map(|found| self.problem(found)).collect();
        problems.sort_by_key(|problem| (problem.line == 0, problem.line, problem.column));
        problems.dedup();
        problems
    }

    fn problem(&self, found: &Found) -> Problem {
        let (file, key, line, column, excerpt) = match &found.place {
            Place::File(bytes) => {
                let (line, from, source) = self.line_of(bytes.start);
                let column =
                    source.get(..bytes.start.saturating_sub(from)).map_or(0, |before| before.chars().count())
                        + 1;
                (self.file, &found.key, line, column, Some(self.excerpt(bytes, from, source)))
            }
            Place::Variable(name) => ("environment", name, 0, 0, None),
            Place::Nowhere if self.file.is_empty() => ("settings", &found.key, 0, 0, None),
            Place::Nowhere => (self.file, &found.key, 0, 0, None),
        };
        Problem {
            file: file.to_owned(),
            line,
            column,
            key: key.clone(),
            what: found.what.clone(),
            hint: found.hint.clone(),
            excerpt,
        }
    }

    /// Number of the line that holds a byte, where it starts, and its text.
    fn line_of(&self, byte: usize) -> (usize, usize, &'t str) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let from = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        (before.matches('\n').count() + 1, from, line)
    }

    /// The line with one `…` for each dark part, and where the marked part then lies.
    fn excerpt(&self, marked: &Range<usize>, line_from: usize, line: &str) -> Excerpt {
        let mut shown = String::new();
        let (mut from, mut length, mut count, mut in_dark) = (None, 0, 0, false);
        for (offset, character) in line.char_indices() {
            let byte = line_from + offset;
            let dark = self.dark.iter().any(|dark| dark.contains(&byte));
            let is_drawn = !(dark && in_dark);
            in_dark = dark;
            if marked.contains(&byte) || byte == marked.start {
                from.get_or_insert(if is_drawn { count } else { count - 1 });
                length += usize::from(is_drawn);
            }
            if is_drawn {
                shown.push(match character {
                    _ if dark => '…',
                    c if c.is_control() => ' ',
                    c => c,
                });
                count += 1;
            }
            if count >= EXCERPT_CHARS_MAX || offset > EXCERPT_BYTES_MAX {
                break;
            }
        }
        // A fault at the end of the line, or past what is shown, is marked behind it.
        Excerpt { line: shown, from: from.unwrap_or(count), length }
    }
}

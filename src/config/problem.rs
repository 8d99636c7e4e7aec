//! One thing that is wrong with the settings: where, what, and what to do. Never holds a secret: the source line it
//! shows has every value blotted out that is or may be one.

use std::fmt;

/// One mistake in the settings. Its Display is one line; [`Problem::render`] shows the source as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named to us; `environment` for a variable; `settings` when nothing was written at all.
    pub file: String,
    /// Line, from 1; 0 where there is none.
    pub line: usize,
    /// Column in characters, from 1; 0 where there is none.
    pub column: usize,
    /// The setting (`http.listen`, `person[1].id`) or the variable.
    pub key: String,
    /// What is wrong, without a full stop.
    pub what: String,
    /// What to do now: a sentence, or nothing.
    pub hint: String,
    pub(super) excerpt: Option<Excerpt>,
}

/// The source line with the place to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The line, secrets blotted out.
    pub line: String,
    /// Characters before the marked part, and its length.
    pub from: usize,
    pub length: usize,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}.", self.what)?;
        if !self.hint.is_empty() {
            write!(f, " {}", self.hint)?;
        }
        Ok(())
    }
}

impl Problem {
    /// The problem in several lines, the source line among them, the place marked.
    pub fn render(&self) -> String {
        let Some(excerpt) = &self.excerpt else {
            return format!("{self}\n");
        };
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let key = if self.key.is_empty() { String::new() } else { format!("{}: ", self.key) };
        let mut text = format!(
            "{key}{}\n{gutter}--> {}:{}:{}\n{gutter} |\n{number} | {}\n{gutter} | {}{}\n",
            self.what,
            self.file,
            self.line,
            self.column,
            excerpt.line,
            " ".repeat(excerpt.from),
            "^".repeat(excerpt.length.max(1)),
        );
        if !self.hint.is_empty() {
            text.push_str(&format!("{gutter} = {}\n", self.hint));
        }
        text
    }
}

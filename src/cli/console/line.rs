//! The line at the bottom: what is typed, the lines before it, and the words that would fit.

use crate::grammar::{Completions, complete_line};

/// Lines remembered.
const HISTORY_MAX: usize = 200;
/// Words offered at one time.
const OFFERED_MAX: usize = 8;

#[derive(Debug, Default)]
pub struct Line {
    text: String,
    /// Characters before the cursor.
    at: usize,
    history: Vec<String>,
    /// Which line of the history is shown, from its end; 0 is what is being typed.
    back: usize,
    /// What was being typed before the history was looked through, and whether it was as it was said.
    kept: (String, bool),
    /// Whether it came back as it was said before.
    is_as_said: bool,
}

impl Line {
    pub fn text(&self) -> &str {
        &self.text
    }
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
    /// Whether it came back as it was said before, and nobody changed it since.
    pub fn is_as_said(&self) -> bool {
        self.is_as_said
    }
    /// It was changed: it is not what was said before.
    pub fn become_another(&mut self) {
        self.is_as_said = false;
    }
    /// Where the cursor stands, in bytes.
    fn byte(&self) -> usize {
        self.text.char_indices().nth(self.at).map_or(self.text.len(), |(byte, _)| byte)
    }
    /// What stands before the cursor.
    pub fn before(&self) -> &str {
        self.text.get(..self.byte()).unwrap_or(&self.text)
    }

    fn set(&mut self, text: String) {
        self.at = text.chars().count();
        self.text = text;
    }
    pub fn clear(&mut self) {
        self.set(String::new());
        self.back = 0;
        self.is_as_said = false;
    }

    /// What was pasted may have several lines; only Enter sends one.
    pub fn insert(&mut self, typed: &str) {
        let typed: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.text.insert_str(self.byte(), &typed);
        self.at += typed.chars().count();
    }
    pub fn backspace(&mut self) {
        if self.at > 0 {
            self.at -= 1;
            self.text.remove(self.byte());
        }
    }
    pub fn delete(&mut self) {
        if self.byte() < self.text.len() {
            self.text.remove(self.byte());
        }
    }
    pub fn word_back(&mut self) {
        let before = self.before().trim_end();
        let rest = before.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
        let kept = before.get(..rest).unwrap_or_default().to_owned();
        let after = self.text.get(self.byte()..).unwrap_or_default().to_owned();
        self.at = kept.chars().count();
        self.text = kept + &after;
    }
    pub fn left(&mut self) {
        self.at = self.at.saturating_sub(1);
    }
    pub fn right(&mut self) {
        self.at = (self.at + 1).min(self.text.chars().count());
    }
    pub fn home(&mut self) {
        self.at = 0;
    }
    pub fn end(&mut self) {
        self.at = self.text.chars().count();
    }

    /// The line as it is said; it is remembered.
    pub fn enter(&mut self) -> String {
        let said = std::mem::take(&mut self.text).trim().to_owned();
        self.clear();
        if self.history.last() != Some(&said) {
            self.history.push(said.clone());
        }
        if self.history.len() > HISTORY_MAX {
            self.history.remove(0);
        }
        said
    }

    /// A line that was said and got no answer is there again, where nothing else is typed; it is one of those before in any case.
    /// Whether it is there.
    pub fn give_back(&mut self, said: &str) -> bool {
        if self.text.is_empty() {
            self.back = 0;
            self.set(said.to_owned());
        }
        let is_there = self.text == said;
        self.is_as_said |= is_there;
        is_there
    }

    pub fn earlier(&mut self) {
        if self.back == 0 {
            self.kept = (self.text.clone(), self.is_as_said);
        }
        self.back = (self.back + 1).min(self.history.len());
        self.recall();
    }
    pub fn later(&mut self) {
        if self.back > 0 {
            self.back -= 1;
            self.recall();
        }
    }
    fn recall(&mut self) {
        let line = match self.back {
            0 => Some(self.kept.clone()),
            back => {
                let said = self.history.len().checked_sub(back).and_then(|n| self.history.get(n).cloned());
                said.map(|said| (said, true))
            }
        };
        if let Some((line, is_as_said)) = line {
            self.set(line);
            self.is_as_said = is_as_said;
        }
    }

    /// Completes the word before the cursor as far as it is certain; what it could be, where it is not.
    pub fn complete(&mut self, known: &Completions) -> Option<String> {
        let offered = complete_line(self.before(), known);
        let typed = self.before().rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
        let (certain, end) = match offered.as_slice() {
            [] => return Some("Nothing is known here; `help` tells what can be said.".into()),
            [(_, only)] => (only.clone(), if only.ends_with(':') { "" } else { " " }),
            several => (common(several.iter().map(|(_, value)| value.as_str())), ""),
        };
        if certain.to_lowercase().starts_with(&typed.to_lowercase()) || offered.len() == 1 {
            (0..typed.chars().count()).for_each(|_| self.backspace());
            self.insert(&certain);
            self.insert(end);
        }
        (offered.len() > 1).then(|| {
            let mut rows: Vec<&str> =
                offered.iter().map(|(label, _)| label.as_str()).take(OFFERED_MAX).collect();
            if offered.len() > OFFERED_MAX {
                rows.push("…");
            }
            rows.join("\n")
        })
    }
}

/// What all begin with.
fn common<'a>(mut words: impl Iterator<Item = &'a str>) -> String {
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |common, word| {
        common.chars().zip(word.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    })
}

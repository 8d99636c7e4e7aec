//! A cursor over what was typed, or over an argument list, that never loses the text between the words.

use crate::incident::refusal::Refusal;

/// Copied freely: looking ahead is reading with a copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    from: From<'a>,
    /// Byte offset into the text, or index into the list.
    at: usize,
}

#[derive(Debug, Clone, Copy)]
enum From<'a> {
    Text(&'a str),
    List(&'a [String]),
}

/// Straight, and as phones set them.
pub(super) const QUOTES: [char; 3] = ['"', '“', '”'];

impl<'a> Words<'a> {
    pub fn text(text: &'a str) -> Self {
        Self { from: From::Text(text), at: 0 }
    }

    pub fn list(list: &'a [String]) -> Self {
        Self { from: From::List(list), at: 0 }
    }

    /// The next word, left where it is.
    pub fn peek(&self) -> Option<&'a str> {
        match self.from {
            From::Text(text) => text.get(self.at..)?.split_whitespace().next(),
            From::List(list) => list.get(self.at).map(String::as_str),
        }
    }

    pub fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        match self.from {
            From::Text(text) => {
                let rest = text.get(self.at..)?;
                self.at += rest.len() - rest.trim_start().len() + word.len();
            }
            From::List(_) => self.at += 1,
        }
        Some(word)
    }

    /// Skips the first `bytes` of the next word.
    pub fn skip_in_word(&mut self, bytes: usize) {
        if let From::Text(text) = self.from {
            let rest = text.get(self.at..).unwrap_or_default();
            self.at += rest.len() - rest.trim_start().len() + bytes;
        }
    }

    pub fn is_text(&self) -> bool {
        matches!(self.from, From::Text(_))
    }

    /// All that follows, word for word, blanks at both ends cut off.
    pub fn rest(&self) -> String {
        match self.from {
            From::Text(text) => text.get(self.at..).unwrap_or_default().trim().to_owned(),
            From::List(list) => list.get(self.at..).unwrap_or_default().join(" ").trim().to_owned(),
        }
    }

    /// What stands between here and `end`, word for word.
    pub fn until(&self, end: &Words<'_>) -> String {
        match self.from {
            From::Text(text) => text.get(self.at..end.at).unwrap_or_default().trim().to_owned(),
            From::List(list) => list.get(self.at..end.at).unwrap_or_default().join(" ").trim().to_owned(),
        }
    }

    pub fn is_at_quote(&self) -> bool {
        self.is_text() && self.peek().is_some_and(|word| word.starts_with(QUOTES))
    }

    /// One value: a word, or what stands between quotes (in a list every element is whole already).
    ///
    /// # Errors
    /// When a quote is not closed.
    pub fn value(&mut self) -> Result<Option<String>, Refusal> {
        let From::Text(text) = self.from else { return Ok(self.next().map(str::to_owned)) };
        if !self.is_at_quote() {
            return Ok(self.next().map(str::to_owned));
        }
        let rest = text.get(self.at..).unwrap_or_default();
        let opened = rest.len() - rest.trim_start().len();
        let inside = rest.trim_start();
        let mut value = String::new();
        let mut chars = inside.char_indices().skip(1).peekable();
        while let Some((offset, c)) = chars.next() {
            match c {
                '\\' if chars.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                    value.extend(chars.next().map(|(_, next)| next));
                }
                c if QUOTES.contains(&c) && chars.peek().is_none_or(|(_, next)| next.is_whitespace()) => {
                    self.at += opened + offset + c.len_utf8();
                    return Ok(Some(value));
                }
                c => value.push(c),
            }
        }
        let shown = super::value::shown(inside);
        Err(Refusal::invalid(format!("The quote in «{shown}» is not closed."), "Close it with \"."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_between_words_is_never_lost() {
        let mut words = Words::text("  note  don't\n\n  do  \"that\"  ");
        assert_eq!(words.next(), Some("note"));
        assert_eq!(words.rest(), "don't\n\n  do  \"that\"");
        let start = words;
        words.next();
        words.next();
        assert_eq!(start.until(&words), "don't\n\n  do");
        assert_eq!((words.next(), words.next()), (Some("\"that\""), None));
    }

    #[test]
    fn quotes_hold_one_value_together_even_curly_ones() {
        for text in ["\"API gateway\" x", "“API gateway” x"] {
            let mut words = Words::text(text);
            assert_eq!(words.value().unwrap().as_deref(), Some("API gateway"));
            assert_eq!(words.rest(), "x");
        }
        let mut words = Words::text(r#""a \"b\" c""#);
        assert_eq!(words.value().unwrap().as_deref(), Some("a \"b\" c"));
        assert!(Words::text("\"open").value().unwrap_err().why.contains("not closed"));
    }
}

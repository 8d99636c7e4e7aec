//! Outside text made safe to store and to show: cut to a length, and rid of characters that act on a screen.
//!
//! Replaced are control characters (ANSI escapes, NUL, C1), the bidirectional embeddings, overrides and
//! isolates (U+202A..202E, U+2066..2069; Unicode TR36, "Trojan Source") and the line and paragraph separators.
//! The marks that right-to-left prose needs (U+200E, U+200F, U+061C) and the joiners of emoji stay.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::legible::STAND_IN;
pub use crate::legible::{acts, is_blank, legible, one_line};

/// Longest title, in bytes of UTF-8.
pub const TITLE_MAX_BYTES: usize = 300;
/// Longest description, in bytes of UTF-8.
pub const DESCRIPTION_MAX_BYTES: usize = 4_000;
/// Longest name of a label or an annotation, in bytes.
pub const NAME_MAX_BYTES: usize = 128;
/// Longest value of a label, in bytes.
pub const LABEL_MAX_BYTES: usize = 1_000;
/// Longest value of an annotation, in bytes.
pub const ANNOTATION_MAX_BYTES: usize = 4_000;
/// Longest fingerprint or group key, in bytes; longer ones are kept as their hash, for a cut one could be
/// mistaken for another.
const IDENTITY_MAX_BYTES: usize = 400;
/// Most notes on one alert or one delivery; one more says that there were more.
pub const NOTES_MAX: usize = 20;
/// Most bytes of an outside value that a note or an error quotes.
const QUOTE_MAX_BYTES: usize = 80;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One line: line breaks and tabs become a blank.
    Line,
    /// Line breaks and tabs stay.
    Block,
}

/// The same with line breaks and tabs.
fn is_plain_block(text: &str) -> bool {
    let plain = |b: &u8| (0x20..0x7f).contains(b) | (*b == b'\n') | (*b == b'\t');
    text.as_bytes().chunks(32).all(|stride| stride.iter().fold(true, |all, b| all & plain(b)))
}

/// Whether a text is printable ASCII, as nearly every one is. In strides without a branch inside, which the
/// compiler turns into vector code.
pub(crate) fn is_plain(text: &str) -> bool {
    text.as_bytes().chunks(32).all(|stride| stride.iter().fold(true, |all, b| all & (0x20..0x7f).contains(b)))
}

fn clean(raw: &str, shape: Shape) -> (Cow<'_, str>, bool) {
    let as_it_is = match shape {
        Shape::Line => is_plain(raw),
        Shape::Block => is_plain_block(raw),
    };
    if as_it_is || !raw.chars().any(acts) {
        return (Cow::Borrowed(raw), false);
    }
    let mut out = String::with_capacity(raw.len());
    let mut replaced = false;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => out.push(if shape == Shape::Line { ' ' } else { '\n' }),
            '\t' => out.push(if shape == Shape::Line { ' ' } else { '\t' }),
            c if acts(c) => {
                replaced = true;
                out.push(STAND_IN);
            }
            c => out.push(c),
        }
    }
    (Cow::Owned(out), replaced)
}

/// The longest beginning of `text` with at most `max` bytes, whole characters only, with an ellipsis if
/// something was left out.
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let mark = if max >= '…'.len_utf8() { "…" } else { "" };
    let end = text.floor_char_boundary(max.saturating_sub(mark.len()));
    Cow::Owned(format!("{}{mark}", text.get(..end).unwrap_or_default()))
}

fn fit(what: &str, raw: &str, max: usize, shape: Shape, notes: &mut Vec<String>) -> String {
    let (clean, replaced) = clean(raw, shape);
    if replaced {
        note(notes, || {
            format!("The {what} held control or text-direction characters; each is now {STAND_IN}.")
        });
    }
    if clean.len() > max {
        note(notes, || format!("The {what} was cut from {} to {max} bytes.", clean.len()));
    }
    match cut(&clean, max) {
        Cow::Borrowed(_) => clean.into_owned(),
        Cow::Owned(cut) => cut,
    }
}

/// One line of at most `max` bytes; `what` names it in the notes.
pub fn line(what: &str, raw: &str, max: usize, notes: &mut Vec<String>) -> String {
    fit(what, raw, max, Shape::Line, notes)
}

/// Text of several lines, at most `max` bytes; `what` names it in the notes.
pub fn block(what: &str, raw: &str, max: usize, notes: &mut Vec<String>) -> String {
    fit(what, raw, max, Shape::Block, notes)
}

/// A text that tells things apart: kept to the letter, or, if it is too long or holds characters that act,
/// as `sha256:` and 32 hexadecimal digits.
pub fn identity(what: &str, raw: &str, notes: &mut Vec<String>) -> String {
    if raw.len() <= IDENTITY_MAX_BYTES && (is_plain(raw) || !raw.chars().any(acts)) {
        return raw.to_owned();
    }
    note(notes, || {
        format!("The {what} ({} bytes) was too long or unprintable; its hash stands for it.", raw.len())
    });
    digest(raw.as_bytes())
}

/// `sha256:` and the first 32 hexadecimal digits of the hash of `bytes`.
pub fn digest(bytes: &[u8]) -> String {
    let mut hex = hex::encode(Sha256::digest(bytes));
    hex.truncate(32);
    format!("sha256:{hex}")
}

/// An outside value for a note or an error: one line, short, in typographic quotes.
pub fn quote(raw: &str) -> String {
    // Cut before cleaning as well: a quote of a body of megabytes must not copy them.
    let (clean, _) =
        clean(raw.get(..raw.floor_char_boundary(QUOTE_MAX_BYTES * 4)).unwrap_or_default(), Shape::Line);
    format!("“{}”", cut(&clean, QUOTE_MAX_BYTES))
}

/// Adds a note, unless there are [`NOTES_MAX`] already.
pub fn note(notes: &mut Vec<String>, sentence: impl FnOnce() -> String) {
    match notes.len() {
        n if n < NOTES_MAX => notes.push(sentence()),
        NOTES_MAX => notes.push("There was more to note than is kept.".to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_text_is_untouched_and_notes_nothing() {
        let mut notes = Vec::new();
        for text in ["Disk 95% full <b>@everyone</b> & *co*", "Größe 👩‍🚒", "سلام\u{200F}!", ""]
        {
            assert_eq!(line("title", text, 300, &mut notes), text);
        }
        assert_eq!(block("description", "a\n\tb", 300, &mut notes), "a\n\tb");
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn characters_that_act_are_replaced_and_told() {
        let mut notes = Vec::new();
        assert_eq!(
            line("title", "a\u{1b}[31mred\u{202e}txt\0", 300, &mut notes),
            "a\u{FFFD}[31mred\u{FFFD}txt\u{FFFD}"
        );
        assert_eq!(notes.len(), 1);
        assert_eq!(line("title", "two\r\nlines\tand", 300, &mut notes), "two lines and");
        assert_eq!(block("text", "two\r\nlines\u{2028}x", 300, &mut notes), "two\nlines\nx");
        assert_eq!(notes.len(), 1, "line ends are no oddity: {notes:?}");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_told() {
        let mut notes = Vec::new();
        assert_eq!(line("title", "ääääää", 8, &mut notes), "ää…");
        assert_eq!(notes, ["The title was cut from 12 to 8 bytes."]);
        assert_eq!(cut("ää", 1), "");
    }

    #[test]
    fn identities_are_never_cut_into_one_another() {
        let mut notes = Vec::new();
        let long = "x".repeat(IDENTITY_MAX_BYTES + 1);
        let longer = "x".repeat(IDENTITY_MAX_BYTES + 2);
        assert_ne!(identity("fingerprint", &long, &mut notes), identity("fingerprint", &longer, &mut notes));
        assert_ne!(identity("fingerprint", "a\0", &mut notes), identity("fingerprint", "a\u{1}", &mut notes));
        assert_eq!(identity("fingerprint", "7d2d332feada5c59", &mut notes), "7d2d332feada5c59");
    }

    #[test]
    fn notes_stop_at_their_limit_and_say_so() {
        let mut notes = Vec::new();
        for i in 0..100 {
            note(&mut notes, || i.to_string());
        }
        assert_eq!(notes.len(), NOTES_MAX + 1);
        assert!(notes.last().unwrap().contains("more"));
    }

    proptest! {
        #[test]
        fn whatever_comes_fits_and_holds_nothing_that_acts(raw in "\\PC*|.*|[\\x00-\\x1f\u{202a}-\u{202e}é]*", max in 0usize..64) {
            let mut notes = Vec::new();
            let out = line("text", &raw, max, &mut notes);
            prop_assert!(out.len() <= max);
            prop_assert!(!out.chars().any(acts));
            prop_assert!(quote(&raw).len() <= QUOTE_MAX_BYTES + 6);
            let told = one_line(&raw, max);
            prop_assert!(told.chars().count() <= max && !told.chars().any(acts));
        }
    }
}

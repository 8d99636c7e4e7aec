//! Texts of people and alerts, made harmless for chats that read Markdown: no mention, no formatting, no disguised link.

use super::text::{clean, is_plain_url};

/// Keeps `@everyone`, `<@1>` and `](` from being read as such, and takes no room on the screen.
pub(super) const NOTHING: char = '\u{200b}';

/// UTF-16 units, so that no way of counting gives more than the limit.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// At most `max` units, with `…` where something was cut off. Never ends in half an escape.
pub(super) fn cap(text: &str, max: usize) -> String {
    if length(text) <= max {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut units = 1;
    for c in text.chars() {
        units += c.len_utf16();
        if units > max {
            break;
        }
        kept.push(c);
    }
    let slashes = kept.chars().rev().take_while(|c| *c == '\\').count();
    if slashes % 2 == 1 {
        kept.pop();
    }
    if max > 0 {
        kept.push('…');
    }
    kept
}

/// Text as it was written, shown word for word. `marks` are what the chat takes a backslash before.
pub(super) fn escape(text: &str, marks: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + 16);
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end_matches(char::is_whitespace);
        if is_plain_url(word) {
            out.push_str(piece);
            continue;
        }
        let at_start = out.is_empty() || out.ends_with('\n');
        for (i, c) in piece.chars().enumerate() {
            if marks.contains(c) || (at_start && i == 0 && matches!(c, '#' | '-' | '+')) {
                out.push('\\');
            }
            out.push(c);
            if matches!(c, '<' | '@') {
                out.push(NOTHING);
            }
        }
    }
    out
}

/// Our own words with somebody's text in them: formatting stays, mentions and disguised links do not.
pub(super) fn soften(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in clean(text).chars() {
        if matches!(c, '(' | '[' | ':') && out.ends_with(']') {
            out.push(NOTHING);
        }
        out.push(c);
        if matches!(c, '@' | '<') {
            out.push(NOTHING);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_words_of_ours_carry_a_mention_or_a_disguised_link() {
        let soft = soften("**EXERCISE** say `note` @here <!all> [bank](http://a) [bank][1]\n[1]: http://a");
        assert!(soft.starts_with("**EXERCISE** say `note` "), "{soft}");
        for whole in ["@here", "<!", "](", "][", "]:"] {
            assert!(!soft.contains(whole), "{soft}");
        }
    }

    #[test]
    fn a_cut_text_keeps_to_the_limit_and_never_ends_in_half_an_escape() {
        let long = escape(&"*".repeat(5_000), "\\*");
        for max in [1, 2, 3, 9, 10, 2_000] {
            let cut = cap(&long, max);
            assert!(length(&cut) <= max);
            assert!(cut.chars().rev().skip(1).take_while(|c| *c == '\\').count() % 2 == 0, "{max}");
        }
        assert_eq!(cap("short", 5), "short");
        assert!(length(&cap(&"🚨".repeat(30), 25)) <= 25);
    }
}

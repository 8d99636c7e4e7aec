//! Texts of people and alerts, made harmless for Discord: no mention, no formatting, no disguised link, no excess.

use chrono::{DateTime, Utc};

use crate::chat::text::{clean, is_plain_url};

/// Keeps `@everyone`, `<@1>` and `](` from being read as such, and takes no room on the screen.
const NOTHING: char = '\u{200b}';

/// What Discord counts: UTF-16 units, so that no way of counting gives more than the limit.
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

/// Text as it was written, shown word for word by Discord.
pub(super) fn escape(text: &str) -> String {
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
            match c {
                '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '(' | ')' | '>' => out.extend(['\\', c]),
                '<' => out.extend(['\\', '<', NOTHING]),
                '@' => out.extend(['@', NOTHING]),
                '#' | '-' | '+' if at_start && i == 0 => out.extend(['\\', c]),
                c => out.push(c),
            }
        }
    }
    out
}

/// Our own words with somebody's text in them, for one reader's eyes: formatting stays, mentions and disguised links
/// do not.
pub(super) fn soften(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in clean(text).chars() {
        if c == '(' && out.ends_with(']') {
            out.push(NOTHING);
        }
        out.push(c);
        if matches!(c, '@' | '<') {
            out.push(NOTHING);
        }
    }
    out
}

/// One line without formatting, for names of threads and titles of forms, where Discord knows none.
pub(super) fn plain(text: &str) -> String {
    clean(text).replace('\n', " ").replace('@', &format!("@{NOTHING}"))
}

/// A moment in the reader's own zone. `style`: `t` is 14:32, `R` is "5 minutes ago", `f` with the date.
pub(super) fn moment(at: DateTime<Utc>, style: char) -> String {
    format!("<t:{}:{style}>", at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_anybody_types_can_mention_or_disguise_or_format() {
        for hostile in [
            "@everyone",
            "@here",
            "<@1>",
            "<@&1>",
            "<#1>",
            "[a](http://b)",
            "```x```",
            "**b**",
            "||s||",
            "# big",
            "> q",
        ] {
            let shown = escape(hostile);
            for whole in ["@everyone", "@here", "<@", "<#", "](", "```", "**", "||"] {
                assert!(!shown.contains(whole), "{hostile}: {shown}");
            }
            assert!(!shown.starts_with(['#', '>']), "{shown}");
            let soft = soften(hostile);
            for whole in ["@everyone", "@here", "<@", "<#", "]("] {
                assert!(!soft.contains(whole), "{hostile}: {soft}");
            }
        }
        assert_eq!(
            escape("see https://grafana.example/d/a_b?x=1 now"),
            "see https://grafana.example/d/a_b?x=1 now"
        );
        assert_eq!(escape("a\u{202e}b\u{0}c\n\n\n\n\nd"), "abc\n\nd");
    }

    #[test]
    fn a_cut_text_keeps_to_the_limit_and_never_ends_in_half_an_escape() {
        let long = escape(&"*".repeat(5_000));
        for max in [1, 2, 3, 9, 10, 2_000] {
            let cut = cap(&long, max);
            assert!(length(&cut) <= max);
            assert!(cut.chars().rev().skip(1).take_while(|c| *c == '\\').count() % 2 == 0, "{max}");
        }
        assert_eq!(cap("short", 5), "short");
        assert!(length(&cap(&"🚨".repeat(30), 25)) <= 25);
    }
}

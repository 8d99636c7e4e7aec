//! Texts of people and alerts, made harmless for Matrix: escaped in HTML, without a call to the whole room, cut.

use crate::chat::text::clean;
pub(super) use crate::chat::text::{cap, moment, moment_with_day};

/// Keeps `@room` from being read as such, and takes no room on the screen.
const NOTHING: char = '\u{200b}';

/// Text for the plain form of a message.
pub(super) fn plain(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        out.push(c);
        let follows = text.get(at + 1..).and_then(|rest| rest.get(..4));
        if c == '@' && follows.is_some_and(|word| word.eq_ignore_ascii_case("room")) {
            out.push(NOTHING);
        }
    }
    out
}

/// One line, for names and topics of rooms.
pub(super) fn one_line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

/// Text as it was written, for the HTML form: nothing in it is a tag, an entity or a link.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out
}

/// Our own words with somebody's text in them: what stands between backticks or double asterisks is set so.
pub(super) fn soften(text: &str) -> String {
    let mut out = escape(text);
    for (mark, tag) in [("`", "code"), ("**", "strong")] {
        let mut pieces = out.split(mark);
        let mut set = pieces.next().unwrap_or_default().to_owned();
        let rest: Vec<&str> = pieces.collect();
        for (i, piece) in rest.iter().enumerate() {
            let is_open = i % 2 == 0;
            if is_open && i + 1 == rest.len() {
                // Not closed: it stands for itself.
                set.push_str(mark);
            } else {
                set.push_str(&format!("<{}{tag}>", if is_open { "" } else { "/" }));
            }
            set.push_str(piece);
        }
        out = set;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_anybody_types_becomes_a_tag_or_calls_the_room() {
        for hostile in [
            "<script>alert(1)</script>",
            "<a href=\"https://matrix.to/#/@ada:example.org\">Ada</a>",
            "<mx-reply>x</mx-reply>",
            "\" onmouseover=\"x",
            "&lt;b&gt;",
            "</strong><img src=x onerror='x'>",
        ] {
            for shown in [escape(hostile), soften(hostile)] {
                assert!(!shown.contains(['<', '>', '"', '\'']), "{shown}");
            }
        }
        assert_eq!(escape("&lt;"), "&amp;lt;");
        for room in ["@room", "@ROOM!", "x@room", "é@room"] {
            assert!(!plain(room).to_lowercase().contains("@room"), "{room}");
            assert!(!escape(room).to_lowercase().contains("@room"), "{room}");
        }
        assert_eq!(plain("@ro"), "@ro");
        assert_eq!(plain("@ada:example.org"), "@ada:example.org", "a name can be copied");
        assert_eq!(escape("a\u{202e}b\u{0}c\n\nd"), "abc<br><br>d");
    }

    #[test]
    fn code_and_banners_in_our_own_words_are_set_so_and_never_left_open() {
        assert_eq!(soften("say `note <x>` now"), "say <code>note &lt;x&gt;</code> now");
        assert_eq!(soften("**EXERCISE** it is"), "<strong>EXERCISE</strong> it is");
        for odd in ["a ` b", "`a` b ` c", "** a", "a ** b ** c **"] {
            let set = soften(odd);
            for tag in ["code", "strong"] {
                let count = |text: &str| set.matches(text).count();
                assert_eq!(count(&format!("<{tag}>")), count(&format!("</{tag}>")), "{set}");
            }
        }
    }

    #[test]
    fn a_cut_text_keeps_to_the_limit() {
        assert_eq!(cap("short", 5), "short");
        assert_eq!(cap("longer", 5), "long…");
        assert_eq!(cap(&"🚨".repeat(9), 3).chars().count(), 3);
    }
}

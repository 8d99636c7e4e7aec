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

/// A text that is longer than one message, as at most `most` messages of at most `max` units, cut where a line ends; what is
/// beyond them is cut off, with `…`. A block of code that is cut is closed, and opened again.
pub(super) fn pieces(text: &str, max: usize, most: usize) -> Vec<String> {
    const FENCE: &str = "```";
    let (mut pieces, mut rest) = (Vec::new(), text.to_owned());
    while length(&rest) > max && pieces.len() + 1 < most {
        let room = max.saturating_sub(FENCE.len() + 1);
        let mut units = 0;
        let fits = rest.char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > room
        });
        let fits = fits.map_or(rest.len(), |(at, _)| at);
        // A first line that is longer than a message has no better place.
        let Some(cut) = rest.get(..fits).and_then(|head| head.rfind('\n')).filter(|at| *at > 0) else {
            break;
        };
        let tail = rest.split_off(cut);
        let in_code = rest.matches(FENCE).count() % 2 == 1;
        if in_code {
            rest.push('\n');
            rest.push_str(FENCE);
        }
        pieces.push(std::mem::take(&mut rest));
        let tail = tail.trim_start_matches('\n');
        rest = if in_code { format!("{FENCE}\n{tail}") } else { tail.to_owned() };
    }
    pieces.push(cap(&rest, max));
    pieces
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

    #[test]
    fn a_text_too_long_for_one_message_goes_on_in_the_next_and_no_line_is_lost() {
        let lines: Vec<String> = (0..200).map(|n| format!("`verb {n}` does what it says 🚨")).collect();
        let pieces = pieces(&lines.join("\n"), 2_000, 9);
        assert!(pieces.len() > 2);
        assert!(pieces.iter().all(|piece| length(piece) <= 2_000));
        assert_eq!(pieces.join("\n"), lines.join("\n"));
    }

    #[test]
    fn a_cut_block_of_code_is_code_in_both_messages() {
        let code = format!("before\n```\n{}\n```\nafter", vec!["a line of code"; 40].join("\n"));
        let pieces = pieces(&code, 300, 9);
        assert!(pieces.len() > 1);
        for piece in &pieces {
            assert_eq!(piece.matches("```").count() % 2, 0, "{piece}");
            assert!(length(piece) <= 300, "{piece}");
        }
        assert_eq!(pieces.concat().matches("a line of code").count(), 40);
    }

    #[test]
    fn no_answer_fills_a_channel() {
        let long = pieces(&"a line\n".repeat(5_000), 100, 4);
        assert_eq!(long.len(), 4);
        assert!(long[3].ends_with('…'));
        assert_eq!(pieces(&"x".repeat(500), 100, 4).len(), 1, "a line without an end is cut off");
        assert_eq!(pieces("short", 100, 4), ["short"]);
    }
}

//! Texts of people and alerts, made harmless for chats that read Markdown: no mention, no formatting, no disguised link.

use super::text::{address_in, clean};

/// Keeps `@everyone`, `<@1>` and `](` from being read as such, and takes no room on the screen.
pub(super) const NOTHING: char = '\u{200b}';

/// UTF-16 units, so that no way of counting gives more than the limit.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// At most `max` units, with `…` where something was cut off. Never ends in half an escape, nor in half of one of Discord's moments.
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
    if let Some(at) = kept.rfind('<').filter(|at| begins_moment(&kept[*at..])) {
        kept.truncate(at);
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

/// Whether more may follow that makes it one of Discord's moments, such as `<t:1774747680:f>`.
fn begins_moment(text: &str) -> bool {
    match text.strip_prefix("<t:") {
        Some(rest) => rest.chars().all(|c| c.is_ascii_alphanumeric() || c == ':'),
        None => "<t:".starts_with(text),
    }
}

/// Begins and ends a block of code.
const FENCE: &str = "```";

fn is_in_code(text: &str) -> bool {
    text.matches(FENCE).count() % 2 == 1
}

/// Where the part of a text that fits into a message is cut: where its last whole line ends, and a longer line of code where the
/// message is full. Not behind the line that opens a block, which would be empty. `None`: there is no good place.
fn place_to_cut(fits: &str) -> Option<usize> {
    let end = fits.rfind('\n').filter(|at| *at > 0)?;
    let whole = fits.get(..end)?;
    let opens = is_in_code(whole) && !whole.rsplit(FENCE).next()?.contains('\n');
    if !opens {
        return Some(end);
    }
    let before = whole.rfind('\n').filter(|at| *at > 0);
    // Not within a fence either.
    let full = fits.trim_end_matches('`').len();
    before.or((full > end + 1).then_some(full))
}

/// A text that is longer than one message, as at most `most` messages of at most `max` units, cut where a line ends; what is
/// beyond them is cut off, with `…`. A block of code that is cut is closed, and opened again.
pub(super) fn pieces(text: &str, max: usize, most: usize) -> Vec<String> {
    let (mut pieces, mut rest) = (Vec::new(), text.to_owned());
    while length(&rest) > max && pieces.len() + 1 < most {
        let room = max.saturating_sub(FENCE.len() + 1);
        let mut units = 0;
        let fits = rest.char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > room
        });
        let fits = fits.map_or(rest.len(), |(at, _)| at);
        let Some(cut) = rest.get(..fits).and_then(place_to_cut) else { break };
        let tail = rest.split_off(cut);
        let in_code = is_in_code(&rest);
        if in_code {
            rest.push('\n');
            rest.push_str(FENCE);
        }
        pieces.push(std::mem::take(&mut rest));
        let tail = tail.trim_start_matches('\n');
        rest = match tail.strip_prefix(FENCE) {
            // It was cut where the block ends.
            Some(after) if in_code => after.trim_start_matches('\n').to_owned(),
            _ if in_code => format!("{FENCE}\n{tail}"),
            _ => tail.to_owned(),
        };
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(cap(&rest, max));
    }
    pieces
}

/// Text as it was written, shown word for word. `marks` are what the chat takes a backslash before.
pub(super) fn escape(text: &str, marks: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + 16);
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end_matches(char::is_whitespace);
        let address = address_in(word);
        let at_start = out.is_empty() || out.ends_with('\n');
        for (i, c) in piece.char_indices() {
            // A backslash behind an address would be taken for a part of it.
            let ends_address = c == ')' && !address.is_empty() && i >= address.end;
            if address.contains(&i) || ends_address {
                out.push(c);
                continue;
            }
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
    fn an_address_in_brackets_can_be_followed_and_hides_behind_no_word() {
        let set = |text: &str| escape(text, "\\*_()[]").to_string();
        let address = "https://matrix.to/#/%21fqwF_kwC";
        assert_eq!(set(&format!("“a_b” ({address})")), format!("“a\\_b” \\({address})"));
        assert_eq!(set("[bank ](https://a_b)"), "\\[bank \\]\\(https://a_b)");
        assert_eq!(set("[bank](https://a_b)"), "\\[bank\\]\\(https://a\\_b\\)");
    }

    #[test]
    fn a_moment_is_there_whole_or_not_at_all() {
        let text = "due <t:1774747680:f>, due <t:1774748280:f>";
        assert_eq!(cap(text, 30), "due <t:1774747680:f>, due …");
        assert_eq!(cap(text, 22), "due <t:1774747680:f>,…");
        for max in 1..length(text) {
            let cut = cap(text, max);
            assert_eq!(cut.matches('<').count(), cut.matches('>').count(), "{max}: {cut}");
        }
        assert_eq!(cap("a <t: b", 99), "a <t: b");
        assert_eq!(cap("a <t: b and c", 10), "a <t: b a…", "that is none");
        assert_eq!(cap("a \\\\\\<t:1774747680:f>", 9), "a \\\\…", "nor is half an escape left before it");
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
    fn a_line_of_code_longer_than_a_message_goes_on_in_the_next_and_no_block_is_empty() {
        let line: String = ('a'..='z').cycle().take(1_000).collect();
        let just = "x".repeat(92);
        for text in [
            format!("```\n{line}\n```"),
            format!("before\n```\nshort\n{line}\n```\nafter"),
            format!("before\n```text\n{line}\nshort\n```\nafter"),
            // Cut where the block ends, and where the text does.
            format!("```\n{just}\n```\nafter"),
            format!("```\n{just}```\nafter"),
            format!("{just}{}", "\n".repeat(20)),
        ] {
            let pieces = pieces(&text, 100, 99);
            for piece in &pieces {
                assert!(!piece.trim().is_empty() && length(piece) <= 100, "{pieces:#?}");
                assert_eq!(piece.matches("```").count() % 2, 0, "{pieces:#?}");
                let mut blocks = piece.split("```").skip(1).step_by(2);
                assert!(blocks.all(|block| !block.trim().is_empty()), "{pieces:#?}");
            }
            let bare = |text: &str| text.replace("```", "").replace('\n', "");
            assert_eq!(bare(&pieces.concat()), bare(&text));
        }
        assert_eq!(pieces("", 100, 4), [""], "there is always one");
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

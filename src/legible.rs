//! What a reader sees of a text, and what only acts on the screen that shows it.
//!
//! Control characters and bidirectional overrides (Unicode TR36, "Trojan Source") show something else than what is stored.

/// Stands for what would act on a screen.
pub(crate) const STAND_IN: char = '\u{FFFD}';

/// Whether a character acts on a screen instead of standing on it.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
}

/// Whether a reader sees a character: no blank, and none that only acts on others (Unicode, `Default_Ignorable_Code_Point`).
pub fn is_seen(c: char) -> bool {
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}');
    !c.is_whitespace() && !is_ignorable
}

/// Whether a reader sees nothing of a text.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_seen)
}

/// What a person wrote: control characters (but line breaks and tabs) and bidirectional overrides show a reader something
/// else than what is stored; they become `U+FFFD`.
pub fn legible(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => STAND_IN,
            c if c.is_control() => STAND_IN,
            c => c,
        })
        .collect()
}

/// What others say, as one line of at most so many characters: a blank stands for whatever would break it or act on a screen.
pub fn one_line(text: &str, chars_max: usize) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || acts(c));
    let mut chars = text.chars().map(|c| if acts(c) { ' ' } else { c });
    let mut line: String = chars.by_ref().take(chars_max).collect();
    if chars.next().is_some() && line.pop().is_some() {
        line.truncate(line.trim_end().len());
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_keeps_its_lines_and_turns_nobodys_screen() {
        assert_eq!(legible("a\r\n\tb"), "a\n\tb");
        assert_eq!(legible("a\u{202e}b\u{2066}c\u{9d}\u{1b}"), "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}");
        assert_eq!(legible("سلام\u{200F}! 👩\u{200d}🚒"), "سلام\u{200F}! 👩\u{200d}🚒");
    }

    #[test]
    fn blanks_and_what_only_acts_on_others_are_nothing_to_read() {
        for nothing in ["", " \n", "\u{200b}", "\u{2060} \u{feff}", "\u{3164}", "\u{202e}"] {
            assert!(is_blank(nothing), "{nothing:?}");
        }
        assert!(!is_blank("\u{200b}.") && !is_blank("é"));
    }

    #[test]
    fn what_others_say_stands_on_one_line_and_is_seen_to_be_cut() {
        assert_eq!(one_line("\r\n 550 no\r\nQUIT\u{1b}[31m\u{2028}x\0\n", 80), "550 no  QUIT [31m x");
        assert_eq!(one_line("ää öö üü", 8), "ää öö üü");
        assert_eq!(one_line("ää öö üü", 7), "ää öö…");
        assert_eq!(one_line("ää", 0), "");
        assert_eq!(one_line(" \u{202e}\n", 80), "");
    }
}

//! Texts of people and alerts, before a chat escapes them in its own way.

/// Without control characters and marks that turn the direction of writing; no more than one empty line in a row.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut breaks = 0;
    for c in text.trim().chars() {
        match c {
            '\n' => {
                breaks += 1;
                if breaks <= 2 {
                    out.push('\n');
                }
                continue;
            }
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => continue,
            '\t' => out.push(' '),
            c if c.is_control() => continue,
            c => out.push(c),
        }
        breaks = 0;
    }
    out
}

/// At most `max` characters, with `…` where something was cut off.
pub(super) fn cap(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(max.saturating_sub(1)).collect();
    if max > 0 {
        kept.push('…');
    }
    kept
}

/// A plain address may stand as it is, so that it can be followed.
pub(super) fn is_plain_url(word: &str) -> bool {
    let rest = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._:/?#&=%+,;$!".contains(c))
    })
}

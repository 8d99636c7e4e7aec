//! Where in a quoted text of TOML a character of its value was written.

/// The byte of `source`, a TOML string with its quotes, at which line `line` and column `column` (both from 1, in
/// characters) of its value stands; `None` when it is no such string or ends before.
pub(super) fn place(source: &str, line: usize, column: usize) -> Option<usize> {
    let quote = source.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let is_long = source.len() >= 6 && source.bytes().take(3).all(|b| char::from(b) == quote);
    let ends = if is_long { 3 } else { 1 };
    let mut at = ends;
    if is_long {
        // A line break right after the opening quotes is no part of the value.
        let rest = source.get(at..)?;
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    let last = source.len().checked_sub(ends)?;
    let (mut on_line, mut on_column) = (1, 1);
    loop {
        if quote == '"' {
            at += folded(source.get(at..last)?);
        }
        if (on_line, on_column) == (line, column) {
            return (at <= last).then_some(at);
        }
        let (length, is_break) = next(source.get(at..last)?, quote == '"')?;
        at += length;
        (on_line, on_column) = if is_break { (on_line + 1, 1) } else { (on_line, on_column + 1) };
        if on_line > line {
            return None;
        }
    }
}

/// Bytes of a backslash at the end of a line and all blanks after it, which are no part of the value.
fn folded(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix('\\') else { return 0 };
    let blank = after.len() - after.trim_start().len();
    if after.get(..blank).is_some_and(|blanks| blanks.contains('\n')) { 1 + blank } else { 0 }
}

/// How many bytes the next character is written with, and whether it is a line break.
fn next(rest: &str, has_escapes: bool) -> Option<(usize, bool)> {
    let mut chars = rest.chars();
    let first = chars.next()?;
    if !(has_escapes && first == '\\') {
        return Some((first.len_utf8(), first == '\n'));
    }
    let kind = chars.next()?;
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    Some((1 + kind.len_utf8() + digits, kind == 'n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_of_a_value_is_found_where_it_was_written() {
        for source in [
            "\"ab\\nc\\u00e9*d\"",
            "\'\'\'\nab\nc\u{e9}*d\'\'\'",
            "\"\"\"\nab\nc\\\n   \u{e9}*d\"\"\"",
            "\"\"\"ab\\nc\\U000000e9*d\"\"\"",
        ] {
            let at = place(source, 2, 3).unwrap_or_else(|| panic!("{source}"));
            assert_eq!(source.get(at..=at), Some("*"), "{source}");
        }
        assert_eq!(place("\"ab\"", 1, 9), None);
        assert_eq!(place("7", 1, 1), None);
        assert_eq!(place("\"\"", 1, 1), Some(1));
    }
}

//! What people and alerts wrote, made inert: shown as it is, doing nothing.
//!
//! Every `|`, backtick and angle bracket becomes a character reference, so that those in a document are its own: no
//! table splitting or code span rule of any Markdown dialect can be turned by a text. The rest of Markdown's
//! punctuation is escaped by a backslash (CommonMark 0.31, 2.4). A mention stands in a code span: services look for
//! mentions in the rendered text, and code is where none of them does.

use std::fmt::Write;

/// A text with what would deceive the eye made visible: control characters (but tabs and line breaks) and the
/// embeddings, overrides and isolates of the Unicode bidirectional algorithm.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_visible(&mut out, c);
    }
    out
}

fn is_deceiving(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

fn push_visible(out: &mut String, c: char) {
    if is_deceiving(c) {
        // Writing to a String cannot fail.
        let _ = write!(out, "(U+{:04X})", u32::from(c));
    } else {
        out.push(c);
    }
}

/// What stands where a text had a line break.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Break {
    Blank,
    Html,
}

/// A text on one line of a paragraph, list or heading: line breaks become blanks.
pub fn line(text: &str) -> String {
    inline(text, Break::Blank)
}

/// A text in a table cell: line breaks become `<br>`, the only HTML in the document, and ours.
pub fn cell(text: &str) -> String {
    inline(text, Break::Html)
}

fn inline(text: &str, line_break: Break) -> String {
    let text = text.trim().replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    // Digits read so far, while there was nothing else: a point or parenthesis after them would make a list.
    let mut leading = Some(0);
    while let Some(c) = rest.next() {
        let digits = leading;
        leading = leading.filter(|_| c.is_ascii_digit()).map(|digits| digits + 1);
        match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{0085}' => out.push_str(match line_break {
                Break::Blank => " ",
                Break::Html => "<br>",
            }),
            '\t' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '`' => out.push_str("&#96;"),
            '\\' | '*' | '[' | ']' | '#' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // Within a word it is no emphasis, and names of things are full of it.
            '_' => {
                if !(before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric())) {
                    out.push('\\');
                }
                out.push('_');
            }
            '-' | '+' | '=' if digits == Some(0) => {
                out.push('\\');
                out.push(c);
            }
            '.' | ')'
                if digits.is_some_and(|n| n > 0) && rest.peek().is_none_or(|next| next.is_whitespace()) =>
            {
                out.push('\\');
                out.push(c);
            }
            '@' if !before.is_alphanumeric() => {
                let mut name = String::new();
                while let Some(next) = rest.next_if(|next| {
                    next.is_alphanumeric() || matches!(next, '_' | '-' | '.' | '/' | '!' | '@')
                }) {
                    name.push(next);
                }
                // A full stop after a name ends the sentence.
                let end = name.trim_end_matches(['.', '!', '-', '/']).len();
                let (name, after) = name.split_at(end);
                if name.is_empty() {
                    out.push('@');
                } else {
                    out.push_str("`@");
                    out.push_str(name);
                    out.push('`');
                }
                out.push_str(after);
                before = after.chars().next_back().or(name.chars().next_back()).unwrap_or(c);
                continue;
            }
            c => push_visible(&mut out, c),
        }
        before = c;
    }
    out
}

/// A link to a web address; anything else is shown and leads nowhere.
pub fn link(label: &str, address: &str) -> String {
    let parsed = url::Url::parse(address.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = parsed else { return format!("{} ({})", line(label), line(address)) };
    let mut target = String::new();
    for c in url.as_str().chars() {
        match c {
            // Percent-encoded they mean the same to a server, and nothing to Markdown.
            '(' | ')' | '<' | '>' | '[' | ']' | '|' | '\\' | '`' | '*' | '"' | '\'' | '{' | '}' | '^'
            | '~' => {
                let _ = write!(target, "%{:02X}", u32::from(c));
            }
            '&' => target.push_str("&amp;"),
            c if c.is_control() || c.is_whitespace() || !c.is_ascii() => {}
            c => target.push(c),
        }
    }
    let label = if label.trim().is_empty() { line(address) } else { line(label) };
    format!("[{label}]({target})")
}

/// An exact text, line by line, in a code block whose fence no line of the text can end.
pub fn fenced(text: &str) -> String {
    let text = visible(&text.replace("\r\n", "\n").replace('\r', "\n"));
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// A cell that no spreadsheet takes for a formula: an apostrophe before `=`, `+`, `-`, `@`, tab, line break and the
/// full-width forms, also after blanks (OWASP, "CSV Injection").
pub fn spreadsheet(text: &str) -> String {
    let text = visible(text);
    let is_invisible =
        |c: char| c == ' ' || c == '\u{FEFF}' || ('\u{200B}'..='\u{200F}').contains(&c) || c == '\u{A0}';
    let first = text.trim_start_matches(is_invisible).chars().next();
    let runs = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
    if runs { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_markdown_is_shown_and_does_nothing() {
        assert_eq!(line("a | b"), "a &#124; b");
        assert_eq!(line("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
        assert_eq!(line("![x](javascript:alert(1))"), r"!\[x\](javascript:alert(1))");
        assert_eq!(line("# big"), r"\# big");
        assert_eq!(line("- item"), r"\- item");
        assert_eq!(line("12. item"), r"12\. item");
        assert_eq!(line("1) item"), r"1\) item");
        assert_eq!(line("---"), r"\---");
        assert_eq!(line(r"\| `code` ``"), r"\\&#124; &#96;code&#96; &#96;&#96;");
        assert_eq!(line("&lt;b&gt; **x** ~~y~~"), r"&amp;lt;b&amp;gt; \*\*x\*\* \~\~y\~\~");
        assert_eq!(cell("one\r\ntwo\nthree"), "one<br>two<br>three");
        assert_eq!(line("one\ntwo"), "one two");
        assert_eq!(line("max_conn and _this_"), r"max_conn and \_this\_");
        assert_eq!(line("3.5 s - fine"), "3.5 s - fine");
        assert_eq!(line("2026-01-02"), "2026-01-02");
    }

    #[test]
    fn a_mention_calls_nobody_and_still_reads_well() {
        assert_eq!(line("@everyone look."), "`@everyone` look.");
        assert_eq!(line("ask @ada."), "ask `@ada`.");
        assert_eq!(line("<@&123> <@!5> <!here>"), "&lt;@&amp;123&gt; &lt;`@!5`&gt; &lt;!here&gt;");
        assert_eq!(line("mail ops@example.com"), "mail ops@example.com");
        assert_eq!(line("`@here`"), "&#96;`@here`&#96;");
        assert_eq!(line("@@all @ 5"), "`@@all` @ 5");
    }

    #[test]
    fn text_that_reorders_the_screen_is_shown_by_number() {
        assert_eq!(line("safe\u{202E}txt.exe"), "safe(U+202E)txt.exe");
        assert_eq!(line("a\u{7}b\0"), "a(U+0007)b(U+0000)");
        assert_eq!(line("שלום 👩‍🚒"), "שלום 👩‍🚒");
    }

    #[test]
    fn a_link_leads_to_the_web_or_nowhere() {
        assert_eq!(
            link("graph", "https://g.example/d?a=1&b=(2)"),
            "[graph](https://g.example/d?a=1&amp;b=%282%29)"
        );
        assert_eq!(link("x", "javascript:alert(1)"), "x (javascript:alert(1))");
        assert_eq!(
            link("a](javascript:x) [b", "https://e.example/"),
            r"[a\](javascript:x) \[b](https://e.example/)"
        );
        assert_eq!(
            link("x", "https://e.example/)[y](javascript:z)"),
            "[x](https://e.example/%29%5By%5D%28javascript:z%29)"
        );
    }

    #[test]
    fn an_exact_text_cannot_leave_its_block() {
        let block = fenced("before\n````\n# out\r```");
        assert!(block.starts_with("`````text\nbefore\n````\n"), "{block}");
        assert!(block.ends_with("\n`````"), "{block}");
    }

    #[test]
    fn a_spreadsheet_runs_no_cell() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\tx",
            "\rx",
            "\nx",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "  =1",
            "\u{FEFF}=1",
            "\u{200B}=1",
        ] {
            assert!(spreadsheet(text).starts_with('\''), "{text:?}");
        }
        for text in ["", "a=1", "1-2", "'x", "2026-01-01"] {
            assert_eq!(spreadsheet(text), text);
        }
    }
}

//! What stands between backticks in a sentence is to be typed: it is shown as code.

use askama::filters::{Html, Safe, escape};

/// The text as HTML: escaped, then with `<code>` in the place of each pair of backticks on one line.
pub fn coded(text: &(impl AsRef<str> + ?Sized)) -> Safe<String> {
    let Ok(Safe(escaped)) = escape(text.as_ref(), Html);
    let escaped = escaped.to_string();
    let mut html = String::with_capacity(escaped.len());
    let mut rest = escaped.as_str();
    while let Some((before, after)) = rest.split_once('`') {
        html.push_str(before);
        match after.split_once('`').filter(|(code, _)| !code.is_empty() && !code.contains('\n')) {
            Some((code, beyond)) => {
                html.extend(["<code>", code, "</code>"]);
                rest = beyond;
            }
            None => {
                html.push('`');
                rest = after;
            }
        }
    }
    html.push_str(rest);
    Safe(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_typed_is_code_and_nothing_of_it_acts() {
        for (text, html) in [
            ("Is it mended? `resolve HOW`.", "Is it mended? <code>resolve HOW</code>."),
            ("`<b>` & `x`", "<code>&#60;b&#62;</code> &#38; <code>x</code>"),
            ("one ` alone", "one ` alone"),
            ("``` stays", "``` stays"),
            ("a `b\nc` d", "a `b\nc` d"),
            ("", ""),
        ] {
            assert_eq!(coded(text).0, html, "{text}");
        }
    }
}

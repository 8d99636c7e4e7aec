//! Finds the accounts that a post on X would mention, as twitter-text does (`extractMentions`).
//!
//! Written by hand after its regular expressions, as a scan. What stands within a URL is part of the URL.

use super::length;

/// The longest name of an account that twitter-text reads.
const NAME_CHARS_MAX: usize = 20;

/// The names that `text` mentions, in order, without the `@`.
pub fn mentions(text: &str) -> Vec<&str> {
    if !text.contains(['@', '＠']) {
        return Vec::new();
    }
    let urls = length::urls(text);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(['@', '＠'])).map(|at| from + at) {
        let sign = text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let start = at + sign;
        from = start;
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.bytes().take(NAME_CHARS_MAX).take_while(|b| is_name(char::from(*b))).count();
        let (name, after) = rest.split_at(end);
        let is_one = end > 0
            && may_precede(text.get(..at).unwrap_or_default())
            && !after.starts_with("://")
            && !after.starts_with(|c| matches!(c, '@' | '＠') || is_accented(c))
            && !urls.iter().any(|url| url.contains(&at));
        if is_one {
            found.push(name);
            from = start + end;
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a mention may follow: not within a word or an address, but after `RT`.
fn may_precede(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        None => true,
        Some('t' | 'T') => {
            matches!(back.next(), Some('r' | 'R'))
                && back.next().is_none_or(|c| !is_name(c) && !matches!(c, '+' | '~' | '.' | '-'))
        }
        Some(c) => !is_name(c) && !matches!(c, '!' | '#' | '$' | '%' | '&' | '*' | '@' | '＠'),
    }
}

/// Latin letters with accents, and accents that combine: a name does not end before one.
fn is_accented(c: char) -> bool {
    matches!(c,
        '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' | '\u{253}' | '\u{254}' | '\u{256}'
        | '\u{257}' | '\u{259}' | '\u{25B}' | '\u{263}' | '\u{268}' | '\u{26F}' | '\u{272}' | '\u{289}'
        | '\u{28B}' | '\u{2BB}' | '\u{300}'..='\u{36F}' | '\u{1E00}'..='\u{1EFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_found_where_twitter_text_finds_one() {
        let file = "twitter-text/conformance/extract.yml";
        let Some(file) = crate::specs::find("mentions of twitter-text", file) else { return };
        let text = std::fs::read_to_string(file).unwrap();
        let suite: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let cases = suite["tests"]["mentions"].as_array().unwrap();
        assert!(cases.len() >= 15, "the suite has shrunk to {} cases", cases.len());
        for case in cases {
            let text = case["text"].as_str().unwrap();
            assert_eq!(serde_json::json!(mentions(text)), case["expected"], "{}", case["description"]);
        }
    }

    #[test]
    fn an_address_is_no_mention() {
        for text in ["ada@example.com", "https://medium.example.com/@ada/post", "@", "a @ b", "５@_@"] {
            assert_eq!(mentions(text), Vec::<&str>::new(), "{text}");
        }
        assert_eq!(mentions("Write to @ada, ＠bob and RT@eve."), ["ada", "bob", "eve"]);
    }
}

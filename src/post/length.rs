//! Post length by the rules of twitter-text, version 3 of its configuration.
//!
//! X counts a post after Unicode normalisation (NFC): a character of the ranges below weighs one, any other two,
//! an emoji two whatever it is made of, and a URL 23, however long it is. A post may weigh 280.
//! Source: the configuration `v3.json` of twitter-text and its conformance suite, which the tests run.

mod urls;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

pub use urls::urls;

/// The most that a post may weigh.
pub const WEIGHT_MAX: usize = 280;
/// What any URL weighs: the length of the `https://t.co/…` address that X puts in its place.
const URL_WEIGHT: usize = 23;
const HEAVY: usize = 2;
/// First and last code point of each range whose characters weigh one.
const LIGHT: [(char, char); 4] =
    [('\u{0}', '\u{10FF}'), ('\u{2000}', '\u{200D}'), ('\u{2010}', '\u{201F}'), ('\u{2032}', '\u{2037}')];

/// The weight of `text`, in the characters that X counts.
pub fn weight(text: &str) -> usize {
    weigh(text, true)
}

/// Whether X takes `text` as a post: not empty, not too long, no characters that are none (U+FFFE, U+FEFF, U+FFFF).
pub fn valid(text: &str) -> bool {
    let weight = weight(text);
    (1..=WEIGHT_MAX).contains(&weight) && !text.contains(['\u{FFFE}', '\u{FEFF}', '\u{FFFF}'])
}

/// Whether `text` and `reserve` further characters fit in one post: what is left, or by how much it is too long.
/// What stands in the reserve must not touch the text (a space or a line break between), or a URL at the seam
/// would be read as another.
pub fn fit(text: &str, reserve: usize) -> Result<usize, usize> {
    let total = weight(text).saturating_add(reserve);
    if total <= WEIGHT_MAX { Ok(WEIGHT_MAX - total) } else { Err(total - WEIGHT_MAX) }
}

/// Version 2 of the configuration differs in this only: it did not parse emoji.
fn weigh(text: &str, emoji: bool) -> usize {
    let text: String = text.nfc().collect();
    let mut sum = 0;
    let mut from = 0;
    for url in urls(&text) {
        sum += plain(text.get(from..url.start).unwrap_or_default(), emoji) + URL_WEIGHT;
        from = url.end;
    }
    sum + plain(text.get(from..).unwrap_or_default(), emoji)
}

fn plain(text: &str, emoji: bool) -> usize {
    if !emoji {
        return text.chars().map(char_weight).sum();
    }
    text.graphemes(true).map(cluster).sum()
}

/// The weight of what a reader sees as one sign. A sequence of emoji that Unicode does not recommend is shown,
/// and counted, in parts.
fn cluster(sign: &str) -> usize {
    let mut rest = sign;
    let mut sum = 0;
    while let Some(first) = rest.chars().next() {
        let emoji = rest
            .char_indices()
            .map(|(at, c)| at + c.len_utf8())
            .take(EMOJI_CHARS_MAX)
            .filter(|end| rest.get(..*end).is_some_and(is_emoji))
            .last();
        let (end, weight) = emoji.map_or((first.len_utf8(), char_weight(first)), |end| (end, HEAVY));
        sum += weight;
        rest = rest.get(end..).unwrap_or_default();
    }
    sum
}

/// No emoji that Unicode recommends has more code points.
const EMOJI_CHARS_MAX: usize = 16;

fn is_emoji(text: &str) -> bool {
    // ©, ® and the like are text unless a variation selector asks for the picture.
    !(text.chars().count() == 1 && text.chars().all(|c| c < '\u{1100}')) && emojis::get(text).is_some()
}

fn char_weight(c: char) -> usize {
    if LIGHT.iter().any(|(first, last)| (*first..=*last).contains(&c)) { 1 } else { HEAVY }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Suite {
        tests: BTreeMap<String, Vec<Case>>,
    }
    #[derive(Deserialize)]
    struct Case {
        description: String,
        text: serde_json::Value,
        expected: serde_json::Value,
    }

    /// A suite of twitter-text, or `None` where the specifications are not at hand.
    fn suite(file: &str) -> Option<BTreeMap<String, Vec<Case>>> {
        let file =
            crate::specs::find("lengths of twitter-text", &format!("twitter-text/conformance/{file}"))?;
        let text = std::fs::read_to_string(file).unwrap();
        // The suite writes astral characters as \U00002066, which YAML knows too.
        Some(serde_saphyr::from_str::<Suite>(&text).unwrap().tests)
    }

    fn text(case: &Case) -> &str {
        case.text.as_str().unwrap()
    }

    #[test]
    fn a_post_weighs_what_twitter_text_says() {
        let Some(suite) = suite("validate.yml") else { return };
        let mut wrong = Vec::new();
        let mut count = 0;
        for (section, emoji) in [
            ("WeightedTweetsCounterTest", false),
            ("WeightedTweetsWithDiscountedEmojiCounterTest", true),
            ("UnicodeDirectionalMarkerCounterTest", true),
        ] {
            for case in &suite[section] {
                count += 1;
                let got = weigh(text(case), emoji);
                let want = case.expected["weightedLength"].as_u64().unwrap() as usize;
                let permillage = case.expected["permillage"].as_u64().unwrap() as usize;
                let ok = case.expected["valid"].as_bool().unwrap();
                if got != want || got * 1000 / WEIGHT_MAX != permillage || (emoji && valid(text(case)) != ok)
                {
                    wrong.push(format!("{section}: {}: {got}, not {want}", case.description));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(count >= 35, "the suite has shrunk to {count} cases");
    }

    #[test]
    fn urls_are_found_where_twitter_text_finds_them() {
        let Some(suite) = suite("extract.yml") else { return };
        let mut wrong = Vec::new();
        let mut count = 0;
        for section in ["urls", "tco_urls_with_params"] {
            for case in &suite[section] {
                count += 1;
                let got: Vec<&str> = urls(text(case)).into_iter().map(|r| &text(case)[r]).collect();
                if serde_json::json!(got) != case.expected {
                    wrong.push(format!("{}: {got:?}, not {}", case.description, case.expected));
                }
            }
        }
        for section in ["urls_with_indices", "urls_with_directional_markers"] {
            for case in &suite[section] {
                count += 1;
                let text = text(case);
                let index = |at: usize| text[..at].chars().count();
                let got: Vec<serde_json::Value> = urls(text)
                    .into_iter()
                    .map(|r| serde_json::json!({"indices": [index(r.start), index(r.end)], "url": &text[r]}))
                    .collect();
                if serde_json::json!(got) != case.expected {
                    wrong.push(format!("{}: {got:?}, not {}", case.description, case.expected));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(count >= 100, "the suite has shrunk to {count} cases");
    }

    /// Domains that were given back since the suite was written; today they are no URL any more.
    #[test]
    fn the_top_level_domains_of_today_are_known() {
        let Some(suite) = suite("tlds.yml") else { return };
        let mut unknown = Vec::new();
        let mut count = 0;
        for case in suite.values().flatten() {
            count += 1;
            let got: Vec<&str> = urls(text(case)).into_iter().map(|r| &text(case)[r]).collect();
            if serde_json::json!(got) != case.expected {
                unknown.push(text(case).trim_start_matches("https://twitter.").to_owned());
            }
        }
        println!("{} of {count} are not: {unknown:?}", unknown.len());
        assert!(unknown.len() * 10 < count, "{unknown:?}");
    }

    #[test]
    fn what_does_not_fit_is_told_by_how_much() {
        assert_eq!(fit("abc", 277), Ok(0));
        assert_eq!(fit("abc", 280), Err(3));
        assert_eq!(fit(&"日".repeat(150), 0), Err(20));
        assert_eq!(weight("©®™ 1 # *"), 3 + 1 + 6, "text signs are no emoji; ™ is heavy by its place");
        assert_eq!(weight("©\u{fe0f}"), 2);
        assert!(!valid(""));
        assert!(!valid("a\u{FFFF}"));
    }

    #[test]
    fn a_long_hostile_text_is_weighed_at_once() {
        for piece in ["a.", "あ", "_.com", "http://a.co", "(", "👨\u{200d}", "a.b_.com-"] {
            assert!(weight(&piece.repeat(20_000)) > WEIGHT_MAX);
        }
    }
}

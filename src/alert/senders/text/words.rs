//! The words of marks, and what they say.

use crate::alert::AlertSeverity;
use crate::alert::draft::Said;

/// Most words of a mark.
pub(super) const WORDS_MAX: usize = 6;

/// What a word of a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    State(Said),
    /// It fires, and so bad, if nothing else says more.
    Severity,
    /// It fires, if nothing else says more.
    Weak,
    /// Neither fires nor ends.
    NoChange,
    /// Nothing by itself.
    Filler,
}

/// What a word of a mark, in small letters, says; none, if it is none.
pub(super) fn word(plain: &str) -> Option<Word> {
    Some(match plain {
        "firing" | "alerting" | "triggered" | "re-triggered" | "retriggered" | "problem" | "alarm"
        | "down" | "unreachable" | "unreach" | "offline" | "failed" | "failure" | "failing" | "open"
        | "opened" | "no data" | "nodata" | "insufficient_data" => Word::State(Said::Firing),
        "resolved" | "ok" | "recovery" | "recover" | "recovered" | "up" | "normal" | "clear" | "cleared"
        | "closed" | "fixed" | "healthy" | "passed" | "success" | "succeeded" | "online" => {
            Word::State(Said::Resolved)
        }
        "acknowledgement" | "acknowledgment" | "acknowledged" | "ack" => Word::State(Said::Acknowledged),
        "flappingstart" | "flappingstop" | "flappingend" | "flappingdisabled" | "downtimestart"
        | "downtimeend" | "downtimeremoved" | "downtimecancelled" => Word::NoChange,
        "alert" | "incident" | "unknown" | "unkn" => Word::Weak,
        "monitor" | "is" | "notification" | "updated" | "new" => Word::Filler,
        "page" | "none" => return None,
        other if AlertSeverity::read(other) != AlertSeverity::Unknown => Word::Severity,
        _ => return None,
    })
}

/// The words of a mark, each with its text in small letters; `None` if another stands among them.
pub(super) fn words(text: &str) -> Option<Vec<(Word, String)>> {
    let plain = text.trim_matches(['*', '!', ' ', '\t']).to_lowercase();
    if let Some(one) = word(&plain) {
        return Some(vec![(one, plain)]);
    }
    let texts: Vec<&str> = plain.split_whitespace().take(WORDS_MAX + 1).collect();
    if texts.len() > WORDS_MAX {
        return None;
    }
    let each = texts.iter().enumerate().map(|(at, text)| {
        let is_kind = matches!(*text, "service" | "host") && texts.get(at + 1) == Some(&"alert");
        let one = if is_kind { Some(Word::Filler) } else { word(text) };
        one.map(|one| (one, (*text).to_owned()))
    });
    each.collect()
}

/// Whether words say something.
pub(super) fn is_mark(words: &[(Word, String)]) -> bool {
    words.iter().any(|(word, _)| *word != Word::Filler)
}

/// A time that something took: `3m 2s`, `1d 4h`.
pub(super) fn is_span(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_digit()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    text.split_whitespace().count() > 0 && text.split_whitespace().all(is_part)
}

/// Whether what stands behind a word for its being over takes that back: `success: false`, `OK: 12, CRITICAL: 1`.
pub(super) fn is_denied(after: &str) -> bool {
    let plain = after.trim().trim_end_matches(['.', '!']).to_lowercase();
    if matches!(plain.as_str(), "no" | "false" | "never" | "none" | "nothing" | "not yet" | "unknown" | "0") {
        return true;
    }
    let texts: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|text| !text.is_empty()).collect();
    let count = |at: usize| texts.get(at).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let is_some_wrong = |(at, text): (usize, &&str)| {
        let is_wrong = matches!(word(text), Some(Word::State(Said::Firing) | Word::Severity));
        let number = count(at + 1).or_else(|| count(at.checked_sub(1)?));
        is_wrong && number.is_some_and(|number| number.bytes().any(|b| b != b'0'))
    };
    count(0).is_some() && texts.iter().enumerate().any(is_some_wrong)
}

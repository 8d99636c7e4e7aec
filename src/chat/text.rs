//! Texts of people and alerts, before a chat escapes them in its own way.

use std::{borrow::Cow, ops::Range};

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use crate::incident::sentence::Part;

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

/// A sentence in at most `room`, as the chat counts; a time is there whole or not at all. `shown` escapes a text and cuts it.
pub(super) fn sentence(
    parts: &[Part],
    room: usize,
    length: impl Fn(&str) -> usize,
    shown: impl Fn(&str, usize) -> String,
    moment: impl Fn(DateTime<Utc>) -> String,
) -> String {
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        let left = room.saturating_sub(length(&out));
        match part {
            Part::Text(text) => {
                // Escaping trims; a blank beside a time belongs to the sentence.
                if i > 0 && text.starts_with(' ') && left > 0 {
                    out.push(' ');
                }
                out.push_str(&shown(text, room.saturating_sub(length(&out))));
                if i + 1 < parts.len() && text.ends_with(' ') && length(&out) < room {
                    out.push(' ');
                }
            }
            Part::Time(at) => {
                let moment = moment(*at);
                if length(&moment) > left {
                    break;
                }
                out.push_str(&moment);
            }
        }
    }
    out
}

/// A time of day where everybody is shown the same text: `14:32 CET`.
pub(super) fn moment(at: DateTime<Utc>, tz: Tz) -> String {
    at.with_timezone(&tz).format("%H:%M %Z").to_string()
}

/// With the day: `21 Nov 14:32 CET`.
pub(super) fn moment_with_day(at: DateTime<Utc>, tz: Tz) -> String {
    at.with_timezone(&tz).format("%-d %b %H:%M %Z").to_string()
}

/// Words of our own, in which every `2026-03-29 01:28 UTC` stands as the chat shows moments to each reader. What stands between
/// backticks is to be typed, and stays; a backtick that nothing closes is a letter like any other.
pub(super) fn in_readers_zone(text: &str, moment: impl Fn(DateTime<Utc>) -> String) -> String {
    each(text, |words| with_moments(words, &moment), str::to_owned)
}

/// Words of our own, in which what is to be typed stands as the chat has it typed.
pub(super) fn as_typed(text: &str, typed: impl Fn(&str) -> Option<String>) -> String {
    each(text, str::to_owned, |code| typed(code).unwrap_or_else(|| code.to_owned()))
}

/// Words of ours and theirs, all of them made harmless by `escape`, but for what `typed` knows to be ours: that stands as `as_code` sets it.
pub(super) fn set(
    text: &str,
    escape: impl Fn(&str) -> String,
    typed: impl Fn(&str) -> Option<String>,
    as_code: impl Fn(&str) -> String,
) -> String {
    let text = clean(text);
    let shown = |piece: Piece<'_>| match piece {
        Piece::Words(words) => within(words, &escape),
        Piece::Code { ticks, code } => match typed(code).filter(|_| ticks.len() == 1) {
            Some(ours) => as_code(&ours),
            None => escape(&format!("{ticks}{code}{ticks}")),
        },
    };
    parted(&text).into_iter().map(shown).collect()
}

/// Escaping trims; the blanks around a part of a text belong to the text.
fn within(text: &str, escape: impl Fn(&str) -> String) -> String {
    let (before, rest) = text.split_at(text.len() - text.trim_start().len());
    let (words, after) = rest.split_at(rest.trim_end().len());
    if words.is_empty() { text.to_owned() } else { format!("{before}{}{after}", escape(words)) }
}

/// What stands between backticks.
pub(super) fn coded(text: &str) -> Vec<&str> {
    let codes = parted(text).into_iter().filter_map(|piece| match piece {
        Piece::Code { code, .. } => Some(code),
        Piece::Words(_) => None,
    });
    codes.collect()
}

/// A part of a text: words, or what stands between backticks.
enum Piece<'t> {
    Words(&'t str),
    Code { ticks: &'t str, code: &'t str },
}

/// The parts of a text, one after the other. Backticks that nothing closes are words.
fn parted(text: &str) -> Vec<Piece<'_>> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some((before, from)) = rest.find('`').map(|at| rest.split_at(at)) {
        let after = from.trim_start_matches('`');
        let ticks = &from[..from.len() - after.len()];
        // A block may be of several lines.
        let line = if ticks.len() < 3 { after.lines().next().unwrap_or_default() } else { after };
        all.push(Piece::Words(before));
        rest = after;
        if let Some(end) = line.find(ticks) {
            all.push(Piece::Code { ticks, code: &after[..end] });
            rest = &after[end + ticks.len()..];
        } else {
            all.push(Piece::Words(ticks));
        }
    }
    all.push(Piece::Words(rest));
    all
}

/// A text with its words, and what stands between backticks, each changed.
fn each(text: &str, words: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let changed = |piece: Piece<'_>| match piece {
        Piece::Words(text) => words(text),
        Piece::Code { ticks, code: inner } => format!("{ticks}{}{ticks}", code(inner)),
    };
    parted(text).into_iter().map(changed).collect()
}

/// The parts of a line that quotes a message of the chat, without the address at which that stands, and the address: `Bo wrote: “db1 is
/// full” (https://…)`. None but one that `is_ours`: behind a word nothing else may hide.
pub(super) fn without_address(
    parts: &[Part],
    is_ours: impl Fn(&str) -> bool,
) -> (Cow<'_, [Part]>, Option<&str>) {
    let found = match parts.split_last() {
        Some((Part::Text(text), before)) => text.strip_suffix(')').and_then(|text| {
            let (words, address) = text.rsplit_once("” (")?;
            (is_plain_url(address) && is_ours(address)).then(|| (before, format!("{words}”"), address))
        }),
        _ => None,
    };
    match found {
        Some((before, words, address)) => {
            let mut parts = before.to_vec();
            parts.push(Part::Text(words));
            (Cow::Owned(parts), Some(address))
        }
        None => (Cow::Borrowed(parts), None),
    }
}

/// Letters of a hash that tell one file from another to whoever reads; the export has all of them.
const HASH_SHOWN: usize = 12;

/// A line of the timeline, in which the hash of a file is so short that the line can be read.
pub(super) fn with_short_hashes(text: &str) -> Cow<'_, str> {
    const BEFORE: &str = " bytes, SHA-256 ";
    const LENGTH: usize = 64;
    let Some(at) = text.find(BEFORE).map(|at| at + BEFORE.len()) else { return Cow::Borrowed(text) };
    let (before, rest) = text.split_at(at);
    let hash = rest.get(..LENGTH).filter(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let short = hash.and_then(|hash| hash.get(..HASH_SHOWN));
    match (short, rest.get(LENGTH..)) {
        (Some(short), Some(after)) => Cow::Owned(format!("{before}{short}…{}", with_short_hashes(after))),
        _ => Cow::Owned(format!("{before}{}", with_short_hashes(rest))),
    }
}

fn with_moments(text: &str, moment: impl Fn(DateTime<Utc>) -> String) -> String {
    const STAMP: &str = "2026-03-29 01:28";
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(" UTC") {
        let begin = before.len().checked_sub(STAMP.len());
        let stamp = begin.and_then(|begin| Some((begin, before.get(begin..)?)));
        let at = stamp.and_then(|(begin, stamp)| {
            let at = NaiveDateTime::parse_from_str(stamp, "%Y-%m-%d %H:%M").ok()?;
            Some((before.get(..begin)?, at.and_utc()))
        });
        match at {
            Some((before, at)) => out.extend([before, &moment(at)]),
            None => out.extend([before, " UTC"]),
        }
        rest = after;
    }
    out + rest
}

/// One line, for titles and names.
pub(super) fn one_line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

/// A plain address may stand as it is, so that it can be followed.
pub(super) fn is_plain_url(word: &str) -> bool {
    let rest = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._:/?#&=%+,;$!".contains(c))
    })
}

/// Where a plain address stands in a word, within its quotes and brackets and before what ends a sentence; nowhere is empty.
pub(super) fn address_in(word: &str) -> Range<usize> {
    const AROUND: &[char] = &['(', '[', '{', '"', '\'', '“', '”', '‘', '’', '«', '»', ')', ']', '}'];
    if is_plain_url(word) {
        return 0..word.len();
    }
    let from = word.len() - word.trim_start_matches(AROUND).len();
    let ends = |c: char| AROUND.contains(&c) || ".,;:!?".contains(c);
    let until = word.trim_end_matches(ends).len().max(from);
    if word.get(from..until).is_some_and(is_plain_url) { from..until } else { 0..0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_within_its_brackets_and_nothing_else_is_one() {
        let found = |word: &str| word.get(address_in(word)).unwrap().to_owned();
        for word in
            ["https://m.to/#/a_b", "(https://m.to/#/a_b)", "“https://m.to/#/a_b”).", "https://m.to/#/a_b):"]
        {
            assert_eq!(found(word), "https://m.to/#/a_b", "{word}");
        }
        assert_eq!(found("https://m.to/#/a_b,"), "https://m.to/#/a_b,", "it is as it was written");
        for word in ["", "(", "(a_b)", "[x](https://m.to)", "(https://m.to/@here)", "(https://)"] {
            assert_eq!(found(word), "", "{word}");
        }
    }

    #[test]
    fn an_answer_shows_its_times_as_the_chat_shows_times_but_for_what_is_to_be_typed() {
        let shown = |text| in_readers_zone(text, |at| format!("<t:{}:f>", at.timestamp()));
        for (text, as_shown) in [
            (
                "since 2026-03-29 01:28 UTC, due 2026-03-29 01:38 UTC.",
                "since <t:1774747680:f>, due <t:1774748280:f>.",
            ),
            (
                "`note --at 2026-03-29 01:28 UTC x`, 2026-03-29 01:28 UTC",
                "`note --at 2026-03-29 01:28 UTC x`, <t:1774747680:f>",
            ),
            (
                "at 01:28 UTC, 2026-13-29 01:28 UTC, ééééééééé UTC",
                "at 01:28 UTC, 2026-13-29 01:28 UTC, ééééééééé UTC",
            ),
            ("2026-03-29 01:28 UTC", "<t:1774747680:f>"),
            (
                "a ` that ends nowhere, 2026-03-29 01:28 UTC\nand `x 2026-03-29 01:28 UTC`",
                "a ` that ends nowhere, <t:1774747680:f>\nand `x 2026-03-29 01:28 UTC`",
            ),
            (
                "```\n2026-03-29 01:28 UTC ` x\n``` 2026-03-29 01:28 UTC",
                "```\n2026-03-29 01:28 UTC ` x\n``` <t:1774747680:f>",
            ),
            ("", ""),
        ] {
            assert_eq!(shown(text), as_shown);
        }
    }

    #[test]
    fn only_the_address_of_a_message_that_a_line_quotes_stands_behind_a_word() {
        let is_ours = |address: &str| address.starts_with("https://chat.example/");
        let found = |text: &str| {
            let parts = [Part::Text(text.into())];
            let (parts, address) = without_address(&parts, is_ours);
            (parts.to_vec(), address.map(str::to_owned))
        };
        let (parts, address) =
            found("Bo wrote: “db1 (the old one) is full” (https://chat.example/p/1?a=b&c)");
        assert_eq!(parts, [Part::Text("Bo wrote: “db1 (the old one) is full”".into())]);
        assert_eq!(address.as_deref(), Some("https://chat.example/p/1?a=b&c"));
        for other in [
            "Bo wrote: “db1 is full” (https://evil.example/p/1)",
            "see (https://chat.example/p/1)",
            "“db1” (https://chat.example/p/1) and more",
            "“db1” (https://chat.example/p/1\"x)",
            "",
        ] {
            assert_eq!(found(other), (vec![Part::Text(other.into())], None), "{other}");
        }
        assert_eq!(without_address(&[], is_ours).1, None);
    }

    #[test]
    fn of_a_files_hash_a_line_shows_as_much_as_can_be_read() {
        let hash = "5ca1ab1e".repeat(8);
        let line = format!("File a.log (3 bytes, SHA-256 {hash}): https://a.example/é");
        assert_eq!(
            with_short_hashes(&line),
            "File a.log (3 bytes, SHA-256 5ca1ab1e5ca1…): https://a.example/é"
        );
        for other in [format!("sha256sum says {hash}"), "3 bytes, SHA-256 é".to_owned(), String::new()] {
            assert_eq!(with_short_hashes(&other), other, "what people wrote");
        }
    }

    #[test]
    fn times_stand_in_the_zone_of_the_house() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(moment(at, Tz::UTC), "08:00 UTC");
        assert_eq!(moment_with_day(at, chrono_tz::Europe::Berlin), "15 Jan 09:00 CET");
    }
}

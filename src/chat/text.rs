//! Texts of people and alerts, before a chat escapes them in its own way.

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

/// What stands between backticks.
pub(super) fn coded(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    each(text, str::to_owned, |code| {
        all.push(code.to_owned());
        code.to_owned()
    });
    all
}

/// A text with its words, and what stands between backticks, each changed.
fn each(text: &str, mut words: impl FnMut(&str) -> String, mut code: impl FnMut(&str) -> String) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, from)) = rest.find('`').map(|at| rest.split_at(at)) {
        let after = from.trim_start_matches('`');
        let ticks = &from[..from.len() - after.len()];
        // A block may be of several lines.
        let line = if ticks.len() < 3 { after.lines().next().unwrap_or_default() } else { after };
        out.extend([words(before), ticks.to_owned()]);
        rest = after;
        if let Some(end) = line.find(ticks) {
            out.extend([code(&after[..end]), ticks.to_owned()]);
            rest = &after[end + ticks.len()..];
        }
    }
    out + &words(rest)
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn times_stand_in_the_zone_of_the_house() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(moment(at, Tz::UTC), "08:00 UTC");
        assert_eq!(moment_with_day(at, chrono_tz::Europe::Berlin), "15 Jan 09:00 CET");
    }
}

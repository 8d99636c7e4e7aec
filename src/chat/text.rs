//! Texts of people and alerts, before a chat escapes them in its own way.

use chrono::{DateTime, Utc};
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
    fn times_stand_in_the_zone_of_the_house() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(moment(at, Tz::UTC), "08:00 UTC");
        assert_eq!(moment_with_day(at, chrono_tz::Europe::Berlin), "15 Jan 09:00 CET");
    }
}

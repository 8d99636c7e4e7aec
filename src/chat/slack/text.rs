//! Texts of people and alerts, made harmless for Slack, and Slack's own writing read.
//!
//! After <https://docs.slack.dev/messaging/formatting-message-text>: `&`, `<` and `>` are all that must be escaped; a
//! mention, a link, a call to the channel is made by `<…>` alone as long as nothing is parsed besides (`parse`, `verbatim`).

use chrono::{DateTime, Utc};

use super::heard::is_id;
pub(super) use crate::chat::text::one_line;
use crate::chat::{
    people::People,
    text::{address_in, clean},
};

/// Text for a place that knows no formatting.
pub(super) fn plain(text: &str) -> String {
    clean(text)
}

fn entities(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

/// Text as it was written; a plain address can be followed, nothing else in it calls or leads anywhere.
pub(super) fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + 16);
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end_matches(char::is_whitespace);
        let address = address_in(word);
        let (before, rest) = piece.split_at(address.start);
        let (address, after) = rest.split_at(address.len());
        entities(before, &mut out);
        if !address.is_empty() {
            out.push('<');
            entities(address, &mut out);
            out.push('>');
        }
        entities(after, &mut out);
    }
    out
}

/// Our own words with somebody's text in them: what stands between double asterisks is bold.
pub(super) fn soften(text: &str) -> String {
    escape(text).replace("**", "*")
}

/// At most `max` characters, with `…` where something was cut off. Never ends in half an entity, time or link.
pub(super) fn cap(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(max.saturating_sub(1)).collect();
    for (open, close) in [('&', ';'), ('<', '>')] {
        if let Some(at) = kept.rfind(open)
            && !kept.get(at..).unwrap_or_default().contains(close)
            // An escaped text has no other.
            && (open == '<' || kept.len() - at < 6)
        {
            kept.truncate(at);
        }
    }
    if max > 0 {
        kept.push('…');
    }
    kept
}

/// A moment in each reader's own zone; `14:32 UTC` where that cannot be shown.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    format!("<!date^{}^{{time}}|{}>", at.timestamp(), at.format("%H:%M UTC"))
}

/// With the day.
pub(super) fn moment_with_day(at: DateTime<Utc>) -> String {
    let fallback = at.format("%-d %b %H:%M UTC");
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{fallback}>", at.timestamp())
}

/// What `<…>` in a message stands for.
enum Marked<'a> {
    /// A person: id, and the name if Slack gave one.
    Person(&'a str, &'a str),
    Words(String),
}

fn marked(inner: &str) -> Marked<'_> {
    let (what, label) = inner.split_once('|').unwrap_or((inner, ""));
    if let Some(id) = what.strip_prefix('@') {
        return Marked::Person(id, label);
    }
    if let Some(id) = what.strip_prefix('#') {
        return Marked::Words(format!("#{}", if label.is_empty() { id } else { label }));
    }
    if let Some(command) = what.strip_prefix('!') {
        let word = command.split('^').next().unwrap_or_default();
        return Marked::Words(if label.is_empty() { format!("@{word}") } else { label.to_owned() });
    }
    // Slack makes links of what looks like one; people typed the label.
    let address = what.strip_prefix("mailto:").unwrap_or(what);
    let is_typed = label.is_empty() || address.trim_end_matches('/').ends_with(label.trim_end_matches('/'));
    Marked::Words(match is_typed {
        true if !label.is_empty() => label.to_owned(),
        true => address.to_owned(),
        false => format!("{label} ({address})"),
    })
}

fn read_with(text: &str, person: impl Fn(&str, &str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some((inner, behind)) = after.split_once('>') else {
            out.push('<');
            rest = after;
            continue;
        };
        match marked(inner) {
            Marked::Person(id, name) => out.push_str(&person(id, name)),
            Marked::Words(words) => out.push_str(&words),
        }
        rest = behind;
    }
    out.push_str(rest);
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The words of a command as they were typed; a mention becomes `<@ID>`, and whoever is named with a name is met.
pub(super) fn typed(text: &str, people: &People) -> String {
    read_with(text, |id, name| {
        if !name.is_empty() && people.of(id).is_none() {
            people.meet(id, name);
        }
        // The angles are put back after the entities are read.
        format!("&lt;@{id}&gt;")
    })
}

/// The members that words name as commands carry them: `<@ID>`.
pub(super) fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split("<@").skip(1);
    pieces.filter_map(|piece| piece.split_once('>').map(|(id, _)| id)).filter(|id| is_id(id, &['U', 'W']))
}

/// A message as people read it.
pub(super) fn shown(text: &str, people: &People) -> String {
    read_with(text, |id, name| {
        let known = people.of(id).map(|person| person.name);
        let name = if name.is_empty() { id } else { name };
        format!("@{}", known.unwrap_or_else(|| name.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn nothing_that_anybody_types_calls_the_channel_or_hides_where_it_leads() {
        for hostile in [
            "<!channel>",
            "<!here|here>",
            "<!everyone>",
            "<@U1>",
            "<#C1>",
            "<https://evil.example|click>",
            "<!subteam^S1>",
            "&lt;!channel&gt;",
            "https://a.example/<!here>",
            "https://a|<!channel>",
        ] {
            for shown in [escape(hostile), soften(hostile)] {
                let without_links = shown.replace("<https://", "");
                assert!(!without_links.contains('<') && !shown.contains("<!"), "{hostile}: {shown}");
            }
        }
        assert_eq!(escape("a & b"), "a &amp; b");
        assert_eq!(
            escape("see https://a.example/x?a=1&b=2 now"),
            "see <https://a.example/x?a=1&amp;b=2> now"
        );
        assert_eq!(escape("a\u{202e}b\u{0}c\n\n\n\nd"), "abc\n\nd");
        assert_eq!(soften("**EXERCISE** say `note`"), "*EXERCISE* say `note`");
    }

    #[test]
    fn what_is_escaped_reads_back_as_it_was_written() {
        let people = People::new("slack", HashMap::new());
        for text in
            ["a < b && c > d", "&amp;", "<!channel> <@U1> x", "https://a.example/x?a=1&b=2 y", "tea & milk;"]
        {
            assert_eq!(shown(&escape(text), &people), text);
        }
    }

    #[test]
    fn a_cut_text_keeps_to_the_limit_and_never_ends_in_half_of_something() {
        let long = escape(&"<&>".repeat(50));
        for max in 0..60 {
            let cut = cap(&long, max);
            assert!(cut.chars().count() <= max);
            let whole =
                cut.trim_end_matches('…').replace("&lt;", "").replace("&gt;", "").replace("&amp;", "");
            assert_eq!(whole, "", "{cut}");
        }
        assert!(!cap(&format!("until {}", moment(DateTime::UNIX_EPOCH)), 20).contains('<'));
        assert_eq!(cap("short", 5), "short");
    }

    #[test]
    fn times_stand_in_each_readers_zone() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(moment(at), "<!date^1800000000^{time}|08:00 UTC>");
        assert_eq!(moment_with_day(at), "<!date^1800000000^{date_short_pretty} {time}|15 Jan 08:00 UTC>");
    }

    #[test]
    fn slacks_own_writing_is_read_as_it_was_typed() {
        let people = People::new("slack", HashMap::new());
        let text = "task add <@U1|ada> 10m see <http://a.example|a.example> &amp; <#C1|ops> &lt;3 <!here>";
        assert_eq!(typed(text, &people), "task add <@U1> 10m see a.example & #ops <3 @here");
        assert_eq!(people.mentioned("<@U1>").unwrap().name, "ada");
        assert_eq!(mentioned("<@U1> and <@W2>, <@x> <@U3").collect::<Vec<_>>(), ["U1", "W2"]);
        assert_eq!(
            shown("<@U1> said <https://x.example/1|that page>", &people),
            "@ada said that page (https://x.example/1)"
        );
        assert_eq!(shown("<mailto:a@b.example|a@b.example> 1 < 2", &people), "a@b.example 1 < 2");
        assert_eq!(shown("<@U9>", &people), "@U9");
    }
}

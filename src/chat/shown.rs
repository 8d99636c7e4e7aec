//! How a chat shows things, as people read them: each door's `shown.rs` has one, for the page of messages.

use chrono::DateTime;
use regex::Regex;
use serde_json::Value;

use crate::{
    card::{Button, Card, Said},
    incident::state::Incident,
    outbox::port::Outcome,
};

/// How one chat shows things, as people read it; and as it is sent, for the pictures.
pub(super) struct Shown {
    pub chat: &'static str,
    pub card: fn(&Card) -> String,
    pub line: fn(&Said) -> String,
    pub missed: fn(&str) -> String,
    pub announcement: fn(&Incident) -> String,
    pub told: fn(&str) -> String,
    /// `None`: the chat has no forms.
    pub form: fn(&str, &Button) -> Option<String>,
    pub payload: fn(&Card) -> Value,
    pub said: fn(&Said) -> Value,
    /// The door's own words for people.
    pub own: fn() -> Vec<String>,
    /// What the door tells whoever looks after it.
    pub keeper: fn() -> Vec<String>,
}

/// Lines that say something, one below the other.
pub(super) fn paragraph(lines: &[String]) -> String {
    let lines = lines.iter().filter(|line| !line.trim().is_empty());
    lines.map(String::as_str).collect::<Vec<_>>().join("\n")
}

pub(super) fn field(name: &str, value: &str) -> String {
    let between = if value.contains('\n') { "\n" } else { " " };
    let mark = if name.ends_with('?') { "" } else { ":" };
    format!("{name}{mark}{between}{value}")
}

pub(super) fn buttons(list: &Value, label: impl Fn(&Value) -> String) -> String {
    let all = list.as_array().into_iter().flatten();
    all.map(|button| format!("[{}]", label(button))).collect::<Vec<_>>().join(" ")
}

/// Moments as a reader in UTC sees them. `pattern` finds the seconds, and a letter by which Discord and Slack say how.
pub(super) fn times(text: &str, pattern: &str) -> String {
    let moment = |found: &regex::Captures<'_>| {
        let at = DateTime::from_timestamp(found[1].parse().unwrap(), 0).unwrap();
        let shown = match &found[2] {
            "t" => "%H:%M",
            // Counted from now, as the reader's clock goes on.
            "R" => "relative",
            _ => "%-d %b %H:%M",
        };
        at.format(shown).to_string()
    };
    Regex::new(pattern).unwrap().replace_all(text, moment).into_owned()
}

/// What a person is told of an errand.
pub(super) fn why(outcome: Outcome) -> String {
    outcome.why().unwrap_or_default().to_owned()
}

/// Markdown as people read it: what it sets as code or bold without the marks for that, what has a backslash before it as itself. A mark
/// that they would see is there.
pub(super) fn rendered(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\\' if after.starts_with(|c: char| c.is_ascii_punctuation()) => {
                out.push_str(&after[..1]);
                &after[1..]
            }
            '`' => {
                let code = rest.trim_start_matches('`');
                let ticks = &rest[..rest.len() - code.len()];
                match code.split_once(ticks) {
                    Some((code, behind)) => {
                        out.push_str(code);
                        behind
                    }
                    None => {
                        out.push_str(ticks);
                        code
                    }
                }
            }
            '*' if after.starts_with('*') => &after[1..],
            c => {
                out.push(c);
                after
            }
        };
    }
    // It takes no room on the screen.
    out.replace('\u{200b}', "")
}

#[test]
fn the_page_of_messages_hides_no_mark_that_people_would_see() {
    for (sent, seen) in [
        ("Is it mended? `/incident resolve HOW`.", "Is it mended? /incident resolve HOW."),
        ("Is it mended? \\`resolve HOW\\`.", "Is it mended? `resolve HOW`."),
        ("**Ada** \\*maybe\\* a \\_b\\_", "Ada *maybe* a _b_"),
        ("`a\\b *c*` d*e ` f", "a\\b *c* d*e ` f"),
        ("```\nx `y`\n``` C:\\d @\u{200b}here", "\nx `y`\n C:\\d @here"),
        ("", ""),
    ] {
        assert_eq!(rendered(sent), seen);
    }
}

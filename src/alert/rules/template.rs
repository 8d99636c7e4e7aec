//! Templates of what a rule declares: title and fields, filled from the alert.

use std::borrow::Cow;

use super::PATTERN_MAX_BYTES;
use crate::alert::{
    Alert,
    mapping::path::{Piece, split},
    situation::Situation,
    text::{TITLE_MAX_BYTES, cut, quote},
};

const HOLES: [&str; 5] = ["title", "source", "severity", "firing", "total"];

/// The title of an incident, never empty.
pub(super) fn title(template: &str, situation: &Situation, alert: &Alert) -> String {
    let filled = fill(template, situation, alert);
    if filled.is_empty() { cut(&alert.title, TITLE_MAX_BYTES).into_owned() } else { filled }
}

/// One line; empty where nothing is left.
pub(super) fn fill(template: &str, situation: &Situation, alert: &Alert) -> String {
    // A template that cannot be read is found by `check` when the rules are loaded.
    let pieces = split(template).unwrap_or_default();
    let mut out = String::new();
    let mut is_left_out = false;
    for piece in pieces {
        let filled: Cow<'_, str> = match piece {
            // What parts a value from that before it parts nothing where that is missing.
            Piece::Words(words) if is_left_out && out.trim().is_empty() => {
                words.trim_start_matches(parts).to_owned().into()
            }
            Piece::Words(words) => words.into(),
            // Not the situation's: how many more there are would stand in the incident's title for ever.
            Piece::Hole("title") => alert.title.as_str().into(),
            Piece::Hole("source") => alert.source.as_str().into(),
            Piece::Hole("severity") => alert.severity.word().into(),
            Piece::Hole("firing") => situation.firing.to_string().into(),
            Piece::Hole("total") => situation.total.to_string().into(),
            Piece::Hole(hole) => {
                let label = hole.strip_prefix("label.").and_then(|name| alert.labels.get(name));
                is_left_out |= label.is_none_or(|label| label.trim().is_empty());
                label.map_or("", String::as_str).into()
            }
        };
        out.push_str(&filled);
    }
    let one_line = out.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&one_line, TITLE_MAX_BYTES).into_owned()
}

/// What stands between two values: `db1: full`, `db1 – full`, `db1/full`.
fn parts(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—' | '/' | '|' | ',' | ';' | '·')
}

/// What is wrong with a template, and what to do.
pub(super) fn fault(template: &str) -> Option<(String, String)> {
    if template.trim().is_empty() {
        return Some((
            "the template is empty".to_owned(),
            "Leave it out, or write what is to stand there.".to_owned(),
        ));
    }
    if template.len() > PATTERN_MAX_BYTES {
        return Some((
            format!("the template is longer than {PATTERN_MAX_BYTES} bytes"),
            "Shorten it.".to_owned(),
        ));
    }
    let pieces = match split(template) {
        Ok(pieces) => pieces,
        Err(why) => return Some((why, "Write `{{` where a brace is meant.".to_owned())),
    };
    pieces.iter().find_map(|piece| match piece {
        Piece::Hole(hole)
            if !HOLES.contains(hole) && hole.strip_prefix("label.").is_none_or(str::is_empty) =>
        {
            Some((
                format!("nothing is called {} that could stand in it", quote(hole)),
                format!("There are {{{}}} and {{label.NAME}}.", HOLES.join("}, {")),
            ))
        }
        _ => None,
    })
}

//! Templates of what a rule declares: title and fields, filled from the alert.

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
    for piece in pieces {
        match piece {
            Piece::Words(words) => out.push_str(&words),
            // Not the situation's: how many more there are would stand in the incident's title for ever.
            Piece::Hole("title") => out.push_str(&alert.title),
            Piece::Hole("source") => out.push_str(&alert.source),
            Piece::Hole("severity") => out.push_str(alert.severity.word()),
            Piece::Hole("firing") => out.push_str(&situation.firing.to_string()),
            Piece::Hole("total") => out.push_str(&situation.total.to_string()),
            Piece::Hole(hole) => {
                let label = hole.strip_prefix("label.").and_then(|name| alert.labels.get(name));
                out.push_str(label.map_or("", String::as_str));
            }
        }
    }
    let one_line = out.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&one_line, TITLE_MAX_BYTES).into_owned()
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

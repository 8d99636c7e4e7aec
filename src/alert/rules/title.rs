//! The title of an incident that a rule declares: a template, filled from the alert.

use super::PATTERN_MAX_BYTES;
use crate::alert::{
    Alert,
    mapping::path::{Piece, split},
    situation::Situation,
    text::{TITLE_MAX_BYTES, cut, quote},
};

const HOLES: [&str; 5] = ["title", "source", "severity", "firing", "total"];

pub(super) fn fill(template: &str, situation: &Situation, alert: &Alert) -> String {
    // A template that cannot be read is found by `check` when the configuration is loaded.
    let pieces = split(template).unwrap_or_default();
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => out.push_str(&words),
            Piece::Hole("title") => out.push_str(&situation.title),
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
    let title = if one_line.is_empty() { &situation.title } else { &one_line };
    cut(title, TITLE_MAX_BYTES).into_owned()
}

/// What is wrong with a template, in a phrase.
pub(super) fn fault(title: &str) -> Option<String> {
    if title.trim().is_empty() {
        return Some("the title is empty; leave it out to get that of the situation".to_owned());
    }
    if title.len() > PATTERN_MAX_BYTES {
        return Some(format!("the title is longer than {PATTERN_MAX_BYTES} bytes"));
    }
    let pieces = match split(title) {
        Ok(pieces) => pieces,
        Err(why) => return Some(why),
    };
    pieces.iter().find_map(|piece| match piece {
        Piece::Hole(hole)
            if !HOLES.contains(hole) && hole.strip_prefix("label.").is_none_or(str::is_empty) =>
        {
            Some(format!(
                "the title asks for {}; there are {{{}}} and {{label.NAME}}",
                quote(hole),
                HOLES.join("}, {")
            ))
        }
        _ => None,
    })
}

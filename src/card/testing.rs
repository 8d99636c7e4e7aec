//! Cards and lines for the tests of whoever shows them.

use super::{Blank, Button, Card, Field, Said, Tone, Value};
use crate::incident::sentence::Part;

/// More fields than any chat shows.
const FIELDS: usize = 60;

/// A card with this text wherever there is one.
pub fn card_of(text: &str) -> Card {
    let field = |is_short| Field { name: "Open tasks", value: Value::Text(text.into()), is_short };
    let blank = Blank { name: "text", label: "", placeholder: "", is_long: true, is_required: true };
    Card {
        is_private: false,
        subject: "INC-1".into(),
        incident: None,
        banner: "EXERCISE EXERCISE EXERCISE",
        title: text.into(),
        tone: Tone::Critical,
        text: text.into(),
        fields: (0..FIELDS).map(|n| field(n % 2 == 0)).collect(),
        buttons: vec![Button {
            id: "note".into(),
            label: "Note".into(),
            command: "note {text}".into(),
            blanks: vec![blank],
            choices: vec![],
            is_primary: true,
        }],
        footer: text.into(),
    }
}

/// A line with this text, said by somebody of that name.
pub fn said(text: &str) -> Said {
    Said {
        incident: "INC-1".parse().unwrap(),
        is_private: false,
        banner: "EXERCISE EXERCISE EXERCISE",
        seq: 12,
        at: chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        who: text.into(),
        via: None,
        is_late: false,
        missed: None,
        goes_on: false,
        text: vec![Part::Text(text.into())],
    }
}

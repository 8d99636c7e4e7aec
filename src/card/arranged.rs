//! What people arranged about alerts, on the situation's card; and the buttons by which they do.

use super::{Blank, Card, blank, button, long};
use crate::{
    alert::{
        arranged::{Arrangement, Subject},
        situation::Situation,
        window::{Effect, Within},
    },
    wall::dated,
};

/// What stands about one situation.
pub struct Shown<'a> {
    pub acknowledgement: Option<&'a Arrangement>,
    pub silence: Option<&'a Arrangement>,
    pub within: Option<&'a Within>,
}

/// The situation's card with what was arranged about it.
pub fn shown(mut card: Card, id: i64, situation: &Situation, shown: &Shown<'_>) -> Card {
    if let Some(ack) = shown.acknowledgement {
        card.fields.push(long("Acknowledged", told(ack, &format!("by {}, {}", ack.by, dated(ack.at)))));
    }
    if situation.acknowledged > 0 {
        let text = format!("{} of {} firing", situation.acknowledged, situation.firing);
        card.fields.push(long("Acknowledged at the sender", text));
    }
    if let Some(silence) = shown.silence {
        let text = format!("by {} until {}", silence.by, dated(silence.until()));
        card.fields.push(long("Silenced", told(silence, &text)));
    }
    if let Some(within) = shown.within {
        let effect = match within.effect {
            Effect::Annotate => "",
            Effect::Record => "; only recorded until then",
        };
        let until = dated(within.until);
        let text = format!("within the maintenance window «{}», until {until}{effect}", within.name);
        card.fields.push(long("Maintenance", text));
    }
    // Those of an incident are handled where it is.
    if card.incident.is_some() {
        return card;
    }
    if situation.firing > 0 && shown.acknowledgement.is_none() {
        card.buttons.push(button("ack", "Acknowledge", &format!("alert ack S-{id}"), vec![], false));
    }
    match shown.silence {
        Some(_) => {
            card.buttons.push(button(
                "unsilence",
                "Unsilence",
                &format!("alert unsilence S-{id}"),
                vec![],
                false,
            ));
        }
        None if situation.firing > 0 => {
            let blanks: Vec<Blank> = vec![
                blank("duration", "For how long?", "2h", false),
                blank("reason", "Why?", "the disk is being replaced", false),
            ];
            let command = format!("alert silence S-{id} {{duration}} {{reason}}");
            card.buttons.push(button("silence", "Silence", &command, blanks, false));
        }
        None => {}
    }
    card
}

fn told(one: &Arrangement, by: &str) -> String {
    let reason = if one.reason.is_empty() { String::new() } else { format!(": {}", one.reason) };
    match one.subject().map(Subject::told).filter(|told| !told.is_empty()) {
        Some(told) => format!("{by}{reason} ({told})"),
        None => format!("{by}{reason}"),
    }
}

//! Buttons of planned work: what comes next, and what may be said of it.

use super::{Button, blank, button};
use crate::incident::{phase::Phase, state::Incident};

pub(super) fn buttons(incident: &Incident) -> Vec<Button> {
    let mut all = match incident.phase {
        Phase::Scheduled => vec![button("start", "It begins now", "maintenance start", vec![], true)],
        Phase::InProgress => vec![
            button("complete", "It is done", "maintenance complete", vec![], true),
            button("extend", "30 minutes more", "maintenance extend 30m", vec![], false),
        ],
        _ => vec![button("close", "Close", "close", vec![], true)],
    };
    if matches!(incident.phase, Phase::Scheduled | Phase::InProgress) {
        let why = vec![blank("reason", "Why?", "the release is not ready", true)];
        all.push(button("cancel", "Cancel it", "cancel {reason}", why, false));
    }
    let noted = vec![blank("text", "What happened?", "replica 2 is upgraded", true)];
    all.push(button("note", "Note", "note {text}", noted, false));
    let said =
        vec![blank("text", "What will customers see?", "Checkout is slow between 02:00 and 04:00.", true)];
    all.push(button("update", "Public update", "update draft {text}", said, false));
    all.push(button("take", "Take command", "command take", vec![], false));
    all.push(button("next", "What is due?", "next", vec![], false));
    all
}

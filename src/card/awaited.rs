//! Buttons for what waits for somebody's word: offers, risky actions, proposals, tasks that nobody has read back.
//!
//! A button is looked up by its id when it is pressed, on the card as it is by then. So whatever there may be several of has its
//! number in the id: who has an old card before their eyes never says "go" to another action.

use super::{Button, blank, button};
use crate::incident::state::{ActionState, Incident, TaskState};

/// Of one kind; the others are in the card's text, with their words.
const EACH_MAX: usize = 2;

/// The most urgent first.
pub(super) fn buttons(incident: &Incident) -> Vec<Button> {
    let why = || vec![blank("reason", "Why?", "the replica is behind", true)];
    let mut all = vec![];
    if incident.command_offer.is_some() {
        all.push(button("have_command", "I have command", "command accept", vec![], true));
        all.push(button("decline_command", "Decline command", "command decline {reason}", why(), false));
    }
    if incident.unify_offer.is_some() {
        all.push(button("join_command", "Join command", "command join", vec![], true));
    }
    if !incident.offers.is_empty() {
        all.push(button("accept_role", "Accept role", "role accept", vec![], true));
        all.push(button("decline_role", "Decline role", "role decline {reason}", why(), false));
    }
    let waiting = incident.open_actions().filter(|action| action.state == ActionState::Waiting);
    for n in waiting.map(|action| action.n).take(EACH_MAX) {
        all.push(button(
            format!("go{n}"),
            format!("Go: action {n}"),
            &format!("action go {n}"),
            vec![],
            true,
        ));
        let hold = format!("action hold {n} {{reason}}");
        all.push(button(format!("hold{n}"), format!("Hold action {n}"), &hold, why(), false));
    }
    for n in incident.open_proposals().map(|one| one.n).take(EACH_MAX) {
        let object = format!("decision object {n} {{reason}}");
        let label = format!("Strong objection to {n}");
        all.push(button(format!("object{n}"), label, &object, why(), false));
    }
    let unread = incident.open_tasks().filter(|task| task.state == TaskState::Assigned);
    for n in unread.map(|task| task.n).take(EACH_MAX) {
        let understand = format!("task ack {n}");
        all.push(button(format!("task{n}"), format!("Understood: task {n}"), &understand, vec![], false));
    }
    all
}

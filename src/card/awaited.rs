//! Buttons for what waits for somebody's word: offers, risky actions, proposals, tasks that nobody has read back.
//!
//! A button is looked up by its id when it is pressed, on the card as it is by then. So whatever there may be several of has its
//! number in the id: who has an old card before their eyes never says "go" to another action.

use super::{Button, blank, button};
use crate::incident::state::{ActionState, Incident, Place, TaskState};

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
    let mut said: Vec<usize> = vec![];
    for place in incident.open_steps().filter(|place| place.step.say.is_some()) {
        // The first of each playbook.
        if said.len() < EACH_MAX && !said.contains(&place.number.0) {
            said.push(place.number.0);
            all.push(step(incident, &place));
        }
    }
    all
}

/// Characters of a button.
const LABEL_CHARS_MAX: usize = 60;

/// Says the step's words, and ticks it.
fn step(incident: &Incident, place: &Place<'_>) -> Button {
    let (playbook, n) = place.number;
    let name = incident.step_name(place);
    let mut label: String =
        format!("{}: {}", place.step.id, place.step.text).chars().take(LABEL_CHARS_MAX).collect();
    if label.chars().count() == LABEL_CHARS_MAX {
        label.push('…');
    }
    let id = format!("step{playbook}x{n}");
    if !place.step.has_blank() {
        return button(id, label, &format!("playbook run {name}"), vec![], false);
    }
    let what = vec![blank("words", "What belongs in the place of …?", "in your own words", true)];
    button(id, label, &format!("playbook run {name} {{words}}"), what, false)
}

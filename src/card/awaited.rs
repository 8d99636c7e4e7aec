//! Buttons for what waits for somebody's word: offers, the question to an executive, risky actions, proposals, tasks that nobody
//! has read back or that nobody has.
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
    // Whoever else presses them has said the same words, and is answered as ever.
    if let Some(question) = &incident.executive_question {
        let seq = question.seq;
        all.push(button(format!("lead{seq}"), "I take command", "command take", vec![], false));
        all.push(button(format!("goon{seq}"), "No, go on", "command decline", vec![], false));
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
        // Nothing gets a go until the stop is lifted.
        if incident.stop.is_none() {
            let (label, go) = (format!("Go: action {n}"), format!("action go {n}"));
            all.push(button(format!("go{n}"), label, &go, vec![], true));
        }
        let hold = format!("action hold {n} {{reason}}");
        all.push(button(format!("hold{n}"), format!("Hold action {n}"), &hold, why(), false));
    }
    for n in incident.open_proposals().map(|one| one.n).take(EACH_MAX) {
        let object = format!("decision object {n} {{reason}}");
        let label = format!("Strong objection to {n}");
        all.push(button(format!("object{n}"), label, &object, why(), false));
    }
    let unread = incident.open_tasks().filter(|task| task.state == TaskState::Assigned && !task.is_free());
    for n in unread.map(|task| task.n).take(EACH_MAX) {
        let understand = format!("task ack {n}");
        all.push(button(format!("task{n}"), format!("Understood: task {n}"), &understand, vec![], false));
        let decline = format!("task decline {n} {{reason}}");
        all.push(button(format!("untask{n}"), format!("Decline task {n}"), &decline, why(), false));
    }
    for n in incident.open_tasks().filter(|task| task.is_free()).map(|task| task.n).take(EACH_MAX) {
        let give = format!("task give {n}");
        all.push(button(format!("mytask{n}"), format!("I take task {n}"), &give, vec![], false));
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
    let what = vec![blank("words", "What belongs at the …?", "in your own words", true)];
    button(id, label, &format!("playbook run {name} {{words}}"), what, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card::{self, Value},
        export::samples::{Journal, person, role},
        incident::{event::Event, kind::Kind, role::Words},
    };

    fn said(journal: &Journal) -> Vec<(String, String)> {
        let buttons = buttons(&journal.paper().incident);
        buttons.into_iter().map(|one| (one.id.into_owned(), one.command)).collect()
    }

    fn pair(id: &str, command: &str) -> (String, String) {
        (id.to_owned(), command.to_owned())
    }

    #[test]
    fn an_executive_answers_with_two_buttons_and_never_a_new_question_by_an_old_card() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
        assert_eq!(said(&j), []);
        let asked = || {
            let (words, who) = ("close the incident".into(), Some(person("Vera")));
            Event::ExecutiveAsked { words, commander: person("Ada"), who }
        };
        j.say("Vera", None, asked());
        assert_eq!(said(&j), [pair("lead2", "command take"), pair("goon2", "command decline")]);
        let who = person("Vera");
        j.say("Vera", None, Event::ExecutiveDeclined { who, reason: String::new(), is_silent: false });
        assert_eq!(said(&j), []);
        j.say("Vera", None, asked());
        assert_eq!(said(&j), [pair("lead4", "command take"), pair("goon4", "command decline")]);
    }

    #[test]
    fn while_everything_is_stopped_a_card_offers_no_go_and_afterwards_it_does() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
        let announced = Event::ActionAnnounced {
            n: 1,
            text: "restart db1".into(),
            is_risky: true,
            waits_for: vec![person("Ada")],
            minutes: None,
            is_stopped: false,
        };
        j.say("Bo", None, announced);
        let (go, hold) = (pair("go1", "action go 1"), pair("hold1", "action hold 1 {reason}"));
        assert_eq!(said(&j), [go.clone(), hold.clone()]);
        let stop = Event::ActionsStopped { reason: "we lose writes".into(), by: None, as_safety: false };
        j.say("Ada", Some("ic"), stop);
        assert_eq!(said(&j), std::slice::from_ref(&hold));
        j.say("Ada", Some("ic"), Event::ActionsResumed { reason: String::new(), free: vec![] });
        assert_eq!(said(&j), [go, hold]);
    }

    #[test]
    fn what_is_offered_to_whom_stands_on_the_card_that_has_the_button_and_when_a_task_is_due() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
        let ends = j.at + chrono::Duration::minutes(10);
        j.say(
            "Ada",
            Some("ic"),
            Event::RoleOffered { role: role("scribe"), to: person("Cleo"), expires_at: ends },
        );
        j.say(
            "Ada",
            Some("ic"),
            Event::RoleOffered { role: role("pio"), to: person("Dan"), expires_at: ends },
        );
        let (to, organization) = (person("Eve"), "Acme".into());
        j.say("Ada", Some("ic"), Event::UnifyOffered { to, organization, expires_at: ends });
        let (text, owner, due_at) = ("Look".into(), person("Bo"), Some(ends));
        j.say("Ada", Some("ic"), Event::TaskAssigned { n: 1, text, owner, due_at });
        let shown = card::incident(&j.paper().incident, Words::Nims);
        let says = |name: &str| {
            let field = shown.fields.iter().find(|field| field.name == name);
            field.map(|field| field.value.clone())
        };
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let roles = "Documentation Unit Leader to Cleo; Public Information Officer to Dan";
        assert_eq!(says("Role offered"), text(roles));
        assert_eq!(says("Asked to join command"), text("Eve (Acme)"));
        assert_eq!(says("Open tasks"), text("#1 Look (Bo, assigned, due 2026-03-29 01:05 UTC)"));
    }

    #[test]
    fn a_task_is_read_back_or_declined_and_one_that_nobody_has_is_taken() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
        let owner = person("Bo");
        j.say("Ada", Some("ic"), Event::TaskAssigned { n: 1, text: "Look".into(), owner, due_at: None });
        assert_eq!(said(&j), [pair("task1", "task ack 1"), pair("untask1", "task decline 1 {reason}")]);
        let (owner, to) = (person("Bo"), Some(person("Ada")));
        j.say("Bo", None, Event::TaskDeclined { n: 1, owner, reason: "asleep".into(), to });
        assert_eq!(said(&j), [pair("mytask1", "task give 1")]);
    }
}

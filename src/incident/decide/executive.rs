//! The executive who gives orders without a role: either they take command, or their words stand as a note.
//!
//! They are asked one question, for all to read, and their answer is on the timeline like it: `take` passes command to them, `command
//! decline` leaves it where it is, and so does no answer. Whom the settings bar from command is not asked, and the commander reads
//! their words all the same.

use super::*;
use crate::incident::{permission::is_order, sentence::ended, state::ExecutiveQuestion};

/// One question an incident within this time; it is as long that an answer is waited for.
pub const ASKED_ANEW: Duration = Duration::minutes(10);
const WORDS_CHARS_MAX: usize = 500;

/// The question in place of a refusal; `None`: the refusal stands.
pub(super) fn question(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Option<Decision> {
    let me = scene.person;
    let verb = verb_of(incident, command, me);
    let was_asked = incident.executive_asked.is_some_and(|at| scene.now - at < ASKED_ANEW);
    if scene.is_house
        || !scene.policy.executives.contains(&me.id)
        || !is_order(verb, incident.kind())
        || was_asked
        || !incident.phase.is_active()
        || !incident.roles_of(me).is_empty()
    {
        return None;
    }
    let said = command.words().join("; ");
    let said: String = clean(&said).trim().chars().take(WORDS_CHARS_MAX).collect();
    let words = if said.is_empty() { verb.words().to_owned() } else { format!("{}: {said}", verb.words()) };
    let commander = incident.commander.clone();
    if let Err(barred) = scene.policy.reserved.check(Verb::TakeCommand, me, incident.kind()) {
        return Some(noted(&words, &commander, &barred));
    }
    let reply = format!(
        "Do you wish to take command of {}? Then say `take`; if not, `command decline`. The card has a button for each. \
         {commander} has it now, and has been told. Your words stand as a note, and nothing was done.",
        incident.id
    );
    Some(Decision::one(Event::ExecutiveAsked { words, commander }, reply))
}

/// Nothing to ask of somebody who may not have command; what they want is not kept from whoever has it.
fn noted(words: &str, commander: &Person, barred: &Refusal) -> Decision {
    let (decides, told) = if commander.id == Person::house().id {
        (String::new(), String::new())
    } else {
        (format!(" That is for {commander} to decide."), format!(", and {commander} has been told"))
    };
    let text =
        format!("An executive without a role here wants to {} Nothing was done.{decides}", ended(words));
    let reply = format!("Nothing was done. {} Your words stand as a note{told}.", barred.why);
    Decision::one(Event::Noted { text, until: None }, reply)
}

fn open_question<'a>(incident: &'a Incident, scene: &Scene<'_>) -> Option<&'a ExecutiveQuestion> {
    let question = incident.executive_question.as_ref()?;
    (question.to.id == scene.person.id).then_some(question)
}

/// Why command passes to this person at once: they were asked whether they wish to take it, the commander was told, and they do.
pub(super) fn takes(incident: &Incident, scene: &Scene<'_>) -> Option<String> {
    let question = open_question(incident, scene)?;
    let is_in_time = scene.now - question.at < ASKED_ANEW;
    is_in_time.then(|| format!("{} was asked whether they wish to take command, and does", question.to))
}

pub(super) fn declined(incident: &Incident, reason: String, scene: &Scene<'_>) -> Option<Decision> {
    let who = open_question(incident, scene)?.to.clone();
    let reply = format!("{} goes on. What should be known of your words: `note TEXT`.", incident.commander);
    Some(Decision::one(Event::ExecutiveDeclined { who, reason, is_silent: false }, reply))
}

/// The time for an answer to the question of that entry is over.
pub(super) fn silent(incident: &Incident, seq: u64, scene: &Scene<'_>) -> Ruling {
    match &incident.executive_question {
        Some(question) if question.seq == seq && scene.now - question.at >= ASKED_ANEW => {
            let who = question.to.clone();
            Ok(Decision::one(Event::ExecutiveDeclined { who, reason: String::new(), is_silent: true }, ""))
        }
        _ => Ok(Decision::read("")),
    }
}

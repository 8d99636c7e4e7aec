//! The executive who gives orders without a role: either they take command, or their words stand as a note.

use super::*;

/// One question an incident within this time.
const ASKED_ANEW: Duration = Duration::minutes(10);
const WORDS_CHARS_MAX: usize = 500;

/// The question in place of a refusal; `None`: the refusal stands.
pub(super) fn question(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Option<Decision> {
    let me = scene.person;
    let verb = verb_of(incident, command, me);
    let is_order = may(Standing::Holds(&Role::ic()), verb, incident.kind()) && verb != Verb::TakeCommand;
    let was_asked = incident.executive_asked.is_some_and(|at| scene.now - at < ASKED_ANEW);
    if scene.is_house
        || !scene.policy.executives.contains(&me.id)
        || !is_order
        || was_asked
        || !incident.phase.is_active()
        || !incident.roles_of(me).is_empty()
        || scene.policy.reserved.check(Verb::TakeCommand, me, incident.kind()).is_err()
    {
        return None;
    }
    let said = command.words().join("; ");
    let said: String = clean(&said).trim().chars().take(WORDS_CHARS_MAX).collect();
    let words = if said.is_empty() { verb.words().to_owned() } else { format!("{}: {said}", verb.words()) };
    let commander = incident.commander.clone();
    let reply = format!(
        "Do you wish to take command of {}? Then say `take`. {commander} has it now, and has been told; until then your words \
         stand as a note, and nothing was done.",
        incident.id
    );
    Some(Decision::one(Event::ExecutiveAsked { words, commander }, reply))
}

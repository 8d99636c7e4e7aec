//! Playbooks: what begins them, who ticks a step, and when one that repeats is open again.

use super::*;
use crate::incident::{
    command::SituationFacts,
    play::{Playbook, Step},
    sentence::{brief, ended, every, so_many_minutes},
    state::{Place, StepState},
};

const PLAYBOOKS_MAX: usize = 10;
/// Steps of one playbook in a list.
const LISTED_STEPS_MAX: usize = 100;

/// Those of the settings that fit and were not begun yet; each begins once, by itself. `begun` are the ids of those that were.
pub(super) fn called_for(
    begun: &[&str],
    severity: Severity,
    titles: &[&str],
    kind: Kind,
    policy: &Policy,
) -> Vec<Event> {
    // A check of the installation needs no checklist, and planned work has its own.
    if !kind.is_clocked() {
        return vec![];
    }
    let fits = |one: &&Playbook| !begun.contains(&one.id.as_str()) && one.fits(severity, titles);
    let room = PLAYBOOKS_MAX.saturating_sub(begun.len());
    let all = policy.playbooks.iter().filter(fits).take(room);
    all.map(|playbook| Event::PlaybookBegun { playbook: playbook.clone() }).collect()
}

/// [`called_for`], where something about an incident changed; `linked` is what comes with it.
pub(super) fn called_for_now<'a>(
    incident: &'a Incident,
    severity: Severity,
    linked: impl IntoIterator<Item = &'a SituationFacts>,
    policy: &Policy,
) -> Vec<Event> {
    let begun: Vec<&str> = incident.plays.iter().map(|play| play.playbook.id.as_str()).collect();
    let mut titles: Vec<&str> = incident.situations.values().map(|one| one.title.as_str()).collect();
    titles.extend(linked.into_iter().flat_map(titles_of));
    called_for(&begun, severity, &titles, incident.kind(), policy)
}

/// A situation's title, and those of its alerts.
pub(super) fn titles_of(facts: &SituationFacts) -> impl Iterator<Item = &str> {
    std::iter::once(facts.title.as_str()).chain(facts.alerts.iter().map(|alert| alert.title.as_str()))
}

/// One that a rule on alerts names by its id; `None`: the settings have none such.
pub(super) fn named_by_rule(id: &str, policy: &Policy) -> Option<Event> {
    let playbook = policy.playbooks.iter().find(|one| one.id == id.trim())?;
    Some(Event::PlaybookBegun { playbook: playbook.clone() })
}

pub(super) fn begin(incident: &Incident, id: &str, scene: &Scene<'_>) -> Ruling {
    let known = &scene.policy.playbooks;
    let Some(playbook) = known.iter().find(|one| one.id.eq_ignore_ascii_case(id.trim())) else {
        let shown: String = clean(id).chars().take(40).collect();
        let ids: Vec<&str> = known.iter().map(|one| one.id.as_str()).collect();
        let instead = match ids.is_empty() {
            true => "The settings have none: `playbooks` in [command] names their folder.".to_owned(),
            false => format!("There are: {}.", ids.join(", ")),
        };
        return Err(Refusal::not_found(format!("There is no playbook «{shown}»."), instead));
    };
    if incident.play(&playbook.id).is_some() {
        return Err(Refusal::conflict(
            format!("The playbook {} was begun already.", playbook.id),
            "`playbook` shows how far it is.",
        ));
    }
    room_for("playbooks", incident.plays.len(), PLAYBOOKS_MAX)?;
    let reply =
        format!("«{}» begins: `playbook` shows its steps, `next` those that are yours.", playbook.title);
    Ok(Decision::one(Event::PlaybookBegun { playbook: playbook.clone() }, reply))
}

/// The one step that is meant.
fn find<'a>(incident: &'a Incident, named: &str) -> Result<Place<'a>, Refusal> {
    if incident.plays.is_empty() {
        return Err(Refusal::conflict(
            format!("No playbook was begun in {}.", incident.id),
            "`playbook list` has those that there are.",
        ));
    }
    match incident.steps_named(named).as_slice() {
        [one] => Ok(*one),
        [] => {
            let shown: String = clean(named).chars().take(40).collect();
            Err(Refusal::not_found(format!("There is no step «{shown}»."), "`playbook` has them all."))
        }
        several => {
            let names: Vec<String> = several.iter().map(|place| incident.step_name(place)).collect();
            Err(Refusal::invalid(
                format!("Several steps are called so: {}.", names.join(", ")),
                "Write the playbook's name before it, with a slash.",
            ))
        }
    }
}

/// Whether somebody may tick a step, leave it out and open it again: whoever has its role, and those who lead; of one that must be
/// approved, whoever has that role alone.
pub fn ticks(incident: &Incident, step: &Step, person: &Person) -> bool {
    let leads = step.approve.is_none() && answers_for_all(incident, person);
    leads || incident.answers_for_step(step, person)
}

/// The step that is meant, where they may tick it.
fn mine<'a>(incident: &'a Incident, named: &str, scene: &Scene<'_>) -> Result<Place<'a>, Refusal> {
    let place = find(incident, named)?;
    let (me, step) = (scene.person, place.step);
    if ticks(incident, step, me) {
        return Ok(place);
    }
    let name = incident.step_name(&place);
    let role = step.whose().shown(scene.policy.words);
    let why = match step.approve {
        Some(_) => format!("Step {name} needs the approval of the {role}."),
        None => format!("Step {name} is for the {role}, or for whoever leads."),
    };
    let who = incident.holders(step.whose());
    let is_house = who.iter().all(|one| one.id == Person::house().id);
    let instead = match who.as_slice() {
        [first, ..] if !is_house => format!("Ask {first}."),
        _ => "Nobody is in command: `take`.".to_owned(),
    };
    Err(Refusal::forbidden(why, instead))
}

/// As [`mine`], where it is asked for and open.
fn open_and_mine<'a>(incident: &'a Incident, named: &str, scene: &Scene<'_>) -> Result<Place<'a>, Refusal> {
    let place = mine(incident, named, scene)?;
    let name = incident.step_name(&place);
    if !place.progress.is_open() {
        let state = if place.progress.state == StepState::Done { "done" } else { "left out" };
        return Err(Refusal::conflict(
            format!("Step {name} is {state} already."),
            format!("To open it again: `playbook undo {name}`."),
        ));
    }
    if !place.step.when.holds(incident) {
        return Err(Refusal::conflict(
            format!("Step {name} is only for incidents {}.", place.step.when.in_words()),
            "`playbook` shows what is asked for now.",
        ));
    }
    Ok(place)
}

pub(super) fn tick(incident: &Incident, named: &str, result: &str, scene: &Scene<'_>) -> Ruling {
    let place = open_and_mine(incident, named, scene)?;
    let result = optional_text("result", result, scene)?;
    let (playbook, step, text) = ids(&place);
    let again = match place.step.every_minutes {
        Some(minutes) => format!(" It is due again in {}.", so_many_minutes(minutes)),
        None => String::new(),
    };
    let reply = format!("Step {} is done.{again}", incident.step_name(&place));
    Ok(Decision::one(Event::StepDone { playbook, step, text, result }, reply))
}

pub(super) fn skip(incident: &Incident, named: &str, reason: &str, scene: &Scene<'_>) -> Ruling {
    let place = open_and_mine(incident, named, scene)?;
    let reason = text("reason", reason, scene)?;
    let (playbook, step, text) = ids(&place);
    let reply = format!("Step {} is left out.", incident.step_name(&place));
    Ok(Decision::one(Event::StepSkipped { playbook, step, text, reason }, reply))
}

pub(super) fn undo(incident: &Incident, named: &str, scene: &Scene<'_>) -> Ruling {
    let place = mine(incident, named, scene)?;
    let name = incident.step_name(&place);
    if place.progress.is_open() {
        return Err(Refusal::conflict(format!("Step {name} is open."), "Nothing to do."));
    }
    let (playbook, step, text) = ids(&place);
    let reply = format!("Step {name} is open again.");
    Ok(Decision::one(Event::StepReopened { playbook, step, text, due_for: vec![] }, reply))
}

fn ids(place: &Place<'_>) -> (String, String, String) {
    (place.play.playbook.id.clone(), place.step.id.clone(), place.step.text.clone())
}

/// What the step says in somebody's name: its words with what they gave, where they may tick it.
///
/// # Errors
/// As for ticking it; and where it has no words, or a blank that is left empty.
pub fn to_say(incident: &Incident, named: &str, given: &str, scene: &Scene<'_>) -> Result<String, Refusal> {
    access::check(incident, &Command::Steps, scene)?;
    let place = open_and_mine(incident, named, scene)?;
    let name = incident.step_name(&place);
    let Some(said) = place.step.filled(given) else {
        return Err(Refusal::invalid(
            format!("Step {name} has no words of its own."),
            format!("When it is done: `playbook done {name}`."),
        ));
    };
    if place.step.has_blank() && given.trim().is_empty() {
        let say = place.step.say.as_deref().unwrap_or_default();
        return Err(Refusal::invalid(
            format!("Something is left to fill in: «{say}»."),
            format!("Say it: `playbook run {name} WORDS`."),
        ));
    }
    Ok(said)
}

/// A step that repeats is open again, where it is still done and the incident is active.
pub(super) fn due(incident: &Incident, playbook: &str, step: &str, scene: &Scene<'_>) -> Ruling {
    let is_it = |place: &Place<'_>| place.play.playbook.id == playbook && place.step.id == step;
    let found = incident.steps().find(is_it).filter(|place| {
        place.progress.again_at.is_some_and(|at| at <= scene.now) && place.step.when.holds(incident)
    });
    let Some(place) =
        found.filter(|_| !super::reminders::is_quiet(incident, scene.now) && incident.phase.is_active())
    else {
        return Ok(Decision::read(""));
    };
    let holders = incident.holders(place.step.whose()).into_iter();
    let due_for = holders.filter(|one| one.id != Person::house().id).cloned().collect();
    let (playbook, step, text) = ids(&place);
    Ok(Decision::one(Event::StepReopened { playbook, step, text, due_for }, ""))
}

/// The answer to `playbook`.
pub(super) fn show(incident: &Incident, scene: &Scene<'_>) -> String {
    if incident.plays.is_empty() {
        return format!(
            "No playbook was begun in {}. `playbook list` has those that there are.",
            incident.id
        );
    }
    let mut lines = Vec::new();
    for play in &incident.plays {
        let book = &play.playbook;
        lines.push(format!(
            "{} ({}): {} of {} steps settled",
            book.title,
            book.id,
            play.settled(),
            book.steps.len()
        ));
        let own = incident.steps().filter(|place| place.play.playbook.id == book.id);
        lines.extend(own.take(LISTED_STEPS_MAX).filter_map(|place| line(incident, &place, scene)));
    }
    lines.push(
        "`playbook done STEP`, `playbook skip STEP REASON`, `playbook run STEP` says its words.".to_owned(),
    );
    lines.join("\n")
}

/// One that is not asked for now is not shown, unless somebody did it.
fn line(incident: &Incident, place: &Place<'_>, scene: &Scene<'_>) -> Option<String> {
    let (step, progress) = (place.step, place.progress);
    if progress.is_open() && !step.when.holds(incident) {
        return None;
    }
    let name = incident.step_name(place);
    let role = step.role.shown(scene.policy.words);
    if progress.is_open() {
        let say = step.say.as_ref().map(|say| format!(" «{say}»")).unwrap_or_default();
        let approve = match &step.approve {
            Some(role) => format!(" Needs the approval of the {}.", role.shown(scene.policy.words)),
            None => String::new(),
        };
        let every =
            step.every_minutes.map(|minutes| format!(" Again {}.", every(minutes))).unwrap_or_default();
        return Some(format!("[ ] {name} {role}: {}{say}{approve}{every}", ended(&step.text)));
    }
    let by = progress.by.as_ref().map(Person::to_string).unwrap_or_default();
    let at = progress.at.map(dated).unwrap_or_default();
    let (mark, how) = match progress.state {
        StepState::Skipped => ("–", "left out by"),
        _ => ("x", "done by"),
    };
    let words = if progress.words.is_empty() { String::new() } else { format!(": {}", progress.words) };
    Some(format!("[{mark}] {name} {} – {how} {by}, {at}{words}", brief(&step.text)))
}

/// The answer to `playbook list`.
pub(super) fn list(incident: &Incident, scene: &Scene<'_>) -> String {
    let known = &scene.policy.playbooks;
    let told = |book: &Playbook, state: &str| {
        let is_for = book.is_for();
        let is_for = if is_for.is_empty() { "by hand".to_owned() } else { is_for };
        let steps = book.steps.len();
        let steps = if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
        format!("{} – {} ({is_for}; {steps}){state}", book.id, book.title)
    };
    let mut lines: Vec<String> =
        known.iter().filter(|book| incident.play(&book.id).is_none()).map(|book| told(book, "")).collect();
    lines.extend(incident.plays.iter().map(|play| told(&play.playbook, ", begun")));
    if lines.is_empty() {
        return "There are no playbooks.".to_owned();
    }
    lines.push(
        "`playbook begin ID` begins one, `playbook` shows the steps of those that were begun.".to_owned(),
    );
    lines.join("\n")
}

/// What a step's words do is so already: then it needs only to be ticked.
pub fn is_so(incident: &Incident, command: &Command, person: &Person) -> bool {
    match command {
        Command::TakeCommand { .. } => incident.has_command(person),
        Command::TakeRole { role } => incident.given(role.slug()).any(|one| one.id == person.id),
        _ => false,
    }
}

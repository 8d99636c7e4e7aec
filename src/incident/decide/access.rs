//! Who may see it: restricted to a few, let in and shut out by name, opened up again; and the glass that an admin may break.

use super::*;

/// People who may be let in, at most.
const CIRCLE_MAX: usize = 500;

/// To whom it is not shown, a restricted incident is not there: the same words as for a number that never was.
///
/// # Errors
/// Not found.
pub(super) fn check(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Result<(), Refusal> {
    if scene.is_house || incident.may_see(scene.person) {
        return check_named(incident, command);
    }
    match command {
        Command::BreakGlass { .. } if may_break(scene) => Ok(()),
        _ => Err(Refusal::no_such(incident.id)),
    }
}

fn may_break(scene: &Scene<'_>) -> bool {
    scene.is_admin || scene.policy.reserved.break_glass.contains(&scene.person.id)
}

/// Nobody is given a part in what they may not see.
fn check_named(incident: &Incident, command: &Command) -> Result<(), Refusal> {
    let named = match command {
        Command::OfferCommand { to } | Command::Unify { to, .. } | Command::OfferRole { to, .. } => Some(to),
        Command::AssignTask { owner, .. } | Command::GiveTask { owner, .. } => owner.as_ref(),
        Command::CheckIn { who, .. } => who.as_ref(),
        Command::ReportTo { who, .. } => Some(who),
        _ => None,
    };
    match named {
        Some(person) if !incident.may_see(person) => Err(Refusal::conflict(
            format!("{} is restricted, and {person} is not among those who see it.", incident.id),
            format!("Let them in first, if they are to know: `admit @{}`.", person.id),
        )),
        _ => Ok(()),
    }
}

pub(super) fn restrict(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    if incident.restricted.is_some() {
        return Err(Refusal::conflict(
            format!("{} is restricted already.", incident.id),
            "`crew list` says who sees it, `admit NAME` lets somebody in.",
        ));
    }
    let reason = optional_text("reason", reason, scene)?;
    let mut people: Vec<Person> = incident.present().into_iter().cloned().collect();
    people.extend(incident.roles.iter().map(|held| held.person.clone()));
    people.push(scene.person.clone());
    people.sort();
    people.dedup_by(|a, b| a.id == b.id);
    let names = crate::incident::sentence::and(&people);
    let parts = parted(incident);
    let mut events = vec![Event::Restricted { people, reason }];
    // Where others read, nothing more is told of it.
    if let Some(parent) = incident.parent {
        events.push(Event::LeftParent { parent, reason: "it is restricted".into() });
    }
    Ok(Decision::many(
        events,
        format!(
            "{} is restricted: only {names} may see it now, in lists, search, exports and live pages. Chats go on with it in a \
             private place; what they were told before stays there. `admit NAME` lets somebody in.{parts}",
            incident.id
        ),
    ))
}

/// What belongs together with it no more, once it is for a few.
fn parted(incident: &Incident) -> String {
    let parent = incident.parent.map(|parent| format!(" It is no part of {parent} any more."));
    let subs: Vec<String> = incident.children.keys().map(ToString::to_string).collect();
    let subs = match subs.as_slice() {
        [] => None,
        [id] => Some(format!(
            " Its sub-incident {id} goes on by itself, open to everybody: `{id} restrict` restricts it as well."
        )),
        [id, ..] => Some(format!(
            " Its sub-incidents {} go on by themselves, open to everybody: `{id} restrict` restricts one as well.",
            subs.join(", ")
        )),
    };
    parent.into_iter().chain(subs).collect()
}

pub(super) fn open_up(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    if incident.restricted.is_none() {
        return Err(Refusal::conflict(
            format!("{} is not restricted: everybody may see it.", incident.id),
            "Nothing to do.",
        ));
    }
    if !incident.children.is_empty() {
        let parts: Vec<String> = incident.children.keys().map(ToString::to_string).collect();
        return Err(Refusal::conflict(
            format!(
                "{} has sub-incidents, of which everybody would read here: {}.",
                incident.id,
                parts.join(", ")
            ),
            "`sub leave` there first.",
        ));
    }
    let reason = optional_text("reason", reason, scene)?;
    let mut events = vec![Event::OpenedUp { reason }];
    // Everybody would read here that there is a greater one.
    if let Some(parent) = incident.parent {
        events.push(Event::LeftParent { parent, reason: "it is open to everybody".into() });
    }
    Ok(Decision::many(
        events,
        format!("{} is open: everybody may see it, with its whole timeline.", incident.id),
    ))
}

pub(super) fn admit(incident: &Incident, who: &Person) -> Ruling {
    let Some(circle) = &incident.restricted else {
        return Err(Refusal::conflict(
            format!("{} is not restricted: {who} may see it.", incident.id),
            "To restrict it to those who are here: `restrict`.",
        ));
    };
    if incident.may_see(who) {
        return Err(Refusal::conflict(format!("{who} may see it already."), "Nothing to do."));
    }
    room_for("people let in", circle.people.len(), CIRCLE_MAX)?;
    Ok(Decision::one(
        Event::Admitted { who: who.clone() },
        format!("{who} may see {} now, with its whole timeline.", incident.id),
    ))
}

pub(super) fn expel(incident: &Incident, who: &Person, reason: &str, scene: &Scene<'_>) -> Ruling {
    let is_in = incident.restricted.as_ref().is_some_and(|circle| circle.people.contains_key(&who.id));
    if incident.restricted.is_some()
        && let Some((part, end_it)) = part_of(incident, who, scene)
    {
        return Err(Refusal::conflict(format!("{part} of {}.", incident.id), end_it));
    }
    if !is_in {
        return Err(Refusal::conflict(
            format!("{who} was not let in by name."),
            "`crew list` says who sees it; `restrict` keeps everybody else out.",
        ));
    }
    let reason = optional_text("reason", reason, scene)?;
    Ok(Decision::one(
        Event::ShutOut { who: who.clone(), reason },
        format!(
            "{who} no longer sees {}. What they have read, they have read.{}",
            incident.id,
            left_behind(incident, who)
        ),
    ))
}

/// The part by which somebody sees it, and how that ends.
fn part_of(incident: &Incident, who: &Person, scene: &Scene<'_>) -> Option<(String, String)> {
    let words = scene.policy.words;
    if incident.commander.id == who.id {
        return Some((
            format!("{who} has command"),
            "Hand command over first: `command offer NAME`.".to_owned(),
        ));
    }
    if incident.has_command(who) {
        let end_it = format!("End that first: `command separate @{}`.", who.id);
        return Some((format!("{who} has a part in the command"), end_it));
    }
    if let Some(held) = incident.roles.iter().find(|held| held.person.id == who.id) {
        let end_it = format!("Relieve them first: `role relieve {} @{}`.", held.role.slug(), who.id);
        return Some((format!("{who} is {}", held.role.shown(words)), end_it));
    }
    if incident.command_offer.as_ref().is_some_and(|offer| offer.to.id == who.id) {
        let end_it = "Take the offer back first: `command withdraw`.".to_owned();
        return Some((format!("{who} is offered command"), end_it));
    }
    let until = |at, answer: &str| format!("Wait until they answer ({answer}), or until {}.", dated(at));
    if let Some(offer) = incident.unify_offer.as_ref().filter(|offer| offer.to.id == who.id) {
        let end_it = until(offer.expires_at, "`command decline`");
        return Some((format!("{who} is asked to join the command"), end_it));
    }
    let offer = incident.offers.iter().find(|offer| offer.to.id == who.id)?;
    let end_it = until(offer.expires_at, &format!("`role decline {}`", offer.role.slug()));
    Some((format!("{who} is asked to be {}", offer.role.shown(words)), end_it))
}

/// The open tasks of somebody who cannot see them any more.
fn left_behind(incident: &Incident, who: &Person) -> String {
    let open: Vec<u32> = incident.open_tasks().filter(|task| task.is_of(who)).map(|task| task.n).collect();
    let told = match open.as_slice() {
        [] => return String::new(),
        [one] => format!("Task #{one} is"),
        several => {
            let numbers: Vec<String> = several.iter().map(|n| format!("#{n}")).collect();
            format!("Tasks {} are", numbers.join(", "))
        }
    };
    let n = open[0];
    format!(" {told} theirs still, out of their sight: `task give {n} @NAME` gives it to somebody.")
}

pub(super) fn break_glass(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    if incident.may_see(scene.person) {
        return Err(Refusal::conflict(
            format!("You may see {} as it is.", incident.id),
            "`status` says how it stands.",
        ));
    }
    let reason = text("reason", reason, scene)?;
    Ok(Decision::one(
        Event::GlassBroken { reason },
        format!(
            "You may see {} now. That you opened it, and why, stands on its timeline; {} has command.",
            incident.id, incident.commander
        ),
    ))
}

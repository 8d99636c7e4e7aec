//! Unified command: several commanders of different organizations, one of whom speaks for all. The token stays one and where it
//! is; who joins has the same rights beside it.

use super::*;
use crate::incident::sentence::and;

/// Commanders beside the one who holds the token, at most.
const JOINED_MAX: usize = 8;
const ORGANIZATION_CHARS_MAX: usize = 80;

pub(super) fn offer(incident: &Incident, to: &Person, organization: &str, scene: &Scene<'_>) -> Ruling {
    if incident.has_command(to) && to.id == scene.person.id {
        return Err(Refusal::conflict(
            "You have command already.",
            "Name somebody of another organization: `command unify NAME --for ORGANIZATION`.",
        ));
    }
    if incident.has_command(to) {
        return Err(Refusal::conflict(format!("{to} has command already."), "Nothing to do."));
    }
    if incident.commander.id == Person::house().id {
        return Err(Refusal::conflict(
            "Nobody is in command yet who could be joined.",
            "Take command first: `command take`.",
        ));
    }
    room_for("commanders", incident.joined.len(), JOINED_MAX)?;
    let organization = if organization.trim().is_empty() {
        String::new()
    } else {
        text_within("organization", organization, ORGANIZATION_CHARS_MAX)?.replace(['\n', '\t'], " ")
    };
    let expires_at = scene.now + Duration::minutes(i64::from(scene.policy.offer_expires_minutes));
    let event = Event::UnifyOffered { to: to.clone(), organization: organization.clone(), expires_at };
    let of = if organization.is_empty() { String::new() } else { format!(" for {organization}") };
    let before = incident.unify_offer.as_ref().filter(|offer| offer.to.id != to.id);
    let ended = before.map(|offer| format!("\n{} is asked no more.", offer.to)).unwrap_or_default();
    Ok(Decision::one(
        event,
        format!(
            "{to} is asked to join command of {}{of}, until {}. {} speaks for the Unified Command: several commanders, who \
             decide together. {to}: `command join`, or `command decline`.{ended}",
            incident.id,
            dated(expires_at),
            incident.commander
        ),
    ))
}

pub(super) fn join(incident: &Incident, scene: &Scene<'_>) -> Ruling {
    let me = scene.person;
    let Some(offer) = incident.unify_offer.as_ref().filter(|offer| offer.to.id == me.id) else {
        if incident.has_command(me) {
            return Err(Refusal::conflict(
                "You have command already.",
                "To have somebody join you: `command unify NAME --for ORGANIZATION`.",
            ));
        }
        return Err(Refusal::conflict(
            format!("{me} is not asked to join command."),
            format!("Ask {} to `command unify {me}`.", incident.commander),
        ));
    };
    if scene.now >= offer.expires_at {
        return Err(Refusal::conflict(
            format!("The offer ran out at {}.", dated(offer.expires_at)),
            format!("Ask {} to make it again.", incident.commander),
        ));
    }
    Ok(Decision::one(
        Event::CommandJoined { by: me.clone(), organization: offer.organization.clone() },
        format!(
            "{me} has command of {} together with {}, who speaks for the Unified Command. `next` says what is due; \
             `command separate` ends your part.",
            incident.id,
            and(&incident.commanding().into_iter().cloned().collect::<Vec<_>>())
        ),
    ))
}

pub(super) fn declined(incident: &Incident, reason: String, scene: &Scene<'_>) -> Option<Decision> {
    incident.unify_offer.as_ref().filter(|offer| offer.to.id == scene.person.id)?;
    let reply = format!("Declined. {} commands as before.", incident.commander);
    Some(Decision::one(Event::UnifyDeclined { by: scene.person.clone(), reason }, reply))
}

pub(super) fn separate(incident: &Incident, who: Option<&Person>, reason: &str, scene: &Scene<'_>) -> Ruling {
    let who = who.unwrap_or(scene.person);
    let reason = optional_text("reason", reason, scene)?;
    if incident.commander.id == who.id {
        return Err(Refusal::conflict(
            format!("{who} speaks for the command of {}; there is always somebody who does.", incident.id),
            "Pass that on first: `command offer NAME`. Whoever joined and takes it over stays beside you.",
        ));
    }
    let has_joined = |person: &Person| incident.joined.iter().any(|one| one.person.id == person.id);
    if !has_joined(who) {
        let own =
            if has_joined(scene.person) { " To end your own part: `leave --reason REASON`." } else { "" };
        return Err(Refusal::conflict(
            format!("{who} is not in the command of {}.", incident.id),
            format!("`chart` shows who is.{own}"),
        ));
    }
    check_separates(incident, who, scene)?;
    Ok(Decision::one(
        Event::CommandSeparated { who: who.clone(), reason },
        format!("{who} is no longer in the command of {}; {} is.", incident.id, incident.commander),
    ))
}

/// A part in the Unified Command is ended by who has it, or by who speaks for all.
pub(super) fn check_separates(incident: &Incident, who: &Person, scene: &Scene<'_>) -> Result<(), Refusal> {
    let has_joined = incident.joined.iter().any(|one| one.person.id == who.id);
    if has_joined && who.id != scene.person.id && incident.commander.id != scene.person.id {
        return Err(Refusal::forbidden(
            format!("{} does not speak for the Unified Command.", scene.person),
            format!("{} can, or {who} leaves.", incident.commander),
        ));
    }
    Ok(())
}

pub(super) fn expired(incident: &Incident, to: &Person, scene: &Scene<'_>) -> Ruling {
    match &incident.unify_offer {
        Some(offer) if offer.to.id == to.id && scene.now >= offer.expires_at => Ok(Decision::one(
            Event::UnifyOfferExpired { to: to.clone() },
            format!("{to} did not answer; {} commands as before.", incident.commander),
        )),
        _ => Ok(Decision::read("")),
    }
}

/// The token is one person's to pass on.
pub(super) fn check_spokesperson(incident: &Incident, scene: &Scene<'_>) -> Result<(), Refusal> {
    if incident.joined.iter().any(|one| one.person.id == scene.person.id) {
        return Err(Refusal::forbidden(
            format!("{} speaks for the Unified Command, and passes that on.", incident.commander),
            format!(
                "Ask {} to offer it. If they do not answer: `command take --force REASON`.",
                incident.commander
            ),
        ));
    }
    Ok(())
}

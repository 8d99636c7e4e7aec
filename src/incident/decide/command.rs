//! Command is a token: there is exactly one, and it moves at the moment of acknowledgement, never before.

use super::*;
use crate::incident::{
    alternates, briefing,
    sentence::{ended, points},
    state::Stop,
};

pub(super) fn offer(incident: &Incident, to: &Person, scene: &Scene<'_>) -> Ruling {
    super::unified::check_spokesperson(incident, scene)?;
    if to.id == scene.person.id && incident.has_command(to) {
        return Err(has_it_already());
    }
    if to.id == incident.commander.id {
        return Err(Refusal::conflict(format!("{to} is in command already."), "Nothing to do."));
    }
    let expires_at = scene.now + Duration::minutes(i64::from(scene.policy.offer_expires_minutes));
    let sections = briefing::sections_filled(incident, scene.now);
    let empty =
        briefing::still_empty(incident, scene.now).map(|told| format!("\n{told}")).unwrap_or_default();
    let (mut events, mut ended) = (Vec::new(), String::new());
    if let Some(open) = incident.command_offer.as_ref().filter(|offer| offer.to.id != to.id) {
        events.push(Event::CommandOfferWithdrawn { to: open.to.clone() });
        ended = format!("\nThe offer to {} has ended.", open.to);
    }
    events.push(Event::CommandOffered {
        from: incident.commander.clone(),
        to: to.clone(),
        expires_at,
        briefing_sections: sections,
    });
    Ok(Decision::many(
        events,
        format!(
            "{} offers command of {} to {to}. {to} reads `command briefing` first: {}. Command stays \
             with {} until {to} says «I have command» (`command accept`), by {}.{ended}{empty}",
            incident.commander,
            incident.id,
            points(sections, ["is", "are"]),
            incident.commander,
            dated(expires_at)
        ),
    ))
}

pub(super) fn accept(incident: &Incident, scene: &Scene<'_>) -> Ruling {
    let me = scene.person;
    if incident.commander.id == me.id {
        return Err(has_it_already());
    }
    let Some(offer) = &incident.command_offer else {
        let takes = rights::may_take_command(incident, me, scene);
        let instead = match (incident.commander.id == Person::house().id, takes) {
            (true, true) => "Nobody is in command: `command take`.".to_owned(),
            (true, false) => "Nobody is in command who could offer it.".to_owned(),
            (false, true) => format!(
                "Ask {} to `command offer {me}`. If they do not answer: `command take --force REASON`.",
                incident.commander
            ),
            (false, false) => format!("Ask {} to `command offer {me}`.", incident.commander),
        };
        return Err(Refusal::conflict("Command is not on offer.", instead));
    };
    if offer.to.id != me.id {
        return Err(Refusal::forbidden(
            format!("Command is offered to {}, not to {me}.", offer.to),
            format!("Ask {} to offer it to you.", incident.commander),
        ));
    }
    if scene.now >= offer.expires_at {
        return Err(Refusal::conflict(
            format!("The offer ran out at {}.", dated(offer.expires_at)),
            format!("Ask {} to offer it again.", incident.commander),
        ));
    }
    Ok(moved(incident, offer.briefing_sections, false, String::new(), scene))
}

/// Whoever has command is told so in the same words, whatever they try to do to themselves with it.
fn has_it_already() -> Refusal {
    Refusal::conflict("You have command already.", "To pass it on: `command offer NAME`.")
}

fn moved(
    incident: &Incident,
    briefing_sections: u8,
    without_outgoing_brief: bool,
    reason: String,
    scene: &Scene<'_>,
) -> Decision {
    let (from, to) = (incident.commander.clone(), scene.person);
    let reply = format!(
        "{} – command transferred from {from} to {to}. {to} has command of {}.{} `next` says what is due; `briefing` \
         has the rest.{}{}",
        dated(scene.now),
        incident.id,
        stopped(incident),
        roles::steps(&Role::ic()),
        roles::heirs(incident, scene)
    );
    let event =
        Event::CommandTransferred { from, to: to.clone(), briefing_sections, without_outgoing_brief, reason };
    Decision::one(event, reply)
}

/// What whoever comes to have command must not learn by a refusal.
fn stopped(incident: &Incident) -> String {
    let told = |stop: &Stop| {
        format!(
            " Everything is stopped, by {} at {}: {} `resume` lets it go on.",
            stop.by,
            dated(stop.at),
            ended(&stop.reason)
        )
    };
    incident.standing_stop().map(told).unwrap_or_default()
}

pub(super) fn decline(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    let reason = optional_text("reason", reason, scene)?;
    match &incident.command_offer {
        Some(offer) if offer.to.id == scene.person.id => {
            let next = alternates::after(incident, scene.policy, &Role::ic(), scene.person).cloned();
            let reply = format!(
                "Declined. {} stays in command.{}",
                incident.commander,
                roles::next_in_line(next.as_ref())
            );
            Ok(Decision::one(Event::CommandDeclined { by: scene.person.clone(), reason, next }, reply))
        }
        _ => super::unified::declined(incident, reason.clone(), scene)
            .or_else(|| super::executive::declined(incident, reason, scene))
            .ok_or_else(|| Refusal::conflict("Command is not on offer to you.", "Nothing to do.")),
    }
}

pub(super) fn withdraw(incident: &Incident) -> Ruling {
    match &incident.command_offer {
        Some(offer) => Ok(Decision::one(
            Event::CommandOfferWithdrawn { to: offer.to.clone() },
            format!("Withdrawn. {} stays in command.", incident.commander),
        )),
        None => Err(Refusal::conflict("Command is not on offer.", "Nothing to do.")),
    }
}

/// `command take`: the house or nobody in particular is in command, or somebody takes over with `--force`.
pub(super) fn take(incident: &Incident, force: bool, reason: &str, scene: &Scene<'_>) -> Ruling {
    let me = scene.person;
    let reason = optional_text("reason", reason, scene)?;
    if me.id == incident.commander.id {
        return Err(has_it_already());
    }
    let sections = briefing::sections_filled(incident, scene.now);
    // A rule declared it: nobody of flesh and blood is in command yet, so the first on the scene is.
    if incident.commander.id == Person::house().id {
        return Ok(moved(incident, sections, true, reason, scene));
    }
    if let Some(offer) = &incident.command_offer
        && offer.to.id == me.id
        && scene.now < offer.expires_at
    {
        return Ok(moved(incident, offer.briefing_sections, false, reason, scene));
    }
    let asked = || super::executive::takes(incident, scene);
    if !force && let Some(why) = super::aid::succession(incident, scene).or_else(asked) {
        let reason = if reason.is_empty() { why } else { format!("{why}; {reason}") };
        return Ok(moved(incident, sections, true, reason, scene));
    }
    if !force {
        let asked = incident.silence.unanswered.map(|(_, since)| {
            format!(
                " They were asked at {} whether they are there; it goes to the deputy next.",
                dated(since)
            )
        });
        return Err(Refusal::conflict(
            format!("{} is in command.{}", incident.commander, asked.unwrap_or_default()),
            format!(
                "Ask them to `command offer {me}`. If they do not answer, `command take --force REASON` moves command \
                 to you at once; that is announced and logged."
            ),
        ));
    }
    if reason.is_empty() {
        return Err(Refusal::invalid("No reason was given.", "Say why: `command take --force REASON`."));
    }
    Ok(moved(incident, sections, true, reason, scene))
}

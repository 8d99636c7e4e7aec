//! Milestones: their times as they are known, and as a person sets them.

use super::*;
use crate::incident::{milestone::Milestone, state::Origin};

/// Corrections of milestones at most.
const REPLACED_MAX: usize = 200;

pub(super) fn set(
    incident: &Incident,
    milestone: Milestone,
    at: StatedTime,
    reason: &str,
    scene: &Scene<'_>,
) -> Ruling {
    let (id, milestones) = (incident.id, &incident.milestones);
    room_for("corrections of milestones", milestones.replaced.len(), REPLACED_MAX)?;
    let at = stated(at, scene.now)?;
    let reason = optional_text("reason", reason, scene)?;
    let was = milestones.at(milestone);
    if let (Some(verb), None) = (milestone.verb(), was) {
        return Err(Refusal::conflict(
            format!("{id} is not {milestone} yet."),
            format!("Say so first (the verb is «{verb}»); then the time can be set."),
        ));
    }
    if was == Some(at) {
        return Err(Refusal::conflict(
            format!("The time of «{milestone}» is {} already.", dated(at)),
            "Nothing to do.",
        ));
    }
    for (other, then) in milestones.reached().filter(|(other, _)| *other != milestone) {
        let too_late = milestone.comes_before().contains(&other) && at > then;
        let too_early = other.comes_before().contains(&milestone) && at < then;
        if too_late || too_early {
            let side = if too_late { "later" } else { "earlier" };
            return Err(Refusal::conflict(
                format!(
                    "The time of «{other}» in {id} is {}; that of «{milestone}» cannot be {side}.",
                    dated(then)
                ),
                "Give a time that fits, or set the other one first. `milestones` lists them.",
            ));
        }
    }
    let before = was.map(|was| format!(" It was {}; that stays in the record.", dated(was)));
    Ok(Decision::one(
        Event::MilestoneSet { milestone, reached_at: at, was, reason },
        format!("{milestone}: {}.{}", dated(at), before.unwrap_or_default()),
    ))
}

pub(super) fn list(incident: &Incident) -> String {
    let milestones = &incident.milestones;
    let times = milestones.reached().map(|(milestone, at)| {
        let before: Vec<String> = milestones.replaced(milestone).map(|before| dated(before.at)).collect();
        let before =
            if before.is_empty() { String::new() } else { format!("; before: {}", before.join(", ")) };
        let origin = milestones.origins.get(&milestone).map(Origin::words).unwrap_or_default();
        format!("{milestone}: {} ({origin}{before})", dated(at))
    });
    let spans = milestones.spans();
    let spans = spans.iter().map(|span| format!("{}: {} (since {})", span.name, span.words(), span.from));
    let rest = std::iter::once("To set one: `milestone began 09:12 REASON`.".to_owned());
    times.chain(spans).chain(rest).collect::<Vec<_>>().join("\n")
}

//! Hazards: what could go wrong or hurt somebody, named by whoever sees it. Open ones stand in the briefing of the next commander.

use super::*;
use crate::incident::{sentence::ended, state::Hazard};

const HAZARDS_MAX: usize = 200;

pub(super) fn name(incident: &Incident, what: &str, mitigation: &str, scene: &Scene<'_>) -> Ruling {
    room_for("hazards", incident.hazards.len(), HAZARDS_MAX)?;
    let what = text("hazard", what, scene)?;
    let mitigation = optional_text("mitigation", mitigation, scene)?;
    let n = incident.hazards.iter().map(|hazard| hazard.n).max().unwrap_or(0) + 1;
    Ok(Decision::one(
        Event::HazardNamed { n, text: what, mitigation, by: None },
        format!("Hazard {n} is named; it stands in the briefing until `hazard clear {n}`."),
    ))
}

fn open_hazard(incident: &Incident, n: u32) -> Result<&Hazard, Refusal> {
    match incident.hazard(n) {
        Some(hazard) if hazard.is_open => Ok(hazard),
        Some(_) => Err(Refusal::conflict(format!("Hazard {n} is cleared already."), "Nothing to do.")),
        None => {
            Err(Refusal::not_found(format!("There is no hazard {n}."), "`hazard list` has the open ones."))
        }
    }
}

pub(super) fn clear(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let hazard = open_hazard(incident, n)?;
    let reason = optional_text("reason", reason, scene)?;
    let reply = format!("Hazard {n} is cleared: {}", named(&hazard.text));
    Ok(Decision::one(Event::HazardCleared { n, reason }, reply))
}

pub(super) fn list(incident: &Incident) -> String {
    let lines: Vec<String> = incident
        .open_hazards()
        .map(|hazard| {
            let against = match hazard.mitigation.as_str() {
                "" => "Nothing is done against it yet.".to_owned(),
                some => format!("Against it: {}", ended(some)),
            };
            format!("{} {} {against} ({})", hazard.n, ended(&hazard.text), hazard.by)
        })
        .collect();
    if lines.is_empty() {
        return format!("{} has no open hazards. To name one: `hazard WHAT COULD GO WRONG`.", incident.id);
    }
    lines.join("\n")
}

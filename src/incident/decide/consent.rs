//! Decisions by consent: a proposal, a time to object strongly, then it is decided. The commander may decide at once.

use super::*;
use crate::incident::{
    sentence::and,
    state::{Proposal, ProposalState},
};

const PROPOSALS_MAX: usize = 500;
/// Long enough to read it, short enough for an incident.
const MINUTES: u32 = 5;
const MINUTES_MAX: u32 = 4 * 60;

pub(super) fn propose(incident: &Incident, what: &str, minutes: Option<u32>, scene: &Scene<'_>) -> Ruling {
    room_for("proposals", incident.proposals.len(), PROPOSALS_MAX)?;
    let what = text("proposal", what, scene)?;
    let minutes = minutes.unwrap_or(MINUTES);
    let lasts = lasts_within("a proposal", minutes, 1..=MINUTES_MAX, "`propose --for 10m TEXT`")?;
    let ends_at = scene.now + lasts;
    let n = incident.proposals.iter().map(|proposal| proposal.n).max().unwrap_or(0) + 1;
    let reply = format!(
        "Proposal {n} is decided at {} unless withdrawn. To object strongly: `object {n} WHY`. {} can decide at \
         once: `decision now {n}`.",
        dated(ends_at),
        incident.commander
    );
    Ok(Decision::one(Event::ProposalMade { n, text: what, ends_at }, reply))
}

fn open_proposal(incident: &Incident, n: u32) -> Result<&Proposal, Refusal> {
    match incident.proposal(n) {
        Some(proposal) if proposal.state == ProposalState::Open => Ok(proposal),
        Some(proposal) => {
            let state = if proposal.state == ProposalState::Decided { "decided" } else { "withdrawn" };
            Err(Refusal::conflict(
                format!("Proposal {n} is {state} already."),
                "To change what was decided: `propose TEXT`.",
            ))
        }
        None => {
            Err(Refusal::not_found(format!("There is no proposal {n}."), "`decision list` has them all."))
        }
    }
}

pub(super) fn object(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let proposal = open_proposal(incident, n)?;
    if proposal.objectors.iter().any(|one| one.id == scene.person.id) {
        return Err(Refusal::conflict(
            format!("You object to proposal {n} already."),
            format!("To take it back: `withdraw {n}`. To add something: `note TEXT`."),
        ));
    }
    let reason = text("reason", reason, scene)?;
    let reply = format!(
        "Your objection to proposal {n} stands. {}: `decision now {n}` or `withdraw {n}`; else it is decided at {}, \
         with the objection on record.",
        incident.commander,
        dated(proposal.ends_at)
    );
    Ok(Decision::one(Event::ProposalObjected { n, reason }, reply))
}

/// An objector takes back the objection; who proposed it, the commander and the deputy the proposal.
pub(super) fn withdraw(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    let proposal = open_proposal(incident, n)?;
    let me = scene.person;
    let reason = optional_text("reason", reason, scene)?;
    let leads = incident.roles_of(me).iter().any(|role| matches!(role.rights(), "ic" | "deputy"));
    if proposal.objectors.iter().any(|one| one.id == me.id) {
        return Ok(Decision::one(
            Event::ObjectionWithdrawn { n },
            format!("You no longer object to proposal {n}."),
        ));
    }
    if proposal.by.id == me.id || leads {
        return Ok(Decision::one(
            Event::ProposalWithdrawn { n, reason },
            format!("Proposal {n} is withdrawn: {}", named(&proposal.text)),
        ));
    }
    Err(Refusal::forbidden(
        format!("Proposal {n} is {}'s.", proposal.by),
        format!("If you object strongly: `object {n} REASON`."),
    ))
}

pub(super) fn settle(incident: &Incident, n: u32) -> Ruling {
    Ok(settled(open_proposal(incident, n)?, true))
}

/// Its time is over.
pub(super) fn ended(incident: &Incident, n: u32, scene: &Scene<'_>) -> Ruling {
    match incident.proposal(n) {
        Some(open) if open.state == ProposalState::Open && scene.now >= open.ends_at => {
            Ok(settled(open, false))
        }
        _ => Ok(Decision::read("")),
    }
}

fn settled(proposal: &Proposal, at_once: bool) -> Decision {
    let n = proposal.n;
    let objectors = proposal.objectors.clone();
    let who = if objectors.is_empty() {
        "nobody objected".to_owned()
    } else {
        format!("strong objection of {}", and(&objectors))
    };
    let text = format!("{} (proposal {n} of {}; {who})", proposal.text.trim_end_matches('.'), proposal.by);
    let reply = format!("Decided: {text}.");
    Decision::many(
        vec![Event::ProposalSettled { n, objectors, at_once }, Event::DecisionRecorded { text }],
        reply,
    )
}

pub(super) fn list(incident: &Incident) -> String {
    if incident.proposals.is_empty() {
        return format!("{} has no proposals. To make one: `propose TEXT`.", incident.id);
    }
    let lines: Vec<_> = incident
        .proposals
        .iter()
        .map(|proposal| {
            let state = match proposal.state {
                ProposalState::Open => format!("decided at {}", dated(proposal.ends_at)),
                ProposalState::Decided => "decided".to_owned(),
                ProposalState::Withdrawn => "withdrawn".to_owned(),
            };
            let objections = match proposal.objectors.as_slice() {
                [] => String::new(),
                some => format!("; strong objection of {}", and(some)),
            };
            format!("{} {} – {}, {state}{objections}", proposal.n, proposal.text, proposal.by)
        })
        .collect();
    lines.join("\n")
}

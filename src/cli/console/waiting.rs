//! What waits on an incident: what falls due, and what somebody was asked and has not answered.

use chrono::{DateTime, Utc};

use crate::{
    incident::{
        next::updates,
        role::Words,
        state::{ActionState, Incident, Post},
    },
    people::Person,
    post::standing_approval,
};

/// What waits, in a few words, and until when; `None`: until somebody says something.
pub type Waiting = (Option<DateTime<Utc>>, String);

/// What is due or waits for a word, the most urgent first. `now` is the incident's own time.
pub fn due(incident: &Incident, words: Words, now: DateTime<Utc>) -> Vec<Waiting> {
    let actions = || incident.open_actions();
    let waiting = actions().filter(|one| one.state == ActionState::Waiting);
    let mut due: Vec<Waiting> =
        waiting.map(|one| (None, format!("action {} waits for a go", one.n))).collect();
    due.extend(asked(incident, words, now));
    due.extend(incident.next_update_due.map(|at| (Some(at), "public update".to_owned())));
    due.extend(incident.open_proposals().map(|one| (Some(one.ends_at), format!("proposal {}", one.n))));
    due.extend(incident.open_tasks().filter_map(|one| Some((Some(one.due_at?), format!("task #{}", one.n)))));
    due.extend(actions().filter_map(|one| Some((Some(one.due_at?), format!("action {}", one.n)))));
    due.extend(
        incident.period.iter().map(|period| (Some(period.ends_at), format!("end of period {}", period.n))),
    );
    due.sort_by_key(|(at, _)| *at);
    due
}

/// Public updates that are not out yet: who approves them is asked, and whoever has an approval has it for a while.
fn updates_under_way(incident: &Incident, now: DateTime<Utc>) -> Vec<Waiting> {
    if incident.phase.is_over() {
        return vec![];
    }
    let (approved, waiting): (Vec<&Post>, Vec<&Post>) =
        incident.open_posts().partition(|post| standing_approval(incident, post, now).is_ok());
    let mut under_way = Vec::new();
    if !waiting.is_empty() {
        under_way.push((None, format!("public {} for approval", updates(&waiting, ["waits", "wait"]))));
    }
    under_way.extend(approved.into_iter().map(|post| {
        let until = post.approval.as_ref().map(|approval| approval.expires_at);
        (until, format!("public update {} to be published", post.n))
    }));
    under_way
}

/// What somebody was asked and has not answered.
pub fn asked(incident: &Incident, words: Words, now: DateTime<Utc>) -> Vec<Waiting> {
    let mut asked: Vec<Waiting> = updates_under_way(incident, now);
    asked.extend(
        incident
            .executive_question
            .iter()
            .map(|question| (None, format!("{} asked to take command", question.to))),
    );
    asked.extend(incident.open_pagings().map(|call| {
        let named = call.people.iter().map(Person::to_string).chain(call.pagers.iter().cloned());
        (None, format!("call {} to {}", call.n, named.collect::<Vec<_>>().join(", ")))
    }));
    asked.extend(
        incident
            .command_offer
            .iter()
            .map(|offer| (Some(offer.expires_at), format!("command offered to {}", offer.to))),
    );
    asked.extend(
        incident
            .unify_offer
            .iter()
            .map(|offer| (Some(offer.expires_at), format!("{} asked to join command", offer.whom()))),
    );
    asked.extend(incident.offers.iter().map(|offer| {
        (Some(offer.expires_at), format!("{} offered to {}", offer.role.shown(words), offer.to))
    }));
    asked.extend(incident.roll_call.iter().map(|call| {
        let here = call.asked.len().saturating_sub(incident.unaccounted().len());
        (Some(call.due_at), format!("roll call, {here} of {} here", call.asked.len()))
    }));
    asked
}

//! Who is being called for an incident, until somebody answers.

use crate::{
    incident::{
        paging::Target,
        state::{Incident, Paging},
    },
    people::Person,
};

/// A call that nobody has answered.
pub struct Call {
    /// `Ann, Bo are being called, and nobody has answered yet.`
    pub words: String,
    /// What whoever called said; may be empty.
    pub about: String,
}

/// The calls that wait for an answer, the oldest first.
pub fn waiting(incident: &Incident) -> Vec<Call> {
    incident.open_pagings().map(|one| Call { words: words(one), about: one.about.clone() }).collect()
}

fn words(paging: &Paging) -> String {
    let mut named: Vec<String> = paging.people.iter().map(Person::to_string).collect();
    named.extend(paging.pagers.iter().cloned());
    if named.is_empty() {
        // Nobody was reached so far: whom the next step means.
        let step = paging.steps.get(paging.next().step as usize);
        named = step.into_iter().flat_map(|step| &step.to).map(Target::to_string).collect();
    }
    match named.as_slice() {
        [] => "Somebody is being called, and nobody has answered yet.".to_owned(),
        [one] => format!("{one} is being called, and nobody has answered yet."),
        several => format!("{} are being called, and nobody has answered yet.", several.join(", ")),
    }
}

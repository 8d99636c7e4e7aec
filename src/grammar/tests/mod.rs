//! What people rely on when they type.

mod arranged;
mod discord;
mod reading;
mod team;
mod told;
mod verbs;
mod waking;

use super::*;
use crate::{
    incident::{
        command::{DraftText, StatedTime},
        kind::Kind,
        milestone::Milestone,
        phase::Phase,
        refusal::Because,
        role::{OwnRole, Roles},
        severity::Severity,
    },
    post::{ComponentState, Impact, PublicPhase},
};

fn people(name: &str) -> Result<Person, String> {
    match name {
        "<@80351110224678912>" => Person::named("ada"),
        "@nobody" => Err("I do not know «@nobody».".into()),
        name => Person::named(name),
    }
}

fn ada() -> Person {
    Person::named("ada").unwrap()
}

fn said(text: &str) -> Result<Spoken, Refusal> {
    parse(text, &people, &Roles::default())
}

/// The command alone, of the place's own incident.
fn command(text: &str) -> Command {
    match said(text) {
        Ok(Spoken::On { target: None, command }) => command,
        other => panic!("{text}: {other:?}"),
    }
}

fn refused(text: &str) -> String {
    let refusal = said(text).unwrap_err();
    assert_eq!(refusal.because, Because::Invalid, "{text}");
    refusal.to_string()
}

fn note(text: &str) -> Command {
    Command::Note { text: text.into(), at: None }
}

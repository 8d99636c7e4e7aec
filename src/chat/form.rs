//! Forms of any chat: where one was opened, what for, and the words that its answers stand for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::button::{button_name, fill_in, find_button, read_button_name, stale};
use crate::{
    desk::Desk,
    grammar::Form,
    incident::{id::IncidentId, refusal::Refusal},
    people::Person,
};

/// The subject of a form that belongs to no card: its button's name is the verb.
const VERB: &str = "verb";

/// What a chat calls the form of a verb.
pub(super) fn verb_name(form: &Form) -> String {
    button_name(VERB, &form.name)
}

/// Where a form was opened; it comes back with the answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Origin {
    pub channel: Option<String>,
    pub thread: Option<String>,
    pub incident: Option<IncidentId>,
}

impl Origin {
    /// As it stands in a form.
    pub fn note(&self) -> String {
        let incident = self.incident.map(|id| id.to_string());
        json!({"channel": self.channel, "thread": self.thread, "incident": incident}).to_string()
    }
    pub fn read(note: &str) -> Self {
        let note: Value = serde_json::from_str(note).unwrap_or_default();
        let text = |name: &str| note[name].as_str().map(str::to_owned);
        let incident = text("incident").and_then(|id| id.parse().ok());
        Self { channel: text("channel"), thread: text("thread"), incident }
    }
}

/// What is said where a form did not open.
pub(super) fn unopened(why: &str) -> String {
    format!("The form did not open, and nothing was done. {why} Try again, or type the words.")
}

/// What a form was sent for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Verb(String),
    Button(String),
}

impl Purpose {
    /// `None`: the name is none of ours.
    pub fn read(name: &str) -> Option<Self> {
        let (subject, button) = read_button_name(name)?;
        Some(match subject {
            VERB => Self::Verb(button.to_owned()),
            _ => Self::Button(name.to_owned()),
        })
    }
}

/// A form that somebody has filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled {
    pub purpose: Purpose,
    pub origin: Origin,
    pub answers: Vec<(String, String)>,
    /// The first question, below which a refusal is shown.
    pub first: String,
}

impl Filled {
    /// The words that the answers stand for, and the incident that they are said of. `by`: whoever filled it in; `here`: the
    /// incident of the place where it was opened.
    ///
    /// # Errors
    /// When the form is of another version, or its button is not on the card any more.
    pub async fn words(
        &self,
        desk: &Arc<Desk>,
        by: &Person,
        here: Option<IncidentId>,
    ) -> Result<(Option<IncidentId>, Vec<String>), Refusal> {
        match &self.purpose {
            Purpose::Verb(verb) => {
                let wanted = Form::of(verb).ok_or_else(stale)?;
                Ok((self.origin.incident.or(here), wanted.filled(None, &self.answers)?))
            }
            Purpose::Button(name) => {
                let (subject, button) = read_button_name(name).ok_or_else(stale)?;
                let (incident, _, button) = find_button(desk, by, subject, button).await?;
                let answers: Vec<(&str, &str)> =
                    self.answers.iter().map(|(name, answer)| (name.as_str(), answer.as_str())).collect();
                Ok((incident, fill_in(&button.command, &answers)?))
            }
        }
    }
}

/// The form that somebody asks for who says a verb without its words, and what it is said of.
pub(super) fn wanted(words: &str, origin: Origin) -> Option<(Form, Origin)> {
    let (named, form) = Form::wanted(words)?;
    let is_of_none = form.name == "declare";
    let incident = if is_of_none { None } else { named.or(origin.incident) };
    Some((form, Origin { incident, ..origin }))
}

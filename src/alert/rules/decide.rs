//! What becomes of one alert, and why.

use super::{Action, Rule, title::fill};
use crate::alert::{Alert, Status, situation::Situation, text::quote};

/// An open, real incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIncident {
    pub id: String,
    pub title: String,
}

/// What is going on already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// Every open incident that alerts may join. No drill.
    pub incidents: Vec<OpenIncident>,
    /// How many more incidents alerts may declare now; `None` is no limit.
    pub declares_left: Option<u32>,
}

/// What was decided for one alert, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// A declared title is filled in.
    pub action: Action,
    /// Which incident it joins; only, and always, with [`Action::Attach`].
    pub incident: Option<String>,
    /// The rule that matched; `None` if none did.
    pub rule: Option<String>,
    /// A sentence for the responder.
    pub reason: String,
}

/// Decides by the first rule that matches; without one, a card.
///
/// Whatever a rule says: an alert of a situation whose incident is open joins it, unless it is only recorded; a
/// resolved alert never declares; and past the limit of `open` a declaration becomes a card.
pub fn decide(rules: &[Rule], situation: &Situation, alert: &Alert, open: &Open) -> Decision {
    let rule = rules.iter().find(|r| r.when.matches(situation, alert));
    let by = match rule {
        Some(rule) => format!("The rule {} matched", quote(&rule.name)),
        None => "No rule matched".to_owned(),
    };
    let own = situation.incident.as_ref().and_then(|id| open.incidents.iter().find(|i| i.id == *id));
    let decided = |action, incident: Option<&OpenIncident>, why: &str| Decision {
        action,
        incident: incident.map(|i| i.id.clone()),
        rule: rule.map(|r| r.name.clone()),
        reason: format!("{by}{why}."),
    };
    match (rule.map_or(&Action::Card, |r| &r.then), own) {
        (Action::Record, _) => decided(Action::Record, None, ": it is only recorded"),
        (_, Some(own)) => {
            decided(Action::Attach, Some(own), &format!("; its situation belongs to {} already", own.id))
        }
        (Action::Card, None) => decided(Action::Card, None, ": a card"),
        (Action::Attach, None) => match open.incidents.as_slice() {
            [only] => {
                decided(Action::Attach, Some(only), &format!(" and {} is the only open incident", only.id))
            }
            [] => decided(Action::Card, None, ", but there is no open incident to join: a card"),
            many => decided(
                Action::Card,
                None,
                &format!(", but there are {} open incidents to join: a card, to choose by hand", many.len()),
            ),
        },
        (Action::Declare { .. }, None) if alert.status == Status::Resolved => {
            decided(Action::Card, None, ", but a resolved alert declares nothing: a card")
        }
        (Action::Declare { .. }, None) if open.declares_left == Some(0) => decided(
            Action::Card,
            None,
            ", but alerts have declared as many incidents as they may for now: a card",
        ),
        (Action::Declare { severity, title }, None) => {
            let title = fill(title.as_deref().unwrap_or("{title}"), situation, alert);
            let action = Action::Declare { severity: *severity, title: Some(title) };
            decided(action, None, &format!(": an incident of severity {severity}"))
        }
    }
}

//! What becomes of one alert, and why.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Action, Calling, Declaring, Rulebook, template};
use crate::alert::{Alert, Status, situation::Situation, text::quote};

/// An open, real incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenIncident {
    pub id: String,
    pub title: String,
    /// The values that its alerts have of the labels that rules compare ([`Rulebook::compared`]), and its fields of these names.
    pub values: BTreeMap<String, BTreeSet<String>>,
}

impl OpenIncident {
    /// Takes in what it is of these labels.
    pub fn is_of(&mut self, compared: &BTreeSet<&str>, labels: &BTreeMap<String, String>) {
        for (name, value) in labels.iter().filter(|(name, _)| compared.contains(name.as_str())) {
            self.values.entry(name.clone()).or_default().insert(value.clone());
        }
    }
}

/// What is going on already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// Every open incident that alerts may join. No drill.
    pub incidents: Vec<OpenIncident>,
    /// The moment of the decision, for rules that hold at some hours only.
    pub now: DateTime<Utc>,
}

/// What was decided for one alert, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The templates of a declaration are filled in.
    pub action: Action,
    /// Which incident it joins; only, and always, with [`Action::Attach`].
    pub incident: Option<String>,
    /// The rule that matched; `None` if none did.
    pub rule: Option<String>,
    /// A sentence for the responder.
    pub reason: String,
}

impl Rulebook {
    /// The labels by which rules compare alerts with open incidents.
    pub fn compared(&self) -> BTreeSet<&str> {
        let labels = self.rules().iter().filter_map(|rule| match &rule.then {
            Action::AttachTo(same) => Some(same.same.as_str()),
            Action::Declare(declaring) => declaring.unless_same.as_deref(),
            Action::Page(calling) => calling.unless_same.as_deref(),
            _ => None,
        });
        labels.collect()
    }

    /// Decides a situation by its alerts, each by the first rule that matches it: what asks most of people holds. Of several that ask
    /// the same, the first given holds, so the worst comes first. `None` where no alert is given.
    pub fn judge<'a>(
        &self,
        situation: &Situation,
        alerts: impl IntoIterator<Item = &'a Alert>,
        open: &Open,
    ) -> Option<(&'a Alert, Decision)> {
        let mut strongest: Option<(&'a Alert, Decision)> = None;
        for alert in alerts {
            let decision = self.decide(situation, alert, open);
            let asks = decision.action.asks();
            if strongest.as_ref().is_none_or(|(_, before)| before.action.asks() < asks) {
                strongest = Some((alert, decision));
            }
            if asks == Action::ASKS_MOST {
                break;
            }
        }
        strongest
    }

    /// Decides for one alert, by the first rule that matches; without one, a card.
    ///
    /// Whatever a rule says: an alert of a situation whose incident is open joins it, unless it is only recorded; and a
    /// resolved alert never declares and pages nobody.
    pub fn decide(&self, situation: &Situation, alert: &Alert, open: &Open) -> Decision {
        let rule = self.first(situation, alert, open.now);
        let by = match rule {
            Some(rule) => format!("The rule {} matched", quote(&rule.name)),
            None => "No rule matched".to_owned(),
        };
        let decided = |action, incident: Option<&OpenIncident>, why: &str| Decision {
            action,
            incident: incident.map(|i| i.id.clone()),
            rule: rule.map(|r| r.name.clone()),
            reason: format!("{by}{why}."),
        };
        let own = situation.incident.as_ref().and_then(|id| open.incidents.iter().find(|i| i.id == *id));
        let then = rule.map_or(&Action::Card, |r| &r.then);
        if let (Some(own), false) = (own, *then == Action::Record) {
            let why = format!("; its situation belongs to {} already", own.id);
            return decided(Action::Attach, Some(own), &why);
        }
        match then {
            Action::Record => decided(Action::Record, None, ": it is only recorded"),
            Action::Card => decided(Action::Card, None, ": a card"),
            Action::Attach => match open.incidents.as_slice() {
                [only] => decided(
                    Action::Attach,
                    Some(only),
                    &format!(" and {} is the only open incident", only.id),
                ),
                [] => decided(Action::Card, None, ", but there is no open incident to join: a card"),
                many => decided(
                    Action::Card,
                    None,
                    &format!(
                        ", but there are {} open incidents to join: a card, to choose by hand",
                        many.len()
                    ),
                ),
            },
            Action::AttachTo(same) => match alike(&same.same, alert, open) {
                Ok(found) => decided(Action::Attach, Some(found.0), &found.1),
                Err(why) => decided(Action::Card, None, &format!(", but {why}: a card")),
            },
            Action::Declare(declaring) => {
                match instead(declaring.unless_same.as_deref(), "declares nothing", alert, open) {
                    Some((action, incident, why)) => decided(action, incident, &why),
                    None => {
                        let why = format!(": an incident of severity {}", declaring.severity);
                        decided(Action::Declare(filled(declaring, situation, alert)), None, &why)
                    }
                }
            }
            Action::Page(calling) => {
                match instead(calling.unless_same.as_deref(), "pages nobody", alert, open) {
                    Some((action, incident, why)) => decided(action, incident, &why),
                    None => {
                        let title = calling.title.as_deref().unwrap_or("{title}");
                        let title = Some(template::title(title, situation, alert));
                        let why = format!(": {} is paged", calling.whom());
                        decided(Action::Page(Calling { title, ..calling.clone() }), None, &why)
                    }
                }
            }
        }
    }
}

/// What becomes of an alert for which a rule must open nothing, and why.
fn instead<'a>(
    unless_same: Option<&str>,
    does: &str,
    alert: &Alert,
    open: &'a Open,
) -> Option<(Action, Option<&'a OpenIncident>, String)> {
    if alert.status == Status::Resolved {
        return Some((Action::Card, None, format!(", but a resolved alert {does}: a card")));
    }
    let (found, why) = alike(unless_same?, alert, open).ok()?;
    Some((Action::Attach, Some(found), why))
}

/// The one open incident that has the alert's value of a label, and why it is that one; or why there is none.
fn alike<'a>(label: &str, alert: &Alert, open: &'a Open) -> Result<(&'a OpenIncident, String), String> {
    let Some(value) = alert.labels.get(label).filter(|value| !value.is_empty()) else {
        return Err(format!("it has no label {} to go by", quote(label)));
    };
    let is_like = |one: &&OpenIncident| one.values.get(label).is_some_and(|values| values.contains(value));
    let mut found = open.incidents.iter().filter(is_like);
    let of = format!("{} {}", quote(label), quote(value));
    match (found.next(), found.count()) {
        (Some(one), 0) => Ok((one, format!(" and {} is the open incident of {of}", one.id))),
        (None, _) => Err(format!("no open incident has alerts or a field of {of}")),
        (Some(_), more) => Err(format!("{} open incidents are of {of}, to choose from by hand", more + 1)),
    }
}

fn filled(declaring: &Declaring, situation: &Situation, alert: &Alert) -> Declaring {
    let title = template::title(declaring.title.as_deref().unwrap_or("{title}"), situation, alert);
    let fields = declaring.fields.iter().filter_map(|(name, value)| {
        let value = template::fill(value, situation, alert);
        // A label that the alert has not leaves its field as it is.
        (!value.is_empty()).then(|| (name.clone(), value))
    });
    Declaring { title: Some(title), fields: fields.collect(), ..declaring.clone() }
}

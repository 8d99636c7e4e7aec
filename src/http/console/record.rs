//! What is on record of an incident beside its timeline: what it belongs to, its type and fields, and when its milestones were reached.

use super::{
    clock::{Clock, Stamp},
    home,
};
use crate::desk::Eyes;
use crate::incident::{
    decide::Policy,
    id::IncidentId,
    milestone::Milestone,
    names::Names,
    state::{Incident, Origin},
    taxonomy::Field,
};

pub struct MilestoneRow {
    pub title: &'static str,
    pub at: Stamp,
    pub origin: String,
    /// The times that it had before.
    pub before: Vec<Stamp>,
}

pub struct Related {
    pub id: String,
    pub title: String,
    pub phase: String,
    pub commander: String,
    pub is_over: bool,
}

/// Another incident as a line, if it is there for the reader.
async fn related(eyes: Eyes<'_>, id: IncidentId, names: &Names) -> Option<Related> {
    let incident = eyes.incident(id).await.ok()?;
    Some(Related {
        id: id.to_string(),
        title: incident.title,
        phase: home::phase(names, incident.phase),
        commander: incident.commander.to_string(),
        is_over: incident.phase.is_over(),
    })
}

/// The names of those whom alone it is for, whoever has a part in it among them; `None` is everybody.
pub fn seen_by(incident: &Incident) -> Option<String> {
    let people = incident.circle_people()?;
    Some(people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "))
}

pub struct FieldRow {
    pub name: String,
    pub about: String,
    pub value: String,
    /// Empty: it takes any words.
    pub choices: Vec<String>,
}

pub struct Record {
    pub milestones: Vec<MilestoneRow>,
    /// `time to detect: 12 min`
    pub spans: Vec<String>,
    /// The greater one, and the parts, where the reader may see them.
    pub parent: Option<Related>,
    pub children: Vec<Related>,
    pub incident_type: Option<String>,
    pub types: Vec<String>,
    pub fields: Vec<FieldRow>,
    /// The milestones whose time can be set now.
    pub settable: Vec<&'static str>,
}

impl Record {
    pub async fn of(incident: &Incident, eyes: Eyes<'_>, policy: &Policy, clock: &Clock) -> Record {
        let taxonomy = &policy.taxonomy;
        let known = &incident.milestones;
        let row = |(milestone, at)| MilestoneRow {
            title: Milestone::title(milestone),
            at: clock.stamp(at),
            origin: known.origins.get(&milestone).map(Origin::words).unwrap_or_default(),
            before: known.replaced(milestone).map(|before| clock.stamp(before.at)).collect(),
        };
        let is_settable =
            |milestone: &Milestone| known.at(*milestone).is_some() || milestone.verb().is_none();
        let parent = match incident.parent {
            Some(parent) => related(eyes, parent, &policy.names).await,
            None => None,
        };
        let mut children = Vec::new();
        for child in incident.children.keys() {
            children.extend(related(eyes, *child, &policy.names).await);
        }
        let field = |field: &Field| FieldRow {
            name: field.name.clone(),
            about: field.description.clone(),
            value: incident.fields.get(&field.name).map(|known| known.value.clone()).unwrap_or_default(),
            choices: field.choices.clone(),
        };
        Record {
            parent,
            children,
            incident_type: incident.incident_type.clone(),
            types: taxonomy.types.iter().map(|one| one.name.clone()).collect(),
            fields: taxonomy.fields_of(incident.incident_type.as_deref()).map(field).collect(),
            milestones: known.reached().map(row).collect(),
            spans: known.spans().iter().map(|span| format!("{}: {}", span.name, span.words())).collect(),
            settable: Milestone::ALL.into_iter().filter(is_settable).map(Milestone::word).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        export::samples::{Journal, person},
        incident::{event::Event, kind::Kind},
    };

    #[test]
    fn whoever_commands_is_named_among_those_who_may_see_a_restricted_incident() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-01T00:00:00Z");
        assert_eq!(seen_by(&j.paper().incident), None);
        j.say("Ada", Some("ic"), Event::Restricted { people: vec![person("Bo")], reason: String::new() });
        assert_eq!(seen_by(&j.paper().incident).as_deref(), Some("Ada, Bo"));
    }
}

//! What is on record of an incident beside its timeline: its type and fields, and when its milestones were reached.

use super::clock::{Clock, Stamp};
use crate::incident::{
    milestone::Milestone,
    state::{Incident, Origin},
    taxonomy::{Field, Taxonomy},
};

pub struct MilestoneRow {
    pub title: &'static str,
    pub at: Stamp,
    pub origin: String,
    /// The times that it had before.
    pub before: Vec<Stamp>,
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
    pub incident_type: Option<String>,
    pub types: Vec<String>,
    pub fields: Vec<FieldRow>,
    /// The milestones whose time can be set now.
    pub settable: Vec<&'static str>,
}

impl Record {
    pub fn of(incident: &Incident, taxonomy: &Taxonomy, clock: &Clock) -> Record {
        let known = &incident.milestones;
        let row = |(milestone, at)| MilestoneRow {
            title: Milestone::title(milestone),
            at: clock.stamp(at),
            origin: known.origins.get(&milestone).map(Origin::words).unwrap_or_default(),
            before: known.replaced(milestone).map(|before| clock.stamp(before.at)).collect(),
        };
        let is_settable =
            |milestone: &Milestone| known.at(*milestone).is_some() || milestone.verb().is_none();
        let field = |field: &Field| FieldRow {
            name: field.name.clone(),
            about: field.description.clone(),
            value: incident.fields.get(&field.name).map(|known| known.value.clone()).unwrap_or_default(),
            choices: field.choices.clone(),
        };
        Record {
            incident_type: incident.incident_type.clone(),
            types: taxonomy.types.iter().map(|one| one.name.clone()).collect(),
            fields: taxonomy.fields_of(incident.incident_type.as_deref()).map(field).collect(),
            milestones: known.reached().map(row).collect(),
            spans: known.spans().iter().map(|span| format!("{}: {}", span.name, span.words())).collect(),
            settable: Milestone::ALL.into_iter().filter(is_settable).map(Milestone::word).collect(),
        }
    }
}

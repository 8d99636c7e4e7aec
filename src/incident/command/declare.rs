//! What a declaration says, and what comes along with it.

use super::{ParentFacts, SituationFacts, StatedTime, Whom};
use crate::{
    incident::{
        event::DrillClock, id::IncidentId, kind::Kind, matrix::Rated, role::Role, severity::Severity,
    },
    people::Person,
};

/// Opens a new incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Declare {
    pub title: String,
    /// Left out, that of its type, or SEV2.
    pub severity: Option<Severity>,
    /// What the severity was found by, where that was impact and urgency.
    pub rated: Option<Rated>,
    pub kind: Kind,
    pub triage: bool,
    pub situation: Option<SituationFacts>,
    pub drill: Option<DrillStart>,
    /// Only who declares it, and whom they let in, may see it.
    pub restricted: bool,
    /// When it really began, where that was before now.
    pub began: Option<StatedTime>,
    /// When it was over: it is declared for the record.
    pub ended: Option<StatedTime>,
    /// Its type, and fields by name, as the settings know them.
    pub incident_type: Option<String>,
    pub fields: Vec<(String, String)>,
    /// Of planned work: when it is to be done.
    pub plan: Option<PlanText>,
    /// The greater one that it is a part of, and what the desk knows of that.
    pub under: Option<IncidentId>,
    pub parent: Option<Box<ParentFacts>>,
    /// What a rule on alerts gives along: who is offered which role, and the playbook to go by.
    pub offers: Vec<(Role, Person)>,
    /// Who is offered which role by the settings, SEV1 to SEV5.
    pub usual_offers: [Vec<(Role, Person)>; 5],
    pub playbook: Option<String>,
    /// Whom a rule on alerts pages for what is only in triage.
    pub page: Option<PageByRule>,
}

impl Declare {
    pub fn new(title: impl Into<String>, severity: impl Into<Option<Severity>>, kind: Kind) -> Declare {
        Declare {
            title: title.into(),
            severity: severity.into(),
            rated: None,
            kind,
            triage: false,
            situation: None,
            drill: None,
            restricted: false,
            began: None,
            ended: None,
            incident_type: None,
            fields: vec![],
            plan: None,
            under: None,
            parent: None,
            offers: vec![],
            usual_offers: Default::default(),
            playbook: None,
            page: None,
        }
    }
}

/// A page that a rule on alerts begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageByRule {
    pub whom: Whom,
    /// What the alert says besides its title.
    pub about: String,
}

/// Planned work as somebody said it: up to `until`, or for so many minutes; without `from`, from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanText {
    pub from: Option<StatedTime>,
    pub until: Option<StatedTime>,
    pub minutes: Option<u32>,
    pub services: Vec<String>,
    /// What is done, and what people will notice; may be empty.
    pub text: String,
}

/// What a drill's incident starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct DrillStart {
    pub scenario: String,
    /// SHA-256 of the scenario file, hex.
    pub sha256: String,
    pub clock: DrillClock,
}

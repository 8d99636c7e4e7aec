//! Settings that rules depend on, with what holds where the settings say nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    incident::{
        command::Verb,
        kind::Kind,
        matrix::Matrix,
        names::Names,
        paging::Means,
        permission::kept_by,
        play::Playbook,
        refusal::Refusal,
        role::{Role, Roles, Words},
        severity::Severity,
        taxonomy::Taxonomy,
    },
    people::Person,
    post::wording::Wording,
};

/// Settings that rules depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub offer_expires_minutes: u32,
    /// A public post needs another person's approval.
    pub two_person: bool,
    pub approval_minutes: u32,
    /// Lowering a severity needs the command token; otherwise any role does.
    pub only_commander_lowers_severity: bool,
    /// The words in which roles are shown.
    pub words: Words,
    /// What the team calls severities and statuses.
    pub names: Names,
    /// Severity by impact and urgency.
    pub matrix: Matrix,
    /// Characters of one text on the timeline.
    pub text_chars_max: usize,
    /// Minutes between public updates promised by default, SEV1 to SEV5; 0 is no promise.
    pub public_update_minutes: [u32; 5],
    /// Minutes after which executives want another summary, SEV1 to SEV5; 0 is never.
    pub exec_update_minutes: [u32; 5],
    /// Minutes without a word after which the commander is asked how it stands, SEV1 to SEV5; 0 is never.
    pub silence_minutes: [u32; 5],
    /// Minutes after which another CAN report is asked for, SEV1 to SEV5; 0 is never.
    pub can_minutes: [u32; 5],
    /// Minutes after which the commander is reminded of roles that nobody has, SEV1 to SEV5; 0 is never.
    pub roles_minutes: [u32; 5],
    /// The roles that somebody should hold, SEV1 to SEV5, the most needed first.
    pub wanted: [Vec<Role>; 5],
    /// Minutes from the declaration to the first public post, SEV1 to SEV5; 0 is no deadline.
    pub first_post_minutes: [u32; 5],
    /// Direct reports at which somebody is advised to delegate: one more than the five of the guideline; never a bar.
    pub span_warn: usize,
    /// Components of the status page, by name; what a post may speak of. Empty: none configured.
    pub components: Vec<String>,
    /// Where a real incident's posts go besides the built-in page: `x`, `statuspage`.
    pub destinations: Vec<String>,
    /// How posts are worded there.
    pub wording: Wording,
    /// Rights that only some people have, whatever their role.
    pub reserved: Reserved,
    /// The ids of executives, who are asked whether they take command when they give orders without a role.
    pub executives: BTreeSet<String>,
    /// Types of incidents, and the organization's own fields.
    pub taxonomy: Taxonomy,
    /// The roles that can be named.
    pub roles: Roles,
    /// Who is next in line for a role, by its word.
    pub alternates: BTreeMap<String, Vec<Person>>,
    /// Who is woken for what, and how.
    pub paging: Means,
    /// The checklists that can be begun.
    pub playbooks: Vec<Playbook>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            offer_expires_minutes: 5,
            two_person: true,
            approval_minutes: 10,
            only_commander_lowers_severity: true,
            words: Words::Nims,
            names: Names::default(),
            matrix: Matrix::default(),
            text_chars_max: 4_000,
            public_update_minutes: [20, 30, 60, 0, 0],
            exec_update_minutes: [0; 5],
            silence_minutes: [0; 5],
            can_minutes: [0; 5],
            roles_minutes: [0; 5],
            wanted: wanted(),
            first_post_minutes: [5, 10, 0, 0, 0],
            span_warn: 6,
            components: vec![],
            destinations: vec![],
            wording: Wording::default(),
            reserved: Reserved::default(),
            executives: BTreeSet::new(),
            taxonomy: Taxonomy::default(),
            roles: Roles::default(),
            alternates: BTreeMap::new(),
            paging: Means::default(),
            playbooks: vec![],
        }
    }
}

impl Policy {
    pub fn public_update_minutes(&self, severity: Severity) -> u32 {
        self.public_update_minutes[usize::from(severity.level() - 1)]
    }
    pub fn exec_update_minutes(&self, severity: Severity) -> u32 {
        self.exec_update_minutes[usize::from(severity.level() - 1)]
    }
    pub fn silence_minutes(&self, severity: Severity) -> u32 {
        self.silence_minutes[usize::from(severity.level() - 1)]
    }
    pub fn can_minutes(&self, severity: Severity) -> u32 {
        self.can_minutes[usize::from(severity.level() - 1)]
    }
    pub fn roles_minutes(&self, severity: Severity) -> u32 {
        self.roles_minutes[usize::from(severity.level() - 1)]
    }
    pub fn wanted(&self, severity: Severity) -> &[Role] {
        &self.wanted[usize::from(severity.level() - 1)]
    }
    pub fn first_post_minutes(&self, severity: Severity) -> u32 {
        self.first_post_minutes[usize::from(severity.level() - 1)]
    }
}

/// The roles that a severity calls for where the settings say nothing else.
fn wanted() -> [Vec<Role>; 5] {
    let of = |slugs: &[&str]| slugs.iter().filter_map(|slug| slug.parse().ok()).collect();
    [of(&["ops", "pio", "scribe", "deputy", "lno"]), of(&["ops", "pio", "scribe"]), vec![], vec![], vec![]]
}

/// The ids of the people who have a right; `None` keeps nobody away. Of real incidents only: anybody may rehearse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reserved {
    pub declare: Option<BTreeSet<String>>,
    pub command: Option<BTreeSet<String>>,
    pub publish: Option<BTreeSet<String>>,
    /// Who may look into a restricted incident that they were not let into, besides whoever comes as an admin.
    pub break_glass: BTreeSet<String>,
    /// The groups that have a right, by the name of its setting: who is in none of them cannot read the settings.
    pub groups: BTreeMap<&'static str, Vec<String>>,
}

impl Reserved {
    /// Whether this is not kept from somebody, whatever their role.
    pub fn leaves(&self, verb: Verb, person: &Person, kind: Kind) -> bool {
        self.check(verb, person, kind).is_ok()
    }

    /// Refuses whoever is not among those who have the right to this.
    pub(super) fn check(&self, verb: Verb, person: &Person, kind: Kind) -> Result<(), Refusal> {
        let Some(setting) = kept_by(verb) else { return Ok(()) };
        let members = match setting {
            "declare" => &self.declare,
            "command" => &self.command,
            _ => &self.publish,
        };
        match members {
            Some(members) if kind.is_for_the_public() && !members.contains(&person.id) => {
                let (words, instead) = match verb {
                    Verb::OfferCommand => ("have command", "Offer it to somebody who is in one of them."),
                    verb => (verb.words(), "Ask somebody who is in one of them."),
                };
                let groups = self.groups.get(setting).map(Vec::as_slice).unwrap_or_default();
                let groups =
                    if groups.is_empty() { String::new() } else { format!(": {}", groups.join(", ")) };
                Err(Refusal::forbidden(
                    format!("{person} is in none of the groups that may {words} here{groups}."),
                    instead,
                ))
            }
            _ => Ok(()),
        }
    }
}

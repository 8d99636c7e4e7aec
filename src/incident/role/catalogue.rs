//! The NIMS role catalogue: positions, their titles, whom each reports to, what it does and must not.
//!
//! After NIMS/ICS (FEMA IS-200, ICS 203) and its readings for IT (PagerDuty's incident response documentation,
//! Google's SRE book). The slugs are stable; a setting shows the IT names in place of the ICS titles, so no text of a role calls
//! another by a title of either.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Def, Role};

/// Where a position stands in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Command,
    CommandStaff,
    GeneralStaff,
    Branch,
    DivisionGroup,
    Unit,
    Specialist,
    Observer,
}

impl Category {
    /// The ICS title of whoever leads there.
    pub fn rank(self) -> &'static str {
        match self {
            Self::Command => "Commander",
            Self::CommandStaff => "Officer",
            Self::GeneralStaff => "Chief",
            Self::Branch => "Director",
            Self::DivisionGroup => "Supervisor",
            Self::Unit => "Leader",
            Self::Specialist => "Specialist",
            Self::Observer => "Observer",
        }
    }
}

/// The words in which roles are shown; the slugs are the same in both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// the titles of the National Incident Management System: Public Information Officer, Liaison Officer
    #[default]
    Nims,
    /// the titles that software teams use: communications lead, customer liaison
    It,
}

/// One position of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleDef {
    /// Stable id: `ic`, `pio`, `ops`. A family (`sme`, `lead`, `branch`) takes a name after a colon: `sme:db`.
    pub slug: &'static str,
    pub title: &'static str,
    /// The name in IT shops.
    pub it_title: &'static str,
    pub category: Category,
    pub reports_to: Option<&'static str>,
    /// Holders at one time; `None` is any number.
    pub holders_max: Option<usize>,
    /// The slug takes a name after a colon.
    pub is_family: bool,
    pub does: &'static str,
    pub must_not: &'static str,
    /// The job aid shown when somebody takes the role.
    pub checklist: &'static [&'static str],
}

impl RoleDef {
    pub fn shown(&self, words: Words) -> &'static str {
        match words {
            Words::Nims => self.title,
            Words::It => self.it_title,
        }
    }

    /// The role that it is; of a family, the one named `db`.
    pub fn role(&'static self) -> Role {
        let slug = if self.is_family { format!("{}:db", self.slug) } else { self.slug.to_owned() };
        Role { slug, def: Def::Catalogue(self) }
    }
}

macro_rules! role {
    ($slug:literal, $title:literal, $it:literal, $cat:ident, $to:expr, $max:expr, $family:literal, does $does:literal, not $not:literal, [$($item:literal),* $(,)?]) => {
        RoleDef {
            slug: $slug, title: $title, it_title: $it, category: Category::$cat, reports_to: $to,
            holders_max: $max, is_family: $family, does: $does, must_not: $not, checklist: &[$($item),*],
        }
    };
}

/// Slug of the Incident Commander.
pub const IC: &str = "ic";

/// What people type besides slug, title and IT name, each in lower case and of one position.
const ALSO_CALLED: &[(&str, &str)] = &[
    ("commander", IC),
    ("comms", "pio"),
    ("comms lead", "pio"),
    ("communications", "pio"),
    ("liaison", "lno"),
    ("operations", "ops"),
    ("ops lead", "ops"),
];

/// The position that a word in lower case means: a slug, a title, an IT name or a short form of one.
pub(super) fn called(lower: &str) -> Option<&'static RoleDef> {
    let is_called = |def: &&RoleDef| {
        def.slug == lower || def.title.to_lowercase() == lower || def.it_title.to_lowercase() == lower
    };
    let also = || ALSO_CALLED.iter().find(|(word, _)| *word == lower).and_then(|(_, slug)| defined(slug));
    CATALOGUE.iter().find(is_called).or_else(also)
}

/// The Incident Commander.
pub fn commander() -> &'static RoleDef {
    &CATALOGUE[0]
}

/// What the catalogue says of a slug.
pub fn defined(slug: &str) -> Option<&'static RoleDef> {
    CATALOGUE.iter().find(|def| def.slug == slug)
}

/// Every position, in the order of an organization chart: whatever one reports to comes before it.
pub const CATALOGUE: &[RoleDef] = &[
    role!("ic", "Incident Commander", "Incident lead", Command, None, Some(1), false,
        does "Decides, delegates, and is the single source of truth.",
        not "Read graphs, logs or fix things: that is Operations.",
        ["Say that you have command.", "Size up: what is broken for whom, since when?", "Set a severity; do not debate it.",
         "Give out first who directs the work, and who tells the public.", "Ask for a CAN report (conditions, actions, needs) every 10 minutes.", "Promise the next update, keep it."]),
    role!("deputy", "Deputy Incident Commander", "Deputy lead", Command, Some("ic"), None, false,
        does "Hot standby, as qualified as whoever has command: keeps the clock, follows up tasks, can take over at any time.",
        not "Take over in silence.",
        ["Read the briefing now, so that you can take command in a minute.", "Call out the time every 10 minutes.", "Chase overdue tasks."]),
    role!("pio", "Public Information Officer", "Communications lead", CommandStaff, Some("ic"), Some(1), false,
        does "Drafts and publishes what the public is told, and promises the next update; brings reports from customers to whoever has command.",
        not "Publish without approval, or estimate when it will be fixed.",
        ["Post «Investigating» within 5 minutes: no scope needed.", "Add scope within 5 more: who, what, where.",
         "Every post says when the next one comes.", "No host names, no blame, no time to fix."]),
    role!("safety", "Safety Officer", "Safety lead", CommandStaff, Some("ic"), Some(1), false,
        does "Watches blast radius, data loss, fatigue and irreversible acts; may stop anything at once and tells whoever has command after.",
        not "Run operations.",
        ["Ask of each action: can it be undone?", "Snapshot before anything that writes.", "Who has been awake for how long?"]),
    role!("lno", "Liaison Officer", "Internal liaison", CommandStaff, Some("ic"), Some(1), false,
        does "Brings in other teams and vendors; keeps executives informed about every 30 minutes.",
        not "Speak to the public.",
        ["List the teams and vendors concerned.", "Send the first executive summary.", "Keep executives out of the ear of whoever has command."]),
    role!("intel", "Intelligence/Investigations Section Chief", "Investigation lead", GeneralStaff, Some("ic"), Some(1), false,
        does "Leads forensics and the search for the cause where that is a task of its own.",
        not "Destroy evidence.",
        ["Preserve logs and images before they rotate.", "Keep a list of hypotheses and what spoke against each."]),
    role!("ops", "Operations Section Chief", "Operations lead", GeneralStaff, Some("ic"), Some(1), false,
        does "Directs all work on the systems: only Operations changes anything during the incident.",
        not "Speak to the public, or change two things at once.",
        ["Who is working on what?", "Announce each change before it is made.", "Report conditions, actions and needs to whoever has command."]),
    role!("planning", "Planning Section Chief", "Planning lead", GeneralStaff, Some("ic"), Some(1), false,
        does "Thinks ahead: the next operational period (the time that one plan is made for), shifts, hand-offs, what must be put back to normal afterwards.",
        not "Direct work on the systems.",
        ["When is the next hand-over?", "List every temporary change that must be undone."]),
    role!("logistics", "Logistics Section Chief", "Logistics lead", GeneralStaff, Some("ic"), Some(1), false,
        does "Gets what responders need: access, licences, capacity, bridges, food, rest.",
        not "Decide priorities.",
        ["Is there a bridge? Is everybody on it?", "Who lacks access?", "Has anybody eaten?"]),
    role!("finance", "Finance/Administration Section Chief", "Finance lead", GeneralStaff, Some("ic"), Some(1), false,
        does "Keeps hours, costs, service credits and purchases.",
        not "Block an emergency purchase that was ordered.",
        ["Start a list of hours.", "Note what was bought and for how much."]),
    role!("branch", "Branch Director", "Area lead", Branch, Some("ops"), None, true,
        does "Leads the groups that work on one product area.",
        not "Act outside the branch's area.",
        ["Name your groups and their leads.", "Report to Operations every 10 minutes."]),
    role!("lead", "Group Supervisor", "Sub-team lead", DivisionGroup, Some("ops"), None, true,
        does "Leads a sub-team; all its traffic goes through the lead. Named alpha, bravo, charlie.",
        not "Let the sub-team talk past the lead.",
        ["Say what your group is to find out, and by when.", "Report back before the time box ends."]),
    role!("scribe", "Documentation Unit Leader", "Scribe", Unit, Some("planning"), None, false,
        does "Keeps the timeline: decisions, actions, what was seen and when; puts late entries at their true time.",
        not "Write a transcript, or an opinion.",
        ["Note who decided what, and why.", "Mark follow-ups with TODO.", "Put the true time on late entries."]),
    role!("situation", "Situation Unit Leader", "Status board", Unit, Some("planning"), Some(1), false,
        does "Keeps the picture of the situation current.",
        not "Guess.",
        ["Update the summary after each CAN report (conditions, actions, needs)."]),
    role!("resources", "Resources Unit Leader", "Responder roster", Unit, Some("planning"), Some(1), false,
        does "Knows who is here: check-in, check-out, organization chart.",
        not "Assign work.",
        ["Roll call: is everybody checked in?", "Does everybody know whom they report to?"]),
    role!("demob", "Demobilization Unit Leader", "Wind-down lead", Unit, Some("planning"), Some(1), false,
        does "Scales the response down: lists who stays, not who may leave; gets access and silences taken back.",
        not "Send people away before their tasks are handed over.",
        ["Revoke temporary access.", "End silences and freezes.", "Hand over open tasks."]),
    role!("sme", "Technical Specialist", "Subject-matter expert", Specialist, Some("ops"), None, true,
        does "Investigates one service, reports conditions, actions and needs, acts on instruction.",
        not "Act unasked.",
        ["Say hello, name your service.", "First CAN report (conditions, actions, needs) within 10 minutes.", "Ask before you change anything."]),
    role!("agency_rep", "Agency Representative", "Vendor or customer contact", Specialist, Some("lno"), None, true,
        does "Speaks for a vendor or a customer.",
        not "Take part in decisions of the incident.",
        ["Leave a number where you can be reached."]),
    role!("trainee", "Trainee", "Shadow", Observer, Some("ic"), None, true,
        does "Learns a role beside its holder.",
        not "Act for the holder.",
        ["Read along. Keep questions for the end."]),
    role!("observer", "Observer", "Observer", Observer, Some("ic"), None, false,
        does "Reads along.",
        not "Speak on the incident's channel.",
        ["Questions go to the liaison."]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_role_means_that_role_and_no_other() {
        for def in CATALOGUE {
            for name in [def.slug, def.title, def.it_title] {
                assert_eq!(called(&name.to_lowercase()).map(|found| found.slug), Some(def.slug), "{name}");
            }
        }
        for (word, slug) in ALSO_CALLED {
            assert_eq!(called(word).map(|def| def.slug), Some(*slug), "{word}");
        }
    }

    #[test]
    fn every_role_reports_up_to_the_commander() {
        for def in CATALOGUE {
            let mut at = def;
            for _ in 0..CATALOGUE.len() {
                let Some(up) = at.reports_to else { break };
                at = CATALOGUE.iter().find(|d| d.slug == up).expect("reports to a role of the catalogue");
            }
            assert_eq!(at.slug, IC, "{}", def.slug);
            let place = |slug: &str| CATALOGUE.iter().position(|one| one.slug == slug);
            assert!(def.reports_to.is_none_or(|up| place(up) < place(def.slug)), "{}", def.slug);
            assert!(!def.checklist.is_empty(), "{}", def.slug);
        }
    }
}

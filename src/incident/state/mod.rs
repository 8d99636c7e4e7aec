//! The incident as it stands: the fold of its events.
//!
//! What grows without end (notes, repeats of alerts) is counted here, not kept: folding or keeping the state of an
//! incident with 100,000 entries costs what it costs with ten.

mod accountability;
mod circle;
mod fold;
mod milestones;
mod paging;
mod parts;
mod plays;
mod silence;
mod unified;
mod unity;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{event::DrillClock, id::IncidentId, kind::Kind, phase::Phase, role::Role, severity::Severity};
use crate::{people::Person, post::PublicPhase};
pub use accountability::{Period, RollCall};
pub use circle::Circle;
pub use fold::ASSIST_ANEW;
pub use milestones::{Milestones, Origin, Replaced, Span};
pub use paging::{NextStep, Paging, PagingState};
pub use parts::*;
pub use plays::{Place, Play, Progress, StepState};
pub use silence::{OfCommand, Silence, Unbroken};
pub use unified::{Joined, UnifyOffer};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub title: String,
    pub summary: String,
    /// When it was last said how things stand.
    pub summarized_at: Option<DateTime<Utc>>,
    pub severity: Severity,
    pub phase: Phase,
    pub opened_by: Person,
    /// The command token: exactly one holder at all times, from the declaration on.
    pub commander: Person,
    pub commander_since: DateTime<Utc>,
    pub commanders: Vec<(Person, DateTime<Utc>)>,
    pub command_offer: Option<Offer>,
    /// The organization of whoever holds the token; empty where it was not said.
    pub organization: String,
    /// Commanders of other organizations beside the holder of the token: Unified Command.
    pub joined: Vec<Joined>,
    pub unify_offer: Option<UnifyOffer>,
    /// When an executive was last asked whether they wish to take command.
    pub executive_asked: Option<DateTime<Utc>>,
    /// That question, while it has no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executive_question: Option<ExecutiveQuestion>,
    pub roles: Vec<Assignment>,
    pub offers: Vec<Offer>,
    pub participants: BTreeMap<String, Participant>,
    /// Who may see it; `None` is everybody.
    pub restricted: Option<Circle>,
    /// Whom somebody was told to report to, by their id; see [`Incident::supervisor`].
    pub reports_to: BTreeMap<String, Person>,
    pub roll_call: Option<RollCall>,
    pub period: Option<Period>,
    /// Operational periods so far.
    pub periods: u32,
    pub objectives: Vec<Objective>,
    pub tasks: Vec<Task>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hazards: Vec<Hazard>,
    pub actions: Vec<Action>,
    /// Nobody changes anything while this stands.
    pub stop: Option<Stop>,
    pub proposals: Vec<Proposal>,
    pub assist: Option<Assist>,
    pub silence: Silence,
    pub pagings: Vec<Paging>,
    /// That alerts begin no further call was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_more_calls: bool,
    /// Playbooks that were begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plays: Vec<Play>,
    pub cans: BTreeMap<String, Can>,
    pub posts: Vec<Post>,
    pub situations: BTreeMap<i64, Situation>,
    pub links: Vec<Link>,
    /// Entries that are key moments.
    pub pins: BTreeSet<u64>,
    /// Entries whose words nobody reads any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub redacted: BTreeSet<u64>,
    /// The entries whose words stand here, for the day when one is redacted.
    pub words_in: BTreeMap<u64, Wording>,
    pub decisions: u64,
    pub notes: u64,
    pub milestones: Milestones,
    /// The greater one that it is a part of.
    pub parent: Option<IncidentId>,
    /// Its own parts, and how far each has come: open, or in which way over.
    pub children: BTreeMap<IncidentId, Phase>,
    /// What type of incident it is, as the settings name them.
    pub incident_type: Option<String>,
    /// By the field's name.
    pub fields: BTreeMap<String, FieldValue>,
    /// Of planned work: when, and what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// It was over when it was declared.
    pub is_retrospective: bool,
    /// The chats that do not answer, or are not heard.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub away: BTreeMap<String, Absence>,
    pub next_update_due: Option<DateTime<Utc>>,
    /// Somebody was reminded that the public has heard nothing, and it has not become worse since.
    #[serde(default)]
    pub is_first_word_asked: bool,
    pub drill_clock: Option<DrillClock>,
    pub scenario: Option<String>,
    /// The incident that this one turned out to be.
    pub merged_into: Option<IncidentId>,
    /// Those that turned out to be this one.
    pub merged_in: Vec<IncidentId>,
    /// How many entries each of those had when it ended as this one, the last time that it did.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken_in: BTreeMap<IncidentId, u64>,
    /// Its parts that left it for the one that it was merged into.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub parts_gone: BTreeSet<IncidentId>,
    /// The entries whose words came from one of those, and from which entry of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<u64, (IncidentId, u64)>,
    /// The last entry folded in.
    pub seq: u64,
    pub updated_at: DateTime<Utc>,
}
impl Incident {
    pub fn kind(&self) -> Kind {
        self.id.kind
    }

    /// When it was taken down first: in triage, before anybody declared it.
    pub fn opened_at(&self) -> DateTime<Utc> {
        self.commanders.first().map_or(self.updated_at, |(_, since)| *since)
    }

    /// The incident's own time for a moment of the house's clock: the same, except in a drill.
    pub fn time_at(&self, real: DateTime<Utc>) -> DateTime<Utc> {
        self.drill_clock.map_or(real, |clock| clock.virtual_at(real))
    }

    /// The moment of the house's clock at which the incident's own time is `virt`.
    pub fn real_time_at(&self, virt: DateTime<Utc>) -> DateTime<Utc> {
        self.drill_clock.map_or(virt, |clock| clock.real_at(virt))
    }

    /// What keeps everybody from acting here: of a merged incident nothing, its stop goes on in the other one.
    pub fn standing_stop(&self) -> Option<&Stop> {
        self.stop.as_ref().filter(|_| self.merged_into.is_none())
    }

    /// How an action stands: nothing is done while everything is stopped.
    pub fn standing_of(&self, action: &Action) -> &'static str {
        match action.state {
            state if self.standing_stop().is_none() => state.word(),
            ActionState::Waiting => "waits for a go, and everything is stopped",
            ActionState::Going | ActionState::Overdue => "waits: everything is stopped",
            state => state.word(),
        }
    }

    /// The entries here that have the words of that entry of that incident: itself, or what was taken over from it.
    pub fn same_words(&self, of: IncidentId, seq: u64) -> Vec<u64> {
        if of == self.id {
            return vec![seq];
        }
        let copies = self.copies.iter().filter(|(_, copied)| **copied == (of, seq));
        copies.map(|(here, _)| *here).collect()
    }

    /// The entry in which words stand that are shown here now.
    pub fn entry_of(&self, words: Wording) -> Option<u64> {
        self.words_in.iter().find(|(_, known)| **known == words).map(|(seq, _)| *seq)
    }

    pub fn task(&self, n: u32) -> Option<&Task> {
        self.tasks.iter().find(|task| task.n == n)
    }
    pub fn post(&self, n: u32) -> Option<&Post> {
        self.posts.iter().find(|post| post.n == n)
    }

    /// Who answers for a role: its holders, else the holder of the role it reports to, up to the commander, who
    /// holds every role that is not delegated.
    pub fn holders(&self, role: &Role) -> Vec<&Person> {
        if role.is_command() {
            return vec![&self.commander];
        }
        let held: Vec<_> = self.roles.iter().filter(|a| a.role == *role).map(|a| &a.person).collect();
        if !held.is_empty() {
            return held;
        }
        match role.reports_to() {
            Some(up) => self.holders(&up),
            None => vec![&self.commander],
        }
    }

    /// Who is spoken to where a role is meant: the first of those who answer for it.
    pub(super) fn who_is(&self, role: &Role) -> &Person {
        self.holders(role).first().copied().unwrap_or(&self.commander)
    }

    /// The roles of a family that are held, each once: `sme:api`, `sme:db`.
    pub fn roles_of_family(&self, family: &str) -> Vec<&Role> {
        let held = self.roles.iter().map(|held| &held.role);
        let mut roles: Vec<&Role> = held.filter(|role| role.family() == family).collect();
        roles.sort();
        roles.dedup();
        roles
    }

    /// Whether as many hold a role as may.
    pub fn is_full(&self, role: &Role) -> bool {
        role.holders_max().is_some_and(|max| self.given(role.slug()).count() >= max)
    }

    /// The roles that a person has been given, command first.
    pub fn roles_of(&self, person: &Person) -> Vec<Role> {
        let mut roles = Vec::new();
        if self.has_command(person) {
            roles.push(Role::ic());
        }
        roles.extend(self.roles.iter().filter(|a| a.person.id == person.id).map(|a| a.role.clone()));
        roles
    }

    pub fn open_tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.state.is_open())
    }

    pub fn hazard(&self, n: u32) -> Option<&Hazard> {
        self.hazards.iter().find(|hazard| hazard.n == n)
    }
    pub fn open_hazards(&self) -> impl Iterator<Item = &Hazard> {
        self.hazards.iter().filter(|hazard| hazard.is_open)
    }

    pub fn action(&self, n: u32) -> Option<&Action> {
        self.actions.iter().find(|action| action.n == n)
    }
    pub fn open_actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| action.state.is_open())
    }
    pub fn proposal(&self, n: u32) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.n == n)
    }
    pub fn open_proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals.iter().filter(|proposal| proposal.state == ProposalState::Open)
    }

    /// The people who hold a role themselves, not in another's place.
    pub fn given(&self, slug: &str) -> impl Iterator<Item = &Person> {
        self.roles.iter().filter(move |held| held.role.slug() == slug).map(|held| &held.person)
    }

    /// Whose go a risky action of this person waits for: the Operations Section Chief and the Safety Officer, else the
    /// commander, else a deputy; the person themselves where nobody else is there to ask.
    pub fn who_clears(&self, author: &Person) -> Vec<Person> {
        let house = Person::house();
        let others = |people: Vec<&Person>| {
            let mut others: Vec<Person> =
                people.into_iter().filter(|one| one.id != author.id && one.id != house.id).cloned().collect();
            others.dedup_by(|a, b| a.id == b.id);
            others
        };
        let asked = [
            self.given("ops").chain(self.given("safety")).collect(),
            self.commanding(),
            self.given("deputy").collect(),
        ];
        asked.into_iter().map(others).find(|people| !people.is_empty()).unwrap_or_else(|| {
            let rights = ["ic", "ops", "safety", "deputy"];
            let may = self.roles_of(author).iter().any(|role| rights.contains(&role.rights()));
            if may { vec![author.clone()] } else { vec![] }
        })
    }

    /// Who is here: checked in, or with a role, and not gone; the commander among them.
    pub fn present(&self) -> Vec<&Person> {
        let house = Person::house();
        self.participants
            .values()
            .filter(|one| {
                let has_part = self.has_command(&one.person)
                    || self.roles.iter().any(|held| held.person.id == one.person.id);
                one.checked_out.is_none()
                    && (one.checked_in.is_some() || has_part)
                    && one.person.id != house.id
            })
            .map(|one| &one.person)
            .collect()
    }

    pub fn open_children(&self) -> impl Iterator<Item = IncidentId> {
        self.children.iter().filter(|(_, phase)| !phase.is_over()).map(|(child, _)| *child)
    }

    pub fn firing(&self) -> u64 {
        self.situations.values().map(|situation| situation.firing).sum()
    }

    /// Drafts that are neither public nor dropped, the oldest first.
    pub fn open_posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.iter().filter(|post| post.published.is_none() && post.dropped.is_none())
    }

    pub fn last_published(&self) -> Option<&Post> {
        self.posts
            .iter()
            .filter(|post| post.published.is_some())
            .max_by_key(|post| post.published.as_ref().map(|p| p.at))
    }

    /// The public phase that a new post takes unless it says otherwise.
    pub fn public_phase(&self) -> PublicPhase {
        self.phase.public().unwrap_or(PublicPhase::Resolved)
    }
}

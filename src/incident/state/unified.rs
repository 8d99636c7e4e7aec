//! Who has command: the holder of the token, and those of other organizations who joined.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Incident;
use crate::{
    incident::role::{self, Words},
    people::Person,
};

/// A commander who joined the one who holds the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    pub person: Person,
    /// Empty where it was not said.
    pub organization: String,
    pub since: DateTime<Utc>,
}

/// Somebody is asked to join command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnifyOffer {
    pub to: Person,
    pub organization: String,
    pub expires_at: DateTime<Utc>,
}

impl UnifyOffer {
    /// `Bo`, or `Bo (Acme)`.
    pub fn whom(&self) -> String {
        of(&self.to, &self.organization)
    }
}

fn of(person: &Person, organization: &str) -> String {
    if organization.is_empty() { person.to_string() } else { format!("{person} ({organization})") }
}

impl Incident {
    /// Whoever has command, the holder of the token first.
    pub fn commanding(&self) -> Vec<&Person> {
        std::iter::once(&self.commander).chain(self.joined.iter().map(|one| &one.person)).collect()
    }

    pub fn has_command(&self, person: &Person) -> bool {
        self.commanding().iter().any(|one| one.id == person.id)
    }

    /// More than one organization commands.
    pub fn is_unified(&self) -> bool {
        !self.joined.is_empty()
    }

    /// `Ada (speaks for all), Bo (Acme)`, or the one commander.
    pub fn command_words(&self) -> String {
        if !self.is_unified() {
            return self.commander.to_string();
        }
        let joined = self.joined.iter().map(|one| of(&one.person, &one.organization));
        let first = match self.organization.as_str() {
            "" => format!("{} (speaks for all)", self.commander),
            organization => format!("{} ({organization}, speaks for all)", self.commander),
        };
        std::iter::once(first).chain(joined).collect::<Vec<_>>().join(", ")
    }

    /// `Incident Commander`, or `Unified Command`.
    pub fn command_title(&self, words: Words) -> &'static str {
        if self.is_unified() { "Unified Command" } else { role::commander().shown(words) }
    }

    pub(super) fn join(&mut self, person: &Person, organization: &str, at: DateTime<Utc>) {
        self.unify_offer = None;
        self.answer_executive(person);
        self.joined.push(Joined { person: person.clone(), organization: organization.to_owned(), since: at });
        self.is_no_deputy(person);
        self.unify();
    }

    /// The commander is no one's deputy, and is not asked to be.
    pub(super) fn is_no_deputy(&mut self, person: &Person) {
        self.roles.retain(|held| held.role.rights() != "deputy" || held.person.id != person.id);
        self.offers.retain(|offer| offer.role.rights() != "deputy" || offer.to.id != person.id);
    }

    /// An executive who has a part in it gives orders by that: the question whether they take command is moot.
    pub(super) fn answer_executive(&mut self, who: &Person) {
        if self.executive_question.as_ref().is_some_and(|question| question.to.id == who.id) {
            self.executive_question = None;
        }
    }

    pub(super) fn separate(&mut self, person: &Person) {
        self.joined.retain(|one| one.person.id != person.id);
        self.unify();
    }

    /// The token goes to somebody else: whoever joined and takes it changes places with its holder.
    pub(super) fn pass_token(&mut self, to: &Person, at: DateTime<Utc>) {
        let place = self.joined.iter_mut().find(|one| one.person.id == to.id);
        match place {
            Some(joined) => {
                std::mem::swap(&mut joined.organization, &mut self.organization);
                joined.person = self.commander.clone();
                joined.since = at;
            }
            None => self.organization.clear(),
        }
        if self.unify_offer.as_ref().is_some_and(|offer| offer.to.id == to.id) {
            self.unify_offer = None;
        }
        self.commanders.push((to.clone(), at));
        self.commander = to.clone();
        self.commander_since = at;
    }
}

//! Unity of command: everybody reports to exactly one supervisor, and every way up ends at a commander.
//!
//! Without more, a person reports to who answers for the role above their highest one. A word of whoever gives out roles
//! (`role report`) comes before that, as long as it makes no circle.

use std::collections::BTreeSet;

use super::Incident;
use crate::{incident::role::Role, people::Person};

impl Incident {
    /// Whom somebody reports to; nobody for who has command.
    pub fn supervisor(&self, person: &Person) -> Option<&Person> {
        if self.has_command(person) {
            return None;
        }
        Some(self.reports_to.get(&person.id).unwrap_or_else(|| self.by_role(person)))
    }

    /// The highest of the roles that somebody was given.
    fn highest(&self, person: &Person) -> Option<&Role> {
        let held = self.roles.iter().filter(|held| held.person.id == person.id).map(|held| &held.role);
        held.min_by_key(|role| role.rank())
    }

    /// Every step goes to somebody who stands higher, so this way makes no circle; not even where the settings of a team's
    /// role changed between two who were given it.
    fn by_role(&self, person: &Person) -> &Person {
        let mine = self.highest(person);
        let rank = mine.map(Role::rank);
        let mut up = mine.and_then(Role::reports_to);
        while let Some(role) = up.filter(|role| !role.is_command()) {
            let mut above = self.roles.iter().filter(|held| held.role == role).map(|held| &held.person);
            if let Some(above) = above.find(|one| self.highest(one).map(Role::rank) < rank) {
                return above;
            }
            up = role.reports_to();
        }
        &self.commander
    }

    /// Whether the way up from `from` goes by `person`.
    pub fn is_below(&self, from: &Person, person: &Person) -> bool {
        let mut seen = BTreeSet::new();
        let mut at = from;
        while let Some(above) = self.supervisor(at) {
            if above.id == person.id {
                return true;
            }
            if !seen.insert(above.id.as_str()) {
                return false;
            }
            at = above;
        }
        false
    }

    /// Who reports straight to somebody: those who hold a role, or were told to.
    pub fn reports_of(&self, person: &Person) -> usize {
        let mut ids: BTreeSet<&str> = self.reports_to.keys().map(String::as_str).collect();
        ids.extend(self.roles.iter().map(|held| held.person.id.as_str()));
        let known = |id: &str| {
            let held = self.roles.iter().map(|held| &held.person).find(|one| one.id == id);
            held.or_else(|| self.participants.get(id).map(|part| &part.person))
        };
        ids.into_iter()
            .filter_map(known)
            .filter(|one| self.supervisor(one).is_some_and(|above| above.id == person.id))
            .count()
    }

    /// Roles and command have moved: words that would make a circle now, or are the commander's, hold no more.
    pub(super) fn unify(&mut self) {
        let commanding: Vec<String> = self.commanding().iter().map(|one| one.id.clone()).collect();
        self.reports_to.retain(|id, _| !commanding.contains(id));
        let told: Vec<String> = self.reports_to.keys().cloned().collect();
        for id in told {
            let person = Person { id: id.clone(), name: String::new() };
            if self.is_below(&person, &person) {
                self.reports_to.remove(&id);
            }
        }
    }
}

//! Who may see a restricted incident.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Incident;
use crate::people::Person;

/// The people who are let in, by id. To everybody else the incident is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circle {
    pub by: Person,
    pub since: DateTime<Utc>,
    pub people: BTreeMap<String, Person>,
}

impl Incident {
    /// Whether this person may know of it. The house always does; whoever has a part in it is let in.
    pub fn may_see(&self, person: &Person) -> bool {
        let Some(circle) = &self.restricted else { return true };
        person.id == Person::house().id
            || circle.people.contains_key(&person.id)
            || self.has_command(person)
            || self.roles.iter().any(|held| held.person.id == person.id)
    }

    /// The ids of those who may see it; `None` is everybody.
    pub fn seen_by(&self) -> Option<BTreeSet<String>> {
        let circle = self.restricted.as_ref()?;
        let mut ids: BTreeSet<String> = circle.people.keys().cloned().collect();
        ids.extend(self.commanding().iter().map(|one| one.id.clone()));
        ids.extend(self.roles.iter().map(|held| held.person.id.clone()));
        Some(ids)
    }

    /// Those who may see it, the house aside; `None` is everybody.
    pub fn circle_people(&self) -> Option<Vec<Person>> {
        let circle = self.restricted.as_ref()?;
        let parts = self.roles.iter().map(|held| &held.person).chain(self.commanding());
        let mut people: Vec<Person> = circle.people.values().chain(parts).cloned().collect();
        people.sort_by(|a, b| a.id.cmp(&b.id));
        people.dedup_by(|a, b| a.id == b.id);
        Some(people)
    }

    pub(super) fn restrict(&mut self, by: &Person, people: &[Person], at: DateTime<Utc>) {
        let people = people.iter().map(|one| (one.id.clone(), one.clone())).collect();
        self.restricted = Some(Circle { by: by.clone(), since: at, people });
    }

    pub(super) fn let_in(&mut self, who: &Person) {
        if let Some(circle) = &mut self.restricted {
            circle.people.insert(who.id.clone(), who.clone());
        }
    }

    pub(super) fn shut_out(&mut self, who: &Person) {
        if let Some(circle) = &mut self.restricted {
            circle.people.remove(&who.id);
        }
    }
}

//! Who is next in line for a role: the alternates that the settings name for it, one after the other.

use super::{decide::Policy, role::Role, state::Incident};
use crate::people::Person;

/// Those who could still be asked for a role, in their order: who has not left, may see the incident, and does not hold it
/// already.
pub fn of<'p>(
    incident: &'p Incident,
    policy: &'p Policy,
    role: &'p Role,
) -> impl Iterator<Item = &'p Person> {
    let named = policy.alternates.get(role.slug()).map(Vec::as_slice).unwrap_or_default();
    named.iter().filter(move |one| {
        let has_left = incident.participants.get(&one.id).is_some_and(|part| part.checked_out.is_some());
        let holds_it = if role.is_command() {
            incident.has_command(one)
        } else {
            incident.given(role.slug()).any(|held| held.id == one.id)
        };
        !has_left && !holds_it && incident.may_see(one)
    })
}

/// Who comes after somebody who does not take a role: of those behind them in the line, the first who was not asked too.
/// `None`: nobody is left.
pub fn after<'p>(
    incident: &'p Incident,
    policy: &'p Policy,
    role: &'p Role,
    passed: &Person,
) -> Option<&'p Person> {
    let line = policy.alternates.get(role.slug()).map(Vec::as_slice).unwrap_or_default();
    let place = |person: &Person| line.iter().position(|one| one.id == person.id);
    let behind = place(passed);
    let is_asked = |one: &Person| {
        let command = incident.command_offer.as_ref().filter(|_| role.is_command());
        let offers = incident.offers.iter().filter(|offer| offer.role == *role).chain(command);
        offers.into_iter().any(|offer| offer.to.id == one.id)
    };
    of(incident, policy, role).find(|one| one.id != passed.id && place(one) > behind && !is_asked(one))
}

/// Whom to write after `role offer ROLE`: who is next in line, or the blank for whoever it may be.
pub fn asked(incident: &Incident, policy: &Policy, role: &Role) -> String {
    of(incident, policy, role).next().map_or_else(|| "NAME".to_owned(), |one| format!("@{}", one.id))
}

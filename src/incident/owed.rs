//! What is owed and not there: CAN reports that have become old, roles that nobody has.

use chrono::{DateTime, Duration, Utc};

use super::{decide::Policy, phase::Phase, role::Role, state::Incident};
use crate::people::Person;

/// A CAN report that somebody owes, from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `None`: on whatever is broken, as nobody has reported anything yet.
    pub service: Option<String>,
    pub of: Vec<Person>,
    pub due_at: DateTime<Utc>,
}

/// The reports that are owed where one is wanted every so many minutes, the earliest first: by each Technical Specialist on
/// their service; on each service whose last report names work or a need; by Operations where work goes on and nobody has
/// reported anything. Only while the cause is looked for: what is mended is watched, not reported on.
pub fn reports(incident: &Incident, minutes: u32) -> Vec<Report> {
    if minutes == 0 || !matches!(incident.phase, Phase::Investigating | Phase::Identified) {
        return vec![];
    }
    let after = |at: DateTime<Utc>| at + Duration::minutes(i64::from(minutes));
    let mut owed: Vec<Report> = Vec::new();
    for role in incident.roles_of_family("sme") {
        let Some((_, service)) = role.slug().split_once(':') else { continue };
        let held: Vec<_> = incident.roles.iter().filter(|held| held.role == *role).collect();
        let of: Vec<Person> = held.iter().map(|held| held.person.clone()).collect();
        let reported = incident.cans.iter().filter(|(on, can)| {
            on.eq_ignore_ascii_case(service) || of.iter().any(|person| person.id == can.by.id)
        });
        let reported = reported.map(|(_, can)| can.at).max();
        let since = held.iter().map(|held| held.since).max().max(reported);
        owed.extend(since.map(|at| Report { service: Some(service.to_owned()), of, due_at: after(at) }));
    }
    let is_named = |owed: &[Report], on: &str, by: &Person| {
        owed.iter().any(|one| {
            one.service.as_ref().is_some_and(|service| service.eq_ignore_ascii_case(on))
                || one.of.iter().any(|person| person.id == by.id)
        })
    };
    let ops = || incident.holders(&Role::ops()).into_iter().cloned().collect();
    for (service, can) in &incident.cans {
        let is_open = !can.actions.is_empty() || !can.needs.is_empty();
        if is_open && !is_named(&owed, service, &can.by) {
            let is_gone =
                incident.participants.get(&can.by.id).is_some_and(|part| part.checked_out.is_some());
            let of = if is_gone { ops() } else { vec![can.by.clone()] };
            owed.push(Report { service: Some(service.clone()), of, due_at: after(can.at) });
        }
    }
    let since = incident.roles.iter().filter(|held| held.role.slug() == "ops").map(|held| held.since).max();
    let is_working =
        since.is_some() || incident.open_tasks().next().is_some() || incident.open_actions().next().is_some();
    if owed.is_empty() && incident.cans.is_empty() && is_working {
        let due_at = after(since.unwrap_or(incident.commander_since));
        owed.push(Report { service: None, of: ops(), due_at });
    }
    owed.sort_by_key(|one| one.due_at);
    owed
}

/// The roles that the severity calls for and nobody has, the most needed first.
pub fn roles<'p>(incident: &Incident, policy: &'p Policy) -> Vec<&'p Role> {
    if !incident.phase.is_active() {
        return vec![];
    }
    let wanted = policy.wanted(incident.severity).iter();
    wanted.filter(|role| incident.given(role.slug()).next().is_none()).collect()
}

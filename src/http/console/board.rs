//! The incident as its page shows it beside the timeline: roles, tasks, objectives, reports, alerts, people, links.

use std::collections::BTreeSet;

use super::{
    alerts::safe_url,
    clock::{Clock, Due, Stamp},
};
use crate::{
    incident::{
        command::Verb,
        decide::Policy,
        next::allowed,
        role::{CATALOGUE, Role, Roles, Words},
        state::{Action, ActionState, Incident, ObjectiveState, Proposal, Task, TaskState},
    },
    people::Person,
};

/// Roles that are worth a line even when nobody holds them.
const CORE: [&str; 5] = ["ops", "pio", "deputy", "scribe", "lno"];
/// Finished tasks that are shown.
const DONE_SHOWN: usize = 10;

pub struct RoleRow {
    pub slug: String,
    pub title: String,
    pub holders: Vec<String>,
    pub offered_to: Vec<String>,
    pub is_mine: bool,
    pub does: String,
    pub can_take: bool,
}

pub struct TaskRow {
    pub n: u32,
    pub text: String,
    pub owner: String,
    pub state: &'static str,
    pub due: Option<Due>,
    pub is_open: bool,
    pub is_late: bool,
    pub is_mine: bool,
    pub can_ack: bool,
    /// Nobody has it.
    pub is_free: bool,
    pub result: Option<String>,
}

pub struct ActionRow {
    pub n: u32,
    pub text: String,
    pub by: String,
    pub state: &'static str,
    pub due: Option<Due>,
    pub is_risky: bool,
    pub is_late: bool,
    pub is_mine: bool,
    /// It waits, and I may let it go.
    pub can_go: bool,
}

pub struct HazardRow {
    pub n: u32,
    pub text: String,
    pub mitigation: String,
    pub by: String,
    pub can_clear: bool,
}

pub struct ProposalRow {
    pub n: u32,
    pub text: String,
    pub by: String,
    pub ends: Due,
    pub objectors: Vec<String>,
    pub can_object: bool,
    pub can_withdraw: bool,
    pub can_settle: bool,
}

pub struct ObjectiveRow {
    pub n: u32,
    pub text: String,
    pub state: &'static str,
    pub is_open: bool,
}

pub struct CanRow {
    pub service: String,
    pub by: String,
    pub at: Stamp,
    pub conditions: String,
    pub actions: String,
    pub needs: String,
}

pub struct AlertRow {
    pub id: i64,
    pub title: String,
    pub source: String,
    pub firing: u64,
    pub total: u64,
}

pub struct LinkRow {
    pub label: String,
    /// `None` when the address is none that may be pressed; it is shown as text then.
    pub url: Option<String>,
    pub text: String,
}

pub struct Board {
    pub roles: Vec<RoleRow>,
    pub free_roles: Vec<RoleRow>,
    pub open_tasks: Vec<TaskRow>,
    pub done_tasks: Vec<TaskRow>,
    /// Why nobody may change anything, and who says so.
    pub stop: Option<(String, String)>,
    pub can_stop: bool,
    pub actions: Vec<ActionRow>,
    pub hazards: Vec<HazardRow>,
    pub proposals: Vec<ProposalRow>,
    pub objectives: Vec<ObjectiveRow>,
    pub cans: Vec<CanRow>,
    pub alerts: Vec<AlertRow>,
    pub firing: u64,
    /// Checked in, or with a role, the commander among them.
    pub here: Vec<String>,
    pub am_here: bool,
    pub links: Vec<LinkRow>,
}

/// Roles that are held, offered or worth a line, and the others. `known` are those that the settings name.
fn roles(incident: &Incident, me: &Person, known: &Roles, words: Words) -> (Vec<RoleRow>, Vec<RoleRow>) {
    let is_over = incident.phase.is_over();
    let row = |role: &Role| {
        let is_mine = incident.given(role.slug()).any(|one| one.id == me.id);
        RoleRow {
            slug: role.slug().to_owned(),
            title: role.shown(words),
            holders: incident.given(role.slug()).map(Person::to_string).collect(),
            offered_to: incident
                .offers
                .iter()
                .filter(|offer| offer.role == *role)
                .map(|offer| offer.to.to_string())
                .collect(),
            is_mine,
            does: role.does().to_owned(),
            can_take: !is_over && !is_mine && !incident.is_full(role),
        }
    };
    let (mut shown, mut free) = (Vec::new(), Vec::new());
    let mut place = |one: RoleRow| {
        let is_shown =
            CORE.contains(&one.slug.as_str()) || !one.holders.is_empty() || !one.offered_to.is_empty();
        if is_shown { shown.push(one) } else { free.push(one) }
    };
    for def in CATALOGUE.iter().filter(|def| def.slug != "ic") {
        if def.is_family {
            incident.roles_of_family(def.slug).into_iter().map(row).for_each(&mut place);
        } else if let Ok(role) = def.slug.parse() {
            place(row(&role));
        }
    }
    // A role that is held stays, though the settings name it no longer.
    let held = incident.roles.iter().map(|held| &held.role).filter(|role| role.own().is_some());
    let own: BTreeSet<&Role> = held.chain(known.own()).collect();
    own.into_iter().map(row).for_each(place);
    // What is held first, then the roles that matter most.
    shown.sort_by_key(|row| {
        (row.holders.is_empty(), CORE.iter().position(|slug| *slug == row.slug).unwrap_or(CORE.len()))
    });
    (shown, free)
}

fn task(task: &Task, incident: &Incident, me: &Person, clock: &Clock) -> TaskRow {
    let is_open = task.state.is_open();
    let due = task.due_at.filter(|_| is_open).map(|at| clock.due(at, incident.real_time_at(at)));
    TaskRow {
        n: task.n,
        text: task.text.clone(),
        owner: task.whose(),
        state: task.state.word(),
        is_late: task.state == TaskState::Overdue || due.as_ref().is_some_and(|due| due.is_late),
        due,
        is_open,
        is_mine: task.is_of(me),
        is_free: task.is_free(),
        can_ack: task.state == TaskState::Assigned && task.is_of(me),
        result: task.result.clone(),
    }
}

fn action(action: &Action, incident: &Incident, me: &Person, clock: &Clock) -> ActionRow {
    let waits = matches!(action.state, ActionState::Waiting | ActionState::Held);
    let is_own = action.by.id == me.id;
    let asked = incident.who_clears(&action.by);
    ActionRow {
        n: action.n,
        text: action.text.clone(),
        by: action.by.to_string(),
        state: incident.standing_of(action),
        due: action.due_at.map(|at| clock.due(at, incident.real_time_at(at))),
        is_risky: action.is_risky,
        is_late: action.state == ActionState::Overdue,
        is_mine: is_own,
        can_go: waits
            && incident.stop.is_none()
            && allowed(incident, me, Verb::ClearAction)
            && (!is_own || asked.iter().any(|one| one.id == me.id)),
    }
}

fn proposal(proposal: &Proposal, incident: &Incident, me: &Person, clock: &Clock) -> ProposalRow {
    let objects = proposal.objectors.iter().any(|one| one.id == me.id);
    let may_settle = allowed(incident, me, Verb::SettleProposal);
    ProposalRow {
        n: proposal.n,
        text: proposal.text.clone(),
        by: proposal.by.to_string(),
        ends: clock.due(proposal.ends_at, incident.real_time_at(proposal.ends_at)),
        objectors: proposal.objectors.iter().map(Person::to_string).collect(),
        can_object: !objects && allowed(incident, me, Verb::Propose),
        can_withdraw: objects || proposal.by.id == me.id || may_settle,
        can_settle: may_settle,
    }
}

impl Board {
    pub fn of(incident: &Incident, me: &Person, policy: &Policy, clock: &Clock) -> Board {
        let (roles, free_roles) = roles(incident, me, &policy.roles, policy.words);
        // What was open goes on where it was merged into.
        let goes_on = incident.merged_into.is_none();
        let tasks = || incident.tasks.iter().map(|one| task(one, incident, me, clock));
        let mut open_tasks: Vec<TaskRow> = tasks().filter(|task| task.is_open && goes_on).collect();
        open_tasks.sort_by_key(|task| (!task.is_late, !task.is_mine, task.n));
        let here = incident.present();
        Board {
            roles,
            free_roles,
            open_tasks,
            done_tasks: tasks().rev().filter(|task| !task.is_open).take(DONE_SHOWN).collect(),
            stop: incident.standing_stop().map(|stop| (stop.by.to_string(), stop.reason.clone())),
            can_stop: allowed(incident, me, Verb::StopActions),
            actions: incident
                .open_actions()
                .filter(|_| goes_on)
                .map(|one| action(one, incident, me, clock))
                .collect(),
            hazards: incident
                .open_hazards()
                .filter(|_| goes_on)
                .map(|hazard| HazardRow {
                    n: hazard.n,
                    text: hazard.text.clone(),
                    mitigation: hazard.mitigation.clone(),
                    by: hazard.by.to_string(),
                    can_clear: hazard.by.id == me.id || allowed(incident, me, Verb::ClearHazard),
                })
                .collect(),
            proposals: incident.open_proposals().map(|one| proposal(one, incident, me, clock)).collect(),
            objectives: incident
                .objectives
                .iter()
                .map(|objective| ObjectiveRow {
                    n: objective.n,
                    text: objective.text.clone(),
                    state: match objective.state {
                        ObjectiveState::Open => "open",
                        ObjectiveState::Met => "met",
                        ObjectiveState::Dropped => "dropped",
                    },
                    is_open: objective.state == ObjectiveState::Open,
                })
                .collect(),
            cans: incident
                .cans
                .iter()
                .map(|(service, can)| CanRow {
                    service: service.clone(),
                    by: can.by.to_string(),
                    at: clock.stamp(can.at),
                    conditions: can.conditions.clone(),
                    actions: can.actions.clone(),
                    needs: can.needs.clone(),
                })
                .collect(),
            alerts: incident
                .situations
                .values()
                .filter(|_| goes_on)
                .map(|s| AlertRow {
                    id: s.id,
                    title: s.title.clone(),
                    source: s.source.clone(),
                    firing: s.firing,
                    total: s.total,
                })
                .collect(),
            firing: if goes_on { incident.firing() } else { 0 },
            here: here.iter().map(ToString::to_string).collect(),
            am_here: here.iter().any(|one| one.id == me.id),
            links: incident
                .links
                .iter()
                .map(|link| LinkRow {
                    label: link.label.clone(),
                    url: safe_url(&link.url),
                    text: link.url.clone(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        export::samples::{Journal, person, role},
        incident::{event::Event, kind::Kind},
    };

    #[test]
    fn who_only_reads_along_is_offered_no_press_that_would_be_refused() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-01T00:00:00Z");
        let clock = Clock { tz: chrono_tz::Tz::UTC, now: j.at };
        let ends_at = j.at + chrono::Duration::minutes(5);
        j.say("Ada", Some("ic"), Event::ProposalMade { n: 1, text: "Fail over".into(), ends_at });
        j.say("Otto", None, Event::RoleAccepted { role: role("observer"), by: person("Otto") });
        let incident = j.paper().incident;
        let offered = |who: &str| {
            let board = Board::of(&incident, &person(who), &Policy::default(), &clock);
            board.proposals.iter().any(|one| one.can_object)
        };
        assert!(offered("Bo") && !offered("Otto"));
    }

    #[test]
    fn whoever_commands_is_here_beside_those_who_checked_in() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-01T00:00:00Z");
        let clock = Clock { tz: chrono_tz::Tz::UTC, now: j.at };
        j.say("Bob", None, Event::CheckedIn { who: person("Bob"), note: String::new() });
        let incident = j.paper().incident;
        let board = |who: &str| Board::of(&incident, &person(who), &Policy::default(), &clock);
        assert_eq!(board("Cy").here, ["Ada", "Bob"]);
        assert!(board("Ada").am_here && board("Bob").am_here && !board("Cy").am_here);
    }
}

//! The fold: what each event makes of the incident.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::*;
use crate::incident::event::{Entry, Event};

impl Incident {
    /// Opens an incident from its first entry, which must be `incident.declared`.
    pub fn open(entry: &Entry) -> Option<Incident> {
        let Event::Declared { title, kind, severity, triage, drill_clock } = &entry.event else {
            return None;
        };
        if *kind != entry.incident.kind {
            return None;
        }
        let by = entry.actor.person.clone();
        let mut incident = Incident {
            id: entry.incident,
            title: title.clone(),
            summary: String::new(),
            severity: *severity,
            phase: if *triage { Phase::Triage } else { Phase::Investigating },
            opened_by: by.clone(),
            commander: by.clone(),
            commander_since: entry.occurred_at,
            commanders: vec![(by, entry.occurred_at)],
            command_offer: None,
            roles: vec![],
            offers: vec![],
            participants: BTreeMap::new(),
            objectives: vec![],
            tasks: vec![],
            cans: BTreeMap::new(),
            posts: vec![],
            situations: BTreeMap::new(),
            links: vec![],
            decisions: 0,
            notes: 0,
            milestones: Milestones { declared: Some(entry.occurred_at), ..Milestones::default() },
            next_update_due: None,
            drill_clock: *drill_clock,
            scenario: None,
            seq: entry.seq,
            updated_at: entry.occurred_at,
        };
        incident.see(&entry.actor.person, entry);
        Some(incident)
    }

    fn see(&mut self, person: &Person, entry: &Entry) {
        if person.id == Person::house().id {
            return;
        }
        self.participants.entry(person.id.clone()).or_insert_with(|| Participant {
            person: person.clone(),
            first_seen: entry.occurred_at,
            checked_in: None,
            checked_out: None,
        });
    }

    fn task_mut(&mut self, n: u32) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.n == n)
    }
    fn post_mut(&mut self, n: u32) -> Option<&mut Post> {
        self.posts.iter_mut().find(|post| post.n == n)
    }

    /// Folds the next entry in. Infallible: what was appended has been decided.
    pub fn apply(&mut self, entry: &Entry) {
        let at = entry.occurred_at;
        self.seq = entry.seq;
        self.updated_at = self.updated_at.max(at);
        self.see(&entry.actor.person, entry);
        match &entry.event {
            Event::Declared { title, severity, .. } => {
                // A second declaration lifts a triage card to an incident.
                self.title = title.clone();
                self.severity = *severity;
            }
            Event::Retitled { title } => self.title = title.clone(),
            Event::Summarized { text } => self.summary = text.clone(),
            Event::SeverityChanged { to, .. } => {
                self.severity = *to;
                self.void_approvals();
            }
            Event::PhaseChanged { to, .. } => self.enter(*to, at),
            Event::CommandEstablished { by } => self.give_command(by, at),
            Event::CommandOffered { from, to, expires_at, briefing_sections } => {
                self.command_offer = Some(Offer {
                    role: Role::ic(),
                    to: to.clone(),
                    by: from.clone(),
                    expires_at: *expires_at,
                    briefing_sections: *briefing_sections,
                });
            }
            Event::CommandDeclined { .. }
            | Event::CommandOfferExpired { .. }
            | Event::CommandOfferWithdrawn { .. } => {
                self.command_offer = None;
            }
            Event::CommandTransferred { to, .. } => self.give_command(to, at),
            Event::RoleOffered { role, to, expires_at } => {
                self.offers.retain(|offer| !(offer.role == *role && offer.to.id == to.id));
                self.offers.push(Offer {
                    role: role.clone(),
                    to: to.clone(),
                    by: entry.actor.person.clone(),
                    expires_at: *expires_at,
                    briefing_sections: 0,
                });
            }
            Event::RoleAccepted { role, by } => {
                self.offers.retain(|offer| {
                    offer.role != *role || role.def().holders_max.is_none() && offer.to.id != by.id
                });
                if role.def().holders_max == Some(1) {
                    self.roles.retain(|held| held.role != *role);
                }
                self.roles.retain(|held| !(held.role == *role && held.person.id == by.id));
                self.roles.push(Assignment { role: role.clone(), person: by.clone(), since: at });
            }
            Event::RoleDeclined { role, by, .. } => {
                self.offers.retain(|offer| !(offer.role == *role && offer.to.id == by.id));
            }
            Event::RoleOfferExpired { role, to } => {
                self.offers.retain(|offer| !(offer.role == *role && offer.to.id == to.id));
            }
            Event::RoleRelieved { role, person, .. } | Event::RoleReleased { role, person } => {
                self.roles.retain(|held| !(held.role == *role && held.person.id == person.id));
            }
            Event::CheckedIn { who, .. } => {
                self.see(who, entry);
                if let Some(participant) = self.participants.get_mut(&who.id) {
                    participant.checked_in = Some(at);
                    participant.checked_out = None;
                }
            }
            Event::CheckedOut { who, .. } => {
                if let Some(participant) = self.participants.get_mut(&who.id) {
                    participant.checked_out = Some(at);
                }
            }
            Event::ObjectiveSet { n, text } => {
                self.objectives.push(Objective { n: *n, text: text.clone(), state: ObjectiveState::Open });
            }
            Event::ObjectiveMet { n } => self.set_objective(*n, ObjectiveState::Met),
            Event::ObjectiveDropped { n, .. } => self.set_objective(*n, ObjectiveState::Dropped),
            Event::TaskAssigned { n, text, owner, due_at } => {
                self.see(owner, entry);
                self.tasks.push(Task {
                    n: *n,
                    seq: entry.seq,
                    reported_in: None,
                    text: text.clone(),
                    owner: owner.clone(),
                    assigned_by: entry.actor.person.clone(),
                    due_at: *due_at,
                    state: TaskState::Assigned,
                    result: None,
                });
            }
            Event::TaskUnderstood { n } => {
                // What is overdue stays so, understood or not, until it is given a new time.
                if let Some(task) = self.task_mut(*n).filter(|task| task.state == TaskState::Assigned) {
                    task.state = TaskState::Understood;
                }
            }
            Event::TaskExtended { n, due_at } => {
                if let Some(task) = self.task_mut(*n) {
                    task.due_at = Some(*due_at);
                    task.state = TaskState::Understood;
                }
            }
            Event::TaskReported { n, result } => {
                if let Some(task) = self.task_mut(*n) {
                    task.state = TaskState::Reported;
                    task.result = Some(result.clone());
                    task.reported_in = Some(entry.seq);
                }
            }
            Event::TaskOverdue { n } => self.set_task(*n, TaskState::Overdue),
            Event::TaskCancelled { n, .. } => self.set_task(*n, TaskState::Cancelled),
            Event::DecisionRecorded { .. } => self.decisions += 1,
            Event::CanReported { service, conditions, actions, needs } => {
                let can = Can {
                    seq: entry.seq,
                    at,
                    by: entry.actor.person.clone(),
                    conditions: conditions.clone(),
                    actions: actions.clone(),
                    needs: needs.clone(),
                };
                self.cans.insert(service.clone(), can);
            }
            Event::Noted { .. } => self.notes += 1,
            Event::LinkAdded { label, url } => {
                self.links.push(Link { seq: entry.seq, label: label.clone(), url: url.clone() });
            }
            Event::AlertsLinked { situation, title, source, firing, total, alerts } => {
                let started = alerts.iter().filter_map(|alert| alert.starts_at).min();
                self.milestones.impact_started = earliest(self.milestones.impact_started, started);
                self.milestones.detected = earliest(self.milestones.detected, started);
                let situation = Situation {
                    id: *situation,
                    title: title.clone(),
                    source: source.clone(),
                    firing: *firing,
                    total: *total,
                };
                self.situations.insert(situation.id, situation);
            }
            Event::AlertsChanged { situation, firing, total, .. } => {
                if let Some(linked) = self.situations.get_mut(situation) {
                    linked.firing = *firing;
                    linked.total = *total;
                }
            }
            Event::AlertsCleared { situation, total, .. } => {
                if let Some(linked) = self.situations.get_mut(situation) {
                    linked.firing = 0;
                    linked.total = *total;
                }
            }
            Event::UpdateDrafted { n, draft } => {
                if let Some(post) = self.post_mut(*n) {
                    // Another wording: whatever approval there was is gone.
                    post.draft = draft.clone();
                    post.author = entry.actor.person.clone();
                    post.approval = None;
                } else {
                    self.posts.push(Post {
                        n: *n,
                        draft: draft.clone(),
                        author: entry.actor.person.clone(),
                        drafted_at: at,
                        approval: None,
                        published: None,
                        dropped: None,
                    });
                }
            }
            Event::UpdateApproved { n, basis, expires_at, alone } => {
                let approval = ApprovalRecord {
                    by: entry.actor.person.clone(),
                    at,
                    expires_at: *expires_at,
                    basis: basis.clone(),
                    alone: alone.clone(),
                };
                if let Some(post) = self.post_mut(*n) {
                    post.approval = Some(approval);
                }
            }
            Event::UpdatePublished { n, approved_at, next_update_at, destinations } => {
                let published = PublishRecord {
                    at,
                    approved_at: *approved_at,
                    by: entry.actor.person.clone(),
                    next_update_at: *next_update_at,
                    // The built-in page and a drill's sandbox show it with this very entry.
                    destinations: destinations
                        .iter()
                        .map(|d| (d.clone(), matches!(d.as_str(), "page" | "sandbox").then_some(Ok(None))))
                        .collect(),
                };
                if let Some(post) = self.post_mut(*n) {
                    post.published = Some(published);
                }
                self.next_update_due = *next_update_at;
            }
            Event::UpdateDelivered { n, destination, url } => {
                self.settle_post(*n, destination, Ok(url.clone()))
            }
            Event::UpdateDeliveryFailed { n, destination, why } => {
                self.settle_post(*n, destination, Err(why.clone()))
            }
            Event::UpdateDropped { n, reason } => {
                if let Some(post) = self.post_mut(*n) {
                    post.dropped = Some(reason.clone());
                }
            }
            Event::Startex { scenario, .. } => self.scenario = Some(scenario.clone()),
            Event::EntryRedacted { target, .. } => self.forget(*target),
            Event::EntryCorrected { .. }
            | Event::Reminded { .. }
            | Event::Injected { .. }
            | Event::Observed { .. }
            | Event::Endex { .. } => {}
        }
    }

    /// A redacted entry's words leave the card and the briefing too.
    fn forget(&mut self, seq: u64) {
        self.cans.retain(|_, can| can.seq != seq);
        self.links.retain(|link| link.seq != seq);
        for task in &mut self.tasks {
            if task.seq == seq {
                task.text = "[redacted]".into();
            }
            if task.reported_in == Some(seq) {
                task.result = Some("[redacted]".into());
            }
        }
    }

    /// What was approved under another severity or phase is approved no more, even if they come back.
    fn void_approvals(&mut self) {
        for approval in self.posts.iter_mut().filter_map(|post| post.approval.as_mut()) {
            approval.basis.clear();
        }
    }

    fn enter(&mut self, phase: Phase, at: DateTime<Utc>) {
        let told = self.public_phase();
        self.phase = phase;
        if self.public_phase() != told {
            self.void_approvals();
        }
        match phase {
            Phase::Identified => {
                self.milestones.identified = Some(at);
                // Back from monitoring, it was not mitigated after all.
                self.milestones.mitigated = None;
            }
            Phase::Monitoring => self.milestones.mitigated = Some(at),
            Phase::Resolved => {
                self.milestones.mitigated.get_or_insert(at);
                self.milestones.resolved = Some(at);
                self.next_update_due = None;
            }
            Phase::Closed | Phase::Cancelled | Phase::Merged => {
                self.milestones.closed = Some(at);
                self.next_update_due = None;
                self.command_offer = None;
                self.offers.clear();
            }
            Phase::Triage | Phase::Investigating | Phase::Review => {
                if phase == Phase::Investigating {
                    self.milestones.resolved = None;
                    self.milestones.mitigated = None;
                    self.milestones.closed = None;
                }
            }
        }
    }

    fn give_command(&mut self, to: &Person, at: DateTime<Utc>) {
        self.command_offer = None;
        if self.commander.id != to.id {
            self.commanders.push((to.clone(), at));
            self.commander = to.clone();
            self.commander_since = at;
        }
        // The commander is no one's deputy.
        self.roles.retain(|held| !(held.role.slug() == "deputy" && held.person.id == to.id));
    }

    fn set_objective(&mut self, n: u32, state: ObjectiveState) {
        if let Some(objective) = self.objectives.iter_mut().find(|objective| objective.n == n) {
            objective.state = state;
        }
    }

    fn set_task(&mut self, n: u32, state: TaskState) {
        if let Some(task) = self.task_mut(n) {
            task.state = state;
        }
    }

    fn settle_post(&mut self, n: u32, destination: &str, settled: Result<Option<String>, String>) {
        if let Some(published) = self.post_mut(n).and_then(|post| post.published.as_mut()) {
            published.destinations.insert(destination.to_owned(), Some(settled));
        }
    }
}

fn earliest(a: Option<DateTime<Utc>>, b: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

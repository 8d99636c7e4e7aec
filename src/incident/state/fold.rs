//! The fold: what each event makes of the incident.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::*;
use crate::incident::event::{Entry, Event};

/// Who asks for help again within this time asks the next ones.
pub const ASSIST_ANEW: Duration = Duration::minutes(30);

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
            restricted: None,
            reports_to: BTreeMap::new(),
            roll_call: None,
            period: None,
            periods: 0,
            objectives: vec![],
            tasks: vec![],
            actions: vec![],
            stop: None,
            proposals: vec![],
            assist: None,
            silence: Silence::from(
                drill_clock.map_or(entry.recorded_at, |c| c.virtual_at(entry.recorded_at)),
            ),
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
            merged_into: None,
            merged_in: vec![],
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

    /// A late entry is a sign of life when it is written, not when it happened.
    fn hear(&mut self, entry: &Entry) {
        let at = self.time_at(entry.recorded_at);
        if entry.actor.person.id == Person::house().id {
            if matches!(
                entry.event,
                Event::Reminded { .. }
                    | Event::Nudged { .. }
                    | Event::TaskOverdue { .. }
                    | Event::ActionOverdue { .. }
                    | Event::RollClosed { .. }
            ) {
                self.silence.reminded_at = Some(at);
            }
            return;
        }
        self.silence.heard_at = self.silence.heard_at.max(at);
        self.silence.nudges = 0;
        if entry.actor.person.id == self.commander.id {
            self.silence.unanswered = None;
        }
    }

    fn action_mut(&mut self, n: u32) -> Option<&mut Action> {
        self.actions.iter_mut().find(|action| action.n == n)
    }
    fn proposal_mut(&mut self, n: u32) -> Option<&mut Proposal> {
        self.proposals.iter_mut().find(|proposal| proposal.n == n)
    }

    /// From here on it is being done, and its time box counts; not while everything is stopped.
    fn start_action(&mut self, n: u32, at: DateTime<Utc>) {
        let is_stopped = self.stop.is_some();
        if let Some(action) = self.action_mut(n) {
            action.state = ActionState::Going;
            action.due_at =
                action.minutes.filter(|_| !is_stopped).map(|m| at + Duration::minutes(i64::from(m)));
        }
    }

    fn stop_actions(&mut self) {
        for action in self.actions.iter_mut().filter(|action| action.state.is_open()) {
            action.due_at = None;
            // A go was given before whatever it is that made somebody stop everything.
            if action.is_risky && action.state != ActionState::Held {
                action.state = ActionState::Waiting;
            }
        }
    }

    fn resume_actions(&mut self, at: DateTime<Utc>) {
        self.stop = None;
        let going = |action: &&Action| matches!(action.state, ActionState::Going | ActionState::Overdue);
        let again: Vec<u32> = self.actions.iter().filter(going).map(|action| action.n).collect();
        for n in again {
            self.start_action(n, at);
        }
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
        self.hear(entry);
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
            Event::MergedInto { into, .. } => self.merged_into = Some(*into),
            Event::MergedIn { from, .. } => self.merged_in.push(*from),
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
                self.unify();
            }
            Event::RoleDeclined { role, by, .. } => {
                self.offers.retain(|offer| !(offer.role == *role && offer.to.id == by.id));
            }
            Event::RoleOfferExpired { role, to } => {
                self.offers.retain(|offer| !(offer.role == *role && offer.to.id == to.id));
            }
            Event::RoleRelieved { role, person, .. } | Event::RoleReleased { role, person } => {
                self.roles.retain(|held| !(held.role == *role && held.person.id == person.id));
                self.unify();
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
                // Who is gone leads nobody.
                self.reports_to.retain(|id, to| *id != who.id && to.id != who.id);
                self.unify();
            }
            Event::RollCalled { asked, due_at } => {
                self.roll_call = Some(RollCall {
                    seq: entry.seq,
                    by: entry.actor.person.clone(),
                    asked: asked.clone(),
                    answered: vec![],
                    due_at: *due_at,
                });
            }
            Event::RollAnswered { .. } => {
                if let Some(call) = &mut self.roll_call {
                    call.answered.push(entry.actor.person.clone());
                }
            }
            Event::RollClosed { .. } => self.roll_call = None,
            Event::ReportsTo { who, to } => {
                self.see(who, entry);
                self.reports_to.insert(who.id.clone(), to.clone());
                self.unify();
            }
            Event::PeriodStarted { n, ends_at, emphasis, .. } => {
                self.periods = *n;
                self.period =
                    Some(Period { n: *n, since: at, ends_at: *ends_at, emphasis: emphasis.clone() });
            }
            Event::PeriodEnded { .. } => self.period = None,
            Event::Restricted { people, .. } => self.restrict(&entry.actor.person, people, at),
            Event::OpenedUp { .. } => self.restricted = None,
            Event::Admitted { who } => self.let_in(who),
            Event::ShutOut { who, .. } => self.shut_out(who),
            Event::GlassBroken { .. } => self.let_in(&entry.actor.person),
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
            Event::ActionAnnounced { n, text, is_risky, minutes, .. } => {
                self.actions.push(Action {
                    n: *n,
                    seq: entry.seq,
                    reported_in: None,
                    text: text.clone(),
                    by: entry.actor.person.clone(),
                    is_risky: *is_risky,
                    minutes: *minutes,
                    due_at: None,
                    state: ActionState::Waiting,
                    result: None,
                });
                if !is_risky {
                    self.start_action(*n, at);
                }
            }
            Event::ActionCleared { n } => self.start_action(*n, at),
            Event::ActionHeld { n, .. } => {
                if let Some(action) = self.action_mut(*n) {
                    action.state = ActionState::Held;
                    action.due_at = None;
                }
            }
            Event::ActionDone { n, result, .. } => {
                if let Some(action) = self.action_mut(*n) {
                    action.state = ActionState::Done;
                    action.result = Some(result.clone());
                    action.reported_in = Some(entry.seq);
                }
            }
            Event::ActionDropped { n, .. } => {
                if let Some(action) = self.action_mut(*n) {
                    action.state = ActionState::Dropped;
                }
            }
            Event::ActionOverdue { n } => {
                if let Some(action) = self.action_mut(*n) {
                    action.state = ActionState::Overdue;
                }
            }
            Event::ActionsStopped { reason } => {
                let by = &entry.actor.person;
                let as_safety = self.given("safety").any(|one| one.id == by.id);
                self.stop = Some(Stop { by: by.clone(), as_safety, at, reason: reason.clone() });
                self.stop_actions();
            }
            Event::ActionsResumed { .. } => self.resume_actions(at),
            Event::ProposalMade { n, text, ends_at } => self.proposals.push(Proposal {
                n: *n,
                seq: entry.seq,
                text: text.clone(),
                by: entry.actor.person.clone(),
                ends_at: *ends_at,
                objectors: vec![],
                state: ProposalState::Open,
            }),
            Event::ProposalObjected { n, .. } => {
                if let Some(proposal) = self.proposal_mut(*n) {
                    proposal.objectors.retain(|one| one.id != entry.actor.person.id);
                    proposal.objectors.push(entry.actor.person.clone());
                }
            }
            Event::ObjectionWithdrawn { n } => {
                if let Some(proposal) = self.proposal_mut(*n) {
                    proposal.objectors.retain(|one| one.id != entry.actor.person.id);
                }
            }
            Event::ProposalWithdrawn { n, .. } => {
                if let Some(proposal) = self.proposal_mut(*n) {
                    proposal.state = ProposalState::Withdrawn;
                }
            }
            Event::ProposalSettled { n, .. } => {
                if let Some(proposal) = self.proposal_mut(*n) {
                    proposal.state = ProposalState::Decided;
                }
            }
            Event::AssistAsked { asked, .. } => {
                let by = entry.actor.person.clone();
                let mut all = match self.assist.take() {
                    Some(before) if before.by.id == by.id && at - before.at < ASSIST_ANEW => before.asked,
                    _ => vec![],
                };
                all.extend(asked.iter().cloned());
                self.assist = Some(Assist { by, at, asked: all });
            }
            Event::Nudged { whom, .. } => {
                self.silence.nudges += 1;
                let (furthest, since) = self.silence.unanswered.unwrap_or((*whom, at));
                self.silence.unanswered = Some((furthest.max(*whom), since));
            }
            Event::QuietAsked { until } => self.silence.quiet_until = Some(*until),
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
        for action in &mut self.actions {
            if action.seq == seq {
                action.text = "[redacted]".into();
            }
            if action.reported_in == Some(seq) {
                action.result = Some("[redacted]".into());
            }
        }
        for proposal in self.proposals.iter_mut().filter(|proposal| proposal.seq == seq) {
            proposal.text = "[redacted]".into();
        }
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
                self.stop = None;
                self.roll_call = None;
                self.period = None;
                // What nobody decided by then lapses.
                for proposal in self.proposals.iter_mut().filter(|one| one.state == ProposalState::Open) {
                    proposal.state = ProposalState::Withdrawn;
                }
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
        self.silence.unanswered = None;
        if self.commander.id != to.id {
            self.commanders.push((to.clone(), at));
            self.commander = to.clone();
            self.commander_since = at;
        }
        // The commander is no one's deputy.
        self.roles.retain(|held| !(held.role.slug() == "deputy" && held.person.id == to.id));
        self.unify();
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

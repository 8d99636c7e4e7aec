//! The fold: what each event makes of the incident. One file a noun; here is which event goes where.

mod actions;
mod log;
mod people;
mod phase;
mod posts;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::*;
use crate::{
    alert::judgement::Verdict,
    incident::{
        event::{Entry, Event, Owed},
        milestone::Milestone,
    },
};

/// Who asks for help again within this time asks the next ones.
pub const ASSIST_ANEW: Duration = Duration::minutes(30);

impl Incident {
    /// Opens an incident from its first entry, which must be `incident.declared`.
    pub fn open(entry: &Entry) -> Option<Incident> {
        let Event::Declared { title, kind, severity, triage, drill_clock, began, ended, .. } = &entry.event
        else {
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
            summarized_at: None,
            severity: *severity,
            phase: match kind {
                Kind::Planned => Phase::Scheduled,
                _ if *triage => Phase::Triage,
                _ => Phase::Investigating,
            },
            opened_by: by.clone(),
            commander: by.clone(),
            commander_since: entry.occurred_at,
            commanders: vec![(by, entry.occurred_at)],
            command_offer: None,
            organization: String::new(),
            joined: vec![],
            unify_offer: None,
            executive_asked: None,
            executive_question: None,
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
            hazards: vec![],
            actions: vec![],
            stop: None,
            proposals: vec![],
            assist: None,
            silence: Silence::from(
                drill_clock.map_or(entry.recorded_at, |c| c.virtual_at(entry.recorded_at)),
            ),
            pagings: vec![],
            no_more_calls: false,
            plays: vec![],
            cans: BTreeMap::new(),
            posts: vec![],
            situations: BTreeMap::new(),
            links: vec![],
            pins: BTreeSet::new(),
            redacted: BTreeSet::new(),
            words_in: BTreeMap::from([(entry.seq, Wording::Title)]),
            decisions: 0,
            notes: 0,
            milestones: Milestones::default(),
            away: BTreeMap::new(),
            next_update_due: None,
            is_first_word_asked: false,
            drill_clock: *drill_clock,
            scenario: None,
            merged_into: None,
            merged_in: vec![],
            taken_in: BTreeMap::new(),
            copies: BTreeMap::new(),
            parts_gone: BTreeSet::new(),
            parent: None,
            children: BTreeMap::new(),
            incident_type: None,
            fields: BTreeMap::new(),
            plan: None,
            is_retrospective: false,
            seq: entry.seq,
            updated_at: entry.occurred_at,
        };
        incident.hear_commander(entry);
        let milestones = &mut incident.milestones;
        // What was only noticed is declared when somebody confirms it.
        if !*triage || *kind == Kind::Planned {
            milestones.reach(Milestone::Declared, entry.occurred_at, Origin::of(entry));
        }
        if let Some(began) = began {
            milestones.reach(Milestone::Began, *began, Origin::stated(entry));
        }
        // Of what was over before, nobody saw the beginning here.
        if ended.is_none() && *kind != Kind::Planned {
            milestones.reach(Milestone::Detected, entry.occurred_at, Origin::of(entry));
            incident.acknowledge(entry);
        }
        incident.is_retrospective = ended.is_some();
        incident.see(&entry.actor.person, entry);
        Some(incident)
    }

    /// The first person who does anything has taken it on; whoever only says what its alerts are worth, or whose order was refused,
    /// has not.
    fn acknowledge(&mut self, entry: &Entry) {
        let is_by_a_person = entry.actor.person.id != Person::house().id;
        if is_by_a_person && !self.is_retrospective && !is_only_said(&entry.event) {
            let at = self.time_at(entry.recorded_at);
            let origin = Origin::recorded(entry, self.drill_clock.is_some());
            self.milestones.reach_first(Milestone::Acknowledged, at, origin);
        }
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
                    | Event::StepReopened { .. }
            ) {
                self.silence.reminded_at = Some(at);
            }
            // What somebody says in the duplicate is said here.
            if let Event::MergedIn { by: Some(by), .. } = &entry.event {
                self.hear_person(by, at);
            }
            return;
        }
        self.hear_person(&entry.actor.person, at);
    }

    fn hear_person(&mut self, person: &Person, at: DateTime<Utc>) {
        if person.id == Person::house().id {
            return;
        }
        self.silence.hear(at);
        if self.has_command(person) {
            self.silence.hear_command(at);
        }
    }

    /// Whoever has come to have command has just said so; the house says nothing.
    fn hear_commander(&mut self, entry: &Entry) {
        if self.commander.id != Person::house().id {
            self.silence.hear_command(self.time_at(entry.recorded_at));
        }
    }

    /// Folds the next entry in. Infallible: what was appended has been decided.
    pub fn apply(&mut self, entry: &Entry) {
        let at = entry.occurred_at;
        self.seq = entry.seq;
        self.updated_at = self.updated_at.max(at);
        self.see(&entry.actor.person, entry);
        self.hear(entry);
        self.acknowledge(entry);
        self.note_words(entry);
        match &entry.event {
            Event::Declared { title, severity, .. } => {
                // A second declaration lifts a triage card to an incident.
                self.title = title.clone();
                self.severity = *severity;
            }
            Event::WorkPlanned { span, services } => {
                self.plan = Some(Plan { span: *span, services: services.clone() });
            }
            Event::Retitled { title } => self.title = title.clone(),
            Event::Summarized { text } => {
                self.summary = text.clone();
                self.summarized_at = Some(at);
            }
            Event::SeverityChanged { from, to, .. } => {
                self.severity = *to;
                self.is_first_word_asked &= !to.worse_than(*from);
                self.void_approvals();
            }
            Event::PhaseChanged { from, to, .. } => {
                if (*from, *to) == (Phase::Triage, Phase::Investigating) {
                    self.milestones.reach_first(Milestone::Declared, at, Origin::of(entry));
                }
                self.enter(*to, entry);
                if *from == Phase::Merged {
                    self.merged_into = None;
                    self.parts_gone.clear();
                    // They went along: what fires still is told here once they are linked again.
                    for situation in self.situations.values_mut() {
                        situation.firing = 0;
                    }
                }
                // Who was silent while it was over is asked for nothing.
                if !from.is_active() && to.is_active() {
                    self.silence.hear(self.time_at(entry.recorded_at));
                    self.hear_commander(entry);
                }
                if !to.is_active() {
                    self.end_paging(|_| true);
                    self.executive_question = None;
                }
            }
            Event::TypeSet { incident_type, .. } => self.incident_type = Some(incident_type.clone()),
            Event::FieldSet { field, value } => {
                self.fields.insert(field.clone(), FieldValue { value: value.clone(), seq: entry.seq });
            }
            Event::MilestoneSet { milestone, reached_at, .. } => {
                self.milestones.correct(*milestone, *reached_at, Origin::stated(entry));
            }
            Event::PutUnder { parent } => self.parent = Some(*parent),
            Event::LeftParent { .. } => self.parent = None,
            Event::ChildJoined { child, phase } | Event::ChildMoved { child, phase } => {
                self.children.insert(*child, *phase);
            }
            Event::ChildLeft { child } => {
                self.children.remove(child);
                if self.merged_into.is_some() {
                    self.parts_gone.insert(*child);
                }
            }
            Event::MergedInto { into, .. } => self.merged_into = Some(*into),
            Event::MergedIn { from, entries, copies, .. } => {
                if !self.merged_in.contains(from) {
                    self.merged_in.push(*from);
                }
                self.taken_in.insert(*from, *entries);
                self.copies.extend(copies.iter().map(|one| (one.here, (*from, one.there))));
            }

            Event::CommandEstablished { by: to } | Event::CommandTransferred { to, .. } => {
                self.give_command(to, at);
                self.hear_commander(entry);
            }
            Event::CommandOffered { from, to, expires_at, briefing_sections } => {
                self.offer_command(from, to, *expires_at, *briefing_sections);
            }
            Event::CommandDeclined { .. }
            | Event::CommandOfferExpired { .. }
            | Event::CommandOfferWithdrawn { .. } => self.command_offer = None,
            Event::ExecutiveAsked { .. } => self.ask_executive(entry),
            Event::ExecutiveDeclined { .. } => self.executive_question = None,
            Event::UnifyOffered { to, organization, expires_at } => {
                self.unify_offer = Some(UnifyOffer {
                    to: to.clone(),
                    organization: organization.clone(),
                    expires_at: *expires_at,
                });
            }
            Event::UnifyDeclined { .. } | Event::UnifyOfferExpired { .. } => self.unify_offer = None,
            Event::CommandJoined { by, organization } => {
                self.join(by, organization, at);
                self.hear_commander(entry);
            }
            Event::CommandSeparated { who, .. } => self.separate(who),
            Event::RoleOffered { role, to, expires_at } => self.offer_role(role, to, *expires_at, entry),
            Event::RoleAccepted { role, by } => self.give_role(role, by, at),
            Event::RoleDeclined { role, by: to, .. } | Event::RoleOfferExpired { role, to, .. } => {
                self.offers.retain(|offer| !(offer.role == *role && offer.to.id == to.id));
            }
            Event::RoleRelieved { role, person, .. } | Event::RoleReleased { role, person } => {
                self.roles.retain(|held| !(held.role == *role && held.person.id == person.id));
                self.unify();
            }
            Event::CheckedIn { who, .. } => self.check_in(who, entry),
            Event::CheckedOut { who, .. } => self.check_out(who, at),
            Event::RollCalled { asked, due_at } => self.call_roll(asked, *due_at, entry),
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

            Event::Restricted { people, .. } => self.restrict(&entry.actor.person, people, at),
            Event::OpenedUp { .. } => self.restricted = None,
            Event::Admitted { who } => self.let_in(who),
            Event::ShutOut { who, .. } => self.shut_out(who),
            Event::GlassBroken { .. } => self.let_in(&entry.actor.person),

            Event::PeriodStarted { n, ends_at, emphasis, .. } => {
                self.periods = *n;
                self.period =
                    Some(Period { n: *n, since: at, ends_at: *ends_at, emphasis: emphasis.clone() });
            }
            Event::PeriodEnded { .. } => self.period = None,
            Event::ObjectiveSet { n, text } => {
                self.objectives.push(Objective { n: *n, text: text.clone(), state: ObjectiveState::Open });
            }
            Event::ObjectiveMet { n } => self.set_objective(*n, ObjectiveState::Met),
            Event::ObjectiveDropped { n, .. } => self.set_objective(*n, ObjectiveState::Dropped),
            Event::TaskAssigned { n, text, owner, due_at } => {
                self.assign_task(*n, text, owner, *due_at, entry);
            }
            Event::TaskUnderstood { n } => self.understand_task(*n),
            Event::TaskExtended { n, due_at } => self.extend_task(*n, *due_at),
            Event::TaskReported { n, result } => self.report_task(*n, result, entry.seq),
            Event::TaskOverdue { n, .. } => self.set_task(*n, TaskState::Overdue),
            Event::TaskCancelled { n, .. } => self.set_task(*n, TaskState::Cancelled),
            Event::TaskDeclined { n, .. } => self.decline_task(*n),
            Event::TaskReopened { n, owner, due_at, .. } => {
                self.reopen_task(*n, owner.as_ref(), *due_at, &entry.actor.person);
            }
            Event::TaskGiven { n, owner, due_at } => self.give_task(*n, owner, *due_at, entry),
            Event::HazardNamed { n, text, mitigation, by } => self.hazards.push(Hazard {
                n: *n,
                seq: entry.seq,
                text: text.clone(),
                mitigation: mitigation.clone(),
                by: by.as_ref().unwrap_or(&entry.actor.person).clone(),
                is_open: true,
            }),
            Event::HazardCleared { n, .. } => {
                for hazard in self.hazards.iter_mut().filter(|hazard| hazard.n == *n) {
                    hazard.is_open = false;
                }
            }
            Event::DecisionRecorded { .. } => self.decisions += 1,

            Event::ActionAnnounced { n, text, is_risky, minutes, .. } => {
                self.announce_action(*n, text, *is_risky, *minutes, entry);
            }
            Event::ActionCleared { n } => self.start_action(*n, at),
            Event::ActionHeld { n, .. } => {
                self.set_action(*n, ActionState::Held);
                if let Some(action) = self.action_mut(*n) {
                    action.due_at = None;
                }
            }
            Event::ActionDone { n, result, .. } => self.finish_action(*n, result, entry.seq),
            Event::ActionDropped { n, .. } => self.set_action(*n, ActionState::Dropped),
            Event::ActionOverdue { n, .. } => self.set_action(*n, ActionState::Overdue),
            Event::ActionsStopped { reason, by, as_safety } => {
                self.stop_actions(reason, by.as_ref(), *as_safety, entry);
            }
            Event::ActionsResumed { .. } => self.resume_actions(at),
            Event::ProposalMade { n, text, ends_at } => self.propose(*n, text, *ends_at, entry),
            Event::ProposalObjected { n, .. } => self.object(*n, &entry.actor.person, true),
            Event::ObjectionWithdrawn { n } => self.object(*n, &entry.actor.person, false),
            Event::ProposalWithdrawn { n, .. } => self.settle_proposal(*n, ProposalState::Withdrawn),
            Event::ProposalSettled { n, .. } => self.settle_proposal(*n, ProposalState::Decided),

            Event::AssistAsked { asked, .. } => self.ask_for_help(&entry.actor.person, asked, at),
            Event::Nudged { whom, command_minutes, .. } => {
                self.silence.bring(*whom, command_minutes.is_some(), at);
            }
            Event::QuietAsked { until } => self.silence.quiet_until = Some(*until),

            Event::PagingBegun { n, escalation, about, steps, rounds, again_minutes, is_automatic } => {
                self.pagings.push(Paging {
                    n: *n,
                    seq: entry.seq,
                    escalation: escalation.clone(),
                    about: about.clone(),
                    steps: steps.clone(),
                    rounds: *rounds,
                    again_minutes: *again_minutes,
                    is_automatic: *is_automatic,
                    taken: None,
                    people: vec![],
                    pagers: vec![],
                    state: PagingState::Open,
                });
            }
            Event::Paged { n, step, round, called, pagers, .. } => {
                self.page(*n, (*step, *round), called, pagers);
            }
            Event::PageAcknowledged { pagings, here } => {
                let by = here.as_ref().unwrap_or(&entry.actor.person);
                self.acknowledge_pagings(pagings, by, at);
            }
            Event::PagingStopped { pagings, .. } => self.end_paging(|n| pagings.contains(&n)),
            Event::PagingExhausted { n } => self.end_paging(|other| other == *n),
            Event::PlaybookBegun { playbook } => self.begin_playbook(playbook, entry.seq),
            Event::StepDone { playbook, step, result, .. } => {
                let done = Progress {
                    state: StepState::Done,
                    by: Some(entry.actor.person.clone()),
                    at: Some(at),
                    words: result.clone(),
                    seq: entry.seq,
                    ..Progress::default()
                };
                self.settle_step(playbook, step, done);
            }
            Event::StepSkipped { playbook, step, reason, .. } => {
                let skipped = Progress {
                    state: StepState::Skipped,
                    by: Some(entry.actor.person.clone()),
                    at: Some(at),
                    words: reason.clone(),
                    seq: entry.seq,
                    ..Progress::default()
                };
                self.settle_step(playbook, step, skipped);
            }
            Event::StepReopened { playbook, step, .. } => {
                let is_due = entry.actor.person.id == Person::house().id;
                let open = Progress { due_since: is_due.then_some(at), ..Progress::default() };
                self.settle_step(playbook, step, open);
            }
            Event::CanReported { service, conditions, actions, needs } => {
                let can = Can {
                    seq: entry.seq,
                    at,
                    by: entry.actor.person.clone(),
                    conditions: conditions.clone(),
                    actions: actions.clone(),
                    needs: needs.clone(),
                    corrected: None,
                };
                // One that is told late does not stand for what was observed since.
                if self.cans.get(service).is_none_or(|standing| standing.at <= at) {
                    self.cans.insert(service.clone(), can);
                }
            }
            Event::Noted { .. } => self.notes += 1,
            Event::LinkAdded { label, url, .. } => {
                self.links.push(Link { seq: entry.seq, label: label.clone(), url: url.clone() });
            }
            Event::EntryPinned { target } => {
                self.pins.insert(*target);
            }
            Event::EntryUnpinned { target } => {
                self.pins.remove(target);
            }
            Event::EntryRedacted { target, .. } => {
                self.redacted.insert(*target);
                self.forget(*target);
            }

            Event::AlertsLinked { situation, title, source, firing, total, alerts, .. } => {
                let situation = Situation {
                    id: *situation,
                    title: title.clone(),
                    source: source.clone(),
                    firing: *firing,
                    total: *total,
                    acknowledged: 0,
                    is_flapping: false,
                };
                self.link_alerts(situation, alerts, entry);
            }
            Event::AlertsChanged { situation, firing, total, acknowledged, flapping, .. } => {
                self.count_alerts(*situation, *firing, *total, *acknowledged, flapping.is_some());
            }
            Event::AlertsCleared { situation, total, .. } => {
                self.count_alerts(*situation, 0, *total, 0, false);
            }

            Event::UpdateDrafted { n, draft } => self.draft_post(*n, draft, entry),
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
                self.publish_post(*n, *approved_at, *next_update_at, destinations, entry);
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

            Event::ChatLost { chat, since, is_deaf } => {
                self.away.insert(chat.clone(), Absence { since: *since, is_deaf: *is_deaf });
            }
            Event::ChatBack { chat, .. } => {
                self.away.remove(chat);
            }

            Event::EntryCorrected { target, occurred_at, can: Some(parts), .. } => {
                for can in self.cans.values_mut().filter(|can| can.seq == *target) {
                    can.correct(entry.seq, parts, *occurred_at);
                }
            }

            Event::Startex { scenario, .. } => self.scenario = Some(scenario.clone()),
            Event::Reminded { .. } => {
                self.no_more_calls |= entry.event.reminds_of(Owed::Calls);
                self.is_first_word_asked |= entry.event.reminds_of(Owed::FirstWord);
            }
            Event::EntryCorrected { target, can: None, .. } => {
                self.links.retain(|link| link.seq != *target);
            }
            Event::PageFailed { .. }
            | Event::Injected { .. }
            | Event::Observed { .. }
            | Event::Endex { .. } => {}
        }
    }
}

/// What an executive says without command, and a mark on alerts. Of an older one its note tells alone: `Marked S-3 (Disk full) as
/// noise: it cleans itself`.
fn is_only_said(event: &Event) -> bool {
    if matches!(event, Event::ExecutiveAsked { .. } | Event::ExecutiveDeclined { .. }) {
        return true;
    }
    let Event::Noted { text, until: None, is_mark } = event else { return false };
    if *is_mark {
        return true;
    }
    let Some((n, rest)) = text.strip_prefix("Marked S-").and_then(|rest| rest.split_once(" (")) else {
        return false;
    };
    let is_number = !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    is_number && Verdict::ALL.iter().any(|verdict| rest.contains(&format!(") as {}", verdict.word())))
}

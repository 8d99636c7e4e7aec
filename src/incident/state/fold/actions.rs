//! Actions, the stop over all of them, and proposals.

use chrono::{DateTime, Duration, Utc};

use super::*;

impl Incident {
    pub(super) fn action_mut(&mut self, n: u32) -> Option<&mut Action> {
        self.actions.iter_mut().find(|action| action.n == n)
    }
    fn proposal_mut(&mut self, n: u32) -> Option<&mut Proposal> {
        self.proposals.iter_mut().find(|proposal| proposal.n == n)
    }

    /// From here on it is being done, and its time box counts; not while everything is stopped.
    pub(super) fn start_action(&mut self, n: u32, at: DateTime<Utc>) {
        let is_stopped = self.stop.is_some();
        if let Some(action) = self.action_mut(n) {
            action.state = ActionState::Going;
            action.due_at =
                action.minutes.filter(|_| !is_stopped).map(|m| at + Duration::minutes(i64::from(m)));
        }
    }

    pub(super) fn stop_actions(&mut self, reason: &str, by: Option<&Person>, as_safety: bool, entry: &Entry) {
        let by = by.unwrap_or(&entry.actor.person);
        let as_safety = as_safety || self.roles_of(by).iter().any(|role| role.rights() == "safety");
        self.stop =
            Some(Stop { by: by.clone(), as_safety, at: entry.occurred_at, reason: reason.to_owned() });
        for action in self.actions.iter_mut().filter(|action| action.state.is_open()) {
            action.due_at = None;
            // A go was given before whatever it is that made somebody stop everything.
            if action.is_risky && action.state != ActionState::Held {
                action.state = ActionState::Waiting;
            }
        }
    }

    pub(super) fn resume_actions(&mut self, at: DateTime<Utc>) {
        self.stop = None;
        let going = |action: &&Action| matches!(action.state, ActionState::Going | ActionState::Overdue);
        let again: Vec<u32> = self.actions.iter().filter(going).map(|action| action.n).collect();
        for n in again {
            self.start_action(n, at);
        }
    }

    pub(super) fn announce_action(
        &mut self,
        n: u32,
        text: &str,
        is_risky: bool,
        minutes: Option<u32>,
        entry: &Entry,
    ) {
        self.actions.push(Action {
            n,
            seq: entry.seq,
            reported_in: None,
            text: text.to_owned(),
            by: entry.actor.person.clone(),
            is_risky,
            minutes,
            due_at: None,
            state: ActionState::Waiting,
            result: None,
        });
        if !is_risky {
            self.start_action(n, entry.occurred_at);
        }
    }

    pub(super) fn set_action(&mut self, n: u32, state: ActionState) {
        if let Some(action) = self.action_mut(n) {
            action.state = state;
        }
    }

    pub(super) fn finish_action(&mut self, n: u32, result: &str, seq: u64) {
        if let Some(action) = self.action_mut(n) {
            action.state = ActionState::Done;
            action.result = Some(result.to_owned());
            action.reported_in = Some(seq);
        }
    }

    pub(super) fn propose(&mut self, n: u32, text: &str, ends_at: DateTime<Utc>, entry: &Entry) {
        self.proposals.push(Proposal {
            n,
            seq: entry.seq,
            text: text.to_owned(),
            by: entry.actor.person.clone(),
            ends_at,
            objectors: vec![],
            state: ProposalState::Open,
        });
    }

    /// Whoever objects does so once, and last.
    pub(super) fn object(&mut self, n: u32, who: &Person, does: bool) {
        if let Some(proposal) = self.proposal_mut(n) {
            proposal.objectors.retain(|one| one.id != who.id);
            proposal.objectors.extend(does.then(|| who.clone()));
        }
    }

    pub(super) fn settle_proposal(&mut self, n: u32, state: ProposalState) {
        if let Some(proposal) = self.proposal_mut(n) {
            proposal.state = state;
        }
    }
}

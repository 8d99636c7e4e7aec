//! How far it has come, and what a change of that takes away.

use chrono::{DateTime, Utc};

use super::*;

impl Incident {
    /// What was approved under another severity or phase is approved no more, even if they come back.
    pub(super) fn void_approvals(&mut self) {
        for approval in self.posts.iter_mut().filter_map(|post| post.approval.as_mut()) {
            approval.basis.clear();
        }
    }

    pub(super) fn enter(&mut self, phase: Phase, at: DateTime<Utc>) {
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
}

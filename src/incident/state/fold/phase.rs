//! How far it has come, and what a change of that takes away.

use super::*;

impl Incident {
    /// What was approved under another severity or phase is approved no more, even if they come back.
    pub(super) fn void_approvals(&mut self) {
        for approval in self.posts.iter_mut().filter_map(|post| post.approval.as_mut()) {
            approval.basis.clear();
        }
    }

    pub(super) fn enter(&mut self, phase: Phase, entry: &Entry) {
        let (at, origin) = (entry.occurred_at, Origin::of(entry));
        let told = self.public_phase();
        self.phase = phase;
        if self.public_phase() != told {
            self.void_approvals();
        }
        match phase {
            Phase::Identified => {
                self.milestones.reach(Milestone::Identified, at, origin);
                // Back from monitoring, it was not mitigated after all.
                self.milestones.lose(Milestone::Mitigated);
            }
            Phase::Monitoring => self.milestones.reach(Milestone::Mitigated, at, origin),
            Phase::Resolved => {
                self.milestones.reach_first(Milestone::Mitigated, at, origin.clone());
                self.milestones.reach(Milestone::Resolved, at, origin);
                self.next_update_due = None;
            }
            Phase::Closed | Phase::Cancelled | Phase::Merged => {
                self.milestones.reach(Milestone::Closed, at, origin);
                self.next_update_due = None;
                self.command_offer = None;
                self.unify_offer = None;
                self.offers.clear();
                // A stop goes on where it was merged into: until that has it, it is known here.
                if phase != Phase::Merged {
                    self.stop = None;
                }
                self.roll_call = None;
                self.period = None;
                // What nobody decided by then lapses.
                for proposal in self.proposals.iter_mut().filter(|one| one.state == ProposalState::Open) {
                    proposal.state = ProposalState::Withdrawn;
                }
            }
            // It began when the work did, not when it was planned.
            Phase::InProgress => {
                self.milestones.reach_first(Milestone::Began, at, origin);
                self.milestones.lose(Milestone::Resolved);
            }
            Phase::Completed => self.milestones.reach(Milestone::Resolved, at, origin),
            Phase::Triage | Phase::Investigating | Phase::Review | Phase::Scheduled => {
                if phase == Phase::Investigating {
                    for lost in [Milestone::Mitigated, Milestone::Resolved, Milestone::Closed] {
                        self.milestones.lose(lost);
                    }
                }
            }
        }
    }
}

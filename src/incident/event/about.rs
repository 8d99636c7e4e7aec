//! What is known of an event by its kind: its stored name, and whether its words can be corrected or hidden.

use super::{Event, Numbered, Owed};

/// Stands in the place of words that were redacted.
const REDACTED: &str = "[redacted]";

/// How a reminder of the first word to the public begins: in older entries nothing else tells that it is one.
const FIRST_WORD: &str = "The public has heard nothing yet.";

/// The free words of what was done, of an event or of one that can be changed.
macro_rules! words_of_act {
    ($event:expr) => {
        match $event {
            Self::Declared { title: words, .. }
            | Self::Retitled { title: words }
            | Self::Summarized { text: words }
            | Self::SeverityChanged { reason: words, .. }
            | Self::PhaseChanged { reason: words, .. }
            | Self::MilestoneSet { reason: words, .. }
            | Self::LeftParent { reason: words, .. }
            | Self::MergedInto { reason: words, .. }
            | Self::MergedIn { title: words, .. }
            | Self::CommandDeclined { reason: words, .. }
            | Self::CommandTransferred { reason: words, .. }
            | Self::ExecutiveDeclined { reason: words, .. }
            | Self::UnifyDeclined { reason: words, .. }
            | Self::CommandSeparated { reason: words, .. }
            | Self::RoleDeclined { reason: words, .. }
            | Self::RoleRelieved { reason: words, .. }
            | Self::CheckedIn { note: words, .. }
            | Self::CheckedOut { note: words, .. }
            | Self::RollAnswered { note: words }
            | Self::PeriodStarted { emphasis: words, .. }
            | Self::PeriodEnded { reason: words, .. }
            | Self::Restricted { reason: words, .. }
            | Self::OpenedUp { reason: words }
            | Self::ShutOut { reason: words, .. }
            | Self::GlassBroken { reason: words }
            | Self::ObjectiveSet { text: words, .. }
            | Self::ObjectiveDropped { reason: words, .. }
            | Self::TaskCancelled { reason: words, .. }
            | Self::ActionHeld { reason: words, .. }
            | Self::ActionDropped { reason: words, .. }
            | Self::ActionsStopped { reason: words, .. }
            | Self::ActionsResumed { reason: words, .. }
            | Self::ProposalWithdrawn { reason: words, .. }
            | Self::PagingStopped { reason: words, .. }
            | Self::UpdateDropped { reason: words, .. }
            | Self::Observed { text: words }
            | Self::Endex { reason: words } => Some(words),
            _ => None,
        }
    };
}

impl Event {
    /// The stored name: `command.transferred`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Declared { .. } => "incident.declared",
            Self::WorkPlanned { .. } => "work.planned",
            Self::Retitled { .. } => "incident.retitled",
            Self::Summarized { .. } => "incident.summarized",
            Self::SeverityChanged { .. } => "incident.severity_changed",
            Self::PhaseChanged { .. } => "incident.phase_changed",
            Self::TypeSet { .. } => "incident.type_set",
            Self::FieldSet { .. } => "field.set",
            Self::MilestoneSet { .. } => "milestone.set",
            Self::PutUnder { .. } => "incident.put_under",
            Self::LeftParent { .. } => "incident.left_parent",
            Self::ChildJoined { .. } => "incident.child_joined",
            Self::ChildMoved { .. } => "incident.child_moved",
            Self::ChildLeft { .. } => "incident.child_left",
            Self::MergedInto { .. } => "incident.merged_into",
            Self::MergedIn { .. } => "incident.merged_in",
            Self::CommandEstablished { .. } => "command.established",
            Self::CommandOffered { .. } => "command.offered",
            Self::CommandDeclined { .. } => "command.declined",
            Self::CommandOfferExpired { .. } => "command.offer_expired",
            Self::CommandOfferWithdrawn { .. } => "command.offer_withdrawn",
            Self::CommandTransferred { .. } => "command.transferred",
            Self::ExecutiveAsked { .. } => "command.executive_asked",
            Self::ExecutiveDeclined { .. } => "command.executive_declined",
            Self::UnifyOffered { .. } => "command.unify_offered",
            Self::UnifyDeclined { .. } => "command.unify_declined",
            Self::UnifyOfferExpired { .. } => "command.unify_offer_expired",
            Self::CommandJoined { .. } => "command.joined",
            Self::CommandSeparated { .. } => "command.separated",
            Self::RoleOffered { .. } => "role.offered",
            Self::RoleAccepted { .. } => "role.accepted",
            Self::RoleDeclined { .. } => "role.declined",
            Self::RoleOfferExpired { .. } => "role.offer_expired",
            Self::RoleRelieved { .. } => "role.relieved",
            Self::RoleReleased { .. } => "role.released",
            Self::CheckedIn { .. } => "checkin",
            Self::CheckedOut { .. } => "checkout",
            Self::RollCalled { .. } => "rollcall.called",
            Self::RollAnswered { .. } => "rollcall.answered",
            Self::RollClosed { .. } => "rollcall.closed",
            Self::ReportsTo { .. } => "role.reports_to",
            Self::PeriodStarted { .. } => "period.started",
            Self::PeriodEnded { .. } => "period.ended",
            Self::Restricted { .. } => "access.restricted",
            Self::OpenedUp { .. } => "access.opened",
            Self::Admitted { .. } => "access.admitted",
            Self::ShutOut { .. } => "access.removed",
            Self::GlassBroken { .. } => "access.glass_broken",
            Self::ObjectiveSet { .. } => "objective.set",
            Self::ObjectiveMet { .. } => "objective.met",
            Self::ObjectiveDropped { .. } => "objective.dropped",
            Self::TaskAssigned { .. } => "task.assigned",
            Self::TaskUnderstood { .. } => "task.understood",
            Self::TaskExtended { .. } => "task.extended",
            Self::TaskReported { .. } => "task.reported",
            Self::TaskOverdue { .. } => "task.overdue",
            Self::TaskCancelled { .. } => "task.cancelled",
            Self::TaskDeclined { .. } => "task.declined",
            Self::TaskReopened { .. } => "task.reopened",
            Self::TaskGiven { .. } => "task.given",
            Self::HazardNamed { .. } => "hazard.named",
            Self::HazardCleared { .. } => "hazard.cleared",
            Self::DecisionRecorded { .. } => "decision.recorded",
            Self::ActionAnnounced { .. } => "action.announced",
            Self::ActionCleared { .. } => "action.cleared",
            Self::ActionHeld { .. } => "action.held",
            Self::ActionDone { .. } => "action.done",
            Self::ActionDropped { .. } => "action.dropped",
            Self::ActionOverdue { .. } => "action.overdue",
            Self::ActionsStopped { .. } => "actions.stopped",
            Self::ActionsResumed { .. } => "actions.resumed",
            Self::ProposalMade { .. } => "proposal.made",
            Self::ProposalObjected { .. } => "proposal.objected",
            Self::ObjectionWithdrawn { .. } => "proposal.objection_withdrawn",
            Self::ProposalWithdrawn { .. } => "proposal.withdrawn",
            Self::ProposalSettled { .. } => "proposal.settled",
            Self::AssistAsked { .. } => "assist.asked",
            Self::Nudged { .. } => "nudge",
            Self::QuietAsked { .. } => "nudge.quiet",
            Self::PagingBegun { .. } => "page.begun",
            Self::Paged { .. } => "page.sent",
            Self::PageAcknowledged { .. } => "page.acknowledged",
            Self::PagingStopped { .. } => "page.stopped",
            Self::PagingExhausted { .. } => "page.exhausted",
            Self::PageFailed { .. } => "page.failed",
            Self::PlaybookBegun { .. } => "playbook.begun",
            Self::StepDone { .. } => "playbook.step_done",
            Self::StepSkipped { .. } => "playbook.step_skipped",
            Self::StepReopened { .. } => "playbook.step_reopened",
            Self::CanReported { .. } => "can",
            Self::Noted { .. } => "note",
            Self::LinkAdded { .. } => "evidence",
            Self::EntryCorrected { .. } => "entry.corrected",
            Self::EntryRedacted { .. } => "entry.redacted",
            Self::EntryPinned { .. } => "entry.pinned",
            Self::EntryUnpinned { .. } => "entry.unpinned",
            Self::AlertsLinked { .. } => "alert.linked",
            Self::AlertsChanged { .. } => "alert.changed",
            Self::AlertsCleared { .. } => "alert.cleared",
            Self::UpdateDrafted { .. } => "update.drafted",
            Self::UpdateApproved { .. } => "update.approved",
            Self::UpdatePublished { .. } => "update.published",
            Self::UpdateDelivered { .. } => "update.delivered",
            Self::UpdateDeliveryFailed { .. } => "update.delivery_failed",
            Self::UpdateDropped { .. } => "update.dropped",
            Self::Reminded { .. } => "reminder",
            Self::ChatLost { .. } => "chat.lost",
            Self::ChatBack { .. } => "chat.back",
            Self::Startex { .. } => "drill.startex",
            Self::Injected { .. } => "drill.inject",
            Self::Observed { .. } => "drill.observed",
            Self::Endex { .. } => "drill.endex",
        }
    }

    /// What it gives a number to.
    pub fn numbers(&self) -> Option<(Numbered, u32)> {
        match self {
            Self::ObjectiveSet { n, .. } => Some((Numbered::Objective, *n)),
            Self::TaskAssigned { n, .. } => Some((Numbered::Task, *n)),
            Self::HazardNamed { n, .. } => Some((Numbered::Hazard, *n)),
            Self::ActionAnnounced { n, .. } => Some((Numbered::Action, *n)),
            Self::ProposalMade { n, .. } => Some((Numbered::Proposal, *n)),
            _ => None,
        }
    }

    /// What it knows by its number alone; its sentence says the words as well where they are known.
    pub fn speaks_of(&self) -> Option<(Numbered, u32)> {
        match self {
            Self::ObjectiveMet { n } | Self::ObjectiveDropped { n, .. } => Some((Numbered::Objective, *n)),
            Self::TaskUnderstood { n }
            | Self::TaskExtended { n, .. }
            | Self::TaskReported { n, .. }
            | Self::TaskOverdue { n, .. }
            | Self::TaskCancelled { n, .. }
            | Self::TaskDeclined { n, .. }
            | Self::TaskReopened { n, .. }
            | Self::TaskGiven { n, .. } => Some((Numbered::Task, *n)),
            Self::HazardCleared { n, .. } => Some((Numbered::Hazard, *n)),
            Self::ActionCleared { n }
            | Self::ActionHeld { n, .. }
            | Self::ActionDone { n, .. }
            | Self::ActionDropped { n, .. }
            | Self::ActionOverdue { n, .. } => Some((Numbered::Action, *n)),
            Self::ProposalObjected { n, .. }
            | Self::ObjectionWithdrawn { n }
            | Self::ProposalWithdrawn { n, .. }
            | Self::ProposalSettled { n, .. } => Some((Numbered::Proposal, *n)),
            _ => None,
        }
    }

    /// Whether it reminds of this.
    pub fn reminds_of(&self, owed: Owed) -> bool {
        let Self::Reminded { what, of, .. } = self else { return false };
        of.contains(&owed) || owed == Owed::FirstWord && what.starts_with(FIRST_WORD)
    }

    /// Whether its words are one person's account, which a correction can replace.
    pub fn is_correctable(&self) -> bool {
        matches!(self, Self::Noted { .. } | Self::DecisionRecorded { .. } | Self::CanReported { .. })
    }

    fn words_of_act(&self) -> Option<&String> {
        words_of_act!(self)
    }

    pub(in crate::incident) fn words_of_act_mut(&mut self) -> Option<&mut String> {
        words_of_act!(self)
    }

    /// What was done, with nothing of the title, text or reason that somebody gave; `None` for what has none, and for what is
    /// nothing but its words.
    pub fn without_words(&self) -> Option<Event> {
        self.words_of_act().filter(|words| !words.trim().is_empty())?;
        let mut act = self.clone();
        if let Some(words) = act.words_of_act_mut() {
            REDACTED.clone_into(words);
        }
        Some(act)
    }

    /// Whether its words can be hidden from every reading. What was done stays readable ([`Event::without_words`]).
    pub fn is_redactable(&self) -> bool {
        matches!(
            self,
            Self::Noted { .. }
                | Self::DecisionRecorded { .. }
                | Self::CanReported { .. }
                | Self::LinkAdded { .. }
                | Self::TaskAssigned { .. }
                | Self::TaskReported { .. }
                | Self::TaskDeclined { .. }
                | Self::TaskReopened { .. }
                | Self::HazardNamed { .. }
                | Self::HazardCleared { .. }
                | Self::ActionAnnounced { .. }
                | Self::ActionDone { .. }
                | Self::ProposalMade { .. }
                | Self::ProposalObjected { .. }
                | Self::AssistAsked { .. }
                | Self::PagingBegun { .. }
                | Self::StepDone { .. }
                | Self::StepSkipped { .. }
                | Self::FieldSet { .. }
                | Self::ExecutiveAsked { .. }
                | Self::UpdateDrafted { .. }
                | Self::EntryCorrected { .. }
        ) || self.words_of_act().is_some_and(|words| !words.trim().is_empty())
    }
}

//! The free texts of a command: whatever somebody wrote in their own words.
//!
//! Exhaustive on purpose: a new command says here what of it is written by people, before anything else can happen to it.

use std::iter::once;

use super::command::{Command, Declare, DraftText};
use crate::mask::Masked;

impl Declare {
    /// Masks pasted secrets.
    pub fn mask(&mut self) -> Masked {
        let mut seen = Masked::default();
        for text in self.texts() {
            seen.mask(text);
        }
        seen
    }

    /// What of it is written by people, part by part.
    pub(crate) fn texts(&mut self) -> Vec<&mut String> {
        let page = self.page.iter_mut().map(|page| &mut page.about);
        let fields = self.fields.iter_mut().map(|(_, value)| value);
        let plan = self.plan.iter_mut().flat_map(|plan| once(&mut plan.text).chain(&mut plan.services));
        once(&mut self.title).chain(page).chain(fields).chain(plan).collect()
    }
}

impl Command {
    /// Masks pasted secrets in every free text of it.
    pub fn mask(&mut self) -> Masked {
        let mut seen = Masked::default();
        for text in self.texts() {
            seen.mask(text);
        }
        seen
    }

    /// What of it is written by people, part by part; what is empty is left out.
    pub fn words(&self) -> Vec<String> {
        let mut said = self.clone();
        said.texts().into_iter().filter(|text| !text.trim().is_empty()).map(|text| text.clone()).collect()
    }

    /// What of it is written by people, part by part.
    pub(crate) fn texts(&mut self) -> Vec<&mut String> {
        use Command::*;
        match self {
            Retitle { title } => vec![title],
            Unify { organization, .. } => vec![organization],
            SetType { name } => vec![name],
            SetField { value, .. } => vec![value],
            Summarize { text }
            | SetObjective { text }
            | AssignTask { text, .. }
            | Decide { text }
            | Announce { text, .. }
            | Propose { text, .. }
            | Assist { text }
            | Note { text, .. }
            | NoteMark { text }
            | NoteSpan { text, .. }
            | Observe { text } => vec![text],
            Severity { reason, .. }
            | Rate { reason, .. }
            | Enter { reason, .. }
            | Merge { reason, .. }
            | TakeCommand { reason, .. }
            | DeclineCommand { reason }
            | Separate { reason, .. }
            | DeclineRole { reason, .. }
            | RelieveRole { reason, .. }
            | DropObjective { reason, .. }
            | CancelTask { reason, .. }
            | DeclineTask { reason, .. }
            | ReopenTask { reason, .. }
            | ClearHazard { reason, .. }
            | HoldAction { reason, .. }
            | DropAction { reason, .. }
            | StopActions { reason }
            | StopPaging { reason }
            | SkipStep { reason, .. }
            | ResumeActions { reason }
            | Restrict { reason }
            | OpenUp { reason }
            | EndPeriod { reason }
            | LeaveParent { reason }
            | ReopenMerged { reason }
            | CloseLeavingSubs { reason }
            | Expel { reason, .. }
            | BreakGlass { reason }
            | Object { reason, .. }
            | WithdrawProposal { reason, .. }
            | SetMilestone { reason, .. }
            | Redact { reason, .. }
            | DropPost { reason, .. }
            | Endex { reason } => vec![reason],
            BeginPaging { about, .. } => vec![about],
            PageFailed { why, .. } => vec![why],
            CheckIn { note, .. } | CheckOut { note, .. } | Here { note } => vec![note],
            StartPeriod { emphasis, .. } => vec![emphasis],
            ReportTask { result, .. } | FinishAction { result, .. } | TickStep { result, .. } => vec![result],
            Can { service, conditions, actions, needs }
            | CorrectCan { service, conditions, actions, needs } => vec![service, conditions, actions, needs],
            NameHazard { text, mitigation } => vec![text, mitigation],
            AddLink { label, url, .. } => vec![label, url],
            Correct { text, reason, .. } => vec![text, reason],
            Draft(DraftText { text, title, .. }) => once(text).chain(title).collect(),
            Approve { alone, .. } => alone.iter_mut().collect(),
            Delivered { result, .. } => result.as_mut().err().into_iter().collect(),
            Inject { from, to, text, .. } => vec![from, to, text],
            Confirm { .. }
            | MoveWork { .. }
            | ExtendWork { .. }
            | OfferCommand { .. }
            | AcceptCommand
            | WithdrawCommand
            | JoinCommand
            | Briefing
            | Summary
            | TakeRole { .. }
            | OfferRole { .. }
            | AcceptRole { .. }
            | ReleaseRole { .. }
            | PutUnder { .. }
            | Subs { .. }
            | Pin { .. }
            | Unpin { .. }
            | Types
            | Fields
            | Milestones
            | Roles
            | Chart
            | Crew
            | Admit { .. }
            | RollCall { .. }
            | ReportTo { .. }
            | MeetObjective { .. }
            | UnderstandTask { .. }
            | ExtendTask { .. }
            | GiveTask { .. }
            | Hazards
            | Objectives
            | ClearAction { .. }
            | Actions
            | SettleProposal { .. }
            | Proposals
            | Next
            | Quiet { .. }
            | AcknowledgePages
            | Pagings
            | BeginPlaybook { .. }
            | UndoStep { .. }
            | Steps
            | Playbooks
            | PageNext { .. }
            | Regroup { .. }
            | RedactToo { .. }
            // The alert store masks what monitors send.
            | LinkSituation { .. }
            | SituationMoved { .. }
            | ChatLost { .. }
            | ChatBack { .. }
            | Publish { .. }
            | Status
            // What a timer carries was masked when it was written.
            | Timer(_)
            | Remind(_) => vec![],
        }
    }
}

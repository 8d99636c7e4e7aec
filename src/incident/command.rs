//! What can be asked of an incident: one command for each thing somebody can say, press or let a clock do.

mod declare;
mod facts;
mod timer;

use chrono::{DateTime, Utc};

pub use declare::{Declare, DrillStart, PageByRule, PlanText};
pub use facts::{Luggage, MergeFacts, ParentFacts, PartFacts, SituationFacts};
pub use timer::TimerKind;

pub use super::verb::Verb;
use super::{
    id::IncidentId, matrix::Rated, milestone::Milestone, paging::Calls, phase::Phase, role::Role,
    severity::Severity, sum::Sum,
};
use crate::{
    people::Person,
    post::{ComponentState, Impact, PublicPhase},
};

/// A public update as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftText {
    pub text: String,
    pub title: Option<String>,
    pub phase: Option<PublicPhase>,
    pub impact: Option<Impact>,
    pub components: Vec<(String, ComponentState)>,
    /// Minutes from publishing to the next update promised.
    pub next_update_minutes: Option<u32>,
    /// Another wording of an earlier draft.
    pub replaces: Option<u32>,
    /// A correction of a published post.
    pub corrects: Option<u32>,
}

impl Command {
    /// Whether it is said of planned work alone.
    pub fn is_of_planned_work(&self) -> bool {
        matches!(
            self,
            Self::MoveWork { .. }
                | Self::ExtendWork { .. }
                | Self::Enter { phase: Phase::Scheduled | Phase::InProgress | Phase::Completed, .. }
        )
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    // Lifecycle
    Retitle {
        title: String,
    },
    Summarize {
        text: String,
    },
    Severity {
        to: Severity,
        reason: String,
    },
    /// The same, found by impact and urgency.
    Rate {
        to: Severity,
        rated: Rated,
        reason: String,
    },
    /// Planned work is to be done at another time.
    MoveWork {
        from: Option<StatedTime>,
        until: Option<StatedTime>,
    },
    /// It takes longer.
    ExtendWork {
        minutes: u32,
    },
    /// Lifts a triage card to an incident.
    Confirm {
        severity: Option<Severity>,
    },
    Enter {
        phase: Phase,
        reason: String,
    },
    /// This one is another's duplicate: it ends, and what is open goes along.
    Merge {
        into: IncidentId,
        /// What the desk knows of the other one; `None` where there is none of that number.
        other: Option<MergeFacts>,
        reason: String,
    },
    SetType {
        name: String,
    },
    Types,
    SetField {
        name: String,
        value: String,
    },
    Fields,
    /// A milestone was reached then.
    SetMilestone {
        milestone: Milestone,
        at: StatedTime,
        reason: String,
    },
    Milestones,
    /// It is a part of a greater one.
    PutUnder {
        parent: IncidentId,
        /// What the desk knows of it; `None` where there is none of that number.
        facts: Option<ParentFacts>,
    },
    /// What it goes on as was cancelled, as the desk knows.
    ReopenMerged {
        reason: String,
    },
    LeaveParent {
        reason: String,
    },
    Subs {
        /// What the desk knows of them.
        parts: Vec<PartFacts>,
    },
    /// Closes it although parts of it go on.
    CloseLeavingSubs {
        reason: String,
    },
    // Command of the incident
    /// `take`: at once when nobody else is in command, a request otherwise unless `force`.
    TakeCommand {
        force: bool,
        reason: String,
    },
    OfferCommand {
        to: Person,
    },
    AcceptCommand,
    DeclineCommand {
        reason: String,
    },
    WithdrawCommand,
    /// Asks somebody to join command, for their organization.
    Unify {
        to: Person,
        organization: String,
    },
    JoinCommand,
    /// Ends a part in Unified Command: one's own unless another is named.
    Separate {
        who: Option<Person>,
        reason: String,
    },
    Briefing,
    /// How it stands, for executives.
    Summary,
    // Roles
    TakeRole {
        role: Role,
    },
    OfferRole {
        role: Role,
        to: Person,
    },
    AcceptRole {
        role: Option<Role>,
    },
    DeclineRole {
        role: Option<Role>,
        reason: String,
    },
    RelieveRole {
        role: Role,
        person: Option<Person>,
        reason: String,
    },
    ReleaseRole {
        role: Role,
    },
    Roles,
    Chart,
    // Accountability
    CheckIn {
        who: Option<Person>,
        note: String,
    },
    CheckOut {
        who: Option<Person>,
        note: String,
    },
    Crew,
    /// Asks everybody who is here whether they are.
    RollCall {
        minutes: Option<u32>,
    },
    Here {
        note: String,
    },
    /// From now on `who` reports to `to`.
    ReportTo {
        who: Person,
        to: Person,
    },
    // Who may see it
    Restrict {
        reason: String,
    },
    OpenUp {
        reason: String,
    },
    Admit {
        who: Person,
    },
    Expel {
        who: Person,
        reason: String,
    },
    /// An admin looks into what they were not let into.
    BreakGlass {
        reason: String,
    },
    // Objectives, tasks, reports
    SetObjective {
        text: String,
    },
    MeetObjective {
        n: u32,
    },
    DropObjective {
        n: u32,
        reason: String,
    },
    Objectives,
    StartPeriod {
        minutes: u32,
        emphasis: String,
    },
    EndPeriod {
        reason: String,
    },
    AssignTask {
        owner: Option<Person>,
        text: String,
        minutes: Option<u32>,
    },
    UnderstandTask {
        n: u32,
    },
    ExtendTask {
        n: u32,
        minutes: u32,
    },
    ReportTask {
        n: u32,
        result: String,
    },
    CancelTask {
        n: u32,
        reason: String,
    },
    /// Its owner does not do it.
    DeclineTask {
        n: u32,
        reason: String,
    },
    /// It was reported as done, and is not.
    ReopenTask {
        n: u32,
        reason: String,
        minutes: Option<u32>,
    },
    /// To somebody; to oneself, where nobody is named.
    GiveTask {
        n: u32,
        owner: Option<Person>,
        minutes: Option<u32>,
    },
    Can {
        service: String,
        conditions: String,
        actions: String,
        needs: String,
    },
    /// The last report on a service; what is empty stays as it was.
    CorrectCan {
        service: String,
        conditions: String,
        actions: String,
        needs: String,
    },
    Decide {
        text: String,
    },
    // Hazards: what could go wrong
    NameHazard {
        text: String,
        mitigation: String,
    },
    ClearHazard {
        n: u32,
        reason: String,
    },
    Hazards,
    // Actions: what somebody is about to do
    Announce {
        text: String,
        is_risky: bool,
        minutes: Option<u32>,
    },
    ClearAction {
        n: u32,
    },
    HoldAction {
        n: u32,
        reason: String,
    },
    FinishAction {
        n: u32,
        result: String,
    },
    DropAction {
        n: u32,
        reason: String,
    },
    StopActions {
        reason: String,
    },
    ResumeActions {
        reason: String,
    },
    Actions,
    // Decisions by consent
    Propose {
        text: String,
        minutes: Option<u32>,
    },
    Object {
        n: u32,
        reason: String,
    },
    /// Takes back one's own objection, or a proposal.
    WithdrawProposal {
        n: u32,
        reason: String,
    },
    SettleProposal {
        n: u32,
    },
    Proposals,
    // Playbooks
    BeginPlaybook {
        id: String,
    },
    /// A step by its name: `P3`, or `site-down/P3`.
    TickStep {
        step: String,
        result: String,
    },
    SkipStep {
        step: String,
        reason: String,
    },
    UndoStep {
        step: String,
    },
    /// How far the playbooks are that were begun.
    Steps,
    /// Those that there are.
    Playbooks,
    // For whoever is new, or stuck
    Next,
    Assist {
        text: String,
    },
    Quiet {
        minutes: u32,
    },
    // Waking people
    BeginPaging {
        whom: Whom,
        about: String,
    },
    AcknowledgePages,
    StopPaging {
        reason: String,
    },
    Pagings,
    // Timeline
    Note {
        text: String,
        at: Option<StatedTime>,
    },
    /// What somebody says that alerts are worth.
    NoteMark {
        text: String,
    },
    /// Something that lasted, from then until then.
    NoteSpan {
        text: String,
        from: StatedTime,
        until: StatedTime,
    },
    AddLink {
        label: String,
        url: String,
        /// Of a file.
        sum: Option<Sum>,
    },
    Correct {
        target: u64,
        text: String,
        at: Option<StatedTime>,
        reason: String,
        /// The entry is a message of a chat, which changed: these are its words now, whoever put it on the timeline.
        follows: bool,
    },
    Redact {
        target: u64,
        reason: String,
    },
    /// A key moment.
    Pin {
        target: u64,
    },
    Unpin {
        target: u64,
    },
    // Alerts
    LinkSituation {
        situation: i64,
        facts: Option<SituationFacts>,
    },
    /// The alert store tells what moved in a linked situation.
    SituationMoved {
        facts: SituationFacts,
    },
    // The public
    Draft(DraftText),
    Approve {
        n: u32,
        alone: Option<String>,
    },
    Publish {
        n: u32,
    },
    DropPost {
        n: u32,
        reason: String,
    },
    // Reading
    Status,
    // The house
    Timer(TimerKind),
    /// Reminders that are due within a minute of each other.
    Remind(Vec<TimerKind>),
    /// The next step of a call, with whom it means now.
    PageNext {
        n: u32,
        step: u32,
        round: u32,
        calls: Calls,
    },
    /// The greater one was merged: this one is put under the one that goes on, where that may be.
    Regroup {
        was: IncidentId,
        into: IncidentId,
        /// What the desk knows of that one.
        facts: Option<ParentFacts>,
    },
    /// These entries have words that were redacted in another incident.
    RedactToo {
        /// `None`: who reads here may not know of that one.
        there: Option<IncidentId>,
        targets: Vec<u64>,
    },
    PageFailed {
        n: u32,
        to: Option<Person>,
        pager: String,
        why: String,
    },
    Delivered {
        post: u32,
        destination: String,
        result: Result<Option<String>, String>,
    },
    /// A chat does not answer, by the house's clock.
    ChatLost {
        chat: String,
        since: DateTime<Utc>,
        /// It takes lines, and what people type there is not heard.
        is_deaf: bool,
    },
    /// It answers again, since then.
    ChatBack {
        chat: String,
        at: DateTime<Utc>,
    },
    Inject {
        id: String,
        from: String,
        to: String,
        text: String,
    },
    Observe {
        text: String,
    },
    Endex {
        reason: String,
    },
}

/// Whom a responder calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Whoever the first escalation of the settings names.
    Usual,
    /// A roster or an escalation.
    Named(String),
    Person(Person),
}

/// A time that somebody stated: exact, or a time of day that means its last occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedTime {
    At(DateTime<Utc>),
    /// `09:12` or `09:12:30`, UTC.
    TimeOfDay(chrono::NaiveTime),
    /// Minutes ago.
    MinutesAgo(u32),
}
